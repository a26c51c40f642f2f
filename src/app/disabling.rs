//! Disabling members in their team, and enabling them.

use prost::Message;
use uuid::Uuid;

use super::{
    Call, Context,
    authority::{self, Place},
    calls::once,
    members,
};
use crate::{
    clock::Time,
    domain::{events::EventType, members::Member},
    error::Result,
    store::{self, residual_letters::Where},
};

/// Disable or enable.
#[derive(Debug, Clone, Copy)]
pub enum Wanted {
    /// He passes no check here any more.
    Disabled,
    /// No admin's word is against him any more.
    Enabled,
}

/// Disables or enables a member. What is so already is no change.
///
/// # Errors
/// `TEAM_NOT_FOUND`, `PERMISSION_MISSING`, `MEMBER_NOT_FOUND`, `NOT_A_MEMBER`, `PRIMARY_ADMIN_PROTECTED`, `DIRECTORY_MANAGED`,
/// `ETAG_MISMATCH`.
pub async fn set<A: Message + Default>(
    ctx: &Context,
    call: &Call,
    ((team_id, user_id), wanted): ((Uuid, Uuid), Wanted),
    show: impl Fn(Member, Time) -> A,
) -> Result<A> {
    let now = ctx.clock.now();
    let place = Place::Team(team_id);
    once(ctx, (call, place, now), show, |tx| async move {
        let tx = &tx;
        let (team, power) = authority::enter(tx, call.caller(), team_id).await?;
        let member = members::find(tx, &team, user_id).await?;

        let (changes, disabled, event_type) = match wanted {
            Wanted::Disabled => (member.disable(&power)?, true, EventType::MemberDisabled),
            Wanted::Enabled => (member.enable(&power)?, false, EventType::MemberEnabled),
        };
        call.expect(&member.etag())?;
        if !changes {
            return Ok(member);
        }

        store::removals::set_disabled(tx, &team, user_id, disabled).await?;
        if disabled {
            let about = Where::Team(team.id);
            store::residual_letters::cancel(tx, user_id, about, now).await?;
        }
        let member = members::find(tx, &team, user_id).await?;
        let event = members::happened(&member, event_type, &[]);
        store::events::append(tx, &[event], call.made(now)).await?;
        Ok(member)
    })
    .await
}
