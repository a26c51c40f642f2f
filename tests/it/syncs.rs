//! What a sync makes of people: who comes, changes, is disabled and goes, and who is not the directory's to touch.

use muster::proto::{
    DirectoryEntry, DisableUserRequest, EventType, MemberDisabledReason, MemberSource, MemberState,
    RemoveMemberRequest, Role, SyncOutcome as Outcome, Team, VerifiedAccountPolicy,
};
use tonic::Code;

use crate::{
    directory_fixtures::{counted, delta, entry, full, gone, inactive, told},
    fixtures::invitation_of,
    harness::{Harness, tests},
    hubs::event_types,
    refusals::Outcome as _,
};

tests![
    a_snapshot_brings_changes_and_removes_people,
    a_delta_changes_whom_it_names_alone,
    what_is_invalid_or_twice_stops_nobody_else,
    who_may_not_sign_in_there_is_disabled_here,
    an_invited_person_joins_without_a_letter,
    who_left_comes_back,
    a_member_of_the_teams_domain_is_taken_over_and_keeps_his_role,
    accounts_of_others_are_not_adopted,
    an_address_changes_within_the_teams_domains_alone,
    an_address_that_nobody_has_proved_changes_to_any,
    another_external_id_of_a_person_who_is_there_is_no_twin,
    the_primary_admin_is_neither_disabled_nor_removed,
    an_operators_word_stands,
    seats_of_those_who_leave_are_free_for_those_who_come,
    whom_a_directory_has_it_keeps,
];

async fn a_snapshot_brings_changes_and_removes_people(h: &Harness) {
    let (team, directory) = h.synced_team().await;
    let (ann, bob) = (
        entry("a", "ann@acme.example"),
        entry("b", "bob@else.example"),
    );
    let first = h.sync(full(&directory), &[ann.clone(), bob.clone()]).await;
    assert_eq!(told(&first), [Outcome::Added, Outcome::Added]);
    let [a, b] = [&first.results[0].user_id, &first.results[1].user_id];
    let member = h.member(&team.id, a).await;
    assert_eq!(
        (member.state(), member.source(), member.role()),
        (MemberState::Active, MemberSource::Directory, Role::Member)
    );
    // Only the team's own domain proves an address.
    assert!(h.user(a).await.verify_time.is_some());
    assert!(h.user(b).await.verify_time.is_none());

    let again = h.sync(full(&directory), &[ann.clone(), bob]).await;
    assert_eq!(counted(&again), [(Outcome::Unchanged, 2)]);
    assert!(again.results.is_empty());
    assert_eq!(h.directory_now(&team.id).await.etag, directory.etag);
    let renamed = DirectoryEntry {
        family_name: "Lovelace".to_owned(),
        ..ann
    };
    let last = h.sync(full(&directory), &[renamed]).await;
    assert_eq!(told(&last), [Outcome::Updated, Outcome::Removed]);
    let removed = &last.results[1];
    assert_eq!(
        (removed.entry, &*removed.external_id, &removed.user_id),
        (0, "b", b)
    );
    assert_eq!(h.user(a).await.family_name, "Lovelace");
    assert_eq!(h.member(&team.id, b).await.state(), MemberState::Removed);
    let types = [
        EventType::MemberAdded,
        EventType::MemberRemoved,
        EventType::UserUpdated,
    ];
    let mut happened = event_types(h, &team.id, &types).await;
    happened.sort_unstable();
    let [added, removed, updated] = types;
    let mut expected = [added, added, removed, updated];
    expected.sort_unstable();
    assert_eq!(happened, expected);
}

async fn a_delta_changes_whom_it_names_alone(h: &Harness) {
    let (team, directory) = h.synced_team().await;
    let people = [
        entry("a", "ann@acme.example"),
        entry("b", "bob@acme.example"),
    ];
    let mut header = full(&directory);
    "one".clone_into(&mut header.new_cursor);
    let first = h.sync(header, &people).await;
    assert_eq!(first.directory.expect("the directory").cursor, "one");
    let lost = h.sync_parts(crate::directory_fixtures::parts(delta(&directory), &[]));
    let lost = lost.await;
    lost.refused(Code::FailedPrecondition, "CURSOR_MISMATCH");
    let mut header = delta(&directory);
    "one".clone_into(&mut header.after_cursor);
    "two".clone_into(&mut header.new_cursor);
    let changes = [gone("b"), gone("nobody"), entry("c", "cid@acme.example")];
    let second = h.sync(header, &changes).await;
    assert_eq!(told(&second), [Outcome::Removed, Outcome::Added]);
    assert_eq!(second.results[0].entry, 1);
    let a = &first.results[0].user_id;
    assert_eq!(h.member(&team.id, a).await.state(), MemberState::Active);
    assert_eq!(h.directory_now(&team.id).await.cursor, "two");
}

