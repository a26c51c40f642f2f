//! Inviting and taking back: roles, languages, inviting again, lists and batches.

use std::collections::BTreeSet;

use muster::proto::{
    BatchInvitationResult, BatchRevokeInvitationsRequest, CreateInvitationRequest,
    DeclineInvitationRequest, DeliveryState, GetInvitationRequest, ImportOutcome, ImportResult,
    InvitationFilter, InvitationState, ListInvitationsRequest, MemberState, Reason,
    RevokeInvitationRequest, Role,
};
use tonic::Code;
use uuid::Uuid;

use crate::{
    fixtures::{MICROSECOND, WEEK, invitation_of, team_called},
    harness::{Harness, tests},
    refusals::Outcome,
};

tests![
    an_invitation_is_to_member_unless_it_names_a_role,
    every_broken_field_of_an_invitation_is_named_at_once,
    inviting_somebody_who_waits_changes_nothing_and_mails_nothing,
    inviting_a_member_changes_nothing_and_mails_nothing,
    letters_speak_the_persons_language_else_the_teams_else_english,
    inviting_over_an_expired_invitation_keeps_its_id_and_makes_a_new_link,
    inviting_after_a_decline_or_a_revocation_makes_a_new_invitation_on_the_same_membership,
    a_verified_account_that_declined_is_asked_the_next_time,
    invitations_can_be_listed_by_state_delivery_import_and_expiry,
    another_teams_invitation_is_not_found,
    a_batch_revokes_what_it_can_and_names_the_rest_in_order,
    an_import_can_be_taken_back_and_those_it_added_at_once_are_named,
    a_batch_of_revocations_names_either_ids_or_an_import,
];

async fn an_invitation_is_to_member_unless_it_names_a_role(h: &Harness) {
    let team = h.team("acme").await;
    let ann = h.invite(&team.id, "ann@acme.example").await;
    assert_eq!(h.invitation(&team.id, &ann.id).await.role(), Role::Member);

    for role in [
        Role::SecondaryAdmin,
        Role::SsoAdmin,
        Role::Member,
        Role::Guest,
    ] {
        let mut request = invitation_of(&team.id, &format!("{role:?}@roles.example"));
        request.set_role(role);
        let invited = h.invite_from(request).await;
        assert_eq!(h.invitation(&team.id, &invited.id).await.role(), role);
        h.accept(&invited.token).await.answered();
        assert_eq!(h.member(&team.id, &invited.user).await.role(), role);
    }
}

async fn every_broken_field_of_an_invitation_is_named_at_once(h: &Harness) {
    let request = CreateInvitationRequest {
        team_id: String::new(),
        email: "ann@[127.0.0.1]".to_owned(),
        given_name: "<b>".to_owned(),
        family_name: "\t\n ".to_owned(),
        role: Role::PrimaryAdmin.into(),
        language: "english!".to_owned(),
    };
    h.invitations().create_invitation(request).await.invalid(&[
        ("team_id", "REQUIRED"),
        ("email", "MALFORMED"),
        ("given_name", "LOOKS_LIKE_LINK"),
        ("family_name", "REQUIRED"),
        ("role", "UNKNOWN_VALUE"),
        ("language", "MALFORMED"),
    ]);
}

async fn inviting_somebody_who_waits_changes_nothing_and_mails_nothing(h: &Harness) {
    let team = h.team("acme").await;
    let ann = h.invite(&team.id, "ann@acme.example").await;
    let before = h.invitation(&team.id, &ann.id).await;

    h.advance(WEEK - MICROSECOND);
    let mut again = invitation_of(&team.id, "ANN@acme.EXAMPLE");
    again.set_role(Role::Guest);
    let answer = h.invitations().create_invitation(again).await.answered();
    assert_eq!(answer.outcome(), ImportOutcome::AlreadyInvited);
    assert_eq!(answer.invitation, Some(before.clone()));
    assert_eq!(answer.member.expect("the member").role(), Role::Member);
    assert!(h.deliver().await.is_empty());
    assert_eq!(h.invitation(&team.id, &ann.id).await, before);
    h.accept(&ann.token).await.answered();
}

async fn inviting_a_member_changes_nothing_and_mails_nothing(h: &Harness) {
    let team = h.team("acme").await;
    let ann = h.join(&team.id, "ann@acme.example").await;
    let before = h.member(&team.id, &ann.user).await;

    let mut again = invitation_of(&team.id, "Ann@Acme.example");
    again.set_role(Role::SecondaryAdmin);
    let answer = h.invitations().create_invitation(again).await.answered();
    assert_eq!(answer.outcome(), ImportOutcome::AlreadyMember);
    assert_eq!(answer.invitation, None);
    assert_eq!(answer.member, Some(before));
    assert!(h.deliver().await.is_empty());
}

