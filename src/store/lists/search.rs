//! People whose name or address begins with something: three ranges, one for each key.
//!
//! Who matches by several keys is in several ranges, and is listed at the smallest; his other places are passed over. How
//! many those are depends on the people, so a page reads a bounded number of places, not of people: it may be
//! short of its size and still have a next one.

use std::cmp;

use sea_orm::{
    ColumnTrait, Condition, DbErr, EntityTrait, FromQueryResult, QueryFilter, QueryOrder,
    QueryResult, QuerySelect, QueryTrait,
    sea_query::{Expr, ExprTrait, Order},
};
use uuid::Uuid;

use super::{Reads, after, united};
use crate::{
    domain::{
        pages::{KeyPosition, Page},
        search::Prefix,
    },
    error::Result,
};

/// How often one page reads on when what it read is not wanted.
const ROUNDS: usize = 8;
/// How many places of each range are read at once, at least.
const PLACES: u64 = 100;

/// A row that can be searched for: by given name first, family name first, address. Old rows lack keys.
pub(super) trait Keyed: FromQueryResult {
    /// Its keys.
    fn keys(&self) -> [Option<&str>; 3];

    /// The person.
    fn id(&self) -> Uuid;
}

/// Whom to look for.
pub(super) struct Search<'a, E: EntityTrait> {
    /// What a key begins with.
    pub(super) prefix: &'a Prefix,
    /// The columns of [`Keyed::keys`].
    pub(super) keys: [E::Column; 3],
    /// The column of [`Keyed::id`].
    pub(super) id: E::Column,
    /// What stands before the key in the index.
    pub(super) within: Condition,
    /// Who of them is wanted.
    pub(super) wanted: Condition,
}

/// One place at which somebody is found.
struct Place<M> {
    row: M,
    range: i32,
    wanted: bool,
}

impl<M: FromQueryResult> FromQueryResult for Place<M> {
    fn from_query_result(found: &QueryResult, prefix: &str) -> Result<Self, DbErr> {
        Ok(Self {
            row: M::from_query_result(found, prefix)?,
            range: found.try_get(prefix, "place_range")?,
            wanted: found.try_get::<i32>(prefix, "place_wanted")? == 1,
        })
    }
}

impl<M: Keyed> Place<M> {
    fn key(&self, range: i32) -> Option<&str> {
        let range = usize::try_from(range).ok()?;
        self.row.keys().get(range).copied().flatten()
    }

    fn position(&self) -> KeyPosition {
        KeyPosition {
            key: self.key(self.range).unwrap_or_default().to_owned(),
            id: self.row.id(),
        }
    }

    /// Whether this is the place at which the person is listed.
    fn is_first(&self, prefix: &Prefix) -> bool {
        (0..3)
            .filter_map(|range| Some((self.key(range)?, range)))
            .filter(|(key, _)| key.starts_with(prefix.as_str()))
            .min()
            .is_some_and(|(_, first)| first == self.range)
    }
}

impl<E: EntityTrait> Search<'_, E>
where
    E::Model: Keyed,
{
    /// A page of them by (key, person).
    pub(super) async fn page(
        &self,
        db: &impl Reads,
        (after, size): (Option<KeyPosition>, u64),
    ) -> Result<Page<E::Model>> {
        let most = cmp::max(PLACES, size + 1);
        let mut found = Vec::new();
        let mut at = after;
        for _ in 0..ROUNDS {
            let places = self.places(db, at.as_ref(), most).await?;
            let end = end(&places, most);
            let mut listed: Vec<(KeyPosition, E::Model)> = places
                .into_iter()
                .filter(|place| place.wanted && place.is_first(self.prefix))
                .map(|place| (place.position(), place.row))
                .filter(|(position, _)| end.as_ref().is_none_or(|end| position <= end))
                .collect();
            listed.sort_by(|(a, _), (b, _)| a.cmp(b));
            found.extend(listed);
            let is_full = u64::try_from(found.len()).is_ok_and(|count| count > size);
            if is_full || end.is_none() {
                let page = Page::cut(found, size, |(position, _)| position.position());
                return Ok(page.map(|(_, row)| row));
            }
            at = end;
        }
        // Nobody is known to stand between the last one found and this place.
        let page = Page {
            items: found,
            next: at.map(|end| end.position()),
        };
        Ok(page.map(|(_, row)| row))
    }

    async fn places(
        &self,
        db: &impl Reads,
        at: Option<&KeyPosition>,
        most: u64,
    ) -> Result<Vec<Place<E::Model>>> {
        // Also without any filter there must be something to ask.
        let wanted = Condition::all()
            .add(self.id.is_not_null())
            .add(self.wanted.clone());
        let ranges = (0..).zip(self.keys).map(|(range, key)| {
            let place: (E, E::Column) = (E::default(), key);
            let mut select = E::find()
                .expr_as(Expr::value(range), "place_range")
                .expr_as(Expr::case(wanted.clone(), 1).finally(0), "place_wanted")
                .filter(self.within.clone())
                .filter(key.lt(self.prefix.end()))
                .order_by(key, Order::Asc)
                .order_by(self.id, Order::Asc)
                .limit(most);
            // One lower bound only: a database may begin its range at the wrong one of two.
            select = select.filter(match at {
                Some(at) if at.key.as_str() >= self.prefix.as_str() => {
                    after([place, (E::default(), self.id)], (at.key.clone(), at.id))
                }
                _ => Expr::col(place).gte(self.prefix.as_str()),
            });
            select.into_query()
        });
        united(db, ranges.collect()).await
    }
}

/// Up to where every range was read, if one of them may go on.
fn end<M: Keyed>(places: &[Place<M>], most: u64) -> Option<KeyPosition> {
    (0..3)
        .filter_map(|range| {
            let read = || places.iter().filter(|place| place.range == range);
            let is_cut = u64::try_from(read().count()).is_ok_and(|count| count == most);
            is_cut.then(|| read().map(Place::position).max()).flatten()
        })
        .min()
}
