//! The access that groups give, and what people have of it.

use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, FromQueryResult, QueryFilter, Statement, Value,
};
use uuid::Uuid;

use super::{
    Reads, bulk,
    entities::product_access::{Column, Entity, Model},
    products,
};
use crate::{
    domain::{
        access::{Access, AccessPath, PathKind},
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

/// Access that a group gives.
#[derive(Clone)]
pub struct Gift {
    /// The group.
    pub group_id: Uuid,
    /// To which hub.
    pub hub_id: Uuid,
    /// The hub's product.
    pub product_id: ProductId,
    /// On whose behalf.
    pub granter_user_id: Option<Uuid>,
}

#[derive(FromQueryResult)]
struct Given {
    group_id: Uuid,
    hub_id: Uuid,
    product_id: String,
    creator: Option<Uuid>,
}

#[derive(FromQueryResult)]
struct Kept {
    user_id: Uuid,
    hub_id: Uuid,
    product_id: String,
    known: Option<Uuid>,
}

/// To what these groups give access.
pub async fn gifts(db: &impl Reads, team: Uuid, groups: &[Uuid]) -> Result<Vec<Gift>> {
    if groups.is_empty() {
        return Ok(Vec::new());
    }
    let (these, values) = binds(team, groups);
    let sql = format!(
        "SELECT p.group_id, p.hub_id, h.product_id, p.creator_user_id AS creator
        FROM group_mappings p
        JOIN hubs h ON h.team_id = p.team_id AND h.id = p.hub_id
        WHERE p.team_id = $1 AND p.group_id IN ({these})"
    );
    let rows = Given::find_by_statement(statement(db, sql, values)).all(db.connection());
    let rows = rows.await?.into_iter().map(|row| {
        Ok(Gift {
            group_id: row.group_id,
            hub_id: row.hub_id,
            product_id: products::id(&row.product_id)?,
            granter_user_id: row.creator,
        })
    });
    rows.collect()
}

/// What these people have, or had, by groups of a team.
pub async fn held(db: &impl Reads, team: Uuid, users: &[Uuid]) -> Result<Vec<Access>> {
    let mut found = Vec::new();
    for chunk in users.chunks(bulk::IDS) {
        let rows = Entity::find()
            .filter(Column::TeamId.eq(team))
            .filter(Column::UserId.is_in(chunk.iter().copied()))
            .filter(Column::Path.eq(PathKind::Group.word()))
            .all(db.connection())
            .await?;
        for row in rows {
            found.push(Access::try_from(row)?);
        }
    }
    Ok(found)
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