/// Whether the letter's subject is written in Cyrillic: the one thing that tells its language without its words.
async fn next_letter_is_ukrainian(h: &Harness) -> bool {
    let letter = h.only_letter().await;
    letter
        .subject
        .chars()
        .any(|c| ('\u{400}'..='\u{4ff}').contains(&c))
}

async fn letters_speak_the_persons_language_else_the_teams_else_english(h: &Harness) {
    let english = h.team("english").await;
    let mut request = team_called("ukrainian");
    request.default_language = "uk".to_owned();
    let ukrainian = h.team_from(request).await;

    let cases = [
        // (team, address, language of the request, Ukrainian)
        (&english, "a@acme.example", "", false),
        (&english, "b@acme.example", "uk", true),
        (&english, "c@acme.example", "uk-UA", true),
        (&english, "d@acme.example", "haw", false),
        (&ukrainian, "e@acme.example", "", true),
        (&ukrainian, "f@acme.example", "en", false),
        // An account keeps its language, whatever a later request says.
        (&english, "f@acme.example", "uk", false),
        (&ukrainian, "b@acme.example", "en", true),
    ];
    for (team, email, language, expected) in cases {
        let mut request = invitation_of(&team.id, email);
        request.language = language.to_owned();
        h.invitations().create_invitation(request).await.answered();
        assert_eq!(
            next_letter_is_ukrainian(h).await,
            expected,
            "{email} {language:?}"
        );
    }
}

async fn inviting_over_an_expired_invitation_keeps_its_id_and_makes_a_new_link(h: &Harness) {
    let team = h.team("acme").await;
    let ann = h.invite(&team.id, "ann@acme.example").await;
    h.advance(WEEK);

    let mut request = invitation_of(&team.id, "ann@acme.example");
    request.set_role(Role::Guest);
    let again = h.invite_from(request).await;
    assert_eq!((&again.id, &again.user), (&ann.id, &ann.user));
    let invitation = h.invitation(&team.id, &ann.id).await;
    assert_eq!(invitation.state(), InvitationState::Pending);
    assert_eq!(invitation.send_count, 2);
    assert_eq!(
        invitation.role(),
        Role::Guest,
        "the role of the new request"
    );
    h.accept(&ann.token)
        .await
        .refused(Code::FailedPrecondition, "INVITATION_SUPERSEDED");
    h.accept(&again.token).await.answered();
}

async fn inviting_after_a_decline_or_a_revocation_makes_a_new_invitation_on_the_same_membership(
    h: &Harness,
) {
    let team = h.team("acme").await;
    for (email, declines) in [("ann@acme.example", true), ("bob@acme.example", false)] {
        let first = h.invite(&team.id, email).await;
        let member = h.member(&team.id, &first.user).await;
        let (reason, state) = if declines {
            let token = first.token.clone();
            h.invitations()
                .decline_invitation(DeclineInvitationRequest { token })
                .await
                .answered();
            ("INVITATION_DECLINED", InvitationState::Declined)
        } else {
            let request = RevokeInvitationRequest {
                team_id: team.id.clone(),
                invitation_id: first.id.clone(),
            };
            h.invitations().revoke_invitation(request).await.answered();
            ("INVITATION_REVOKED", InvitationState::Revoked)
        };
        h.advance(MICROSECOND);

        let second = h.invite_guest(&team.id, email).await;
        assert_eq!(second.user, first.user);
        assert_ne!(second.id, first.id);
        let again = h.member(&team.id, &first.user).await;
        assert_eq!(again.state(), MemberState::Invited);
        assert_eq!(again.role(), Role::Guest);
        assert_eq!(again.create_time, member.create_time, "the same membership");
        assert_eq!(again.remove_time, None);
        assert_eq!(h.invitation(&team.id, &first.id).await.state(), state);
        h.accept(&first.token)
            .await
            .refused(Code::FailedPrecondition, reason);
        h.accept(&second.token).await.answered();
    }
}

async fn a_verified_account_that_declined_is_asked_the_next_time(h: &Harness) {
    let team = h.team("acme").await;
    let invited = h.invite(&team.id, "pat@acme.example").await;
    let token = invited.token;
    h.invitations()
        .decline_invitation(DeclineInvitationRequest { token })
        .await
        .answered();
    let other = h.team("other").await;
    h.join(&other.id, "pat@acme.example").await;

    let request = invitation_of(&team.id, "pat@acme.example");
    let answer = h.invitations().create_invitation(request).await.answered();
    assert_eq!(answer.outcome(), ImportOutcome::Invited);
    h.only_token().await;
}

