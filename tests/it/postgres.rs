//! PostgreSQL for the suite: one private cluster a run, one migrated database in it, and a copy of that for each test.

use std::{
    env,
    ffi::OsStr,
    fmt, fs,
    net::TcpListener,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
    process::Command,
    sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError},
    thread,
    time::Duration,
};

use sea_orm::ConnectionTrait;

use crate::backends::{Database, block_on, migrate};

/// The oldest version that muster supports.
const OLDEST: u32 = 15;
/// Where Debian keeps each version's programs.
const DEBIAN: &str = "/usr/lib/postgresql";
/// Nobody but this run uses the cluster and nothing in it outlives the run, so durability is not worth its time.
const OPTIONS: &str = "-c listen_addresses=127.0.0.1 -c unix_socket_directories='' -c max_connections=200 \
    -c fsync=off -c synchronous_commit=off -c full_page_writes=off";

/// PostgreSQL's programs.
#[derive(Clone)]
pub(crate) struct Installation {
    bin: PathBuf,
    version: u32,
}

impl fmt::Display for Installation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "version {} in {}", self.version, self.bin.display())
    }
}

/// The newest installation in PATH or Debian's place, or why there is none to use.
#[expect(
    clippy::disallowed_methods,
    reason = "where programs are is the machine's to say, not a setting"
)]
pub(crate) fn find() -> Result<Installation, String> {
    let debian = fs::read_dir(DEBIAN).into_iter().flatten().flatten();
    let path = env::var_os("PATH").unwrap_or_default();
    let newest = env::split_paths(&path)
        .chain(debian.map(|version| version.path().join("bin")))
        .filter_map(|bin| {
            Some(Installation {
                version: version(&bin)?,
                bin,
            })
        })
        .max_by_key(|installation| installation.version)
        .ok_or_else(|| format!("no initdb, postgres and pg_ctl in PATH or {DEBIAN}/*/bin"))?;
    if newest.version < OLDEST {
        return Err(format!(
            "the newest is {newest} and {OLDEST} is the oldest that muster supports"
        ));
    }
    Ok(newest)
}

fn version(bin: &Path) -> Option<u32> {
    if !["initdb", "pg_ctl"]
        .iter()
        .all(|program| bin.join(program).exists())
    {
        return None;
    }
    let answer = Command::new(bin.join("postgres"))
        .arg("--version")
        .output()
        .ok()?;
    // "postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)"
    let text = String::from_utf8(answer.stdout).ok()?;
    text.split_whitespace()
        .nth(2)?
        .split(|c: char| !c.is_ascii_digit())
        .next()?
        .parse()
        .ok()
}

/// The run's cluster; it starts when the first test asks.
pub(crate) struct Cluster {
    installation: Installation,
    state: Mutex<State>,
    apart: OnceLock<Box<Cluster>>,
    alone: Mutex<()>,
}

enum State {
    Idle,
    Running(Arc<Running>),
    Over,
}

struct Running {
    folder: PathBuf,
    port: u16,
    copies: Mutex<u32>,
}

impl Cluster {
    /// Nothing is started yet.
    pub(crate) fn new(installation: Installation) -> Self {
        Self {
            installation,
            state: Mutex::new(State::Idle),
            apart: OnceLock::new(),
            alone: Mutex::new(()),
        }
    }

    /// A database of another cluster, which stops with this one, for one test at a time: a transaction that stays open
    /// holds up the events of every database of its cluster, and so every other test's.
    pub(crate) fn database_apart(&self) -> (MutexGuard<'_, ()>, Database) {
        let new = || Box::new(Self::new(self.installation.clone()));
        let apart = self.apart.get_or_init(new);
        (lock(&apart.alone), apart.database())
    }

    /// A database of its own for one test.
    pub(crate) fn database(&self) -> Database {
        let running = self.running();
        let mut copies = lock(&running.copies);
        *copies += 1;
        let name = format!("it_{copies}");
        running.execute(&format!("CREATE DATABASE {name} TEMPLATE template_muster"));
        drop(copies);

        Database::new(running.url(&name), move || {
            running.execute(&format!("DROP DATABASE {name} WITH (FORCE)"));
        })
    }

    /// Stops the cluster and removes its folder. Safe to call twice, and while tests still run.
    pub(crate) fn stop(&self) {
        if let Some(apart) = self.apart.get() {
            apart.stop();
        }
        // Locked to the end: the process must not end while another thread is still at it.
        let mut state = lock(&self.state);
        match std::mem::replace(&mut *state, State::Over) {
            State::Running(running) => self.remove(&running.folder),
            State::Idle | State::Over => {}
        }
    }

