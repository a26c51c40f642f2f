//! Taking an import back: which invitations are its own, and who stays.

use std::slice::from_ref;

use muster::proto::{
    BatchRevokeInvitationsRequest, BatchRevokeInvitationsResponse, DeliveryState, ImportOutcome,
    InvitationState, MemberState, Reason,
};

use crate::{
    fixtures::{WEEK, token},
    harness::{Harness, tests},
    import_letters::{released, stands},
    refusals::Outcome,
    uploads::{header, outcomes, row},
};

tests![
    an_invitation_belongs_to_the_last_import_that_opened_it,
    an_expired_invitation_is_taken_back_with_its_import,
    only_those_who_are_still_members_are_named_when_an_import_is_taken_back,
];

async fn take_back(h: &Harness, team: &str, import: &str) -> BatchRevokeInvitationsResponse {
    let request = BatchRevokeInvitationsRequest {
        team_id: team.to_owned(),
        invitation_ids: Vec::new(),
        import_id: import.to_owned(),
        ..BatchRevokeInvitationsRequest::default()
    };
    let mut client = h.invitations();
    let answer = client.batch_revoke_invitations(request).await.answered();
    assert!(
        answer
            .results
            .iter()
            .all(|one| one.reason() == Reason::Unspecified)
    );
    answer
}

/// The invitations that taking an import back revoked.
fn revoked(answer: &BatchRevokeInvitationsResponse) -> Vec<&str> {
    let results = answer.results.iter();
    results.map(|one| one.invitation_id.as_str()).collect()
}

async fn an_invitation_belongs_to_the_last_import_that_opened_it(h: &Harness) {
    let team = h.team("acme").await;
    let emails = ["ann@acme.example", "bob@acme.example"];
    let first = h.import_held(&team.id, "march", &emails).await;
    // Found open is not opened.
    let early = h.import_held(&team.id, "april", &emails).await;
    assert_eq!(outcomes(&early), [ImportOutcome::AlreadyInvited; 2]);
    assert_eq!(revoked(&take_back(h, &team.id, "april").await), [""; 0]);

    h.advance(WEEK);
    let later = h.import_held(&team.id, "may", &emails[..1]).await;
    assert_eq!(outcomes(&later), [ImportOutcome::Invited]);
    let (ann, bob) = (&first[0].invitation_id, &first[1].invitation_id);
    assert_eq!(h.invitation(&team.id, ann).await.import_id, "may");

    assert_eq!(revoked(&take_back(h, &team.id, "march").await), [bob]);
    assert_eq!(
        h.invitation(&team.id, ann).await.state(),
        InvitationState::Pending
    );
    assert_eq!(revoked(&take_back(h, &team.id, "may").await), [ann]);
    // Nothing is open any more: taking it back again finds nothing.
    assert_eq!(revoked(&take_back(h, &team.id, "may").await), [""; 0]);

    // Who invites by hand takes an expired one out of its import.
    let rows = h.import_held(&team.id, "june", &["cyd@acme.example"]).await;
    h.advance(WEEK);
    let cyd = h.invite(&team.id, "cyd@acme.example").await;
    assert_eq!(cyd.id, rows[0].invitation_id);
    assert_eq!(revoked(&take_back(h, &team.id, "june").await), [""; 0]);
    h.accept(&cyd.token).await.answered();
}

async fn an_expired_invitation_is_taken_back_with_its_import(h: &Harness) {
    let team = h.team("acme").await;
    let rows = h
        .import_held(&team.id, "march", &["ann@acme.example"])
        .await;
    h.advance(WEEK);
    let ann = rows[0].invitation_id.as_str();
    assert_eq!(revoked(&take_back(h, &team.id, "march").await), [ann]);
    let invitation = h.invitation(&team.id, ann).await;
    assert_eq!(
        stands(&invitation),
        (InvitationState::Revoked, DeliveryState::Cancelled)
    );
    let member = h.member(&team.id, &rows[0].user_id).await;
    assert_eq!(member.state(), MemberState::Removed);
    assert_eq!(released(h, &team.id, "march").await, 0);
}

async fn only_those_who_are_still_members_are_named_when_an_import_is_taken_back(h: &Harness) {
    let team = h.team("acme").await;
    let pat = h.verified("pat@acme.example").await;
    let emails = ["ann@acme.example", "pat@acme.example"];
    h.import_rows(header(&team.id, "march"), &emails.map(row))
        .await;
    for letter in h.deliver().await {
        if letter.to == "ann@acme.example" {
            h.accept(&token(&letter)).await.answered();
        }
    }
    // Ann accepted of her own will; another import found Pat there.
    let april = h.import_held(&team.id, "april", &emails).await;
    assert_eq!(outcomes(&april), [ImportOutcome::AlreadyMember; 2]);
    let answer = take_back(h, &team.id, "march").await;
    assert_eq!(revoked(&answer), [""; 0]);
    assert_eq!(answer.member_user_ids, from_ref(&pat.id));
    let answer = take_back(h, &team.id, "april").await;
    assert_eq!(answer.member_user_ids, [""; 0]);
    assert_eq!(h.counts(&team.id).await.active_members, 2);
}
