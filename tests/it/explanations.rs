//! How somebody gets into a team and its hubs, and what would end it.

use muster::proto::{
    ExplainAccessRequest, ExplainAccessResponse, MemberSource, MemberState, Remedy, Role,
};

use crate::{
    fixtures::invitation_of,
    harness::{Harness, tests},
    refusals::Outcome,
};

tests![
    an_explanation_names_every_path_and_what_would_end_it,
    an_explanation_is_for_those_who_may_read_it,
];

pub(crate) async fn explain(h: &Harness, team: &str, user: &str) -> ExplainAccessResponse {
    let request = ExplainAccessRequest {
        team_id: team.to_owned(),
        user_id: user.to_owned(),
        ..ExplainAccessRequest::default()
    };
    h.products().explain_access(request).await.answered()
}

async fn an_explanation_names_every_path_and_what_would_end_it(h: &Harness) {
    let team = h.led_team("acme").await;
    let (acc, tandem) = (
        h.hub(&team.id, "acc").await,
        h.hub(&team.id, "tandem").await,
    );
    let project = h.project(&acc, "One").await;
    let request = invitation_of(&team.id, "ann@acme.example");
    let invited = h
        .invitations_as(&team.admin)
        .create_invitation(request)
        .await;
    let ann = invited.answered().member.expect("the member").user_id;
    let token = h.only_token().await;
    h.put_into(&project, &ann).await;
    h.grant(&tandem, &ann).await;

    let waiting = explain(h, &team.id, &ann).await;
    let membership = waiting.membership.expect("a membership");
    assert_eq!(
        (membership.role(), membership.state()),
        (Role::Member, MemberState::Invited)
    );
    assert_eq!(membership.source(), MemberSource::Manual);
    assert_eq!(membership.inviter_user_id, team.admin);
    let remedies: Vec<_> = membership.remedies().collect();
    assert_eq!(remedies, [Remedy::RemoveMember, Remedy::RevokeInvitation]);
    assert!(
        waiting.accesses.iter().all(|one| !one.effective),
        "it waits for him to join"
    );

    h.accept(&token).await.answered();
    let now = explain(h, &team.id, &ann).await;
    assert!(now.accesses.iter().all(|one| one.effective));
    let said: Vec<_> = now
        .accesses
        .iter()
        .map(|one| {
            (
                one.remedies().collect::<Vec<_>>(),
                one.remains_after_removal,
            )
        })
        .collect();
    assert_eq!(
        said,
        [
            (
                vec![
                    Remedy::RemoveProjectMember,
                    Remedy::RemoveHubMember,
                    Remedy::RemoveMember
                ],
                false
            ),
            (
                vec![Remedy::RevokeProductAccess, Remedy::RemoveHubMember],
                true
            ),
        ]
    );
    let narrowed = ExplainAccessRequest {
        team_id: team.id.clone(),
        user_id: ann.clone(),
        product_id: "tandem".to_owned(),
        hub_id: tandem.id.clone(),
    };
    let narrowed = h.products().explain_access(narrowed).await.answered();
    assert_eq!(narrowed.accesses, now.accesses[1..]);

    h.remove(&team.id, &ann).await;
    h.only_letter().await;
    let gone = explain(h, &team.id, &ann).await;
    let membership = gone.membership.expect("a membership");
    assert_eq!(membership.state(), MemberState::Removed);
    assert!(membership.remedies.is_empty());
    let remedies: Vec<_> = gone
        .accesses
        .iter()
        .map(|one| one.remedies().collect::<Vec<_>>())
        .collect();
    let close = vec![Remedy::RevokeProductAccess, Remedy::RemoveHubMember];
    assert_eq!(remedies, [vec![], close]);

    let boss = explain(h, &team.id, &team.admin)
        .await
        .membership
        .expect("a membership");
    assert_eq!(
        boss.remedies().collect::<Vec<_>>(),
        [Remedy::TransferPrimaryAdmin]
    );
}

async fn an_explanation_is_for_those_who_may_read_it(h: &Harness) {
    let team = h.led_team("acme").await;
    let hub = h.hub(&team.id, "acc").await;
    let ann = h.join(&team.id, "ann@acme.example").await.user;
    let keeper = h.join(&team.id, "keeper@acme.example").await.user;
    h.make_hub_admin(&hub, &keeper).await;
    let about = |user: &str, hub: &str| ExplainAccessRequest {
        team_id: team.id.clone(),
        user_id: user.to_owned(),
        hub_id: hub.to_owned(),
        ..ExplainAccessRequest::default()
    };
    h.products_as(&ann)
        .explain_access(about(&ann, ""))
        .await
        .answered();
    h.products_as(&ann)
        .explain_access(about(&keeper, ""))
        .await
        .denied("members.read");
    h.grant(&hub, &ann).await;
    h.products_as(&keeper)
        .explain_access(about(&ann, &hub.id))
        .await
        .answered();
    h.products_as(&keeper)
        .explain_access(about(&ann, ""))
        .await
        .denied("members.read");
    let nobody = h.unknown_id();
    let refused = h.products().explain_access(about(&nobody, "")).await;
    refused.missing("MEMBER_NOT_FOUND", &nobody);
    let refused = h.products().explain_access(about("?", "?")).await;
    refused.invalid(&[("user_id", "MALFORMED"), ("hub_id", "MALFORMED")]);
}
