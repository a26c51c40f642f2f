//! To whom a letter about what remains in a hub still has something to say when it is sent, and of how many people.

use std::collections::{HashMap, HashSet};

use uuid::Uuid;

use crate::{
    domain::letters::LetterKind,
    error::Result,
    store::{self, Store, outbox::Claimed},
};

/// Who of the recipients is there and looks after what, and what remains: one statement each, whatever the number of
/// letters.
#[derive(Default)]
pub(super) struct Keepers {
    /// Active members, by team and person.
    active: HashSet<(Uuid, Uuid)>,
    /// Hubs' own admins, by hub and person.
    admins: HashSet<(Uuid, Uuid)>,
    /// How many people still get in, by hub.
    remaining: HashMap<Uuid, u32>,
}

impl Keepers {
    /// Loads what the letters about hubs among these need.
    pub(super) async fn load(db: &Store, letters: &[Claimed]) -> Result<Self> {
        let about: Vec<&Claimed> = letters
            .iter()
            .filter(|letter| letter.kind == LetterKind::ResidualAccess)
            .collect();
        if about.is_empty() {
            return Ok(Self::default());
        }
        let hubs: Vec<Uuid> = about.iter().filter_map(|letter| letter.hub_id).collect();
        let people = about
            .iter()
            .filter_map(|letter| Some((letter.team_id?, letter.user_id)));
        let people: Vec<(Uuid, Uuid)> = people.collect();
        let (teams, users): (Vec<Uuid>, Vec<Uuid>) = people.iter().copied().unzip();
        let active = store::memberships::active(db, &people).await?;
        Ok(Self {
            active: active.into_keys().collect(),
            admins: store::hub_admins::among(db, (&teams, &hubs), &users).await?,
            remaining: store::access::remaining(db, &teams, &hubs).await?,
        })
    }

    /// Of how many people a letter speaks: of all who still get in, as the list shows them. None if it has nothing to say any
    /// more, or not to him: to an active member it does who is an admin of the hub, or the team's primary admin, also if the
    /// hub has got an admin of its own since.
    pub(super) fn people(&self, letter: &Claimed, primary_admin: Uuid) -> Option<u32> {
        let (team, hub, user) = (letter.team_id?, letter.hub_id?, letter.user_id);
        let looks_after = user == primary_admin || self.admins.contains(&(hub, user));
        let remaining = *self.remaining.get(&hub)?;
        let is_told = looks_after && self.active.contains(&(team, user));
        is_told.then_some(remaining)
    }
}
