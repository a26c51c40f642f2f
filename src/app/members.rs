//! Looking at the members of a team.

use uuid::Uuid;

use super::{Context, no_member, team};
use crate::{
    clock::Time,
    domain::{
        members::{Member, MemberFilter},
        pages::Page,
    },
    error::Result,
    store,
};

/// One member, and the moment at which it was read.
///
/// # Errors
/// `TEAM_NOT_FOUND`, `MEMBER_NOT_FOUND`.
pub async fn get(ctx: &Context, team_id: Uuid, user_id: Uuid) -> Result<(Member, Time)> {
    let now = ctx.clock.now();
    let team = team(ctx, team_id).await?;
    let member = store::members::find(&ctx.store, &team, user_id)
        .await?
        .ok_or_else(|| no_member(user_id))?;
    Ok((member, now))
}

/// A page of a team's members, and the moment at which it was read.
///
/// # Errors
/// `TEAM_NOT_FOUND`.
pub async fn list(
    ctx: &Context,
    team_id: Uuid,
    filter: &MemberFilter,
    (after, size): (Option<Uuid>, u64),
) -> Result<(Page<Member>, Time)> {
    let now = ctx.clock.now();
    let team = team(ctx, team_id).await?;
    let page = store::members::page(&ctx.store, &team, filter, (after, size, now)).await?;
    Ok((page, now))
}
