//! What a caller may do in a team: the scope of its key was asked in front, here it is the key's team and the person for
//! whom it acts. Whoever changes something asks inside the transaction that writes.

use uuid::Uuid;

use super::{Context, calls::Caller, lock_team, no_team};
use crate::{
    domain::{
        permissions::{Permission, Power, denied},
        teams::Team,
    },
    error::Result,
    store::{self, Reads, Tx},
};

/// Where a call acts, and so whose authority it needs, should its answer be asked for once more.
#[derive(Debug, Clone, Copy)]
pub(super) enum Place {
    /// In a team.
    Team(Uuid),
    /// In a team, where the call itself takes the caller's authority away: asked for once more, its answer is given to
    /// whoever had it.
    Left(Uuid),
    /// In a team's hub.
    Hub(Uuid, Uuid),
    /// On one account, whatever its teams.
    Account(Uuid),
    /// On what is above teams.
    Deployment,
    /// On what a mailed link opens: its token is the authority.
    Link,
}

/// The team, locked, and what the caller may do there; that is at least the call's base permission.
///
/// # Errors
/// `TEAM_NOT_FOUND`, also to those who have nothing to do with the team; `PERMISSION_MISSING`.
pub(super) async fn enter(tx: &Tx, caller: &Caller, team_id: Uuid) -> Result<(Team, Power)> {
    sees(caller, team_id)?;
    let team = lock_team(tx, team_id).await?;
    let power = power(tx, caller, &team).await?;
    power.require(base(caller), team.id)?;
    Ok((team, power))
}

/// The team, locked, for whoever may do in one of its hubs what needs the call's base permission: who holds that in the team,
/// and the hub's own admins.
///
/// # Errors
/// As [`enter`].
pub(super) async fn enter_hub(
    tx: &Tx,
    caller: &Caller,
    (team_id, hub): (Uuid, Uuid),
) -> Result<(Team, Power)> {
    sees(caller, team_id)?;
    let team = lock_team(tx, team_id).await?;
    let power = power(tx, caller, &team).await?;
    let held = power.require(base(caller), team.id);
    or_own_hub(tx, &power, (team.id, Some(hub)), held).await?;
    Ok((team, power))
}

/// The team, for reading what is `about` one person only, or in one hub.
///
/// # Errors
/// As [`enter`].
pub(super) async fn look_hub(
    ctx: &Context,
    caller: &Caller,
    (team_id, hub, about): (Uuid, Option<Uuid>, Option<Uuid>),
) -> Result<Team> {
    sees(caller, team_id)?;
    let team = super::team(ctx, team_id).await?;
    let power = power(&ctx.store, caller, &team).await?;
    let held = power.require_about(base(caller), (team.id, about));
    or_own_hub(&ctx.store, &power, (team.id, hub), held).await?;
    Ok(team)
}

/// Whether it is his own hub alone that lets the caller look, and not at himself.
pub(super) async fn looks_by_hub(
    db: &impl Reads,
    caller: &Caller,
    (team, about): (&Team, Uuid),
) -> Result<bool> {
    let power = power(db, caller, team).await?;
    let held = power.require_about(base(caller), (team.id, Some(about)));
    Ok(held.is_err())
}

/// What the team does not let somebody do, his own hub may. Nobody without authority in the team has any in its hubs.
async fn or_own_hub(
    db: &impl Reads,
    power: &Power,
    (team, hub): (Uuid, Option<Uuid>),
    held: Result<()>,
) -> Result<()> {
    match (held, power, hub) {
        (Err(denied), Power::Person(user, ..), Some(hub)) => {
            if store::hub_admins::is_one(db, (team, hub), *user).await? {
                Ok(())
            } else {
                Err(denied)
            }
        }
        (held, ..) => held,
    }
}

/// The team, for reading what may be `about` one person only.
///
/// # Errors
/// As [`enter`].
pub(super) async fn look(
    ctx: &Context,
    caller: &Caller,
    (team_id, about): (Uuid, Option<Uuid>),
) -> Result<Team> {
    sees(caller, team_id)?;
    let team = super::team(ctx, team_id).await?;
    let power = power(&ctx.store, caller, &team).await?;
    power.require_about(base(caller), (team.id, about))?;
    Ok(team)
}

/// That the operator calls, for what concerns no single team.
///
/// # Errors
/// `PERMISSION_MISSING`.
pub(super) fn operator(caller: &Caller, permission: Permission) -> Result<()> {
    if caller.is_operator() {
        Ok(())
    } else {
        Err(denied(permission, None))
    }
}

/// That the operator calls, or the person whose account it is.
///
/// # Errors
/// `PERMISSION_MISSING`.
pub(super) async fn account(
    db: &impl Reads,
    caller: &Caller,
    (user, permission): (Uuid, Permission),
) -> Result<()> {
    // A key of one team sees nobody beyond it, not even the person for whom it acts.
    if caller.actor != Some(user) || caller.team_id.is_some() {
        return operator(caller, permission);
    }
    let own = store::users::by_id(db, user).await?;
    if own.is_some_and(|own| own.is_enabled()) {
        Ok(())
    } else {
        Err(denied(permission, None))
    }
}

/// That an answer which was given before may be given again.
///
/// # Errors
/// As when it was asked for the first time.
pub(super) async fn again(tx: &Tx, caller: &Caller, place: Place) -> Result<()> {
    match place {
        Place::Team(team) => enter(tx, caller, team).await.map(|_| ()),
        Place::Left(team) => sees(caller, team),
        Place::Hub(team, hub) => enter_hub(tx, caller, (team, hub)).await.map(|_| ()),
        Place::Account(user) => account(tx, caller, (user, base(caller))).await,
        Place::Deployment => operator(caller, base(caller)),
        Place::Link => Ok(()),
    }
}

/// The permission that the call needs first. Calls that need none ask for none.
fn base(caller: &Caller) -> Permission {
    caller.rule.permission.unwrap_or(Permission::KeysUpdate)
}

/// A key of one team sees no other.
fn sees(caller: &Caller, team_id: Uuid) -> Result<()> {
    match caller.team_id {
        Some(own) if own != team_id => Err(no_team(team_id)),
        _ => Ok(()),
    }
}

/// What the caller may do in a team.
pub(super) async fn power(db: &impl Reads, caller: &Caller, team: &Team) -> Result<Power> {
    match caller.actor {
        None if caller.is_operator() => Ok(Power::Operator),
        None => Ok(Power::Service),
        Some(actor) => store::powers::of(db, team, actor)
            .await?
            .ok_or_else(|| no_team(team.id)),
    }
}
