//! The work list of what remains or was reported, the letters about it, and how somebody gets in.

use chrono::TimeDelta;
use muster::{
    mail::transport::SentMail,
    proto::{
        AccessState, CreateTeamRequest, EventType, Hub, ListResidualAccessRequest, ProductAccess,
        ReportResidualAccessRequest, Role,
    },
};
use tonic::Code;

use crate::{
    accounts,
    fixtures::{invitation_of, team_called, time},
    harness::{Harness, tests},
    hubs::event_types,
    product_fixtures::{grant_of, revocation_of},
    races::at_once,
    refusals::Outcome,
    request_ids::request_id,
};

tests![
    what_remains_is_listed_oldest_first_until_it_is_revoked,
    what_ended_is_reported_and_closed,
    who_looks_after_a_hub_gets_one_letter_about_it,
    a_hub_without_an_admin_who_is_there_is_the_primary_admins,
    who_is_disabled_is_not_asked_to_look_after_a_hub,
    of_sixteen_reports_at_once_one_is_written,
    a_report_is_rehearsed_and_repeated,
];

pub(crate) fn of(team: &str, product: &str, hub: &str) -> ListResidualAccessRequest {
    ListResidualAccessRequest {
        team_id: team.to_owned(),
        product_id: product.to_owned(),
        hub_id: hub.to_owned(),
        ..ListResidualAccessRequest::default()
    }
}

async fn work(h: &Harness, request: ListResidualAccessRequest) -> Vec<ProductAccess> {
    let answer = h.products().list_residual_access(request).await;
    answer.answered().accesses
}

pub(crate) fn report(hub: &Hub, user: &str) -> ReportResidualAccessRequest {
    ReportResidualAccessRequest {
        team_id: hub.team_id.clone(),
        hub_id: hub.id.clone(),
        user_id: user.to_owned(),
        ..ReportResidualAccessRequest::default()
    }
}

async fn what_remains_is_listed_oldest_first_until_it_is_revoked(h: &Harness) {
    let team = h.led_team("acme").await;
    let (tandem, upchain) = (
        h.hub(&team.id, "tandem").await,
        h.hub(&team.id, "upchain").await,
    );
    let keeper = h
        .join_as(&team.id, "keeper@acme.example", Role::Guest)
        .await;
    h.make_hub_admin(&tandem, &keeper).await;
    let mut gone = Vec::new();
    for name in ["zoe", "ann"] {
        let user = h.join(&team.id, &format!("{name}@acme.example")).await.user;
        h.grant(&tandem, &user).await;
        gone.push(user);
    }
    h.grant(&upchain, &gone[0]).await;
    // The later grant leaves first.
    gone.reverse();
    for user in &gone {
        h.advance(TimeDelta::hours(1));
        h.remove(&team.id, user).await;
        h.deliver().await;
    }
    let all = work(h, of(&team.id, "", "")).await;
    let users: Vec<_> = all.iter().map(|one| one.user_id.as_str()).collect();
    assert_eq!(users, [&*gone[0], &*gone[1], &*gone[1]]);
    assert!(all.iter().all(|one| one.state() == AccessState::Remains));
    assert_eq!(work(h, of(&team.id, "upchain", "")).await.len(), 1);
    assert_eq!(work(h, of(&team.id, "", &tandem.id)).await.len(), 2);

    let mut client = h.products_as(&keeper);
    let own = client
        .list_residual_access(of(&team.id, "", &tandem.id))
        .await;
    assert_eq!(own.answered().accesses.len(), 2);
    client
        .list_residual_access(of(&team.id, "", ""))
        .await
        .denied("members.read");
    client
        .list_residual_access(of(&team.id, "", &upchain.id))
        .await
        .denied("members.read");
    let closed = client
        .revoke_product_access(revocation_of(&tandem, &gone[0]))
        .await;
    let closed = closed.answered().accesses;
    assert_eq!(closed[0].state(), AccessState::Ended);
    assert_eq!(
        time(closed[0].end_time),
        h.now() - TimeDelta::hours(1),
        "since he left"
    );
    assert_eq!(work(h, of(&team.id, "", &tandem.id)).await.len(), 1);
    let other = revocation_of(&upchain, &gone[1]);
    client
        .revoke_product_access(other)
        .await
        .denied("products.update");

    let nowhere = h.unknown_id();
    let refused = h
        .products()
        .list_residual_access(of(&team.id, "", &nowhere))
        .await;
    refused.missing("HUB_NOT_FOUND", &nowhere);
    let refused = h
        .products()
        .list_residual_access(of(&team.id, "vault", ""))
        .await;
    refused.missing("PRODUCT_NOT_FOUND", "vault");
}

