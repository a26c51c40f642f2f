//! The rules of letters about what remains in hubs once more: who gets them, and when.

use std::collections::BTreeMap;

use crate::{
    model::{Model, Moment},
    model_powers::Power,
};

/// A hub, and whom letters about it go to.
type Reader = (usize, usize);

/// What is written to whom.
#[derive(Clone, Default)]
pub(crate) struct HubLetters {
    /// When each waiting letter goes.
    waiting: BTreeMap<Reader, Moment>,
    /// When the last one went.
    sent: BTreeMap<Reader, Moment>,
}

impl HubLetters {
    /// Nothing that waits goes to these people any more.
    pub(crate) fn forget(&mut self, people: &[usize]) {
        self.waiting.retain(|(_, who), _| !people.contains(who));
    }
}

impl Model {
    /// A letter for each of a hub's admins who is active, or if there is none for the primary admin; never for whom it is
    /// about. It goes at once, but not within an hour of the last; one that waits already is enough.
    pub(crate) fn tell(&mut self, hub: usize, about: Option<usize>) {
        let reads = |who: usize| about != Some(who) && self.reads(who);
        let own = self.hubs.sites[hub].admins.iter().copied();
        let mut told: Vec<usize> = own.filter(|who| reads(*who)).collect();
        if told.is_empty() && reads(self.primary) {
            told.push(self.primary);
        }
        for who in told {
            let letters = &mut self.hubs.letters;
            let soonest = letters
                .sent
                .get(&(hub, who))
                .map_or(self.now, |last| last + 3_600);
            let due = letters.waiting.entry((hub, who));
            due.or_insert(soonest.max(self.now));
        }
    }

    fn reads(&self, who: usize) -> bool {
        matches!(self.power_of(who), Power::Person(..))
    }

    /// Sends what is due, to whoever still looks after the hub, if anybody still gets in.
    pub(crate) fn send_due(&mut self) {
        let now = self.now;
        let waiting = self.hubs.letters.waiting.iter();
        let due = waiting.filter(|(_, due)| **due <= now);
        let due: Vec<Reader> = due.map(|(reader, _)| *reader).collect();
        for (hub, who) in due {
            self.hubs.letters.waiting.remove(&(hub, who));
            let mut accesses = self.hubs.accesses.iter();
            let remains = accesses.any(|(path, one)| path.1 == hub && one.is_residual());
            let looks_after = who == self.primary || self.hubs.sites[hub].admins.contains(&who);
            if remains && looks_after && self.reads(who) && !self.deleted {
                self.letters.push((self.accounts[who].address, false));
                self.hubs.letters.sent.insert((hub, who), now);
            }
        }
    }
}
