//! What a directory says of one of its groups by SCIM.

use std::collections::{BTreeSet, HashMap, HashSet};

use uuid::Uuid;

use super::{
    super::{
        Context,
        directories::groups::{self, Changes},
    },
    Visitor, enter, made,
};
use crate::{
    domain::{
        directories::Directory,
        groups::Group,
        scim::{Condition, KeptGroup, ScimGroup, groups::MemberEdits},
        texts::ExternalId,
    },
    error::{Error, Result, ScimKind},
    ids,
    store::{self, Reads, Tx},
};

/// A group with those of its people who are to be shown.
pub struct Shown {
    /// The group.
    pub group: KeptGroup,
    /// Who is in it, if that is asked for.
    pub members: Vec<Uuid>,
}

/// One group of a directory; with its people, if they are wanted.
///
/// # Errors
/// `GROUP_NOT_FOUND`, also of groups that are not this directory's.
pub async fn get(
    ctx: &Context,
    directory: &Directory,
    (id, with_members): (Uuid, bool),
) -> Result<Shown> {
    shown(
        &ctx.store,
        (directory.team_id, directory.id),
        (id, with_members),
    )
    .await
}

/// How many groups of a directory are so, and some of them: after so many, so many.
///
/// # Errors
/// Only the database's.
pub async fn list(
    ctx: &Context,
    directory: &Directory,
    (condition, range, with_members): (&Condition, (u64, u64), bool),
) -> Result<(u64, Vec<Shown>)> {
    let (db, place) = (&ctx.store, (directory.team_id, directory.id));
    let (total, groups) = store::scim::groups::page(db, place, condition, range).await?;
    Ok((total, peopled(db, place, (groups, with_members)).await?))
}

/// Brings a group.
///
/// # Errors
/// `uniqueness`, `GROUPS_USED_UP`, `GROUP_MEMBERS_USED_UP`, `DIRECTORY_ENTITLEMENT_MISSING`, `CREDENTIAL_INVALID`.
pub async fn create(
    ctx: &Context,
    visitor: &Visitor,
    (wanted, with_members): (&ScimGroup, bool),
) -> Result<Shown> {
    let now = ctx.clock.now();
    let origin = &visitor.origin();
    let place = visitor.place();
    let work = |tx: Tx| async move {
        let tx = &tx;
        let team = enter(tx, visitor).await?;
        free(tx, place, (wanted, None)).await?;
        let people = people(tx, place, &wanted.members.added).await?;

        let id = ids::new(now);
        let mut changes = Changes::default();
        let key = wanted.external_id.clone();
        changes.created.push(Group {
            id,
            team_id: place.0,
            directory_id: place.1,
            external_id: key.unwrap_or_else(|| ExternalId::none(id)),
            display_name: wanted.display_name.clone(),
            create_time: now,
            update_time: now,
        });
        let mut people: Vec<Uuid> = people.into_iter().collect();
        people.sort_unstable();
        changes.joined = people.into_iter().map(|user| (id, user)).collect();
        let parties = (&team, &visitor.directory);
        groups::carry_out(tx, parties, &changes, made(origin, now)).await?;
        Ok(id)
    };
    // It may be large, and nobody waits for the team meanwhile.
    let id = ctx.store.write(work).await?;
    shown(&ctx.store, place, (id, with_members)).await
}

/// Changes a group into what `change` makes of it. What it is already is no change.
///
/// # Errors
/// `GROUP_NOT_FOUND`, those of `change`, and as [`create`].
pub async fn change(
    ctx: &Context,
    visitor: &Visitor,
    (id, with_members, change): (
        Uuid,
        bool,
        &(impl Fn(&KeptGroup) -> Result<ScimGroup> + Sync),
    ),
) -> Result<Shown> {
    let now = ctx.clock.now();
    let origin = &visitor.origin();
    let place = visitor.place();
    let work = |tx: Tx| async move {
        let tx = &tx;
        let team = enter(tx, visitor).await?;
        let kept = found(tx, place, id).await?;

        let wanted = &change(&kept)?;
        free(tx, place, (wanted, Some(id))).await?;

        let mut changes = Changes::default();
        move_members(tx, place, (id, &wanted.members), &mut changes).await?;
        let was = stored(&kept, place)?;
        let mut group = was.clone();
        group.display_name = wanted.display_name.clone();
        group.external_id = match &wanted.external_id {
            Some(key) => key.clone(),
            None if kept.external_id.is_none() => was.external_id.clone(),
            None => ExternalId::none(id),
        };
        group.update_time = now;
        let fields = [
            ("display_name", group.display_name != was.display_name),
            ("external_id", group.external_id != was.external_id),
        ];
        let fields = fields.into_iter().filter(|(_, differs)| *differs);
        let fields: Vec<&'static str> = fields.map(|(name, _)| name).collect();
        if !fields.is_empty() {
            changes.updated.push((group, fields));
        }
        let parties = (&team, &visitor.directory);
        groups::carry_out(tx, parties, &changes, made(origin, now)).await
    };
    ctx.store.write(work).await?;
    shown(&ctx.store, place, (id, with_members)).await
}