async fn what_ended_is_reported_and_closed(h: &Harness) {
    let team = h.led_team("acme").await;
    let hub = h.hub(&team.id, "acc").await;
    let ann = h.join(&team.id, "ann@acme.example").await.user;
    let refused = h
        .products()
        .report_residual_access(report(&hub, &ann))
        .await;
    refused.missing("ACCESS_NOT_FOUND", &ann);
    h.grant(&hub, &ann).await;
    let refused = h
        .products()
        .report_residual_access(report(&hub, &ann))
        .await;
    refused.refused(Code::FailedPrecondition, "ACCESS_ACTIVE");
    h.remove(&team.id, &ann).await;
    assert!(work(h, of(&team.id, "", "")).await.is_empty());
    h.advance(TimeDelta::days(1));

    let answer = h
        .products()
        .report_residual_access(report(&hub, &ann))
        .await;
    let reported = answer.answered().access.expect("the access");
    assert_eq!(reported.state(), AccessState::Reported);
    assert_eq!(time(reported.report_time), h.now());
    assert_eq!(
        work(h, of(&team.id, "acc", &hub.id)).await,
        std::slice::from_ref(&reported)
    );
    h.only_letter().await;
    let again = h
        .products()
        .report_residual_access(report(&hub, &ann))
        .await;
    assert_eq!(again.answered().access, Some(reported));

    h.revoke(&hub, &ann).await;
    assert!(work(h, of(&team.id, "", "")).await.is_empty());
    let types = [
        EventType::AccessGranted,
        EventType::AccessEnded,
        EventType::AccessReported,
        EventType::AccessEnded,
    ];
    assert_eq!(event_types(h, &team.id, &types).await, types);
}

pub(crate) fn recipients(letters: &[SentMail]) -> Vec<String> {
    let mut all: Vec<String> = letters.iter().map(|letter| letter.to.clone()).collect();
    all.sort();
    all
}

async fn who_looks_after_a_hub_gets_one_letter_about_it(h: &Harness) {
    let team = h
        .team_from(CreateTeamRequest {
            default_language: "uk".to_owned(),
            ..team_called("acme")
        })
        .await;
    h.accept(&team.token).await.answered();
    let hub = h.hub(&team.id, "tandem").await;
    let mut english = invitation_of(&team.id, "eve@acme.example");
    "en".clone_into(&mut english.language);
    let eve = h.invite_from(english).await;
    h.accept(&eve.token).await.answered();
    let ivan = h.join(&team.id, "ivan@acme.example").await.user;
    let late = h.invite(&team.id, "late@acme.example").await.user;
    let (ann, bob) = (
        h.join(&team.id, "ann@acme.example").await.user,
        h.join(&team.id, "bob@acme.example").await.user,
    );
    for user in [&eve.user, &ivan, &late, &ann] {
        h.make_hub_admin(&hub, user).await;
    }
    h.grant(&hub, &ann).await;
    h.grant(&hub, &bob).await;
    let request = muster::proto::BatchRemoveMembersRequest {
        team_id: team.id.clone(),
        user_ids: vec![ann, bob],
        ..muster::proto::BatchRemoveMembersRequest::default()
    };
    h.teams_as(&team.admin)
        .batch_remove_members(request)
        .await
        .answered();
    let letters = h.deliver().await;
    // Neither who leaves nor who has not joined.
    assert_eq!(
        recipients(&letters),
        ["eve@acme.example", "ivan@acme.example"]
    );
    for letter in &letters {
        assert!(letter.subject.contains("acme") && letter.subject.contains("Our tandem"));
        assert!(letter.text.contains("Our tandem") && letter.text.contains('2'));
        let is_english = letter.text.contains("Hello");
        assert_eq!(is_english, letter.to == "eve@acme.example");
        assert!(letter.text.contains("Bea Boss"), "who brought it about");
        assert!(!letter.text.contains("ann@acme.example"));
    }
}

