//! What ends, and what remains, of what people have in hubs when they leave the team: in the transaction that removes them, by
//! the same number of statements whatever their number.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use uuid::Uuid;

use super::telling::tell;
use crate::{
    domain::{access::Access, hubs::Hub, leaving::Departures, products::ProductId, teams::Team},
    error::Result,
    store::{
        self, Tx,
        access::Verdict,
        events::{
            Made, append_of_accesses, append_of_group_members, append_of_hub_admins,
            append_of_project_members,
        },
    },
};

/// More people, or teams, than one call is about, and few enough for one statement of either database.
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
        let leavers = Leavers::new(&[team], users);
        all = all.and(leavers.leave(tx, made).await?);
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
    let teams = teams.iter().filter(|team| concerned.contains(&team.id));
    let teams: Vec<&Team> = teams.collect();
    let user = [user];
    let mut all = Departures::default();
    for teams in teams.chunks(AT_ONCE) {
        let leavers = Leavers::new(teams, &user);
        all = all.and(leavers.leave(tx, made).await?);
    }
    Ok(all)
}

/// Many people of one team, or one of many.
struct Leavers<'a> {
    teams: BTreeMap<Uuid, &'a Team>,
    team_ids: Vec<Uuid>,
    users: &'a [Uuid],
}

impl<'a> Leavers<'a> {
    fn new(teams: &[&'a Team], users: &'a [Uuid]) -> Self {
        let teams: BTreeMap<Uuid, &Team> = teams.iter().map(|team| (team.id, *team)).collect();
        Self {
            team_ids: teams.keys().copied().collect(),
            teams,
            users,
        }
    }

    fn ids(&self) -> (&[Uuid], &[Uuid]) {
        (&self.team_ids, self.users)
    }

    async fn leave(&self, tx: &Tx, made: Made<'_>) -> Result<Departures> {
        self.take_places(tx, made).await?;
        self.leave_hubs(tx, made).await
    }

    /// Takes them out of projects and groups, and the hubs from them that they are admins of.
    async fn take_places(&self, tx: &Tx, made: Made<'_>) -> Result<()> {
        let count = store::hub_admins::count_of(tx, self.ids()).await?;
        if count > 0 {
            let rows = (self.ids(), count);
            append_of_hub_admins(tx, rows, made).await?;
            store::hub_admins::leave(tx, rows).await?;
        }
        let count = store::project_members::count_of(tx, self.ids()).await?;
        if count > 0 {
            let rows = (self.ids(), count);
            append_of_project_members(tx, rows, made).await?;
            store::project_members::leave(tx, rows).await?;
        }
        let count = store::group_members::count_of(tx, self.ids()).await?;
        if count > 0 {
            let rows = (self.ids(), count);
            append_of_group_members(tx, rows, made).await?;
            store::groups::touch_of(tx, self.ids(), made.at).await?;
            store::group_members::leave(tx, rows).await?;
            store::group_roles::forget(tx, &self.team_ids, self.users).await?;
        }
        Ok(())
    }

    async fn leave_hubs(&self, tx: &Tx, made: Made<'_>) -> Result<Departures> {
        let open = store::access::open(tx, self.ids()).await?;
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
            let rows = (self.ids(), accesses.len() as u64);
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
        let hubs = store::hubs::by_ids(tx, &self.team_ids, &hubs).await?;
        let mut left: Vec<Access> = accesses
            .iter()
            .map(|one| one.left(rules.get(&one.product_id), made.at))
            .collect();
        let now = Departures::new(left.clone(), hubs.clone(), &rules);
        tell(tx, (&self.told(&now), self.users), made).await?;
        left.extend(earlier);
        Ok(Departures::new(left, hubs, &rules))
    }

    /// The hubs into which somebody still gets: team by team.
    fn told<'d>(&'d self, departures: &'d Departures) -> Vec<(&'d Team, &'d Hub)> {
        let remaining = departures.hubs.iter().filter(|one| one.remaining > 0);
        let told = remaining.filter_map(|one| {
            let team = self.teams.get(&one.hub.team_id)?;
            Some((*team, &one.hub))
        });
        let mut told: Vec<_> = told.collect();
        told.sort_by_key(|(team, hub)| (team.id, hub.id));
        told
    }
}
