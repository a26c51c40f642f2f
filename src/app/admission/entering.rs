//! Writing what an admission planned: accounts, memberships, invitations, letters and events, set by set.

use uuid::Uuid;

use super::{Admitted, Candidate, Person, Plan, Terms, admitted, joining};
use crate::{
    app::{Context, letters},
    clock::Time,
    domain::{
        admission::{Decision, OpenInvitation},
        events::EventType,
        imports::Outcome,
        invitations::{Invitation, Settlement},
        languages::Language,
        letters::LetterKind,
        teams::Team,
    },
    error::Result,
    ids,
    store::{self, Tx, events::Made, invitations::Renewal, members::Entry, users::NewUser},
};

/// Writes what was planned, set by set, with an event for everybody who came in.
///
/// # Errors
/// Only the database's.
pub async fn carry_out(
    ctx: &Context,
    tx: &Tx,
    (team, terms): (&Team, &Terms<'_>),
    (candidates, plan, made): (&[Candidate], &Plan, Made<'_>),
) -> Result<Vec<Admitted>> {
    let now = made.at;
    let mut work = Work::default();
    let answers: Vec<Admitted> = candidates
        .iter()
        .zip(&plan.people)
        .map(|(candidate, person)| work.sort(team, terms, (candidate, person, now)))
        .collect();
    work.new_accounts
        .sort_by(|a, b| a.email.normal().cmp(b.email.normal()));

    store::users::insert(tx, &work.new_accounts, now).await?;
    store::users::verify(tx, &work.proven_accounts, now).await?;
    work.enter_members(tx, team, terms, now).await?;
    // Before it is settled, so that their event names the invitation over which they came in.
    let joined = |outcome| move |one: &&Admitted| one.outcome == outcome && one.joined();
    let added = (EventType::MemberAdded, joined(Outcome::Verified));
    record(tx, (team, terms), (&answers, added), made).await?;
    let revived = (EventType::MemberRevived, joined(Outcome::Revived));
    record(tx, (team, terms), (&answers, revived), made).await?;
    work.open_invitations(tx, team, terms, now).await?;
    letters::post(ctx, tx, work.letters, now).await?;
    let invited = (EventType::MemberInvited, |one: &&Admitted| one.invited());
    record(tx, (team, terms), (&answers, invited), made).await?;
    joining::join(tx, (team, terms.source), &work.joins, made).await?;
    Ok(answers)
}

/// The events of those who came in this way, each with his open invitation.
async fn record(
    tx: &Tx,
    (team, terms): (&Team, &Terms<'_>),
    (admitted, (event_type, came)): (&[Admitted], (EventType, impl Fn(&&Admitted) -> bool)),
    made: Made<'_>,
) -> Result<()> {
    let users: Vec<Uuid> = admitted
        .iter()
        .filter(came)
        .filter_map(|one| one.user_id)
        .collect();
    let who = (team, &users[..], terms.import_id);
    store::events::append_of_members(tx, event_type, who, made).await
}

/// The people of a plan, sorted by what is to be written for them.
#[derive(Default)]
struct Work<'a> {
    new_accounts: Vec<NewUser<'a>>,
    /// New members and known ones, each invited and active.
    first_entries: [Vec<Uuid>; 2],
    further_entries: [Vec<Uuid>; 2],
    new_invitations: Vec<Invitation>,
    expired_invitations: Vec<Uuid>,
    letters: Vec<letters::Posting>,
    ended_invitations: Vec<Uuid>,
    /// People who join over their open invitations.
    joins: Vec<(Uuid, OpenInvitation)>,
    /// Accounts that are not new, and verified by this.
    proven_accounts: Vec<Uuid>,
}

impl<'a> Work<'a> {
    fn sort(
        &mut self,
        team: &Team,
        terms: &Terms<'_>,
        (candidate, person, now): (&'a Candidate, &Person, Time),
    ) -> Admitted {
        let user = person
            .known
            .as_ref()
            .map_or(candidate.id_if_new, |known| known.user_id);
        let mut answer = admitted(person.decision, Some(user));
        let link = match person.decision {
            Decision::AlreadyMember
            | Decision::AlreadyInvited(_)
            | Decision::DomainRefused
            | Decision::NoSeat
            | Decision::RejoinRefused => return answer,
            Decision::Join(invitation) => {
                self.joins.push((user, invitation));
                self.prove(candidate, person);
                return answer;
            }
            Decision::Activate | Decision::Revive => None,
            Decision::Invite(Some(expired)) => {
                self.expired_invitations.push(expired.id);
                Some(letters::Link {
                    invitation_id: expired.id,
                    number: expired.send_count + 1,
                })
            }
            Decision::Invite(None) | Decision::AskBack => {
                let invitation = new_invitation(team, terms, user, now);
                let id = invitation.id;
                self.new_invitations.push(invitation);
                Some(letters::Link {
                    invitation_id: id,
                    number: 1,
                })
            }
        };
        answer.invitation_id = link.as_ref().map(|link| link.invitation_id);
        self.enter(candidate, person, link.is_none());
        self.prove(candidate, person);
        // Who signs in, or whom a directory sends, needs no letter.
        if terms.source.joins_at_once() {
            return answer;
        }
        self.letters.push(letters::Posting {
            kind: if link.is_some() {
                LetterKind::Invitation
            } else {
                LetterKind::AddedToTeam
            },
            team_id: team.id,
            user_id: user,
            inviter_user_id: terms.inviter_user_id,
            link,
            import_id: terms.import_id.map(str::to_owned),
            language: language(team, terms, candidate, person),
            held: terms.hold_letters,
        });
        answer
    }

    fn prove(&mut self, candidate: &Candidate, person: &Person) {
        let known = person.known.iter().filter(|known| !known.verified);
        let proven = known.filter(|_| candidate.is_proven);
        self.proven_accounts
            .extend(proven.map(|known| known.user_id));
    }

    /// Notes what a person's membership, and perhaps account, is to become.
    fn enter(&mut self, candidate: &'a Candidate, person: &Person, joined: bool) {
        let Some(known) = &person.known else {
            self.new_accounts.push(NewUser {
                id: candidate.id_if_new,
                email: &candidate.email,
                profile: &candidate.profile,
                is_verified: candidate.is_proven,
            });
            self.first_entries[usize::from(joined)].push(candidate.id_if_new);
            return;
        };
        let Some(standing) = &known.standing else {
            self.first_entries[usize::from(joined)].push(known.user_id);
            return;
        };
        self.further_entries[usize::from(joined)].push(known.user_id);
        // Whoever becomes active over an invitation that expired has no further use for it.
        if let (true, Some(expired)) = (joined, standing.open) {
            self.ended_invitations.push(expired.id);
        }
    }

    async fn enter_members(
        &self,
        tx: &Tx,
        team: &Team,
        terms: &Terms<'_>,
        now: Time,
    ) -> Result<()> {
        for joined in [false, true] {
            let entry = Entry {
                role: terms.role,
                source: terms.source,
                joined,
                now,
            };
            let first = &self.first_entries[usize::from(joined)];
            store::members::insert(tx, team.id, first, entry).await?;
            let further = &self.further_entries[usize::from(joined)];
            store::members::enter_again(tx, team, further, entry).await?;
        }
        Ok(())
    }

    async fn open_invitations(
        &self,
        tx: &Tx,
        team: &Team,
        terms: &Terms<'_>,
        now: Time,
    ) -> Result<()> {
        let renewal = Renewal {
            expire_time: Some(now + team.settings.invitation_ttl.delta()),
            delivery_state: store::outbox::state(terms.hold_letters),
            import_id: Some(terms.import_id),
            inviter_user_id: Some(terms.inviter_user_id),
        };
        // Letters before invitations: the order in which the relay locks them too.
        store::outbox::cancel(tx, &self.ended_invitations, now).await?;
        store::outbox::cancel(tx, &self.expired_invitations, now).await?;
        store::invitations::insert(tx, &self.new_invitations).await?;
        store::invitations::renew(tx, &self.expired_invitations, &renewal).await?;
        store::invitations::settle(tx, &self.ended_invitations, Settlement::Accepted, now).await?;
        store::tokens::settle(tx, &self.ended_invitations, now).await?;
        store::invitations::cancel_delivery(tx, &self.ended_invitations).await
    }
}

fn new_invitation(team: &Team, terms: &Terms<'_>, user: Uuid, now: Time) -> Invitation {
    Invitation {
        id: ids::new(now),
        team_id: team.id,
        user_id: user,
        settlement: None,
        delivery_state: store::outbox::state(terms.hold_letters),
        delivery_error: None,
        send_count: 1,
        inviter_user_id: terms.inviter_user_id,
        import_id: terms.import_id.map(str::to_owned),
        create_time: now,
        expire_time: now + team.settings.invitation_ttl.delta(),
        settle_time: None,
    }
}

/// The language of a letter: the person's, else the request's, else the team's.
fn language(team: &Team, terms: &Terms<'_>, candidate: &Candidate, person: &Person) -> String {
    let own = match &person.known {
        Some(known) => known.language.as_deref(),
        None => candidate.profile.language.as_ref().map(Language::as_str),
    };
    own.or(terms.language.map(Language::as_str))
        .unwrap_or(team.settings.default_language.as_str())
        .to_owned()
}
