//! Erasing a person: what identifies him is replaced, what happened stays.

use prost::Message;
use uuid::Uuid;

use super::{
    Call, Context,
    access::leaving::leave_all,
    accounts,
    authority::{self, Place},
    calls::once,
    no_user,
};
use crate::{
    clock::Time,
    domain::{
        events::{EventType, Happening, Membership, Payload},
        invitations::{Invitation, Settlement},
        leaving::Departures,
        members::{MemberState, Removal},
        permissions::Permission,
        roles::Role,
        teams::Team,
        users::User,
    },
    error::{Error, Result},
    store::{self, Tx, erasures::Leaving, events::Made},
};

/// What an erasure did.
pub struct Erased {
    /// What is left of the account.
    pub user: User,
    /// The teams in which a membership ended, by id.
    pub ended_team_ids: Vec<Uuid>,
    /// What became of his access to hubs of those teams.
    pub departures: Departures,
}

/// Erases a person, with his memberships, invitations and unsent letters. Whoever is erased already is no change.
///
/// # Errors
/// `PERMISSION_MISSING`, `USER_NOT_FOUND`, `PRIMARY_ADMIN_PROTECTED`, `ETAG_MISMATCH`.
pub async fn run<A: Message + Default>(
    ctx: &Context,
    call: &Call,
    id: Uuid,
    show: impl Fn(Erased, Time) -> A,
) -> Result<A> {
    let now = ctx.clock.now();
    once(ctx, (call, Place::Deployment, now), show, |tx| async move {
        let tx = &tx;
        authority::operator(call.caller(), Permission::UsersUpdate)?;
        let before = teams_of(&store::erasures::present(tx, id).await?);
        let teams = store::teams::lock_all(tx, &before).await?;
        let user = store::users::lock(tx, id)
            .await?
            .ok_or_else(|| no_user(id))?;
        // Nobody brings him into a team any more. Whoever did it, or took him out, before the account was locked makes
        // this one start again.
        let leaving = store::erasures::present(tx, id).await?;
        let ended_team_ids = teams_of(&leaving);
        if ended_team_ids != before {
            return Err(Error::Conflict);
        }
        if !store::events::is_last_of(tx, id).await? {
            return Err(Error::Conflict);
        }
        let open = store::erasures::open_invitations(tx, id, &before).await?;

        call.expect(&user.etag())?;
        if user.delete_time.is_some() {
            return Ok(Erased {
                user,
                ended_team_ids,
                departures: Departures::default(),
            });
        }
        accounts::leads_nobody(tx, id).await?;

        let made = call.made(now);
        let mut events = ended(id, (&teams, &leaving), &open);
        events.push(accounts::happened(id, EventType::UserDeleted));
        revoke(tx, id, &open, made).await?;
        store::users::erase(tx, id, now).await?;
        store::erasures::end_memberships(tx, id, leaving.len(), now).await?;
        store::events::append(tx, &events, made).await?;
        let departures = leave_all(tx, &teams, id, made).await?;
        let user = store::users::by_id(tx, id)
            .await?
            .ok_or_else(|| no_user(id))?;
        Ok(Erased {
            user,
            ended_team_ids,
            departures,
        })
    })
    .await
}

fn teams_of(memberships: &[Leaving]) -> Vec<Uuid> {
    memberships.iter().map(|one| one.team_id).collect()
}

/// Takes back whatever waits for the person, and wipes the addresses that stand beside it. First the letters, then the
/// invitations: the order in which everybody locks them.
async fn revoke(tx: &Tx, id: Uuid, open: &[Invitation], made: Made<'_>) -> Result<()> {
    let now = made.at;
    let ids: Vec<Uuid> = open.iter().map(|one| one.id).collect();
    store::outbox::cancel_to(tx, id, now).await?;
    store::invitations::settle(tx, &ids, Settlement::Revoked, now).await?;
    store::tokens::settle(tx, &ids, now).await?;
    store::invitations::cancel_delivery(tx, &ids).await?;
    store::erasures::forget_replies(tx, id).await?;
    store::identities::forget(tx, id).await?;
    store::directory_users::forget(tx, id).await?;
    store::email_changes::forget(tx, id, now).await
}

/// The event of each membership that ends.
fn ended(
    user: Uuid,
    (teams, leaving): (&[Team], &[Leaving]),
    open: &[Invitation],
) -> Vec<Happening> {
    let event = |one: &Leaving| {
        let mut teams = teams.iter();
        let is_led = teams.any(|team| team.id == one.team_id && team.primary_admin_user_id == user);
        let invitation = open.iter().find(|open| open.team_id == one.team_id);
        Happening {
            event_type: EventType::MemberRemoved,
            team_id: Some(one.team_id),
            user_id: Some(user),
            payload: Payload::Member(Membership {
                // Of a team that was deleted he is the primary admin still.
                role: if is_led { Role::PrimaryAdmin } else { one.role },
                state: MemberState::Removed,
                source: one.source,
                invitation_id: invitation.map(|open| open.id),
                import_id: None,
                removal: Some(Removal::Erased),
                changed_fields: Vec::new(),
            }),
        }
    };
    leaving.iter().map(event).collect()
}
