//! Page tokens: a position, with a tag that binds it to the list, its team, its filter and this service's secret.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use prost::Message;
use uuid::Uuid;

use crate::{
    domain::pages::{Position, read},
    error::{Error, FieldViolation, Reason, Result, Rule},
    secrets::{PAGE_TAG_BYTES, Secrets},
};

/// The form of the token; another one later gets another number.
const VERSION: u8 = 2;

/// One list as asked for: its method, its order, and all of the request but size and token.
pub(super) struct List {
    binding: Vec<u8>,
}

impl List {
    /// `order` names what a position holds, so that a token of another order is refused and not misread. `asked` is the
    /// request without page size and token: team, filter and whatever else makes the list.
    pub(super) fn new(method: &str, order: &str, asked: &impl Message) -> Self {
        let mut binding = [method.as_bytes(), &[0], order.as_bytes(), &[0]].concat();
        binding.extend(asked.encode_to_vec());
        Self { binding }
    }

    /// The position of a token that this service made for this list; none for the first page.
    pub(super) fn open(&self, secrets: &Secrets, token: &str) -> Result<Option<Position>> {
        if token.is_empty() {
            return Ok(None);
        }
        self.try_open(secrets, token).map(Some).ok_or_else(|| {
            let violation = FieldViolation::new("page_token", Rule::Malformed);
            Error::Malformed(Reason::PageTokenInvalid, vec![violation])
        })
    }

    fn try_open(&self, secrets: &Secrets, token: &str) -> Option<Position> {
        let bytes = URL_SAFE_NO_PAD.decode(token).ok()?;
        let end = bytes.len().checked_sub(PAGE_TAG_BYTES)?;
        let (signed, tag) = bytes.split_at(end);
        let (version, position) = signed.split_first()?;
        let ours = *version == VERSION && secrets.is_page_tag(&self.bound(position), tag);
        ours.then(|| Position(position.to_vec()))
    }

    /// The token of the next page; empty on the last.
    pub(super) fn seal(&self, secrets: &Secrets, next: Option<&Position>) -> String {
        next.map_or_else(String::new, |Position(position)| {
            let tag = secrets.page_tag(&self.bound(position));
            URL_SAFE_NO_PAD.encode([&[VERSION], &position[..], &tag[..]].concat())
        })
    }

    fn bound(&self, position: &[u8]) -> Vec<u8> {
        let length = (position.len() as u64).to_be_bytes();
        [&[VERSION], &length[..], position, &self.binding].concat()
    }
}

/// Reads the position of a list that is ordered by id.
pub(super) fn id(position: Option<Position>) -> Result<Option<Uuid>> {
    read(position, |position| Uuid::from_slice(&position.0).ok())
}
