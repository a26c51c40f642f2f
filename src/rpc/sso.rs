//! SSO connections, as `SsoService` reads and shows them.

use uuid::Uuid;

use super::{
    Rpc, mutations,
    pages::{self, List},
    values::{id, paths, timestamp},
};
use crate::{
    app::{self, Call, Caller},
    domain::{
        names::DisplayName,
        pages::size,
        provider_urls::{MAX_ISSUER, MAX_KEYS_URI, ProviderUrl},
        sso::{
            Algorithm, Audience, ClaimName, ClaimNames, KeySource, MAX_KEYS_BYTES, SsoChanges,
            SsoConnection, SsoSettings, algorithms,
        },
    },
    error::{FieldViolation, Result, Rule, Violations},
    proto::{self, SsoAlgorithm as Wire},
};

pub(super) fn create(message: &proto::CreateSsoConnectionRequest) -> Result<app::sso::Create> {
    let mut violations = Violations::new();
    let Some(given) = &message.connection else {
        violations.add("connection", Rule::Required);
        return violations.finish(None);
    };
    let team = violations.take(id("connection.team_id", &given.team_id));
    let issuer = ProviderUrl::parse("connection.issuer", &given.issuer, MAX_ISSUER);
    let issuer = violations.take(issuer);
    let settings = settings(given, &mut violations);
    let command = (|| {
        Some(app::sso::Create {
            team_id: team?,
            issuer: issuer?,
            settings: settings?,
        })
    })();
    violations.finish(command)
}

fn settings(given: &proto::SsoConnection, violations: &mut Violations) -> Option<SsoSettings> {
    let name = DisplayName::parse("connection.display_name", &given.display_name);
    let name = violations.take(name);
    let audience = violations.take(Audience::parse("connection.audience", &given.audience));
    let keys = match (given.jwks_uri.is_empty(), given.jwks.is_empty()) {
        (true, true) => Err(FieldViolation::new("connection.jwks_uri", Rule::Required)),
        (false, false) => Err(FieldViolation::new("connection.jwks", Rule::Exclusive)),
        (false, true) => keys_uri(&given.jwks_uri),
        (true, false) => key_set(&given.jwks),
    };
    let keys = violations.take(keys);
    let algorithms = read_algorithms(given, violations);
    let mut claim = |field, text, default| violations.take(claim(field, text, default));
    let email = claim("email_claim", &given.email_claim, "email");
    let verified = claim(
        "email_verified_claim",
        &given.email_verified_claim,
        "email_verified",
    );
    let given_name = claim("given_name_claim", &given.given_name_claim, "given_name");
    let family_name = claim("family_name_claim", &given.family_name_claim, "family_name");
    Some(SsoSettings {
        display_name: name?,
        audience: audience?,
        keys: keys?,
        algorithms: algorithms?,
        claims: ClaimNames {
            email: email?,
            email_verified: verified?,
            given_name: given_name?,
            family_name: family_name?,
        },
        jit_enabled: given.jit_enabled,
        profile_refresh_enabled: given.profile_refresh_enabled,
    })
}

fn keys_uri(text: &str) -> Result<KeySource, FieldViolation> {
    ProviderUrl::parse("connection.jwks_uri", text, MAX_KEYS_URI).map(KeySource::Uri)
}

fn key_set(text: &str) -> Result<KeySource, FieldViolation> {
    if text.len() > MAX_KEYS_BYTES {
        return Err(FieldViolation::new("connection.jwks", Rule::TooLong));
    }
    Ok(KeySource::Set(text.to_owned()))
}

fn claim(field: &str, text: &str, default: &str) -> Result<ClaimName, FieldViolation> {
    let text = if text.is_empty() { default } else { text };
    ClaimName::parse(&format!("connection.{field}"), text)
}

fn read_algorithms(
    given: &proto::SsoConnection,
    violations: &mut Violations,
) -> Option<Vec<Algorithm>> {
    let read = given.algorithms.iter().map(|number| {
        let wire = Wire::try_from(*number).ok()?;
        algorithm(wire)
    });
    let read: Vec<_> = read.collect();
    algorithms("connection.algorithms", &read, violations)
}

