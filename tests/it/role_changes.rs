//! A member becomes something else: who may make him so, and what that takes.

use muster::proto::{
    EventFilter, EventType, ImportOutcome, ListEventsRequest, ListMembersRequest,
    ListUserTeamsRequest, Member, MemberState, RevokeInvitationRequest, Role, UpdateMemberRequest,
    event::Payload,
};
use prost_types::FieldMask;
use tonic::Code;

use crate::{
    events::list,
    fixtures::{MICROSECOND, NewTeam, WEEK, invitation_of, with_custom_roles, with_role},
    harness::{Harness, tests},
    refusals::Outcome,
    request_ids::mask,
};

tests![
    the_operator_changes_roles_and_custom_roles_at_once,
    every_bad_field_of_a_change_is_named,
    who_is_not_there_is_not_changed,
    the_primary_admin_is_not_changed,
    admins_are_made_and_unmade_by_those_who_may,
    an_admin_does_not_unmake_himself,
    members_and_guests_are_changed_by_whoever_may_change_members,
    custom_roles_are_given_by_those_who_hold_what_they_hold,
    custom_roles_end_with_the_membership,
    custom_roles_end_where_an_expired_invitation_begins_anew,
    a_role_changes_whatever_the_domain_rules_say,
];

/// A team with an admin of each kind who has joined.
pub(crate) struct Admins {
    /// The team with its primary admin.
    pub(crate) team: NewTeam,
    /// The id of its secondary admin.
    pub(crate) secondary: String,
    /// The id of its SSO admin.
    pub(crate) sso: String,
}

pub(crate) async fn admins(h: &Harness) -> Admins {
    let team = h.led_team("acme").await;
    let second = Role::SecondaryAdmin;
    let secondary = h.join_as(&team.id, "second@acme.example", second).await;
    let sso = h
        .join_as(&team.id, "sso@acme.example", Role::SsoAdmin)
        .await;
    Admins {
        team,
        secondary,
        sso,
    }
}

async fn the_operator_changes_roles_and_custom_roles_at_once(h: &Harness) {
    let team = h.team("acme").await.id;
    let ann = h.join(&team, "ann@acme.example").await.user;
    let mut roles = Vec::new();
    for name in ["One", "Two"] {
        h.advance(MICROSECOND);
        roles.push(h.role(&team, name, &["team.read"]).await.id);
    }
    let before = h.member(&team, &ann).await;
    let request = UpdateMemberRequest {
        member: Some(Member {
            role: Role::Guest.into(),
            custom_role_ids: roles.iter().rev().cloned().collect(),
            ..before.clone()
        }),
        update_mask: Some(FieldMask {
            paths: vec!["role".to_owned(), "custom_role_ids".to_owned()],
        }),
        ..UpdateMemberRequest::default()
    };
    let changed = h.change(request).await;
    assert_ne!(changed.etag, before.etag);
    let expected = Member {
        role: Role::Guest.into(),
        custom_role_ids: roles.clone(),
        etag: changed.etag.clone(),
        ..before
    };
    assert_eq!(changed, expected);
    assert_eq!(h.member(&team, &ann).await, changed);
    let page = ListMembersRequest {
        team_id: team.clone(),
        ..ListMembersRequest::default()
    };
    let page = h.teams().list_members(page).await.answered().members;
    assert_eq!(page[1], changed);
    assert_eq!(page[0].custom_role_ids, [""; 0]);
    let teams = ListUserTeamsRequest {
        user_id: ann.clone(),
        ..ListUserTeamsRequest::default()
    };
    let teams = h.users().list_user_teams(teams).await.answered().user_teams;
    assert_eq!(teams[0].member, Some(changed.clone()));

    let one = h.change(with_custom_roles(&team, &ann, &[&roles[1]])).await;
    assert_eq!(one.custom_role_ids, [&*roles[1]]);
    assert_ne!(one.etag, changed.etag);
    let request = ListEventsRequest {
        filter: Some(EventFilter {
            user_id: ann,
            types: vec![EventType::MemberUpdated.into()],
            ..EventFilter::default()
        }),
        ..ListEventsRequest::default()
    };
    let fields: Vec<_> = list(h, request)
        .await
        .into_iter()
        .map(|event| match event.payload {
            Some(Payload::Member(member)) => {
                assert_eq!(member.role(), Role::Guest);
                assert_eq!(member.state(), MemberState::Active);
                member.changed_fields
            }
            other => panic!("{other:?}"),
        })
        .collect();
    let custom = "custom_role_ids".to_owned();
    assert_eq!(
        fields,
        [vec!["role".to_owned(), custom.clone()], vec![custom]]
    );
}