async fn what_is_invalid_or_twice_stops_nobody_else(h: &Harness) {
    let (_, directory) = h.synced_team().await;
    h.sync(full(&directory), &[entry("a", "ann@acme.example")])
        .await;
    let entries = [
        entry("a", "nonsense"),
        entry("", "nobody@acme.example"),
        entry("b", "bob@acme.example"),
        entry("b", "other@acme.example"),
        entry("c", "BOB@acme.example"),
        gone("d"),
    ];
    let answer = h.sync(full(&directory), &entries).await;
    let expected = [
        Outcome::Invalid,
        Outcome::Invalid,
        Outcome::Added,
        Outcome::Duplicate,
        Outcome::Duplicate,
        Outcome::Invalid,
    ];
    // Whose entry is broken is not gone.
    assert_eq!(told(&answer), expected);
    let broken = &answer.results[0].violations[0];
    assert_eq!((&*broken.field, &*broken.reason), ("email", "MALFORMED"));
    assert_eq!(answer.results[1].external_id, "");
    assert_eq!(
        (answer.results[3].first_entry, answer.results[4].first_entry),
        (3, 3)
    );
}

async fn who_may_not_sign_in_there_is_disabled_here(h: &Harness) {
    let (team, directory) = h.synced_team().await;
    let people = [inactive("a", "ann@acme.example")];
    let first = h.sync(full(&directory), &people).await;
    assert_eq!(told(&first), [Outcome::Added]);
    let a = &first.results[0].user_id;
    let member = h.member(&team.id, a).await;
    assert_eq!(member.state(), MemberState::Disabled);
    let reasons: Vec<_> = member.disabled_reasons().collect();
    assert_eq!(reasons, [MemberDisabledReason::Directory]);
    // Nobody has proved that it is his address.
    assert!(h.user(a).await.verify_time.is_none());
    let active = [entry("a", "ann@acme.example")];
    let enabled = h.sync(full(&directory), &active).await;
    assert_eq!(told(&enabled), [Outcome::Enabled]);
    assert_eq!(h.member(&team.id, a).await.state(), MemberState::Active);
    assert!(h.user(a).await.verify_time.is_some());
    let disabled = h.sync(full(&directory), &people).await;
    assert_eq!(told(&disabled), [Outcome::Disabled]);
    let (off, on) = (EventType::MemberDisabled, EventType::MemberEnabled);
    assert_eq!(event_types(h, &team.id, &[off, on]).await, [off, on, off]);
}

async fn an_invited_person_joins_without_a_letter(h: &Harness) {
    let (team, directory) = h.synced_team().await;
    let mut request = invitation_of(&team.id, "ann@acme.example");
    request.set_role(Role::Guest);
    let invited = h.invite_from(request).await;
    let answer = h
        .sync(full(&directory), &[entry("a", "ann@acme.example")])
        .await;
    assert_eq!(told(&answer), [Outcome::Joined]);
    let member = h.member(&team.id, &invited.user).await;
    assert_eq!(
        (member.state(), member.source(), member.role()),
        (MemberState::Active, MemberSource::Directory, Role::Guest)
    );
    let refused = h.accept(&invited.token).await.answered();
    assert!(refused.already_accepted);
}

async fn who_left_comes_back(h: &Harness) {
    let (team, directory) = h.synced_team().await;
    let ann = h.join(&team.id, "ann@acme.example").await.user;
    let request = RemoveMemberRequest {
        team_id: team.id.clone(),
        user_id: ann.clone(),
        ..RemoveMemberRequest::default()
    };
    h.teams().remove_member(request).await.answered();
    let people = [entry("a", "ann@acme.example")];
    let back = h.sync(full(&directory), &people).await;
    assert_eq!(told(&back), [Outcome::Revived]);
    assert_eq!(back.results[0].user_id, ann);
    h.sync(full(&directory), &[]).await;
    assert_eq!(h.member(&team.id, &ann).await.state(), MemberState::Removed);
    let again = h.sync(full(&directory), &people).await;
    assert_eq!(told(&again), [Outcome::Revived]);
}

