//! A team is deleted: when, by whom, and what is left of it.

use chrono::TimeDelta;
use muster::{
    app::housekeeping,
    proto::{
        CreateTeamRequest, DeleteTeamRequest, EventType, GetTeamRequest, ListTeamsRequest,
        ListUserTeamsRequest, MemberState, RequestNewInvitationRequest, TeamFilter,
    },
};
use tonic::Code;

use crate::{
    fixtures::{invitation_of, team_called},
    harness::{Harness, tests},
    log_entries::newest,
    refusals::Outcome,
    request_ids::request_id,
    role_changes::{Admins, admins},
};

tests![
    a_team_in_which_nobody_else_is_goes_by_its_primary_admin,
    a_team_in_which_others_are_goes_by_the_operators_force_only,
    a_deleted_team_is_found_by_nobody_but_the_operator,
    only_the_primary_admin_and_the_operator_delete,
    a_deletion_is_rehearsed_repeated_and_conditional,
    an_invited_primary_admin_goes_with_his_team,
    links_of_a_deleted_team_say_how_they_ended,
    what_a_deleted_team_held_is_swept_like_any_others,
];

pub(crate) fn deletion(team: &str) -> DeleteTeamRequest {
    DeleteTeamRequest {
        team_id: team.to_owned(),
        ..DeleteTeamRequest::default()
    }
}

