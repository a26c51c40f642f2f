//! Who those are who still get in, as the list of what remains tells it.

use chrono::TimeDelta;
use muster::proto::{
    BatchRemoveMembersRequest, ListResidualAccessRequest, ResidualPerson, Role, UpdateUserRequest,
    User,
};
use prost_types::FieldMask;

use crate::{
    erasures,
    fixtures::invitation_of,
    harness::{Harness, tests},
    refusals::Outcome,
    residual::{of, report},
    statements::{cost, hold_alike_of},
};

tests![
    the_list_names_who_left_as_the_team_knew_him,
    what_became_of_an_account_since_is_not_shown,
    who_is_still_in_the_team_is_shown_as_he_is,
    of_who_was_erased_nothing_is_shown_but_the_id,
    a_hubs_admin_sees_the_people_of_his_hub_alone,
    each_page_names_its_own_people_once,
    a_page_of_what_remains_costs_the_same_whatever_its_size,
];

/// Somebody of this name in a team, who has accepted.
async fn joined(h: &Harness, team: &str, given: &str) -> String {
    let email = format!("{given}@acme.example").to_lowercase();
    let mut request = invitation_of(team, &email);
    given.clone_into(&mut request.given_name);
    "Quetzal".clone_into(&mut request.family_name);
    let invited = h.invite_from(request).await;
    h.accept(&invited.token).await.answered();
    invited.user
}

async fn listed(h: &Harness, request: ListResidualAccessRequest) -> Vec<ResidualPerson> {
    let answer = h.products().list_residual_access(request).await;
    answer.answered().people
}

fn person(user: &str, given: &str, family: &str, email: &str) -> ResidualPerson {
    ResidualPerson {
        user_id: user.to_owned(),
        given_name: given.to_owned(),
        family_name: family.to_owned(),
        email: email.to_owned(),
    }
}

async fn the_list_names_who_left_as_the_team_knew_him(h: &Harness) {
    let team = h.led_team("acme").await;
    let hub = h.hub(&team.id, "tandem").await;
    let ann = joined(h, &team.id, "Ann").await;
    h.grant(&hub, &ann).await;
    h.advance(TimeDelta::days(1));
    h.remove(&team.id, &ann).await;
    h.only_letter().await;
    assert_eq!(
        listed(h, of(&team.id, "", "")).await,
        [person(&ann, "Ann", "Quetzal", "ann@acme.example")]
    );
}

async fn what_became_of_an_account_since_is_not_shown(h: &Harness) {
    let team = h.led_team("acme").await;
    let hub = h.hub(&team.id, "tandem").await;
    let ann = joined(h, &team.id, "Ann").await;
    h.grant(&hub, &ann).await;
    h.remove(&team.id, &ann).await;
    h.only_letter().await;
    h.advance(TimeDelta::days(1));
    let request = UpdateUserRequest {
        user: Some(User {
            id: ann.clone(),
            phone: "555 0190".to_owned(),
            ..User::default()
        }),
        update_mask: Some(FieldMask {
            paths: vec!["phone".to_owned()],
        }),
        ..UpdateUserRequest::default()
    };
    h.users().update_user(request).await.answered();
    assert_eq!(
        listed(h, of(&team.id, "", "")).await,
        [person(&ann, "Ann", "Quetzal", "")]
    );
}

async fn who_is_still_in_the_team_is_shown_as_he_is(h: &Harness) {
    let team = h.led_team("acme").await;
    let hub = h.hub(&team.id, "acc").await;
    let ann = joined(h, &team.id, "Ann").await;
    h.grant(&hub, &ann).await;
    h.revoke(&hub, &ann).await;
    let mut products = h.products();
    let request = report(&hub, &ann);
    products.report_residual_access(request).await.answered();
    h.only_letter().await;
    assert_eq!(
        listed(h, of(&team.id, "", &hub.id)).await,
        [person(&ann, "Ann", "Quetzal", "ann@acme.example")]
    );
}

