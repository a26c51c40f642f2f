//! The one decision about who comes into a team and how: the first outcome that applies.

use uuid::Uuid;

use super::{
    domain_rules::DomainRules,
    members::{Removal, Source},
    roles::Role,
    teams::{RejoinPolicy, VerifiedAccountPolicy},
};
use crate::clock::Time;

/// What is known of an account, seen from one team.
#[derive(Debug, Clone)]
pub struct Known {
    /// The account.
    pub user_id: Uuid,
    /// Whether the person proved to own the address.
    pub verified: bool,
    /// The language of his letters.
    pub language: Option<String>,
    /// His membership in the team, if he ever had one.
    pub standing: Option<Standing>,
}

/// A membership, past or present.
#[derive(Debug, Clone)]
pub struct Standing {
    /// Whether he is the team's primary admin, who holds a seat always.
    pub is_primary: bool,
    /// Whether he joined and is still there.
    pub is_member: bool,
    /// How it ended, unless it goes on.
    pub end: Option<End>,
    /// Whether he declined or left since he last was brought in.
    pub said_no: bool,
    /// His open invitation.
    pub open: Option<OpenInvitation>,
}

/// How a membership ended.
#[derive(Debug, Clone, Copy)]
pub struct End {
    /// Why.
    pub removal: Removal,
    /// Whether he ever joined.
    pub was_member: bool,
}

/// An invitation that is not settled.
#[derive(Debug, Clone, Copy)]
pub struct OpenInvitation {
    /// Its id.
    pub id: Uuid,
    /// When it expires, or did.
    pub expire_time: Time,
    /// The number of its newest link.
    pub send_count: i32,
    /// Who offers what waits; nobody if a service or the operator does.
    pub inviter_user_id: Option<Uuid>,
}

/// What a request offers, the same for all of its people.
#[derive(Debug, Clone, Copy)]
pub struct Offer<'a> {
    /// The role.
    pub role: Role,
    /// The team's rules.
    pub domain_rules: &'a DomainRules,
    /// The way in.
    pub source: Source,
    /// The team's policy for verified accounts.
    pub policy: VerifiedAccountPolicy,
    /// The team's policy for people whom an admin removed.
    pub rejoin: RejoinPolicy,
    /// Whether it may send the primary admin his link again.
    pub reaches_primary: bool,
    /// The moment of the request.
    pub now: Time,
}

/// The seats of a team, given out in order.
#[derive(Debug, Clone, Copy)]
pub struct Seats {
    /// How many are free; `None` if unlimited.
    pub free: Option<i64>,
}

impl Seats {
    /// As many as are wanted.
    #[must_use]
    pub const fn unlimited() -> Self {
        Self { free: None }
    }

    /// Takes one, if there is one.
    pub fn take(&mut self) -> bool {
        match &mut self.free {
            None => true,
            Some(free) if *free > 0 => {
                *free -= 1;
                true
            }
            Some(_) => false,
        }
    }
}

/// What is to be done about one person.
#[derive(Debug, Clone, Copy)]
pub enum Decision {
    /// Is in the team; nothing to do.
    AlreadyMember,
    /// Has an invitation that still waits; nothing to do.
    AlreadyInvited(Uuid),
    /// The team's rules refuse the address.
    DomainRefused,
    /// Every seat is taken.
    NoSeat,
    /// An admin removed him, and this is not the way back.
    RejoinRefused,
    /// Becomes a member at once.
    Activate,
    /// Was a member before and is one again.
    Revive,
    /// Was a member before and is asked whether he wants to be one again.
    AskBack,
    /// Joins with what his invitation offers.
    Join(OpenInvitation),
    /// Is invited: anew, or over an invitation that expired.
    Invite(Option<OpenInvitation>),
}

/// Decides about one person. `domain` is the A-label of his address.
pub fn decide(
    domain: &str,
    known: Option<&Known>,
    offer: &Offer<'_>,
    seats: &mut Seats,
) -> Decision {
    let standing = known.and_then(|known| known.standing.as_ref());
    let expired = match standing {
        Some(standing) if standing.is_member => {
            return Decision::AlreadyMember;
        }
        // Whoever signs in, or is sent by a directory, is not asked again.
        Some(Standing {
            open: Some(open),
            is_primary,
            ..
        }) if offer.source.joins_at_once() => {
            let waits = offer.now < open.expire_time;
            return join(*open, domain, (offer, seats), waits || *is_primary);
        }
        Some(Standing {
            open: Some(open), ..
        }) if offer.now < open.expire_time => return Decision::AlreadyInvited(open.id),
        // Whoever is in a project keeps what waits for him in the team, also while he must ask for a new link.
        Some(Standing {
            open: Some(open), ..
        }) if offer.source == Source::Project => return Decision::AlreadyInvited(open.id),
        // His invitation is not everybody's to send again.
        Some(Standing {
            open: Some(open),
            is_primary: true,
            ..
        }) if !offer.reaches_primary => return Decision::AlreadyInvited(open.id),
        Some(standing) => standing.open,
        None => None,
    };
    let end = standing.and_then(|standing| standing.end);
    if end.is_some_and(|end| end.removal.is_by_admin()) && !offer.brings_back() {
        return Decision::RejoinRefused;
    }
    if !offer.domain_rules.admits(domain, offer.role) {
        return Decision::DomainRefused;
    }
    let holds_seat = standing.is_some_and(|standing| standing.is_primary);
    if !holds_seat && !seats.take() {
        return Decision::NoSeat;
    }
    let said_no = standing.is_some_and(|standing| standing.said_no);
    let asks = said_no || offer.policy == VerifiedAccountPolicy::AskFirst;
    let is_verified = known.is_some_and(|known| known.verified);
    let at_once = offer.source.joins_at_once() || (is_verified && !asks);
    // However he left.
    let returns = end.is_some_and(|end| end.was_member);
    match (returns, at_once) {
        (true, true) => Decision::Revive,
        (true, false) => Decision::AskBack,
        (false, true) => Decision::Activate,
        (false, false) => Decision::Invite(expired),
    }
}

/// Joins over an open invitation. One that has not expired was admitted and holds its seat.
fn join(
    open: OpenInvitation,
    domain: &str,
    (offer, seats): (&Offer<'_>, &mut Seats),
    holds_seat: bool,
) -> Decision {
    if holds_seat {
        return Decision::Join(open);
    }
    if !offer.domain_rules.admits(domain, offer.role) {
        return Decision::DomainRefused;
    }
    if seats.take() {
        Decision::Join(open)
    } else {
        Decision::NoSeat
    }
}

impl Offer<'_> {
    /// Whether it may bring back whom an admin removed.
    const fn brings_back(&self) -> bool {
        match self.source {
            Source::Manual | Source::Import | Source::Directory => true,
            Source::SsoJit | Source::Project => matches!(self.rejoin, RejoinPolicy::AnySource),
        }
    }
}

#[cfg(test)]
mod tests;
