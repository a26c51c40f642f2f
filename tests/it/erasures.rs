//! Erasing a person: what is gone, what stays, and who is never taken for him.

use chrono::TimeDelta;
use muster::{
    mail::transport::SendError,
    proto::{
        DeleteUserRequest, DeleteUserResponse, Event, ListEventsRequest, ListUserTeamsRequest,
        MemberState, PeekInvitationRequest, Role, UpdateUserRequest, User, event::Payload,
    },
    store::Reads,
};
use sea_orm::{ConnectionTrait, Statement};
use tonic::{Code, Response, Status};

use crate::{
    dumps::dump,
    email_changes::ask,
    events,
    fixtures::{ask_first, invitation_of, token, with_role},
    harness::{Harness, tests},
    refusals::{Outcome, details},
    request_ids::request_id,
};

tests![
    what_identified_the_person_is_nowhere_in_the_database,
    memberships_and_invitations_end_with_one_event_each,
    nothing_unsent_reaches_the_person,
    a_primary_admin_is_not_erased,
    erasing_twice_is_fine_and_a_rehearsal_erases_nobody,
    letters_name_no_inviter_who_was_erased,
    many_teams_cost_as_many_statements_as_one,
];

pub(crate) async fn erase(h: &Harness, user: &str) -> Result<Response<DeleteUserResponse>, Status> {
    let request = DeleteUserRequest {
        user_id: user.to_owned(),
        ..DeleteUserRequest::default()
    };
    h.users().delete_user(request).await
}

/// Everything that happened from then on.
async fn since(h: &Harness, count: usize) -> Vec<Event> {
    let mut all = events::list(h, ListEventsRequest::default()).await;
    all.split_off(count)
}

async fn count(h: &Harness) -> usize {
    events::list(h, ListEventsRequest::default()).await.len()
}

async fn what_identified_the_person_is_nowhere_in_the_database(h: &Harness) {
    let team = h.led_team("acme").await;
    let ann = h.join(&team.id, "Quetzal@acme.example").await;
    let request = UpdateUserRequest {
        user: Some(User {
            id: ann.user.clone(),
            given_name: "Xanthippe".to_owned(),
            family_name: "Zweistein".to_owned(),
            phone: "555 0190".to_owned(),
            time_zone: "Pacific/Chatham".to_owned(),
            job_title: "Falconer".to_owned(),
            external_id: "crm-77x".to_owned(),
            language: "uk".to_owned(),
            ..User::default()
        }),
        update_mask: Some(prost_types::FieldMask {
            paths: [
                "given_name",
                "family_name",
                "phone",
                "time_zone",
                "job_title",
                "external_id",
                "language",
            ]
            .map(str::to_owned)
            .to_vec(),
        }),
        ..UpdateUserRequest::default()
    };
    h.users().update_user(request).await.answered();
    // What a mail server said of him, and an address that he asked for.
    let other = h.led_team("other").await;
    let reply = "550 5.1.1 <Quetzal@acme.example>: no such user".to_owned();
    h.mailbox.fail_next(1, SendError::Never(reply));
    let request = invitation_of(&other.id, "quetzal@acme.example");
    h.invitations().create_invitation(request).await.answered();
    assert!(h.deliver().await.is_empty());
    ask(h, &ann.user, "Kolibri@acme.example").await.answered();

    let needles = [
        "quetzal",
        "xanthippe",
        "zweistein",
        "555 0190",
        "chatham",
        "falconer",
        "crm-77x",
        "kolibri",
    ];
    let held = async || {
        let rows = dump_of_rows(h).await;
        let found = needles.iter().filter(|needle| rows.contains(**needle));
        found.copied().collect::<Vec<_>>()
    };
    assert_eq!(held().await, needles, "the dump works");
    erase(h, &ann.user).await.answered();
    assert_eq!(held().await, Vec::<&str>::new());
}

/// How many rows of a table hold one of these words, in small letters.
pub(crate) async fn rows_with(h: &Harness, table: &str, words: &[&str]) -> usize {
    let connection = h.ctx.store.connection();
    let all = Statement::from_string(
        connection.get_database_backend(),
        format!("SELECT email, old_email, settlement FROM {table}"),
    );
    let rows = connection.query_all_raw(all).await.expect("rows");
    let cells = rows.iter().flat_map(|row| {
        ["email", "old_email", "settlement"]
            .map(|column| row.try_get::<Option<String>>("", column).expect("text"))
    });
    let cells: Vec<String> = cells.flatten().map(|cell| cell.to_lowercase()).collect();
    let holds = |cell: &&String| words.iter().any(|word| cell.contains(word));
    cells.iter().filter(holds).count()
}

