//! What a sync is to change: loaded and decided, entry by entry, by the same number of statements whatever their number.

use std::collections::{BTreeSet, HashMap, HashSet};

use uuid::Uuid;

use super::knowing::Known;
use crate::{
    clock::Time,
    domain::{
        directories::Directory,
        syncs::{Account, Change, Entry, Managed, Said, SyncMode, SyncOutcome, SyncResult, Wanted},
        teams::Team,
        users::User,
    },
    error::Result,
    ids,
    store::Tx,
};

/// What a sync changes.
#[derive(Default)]
pub(super) struct Plan<'a> {
    /// What is answered, in the order of the entries; before those whom a snapshot lacks.
    pub(super) results: Vec<SyncResult>,
    /// Those who leave.
    pub(super) leaving: Vec<Uuid>,
    /// The ids by which the directory has nobody any more.
    pub(super) unlinked: BTreeSet<String>,
    /// Whom it has by another id or name, or anew though he was a member.
    pub(super) linked: Vec<(&'a Wanted, Uuid)>,
    /// Members who are its own from now on.
    pub(super) taken_over: Vec<Uuid>,
    /// Whom it enables, and whom it disables.
    pub(super) disabled: [Vec<Uuid>; 2],
    /// Whose account has other values, and which.
    pub(super) rewritten: Vec<Rewrite<'a>>,
    /// Who wants to come in.
    pub(super) candidates: Vec<Newcomer<'a>>,
}

/// An account that is as the directory says from now on.
pub(super) struct Rewrite<'a> {
    /// As it was.
    pub(super) user: User,
    /// As it is wanted.
    pub(super) wanted: &'a Wanted,
    /// The fields that have another value.
    pub(super) fields: Vec<&'static str>,
}

/// Somebody who is not in the team.
pub(super) struct Newcomer<'a> {
    /// As he is wanted.
    pub(super) wanted: &'a Wanted,
    /// The account that he has.
    pub(super) user: Option<User>,
    /// The id of the one that he gets otherwise.
    pub(super) id_if_new: Uuid,
    /// Whether his address is in a domain that the team has verified.
    pub(super) is_own: bool,
    /// Where his answer stands.
    pub(super) result: usize,
}

/// Decides about every entry, and about whom a snapshot lacks. The caller holds the team's lock.
pub(super) async fn plan<'a>(
    tx: &Tx,
    (team, directory): (&Team, &Directory),
    (entries, mode): (&'a [Entry], SyncMode),
    now: Time,
) -> Result<Plan<'a>> {
    let mut known = Known::load(tx, (team, directory), (entries, mode)).await?;
    let mut leaving = known.leaving(entries, mode);
    known.look_closer(tx, (team, directory), entries).await?;

    let mut plan = Plan::default();
    let mut gone = HashMap::new();
    for (number, entry) in (1..).zip(entries) {
        plan.results.push(SyncResult {
            entry: number,
            external_id: entry.external_id.as_ref().map(|id| id.as_str().to_owned()),
            outcome: SyncOutcome::Unchanged,
            refused: None,
            user_id: None,
            first_entry: None,
            violations: Vec::new(),
        });
        match &entry.said {
            Said::Person(wanted) => plan.person(&known, wanted, (&mut leaving, now)),
            Said::Gone => {
                let id = entry.external_id.as_ref();
                gone.extend(id.map(|id| (id.as_str(), plan.results.len() - 1)));
            }
            Said::Invalid(violations) => {
                let result = plan.last();
                result.outcome = SyncOutcome::Invalid;
                result.violations.clone_from(violations);
            }
            Said::Duplicate(first) => {
                let result = plan.last();
                result.outcome = SyncOutcome::Duplicate;
                result.first_entry = Some(*first);
            }
        }
    }
    plan.leave((&known, team), leaving, &gone);
    Ok(plan)
}

impl<'a> Plan<'a> {
    fn last(&mut self) -> &mut SyncResult {
        // Every entry has its result before it is decided.
        let last = self.results.len() - 1;
        &mut self.results[last]
    }

