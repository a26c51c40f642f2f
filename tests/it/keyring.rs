//! Keys that tests make, hold and call with.

use muster::{
    app::keys,
    domain::{
        keys::{KeyText, Scope},
        names::DisplayName,
        new_keys::{CertificateName, NewKey, Scopes},
    },
    error::Error,
    proto::{
        self, CreateKeyRequest, ListTeamsRequest, RevokeKeyRequest,
        team_service_client::TeamServiceClient,
    },
};
use tonic::{Response, Status, service::interceptor::InterceptedService};

use crate::{
    harness::{BearerKey, Harness, Keyed},
    refusals::Outcome,
};

/// An operator's key of this name that is to be made past the wire.
pub(crate) fn named(name: &str) -> NewKey {
    NewKey::operator(DisplayName::parse("display_name", name).expect("a name"))
}

/// A key that reads one team.
pub(crate) fn of_team(name: &str, team: &str) -> NewKey {
    let scopes = vec![Scope::TeamsRead];
    NewKey {
        scopes: Scopes::parse("scopes", scopes).expect("scopes"),
        team_id: Some(team.parse().expect("an id")),
        ..named(name)
    }
}

/// A key for one team or all with these scopes.
pub(crate) fn scoped(name: &str, team: Option<&str>, scopes: &[Scope]) -> NewKey {
    NewKey {
        scopes: Scopes::parse("scopes", scopes.to_vec()).expect("scopes"),
        team_id: team.map(|team| team.parse().expect("an id")),
        ..named(name)
    }
}

/// A service's key for one team or all, with every scope but these; it never acts for anybody.
pub(crate) fn service(name: &str, team: Option<&str>, without: &[Scope]) -> NewKey {
    let never = [Scope::Operator, Scope::ActAs, Scope::ActAsSignedIn];
    let scopes = Scope::ALL.iter().copied();
    let scopes = scopes.filter(|scope| !never.contains(scope) && !without.contains(scope));
    NewKey {
        scopes: Scopes::parse("scopes", scopes.collect()).expect("scopes"),
        team_id: team.map(|team| team.parse().expect("an id")),
        ..named(name)
    }
}

/// A key with a name of a client certificate.
pub(crate) fn certified(name: &str, certificate: &str) -> NewKey {
    NewKey {
        certificate_name: Some(
            CertificateName::parse("certificate_name", certificate).expect("a name"),
        ),
        ..named(name)
    }
}

/// What asks for an operator's key.
pub(crate) fn key_called(name: &str) -> CreateKeyRequest {
    CreateKeyRequest {
        display_name: name.to_owned(),
        scopes: vec![proto::Scope::Operator.into()],
        ..CreateKeyRequest::default()
    }
}

/// The id and the secret in the text of a key. The secret may have underscores of its own.
pub(crate) fn halves(text: &str) -> (&str, &str) {
    let halves = text
        .strip_prefix("mst_")
        .and_then(|rest| rest.split_once('_'));
    halves.expect("mst_<id>_<secret>")
}

impl Harness {
    /// A key that is made past the wire.
    pub(crate) async fn made(&self, new: &NewKey) -> KeyText {
        match keys::create_with(&self.ctx, new).await {
            Ok(text) => text,
            Err(error) => panic!("no key: {error}"),
        }
    }

    /// The refusal of a key past the wire.
    pub(crate) async fn not_made(&self, new: &NewKey) -> Error {
        match keys::create_with(&self.ctx, new).await {
            Ok(text) => panic!("{} was made", text.id()),
            Err(error) => error,
        }
    }

    /// Revokes a key by a call to this process.
    pub(crate) async fn revoke_key(&self, id: &str) -> proto::ApiKey {
        let request = RevokeKeyRequest {
            key_id: id.to_owned(),
            ..RevokeKeyRequest::default()
        };
        let answer = self.keys().revoke_key(request).await.answered();
        answer.key.expect("the key")
    }

    /// A channel whose calls carry this key.
    pub(crate) fn with_key(&self, text: &str) -> Keyed {
        InterceptedService::new(self.anonymous_channel(), BearerKey::new(text))
    }

    /// What a key may see of the deployment.
    pub(crate) async fn teams_by(
        &self,
        text: &str,
    ) -> Result<Response<proto::ListTeamsResponse>, Status> {
        let mut teams = TeamServiceClient::new(self.with_key(text));
        teams.list_teams(ListTeamsRequest::default()).await
    }
}
