//! Roles by groups: whoever is in a mapped group is at least what it gives.

use std::collections::BTreeMap;

use uuid::Uuid;

use crate::{
    domain::{roles::Role, teams::Team},
    error::{Error, Reason, Result},
    store::{self, Tx, events::Made},
};

/// Makes the roles of these people what their own and their groups' say; what they are already is no change. Custom roles are
/// nobody's but his own. The number of statements does not depend on that of the people, but for chunks. The caller holds the
/// team's lock.
pub(in crate::app) async fn settle(
    tx: &Tx,
    team: &Team,
    users: &[Uuid],
    made: Made<'_>,
) -> Result<()> {
    if users.is_empty() {
        return Ok(());
    }
    let given = store::group_roles::given(tx, team.id, users).await?;
    let (mut forgotten, mut remembered) = (Vec::new(), Vec::new());
    let mut moved: BTreeMap<u8, (Role, Vec<Uuid>)> = BTreeMap::new();
    for (user, held) in store::group_roles::held(tx, team, users).await? {
        let then = held.with(given.get(&user).copied());
        if then.own != held.own {
            if held.own.is_some() {
                forgotten.push(user);
            }
            remembered.extend(then.own.map(|own| (user, own)));
        }
        if then.role != held.role {
            let of_role = moved.entry(then.role.rank());
            of_role.or_insert((then.role, Vec::new())).1.push(user);
        }
    }
    store::group_roles::forget(tx, &[team.id], &forgotten).await?;
    store::group_roles::remember(tx, team.id, &remembered).await?;
    for (role, users) in moved.values() {
        store::standing_changes::set_roles(tx, team, users, *role).await?;
        let changed = (team, &users[..], "role");
        store::events::append_of_changed_members(tx, changed, made).await?;
    }
    Ok(())
}

/// That somebody's groups do not give him more than this role, by which an admin would make him less than he is.
///
/// # Errors
/// `DIRECTORY_MANAGED`.
pub(in crate::app) async fn may_be(tx: &Tx, team: &Team, (user, role): (Uuid, Role)) -> Result<()> {
    let given = store::group_roles::given(tx, team.id, &[user]).await?;
    let higher = given.get(&user).filter(|given| given.rank() > role.rank());
    match higher {
        Some(_) => Err(Error::Refused(Reason::DirectoryManaged)),
        None => Ok(()),
    }
}
