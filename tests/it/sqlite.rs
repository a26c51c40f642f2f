//! SQLite for the suite: one migrated file a run, and a copy of it for each test.

use std::{
    env, fs,
    path::PathBuf,
    process,
    sync::{
        OnceLock,
        atomic::{AtomicU32, Ordering},
    },
};

use crate::backends::{Database, migrate};

/// The folder with the migrated file, made when the first test asks.
pub(crate) struct Template {
    folder: PathBuf,
    file: OnceLock<PathBuf>,
    copies: AtomicU32,
}

impl Template {
    /// Nothing is made yet.
    pub(crate) fn new() -> Self {
        Self {
            folder: env::temp_dir().join(format!("muster-it-sqlite-{}", process::id())),
            file: OnceLock::new(),
            copies: AtomicU32::new(0),
        }
    }

    /// A copy in a folder of its own.
    pub(crate) fn database(&self) -> Database {
        let template = self.file.get_or_init(|| self.migrate());
        let number = self.copies.fetch_add(1, Ordering::Relaxed);
        let folder = self.folder.join(number.to_string());
        fs::create_dir(&folder).expect("a folder for the test's database");
        let file = folder.join("muster.db");
        fs::copy(template, &file).expect("a copy of the migrated database");

        Database::new(format!("sqlite://{}", file.display()), move || {
            // The folder of the whole run goes at its end; a leftover here is not worth a failure.
            drop(fs::remove_dir_all(folder));
        })
    }

    /// Removes everything, if there is anything.
    pub(crate) fn remove(&self) {
        drop(fs::remove_dir_all(&self.folder));
    }

    fn migrate(&self) -> PathBuf {
        fs::create_dir_all(&self.folder).expect("a folder for the run's databases");
        let file = self.folder.join("template.db");
        migrate(&format!("sqlite://{}", file.display())).expect("a migrated database");
        // A copy takes the one file: everything must have left the write-ahead log.
        let log = self.folder.join("template.db-wal");
        assert!(
            fs::metadata(log).map_or(0, |log| log.len()) == 0,
            "something holds the migrated database open"
        );
        file
    }
}
