//! Accounts.

use sea_orm::{
    ActiveValue::Set,
    ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect,
    sea_query::{Expr, ExprTrait, LockType, OnConflict},
};
use uuid::Uuid;

use super::{
    Reads, Tx, bulk, copies,
    entities::users::{ActiveModel, Column, Entity, Model},
    rows::{micros, opt_time, time},
};
use crate::{
    clock::Time,
    domain::{
        email::Email,
        languages::Language,
        search::NameKeys,
        texts::{ExternalId, JobTitle, Phone, TimeZone},
        users::{Access, Placeholder, Profile, ProfileChanges, User},
    },
    error::{Error, Result},
};

/// An account that does not exist yet.
pub struct NewUser<'a> {
    /// Its id.
    pub id: Uuid,
    /// Its address.
    pub email: &'a Email,
    /// What else it holds.
    pub profile: &'a Profile,
    /// Whether the person proved to own the address.
    pub is_verified: bool,
}

impl TryFrom<Model> for User {
    type Error = Error;

    fn try_from(row: Model) -> Result<Self> {
        Ok(Self {
            id: row.id,
            email: row.email_typed,
            given_name: row.given_name,
            family_name: row.family_name,
            language: row.language,
            phone: row.phone,
            time_zone: row.time_zone,
            job_title: row.job_title,
            external_id: row.external_id,
            verify_time: opt_time(row.verify_time)?,
            disable_time: opt_time(row.disable_time)?,
            delete_time: opt_time(row.delete_time)?,
            create_time: time(row.create_time)?,
            update_time: time(row.update_time)?,
        })
    }
}

/// One account by id.
pub async fn by_id(db: &impl Reads, id: Uuid) -> Result<Option<User>> {
    let row = Entity::find_by_id(id).one(db.connection()).await?;
    row.map(User::try_from).transpose()
}

/// One account by address.
pub async fn by_email(db: &impl Reads, email: &Email) -> Result<Option<User>> {
    let row = Entity::find()
        .filter(Column::EmailNormal.eq(email.normal()))
        .one(db.connection())
        .await?;
    row.map(User::try_from).transpose()
}

/// Accounts by id, in no particular order.
pub async fn by_ids(db: &impl Reads, ids: &[Uuid]) -> Result<Vec<User>> {
    let rows = Entity::find()
        .filter(Column::Id.is_in(ids.iter().copied()))
        .all(db.connection())
        .await?;
    rows.into_iter().map(User::try_from).collect()
}

/// The account with this id, locked until the transaction ends.
pub async fn lock(tx: &Tx, id: Uuid) -> Result<Option<User>> {
    let row = Entity::find_by_id(id)
        .lock(LockType::Update)
        .one(tx.connection())
        .await?;
    row.map(User::try_from).transpose()
}

/// What accounts are locked for, until the transaction ends.
#[derive(Debug, Clone, Copy)]
pub enum Hold {
    /// Nobody may change them.
    Steady,
    /// This transaction changes them.
    Change,
}

/// Accounts by normal form, locked in that order, with that form.
pub async fn lock_by_emails(tx: &Tx, normals: &[&str], hold: Hold) -> Result<Vec<(String, User)>> {
    let lock = match hold {
        Hold::Steady => LockType::Share,
        Hold::Change => LockType::Update,
    };
    let mut found = Vec::new();
    for chunk in normals.chunks(bulk::IDS) {
        let rows = Entity::find()
            .filter(Column::EmailNormal.is_in(chunk.iter().copied()))
            .order_by_asc(Column::EmailNormal)
            .lock(lock)
            .all(tx.connection())
            .await?;
        for row in rows {
            found.push((row.email_normal.clone(), User::try_from(row)?));
        }
    }
    Ok(found)
}

