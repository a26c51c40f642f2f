//! An OpenID provider on this machine, as far as muster sees one: its keys, at an address that counts who asks.

use std::sync::{
    Arc, Mutex, PoisonError,
    atomic::{AtomicUsize, Ordering},
};

use chrono::TimeDelta;
use muster::proto::{
    ClaimDomainRequest, CreateSsoConnectionRequest, DeleteSsoConnectionRequest, ListDomainsRequest,
    ListSsoConnectionsRequest, ProvisionSsoUserRequest, ProvisionSsoUserResponse,
    ReleaseDomainRequest, SsoAlgorithm, SsoConnection, Team, UpdateTeamRequest,
    VerifyDomainRequest, sso_service_client::SsoServiceClient,
};
use prost_types::FieldMask;
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};
use tonic::{Response, Status};

use crate::{
    harness::{Harness, Keyed},
    refusals::Outcome,
    signers::Signer,
};

/// The client id with which people sign in.
pub(crate) const AUDIENCE: &str = "muster-tests";

/// A provider.
pub(crate) struct Provider {
    /// Its issuer, which is also where it listens.
    pub(crate) issuer: String,
    shown: Arc<Mutex<(u16, String)>>,
    asked: Arc<AtomicUsize>,
}

impl Provider {
    /// One that shows these keys.
    pub(crate) async fn with(signers: &[&Signer]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        let provider = Self {
            issuer: format!("http://{address}"),
            shown: Arc::new(Mutex::new((200, key_set(signers)))),
            asked: Arc::default(),
        };
        let (shown, asked) = (Arc::clone(&provider.shown), Arc::clone(&provider.asked));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                asked.fetch_add(1, Ordering::SeqCst);
                let (status, body) = shown.lock().unwrap_or_else(PoisonError::into_inner).clone();
                tokio::spawn(answer(stream, status, body));
            }
        });
        provider
    }

    /// Shows other keys from now on.
    pub(crate) fn show(&self, signers: &[&Signer]) {
        self.answer(200, &key_set(signers));
    }

    /// Answers this from now on.
    pub(crate) fn answer(&self, status: u16, body: &str) {
        *self.shown.lock().unwrap_or_else(PoisonError::into_inner) = (status, body.to_owned());
    }

    /// How often it was asked.
    pub(crate) fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }

    /// The settings of a connection to it, just in time.
    pub(crate) fn connection(&self, team: &str) -> SsoConnection {
        SsoConnection {
            issuer: self.issuer.clone(),
            jwks_uri: format!("{}/jwks", self.issuer),
            ..offline(team, "Our provider")
        }
    }

    /// What a good token of somebody says.
    pub(crate) fn claims(&self, h: &Harness, subject: &str, email: &str) -> Value {
        claims(h, &self.issuer, subject, email)
    }
}

fn claims(h: &Harness, issuer: &str, subject: &str, email: &str) -> Value {
    let now = h.now();
    json!({
        "iss": issuer,
        "aud": AUDIENCE,
        "sub": subject,
        "iat": now.timestamp(),
        "exp": (now + TimeDelta::hours(1)).timestamp(),
        "email": email,
        "email_verified": true,
        "given_name": "Ivanna",
        "family_name": "Signed",
    })
}

/// A connection but for its issuer and keys, just in time.
fn offline(team: &str, name: &str) -> SsoConnection {
    SsoConnection {
        team_id: team.to_owned(),
        display_name: name.to_owned(),
        audience: AUDIENCE.to_owned(),
        algorithms: vec![SsoAlgorithm::Rs256.into()],
        jit_enabled: true,
        ..SsoConnection::default()
    }
}

async fn answer(mut stream: TcpStream, status: u16, body: String) {
    let mut request = Vec::new();
    let mut part = [0; 1_024];
    while !request.windows(4).any(|end| end == b"\r\n\r\n") {
        match stream.read(&mut part).await {
            Ok(0) | Err(_) => return,
            Ok(read) => request.extend_from_slice(&part[..read]),
        }
    }
    let length = body.len();
    let head = format!(
        "HTTP/1.1 {status} Whatever\r\ncontent-length: {length}\r\nlocation: /elsewhere\r\nconnection: close\r\n\r\n"
    );
    // Whoever asked may have gone: that is seen where it matters.
    let _ = stream
        .write_all(&[head.as_bytes(), body.as_bytes()].concat())
        .await;
    let _ = stream.shutdown().await;
}

/// A key set of these keys, with one that nobody can use here.
pub(crate) fn key_set(signers: &[&Signer]) -> String {
    let mut keys =
        vec![json!({"kty": "EC", "crv": "secp256k1", "x": "AA", "y": "AA", "kid": "odd"})];
    keys.extend(signers.iter().map(|signer| signer.jwk()));
    json!({ "keys": keys }).to_string()
}

