//! What is deleted when it has served, and not a moment earlier.

use chrono::TimeDelta;
use muster::{
    app::housekeeping::{Swept, sweep},
    proto::{
        DeliveryState, EventType, GetImportRequest, ListEventsRequest, PeekInvitationRequest,
        RevokeInvitationRequest,
    },
};
use tonic::Code;

use crate::{
    events::list,
    fixtures::{MICROSECOND, invitation_of},
    harness::{Harness, tests},
    refusals::Outcome,
};

tests![
    sent_letters_are_deleted_after_30_days,
    a_queued_letter_is_not_deleted_however_old,
    a_held_letter_ends_with_its_import,
    a_dead_link_is_told_from_one_that_never_was_for_90_days_after_the_end,
    imports_are_deleted_after_90_days,
];

const NOTHING: Swept = Swept {
    letters: 0,
    tokens: 0,
    email_changes: 0,
    imports: 0,
    replays: 0,
    events: 0,
    keys: 0,
};

async fn swept(h: &Harness) -> Swept {
    sweep(&h.ctx).await.expect("a sweep")
}

async fn sent_letters_are_deleted_after_30_days(h: &Harness) {
    let team = h.team("acme").await;
    h.advance(TimeDelta::days(1));
    h.invite(&team.id, "ann@a.example").await;

    h.advance(TimeDelta::days(29));
    assert_eq!(swept(h).await, NOTHING);
    h.advance(MICROSECOND);
    assert_eq!(swept(h).await.letters, 1);
    let kept = h.outbox().await;
    assert_eq!(kept.len(), 1, "the younger letter stays");
    assert_eq!(swept(h).await, NOTHING);
}

async fn a_queued_letter_is_not_deleted_however_old(h: &Harness) {
    let team = h.team("acme").await;
    let request = invitation_of(&team.id, "ann@a.example");
    h.invitations().create_invitation(request).await.answered();
    h.advance(TimeDelta::days(400));
    assert_eq!(swept(h).await.letters, 1, "the primary admin's");
    let kept = h.outbox().await;
    assert_eq!(kept.len(), 1);
    assert_eq!(kept[0].state, "QUEUED");
    // Its link would be dead: it is given up rather than sent.
    assert!(h.deliver().await.is_empty());
    assert_eq!(h.outbox().await[0].state, "FAILED");
}

async fn a_held_letter_ends_with_its_import(h: &Harness) {
    let team = h.team("acme").await;
    let results = h.import_held(&team.id, "spring", &["ann@a.example"]).await;
    let invitation = &results[0].invitation_id;
    h.advance(TimeDelta::days(90));
    swept(h).await;
    assert_eq!(h.letter_of(invitation).await.state, "HELD");
    h.advance(MICROSECOND);
    assert_eq!(swept(h).await.imports, 1);
    assert_eq!(h.letter_of(invitation).await.state, "CANCELLED");
    let seen = h.invitation(&team.id, invitation).await;
    assert_eq!(seen.delivery_state(), DeliveryState::Cancelled);
    assert!(h.deliver().await.is_empty());
    let last = list(h, ListEventsRequest::default()).await.pop();
    let last = last.expect("an event");
    assert_eq!(last.r#type(), EventType::LetterCancelled);
    assert_eq!(last.user_id, seen.user_id);
}

async fn a_dead_link_is_told_from_one_that_never_was_for_90_days_after_the_end(h: &Harness) {
    let team = h.team("acme").await;
    let peek = async |token: &str| {
        let token = token.to_owned();
        h.invitations()
            .peek_invitation(PeekInvitationRequest { token })
            .await
    };
    let gone = h.invite(&team.id, "ann@a.example").await;
    let newest = h.resend(&team.id, &gone.id).await;
    let request = RevokeInvitationRequest {
        team_id: team.id.clone(),
        invitation_id: gone.id.clone(),
        ..RevokeInvitationRequest::default()
    };
    h.invitations().revoke_invitation(request).await.answered();
    h.advance(TimeDelta::days(1));
    let younger = h.join(&team.id, "bob@a.example").await;

    h.advance(TimeDelta::days(89));
    assert_eq!(swept(h).await.tokens, 0);
    peek(&newest)
        .await
        .refused(Code::FailedPrecondition, "INVITATION_REVOKED");
    h.advance(MICROSECOND);
    assert_eq!(swept(h).await.tokens, 2);
    for token in [&gone.token, &newest] {
        peek(token)
            .await
            .refused(Code::NotFound, "INVITATION_NOT_FOUND");
    }
    peek(&younger.token)
        .await
        .refused(Code::FailedPrecondition, "INVITATION_ACCEPTED");
    // The primary admin never answered: an open invitation has no end from which to count.
    peek(&team.token)
        .await
        .refused(Code::FailedPrecondition, "INVITATION_EXPIRED");
}

async fn imports_are_deleted_after_90_days(h: &Harness) {
    let team = h.team("acme").await;
    let import = async |id: &str| {
        let request = GetImportRequest {
            team_id: team.id.clone(),
            import_id: id.to_owned(),
        };
        h.users().get_import(request).await
    };
    h.import_held(&team.id, "old", &["ann@a.example"]).await;
    h.advance(TimeDelta::days(1));
    h.import_held(&team.id, "young", &["bob@a.example"]).await;

    h.advance(TimeDelta::days(89));
    assert_eq!(swept(h).await.imports, 0);
    import("old").await.answered();
    h.advance(MICROSECOND);
    assert_eq!(swept(h).await.imports, 1);
    import("old").await.missing("IMPORT_NOT_FOUND", "old");
    import("young").await.answered();
}