async fn a_team_in_which_nobody_else_is_goes_by_its_primary_admin(h: &Harness) {
    let team = h.led_team("acme").await;
    let ann = h.invite(&team.id, "ann@acme.example").await.user;
    let mut primary = h.teams_as(&team.admin);
    primary
        .delete_team(deletion(&team.id))
        .await
        .refused(Code::FailedPrecondition, "TEAM_NOT_EMPTY");
    h.remove(&team.id, &ann).await;
    let answer = primary.delete_team(deletion(&team.id)).await.answered();
    assert_eq!(answer.removed_count, 1);
    let gone = answer.team.expect("the team");
    assert!(gone.delete_time.is_some());
    assert!(!h.is_active(&team.id, &team.admin).await);
    let event = newest(h).await;
    assert_eq!(event.r#type(), EventType::TeamDeleted);
    assert_eq!((&event.team_id, &event.user_id), (&team.id, &team.admin));
    primary
        .delete_team(deletion(&team.id))
        .await
        .missing("TEAM_NOT_FOUND", &team.id);
}

async fn a_team_in_which_others_are_goes_by_the_operators_force_only(h: &Harness) {
    let Admins {
        team, secondary, ..
    } = admins(h).await;
    let waiting = h.invite(&team.id, "waiting@acme.example").await;
    h.teams()
        .delete_team(deletion(&team.id))
        .await
        .refused(Code::FailedPrecondition, "TEAM_NOT_EMPTY");
    let forced = DeleteTeamRequest {
        force: true,
        ..deletion(&team.id)
    };
    let mut primary = h.teams_as(&team.admin);
    primary
        .delete_team(forced.clone())
        .await
        .denied("teams.delete");
    let answer = h.teams().delete_team(forced).await.answered();
    assert_eq!(answer.removed_count, 4);
    h.accept(&waiting.token)
        .await
        .refused(Code::FailedPrecondition, "INVITATION_REVOKED");
    let request = ListUserTeamsRequest {
        user_id: secondary,
        include_removed: true,
        ..ListUserTeamsRequest::default()
    };
    let teams = h.users().list_user_teams(request).await.answered();
    let states: Vec<_> = teams
        .user_teams
        .iter()
        .map(|one| one.member.as_ref().expect("a member").state())
        .collect();
    assert_eq!(states, [MemberState::Removed]);
}

async fn a_deleted_team_is_found_by_nobody_but_the_operator(h: &Harness) {
    let team = h.led_team("acme").await;
    let named = CreateTeamRequest {
        external_id: "crm-1".to_owned(),
        ..team_called("other")
    };
    let other = h.team_from(named.clone()).await;
    for id in [&team.id, &other.id] {
        h.teams().delete_team(deletion(id)).await.answered();
    }
    let get = || GetTeamRequest {
        team_id: team.id.clone(),
    };
    let mut primary = h.teams_as(&team.admin);
    primary
        .get_team(get())
        .await
        .missing("TEAM_NOT_FOUND", &team.id);
    let kept = h.teams().get_team(get()).await.answered();
    assert!(kept.team.expect("the team").delete_time.is_some());
    assert_eq!(kept.counts.expect("counts").removed_members, 1);
    h.invitations()
        .create_invitation(invitation_of(&team.id, "ann@acme.example"))
        .await
        .missing("TEAM_NOT_FOUND", &team.id);
    let listed = async |show_deleted| {
        let request = ListTeamsRequest {
            filter: Some(TeamFilter {
                show_deleted,
                ..TeamFilter::default()
            }),
            ..ListTeamsRequest::default()
        };
        h.teams().list_teams(request).await.answered().teams.len()
    };
    assert_eq!((listed(false).await, listed(true).await), (0, 2));
    // Its external id is never used again.
    h.teams()
        .create_team(named)
        .await
        .refused(Code::AlreadyExists, "TEAM_EXTERNAL_ID_TAKEN");
}

async fn only_the_primary_admin_and_the_operator_delete(h: &Harness) {
    let Admins {
        team,
        secondary,
        sso,
    } = admins(h).await;
    for other in [&secondary, &sso] {
        let mut other = h.teams_as(other);
        other
            .delete_team(deletion(&team.id))
            .await
            .denied("team.delete");
    }
    let unknown = h.unknown_id();
    let mut operator = h.teams();
    let answer = operator.delete_team(deletion(&unknown)).await;
    answer.missing("TEAM_NOT_FOUND", &unknown);
    let answer = operator.delete_team(deletion("")).await;
    answer.invalid(&[("team_id", "REQUIRED")]);
}

async fn a_deletion_is_rehearsed_repeated_and_conditional(h: &Harness) {
    let team = h.led_team("acme").await;
    let rehearsal = DeleteTeamRequest {
        validate_only: true,
        ..deletion(&team.id)
    };
    let mut primary = h.teams_as(&team.admin);
    let shown = primary.delete_team(rehearsal).await.answered();
    assert_eq!(shown.team.expect("the team").etag, "");
    assert!(h.is_active(&team.id, &team.admin).await);
    let stale = DeleteTeamRequest {
        etag: "stale".to_owned(),
        ..deletion(&team.id)
    };
    let answer = primary.delete_team(stale).await;
    answer.refused(Code::Aborted, "ETAG_MISMATCH");
    let request = DeleteTeamRequest {
        request_id: request_id(1),
        ..deletion(&team.id)
    };
    let first = primary.delete_team(request.clone()).await.answered();
    assert_eq!(primary.delete_team(request).await.answered(), first);
}

async fn links_of_a_deleted_team_say_how_they_ended(h: &Harness) {
    let team = h.led_team("acme").await;
    let declined = h.invite(&team.id, "no@acme.example").await.token;
    h.decline(&declined).await;
    h.teams().delete_team(deletion(&team.id)).await.answered();
    let again = h.accept(&team.token).await.answered();
    assert!(again.already_accepted);
    let member = again.member.expect("a member");
    assert_eq!(member.state(), MemberState::Removed);
    h.accept(&declined)
        .await
        .refused(Code::FailedPrecondition, "INVITATION_DECLINED");
    for token in [team.token, declined] {
        let request = RequestNewInvitationRequest {
            token,
            ..RequestNewInvitationRequest::default()
        };
        let answer = h.invitations().request_new_invitation(request).await;
        answer.answered();
    }
}

async fn what_a_deleted_team_held_is_swept_like_any_others(h: &Harness) {
    let team = h.team("acme").await.id;
    h.import_held(&team, "march", &["ann@acme.example"]).await;
    let forced = DeleteTeamRequest {
        force: true,
        ..deletion(&team)
    };
    h.teams().delete_team(forced).await.answered();
    h.advance(TimeDelta::days(91));
    let swept = housekeeping::sweep(&h.ctx).await.expect("a sweep");
    assert_eq!(swept.imports, 1);
}

async fn an_invited_primary_admin_goes_with_his_team(h: &Harness) {
    let team = h.team("acme").await;
    h.teams().delete_team(deletion(&team.id)).await.answered();
    h.accept(&team.token)
        .await
        .refused(Code::FailedPrecondition, "INVITATION_REVOKED");
}