    fn running(&self) -> Arc<Running> {
        let mut state = lock(&self.state);
        match &*state {
            State::Running(running) => Arc::clone(running),
            State::Over => panic!("PostgreSQL is stopped, or did not start"),
            State::Idle => {
                // Should the start panic, the tests after this one need not wait for the same.
                *state = State::Over;
                let running = Arc::new(self.start());
                *state = State::Running(Arc::clone(&running));
                running
            }
        }
    }

    fn start(&self) -> Running {
        let pattern = env::temp_dir().join("muster-it-postgres-XXXXXX");
        let folder = run("mktemp", ["-d".as_ref(), pattern.as_os_str()]).expect("a folder");
        let folder = PathBuf::from(folder.trim());
        // Sorted as people sort and not by bytes: a keyset without COLLATE "C" shall be noticed.
        let locale = [
            "--locale=C.UTF-8",
            "--locale-provider=icu",
            "--icu-locale=en",
        ];
        let fixed = [
            "-U",
            "postgres",
            "-A",
            "trust",
            "-E",
            "UTF8",
            "--no-sync",
            "-D",
        ];
        let data = folder.join("data");
        let arguments = locale
            .iter()
            .chain(&fixed)
            .map(OsStr::new)
            .chain([data.as_os_str()]);
        let running = run(self.installation.bin.join("initdb"), arguments)
            .and_then(|_| self.serve(&folder))
            .unwrap_or_else(|why| {
                self.remove(&folder);
                panic!("PostgreSQL did not start: {why}")
            });

        running.execute("CREATE DATABASE template_muster");
        if let Err(error) = migrate(&running.url("template_muster")) {
            self.remove(&folder);
            panic!("the migrations failed on PostgreSQL: {error}");
        }
        running
    }

    fn serve(&self, folder: &Path) -> Result<Running, String> {
        let port = TcpListener::bind("127.0.0.1:0")
            .and_then(|free| free.local_addr())
            .map_err(|e| e.to_string())?
            .port();
        let options = format!("-p {port} {OPTIONS}");
        let (data, log) = (folder.join("data"), folder.join("log"));
        let arguments = [
            "-D",
            text(&data),
            "-l",
            text(&log),
            "-w",
            "-o",
            &options,
            "start",
        ];
        run(self.installation.bin.join("pg_ctl"), arguments)?;
        Ok(Running {
            folder: folder.to_owned(),
            port,
            copies: Mutex::new(0),
        })
    }

    fn remove(&self, folder: &Path) {
        let data = folder.join("data");
        let arguments = ["-D", text(&data), "-m", "immediate", "-w", "stop"];
        // Not running is as good as stopped; the folder goes either way.
        drop(run(self.installation.bin.join("pg_ctl"), arguments));
        // The server's last processes may still write for a moment after it says that it stopped.
        for _ in 0..50 {
            if fs::remove_dir_all(folder).is_ok() || !folder.exists() {
                break;
            }
            thread::sleep(Duration::from_millis(100));
        }
    }
}

impl Running {
    fn url(&self, database: &str) -> String {
        format!("postgres://postgres@127.0.0.1:{}/{database}", self.port)
    }

    fn execute(&self, sql: &str) {
        block_on(async {
            let connection = sea_orm::Database::connect(self.url("postgres")).await?;
            connection.execute_unprepared(sql).await?;
            connection.close().await
        })
        .unwrap_or_else(|error| panic!("{sql}: {error}"));
    }
}

/// Runs a program as somebody whom PostgreSQL accepts (it refuses root), and answers its output.
fn run(
    program: impl AsRef<OsStr>,
    arguments: impl IntoIterator<Item = impl AsRef<OsStr>>,
) -> Result<String, String> {
    let mut command = if is_root() {
        let mut command = Command::new("runuser");
        command.args(["-u", "postgres", "--"]).arg(&program);
        command
    } else {
        Command::new(&program)
    };
    let answer = command
        .args(arguments)
        .current_dir("/")
        .output()
        .map_err(|error| error.to_string())?;
    if answer.status.success() {
        return Ok(String::from_utf8_lossy(&answer.stdout).into_owned());
    }
    let said = String::from_utf8_lossy(&answer.stderr).into_owned();
    Err(format!("{}: {said}", program.as_ref().display()))
}

fn is_root() -> bool {
    fs::metadata("/proc/self").is_ok_and(|this| this.uid() == 0)
}

fn text(path: &Path) -> &str {
    path.to_str().expect("a temporary folder with a UTF-8 name")
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
