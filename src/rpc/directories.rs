//! Directories, as `DirectoryService` reads and shows them.

use uuid::Uuid;

use super::{
    Rpc, mutations,
    values::{id, paths, timestamp},
};
use crate::{
    app::{self, Call, Caller, directories::Create},
    domain::{
        directories::{Directory, Provider},
        names::DisplayName,
    },
    error::{FieldViolation, Result, Rule, Violations},
    proto::{self, DirectoryProvider as Wire},
};

pub(super) fn create(message: &proto::CreateDirectoryRequest) -> Result<Create> {
    let mut violations = Violations::new();
    let Some(given) = &message.directory else {
        violations.add("directory", Rule::Required);
        return violations.finish(None);
    };
    let team = violations.take(id("directory.team_id", &given.team_id));
    let name = DisplayName::parse("directory.display_name", &given.display_name);
    let name = violations.take(name);
    let provider = violations.take(read_provider(given));
    let command = team
        .zip(name)
        .zip(provider)
        .map(|((team_id, display_name), provider)| Create {
            team_id,
            display_name,
            provider,
        });
    violations.finish(command)
}

fn read_provider(given: &proto::Directory) -> Result<Provider, FieldViolation> {
    let broken = |rule| Err(FieldViolation::new("directory.provider", rule));
    match Wire::try_from(given.provider) {
        Ok(Wire::Unspecified) => broken(Rule::Required),
        Ok(Wire::Entra) => Ok(Provider::Entra),
        Ok(Wire::Okta) => Ok(Provider::Okta),
        Ok(Wire::Other) => Ok(Provider::Other),
        Err(_) => broken(Rule::UnknownValue),
    }
}

pub(super) async fn created(
    rpc: Rpc,
    call: Call,
    command: Create,
) -> Result<proto::CreateDirectoryResponse> {
    let token = app::directories::fresh()?;
    let answer = app::directories::create(&rpc.ctx, &call, (&token, &command), |made, _| {
        proto::CreateDirectoryResponse {
            directory: Some(new(&call, &made)),
            token: String::new(),
        }
    });
    let mut answer = answer.await?;
    // An answer that was given before names another token, whose text nobody has.
    if is_of(answer.directory.as_ref(), token.id()) {
        token.text().clone_into(&mut answer.token);
    }
    Ok(answer)
}

fn is_of(shown: Option<&proto::Directory>, token_id: &str) -> bool {
    shown.is_some_and(|shown| shown.token_id == token_id)
}

pub(super) async fn get(
    rpc: Rpc,
    caller: Caller,
    message: proto::GetDirectoryRequest,
) -> Result<proto::GetDirectoryResponse> {
    let team = id("team_id", &message.team_id)?;
    let directory = app::directories::get(&rpc.ctx, &caller, team).await?;
    Ok(proto::GetDirectoryResponse {
        directory: Some(show(&directory)),
    })
}

pub(super) fn update(
    message: &proto::UpdateDirectoryRequest,
) -> Result<((Uuid, Uuid), Option<DisplayName>)> {
    let mut violations = Violations::new();
    let mask = message.update_mask.as_ref();
    let paths = paths(mask, &["display_name"], &mut violations);
    let Some(given) = &message.directory else {
        violations.add("directory", Rule::Required);
        return violations.finish(None);
    };
    let team = violations.take(id("directory.team_id", &given.team_id));
    let own = violations.take(id("directory.id", &given.id));
    let mut name = None;
    if paths.contains(&"display_name") {
        let wanted = DisplayName::parse("directory.display_name", &given.display_name);
        name = violations.take(wanted);
    }
    violations.finish(team.zip(own).map(|place| (place, name)))
}

pub(super) async fn updated(
    rpc: Rpc,
    call: Call,
    (place, name): ((Uuid, Uuid), Option<DisplayName>),
) -> Result<proto::UpdateDirectoryResponse> {
    app::directories::update(&rpc.ctx, &call, (place, name.as_ref()), |directory, _| {
        proto::UpdateDirectoryResponse {
            directory: Some(changed(&call, &directory)),
        }
    })
    .await
}

