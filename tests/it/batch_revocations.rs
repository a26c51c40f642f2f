//! Taking many invitations back at once, by id or by import.

use std::slice::from_ref;

use muster::proto::{
    BatchInvitationResult, BatchRevokeInvitationsRequest, ImportOutcome, ImportResult,
    InvitationState, MemberState, Reason,
};
use tonic::Code;

use crate::{
    harness::{Harness, tests},
    refusals::Outcome,
};

tests![
    a_batch_revokes_what_it_can_and_names_the_rest_in_order,
    an_import_can_be_taken_back_and_those_it_added_at_once_are_named,
    a_batch_of_revocations_names_either_ids_or_an_import,
];

async fn a_batch_revokes_what_it_can_and_names_the_rest_in_order(h: &Harness) {
    let team = h.team("acme").await;
    let other = h.team("other").await;
    let theirs = h.invite(&other.id, "theirs@acme.example").await;
    let accepted = h.join(&team.id, "accepted@acme.example").await;
    let ann = h.invite(&team.id, "ann@acme.example").await;
    let late = h.invite(&team.id, "late@acme.example").await;
    let nowhere = h.unknown_id();
    let asked = [
        (&late.id, Reason::Unspecified),
        (&theirs.id, Reason::InvitationNotFound),
        (&team.invitation, Reason::PrimaryAdminProtected),
        (&nowhere, Reason::InvitationNotFound),
        (&accepted.id, Reason::InvitationAccepted),
        (&ann.id, Reason::Unspecified),
    ];
    let request = BatchRevokeInvitationsRequest {
        team_id: team.id.clone(),
        invitation_ids: asked.iter().map(|(id, _)| (*id).clone()).collect(),
        import_id: String::new(),
        ..BatchRevokeInvitationsRequest::default()
    };
    // Twice: what is revoked already is success.
    for _ in 0..2 {
        let answer = h
            .invitations()
            .batch_revoke_invitations(request.clone())
            .await
            .answered();
        let expected = asked.map(|(id, reason)| BatchInvitationResult {
            invitation_id: id.clone(),
            reason: reason.into(),
        });
        assert_eq!(answer.results, expected);
        assert_eq!(answer.member_user_ids, [""; 0]);
    }
    h.accept(&ann.token)
        .await
        .refused(Code::FailedPrecondition, "INVITATION_REVOKED");
    h.accept(&theirs.token).await.answered();
    assert_eq!(
        h.member(&team.id, &late.user).await.state(),
        MemberState::Removed
    );
}

async fn an_import_can_be_taken_back_and_those_it_added_at_once_are_named(h: &Harness) {
    let team = h.team("acme").await;
    let pat = h.verified("pat@acme.example").await;
    let by_hand = h.invite(&team.id, "hand@acme.example").await;
    let emails = [
        "ann@acme.example",
        "pat@acme.example",
        "hand@acme.example",
        "bob@acme.example",
    ];
    let rows = h.import_held(&team.id, "march", &emails).await;
    let outcomes = [
        ImportOutcome::Invited,
        ImportOutcome::Verified,
        ImportOutcome::AlreadyInvited,
        ImportOutcome::Invited,
    ];
    assert_eq!(
        rows.iter().map(ImportResult::outcome).collect::<Vec<_>>(),
        outcomes
    );

    let request = BatchRevokeInvitationsRequest {
        team_id: team.id.clone(),
        invitation_ids: Vec::new(),
        import_id: "march".to_owned(),
        ..BatchRevokeInvitationsRequest::default()
    };
    let answer = h
        .invitations()
        .batch_revoke_invitations(request.clone())
        .await
        .answered();
    let mut expected = [rows[0].invitation_id.clone(), rows[3].invitation_id.clone()];
    expected.sort();
    let revoked: Vec<_> = answer
        .results
        .iter()
        .map(|result| &result.invitation_id)
        .collect();
    assert_eq!(revoked, expected.each_ref());
    assert!(
        answer
            .results
            .iter()
            .all(|result| result.reason() == Reason::Unspecified)
    );
    assert_eq!(answer.member_user_ids, from_ref(&pat.id));

    assert_eq!(
        h.member(&team.id, &pat.id).await.state(),
        MemberState::Active
    );
    assert_eq!(
        h.invitation(&team.id, &by_hand.id).await.state(),
        InvitationState::Pending
    );
    h.deliver().await;

    let unknown = BatchRevokeInvitationsRequest {
        import_id: "april".to_owned(),
        ..request
    };
    let answer = h.invitations().batch_revoke_invitations(unknown).await;
    answer.refused(Code::NotFound, "IMPORT_NOT_FOUND");
}

async fn a_batch_of_revocations_names_either_ids_or_an_import(h: &Harness) {
    let team = h.team("acme").await;
    let batch = async |invitation_ids: Vec<String>, import_id: &str| {
        let request = BatchRevokeInvitationsRequest {
            team_id: team.id.clone(),
            invitation_ids,
            import_id: import_id.to_owned(),
            ..BatchRevokeInvitationsRequest::default()
        };
        let answer = h.invitations().batch_revoke_invitations(request).await;
        answer.refused(Code::InvalidArgument, "INVALID");
    };
    batch(Vec::new(), "").await;
    batch(vec![team.invitation.clone()], "march").await;
    batch(vec!["x".to_owned()], "").await;
    batch((0..5_001).map(|_| h.unknown_id()).collect(), "").await;
}