/// Every cell of the database in small letters, bytes in hex aside. On SQLite the file may keep what was overwritten until
/// its page is used again, so that only the rows count.
async fn dump_of_rows(h: &Harness) -> String {
    let url = h.database_url.clone();
    let bytes = dump(&url).await;
    let bytes = match url.strip_prefix("sqlite://") {
        None => bytes,
        Some(file) => {
            let rest = ["", "-wal", "-shm"].map(|suffix| {
                let file = format!("{file}{suffix}");
                std::fs::metadata(file).map_or(0, |file| file.len())
            });
            let rest: u64 = rest.into_iter().sum();
            let rows = bytes.len() - usize::try_from(rest).expect("a small file");
            bytes[..rows].to_vec()
        }
    };
    String::from_utf8_lossy(&bytes).to_lowercase()
}

async fn memberships_and_invitations_end_with_one_event_each(h: &Harness) {
    let (acme, other) = (h.led_team("acme").await, h.led_team("other").await);
    let ann = h.join(&acme.id, "ann@acme.example").await;
    h.change(with_role(&acme.id, &ann.user, Role::SecondaryAdmin))
        .await;
    h.teams().update_team(ask_first(&other.id)).await.answered();
    let waiting = h.invite(&other.id, "ann@acme.example").await;
    let declined = h.team("declined").await;
    h.teams()
        .update_team(ask_first(&declined.id))
        .await
        .answered();
    let gone = h.invite(&declined.id, "ann@acme.example").await;
    h.decline(&gone.token).await;

    let before = count(h).await;
    let answer = erase(h, &ann.user).await.answered();
    assert_eq!(answer.ended_team_ids, [acme.id.clone(), other.id.clone()]);
    let events = since(h, before).await;
    let told: Vec<String> = events
        .iter()
        .map(|event| {
            let payload = match &event.payload {
                Some(Payload::Member(member)) => format!(
                    "{} {} {} {}",
                    member.role().as_str_name(),
                    member.state().as_str_name(),
                    member.removal().as_str_name(),
                    member.invitation_id
                ),
                other => format!("{other:?}"),
            };
            format!(
                "{} {} {payload}",
                event.r#type().as_str_name(),
                event.team_id
            )
        })
        .collect();
    let removed = |team: &str, role: &str, invitation: &str| {
        format!(
            "EVENT_TYPE_MEMBER_REMOVED {team} {role} MEMBER_STATE_REMOVED MEMBER_REMOVAL_ERASED {invitation}"
        )
    };
    assert_eq!(
        told,
        [
            removed(&acme.id, "ROLE_SECONDARY_ADMIN", ""),
            removed(&other.id, "ROLE_MEMBER", &waiting.id),
            "EVENT_TYPE_USER_DELETED  Some(User(UserEvent { changed_fields: [] }))".to_owned(),
        ]
    );
    for team in [&acme, &other] {
        let member = h.member(&team.id, &ann.user).await;
        assert_eq!(member.state(), MemberState::Removed);
        assert!(member.invitation.is_none());
    }
    h.accept(&waiting.token)
        .await
        .refused(Code::FailedPrecondition, "INVITATION_REVOKED");
    let request = ListUserTeamsRequest {
        user_id: ann.user.clone(),
        ..ListUserTeamsRequest::default()
    };
    let teams = h.users().list_user_teams(request).await.answered();
    assert!(teams.user_teams.is_empty());
    assert_eq!(h.counts(&acme.id).await.active_members, 1);
}

async fn nothing_unsent_reaches_the_person(h: &Harness) {
    let (acme, other) = (h.led_team("acme").await, h.led_team("other").await);
    let ann = h.join(&acme.id, "ann@acme.example").await;
    // "You were added", an invitation of an import that is held, a link to a new address.
    let request = invitation_of(&other.id, "ann@acme.example");
    h.invitations().create_invitation(request).await.answered();
    let bob = h.import_held(&acme.id, "spring", &["bob@acme.example"]);
    let bob = bob.await.remove(0);
    ask(h, &ann.user, "new@acme.example").await.answered();
    erase(h, &ann.user).await.answered();
    erase(h, &bob.user_id).await.answered();
    let waits = h.outbox().await.into_iter();
    let waits = waits.filter(|row| matches!(row.state.as_str(), "QUEUED" | "HELD"));
    assert_eq!(waits.count(), 0);
    assert!(h.deliver().await.is_empty());
    let invitation = h.invitation(&acme.id, &bob.invitation_id).await;
    assert_eq!(
        invitation.delivery_state().as_str_name(),
        "DELIVERY_STATE_CANCELLED"
    );
}

