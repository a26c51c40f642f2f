//! Looking at the members of a team, and making them something else there.

use prost::Message;
use uuid::Uuid;

use super::{
    Call, Caller, Context,
    authority::{self, Place},
    calls::once,
    directories::group_roles,
    no_member,
};
use crate::{
    clock::Time,
    domain::{
        events::{EventType, Happening, Membership, Payload},
        members::{Member, MemberFilter, SeenMember},
        pages::{Page, Position},
        permissions::Power,
        role_changes::{Change, Wanted},
        teams::Team,
    },
    error::{Error, Result},
    store::{self, Reads, Tx},
};

/// One member. Only the operator sees what became of the account of somebody who left.
///
/// # Errors
/// `TEAM_NOT_FOUND`, `PERMISSION_MISSING`, `MEMBER_NOT_FOUND`.
pub async fn get(
    ctx: &Context,
    caller: &Caller,
    (team_id, user_id): (Uuid, Uuid),
) -> Result<SeenMember> {
    let team = authority::look(ctx, caller, (team_id, Some(user_id))).await?;
    let member = find(&ctx.store, &team, user_id).await?;
    Ok(seen(caller, member))
}

pub(super) fn seen(caller: &Caller, member: Member) -> SeenMember {
    if caller.is_operator() {
        SeenMember::Whole(member)
    } else {
        SeenMember::by_team(member)
    }
}

pub(super) async fn find(db: &impl Reads, team: &Team, user: Uuid) -> Result<Member> {
    store::members::find(db, team, user)
        .await?
        .ok_or_else(|| no_member(user))
}

/// A page of a team's members, each as [`get`] shows him.
///
/// # Errors
/// `TEAM_NOT_FOUND`, `PERMISSION_MISSING`, `EXCLUSIVE` of `filter.states` where a team asks for more of those who left.
pub async fn list(
    ctx: &Context,
    caller: &Caller,
    (team_id, filter): (Uuid, &MemberFilter),
    (after, size): (Option<Position>, u64),
) -> Result<Page<SeenMember>> {
    let now = ctx.clock.now();
    let team = authority::look(ctx, caller, (team_id, None)).await?;
    if !caller.is_operator() {
        filter.by_team()?;
    }
    let page = store::lists::members(&ctx.store, &team, filter, (after, size, now)).await?;
    Ok(page.map(|member| seen(caller, member)))
}

/// Make a member something else.
pub struct Update {
    /// The team.
    pub team_id: Uuid,
    /// The person.
    pub user_id: Uuid,
    /// What becomes of him.
    pub wanted: Wanted,
}

/// Changes a member's role and custom roles. What has its value already is no change.
///
/// # Errors
/// `TEAM_NOT_FOUND`, `PERMISSION_MISSING`, `MEMBER_NOT_FOUND`, `NOT_A_MEMBER`, `PRIMARY_ADMIN_PROTECTED`, `ROLE_NOT_FOUND`,
/// `DIRECTORY_MANAGED`, `ETAG_MISMATCH`.
pub async fn update<A: Message + Default>(
    ctx: &Context,
    call: &Call,
    command: &Update,
    show: impl Fn(Member, Time) -> A,
) -> Result<A> {
    let now = ctx.clock.now();
    let place = Place::Team(command.team_id);
    once(ctx, (call, place, now), show, |tx| async move {
        let tx = &tx;
        let (team, power) = authority::enter(tx, call.caller(), command.team_id).await?;
        let member = find(tx, &team, command.user_id).await?;
        let wanted = command.wanted.custom_role_ids.as_deref();
        let ids = [&member.custom_role_ids, wanted.unwrap_or_default()].concat();
        let found = store::roles::by_ids(tx, team.id, &ids).await?;

        // First whether he left: an etag would tell of the account what a team does not see any more.
        let change = command.wanted.of(&member, &found, &power)?;
        call.expect(&member.etag())?;

        let fields = change.fields();
        if fields.is_empty() {
            return Ok(member);
        }
        if let Some(role) = change.role {
            group_roles::may_be(tx, &team, (command.user_id, role)).await?;
        }
        carry_out(tx, (&team, &power), &member, &change).await?;
        let member = find(tx, &team, command.user_id).await?;
        let event = happened(&member, EventType::MemberUpdated, &fields);
        store::events::append(tx, &[event], call.made(now)).await?;
        Ok(member)
    })
    .await
}

async fn carry_out(
    tx: &Tx,
    (team, power): (&Team, &Power),
    member: &Member,
    change: &Change,
) -> Result<()> {
    let user = member.user.id;
    if let Some(role) = change.role {
        store::standing_changes::set_roles(tx, team, &[user], role).await?;
        store::group_roles::forget(tx, &[team.id], &[user]).await?;
    }
    if let Some(ids) = &change.custom_role_ids {
        store::member_roles::set(tx, (team.id, user), ids).await?;
    }
    if change.is_offer {
        let open = member.invitation.as_ref();
        let open =
            open.ok_or_else(|| Error::internal("an invited member without an invitation"))?;
        store::invitations::set_inviter(tx, open.id, power.person()).await?;
    }
    Ok(())
}

/// The event of a member who is something else now.
pub(super) fn happened(member: &Member, event_type: EventType, changed: &[&str]) -> Happening {
    Happening {
        event_type,
        team_id: Some(member.team_id),
        user_id: Some(member.user.id),
        payload: Payload::Member(Membership {
            role: member.role,
            state: member.state(),
            source: member.source,
            invitation_id: None,
            import_id: None,
            removal: None,
            changed_fields: changed.iter().map(|name| (*name).to_owned()).collect(),
        }),
    }
}
