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
mod tests {
    use chrono::{DateTime, TimeDelta};

    use super::*;
    use crate::domain::domain_rules::{DomainRule, Effect};

    fn now() -> Time {
        DateTime::from_timestamp(1_772_366_400, 0).unwrap()
    }

    fn known(verified: bool, standing: Option<Standing>) -> Known {
        Known {
            user_id: Uuid::nil(),
            verified,
            language: None,
            standing,
        }
    }

    fn standing(is_member: bool, expires_in: Option<TimeDelta>) -> Standing {
        Standing {
            is_primary: false,
            is_member,
            end: None,
            said_no: false,
            open: expires_in.map(|left| OpenInvitation {
                id: Uuid::max(),
                expire_time: now() + left,
                send_count: 1,
                inviter_user_id: None,
            }),
        }
    }

    fn decided(known: Option<&Known>, policy: VerifiedAccountPolicy, free: i64) -> Decision {
        let rules = DomainRule::parse("rule", "evil.example", Effect::Deny).unwrap();
        let rules = DomainRules::parse("rules", vec![rules]).unwrap();
        let offer = Offer {
            role: Role::Member,
            domain_rules: &rules,
            source: Source::Manual,
            policy,
            rejoin: RejoinPolicy::AdminsOnly,
            reaches_primary: true,
            now: now(),
        };
        // Somebody without an account comes from a denied domain, so that what is decided earlier shows.
        let domain = if known.is_some() {
            "acme.example"
        } else {
            "evil.example"
        };
        decide(domain, known, &offer, &mut Seats { free: Some(free) })
    }

    fn at_once(known: &Known, free: i64) -> Decision {
        decided(Some(known), VerifiedAccountPolicy::AddAtOnce, free)
    }

    #[test]
    fn who_is_in_or_invited_stays_as_he_is_and_needs_no_seat() {
        let member = known(true, Some(standing(true, None)));
        assert!(matches!(at_once(&member, 0), Decision::AlreadyMember));
        let invited = known(
            true,
            Some(standing(false, Some(TimeDelta::microseconds(1)))),
        );
        assert!(matches!(at_once(&invited, 0), Decision::AlreadyInvited(id) if id == Uuid::max()));
    }

    #[test]
    fn a_refused_domain_comes_before_a_missing_seat() {
        let refused = decided(None, VerifiedAccountPolicy::AddAtOnce, 0);
        assert!(matches!(refused, Decision::DomainRefused));
        assert!(matches!(at_once(&known(true, None), 0), Decision::NoSeat));
    }

    #[test]
    fn an_invitation_that_expires_now_is_opened_again() {
        let expired = known(false, Some(standing(false, Some(TimeDelta::zero()))));
        assert!(
            matches!(at_once(&expired, 1), Decision::Invite(Some(open)) if open.id == Uuid::max())
        );
        assert!(matches!(at_once(&expired, 0), Decision::NoSeat));
    }

    #[test]
    fn the_primary_admin_holds_a_seat_always() {
        let mut standing = standing(false, Some(TimeDelta::zero()));
        standing.is_primary = true;
        let primary = known(false, Some(standing));
        assert!(matches!(at_once(&primary, 0), Decision::Invite(Some(_))));
    }

    #[test]
    fn a_verified_account_is_in_at_once_unless_it_is_asked() {
        let verified = known(true, None);
        assert!(matches!(at_once(&verified, 1), Decision::Activate));
        let asked = decided(Some(&verified), VerifiedAccountPolicy::AskFirst, 1);
        assert!(matches!(asked, Decision::Invite(None)));
        let mut standing = standing(false, None);
        standing.said_no = true;
        let declined = known(true, Some(standing));
        assert!(matches!(at_once(&declined, 1), Decision::Invite(None)));
    }

    fn gone(removal: Removal) -> Known {
        let mut standing = standing(false, None);
        standing.end = Some(End {
            removal,
            was_member: true,
        });
        standing.said_no = removal.is_by_himself();
        known(true, Some(standing))
    }

    #[test]
    fn who_was_a_member_is_one_again_but_is_asked_if_he_left_himself() {
        for removal in [Removal::Removed, Removal::Revoked, Removal::TeamDeleted] {
            assert!(matches!(at_once(&gone(removal), 1), Decision::Revive));
            let asked = decided(Some(&gone(removal)), VerifiedAccountPolicy::AskFirst, 1);
            assert!(matches!(asked, Decision::AskBack));
        }
        for removal in [Removal::Left, Removal::Declined] {
            assert!(matches!(at_once(&gone(removal), 1), Decision::AskBack));
        }
        assert!(matches!(
            at_once(&gone(Removal::Removed), 0),
            Decision::NoSeat
        ));
        let mut invited_only = gone(Removal::Revoked);
        let end = invited_only
            .standing
            .as_mut()
            .and_then(|it| it.end.as_mut());
        end.unwrap().was_member = false;
        assert!(matches!(at_once(&invited_only, 1), Decision::Activate));
    }

    #[test]
    fn a_project_leaves_an_expired_offer_as_it_is() {
        let expired = known(false, Some(standing(false, Some(TimeDelta::zero()))));
        let rules = DomainRules::default();
        let offer = Offer {
            role: Role::Guest,
            domain_rules: &rules,
            source: Source::Project,
            policy: VerifiedAccountPolicy::AddAtOnce,
            rejoin: RejoinPolicy::AdminsOnly,
            reaches_primary: false,
            now: now(),
        };
        let seats = &mut Seats { free: Some(0) };
        let decided = decide("acme.example", Some(&expired), &offer, seats);
        assert!(matches!(decided, Decision::AlreadyInvited(id) if id == Uuid::max()));
    }

    #[test]
    fn sso_and_projects_bring_back_whom_an_admin_removed_only_if_the_team_says_so() {
        let rules = DomainRules::default();
        let offer = |source, rejoin| Offer {
            role: Role::Guest,
            domain_rules: &rules,
            source,
            policy: VerifiedAccountPolicy::AddAtOnce,
            rejoin,
            reaches_primary: false,
            now: now(),
        };
        let decided = |removal, source, rejoin| {
            let known = gone(removal);
            let seats = &mut Seats::unlimited();
            decide("acme.example", Some(&known), &offer(source, rejoin), seats)
        };
        for source in [Source::SsoJit, Source::Project] {
            for removal in [Removal::Removed, Removal::Revoked] {
                let refused = decided(removal, source, RejoinPolicy::AdminsOnly);
                assert!(matches!(refused, Decision::RejoinRefused));
                let back = decided(removal, source, RejoinPolicy::AnySource);
                assert!(matches!(back, Decision::Revive));
            }
            let left = decided(Removal::Left, source, RejoinPolicy::AdminsOnly);
            assert!(matches!(left, Decision::AskBack));
        }
        for source in [Source::Manual, Source::Import, Source::Directory] {
            let back = decided(Removal::Removed, source, RejoinPolicy::AdminsOnly);
            assert!(matches!(back, Decision::Revive));
        }
    }

    #[test]
    fn seats_go_in_order_until_none_is_left() {
        let mut seats = Seats { free: Some(1) };
        assert!(seats.take());
        assert!(!seats.take());
        assert!(Seats::unlimited().take());
    }
}
