//! What wakes readers of the log: a commit of this process, or PostgreSQL's word of another's. It is a hint and may be
//! lost; readers look by themselves now and then.

use std::{sync::Arc, time::Duration};

use sea_orm::sqlx::{
    self,
    postgres::{PgListener, PgPool, PgPoolOptions},
};
use tokio::{sync::Notify, task::JoinSet};

use super::Store;

/// The channel on which processes tell each other.
const CHANNEL: &str = "muster_events";

/// How long listening rests after trouble.
const REST: Duration = Duration::from_secs(1);

/// Wakes one reader of the log. On PostgreSQL it also tells the other processes of what this one commits, until it is
/// dropped.
pub struct Wakes {
    woken: Arc<Notify>,
    _others: Option<JoinSet<()>>,
}

impl Store {
    /// Makes the reader look once, as after a commit.
    pub fn wake_reader(&self) {
        self.appended.notify_one();
    }

    /// What wakes the one reader of this process.
    #[must_use]
    pub fn wakes(&self) -> Wakes {
        if !self.is_shared() {
            return Wakes {
                woken: Arc::clone(&self.appended),
                _others: None,
            };
        }
        let options = self
            .readers
            .get_postgres_connection_pool()
            .connect_options();
        // One to listen, one to tell.
        let connections = PgPoolOptions::new()
            .max_connections(2)
            .connect_lazy_with(options.as_ref().clone());
        let woken = Arc::new(Notify::new());
        let mut others = JoinSet::new();
        others.spawn(hear(connections.clone(), Arc::clone(&woken)));
        others.spawn(tell(
            connections,
            Arc::clone(&self.appended),
            Arc::clone(&woken),
        ));
        Wakes {
            woken,
            _others: Some(others),
        }
    }
}

impl Wakes {
    /// Returns when events may have come.
    pub async fn next(&self) {
        self.woken.notified().await;
    }
}

/// Tells this process's reader of its commits, and then the other processes, off the path of the writes: commits that come
/// while a word is under way share the next one.
async fn tell(connections: PgPool, appended: Arc<Notify>, woken: Arc<Notify>) {
    loop {
        appended.notified().await;
        woken.notify_one();
        let told = sqlx::query("SELECT pg_notify($1, '')")
            .bind(CHANNEL)
            .execute(&connections)
            .await;
        if let Err(error) = told {
            tracing::warn!(%error, "other processes were not told of events; they look by themselves");
        }
    }
}

async fn hear(connections: PgPool, heard: Arc<Notify>) {
    loop {
        match listen(&connections, &heard).await {
            Ok(never) => match never {},
            Err(error) => {
                tracing::warn!(%error, "other processes' events are not heard; looking by itself");
            }
        }
        tokio::time::sleep(REST).await;
    }
}

async fn listen(
    connections: &PgPool,
    heard: &Notify,
) -> Result<std::convert::Infallible, sqlx::Error> {
    let mut listener = PgListener::connect_with(connections).await?;
    listener.listen(CHANNEL).await?;
    loop {
        // Also for what was said before it listened, or while its connection was broken, which is what `None` means.
        heard.notify_one();
        let _word_or_none = listener.try_recv().await?;
    }
}
