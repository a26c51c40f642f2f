//! Access by groups: it is what groups and mappings say, whoever changed them.

use std::collections::{BTreeMap, HashMap, HashSet};

use uuid::Uuid;

use crate::{
    app::access,
    domain::{
        access::{Access, AccessPath, AccessState},
        events::{EventType, Happening, Payload},
        product_events::AccessPlace,
    },
    error::Result,
    ids,
    store::{
        self, Tx,
        events::Made,
        group_access::{Gift, Lacking, gifts, held, surplus, without_own},
    },
};

/// How many people are settled at once.
const AT_ONCE: usize = 1_000;

/// Makes the access that these people have by these groups of a team what the groups and their mappings give now: whoever lacks some gets it, what
/// nothing gives any more ends, by somebody's wish and not as if he had left. It is done a thousand people at a time, by the same
/// number of statements each. The caller holds the team's lock.
///
/// No statement joins people with people: many may be new in this transaction, which the database's counts know nothing of.
pub(super) async fn settle(
    tx: &Tx,
    team: Uuid,
    (groups, users): (&[Uuid], &[Uuid]),
    made: Made<'_>,
) -> Result<()> {
    if groups.is_empty() || users.is_empty() {
        return Ok(());
    }
    let mut given: HashMap<Uuid, Vec<Gift>> = HashMap::new();
    for gift in gifts(tx, team, groups).await? {
        given.entry(gift.group_id).or_default().push(gift);
    }
    let groups: HashSet<Uuid> = groups.iter().copied().collect();
    for users in users.chunks(AT_ONCE) {
        let held = held(tx, team, users).await?;
        let of_these = |one: &Access| one.path.group().is_some_and(|it| groups.contains(&it));
        let held = held.into_iter().filter(of_these);
        let mut held: HashMap<_, _> = held.map(|one| (key(&one), one)).collect();
        let mut lacking = Vec::new();
        if !given.is_empty() {
            for (group, user) in store::group_members::places(tx, team, users).await? {
                for gift in given.get(&group).into_iter().flatten() {
                    let known = held.remove(&(user, gift.hub_id, Some(group)));
                    if !known.as_ref().is_some_and(Access::is_active) {
                        lacking.push(lack(user, gift, known));
                    }
                }
            }
        }
        let mut surplus: Vec<Access> = held.into_values().filter(Access::is_active).collect();
        surplus.sort_unstable_by_key(|one| one.id);
        access::end(tx, surplus, Access::is_active, made).await?;
        give(tx, team, lacking, made).await?;
    }
    Ok(())
}

/// By what an access is the only one.
fn key(access: &Access) -> (Uuid, Uuid, Option<Uuid>) {
    (access.user_id, access.hub_id, access.path.group())
}

fn lack(user: Uuid, gift: &Gift, known: Option<Access>) -> Lacking {
    Lacking {
        user_id: user,
        hub_id: gift.hub_id,
        product_id: gift.product_id.clone(),
        path: AccessPath::Group(gift.group_id),
        granter_user_id: gift.granter_user_id,
        known: known.map(|known| known.id),
    }
}

/// Ends what people have by groups that give nothing any more.
pub(super) async fn end_all(tx: &Tx, team: Uuid, groups: &[Uuid], made: Made<'_>) -> Result<()> {
    if groups.is_empty() {
        return Ok(());
    }
    loop {
        let some = surplus(tx, team, groups).await?;
        if some.is_empty() {
            return Ok(());
        }
        access::end(tx, some, Access::is_active, made).await?;
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
    if lacking.is_empty() {
        return Ok(());
    }
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
