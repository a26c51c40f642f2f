//! Making teams and changing their settings.

use prost::Message;
use uuid::Uuid;

use super::{
    Call, Caller, Context,
    admission::{self, Candidate, Terms},
    authority::{self, Place},
    calls::once,
    invitations::{Entered, entered},
    same_account,
};
use crate::{
    clock::Time,
    domain::{
        domain_rules::DomainRules,
        email::Email,
        events::{EventType, Happening, Payload},
        languages::Language,
        members::Source,
        names::DisplayName,
        pages::Page,
        permissions::Permission,
        roles::Role,
        teams::{
            Entitlement, InvitationTtl, RejoinPolicy, Team, TeamCounts, TeamFilter, TeamSettings,
            VerifiedAccountPolicy,
        },
        texts::ExternalId,
        users::Profile,
    },
    error::{Error, Reason, Resource, Result},
    ids,
    store::{self, Reads, users::Hold},
};

/// Make a team.
pub struct Create {
    /// Its settings.
    pub settings: TeamSettings,
    /// Who answers for it.
    pub primary_admin: (Email, Profile),
}

/// A team that was made.
pub struct Created {
    /// The team.
    pub team: Team,
    /// Its primary admin.
    pub entered: Entered,
    /// Whether it was only tried.
    pub is_rehearsal: bool,
}

/// Makes a team and invites its primary admin, in one transaction.
///
/// # Errors
/// `PERMISSION_MISSING`, `TEAM_EXTERNAL_ID_TAKEN`, `DOMAIN_REFUSED`, `USER_DISABLED`.
pub async fn create<A: Message + Default>(
    ctx: &Context,
    call: &Call,
    command: &Create,
    show: impl Fn(Created, Time) -> A,
) -> Result<A> {
    let now = ctx.clock.now();
    let (email, profile) = &command.primary_admin;
    let terms = &Terms {
        role: Role::PrimaryAdmin,
        source: Source::Manual,
        inviter_user_id: None,
        reaches_primary: true,
        import_id: None,
        language: None,
        hold_letters: false,
    };
    once(ctx, (call, Place::Deployment, now), show, |tx| async move {
        let tx = &tx;
        authority::operator(call.caller(), Permission::TeamsCreate)?;
        free_external_id(tx, command.settings.external_id.as_ref(), None).await?;
        let account = store::users::lock_by_emails(tx, &[email.normal()], Hold::Steady).await?;
        // Locked, so that whoever disables it meanwhile sees the team.
        if let Some((_, user)) = account.first() {
            user.undisabled()?;
        }
        let primary = account.first().map_or(ids::new(now), |(_, user)| user.id);

        let team = Team {
            id: ids::new(now),
            primary_admin_user_id: primary,
            settings: command.settings.clone(),
            create_time: now,
            update_time: now,
            delete_time: None,
        };
        store::teams::insert(tx, &team).await?;
        let made = call.made(now);
        store::events::append(tx, &[happened(&team, EventType::TeamCreated, &[])], made).await?;
        let candidates = [Candidate {
            email: email.clone(),
            profile: profile.clone(),
            id_if_new: primary,
            is_proven: false,
        }];
        let plan = admission::plan(tx, &team, terms, (&candidates, now)).await?;
        let work = (&candidates[..], &plan, made);
        let admitted = admission::carry_out(ctx, tx, (&team, terms), work).await?;
        same_account(admitted[0].user_id, primary)?;
        let entered = entered(tx, call, &team, &admitted).await?;
        Ok(Created {
            team,
            entered,
            is_rehearsal: call.is_rehearsal(),
        })
    })
    .await
}

/// The event of a team. Its primary admin is the person of those that name one.
pub(super) fn happened(team: &Team, event_type: EventType, changed: &[&str]) -> Happening {
    let names_admin = event_type != EventType::TeamUpdated;
    Happening {
        event_type,
        team_id: Some(team.id),
        user_id: names_admin.then_some(team.primary_admin_user_id),
        payload: Payload::Team(changed.iter().map(|name| (*name).to_owned()).collect()),
    }
}

async fn free_external_id(
    db: &impl Reads,
    wanted: Option<&ExternalId>,
    own: Option<Uuid>,
) -> Result<()> {
    let Some(wanted) = wanted else {
        return Ok(());
    };
    match store::teams::by_external_id(db, wanted).await? {
        Some(holder) if Some(holder) != own => Err(Error::AlreadyExists(
            Reason::TeamExternalIdTaken,
            Resource {
                reason: Reason::TeamExternalIdTaken,
                kind: "muster.v1.Team",
                name: holder.to_string(),
            },
        )),
        _ => Ok(()),
    }
}