/// Makes accounts. Order them by normal form: that is the order of locks.
pub async fn insert(tx: &Tx, users: &[NewUser<'_>], now: Time) -> Result<()> {
    let rows = users.iter().map(|user| row(user, now)).collect();
    let conflict = OnConflict::column(Column::EmailNormal)
        .do_nothing()
        .to_owned();
    bulk::insert_new::<Model, ActiveModel>(tx, rows, conflict).await
}

fn row(user: &NewUser<'_>, now: Time) -> Model {
    let profile = user.profile;
    let keys = NameKeys::of(profile.given_name.as_str(), profile.family_name.as_str());
    Model {
        id: user.id,
        email_normal: user.email.normal().to_owned(),
        email_typed: user.email.typed().to_owned(),
        given_name: profile.given_name.as_str().to_owned(),
        family_name: profile.family_name.as_str().to_owned(),
        language: text(profile.language.as_ref().map(Language::as_str)),
        phone: text(profile.phone.as_ref().map(Phone::as_str)),
        time_zone: text(profile.time_zone.as_ref().map(TimeZone::as_str)),
        job_title: text(profile.job_title.as_ref().map(JobTitle::as_str)),
        external_id: text(profile.external_id.as_ref().map(ExternalId::as_str)),
        verify_time: user.is_verified.then_some(micros(now)),
        create_time: micros(now),
        update_time: micros(now),
        name_key: Some(keys.name),
        family_key: Some(keys.family),
        copy_time: Some(micros(now)),
        disable_time: None,
        delete_time: None,
    }
}

fn text(value: Option<&str>) -> Option<String> {
    value.map(str::to_owned)
}

/// Changes a profile; whether the account exists.
pub async fn update(tx: &Tx, id: Uuid, changes: &ProfileChanges, now: Time) -> Result<bool> {
    let Some(row) = Entity::find_by_id(id)
        .lock(LockType::Update)
        .one(tx.connection())
        .await?
    else {
        return Ok(false);
    };
    let copied = row.copy_time == Some(row.update_time);
    let mut row = row.into_active_model();
    if let Some(name) = &changes.given_name {
        row.given_name = Set(name.as_str().to_owned());
    }
    if let Some(name) = &changes.family_name {
        row.family_name = Set(name.as_str().to_owned());
    }
    if let Some(language) = &changes.language {
        row.language = Set(text(language.as_ref().map(Language::as_str)));
    }
    if let Some(phone) = &changes.phone {
        row.phone = Set(text(phone.as_ref().map(Phone::as_str)));
    }
    if let Some(zone) = &changes.time_zone {
        row.time_zone = Set(text(zone.as_ref().map(TimeZone::as_str)));
    }
    if let Some(title) = &changes.job_title {
        row.job_title = Set(text(title.as_ref().map(JobTitle::as_str)));
    }
    if let Some(external_id) = &changes.external_id {
        row.external_id = Set(text(external_id.as_ref().map(ExternalId::as_str)));
    }
    if changes.given_name.is_some() || changes.family_name.is_some() {
        let keys = NameKeys::of(row.given_name.as_ref(), row.family_name.as_ref());
        copies::set_names(tx, id, &keys).await?;
        row.name_key = Set(Some(keys.name));
        row.family_key = Set(Some(keys.family));
    }
    row.update_time = Set(micros(now));
    row.copy_time = Set(copied.then_some(micros(now)));
    Entity::update(row).exec(tx.connection()).await?;
    Ok(true)
}

/// What says after a change with its copies that nothing is missing, unless something was before.
fn still_copied(now: Time) -> Expr {
    let copied = Expr::col(Column::CopyTime).equals(Column::UpdateTime);
    Expr::case(copied, micros(now)).into()
}

/// Gives an account another address.
pub async fn set_email(tx: &Tx, id: Uuid, email: &Email, now: Time) -> Result<()> {
    let done = Entity::update_many()
        .col_expr(Column::EmailNormal, Expr::value(email.normal()))
        .col_expr(Column::EmailTyped, Expr::value(email.typed()))
        .col_expr(Column::UpdateTime, Expr::value(micros(now)))
        .col_expr(Column::CopyTime, still_copied(now))
        .filter(Column::Id.eq(id))
        .filter(Column::VerifyTime.is_null())
        .exec(tx.connection())
        .await?;
    bulk::expect(1, done.rows_affected)?;
    copies::set_email(tx, id, email.normal()).await
}

/// Gives a verified account the address that its owner has confirmed.
pub async fn switch_email(tx: &Tx, id: Uuid, email: &Email, now: Time) -> Result<()> {
    let done = Entity::update_many()
        .col_expr(Column::EmailNormal, Expr::value(email.normal()))
        .col_expr(Column::EmailTyped, Expr::value(email.typed()))
        .col_expr(Column::VerifyTime, Expr::value(micros(now)))
        .col_expr(Column::UpdateTime, Expr::value(micros(now)))
        .col_expr(Column::CopyTime, still_copied(now))
        .filter(Column::Id.eq(id))
        .filter(Column::VerifyTime.is_not_null())
        .filter(Column::DisableTime.is_null())
        .exec(tx.connection())
        .await?;
    bulk::expect(1, done.rows_affected)?;
    copies::set_email(tx, id, email.normal()).await
}

/// Disables an account that is not, or takes that back. Erased ones stay disabled.
pub async fn set_access(tx: &Tx, id: Uuid, access: Access, now: Time) -> Result<()> {
    let (value, before) = match access {
        Access::Disabled => (Some(micros(now)), Column::DisableTime.is_null()),
        Access::Enabled => (None, Column::DisableTime.is_not_null()),
    };
    let done = Entity::update_many()
        .col_expr(Column::DisableTime, Expr::value(value))
        .col_expr(Column::UpdateTime, Expr::value(micros(now)))
        .col_expr(Column::CopyTime, still_copied(now))
        .filter(Column::Id.eq(id))
        .filter(before)
        .filter(Column::DeleteTime.is_null())
        .exec(tx.connection())
        .await?;
    bulk::expect(1, done.rows_affected)
}

/// Replaces what identifies a person, in the account and in the copies of it, and disables the account.
pub async fn erase(tx: &Tx, id: Uuid, now: Time) -> Result<()> {
    let placeholder = Placeholder::of(id);
    let keys = NameKeys::of(Placeholder::GIVEN_NAME, Placeholder::FAMILY_NAME);
    let nothing = || Expr::value(None::<String>);
    let disable_time = Expr::col(Column::DisableTime).if_null(micros(now));
    let done = Entity::update_many()
        .col_expr(Column::EmailNormal, Expr::value(placeholder.key.as_str()))
        .col_expr(Column::EmailTyped, Expr::value(placeholder.email))
        .col_expr(Column::GivenName, Expr::value(Placeholder::GIVEN_NAME))
        .col_expr(Column::FamilyName, Expr::value(Placeholder::FAMILY_NAME))
        .col_expr(Column::Language, nothing())
        .col_expr(Column::Phone, nothing())
        .col_expr(Column::TimeZone, nothing())
        .col_expr(Column::JobTitle, nothing())
        .col_expr(Column::ExternalId, nothing())
        .col_expr(Column::DisableTime, disable_time)
        .col_expr(Column::DeleteTime, Expr::value(micros(now)))
        .col_expr(Column::UpdateTime, Expr::value(micros(now)))
        .col_expr(Column::NameKey, Expr::value(keys.name.as_str()))
        .col_expr(Column::FamilyKey, Expr::value(keys.family.as_str()))
        .col_expr(Column::CopyTime, still_copied(now))
        .filter(Column::Id.eq(id))
        .filter(Column::DeleteTime.is_null())
        .exec(tx.connection())
        .await?;
    bulk::expect(1, done.rows_affected)?;
    copies::set_names(tx, id, &keys).await?;
    copies::set_email(tx, id, &placeholder.key).await
}

/// Marks an account as verified, unless it was.
pub async fn verify(tx: &Tx, ids: &[Uuid], now: Time) -> Result<()> {
    for chunk in ids.chunks(bulk::IDS) {
        Entity::update_many()
            .col_expr(Column::VerifyTime, Expr::value(micros(now)))
            .col_expr(Column::UpdateTime, Expr::value(micros(now)))
            .col_expr(Column::CopyTime, still_copied(now))
            .filter(Column::Id.is_in(chunk.iter().copied()))
            .filter(Column::VerifyTime.is_null())
            .exec(tx.connection())
            .await?;
        copies::set_verified(tx, chunk).await?;
    }
    Ok(())
}
