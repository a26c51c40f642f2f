//! The built program: started in a folder of its own, with an environment of its own.

use std::{
    env, fs,
    io::{BufRead, BufReader, Read},
    os::unix::fs::PermissionsExt,
    path::PathBuf,
    process::{Child, Command, ExitStatus, Output, Stdio},
    sync::{Arc, Mutex, PoisonError, mpsc},
    thread::{self, JoinHandle},
    time::Instant,
};

use libtest_mimic::Trial;
use muster::ids;
use tonic::{
    service::interceptor::InterceptedService,
    transport::{Channel, Endpoint},
};
use tonic_health::pb::{
    HealthCheckRequest, health_check_response::ServingStatus, health_client::HealthClient,
};

use crate::{
    harness::{BearerKey, Keyed},
    waiting::{LOOK_EVERY, PATIENCE, until},
};

/// A module's tests that start the program themselves and run once.
pub(crate) fn trials<const N: usize>(module: &str, tests: [(&str, fn()); N]) -> Vec<Trial> {
    let module = module.split_once("::").map_or(module, |(_, module)| module);
    let trial = |(name, test): (&str, fn())| {
        Trial::test(format!("{module}::{name}"), move || {
            test();
            Ok(())
        })
    };
    tests.into_iter().map(trial).collect()
}

/// A folder to work in; it goes when this is dropped.
pub(crate) struct Folder(PathBuf);

impl Folder {
    /// An empty one.
    pub(crate) fn new() -> Self {
        let path = env::temp_dir().join(format!("muster-it-{}", ids::nonce()));
        fs::create_dir(&path).expect("a folder");
        Self(path)
    }

    /// A file in it.
    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    /// What a file in it holds.
    pub(crate) fn read(&self, name: &str) -> String {
        fs::read_to_string(self.file(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    /// Writes a file in it.
    pub(crate) fn write(&self, name: &str, text: &str) {
        fs::write(self.file(name), text).expect("a file");
    }

    /// Who may read and write a file in it.
    pub(crate) fn mode(&self, name: &str) -> u32 {
        let metadata = fs::metadata(self.file(name)).expect("a file");
        metadata.permissions().mode() & 0o777
    }

    /// The program with these arguments, working here, its environment empty.
    pub(crate) fn muster(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_muster"));
        command
            .args(arguments)
            .current_dir(&self.0)
            .env_clear()
            .stdin(Stdio::null());
        command
    }

    /// Runs the program to its end.
    pub(crate) fn run(&self, arguments: &[&str]) -> Output {
        self.muster(arguments).output().expect("the program")
    }

    /// A server on this folder's own database and a free port.
    pub(crate) fn serve(&self) -> Server {
        Server::start(self.muster(&["--listen", "127.0.0.1:0"]))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        drop(fs::remove_dir_all(&self.0));
    }
}

/// The exit code; panics if a signal ended the program.
pub(crate) fn code(status: ExitStatus) -> i32 {
    status.code().expect("an exit, not a signal")
}

/// What a program said on stdout.
pub(crate) fn said(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).expect("UTF-8")
}

/// What a program complained of on stderr.
pub(crate) fn complaint(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).expect("UTF-8")
}

/// A running `muster serve`; killed when this is dropped.
pub(crate) struct Server {
    child: Child,
    /// Where it listens.
    pub(crate) address: String,
    log: Arc<Mutex<String>>,
    reading: Option<JoinHandle<()>>,
}

impl Server {
    /// Starts a command that serves, and returns when it listens. Its log is read as JSON.
    pub(crate) fn start(command: Command) -> Self {
        Self::try_start(command).unwrap_or_else(|output| panic!("{}", complaint(&output)))
    }

