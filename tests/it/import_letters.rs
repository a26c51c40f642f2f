//! The letters of an import: held until they are released, and each in its reader's language.

use chrono::TimeDelta;
use muster::{
    mail::transport::SendError,
    proto::{
        CreateUserRequest, DeliveryState, ImportUsersHeader, Invitation, InvitationState,
        MemberState, ReleaseLettersRequest, ReleaseLettersResponse, Role,
    },
};
use tonic::{Code, Response, Status};

use crate::{
    fixtures::{
        MICROSECOND, WEEK, invitation_of, team_called, time, token, with_custom_roles, with_role,
    },
    harness::{Harness, tests},
    invitation_life::revoke,
    refusals::Outcome,
    uploads::{header, held, row},
};

tests![
    held_letters_wait_until_they_are_released,
    a_release_gives_the_full_time_from_then,
    a_release_twice_is_success_and_sends_nothing_more,
    a_release_leaves_what_was_settled_alone,
    a_single_resend_sends_at_once_and_cancels_the_held_letter,
    an_expired_invitation_needs_a_seat_to_be_released,
    an_invitation_that_a_later_import_opened_again_is_not_released_with_the_first,
    a_letter_that_was_held_for_long_is_tried_as_long_as_any_other,
    what_the_caller_could_not_give_is_not_released,
    the_letters_of_an_unknown_import_cannot_be_released,
    letters_speak_the_rows_users_language_else_the_imports_else_the_teams_else_english,
];

/// The call `ReleaseLetters`.
async fn release(
    h: &Harness,
    team: &str,
    import: &str,
) -> Result<Response<ReleaseLettersResponse>, Status> {
    let request = ReleaseLettersRequest {
        team_id: team.to_owned(),
        import_id: import.to_owned(),
        ..ReleaseLettersRequest::default()
    };
    h.invitations().release_letters(request).await
}

/// A release that names nobody without a seat; how many letters it queued.
pub(crate) async fn released(h: &Harness, team: &str, import: &str) -> i32 {
    let answer = release(h, team, import).await.answered();
    assert_eq!(answer.no_seat_invitation_ids, [""; 0]);
    answer.released_count
}

/// The state of an invitation and of its newest letter.
pub(crate) fn stands(invitation: &Invitation) -> (InvitationState, DeliveryState) {
    (invitation.state(), invitation.delivery_state())
}

/// Whom the letters that are due go to.
async fn recipients(h: &Harness) -> Vec<String> {
    let mut to: Vec<_> = h.deliver().await.into_iter().map(|one| one.to).collect();
    to.sort();
    to
}

/// What creates an account with a language of its own, in a team that nobody looks at.
fn speaker(team: &str, email: &str, language: &str) -> CreateUserRequest {
    let form = invitation_of(team, email);
    CreateUserRequest {
        team_id: form.team_id,
        email: form.email,
        given_name: form.given_name,
        family_name: form.family_name,
        role: Role::Member.into(),
        language: language.to_owned(),
        ..CreateUserRequest::default()
    }
}

async fn held_letters_wait_until_they_are_released(h: &Harness) {
    let team = h.team("acme").await;
    let pat = h.verified("pat@acme.example").await;
    let rows = h
        .import_held(&team.id, "march", &["ann@acme.example", "pat@acme.example"])
        .await;
    let ann = &rows[0].invitation_id;
    assert!(h.deliver().await.is_empty());
    h.advance(TimeDelta::days(6));
    assert!(h.deliver().await.is_empty());
    let waiting = h.invitation(&team.id, ann).await;
    assert_eq!(
        stands(&waiting),
        (InvitationState::Pending, DeliveryState::Held)
    );
    // Everything but the letters: who is a member at once is one.
    let pat = h.member(&team.id, &pat.id).await;
    assert_eq!(pat.state(), MemberState::Active);

    assert_eq!(released(h, &team.id, "march").await, 2);
    let queued = h.invitation(&team.id, ann).await;
    assert_eq!(queued.delivery_state(), DeliveryState::Queued);
    let letters = h.deliver().await;
    assert_eq!(letters.len(), 2);
    let sent = h.invitation(&team.id, ann).await;
    assert_eq!(sent.delivery_state(), DeliveryState::Sent);
    let to_ann = letters.iter().find(|one| one.to == "ann@acme.example");
    h.accept(&token(to_ann.expect("a letter"))).await.answered();
}

