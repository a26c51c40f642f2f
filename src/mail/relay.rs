//! The loop that sends what the outbox holds: lease, send with no transaction open, settle. At least once, in any number
//! of processes.

use std::time::Duration;

use chrono::TimeDelta;
use lettre::Message;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::{
    letter::{Letter, Sender, render},
    subjects::Subjects,
    transport::{SendError, Transport},
};
use crate::{
    clock::{Clock, Time},
    config::Settings,
    domain::{
        email::Email,
        events::{EventType, Happening, Origin, Payload},
        letters::{DeliveryState, LetterKind},
        tokens::LinkToken,
    },
    error::{Error, Result},
    ids,
    secrets::Secrets,
    store::{self, Store, Tx, events::Made, outbox::Claimed},
};

/// Sends the letters of one database.
#[derive(Clone)]
pub struct Relay {
    /// The database.
    pub store: Store,
    /// The time.
    pub clock: Clock,
    /// Opens the seals.
    pub secrets: Secrets,
    /// How many, how often and how long.
    pub settings: Settings,
    /// How letters travel.
    pub transport: Transport,
    /// Who they come from.
    pub sender: Sender,
    /// Where links lead, without a slash at its end.
    pub public_url: String,
}

/// How sending one letter went.
enum Outcome {
    Sent,
    Later(String),
    Never(String),
    /// It tells nothing any more to whom it goes.
    Useless,
}

/// What becomes of one letter.
enum End {
    Settled(DeliveryState, Option<String>),
    PutBack(Time, String),
}

impl Relay {
    /// Sends until told to stop. Trouble with the database is logged and waited for.
    pub async fn run(self, stop: CancellationToken) {
        while !stop.is_cancelled() {
            let sent = match self.step().await {
                Ok(sent) => sent,
                Err(error) => {
                    tracing::warn!(error = &error as &dyn std::error::Error, "the relay waits");
                    0
                }
            };
            if sent == 0 {
                tokio::select! {
                    () = stop.cancelled() => {}
                    () = tokio::time::sleep(self.settings.relay_poll) => {}
                }
            }
        }
    }

    /// Sends one batch of what is due, all of it at once; how many letters it took.
    ///
    /// # Errors
    /// Only the database's: a letter that cannot be sent is settled, not an error.
    pub async fn step(&self) -> Result<usize> {
        let now = self.clock.now();
        let lease = ids::new(now);
        let lease_end = later(now, self.settings.relay_lease);
        let most = u64::from(self.settings.relay_batch);
        let letters = &self
            .store
            .write(
                |tx| async move { store::outbox::claim(&tx, lease, (now, lease_end), most).await },
            )
            .await?;
        if letters.is_empty() {
            return Ok(0);
        }

        let subjects = Subjects::load(&self.store, letters).await?;
        let ends = self.send(letters, &subjects).await?;

        let (ends, now) = (&ends, self.clock.now());
        self.store
            .write(|tx| async move { settle(&tx, (letters, lease), ends, now).await })
            .await?;
        Ok(letters.len())
    }

    /// Sends every letter that still has a use, and decides what becomes of each.
    async fn send(&self, letters: &[Claimed], subjects: &Subjects) -> Result<Vec<End>> {
        let now = self.clock.now();
        let mut sending = JoinSet::new();
        let mut outcomes: Vec<Outcome> = Vec::with_capacity(letters.len());
        for (index, claimed) in letters.iter().enumerate() {
            outcomes.push(Outcome::Later("nothing was answered".to_owned()));
            if now >= self.give_up_time(claimed, subjects) {
                outcomes[index] = Outcome::Never("too late to be of use".to_owned());
                continue;
            }
            match self.write(claimed, subjects) {
                Ok(message) => {
                    let transport = self.transport.clone();
                    sending.spawn(async move { (index, transport.send(&message).await) });
                }
                Err(outcome) => outcomes[index] = outcome,
            }
        }
        while let Some(done) = sending.join_next().await {
            let (index, answer) = done.map_err(|error| Error::Internal(Box::new(error)))?;
            outcomes[index] = match answer {
                Ok(()) => Outcome::Sent,
                Err(SendError::Later(reply)) => Outcome::Later(reply),
                Err(SendError::Never(reply)) => Outcome::Never(reply),
            };
        }
        let now = self.clock.now();
        Ok(letters
            .iter()
            .zip(outcomes)
            .map(|(letter, outcome)| self.end(letter, outcome, (subjects, now)))
            .collect())
    }

    /// The message, or what becomes of a letter that cannot be written.
    fn write(&self, claimed: &Claimed, subjects: &Subjects) -> Result<Message, Outcome> {
        let token = match &claimed.sealed_token {
            None => None,
            Some(sealed) => match self.secrets.open(sealed, claimed.id.as_bytes()) {
                Ok(token) => Some(token),
                Err(error) => {
                    // A replica that has the newer secret already may have sealed it; it can send it too.
                    tracing::warn!(letter.id = %claimed.id, error = &error as &dyn std::error::Error, "a seal waits");
                    return Err(Outcome::Later("the seal cannot be opened here".to_owned()));
                }
            },
        };
        let Some(address) = subjects.address(claimed) else {
            return Err(Outcome::Useless);
        };
        self.letter(claimed, (subjects, address), token)
            .and_then(|letter| render(&letter, &self.sender, self.clock.now()))
            .map_err(|error| {
                tracing::error!(
                    letter.id = %claimed.id,
                    error = &error as &dyn std::error::Error,
                    "a letter cannot be written",
                );
                Outcome::Never("the letter could not be written".to_owned())
            })
    }

