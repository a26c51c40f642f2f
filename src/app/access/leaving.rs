//! What ends, and what remains, of what people have in hubs when they leave the team: in the transaction that removes them, by
//! the same number of statements whatever their number.

use std::collections::{BTreeSet, HashSet};

use uuid::Uuid;

use super::telling::tell;
use crate::{
    domain::{access::Access, hubs::Hub, leaving::Departures, products::ProductId, teams::Team},
    error::Result,
    store::{
        self, Tx,
        access::Verdict,
        events::{Made, append_of_accesses, append_of_hub_admins, append_of_project_members},
    },
};

/// More people than one call removes, and few enough for one statement of either database.
const AT_ONCE: usize = 8_000;

/// Ends what people have in the hubs of a team that they leave, whether they had joined it or were only invited, and tells
/// those who have to end the rest. The caller holds the team's lock.
pub(in crate::app) async fn leave(
    tx: &Tx,
    team: &Team,
    users: &[Uuid],
    made: Made<'_>,
) -> Result<Departures> {
    let mut all = Departures::default();
    for users in users.chunks(AT_ONCE) {
        take_places(tx, team, users, made).await?;
        let departures = leave_hubs(tx, team, users, made).await?;
        all = all.and(departures);
    }
    Ok(all)
}

/// The same for one person in many teams, of which most have nothing to do with it.
pub(in crate::app) async fn leave_all(
    tx: &Tx,
    teams: &[Team],
    user: Uuid,
    made: Made<'_>,
) -> Result<Departures> {
    let ids: Vec<Uuid> = teams.iter().map(|team| team.id).collect();
    let concerned = store::access::teams_of(tx, &ids, user).await?;
    let mut all = Departures::default();
    for team in teams.iter().filter(|team| concerned.contains(&team.id)) {
        all = all.and(leave(tx, team, &[user], made).await?);
    }
    Ok(all)
}

/// Takes them out of projects, and the hubs from them that they are admins of.
async fn take_places(tx: &Tx, team: &Team, users: &[Uuid], made: Made<'_>) -> Result<()> {
    let count = store::hub_admins::count_of(tx, team.id, users).await?;
    if count > 0 {
        let rows = (team.id, users, count);
        append_of_hub_admins(tx, rows, made).await?;
        store::hub_admins::leave(tx, rows).await?;
    }
    let count = store::project_members::count_of(tx, team.id, users).await?;
    if count > 0 {
        let rows = (team.id, users, count);
        append_of_project_members(tx, rows, made).await?;
        store::project_members::leave(tx, rows).await?;
    }
    Ok(())
}

async fn leave_hubs(tx: &Tx, team: &Team, users: &[Uuid], made: Made<'_>) -> Result<Departures> {
    let open = store::access::open(tx, team.id, users).await?;
    if open.is_empty() {
        return Ok(Departures::default());
    }
    // What remains since they left before is told too, and changes no more.
    let (accesses, earlier): (Vec<Access>, Vec<Access>) =
        open.into_iter().partition(Access::is_active);
    let products: HashSet<&ProductId> = accesses.iter().map(|one| &one.product_id).collect();
    let products: Vec<&ProductId> = products.into_iter().collect();
    let rules = store::removal_rules::holding(tx, &products, made.at).await?;

    if !accesses.is_empty() {
        let rows = (team.id, users, accesses.len() as u64);
        let verdict = Verdict(&rules);
        append_of_accesses(tx, rows, &verdict, made).await?;
        store::access::leave(tx, rows, &verdict, made.at).await?;
    }

    let hubs: BTreeSet<Uuid> = accesses
        .iter()
        .chain(&earlier)
        .map(|one| one.hub_id)
        .collect();
    let hubs: Vec<Uuid> = hubs.into_iter().collect();
    let hubs = store::hubs::by_ids(tx, team.id, &hubs).await?;
    let mut left: Vec<Access> = accesses
        .iter()
        .map(|one| one.left(rules.get(&one.product_id), made.at))
        .collect();
    let now = Departures::new(left.clone(), hubs.clone(), &rules);
    let remaining = now.hubs.iter().filter(|one| one.remaining > 0);
    let told: Vec<&Hub> = remaining.map(|one| &one.hub).collect();
    tell(tx, team, (&told, users), made).await?;
    left.extend(earlier);
    Ok(Departures::new(left, hubs, &rules))
}
