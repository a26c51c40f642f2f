//! Who is in which project. Whoever is not in the team comes into it as a guest, through the one admission.

use prost::Message;
use uuid::Uuid;

use super::{
    Call, Caller, Context,
    access::{self, Grant},
    admission::{self, Candidate, Terms},
    authority::{self, Place},
    calls::once,
    hub_admins::present,
    hubs,
    invitations::{Entered, entered},
    limits, projects,
};
use crate::{
    clock::Time,
    domain::{
        access::{Access, AccessPath},
        email::Email,
        events::{EventType, Happening, Payload},
        imports::Outcome,
        members::{MemberState, Source},
        pages::Page,
        permissions::Permission,
        permissions::Power,
        product_events::ProjectPlace,
        projects::{Project, ProjectMember, ProjectRole, missing_member},
        roles::Role,
        teams::Team,
        users::Profile,
    },
    error::{Error, Result},
    ids,
    store::{self, Reads, Tx},
};

/// Put somebody into a project.
pub struct Add {
    /// Team and hub.
    pub place: (Uuid, Uuid),
    /// The project.
    pub project_id: Uuid,
    /// Who.
    pub person: Person,
    /// What he is to be in it.
    pub role: ProjectRole,
}

/// Somebody for a project.
pub enum Person {
    /// Who is in the team.
    Present(Uuid),
    /// Anybody, with what his account is made of.
    Anybody(Email, Profile),
}

/// Somebody who is in a project, and what became of him in the team.
pub struct Added {
    /// In the team.
    pub entered: Entered,
    /// In the project.
    pub member: ProjectMember,
    /// Whether the caller may read the team's people; a hub's admin may not.
    pub reads_people: bool,
}

/// Puts somebody into a project, and by that gives him access to its hub.
///
/// # Errors
/// `TEAM_NOT_FOUND`, `PERMISSION_MISSING`, `HUB_NOT_FOUND`, `PROJECT_NOT_FOUND`, `NOT_A_MEMBER`, `DOMAIN_REFUSED`, `NO_SEAT`,
/// `REJOIN_REFUSED`, `INVITATIONS_USED_UP`, `ACCESS_PATHS_USED_UP`.
pub async fn add<A: Message + Default>(
    ctx: &Context,
    call: &Call,
    command: &Add,
    show: impl Fn(Added, Time) -> A,
) -> Result<A> {
    let now = ctx.clock.now();
    let place = command.place;
    let again = Place::Hub(place.0, place.1);
    once(ctx, (call, again, now), show, |tx| async move {
        let tx = &tx;
        let (team, power) = authority::enter_hub(tx, call.caller(), place).await?;
        let project = projects::find(tx, place, command.project_id).await?;
        let hub = hubs::find(tx, place).await?;

        let (user, entered) = match &command.person {
            Person::Present(user) => (*user, stands(tx, &team, *user).await?),
            Person::Anybody(email, profile) => {
                let candidate = Candidate {
                    email: email.clone(),
                    profile: profile.clone(),
                    id_if_new: ids::new(now),
                    is_proven: false,
                };
                admit(ctx, (tx, call), (&team, &power), (candidate, now)).await?
            }
        };
        let grant = Grant {
            hub: &hub,
            user,
            path: AccessPath::Project(project.id),
            granter: power.person(),
        };

        let member = match store::project_members::find(tx, &project, user).await? {
            // As in the team, nobody's role is changed by being added once more.
            Some(known) => known,
            None => enter(tx, call, (&project, command.role), (user, now)).await?,
        };
        grant.carry_out(tx, call.made(now)).await?;
        let reads_people = power.holds(Permission::MembersRead);
        Ok(Added {
            entered,
            member,
            reads_people,
        })
    })
    .await
}

/// Somebody who is in the team already, as he is.
async fn stands(tx: &Tx, team: &Team, user: Uuid) -> Result<Entered> {
    present(tx, team.id, user).await?;
    let member = store::members::find(tx, team, user).await?;
    let member = member.ok_or_else(|| Error::internal("a present person without a membership"))?;
    let outcome = match member.state() {
        MemberState::Invited => Outcome::AlreadyInvited,
        MemberState::Active | MemberState::Disabled | MemberState::Removed => {
            Outcome::AlreadyMember
        }
    };
    Ok(Entered {
        outcome,
        member: Some(member),
    })
}

/// Brings somebody into the team as a guest, if he is not in it: a set of one. Who was removed comes back only as the
/// admission lets projects bring people back.
async fn admit(
    ctx: &Context,
    (tx, call): (&Tx, &Call),
    (team, power): (&Team, &Power),
    (candidate, now): (Candidate, Time),
) -> Result<(Uuid, Entered)> {
    let terms = &Terms {
        role: Role::Guest,
        source: Source::Project,
        inviter_user_id: power.person(),
        reaches_primary: power.reaches_primary(),
        import_id: None,
        language: None,
        hold_letters: false,
    };
    let candidates = [candidate];
    let plan = admission::plan(tx, team, terms, (&candidates, now)).await?;
    if plan.decisions().any(admission::writes) {
        limits::single_invitation(ctx, tx, team.id, now).await?;
    }
    let work = (&candidates[..], &plan, call.made(now));
    let admitted = admission::carry_out(ctx, tx, (team, terms), work).await?;
    let entered = entered(tx, call, team, &admitted).await?;
    let user = admitted.first().and_then(|one| one.user_id);
    let user = user.ok_or_else(|| Error::internal("an admitted person without an account"))?;
    Ok((user, entered))
}

