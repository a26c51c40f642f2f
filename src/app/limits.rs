//! The rates of single invitations, resends and changes of addresses. They count rows, so that every replica sees the same.

use std::{collections::HashMap, time::Duration};

use chrono::TimeDelta;
use uuid::Uuid;

use super::Context;
use crate::{
    clock::Time,
    domain::invitations::Invitation,
    error::{Error, Reason, Result},
    store::{self, Tx},
};

/// Whether the team may invite one more person singly now.
///
/// # Errors
/// `INVITATIONS_USED_UP`.
pub async fn single_invitation(ctx: &Context, tx: &Tx, team: Uuid, now: Time) -> Result<()> {
    let hour = TimeDelta::hours(1);
    let most = ctx.settings.single_invitations_per_hour;
    let made = store::outbox::single_since(tx, team, now - hour, most).await?;
    match made.last() {
        Some(oldest) if made.len() as u64 >= u64::from(most) => Err(Error::Exhausted(
            Reason::InvitationsUsedUp,
            until(*oldest + hour, now),
        )),
        _ => Ok(()),
    }
}

/// When invitations were resent within the last day, newest first.
pub struct Resends(HashMap<Uuid, Vec<Time>>);

impl Resends {
    /// Loads the resends of these invitations.
    ///
    /// # Errors
    /// Only the database's.
    pub async fn load(tx: &Tx, invitations: &[Uuid], now: Time) -> Result<Self> {
        let mut resends: HashMap<Uuid, Vec<Time>> = HashMap::new();
        let day = TimeDelta::days(1);
        for (invitation, time) in store::tokens::resends_since(tx, invitations, now - day).await? {
            resends.entry(invitation).or_default().push(time);
        }
        Ok(Self(resends))
    }

    /// Whether the invitation may be resent once more now.
    ///
    /// # Errors
    /// `RESENDS_USED_UP`, `RESEND_TOO_SOON`.
    pub fn allow(&self, ctx: &Context, invitation: &Invitation, now: Time) -> Result<()> {
        let times = self.0.get(&invitation.id);
        allow(ctx, times.map_or(&[], Vec::as_slice), now)
    }
}

/// Whether another address may be asked for once more now.
///
/// # Errors
/// `RESENDS_USED_UP`, `RESEND_TOO_SOON`.
pub async fn email_change(ctx: &Context, tx: &Tx, user: Uuid, now: Time) -> Result<()> {
    let since = now - TimeDelta::days(1);
    let times = store::email_changes::made_since(tx, user, since).await?;
    allow(ctx, &times, now)
}

/// Whether there may be one more after those of the last day, newest first.
fn allow(ctx: &Context, times: &[Time], now: Time) -> Result<()> {
    let most = usize::try_from(ctx.settings.resends_per_day).unwrap_or(usize::MAX);
    if let Some(oldest) = times.get(most.saturating_sub(1)) {
        return Err(Error::Exhausted(
            Reason::ResendsUsedUp,
            until(*oldest + TimeDelta::days(1), now),
        ));
    }
    let interval = TimeDelta::from_std(ctx.settings.resend_interval).unwrap_or(TimeDelta::MAX);
    match times.first() {
        Some(last) if now - *last < interval => Err(Error::Exhausted(
            Reason::ResendTooSoon,
            until(*last + interval, now),
        )),
        _ => Ok(()),
    }
}

fn until(then: Time, now: Time) -> Duration {
    (then - now).to_std().unwrap_or_default()
}
