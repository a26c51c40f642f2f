//! A search of users and groups at once: `POST /.search` (RFC 7644, 3.4.2.1).

use axum::{body::Bytes, response::Response};

use super::{
    Visit,
    answers::{holding, list},
    bodies::{json, told},
    groups,
    query::Query,
    users,
};
use crate::domain::scim::Condition;

/// Users first, then groups. Of a kind that does not have what the filter speaks of, nothing is found; if neither has it, the filter is
/// refused.
pub(super) async fn all(visit: Visit, body: Bytes) -> Response {
    let answered = async {
        let query = Query::of_search(&json(&body)?)?;
        let filter = query.filter.as_deref();
        let nothing = Condition::Constant(false);
        let (of_users, of_groups) = match (users::condition(filter), groups::condition(filter)) {
            (Err(refused), Err(_)) => return Err(refused),
            (of_users, of_groups) => (
                of_users.unwrap_or_else(|_| nothing.clone()),
                of_groups.unwrap_or(nothing),
            ),
        };
        let crowd = visit.crowd(query.shows("members")).await?;
        let (skipped, size) = query.range();
        let (people, mut found) = users::page(&visit, &query, (&of_users, (skipped, size))).await?;
        let rest = (
            skipped.saturating_sub(people),
            size - u64::try_from(found.len()).unwrap_or(size),
        );
        let (crews, more) = groups::page(&visit, &query, (&of_groups, rest)).await?;
        found.extend(more);
        Ok(holding(list(people + crews, query.start, found), crowd))
    };
    told(&visit, answered.await)
}
