//! Real servers on one database, and what the database itself says.

use std::{fs, path::Path};

use muster::mail::eml;
use sea_orm::{ConnectionTrait, DatabaseConnection, Statement};

use crate::{
    binary::{Folder, Server},
    waiting::until,
};

/// What one deployment's processes share.
pub(crate) struct Deployment {
    folder: Folder,
    url: String,
}

impl Deployment {
    /// One on a migrated, empty database.
    pub(crate) fn on(url: &str) -> Self {
        let folder = Folder::new();
        folder.write("secret", "k1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=");
        Self {
            folder,
            url: url.to_owned(),
        }
    }

    /// One more server. Letters of a dead one are soon another's.
    pub(crate) fn serve(&self) -> Server {
        let arguments = ["--listen", "127.0.0.1:0", "--operator-key-file", "key"];
        let mut command = self.folder.muster(&arguments);
        command
            .env("MUSTER_DATABASE_URL", &self.url)
            .env("MUSTER_SECRET_KEY_FILE", "secret")
            .env("MUSTER_RELAY_POLL", "20ms")
            .env("MUSTER_RELAY_LEASE", "1s")
            .env("MUSTER_WATCH_BATCH", "7")
            .env("MUSTER_WATCH_HEARTBEAT", "50ms");
        Server::start(command)
    }

    /// The operator's key, which the first server made.
    pub(crate) fn key(&self) -> String {
        self.folder.read("key").trim().to_owned()
    }

    /// The tokens of all letters that were sent, oldest first.
    pub(crate) fn tokens(&self) -> Vec<String> {
        let mut letters: Vec<_> = fs::read_dir(self.folder.file("outbox"))
            .into_iter()
            .flatten()
            .map(|entry| entry.expect("an entry").path())
            .filter(|path| is_letter(path))
            .collect();
        // Named by their ids, which grow.
        letters.sort();
        let links = letters
            .iter()
            .filter_map(|letter| eml::link(&fs::read(letter).ok()?));
        links
            .filter_map(|link| Some(link.rsplit_once('/')?.1.to_owned()))
            .collect()
    }
}

fn is_letter(path: &Path) -> bool {
    let name = path.file_name().and_then(|name| name.to_str());
    let is_draft = name.is_none_or(|name| name.starts_with('.'));
    !is_draft && path.extension().is_some_and(|ending| ending == "eml")
}

/// The database without any server in between.
pub(crate) struct Look(pub(crate) DatabaseConnection);

impl Look {
    /// A connection.
    pub(crate) async fn at(url: &str) -> Self {
        Self(sea_orm::Database::connect(url).await.expect("a database"))
    }

    /// A column called `it` of a query's rows.
    pub(crate) async fn column<T: sea_orm::TryGetable>(&self, query: &str) -> Vec<T> {
        let statement = Statement::from_string(self.0.get_database_backend(), query);
        let rows = self.0.query_all_raw(statement).await.expect("rows");
        rows.iter()
            .map(|row| row.try_get("", "it").expect("a column"))
            .collect()
    }

    /// The number that a query answers.
    pub(crate) async fn number(&self, query: &str) -> i64 {
        self.column(query).await[0]
    }

    /// Waits until no letter waits to be sent.
    pub(crate) async fn letters_are_sent(&self) {
        let waiting = "SELECT count(*) AS it FROM outbox WHERE state = 'QUEUED'";
        until("the letters are sent", async || {
            (self.number(waiting).await == 0).then_some(())
        })
        .await;
    }
}
