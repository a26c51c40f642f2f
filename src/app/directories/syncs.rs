//! Syncs: what a directory says of its people becomes so, all of it in one transaction or nothing.

use prost::Message;
use uuid::Uuid;

use super::{applying, find, group_syncs, planning};
use crate::{
    app::{
        Call, Context,
        authority::{self, Place},
        calls::once,
    },
    clock::Time,
    domain::{
        directories::Directory,
        groups::{self, GroupResult, RawGroup},
        syncs::{self, Entry, RawEntry, SyncMode},
        teams::Team,
    },
    error::{Error, Reason, Result},
    store::{self, Tx, events::Made},
};

pub use applying::Applied;

/// Make people what their directory says.
pub struct Sync {
    /// The team.
    pub team_id: Uuid,
    /// The directory.
    pub directory_id: Uuid,
    /// How it is meant.
    pub mode: SyncMode,
    /// What a delta comes after.
    pub after_cursor: Option<String>,
    /// What the next delta comes after.
    pub new_cursor: Option<String>,
    /// Whether as many may leave as will.
    pub removal_guard_override: bool,
    /// What the directory says of people.
    pub entries: Vec<RawEntry>,
    /// What it says of groups.
    pub groups: Vec<RawGroup>,
    /// Whether a snapshot has all of its groups.
    pub groups_included: bool,
}

/// Syncs a directory, as a service or somebody who looks after it asks.
///
/// # Errors
/// `TEAM_NOT_FOUND`, `PERMISSION_MISSING`, `DIRECTORY_NOT_FOUND`, `DIRECTORY_ENTITLEMENT_MISSING`, `CURSOR_MISMATCH`, `REMOVAL_GUARD`,
/// `GROUPS_USED_UP`, `GROUP_MEMBERS_USED_UP`.
pub async fn run<A: Message + Default>(
    ctx: &Context,
    call: &Call,
    command: &Sync,
    show: impl Fn((Directory, Applied, Vec<GroupResult>), Time) -> A,
) -> Result<A> {
    let now = ctx.clock.now();
    let place = Place::Team(command.team_id);
    let entries = &syncs::judge(command.mode, &command.entries)[..];
    let groups = &groups::judge(command.mode, &command.groups)[..];
    once(ctx, (call, place, now), show, |tx| async move {
        let tx = &tx;
        let (team, _) = authority::enter(tx, call.caller(), command.team_id).await?;
        let mut directory = find(tx, (team.id, command.directory_id)).await?;

        team.may_sync()?;
        follows(command, &directory)?;

        let manner = Manner {
            mode: command.mode,
            removal_guard_override: command.removal_guard_override,
        };
        let said = (entries, manner);
        let made = call.made(now);
        let applied = apply(ctx, tx, (&team, &directory), said, made).await?;
        let all = command.mode == SyncMode::Full && command.groups_included;
        let said = (groups, all);
        let grouped = group_syncs::apply(tx, (&team, &directory), said, made).await?;
        directory.cursor.clone_from(&command.new_cursor);
        directory.last_sync_time = Some(now);
        let cursor = directory.cursor.as_deref();
        store::directories::note_sync(tx, (team.id, directory.id), cursor, now).await?;
        Ok((directory, applied, grouped))
    })
    .await
}

/// That a delta comes after what the directory said last.
fn follows(command: &Sync, directory: &Directory) -> Result<()> {
    match command.mode {
        SyncMode::Full => Ok(()),
        SyncMode::Delta if command.after_cursor == directory.cursor => Ok(()),
        SyncMode::Delta => Err(Error::Refused(Reason::CursorMismatch)),
    }
}

/// How entries are taken.
#[derive(Debug, Clone, Copy)]
pub struct Manner {
    /// Whether they are all that there is.
    pub mode: SyncMode,
    /// Whether as many may leave as will.
    pub removal_guard_override: bool,
}

/// Makes people what their directory says: for every door to directories. The caller holds the team's lock and has asked whether its
/// plan lets it be done.
///
/// # Errors
/// `REMOVAL_GUARD`.
pub async fn apply(
    ctx: &Context,
    tx: &Tx,
    (team, directory): (&Team, &Directory),
    (entries, manner): (&[Entry], Manner),
    made: Made<'_>,
) -> Result<Applied> {
    let place = (team, directory);
    let plan = planning::plan(tx, place, (entries, manner.mode), made.at).await?;

    // Fewer may always leave, and then nobody is counted.
    if plan.leaving.len() >= syncs::GUARD_LEAST {
        let members = store::directory_users::count(tx, (team.id, directory.id)).await?;
        let members = usize::try_from(members).unwrap_or(usize::MAX);
        syncs::guard(plan.leaving.len(), members, manner.removal_guard_override)?;
    }

    applying::carry_out(ctx, tx, place, plan, made).await
}