async fn a_primary_admin_is_not_erased(h: &Harness) {
    let team = h.led_team("acme").await;
    let status = erase(h, &team.admin)
        .await
        .refused(Code::FailedPrecondition, "PRIMARY_ADMIN_PROTECTED");
    let info = details(&status);
    let info = info.error_info().expect("ErrorInfo");
    assert_eq!(info.metadata.get("team_ids"), Some(&team.id));
    assert!(h.user(&team.admin).await.delete_time.is_none());
}

async fn erasing_twice_is_fine_and_a_rehearsal_erases_nobody(h: &Harness) {
    let team = h.led_team("acme").await;
    let ann = h.join(&team.id, "ann@acme.example").await;
    let read = h.user(&ann.user).await;
    let request = DeleteUserRequest {
        user_id: ann.user.clone(),
        validate_only: true,
        ..DeleteUserRequest::default()
    };
    let answer = h.users().delete_user(request).await.answered();
    assert_eq!(answer.ended_team_ids, std::slice::from_ref(&team.id));
    assert_eq!(answer.user.expect("what would be left").etag, "");
    assert_eq!(h.user(&ann.user).await, read);

    let request = DeleteUserRequest {
        user_id: ann.user.clone(),
        etag: read.etag,
        request_id: request_id(1),
        ..DeleteUserRequest::default()
    };
    let first = h.users().delete_user(request.clone()).await.answered();
    let before = count(h).await;
    let again = h.users().delete_user(request).await.answered();
    assert_eq!(again, first, "the same request, the same answer");
    h.advance(TimeDelta::days(1));
    let later = erase(h, &ann.user).await.answered();
    assert_eq!(later.user, first.user);
    assert!(later.ended_team_ids.is_empty());
    assert_eq!(count(h).await, before);
    let nobody = h.unknown_id();
    erase(h, &nobody).await.missing("USER_NOT_FOUND", &nobody);
    let request = DeleteUserRequest {
        user_id: team.admin.clone(),
        etag: "stale".to_owned(),
        ..DeleteUserRequest::default()
    };
    h.users()
        .delete_user(request)
        .await
        .refused(Code::Aborted, "ETAG_MISMATCH");
}

async fn letters_name_no_inviter_who_was_erased(h: &Harness) {
    let team = h.led_team("acme").await;
    let second = h
        .join_as(&team.id, "second@acme.example", Role::SecondaryAdmin)
        .await;
    let request = invitation_of(&team.id, "ann@acme.example");
    h.invitations_as(&second)
        .create_invitation(request)
        .await
        .answered();
    erase(h, &second).await.answered();
    let letter = h.only_letter().await;
    assert!(!letter.text.contains("Erased") && !letter.text.contains("none"));
    let request = PeekInvitationRequest {
        token: token(&letter),
    };
    let offer = h.invitations().peek_invitation(request).await.answered();
    assert_eq!(offer.inviter_display_name, "");
}

async fn many_teams_cost_as_many_statements_as_one(h: &Harness) {
    let cost = async |name: &str, teams: usize| {
        let email = format!("{name}@acme.example");
        let mut user = String::new();
        for number in 0..teams {
            let team = h.led_team(&format!("{name}-{number}")).await;
            user = h.invite(&team.id, &email).await.user;
            // Access that ends, and some that remains, of which somebody gets a letter.
            let acc = h.hub(&team.id, "acc").await;
            let tandem = h.hub(&team.id, "tandem").await;
            let project = h.project(&tandem, "One").await;
            h.grant(&acc, &user).await;
            h.put_into(&project, &user).await;
            h.make_hub_admin(&acc, &user).await;
        }
        let before = h.ctx.store.statements();
        let answer = erase(h, &user).await.answered();
        let cost = h.ctx.store.statements() - before;
        assert_eq!(answer.accesses.len(), 2 * teams);
        assert_eq!(h.deliver().await.len(), teams);
        cost
    };
    for attempt in ["a", "b", "c"] {
        let one = cost(&format!("one-{attempt}"), 1).await;
        let many = cost(&format!("many-{attempt}"), 7).await;
        // The server asks now and then whether its database is there.
        if one == many {
            return;
        }
    }
    panic!("the number of statements grows with that of the teams");
}