async fn every_bad_field_of_a_change_is_named(h: &Harness) {
    let team = h.team("acme").await;
    let mut client = h.teams();
    let nothing = UpdateMemberRequest {
        update_mask: Some(mask("source")),
        ..UpdateMemberRequest::default()
    };
    client.update_member(nothing).await.invalid(&[
        ("member", "REQUIRED"),
        ("update_mask.paths[0]", "UNKNOWN_PATH"),
    ]);
    let mut bad = with_role("x", "", Role::Unspecified);
    client.update_member(bad.clone()).await.invalid(&[
        ("member.team_id", "MALFORMED"),
        ("member.user_id", "REQUIRED"),
        ("member.role", "REQUIRED"),
    ]);
    bad.update_mask = None;
    client.update_member(bad).await.invalid(&[
        ("member.team_id", "MALFORMED"),
        ("member.user_id", "REQUIRED"),
        ("update_mask", "REQUIRED"),
    ]);
    let primary = with_role(&team.id, &team.admin, Role::PrimaryAdmin);
    let refused = client.update_member(primary).await;
    refused.invalid(&[("member.role", "UNKNOWN_VALUE")]);

    let (one, other) = (h.unknown_id(), h.unknown_id());
    let twice = with_custom_roles(&team.id, &team.admin, &[&one, &other, &one, "z"]);
    client.update_member(twice).await.invalid(&[
        ("member.custom_role_ids[2]", "DUPLICATE"),
        ("member.custom_role_ids[3]", "MALFORMED"),
    ]);
    let many = with_custom_roles(&team.id, &team.admin, &[&*one; 11]);
    let refused = client.update_member(many).await;
    refused.invalid(&[("member.custom_role_ids", "TOO_MANY")]);
}

async fn who_is_not_there_is_not_changed(h: &Harness) {
    let team = h.team("acme").await.id;
    let other = h.team("other").await;
    let stranger = with_role(&team, &other.admin, Role::Guest);
    let refused = h.teams().update_member(stranger).await;
    refused.missing("MEMBER_NOT_FOUND", &other.admin);
    let ann = h.invite(&team, "ann@acme.example").await;
    revoke(h, &team, &ann.id).await;
    let refused = h
        .teams()
        .update_member(with_role(&team, &ann.user, Role::Guest))
        .await;
    refused.refused(Code::FailedPrecondition, "NOT_A_MEMBER");
    let nowhere = h.unknown_id();
    let refused = h
        .teams()
        .update_member(with_role(&nowhere, &ann.user, Role::Guest))
        .await;
    refused.missing("TEAM_NOT_FOUND", &nowhere);
}

pub(crate) async fn revoke(h: &Harness, team: &str, invitation: &str) {
    let request = RevokeInvitationRequest {
        team_id: team.to_owned(),
        invitation_id: invitation.to_owned(),
        ..RevokeInvitationRequest::default()
    };
    h.invitations().revoke_invitation(request).await.answered();
}

async fn the_primary_admin_is_not_changed(h: &Harness) {
    let Admins {
        team, secondary, ..
    } = admins(h).await;
    let role = h.role(&team.id, "Readers", &["team.read"]).await.id;
    let before = h.member(&team.id, &team.admin).await;
    for request in [
        with_role(&team.id, &team.admin, Role::Guest),
        with_role(&team.id, &team.admin, Role::SecondaryAdmin),
        with_custom_roles(&team.id, &team.admin, &[&role]),
    ] {
        for mut client in [h.teams(), h.teams_as(&secondary), h.teams_as(&team.admin)] {
            let refused = client.update_member(request.clone()).await;
            refused.refused(Code::FailedPrecondition, "PRIMARY_ADMIN_PROTECTED");
        }
    }
    assert_eq!(h.member(&team.id, &team.admin).await, before);
}

