//! The keys with which services call: `mst_<id>_<secret>`.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use uuid::Uuid;

use super::{pages::Position, words::words};
use crate::clock::Time;

words! {
    /// What a key may be used for. Which call needs which is the table in `permissions`.
    pub enum Scope {
        /// Everything, in every team.
        Operator = "operator",
        /// To read teams, their people, invitations and imports.
        TeamsRead = "teams:read",
        /// To change teams and their people.
        TeamsWrite = "teams:write",
        /// To ask whether somebody is a member, and what he may do.
        MembersCheck = "members:check",
        /// To import people.
        ImportsWrite = "imports:write",
        /// To show what a mailed link offers and bring the answer of whoever holds it.
        InvitationsAnswer = "invitations:answer",
        /// To bring people from SSO and directories.
        IdentityWrite = "identity:write",
        /// To read and watch events.
        EventsRead = "events:read",
        /// To act on behalf of a person.
        ActAs = "act_as",
        /// To act on behalf of a person whose ID token comes with the call.
        ActAsSignedIn = "act_as_signed_in",
    }
}

/// A key as it is stored. It has no Debug: the hash is nobody's to print.
#[derive(Clone)]
pub struct ApiKey {
    /// The part of the key that names it, not secret.
    pub id: String,
    /// What people call it.
    pub display_name: String,
    /// What it may be used for.
    pub scopes: Vec<Scope>,
    /// The only team that it sees; every team if none.
    pub team_id: Option<Uuid>,
    /// The keyed hash of the whole key.
    pub hash: Vec<u8>,
    /// When it was made.
    pub create_time: Time,
    /// From when on it is no longer good.
    pub revoke_time: Option<Time>,
    /// From when on it is no longer good, as was settled when it was made.
    pub expire_time: Option<Time>,
    /// When it was last used, to a minute or so.
    pub last_use_time: Option<Time>,
    /// The name in a client certificate that is as good as the secret.
    pub certificate_name: Option<String>,
}

impl ApiKey {
    /// Whether it may be used for this.
    #[must_use]
    pub fn has(&self, scope: Scope) -> bool {
        self.scopes.contains(&scope) || self.scopes.contains(&Scope::Operator)
    }

    /// Whether it is good at `now`.
    #[must_use]
    pub fn is_live(&self, now: Time) -> bool {
        let ends = [self.revoke_time, self.expire_time];
        ends.into_iter().flatten().all(|end| now < end)
    }

    /// Whether it is what every key was before there were scopes: an operator's, for every team and without end.
    #[must_use]
    pub fn is_plain(&self) -> bool {
        self.scopes == [Scope::Operator] && self.team_id.is_none() && self.expire_time.is_none()
    }
}

/// Whether a text has the form of a key's id.
#[must_use]
pub fn is_id(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// Where a page of keys ended.
pub struct ApiKeyPosition {
    /// When the last key was made, in microseconds since 1970.
    pub micros: i64,
    /// Its id.
    pub id: String,
}

impl ApiKeyPosition {
    /// The position after this key.
    #[must_use]
    pub fn of(key: &ApiKey) -> Position {
        let micros = key.create_time.timestamp_micros().to_be_bytes();
        Position([&micros[..], key.id.as_bytes()].concat())
    }

    /// Reads a position that [`Self::of`] made.
    #[must_use]
    pub fn read(position: &Position) -> Option<Self> {
        let (micros, id) = position.0.split_first_chunk()?;
        Some(Self {
            micros: i64::from_be_bytes(*micros),
            id: String::from_utf8(id.to_vec()).ok()?,
        })
    }
}

/// What keys begin with.
const PREFIX: &str = "mst_";

/// The id and the text of a credential: `<prefix><id>_<secret>`.
pub(super) fn composed(prefix: &str, id: [u8; 6], secret: [u8; 32]) -> (String, String) {
    let number = id
        .iter()
        .fold(0_u64, |number, byte| (number << 8) | u64::from(*byte));
    let id = format!("{number:012x}");
    let text = format!("{prefix}{id}_{}", URL_SAFE_NO_PAD.encode(secret));
    (id, text)
}

/// The id in the text of a credential, if it has the form that [`composed`] gives it.
pub(super) fn parted<'a>(prefix: &str, text: &'a str) -> Option<&'a str> {
    let (id, secret) = text.strip_prefix(prefix)?.split_once('_')?;
    let secret: Option<[u8; 32]> = URL_SAFE_NO_PAD.decode(secret).ok()?.try_into().ok();
    (is_id(id) && secret.is_some()).then_some(id)
}

/// The text of a key, which a caller holds. It has no Debug on purpose.
#[derive(Clone, PartialEq, Eq)]
pub struct KeyText {
    id: String,
    text: String,
}

impl KeyText {
    /// A key of fresh random bytes.
    #[must_use]
    pub fn new(id: [u8; 6], secret: [u8; 32]) -> Self {
        let (id, text) = composed(PREFIX, id, secret);
        Self { id, text }
    }

    /// Reads what a caller sent.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let id = parted(PREFIX, text)?;
        Some(Self {
            id: id.to_owned(),
            text: text.to_owned(),
        })
    }

    /// The part that names it.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The whole key: show it once, to its owner.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_reads_as_it_was_written_and_nothing_else_does() {
        // Bytes whose base64url is all underscores: the id ends at the first one after it.
        let key = KeyText::new([0, 1, 2, 0xa0, 0xff, 9], [0xff; 32]);
        assert_eq!(key.id(), "000102a0ff09");
        let text = key.text().to_owned();
        assert!(KeyText::parse(&text).is_some_and(|same| same == key));
        let others = [
            "",
            "mst_",
            "mst_000102a0ff09",
            "key_000102a0ff09_AA",
            &text[..text.len() - 1],
            &format!("{text}A"),
        ];
        for other in others {
            assert!(KeyText::parse(other).is_none(), "{other}");
        }
    }
}
