//! What happened, as a list: every change has one event a person or thing, with the call that made it and nothing personal.

use chrono::TimeDelta;
use muster::proto::{
    BatchRevokeInvitationsRequest, CorrectEmailRequest, DeclineInvitationRequest, Event,
    EventFilter, EventType, ListEventsRequest, MemberRemoval, MemberState, ReleaseLettersRequest,
    ResendInvitationRequest, Role, Team, UpdateTeamRequest, UpdateUserRequest, User,
    event::Payload,
};
use prost_types::{FieldMask, Timestamp};
use tonic::Code;

use crate::{
    fixtures::{team_called, time},
    harness::{Harness, tests},
    refusals::Outcome,
    watching::settled,
};

tests![
    the_life_of_an_invitation_leaves_its_events,
    an_import_leaves_an_event_for_itself_and_for_everybody_in_it,
    an_event_names_the_call_and_the_key_that_made_it,
    a_change_that_changes_nothing_leaves_no_event,
    what_is_refused_leaves_no_event,
    a_list_can_be_narrowed_by_team_person_type_and_time,
    the_newest_can_come_first,
    every_bad_field_of_a_list_is_named,
];

/// All events that a list holds, in pages of this size.
pub(crate) async fn list(h: &Harness, request: ListEventsRequest) -> Vec<Event> {
    settled(h).await;
    let (mut all, mut page_token) = (Vec::new(), String::new());
    loop {
        let request = ListEventsRequest {
            page_token,
            ..request.clone()
        };
        let answer = h.events().list_events(request).await.answered();
        all.extend(answer.events);
        page_token = answer.next_page_token;
        if page_token.is_empty() {
            return all;
        }
    }
}

fn of_team(team: &str) -> EventFilter {
    EventFilter {
        team_id: team.to_owned(),
        ..EventFilter::default()
    }
}

async fn narrowed(h: &Harness, filter: EventFilter) -> Vec<Event> {
    let request = ListEventsRequest {
        filter: Some(filter),
        page_size: 7,
        ..ListEventsRequest::default()
    };
    list(h, request).await
}