async fn admins_are_made_and_unmade_by_those_who_may(h: &Harness) {
    let Admins {
        team,
        secondary,
        sso,
    } = admins(h).await;
    let updater = h
        .join_with(&team.id, "updater@acme.example", &["members.update"])
        .await;
    let ann = h.join(&team.id, "ann@acme.example").await.user;
    let (team, primary) = (team.id, team.admin);

    for (actor, role, missing) in [
        (&ann, Role::Guest, Some("members.update")),
        (&updater, Role::SecondaryAdmin, Some("admins.grant")),
        (&updater, Role::SsoAdmin, Some("sso_admins.grant")),
        (&secondary, Role::SsoAdmin, Some("sso_admins.grant")),
        (&secondary, Role::SecondaryAdmin, None),
        (&updater, Role::Member, Some("admins.grant")),
        (&secondary, Role::SsoAdmin, Some("sso_admins.grant")),
        (&sso, Role::SsoAdmin, None),
        (&updater, Role::Guest, Some("admins.grant")),
        (&secondary, Role::SecondaryAdmin, None),
        (&sso, Role::Guest, None),
        (&primary, Role::SsoAdmin, None),
        (&secondary, Role::Member, None),
        (&primary, Role::SecondaryAdmin, None),
        (&primary, Role::Member, None),
    ] {
        let request = with_role(&team, &ann, role);
        let answer = h.teams_as(actor).update_member(request).await;
        if let Some(permission) = missing {
            answer.denied(permission);
        } else {
            let member = answer.answered().member.expect("the member");
            assert_eq!(member.role(), role);
        }
    }
    // Nobody acts who has nothing to do with the team, or was invited only.
    let stranger = h.unknown_id();
    let request = with_role(&team, &ann, Role::Guest);
    let refused = h.teams_as(&stranger).update_member(request.clone()).await;
    refused.missing("TEAM_NOT_FOUND", &team);
    let mut invited = invitation_of(&team, "bob@acme.example");
    invited.set_role(Role::SecondaryAdmin);
    let bob = h.invite_from(invited).await;
    let refused = h.teams_as(&bob.user).update_member(request).await;
    refused.denied("members.update");
}

async fn an_admin_does_not_unmake_himself(h: &Harness) {
    let Admins {
        team,
        secondary,
        sso,
    } = admins(h).await;
    for (himself, role, missing) in [
        (&secondary, Role::Member, "admins.grant"),
        (&secondary, Role::Guest, "admins.grant"),
        (&secondary, Role::SsoAdmin, "sso_admins.grant"),
        (&sso, Role::SecondaryAdmin, "admins.grant"),
        (&sso, Role::Member, "admins.grant"),
    ] {
        let request = with_role(&team.id, himself, role);
        let refused = h.teams_as(himself).update_member(request).await;
        refused.denied(missing);
    }
}

async fn members_and_guests_are_changed_by_whoever_may_change_members(h: &Harness) {
    let team = h.led_team("acme").await.id;
    let updater = h
        .join_with(&team, "updater@acme.example", &["members.update"])
        .await;
    let ann = h.join(&team, "ann@acme.example").await.user;
    let mut client = h.teams_as(&updater);
    for role in [Role::Guest, Role::Member] {
        let answer = client.update_member(with_role(&team, &ann, role)).await;
        assert_eq!(answer.answered().member.expect("the member").role(), role);
    }
    let himself = with_role(&team, &updater, Role::Guest);
    client.update_member(himself).await.answered();
    // A guest's custom roles are worth as much.
    let answer = client
        .update_member(with_role(&team, &ann, Role::Guest))
        .await;
    answer.answered();
}