    /// The same; what it said if it ended instead.
    pub(crate) fn try_start(mut command: Command) -> Result<Self, Output> {
        command
            .env("MUSTER_LOG", "json")
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = command.spawn().expect("the program");
        let log = Arc::new(Mutex::new(String::new()));
        let (found, listening) = mpsc::channel();
        let stderr = BufReader::new(child.stderr.take().expect("a pipe"));
        let kept = Arc::clone(&log);
        let reading = thread::spawn(move || {
            for line in stderr.lines().map_while(Result::ok) {
                if let Some(address) = address(&line) {
                    // Only the first one is waited for.
                    drop(found.send(address));
                }
                let mut log = kept.lock().unwrap_or_else(PoisonError::into_inner);
                log.push_str(&line);
                log.push('\n');
            }
        });
        let mut server = Self {
            child,
            address: String::new(),
            log,
            reading: Some(reading),
        };
        match listening.recv_timeout(PATIENCE) {
            Ok(address) => {
                server.address = address;
                Ok(server)
            }
            Err(_) => Err(server.ended()),
        }
    }

    /// Asks it to end, as a supervisor does, and waits; what it said.
    pub(crate) fn stop(mut self) -> Output {
        let id = self.child.id().to_string();
        let sent = Command::new("kill").args(["-TERM", &id]).status();
        assert!(sent.expect("kill").success());
        self.ended()
    }

    /// What it logged until now.
    pub(crate) fn log(&self) -> String {
        let log = self.log.lock().unwrap_or_else(PoisonError::into_inner);
        log.clone()
    }

    /// Where directories come in.
    pub(crate) fn web(&self) -> String {
        let log = self.log();
        let mut lines = log.lines();
        let http = lines.find_map(|line| serving(line, "http"));
        http.expect("a door for directories")
    }

    /// The program with these arguments, told where this server is.
    pub(crate) fn call(&self, folder: &Folder, arguments: &[&str]) -> Command {
        let mut command = folder.muster(arguments);
        command.env("MUSTER_ADDRESS", format!("http://{}", self.address));
        command
    }

    /// A connection without a key.
    pub(crate) fn channel(&self) -> Channel {
        let endpoint = Endpoint::from_shared(format!("http://{}", self.address));
        endpoint.expect("an address").connect_lazy()
    }

    /// A connection with this key.
    pub(crate) fn keyed(&self, key: &str) -> Keyed {
        InterceptedService::new(self.channel(), BearerKey::new(key.trim()))
    }

    /// Waits until it says that it serves.
    pub(crate) async fn becomes_healthy(&self) {
        let health = HealthClient::new(self.channel());
        until("it serves", async || {
            let request = HealthCheckRequest::default();
            let answer = health.clone().check(request).await.ok()?.into_inner();
            (answer.status() == ServingStatus::Serving).then_some(())
        })
        .await;
    }

    fn ended(&mut self) -> Output {
        let status = self.end();
        let mut stdout = Vec::new();
        if let Some(mut out) = self.child.stdout.take() {
            out.read_to_end(&mut stdout).expect("its answers");
        }
        if let Some(reading) = self.reading.take() {
            reading.join().expect("its log");
        }
        let stderr = self.log.lock().unwrap_or_else(PoisonError::into_inner);
        Output {
            status,
            stdout,
            stderr: stderr.clone().into_bytes(),
        }
    }

    fn end(&mut self) -> ExitStatus {
        let begun = Instant::now();
        loop {
            match self.child.try_wait().expect("a child") {
                Some(status) => return status,
                None if begun.elapsed() > PATIENCE => panic!("it does not end"),
                None => thread::sleep(LOOK_EVERY),
            }
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended already.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// The address in the log line that says that it serves.
fn address(line: &str) -> Option<String> {
    serving(line, "address")
}

/// A field of the log line that says that it serves.
fn serving(line: &str, field: &str) -> Option<String> {
    let line: serde_json::Value = serde_json::from_str(line).ok()?;
    let fields = line.get("fields")?;
    (fields.get("message")? == "serving").then(|| fields.get(field)?.as_str().map(str::to_owned))?
}
