//! What wakes readers of the log: a commit of this process, or PostgreSQL's word of another's. It is a hint and may be
//! lost; readers look by themselves now and then.

use std::{sync::Arc, time::Duration};

use sea_orm::sqlx::{
    self,
    postgres::{PgListener, PgPool, PgPoolOptions},
};
use tokio::{sync::Notify, task::JoinHandle};

use super::Store;

/// The channel on which processes tell each other.
const CHANNEL: &str = "muster_events";

/// How long listening rests after trouble.
const REST: Duration = Duration::from_secs(1);

/// Wakes one reader of the log.
pub struct Wakes {
    appended: Arc<Notify>,
    others: Option<Others>,
}

/// The other processes of a shared database.
struct Others {
    connections: PgPool,
    heard: Arc<Notify>,
    listening: JoinHandle<()>,
}

impl Store {
    /// What wakes the one reader of this process.
    #[must_use]
    pub fn wakes(&self) -> Wakes {
        Wakes {
            appended: Arc::clone(&self.appended),
            others: self.is_shared().then(|| Others::listen(self)),
        }
    }
}

impl Wakes {
    /// Returns when events may have come. What this process committed is told to the others here, off the write path:
    /// commits that come while the word is under way share the next one.
    pub async fn next(&self) {
        match &self.others {
            None => self.appended.notified().await,
            Some(others) => tokio::select! {
                () = self.appended.notified() => others.tell().await,
                () = others.heard.notified() => {}
            },
        }
    }
}

impl Others {
    /// Listens on a connection of its own, beside one for telling.
    fn listen(store: &Store) -> Self {
        let options = store.readers.get_postgres_connection_pool();
        let connections = PgPoolOptions::new()
            .max_connections(2)
            .connect_lazy_with(options.connect_options().as_ref().clone());
        let heard = Arc::new(Notify::new());
        let listening = tokio::spawn(hear(connections.clone(), Arc::clone(&heard)));
        Self {
            connections,
            heard,
            listening,
        }
    }

    async fn tell(&self) {
        let told = sqlx::query("SELECT pg_notify($1, '')")
            .bind(CHANNEL)
            .execute(&self.connections)
            .await;
        if let Err(error) = told {
            tracing::warn!(%error, "other processes were not told of events; they look by themselves");
        }
    }
}

impl Drop for Others {
    fn drop(&mut self) {
        self.listening.abort();
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
