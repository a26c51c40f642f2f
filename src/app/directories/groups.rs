//! A directory's groups: what they are and who is in them, for every door by which a directory says so; and looking at them.

use std::collections::{BTreeSet, HashMap, HashSet};

use uuid::Uuid;

use super::{find, granting, group_roles};
use crate::{
    app::{Caller, Context, authority},
    domain::{
        directories::Directory,
        events::{EventType, Happening, Payload},
        groups::{self, Group, Mapping, Seen},
        pages::Page,
        product_events::GroupPlace,
        teams::Team,
    },
    error::Result,
    store::{self, Reads, Tx, events::Made},
};

/// What is to become of a directory's groups. Pairs are of a group and somebody in it.
#[derive(Default)]
pub struct Changes {
    /// New ones.
    pub created: Vec<Group>,
    /// Those that are called otherwise now, and which fields have another value.
    pub updated: Vec<(Group, Vec<&'static str>)>,
    /// Those that are gone. Whoever is in one must be among `left`.
    pub deleted: Vec<Group>,
    /// Who comes into which one; people of the directory alone, who are in the team.
    pub joined: Vec<(Uuid, Uuid)>,
    /// Who is in which one no more.
    pub left: Vec<(Uuid, Uuid)>,
}

impl Changes {
    /// Makes those who are in a group these people.
    pub fn replace(&mut self, group: Uuid, (held, wanted): (&HashSet<Uuid>, &HashSet<Uuid>)) {
        let mut joined: Vec<_> = wanted.difference(held).map(|user| (group, *user)).collect();
        let mut left: Vec<_> = held.difference(wanted).map(|user| (group, *user)).collect();
        joined.sort_unstable();
        left.sort_unstable();
        self.joined.append(&mut joined);
        self.left.append(&mut left);
    }

    const fn is_empty(&self) -> bool {
        self.created.is_empty()
            && self.updated.is_empty()
            && self.deleted.is_empty()
            && self.joined.is_empty()
            && self.left.is_empty()
    }

    /// The groups that were there and still are, of which something is new.
    fn changed(&self) -> Vec<Uuid> {
        let updated = self.updated.iter().map(|(group, _)| group.id);
        let pairs = self.joined.iter().chain(&self.left);
        let mut changed: BTreeSet<Uuid> = pairs.map(|(group, _)| *group).chain(updated).collect();
        for group in self.created.iter().chain(&self.deleted) {
            changed.remove(&group.id);
        }
        changed.into_iter().collect()
    }

    /// Those whose access and roles may have to change.
    fn people(&self) -> Vec<Uuid> {
        let pairs = self.joined.iter().chain(&self.left);
        let people: BTreeSet<Uuid> = pairs.map(|(_, user)| *user).collect();
        people.into_iter().collect()
    }

