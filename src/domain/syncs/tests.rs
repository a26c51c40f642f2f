//! Unit tests of syncs.

use super::*;
use crate::clock::Time;

fn raw(external_id: &str, email: &str) -> RawEntry {
    RawEntry {
        external_id: external_id.to_owned(),
        email: email.to_owned(),
        given_name: "Ada".to_owned(),
        family_name: "Lovelace".to_owned(),
        active: true,
        removed: false,
    }
}

fn wanted(email: &str, is_active: bool) -> Wanted {
    Wanted {
        external_id: ExternalId::parse("id", "1").unwrap(),
        user_name: email.to_owned(),
        email: Email::parse("email", email).unwrap(),
        given_name: PersonName::parse("name", "Ada").unwrap(),
        family_name: PersonName::parse("name", "Lovelace").unwrap(),
        is_active,
    }
}

/// A verified account of the name that is wanted, of this team alone, whose address is the team's.
fn account(email: &str) -> Account {
    let mut user = User::example(Uuid::from_u128(1));
    "Ada".clone_into(&mut user.given_name);
    "Lovelace".clone_into(&mut user.family_name);
    user.verify_time = Some(Time::UNIX_EPOCH);
    Account {
        user,
        email: email.to_owned(),
        is_own: true,
        is_elsewhere: false,
        waits_elsewhere: false,
        is_primary: false,
        is_member: true,
    }
}

#[test]
fn of_two_entries_with_one_id_or_address_the_first_counts() {
    let mut gone = raw("a", "");
    gone.removed = true;
    let raws = [
        raw("a", "a@acme.example"),
        raw("a", "b@acme.example"),
        raw("b", "A@acme.example"),
        raw("c", "nonsense"),
        gone,
        raw("", "d@acme.example"),
    ];
    let entries = judge(SyncMode::Delta, &raws);
    assert!(matches!(entries[0].said, Said::Person(_)));
    assert!(matches!(entries[1].said, Said::Duplicate(1)));
    assert!(matches!(entries[2].said, Said::Duplicate(1)));
    assert!(matches!(entries[3].said, Said::Invalid(_)));
    assert!(entries[3].external_id.is_some());
    assert!(matches!(entries[4].said, Said::Duplicate(1)));
    assert!(entries[5].external_id.is_none());
}

#[test]
fn a_snapshot_says_who_is_gone_by_leaving_him_out_alone() {
    let mut gone = raw("a", "");
    gone.removed = true;
    let raws = [gone];
    let snapshot = judge(SyncMode::Full, &raws);
    assert!(matches!(snapshot[0].said, Said::Invalid(_)));
    assert!(snapshot[0].external_id.is_some());
    assert!(matches!(judge(SyncMode::Delta, &raws)[0].said, Said::Gone));
}

#[test]
fn a_profile_changes_as_a_whole_or_not_at_all() {
    let change = |account: &Account, email, facts| {
        let mut wanted = wanted(email, true);
        wanted.given_name = PersonName::parse("name", "Augusta").unwrap();
        let change = account.change(&wanted, false, facts);
        (change.outcome, change.fields)
    };
    let stands = account("ada@acme.example");
    let same = "ada@acme.example";
    let moved = "augusta@acme.example";
    let renamed = (SyncOutcome::Updated, vec!["given_name"]);
    assert_eq!(change(&stands, same, (true, false)), renamed);
    let both = (SyncOutcome::Updated, vec!["given_name", "email"]);
    assert_eq!(change(&stands, moved, (true, false)), both);
    let taken = (SyncOutcome::EmailTaken, Vec::new());
    assert_eq!(change(&stands, moved, (true, true)), taken);
    let kept = (SyncOutcome::EmailMismatch, Vec::new());
    assert_eq!(change(&stands, moved, (false, false)), kept);
    let mut waiting = account(same);
    waiting.waits_elsewhere = true;
    assert_eq!(change(&waiting, moved, (true, false)), kept);
    let mut others = account(same);
    others.is_elsewhere = true;
    assert_eq!(change(&others, same, (true, false)), renamed);
    others.is_own = false;
    assert_eq!(change(&others, same, (false, false)), kept);
}

#[test]
fn who_may_sign_in_is_the_directorys_to_say_but_for_the_primary_admin() {
    let same = "ada@acme.example";
    let change = |account: &Account, is_active, is_disabled| {
        let change = account.change(&wanted(same, is_active), is_disabled, (true, false));
        (change.outcome, change.disabled)
    };
    let mut stands = account(same);
    assert_eq!(change(&stands, true, false), (SyncOutcome::Unchanged, None));
    assert_eq!(change(&stands, false, true), (SyncOutcome::Unchanged, None));
    let disabled = (SyncOutcome::Disabled, Some(true));
    assert_eq!(change(&stands, false, false), disabled);
    let enabled = (SyncOutcome::Enabled, Some(false));
    assert_eq!(change(&stands, true, true), enabled);
    // Also of somebody whose name it may not change.
    stands.is_own = false;
    stands.is_elsewhere = true;
    "Other".clone_into(&mut stands.user.given_name);
    assert_eq!(change(&stands, false, false), disabled);
    stands.is_primary = true;
    let protected = (SyncOutcome::PrimaryAdminProtected, None);
    assert_eq!(change(&stands, false, false), protected);
}

#[test]
fn an_active_person_with_an_address_of_the_teams_is_verified() {
    let same = "ada@acme.example";
    let mut stands = account(same);
    stands.user.verify_time = None;
    let verified = stands.change(&wanted(same, true), false, (true, false));
    assert_eq!(verified.fields, ["verify_time"]);
    let disabled = stands.change(&wanted(same, false), false, (true, false));
    assert!(disabled.fields.is_empty());
    let strange = stands.change(&wanted(same, true), false, (false, false));
    assert!(strange.fields.is_empty());
}

#[test]
fn an_account_of_others_is_not_adopted() {
    let adopt = |change: fn(&mut Account)| {
        let mut account = account("ada@acme.example");
        account.is_member = false;
        change(&mut account);
        account.adopt(false)
    };
    let mismatch = Err(SyncOutcome::EmailMismatch);
    assert_eq!(adopt(|_| {}), Ok(()));
    assert_eq!(adopt(|it| it.is_own = false), mismatch);
    let nobodys = |it: &mut Account| {
        it.is_own = false;
        it.user.verify_time = None;
    };
    let with = |change: fn(&mut Account)| {
        let mut account = account("ada@acme.example");
        account.is_member = false;
        nobodys(&mut account);
        change(&mut account);
        account.adopt(false)
    };
    assert_eq!(with(|_| {}), Ok(()));
    assert_eq!(with(|it| it.is_elsewhere = true), mismatch);
    assert_eq!(with(|it| it.is_member = true), mismatch);
    let disabled = |it: &mut Account| it.user.disable_time = Some(Time::UNIX_EPOCH);
    assert_eq!(adopt(disabled), Err(SyncOutcome::UserDisabled));
    let protected = Err(SyncOutcome::PrimaryAdminProtected);
    assert_eq!(adopt(|it| it.is_primary = true), protected);
}

#[test]
fn more_than_a_fifth_and_at_least_ten_do_not_leave_at_once() {
    for (leaving, members) in [(9, 9), (10, 50), (0, 0), (1_000, 5_000)] {
        assert!(guard(leaving, members, false).is_ok(), "{leaving}");
    }
    for (leaving, members) in [(10, 49), (1_001, 5_000)] {
        let refused = guard(leaving, members, false);
        assert!(matches!(refused, Err(Error::Guarded(..))), "{leaving}");
        assert!(guard(leaving, members, true).is_ok());
    }
}
