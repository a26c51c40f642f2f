//! Accounts everywhere: an operator disables one, and enables it again.

use prost::Message;
use uuid::Uuid;

use super::{
    Call, Context,
    authority::{self, Place},
    calls::once,
    no_user,
};
use crate::{
    clock::Time,
    domain::{
        events::{EventType, Happening, Payload},
        permissions::Permission,
        users::{Access, User},
    },
    error::{Error, Result},
    store::{self, Tx, residual_letters::Where},
};

/// How many of the teams that somebody leads a refusal names.
const TEAMS_NAMED: u64 = 20;

/// Disables or enables an account. What is so already is no change.
///
/// # Errors
/// `PERMISSION_MISSING`, `USER_NOT_FOUND`, `PRIMARY_ADMIN_PROTECTED`, `ETAG_MISMATCH`.
pub async fn set_access<A: Message + Default>(
    ctx: &Context,
    call: &Call,
    (id, access): (Uuid, Access),
    show: impl Fn(User, Time) -> A,
) -> Result<A> {
    let now = ctx.clock.now();
    once(ctx, (call, Place::Deployment, now), show, |tx| async move {
        let tx = &tx;
        authority::operator(call.caller(), Permission::UsersUpdate)?;
        let user = lock(tx, id).await?;
        call.expect(&user.etag())?;

        let (is_so, event_type) = match access {
            Access::Disabled => (user.is_disabled_by_admin(), EventType::UserDisabled),
            Access::Enabled => (!user.is_disabled_by_admin(), EventType::UserEnabled),
        };
        if is_so {
            return Ok(user);
        }
        if access == Access::Disabled {
            leads_nobody(tx, id).await?;
        }

        store::users::set_access(tx, id, access, now).await?;
        if access == Access::Disabled {
            store::residual_letters::cancel(tx, id, Where::Anywhere, now).await?;
        }
        store::events::append(tx, &[happened(id, event_type)], call.made(now)).await?;
        lock(tx, id).await
    })
    .await
}

/// The account, locked: whoever changes it, or makes it a primary admin's, holds this. Somebody erased is nobody.
///
/// # Errors
/// `USER_NOT_FOUND`.
pub(super) async fn lock(tx: &Tx, id: Uuid) -> Result<User> {
    store::users::lock(tx, id)
        .await?
        .filter(|user| user.delete_time.is_none())
        .ok_or_else(|| no_user(id))
}

/// That an account is no primary admin's. The caller holds its lock.
///
/// # Errors
/// `PRIMARY_ADMIN_PROTECTED` with the teams.
pub(super) async fn leads_nobody(tx: &Tx, id: Uuid) -> Result<()> {
    let teams = store::erasures::led_by(tx, id, TEAMS_NAMED).await?;
    if teams.is_empty() {
        Ok(())
    } else {
        Err(Error::PrimaryOf(teams))
    }
}

/// The event of an account that no team and no field has to do with.
pub(super) const fn happened(user: Uuid, event_type: EventType) -> Happening {
    Happening {
        event_type,
        team_id: None,
        user_id: Some(user),
        payload: Payload::User(Vec::new()),
    }
}
