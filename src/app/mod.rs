//! USE CASES: one function an RPC. Each loads, decides and writes in one transaction; order and transactions are decided here.

use crate::{
    clock::Clock,
    config::Settings,
    error::{Error, Reason, Result},
    secrets::Secrets,
    store::{self, Store, Tx},
};
use uuid::Uuid;

pub use calls::{Call, Caller, Manner};
pub use store::Until;

use keys::KeyCache;

use crate::{domain::teams::Team, oidc::Providers};

pub mod access;
pub mod accounts;
pub mod admission;
pub mod authority;
pub mod calls;
pub mod correct_email;
pub mod directories;
pub mod disabling;
pub mod email_changes;
pub mod erasures;
pub mod events;
pub mod housekeeping;
pub mod hub_admins;
pub mod hubs;
pub mod imports;
pub mod invitations;
pub mod keys;
pub mod letters;
pub mod limits;
pub mod links;
pub mod members;
pub mod memberships;
pub(crate) mod places;
pub mod products;
pub mod project_members;
pub mod projects;
pub(crate) mod rates;
pub mod removals;
pub mod resends;
pub mod revocations;
pub mod roles;
pub mod scim;
pub mod sign_ins;
pub mod sso;
pub mod team_deletions;
pub mod team_domains;
pub mod teams;
pub mod transfers;
pub mod users;

/// What every use case works with.
#[derive(Clone)]
pub struct Context {
    /// The database.
    pub store: Store,
    /// The time.
    pub clock: Clock,
    /// Hashes and seals.
    pub secrets: Secrets,
    /// The numbers that one may tune.
    pub settings: Settings,
    /// What is remembered of API keys.
    pub keys: KeyCache,
    /// The OpenID providers.
    pub providers: Providers,
}

impl Context {
    /// One that remembers nothing yet.
    #[must_use]
    pub fn new(store: Store, clock: Clock, secrets: Secrets, settings: Settings) -> Self {
        Self {
            store,
            clock,
            secrets,
            providers: Providers::new(&settings.providers),
            settings,
            keys: KeyCache::default(),
        }
    }
}

/// The team, for reading.
pub(crate) async fn team(ctx: &Context, id: Uuid) -> Result<Team> {
    store::teams::by_id(&ctx.store, id)
        .await?
        .ok_or_else(|| no_team(id))
}

/// The team, locked: whoever changes its people begins with this.
pub(crate) async fn lock_team(tx: &Tx, id: Uuid) -> Result<Team> {
    store::teams::lock(tx, id).await?.ok_or_else(|| no_team(id))
}

/// An id that was chosen for an account before it was admitted must be the account's. If somebody made the account in
/// between, the transaction lost.
fn same_account(admitted: Option<Uuid>, chosen: Uuid) -> Result<()> {
    if admitted.is_none_or(|admitted| admitted == chosen) {
        Ok(())
    } else {
        Err(Error::Conflict)
    }
}

fn no_team(id: Uuid) -> Error {
    Error::not_found(Reason::TeamNotFound, "muster.v1.Team", id)
}

fn no_user(name: impl std::fmt::Display) -> Error {
    Error::not_found(Reason::UserNotFound, "muster.v1.User", name)
}

fn no_member(user: Uuid) -> Error {
    Error::not_found(Reason::MemberNotFound, "muster.v1.Member", user)
}

fn no_invitation(id: impl std::fmt::Display) -> Error {
    Error::not_found(Reason::InvitationNotFound, "muster.v1.Invitation", id)
}

fn no_key(id: &str) -> Error {
    Error::not_found(Reason::KeyNotFound, "muster.v1.ApiKey", id)
}

fn no_import(id: &str) -> Error {
    Error::not_found(Reason::ImportNotFound, "muster.v1.Import", id)
}
