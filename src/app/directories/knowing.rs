//! What is known of a sync's people before anything is decided.

use std::collections::{HashMap, HashSet};

use uuid::Uuid;

use crate::{
    domain::{
        directories::Directory,
        syncs::{Account, Entry, Managed, Said, SyncMode, Wanted},
        teams::Team,
        texts::ExternalId,
        users::User,
    },
    error::{Error, Result},
    store::{self, Tx, users::Hold},
};

/// What is known before anything is decided.
pub(super) struct Known {
    /// Those whom the directory has, by its ids.
    pub(super) managed: HashMap<String, Managed>,
    /// The domains that the team has verified.
    domains: HashSet<String>,
    /// Accounts of those who would change, by normal form; and those of whom it has, by person.
    pub(super) accounts: HashMap<String, Account>,
    /// By which of its ids the directory has people.
    pub(super) holders: HashMap<Uuid, Managed>,
}

impl Known {
    /// Those whom the directory has already, and whose domains are whose.
    pub(super) async fn load(
        tx: &Tx,
        (team, directory): (&Team, &Directory),
        (entries, mode): (&[Entry], SyncMode),
    ) -> Result<Self> {
        let place = (team.id, directory.id);
        let managed = match mode {
            SyncMode::Full => store::directory_users::all(tx, place).await?,
            SyncMode::Delta => {
                let ids: HashSet<&str> = ids_of(entries).collect();
                let ids: Vec<&str> = ids.into_iter().collect();
                store::directory_users::by_external_ids(tx, place, &ids).await?
            }
        };
        let managed = managed.into_iter();
        Ok(Self {
            managed: managed.map(|one| (one.external_id.clone(), one)).collect(),
            domains: store::team_domains::verified(tx, team.id).await?,
            accounts: HashMap::new(),
            holders: HashMap::new(),
        })
    }

    /// The ids of those who are gone, as the entries say or do not say.
    pub(super) fn leaving(&self, entries: &[Entry], mode: SyncMode) -> HashSet<String> {
        match mode {
            SyncMode::Full => {
                let said: HashSet<&str> = ids_of(entries).collect();
                let ids = self.managed.keys();
                ids.filter(|id| !said.contains(id.as_str()))
                    .cloned()
                    .collect()
            }
            SyncMode::Delta => entries
                .iter()
                .filter(|entry| matches!(entry.said, Said::Gone))
                .filter_map(|entry| entry.external_id.as_ref())
                .filter(|id| self.managed.contains_key(id.as_str()))
                .map(|id| id.as_str().to_owned())
                .collect(),
        }
    }

    /// Whether an entry's address is in a domain that the team has verified.
    pub(super) fn is_own(&self, wanted: &Wanted) -> bool {
        self.domains.contains(wanted.email.domain())
    }

    /// The one whom the directory has by the entry's id, if he is in the team.
    pub(super) fn of(&self, wanted: &Wanted) -> Option<&Managed> {
        let held = self.managed.get(wanted.external_id.as_str());
        held.filter(|held| held.is_present)
    }

    /// Whether an entry says nothing new.
    pub(super) fn is_said(&self, wanted: &Wanted) -> bool {
        let held = self.of(wanted);
        held.is_some_and(|held| held.is(wanted, self.is_own(wanted)))
    }

    /// Locks the accounts that may change, and whoever may stand in their way, by normal form as everybody does.
    pub(super) async fn look_closer(
        &mut self,
        tx: &Tx,
        (team, directory): (&Team, &Directory),
        entries: &[Entry],
    ) -> Result<()> {
        let open: Vec<&Wanted> = people(entries)
            .filter(|wanted| !self.is_said(wanted))
            .collect();
        let mut normals: Vec<&str> = open.iter().map(|wanted| wanted.email.normal()).collect();
        let held = || open.iter().filter_map(|wanted| self.of(wanted));
        normals.extend(held().map(|held| held.email.as_str()));
        normals.sort_unstable();
        normals.dedup();
        let found = store::users::lock_by_emails(tx, &normals, Hold::Change).await?;
        let by_email: HashMap<&str, &User> = found
            .iter()
            .map(|(normal, user)| (normal.as_str(), user))
            .collect();
        // Whoever changed an account before it was locked makes this one start again.
        let stands = |held: &Managed| {
            let user = by_email.get(held.email.as_str());
            user.is_some_and(|user| {
                user.id == held.user_id
                    && user.given_name == held.given_name
                    && user.family_name == held.family_name
                    && user.verify_time.is_some() == held.is_verified
            })
        };
        if !held().all(stands) {
            return Err(Error::Conflict);
        }

        let ids: Vec<Uuid> = found.iter().map(|(_, user)| user.id).collect();
        let elsewhere = store::standings::elsewhere(tx, team.id, &ids).await?;
        let standings = store::standings::of(tx, team, &ids).await?;
        let place = (team.id, directory.id);
        let holders = store::directory_users::of_users(tx, place, &ids).await?;
        let accounts = found.into_iter().map(|(email, user)| {
            let standing = standings.get(&user.id);
            let domain = email.split_once('@').map_or("", |(_, domain)| domain);
            let account = Account {
                is_own: self.domains.contains(domain),
                is_elsewhere: elsewhere.contains_key(&user.id),
                waits_elsewhere: elsewhere.get(&user.id).copied().unwrap_or_default(),
                is_primary: user.id == team.primary_admin_user_id,
                is_member: standing.is_some_and(|standing| standing.is_member),
                email: email.clone(),
                user,
            };
            (email, account)
        });
        let accounts: HashMap<String, Account> = accounts.collect();
        let holders = holders.into_iter();
        self.holders = holders.map(|one| (one.user_id, one)).collect();
        self.accounts = accounts;
        Ok(())
    }
}

fn ids_of(entries: &[Entry]) -> impl Iterator<Item = &str> {
    let ids = entries
        .iter()
        .filter_map(|entry| entry.external_id.as_ref());
    ids.map(ExternalId::as_str)
}

fn people(entries: &[Entry]) -> impl Iterator<Item = &Wanted> {
    entries.iter().filter_map(|entry| match &entry.said {
        Said::Person(wanted) => Some(&**wanted),
        Said::Gone | Said::Invalid(_) | Said::Duplicate(_) => None,
    })
}
