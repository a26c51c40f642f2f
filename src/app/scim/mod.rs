//! What a directory does by SCIM.

use uuid::Uuid;

use crate::{
    clock::Time,
    domain::{directories::Directory, events::Origin, teams::Team},
    error::{Error, Reason, Result},
    store::{self, Tx, events::Made},
};

pub mod groups;
pub mod users;

/// A directory that calls.
#[derive(Clone)]
pub struct Visitor {
    /// The directory, as its token told.
    pub directory: Directory,
    /// The call, as logs and answers name it.
    pub call_id: Uuid,
}

impl Visitor {
    const fn place(&self) -> (Uuid, Uuid) {
        (self.directory.team_id, self.directory.id)
    }

    const fn origin(&self) -> Origin {
        Origin {
            key_id: None,
            actor_user_id: None,
            call_id: Some(self.call_id),
        }
    }
}

/// Locks the team of a directory that may still change it: since its token was looked at, it may have got another one.
async fn enter(tx: &Tx, visitor: &Visitor) -> Result<Team> {
    let invalid = || Error::Unauthenticated(Reason::CredentialInvalid);
    let team = store::teams::lock(tx, visitor.directory.team_id).await?;
    let team = team.ok_or_else(invalid)?;
    let stands = store::directories::of_team(tx, team.id).await?;
    let token = &visitor.directory.token_id;
    let stands = stands.filter(|it| it.id == visitor.directory.id && it.token_id == *token);
    stands.ok_or_else(invalid)?;
    team.may_sync()?;
    Ok(team)
}

const fn made(origin: &Origin, now: Time) -> Made<'_> {
    Made {
        by: origin,
        at: now,
    }
}
