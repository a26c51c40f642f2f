//! How somebody whom a directory brings comes into its team, by the one way in.

use uuid::Uuid;

use super::{changing, unless_primary};
use crate::{
    app::{
        Context,
        admission::{self, Candidate, Terms},
        same_account,
        team_domains::is_own,
    },
    domain::{
        imports::Outcome,
        members::{Member, MemberState, Source},
        roles::Role,
        scim::ScimUser,
        teams::Team,
        users::{Profile, User},
    },
    error::{Error, Reason, Result, ScimKind},
    ids,
    store::{self, Tx, events::Made, users::Hold},
};

/// Takes a person in, or over from another way in. Whose account it is, is the directory's to know only if his address is in a
/// domain that its team has verified.
///
/// # Errors
/// `uniqueness`, `EMAIL_MISMATCH`, `USER_DISABLED`, `DOMAIN_REFUSED`, `NO_SEAT`, `PRIMARY_ADMIN_PROTECTED`.
pub(super) async fn enter(
    ctx: &Context,
    (tx, team): (&Tx, &Team),
    user: &ScimUser,
    made: Made<'_>,
) -> Result<Uuid> {
    let is_proven = is_own(tx, team, &user.email).await?;
    let known = store::users::lock_by_emails(tx, &[user.email.normal()], Hold::Change).await?;
    let known = known.into_iter().next().map(|(_, account)| account);
    if let Some(account) = &known {
        let member = store::members::find(tx, team, account.id).await?;
        may_have(account, member.as_ref(), is_proven)?;
        if !user.active {
            unless_primary(team, account.id)?;
        }
    }

    let terms = Terms {
        role: Role::Member,
        source: Source::Directory,
        inviter_user_id: None,
        reaches_primary: true,
        import_id: None,
        language: None,
        hold_letters: false,
    };
    let id_if_new = ids::new(made.at);
    let candidates = [Candidate {
        email: user.email.clone(),
        profile: Profile::named(user.given_name.clone(), user.family_name.clone(), None),
        id_if_new,
        is_proven,
    }];
    let plan = admission::plan(tx, team, &terms, (&candidates, made.at)).await?;
    let work = (&candidates[..], &plan, made);
    let admitted = admission::carry_out(ctx, tx, (team, &terms), work).await?;
    let [admitted] = admitted[..] else {
        return Err(Error::internal("a set of one had not one answer"));
    };
    came(admitted.outcome)?;
    let id = known.as_ref().map_or(id_if_new, |account| account.id);
    // Nobody else made the account meanwhile.
    same_account(admitted.user_id, id)?;

    if admitted.outcome == Outcome::AlreadyMember {
        store::members::set_source(tx, team.id, &[id], Source::Directory).await?;
        if is_proven {
            store::users::verify(tx, &[id], made.at).await?;
        }
    }
    if let Some(account) = &known {
        changing::names(tx, team, (account, user, is_proven), made).await?;
    }
    Ok(id)
}

/// Whether a directory may have somebody who has an account. Of accounts that it may not have it learns no more than that.
fn may_have(account: &User, member: Option<&Member>, is_proven: bool) -> Result<()> {
    let present = member.filter(|member| member.state() != MemberState::Removed);
    if present.is_some_and(|member| member.source == Source::Directory) {
        let taken = ScimKind::Uniqueness.because("another user has the address");
        return Err(taken.into());
    }
    if !is_proven && (present.is_some() || account.verify_time.is_some()) {
        return Err(Error::Refused(Reason::EmailMismatch));
    }
    account.undisabled()
}

/// The refusals of admission, which undo everything.
fn came(outcome: Outcome) -> Result<()> {
    let reason = match outcome {
        Outcome::AlreadyMember | Outcome::Revived | Outcome::Verified => return Ok(()),
        Outcome::DomainRefused => Reason::DomainRefused,
        Outcome::NoSeat => Reason::NoSeat,
        Outcome::RejoinRefused => Reason::RejoinRefused,
        Outcome::AlreadyInvited | Outcome::Invited | Outcome::Invalid | Outcome::DuplicateRow => {
            return Err(Error::internal("a directory's user was invited"));
        }
    };
    Err(Error::Refused(reason))
}
