//! People in projects, as `ProductService` reads and shows them.

use super::{
    Rpc, members, mutations,
    pages::{self, List},
    projects::{self, read_role},
    values::{id, paths, timestamp, word},
};
use crate::{
    app::{
        self, Call, Caller,
        project_members::{Add, Person, Who},
    },
    domain::{
        email::Email,
        languages::Language,
        names::PersonName,
        pages::size,
        projects::{ProjectMember, ProjectRole},
        texts::optional,
        users::Profile,
    },
    error::{Result, Rule, Violations},
    proto::{self, add_project_member_request::Person as Given},
};

pub(super) fn add(message: &proto::AddProjectMemberRequest) -> Result<Add> {
    let mut violations = Violations::new();
    let team = violations.take(id("team_id", &message.team_id));
    let hub = violations.take(id("hub_id", &message.hub_id));
    let project = violations.take(id("project_id", &message.project_id));
    let person = match &message.person {
        None => {
            violations.add("person", Rule::Required);
            None
        }
        Some(Given::UserId(user)) => violations.take(id("user_id", user)).map(Person::Present),
        Some(Given::NewMember(new)) => anybody(new, &mut violations),
    };
    let role = needed_role("role", message.role, &mut violations);
    let command = (|| {
        Some(Add {
            place: (team?, hub?),
            project_id: project?,
            person: person?,
            role: role?,
        })
    })();
    violations.finish(command)
}

fn anybody(new: &proto::NewProjectMember, violations: &mut Violations) -> Option<Person> {
    let email = violations.take(Email::parse("new_member.email", &new.email));
    let given = PersonName::parse("new_member.given_name", &new.given_name);
    let given = violations.take(given);
    let family = PersonName::parse("new_member.family_name", &new.family_name);
    let family = violations.take(family);
    let language = optional(Language::parse, "new_member.language", &new.language);
    let language = violations.take(language);
    let profile = Profile::named(given?, family?, language?);
    Some(Person::Anybody(email?, profile))
}

fn needed_role(field: &str, number: i32, violations: &mut Violations) -> Option<ProjectRole> {
    let role = violations.take(word(field, number, read_role))?;
    if role.is_none() {
        violations.add(field, Rule::Required);
    }
    role
}

pub(super) async fn added(
    rpc: Rpc,
    call: Call,
    command: Add,
) -> Result<proto::AddProjectMemberResponse> {
    app::project_members::add(&rpc.ctx, &call, &command, |added, now| {
        let mut shown = show(&added.member);
        mutations::no_etag_of_rehearsal(&call, &mut shown.etag);
        if added.entered.member.is_none() {
            // Of an account that is not in the team yet, a rehearsal does not tell that there is one.
            shown.user_id.clear();
        }
        let (outcome, mut member, mut invitation) = members::entered(added.entered, now);
        if !added.reads_people {
            member = None;
            invitation = None;
        }
        proto::AddProjectMemberResponse {
            outcome,
            project_member: Some(shown),
            member,
            invitation,
        }
    })
    .await
}

pub(super) async fn list(
    rpc: Rpc,
    caller: Caller,
    mut message: proto::ListProjectMembersRequest,
) -> Result<proto::ListProjectMembersResponse> {
    let token = std::mem::take(&mut message.page_token);
    let size = size(std::mem::take(&mut message.page_size));
    let which = projects::key(&message.team_id, &message.hub_id, &message.project_id)?;
    let list = List::new("ListProjectMembers", "user", &message);
    let after = pages::id(list.open(&rpc.ctx.secrets, &token)?)?;
    let page = app::project_members::list(&rpc.ctx, &caller, which, (after, size)).await?;
    Ok(proto::ListProjectMembersResponse {
        project_members: page.items.iter().map(show).collect(),
        next_page_token: list.seal(&rpc.ctx.secrets, page.next.as_ref()),
    })
}

pub(super) fn update(message: &proto::UpdateProjectMemberRequest) -> Result<(Who, ProjectRole)> {
    let mut violations = Violations::new();
    let mask = message.update_mask.as_ref();
    paths(mask, &["role"], &mut violations);
    let Some(member) = &message.project_member else {
        violations.add("project_member", Rule::Required);
        return violations.finish(None);
    };
    let team = violations.take(id("project_member.team_id", &member.team_id));
    let hub = violations.take(id("project_member.hub_id", &member.hub_id));
    let project = violations.take(id("project_member.project_id", &member.project_id));
    let user = violations.take(id("project_member.user_id", &member.user_id));
    let role = needed_role("project_member.role", member.role, &mut violations);
    let command = (|| {
        let who = Who {
            place: (team?, hub?),
            project_id: project?,
            user_id: user?,
        };
        Some((who, role?))
    })();
    violations.finish(command)
}

pub(super) async fn updated(
    rpc: Rpc,
    call: Call,
    change: (Who, ProjectRole),
) -> Result<proto::UpdateProjectMemberResponse> {
    app::project_members::update(&rpc.ctx, &call, change, |member, _| {
        let mut member = show(&member);
        mutations::no_etag_of_rehearsal(&call, &mut member.etag);
        let project_member = Some(member);
        proto::UpdateProjectMemberResponse { project_member }
    })
    .await
}

pub(super) fn remove(message: &proto::RemoveProjectMemberRequest) -> Result<Who> {
    let mut violations = Violations::new();
    let team = violations.take(id("team_id", &message.team_id));
    let hub = violations.take(id("hub_id", &message.hub_id));
    let project = violations.take(id("project_id", &message.project_id));
    let user = violations.take(id("user_id", &message.user_id));
    let who = team.zip(hub).zip(project.zip(user));
    violations.finish(who.map(|(place, (project_id, user_id))| Who {
        place,
        project_id,
        user_id,
    }))
}

pub(super) async fn removed(
    rpc: Rpc,
    call: Call,
    who: Who,
) -> Result<proto::RemoveProjectMemberResponse> {
    app::project_members::remove(&rpc.ctx, &call, who, |(), _| {
        proto::RemoveProjectMemberResponse {}
    })
    .await
}

fn show(member: &ProjectMember) -> proto::ProjectMember {
    proto::ProjectMember {
        team_id: member.team_id.to_string(),
        hub_id: member.hub_id.to_string(),
        project_id: member.project_id.to_string(),
        user_id: member.user_id.to_string(),
        role: projects::role(member.role).into(),
        create_time: Some(timestamp(member.create_time)),
        etag: member.etag(),
    }
}
