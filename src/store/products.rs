//! Products, and the words by which they are known.

use std::collections::HashMap;

use sea_orm::{
    ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect,
    sea_query::LockType,
};

use super::{
    Reads, Tx, bulk,
    entities::{
        product_aliases::{self, Column as Aliases},
        products::{ActiveModel, Column, Entity, Model},
    },
    rows::{micros, time},
};
use crate::{
    domain::{
        pages::{Page, Position},
        products::{Product, ProductId, ProductName, key},
    },
    error::{Error, Result},
};

/// A stored id of a product.
pub(super) fn id(stored: &str) -> Result<ProductId> {
    ProductId::parse("product_id", stored).map_err(|broken| Error::kept(&broken))
}

fn product(row: &Model, aliases: Vec<ProductName>) -> Result<Product> {
    Ok(Product {
        id: id(&row.id)?,
        display_name: name(&row.display_name)?,
        aliases,
        create_time: time(row.create_time)?,
        update_time: time(row.update_time)?,
    })
}

fn name(stored: &str) -> Result<ProductName> {
    ProductName::parse("product_name", stored).map_err(|broken| Error::kept(&broken))
}

fn row(product: &Product) -> Model {
    Model {
        id: product.id.as_str().to_owned(),
        display_name: product.display_name.as_str().to_owned(),
        create_time: micros(product.create_time),
        update_time: micros(product.update_time),
    }
}

/// Makes a product; the indexes refuse a second one of its id or words.
pub async fn insert(tx: &Tx, product: &Product) -> Result<()> {
    bulk::insert::<Model, ActiveModel>(tx, vec![row(product)]).await?;
    insert_words(tx, product).await
}

/// Stores a product that was changed, and all of its words.
pub async fn update(tx: &Tx, product: &Product) -> Result<()> {
    use sea_orm::ActiveModelTrait;

    let changed = row(product).into_active_model().reset_all();
    Entity::update(changed).exec(tx.connection()).await?;
    product_aliases::Entity::delete_many()
        .filter(Aliases::ProductId.eq(product.id.as_str()))
        .exec(tx.connection())
        .await?;
    insert_words(tx, product).await
}

async fn insert_words(tx: &Tx, product: &Product) -> Result<()> {
    let words = product.words().into_iter();
    let rows = words.map(|(alias, shown)| product_aliases::Model {
        alias,
        product_id: product.id.as_str().to_owned(),
        shown: shown.map(|shown| shown.as_str().to_owned()),
    });
    bulk::insert::<product_aliases::Model, product_aliases::ActiveModel>(tx, rows.collect()).await
}

/// One product, locked: whoever changes it or its rules begins with this.
pub async fn lock(tx: &Tx, id: &ProductId) -> Result<Option<Product>> {
    let row = Entity::find_by_id(id.as_str())
        .lock(LockType::NoKeyUpdate)
        .one(tx.connection())
        .await?;
    Ok(assemble(tx, row.into_iter().collect()).await?.pop())
}

/// The product that a word stands for.
pub async fn by_word(db: &impl Reads, word: &str) -> Result<Option<ProductId>> {
    let found = product_aliases::Entity::find_by_id(key(word))
        .one(db.connection())
        .await?;
    found.map(|row| id(&row.product_id)).transpose()
}

/// Whether there is such a product.
pub async fn exists(db: &impl Reads, id: &ProductId) -> Result<bool> {
    let row = Entity::find_by_id(id.as_str()).one(db.connection()).await?;
    Ok(row.is_some())
}

/// Another product that is known by one of this product's words.
pub async fn rival(db: &impl Reads, product: &Product) -> Result<Option<String>> {
    let words = product.words().into_iter().map(|(word, _)| word);
    let row = product_aliases::Entity::find()
        .filter(Aliases::Alias.is_in(words))
        .filter(Aliases::ProductId.ne(product.id.as_str()))
        .order_by_asc(Aliases::Alias)
        .limit(1)
        .one(db.connection())
        .await?;
    Ok(row.map(|row| row.product_id))
}

/// A page of products, by id.
pub async fn page(
    db: &impl Reads,
    (after, size): (Option<ProductId>, u64),
) -> Result<Page<Product>> {
    let mut query = Entity::find().order_by_asc(Column::Id).limit(size + 1);
    if let Some(after) = after {
        query = query.filter(Column::Id.gt(after.as_str()));
    }
    let rows = query.all(db.connection()).await?;
    let products = assemble(db, rows).await?;
    Ok(Page::cut(products, size, |product| {
        Position(product.id.as_str().as_bytes().to_vec())
    }))
}

/// Joins rows with their aliases, by one statement.
async fn assemble(db: &impl Reads, rows: Vec<Model>) -> Result<Vec<Product>> {
    let mut aliases: HashMap<String, Vec<ProductName>> = HashMap::new();
    let ids = rows.iter().map(|row| row.id.as_str());
    let found = product_aliases::Entity::find()
        .filter(Aliases::ProductId.is_in(ids))
        .filter(Aliases::Shown.is_not_null())
        .order_by_asc(Aliases::ProductId)
        .order_by_asc(Aliases::Alias)
        .all(db.connection())
        .await?;
    for alias in found {
        let shown = alias.shown.as_deref().map(name).transpose()?;
        aliases.entry(alias.product_id).or_default().extend(shown);
    }
    rows.iter()
        .map(|row| product(row, aliases.remove(&row.id).unwrap_or_default()))
        .collect()
}