pub(super) async fn created(
    rpc: Rpc,
    call: Call,
    command: app::sso::Create,
) -> Result<proto::CreateSsoConnectionResponse> {
    app::sso::create(&rpc.ctx, &call, &command, |connection, _| {
        let mut shown = changed(&call, &connection);
        if call.is_rehearsal() {
            // Nothing is made, so there are no id and times to show.
            shown.id.clear();
            (shown.create_time, shown.update_time) = (None, None);
        }
        proto::CreateSsoConnectionResponse {
            connection: Some(shown),
        }
    })
    .await
}

pub(super) async fn get(
    rpc: Rpc,
    caller: Caller,
    message: proto::GetSsoConnectionRequest,
) -> Result<proto::GetSsoConnectionResponse> {
    let place = place(&message.team_id, &message.connection_id)?;
    let connection = app::sso::get(&rpc.ctx, &caller, place).await?;
    Ok(proto::GetSsoConnectionResponse {
        connection: Some(show(&connection)),
    })
}

pub(super) async fn list(
    rpc: Rpc,
    caller: Caller,
    mut message: proto::ListSsoConnectionsRequest,
) -> Result<proto::ListSsoConnectionsResponse> {
    let token = std::mem::take(&mut message.page_token);
    let size = size(std::mem::take(&mut message.page_size));
    let team = id("team_id", &message.team_id)?;
    let list = List::new("ListSsoConnections", "id", &message);
    let after = pages::id(list.open(&rpc.ctx.secrets, &token)?)?;
    let page = app::sso::list(&rpc.ctx, &caller, team, (after, size)).await?;
    Ok(proto::ListSsoConnectionsResponse {
        connections: page.items.iter().map(show).collect(),
        next_page_token: list.seal(&rpc.ctx.secrets, page.next.as_ref()),
    })
}

/// The fields that can be changed.
const PATHS: [&str; 11] = [
    "display_name",
    "audience",
    "jwks_uri",
    "jwks",
    "algorithms",
    "email_claim",
    "email_verified_claim",
    "given_name_claim",
    "family_name_claim",
    "jit_enabled",
    "profile_refresh_enabled",
];

pub(super) fn update(
    message: &proto::UpdateSsoConnectionRequest,
) -> Result<((Uuid, Uuid), SsoChanges)> {
    let mut violations = Violations::new();
    let paths = paths(message.update_mask.as_ref(), &PATHS, &mut violations);
    let Some(given) = &message.connection else {
        violations.add("connection", Rule::Required);
        return violations.finish(None);
    };
    let team = violations.take(id("connection.team_id", &given.team_id));
    let own = violations.take(id("connection.id", &given.id));
    let mut changes = SsoChanges::default();
    for path in &paths {
        change(given, path, (&mut changes, &mut violations));
    }
    if paths.contains(&"jwks_uri") && paths.contains(&"jwks") {
        violations.add("update_mask", Rule::Exclusive);
    }
    violations.finish(team.zip(own).map(|place| (place, changes)))
}

fn change(
    given: &proto::SsoConnection,
    path: &str,
    (changes, violations): (&mut SsoChanges, &mut Violations),
) {
    let mut named = |field, text, default| violations.take(claim(field, text, default));
    match path {
        "email_claim" => changes.email_claim = named(path, &given.email_claim, "email"),
        "email_verified_claim" => {
            let text = &given.email_verified_claim;
            changes.email_verified_claim = named(path, text, "email_verified");
        }
        "given_name_claim" => {
            changes.given_name_claim = named(path, &given.given_name_claim, "given_name");
        }
        "family_name_claim" => {
            changes.family_name_claim = named(path, &given.family_name_claim, "family_name");
        }
        "display_name" => {
            let name = DisplayName::parse("connection.display_name", &given.display_name);
            changes.display_name = violations.take(name);
        }
        "audience" => {
            let audience = Audience::parse("connection.audience", &given.audience);
            changes.audience = violations.take(audience);
        }
        "jwks_uri" => changes.keys = violations.take(keys_uri(&given.jwks_uri)),
        "jwks" => changes.keys = violations.take(key_set(&given.jwks)),
        "algorithms" => changes.algorithms = read_algorithms(given, violations),
        "jit_enabled" => changes.jit_enabled = Some(given.jit_enabled),
        "profile_refresh_enabled" => {
            changes.profile_refresh_enabled = Some(given.profile_refresh_enabled);
        }
        // `paths` answers no others.
        _ => {}
    }
}

