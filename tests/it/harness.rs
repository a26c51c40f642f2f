//! One test's world: the real server on a free port over a database of its own, a clock that stands, mail in memory.

use std::{future::Future, net::SocketAddr, pin::Pin, sync::Arc, thread, time::Duration};

use chrono::{DateTime, TimeDelta, Utc};
use libtest_mimic::Trial;
use muster::{
    app::{Context, keys},
    clock::{Clock, ManualClock},
    config::Settings,
    ids,
    mail::{
        relay::Relay,
        transport::{MemoryMailbox, SentMail},
    },
    proto::{
        event_service_client::EventServiceClient,
        invitation_service_client::InvitationServiceClient, key_service_client::KeyServiceClient,
        product_service_client::ProductServiceClient, role_service_client::RoleServiceClient,
        team_service_client::TeamServiceClient, user_service_client::UserServiceClient,
    },
    secrets::Secrets,
    server,
    store::{Store, StoreOptions},
};
use tokio::{
    net::TcpListener,
    sync::{OnceCell, oneshot},
    task::JoinHandle,
};

use tonic::{
    Request, Status,
    metadata::{Ascii, MetadataValue},
    service::{Interceptor, interceptor::InterceptedService},
    transport::{Channel, Endpoint},
};

use crate::{
    backends::{Backend, Database},
    web::WebServer,
};

/// When every test begins: 2026-03-01T12:00:00Z.
const START: i64 = 1_772_366_400;
/// What links begin with.
pub(crate) const PUBLIC_URL: &str = "https://muster.example";

/// A channel whose calls carry the operator's key.
pub(crate) type Keyed = InterceptedService<Channel, BearerKey>;
type Running<'a> = Pin<Box<dyn Future<Output = ()> + 'a>>;

/// One claim, to be held on every database.
pub(crate) struct Test {
    name: String,
    tune: fn(&mut Settings),
    body: for<'a> fn(&'a Harness) -> Running<'a>,
    apart: bool,
}

/// Lists a module's tests as `pub(crate) fn tests()`. `name with function` lets the function set
/// limits before the server starts.
macro_rules! tests {
    ($($name:ident $(with $tune:path)?),+ $(,)?) => {
        /// What this module claims.
        pub(crate) fn tests() -> Vec<$crate::harness::Test> {
            vec![$(
                $crate::harness::Test::new(module_path!(), stringify!($name), |harness| Box::pin($name(harness)))
                    $(.with($tune))?
            ),+]
        }
    };
}
pub(crate) use tests;

impl Test {
    /// The test `name` of a module.
    pub(crate) fn new(
        module: &str,
        name: &str,
        body: for<'a> fn(&'a Harness) -> Running<'a>,
    ) -> Self {
        let module = module.split_once("::").map_or(module, |(_, module)| module);
        Self {
            name: format!("{module}::{name}"),
            tune: |_| {},
            body,
            apart: false,
        }
    }

    /// The same with other settings.
    pub(crate) fn with(mut self, tune: fn(&mut Settings)) -> Self {
        self.tune = tune;
        self
    }

    /// The same where its long transactions disturb no other test.
    pub(crate) fn apart(mut self) -> Self {
        self.apart = true;
        self
    }

    /// The test on one kind of database.
    pub(crate) fn trial(self, backend: Arc<Backend>) -> Trial {
        Trial::test(format!("{}::{}", backend.name(), self.name), move || {
            let (_alone, database) = if self.apart {
                backend.database_apart()
            } else {
                (None, backend.database())
            };
            let runtime = tokio::runtime::Builder::new_multi_thread()
                .worker_threads(2)
                .enable_all()
                .build()?;
            runtime.block_on(async {
                let harness = Harness::start(&database, self.tune).await;
                (self.body)(&harness).await;
                harness.finish().await;
            });
            Ok(())
        })
    }
}

/// A running server and everything a test moves or looks at.
pub(crate) struct Harness {
    /// Stands until `advance`.
    pub(crate) clock: ManualClock,
    /// Where the server listens.
    pub(crate) address: SocketAddr,
    /// What the server works with.
    pub(crate) ctx: Context,
    /// Where its database is.
    pub(crate) database_url: String,
    /// Where the relay delivers to; `deliver` empties it.
    pub(crate) mailbox: MemoryMailbox,
    relay: Relay,
    channel: Channel,
    key_text: String,
    key: BearerKey,
    shutdown: Option<oneshot::Sender<()>>,
    server: Option<JoinHandle<()>>,
    pub(crate) web: OnceCell<WebServer>,
}