async fn invitations_can_be_listed_by_state_delivery_import_and_expiry(h: &Harness) {
    let team = h.team("acme").await;
    let old = h.invite(&team.id, "old@acme.example").await;
    h.advance(WEEK);
    let joined = h.join(&team.id, "joined@acme.example").await;
    let fresh = h.invite(&team.id, "fresh@acme.example").await;
    let imported = h
        .import_held(&team.id, "march", &["held@acme.example"])
        .await;
    let held = imported[0].invitation_id.clone();

    let list = async |filter: InvitationFilter| {
        let request = ListInvitationsRequest {
            team_id: team.id.clone(),
            filter: Some(filter),
            ..ListInvitationsRequest::default()
        };
        let answer = h.invitations().list_invitations(request).await.answered();
        answer
            .invitations
            .into_iter()
            .map(|invitation| invitation.id)
            .collect::<BTreeSet<_>>()
    };
    let set = |ids: &[&String]| ids.iter().map(|id| (*id).clone()).collect::<BTreeSet<_>>();
    let states = |states: &[InvitationState]| InvitationFilter {
        states: states.iter().map(|state| (*state).into()).collect(),
        ..InvitationFilter::default()
    };
    let deliveries = |states: &[DeliveryState]| InvitationFilter {
        delivery_states: states.iter().map(|state| (*state).into()).collect(),
        ..InvitationFilter::default()
    };

    let all = set(&[&team.invitation, &old.id, &joined.id, &fresh.id, &held]);
    assert_eq!(list(InvitationFilter::default()).await, all);
    assert_eq!(
        list(states(&[InvitationState::Expired])).await,
        set(&[&team.invitation, &old.id])
    );
    assert_eq!(
        list(states(&[InvitationState::Pending])).await,
        set(&[&fresh.id, &held])
    );
    let either = states(&[InvitationState::Accepted, InvitationState::Revoked]);
    assert_eq!(list(either).await, set(&[&joined.id]));
    assert_eq!(
        list(deliveries(&[DeliveryState::Held])).await,
        set(&[&held])
    );
    assert_eq!(
        list(deliveries(&[DeliveryState::Held, DeliveryState::Sent])).await,
        all
    );

    let import = InvitationFilter {
        import_id: "march".to_owned(),
        ..InvitationFilter::default()
    };
    assert_eq!(list(import).await, set(&[&held]));
    let edge = h.invitation(&team.id, &fresh.id).await.expire_time;
    let from = InvitationFilter {
        expire_time_from: edge,
        ..InvitationFilter::default()
    };
    assert_eq!(list(from).await, set(&[&joined.id, &fresh.id, &held]));
    let before = InvitationFilter {
        expire_time_before: edge,
        ..InvitationFilter::default()
    };
    assert_eq!(list(before).await, set(&[&team.invitation, &old.id]));
}

async fn another_teams_invitation_is_not_found(h: &Harness) {
    let team = h.team("acme").await;
    let other = h.team("other").await;
    let get = GetInvitationRequest {
        team_id: team.id.clone(),
        invitation_id: other.invitation.clone(),
    };
    h.invitations()
        .get_invitation(get)
        .await
        .missing("INVITATION_NOT_FOUND", &other.invitation);
    let revoke = RevokeInvitationRequest {
        team_id: team.id.clone(),
        invitation_id: other.invitation.clone(),
    };
    h.invitations()
        .revoke_invitation(revoke)
        .await
        .missing("INVITATION_NOT_FOUND", &other.invitation);
    h.accept(&other.token).await.answered();
}

async fn a_batch_revokes_what_it_can_and_names_the_rest_in_order(h: &Harness) {
    let team = h.team("acme").await;
    let other = h.team("other").await;
    let theirs = h.invite(&other.id, "theirs@acme.example").await;
    let accepted = h.join(&team.id, "accepted@acme.example").await;
    let ann = h.invite(&team.id, "ann@acme.example").await;
    let late = h.invite(&team.id, "late@acme.example").await;
    let nowhere = Uuid::now_v7().to_string();
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
    assert_eq!(answer.member_user_ids, [pat.id.clone()]);

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
        };
        let answer = h.invitations().batch_revoke_invitations(request).await;
        answer.refused(Code::InvalidArgument, "INVALID");
    };
    batch(Vec::new(), "").await;
    batch(vec![team.invitation.clone()], "march").await;
    batch(vec!["x".to_owned()], "").await;
    batch((0..5_001).map(|_| Uuid::now_v7().to_string()).collect(), "").await;
}