async fn of_who_was_erased_nothing_is_shown_but_the_id(h: &Harness) {
    let team = h.led_team("acme").await;
    let hub = h.hub(&team.id, "tandem").await;
    let (ann, bob) = (
        joined(h, &team.id, "Ann").await,
        joined(h, &team.id, "Bob").await,
    );
    for user in [&ann, &bob] {
        h.grant(&hub, user).await;
    }
    // One while he is in the team, one who had left.
    h.remove(&team.id, &bob).await;
    for user in [&ann, &bob] {
        erasures::erase(h, user).await.answered();
    }
    h.only_letter().await;
    let people = listed(h, of(&team.id, "", "")).await;
    assert_eq!(people, [person(&ann, "", "", ""), person(&bob, "", "", "")]);
    h.advance(TimeDelta::hours(1));
    for letter in h.deliver().await {
        assert!(!letter.text.contains("Quetzal"), "{}", letter.text);
    }
}

async fn a_hubs_admin_sees_the_people_of_his_hub_alone(h: &Harness) {
    let team = h.led_team("acme").await;
    let (own, other) = (
        h.hub(&team.id, "tandem").await,
        h.hub(&team.id, "upchain").await,
    );
    let keeper = h
        .join_as(&team.id, "keeper@acme.example", Role::Guest)
        .await;
    h.make_hub_admin(&own, &keeper).await;
    let (ann, bob) = (
        joined(h, &team.id, "Ann").await,
        joined(h, &team.id, "Bob").await,
    );
    h.grant(&own, &ann).await;
    h.grant(&other, &bob).await;
    let request = BatchRemoveMembersRequest {
        team_id: team.id.clone(),
        user_ids: vec![ann.clone(), bob],
        ..BatchRemoveMembersRequest::default()
    };
    h.teams().batch_remove_members(request).await.answered();
    assert_eq!(h.deliver().await.len(), 2);
    let mut client = h.products_as(&keeper);
    let seen = client
        .list_residual_access(of(&team.id, "", &own.id))
        .await
        .answered();
    assert_eq!(
        seen.people,
        [person(&ann, "Ann", "Quetzal", "ann@acme.example")]
    );
    for request in [of(&team.id, "", &other.id), of(&team.id, "", "")] {
        let refused = client.list_residual_access(request).await;
        refused.denied("members.read");
    }
    assert_eq!(listed(h, of(&team.id, "", "")).await.len(), 2);
}

async fn each_page_names_its_own_people_once(h: &Harness) {
    let team = h.led_team("acme").await;
    let (one, two) = (
        h.hub(&team.id, "tandem").await,
        h.hub(&team.id, "upchain").await,
    );
    let mut people = Vec::new();
    for given in ["Ann", "Bob"] {
        let user = joined(h, &team.id, given).await;
        h.grant(&one, &user).await;
        h.grant(&two, &user).await;
        h.remove(&team.id, &user).await;
        h.deliver().await;
        h.advance(TimeDelta::hours(1));
        people.push(user);
    }
    h.deliver().await;
    let mut token = String::new();
    for user in &people {
        let request = ListResidualAccessRequest {
            page_size: 2,
            page_token: token,
            ..of(&team.id, "", "")
        };
        let page = h.products().list_residual_access(request).await.answered();
        assert_eq!(page.accesses.len(), 2);
        assert_eq!(page.people.len(), 1);
        assert_eq!(page.people[0].user_id, *user);
        token = page.next_page_token;
    }
}

async fn a_page_of_what_remains_costs_the_same_whatever_its_size(h: &Harness) {
    hold_alike_of((3, 30), async |name, count| {
        let team = h.led_team(&name).await;
        let hub = h.hub(&team.id, "tandem").await;
        let emails: Vec<String> = (0..count).map(|n| format!("p{n}@{name}.example")).collect();
        let emails: Vec<&str> = emails.iter().map(String::as_str).collect();
        let people = h.import_held(&team.id, "many", &emails).await;
        let user_ids: Vec<String> = people.into_iter().map(|one| one.user_id).collect();
        for user in &user_ids {
            h.grant(&hub, user).await;
        }
        let request = BatchRemoveMembersRequest {
            team_id: team.id.clone(),
            user_ids,
            ..BatchRemoveMembersRequest::default()
        };
        h.teams().batch_remove_members(request).await.answered();
        h.only_letter().await;
        cost(h, async {
            assert_eq!(listed(h, of(&team.id, "", "")).await.len(), count);
        })
        .await
    })
    .await;
}
