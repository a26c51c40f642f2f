//! The lists of a team's connections and domains.

use muster::{
    domain::pages::Position,
    proto::{ListDomainsRequest, ListSsoConnectionsRequest},
};

use crate::{
    fixtures::NewTeam,
    harness::Harness,
    lists::List,
    multitude::{OTHERS, id_of},
    plan_cases::{Case, case},
    product_multitude::PROJECT,
    sso::connection_of,
};

fn lists_of(team: &NewTeam) -> [List; 2] {
    [
        List::SsoConnections(ListSsoConnectionsRequest {
            team_id: team.id.clone(),
            ..ListSsoConnectionsRequest::default()
        }),
        List::Domains(ListDomainsRequest {
            team_id: team.id.clone(),
            ..ListDomainsRequest::default()
        }),
    ]
}

/// Both lists of a team; they have several pages of one.
pub(crate) async fn lists_of_sso(h: &Harness, team: &NewTeam) -> [List; 2] {
    for number in 0..2 {
        let name = format!("idp{number}-{}", team.id);
        h.connect(connection_of(&team.id, &name)).await;
        h.own_domain(&team.id, &format!("{name}.example")).await;
    }
    lists_of(team)
}

/// Both lists of a multitude.
pub(crate) fn sso_cases(team: &NewTeam) -> Vec<Case> {
    let [connections, domains] = lists_of(team);
    let last = Position(id_of(PROJECT, OTHERS - 100).as_bytes().to_vec());
    vec![
        case(connections, "id", last),
        case(domains, "domain", Position(b"d98.example".to_vec())),
    ]
}