impl Harness {
    /// A server with default settings but for what `tune` changes.
    pub(crate) async fn start(database: &Database, tune: fn(&mut Settings)) -> Self {
        let start = DateTime::from_timestamp(START, 0).expect("a date");
        let clock = ManualClock::at(start);
        let mut settings = Settings::default();
        // The clock stands: what a burst has used up would never come back.
        settings.calls.calls_burst = 1_000_000;
        settings.calls.token_calls_burst = 1_000_000;
        settings.calls.new_credentials_burst = 1_000_000;
        tune(&mut settings);
        let options = StoreOptions {
            url: database.url.clone(),
            pool_size: settings.pool_size,
        };
        let store = Store::connect(&options).await.expect("a store");
        let secrets = Secrets::generate().expect("randomness");
        let ctx = Context::new(
            store,
            Clock::Manual(clock.clone()),
            Secrets::parse(&secrets).expect("secrets"),
            settings,
        );
        let key = keys::create(&ctx, "tests")
            .await
            .expect("an operator's key");

        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        let (shutdown, stopped) = oneshot::channel();
        let serving = server::serve(ctx.clone(), listener, async {
            drop(stopped.await);
        });
        let server = tokio::spawn(async { serving.await.expect("the server ends well") });

        let mailbox = MemoryMailbox::default();
        Self {
            clock,
            address,
            relay: Relay {
                store: ctx.store.clone(),
                clock: ctx.clock.clone(),
                secrets: ctx.secrets.clone(),
                settings: ctx.settings.clone(),
                transport: mailbox.clone().into(),
                sender: "Muster <muster@muster.example>".parse().expect("a sender"),
                public_url: PUBLIC_URL.to_owned(),
            },
            ctx,
            database_url: options.url,
            mailbox,
            channel: connection(address),
            key_text: key.text().to_owned(),
            key: BearerKey::new(key.text()),
            shutdown: Some(shutdown),
            server: Some(server),
            web: OnceCell::new(),
        }
    }

    /// `TeamService` with the operator's key.
    pub(crate) fn teams(&self) -> TeamServiceClient<Keyed> {
        TeamServiceClient::with_interceptor(self.channel.clone(), self.key.clone())
    }

    /// `UserService` with the operator's key.
    pub(crate) fn users(&self) -> UserServiceClient<Keyed> {
        UserServiceClient::with_interceptor(self.channel.clone(), self.key.clone())
    }

    /// `InvitationService` with the operator's key.
    pub(crate) fn invitations(&self) -> InvitationServiceClient<Keyed> {
        InvitationServiceClient::with_interceptor(self.channel.clone(), self.key.clone())
    }

    /// `EventService` with the operator's key.
    pub(crate) fn events(&self) -> EventServiceClient<Keyed> {
        EventServiceClient::with_interceptor(self.channel.clone(), self.key.clone())
    }

    /// The text of the operator's key.
    pub(crate) fn key(&self) -> &str {
        &self.key_text
    }

    /// The connection, without any key.
    pub(crate) fn channel(&self) -> Channel {
        self.channel.clone()
    }

    /// `RoleService` with the operator's key.
    pub(crate) fn roles(&self) -> RoleServiceClient<Keyed> {
        RoleServiceClient::with_interceptor(self.channel.clone(), self.key.clone())
    }

    /// `ProductService` with the operator's key.
    pub(crate) fn products(&self) -> ProductServiceClient<Keyed> {
        ProductServiceClient::with_interceptor(self.channel.clone(), self.key.clone())
    }

    /// `ProductService` on behalf of a person.
    pub(crate) fn products_as(&self, user: &str) -> ProductServiceClient<Keyed> {
        ProductServiceClient::with_interceptor(self.channel.clone(), self.acting_as(user))
    }

    /// The operator's key, with calls on behalf of a person: the clients below send both.
    pub(crate) fn acting_as(&self, user: &str) -> BearerKey {
        self.key.clone().acting_as(user)
    }

    /// `TeamService` on behalf of a person.
    pub(crate) fn teams_as(&self, user: &str) -> TeamServiceClient<Keyed> {
        TeamServiceClient::with_interceptor(self.channel.clone(), self.acting_as(user))
    }

    /// `UserService` on behalf of a person.
    pub(crate) fn users_as(&self, user: &str) -> UserServiceClient<Keyed> {
        UserServiceClient::with_interceptor(self.channel.clone(), self.acting_as(user))
    }