/// Takes a group away, and the access that it gave, if `check` lets it.
///
/// # Errors
/// `GROUP_NOT_FOUND`, those of `check`, `DIRECTORY_ENTITLEMENT_MISSING`, `CREDENTIAL_INVALID`.
pub async fn delete(
    ctx: &Context,
    visitor: &Visitor,
    (id, check): (Uuid, &(impl Fn(&KeptGroup) -> Result<()> + Sync)),
) -> Result<()> {
    let now = ctx.clock.now();
    let origin = &visitor.origin();
    let place = visitor.place();
    let work = |tx: Tx| async move {
        let tx = &tx;
        let team = enter(tx, visitor).await?;
        let kept = found(tx, place, id).await?;

        check(&kept)?;

        let mut changes = Changes::default();
        let nobody = MemberEdits::all(BTreeSet::new());
        move_members(tx, place, (id, &nobody), &mut changes).await?;
        changes.deleted.push(stored(&kept, place)?);
        let parties = (&team, &visitor.directory);
        groups::carry_out(tx, parties, &changes, made(origin, now)).await
    };
    ctx.store.write(work).await
}

/// Who comes into a group and who leaves it, of those who are not, or are, in it.
async fn move_members(
    tx: &Tx,
    place: (Uuid, Uuid),
    (id, edits): (Uuid, &MemberEdits),
    changes: &mut Changes,
) -> Result<()> {
    let mut wanted = people(tx, place, &edits.added).await?;
    let among: BTreeSet<Uuid> = edits.added.union(&edits.removed).copied().collect();
    let among = (!edits.replaced).then_some(&among);
    let held = store::scim::groups::held(tx, (place.0, id), among).await?;
    if !edits.replaced {
        wanted.extend(held.iter().filter(|user| !edits.removed.contains(*user)));
    }
    changes.replace(id, (&held, &wanted));
    Ok(())
}

/// Those of these people whom the directory has in its team. As in a sync, others are left out.
async fn people(tx: &Tx, place: (Uuid, Uuid), users: &BTreeSet<Uuid>) -> Result<HashSet<Uuid>> {
    let users: Vec<Uuid> = users.iter().copied().collect();
    store::group_members::known(tx, place, &users).await
}

/// That no other group of the directory has the id.
async fn free(tx: &Tx, place: (Uuid, Uuid), group: (&ScimGroup, Option<Uuid>)) -> Result<()> {
    if store::scim::groups::is_taken(tx, place, group).await? {
        let taken = ScimKind::Uniqueness.because("another group has the externalId");
        return Err(taken.into());
    }
    Ok(())
}

async fn found(db: &impl Reads, place: (Uuid, Uuid), id: Uuid) -> Result<KeptGroup> {
    let found = store::scim::groups::find(db, place, id).await?;
    found.ok_or_else(|| crate::domain::groups::missing(id))
}

async fn shown(
    db: &impl Reads,
    place: (Uuid, Uuid),
    (id, with_members): (Uuid, bool),
) -> Result<Shown> {
    let group = found(db, place, id).await?;
    let shown = peopled(db, place, (vec![group], with_members)).await?;
    let shown = shown.into_iter().next();
    shown.ok_or_else(|| Error::internal("a group that was found is not there"))
}

async fn peopled(
    db: &impl Reads,
    (team, _): (Uuid, Uuid),
    (groups, with_members): (Vec<KeptGroup>, bool),
) -> Result<Vec<Shown>> {
    let ids: Vec<Uuid> = groups.iter().map(|group| group.id).collect();
    let wanted = if with_members { &ids[..] } else { &[] };
    let mut members: HashMap<Uuid, Vec<Uuid>> = HashMap::new();
    for (group, user) in store::group_members::of_groups(db, team, wanted).await? {
        members.entry(group).or_default().push(user);
    }
    let shown = groups.into_iter().map(|group| Shown {
        members: members.remove(&group.id).unwrap_or_default(),
        group,
    });
    Ok(shown.collect())
}

fn stored(kept: &KeptGroup, (team, directory): (Uuid, Uuid)) -> Result<Group> {
    let name = crate::domain::names::GroupName::parse("display_name", &kept.display_name);
    Ok(Group {
        id: kept.id,
        team_id: team,
        directory_id: directory,
        external_id: ExternalId::kept(&kept.key)?,
        display_name: name.map_err(|broken| Error::kept(&broken))?,
        create_time: kept.create_time,
        update_time: kept.update_time,
    })
}