async fn a_release_gives_the_full_time_from_then(h: &Harness) {
    let team = h.team("acme").await;
    let emails = ["ann@acme.example", "bob@acme.example"];
    let rows = h.import_held(&team.id, "march", &emails).await;
    h.advance(TimeDelta::days(5));
    assert_eq!(released(h, &team.id, "march").await, 2);
    for row in &rows {
        let invitation = h.invitation(&team.id, &row.invitation_id).await;
        assert_eq!(time(invitation.expire_time), h.now() + WEEK);
        assert_eq!(invitation.send_count, 1, "the same link");
    }
    let letters = h.deliver().await;
    h.advance(WEEK - MICROSECOND);
    h.accept(&token(&letters[0])).await.answered();
    h.advance(MICROSECOND);
    let late = h.accept(&token(&letters[1])).await;
    late.refused(Code::FailedPrecondition, "INVITATION_EXPIRED");
}

async fn a_release_twice_is_success_and_sends_nothing_more(h: &Harness) {
    let team = h.team("acme").await;
    let rows = h
        .import_held(&team.id, "march", &["ann@acme.example"])
        .await;
    assert_eq!(released(h, &team.id, "march").await, 1);
    // Sent or not makes no difference.
    assert_eq!(released(h, &team.id, "march").await, 0);
    let letter = h.only_letter().await;
    let before = h.invitation(&team.id, &rows[0].invitation_id).await;
    h.advance(TimeDelta::days(1));
    assert_eq!(released(h, &team.id, "march").await, 0);
    assert!(h.deliver().await.is_empty());
    assert_eq!(h.invitation(&team.id, &rows[0].invitation_id).await, before);
    h.accept(&token(&letter)).await.answered();

    // Nor is there anything to release of an import that held nothing.
    h.import_rows(header(&team.id, "april"), &[row("bob@acme.example")])
        .await;
    assert_eq!(recipients(h).await, ["bob@acme.example"]);
    assert_eq!(released(h, &team.id, "april").await, 0);
}

async fn a_release_leaves_what_was_settled_alone(h: &Harness) {
    let team = h.team("acme").await;
    let emails = ["ann@acme.example", "bob@acme.example"];
    let rows = h.import_held(&team.id, "march", &emails).await;
    revoke(h, &team.id, &rows[0].invitation_id).await;
    let gone = h.invitation(&team.id, &rows[0].invitation_id).await;
    assert_eq!(
        stands(&gone),
        (InvitationState::Revoked, DeliveryState::Cancelled)
    );

    h.advance(TimeDelta::days(1));
    assert_eq!(released(h, &team.id, "march").await, 1);
    assert_eq!(recipients(h).await, ["bob@acme.example"]);
    assert_eq!(h.invitation(&team.id, &rows[0].invitation_id).await, gone);
}

async fn a_single_resend_sends_at_once_and_cancels_the_held_letter(h: &Harness) {
    let team = h.team("acme").await;
    let emails = ["ann@acme.example", "bob@acme.example"];
    let rows = h.import_held(&team.id, "march", &emails).await;
    h.advance(TimeDelta::days(1));
    let link = h.resend(&team.id, &rows[0].invitation_id).await;
    let before = h.invitation(&team.id, &rows[0].invitation_id).await;
    assert_eq!(
        (before.delivery_state(), before.send_count),
        (DeliveryState::Sent, 2)
    );
    assert_eq!(before.import_id, "march");

    h.advance(TimeDelta::days(1));
    assert_eq!(released(h, &team.id, "march").await, 1);
    assert_eq!(recipients(h).await, ["bob@acme.example"]);
    let after = h.invitation(&team.id, &rows[0].invitation_id).await;
    assert_eq!(after, before, "its time is not the release's");
    h.accept(&link).await.answered();
}

