//! Who comes in how, and who does not.

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
    assert!(matches!(at_once(&expired, 1), Decision::Invite(Some(open)) if open.id == Uuid::max()));
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
    }
    // Whoever left is asked by others; to sign in is his own wish.
    let left = |source| decided(Removal::Left, source, RejoinPolicy::AdminsOnly);
    assert!(matches!(left(Source::Project), Decision::AskBack));
    assert!(matches!(left(Source::SsoJit), Decision::Revive));
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

#[test]
fn whoever_signs_in_or_is_sent_by_a_directory_joins_over_his_invitation() {
    let rules = DomainRule::parse("rule", "evil.example", Effect::Deny).unwrap();
    let rules = DomainRules::parse("rules", vec![rules]).unwrap();
    let decided = |source, domain, known: Option<&Known>, free| {
        let offer = Offer {
            role: Role::Member,
            domain_rules: &rules,
            source,
            policy: VerifiedAccountPolicy::AskFirst,
            rejoin: RejoinPolicy::AdminsOnly,
            reaches_primary: true,
            now: now(),
        };
        decide(domain, known, &offer, &mut Seats { free: Some(free) })
    };
    let invited = |left| known(false, Some(standing(false, Some(left))));
    let waits = invited(TimeDelta::microseconds(1));
    let expired = invited(TimeDelta::zero());
    for source in [Source::SsoJit, Source::Directory] {
        let joins = decided(source, "evil.example", Some(&waits), 0);
        assert!(matches!(joins, Decision::Join(open) if open.id == Uuid::max()));
        let joins = decided(source, "acme.example", Some(&expired), 1);
        assert!(matches!(joins, Decision::Join(_)));
        let full = decided(source, "acme.example", Some(&expired), 0);
        assert!(matches!(full, Decision::NoSeat));
        let refused = decided(source, "evil.example", Some(&expired), 1);
        assert!(matches!(refused, Decision::DomainRefused));
        // Whoever is new, or was asked before and said no, is not asked.
        let new = decided(source, "acme.example", None, 1);
        assert!(matches!(new, Decision::Activate));
        let back = decided(source, "acme.example", Some(&gone(Removal::Left)), 1);
        assert!(matches!(back, Decision::Revive));
    }
    let removed = gone(Removal::Removed);
    let by_sso = decided(Source::SsoJit, "acme.example", Some(&removed), 1);
    assert!(matches!(by_sso, Decision::RejoinRefused));
    let by_directory = decided(Source::Directory, "acme.example", Some(&removed), 1);
    assert!(matches!(by_directory, Decision::Revive));
    for source in [Source::Manual, Source::Import, Source::Project] {
        let stays = decided(source, "acme.example", Some(&waits), 1);
        assert!(matches!(stays, Decision::AlreadyInvited(_)));
    }
}
