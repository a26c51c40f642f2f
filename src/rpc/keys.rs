//! `KeyService`.

use tonic::{Request, Response, Status};
use uuid::Uuid;

use super::{
    Rpc,
    pages::List,
    values::{id, time, timestamp, words},
};
use crate::{
    app::{self, Caller, keys::service},
    domain::{
        keys::{self, ApiKey, ApiKeyPosition, Scope},
        names::DisplayName,
        new_keys::{CertificateName, NewKey, Scopes},
        pages::{read, size},
        texts::optional,
    },
    error::{FieldViolation, Result, Rule, Violations},
    proto::{self, key_service_server::KeyService},
};

#[tonic::async_trait]
impl KeyService for Rpc {
    async fn create_key(
        &self,
        request: Request<proto::CreateKeyRequest>,
    ) -> Result<Response<proto::CreateKeyResponse>, Status> {
        self.mutate(request, create, async |rpc: Self, call, new: NewKey| {
            let text = app::keys::fresh()?;
            let is_rehearsal = call.is_rehearsal();
            let made = service::create(&rpc.ctx, &call, (&text, &new), |key, _| {
                let mut key = show(key);
                if is_rehearsal {
                    key.id.clear();
                    key.create_time = None;
                }
                proto::CreateKeyResponse {
                    key: Some(key),
                    secret: String::new(),
                }
            });
            let mut answer = made.await?;
            // An answer that was given before names another key, whose text nobody has.
            if answer.key.as_ref().is_some_and(|key| key.id == text.id()) {
                text.text().clone_into(&mut answer.secret);
            }
            Ok(answer)
        })
        .await
    }

    async fn list_keys(
        &self,
        request: Request<proto::ListKeysRequest>,
    ) -> Result<Response<proto::ListKeysResponse>, Status> {
        self.call(
            request,
            async |rpc: Self, caller: Caller, mut message: proto::ListKeysRequest| {
                let token = std::mem::take(&mut message.page_token);
                let size = size(std::mem::take(&mut message.page_size));
                let list = List::new("ListKeys", "oldest", &message);
                let after = read(list.open(&rpc.ctx.secrets, &token)?, ApiKeyPosition::read)?;
                let wanted = message.filter.unwrap_or_default().team_id;
                let team = optional(id, "filter.team_id", &wanted)?;
                let page = service::list(&rpc.ctx, &caller, team, (after, size)).await?;
                Ok(proto::ListKeysResponse {
                    next_page_token: list.seal(&rpc.ctx.secrets, page.next.as_ref()),
                    keys: page.items.into_iter().map(show).collect(),
                })
            },
        )
        .await
    }

    async fn revoke_key(
        &self,
        request: Request<proto::RevokeKeyRequest>,
    ) -> Result<Response<proto::RevokeKeyResponse>, Status> {
        self.mutate(request, revoked, async |rpc: Self, call, id: String| {
            service::revoke(&rpc.ctx, &call, &id, |key, _| proto::RevokeKeyResponse {
                key: Some(show(key)),
            })
            .await
        })
        .await
    }
}

fn create(message: &proto::CreateKeyRequest) -> Result<NewKey> {
    let mut violations = Violations::new();
    let name = violations.take(DisplayName::parse("display_name", &message.display_name));
    let scopes = scopes(&message.scopes, &mut violations);
    let team = violations.take(optional(id, "team_id", &message.team_id));
    let bound = scopes
        .as_ref()
        .zip(team)
        .and_then(|(scopes, team)| violations.take(scopes.bound("team_id", team)));
    let stamp = message.expire_time;
    let end = stamp.and_then(|stamp| violations.take(time("expire_time", stamp)));
    let certificate = violations.take(optional(
        CertificateName::parse,
        "certificate_name",
        &message.certificate_name,
    ));
    let key = name.zip(scopes).zip(bound.zip(certificate)).map(
        |((display_name, scopes), (team_id, certificate_name))| NewKey {
            display_name,
            scopes,
            team_id,
            expire_time: end,
            certificate_name,
        },
    );
    violations.finish(key)
}

/// A scope that cannot be read is named by itself; the rules of all together are asked when each is one.
fn scopes(numbers: &[i32], violations: &mut Violations) -> Option<Scopes> {
    let given = words("scopes", numbers, violations, read_scope);
    if given.len() < numbers.len() {
        return None;
    }
    violations.take(Scopes::parse("scopes", given))
}

fn revoked(message: &proto::RevokeKeyRequest) -> Result<String> {
    if message.key_id.is_empty() {
        return Err(FieldViolation::new("key_id", Rule::Required).into());
    }
    // A refusal names the key: whoever puts the whole text here must not find it in answers, and what keeps them.
    if !keys::is_id(&message.key_id) {
        return Err(FieldViolation::new("key_id", Rule::Malformed).into());
    }
    Ok(message.key_id.clone())
}

fn show(key: ApiKey) -> proto::ApiKey {
    proto::ApiKey {
        id: key.id,
        display_name: key.display_name,
        scopes: key
            .scopes
            .into_iter()
            .map(show_scope)
            .map(Into::into)
            .collect(),
        team_id: key
            .team_id
            .as_ref()
            .map(Uuid::to_string)
            .unwrap_or_default(),
        expire_time: key.expire_time.map(timestamp),
        certificate_name: key.certificate_name.unwrap_or_default(),
        create_time: Some(timestamp(key.create_time)),
        last_use_time: key.last_use_time.map(timestamp),
        revoke_time: key.revoke_time.map(timestamp),
    }
}

const fn show_scope(scope: Scope) -> proto::Scope {
    match scope {
        Scope::Operator => proto::Scope::Operator,
        Scope::TeamsRead => proto::Scope::TeamsRead,
        Scope::TeamsWrite => proto::Scope::TeamsWrite,
        Scope::MembersCheck => proto::Scope::MembersCheck,
        Scope::ImportsWrite => proto::Scope::ImportsWrite,
        Scope::InvitationsAnswer => proto::Scope::InvitationsAnswer,
        Scope::IdentityWrite => proto::Scope::IdentityWrite,
        Scope::EventsRead => proto::Scope::EventsRead,
        Scope::ActAs => proto::Scope::ActAs,
        Scope::ActAsSignedIn => proto::Scope::ActAsSignedIn,
    }
}

const fn read_scope(scope: proto::Scope) -> Option<Scope> {
    match scope {
        proto::Scope::Unspecified => None,
        proto::Scope::Operator => Some(Scope::Operator),
        proto::Scope::TeamsRead => Some(Scope::TeamsRead),
        proto::Scope::TeamsWrite => Some(Scope::TeamsWrite),
        proto::Scope::MembersCheck => Some(Scope::MembersCheck),
        proto::Scope::ImportsWrite => Some(Scope::ImportsWrite),
        proto::Scope::InvitationsAnswer => Some(Scope::InvitationsAnswer),
        proto::Scope::IdentityWrite => Some(Scope::IdentityWrite),
        proto::Scope::EventsRead => Some(Scope::EventsRead),
        proto::Scope::ActAs => Some(Scope::ActAs),
        proto::Scope::ActAsSignedIn => Some(Scope::ActAsSignedIn),
    }
}
