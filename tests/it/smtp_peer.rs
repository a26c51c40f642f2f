//! A mail server that holds a real SMTP dialogue on a loopback port, remembers what it was told, and misbehaves on demand.

use std::{
    collections::VecDeque,
    io,
    net::{Ipv4Addr, SocketAddr},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use base64::{Engine, engine::general_purpose::STANDARD};
use tokio::{
    io::{AsyncBufReadExt, AsyncRead, AsyncWrite, AsyncWriteExt, BufReader, empty},
    net::{TcpListener, TcpStream},
    task::{JoinHandle, JoinSet},
};
use tokio_rustls::TlsAcceptor;

/// When the peer speaks TLS.
#[derive(Clone)]
pub(crate) enum Encryption {
    /// Never.
    Never,
    /// Once it was told `STARTTLS`. It would take a login before, too.
    OnDemand(TlsAcceptor),
    /// From the first byte.
    FromTheStart(TlsAcceptor),
}

/// A point of the dialogue at which the peer can be told to misbehave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    /// Once the client has connected.
    Greeting,
    /// On `MAIL FROM`.
    Sender,
    /// On `RCPT TO`.
    Recipient,
    /// On `DATA`.
    Data,
    /// Once the whole letter has come.
    Letter,
}

/// What the peer does instead of what it should.
#[derive(Debug, Clone)]
pub(crate) enum Act {
    /// Answers this line, such as `550 5.1.1 no such user`.
    Reply(String),
    /// Closes the connection without a word.
    HangUp,
    /// Says nothing more and keeps the connection open.
    Stall,
}

/// A letter that the peer took.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Delivery {
    /// The envelope's sender.
    pub(crate) from: String,
    /// The envelope's recipients.
    pub(crate) to: Vec<String>,
    /// The letter, without the dots that SMTP adds.
    pub(crate) raw: Vec<u8>,
}

/// A mail server on a port of its own. Dropping it closes every connection.
pub(crate) struct SmtpPeer {
    address: SocketAddr,
    state: Arc<Mutex<State>>,
    task: JoinHandle<()>,
}

#[derive(Default)]
struct State {
    login: Option<(String, String)>,
    acts: VecDeque<(Step, Act)>,
    commands: Vec<String>,
    deliveries: Vec<Delivery>,
    connections: usize,
}

impl SmtpPeer {
    /// Starts a peer without TLS. With a login (user, password) it takes letters only from those who give it.
    pub(crate) async fn start(login: Option<(&str, &str)>) -> io::Result<Self> {
        Self::start_with(login, Encryption::Never).await
    }

    /// Starts a peer that speaks TLS when it is told to.
    pub(crate) async fn start_with(
        login: Option<(&str, &str)>,
        encryption: Encryption,
    ) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let state = Arc::new(Mutex::new(State {
            login: login.map(|(user, password)| (user.to_owned(), password.to_owned())),
            ..State::default()
        }));
        let task = tokio::spawn(serve(listener, encryption, Arc::clone(&state)));
        Ok(Self {
            address,
            state,
            task,
        })
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// The next time that the dialogue is at `step`, the peer does `act`. Acts for one step are done in the order given.
    pub(crate) fn next(&self, step: Step, act: Act) {
        lock(&self.state).acts.push_back((step, act));
    }

    /// The command lines so far, without line ends; the answers to an `AUTH` challenge are among them.
    pub(crate) fn commands(&self) -> Vec<String> {
        lock(&self.state).commands.clone()
    }

    /// Takes the letters out, oldest first.
    pub(crate) fn take(&self) -> Vec<Delivery> {
        std::mem::take(&mut lock(&self.state).deliveries)
    }

    /// How many connections there were.
    pub(crate) fn connections(&self) -> usize {
        lock(&self.state).connections
    }
}

impl Drop for SmtpPeer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn serve(listener: TcpListener, encryption: Encryption, state: Arc<Mutex<State>>) {
    // Dropped with this task, and every dialogue with it.
    let mut dialogues = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        lock(&state).connections += 1;
        let dialogue = open(stream, encryption.clone(), Arc::clone(&state));
        // A client that goes away is no failure of the peer.
        dialogues.spawn(async move { dialogue.await?.hold().await });
    }
}

