//! Client certificates in place of keys: whose calls they make, over TLS and from end to end.

use chrono::TimeDelta;
use muster::{
    app::keys,
    config::{ClientCertificates, TlsFiles},
    domain::keys::Scope,
    proto::{
        CreateTeamRequest, EventType, GetTeamRequest, ListEventsRequest, ListTeamsRequest,
        ListTeamsResponse, team_service_client::TeamServiceClient,
    },
};
use tokio::sync::oneshot;
use tonic::{
    Code, Request, Response, Status, service::interceptor::InterceptedService, transport::Channel,
};
use tonic_types::StatusExt;

use crate::{
    authorities::Authority,
    binary::Folder,
    events::list,
    fixtures::{MICROSECOND, team_called},
    harness::{BearerKey, Harness, tests},
    keyring::{certified, halves, of_team, service},
    refusals::Outcome,
    tls::{channel, files, secured},
};

tests![
    a_certificate_calls_as_the_key_that_names_it,
    a_certificate_acts_for_people_as_its_key_may,
    a_certificate_that_no_key_names_is_refused,
    a_header_decides_against_a_certificate,
    a_certificate_dies_with_its_key,
    a_certificate_has_the_scopes_and_the_team_of_its_key,
    no_certificate_is_no_credential,
];

const DNS: &str = "billing.acme.example";
const URI: &str = "spiffe://acme.example/billing";

/// A server on the harness's store that asks its callers for certificates of its own authority.
struct Door {
    address: String,
    authority: Authority,
    _folder: Folder,
    _stop: oneshot::Sender<()>,
}

impl Door {
    async fn open(h: &Harness, how: ClientCertificates) -> Self {
        let (folder, authority) = (Folder::new(), Authority::new());
        authority.furnish(&folder);
        let files = TlsFiles {
            client_ca: Some((folder.file("ca.pem"), how)),
            ..files(&folder)
        };
        let (address, stop) = secured(h, &files).await;
        Self {
            address,
            authority,
            _folder: folder,
            _stop: stop,
        }
    }

    /// A connection over which a certificate for these names was shown.
    fn shown(&self, names: &[&str], uris: &[&str]) -> Channel {
        let shown = self.authority.issue_for(names, uris);
        channel(&self.address, &self.authority, Some(shown))
    }

    /// A connection over which none was.
    fn bare(&self) -> Channel {
        channel(&self.address, &self.authority, None)
    }
}

/// What a call without a header over a connection is answered, which needs an operator's key.
async fn ask(channel: &Channel) -> Result<Response<ListTeamsResponse>, Status> {
    let mut teams = TeamServiceClient::new(channel.clone());
    teams.list_teams(ListTeamsRequest::default()).await
}

/// That it is refused, since no key goes with the connection's certificate.
async fn is_invalid(channel: &Channel) {
    ask(channel)
        .await
        .refused(Code::Unauthenticated, "CREDENTIAL_INVALID");
}

