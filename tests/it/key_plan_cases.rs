//! The list of keys, of which a multitude has two thousand, with its filter, and where it ends.

use muster::{
    domain::pages::Position,
    proto::{ApiKeyFilter, ListKeysRequest},
};

use crate::{
    fixtures::NewTeam,
    harness::Harness,
    lists::List,
    multitude::OTHERS,
    plan_cases::{Case, case},
};

pub(crate) fn key_cases(h: &Harness, team: &NewTeam) -> Vec<Case> {
    let near = h.now().timestamp_micros() + OTHERS - 100;
    let near = Position([&near.to_be_bytes()[..], b"key"].concat());
    let of_team = ApiKeyFilter {
        team_id: team.id.clone(),
    };
    let keys = |filter| {
        List::Keys(ListKeysRequest {
            filter,
            ..ListKeysRequest::default()
        })
    };
    [None, Some(of_team)]
        .map(|filter| case(keys(filter), "oldest", near.clone()))
        .into()
}
