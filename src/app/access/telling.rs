//! Who is told of what remains in hubs, and when: at once, and then not again before an hour has passed.

use std::collections::{BTreeSet, HashMap, HashSet};

use uuid::Uuid;

use crate::{
    domain::{
        hubs::Hub,
        letters::{LetterKind, RESIDUAL_APART, residual_due},
        teams::Team,
    },
    error::Result,
    ids,
    store::{
        self, Tx,
        events::Made,
        outbox::NewLetter,
        residual_letters::{last, name, waiting},
    },
};

/// As many ids as one statement of either database takes well.
const AT_ONCE: usize = 8_000;

/// Sees to it that a letter about each hub waits for each of its admins who is an active member, or, if it has none, for the
/// team's primary admin; never for somebody who is leaving. A letter says how many still get in when it is sent, so one
/// that waits already says this too. The caller holds the team's lock, and has written what the letters are about.
pub(super) async fn tell(
    tx: &Tx,
    (hubs, leaving): (&[(&Team, &Hub)], &[Uuid]),
    made: Made<'_>,
) -> Result<()> {
    if hubs.is_empty() {
        return Ok(());
    }
    let ids: Vec<Uuid> = hubs.iter().map(|(_, hub)| hub.id).collect();
    let teams: BTreeSet<Uuid> = hubs.iter().map(|(team, _)| team.id).collect();
    let teams: Vec<Uuid> = teams.into_iter().collect();
    let waiting: HashMap<(Uuid, Uuid), Uuid> = waiting(tx, (&teams, &ids))
        .await?
        .into_iter()
        .map(|letter| ((letter.hub_id, letter.user_id), letter.id))
        .collect();
    let since = made.at - RESIDUAL_APART;
    let last = last(tx, (&teams, &ids), (since, made.at)).await?;
    let people = store::access::remaining(tx, &teams, &ids).await?;
    let readers = Readers::load(tx, (hubs, leaving)).await?;

    let mut named = Vec::new();
    let mut letters = Vec::new();
    for (team, hub) in hubs {
        for user in readers.of(team, hub) {
            if let Some(letter) = waiting.get(&(hub.id, user)) {
                named.push(*letter);
                continue;
            }
            let last = last.get(&(hub.id, user)).copied();
            letters.push(NewLetter {
                id: ids::new(made.at),
                kind: LetterKind::ResidualAccess,
                team_id: Some(team.id),
                user_id: user,
                inviter_user_id: made.by.actor_user_id,
                invitation_id: None,
                email_change_id: None,
                import_id: None,
                language: readers.language(team, user),
                sealed_token: None,
                held: false,
                due_time: Some(residual_due(last, made.at)),
                hub: Some((hub.id, people.get(&hub.id).copied().unwrap_or_default())),
            });
        }
    }
    name(tx, &named, made.by.actor_user_id).await?;
    store::outbox::post(tx, letters, made.at).await
}

/// Who of those who may be told is there, and reads what language.
struct Readers {
    active: HashSet<(Uuid, Uuid)>,
    languages: HashMap<Uuid, Option<String>>,
}

impl Readers {
    async fn load(tx: &Tx, (hubs, leaving): (&[(&Team, &Hub)], &[Uuid])) -> Result<Self> {
        let leaving: HashSet<&Uuid> = leaving.iter().collect();
        let pairs: BTreeSet<(Uuid, Uuid)> = hubs
            .iter()
            .flat_map(|(team, hub)| {
                let own = hub.admin_user_ids.iter().copied();
                own.chain([team.primary_admin_user_id])
                    .map(|user| (team.id, user))
            })
            .filter(|(_, user)| !leaving.contains(user))
            .collect();
        let pairs: Vec<(Uuid, Uuid)> = pairs.into_iter().collect();
        let mut active = HashSet::with_capacity(pairs.len());
        for pairs in pairs.chunks(AT_ONCE) {
            active.extend(store::memberships::active(tx, pairs).await?.into_keys());
        }
        let known: BTreeSet<Uuid> = active.iter().map(|(_, user)| *user).collect();
        let known: Vec<Uuid> = known.into_iter().collect();
        let mut languages = HashMap::with_capacity(known.len());
        for known in known.chunks(AT_ONCE) {
            let accounts = store::users::by_ids(tx, known).await?.into_iter();
            languages.extend(accounts.map(|user| (user.id, user.language)));
        }
        Ok(Self { active, languages })
    }

    /// Who is told of a hub.
    fn of(&self, team: &Team, hub: &Hub) -> Vec<Uuid> {
        let is_there = |user: Uuid| self.active.contains(&(team.id, user));
        let own = hub.admin_user_ids.iter().copied();
        let own: Vec<Uuid> = own.filter(|user| is_there(*user)).collect();
        if own.is_empty() && is_there(team.primary_admin_user_id) {
            vec![team.primary_admin_user_id]
        } else {
            own
        }
    }

    fn language(&self, team: &Team, user: Uuid) -> String {
        let own = self.languages.get(&user).cloned().flatten();
        own.unwrap_or_else(|| team.settings.default_language.as_str().to_owned())
    }
}
