//! Products and removal rules, as `ProductService` reads and shows them.

use super::{
    Rpc, mutations,
    pages::List,
    values::{time, timestamp, word},
};
use crate::{
    app::{self, Call, Caller},
    domain::{
        pages::{Position, read, size},
        products::{Product, ProductId, ProductName, aliases},
        removal_rules::{Contact, DataAccess, RemovalRule, RuleFilter},
    },
    error::{FieldViolation, Result, Rule, Violations},
    proto,
};

pub(super) fn upsert(message: &proto::UpsertProductRequest) -> Result<app::products::Upsert> {
    let mut violations = Violations::new();
    let Some(product) = &message.product else {
        violations.add("product", Rule::Required);
        return violations.finish(None);
    };
    let id = violations.take(ProductId::parse("product.id", &product.id));
    let name = ProductName::parse("product.display_name", &product.display_name);
    let name = violations.take(name);
    let known = (id.as_ref(), name.as_ref());
    let aliases = aliases(known, &product.aliases, &mut violations);
    let command = id
        .zip(name)
        .map(|(id, display_name)| app::products::Upsert {
            id,
            display_name,
            aliases,
            allow_missing: message.allow_missing,
        });
    violations.finish(command)
}

pub(super) async fn upserted(
    rpc: Rpc,
    call: Call,
    command: app::products::Upsert,
) -> Result<proto::UpsertProductResponse> {
    app::products::upsert(&rpc.ctx, &call, &command, |product, _| {
        let mut product = show(&product);
        mutations::no_etag_of_rehearsal(&call, &mut product.etag);
        let product = Some(product);
        proto::UpsertProductResponse { product }
    })
    .await
}

pub(super) async fn list(
    rpc: Rpc,
    _: Caller,
    mut message: proto::ListProductsRequest,
) -> Result<proto::ListProductsResponse> {
    let token = std::mem::take(&mut message.page_token);
    let size = size(std::mem::take(&mut message.page_size));
    let list = List::new("ListProducts", "id", &message);
    let after = read(list.open(&rpc.ctx.secrets, &token)?, |position| {
        let text = std::str::from_utf8(&position.0).ok()?;
        ProductId::parse("page_token", text).ok()
    })?;
    let page = app::products::list(&rpc.ctx, (after, size)).await?;
    Ok(proto::ListProductsResponse {
        products: page.items.iter().map(show).collect(),
        next_page_token: list.seal(&rpc.ctx.secrets, page.next.as_ref()),
    })
}

pub(super) fn set_rule(message: &proto::SetRemovalRuleRequest) -> Result<app::products::SetRule> {
    let mut violations = Violations::new();
    let product = violations.take(ProductId::parse("product_id", &message.product_id));
    let from = message
        .valid_from
        .map(|stamp| violations.take(time("valid_from", stamp)));
    let access = violations.take(word("data_access", message.data_access, read_access));
    if access == Some(None) {
        violations.add("data_access", Rule::Required);
    }
    let hint = violations.take(Contact::parse("contact_hint", &message.contact_hint));
    let command = (|| {
        Some(app::products::SetRule {
            product_id: product?,
            valid_from: from.flatten(),
            user_removed: message.user_removed,
            data_access: access??,
            contact_hint: hint?,
        })
    })();
    violations.finish(command)
}

pub(super) async fn rule_set(
    rpc: Rpc,
    call: Call,
    command: app::products::SetRule,
) -> Result<proto::SetRemovalRuleResponse> {
    app::products::set_rule(&rpc.ctx, &call, &command, |rule, _| {
        let removal_rule = Some(show_rule(&rule));
        proto::SetRemovalRuleResponse { removal_rule }
    })
    .await
}

pub(super) async fn list_rules(
    rpc: Rpc,
    _: Caller,
    mut message: proto::ListRemovalRulesRequest,
) -> Result<proto::ListRemovalRulesResponse> {
    let token = std::mem::take(&mut message.page_token);
    let size = size(std::mem::take(&mut message.page_size));
    let mut violations = Violations::new();
    let product_id = violations.take(optional_product("product_id", &message.product_id));
    let at = message.at.map(|stamp| violations.take(time("at", stamp)));
    let filter = violations.finish(product_id.map(|product_id| RuleFilter {
        product_id,
        at: at.flatten(),
    }))?;
    let list = List::new("ListRemovalRules", "product", &message);
    let after = read(list.open(&rpc.ctx.secrets, &token)?, place)?;
    let page = app::products::rules(&rpc.ctx, &filter, (after, size)).await?;
    Ok(proto::ListRemovalRulesResponse {
        removal_rules: page.items.iter().map(show_rule).collect(),
        next_page_token: list.seal(&rpc.ctx.secrets, page.next.as_ref()),
    })
}

/// Reads where a page of rules ended: a time and a product.
fn place(position: &Position) -> Option<(i64, String)> {
    let (from, product) = position.0.split_first_chunk()?;
    let product = String::from_utf8(product.to_vec()).ok()?;
    Some((i64::from_be_bytes(*from), product))
}

/// Reads the id of a product that a list may be narrowed to.
pub(super) fn optional_product(
    field: &str,
    text: &str,
) -> Result<Option<ProductId>, FieldViolation> {
    if text.is_empty() {
        return Ok(None);
    }
    ProductId::parse(field, text).map(Some)
}

fn show(product: &Product) -> proto::Product {
    let aliases = product.aliases.iter();
    proto::Product {
        id: product.id.as_str().to_owned(),
        display_name: product.display_name.as_str().to_owned(),
        aliases: aliases.map(|alias| alias.as_str().to_owned()).collect(),
        create_time: Some(timestamp(product.create_time)),
        update_time: Some(timestamp(product.update_time)),
        etag: product.etag(),
    }
}

fn show_rule(rule: &RemovalRule) -> proto::RemovalRule {
    proto::RemovalRule {
        product_id: rule.product_id.as_str().to_owned(),
        valid_from: Some(timestamp(rule.valid_from)),
        user_removed: rule.user_removed,
        data_access: data_access(rule.data_access).into(),
        contact_hint: rule.contact_hint.as_str().to_owned(),
        create_time: Some(timestamp(rule.create_time)),
    }
}

pub(super) const fn data_access(access: DataAccess) -> proto::DataAccess {
    match access {
        DataAccess::Inactive => proto::DataAccess::Inactive,
        DataAccess::Active => proto::DataAccess::Active,
    }
}

const fn read_access(access: proto::DataAccess) -> Option<DataAccess> {
    match access {
        proto::DataAccess::Unspecified => None,
        proto::DataAccess::Inactive => Some(DataAccess::Inactive),
        proto::DataAccess::Active => Some(DataAccess::Active),
    }
}