async fn open(
    stream: TcpStream,
    encryption: Encryption,
    state: Arc<Mutex<State>>,
) -> io::Result<Dialogue> {
    let (stream, upgrade): (Box<dyn Stream>, _) = match encryption {
        Encryption::Never => (Box::new(stream), None),
        Encryption::OnDemand(tls) => (Box::new(stream), Some(tls)),
        Encryption::FromTheStart(tls) => (Box::new(tls.accept(stream).await?), None),
    };
    Ok(Dialogue {
        stream: BufReader::new(stream),
        upgrade,
        state,
        logged_in: false,
        from: None,
        to: Vec::new(),
    })
}

trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}

impl<S: AsyncRead + AsyncWrite + Unpin + Send> Stream for S {}

struct Dialogue {
    stream: BufReader<Box<dyn Stream>>,
    /// For `STARTTLS`, until it was said.
    upgrade: Option<TlsAcceptor>,
    state: Arc<Mutex<State>>,
    logged_in: bool,
    from: Option<String>,
    to: Vec<String>,
}

impl Dialogue {
    async fn hold(mut self) -> io::Result<()> {
        self.answer(Step::Greeting, "220 peer.example ESMTP")
            .await?;
        while let Some(line) = self.line().await? {
            let line = String::from_utf8_lossy(&line).into_owned();
            lock(&self.state).commands.push(line.clone());
            let (verb, rest) = line.split_once(' ').unwrap_or((&line, ""));
            match verb.to_ascii_uppercase().as_str() {
                "EHLO" => self.say(&self.greeting()).await?,
                "HELO" | "NOOP" => self.say("250 OK").await?,
                "STARTTLS" => self.encrypt().await?,
                "AUTH" => self.log_in(rest).await?,
                "MAIL" if self.login_is_due() => {
                    self.say("530 5.7.0 Authentication required").await?;
                }
                "MAIL" if self.from.is_none() => self.sender(rest).await?,
                "RCPT" if self.from.is_some() => self.recipient(rest).await?,
                "DATA" if !self.to.is_empty() => self.data().await?,
                "RSET" => {
                    self.reset();
                    self.say("250 OK").await?;
                }
                "QUIT" => return self.say("221 2.0.0 Bye").await,
                "MAIL" | "RCPT" | "DATA" => self.say("503 5.5.1 Bad sequence").await?,
                _ => self.say("500 5.5.2 Unknown command").await?,
            }
        }
        Ok(())
    }

    fn greeting(&self) -> String {
        let login = lock(&self.state).login.is_some();
        let auth = if login {
            "250-AUTH PLAIN LOGIN\r\n"
        } else {
            ""
        };
        let tls = self.upgrade.as_ref().map_or("", |_| "250-STARTTLS\r\n");
        format!("250-peer.example\r\n{auth}{tls}250-8BITMIME\r\n250 SIZE 1000000")
    }

    async fn encrypt(&mut self) -> io::Result<()> {
        let Some(tls) = self.upgrade.take() else {
            return self.say("502 5.5.1 No TLS here").await;
        };
        self.say("220 2.0.0 Go on").await?;
        // What came in clear behind the command is dropped with the old reader.
        let clear = std::mem::replace(&mut self.stream, BufReader::new(Box::new(empty())));
        self.stream = BufReader::new(Box::new(tls.accept(clear.into_inner()).await?));
        self.logged_in = false;
        self.reset();
        Ok(())
    }

    fn login_is_due(&self) -> bool {
        !self.logged_in && lock(&self.state).login.is_some()
    }

