//! Who was a member before comes back as who he was: at once, unless he left himself or the team asks first.

use muster::proto::{
    CreateInvitationResponse, EventType, ImportOutcome, InvitationState, ListImportResultsRequest,
    MemberSource, MemberState, RejoinPolicy, Role, Team, UpdateTeamRequest,
    import_users_request::Part,
};

use crate::{
    fixtures::{MICROSECOND, ask_first, invitation_of, with_custom_roles},
    harness::{Harness, tests},
    log_entries::newest,
    refusals::Outcome,
    removals::departure,
    request_ids::mask,
    uploads::{by_rows, crowd, held},
};

tests![
    who_was_removed_is_a_member_again_at_once,
    who_left_himself_is_asked,
    whoever_comes_back_is_asked_where_the_team_asks_first,
    who_was_only_invited_is_not_revived,
    who_was_active_once_is_revived_also_over_a_revoked_invitation,
    an_import_revives_too,
    the_rejoin_policy_is_a_setting_of_the_team,
];

async fn invited(h: &Harness, team: &str, email: &str) -> CreateInvitationResponse {
    let mut request = invitation_of(team, email);
    request.set_role(Role::Guest);
    let answer = h.invitations().create_invitation(request).await;
    answer.answered()
}

async fn who_was_removed_is_a_member_again_at_once(h: &Harness) {
    let team = h.team("acme").await.id;
    let ann = h.join(&team, "ann@acme.example").await.user;
    let role = h.role(&team, "Readers", &["members.read"]).await.id;
    h.change(with_custom_roles(&team, &ann, &[&role])).await;
    h.remove(&team, &ann).await;
    h.advance(MICROSECOND);
    let answer = invited(h, &team, "ann@acme.example").await;
    assert_eq!(answer.outcome(), ImportOutcome::Revived);
    assert_eq!(answer.invitation, None);
    let member = answer.member.expect("the member");
    assert_eq!(
        (&member.user_id, member.state()),
        (&ann, MemberState::Active)
    );
    assert_eq!(member.role(), Role::Guest, "the role of the request");
    assert_eq!(member.custom_role_ids, [""; 0]);
    assert_eq!(member.remove_time, None);
    assert_eq!(newest(h).await.r#type(), EventType::MemberRevived);
    let letter = h.only_letter().await;
    assert!(!letter.text.contains("/invitations/"), "no link");
}

async fn who_left_himself_is_asked(h: &Harness) {
    let team = h.team("acme").await.id;
    let ann = h.join(&team, "ann@acme.example").await;
    let mut herself = h.teams_as(&ann.user);
    herself.leave_team(departure(&team)).await.answered();
    let answer = invited(h, &team, "ann@acme.example").await;
    assert_eq!(answer.outcome(), ImportOutcome::Revived);
    let member = answer.member.expect("the member");
    assert_eq!(member.state(), MemberState::Invited);
    let invitation = answer.invitation.expect("a new invitation");
    assert_ne!(invitation.id, ann.id);
    assert_eq!(newest(h).await.r#type(), EventType::MemberInvited);
    let token = h.only_token().await;
    h.accept(&token).await.answered();
    assert!(h.is_active(&team, &ann.user).await);
    // Now that he wanted to come back, he is not asked any more.
    h.remove(&team, &ann.user).await;
    let answer = invited(h, &team, "ann@acme.example").await;
    let member = answer.member.expect("the member");
    assert_eq!(member.state(), MemberState::Active);
    h.only_letter().await;
}

async fn whoever_comes_back_is_asked_where_the_team_asks_first(h: &Harness) {
    let team = h.team("acme").await.id;
    let ann = h.join(&team, "ann@acme.example").await.user;
    h.remove(&team, &ann).await;
    h.teams().update_team(ask_first(&team)).await.answered();
    let answer = invited(h, &team, "ann@acme.example").await;
    assert_eq!(answer.outcome(), ImportOutcome::Revived);
    let member = answer.member.expect("the member");
    assert_eq!(member.state(), MemberState::Invited);
    let token = h.only_token().await;
    h.accept(&token).await.answered();
}

async fn who_was_only_invited_is_not_revived(h: &Harness) {
    let team = h.team("acme").await.id;
    let ann = h.invite(&team, "ann@acme.example").await.user;
    h.remove(&team, &ann).await;
    let answer = invited(h, &team, "ann@acme.example").await;
    assert_eq!(answer.outcome(), ImportOutcome::Invited);
    h.only_letter().await;
}

async fn who_was_active_once_is_revived_also_over_a_revoked_invitation(h: &Harness) {
    let team = h.team("acme").await.id;
    let ann = h.join(&team, "ann@acme.example").await.user;
    let mut herself = h.teams_as(&ann);
    herself.leave_team(departure(&team)).await.answered();
    let asked = invited(h, &team, "ann@acme.example").await;
    h.only_letter().await;
    let first = asked.invitation.expect("an invitation").id;
    h.remove(&team, &ann).await;
    let ended = h.invitation(&team, &first).await;
    assert_eq!(ended.state(), InvitationState::Revoked);
    let again = invited(h, &team, "ann@acme.example").await;
    assert_eq!(again.outcome(), ImportOutcome::Revived);
    // The last that she herself said is that she leaves.
    let member = again.member.expect("the member");
    assert_eq!(member.state(), MemberState::Invited);
    h.only_letter().await;
}

async fn an_import_revives_too(h: &Harness) {
    let team = h.team("acme").await.id;
    let rows = crowd("ann", 1);
    let ann = h.join(&team, &rows[0].email).await.user;
    h.remove(&team, &ann).await;
    let parts: Vec<Part> = by_rows(held(&team, "march"), &rows);
    let results = h.import(parts).await.answered().results;
    assert_eq!(results[0].outcome(), ImportOutcome::Revived);
    assert_eq!(results[0].user_id, ann);
    let member = h.member(&team, &ann).await;
    assert_eq!(member.source(), MemberSource::Import);
    assert_eq!(member.state(), MemberState::Active);
    let request = ListImportResultsRequest {
        team_id: team.clone(),
        import_id: "march".to_owned(),
        outcomes: vec![ImportOutcome::Revived.into()],
        ..ListImportResultsRequest::default()
    };
    let stored = h.users().list_import_results(request).await.answered();
    assert_eq!(stored.results.len(), 1);
}

async fn the_rejoin_policy_is_a_setting_of_the_team(h: &Harness) {
    let team = h.led_team("acme").await;
    let change = |policy: RejoinPolicy| UpdateTeamRequest {
        team: Some(Team {
            id: team.id.clone(),
            rejoin_policy: policy.into(),
            ..Team::default()
        }),
        update_mask: Some(mask("rejoin_policy")),
        ..UpdateTeamRequest::default()
    };
    for (given, expected) in [
        (RejoinPolicy::AnySource, RejoinPolicy::AnySource),
        (RejoinPolicy::Unspecified, RejoinPolicy::AdminsOnly),
    ] {
        let mut primary = h.teams_as(&team.admin);
        let answer = primary.update_team(change(given)).await.answered();
        assert_eq!(answer.team.expect("the team").rejoin_policy(), expected);
        assert_eq!(newest(h).await.r#type(), EventType::TeamUpdated);
    }
}