    /// `InvitationService` on behalf of a person.
    pub(crate) fn invitations_as(&self, user: &str) -> InvitationServiceClient<Keyed> {
        InvitationServiceClient::with_interceptor(self.channel.clone(), self.acting_as(user))
    }

    /// `EventService` on behalf of a person.
    pub(crate) fn events_as(&self, user: &str) -> EventServiceClient<Keyed> {
        EventServiceClient::with_interceptor(self.channel.clone(), self.acting_as(user))
    }

    /// `RoleService` on behalf of a person.
    pub(crate) fn roles_as(&self, user: &str) -> RoleServiceClient<Keyed> {
        RoleServiceClient::with_interceptor(self.channel.clone(), self.acting_as(user))
    }

    /// `KeyService` with the operator's key.
    pub(crate) fn keys(&self) -> KeyServiceClient<Keyed> {
        KeyServiceClient::with_interceptor(self.channel.clone(), self.key.clone())
    }

    /// A connection of its own without any key.
    pub(crate) fn anonymous_channel(&self) -> Channel {
        connection(self.address)
    }

    /// Another channel with the operator's key.
    pub(crate) fn keyed_by(&self, channel: Channel) -> Keyed {
        InterceptedService::new(channel, self.key.clone())
    }

    /// A transport of another kind with the operator's key.
    pub(crate) fn keyed_with<S>(&self, transport: S) -> InterceptedService<S, BearerKey> {
        InterceptedService::new(transport, self.key.clone())
    }

    /// A channel with the operator's key, for raw calls.
    pub(crate) fn keyed_channel(&self) -> Keyed {
        InterceptedService::new(self.channel.clone(), self.key.clone())
    }

    /// What the clock says.
    pub(crate) fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }

    /// Moves the clock forward.
    pub(crate) fn advance(&self, by: TimeDelta) {
        self.clock.advance(by);
    }

    /// An id of our form that names nothing.
    pub(crate) fn unknown_id(&self) -> String {
        ids::new(self.now()).to_string()
    }

    /// Steps the relay until nothing is due, and takes the letters that were sent.
    pub(crate) async fn deliver(&self) -> Vec<SentMail> {
        while self.relay.step().await.expect("a relay's step") > 0 {}
        self.mailbox.take()
    }

    /// The end of a test: every letter must have been read, and the server must end.
    pub(crate) async fn finish(mut self) {
        let unread = self.deliver().await;
        assert!(
            unread.is_empty(),
            "{} letters were posted that the test did not read",
            unread.len()
        );
        drop(self.shutdown.take());
        if let Some(web) = self.web.take() {
            web.close().await;
        }
        if let Some(server) = self.server.take() {
            // The last connection is ours; a server that drains well does not wait for it.
            let ended = tokio::time::timeout(Duration::from_secs(20), server).await;
            ended
                .expect("the server drains in time")
                .expect("the server ends well");
        }
    }
}

fn connection(address: SocketAddr) -> Channel {
    let endpoint = Endpoint::from_shared(format!("http://{address}")).expect("an address");
    endpoint.connect_lazy()
}

impl Drop for Harness {
    fn drop(&mut self) {
        let unread = self.mailbox.take().len();
        assert!(
            unread == 0 || thread::panicking(),
            "{unread} letters were sent that the test did not read"
        );
    }
}

/// Adds `authorization: Bearer ..` to each call, and for whom it is made.
#[derive(Clone)]
pub(crate) struct BearerKey {
    key: MetadataValue<Ascii>,
    actor: Option<MetadataValue<Ascii>>,
}

impl BearerKey {
    /// A key as its owner holds it.
    pub(crate) fn new(key: &str) -> Self {
        let key = format!("Bearer {key}");
        Self {
            key: key.parse().expect("a key of plain ASCII"),
            actor: None,
        }
    }

    /// The same key on behalf of a person.
    pub(crate) fn acting_as(mut self, user: &str) -> Self {
        self.actor = Some(user.parse().expect("an id"));
        self
    }
}

impl Interceptor for BearerKey {
    fn call(&mut self, mut request: Request<()>) -> Result<Request<()>, Status> {
        let metadata = request.metadata_mut();
        metadata.insert("authorization", self.key.clone());
        if let Some(actor) = &self.actor {
            metadata.insert("muster-actor", actor.clone());
        }
        Ok(request)
    }
}
