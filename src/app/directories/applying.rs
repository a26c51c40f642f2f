//! Writing what a sync planned: who leaves first, so that there are seats; then who changes, then who comes.

use uuid::Uuid;

use super::planning::{Newcomer, Plan, Rewrite};
use crate::{
    app::{
        Context,
        admission::{self, Candidate, Terms},
        removals, users,
    },
    domain::{
        admission::Decision,
        directories::Directory,
        events::EventType,
        leaving::Departures,
        members::{Removal, Source},
        roles::Role,
        syncs::{SyncOutcome, SyncResult, Wanted},
        teams::Team,
        users::Profile,
    },
    error::{Error, Result},
    store::{self, Tx, directory_users::Link, events::Made, profiles},
};

/// What a sync did.
pub struct Applied {
    /// What became of each entry, in order; then of those whom a snapshot lacks.
    pub results: Vec<SyncResult>,
    /// What became of the access of those who left.
    pub departures: Departures,
}

/// Carries a plan out.
pub(super) async fn carry_out(
    ctx: &Context,
    tx: &Tx,
    (team, directory): (&Team, &Directory),
    mut plan: Plan<'_>,
    made: Made<'_>,
) -> Result<Applied> {
    let place = (team.id, directory.id);
    let now = made.at;
    let ended = (Removal::Directory, made);
    let departures = removals::end(tx, team, &plan.leaving, ended).await?;
    let unlinked: Vec<&str> = plan.unlinked.iter().map(String::as_str).collect();
    store::directory_users::unlink(tx, place, &unlinked).await?;

    take_over(tx, team, &plan.taken_over, made).await?;
    rewrite(tx, team, &plan.rewritten, made).await?;
    for disabled in [false, true] {
        let users = &plan.disabled[usize::from(disabled)];
        set_disabled(tx, team, (users, disabled), made).await?;
    }
    admit(ctx, tx, team, (&mut plan, made)).await?;

    let links: Vec<Link<'_>> = plan
        .linked
        .iter()
        .map(|(wanted, user)| Link {
            external_id: wanted.external_id.as_str(),
            user_id: *user,
            user_name: &wanted.user_name,
        })
        .collect();
    store::directory_users::link(tx, place, &links, now).await?;
    Ok(Applied {
        results: plan.results,
        departures,
    })
}

/// Makes members who came another way the directory's.
async fn take_over(tx: &Tx, team: &Team, users: &[Uuid], made: Made<'_>) -> Result<()> {
    store::standing_changes::set_source(tx, team.id, users, Source::Directory).await?;
    let changed = (team, users, "source");
    store::events::append_of_changed_members(tx, changed, made).await
}

async fn set_disabled(
    tx: &Tx,
    team: &Team,
    (users, disabled): (&[Uuid], bool),
    made: Made<'_>,
) -> Result<()> {
    store::removals::set_disabled_by_directory(tx, team, users, disabled).await?;
    let event_type = if disabled {
        store::residual_letters::cancel_of_many(tx, team.id, users, made.at).await?;
        EventType::MemberDisabled
    } else {
        EventType::MemberEnabled
    };
    store::events::append_of_members(tx, event_type, (team, users, None), made).await
}

/// Gives accounts the values that their directory has for them.
async fn rewrite(tx: &Tx, team: &Team, rewritten: &[Rewrite<'_>], made: Made<'_>) -> Result<()> {
    let now = made.at;
    let normals = rewritten.iter().map(Rewrite::email);
    let normals = normals.collect::<Result<Vec<_>>>()?;
    let profiles: Vec<_> = rewritten
        .iter()
        .zip(&normals)
        .map(|(one, (normal, typed))| {
            let has = |field| one.fields.contains(&field);
            let pick = |field, new, old| if has(field) { new } else { old };
            profiles::Profile {
                user_id: one.user.id,
                email_normal: normal,
                email_typed: typed,
                given_name: pick(
                    "given_name",
                    one.wanted.given_name.as_str(),
                    &one.user.given_name,
                ),
                family_name: pick(
                    "family_name",
                    one.wanted.family_name.as_str(),
                    &one.user.family_name,
                ),
                verify_time: one
                    .user
                    .verify_time
                    .or_else(|| has("verify_time").then_some(now)),
            }
        })
        .collect();
    store::profiles::write(tx, &profiles, now).await?;
    let events: Vec<_> = rewritten
        .iter()
        .map(|one| users::updated(one.user.id, Some(team.id), &one.fields))
        .collect();
    store::events::append(tx, &events, made).await
}

impl Rewrite<'_> {
    /// The address that the account has then: its normal form, and as it is shown.
    fn email(&self) -> Result<(String, String)> {
        if self.fields.contains(&"email") {
            let email = &self.wanted.email;
            return Ok((email.normal().to_owned(), email.typed().to_owned()));
        }
        let email = crate::domain::email::Email::parse("email", &self.user.email)
            .map_err(|broken| Error::kept(&broken))?;
        Ok((email.normal().to_owned(), self.user.email.clone()))
    }
}