async fn a_hub_without_an_admin_who_is_there_is_the_primary_admins(h: &Harness) {
    let team = h.led_team("acme").await;
    let hub = h.hub(&team.id, "tandem").await;
    let late = h.invite(&team.id, "late@acme.example").await.user;
    h.make_hub_admin(&hub, &late).await;
    let ann = h.join(&team.id, "ann@acme.example").await.user;
    h.grant(&hub, &ann).await;
    h.remove(&team.id, &ann).await;
    assert_eq!(recipients(&h.deliver().await), ["boss@acme.example"]);
}

async fn who_is_disabled_is_not_asked_to_look_after_a_hub(h: &Harness) {
    let team = h.led_team("acme").await;
    let hub = h.hub(&team.id, "tandem").await;
    for (admin, leaver) in [("a", "b"), ("c", "d")] {
        let ivan = h
            .join(&team.id, &format!("{admin}@acme.example"))
            .await
            .user;
        h.make_hub_admin(&hub, &ivan).await;
        if admin == "a" {
            h.disable(&team.id, &ivan).await;
        } else {
            accounts::disable(h, &ivan).await.answered();
        }
        let ann = h
            .join(&team.id, &format!("{leaver}@acme.example"))
            .await
            .user;
        h.grant(&hub, &ann).await;
        h.advance(TimeDelta::hours(1));
        h.remove(&team.id, &ann).await;
        assert_eq!(recipients(&h.deliver().await), ["boss@acme.example"]);
    }
}

async fn of_sixteen_reports_at_once_one_is_written(h: &Harness) {
    let team = h.led_team("acme").await;
    let hub = h.hub(&team.id, "acc").await;
    h.grant(&hub, &team.admin).await;
    h.revoke(&hub, &team.admin).await;
    let answers = at_once(16, |_| {
        let (mut client, request) = (h.products(), report(&hub, &team.admin));
        async move { client.report_residual_access(request).await }
    });
    for answer in answers.await {
        let access = answer.answered().access.expect("the access");
        assert_eq!(access.state(), AccessState::Reported);
    }
    let reported = event_types(h, &team.id, &[EventType::AccessReported]).await;
    assert_eq!(reported.len(), 1);
    // The hub has no admin, and the primary admin is whom it is about.
    assert!(h.deliver().await.is_empty());
    let (mut one, mut other) = (h.products(), h.products());
    let (grant, end) = (
        grant_of(&hub, &team.admin),
        revocation_of(&hub, &team.admin),
    );
    let (granted, ended) = tokio::join!(
        one.grant_product_access(grant),
        other.revoke_product_access(end)
    );
    granted.answered();
    ended.answered();
    assert!(work(h, of(&team.id, "", "")).await.is_empty());
}

async fn a_report_is_rehearsed_and_repeated(h: &Harness) {
    let team = h.led_team("acme").await;
    let hub = h.hub(&team.id, "acc").await;
    let ann = h.join(&team.id, "ann@acme.example").await.user;
    h.grant(&hub, &ann).await;
    h.revoke(&hub, &ann).await;
    let mut request = report(&hub, &ann);
    request.validate_only = true;
    h.products()
        .report_residual_access(request.clone())
        .await
        .answered();
    assert!(work(h, of(&team.id, "", "")).await.is_empty());
    request.validate_only = false;
    request.request_id = request_id(1);
    let first = h
        .products()
        .report_residual_access(request.clone())
        .await
        .answered();
    h.only_letter().await;
    h.revoke(&hub, &ann).await;
    let second = h
        .products()
        .report_residual_access(request)
        .await
        .answered();
    assert_eq!(first, second);
    assert!(
        work(h, of(&team.id, "", "")).await.is_empty(),
        "a repetition does nothing"
    );
    h.advance(TimeDelta::hours(1));
    assert!(h.deliver().await.is_empty());
}
