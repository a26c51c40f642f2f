//! When keys were last used: noted in memory at every call, and stored now and then.

use std::collections::BTreeMap;

use crate::{
    app::Context,
    clock::Time,
    error::Result,
    store::{self, Store},
};

/// How many keys one transaction notes.
const TOGETHER: usize = 100;

/// Stores the last use of each key that this process saw since it was stored before; of how many. A use that another process
/// saw later stays. Whatever cannot be stored is kept for the next time.
///
/// # Errors
/// Only the database's.
pub async fn store_uses(ctx: &Context) -> Result<usize> {
    let mut waiting = ctx.keys.take_uses();
    let count = waiting.len();
    while !waiting.is_empty() {
        let rest = waiting.keys().nth(TOGETHER).cloned();
        let rest = rest.map_or_else(BTreeMap::new, |id| waiting.split_off(&id));
        if let Err(error) = write(&ctx.store, &waiting).await {
            for (id, used) in waiting.iter().chain(&rest) {
                ctx.keys.note_use(id, *used);
            }
            return Err(error);
        }
        waiting = rest;
    }
    Ok(count)
}

async fn write(store: &Store, uses: &BTreeMap<String, Time>) -> Result<()> {
    store
        .write(|tx| async move { store::keys::used(&tx, uses).await })
        .await
}
