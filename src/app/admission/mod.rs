//! The one way into a team: a set of people, decided and written by the same number of statements whatever its size.

use std::collections::HashMap;

use uuid::Uuid;

use crate::{
    clock::Time,
    domain::{
        admission::{Decision, Known, Offer, Seats, decide},
        email::Email,
        imports::Outcome,
        languages::Language,
        members::Source,
        roles::Role,
        teams::Team,
        users::Profile,
    },
    error::Result,
    store::{self, Tx, users::Hold},
};

mod entering;
mod joining;

pub use entering::carry_out;
pub(super) use joining::not_granted;

/// Somebody who is wanted in a team. Within one request no two have the same normal form.
pub struct Candidate {
    /// His address.
    pub email: Email,
    /// His account, if he has none yet.
    pub profile: Profile,
    /// The id of that account.
    pub id_if_new: Uuid,
    /// Whether it is known to be his address, so that coming in verifies the account.
    pub is_proven: bool,
}

/// What a request offers to all of its candidates alike.
pub struct Terms<'a> {
    /// The role.
    pub role: Role,
    /// The way in.
    pub source: Source,
    /// The person who invites; nobody if a service or the operator does.
    pub inviter_user_id: Option<Uuid>,
    /// Whether it may send the primary admin his link again.
    pub reaches_primary: bool,
    /// The import that it is.
    pub import_id: Option<&'a str>,
    /// The language of letters to people who have none.
    pub language: Option<&'a Language>,
    /// Whether the letters wait for their release.
    pub hold_letters: bool,
}

/// What became of one candidate.
#[derive(Debug, Clone, Copy)]
pub struct Admitted {
    /// What was done.
    pub outcome: Outcome,
    /// His account, unless he was refused.
    pub user_id: Option<Uuid>,
    /// The invitation that was opened or found open.
    pub invitation_id: Option<Uuid>,
}

impl Admitted {
    /// Whether he is a member at once.
    const fn joined(&self) -> bool {
        match self.outcome {
            Outcome::Verified | Outcome::Revived => self.invitation_id.is_none(),
            Outcome::Invalid
            | Outcome::DuplicateRow
            | Outcome::AlreadyMember
            | Outcome::AlreadyInvited
            | Outcome::DomainRefused
            | Outcome::NoSeat
            | Outcome::RejoinRefused
            | Outcome::Invited => false,
        }
    }

    /// Whether he is asked.
    const fn invited(&self) -> bool {
        match self.outcome {
            Outcome::Invited => true,
            Outcome::Revived => self.invitation_id.is_some(),
            Outcome::Invalid
            | Outcome::DuplicateRow
            | Outcome::AlreadyMember
            | Outcome::AlreadyInvited
            | Outcome::DomainRefused
            | Outcome::NoSeat
            | Outcome::RejoinRefused
            | Outcome::Verified => false,
        }
    }
}

/// What is to be done about every candidate, in order.
pub struct Plan {
    people: Vec<Person>,
}

struct Person {
    known: Option<Known>,
    decision: Decision,
}

impl Plan {
    /// What is to be done about each candidate.
    pub fn decisions(&self) -> impl Iterator<Item = Decision> {
        self.people.iter().map(|person| person.decision)
    }

    /// The answers without carrying anything out: only ids of what exists.
    #[must_use]
    pub fn rehearse(&self) -> Vec<Admitted> {
        self.people
            .iter()
            .map(|person| {
                // Of an account that never had to do with the team, it is not told that there is one.
                let known = person.known.as_ref();
                let known = known.filter(|known| known.standing.is_some());
                admitted(person.decision, known.map(|known| known.user_id))
            })
            .collect()
    }
}

