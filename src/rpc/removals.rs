//! Ways out: disabling, removing, leaving, handing the primary admin's role over, and deleting a team.

use std::collections::HashSet;

use tonic::{Request, Response, Status};
use uuid::Uuid;

use super::{
    Rpc, filters, members, mutations, team_values,
    values::{id, ids},
};
use crate::{
    app::{
        self, Call,
        disabling::Wanted,
        removals::{Removed, Selection},
        team_deletions::Delete,
    },
    clock::Time,
    domain::{
        imports::ImportId,
        members::{Member, MemberFilter, MemberState},
        removals::MAX_LEAVERS,
    },
    error::{FieldViolation, Reason, Result, Rule, Violations},
    proto,
};

type Answer<A> = Result<Response<A>, Status>;

pub(super) async fn disable_member(
    rpc: &Rpc,
    request: Request<proto::DisableMemberRequest>,
) -> Answer<proto::DisableMemberResponse> {
    let decode = |it: &proto::DisableMemberRequest| member_of(&it.team_id, &it.user_id);
    rpc.mutate(request, decode, async |rpc: Rpc, call, whom| {
        let what = (whom, Wanted::Disabled);
        app::disabling::set(&rpc.ctx, &call, what, |member, now| {
            proto::DisableMemberResponse {
                member: Some(changed(&call, member, now)),
            }
        })
        .await
    })
    .await
}

pub(super) async fn enable_member(
    rpc: &Rpc,
    request: Request<proto::EnableMemberRequest>,
) -> Answer<proto::EnableMemberResponse> {
    let decode = |it: &proto::EnableMemberRequest| member_of(&it.team_id, &it.user_id);
    rpc.mutate(request, decode, async |rpc: Rpc, call, whom| {
        let what = (whom, Wanted::Enabled);
        app::disabling::set(&rpc.ctx, &call, what, |member, now| {
            proto::EnableMemberResponse {
                member: Some(changed(&call, member, now)),
            }
        })
        .await
    })
    .await
}

fn changed(call: &Call, member: Member, now: Time) -> proto::Member {
    let (mut member, _) = members::member(member, now);
    mutations::no_etag_of_rehearsal(call, &mut member.etag);
    member
}

pub(super) async fn remove_member(
    rpc: &Rpc,
    request: Request<proto::RemoveMemberRequest>,
) -> Answer<proto::RemoveMemberResponse> {
    let decode = |it: &proto::RemoveMemberRequest| member_of(&it.team_id, &it.user_id);
    rpc.mutate(request, decode, async |rpc: Rpc, call, whom| {
        app::removals::one(&rpc.ctx, &call, whom, |member, now| {
            let mut member = members::seen(member, now);
            mutations::no_etag_of_rehearsal(&call, &mut member.etag);
            proto::RemoveMemberResponse {
                member: Some(member),
            }
        })
        .await
    })
    .await
}

fn member_of(team: &str, user: &str) -> Result<(Uuid, Uuid)> {
    let mut violations = Violations::new();
    let team = violations.take(id("team_id", team));
    let user = violations.take(id("user_id", user));
    violations.finish(team.zip(user))
}

pub(super) async fn batch_remove_members(
    rpc: &Rpc,
    request: Request<proto::BatchRemoveMembersRequest>,
) -> Answer<proto::BatchRemoveMembersResponse> {
    rpc.mutate(request, selection, async |rpc: Rpc, call, (team, whom)| {
        app::removals::many(&rpc.ctx, &call, (team, &whom), |removed, _| {
            proto::BatchRemoveMembersResponse {
                results: results(removed),
            }
        })
        .await
    })
    .await
}

/// Reads whom a call is to remove, and from which team.
fn selection(message: &proto::BatchRemoveMembersRequest) -> Result<(Uuid, Selection)> {
    let mut violations = Violations::new();
    let team = violations.take(id("team_id", &message.team_id));
    if let Some(second) = second_choice(message) {
        violations.add(second, Rule::Exclusive);
        return violations.finish(None);
    }
    let selection = if let Some(given) = &message.filter {
        let filter = filters::member_filter(given, &mut violations);
        if *given == proto::MemberFilter::default() {
            violations.add("filter", Rule::Required);
        }
        violations.take(present(filter))
    } else if message.import_id.is_empty() {
        let limit = (MAX_LEAVERS, &mut violations);
        let users = ids("user_ids", &message.user_ids, limit);
        // With one that cannot be read, the others have lost their places.
        let users = users.filter(|users| users.len() == message.user_ids.len());
        users.map(|users| each_once(users, &mut violations))
    } else {
        let import = ImportId::parse("import_id", &message.import_id);
        violations.take(import).map(Selection::Import)
    };
    violations.finish(team.zip(selection))
}

