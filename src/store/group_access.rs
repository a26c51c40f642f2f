//! The difference between the access that people have by groups and the access that groups and mappings give: some of it at a time.

use sea_orm::{ConnectionTrait, FromQueryResult, Statement, Value};
use uuid::Uuid;

use super::{Reads, bulk, entities::product_access::Model, products};
use crate::{
    domain::{
        access::{Access, AccessPath},
        products::ProductId,
    },
    error::Result,
};

/// How much of it is told at once: what is told is to be made so before more is asked for.
const AT_ONCE: usize = bulk::IDS;

/// Access that somebody is to have, and has not.
pub struct Lacking {
    /// Who.
    pub user_id: Uuid,
    /// To which hub.
    pub hub_id: Uuid,
    /// The hub's product.
    pub product_id: ProductId,
    /// By which path.
    pub path: AccessPath,
    /// On whose behalf it is given.
    pub granter_user_id: Option<Uuid>,
    /// The access by that path that is not active.
    pub known: Option<Uuid>,
}

#[derive(FromQueryResult)]
struct Given {
    user_id: Uuid,
    hub_id: Uuid,
    product_id: String,
    group_id: Uuid,
    creator_user_id: Option<Uuid>,
    known: Option<Uuid>,
}

#[derive(FromQueryResult)]
struct Kept {
    user_id: Uuid,
    hub_id: Uuid,
    product_id: String,
    known: Option<Uuid>,
}

/// What these groups give, and those who are in them have not.
pub async fn lacking(db: &impl Reads, team: Uuid, groups: &[Uuid]) -> Result<Vec<Lacking>> {
    let (these, values) = binds(team, groups);
    let sql = format!(
        "SELECT l.user_id, p.hub_id, h.product_id, p.group_id, p.creator_user_id, a.id AS known
        FROM group_mappings p
        JOIN hubs h ON h.team_id = p.team_id AND h.id = p.hub_id
        JOIN directory_group_members l ON l.team_id = p.team_id AND l.group_id = p.group_id
        JOIN members m ON m.team_id = l.team_id AND m.user_id = l.user_id AND m.remove_time IS NULL
        LEFT JOIN product_access a ON a.team_id = p.team_id AND a.user_id = l.user_id AND a.hub_id = p.hub_id
            AND a.path = 'GROUP' AND a.through_id = p.group_id
        WHERE p.team_id = $1 AND p.group_id IN ({these}) AND (a.id IS NULL OR a.state <> 'ACTIVE')
        LIMIT {AT_ONCE}"
    );
    let rows = Given::find_by_statement(statement(db, sql, values)).all(db.connection());
    let rows = rows.await?.into_iter().map(|row| {
        Ok(Lacking {
            user_id: row.user_id,
            hub_id: row.hub_id,
            product_id: products::id(&row.product_id)?,
            path: AccessPath::Group(row.group_id),
            granter_user_id: row.creator_user_id,
            known: row.known,
        })
    });
    rows.collect()
}

/// The grants of their own that people of a team lack who have active access by groups.
pub async fn without_own(
    db: &impl Reads,
    team: Uuid,
    granter: Option<Uuid>,
) -> Result<Vec<Lacking>> {
    let sql = format!(
        "SELECT DISTINCT a.user_id, a.hub_id, a.product_id, d.id AS known
        FROM product_access a
        LEFT JOIN product_access d ON d.team_id = a.team_id AND d.user_id = a.user_id AND d.hub_id = a.hub_id
            AND d.path = 'DIRECT' AND d.through_id = a.hub_id
        WHERE a.team_id = $1 AND a.path = 'GROUP' AND a.state = 'ACTIVE' AND (d.id IS NULL OR d.state <> 'ACTIVE')
        LIMIT {AT_ONCE}"
    );
    let values = vec![team.into()];
    let rows = Kept::find_by_statement(statement(db, sql, values)).all(db.connection());
    let rows = rows.await?.into_iter().map(|row| {
        Ok(Lacking {
            user_id: row.user_id,
            hub_id: row.hub_id,
            product_id: products::id(&row.product_id)?,
            path: AccessPath::Direct,
            granter_user_id: granter,
            known: row.known,
        })
    });
    rows.collect()
}

/// What people have by these groups, and nothing gives any more.
pub async fn surplus(db: &impl Reads, team: Uuid, groups: &[Uuid]) -> Result<Vec<Access>> {
    let (these, values) = binds(team, groups);
    let sql = format!(
        "SELECT a.* FROM product_access a
        WHERE a.team_id = $1 AND a.path = 'GROUP' AND a.through_id IN ({these}) AND a.state = 'ACTIVE' AND NOT EXISTS (
            SELECT 1 FROM group_mappings p
            JOIN directory_group_members l ON l.team_id = p.team_id AND l.group_id = p.group_id
            WHERE p.team_id = a.team_id AND p.group_id = a.through_id AND p.hub_id = a.hub_id AND l.user_id = a.user_id)
        LIMIT {AT_ONCE}"
    );
    let rows = Model::find_by_statement(statement(db, sql, values)).all(db.connection());
    rows.await?.into_iter().map(Access::try_from).collect()
}

fn statement(db: &impl Reads, sql: String, values: Vec<Value>) -> Statement {
    let backend = db.connection().get_database_backend();
    Statement::from_sql_and_values(backend, sql, values)
}

/// The team as the first value, and the places of the groups' ids after it.
fn binds(team: Uuid, groups: &[Uuid]) -> (String, Vec<Value>) {
    let places = (2..groups.len() + 2).map(|place| format!("${place}"));
    let values = [team].into_iter().chain(groups.iter().copied());
    (
        places.collect::<Vec<_>>().join(", "),
        values.map(Value::from).collect(),
    )
}
