//! What the letters of a batch speak of, loaded together: one statement a kind of thing, whatever their number.

use std::collections::HashMap;

use uuid::Uuid;

use super::keepers::Keepers;
use crate::{
    clock::Time,
    domain::{
        email_changes::EmailChange, invitations::Invitation, letters::LetterKind, teams::Team,
        users::User,
    },
    error::Result,
    store::{self, Store, outbox::Claimed},
};

/// Teams, people, invitations, changes of addresses and the names of hubs, by id; and who looks after the hubs.
pub(super) struct Subjects {
    teams: HashMap<Uuid, Team>,
    users: HashMap<Uuid, User>,
    invitations: HashMap<Uuid, Invitation>,
    email_changes: HashMap<Uuid, EmailChange>,
    hubs: HashMap<Uuid, String>,
    keepers: Keepers,
}

impl Subjects {
    /// Loads what these letters speak of.
    pub(super) async fn load(db: &Store, letters: &[Claimed]) -> Result<Self> {
        let teams: Vec<Uuid> = letters.iter().filter_map(|letter| letter.team_id).collect();
        // Who gets them, and whom they name.
        let users: Vec<Uuid> = letters
            .iter()
            .flat_map(|letter| [Some(letter.user_id), letter.inviter_user_id])
            .flatten()
            .collect();
        let invitations: Vec<Uuid> = letters
            .iter()
            .filter_map(|letter| letter.invitation_id)
            .collect();
        let email_changes: Vec<Uuid> = letters
            .iter()
            .filter_map(|letter| letter.email_change_id)
            .collect();
        let hubs: Vec<(Uuid, Uuid)> = letters
            .iter()
            .filter_map(|letter| letter.team_id.zip(letter.hub_id))
            .collect();
        Ok(Self {
            hubs: store::hubs::names(db, &hubs).await?,
            keepers: Keepers::load(db, letters).await?,
            teams: by_id(store::teams::by_ids(db, &teams).await?, |team| team.id),
            users: by_id(store::users::by_ids(db, &users).await?, |user| user.id),
            invitations: by_id(
                store::invitations::any_by_ids(db, &invitations).await?,
                |invitation| invitation.id,
            ),
            email_changes: by_id(
                store::email_changes::by_ids(db, &email_changes).await?,
                |change| change.id,
            ),
        })
    }

    /// Who gets a letter.
    pub(super) fn user(&self, letter: &Claimed) -> Option<&User> {
        self.users.get(&letter.user_id)
    }

    /// The name of the person whom a letter names as the one who invites; nobody's once he was erased.
    pub(super) fn inviter(&self, letter: &Claimed) -> Option<String> {
        let inviter = self.users.get(&letter.inviter_user_id?);
        inviter
            .filter(|inviter| inviter.delete_time.is_none())
            .map(User::full_name)
    }

    /// The name of the team of which a letter speaks.
    pub(super) fn team_display_name(&self, letter: &Claimed) -> Option<String> {
        let team = self.teams.get(&letter.team_id?)?;
        Some(team.settings.display_name.as_str().to_owned())
    }

    /// The name of the hub of which a letter speaks; none once the hub is gone.
    pub(super) fn hub_display_name(&self, letter: &Claimed) -> Option<&str> {
        self.hubs.get(&letter.hub_id?).map(String::as_str)
    }

    /// How many people still get into the hub of which a letter speaks; none once it tells nothing more to whom it goes.
    pub(super) fn person_count(&self, letter: &Claimed) -> Option<u32> {
        let team = self.teams.get(&letter.team_id?)?;
        self.keepers.people(letter, team.primary_admin_user_id)
    }

    /// Until when the link of a letter is good, if it brings one.
    pub(super) fn expire_time(&self, letter: &Claimed) -> Option<Time> {
        let invitation = letter
            .invitation_id
            .and_then(|id| self.invitations.get(&id));
        match letter.kind {
            LetterKind::Invitation | LetterKind::NewLink => Some(invitation?.expire_time),
            LetterKind::EmailChange => Some(self.email_change(letter)?.expire_time),
            LetterKind::AddedToTeam | LetterKind::EmailChangeNote | LetterKind::ResidualAccess => {
                None
            }
        }
    }

    /// The address to which a letter goes: the account's, or one of those that a change of it is about. There is none once
    /// the letter has no more use, which whoever took that from it has noted in the outbox too.
    pub(super) fn address(&self, letter: &Claimed) -> Option<&str> {
        let user = self.user(letter)?;
        if user.delete_time.is_some() {
            return None;
        }
        match letter.kind {
            LetterKind::Invitation | LetterKind::NewLink | LetterKind::AddedToTeam => {
                Some(&user.email)
            }
            LetterKind::ResidualAccess => {
                self.hub_display_name(letter)?;
                self.person_count(letter).map(|_| &*user.email)
            }
            LetterKind::EmailChange => self.email_change(letter)?.email.as_deref(),
            LetterKind::EmailChangeNote => self.email_change(letter)?.old_email.as_deref(),
        }
    }

    fn email_change(&self, letter: &Claimed) -> Option<&EmailChange> {
        self.email_changes.get(&letter.email_change_id?)
    }
}

fn by_id<T>(items: Vec<T>, id: impl Fn(&T) -> Uuid) -> HashMap<Uuid, T> {
    items.into_iter().map(|item| (id(&item), item)).collect()
}