    /// `AUTH PLAIN` with its initial response, and `AUTH LOGIN` with and without.
    async fn log_in(&mut self, rest: &str) -> io::Result<()> {
        let (mechanism, initial) = rest.split_once(' ').unwrap_or((rest, ""));
        let given = match mechanism.to_ascii_uppercase().as_str() {
            "PLAIN" => {
                let response = decoded(initial);
                let mut fields = response.split('\0').skip(1).map(str::to_owned);
                fields.next().zip(fields.next())
            }
            "LOGIN" => {
                let user = if initial.is_empty() {
                    self.challenge("Username:").await?
                } else {
                    decoded(initial)
                };
                Some((user, self.challenge("Password:").await?))
            }
            _ => return self.say("504 5.5.4 Unknown mechanism").await,
        };
        self.logged_in = given.is_some() && given == lock(&self.state).login;
        if self.logged_in {
            self.say("235 2.7.0 Accepted").await
        } else {
            self.say("535 5.7.8 Authentication failed").await
        }
    }

    async fn challenge(&mut self, prompt: &str) -> io::Result<String> {
        self.say(&format!("334 {}", STANDARD.encode(prompt)))
            .await?;
        let line = self.line().await?.unwrap_or_default();
        let line = String::from_utf8_lossy(&line).into_owned();
        lock(&self.state).commands.push(line.clone());
        Ok(decoded(&line))
    }

    async fn sender(&mut self, rest: &str) -> io::Result<()> {
        if self.answer(Step::Sender, "250 2.1.0 OK").await? {
            self.from = Some(path(rest));
        }
        Ok(())
    }

    async fn recipient(&mut self, rest: &str) -> io::Result<()> {
        if self.answer(Step::Recipient, "250 2.1.5 OK").await? {
            self.to.push(path(rest));
        }
        Ok(())
    }

    async fn data(&mut self) -> io::Result<()> {
        if !self.answer(Step::Data, "354 Go on").await? {
            return Ok(());
        }
        let mut raw = Vec::new();
        loop {
            let line = self.line().await?.ok_or(io::ErrorKind::UnexpectedEof)?;
            if line == b"." {
                break;
            }
            raw.extend_from_slice(line.strip_prefix(b".").unwrap_or(&line));
            raw.extend_from_slice(b"\r\n");
        }
        let delivery = Delivery {
            from: self.from.take().unwrap_or_default(),
            to: std::mem::take(&mut self.to),
            raw,
        };
        if self.answer(Step::Letter, "250 2.0.0 Queued").await? {
            lock(&self.state).deliveries.push(delivery);
        }
        Ok(())
    }

    fn reset(&mut self) {
        self.from = None;
        self.to.clear();
    }

    /// Says `reply`, or does what was planned for this step. Whether the dialogue may go on as usual.
    async fn answer(&mut self, step: Step, reply: &str) -> io::Result<bool> {
        let act = {
            let mut state = lock(&self.state);
            let planned = state.acts.iter().position(|(at, _)| *at == step);
            planned.and_then(|index| state.acts.remove(index))
        };
        match act.map(|(_, act)| act) {
            None => self.say(reply).await.map(|()| true),
            Some(Act::Reply(reply)) => self.say(&reply).await.map(|()| false),
            Some(Act::HangUp) => Err(io::ErrorKind::ConnectionAborted.into()),
            Some(Act::Stall) => std::future::pending().await,
        }
    }

    async fn say(&mut self, reply: &str) -> io::Result<()> {
        let reply = format!("{reply}\r\n");
        self.stream.get_mut().write_all(reply.as_bytes()).await
    }

    /// The next line without its end; none once the client has closed.
    async fn line(&mut self) -> io::Result<Option<Vec<u8>>> {
        let mut line = Vec::new();
        if self.stream.read_until(b'\n', &mut line).await? == 0 {
            return Ok(None);
        }
        while line
            .last()
            .is_some_and(|byte| matches!(byte, b'\r' | b'\n'))
        {
            line.pop();
        }
        Ok(Some(line))
    }
}

/// The address in `FROM:<a@b> ..` or `TO:<a@b> ..`.
fn path(rest: &str) -> String {
    let inner = rest
        .split_once('<')
        .and_then(|(_, rest)| rest.split_once('>'));
    inner.map_or_else(String::new, |(address, _)| address.to_owned())
}

fn decoded(base64: &str) -> String {
    let bytes = STANDARD.decode(base64).unwrap_or_default();
    String::from_utf8_lossy(&bytes).into_owned()
}