async fn a_member_of_the_teams_domain_is_taken_over_and_keeps_his_role(h: &Harness) {
    let (team, directory) = h.synced_team().await;
    let ann = h
        .join_as(&team.id, "ann@acme.example", Role::SecondaryAdmin)
        .await;
    let wanted = DirectoryEntry {
        given_name: "Augusta".to_owned(),
        ..inactive("a", "ann@acme.example")
    };
    let answer = h.sync(full(&directory), &[wanted]).await;
    assert_eq!(told(&answer), [Outcome::TakenOver]);
    let member = h.member(&team.id, &ann).await;
    assert_eq!(
        (member.state(), member.source(), member.role()),
        (
            MemberState::Disabled,
            MemberSource::Directory,
            Role::SecondaryAdmin
        )
    );
    assert_eq!(h.user(&ann).await.given_name, "Augusta");
    let updated = event_types(h, &team.id, &[EventType::MemberUpdated]).await;
    // His role, and his source.
    assert_eq!(updated.len(), 2);
}

async fn accounts_of_others_are_not_adopted(h: &Harness) {
    let (team, directory) = h.synced_team().await;
    let own = h.join(&team.id, "own@else.example").await.user;
    let stranger = h.verified("stranger@else.example").await;
    let elsewhere = h.led_team("other").await;
    h.invite(&elsewhere.id, "waits@else.example").await;
    let entries = [
        entry("a", "own@else.example"),
        entry("b", "stranger@else.example"),
        entry("c", "waits@else.example"),
    ];
    let answer = h.sync(full(&directory), &entries).await;
    assert_eq!(told(&answer), [Outcome::EmailMismatch; 3]);
    assert!(answer.results.iter().all(|one| one.user_id.is_empty()));
    let member = h.member(&team.id, &own).await;
    assert_eq!(member.source(), MemberSource::Manual);
    assert_eq!(h.user(&stranger.id).await, stranger);
    // Nor are they gone: nobody of them was the directory's.
    let nobody = h.sync(full(&directory), &[]).await;
    assert!(nobody.outcome_counts.is_empty());
}

async fn an_address_changes_within_the_teams_domains_alone(h: &Harness) {
    let (team, directory) = h.synced_team().await;
    let first = [
        entry("a", "ann@acme.example"),
        entry("b", "bob@acme.example"),
    ];
    let first = h.sync(full(&directory), &first).await;
    let a = &first.results[0].user_id;
    let bob = entry("b", "bob@acme.example");
    let moves = async |email: &str| {
        let answer = h
            .sync(full(&directory), &[entry("a", email), bob.clone()])
            .await;
        (told(&answer), h.user(a).await.email)
    };
    let stays = "ann@acme.example".to_owned();
    let refused = (vec![Outcome::EmailMismatch], stays.clone());
    assert_eq!(moves("ann@else.example").await, refused);
    h.join(&team.id, "cid@acme.example").await;
    let taken = (vec![Outcome::EmailTaken], stays);
    assert_eq!(moves("cid@acme.example").await, taken);
    // Who may not sign in there is disabled here, whatever becomes of his address.
    let off = [inactive("a", "cid@acme.example"), bob.clone()];
    let off = h.sync(full(&directory), &off).await;
    assert_eq!(told(&off), [Outcome::Disabled]);
    assert_eq!(off.results[0].profile_refusal(), Outcome::EmailTaken);
    let on = [entry("a", "ann@acme.example"), bob.clone()];
    let on = h.sync(full(&directory), &on).await;
    assert_eq!(told(&on), [Outcome::Enabled]);
    assert_eq!(on.results[0].profile_refusal(), Outcome::Unspecified);
    let changed = (vec![Outcome::Updated], "lee@acme.example".to_owned());
    assert_eq!(moves("lee@acme.example").await, changed);
    // Another team waits for his answer there.
    let other = h.led_team("other").await;
    let asking = |wanted: &mut Team| {
        wanted.set_verified_account_policy(VerifiedAccountPolicy::AskFirst);
    };
    h.set_team(&other.id, "verified_account_policy", asking)
        .await;
    h.invite(&other.id, "lee@acme.example").await;
    let waits = (vec![Outcome::EmailMismatch], "lee@acme.example".to_owned());
    assert_eq!(moves("new@acme.example").await, waits);
}

