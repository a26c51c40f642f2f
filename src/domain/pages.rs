//! Pages of lists: how many, and where the next one begins.

use uuid::Uuid;

use crate::error::{Error, Result};

/// Where a page ended: the sort key of its last row, as bytes that only its list reads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Position(pub Vec<u8>);

/// Reads a position. Whoever holds a token for a list got it from that list, so it holds one that the list wrote.
///
/// # Errors
/// A bug, if it does not.
pub fn read<T>(
    position: Option<Position>,
    read: impl Fn(&Position) -> Option<T>,
) -> Result<Option<T>> {
    position
        .map(|position| {
            read(&position).ok_or_else(|| Error::internal("a page token of ours is not readable"))
        })
        .transpose()
}

/// Where a page of a list ended whose order is a time and an id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct TimePosition {
    /// The last row's time, in microseconds since 1970.
    pub micros: i64,
    /// Its id.
    pub id: Uuid,
}

impl TimePosition {
    /// As bytes.
    #[must_use]
    pub fn position(self) -> Position {
        Position([&self.micros.to_be_bytes()[..], self.id.as_bytes()].concat())
    }

    /// Reads what [`Self::position`] made.
    #[must_use]
    pub fn read(position: &Position) -> Option<Self> {
        let (micros, id) = position.0.split_first_chunk()?;
        Some(Self {
            micros: i64::from_be_bytes(*micros),
            id: Uuid::from_slice(id).ok()?,
        })
    }
}

/// Where a page of a search ended: the key that matched, and an id.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct KeyPosition {
    /// The key.
    pub key: String,
    /// The person.
    pub id: Uuid,
}

impl KeyPosition {
    /// As bytes.
    #[must_use]
    pub fn position(&self) -> Position {
        Position([self.id.as_bytes(), self.key.as_bytes()].concat())
    }

    /// Reads what [`Self::position`] made.
    #[must_use]
    pub fn read(position: &Position) -> Option<Self> {
        let (id, key) = position.0.split_first_chunk()?;
        Some(Self {
            key: String::from_utf8(key.to_vec()).ok()?,
            id: Uuid::from_bytes(*id),
        })
    }
}

/// How many rows a page holds: 50 if unset, never more than 1,000.
#[must_use]
pub fn size(wanted: i32) -> u64 {
    match u64::try_from(wanted) {
        Err(_) | Ok(0) => 50,
        Ok(number) => number.min(1_000),
    }
}

/// One page.
pub struct Page<T> {
    /// The rows.
    pub items: Vec<T>,
    /// Where the next page begins; `None` on the last.
    pub next: Option<Position>,
}

impl<T> Page<T> {
    /// The page of rows that were read with one too many, which tells whether there is another page.
    pub fn cut(mut items: Vec<T>, size: u64, position: impl Fn(&T) -> Position) -> Self {
        let size = usize::try_from(size).unwrap_or(usize::MAX);
        let more = items.len() > size;
        items.truncate(size);
        let next = if more {
            items.last().map(position)
        } else {
            None
        };
        Self { items, next }
    }

    /// The same page of other rows.
    pub fn map<U>(self, row: impl Fn(T) -> U) -> Page<U> {
        Page {
            items: self.items.into_iter().map(row).collect(),
            next: self.next,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_position_is_read_as_it_was_written() {
        let id = Uuid::from_u128(7);
        for micros in [-1, 0, 1_772_366_400_000_001] {
            let at = TimePosition { micros, id };
            assert_eq!(TimePosition::read(&at.position()), Some(at));
        }
        let key = "иосип".to_owned();
        let at = KeyPosition { key, id };
        assert!(KeyPosition::read(&at.position()) == Some(at));
        assert_eq!(TimePosition::read(&Position(vec![0; 23])), None);
        assert!(KeyPosition::read(&Position(vec![0; 15])).is_none());
    }

    #[test]
    fn a_page_has_50_rows_by_default_and_1000_at_most() {
        assert_eq!(
            [size(-1), size(0), size(7), size(1_001)],
            [50, 50, 7, 1_000]
        );
    }

    #[test]
    fn the_row_too_many_tells_that_there_is_another_page() {
        let position = |row: &u8| Position(vec![*row]);
        let page = Page::cut(vec![1, 2, 3], 2, position);
        assert_eq!(
            (page.items, page.next),
            (vec![1, 2], Some(Position(vec![2])))
        );
        let last = Page::cut(vec![1, 2], 2, position);
        assert_eq!((last.items, last.next), (vec![1, 2], None));
    }
}