async fn an_expired_invitation_needs_a_seat_to_be_released(h: &Harness) {
    let mut request = team_called("acme");
    request.seat_limit = Some(3);
    let team = h.team_from(request).await;
    h.accept(&team.token).await.answered();
    let emails = ["ann@acme.example", "bob@acme.example"];
    let rows = h.import_held(&team.id, "march", &emails).await;
    h.advance(WEEK);
    // They hold no seat any more, and one goes to somebody else.
    let cyd = h.invite(&team.id, "cyd@acme.example").await;

    let answer = release(h, &team.id, "march").await.answered();
    assert_eq!(answer.released_count, 1);
    let (seated, without): (Vec<_>, Vec<_>) = rows
        .iter()
        .map(|row| row.invitation_id.clone())
        .partition(|id| !answer.no_seat_invitation_ids.contains(id));
    assert_eq!(answer.no_seat_invitation_ids, without);
    let [seated, without] = [seated, without].map(|mut ids| ids.pop().expect("one of each"));
    assert_eq!(h.deliver().await.len(), 1);
    let seated = h.invitation(&team.id, &seated).await;
    assert_eq!(
        stands(&seated),
        (InvitationState::Pending, DeliveryState::Sent)
    );
    assert_eq!(time(seated.expire_time), h.now() + WEEK);
    let waiting = h.invitation(&team.id, &without).await;
    assert_eq!(
        stands(&waiting),
        (InvitationState::Expired, DeliveryState::Held)
    );
    assert_eq!(h.counts(&team.id).await.seats, 3);

    // With a seat, another release sends it.
    let again = release(h, &team.id, "march").await.answered();
    assert_eq!(
        (again.released_count, again.no_seat_invitation_ids),
        (0, vec![without.clone()])
    );
    revoke(h, &team.id, &cyd.id).await;
    assert_eq!(released(h, &team.id, "march").await, 1);
    h.accept(&h.only_token().await).await.answered();
}

async fn an_invitation_that_a_later_import_opened_again_is_not_released_with_the_first(
    h: &Harness,
) {
    let team = h.team("acme").await;
    let emails = ["ann@acme.example", "bob@acme.example"];
    let first = h.import_held(&team.id, "march", &emails).await;
    h.advance(WEEK);
    let second = h.import_held(&team.id, "april", &emails[..1]).await;
    assert_eq!(second[0].invitation_id, first[0].invitation_id);

    assert_eq!(released(h, &team.id, "march").await, 1);
    assert_eq!(recipients(h).await, ["bob@acme.example"]);
    assert_eq!(released(h, &team.id, "april").await, 1);
    h.accept(&h.only_token().await).await.answered();
}

async fn a_letter_that_was_held_for_long_is_tried_as_long_as_any_other(h: &Harness) {
    let team = h.team("acme").await;
    h.verified("pat@acme.example").await;
    let emails = ["ann@acme.example", "pat@acme.example"];
    h.import_held(&team.id, "march", &emails).await;
    h.advance(TimeDelta::days(8));
    assert_eq!(released(h, &team.id, "march").await, 2);
    h.mailbox
        .fail_next(2, SendError::Later("421 later".to_owned()));
    assert!(h.deliver().await.is_empty());
    h.advance(TimeDelta::hours(1));
    assert_eq!(recipients(h).await, emails);
}

