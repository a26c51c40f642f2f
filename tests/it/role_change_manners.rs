//! Changes of members: conditional, rehearsed and repeated ones, and those that change nothing.

use muster::proto::{Role, UpdateMemberRequest};
use tonic::Code;

use crate::{
    fixtures::{MICROSECOND, with_custom_roles, with_role},
    harness::{Harness, tests},
    refusals::Outcome,
    repeated_calls::event_count,
    request_ids::request_id,
    role_changes::{Admins, admins},
};

tests![
    a_member_that_was_changed_since_it_was_read_stays_as_he_is,
    what_a_member_is_already_is_no_change,
    a_change_can_be_rehearsed,
    a_change_is_repeated_with_the_same_answer,
];

/// The same change, of the member as he was read.
fn as_read(mut request: UpdateMemberRequest, etag: &str) -> UpdateMemberRequest {
    if let Some(member) = &mut request.member {
        etag.clone_into(&mut member.etag);
    }
    request
}

async fn a_member_that_was_changed_since_it_was_read_stays_as_he_is(h: &Harness) {
    let team = h.team("acme").await.id;
    let role = h.role(&team, "Readers", &["team.read"]).await.id;
    let ann = h.join(&team, "ann@acme.example").await.user;
    let read = h.member(&team, &ann).await.etag;
    let given = as_read(with_custom_roles(&team, &ann, &[&role]), &read);
    let changed = h.change(given).await;
    let late = as_read(with_role(&team, &ann, Role::Guest), &read);
    let refused = h.teams().update_member(late).await;
    refused.refused(Code::Aborted, "ETAG_MISMATCH");
    assert_eq!(h.member(&team, &ann).await, changed);
    h.change(as_read(with_role(&team, &ann, Role::Guest), &changed.etag))
        .await;
}

async fn what_a_member_is_already_is_no_change(h: &Harness) {
    let Admins {
        team,
        secondary,
        sso,
    } = admins(h).await;
    let role = h.role(&team.id, "Readers", &["team.read"]).await.id;
    h.change(with_custom_roles(&team.id, &sso, &[&role])).await;
    let before = h.member(&team.id, &sso).await;
    let events = event_count(h).await;
    h.advance(MICROSECOND);
    for (actor, request) in [
        (&secondary, with_role(&team.id, &sso, Role::SsoAdmin)),
        (&sso, with_role(&team.id, &sso, Role::SsoAdmin)),
        (&secondary, with_custom_roles(&team.id, &sso, &[&role])),
    ] {
        let answer = h.teams_as(actor).update_member(request).await.answered();
        assert_eq!(answer.member.as_ref(), Some(&before));
    }
    assert_eq!(event_count(h).await, events);
}

async fn a_change_can_be_rehearsed(h: &Harness) {
    let team = h.team("acme").await;
    let ann = h.invite(&team.id, "ann@acme.example").await.user;
    let before = h.member(&team.id, &ann).await;
    let events = event_count(h).await;
    let rehearsal = UpdateMemberRequest {
        validate_only: true,
        request_id: request_id(1),
        ..with_role(&team.id, &ann, Role::SsoAdmin)
    };
    let shown = h.change(rehearsal.clone()).await;
    assert_eq!(shown.role(), Role::SsoAdmin);
    let open = shown.invitation.expect("the invitation");
    assert_eq!(open.role(), Role::SsoAdmin);
    assert_eq!([shown.etag, open.etag], ["", ""]);
    assert_eq!(h.member(&team.id, &ann).await, before);
    assert_eq!(event_count(h).await, events);

    let refused = UpdateMemberRequest {
        validate_only: true,
        ..with_role(&team.id, &team.admin, Role::Guest)
    };
    let refused = h.teams().update_member(refused).await;
    refused.refused(Code::FailedPrecondition, "PRIMARY_ADMIN_PROTECTED");
    let real = UpdateMemberRequest {
        validate_only: false,
        ..rehearsal
    };
    h.change(real).await;
}

async fn a_change_is_repeated_with_the_same_answer(h: &Harness) {
    let Admins {
        team, secondary, ..
    } = admins(h).await;
    let ann = h.join(&team.id, "ann@acme.example").await.user;
    let request = UpdateMemberRequest {
        request_id: request_id(1),
        ..with_role(&team.id, &ann, Role::SecondaryAdmin)
    };
    let mut client = h.teams_as(&secondary);
    let first = client.update_member(request.clone()).await.answered();
    h.change(with_role(&team.id, &ann, Role::Guest)).await;
    let events = event_count(h).await;
    let again = client.update_member(request.clone()).await.answered();
    assert_eq!(again, first);
    assert_eq!(event_count(h).await, events);
    // Whoever may no longer ask is not told either.
    h.change(with_role(&team.id, &secondary, Role::Member))
        .await;
    let refused = client.update_member(request).await;
    refused.denied("members.update");
}