/// Of the three ways to choose people, a second one that is given.
fn second_choice(message: &proto::BatchRemoveMembersRequest) -> Option<&'static str> {
    let given = [
        ("user_ids", !message.user_ids.is_empty()),
        ("filter", message.filter.is_some()),
        ("import_id", !message.import_id.is_empty()),
    ];
    let mut given = given.into_iter().filter(|(_, is_given)| *is_given);
    given.nth(1).map(|(name, _)| name)
}

/// Nobody who left is removed once more.
fn present(filter: MemberFilter) -> Result<Selection, FieldViolation> {
    if filter.states.contains(&MemberState::Removed) {
        Err(FieldViolation::new("filter.states", Rule::UnknownValue))
    } else {
        Ok(Selection::Filter(Box::new(filter)))
    }
}

fn each_once(users: Vec<Uuid>, violations: &mut Violations) -> Selection {
    let mut seen = HashSet::with_capacity(users.len());
    for (index, user) in users.iter().enumerate() {
        if !seen.insert(user) {
            violations.add(format!("user_ids[{index}]"), Rule::Duplicate);
        }
    }
    Selection::People(users)
}

fn results(removed: Removed) -> Vec<proto::MemberRemovalResult> {
    let removed = removed.into_iter();
    removed
        .map(|(user, refusal)| proto::MemberRemovalResult {
            user_id: user.to_string(),
            refusal: refusal.unwrap_or(Reason::Unspecified).into(),
        })
        .collect()
}

pub(super) async fn leave_team(
    rpc: &Rpc,
    request: Request<proto::LeaveTeamRequest>,
) -> Answer<proto::LeaveTeamResponse> {
    let decode = |it: &proto::LeaveTeamRequest| Ok(id("team_id", &it.team_id)?);
    rpc.mutate(request, decode, async |rpc: Rpc, call, team| {
        app::removals::leave(&rpc.ctx, &call, team, |member, now| {
            let mut member = members::seen(member, now);
            mutations::no_etag_of_rehearsal(&call, &mut member.etag);
            proto::LeaveTeamResponse {
                member: Some(member),
            }
        })
        .await
    })
    .await
}

pub(super) async fn transfer_primary_admin(
    rpc: &Rpc,
    request: Request<proto::TransferPrimaryAdminRequest>,
) -> Answer<proto::TransferPrimaryAdminResponse> {
    let decode = |it: &proto::TransferPrimaryAdminRequest| member_of(&it.team_id, &it.user_id);
    rpc.mutate(request, decode, async |rpc: Rpc, call, heir| {
        app::transfers::primary(&rpc.ctx, &call, heir, |team, _| {
            let mut team = team_values::show(&team);
            mutations::no_etag_of_rehearsal(&call, &mut team.etag);
            proto::TransferPrimaryAdminResponse { team: Some(team) }
        })
        .await
    })
    .await
}

pub(super) async fn delete_team(
    rpc: &Rpc,
    request: Request<proto::DeleteTeamRequest>,
) -> Answer<proto::DeleteTeamResponse> {
    let decode = |it: &proto::DeleteTeamRequest| {
        let force = it.force;
        let delete = |team_id| Delete { team_id, force };
        Ok(id("team_id", &it.team_id).map(delete)?)
    };
    rpc.mutate(request, decode, async |rpc: Rpc, call, command| {
        app::team_deletions::delete(&rpc.ctx, &call, command, |(team, removed), _| {
            let mut team = team_values::show(&team);
            mutations::no_etag_of_rehearsal(&call, &mut team.etag);
            proto::DeleteTeamResponse {
                team: Some(team),
                removed_count: i32::try_from(removed).unwrap_or(i32::MAX),
            }
        })
        .await
    })
    .await
}
