//! Inviting and taking back: roles, languages, inviting again, lists and batches.

use std::collections::BTreeSet;

use muster::proto::{
    CreateInvitationRequest, DeclineInvitationRequest, DeliveryState, GetInvitationRequest,
    ImportOutcome, InvitationFilter, InvitationState, ListInvitationsRequest, MemberState,
    RevokeInvitationRequest, Role,
};
use tonic::Code;

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
        ..CreateInvitationRequest::default()
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
    "uk".clone_into(&mut request.default_language);
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
                .decline_invitation(DeclineInvitationRequest {
                    token,
                    ..DeclineInvitationRequest::default()
                })
                .await
                .answered();
            ("INVITATION_DECLINED", InvitationState::Declined)
        } else {
            let request = RevokeInvitationRequest {
                team_id: team.id.clone(),
                invitation_id: first.id.clone(),
                ..RevokeInvitationRequest::default()
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
        .decline_invitation(DeclineInvitationRequest {
            token,
            ..DeclineInvitationRequest::default()
        })
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
        ..RevokeInvitationRequest::default()
    };
    h.invitations()
        .revoke_invitation(revoke)
        .await
        .missing("INVITATION_NOT_FOUND", &other.invitation);
    h.accept(&other.token).await.answered();
}
