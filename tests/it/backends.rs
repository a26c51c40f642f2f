//! Which databases the suite runs on, and a fresh database for each test.

use std::{
    collections::BTreeSet,
    env, process,
    sync::{Arc, MutexGuard},
    thread,
};

use muster::{
    error::Result as Answer,
    store::{Store, StoreOptions, migrate, migrate::MigrationLock},
};

use crate::{
    postgres::{self, Cluster},
    sqlite::Template,
};

/// Names the backends that must run, comma-separated; a missing one then fails the run.
const VARIABLE: &str = "MUSTER_TEST_BACKENDS";

/// A kind of database that can give each test its own.
pub(crate) enum Backend {
    /// Files, copied from a migrated one.
    Sqlite(Template),
    /// Databases of a private cluster, copied from a migrated one.
    Postgres(Cluster),
}

impl Backend {
    /// The first part of a test's name.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Sqlite(_) => "sqlite",
            Self::Postgres(_) => "postgres",
        }
    }

    /// An empty, migrated database that nobody else has. Called outside any runtime.
    pub(crate) fn database(&self) -> Database {
        match self {
            Self::Sqlite(template) => template.database(),
            Self::Postgres(cluster) => cluster.database(),
        }
    }

    /// A database whose transactions may take long and disturb no other test.
    pub(crate) fn database_apart(&self) -> (Option<MutexGuard<'_, ()>>, Database) {
        match self {
            Self::Sqlite(template) => (None, template.database()),
            Self::Postgres(cluster) => {
                let (alone, database) = cluster.database_apart();
                (Some(alone), database)
            }
        }
    }

    fn stop(&self) {
        match self {
            Self::Sqlite(template) => template.remove(),
            Self::Postgres(cluster) => cluster.stop(),
        }
    }
}

/// One test's database; it goes when this is dropped.
pub(crate) struct Database {
    /// Where it is, as `--database-url` takes it.
    pub(crate) url: String,
    cleanup: Option<Box<dyn FnOnce() + Send>>,
}

impl Database {
    /// The database at `url`, which `cleanup` removes.
    pub(crate) fn new(url: String, cleanup: impl FnOnce() + Send + 'static) -> Self {
        Self {
            url,
            cleanup: Some(Box::new(cleanup)),
        }
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        if let Some(cleanup) = self.cleanup.take() {
            cleanup();
        }
    }
}

/// The backends to run on, told in one line on stderr; none if one that was asked for is missing.
#[expect(clippy::print_stderr, reason = "a test run speaks to its terminal")]
pub(crate) fn find_and_say() -> Option<Backends> {
    match find(asked().as_ref()) {
        Ok((backends, line)) => {
            eprintln!("{line}");
            stop_on_interrupt(backends.clone());
            Some(Backends(backends))
        }
        Err(complaint) => {
            eprintln!("{VARIABLE}: {complaint}");
            None
        }
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "a setting of the test run, not of the service"
)]
fn asked() -> Option<BTreeSet<String>> {
    let names = env::var(VARIABLE).ok()?;
    Some(
        names
            .split(',')
            .map(|name| name.trim().to_owned())
            .collect(),
    )
}

fn find(asked: Option<&BTreeSet<String>>) -> Result<(Vec<Arc<Backend>>, String), String> {
    let known = ["sqlite", "postgres"];
    if let Some(name) = asked
        .iter()
        .copied()
        .flatten()
        .find(|name| !known.contains(&name.as_str()))
    {
        return Err(format!(
            "no backend is called {name:?}; there are {known:?}"
        ));
    }
    let wanted = |name: &str| asked.is_none_or(|names| names.contains(name));

    let (mut backends, mut ran, mut absent) = (Vec::new(), Vec::new(), Vec::new());
    if wanted("sqlite") {
        backends.push(Arc::new(Backend::Sqlite(Template::new())));
        ran.push("sqlite".to_owned());
    } else {
        absent.push(format!("sqlite not asked for by {VARIABLE}"));
    }
    if wanted("postgres") {
        match postgres::find() {
            Ok(installation) => {
                ran.push(format!("postgres ({installation})"));
                backends.push(Arc::new(Backend::Postgres(Cluster::new(installation))));
            }
            Err(why) if asked.is_some() => {
                return Err(format!("postgres was asked for, but {why}"));
            }
            Err(why) => absent.push(format!("postgres left out: {why}")),
        }
    } else {
        absent.push(format!("postgres not asked for by {VARIABLE}"));
    }

    let ran = format!("databases: {}", ran.join(", "));
    Ok((backends, [vec![ran], absent].concat().join("; ")))
}

/// The backends of a run. What they started is stopped when this is dropped, whatever the reason.
pub(crate) struct Backends(Vec<Arc<Backend>>);

impl Backends {
    /// One after the other.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Arc<Backend>> {
        self.0.iter()
    }
}

impl Drop for Backends {
    fn drop(&mut self) {
        stop(&self.0);
    }
}

fn stop(backends: &[Arc<Backend>]) {
    for backend in backends {
        backend.stop();
    }
}

/// On Ctrl-C: stops the backends, then ends the process.
fn stop_on_interrupt(backends: Vec<Arc<Backend>>) {
    thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .expect("a runtime for the signal");
        if runtime.block_on(tokio::signal::ctrl_c()).is_ok() {
            stop(&backends);
            process::exit(130);
        }
    });
}

/// Runs a future on a runtime of its own, for what a backend does before any test's runtime exists.
pub(crate) fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime for the database")
        .block_on(future)
}

/// Brings an empty database up to this binary's schema, and leaves no connection to it.
pub(crate) fn migrate(url: &str) -> Answer<()> {
    let options = StoreOptions {
        url: url.to_owned(),
        pool_size: 1,
    };
    block_on(async {
        let store = Store::connect(&options).await?;
        let lock = MigrationLock::acquire(&options).await?;
        migrate::up(&store, &lock).await?;
        store.close().await
    })
}