    fn letter(
        &self,
        claimed: &Claimed,
        (subjects, address): (&Subjects, &str),
        token: Option<Vec<u8>>,
    ) -> Result<Letter> {
        let user = subjects.user(claimed);
        let user = user.ok_or_else(|| Error::internal("a letter without a user"))?;
        let recipient = Email::parse("email", address)
            .map_err(|_| Error::internal("a stored address is not valid"))?;
        let link = match token {
            None => None,
            Some(token) => {
                let bytes = token
                    .try_into()
                    .map_err(|_| Error::internal("a sealed token has the wrong length"))?;
                let token = LinkToken::new(bytes).text();
                let page = page(claimed.kind);
                Some(format!("{}/{page}/{token}", self.public_url))
            }
        };
        Ok(Letter {
            id: claimed.id,
            kind: claimed.kind,
            language: claimed.language.clone(),
            recipient: recipient.mailbox(),
            given_name: user.given_name.clone(),
            family_name: user.family_name.clone(),
            inviter: subjects.inviter(claimed),
            team_display_name: subjects.team_display_name(claimed),
            hub_display_name: subjects.hub_display_name(claimed).map(str::to_owned),
            person_count: subjects.person_count(claimed),
            link,
            expire_time: subjects.expire_time(claimed),
        })
    }

    /// When trying has no more use: when the link expires, or after the letter's lifetime.
    fn give_up_time(&self, claimed: &Claimed, subjects: &Subjects) -> Time {
        let lifetime = || later(claimed.create_time, self.settings.letter_lifetime);
        subjects.expire_time(claimed).unwrap_or_else(lifetime)
    }

    /// What becomes of a letter: one that may go well later waits, as long as that has a use.
    fn end(&self, letter: &Claimed, outcome: Outcome, (subjects, now): (&Subjects, Time)) -> End {
        match outcome {
            Outcome::Sent => End::Settled(DeliveryState::Sent, None),
            Outcome::Never(reply) => End::Settled(DeliveryState::Failed, Some(reply)),
            Outcome::Useless => End::Settled(DeliveryState::Cancelled, None),
            Outcome::Later(reply) => {
                let due = later(now, self.back_off(letter.attempts));
                if due < self.give_up_time(letter, subjects) {
                    End::PutBack(due, reply)
                } else {
                    End::Settled(DeliveryState::Failed, Some(reply))
                }
            }
        }
    }

    /// Twice as long after every failure, up to the most.
    fn back_off(&self, attempts: i32) -> Duration {
        let doublings = u32::try_from(attempts - 1).unwrap_or_default().min(30);
        self.settings
            .relay_backoff_first
            .saturating_mul(1 << doublings)
            .min(self.settings.relay_backoff_max)
    }
}

/// Notes what became of the letters, on them and on their invitations, but for those whose lease went to another relay
/// or that a newer letter cancelled. First the letters, then the invitations: the order in which everybody locks them.
async fn settle(
    tx: &Tx,
    (letters, lease): (&[Claimed], Uuid),
    ends: &[End],
    now: Time,
) -> Result<()> {
    let mut deliveries = Vec::new();
    let mut noted = Vec::new();
    let mut events = Vec::new();
    for (letter, end) in letters.iter().zip(ends) {
        match end {
            End::PutBack(due, reply) => {
                store::outbox::put_back(tx, (letter.id, lease), reply, *due).await?;
            }
            End::Settled(state, error) => {
                let error = error.as_deref();
                let ours = store::outbox::settle(tx, (letter.id, lease), (*state, error), now);
                if !ours.await? {
                    continue;
                }
                events.extend(happened(letter, *state));
                if let Some(invitation) = letter.invitation_id {
                    deliveries.push((invitation, *state, error));
                }
                if letter.kind == LetterKind::EmailChangeNote {
                    noted.extend(letter.email_change_id);
                }
            }
        }
    }
    for (invitation, state, error) in deliveries {
        store::invitations::set_delivery(tx, invitation, state, error).await?;
    }
    store::email_changes::wipe_old(tx, &noted).await?;
    let by = &Origin::default();
    store::events::append(tx, &events, Made { by, at: now }).await
}

/// The event of a letter that ended; a cancelled one leaves none, whoever cancels it.
fn happened(letter: &Claimed, state: DeliveryState) -> Option<Happening> {
    let event_type = match state {
        DeliveryState::Sent => EventType::LetterSent,
        DeliveryState::Failed => EventType::LetterFailed,
        DeliveryState::Held | DeliveryState::Queued | DeliveryState::Cancelled => return None,
    };
    Some(Happening {
        event_type,
        team_id: letter.team_id,
        user_id: Some(letter.user_id),
        payload: Payload::Letter(letter.kind, state, letter.invitation_id),
    })
}

/// The page that a letter's link opens.
const fn page(kind: LetterKind) -> &'static str {
    match kind {
        LetterKind::EmailChange | LetterKind::EmailChangeNote => "email-changes",
        LetterKind::Invitation
        | LetterKind::NewLink
        | LetterKind::AddedToTeam
        | LetterKind::ResidualAccess => "invitations",
    }
}

fn later(now: Time, by: Duration) -> Time {
    TimeDelta::from_std(by)
        .ok()
        .and_then(|by| now.checked_add_signed(by))
        .unwrap_or(Time::MAX_UTC)
}
