//! Access by groups: it is what groups and mappings say, whoever changed them.

use std::collections::BTreeMap;

use uuid::Uuid;

use crate::{
    app::access,
    domain::{
        access::{Access, AccessState},
        events::{EventType, Happening, Payload},
        product_events::AccessPlace,
    },
    error::Result,
    ids,
    store::{
        self, Tx,
        events::Made,
        group_access::{Lacking, lacking, surplus, without_own},
    },
};

/// Makes the access by these groups of a team what the groups and their mappings give now: whoever lacks some gets it, what nothing gives any
/// more ends, by somebody's wish and not as if he had left. It is done some thousands at a time, by the same number of statements each.
/// The caller holds the team's lock.
pub(super) async fn settle(tx: &Tx, team: Uuid, groups: &[Uuid], made: Made<'_>) -> Result<()> {
    if groups.is_empty() {
        return Ok(());
    }
    loop {
        let some = surplus(tx, team, groups).await?;
        if some.is_empty() {
            break;
        }
        access::end(tx, some, Access::is_active, made).await?;
    }
    loop {
        let some = lacking(tx, team, groups).await?;
        if some.is_empty() {
            return Ok(());
        }
        give(tx, team, some, made).await?;
    }
}

/// Gives whoever has access by groups as much by a grant of his own: what he keeps when the groups go.
pub(super) async fn keep(
    tx: &Tx,
    (team, granter): (Uuid, Option<Uuid>),
    made: Made<'_>,
) -> Result<()> {
    loop {
        let some = without_own(tx, team, granter).await?;
        if some.is_empty() {
            return Ok(());
        }
        give(tx, team, some, made).await?;
    }
}

async fn give(tx: &Tx, team: Uuid, lacking: Vec<Lacking>, made: Made<'_>) -> Result<()> {
    let mut events = Vec::with_capacity(lacking.len());
    let mut first = Vec::new();
    let mut again: BTreeMap<Option<Uuid>, Vec<Uuid>> = BTreeMap::new();
    for one in lacking {
        events.push(Happening {
            event_type: EventType::AccessGranted,
            team_id: Some(team),
            user_id: Some(one.user_id),
            payload: Payload::Access(AccessPlace {
                hub_id: one.hub_id,
                product_id: one.product_id.clone(),
                path: one.path,
                state: AccessState::Active,
                rule_valid_from: None,
            }),
        });
        if let Some(known) = one.known {
            again.entry(one.granter_user_id).or_default().push(known);
            continue;
        }
        first.push(Access {
            id: ids::new(made.at),
            team_id: team,
            user_id: one.user_id,
            hub_id: one.hub_id,
            product_id: one.product_id,
            path: one.path,
            state: AccessState::Active,
            grant_time: made.at,
            granter_user_id: one.granter_user_id,
            end_time: None,
            rule_valid_from: None,
            report_time: None,
            residual_time: None,
        });
    }
    store::access::insert(tx, &first).await?;
    for (granter, ids) in &again {
        store::access::grant_again(tx, (ids, *granter), made.at).await?;
    }
    store::events::append(tx, &events, made).await
}
