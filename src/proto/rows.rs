//! The rows of an import, read by hand: an empty row is two bytes on the wire and 72 in memory, so that one message of
//! 4 MiB could cost 150 MiB before anybody counted.

use prost::{
    DecodeError, Message,
    bytes::{Buf, BufMut},
    encoding::{DecodeContext, WireType, message, skip_field},
};

use super::ImportUsersRow;

/// The one field's number.
const ROWS: u32 = 1;

/// Some rows of an import. Of more than 5,001 the rest is skipped when they are read; an import of so many is refused.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct ImportUsersRows {
    /// The rows, in input order.
    pub rows: Vec<ImportUsersRow>,
}

impl ImportUsersRows {
    /// One row more than an import may have, by which it is seen to have too many.
    pub const MOST: usize = 5_001;
}

impl Message for ImportUsersRows {
    fn encode_raw(&self, buffer: &mut impl BufMut) {
        message::encode_repeated(ROWS, &self.rows, buffer);
    }

    fn merge_field(
        &mut self,
        tag: u32,
        wire_type: WireType,
        buffer: &mut impl Buf,
        context: DecodeContext,
    ) -> Result<(), DecodeError> {
        if tag == ROWS && self.rows.len() < Self::MOST {
            message::merge_repeated(wire_type, &mut self.rows, buffer, context)
        } else {
            skip_field(wire_type, tag, buffer, context)
        }
    }

    fn encoded_len(&self) -> usize {
        message::encoded_len_repeated(ROWS, &self.rows)
    }

    fn clear(&mut self) {
        self.rows.clear();
    }
}
