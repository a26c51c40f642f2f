//! Joining over open invitations without their links, and what those who offer them may still give.

use std::collections::{HashMap, HashSet, hash_map::Entry};

use uuid::Uuid;

use crate::{
    domain::{
        admission::OpenInvitation,
        events::EventType,
        invitations::Settlement,
        members::Source,
        permissions::{Permission, Power},
        roles::Role,
        teams::Team,
    },
    error::{Error, Result},
    store::{self, Tx, events::Made},
};

/// Makes invited people active members, and settles their invitations. Whoever waits for more than his inviter may give now
/// becomes a member without it. The caller holds the locks of the team and the accounts.
pub(super) async fn join(
    tx: &Tx,
    (team, source): (&Team, Source),
    joins: &[(Uuid, OpenInvitation)],
    made: Made<'_>,
) -> Result<()> {
    if joins.is_empty() {
        return Ok(());
    }
    let now = made.at;
    let users: Vec<Uuid> = joins.iter().map(|(user, _)| *user).collect();
    let ids: Vec<Uuid> = joins.iter().map(|(_, invitation)| invitation.id).collect();
    let offers = joins
        .iter()
        .map(|(user, offer)| (*user, offer.inviter_user_id));
    let offers: Vec<_> = offers.collect();
    let lost = not_granted(tx, team, &offers).await?;
    let lost: Vec<Uuid> = lost.into_iter().collect();

    store::standing_changes::set_roles(tx, team, &lost, Role::Member).await?;
    store::member_roles::clear(tx, team.id, &lost).await?;
    store::outbox::cancel(tx, &ids, now).await?;
    store::invitations::settle(tx, &ids, Settlement::Accepted, now).await?;
    store::tokens::settle(tx, &ids, now).await?;
    store::invitations::cancel_delivery(tx, &ids).await?;
    store::standing_changes::activate(tx, team.id, &users, now).await?;
    // Whoever signs in stays with the way that he was invited by; a directory manages whom it has.
    if source == Source::Directory {
        store::standing_changes::set_source(tx, team.id, &users, source).await?;
    }
    store::events::append_of_invitations(tx, EventType::MemberJoined, (team, &ids), made).await
}

/// Those of these people for whom more waits, by role or custom roles, than the person who offers it may give now. A statement
/// for each person who offers something above a member.
///
/// # Errors
/// Only the database's.
pub(in crate::app) async fn not_granted(
    tx: &Tx,
    team: &Team,
    offers: &[(Uuid, Option<Uuid>)],
) -> Result<HashSet<Uuid>> {
    let offers: Vec<(Uuid, Uuid)> = offers
        .iter()
        .filter_map(|(user, inviter)| Some((*user, (*inviter)?)))
        .collect();
    let users: Vec<Uuid> = offers.iter().map(|(user, _)| *user).collect();
    let roles = store::members::roles(tx, team, &users).await?;
    let custom = store::member_roles::permissions_of(tx, team.id, &users).await?;
    let mut powers: HashMap<Uuid, Option<Power>> = HashMap::new();
    let mut lost = HashSet::new();
    for (user, inviter) in offers {
        let role = roles.get(&user).copied();
        let role = role.ok_or_else(|| Error::internal("an invitation without a member"))?;
        let held = custom.get(&user).map_or(&[][..], Vec::as_slice);
        let wanted = above_member(role);
        if wanted.is_none() && held.is_empty() {
            continue;
        }
        let power = match powers.entry(inviter) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(place) => place.insert(store::powers::of(tx, team, inviter).await?),
        };
        if !power
            .as_ref()
            .is_some_and(|power| gives(power, team.id, (wanted, held)))
        {
            lost.insert(user);
        }
    }
    Ok(lost)
}

/// The role, if it is one that somebody must be able to give. The primary admin's is the team's own to give, whoever sent him
/// the link again.
const fn above_member(role: Role) -> Option<Role> {
    match role {
        Role::PrimaryAdmin | Role::Member | Role::Guest => None,
        Role::SecondaryAdmin | Role::SsoAdmin => Some(role),
    }
}

fn gives(power: &Power, team: Uuid, (wanted, held): (Option<Role>, &[Permission])) -> bool {
    wanted.is_none_or(|role| power.grant(role, team).is_ok())
        && power.require_all(held, team).is_ok()
}