async fn custom_roles_are_given_by_those_who_hold_what_they_hold(h: &Harness) {
    let Admins {
        team, secondary, ..
    } = admins(h).await;
    let team = team.id;
    let updater = h
        .join_with(&team, "updater@acme.example", &["members.update"])
        .await;
    let ann = h.join(&team, "ann@acme.example").await.user;
    let update = h.role(&team, "Updaters", &["members.update"]).await.id;
    let invite = h
        .role(&team, "Hosts", &["members.update", "members.invite"])
        .await
        .id;
    let mut client = h.teams_as(&updater);

    let given = with_custom_roles(&team, &ann, &[&update]);
    client.update_member(given).await.answered();
    let both = with_custom_roles(&team, &ann, &[&update, &invite]);
    client
        .update_member(both.clone())
        .await
        .denied("members.invite");
    let himself = with_custom_roles(&team, &updater, &[&invite]);
    client.update_member(himself).await.denied("members.invite");

    h.teams_as(&secondary).update_member(both).await.answered();
    // What he keeps counts as well.
    let kept = with_custom_roles(&team, &ann, &[&invite]);
    client.update_member(kept).await.denied("members.invite");

    let admin = with_custom_roles(&team, &secondary, &[&update]);
    client
        .update_member(admin.clone())
        .await
        .denied("admins.grant");
    h.teams().update_member(admin).await.answered();
    let nothing = h.unknown_id();
    let unknown = with_custom_roles(&team, &ann, &[&nothing]);
    let refused = client.update_member(unknown).await;
    refused.missing("ROLE_NOT_FOUND", &nothing);
}

async fn custom_roles_end_with_the_membership(h: &Harness) {
    let team = h.led_team("acme").await.id;
    let role = h.role(&team, "Readers", &["team.read"]).await.id;
    let ann = h.invite(&team, "ann@acme.example").await;
    h.change(with_custom_roles(&team, &ann.user, &[&role]))
        .await;
    assert_eq!(h.member(&team, &ann.user).await.custom_role_ids, [&*role]);
    revoke(h, &team, &ann.id).await;
    let gone = h.member(&team, &ann.user).await;
    assert_eq!(gone.state(), MemberState::Removed);
    assert_eq!(gone.custom_role_ids, [""; 0]);

    let again = h.invite(&team, "ann@acme.example").await;
    assert_eq!(again.user, ann.user);
    h.accept(&again.token).await.answered();
    assert_eq!(h.member(&team, &ann.user).await.custom_role_ids, [""; 0]);
}

async fn custom_roles_end_where_an_expired_invitation_begins_anew(h: &Harness) {
    let team = h.led_team("acme").await.id;
    let role = h.role(&team, "Readers", &["team.read"]).await.id;
    let ann = h.invite(&team, "ann@acme.example").await;
    h.change(with_custom_roles(&team, &ann.user, &[&role]))
        .await;
    h.advance(WEEK);
    assert_eq!(h.member(&team, &ann.user).await.custom_role_ids, [&*role]);
    let request = invitation_of(&team, "ann@acme.example");
    let answer = h.invitations().create_invitation(request).await.answered();
    assert_eq!(answer.outcome(), ImportOutcome::Invited);
    assert_eq!(answer.member.expect("the member").custom_role_ids, [""; 0]);
    h.only_letter().await;
}

async fn a_role_changes_whatever_the_domain_rules_say(h: &Harness) {
    let team = h.team("acme").await.id;
    let ann = h.invite_guest(&team, "ann@acme.example").await.user;
    let rules = crate::ways::rules(&[("acme.example", muster::proto::DomainRuleEffect::GuestOnly)]);
    let settings = muster::proto::Team {
        id: team.clone(),
        domain_rules: rules,
        ..muster::proto::Team::default()
    };
    crate::ways::settle(h, settings, &["domain_rules"]).await;
    let changed = h.change(with_role(&team, &ann, Role::Member)).await;
    assert_eq!(changed.role(), Role::Member);
}