pub(super) async fn updated(
    rpc: Rpc,
    call: Call,
    (place, changes): ((Uuid, Uuid), SsoChanges),
) -> Result<proto::UpdateSsoConnectionResponse> {
    app::sso::update(&rpc.ctx, &call, (place, &changes), |connection, _| {
        proto::UpdateSsoConnectionResponse {
            connection: Some(changed(&call, &connection)),
        }
    })
    .await
}

pub(super) fn delete(message: &proto::DeleteSsoConnectionRequest) -> Result<(Uuid, Uuid)> {
    place(&message.team_id, &message.connection_id)
}

pub(super) async fn deleted(
    rpc: Rpc,
    call: Call,
    place: (Uuid, Uuid),
) -> Result<proto::DeleteSsoConnectionResponse> {
    let show = |(), _| proto::DeleteSsoConnectionResponse {};
    app::sso::delete(&rpc.ctx, &call, place, show).await
}

fn place(team: &str, connection: &str) -> Result<(Uuid, Uuid)> {
    let mut violations = Violations::new();
    let team = violations.take(id("team_id", team));
    let connection = violations.take(id("connection_id", connection));
    violations.finish(team.zip(connection))
}

fn changed(call: &Call, connection: &SsoConnection) -> proto::SsoConnection {
    let mut shown = show(connection);
    mutations::no_etag_of_rehearsal(call, &mut shown.etag);
    shown
}

fn show(connection: &SsoConnection) -> proto::SsoConnection {
    let settings = &connection.settings;
    let (jwks_uri, jwks) = match &settings.keys {
        KeySource::Uri(uri) => (uri.as_str().to_owned(), String::new()),
        KeySource::Set(set) => (String::new(), set.clone()),
    };
    let algorithms = settings.algorithms.iter();
    proto::SsoConnection {
        id: connection.id.to_string(),
        team_id: connection.team_id.to_string(),
        display_name: settings.display_name.as_str().to_owned(),
        issuer: connection.issuer.as_str().to_owned(),
        audience: settings.audience.as_str().to_owned(),
        jwks_uri,
        jwks,
        algorithms: algorithms.map(|one| shown_algorithm(*one).into()).collect(),
        email_claim: settings.claims.email.as_str().to_owned(),
        email_verified_claim: settings.claims.email_verified.as_str().to_owned(),
        given_name_claim: settings.claims.given_name.as_str().to_owned(),
        family_name_claim: settings.claims.family_name.as_str().to_owned(),
        jit_enabled: settings.jit_enabled,
        profile_refresh_enabled: settings.profile_refresh_enabled,
        create_time: Some(timestamp(connection.create_time)),
        update_time: Some(timestamp(connection.update_time)),
        etag: connection.etag(),
    }
}

const fn algorithm(wire: Wire) -> Option<Algorithm> {
    match wire {
        Wire::Unspecified => None,
        Wire::Rs256 => Some(Algorithm::Rs256),
        Wire::Rs384 => Some(Algorithm::Rs384),
        Wire::Rs512 => Some(Algorithm::Rs512),
        Wire::Ps256 => Some(Algorithm::Ps256),
        Wire::Es256 => Some(Algorithm::Es256),
        Wire::Es384 => Some(Algorithm::Es384),
        Wire::Eddsa => Some(Algorithm::EdDsa),
    }
}

const fn shown_algorithm(algorithm: Algorithm) -> Wire {
    match algorithm {
        Algorithm::Rs256 => Wire::Rs256,
        Algorithm::Rs384 => Wire::Rs384,
        Algorithm::Rs512 => Wire::Rs512,
        Algorithm::Ps256 => Wire::Ps256,
        Algorithm::Es256 => Wire::Es256,
        Algorithm::Es384 => Wire::Es384,
        Algorithm::EdDsa => Wire::Eddsa,
    }
}
