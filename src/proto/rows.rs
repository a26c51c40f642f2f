//! The rows of an import, the entries and the groups of a sync, read by hand: an empty one is two bytes on the wire and a hundred in memory, so
//! that one message of 4 MiB could cost 200 MiB before anybody counted.

use prost::{
    DecodeError, Message,
    bytes::{Buf, BufMut},
    encoding::{DecodeContext, WireType, message, skip_field},
};

use super::{DirectoryEntry, DirectoryGroupEntry, ImportUsersRow};

/// The one field's number.
const ROWS: u32 = 1;

/// Some of the rows that a stream brings.
macro_rules! rows {
    ($(#[$about:meta])* $name:ident { $(#[$field:meta])* $rows:ident: $row:ident }, $most:literal) => {
        $(#[$about])*
        #[derive(Clone, PartialEq, Debug, Default)]
        pub struct $name {
            $(#[$field])*
            pub $rows: Vec<$row>,
        }

        impl $name {
            /// One more than a stream may bring, by which it is seen to bring too many.
            pub const MOST: usize = $most;
        }

        impl Message for $name {
            fn encode_raw(&self, buffer: &mut impl BufMut) {
                message::encode_repeated(ROWS, &self.$rows, buffer);
            }

            fn merge_field(
                &mut self,
                tag: u32,
                wire_type: WireType,
                buffer: &mut impl Buf,
                context: DecodeContext,
            ) -> Result<(), DecodeError> {
                if tag == ROWS && self.$rows.len() < Self::MOST {
                    message::merge_repeated(wire_type, &mut self.$rows, buffer, context)
                } else {
                    skip_field(wire_type, tag, buffer, context)
                }
            }

            fn encoded_len(&self) -> usize {
                message::encoded_len_repeated(ROWS, &self.$rows)
            }

            fn clear(&mut self) {
                self.$rows.clear();
            }
        }
    };
}

rows! {
    /// Some rows of an import. Of more than 5,001 the rest is skipped when they are read; an import of so many is refused.
    ImportUsersRows {
        /// The rows, in input order.
        rows: ImportUsersRow
    }, 5_001
}

rows! {
    /// Some entries of a sync. Of more than 50,001 the rest is skipped when they are read; a sync of so many is refused.
    SyncDirectoryEntries {
        /// The entries, in input order.
        entries: DirectoryEntry
    }, 50_001
}

rows! {
    /// Some groups of a sync. Of more than 2,001 the rest is skipped when they are read; one message with so many is refused.
    SyncDirectoryGroups {
        /// The groups, in input order.
        groups: DirectoryGroupEntry
    }, 2_001
}