async fn an_address_that_nobody_has_proved_changes_to_any(h: &Harness) {
    let (_, directory) = h.synced_team().await;
    let first = [entry("b", "bea@else.example")];
    let first = h.sync(full(&directory), &first).await;
    let bea = &first.results[0].user_id;
    let moves = async |email: &str| {
        let answer = h.sync(full(&directory), &[entry("b", email)]).await;
        (told(&answer), h.user(bea).await.email)
    };
    let free = "bea@free.example".to_owned();
    assert_eq!(moves(&free).await, (vec![Outcome::Updated], free.clone()));
    h.verified("cid@else.example").await;
    let taken = (vec![Outcome::EmailTaken], free.clone());
    assert_eq!(moves("cid@else.example").await, taken);
    let other = h.led_team("other").await;
    h.invite(&other.id, &free).await;
    let refused = (vec![Outcome::EmailMismatch], free);
    assert_eq!(moves("bea@third.example").await, refused);
}

async fn another_external_id_of_a_person_who_is_there_is_no_twin(h: &Harness) {
    let (_, directory) = h.synced_team().await;
    let first = h
        .sync(full(&directory), &[entry("a", "ann@acme.example")])
        .await;
    let pair = [
        entry("a", "ann@acme.example"),
        entry("b", "ANN@acme.example"),
    ];
    let twin = h.sync(full(&directory), &pair).await;
    assert_eq!(told(&twin), [Outcome::Duplicate]);
    let both = [entry("b", "ann@acme.example")];
    let taken = h.sync(delta(&directory), &both).await;
    assert_eq!(told(&taken), [Outcome::EmailTaken]);
    let other = h.sync(full(&directory), &both).await;
    assert_eq!(told(&other), [Outcome::Updated]);
    assert_eq!(other.results[0].user_id, first.results[0].user_id);
    let same = h.sync(full(&directory), &both).await;
    assert_eq!(counted(&same), [(Outcome::Unchanged, 1)]);
}

async fn the_primary_admin_is_neither_disabled_nor_removed(h: &Harness) {
    let (team, directory) = h.synced_team().await;
    let email = h.user(&team.admin).await.email;
    let protected = Outcome::PrimaryAdminProtected;
    let refused = h.sync(full(&directory), &[inactive("p", &email)]).await;
    assert_eq!(told(&refused), [protected]);
    let taken = h.sync(full(&directory), &[entry("p", &email)]).await;
    assert_eq!(told(&taken), [Outcome::TakenOver]);
    for people in [&[inactive("p", &email)][..], &[]] {
        let answer = h.sync(full(&directory), people).await;
        assert_eq!(told(&answer), [protected]);
        let member = h.member(&team.id, &team.admin).await;
        assert_eq!(
            (member.state(), member.source()),
            (MemberState::Active, MemberSource::Directory)
        );
    }
}

async fn an_operators_word_stands(h: &Harness) {
    let (team, directory) = h.synced_team().await;
    let ann = h.invite(&team.id, "ann@acme.example").await.user;
    let request = DisableUserRequest {
        user_id: ann.clone(),
        ..DisableUserRequest::default()
    };
    h.users().disable_user(request).await.answered();
    let answer = h
        .sync(full(&directory), &[entry("a", "ann@acme.example")])
        .await;
    assert_eq!(told(&answer), [Outcome::UserDisabled]);
    assert_eq!(h.member(&team.id, &ann).await.state(), MemberState::Invited);
}

async fn seats_of_those_who_leave_are_free_for_those_who_come(h: &Harness) {
    let (team, directory) = h.synced_team().await;
    h.set_team(&team.id, "seat_limit", |wanted| wanted.seat_limit = Some(2))
        .await;
    let two = [
        entry("a", "ann@acme.example"),
        entry("b", "bob@acme.example"),
    ];
    let first = h.sync(full(&directory), &two).await;
    assert_eq!(told(&first), [Outcome::Added, Outcome::NoSeat]);
    let second = h.sync(full(&directory), &two[1..]).await;
    assert_eq!(told(&second), [Outcome::Added, Outcome::Removed]);
}

async fn whom_a_directory_has_it_keeps(h: &Harness) {
    let (team, directory) = h.synced_team().await;
    let answer = h
        .sync(full(&directory), &[entry("a", "ann@acme.example")])
        .await;
    let request = RemoveMemberRequest {
        team_id: team.id.clone(),
        user_id: answer.results[0].user_id.clone(),
        ..RemoveMemberRequest::default()
    };
    let refused = h.teams().remove_member(request).await;
    refused.refused(Code::FailedPrecondition, "DIRECTORY_MANAGED");
}
