//! Looking at the members of a team.

use uuid::Uuid;

use super::{Context, no_member, team};
use crate::{
    domain::{
        members::{Member, MemberFilter},
        pages::{Page, Position},
    },
    error::Result,
    store,
};

/// One member.
///
/// # Errors
/// `TEAM_NOT_FOUND`, `MEMBER_NOT_FOUND`.
pub async fn get(ctx: &Context, team_id: Uuid, user_id: Uuid) -> Result<Member> {
    let team = team(ctx, team_id).await?;
    store::members::find(&ctx.store, &team, user_id)
        .await?
        .ok_or_else(|| no_member(user_id))
}

/// A page of a team's members.
///
/// # Errors
/// `TEAM_NOT_FOUND`.
pub async fn list(
    ctx: &Context,
    team_id: Uuid,
    filter: &MemberFilter,
    (after, size): (Option<Position>, u64),
) -> Result<Page<Member>> {
    let now = ctx.clock.now();
    let team = team(ctx, team_id).await?;
    store::lists::members(&ctx.store, &team, filter, (after, size, now)).await
}