/// One team with its counts; a deleted one only for the operator.
///
/// # Errors
/// `TEAM_NOT_FOUND`, `PERMISSION_MISSING`.
pub async fn get(ctx: &Context, caller: &Caller, id: Uuid) -> Result<(Team, TeamCounts)> {
    let now = ctx.clock.now();
    let past = if caller.is_operator() && caller.team_id.is_none() {
        store::teams::past_or_present(&ctx.store, id).await?
    } else {
        None
    };
    let team = match past {
        Some(team) => team,
        None => authority::look(ctx, caller, (id, None)).await?,
    };
    let counts = store::teams::counts(&ctx.store, &team, now).await?;
    Ok((team, counts))
}

/// A page of teams.
///
/// # Errors
/// `PERMISSION_MISSING`.
pub async fn list(
    ctx: &Context,
    caller: &Caller,
    filter: &TeamFilter,
    (after, size): (Option<Uuid>, u64),
) -> Result<Page<Team>> {
    authority::operator(caller, Permission::TeamsList)?;
    store::teams::page(&ctx.store, filter, after, size).await
}

/// Changes to a team's settings; `None` leaves one as it is.
#[derive(Default)]
pub struct Update {
    /// Its name.
    pub display_name: Option<DisplayName>,
    /// The id in another system.
    pub external_id: Option<Option<ExternalId>>,
    /// How many seats there are.
    pub seat_limit: Option<Option<i32>>,
    /// How long invitations are good.
    pub invitation_ttl: Option<InvitationTtl>,
    /// What inviting a verified account does.
    pub verified_account_policy: Option<VerifiedAccountPolicy>,
    /// The language of letters to people who have none.
    pub default_language: Option<Language>,
    /// Which addresses may come in.
    pub domain_rules: Option<DomainRules>,
    /// What its plan includes.
    pub entitlements: Option<Vec<Entitlement>>,
    /// Who may bring back people whom an admin removed.
    pub rejoin_policy: Option<RejoinPolicy>,
}

/// Changes a team's settings. What has its value already is no change.
///
/// # Errors
/// `TEAM_NOT_FOUND`, `PERMISSION_MISSING`, `TEAM_EXTERNAL_ID_TAKEN`, `ETAG_MISMATCH`.
pub async fn update<A: Message + Default>(
    ctx: &Context,
    call: &Call,
    (id, changes): (Uuid, &Update),
    show: impl Fn(Team, Time) -> A,
) -> Result<A> {
    let now = ctx.clock.now();
    once(ctx, (call, Place::Team(id), now), show, |tx| async move {
        let tx = &tx;
        let (mut team, power) = authority::enter(tx, call.caller(), id).await?;
        if changes.external_id.is_some() {
            power.require(Permission::ExternalIdsUpdate, id)?;
        }
        if changes.seat_limit.is_some() {
            power.require(Permission::SeatsUpdate, id)?;
        }
        if changes.entitlements.is_some() {
            power.require(Permission::EntitlementsUpdate, id)?;
        }
        call.expect(&team.etag())?;
        let wanted = changes.external_id.as_ref().and_then(Option::as_ref);
        free_external_id(tx, wanted, Some(team.id)).await?;

        let before = team.settings.clone();
        apply(&mut team.settings, changes);
        let fields = team.settings.changed_since(&before);
        if !fields.is_empty() {
            team.update_time = now;
            store::teams::update(tx, &team).await?;
            let event = happened(&team, EventType::TeamUpdated, &fields);
            store::events::append(tx, &[event], call.made(now)).await?;
        }
        Ok(team)
    })
    .await
}

fn apply(settings: &mut TeamSettings, changes: &Update) {
    if let Some(name) = &changes.display_name {
        settings.display_name = name.clone();
    }
    if let Some(external_id) = &changes.external_id {
        settings.external_id.clone_from(external_id);
    }
    if let Some(limit) = changes.seat_limit {
        settings.seat_limit = limit;
    }
    if let Some(ttl) = changes.invitation_ttl {
        settings.invitation_ttl = ttl;
    }
    if let Some(policy) = changes.verified_account_policy {
        settings.verified_account_policy = policy;
    }
    if let Some(language) = &changes.default_language {
        settings.default_language = language.clone();
    }
    if let Some(rules) = &changes.domain_rules {
        settings.domain_rules = rules.clone();
    }
    if let Some(entitlements) = &changes.entitlements {
        settings.entitlements.clone_from(entitlements);
    }
    if let Some(policy) = changes.rejoin_policy {
        settings.rejoin_policy = policy;
    }
}
