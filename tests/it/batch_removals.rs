//! Many members are removed at once: by ids, by a filter, by an import; each as one alone would be.

use muster::proto::{
    BatchRemoveMembersRequest, EventFilter, EventType, ListEventsRequest, MemberFilter,
    MemberRemovalResult, MemberState, Reason, Role,
};
use tonic::Code;

use crate::{
    events::list,
    fixtures::{MICROSECOND, invitation_of},
    harness::{Harness, tests},
    refusals::Outcome,
    request_ids::request_id,
    role_changes::{Admins, admins},
    uploads::{crowd, held},
};

tests![
    each_is_answered_in_the_order_asked_and_a_refusal_stops_no_other,
    whom_a_filter_finds_is_removed,
    whom_an_import_brought_in_is_removed_unless_he_came_back_another_way,
    exactly_one_way_to_choose_is_given,
    a_batch_is_rehearsed_and_repeated,
    whoever_chooses_by_a_filter_or_an_import_may_read_what_they_tell,
    more_people_than_a_call_may_remove_are_refused_whole,
];

pub(crate) fn batch(team: &str, users: &[&str]) -> BatchRemoveMembersRequest {
    BatchRemoveMembersRequest {
        team_id: team.to_owned(),
        user_ids: users.iter().map(|user| (*user).to_owned()).collect(),
        ..BatchRemoveMembersRequest::default()
    }
}

pub(crate) fn by_filter(team: &str, filter: MemberFilter) -> BatchRemoveMembersRequest {
    BatchRemoveMembersRequest {
        filter: Some(filter),
        ..batch(team, &[])
    }
}

pub(crate) fn by_import(team: &str, import: &str) -> BatchRemoveMembersRequest {
    BatchRemoveMembersRequest {
        import_id: import.to_owned(),
        ..batch(team, &[])
    }
}

fn answers(results: Vec<MemberRemovalResult>) -> Vec<(String, Reason)> {
    let results = results.into_iter();
    results
        .map(|one| (one.user_id.clone(), one.refusal()))
        .collect()
}

async fn each_is_answered_in_the_order_asked_and_a_refusal_stops_no_other(h: &Harness) {
    let Admins {
        team,
        secondary,
        sso,
    } = admins(h).await;
    let ann = h.join(&team.id, "ann@acme.example").await.user;
    let bob = h.invite(&team.id, "bob@acme.example").await.user;
    let gone = h.join(&team.id, "gone@acme.example").await.user;
    h.remove(&team.id, &gone).await;
    let managed = h.join(&team.id, "managed@acme.example").await.user;
    h.take_over(&team.id, &managed).await;
    let unknown = h.unknown_id();
    let asked = [
        (&bob, Reason::Unspecified),
        (&team.admin, Reason::PrimaryAdminProtected),
        (&unknown, Reason::MemberNotFound),
        (&managed, Reason::DirectoryManaged),
        (&secondary, Reason::PermissionMissing),
        (&gone, Reason::NotAMember),
        (&sso, Reason::Unspecified),
        (&ann, Reason::Unspecified),
    ];
    let users: Vec<&str> = asked.iter().map(|(user, _)| user.as_str()).collect();
    let request = batch(&team.id, &users);
    let answer = h.teams_as(&secondary).batch_remove_members(request).await;
    let expected = asked.map(|(user, reason)| (user.clone(), reason));
    assert_eq!(answers(answer.answered().results), expected);
    for (user, reason) in &expected {
        if *reason == Reason::Unspecified {
            let member = h.member(&team.id, user).await;
            assert_eq!(member.state(), MemberState::Removed);
        }
    }
    assert!(h.is_active(&team.id, &secondary).await);
    let request = ListEventsRequest {
        filter: Some(EventFilter {
            types: vec![EventType::MemberRemoved.into()],
            ..EventFilter::default()
        }),
        ..ListEventsRequest::default()
    };
    let removed = list(h, request).await.len();
    assert_eq!(removed, 4, "one event each, and the one before");
}

async fn whom_a_filter_finds_is_removed(h: &Harness) {
    let team = h.team("acme").await;
    let ann = h.join(&team.id, "ann@acme.example").await.user;
    let bob = h.join_as(&team.id, "bob@acme.example", Role::Guest).await;
    let cat = h.invite_guest(&team.id, "cat@acme.example").await.user;
    let filter = MemberFilter {
        roles: vec![Role::Guest.into(), Role::PrimaryAdmin.into()],
        ..MemberFilter::default()
    };
    let request = by_filter(&team.id, filter);
    let answer = h.teams().batch_remove_members(request).await.answered();
    let expected = [
        (team.admin.clone(), Reason::PrimaryAdminProtected),
        (bob, Reason::Unspecified),
        (cat, Reason::Unspecified),
    ];
    assert_eq!(answers(answer.results), expected);
    assert!(h.is_active(&team.id, &ann).await);
    let by_name = MemberFilter {
        query: "ann@".to_owned(),
        ..MemberFilter::default()
    };
    let request = by_filter(&team.id, by_name);
    let answer = h.teams().batch_remove_members(request).await.answered();
    assert_eq!(answers(answer.results), [(ann, Reason::Unspecified)]);
}

