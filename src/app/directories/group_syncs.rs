//! What a sync says of groups: each that is sent becomes what is said of it, once the people are as they should be.

use std::collections::{BTreeSet, HashMap, HashSet};

use uuid::Uuid;

use super::{
    granting,
    groups::{Changes, carry_out},
};
use crate::{
    domain::{
        directories::Directory,
        groups::{Entry, Group, GroupOutcome, GroupResult, Said},
        names::GroupName,
        teams::Team,
        texts::ExternalId,
    },
    error::Result,
    ids,
    store::{self, Tx, events::Made},
};

/// Makes groups what their directory says; if that is `all`, those that it does not name are gone. The caller holds the team's lock.
///
/// # Errors
/// `GROUPS_USED_UP`, `GROUP_MEMBERS_USED_UP`.
pub(super) async fn apply(
    tx: &Tx,
    (team, directory): (&Team, &Directory),
    (entries, all): (&[Entry<'_>], bool),
    made: Made<'_>,
) -> Result<Vec<GroupResult>> {
    if entries.is_empty() && !all {
        return Ok(Vec::new());
    }
    let known = Known::load(tx, (team, directory), (entries, all)).await?;
    let mut plan = Plan {
        known,
        directory,
        made,
        changes: Changes::default(),
        results: Vec::with_capacity(entries.len()),
    };
    for (number, entry) in (1..).zip(entries) {
        plan.take(number, entry);
    }
    if all {
        plan.end_unnamed(entries);
    }
    carry_out(tx, (team, directory), &plan.changes, made).await?;
    // Also where nothing was said anew: a replica of the version before may have ended what a group gives.
    let sent: BTreeSet<Uuid> = plan.results.iter().filter_map(|one| one.group_id).collect();
    let sent: Vec<Uuid> = sent.into_iter().collect();
    if !store::group_access::gifts(tx, team.id, &sent)
        .await?
        .is_empty()
    {
        let pairs = store::group_members::of_groups(tx, team.id, &sent).await?;
        let people: BTreeSet<Uuid> = pairs.into_iter().map(|(_, user)| user).collect();
        let people: Vec<Uuid> = people.into_iter().collect();
        granting::settle(tx, team.id, (&sent, &people), made).await?;
    }
    Ok(plan.results)
}

/// What there is before anything changes.
struct Known {
    /// The groups, by the directory's ids.
    groups: HashMap<String, Group>,
    /// Who is in each of those that may change.
    members: HashMap<Uuid, HashSet<Uuid>>,
    /// The people who are named, by the directory's ids.
    people: HashMap<String, Uuid>,
}

impl Known {
    async fn load(
        tx: &Tx,
        (team, directory): (&Team, &Directory),
        (entries, all): (&[Entry<'_>], bool),
    ) -> Result<Self> {
        let place = (team.id, directory.id);
        let groups = store::groups::all(tx, place).await?;
        let named: HashSet<&str> = named(entries).map(ExternalId::as_str).collect();
        let touched = groups
            .iter()
            .filter(|group| all || named.contains(group.external_id.as_str()));
        let touched: Vec<Uuid> = touched.map(|group| group.id).collect();
        let mut members: HashMap<Uuid, HashSet<Uuid>> = HashMap::new();
        for (group, user) in store::group_members::of_groups(tx, team.id, &touched).await? {
            members.entry(group).or_default().insert(user);
        }
        let sent = entries
            .iter()
            .filter(|entry| matches!(entry.said, Said::Called(_)));
        let sent: HashSet<&str> = sent
            .flat_map(|entry| entry.members)
            .map(String::as_str)
            .collect();
        let sent: Vec<&str> = sent.into_iter().collect();
        let groups = groups.into_iter();
        Ok(Self {
            groups: groups
                .map(|group| (group.external_id.as_str().to_owned(), group))
                .collect(),
            members,
            people: store::group_members::people(tx, place, &sent).await?,
        })
    }
}

struct Plan<'a> {
    known: Known,
    directory: &'a Directory,
    made: Made<'a>,
    changes: Changes,
    results: Vec<GroupResult>,
}

impl Plan<'_> {
    fn take(&mut self, number: u32, entry: &Entry<'_>) {
        let mut result = GroupResult::unchanged(number, entry.external_id.as_ref());
        match (&entry.said, &entry.external_id) {
            (Said::Called(name), Some(id)) => self.put(&mut result, (id, name), entry.members),
            (Said::Gone, Some(id)) => {
                if let Some(group) = self.known.groups.get(id.as_str()).cloned() {
                    self.end(&mut result, group);
                }
            }
            (Said::Invalid(violations), _) => {
                result.outcome = GroupOutcome::Invalid;
                result.violations.clone_from(violations);
            }
            (Said::Duplicate(first), _) => {
                result.outcome = GroupOutcome::Duplicate;
                result.first = Some(*first);
            }
            // What has no id was judged to be invalid.
            (Said::Called(_) | Said::Gone, None) => result.outcome = GroupOutcome::Invalid,
        }
        self.results.push(result);
    }

    fn put(
        &mut self,
        result: &mut GroupResult,
        (id, name): (&ExternalId, &GroupName),
        members: &[String],
    ) {
        let now = self.made.at;
        let group = match self.known.groups.get(id.as_str()) {
            Some(held) if held.display_name == *name => held.id,
            Some(held) => {
                let renamed = Group {
                    display_name: name.clone(),
                    update_time: now,
                    ..held.clone()
                };
                self.changes.updated.push((renamed, vec!["display_name"]));
                result.outcome = GroupOutcome::Updated;
                held.id
            }
            None => {
                let group = Group {
                    id: ids::new(now),
                    team_id: self.directory.team_id,
                    directory_id: self.directory.id,
                    external_id: id.clone(),
                    display_name: name.clone(),
                    create_time: now,
                    update_time: now,
                };
                let id = group.id;
                self.changes.created.push(group);
                result.outcome = GroupOutcome::Created;
                id
            }
        };
        result.group_id = Some(group);
        let sent: HashSet<&String> = members.iter().collect();
        let wanted = sent.iter().filter_map(|id| self.known.people.get(*id));
        let wanted: HashSet<Uuid> = wanted.copied().collect();
        result.unknown = count(sent.len() - wanted.len());
        let held = self.known.members.remove(&group).unwrap_or_default();
        result.added = count(wanted.difference(&held).count());
        result.removed = count(held.difference(&wanted).count());
        self.changes.replace(group, (&held, &wanted));
        if result.outcome == GroupOutcome::Unchanged && result.added + result.removed > 0 {
            result.outcome = GroupOutcome::Updated;
        }
    }

    fn end(&mut self, result: &mut GroupResult, group: Group) {
        let held = self.known.members.remove(&group.id).unwrap_or_default();
        result.outcome = GroupOutcome::Removed;
        result.group_id = Some(group.id);
        result.removed = count(held.len());
        self.changes.replace(group.id, (&held, &HashSet::new()));
        self.changes.deleted.push(group);
    }

    /// Ends the groups that nothing was said of, not even what is invalid.
    fn end_unnamed(&mut self, entries: &[Entry<'_>]) {
        let named: HashSet<&str> = named(entries).map(ExternalId::as_str).collect();
        let groups = self.known.groups.values();
        let unnamed = groups.filter(|group| !named.contains(group.external_id.as_str()));
        let mut unnamed: Vec<Group> = unnamed.cloned().collect();
        unnamed.sort_by_key(|group| group.id);
        for group in unnamed {
            let mut result = GroupResult::unchanged(0, Some(&group.external_id));
            self.end(&mut result, group);
            self.results.push(result);
        }
    }
}

fn named<'a>(entries: &'a [Entry<'_>]) -> impl Iterator<Item = &'a ExternalId> {
    entries
        .iter()
        .filter_map(|entry| entry.external_id.as_ref())
}

fn count(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}
