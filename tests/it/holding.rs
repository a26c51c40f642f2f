//! Somebody else's transaction that holds a team until it is told to end, and with SQLite everything.

use std::sync::Arc;

use muster::{error::Result as Answer, store};
use sea_orm::{ConnectionTrait, Statement};
use store::Reads;
use tokio::{sync::Notify, task::JoinHandle};

use crate::{harness::Harness, waiting::until};

/// The holder.
pub(crate) struct Holder {
    told: Arc<Notify>,
    transaction: JoinHandle<Answer<()>>,
}

impl Holder {
    /// Whoever has the team when this returns.
    pub(crate) async fn of(h: &Harness, team: &str) -> Self {
        let (store, team) = (h.ctx.store.clone(), team.parse().expect("an id"));
        let (has, told) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
        let both = (Arc::clone(&has), Arc::clone(&told));
        let transaction = tokio::spawn(async move {
            let hold = async |tx, (has, told): (Arc<Notify>, Arc<Notify>)| {
                store::teams::lock(&tx, team).await?;
                has.notify_one();
                told.notified().await;
                Ok(())
            };
            store.write(|tx| hold(tx, both.clone())).await
        });
        has.notified().await;
        Self { told, transaction }
    }

    /// Lets it go.
    pub(crate) async fn release(self) {
        self.told.notify_one();
        let ended = self.transaction.await.expect("no panic");
        ended.expect("a good end");
    }
}

/// How many statements of this database wait for a lock; none with SQLite, which has no such list.
pub(crate) async fn waiting(h: &Harness) -> i64 {
    let connection = h.ctx.store.connection();
    if !h.ctx.store.is_shared() {
        return 0;
    }
    let waiting = "SELECT count(*) AS it FROM pg_stat_activity \
                   WHERE datname = current_database() AND wait_event_type = 'Lock'";
    let statement = Statement::from_string(connection.get_database_backend(), waiting);
    let row = connection.query_one_raw(statement).await.expect("a row");
    row.expect("a row").try_get("", "it").expect("a number")
}

/// Waits until nobody waits for a lock any more.
pub(crate) async fn nobody_waits(h: &Harness) {
    until("nobody waits for a lock", async || {
        (waiting(h).await == 0).then_some(())
    })
    .await;
}