async fn whom_an_import_brought_in_is_removed_unless_he_came_back_another_way(h: &Harness) {
    let team = h.team("acme").await.id;
    let there = h.join(&team, "there@acme.example").await.user;
    let emails = [
        "ann@acme.example",
        "bob@acme.example",
        "dan@acme.example",
        "there@acme.example",
    ];
    let rows = h.import_held(&team, "march", &emails).await;
    let (ann, bob) = (rows[0].user_id.clone(), rows[1].user_id.clone());
    // He was removed, and invited by hand since.
    h.remove(&team, &bob).await;
    h.invite_from(invitation_of(&team, "bob@acme.example"))
        .await;
    // Whom a later import asked again is that one's.
    h.remove(&team, &rows[2].user_id).await;
    h.advance(MICROSECOND);
    h.import_held(&team, "april", &["dan@acme.example"]).await;
    let request = by_import(&team, "march");
    let answer = h.teams().batch_remove_members(request).await.answered();
    assert_eq!(answers(answer.results), [(ann, Reason::Unspecified)]);
    assert_eq!(h.member(&team, &bob).await.state(), MemberState::Invited);
    assert!(h.is_active(&team, &there).await);
    h.teams()
        .batch_remove_members(by_import(&team, "may"))
        .await
        .missing("IMPORT_NOT_FOUND", "may");
}

async fn exactly_one_way_to_choose_is_given(h: &Harness) {
    let team = h.team("acme").await.id;
    let mut teams = h.teams();
    let mut both = batch(&team, &[&team]);
    "march".clone_into(&mut both.import_id);
    let answer = teams.batch_remove_members(both).await;
    answer.invalid(&[("import_id", "EXCLUSIVE")]);
    let answer = teams.batch_remove_members(batch("x", &[])).await;
    answer.invalid(&[("team_id", "MALFORMED"), ("user_ids", "REQUIRED")]);
    let twice = batch(&team, &[&team, "y", &team]);
    let answer = teams.batch_remove_members(twice).await;
    answer.invalid(&[("user_ids[1]", "MALFORMED")]);
    let twice = batch(&team, &[&team, &team]);
    let answer = teams.batch_remove_members(twice).await;
    answer.invalid(&[("user_ids[1]", "DUPLICATE")]);
    let many = vec![team.as_str(); 5_001];
    let answer = teams.batch_remove_members(batch(&team, &many)).await;
    answer.invalid(&[("user_ids", "TOO_MANY")]);
    let all = by_filter(&team, MemberFilter::default());
    let answer = teams.batch_remove_members(all).await;
    answer.invalid(&[("filter", "REQUIRED")]);
    let gone = MemberFilter {
        states: vec![MemberState::Removed.into()],
        ..MemberFilter::default()
    };
    let answer = teams.batch_remove_members(by_filter(&team, gone)).await;
    answer.invalid(&[("filter.states", "UNKNOWN_VALUE")]);
}

async fn whoever_chooses_by_a_filter_or_an_import_may_read_what_they_tell(h: &Harness) {
    let team = h.team("acme").await.id;
    let custom = h
        .join_with(&team, "custom@acme.example", &["members.remove"])
        .await;
    let held = h.import_held(&team, "march", &["ann@acme.example"]).await;
    let mut custom = h.teams_as(&custom);
    let found = MemberFilter {
        query: "ann@".to_owned(),
        ..MemberFilter::default()
    };
    let request = by_filter(&team, found);
    custom
        .batch_remove_members(request)
        .await
        .denied("members.read");
    let request = by_import(&team, "march");
    custom
        .batch_remove_members(request)
        .await
        .denied("imports.read");
    let named = batch(&team, &[&held[0].user_id]);
    custom.batch_remove_members(named).await.answered();
}

async fn a_batch_is_rehearsed_and_repeated(h: &Harness) {
    let team = h.team("acme").await.id;
    let ann = h.join(&team, "ann@acme.example").await.user;
    let rehearsal = BatchRemoveMembersRequest {
        validate_only: true,
        ..batch(&team, &[&ann])
    };
    let told = h.teams().batch_remove_members(rehearsal).await.answered();
    assert!(h.is_active(&team, &ann).await);
    let request = BatchRemoveMembersRequest {
        request_id: request_id(1),
        ..batch(&team, &[&ann])
    };
    let first = h.teams().batch_remove_members(request.clone()).await;
    let first = first.answered();
    assert_eq!(first, told);
    let again = h.teams().batch_remove_members(request).await.answered();
    assert_eq!(first, again);
}

async fn more_people_than_a_call_may_remove_are_refused_whole(h: &Harness) {
    let team = h.team("acme").await.id;
    for import in ["one", "two"] {
        h.import_rows(held(&team, import), &crowd(import, 2_501))
            .await;
    }
    let filter = MemberFilter {
        roles: vec![Role::Member.into()],
        ..MemberFilter::default()
    };
    let request = by_filter(&team, filter);
    h.teams()
        .batch_remove_members(request)
        .await
        .refused(Code::InvalidArgument, "BATCH_TOO_LARGE");
    assert_eq!(h.counts(&team).await.removed_members, 0);
}