/// Lets those in who are in the team no more, or never were.
async fn admit(
    ctx: &Context,
    tx: &Tx,
    team: &Team,
    (plan, made): (&mut Plan<'_>, Made<'_>),
) -> Result<()> {
    if plan.candidates.is_empty() {
        return Ok(());
    }
    let newcomers = std::mem::take(&mut plan.candidates);
    let terms = Terms {
        role: Role::Member,
        source: Source::Directory,
        inviter_user_id: None,
        reaches_primary: true,
        import_id: None,
        language: None,
        hold_letters: false,
    };
    let candidates: Vec<Candidate> = newcomers.iter().map(candidate).collect();
    let admission = admission::plan(tx, team, &terms, (&candidates, made.at)).await?;
    let decisions: Vec<Decision> = admission.decisions().collect();
    let work = (&candidates[..], &admission, made);
    admission::carry_out(ctx, tx, (team, &terms), work).await?;

    let (mut rewritten, mut disabled) = (Vec::new(), Vec::new());
    for (newcomer, decision) in newcomers.into_iter().zip(decisions) {
        let result = &mut plan.results[newcomer.result];
        let user = match entered(decision)? {
            Err(refused) => {
                result.outcome = refused;
                continue;
            }
            Ok(outcome) => {
                result.outcome = outcome;
                newcomer
                    .user
                    .as_ref()
                    .map_or(newcomer.id_if_new, |user| user.id)
            }
        };
        result.user_id = Some(user);
        plan.linked.push((newcomer.wanted, user));
        if !newcomer.wanted.is_active {
            disabled.push(user);
        }
        rewritten.extend(newcomer.into_rewrite(made));
    }
    rewrite(tx, team, &rewritten, made).await?;
    set_disabled(tx, team, (&disabled, true), made).await
}

fn candidate(newcomer: &Newcomer<'_>) -> Candidate {
    let wanted = newcomer.wanted;
    Candidate {
        email: wanted.email.clone(),
        profile: Profile::named(wanted.given_name.clone(), wanted.family_name.clone(), None),
        id_if_new: newcomer.id_if_new,
        // Whoever may not sign in there proves nothing here.
        is_proven: newcomer.is_own && wanted.is_active,
    }
}

impl<'a> Newcomer<'a> {
    /// The names of the account that he had already.
    fn into_rewrite(self, made: Made<'_>) -> Option<Rewrite<'a>> {
        let wanted: &Wanted = self.wanted;
        let mut user = self.user?;
        // Coming in has verified him.
        if self.is_own && wanted.is_active {
            user.verify_time = user.verify_time.or(Some(made.at));
        }
        let names = [
            ("given_name", user.given_name != wanted.given_name.as_str()),
            (
                "family_name",
                user.family_name != wanted.family_name.as_str(),
            ),
        ];
        let fields = names.into_iter().filter(|(_, differs)| *differs);
        let fields: Vec<&'static str> = fields.map(|(name, _)| name).collect();
        (!fields.is_empty()).then_some(Rewrite {
            user,
            wanted: self.wanted,
            fields,
        })
    }
}

/// How somebody came in, or why not.
fn entered(decision: Decision) -> Result<Result<SyncOutcome, SyncOutcome>> {
    Ok(match decision {
        Decision::Activate => Ok(SyncOutcome::Added),
        Decision::Revive => Ok(SyncOutcome::Revived),
        Decision::Join(_) => Ok(SyncOutcome::Joined),
        Decision::DomainRefused => Err(SyncOutcome::DomainRefused),
        Decision::NoSeat => Err(SyncOutcome::NoSeat),
        // A directory asks nobody, and brings back everybody; members were told apart before.
        Decision::AlreadyMember
        | Decision::AlreadyInvited(_)
        | Decision::RejoinRefused
        | Decision::AskBack
        | Decision::Invite(_) => {
            return Err(Error::internal("a directory's person was asked"));
        }
    })
}