pub(super) fn rotate(message: &proto::RotateDirectoryTokenRequest) -> Result<(Uuid, Uuid)> {
    place(&message.team_id, &message.directory_id)
}

pub(super) async fn rotated(
    rpc: Rpc,
    call: Call,
    place: (Uuid, Uuid),
) -> Result<proto::RotateDirectoryTokenResponse> {
    let token = app::directories::fresh()?;
    let answer = app::directories::rotate(&rpc.ctx, &call, (&token, place), |directory, _| {
        let mut shown = changed(&call, &directory);
        no_token_of_rehearsal(&call, &mut shown);
        proto::RotateDirectoryTokenResponse {
            directory: Some(shown),
            token: String::new(),
        }
    });
    let mut answer = answer.await?;
    if is_of(answer.directory.as_ref(), token.id()) {
        token.text().clone_into(&mut answer.token);
    }
    Ok(answer)
}

pub(super) fn release(message: &proto::ReleaseDirectoryRequest) -> Result<(Uuid, Uuid)> {
    place(&message.team_id, &message.directory_id)
}

pub(super) async fn released(
    rpc: Rpc,
    call: Call,
    place: (Uuid, Uuid),
) -> Result<proto::ReleaseDirectoryResponse> {
    app::directories::ends::release(&rpc.ctx, &call, place, |members, _| {
        proto::ReleaseDirectoryResponse {
            released_member_count: wire(members),
        }
    })
    .await
}

pub(super) fn terminate(message: &proto::TerminateDirectoryRequest) -> Result<(Uuid, Uuid)> {
    place(&message.team_id, &message.directory_id)
}

pub(super) async fn terminated(
    rpc: Rpc,
    call: Call,
    place: (Uuid, Uuid),
) -> Result<proto::TerminateDirectoryResponse> {
    app::directories::ends::terminate(&rpc.ctx, &call, place, |(members, left), _| {
        let ended: u32 = left.hubs.iter().map(|hub| hub.ended).sum();
        let remaining: u32 = left.hubs.iter().map(|hub| hub.remaining).sum();
        proto::TerminateDirectoryResponse {
            removed_member_count: wire(members),
            ended_access_count: wire(ended),
            remaining_access_count: wire(remaining),
        }
    })
    .await
}

fn wire(number: impl TryInto<i32>) -> i32 {
    number.try_into().unwrap_or(i32::MAX)
}

fn place(team: &str, directory: &str) -> Result<(Uuid, Uuid)> {
    let mut violations = Violations::new();
    let team = violations.take(id("team_id", team));
    let directory = violations.take(id("directory_id", directory));
    violations.finish(team.zip(directory))
}

/// The token that a rehearsal made up is nobody's.
fn no_token_of_rehearsal(call: &Call, shown: &mut proto::Directory) {
    if call.is_rehearsal() {
        shown.token_id.clear();
    }
}

/// What a rehearsal makes has neither id nor times.
fn new(call: &Call, directory: &Directory) -> proto::Directory {
    let mut shown = changed(call, directory);
    no_token_of_rehearsal(call, &mut shown);
    if call.is_rehearsal() {
        shown.id.clear();
        shown.create_time = None;
        shown.update_time = None;
    }
    shown
}

pub(super) fn changed(call: &Call, directory: &Directory) -> proto::Directory {
    let mut shown = show(directory);
    mutations::no_etag_of_rehearsal(call, &mut shown.etag);
    shown
}

fn show(directory: &Directory) -> proto::Directory {
    let provider = match directory.provider {
        Provider::Entra => Wire::Entra,
        Provider::Okta => Wire::Okta,
        Provider::Other => Wire::Other,
    };
    proto::Directory {
        id: directory.id.to_string(),
        team_id: directory.team_id.to_string(),
        display_name: directory.display_name.as_str().to_owned(),
        provider: provider.into(),
        token_id: directory.token_id.clone(),
        cursor: directory.cursor.clone().unwrap_or_default(),
        create_time: Some(timestamp(directory.create_time)),
        update_time: Some(timestamp(directory.update_time)),
        last_sync_time: directory.last_sync_time.map(timestamp),
        etag: directory.etag(),
    }
}
