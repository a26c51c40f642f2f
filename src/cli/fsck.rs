//! `muster fsck`: whether what must be true of a database is, straight on it.

use std::process::ExitCode;

use uuid::Uuid;

use super::{
    CliError,
    args::FsckArgs,
    print::{self, Progress},
};
use crate::{
    server::start,
    store::{
        self, Snapshot, Store, StoreOptions,
        fsck::{Broken, Invariant},
    },
};

/// Tries every invariant in one state of the database.
///
/// # Errors
/// What the database says, and a team that does not exist.
pub async fn run(args: &FsckArgs) -> Result<ExitCode, CliError> {
    let store = Store::connect(&StoreOptions {
        url: args.database.check()?.expose().to_owned(),
        pool_size: 1,
    })
    .await?;
    start::complete(&store).await?;
    let snapshot = store.snapshot().await?;
    if let Some(team) = args.team {
        exists(&snapshot, team).await?;
    }
    let invariants: Vec<_> = store::fsck::all().collect();
    let (mut broken, all) = (0, invariants.len());
    for (done, invariant) in invariants.into_iter().enumerate() {
        let progress = Progress::new();
        progress.show(&format!("{done} of {all}: {}", invariant.name));
        let found = invariant.broken(&snapshot, args.team, args.show).await?;
        drop(progress);
        broken += usize::from(found.count > 0);
        show(invariant, &found)?;
    }
    snapshot.end().await?;
    if broken == 0 {
        print::answer(&format!("all {all} invariants hold"))?;
        Ok(ExitCode::SUCCESS)
    } else {
        print::answer(&format!("{broken} of {all} invariants are broken"))?;
        Ok(ExitCode::FAILURE)
    }
}

async fn exists(snapshot: &Snapshot, team: Uuid) -> Result<(), CliError> {
    if store::teams::by_ids(snapshot, &[team]).await?.is_empty() {
        return Err(CliError::new(format!("there is no team {team}")));
    }
    Ok(())
}

fn show(invariant: &Invariant, found: &Broken) -> Result<(), CliError> {
    let Invariant { name, sentence, .. } = invariant;
    if found.count == 0 {
        return print::answer(&format!("ok      {name}"));
    }
    let count = print::number(found.count);
    print::answer(&format!("broken  {name}: {count}, though {sentence}"))?;
    for row in &found.some {
        let ids: Vec<_> = row
            .iter()
            .map(|(name, id)| format!("{name} {}", print::plain(id)))
            .collect();
        print::answer(&format!("          {}", ids.join("  ")))?;
    }
    Ok(())
}