/// Loads what is known of the candidates and decides. The caller holds the team's lock.
///
/// # Errors
/// Only the database's: a refusal is a decision.
pub async fn plan(
    tx: &Tx,
    team: &Team,
    terms: &Terms<'_>,
    (candidates, now): (&[Candidate], Time),
) -> Result<Plan> {
    let mut normals: Vec<&str> = candidates
        .iter()
        .map(|candidate| candidate.email.normal())
        .collect();
    // The order in which everybody locks accounts.
    normals.sort_unstable();
    // Accounts that it may verify are locked for that from the beginning: two that share a lock could not both go on.
    let hold = if terms.source.joins_at_once() {
        Hold::Change
    } else {
        Hold::Steady
    };
    let mut known = known(tx, team, (&normals, hold)).await?;
    let offer = Offer {
        role: terms.role,
        domain_rules: &team.settings.domain_rules,
        source: terms.source,
        policy: team.settings.verified_account_policy,
        rejoin: team.settings.rejoin_policy,
        reaches_primary: terms.reaches_primary,
        now,
    };
    let mut people: Vec<Person> = candidates
        .iter()
        .map(|candidate| {
            let known = known.remove(candidate.email.normal());
            let decision = decide(
                candidate.email.domain(),
                known.as_ref(),
                &offer,
                &mut Seats::unlimited(),
            );
            Person { known, decision }
        })
        .collect();
    // Seats are counted only if somebody wants one.
    if people.iter().any(|person| writes(person.decision)) {
        let mut seats = seats(tx, team, now).await?;
        for (candidate, person) in candidates.iter().zip(&mut people) {
            let known = person.known.as_ref();
            person.decision = decide(candidate.email.domain(), known, &offer, &mut seats);
        }
    }
    Ok(Plan { people })
}

/// Whether a decision changes anything.
pub(super) const fn writes(decision: Decision) -> bool {
    match decision {
        Decision::Activate
        | Decision::Join(_)
        | Decision::Revive
        | Decision::AskBack
        | Decision::Invite(_) => true,
        Decision::AlreadyMember
        | Decision::AlreadyInvited(_)
        | Decision::DomainRefused
        | Decision::NoSeat
        | Decision::RejoinRefused => false,
    }
}

/// The free seats of a team.
///
/// # Errors
/// Only the database's.
pub async fn seats(tx: &Tx, team: &Team, now: Time) -> Result<Seats> {
    let free = match team.settings.seat_limit {
        None => None,
        Some(limit) => {
            let used = store::seats::used(tx, team, now).await?;
            Some((i64::from(limit) - used).max(0))
        }
    };
    Ok(Seats { free })
}

async fn known(
    tx: &Tx,
    team: &Team,
    (normals, hold): (&[&str], Hold),
) -> Result<HashMap<String, Known>> {
    let accounts = store::users::lock_by_emails(tx, normals, hold).await?;
    let ids: Vec<Uuid> = accounts.iter().map(|(_, user)| user.id).collect();
    let mut standings = store::standings::of(tx, team, &ids).await?;
    Ok(accounts
        .into_iter()
        .map(|(normal, user)| {
            let known = Known {
                user_id: user.id,
                verified: user.verify_time.is_some(),
                language: user.language,
                standing: standings.remove(&user.id),
            };
            (normal, known)
        })
        .collect())
}

/// The answer about one person. Nothing is told of somebody who was refused.
const fn admitted(decision: Decision, user: Option<Uuid>) -> Admitted {
    let (outcome, user_id, invitation_id) = match decision {
        Decision::AlreadyMember => (Outcome::AlreadyMember, user, None),
        Decision::AlreadyInvited(invitation) => (Outcome::AlreadyInvited, user, Some(invitation)),
        Decision::DomainRefused => (Outcome::DomainRefused, None, None),
        Decision::NoSeat => (Outcome::NoSeat, None, None),
        Decision::RejoinRefused => (Outcome::RejoinRefused, None, None),
        Decision::Revive | Decision::AskBack => (Outcome::Revived, user, None),
        Decision::Activate => (Outcome::Verified, user, None),
        Decision::Join(invitation) => (Outcome::Verified, user, Some(invitation.id)),
        Decision::Invite(Some(expired)) => (Outcome::Invited, user, Some(expired.id)),
        Decision::Invite(None) => (Outcome::Invited, user, None),
    };
    Admitted {
        outcome,
        user_id,
        invitation_id,
    }
}