    /// The groups of which access may have to change.
    fn concerned(&self) -> Vec<Uuid> {
        let deleted = self.deleted.iter().map(|group| group.id);
        let pairs = self.joined.iter().chain(&self.left);
        let concerned: BTreeSet<Uuid> = pairs.map(|(group, _)| *group).chain(deleted).collect();
        concerned.into_iter().collect()
    }
}

/// Changes groups, and the access that they give with them. The number of statements does not depend on that of groups and people, but for
/// chunks. The caller holds the team's lock.
///
/// # Errors
/// `GROUPS_USED_UP`, `GROUP_MEMBERS_USED_UP`.
pub async fn carry_out(
    tx: &Tx,
    (team, directory): (&Team, &Directory),
    changes: &Changes,
    made: Made<'_>,
) -> Result<()> {
    if changes.is_empty() {
        return Ok(());
    }
    bounded(tx, (team.id, directory.id), changes).await?;

    let created: Vec<&Group> = changes.created.iter().collect();
    let updated: Vec<&Group> = changes.updated.iter().map(|(group, _)| group).collect();
    let deleted: Vec<Uuid> = changes.deleted.iter().map(|group| group.id).collect();
    let mappings = match &deleted[..] {
        [] => Vec::new(),
        deleted => store::group_mappings::of_groups(tx, team.id, deleted).await?,
    };
    store::groups::update(tx, team.id, &updated).await?;
    store::group_members::delete(tx, team.id, &changes.left).await?;
    if !mappings.is_empty() {
        let these = (&deleted[..], mappings.len());
        store::group_mappings::delete_of(tx, team.id, these).await?;
    }
    store::groups::delete(tx, team.id, &deleted).await?;
    store::groups::insert(tx, &created).await?;
    store::group_members::insert(tx, team.id, &changes.joined).await?;
    store::groups::touch(tx, team.id, &changes.changed(), made.at).await?;

    let events = told(directory, changes, &mappings);
    store::events::append(tx, &events, made).await?;
    let people = changes.people();
    granting::settle(tx, team.id, (&changes.concerned(), &people), made).await?;
    group_roles::settle(tx, team, &people, made).await
}

/// That what there is then is not too much.
async fn bounded(tx: &Tx, place: (Uuid, Uuid), changes: &Changes) -> Result<()> {
    if changes.created.is_empty() && changes.joined.is_empty() {
        return Ok(());
    }
    let size = |count: u64| usize::try_from(count).unwrap_or(usize::MAX);
    let groups = size(store::groups::count(tx, place).await?);
    let members = size(store::group_members::count(tx, place.0).await?);
    let groups = (groups + changes.created.len()).saturating_sub(changes.deleted.len());
    let members = (members + changes.joined.len()).saturating_sub(changes.left.len());
    groups::bounded(groups, members)
}

/// The events of changes, in the order in which somebody who follows them can understand them.
fn told(directory: &Directory, changes: &Changes, mappings: &[Mapping]) -> Vec<Happening> {
    let of = |event_type, group| happened(directory, event_type, group);
    let mut events = Vec::new();
    let created = changes.created.iter();
    events.extend(created.map(|group| of(EventType::GroupCreated, group.id).into()));
    let updated = changes.updated.iter().map(|(group, fields)| {
        let mut event = of(EventType::GroupUpdated, group.id);
        event.place.changed_fields = fields.iter().map(|name| (*name).to_owned()).collect();
        event.into()
    });
    events.extend(updated);
    for (event_type, pairs) in [
        (EventType::GroupMemberRemoved, &changes.left),
        (EventType::GroupMemberAdded, &changes.joined),
    ] {
        events.extend(pairs.iter().map(|(group, user)| {
            let mut event = of(event_type, *group);
            event.user_id = Some(*user);
            event.into()
        }));
    }
    let ended = mappings.iter().map(|mapping| {
        let mut event = of(EventType::GroupMappingDeleted, mapping.group_id);
        event.place.target = Some(mapping.target);
        event.into()
    });
    events.extend(ended);
    let deleted = changes.deleted.iter();
    events.extend(deleted.map(|group| of(EventType::GroupDeleted, group.id).into()));
    events
}

/// Something that happened to a group.
pub(super) struct Happened {
    event_type: EventType,
    team_id: Uuid,
    pub(super) user_id: Option<Uuid>,
    pub(super) place: GroupPlace,
}

pub(super) const fn happened(
    directory: &Directory,
    event_type: EventType,
    group: Uuid,
) -> Happened {
    Happened {
        event_type,
        team_id: directory.team_id,
        user_id: None,
        place: GroupPlace {
            directory_id: directory.id,
            group_id: group,
            target: None,
            changed_fields: Vec::new(),
        },
    }
}

impl From<Happened> for Happening {
    fn from(happened: Happened) -> Self {
        Self {
            event_type: happened.event_type,
            team_id: Some(happened.team_id),
            user_id: happened.user_id,
            payload: Payload::Group(happened.place),
        }
    }
}

/// A page of a directory's groups.
///
/// # Errors
/// `TEAM_NOT_FOUND`, `PERMISSION_MISSING`, `DIRECTORY_NOT_FOUND`.
pub async fn list(
    ctx: &Context,
    caller: &Caller,
    (team, directory): (Uuid, Uuid),
    cut: (Option<Uuid>, u64),
) -> Result<Page<Seen>> {
    let team = authority::look(ctx, caller, (team, None)).await?;
    let db = &ctx.store;
    find(db, (team.id, directory)).await?;
    let page = store::groups::page(db, team.id, cut).await?;
    let ids: Vec<Uuid> = page.items.iter().map(|group| group.id).collect();
    let counts = store::group_members::counts(db, team.id, &ids).await?;
    let mut mappings: HashMap<Uuid, Vec<Mapping>> = HashMap::new();
    for mapping in store::group_mappings::of_groups(db, team.id, &ids).await? {
        mappings.entry(mapping.group_id).or_default().push(mapping);
    }
    let items = page.items.into_iter().map(|group| Seen {
        members: counts.get(&group.id).copied().unwrap_or_default(),
        mappings: mappings.remove(&group.id).unwrap_or_default(),
        group,
    });
    Ok(Page {
        items: items.collect(),
        next: page.next,
    })
}

/// A page of who is in a group, with the directory's ids.
///
/// # Errors
/// `TEAM_NOT_FOUND`, `PERMISSION_MISSING`, `DIRECTORY_NOT_FOUND`, `GROUP_NOT_FOUND`.
pub async fn members(
    ctx: &Context,
    caller: &Caller,
    ((team, directory), group): ((Uuid, Uuid), Uuid),
    cut: (Option<Uuid>, u64),
) -> Result<Page<(Uuid, String)>> {
    let team = authority::look(ctx, caller, (team, None)).await?;
    let db = &ctx.store;
    let directory = find(db, (team.id, directory)).await?;
    let group = of(db, &directory, group).await?;
    store::group_members::page(db, (team.id, group.id), cut).await
}

/// A group that the directory must have.
pub(super) async fn of(db: &impl Reads, directory: &Directory, id: Uuid) -> Result<Group> {
    let place = (directory.team_id, directory.id);
    let group = store::groups::by_id(db, place, id).await?;
    group.ok_or_else(|| groups::missing(id))
}
