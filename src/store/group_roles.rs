//! What somebody's groups make of his role. Whoever writes here holds the team's lock.

use std::collections::HashMap;

use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter,
    sea_query::{Expr, ExprTrait, Query},
};
use uuid::Uuid;

use super::{
    Reads, Tx, bulk,
    entities::{
        directory_group_members as places, group_mappings as mappings,
        group_roles::{ActiveModel, Column, Entity, Model},
        members,
    },
    members::{role_word, shown_role},
    rows::word,
};
use crate::{
    domain::{group_roles::Held, roles::Role, teams::Team},
    error::Result,
};

/// The highest role that groups give to each of these people, where one gives any.
pub async fn given(db: &impl Reads, team: Uuid, users: &[Uuid]) -> Result<HashMap<Uuid, Role>> {
    let place = |column| Expr::col((places::Entity, column));
    let mapping = |column| Expr::col((mappings::Entity, column));
    let mut found: HashMap<Uuid, Role> = HashMap::new();
    for chunk in users.chunks(bulk::IDS) {
        let select = Query::select()
            .distinct()
            .column((places::Entity, places::Column::UserId))
            .column((mappings::Entity, mappings::Column::Role))
            .from(places::Entity)
            .inner_join(
                mappings::Entity,
                mapping(mappings::Column::TeamId)
                    .eq(place(places::Column::TeamId))
                    .and(mapping(mappings::Column::GroupId).eq(place(places::Column::GroupId))),
            )
            .and_where(mapping(mappings::Column::Role).is_not_null())
            .and_where(place(places::Column::TeamId).eq(team))
            .and_where(place(places::Column::UserId).is_in(chunk.iter().copied()))
            .take();
        for row in db.connection().query_all(&select).await? {
            let role: String = row.try_get("", "role")?;
            let role = word(Role::of, &role)?;
            let highest = found.entry(row.try_get("", "user_id")?).or_insert(role);
            if role.rank() > highest.rank() {
                *highest = role;
            }
        }
    }
    Ok(found)
}

/// What these people are, as far as they are in the team.
pub async fn held(db: &impl Reads, team: &Team, users: &[Uuid]) -> Result<Vec<(Uuid, Held)>> {
    let member = |column| Expr::col((members::Entity, column));
    let own = |column| Expr::col((Entity, column));
    let mut found = Vec::with_capacity(users.len());
    for chunk in users.chunks(bulk::IDS) {
        let select = Query::select()
            .column((members::Entity, members::Column::UserId))
            .column((members::Entity, members::Column::Role))
            .column((Entity, Column::OwnRole))
            .from(members::Entity)
            .left_join(
                Entity,
                own(Column::TeamId)
                    .eq(member(members::Column::TeamId))
                    .and(own(Column::UserId).eq(member(members::Column::UserId))),
            )
            .and_where(member(members::Column::TeamId).eq(team.id))
            .and_where(member(members::Column::UserId).is_in(chunk.iter().copied()))
            .and_where(member(members::Column::RemoveTime).is_null())
            .take();
        for row in db.connection().query_all(&select).await? {
            let user = row.try_get("", "user_id")?;
            let role: String = row.try_get("", "role")?;
            let own: Option<String> = row.try_get("", "own_role")?;
            let held = Held {
                role: shown_role(team, user, &role)?,
                own: own.map(|own| word(Role::of, &own)).transpose()?,
            };
            found.push((user, held));
        }
    }
    Ok(found)
}

/// Remembers the own roles of people who have higher ones by their groups.
pub async fn remember(tx: &Tx, team: Uuid, own: &[(Uuid, Role)]) -> Result<()> {
    let rows = own.iter().map(|(user, role)| Model {
        team_id: team,
        user_id: *user,
        own_role: role_word(*role).to_owned(),
    });
    bulk::insert::<Model, ActiveModel>(tx, rows.collect()).await
}

/// Forgets that people's roles are their groups': they have them by themselves, or not at all.
pub async fn forget(tx: &Tx, teams: &[Uuid], users: &[Uuid]) -> Result<()> {
    for chunk in users.chunks(bulk::IDS) {
        Entity::delete_many()
            .filter(Column::TeamId.is_in(teams.iter().copied()))
            .filter(Column::UserId.is_in(chunk.iter().copied()))
            .exec(tx.connection())
            .await?;
    }
    Ok(())
}

/// Forgets it of everybody in a team.
pub(super) async fn clear(tx: &Tx, team: Uuid) -> Result<()> {
    Entity::delete_many()
        .filter(Column::TeamId.eq(team))
        .exec(tx.connection())
        .await?;
    Ok(())
}