    fn person(
        &mut self,
        known: &Known,
        wanted: &'a Wanted,
        (leaving, now): (&mut HashSet<String>, Time),
    ) {
        if known.is_said(wanted) {
            self.last().user_id = known.of(wanted).map(|held| held.user_id);
            return;
        }
        let account = known.accounts.get(wanted.email.normal());
        if let Some(held) = known.of(wanted) {
            let is_taken = account.is_some_and(|account| account.user.id != held.user_id);
            if let Some(own) = known.accounts.get(&held.email) {
                self.keep((known, own), held, (wanted, is_taken));
            }
            return;
        }
        // What is left of a membership that ended, by this id.
        if let Some(ended) = known.managed.get(wanted.external_id.as_str()) {
            self.unlinked.insert(ended.external_id.clone());
        }
        let holder = account.and_then(|account| known.holders.get(&account.user.id));
        match (account, holder) {
            (Some(own), Some(holder)) if holder.is_present => {
                if leaving.remove(&holder.external_id) {
                    self.keep((known, own), holder, (wanted, false));
                } else {
                    self.last().outcome = SyncOutcome::EmailTaken;
                }
            }
            (account, holder) => {
                if let Some(ended) = holder
                    && ended.external_id != wanted.external_id.as_str()
                {
                    leaving.remove(&ended.external_id);
                    self.unlinked.insert(ended.external_id.clone());
                }
                self.adopt(known, account, (wanted, now));
            }
        }
    }

    /// Somebody whom the directory has, by this id or by another one that nobody has any more.
    fn keep(
        &mut self,
        (known, own): (&Known, &Account),
        held: &Managed,
        (wanted, is_taken): (&'a Wanted, bool),
    ) {
        let facts = (known.is_own(wanted), is_taken);
        let change = own.change(wanted, held.is_disabled, facts);
        let is_other = held.external_id != wanted.external_id.as_str();
        let is_renamed = held.user_name != wanted.user_name && change.refused.is_none();
        if is_other || is_renamed {
            self.unlinked.insert(held.external_id.clone());
            self.linked.push((wanted, held.user_id));
        }
        self.note(own, wanted, change);
        let result = self.last();
        if result.outcome == SyncOutcome::Unchanged && (is_other || is_renamed) {
            result.outcome = SyncOutcome::Updated;
        }
    }

    /// Somebody whom the directory has not yet.
    fn adopt(
        &mut self,
        known: &Known,
        account: Option<&Account>,
        (wanted, now): (&'a Wanted, Time),
    ) {
        if let Some(account) = account {
            if let Err(outcome) = account.adopt(wanted.is_active) {
                self.last().outcome = outcome;
                return;
            }
            if account.is_member {
                let facts = (known.is_own(wanted), false);
                let change = account.change(wanted, false, facts);
                self.linked.push((wanted, account.user.id));
                self.taken_over.push(account.user.id);
                self.note(account, wanted, change);
                self.last().outcome = SyncOutcome::TakenOver;
                return;
            }
        }
        self.candidates.push(Newcomer {
            wanted,
            user: account.map(|account| account.user.clone()),
            id_if_new: ids::new(now),
            is_own: known.is_own(wanted),
            result: self.results.len() - 1,
        });
    }

    fn note(&mut self, own: &Account, wanted: &'a Wanted, change: Change) {
        if let Some(disabled) = change.disabled {
            self.disabled[usize::from(disabled)].push(own.user.id);
        }
        if !change.fields.is_empty() {
            self.rewritten.push(Rewrite {
                user: own.user.clone(),
                wanted,
                fields: change.fields,
            });
        }
        let result = self.last();
        result.outcome = change.outcome;
        result.refused = change.refused;
        result.user_id = Some(own.user.id);
    }

    /// Those who are gone; of whom nothing is here any more but the id, that goes without a word.
    fn leave(
        &mut self,
        (known, team): (&Known, &Team),
        leaving: HashSet<String>,
        places: &HashMap<&str, usize>,
    ) {
        let mut gone: Vec<String> = leaving.into_iter().collect();
        gone.sort_unstable();
        for id in gone {
            let Some(held) = known.managed.get(&id) else {
                continue;
            };
            let outcome = if held.user_id == team.primary_admin_user_id && held.is_present {
                SyncOutcome::PrimaryAdminProtected
            } else {
                self.unlinked.insert(id.clone());
                if !held.is_present {
                    continue;
                }
                self.leaving.push(held.user_id);
                SyncOutcome::Removed
            };
            if let Some(place) = places.get(id.as_str()) {
                self.results[*place].outcome = outcome;
                self.results[*place].user_id = Some(held.user_id);
            } else {
                self.results.push(SyncResult {
                    entry: 0,
                    external_id: Some(id),
                    outcome,
                    refused: None,
                    user_id: Some(held.user_id),
                    first_entry: None,
                    violations: Vec::new(),
                });
            }
        }
    }
}