async fn a_certificate_calls_as_the_key_that_names_it(h: &Harness) {
    for how in [ClientCertificates::Required, ClientCertificates::Optional] {
        let door = Door::open(h, how).await;
        // By a DNS name and by a URI, each beside names of which nobody knows.
        let by_dns = (
            format!("{how:?} dns"),
            DNS,
            door.shown(&["nobody.example", DNS], &["spiffe://nobody.example"]),
        );
        let by_uri = (
            format!("{how:?} uri"),
            URI,
            door.shown(&["nobody.example"], &[URI]),
        );
        for (name, certificate, channel) in [by_dns, by_uri] {
            let key = h.made(&certified(&name, certificate)).await;
            let request: CreateTeamRequest = team_called("acme");
            let mut teams = TeamServiceClient::new(channel);
            let made = teams.create_team(request).await.answered();
            let team = made.team.expect("the team").id;
            h.deliver().await;
            let events = list(h, ListEventsRequest::default()).await;
            let event = events
                .iter()
                .find(|event| event.team_id == team && event.r#type() == EventType::TeamCreated)
                .expect("the team's first event");
            assert_eq!(event.caller_key_id, key.id(), "{name}");
            h.revoke_key(key.id()).await;
        }
    }
}

async fn a_certificate_acts_for_people_as_its_key_may(h: &Harness) {
    let team = h.led_team("acme").await;
    let door = Door::open(h, ClientCertificates::Required).await;
    let acting = || {
        let mut request = Request::new(GetTeamRequest {
            team_id: team.id.clone(),
        });
        let actor = team.admin.parse().expect("an id");
        request.metadata_mut().insert("muster-actor", actor);
        request
    };
    // An operator's may, and one that only reads may not.
    h.made(&certified("billing", DNS)).await;
    let mut reads = service("reads", None, &[]);
    reads.certificate_name = certified("any", URI).certificate_name;
    h.made(&reads).await;
    let mut teams = TeamServiceClient::new(door.shown(&[DNS], &[]));
    teams.get_team(acting()).await.answered();
    let mut teams = TeamServiceClient::new(door.shown(&["nobody.example"], &[URI]));
    let answer = teams.get_team(acting()).await;
    let status = answer.refused(Code::PermissionDenied, "PERMISSION_MISSING");
    let info = status.get_details_error_info().expect("ErrorInfo");
    assert_eq!(
        info.metadata.get("scope").map(String::as_str),
        Some("act_as")
    );
}

async fn a_certificate_that_no_key_names_is_refused(h: &Harness) {
    h.made(&certified("billing", DNS)).await;
    let door = Door::open(h, ClientCertificates::Required).await;
    ask(&door.shown(&[DNS], &[])).await.answered();
    // Neither part of a name, nor one in other letters, nor what a wildcard stands for.
    for other in [
        "acme.example",
        "a.billing.acme.example",
        "BILLING.acme.example",
        "*.acme.example",
    ] {
        is_invalid(&door.shown(&[other], &[])).await;
    }
    let as_uri = door.shown(&["nobody.example"], &["spiffe://billing.acme.example"]);
    is_invalid(&as_uri).await;
}

async fn a_header_decides_against_a_certificate(h: &Harness) {
    let own = h.team("acme").await.id;
    h.made(&certified("billing", DNS)).await;
    let books = h.made(&of_team("books", &own)).await;
    let door = Door::open(h, ClientCertificates::Required).await;
    let channel = door.shown(&[DNS], &[]);
    let by = |text: &str| {
        let keyed = InterceptedService::new(channel.clone(), BearerKey::new(text));
        TeamServiceClient::new(keyed)
    };
    // The certificate is an operator's, and the header's key is not.
    ask(&channel).await.answered();
    by(books.text())
        .list_teams(ListTeamsRequest::default())
        .await
        .refused(Code::PermissionDenied, "PERMISSION_MISSING");
    let request = GetTeamRequest { team_id: own };
    by(books.text()).get_team(request).await.answered();
    // A bad header is not made good by it.
    let (_, secret) = halves(books.text());
    let forged = format!("mst_0123456789ab_{secret}");
    for bad in ["nonsense", "", &forged] {
        by(bad)
            .list_teams(ListTeamsRequest::default())
            .await
            .refused(Code::Unauthenticated, "CREDENTIAL_INVALID");
    }
    // And the other way round: a good header over a certificate that nobody knows.
    let stranger = door.shown(&["nobody.example"], &[]);
    is_invalid(&stranger).await;
    let keyed = h.keyed_by(stranger);
    TeamServiceClient::new(keyed)
        .list_teams(ListTeamsRequest::default())
        .await
        .answered();
}

async fn a_certificate_dies_with_its_key(h: &Harness) {
    let door = Door::open(h, ClientCertificates::Required).await;
    // The connection stays; what it shows is asked for at each call.
    let channel = door.shown(&[DNS], &[]);
    let first = h.made(&certified("billing", DNS)).await;
    ask(&channel).await.answered();
    let revoked = keys::revoke(&h.ctx.store, first.id(), h.now());
    assert!(revoked.await.expect("a revocation"));
    h.advance(TimeDelta::seconds(5) - MICROSECOND);
    ask(&channel).await.answered();
    h.advance(MICROSECOND);
    is_invalid(&channel).await;

    // A new key with its name, which expires.
    let mut ending = certified("billing", DNS);
    ending.expire_time = Some(h.now() + TimeDelta::seconds(1));
    let second = h.made(&ending).await;
    ask(&channel).await.answered();
    h.advance(TimeDelta::seconds(1));
    is_invalid(&channel).await;
    assert_ne!(first.id(), second.id());

    // And one that is revoked by a call: at once, also over the connection that made it.
    let third = h.made(&certified("billing", DNS)).await;
    ask(&channel).await.answered();
    h.revoke_key(third.id()).await;
    is_invalid(&channel).await;
}

async fn a_certificate_has_the_scopes_and_the_team_of_its_key(h: &Harness) {
    let (own, other) = (h.team("acme").await.id, h.team("other").await.id);
    let certificate = |of: &str| certified("any", of).certificate_name;
    let mut reads = of_team("reads", &own);
    reads.certificate_name = certificate(DNS);
    h.made(&reads).await;
    let mut writes = service("writes", None, &[Scope::TeamsRead]);
    writes.certificate_name = certificate(URI);
    h.made(&writes).await;
    let door = Door::open(h, ClientCertificates::Required).await;
    let get = async |channel: &Channel, team: &str| {
        let request = GetTeamRequest {
            team_id: team.to_owned(),
        };
        let mut teams = TeamServiceClient::new(channel.clone());
        teams.get_team(request).await
    };
    let reading = door.shown(&[DNS], &[]);
    get(&reading, &own).await.answered();
    get(&reading, &other)
        .await
        .missing("TEAM_NOT_FOUND", &other);
    let denied = (Code::PermissionDenied, "PERMISSION_MISSING");
    ask(&reading).await.refused(denied.0, denied.1);
    let writing = door.shown(&["nobody.example"], &[URI]);
    let answer = get(&writing, &own).await;
    let status = answer.refused(denied.0, denied.1);
    let info = status.get_details_error_info().expect("ErrorInfo");
    let scope = info.metadata.get("scope").map(String::as_str);
    assert_eq!(scope, Some("teams:read"));
}

async fn no_certificate_is_no_credential(h: &Harness) {
    h.made(&certified("billing", DNS)).await;
    let door = Door::open(h, ClientCertificates::Optional).await;
    ask(&door.bare())
        .await
        .refused(Code::Unauthenticated, "CREDENTIAL_MISSING");
    let keyed = h.keyed_by(door.bare());
    TeamServiceClient::new(keyed)
        .list_teams(ListTeamsRequest::default())
        .await
        .answered();
}