/// What brings a token.
pub(crate) fn with_token(token: &str) -> ProvisionSsoUserRequest {
    ProvisionSsoUserRequest {
        id_token: token.to_owned(),
        ..ProvisionSsoUserRequest::default()
    }
}

impl Harness {
    /// `SsoService` with the operator's key.
    pub(crate) fn sso(&self) -> SsoServiceClient<Keyed> {
        SsoServiceClient::new(self.keyed_channel())
    }

    /// `SsoService` on behalf of a person.
    pub(crate) fn sso_as(&self, user: &str) -> SsoServiceClient<Keyed> {
        SsoServiceClient::with_interceptor(self.channel(), self.acting_as(user))
    }

    /// Makes a connection.
    pub(crate) async fn connect(&self, connection: SsoConnection) -> SsoConnection {
        let request = CreateSsoConnectionRequest {
            connection: Some(connection),
            ..CreateSsoConnectionRequest::default()
        };
        let answer = self.sso().create_sso_connection(request).await.answered();
        answer.connection.expect("the connection")
    }

    /// Sets settings of a team: those of a mask, separated by commas.
    pub(crate) async fn set_team(&self, team: &str, mask: &str, change: impl FnOnce(&mut Team)) {
        let mut wanted = Team {
            id: team.to_owned(),
            ..Team::default()
        };
        change(&mut wanted);
        let request = UpdateTeamRequest {
            team: Some(wanted),
            update_mask: Some(FieldMask {
                paths: mask.split(',').map(str::to_owned).collect(),
            }),
            ..UpdateTeamRequest::default()
        };
        self.teams().update_team(request).await.answered();
    }

    /// Claims a domain for a team, and verifies it.
    pub(crate) async fn own_domain(&self, team: &str, domain: &str) {
        let claim = ClaimDomainRequest {
            team_id: team.to_owned(),
            domain: domain.to_owned(),
            ..ClaimDomainRequest::default()
        };
        self.sso().claim_domain(claim).await.answered();
        let verify = VerifyDomainRequest {
            team_id: team.to_owned(),
            domain: domain.to_owned(),
            ..VerifyDomainRequest::default()
        };
        self.sso().verify_domain(verify).await.answered();
    }

    /// Signs somebody in.
    pub(crate) async fn sign_in(
        &self,
        token: &str,
    ) -> Result<Response<ProvisionSsoUserResponse>, Status> {
        self.sso().provision_sso_user(with_token(token)).await
    }

    /// Deletes all connections of a team, and releases its domains.
    pub(crate) async fn disconnect(&self, team: &str) {
        let list = ListSsoConnectionsRequest {
            team_id: team.to_owned(),
            ..ListSsoConnectionsRequest::default()
        };
        let listed = self.sso().list_sso_connections(list).await.answered();
        for one in listed.connections {
            let request = DeleteSsoConnectionRequest {
                team_id: team.to_owned(),
                connection_id: one.id,
                ..DeleteSsoConnectionRequest::default()
            };
            self.sso().delete_sso_connection(request).await.answered();
        }
        let list = ListDomainsRequest {
            team_id: team.to_owned(),
            ..ListDomainsRequest::default()
        };
        let listed = self.sso().list_domains(list).await.answered();
        for one in listed.domains {
            let request = ReleaseDomainRequest {
                team_id: team.to_owned(),
                domain: one.domain,
                ..ReleaseDomainRequest::default()
            };
            self.sso().release_domain(request).await.answered();
        }
    }

    /// A connection of a team whose provider shows its keys once and for all, and all that calls about it may name. `name` is
    /// used once.
    pub(crate) async fn sso_things(&self, team: &str, name: &str) -> Vec<(&'static str, String)> {
        self.sso_things_of(team, (name, "sso")).await
    }

    /// The same, whose token is of this person.
    pub(crate) async fn sso_things_of(
        &self,
        team: &str,
        (name, who): (&str, &str),
    ) -> Vec<(&'static str, String)> {
        let signer = Signer::rs256("one", 0);
        let issuer = format!("https://{name}.example");
        let made = SsoConnection {
            issuer: issuer.clone(),
            jwks: key_set(&[&signer]),
            ..offline(team, name)
        };
        let made = self.connect(made).await;
        let domain = format!("{name}.example");
        self.own_domain(team, &domain).await;
        let claims = claims(self, &issuer, "1", &format!("{who}@{domain}"));
        vec![
            ("connection_id", made.id),
            ("issuer", format!("https://new.{domain}")),
            ("audience", AUDIENCE.to_owned()),
            ("jwks_uri", format!("https://new.{domain}/jwks")),
            ("domain", domain),
            ("id_token", signer.token(&claims)),
        ]
    }
}
