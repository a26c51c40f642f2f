//! The roles that teams make for themselves.

use prost::Message;
use uuid::Uuid;

use super::{
    Call, Caller, Context,
    authority::{self, Place},
    calls::once,
};
use crate::{
    clock::Time,
    domain::{
        custom_roles::{self, CustomRole, RoleChanges},
        events::{EventType, Happening, Payload},
        names::DisplayName,
        pages::Page,
        permissions::Permission,
    },
    error::{Error, Reason, Resource, Result},
    ids,
    store::{self, Tx},
};

/// Make a role.
pub struct Create {
    /// The team.
    pub team_id: Uuid,
    /// Its name.
    pub display_name: DisplayName,
    /// What its holders may do.
    pub permissions: Vec<Permission>,
}

/// A page of a team's roles.
///
/// # Errors
/// `TEAM_NOT_FOUND`, `PERMISSION_MISSING`.
pub async fn list(
    ctx: &Context,
    caller: &Caller,
    team_id: Uuid,
    cut: (Option<Uuid>, u64),
) -> Result<Page<CustomRole>> {
    let team = authority::look(ctx, caller, (team_id, None)).await?;
    store::roles::page(&ctx.store, team.id, cut).await
}

/// Makes a role.
///
/// # Errors
/// `TEAM_NOT_FOUND`, `PERMISSION_MISSING`, `ROLE_NAME_TAKEN`, `ROLES_USED_UP`.
pub async fn create<A: Message + Default>(
    ctx: &Context,
    call: &Call,
    command: &Create,
    show: impl Fn(CustomRole, Time) -> A,
) -> Result<A> {
    let now = ctx.clock.now();
    let place = Place::Team(command.team_id);
    once(ctx, (call, place, now), show, |tx| async move {
        let tx = &tx;
        let (team, power) = authority::enter(tx, call.caller(), command.team_id).await?;
        let role = CustomRole {
            id: ids::new(now),
            team_id: team.id,
            display_name: command.display_name.clone(),
            permissions: command.permissions.clone(),
            create_time: now,
            update_time: now,
        };

        role.given_by(&power)?;
        free_name(tx, &role).await?;
        custom_roles::another(store::roles::count(tx, team.id).await?)?;

        store::roles::insert(tx, &role).await?;
        let event = happened(&role, EventType::RoleCreated, &[]);
        store::events::append(tx, &[event], call.made(now)).await?;
        Ok(role)
    })
    .await
}

/// Changes a role. What has its value already is no change.
///
/// # Errors
/// `TEAM_NOT_FOUND`, `PERMISSION_MISSING`, `ROLE_NOT_FOUND`, `ROLE_NAME_TAKEN`, `ETAG_MISMATCH`.
pub async fn update<A: Message + Default>(
    ctx: &Context,
    call: &Call,
    ((team_id, id), changes): ((Uuid, Uuid), &RoleChanges),
    show: impl Fn(CustomRole, Time) -> A,
) -> Result<A> {
    let now = ctx.clock.now();
    let place = Place::Team(team_id);
    once(ctx, (call, place, now), show, |tx| async move {
        let tx = &tx;
        let (team, power) = authority::enter(tx, call.caller(), team_id).await?;
        let before = find(tx, (team.id, id)).await?;

        let (role, fields) = before.changed(changes, now);
        // What it loses is taken from everybody who holds it.
        before.given_by(&power)?;
        role.given_by(&power)?;
        call.expect(&before.etag())?;
        free_name(tx, &role).await?;

        if !fields.is_empty() {
            store::roles::update(tx, &role).await?;
            let event = happened(&role, EventType::RoleUpdated, &fields);
            store::events::append(tx, &[event], call.made(now)).await?;
        }
        Ok(role)
    })
    .await
}

/// Deletes a role that nobody holds.
///
/// # Errors
/// `TEAM_NOT_FOUND`, `PERMISSION_MISSING`, `ROLE_NOT_FOUND`, `ROLE_IN_USE`, `ETAG_MISMATCH`.
pub async fn delete<A: Message + Default>(
    ctx: &Context,
    call: &Call,
    (team_id, id): (Uuid, Uuid),
    show: impl Fn((), Time) -> A,
) -> Result<A> {
    let now = ctx.clock.now();
    let place = Place::Team(team_id);
    once(ctx, (call, place, now), show, |tx| async move {
        let tx = &tx;
        let (team, _) = authority::enter(tx, call.caller(), team_id).await?;
        let role = find(tx, (team.id, id)).await?;

        call.expect(&role.etag())?;
        if store::member_roles::is_held(tx, team.id, id).await? {
            return Err(Error::Refused(Reason::RoleInUse));
        }

        store::roles::delete(tx, team.id, id).await?;
        let event = happened(&role, EventType::RoleDeleted, &[]);
        store::events::append(tx, &[event], call.made(now)).await
    })
    .await
}

async fn find(tx: &Tx, (team, id): (Uuid, Uuid)) -> Result<CustomRole> {
    store::roles::by_id(tx, team, id)
        .await?
        .ok_or_else(|| custom_roles::missing(id))
}

async fn free_name(tx: &Tx, role: &CustomRole) -> Result<()> {
    let holder = store::roles::by_name(tx, role.team_id, &role.display_name).await?;
    match holder {
        Some(holder) if holder != role.id => Err(Error::AlreadyExists(
            Reason::RoleNameTaken,
            Resource {
                reason: Reason::RoleNameTaken,
                kind: custom_roles::KIND,
                name: holder.to_string(),
            },
        )),
        _ => Ok(()),
    }
}

fn happened(role: &CustomRole, event_type: EventType, changed: &[&str]) -> Happening {
    let changed = changed.iter().map(|name| (*name).to_owned()).collect();
    Happening {
        event_type,
        team_id: Some(role.team_id),
        user_id: None,
        payload: Payload::Role(role.id, changed),
    }
}
