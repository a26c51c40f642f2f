//! Pages of lists: how many, and where the next one begins.

/// Where a page ended: the sort key of its last row, as bytes that only its list reads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Position(pub Vec<u8>);

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
}

#[cfg(test)]
mod tests {
    use super::*;

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
