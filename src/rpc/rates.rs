//! How many calls come in a second: of one key, with tokens that could be guesses, and with credentials that nobody
//! has seen.

use super::credentials::Credential;
use crate::{
    app::rates::{self, Knocks},
    clock::Clock,
    config::CallSettings,
    error::{Error, Result},
};

/// Calls whose token could be a guess.
const WITH_TOKEN: [&str; 4] = [
    "/muster.v1.InvitationService/PeekInvitation",
    "/muster.v1.InvitationService/AcceptInvitation",
    "/muster.v1.InvitationService/DeclineInvitation",
    "/muster.v1.InvitationService/RequestNewInvitation",
];

/// All rates of a process.
pub(super) struct Rates {
    calls: rates::Rates,
    with_token: rates::Rates,
    knocks: Knocks,
}

impl Rates {
    /// As fast as the settings say.
    pub(super) fn new(settings: &CallSettings, clock: &Clock) -> Self {
        let per_key = |rate| rates::Rates::new(rate, clock.clone());
        Self {
            calls: per_key((settings.calls_per_second, settings.calls_burst)),
            with_token: per_key((settings.token_calls_per_second, settings.token_calls_burst)),
            knocks: Knocks::new(settings.new_credentials(), clock.clone()),
        }
    }

    /// Whether a key may make one more call, whatever it calls and whatever becomes of it. A watch counts when it is opened.
    ///
    /// # Errors
    /// `RATE_LIMITED`, with the time until it may.
    pub(super) fn call(&self, key: &str, path: &str) -> Result<()> {
        if WITH_TOKEN.contains(&path) {
            self.with_token.check(key)?;
        }
        self.calls.check(key)
    }

    /// Whether a credential may be looked up.
    ///
    /// # Errors
    /// `RATE_LIMITED`, with the time until it may.
    pub(super) fn look_up(&self, credential: Option<Credential<'_>>) -> Result<()> {
        self.knocks.look_up(credential)
    }

    /// Notes how a credential turned out to be.
    pub(super) fn looked_up<T>(
        &self,
        credential: Option<Credential<'_>>,
        outcome: Result<&T, &Error>,
    ) {
        self.knocks.looked_up(credential, outcome);
    }
}
