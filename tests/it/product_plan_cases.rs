//! The lists of a multitude's products, hubs, projects and access, each with every filter.

use muster::{
    domain::pages::Position,
    proto::{
        AccessState, ListHubsRequest, ListProductAccessRequest, ListProductsRequest,
        ListProjectMembersRequest, ListProjectsRequest, ListRemovalRulesRequest,
        ListResidualAccessRequest, ProductAccessFilter,
    },
};

use crate::{
    fixtures::NewTeam,
    harness::Harness,
    lists::List,
    multitude::{OTHERS, id_of},
    plan_cases::{Case, at, case, stamp},
    product_multitude::{ACCESS, ACCESSES, HUB, OWN_ACCESS, PROJECT, RULES},
};

fn id(kind: i64, number: i64) -> Position {
    Position(id_of(kind, number).as_bytes().to_vec())
}

/// A position of a rule.
fn rule(from: i64, product: &str) -> Position {
    Position([&from.to_be_bytes()[..], product.as_bytes()].concat())
}

/// All of them.
pub(crate) fn product_cases(h: &Harness, team: &NewTeam) -> Vec<Case> {
    let products = List::Products(ListProductsRequest::default());
    let mut cases = vec![case(products, "id", Position(b"product-94".to_vec()))];
    cases.extend(rule_cases(h));
    cases.extend(hub_cases(team));
    cases.extend(access_cases(team));
    cases.extend(residual_cases(h, team));
    cases
}

fn rule_cases(h: &Harness) -> Vec<Case> {
    let now = h.now().timestamp_micros();
    let rules = |request: ListRemovalRulesRequest| List::RemovalRules(request);
    let plain = ListRemovalRulesRequest::default;
    let of_one = ListRemovalRulesRequest {
        product_id: "product-7".to_owned(),
        ..plain()
    };
    let at = ListRemovalRulesRequest {
        at: Some(stamp(now)),
        ..plain()
    };
    vec![
        case(rules(plain()), "product", rule(0, "product-94")),
        case(rules(of_one), "product", rule(RULES - 60, "product-7")),
        case(rules(at), "product", rule(0, "product-94")),
    ]
}

fn hub_cases(team: &NewTeam) -> Vec<Case> {
    let hub_id = id_of(HUB, 0).to_string();
    let hubs = |product: &str| {
        List::Hubs(ListHubsRequest {
            team_id: team.id.clone(),
            product_id: product.to_owned(),
            ..ListHubsRequest::default()
        })
    };
    let projects = List::Projects(ListProjectsRequest {
        team_id: team.id.clone(),
        hub_id: hub_id.clone(),
        ..ListProjectsRequest::default()
    });
    let people = List::ProjectMembers(ListProjectMembersRequest {
        team_id: team.id.clone(),
        hub_id,
        project_id: id_of(PROJECT, 0).to_string(),
        ..ListProjectMembersRequest::default()
    });
    vec![
        case(hubs(""), "id", id(HUB, OTHERS - 100)),
        case(hubs("acc"), "id", id(HUB, OTHERS - 200)),
        case(projects, "id", id(PROJECT, OTHERS - 100)),
        case(people, "user", id(7, ACCESSES - 200)),
    ]
}

fn residual_cases(h: &Harness, team: &NewTeam) -> Vec<Case> {
    let residual = |product: &str, hub: &str| {
        List::ResidualAccess(ListResidualAccessRequest {
            team_id: team.id.clone(),
            product_id: product.to_owned(),
            hub_id: hub.to_owned(),
            ..ListResidualAccessRequest::default()
        })
    };
    let hub = id_of(HUB, 0).to_string();
    let last = at(h.now().timestamp_micros() + ACCESSES - 2_000);
    [residual("", ""), residual("acc", ""), residual("", &hub)]
        .into_iter()
        .map(|list| case(list, "residual_time", last.clone()))
        .collect()
}

fn access_cases(team: &NewTeam) -> Vec<Case> {
    let access = |filter: ProductAccessFilter| {
        List::ProductAccess(ListProductAccessRequest {
            team_id: team.id.clone(),
            filter: Some(filter),
            ..ListProductAccessRequest::default()
        })
    };
    let plain = ProductAccessFilter::default;
    let hub_id = || id_of(HUB, 0).to_string();
    let of_states = |states: &[AccessState]| ProductAccessFilter {
        states: states.iter().map(|state| (*state).into()).collect(),
        ..plain()
    };
    let last = id(ACCESS, ACCESSES - 2_000);
    let mut cases: Vec<Case> = [
        plain(),
        of_states(&[AccessState::Active]),
        of_states(&[AccessState::Remains, AccessState::Reported]),
        ProductAccessFilter {
            hub_id: hub_id(),
            ..plain()
        },
        ProductAccessFilter {
            hub_id: hub_id(),
            ..of_states(&[AccessState::Ended])
        },
        ProductAccessFilter {
            product_id: "acc".to_owned(),
            ..plain()
        },
        ProductAccessFilter {
            product_id: "acc".to_owned(),
            hub_id: hub_id(),
            ..of_states(&[AccessState::Active])
        },
    ]
    .into_iter()
    .map(|filter| case(access(filter), "id", last.clone()))
    .collect();
    let own = ProductAccessFilter {
        user_id: team.admin.clone(),
        ..plain()
    };
    cases.push(case(access(own), "id", id(OWN_ACCESS, OTHERS - 100)));
    cases
}