fn types(events: &[Event]) -> Vec<EventType> {
    events.iter().map(Event::r#type).collect()
}

/// The member event among these payloads.
fn membership(event: &Event) -> (Role, MemberState, MemberRemoval) {
    let Some(Payload::Member(member)) = &event.payload else {
        panic!("{event:?}");
    };
    (member.role(), member.state(), member.removal())
}

async fn the_life_of_an_invitation_leaves_its_events(h: &Harness) {
    let made = h.teams().create_team(team_called("acme")).await.answered();
    let team = made.team.expect("the team").id;
    let events = narrowed(h, of_team(&team)).await;
    assert_eq!(
        types(&events),
        [EventType::TeamCreated, EventType::MemberInvited]
    );
    assert_eq!(
        membership(&events[1]),
        (
            Role::PrimaryAdmin,
            MemberState::Invited,
            MemberRemoval::Unspecified
        )
    );
    h.only_letter().await;
    let mut seen = 3;
    let mut newer = async |h: &Harness| {
        let events = narrowed(h, of_team(&team)).await;
        let new = events[seen..].to_vec();
        seen = events.len();
        new
    };

    let ann = h.invite(&team, "ann@acme.example").await;
    let sent = newer(h).await;
    assert_eq!(
        types(&sent),
        [EventType::MemberInvited, EventType::LetterSent]
    );
    assert_eq!(sent[0].user_id, ann.user);

    let wrong = CorrectEmailRequest {
        team_id: team.clone(),
        user_id: ann.user.clone(),
        email: "anna@acme.example".to_owned(),
        ..CorrectEmailRequest::default()
    };
    h.users().correct_email(wrong).await.answered();
    let token = h.only_token().await;
    let corrected = newer(h).await;
    assert_eq!(
        types(&corrected),
        [
            EventType::UserUpdated,
            EventType::InvitationResent,
            EventType::LetterSent
        ]
    );
    assert_eq!(fields(&corrected[0]), ["email"]);

    h.accept(&token).await.answered();
    let joined = newer(h).await;
    assert_eq!(types(&joined), [EventType::MemberJoined]);
    assert_eq!(
        membership(&joined[0]),
        (
            Role::Member,
            MemberState::Active,
            MemberRemoval::Unspecified
        )
    );

    let bob = h.invite_guest(&team, "bob@acme.example").await;
    let request = DeclineInvitationRequest {
        token: bob.token,
        ..DeclineInvitationRequest::default()
    };
    h.invitations().decline_invitation(request).await.answered();
    let declined = newer(h).await;
    assert_eq!(
        membership(&declined[2]),
        (Role::Guest, MemberState::Removed, MemberRemoval::Declined)
    );
}

async fn an_import_leaves_an_event_for_itself_and_for_everybody_in_it(h: &Harness) {
    let team = h.team("acme").await.id;
    let before = narrowed(h, of_team(&team)).await.len();
    h.import_held(&team, "march", &["c@acme.example", "d@acme.example"])
        .await;
    let release = ReleaseLettersRequest {
        team_id: team.clone(),
        import_id: "march".to_owned(),
        ..ReleaseLettersRequest::default()
    };
    h.invitations().release_letters(release).await.answered();
    h.deliver().await;
    let imported = narrowed(h, of_team(&team)).await.split_off(before);
    let expected = [
        EventType::ImportCreated,
        EventType::MemberInvited,
        EventType::MemberInvited,
        EventType::InvitationReleased,
        EventType::InvitationReleased,
        EventType::LetterSent,
        EventType::LetterSent,
    ];
    assert_eq!(types(&imported), expected);

    let back = BatchRevokeInvitationsRequest {
        team_id: team.clone(),
        import_id: "march".to_owned(),
        ..BatchRevokeInvitationsRequest::default()
    };
    h.invitations()
        .batch_revoke_invitations(back)
        .await
        .answered();
    let revoked = narrowed(h, of_team(&team))
        .await
        .split_off(before + imported.len());
    assert_eq!(types(&revoked), [EventType::MemberRemoved; 2]);
    assert_eq!(
        membership(&revoked[1]),
        (Role::Member, MemberState::Removed, MemberRemoval::Revoked)
    );
}

fn fields(event: &Event) -> Vec<String> {
    match event.payload.clone() {
        Some(Payload::Team(team)) => team.changed_fields,
        Some(Payload::User(user)) => user.changed_fields,
        _ => panic!("{event:?}"),
    }
}

fn renamed(team: &str, name: &str) -> UpdateTeamRequest {
    UpdateTeamRequest {
        team: Some(Team {
            id: team.to_owned(),
            display_name: name.to_owned(),
            ..Team::default()
        }),
        update_mask: Some(FieldMask {
            paths: vec!["display_name".to_owned(), "seat_limit".to_owned()],
        }),
        ..UpdateTeamRequest::default()
    }
}

async fn an_event_names_the_call_and_the_key_that_made_it(h: &Harness) {
    let team = h.team("acme").await;
    let key = h.ctx.clone();
    let keys = muster::app::keys::list(&key).await.expect("keys");
    h.advance(TimeDelta::microseconds(1));
    let answer = h.teams().update_team(renamed(&team.id, "Acme 2")).await;
    let answer = answer.expect("an answer");
    let call = answer.metadata().get("muster-call-id").cloned();
    let events = narrowed(h, of_team(&team.id)).await;
    let event = events.last().expect("an event");
    assert_eq!(event.r#type(), EventType::TeamUpdated);
    assert_eq!(fields(event), ["display_name"]);
    assert_eq!(event.caller_key_id, keys[0].id);
    assert_eq!(
        Some(event.call_id.as_str()),
        call.as_ref().and_then(|call| call.to_str().ok())
    );
    assert_eq!(time(event.create_time), h.now());
    // What the relay does is nobody's call.
    let sent = &events[2];
    assert_eq!(sent.r#type(), EventType::LetterSent);
    assert_eq!(
        (sent.caller_key_id.as_str(), sent.call_id.as_str()),
        ("", "")
    );
}

async fn a_change_that_changes_nothing_leaves_no_event(h: &Harness) {
    let team = h.team("acme").await;
    let before = narrowed(h, EventFilter::default()).await.len();
    let name = renamed(&team.id, "acme");
    let answer = h.teams().update_team(name).await.answered();
    let shown = answer.team.expect("the team");
    assert_eq!(shown.update_time, shown.create_time);
    let same = UpdateUserRequest {
        user: Some(User {
            id: team.admin.clone(),
            given_name: "Bea".to_owned(),
            ..User::default()
        }),
        update_mask: Some(FieldMask {
            paths: vec!["given_name".to_owned(), "phone".to_owned()],
        }),
        ..UpdateUserRequest::default()
    };
    h.users().update_user(same).await.answered();
    h.accept(&team.token).await.answered();
    h.accept(&team.token).await.answered();
    let events = narrowed(h, EventFilter::default()).await;
    assert_eq!(types(&events[before..]), [EventType::MemberJoined]);
}

async fn what_is_refused_leaves_no_event(h: &Harness) {
    let team = h.team("acme").await;
    h.accept(&team.token).await.answered();
    let before = narrowed(h, EventFilter::default()).await.len();
    let request = ResendInvitationRequest {
        team_id: team.id.clone(),
        invitation_id: team.invitation.clone(),
        ..ResendInvitationRequest::default()
    };
    h.invitations()
        .resend_invitation(request)
        .await
        .refused(Code::FailedPrecondition, "INVITATION_ACCEPTED");
    assert_eq!(narrowed(h, EventFilter::default()).await.len(), before);
}

fn stamp(h: &Harness) -> Timestamp {
    Timestamp {
        seconds: h.now().timestamp(),
        nanos: i32::try_from(h.now().timestamp_subsec_nanos()).expect("nanoseconds"),
    }
}

async fn a_list_can_be_narrowed_by_team_person_type_and_time(h: &Harness) {
    let team = h.team("acme").await;
    let other = h.team("other").await;
    h.advance(TimeDelta::days(1));
    let from = stamp(h);
    let ann = h.invite(&team.id, "ann@acme.example").await;
    h.advance(TimeDelta::days(1));
    let before = stamp(h);
    h.invite(&other.id, "ann@acme.example").await;

    let all = narrowed(h, EventFilter::default()).await;
    let of = |keep: &dyn Fn(&Event) -> bool| -> Vec<Event> {
        all.iter().filter(|event| keep(event)).cloned().collect()
    };
    let anns = EventFilter {
        user_id: ann.user.clone(),
        ..EventFilter::default()
    };
    assert_eq!(
        narrowed(h, anns.clone()).await,
        of(&|event| event.user_id == ann.user)
    );
    assert_eq!(
        narrowed(h, of_team(&team.id)).await,
        of(&|event| event.team_id == team.id)
    );
    let kinds = [EventType::MemberInvited, EventType::TeamCreated];
    for team_id in [String::new(), other.id.clone()] {
        let filter = EventFilter {
            team_id: team_id.clone(),
            types: kinds.iter().map(|kind| (*kind).into()).collect(),
            ..EventFilter::default()
        };
        assert_eq!(
            narrowed(h, filter).await,
            of(&|event| kinds.contains(&event.r#type())
                && (team_id.is_empty() || event.team_id == team_id))
        );
    }
    let between = ListEventsRequest {
        filter: Some(anns),
        create_time_from: Some(from),
        create_time_before: Some(before),
        page_size: 1,
        ..ListEventsRequest::default()
    };
    assert_eq!(
        list(h, between).await,
        of(&|event| event.user_id == ann.user && event.team_id == team.id)
    );
}

async fn the_newest_can_come_first(h: &Harness) {
    let team = h.team("acme").await;
    h.join(&team.id, "ann@acme.example").await;
    let mut all = narrowed(h, EventFilter::default()).await;
    all.reverse();
    for page_size in [1, 2, 100] {
        let request = ListEventsRequest {
            newest_first: true,
            page_size,
            ..ListEventsRequest::default()
        };
        assert_eq!(list(h, request).await, all, "{page_size}");
    }
}

async fn every_bad_field_of_a_list_is_named(h: &Harness) {
    let request = ListEventsRequest {
        filter: Some(EventFilter {
            team_id: "x".to_owned(),
            user_id: "y".to_owned(),
            types: vec![0, 9_999],
        }),
        create_time_from: Some(Timestamp {
            seconds: i64::MAX,
            nanos: 0,
        }),
        ..ListEventsRequest::default()
    };
    let status = h.events().list_events(request).await;
    status.invalid(&[
        ("filter.team_id", "MALFORMED"),
        ("filter.user_id", "MALFORMED"),
        ("filter.types[0]", "UNKNOWN_VALUE"),
        ("filter.types[1]", "UNKNOWN_VALUE"),
        ("create_time_from", "OUT_OF_RANGE"),
    ]);
}
