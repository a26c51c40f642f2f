//! Looking at the members of a team.

use uuid::Uuid;

use super::{Caller, Context, authority, no_member};
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
/// `TEAM_NOT_FOUND`, `PERMISSION_MISSING`, `MEMBER_NOT_FOUND`.
pub async fn get(
    ctx: &Context,
    caller: &Caller,
    (team_id, user_id): (Uuid, Uuid),
) -> Result<Member> {
    let team = authority::look(ctx, caller, (team_id, Some(user_id))).await?;
    store::members::find(&ctx.store, &team, user_id)
        .await?
        .ok_or_else(|| no_member(user_id))
}

/// A page of a team's members.
///
/// # Errors
/// `TEAM_NOT_FOUND`, `PERMISSION_MISSING`.
pub async fn list(
    ctx: &Context,
    caller: &Caller,
    (team_id, filter): (Uuid, &MemberFilter),
    (after, size): (Option<Position>, u64),
) -> Result<Page<Member>> {
    let now = ctx.clock.now();
    let team = authority::look(ctx, caller, (team_id, None)).await?;
    store::lists::members(&ctx.store, &team, filter, (after, size, now)).await
}
