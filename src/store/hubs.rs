//! Hubs. Whoever writes here holds the team's lock.

use std::collections::HashMap;

use sea_orm::{
    ActiveModelTrait, ColumnTrait, Condition, EntityTrait, IntoActiveModel, PaginatorTrait,
    QueryFilter, QueryOrder, QuerySelect, sea_query::ExprTrait,
};
use uuid::Uuid;

use super::{
    Reads, Tx, bulk,
    entities::hubs::{ActiveModel, Column, Entity, Model},
    hub_admins, products,
    rows::{micros, time},
};
use crate::{
    domain::{
        hubs::Hub,
        names::DisplayName,
        pages::{Page, Position},
        products::ProductId,
        removal_rules::Contact,
        texts::optional,
    },
    error::{Error, Result},
};

fn hub(row: &Model, admin_user_ids: Vec<Uuid>) -> Result<Hub> {
    Ok(Hub {
        id: row.id,
        team_id: row.team_id,
        product_id: products::id(&row.product_id)?,
        display_name: DisplayName::parse("display_name", &row.display_name)
            .map_err(|broken| Error::kept(&broken))?,
        contact: optional(Contact::parse, "contact", &row.contact)
            .map_err(|broken| Error::kept(&broken))?,
        admin_user_ids,
        create_time: time(row.create_time)?,
        update_time: time(row.update_time)?,
    })
}

fn row(hub: &Hub) -> Model {
    let contact = hub.contact.as_ref().map(Contact::as_str);
    Model {
        team_id: hub.team_id,
        id: hub.id,
        product_id: hub.product_id.as_str().to_owned(),
        display_name: hub.display_name.as_str().to_owned(),
        contact: contact.unwrap_or_default().to_owned(),
        create_time: micros(hub.create_time),
        update_time: micros(hub.update_time),
    }
}

/// Makes a hub.
pub async fn insert(tx: &Tx, hub: &Hub) -> Result<()> {
    bulk::insert::<Model, ActiveModel>(tx, vec![row(hub)]).await
}

/// Stores a hub that was changed; who its admins are is kept elsewhere.
pub async fn update(tx: &Tx, hub: &Hub) -> Result<()> {
    let changed = row(hub).into_active_model().reset_all();
    Entity::update(changed).exec(tx.connection()).await?;
    Ok(())
}

/// Deletes a hub. Keys refuse it while anything is in it.
pub async fn delete(tx: &Tx, team: Uuid, id: Uuid) -> Result<()> {
    let done = Entity::delete_by_id((team, id))
        .exec(tx.connection())
        .await?;
    bulk::expect(1, done.rows_affected)
}

/// How many a team has.
pub async fn count(db: &impl Reads, team: Uuid) -> Result<u64> {
    Ok(Entity::find()
        .filter(Column::TeamId.eq(team))
        .count(db.connection())
        .await?)
}

/// One hub of a team.
pub async fn by_id(db: &impl Reads, team: Uuid, id: Uuid) -> Result<Option<Hub>> {
    Ok(by_ids(db, &[team], &[id]).await?.pop())
}

/// Hubs of these teams by id; other ids, and other teams' ones, are not among them.
pub async fn by_ids(db: &impl Reads, teams: &[Uuid], ids: &[Uuid]) -> Result<Vec<Hub>> {
    let mut hubs = Vec::with_capacity(ids.len());
    for chunk in ids.chunks(bulk::IDS) {
        let rows = Entity::find()
            .filter(Column::TeamId.is_in(teams.iter().copied()))
            .filter(Column::Id.is_in(chunk.iter().copied()))
            .all(db.connection())
            .await?;
        hubs.extend(assemble(db, teams, rows).await?);
    }
    Ok(hubs)
}

/// The names of hubs of any team, for the relay, which serves them all.
pub async fn names(db: &impl Reads, places: &[(Uuid, Uuid)]) -> Result<HashMap<Uuid, String>> {
    if places.is_empty() {
        return Ok(HashMap::new());
    }
    let wanted = places.iter().fold(Condition::any(), |any, (team, hub)| {
        any.add(Column::TeamId.eq(*team).and(Column::Id.eq(*hub)))
    });
    let rows = Entity::find().filter(wanted).all(db.connection()).await?;
    Ok(rows
        .into_iter()
        .map(|row| (row.id, row.display_name))
        .collect())
}

/// A page of a team's hubs, oldest first.
pub async fn page(
    db: &impl Reads,
    (team, product): (Uuid, Option<&ProductId>),
    (after, size): (Option<Uuid>, u64),
) -> Result<Page<Hub>> {
    let mut query = Entity::find()
        .filter(Column::TeamId.eq(team))
        .order_by_asc(Column::Id)
        .limit(size + 1);
    if let Some(product) = product {
        query = query.filter(Column::ProductId.eq(product.as_str()));
    }
    if let Some(after) = after {
        query = query.filter(Column::Id.gt(after));
    }
    let rows = query.all(db.connection()).await?;
    let hubs = assemble(db, &[team], rows).await?;
    Ok(Page::cut(hubs, size, |hub| {
        Position(hub.id.as_bytes().to_vec())
    }))
}

/// Joins rows with their admins, by one statement.
async fn assemble(db: &impl Reads, teams: &[Uuid], rows: Vec<Model>) -> Result<Vec<Hub>> {
    let ids: Vec<Uuid> = rows.iter().map(|row| row.id).collect();
    let mut admins = hub_admins::of_hubs(db, teams, &ids).await?;
    rows.into_iter()
        .map(|row| {
            let own = admins.remove(&row.id).unwrap_or_default();
            hub(&row, own)
        })
        .collect()
}
