//! Lists that are read from several ranges of indexes: each range ordered and limited, all in one statement, merged here.
//!
//! So a page costs its size times the number of ranges, wherever in the list it is.

use sea_orm::{
    ConnectionTrait, FromQueryResult,
    sea_query::{Asterisk, Expr, ExprTrait, IntoColumnRef, Query, SelectStatement, UnionType},
};
use uuid::Uuid;

use super::Reads;
use crate::{
    domain::pages::{KeyPosition, Position, TimePosition, read},
    error::Result,
};

mod invitations;
mod members;
mod search;
mod users;

pub use invitations::page as invitations;
pub use members::{leavers, page as members};
pub use users::page as users;

/// The rows of all ranges, as they are at one moment, in no order.
pub(super) async fn united<M: FromQueryResult>(
    db: &impl Reads,
    ranges: Vec<SelectStatement>,
) -> Result<Vec<M>> {
    // SQLite takes no LIMIT within a union but in a subquery.
    let mut ranges = ranges.into_iter().map(|range| {
        Query::select()
            .column(Asterisk)
            .from_subquery(range, "one_range")
            .take()
    });
    let Some(mut all) = ranges.next() else {
        return Ok(Vec::new());
    };
    for range in ranges {
        all.union(UnionType::All, range);
    }
    let statement = db.connection().get_database_backend().build(&all);
    Ok(M::find_by_statement(statement).all(db.connection()).await?)
}

/// That two columns, which an index holds in this order, come after two values.
fn after<K: Into<sea_orm::Value>>(columns: [impl IntoColumnRef; 2], (key, id): (K, Uuid)) -> Expr {
    Expr::tuple(columns.map(Expr::col)).gt(Expr::tuple([Expr::value(key), Expr::value(id)]))
}

fn time_position(after: Option<Position>) -> Result<Option<TimePosition>> {
    read(after, TimePosition::read)
}

fn key_position(after: Option<Position>) -> Result<Option<KeyPosition>> {
    read(after, KeyPosition::read)
}
