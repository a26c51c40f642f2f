//! A dead link, and one that never was: refused after the same statements, so that nothing but the answer tells them apart.

use muster::proto::{
    AcceptInvitationRequest, DeclineInvitationRequest, PeekInvitationRequest,
    RevokeInvitationRequest,
};
use tonic::{Code, Status};

use crate::{
    fixtures::WEEK,
    harness::{Harness, tests},
    refusals::{Outcome, reason},
};

tests![a_dead_link_is_looked_up_like_one_that_never_was];

/// What the holder of a link can do with it.
const CALLS: [&str; 3] = ["peek", "accept", "decline"];

async fn call(h: &Harness, call: &str, token: &str) -> Result<(), Status> {
    let token = token.to_owned();
    let mut client = h.invitations();
    match call {
        "peek" => {
            let request = PeekInvitationRequest { token };
            client.peek_invitation(request).await.map(|_| ())
        }
        "accept" => {
            let request = AcceptInvitationRequest {
                token,
                ..AcceptInvitationRequest::default()
            };
            client.accept_invitation(request).await.map(|_| ())
        }
        _ => {
            let request = DeclineInvitationRequest {
                token,
                ..DeclineInvitationRequest::default()
            };
            client.decline_invitation(request).await.map(|_| ())
        }
    }
}

/// The statements of a call that is refused, in their order, and why it was refused.
async fn cost(h: &Harness, name: &str, token: &str) -> (Vec<String>, String) {
    h.ctx.store.record();
    let refused = call(h, name, token).await.expect_err("a refusal");
    let sent = h.ctx.store.recorded();
    assert!(matches!(
        refused.code(),
        Code::NotFound | Code::FailedPrecondition
    ));
    // The server asks now and then whether its database is there.
    let links = sent.into_iter().map(|one| one.sql);
    let links = links.filter(|text| text.contains("invitation") || text.contains("teams"));
    (links.collect(), reason(&refused))
}

async fn a_dead_link_is_looked_up_like_one_that_never_was(h: &Harness) {
    let team = h.team("acme").await;
    let used = h.join(&team.id, "used@acme.example").await.token;
    let declined = h.invite(&team.id, "declined@acme.example").await.token;
    h.decline(&declined).await;
    let old = h.invite(&team.id, "old@acme.example").await;
    h.resend(&team.id, &old.id).await;
    let revoked = h.invite(&team.id, "revoked@acme.example").await;
    let request = RevokeInvitationRequest {
        team_id: team.id.clone(),
        invitation_id: revoked.id,
        ..RevokeInvitationRequest::default()
    };
    h.invitations().revoke_invitation(request).await.answered();
    let expired = h.invite(&team.id, "expired@acme.example").await.token;
    h.advance(WEEK);
    let never = "A".repeat(43);

    let dead = [
        (&never, "INVITATION_NOT_FOUND"),
        (&old.token, "INVITATION_SUPERSEDED"),
        (&used, "INVITATION_ACCEPTED"),
        (&revoked.token, "INVITATION_REVOKED"),
        (&declined, "INVITATION_DECLINED"),
        (&expired, "INVITATION_EXPIRED"),
    ];
    for name in CALLS {
        let (expected, _) = cost(h, name, &never).await;
        assert!(!expected.is_empty(), "the statements are seen");
        for (token, why) in dead {
            // What was done may be done again: that is no refusal.
            if (name, why) == ("accept", "INVITATION_ACCEPTED")
                || (name, why) == ("decline", "INVITATION_DECLINED")
            {
                continue;
            }
            assert_eq!(
                cost(h, name, token).await,
                (expected.clone(), why.to_owned()),
                "{name}"
            );
        }
    }
}
