//! The projects of a hub.

use prost::Message;
use uuid::Uuid;

use super::{
    Call, Caller, Context,
    authority::{self, Place},
    calls::once,
    hubs,
};
use crate::{
    clock::Time,
    domain::{
        events::{EventType, Happening, Payload},
        names::DisplayName,
        pages::Page,
        product_events::ProjectPlace,
        projects::{self, Project},
    },
    error::{Error, Reason, Result},
    ids,
    store::{self, Reads},
};

/// Makes a project.
///
/// # Errors
/// `TEAM_NOT_FOUND`, `PERMISSION_MISSING`, `HUB_NOT_FOUND`, `PROJECTS_USED_UP`.
pub async fn create<A: Message + Default>(
    ctx: &Context,
    call: &Call,
    ((team, hub), name): ((Uuid, Uuid), &DisplayName),
    show: impl Fn(Project, Time) -> A,
) -> Result<A> {
    let now = ctx.clock.now();
    let place = Place::Hub(team, hub);
    once(ctx, (call, place, now), show, |tx| async move {
        let tx = &tx;
        let (team, _) = authority::enter_hub(tx, call.caller(), (team, hub)).await?;
        let hub = hubs::find(tx, (team.id, hub)).await?;
        projects::another(store::projects::count(tx, (team.id, hub.id)).await?)?;

        let project = Project {
            team_id: team.id,
            hub_id: hub.id,
            id: ids::new(now),
            display_name: name.clone(),
            create_time: now,
            update_time: now,
        };
        store::projects::insert(tx, &project).await?;
        let event = happened(&project, EventType::ProjectCreated, &[]);
        store::events::append(tx, &[event], call.made(now)).await?;
        Ok(project)
    })
    .await
}

/// A page of a hub's projects.
///
/// # Errors
/// `TEAM_NOT_FOUND`, `PERMISSION_MISSING`, `HUB_NOT_FOUND`.
pub async fn list(
    ctx: &Context,
    caller: &Caller,
    (team, hub): (Uuid, Uuid),
    cut: (Option<Uuid>, u64),
) -> Result<Page<Project>> {
    let team = authority::look_hub(ctx, caller, (team, Some(hub), None)).await?;
    let hub = hubs::find(&ctx.store, (team.id, hub)).await?;
    store::projects::page(&ctx.store, (team.id, hub.id), cut).await
}

/// Gives a project another name. What has its value already is no change.
///
/// # Errors
/// `TEAM_NOT_FOUND`, `PERMISSION_MISSING`, `HUB_NOT_FOUND`, `PROJECT_NOT_FOUND`, `ETAG_MISMATCH`.
pub async fn update<A: Message + Default>(
    ctx: &Context,
    call: &Call,
    ((place, id), name): (((Uuid, Uuid), Uuid), &DisplayName),
    show: impl Fn(Project, Time) -> A,
) -> Result<A> {
    let now = ctx.clock.now();
    let again = Place::Hub(place.0, place.1);
    once(ctx, (call, again, now), show, |tx| async move {
        let tx = &tx;
        authority::enter_hub(tx, call.caller(), place).await?;
        let mut project = find(tx, place, id).await?;

        call.expect(&project.etag())?;

        if project.display_name != *name {
            project.display_name = name.clone();
            project.update_time = now;
            store::projects::update(tx, &project).await?;
            let event = happened(&project, EventType::ProjectUpdated, &["display_name"]);
            store::events::append(tx, &[event], call.made(now)).await?;
        }
        Ok(project)
    })
    .await
}

/// Deletes a project that nobody is in. Access that came by it has ended with the last place in it.
///
/// # Errors
/// `TEAM_NOT_FOUND`, `PERMISSION_MISSING`, `HUB_NOT_FOUND`, `PROJECT_NOT_FOUND`, `PROJECT_NOT_EMPTY`, `ETAG_MISMATCH`.
pub async fn delete<A: Message + Default>(
    ctx: &Context,
    call: &Call,
    (place, id): ((Uuid, Uuid), Uuid),
    show: impl Fn((), Time) -> A,
) -> Result<A> {
    let now = ctx.clock.now();
    let again = Place::Hub(place.0, place.1);
    once(ctx, (call, again, now), show, |tx| async move {
        let tx = &tx;
        authority::enter_hub(tx, call.caller(), place).await?;
        let project = find(tx, place, id).await?;

        call.expect(&project.etag())?;
        if store::project_members::any_in(tx, &project).await? {
            return Err(Error::Refused(Reason::ProjectNotEmpty));
        }

        store::projects::delete(tx, place, project.id).await?;
        let event = happened(&project, EventType::ProjectDeleted, &[]);
        store::events::append(tx, &[event], call.made(now)).await
    })
    .await
}

/// A project of a hub.
///
/// # Errors
/// `HUB_NOT_FOUND`, `PROJECT_NOT_FOUND`.
pub(super) async fn find(db: &impl Reads, place: (Uuid, Uuid), id: Uuid) -> Result<Project> {
    hubs::find(db, place).await?;
    store::projects::by_id(db, place, id)
        .await?
        .ok_or_else(|| projects::missing(id))
}

fn happened(project: &Project, event_type: EventType, changed: &[&str]) -> Happening {
    Happening {
        event_type,
        team_id: Some(project.team_id),
        user_id: None,
        payload: Payload::Project(ProjectPlace {
            hub_id: project.hub_id,
            project_id: project.id,
            role: None,
            changed_fields: changed.iter().map(|name| (*name).to_owned()).collect(),
        }),
    }
}