async fn enter(
    tx: &Tx,
    call: &Call,
    (project, role): (&Project, ProjectRole),
    (user, now): (Uuid, Time),
) -> Result<ProjectMember> {
    let member = ProjectMember {
        team_id: project.team_id,
        hub_id: project.hub_id,
        project_id: project.id,
        user_id: user,
        role,
        create_time: now,
    };
    store::project_members::insert(tx, &member).await?;
    let event = happened(&member, EventType::ProjectMemberAdded, &[]);
    store::events::append(tx, &[event], call.made(now)).await?;
    Ok(member)
}

/// A page of a project's people.
///
/// # Errors
/// `TEAM_NOT_FOUND`, `PERMISSION_MISSING`, `HUB_NOT_FOUND`, `PROJECT_NOT_FOUND`.
pub async fn list(
    ctx: &Context,
    caller: &Caller,
    (place, project): ((Uuid, Uuid), Uuid),
    cut: (Option<Uuid>, u64),
) -> Result<Page<ProjectMember>> {
    authority::look_hub(ctx, caller, (place.0, Some(place.1), None)).await?;
    let project = projects::find(&ctx.store, place, project).await?;
    store::project_members::page(&ctx.store, &project, cut).await
}

/// Gives somebody another role in a project. What he has already is no change.
///
/// # Errors
/// `TEAM_NOT_FOUND`, `PERMISSION_MISSING`, `HUB_NOT_FOUND`, `PROJECT_NOT_FOUND`, `PROJECT_MEMBER_NOT_FOUND`, `ETAG_MISMATCH`.
pub async fn update<A: Message + Default>(
    ctx: &Context,
    call: &Call,
    (who, role): (Who, ProjectRole),
    show: impl Fn(ProjectMember, Time) -> A,
) -> Result<A> {
    let now = ctx.clock.now();
    let again = Place::Hub(who.place.0, who.place.1);
    once(ctx, (call, again, now), show, |tx| async move {
        let tx = &tx;
        authority::enter_hub(tx, call.caller(), who.place).await?;
        let mut member = who.find(tx).await?;

        call.expect(&member.etag())?;

        if member.role != role {
            member.role = role;
            store::project_members::set_role(tx, &member).await?;
            let event = happened(&member, EventType::ProjectMemberUpdated, &["role"]);
            store::events::append(tx, &[event], call.made(now)).await?;
        }
        Ok(member)
    })
    .await
}

/// Takes somebody out of a project, and ends the access that he had by it.
///
/// # Errors
/// `TEAM_NOT_FOUND`, `PERMISSION_MISSING`, `HUB_NOT_FOUND`, `PROJECT_NOT_FOUND`, `PROJECT_MEMBER_NOT_FOUND`, `ETAG_MISMATCH`.
pub async fn remove<A: Message + Default>(
    ctx: &Context,
    call: &Call,
    who: Who,
    show: impl Fn((), Time) -> A,
) -> Result<A> {
    let now = ctx.clock.now();
    let again = Place::Hub(who.place.0, who.place.1);
    once(ctx, (call, again, now), show, |tx| async move {
        let tx = &tx;
        authority::enter_hub(tx, call.caller(), who.place).await?;
        let member = who.find(tx).await?;

        call.expect(&member.etag())?;

        store::project_members::delete(tx, &member).await?;
        let event = happened(&member, EventType::ProjectMemberRemoved, &[]);
        store::events::append(tx, &[event], call.made(now)).await?;
        let by_it = (who.user_id, AccessPath::Project(who.project_id));
        let access = store::access::by_path(tx, who.place, by_it).await?;
        let access = access.into_iter().collect();
        access::end(tx, access, Access::is_active, call.made(now)).await?;
        Ok(())
    })
    .await
}

/// Somebody in a project.
#[derive(Debug, Clone, Copy)]
pub struct Who {
    /// Team and hub.
    pub place: (Uuid, Uuid),
    /// The project.
    pub project_id: Uuid,
    /// The person.
    pub user_id: Uuid,
}

impl Who {
    async fn find(&self, db: &impl Reads) -> Result<ProjectMember> {
        let project = projects::find(db, self.place, self.project_id).await?;
        store::project_members::find(db, &project, self.user_id)
            .await?
            .ok_or_else(|| missing_member(self.user_id))
    }
}

pub(super) fn happened(
    member: &ProjectMember,
    event_type: EventType,
    changed: &[&str],
) -> Happening {
    Happening {
        event_type,
        team_id: Some(member.team_id),
        user_id: Some(member.user_id),
        payload: Payload::Project(ProjectPlace {
            changed_fields: changed.iter().map(|name| (*name).to_owned()).collect(),
            ..member.into()
        }),
    }
}
