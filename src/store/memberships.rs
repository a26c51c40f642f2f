//! Who is an active member of what: the question that other services ask all the time.

use std::collections::HashMap;

use sea_orm::{ConnectionTrait, DbBackend, QueryResult, Statement, Value, sea_query::ArrayType};
use uuid::Uuid;

use super::{Reads, rows::word};
use crate::{domain::roles::Role, error::Result};

/// What an active membership is: joined, not ended, not disabled, and its account enabled.
const ACTIVE: &str = "
SELECT members.team_id, members.user_id,
    CASE WHEN teams.primary_admin_user_id = members.user_id THEN 'PRIMARY_ADMIN' ELSE members.role END AS role
FROM wanted
CROSS JOIN members
INNER JOIN teams ON teams.id = members.team_id
INNER JOIN users ON users.id = members.user_id
WHERE members.team_id = wanted.team_id AND members.user_id = wanted.user_id
    AND members.join_time IS NOT NULL AND members.remove_time IS NULL
    AND NOT members.disabled_by_admin AND NOT members.disabled_by_directory
    AND teams.delete_time IS NULL AND users.verify_time IS NOT NULL AND users.disable_time IS NULL";

/// The roles of those who are active members, by team and person: one statement, whatever their number.
pub async fn active(
    db: &impl Reads,
    pairs: &[(Uuid, Uuid)],
) -> Result<HashMap<(Uuid, Uuid), Role>> {
    if pairs.is_empty() {
        return Ok(HashMap::new());
    }
    let db = db.connection();
    let backend = db.get_database_backend();
    let (wanted, values) = match backend {
        DbBackend::Sqlite => listed(pairs),
        _ => unnested(pairs),
    };
    let text = format!("WITH wanted (team_id, user_id) AS ({wanted}){ACTIVE}");
    let ask = Statement::from_sql_and_values(backend, text, values);
    db.query_all_raw(ask)
        .await?
        .iter()
        .map(membership)
        .collect()
}

fn membership(row: &QueryResult) -> Result<((Uuid, Uuid), Role)> {
    let pair = (row.try_get("", "team_id")?, row.try_get("", "user_id")?);
    let role: String = row.try_get("", "role")?;
    Ok((pair, word(Role::of, &role)?))
}

/// One text whatever the number of pairs, so that PostgreSQL plans it once.
fn unnested(pairs: &[(Uuid, Uuid)]) -> (String, Vec<Value>) {
    let array = |ids: Vec<Value>| Value::Array(ArrayType::Uuid, Some(Box::new(ids)));
    let teams = pairs.iter().map(|(team, _)| (*team).into()).collect();
    let users = pairs.iter().map(|(_, user)| (*user).into()).collect();
    let text = "SELECT * FROM UNNEST($1::uuid[], $2::uuid[])".to_owned();
    (text, vec![array(teams), array(users)])
}

fn listed(pairs: &[(Uuid, Uuid)]) -> (String, Vec<Value>) {
    let rows = vec!["(?, ?)"; pairs.len()].join(", ");
    let values = pairs
        .iter()
        .flat_map(|(team, user)| [(*team).into(), (*user).into()]);
    (format!("VALUES {rows}"), values.collect())
}
