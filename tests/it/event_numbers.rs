//! Events of a restored database: on PostgreSQL it counts its transactions anew, and the log must not.

use std::sync::Arc;

use libtest_mimic::Trial;
use muster::{
    app::{Context, keys},
    clock::Clock,
    config::Settings,
    domain::events::EventPosition,
    secrets::Secrets,
    store::{Store, StoreOptions, events},
};
use sea_orm::ConnectionTrait;

use crate::{backends::Backend, waiting::until};

/// Tests of one kind of database.
pub(crate) fn on_backend(backend: &Arc<Backend>) -> Vec<Trial> {
    let name = format!(
        "{}::event_numbers::a_restored_database_goes_on_numbering_above_its_log",
        backend.name()
    );
    let backend = Arc::clone(backend);
    vec![Trial::test(name, move || {
        let database = backend.database();
        let runtime = tokio::runtime::Runtime::new()?;
        runtime.block_on(a_restored_database_goes_on_numbering_above_its_log(
            &database.url,
        ));
        Ok(())
    })]
}

/// Where the log of the dump ended: far beyond what a new cluster has counted.
const DUMPED: EventPosition = EventPosition {
    batch: 1_000_000_000_000,
    ordinal: 2,
};

async fn a_restored_database_goes_on_numbering_above_its_log(url: &str) {
    let restored = sea_orm::Database::connect(url).await.expect("a database");
    let EventPosition { batch, ordinal } = DUMPED;
    for sql in [
        format!(
            "INSERT INTO events (batch, ordinal, create_time, type) VALUES ({batch}, {ordinal}, 1, 'TEAM_CREATED')"
        ),
        // What SQLite's own dump holds too.
        format!("UPDATE event_log SET last_batch = {batch}"),
    ] {
        restored.execute_unprepared(&sql).await.expect("a row");
    }
    restored.close().await.expect("closed");

    let options = StoreOptions {
        url: url.to_owned(),
        pool_size: 2,
    };
    let secrets = Secrets::generate().expect("randomness");
    let ctx = Context::new(
        Store::connect(&options).await.expect("a store"),
        Clock::System,
        Secrets::parse(&secrets).expect("secrets"),
        Settings::default(),
    );
    let mut last = DUMPED;
    for start in 0..2 {
        let healed = events::continue_numbering(&ctx.store).await;
        healed.expect("a healed log");
        assert_eq!(events::head(&ctx.store).await.expect("a head"), last);
        keys::create(&ctx, "tests").await.expect("a key");
        // Another test's transaction may still hold it back.
        last = until(&format!("what comes after start {start}"), async || {
            let head = events::head(&ctx.store).await.expect("a head");
            (head > last).then_some(head)
        })
        .await;
    }
}
