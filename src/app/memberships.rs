//! What other services ask before they do something: who is a member, and what he may do.

use uuid::Uuid;

use super::{Caller, Context, authority};
use crate::{
    domain::{
        permissions::{Permission, Power},
        roles::Role,
    },
    error::{FieldViolation, Result, Rule},
    store,
};

/// The role of each of these people in the team beside him, if he is active there. A team that the caller does not see
/// has no members.
///
/// # Errors
/// On behalf of a person `TEAM_NOT_FOUND`, `PERMISSION_MISSING`, and `INVALID` if not all are of one team.
pub async fn check(
    ctx: &Context,
    caller: &Caller,
    pairs: &[(Uuid, Uuid)],
) -> Result<Vec<Option<Role>>> {
    if caller.actor.is_some() {
        may_ask(ctx, caller, pairs).await?;
    }
    let seen: Vec<(Uuid, Uuid)> = pairs
        .iter()
        .filter(|(team, _)| caller.team_id.is_none_or(|own| own == *team))
        .copied()
        .collect();
    let active = store::memberships::active(&ctx.store, &seen).await?;
    Ok(pairs.iter().map(|pair| active.get(pair).copied()).collect())
}

async fn may_ask(ctx: &Context, caller: &Caller, pairs: &[(Uuid, Uuid)]) -> Result<()> {
    let Some(((team, user), rest)) = pairs.split_first() else {
        return Ok(());
    };
    if let Some(index) = rest.iter().position(|(other, _)| other != team) {
        let field = format!("checks[{}].team_id", index + 1);
        return Err(FieldViolation::new(field, Rule::Exclusive).into());
    }
    // Whoever asks about one person only may be that person.
    let about = rest.iter().all(|(_, other)| other == user).then_some(*user);
    authority::look(ctx, caller, (*team, about)).await?;
    Ok(())
}

/// Which of these permissions a person holds in a team.
///
/// # Errors
/// `TEAM_NOT_FOUND`, `PERMISSION_MISSING`.
pub async fn test(
    ctx: &Context,
    caller: &Caller,
    (team_id, actor): (Uuid, Uuid),
    permissions: &[Permission],
) -> Result<Vec<Permission>> {
    let team = authority::look(ctx, caller, (team_id, Some(actor))).await?;
    let power = store::powers::of(&ctx.store, &team, actor).await?;
    let power = power.unwrap_or(Power::Powerless(actor));
    let held = permissions.iter().filter(|one| power.holds(**one));
    Ok(held.copied().collect())
}