async fn what_the_caller_could_not_give_is_not_released(h: &Harness) {
    let team = h.led_team("acme").await;
    let host = h
        .join_with(&team.id, "host@acme.example", &["imports.create"])
        .await;
    let emails = ["ann@acme.example", "bob@acme.example", "eve@acme.example"];
    let rows = h.import_held(&team.id, "march", &emails).await;
    let more = h.role(&team.id, "Removers", &["members.remove"]).await.id;
    let admin = with_role(&team.id, &rows[0].user_id, Role::SecondaryAdmin);
    h.change(admin).await;
    h.change(with_custom_roles(&team.id, &rows[1].user_id, &[&more]))
        .await;
    h.advance(WEEK);

    let request = ReleaseLettersRequest {
        team_id: team.id.clone(),
        import_id: "march".to_owned(),
        ..ReleaseLettersRequest::default()
    };
    let mut client = h.invitations_as(&host);
    let answer = client.release_letters(request.clone()).await.answered();
    let mut denied = answer.denied_invitation_ids;
    denied.sort();
    let mut expected = [&rows[0], &rows[1]].map(|row| row.invitation_id.clone());
    expected.sort();
    assert_eq!((denied, answer.released_count), (expected.into(), 1));
    assert_eq!(recipients(h).await, ["eve@acme.example"]);
    for row in &rows[..2] {
        let left = h.invitation(&team.id, &row.invitation_id).await;
        assert_eq!(
            stands(&left),
            (InvitationState::Expired, DeliveryState::Held)
        );
    }

    let mut client = h.invitations_as(&team.admin);
    let answer = client.release_letters(request).await.answered();
    assert_eq!(answer.denied_invitation_ids, [""; 0]);
    assert_eq!(answer.released_count, 2);
    assert_eq!(recipients(h).await, emails[..2]);
}

async fn the_letters_of_an_unknown_import_cannot_be_released(h: &Harness) {
    let team = h.team("acme").await;
    let other = h.team("other").await;
    h.import_held(&other.id, "march", &["ann@acme.example"])
        .await;
    release(h, &team.id, "march")
        .await
        .missing("IMPORT_NOT_FOUND", "march");
    let answer = release(h, &team.id, "a b").await;
    answer.invalid(&[("import_id", "MALFORMED")]);
    let nowhere = h.unknown_id();
    release(h, &nowhere, "march")
        .await
        .missing("TEAM_NOT_FOUND", &nowhere);
    assert!(h.deliver().await.is_empty());
}

async fn letters_speak_the_rows_users_language_else_the_imports_else_the_teams_else_english(
    h: &Harness,
) {
    let elsewhere = h.team("elsewhere").await;
    for (email, language) in [("uk@acme.example", "uk"), ("en@acme.example", "en")] {
        let request = speaker(&elsewhere.id, email, language);
        h.users().create_user(request).await.answered();
    }
    h.deliver().await;
    h.invite(&elsewhere.id, "mute@acme.example").await;
    h.verified("pat@acme.example").await;

    // (the import's language, the team's, whether the others' letters are Ukrainian)
    let table = [
        ("", "", false),
        ("", "uk", true),
        ("uk", "en", true),
        ("en", "uk", false),
        ("uk-UA", "", true),
        ("haw", "uk", false),
    ];
    for (number, (import, team_language, others)) in table.into_iter().enumerate() {
        let mut request = team_called(&format!("team{number}"));
        team_language.clone_into(&mut request.default_language);
        let team = h.team_from(request).await;
        let new = format!("new{number}@acme.example");
        let emails = [
            "en@acme.example",
            "mute@acme.example",
            &new,
            "pat@acme.example",
            "uk@acme.example",
        ];
        let header = ImportUsersHeader {
            language: import.to_owned(),
            ..held(&team.id, "march")
        };
        h.import_rows(header, &emails.map(row)).await;
        assert_eq!(released(h, &team.id, "march").await, 5);
        let mut letters = h.deliver().await;
        letters.sort_by(|a, b| a.to.cmp(&b.to));
        let cyrillic = |c: char| ('\u{400}'..='\u{4ff}').contains(&c);
        let found: Vec<_> = letters
            .iter()
            .map(|one| (one.to.as_str(), one.subject.contains(cyrillic)))
            .collect();
        let expected = emails.map(|email| match email {
            "en@acme.example" => (email, false),
            "uk@acme.example" => (email, true),
            _ => (email, others),
        });
        assert_eq!(found, expected, "import {import:?}, team {team_language:?}");
    }
}
