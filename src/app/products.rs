//! Products and their removal rules: the operator's to keep, everybody's to read.

use prost::Message;

use super::{
    Call, Context,
    authority::{self, Place},
    calls::once,
};
use crate::{
    clock::Time,
    domain::{
        events::{EventType, Happening, Payload},
        pages::Page,
        permissions::Permission,
        products::{self, Product, ProductId, ProductName},
        removal_rules::{Contact, DataAccess, RemovalRule, RuleFilter, Setting},
    },
    error::{Error, Reason, Resource, Result},
    store::{self, Reads, Tx},
};

/// Make a product, or make it something else.
pub struct Upsert {
    /// Its id.
    pub id: ProductId,
    /// Its name.
    pub display_name: ProductName,
    /// All of its aliases.
    pub aliases: Vec<ProductName>,
    /// Whether to make it if there is none.
    pub allow_missing: bool,
}

/// Say what a removal does.
pub struct SetRule {
    /// The product.
    pub product_id: ProductId,
    /// From when on; now if unset.
    pub valid_from: Option<Time>,
    /// Whether the person is removed from the product's environment.
    pub user_removed: bool,
    /// What becomes of the access to the data.
    pub data_access: DataAccess,
    /// Whom to ask.
    pub contact_hint: Contact,
}

/// Makes a product, or gives it another name and other aliases.
///
/// # Errors
/// `PERMISSION_MISSING`, `PRODUCT_NOT_FOUND`, `PRODUCT_ALIAS_TAKEN`, `ETAG_MISMATCH`.
pub async fn upsert<A: Message + Default>(
    ctx: &Context,
    call: &Call,
    command: &Upsert,
    show: impl Fn(Product, Time) -> A,
) -> Result<A> {
    let now = ctx.clock.now();
    authority::operator(call.caller(), Permission::ProductsManage)?;
    once(ctx, (call, Place::Deployment, now), show, |tx| async move {
        let tx = &tx;
        let before = store::products::lock(tx, &command.id).await?;
        let product = Product {
            id: command.id.clone(),
            display_name: command.display_name.clone(),
            aliases: command.aliases.clone(),
            create_time: before.as_ref().map_or(now, |before| before.create_time),
            update_time: now,
        };

        let fields = match &before {
            None if !command.allow_missing => {
                return Err(products::missing(command.id.as_str()));
            }
            None => changes([true, true]),
            Some(before) => changes([
                before.display_name != product.display_name,
                before.aliases != product.aliases,
            ]),
        };
        match &before {
            None => call.expect("")?,
            Some(before) => call.expect(&before.etag())?,
        }
        if let (Some(before), true) = (&before, fields.is_empty()) {
            return Ok(before.clone());
        }
        free_words(tx, &product).await?;

        match before {
            None => store::products::insert(tx, &product).await?,
            Some(_) => store::products::update(tx, &product).await?,
        }
        let payload = Payload::Product(product.id.clone(), fields, None);
        let event = happened(EventType::ProductUpdated, payload);
        store::events::append(tx, &[event], call.made(now)).await?;
        Ok(product)
    })
    .await
}

fn changes(differs: [bool; 2]) -> Vec<String> {
    let fields = ["display_name", "aliases"].into_iter().zip(differs);
    fields
        .filter(|(_, differs)| *differs)
        .map(|(name, _)| name.to_owned())
        .collect()
}

async fn free_words(tx: &Tx, product: &Product) -> Result<()> {
    match store::products::rival(tx, product).await? {
        None => Ok(()),
        Some(name) => Err(Error::AlreadyExists(
            Reason::ProductAliasTaken,
            Resource {
                reason: Reason::ProductAliasTaken,
                kind: products::KIND,
                name,
            },
        )),
    }
}

/// A page of products.
///
/// # Errors
/// Only the database's.
pub async fn list(ctx: &Context, cut: (Option<ProductId>, u64)) -> Result<Page<Product>> {
    store::products::page(&ctx.store, cut).await
}

/// Sets a rule. The product is locked, so that two of one moment see each other.
///
/// # Errors
/// `PERMISSION_MISSING`, `PRODUCT_NOT_FOUND`, `OUT_OF_RANGE` of `valid_from`, `REMOVAL_RULE_IN_FORCE`.
pub async fn set_rule<A: Message + Default>(
    ctx: &Context,
    call: &Call,
    command: &SetRule,
    show: impl Fn(RemovalRule, Time) -> A,
) -> Result<A> {
    let now = ctx.clock.now();
    authority::operator(call.caller(), Permission::ProductsManage)?;
    once(ctx, (call, Place::Deployment, now), show, |tx| async move {
        let tx = &tx;
        let product = store::products::lock(tx, &command.product_id).await?;
        let product = product.ok_or_else(|| products::missing(command.product_id.as_str()))?;
        let rule = RemovalRule {
            product_id: product.id.clone(),
            valid_from: command.valid_from.unwrap_or(now),
            user_removed: command.user_removed,
            data_access: command.data_access,
            contact_hint: command.contact_hint.clone(),
            create_time: now,
        };
        let same = store::removal_rules::beginning(tx, &product.id, rule.valid_from).await?;

        match (rule.beside(same.as_ref(), now)?, same) {
            (Setting::Same, Some(same)) => return Ok(same),
            (Setting::Instead, _) => store::removal_rules::replace(tx, &rule).await?,
            (Setting::New | Setting::Same, _) => store::removal_rules::insert(tx, &rule).await?,
        }
        let payload = Payload::Product(product.id, Vec::new(), Some(rule.valid_from));
        let event = happened(EventType::RemovalRuleSet, payload);
        store::events::append(tx, &[event], call.made(now)).await?;
        Ok(rule)
    })
    .await
}

/// A page of rules.
///
/// # Errors
/// `PRODUCT_NOT_FOUND`.
pub async fn rules(
    ctx: &Context,
    filter: &RuleFilter,
    cut: (Option<(i64, String)>, u64),
) -> Result<Page<RemovalRule>> {
    known(&ctx.store, filter.product_id.as_ref()).await?;
    store::removal_rules::page(&ctx.store, filter, cut).await
}

/// That there is a product which a list is narrowed to.
///
/// # Errors
/// `PRODUCT_NOT_FOUND`.
pub(super) async fn known(db: &impl Reads, id: Option<&ProductId>) -> Result<()> {
    match id {
        Some(id) if !store::products::exists(db, id).await? => Err(products::missing(id.as_str())),
        _ => Ok(()),
    }
}

fn happened(event_type: EventType, payload: Payload) -> Happening {
    Happening {
        event_type,
        team_id: None,
        user_id: None,
        payload,
    }
}
