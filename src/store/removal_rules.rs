//! What a removal does in each product, and from when on. Whoever writes here holds the product's lock.

use std::collections::HashMap;

use sea_orm::{
    ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder,
    QuerySelect, Select,
    sea_query::{Alias, Expr, ExprTrait, Query},
};

use super::{
    Reads, Tx, bulk,
    entities::removal_rules::{ActiveModel, Column, Entity, Model},
    products,
    rows::{micros, time, word},
};
use crate::{
    clock::Time,
    domain::{
        pages::{Page, Position},
        products::ProductId,
        removal_rules::{Contact, DataAccess, RemovalRule, RuleFilter},
    },
    error::{Error, Result},
};

impl TryFrom<Model> for RemovalRule {
    type Error = Error;

    fn try_from(row: Model) -> Result<Self> {
        Ok(Self {
            product_id: products::id(&row.product_id)?,
            valid_from: time(row.valid_from)?,
            user_removed: row.user_removed,
            data_access: word(DataAccess::of, &row.data_access)?,
            contact_hint: Contact::parse("contact_hint", &row.contact_hint)
                .map_err(|broken| Error::kept(&broken))?,
            create_time: time(row.create_time)?,
        })
    }
}

fn row(rule: &RemovalRule) -> Model {
    Model {
        product_id: rule.product_id.as_str().to_owned(),
        valid_from: micros(rule.valid_from),
        user_removed: rule.user_removed,
        data_access: rule.data_access.word().to_owned(),
        contact_hint: rule.contact_hint.as_str().to_owned(),
        create_time: micros(rule.create_time),
    }
}

/// Makes a rule.
pub async fn insert(tx: &Tx, rule: &RemovalRule) -> Result<()> {
    bulk::insert::<Model, ActiveModel>(tx, vec![row(rule)]).await
}

/// Puts a rule in the place of one that does not hold yet.
pub async fn replace(tx: &Tx, rule: &RemovalRule) -> Result<()> {
    let changed = row(rule).into_active_model().reset_all();
    Entity::update(changed).exec(tx.connection()).await?;
    Ok(())
}

/// The rule of a product that begins at this moment.
pub async fn beginning(
    db: &impl Reads,
    product: &ProductId,
    at: Time,
) -> Result<Option<RemovalRule>> {
    let key = (product.as_str().to_owned(), micros(at));
    let row = Entity::find_by_id(key).one(db.connection()).await?;
    row.map(RemovalRule::try_from).transpose()
}

/// The rules of these products that hold at a moment, by product.
pub async fn holding(
    db: &impl Reads,
    products: &[&ProductId],
    at: Time,
) -> Result<HashMap<ProductId, RemovalRule>> {
    let ids = products.iter().map(|id| id.as_str());
    let rows = at_moment(Entity::find().filter(Column::ProductId.is_in(ids)), at)
        .all(db.connection())
        .await?;
    rows.into_iter()
        .map(|row| RemovalRule::try_from(row).map(|rule| (rule.product_id.clone(), rule)))
        .collect()
}

/// Of each product, the last rule whose time has come.
fn at_moment(rules: Select<Entity>, at: Time) -> Select<Entity> {
    let later = Alias::new("later");
    let of_later = |column: Column| Expr::col((later.clone(), column));
    let superseded = Query::select()
        .expr(Expr::value(1))
        .from_as(Entity, later.clone())
        .and_where(of_later(Column::ProductId).equals((Entity, Column::ProductId)))
        .and_where(of_later(Column::ValidFrom).lte(micros(at)))
        .and_where(of_later(Column::ValidFrom).gt(Expr::col((Entity, Column::ValidFrom))))
        .take();
    rules
        .filter(Column::ValidFrom.lte(micros(at)))
        .filter(Expr::exists(superseded).not())
}

/// A page of rules, by product and the time from which they hold.
pub async fn page(
    db: &impl Reads,
    filter: &RuleFilter,
    (after, size): (Option<(i64, String)>, u64),
) -> Result<Page<RemovalRule>> {
    let mut query = Entity::find()
        .order_by_asc(Column::ProductId)
        .order_by_asc(Column::ValidFrom)
        .limit(size + 1);
    if let Some(at) = filter.at {
        query = at_moment(query, at);
    }
    if let Some(product) = &filter.product_id {
        query = query.filter(Column::ProductId.eq(product.as_str()));
    }
    if let Some((from, product)) = after {
        let columns = [Column::ProductId, Column::ValidFrom];
        let place = Expr::tuple(columns.map(|column| Expr::col((Entity, column))));
        query = query.filter(place.gt(Expr::tuple([Expr::value(product), Expr::value(from)])));
    }
    let rows = query.all(db.connection()).await?;
    let rules = rows
        .into_iter()
        .map(RemovalRule::try_from)
        .collect::<Result<Vec<_>>>()?;
    Ok(Page::cut(rules, size, |rule| {
        let from = micros(rule.valid_from).to_be_bytes();
        Position([&from[..], rule.product_id.as_str().as_bytes()].concat())
    }))
}
