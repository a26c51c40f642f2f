//! The users of a directory as SCIM asks for them.

use sea_orm::{ColumnTrait, EntityTrait, FromQueryResult, QueryFilter, sea_query::Expr};
use uuid::Uuid;

use super::{
    super::{
        Reads, Tx, bulk,
        entities::directory_users::{Column, Entity},
        rows::{micros, time},
    },
    About, Ask,
};
use crate::{
    clock::Time,
    domain::{
        scim::{Condition, KeptUser, ScimUser, conditions::TextField, filter::Operator},
        texts::ExternalId,
    },
    error::{Error, Result},
};

/// The users of a directory who are in its team.
const FROM: &str = "FROM directory_users AS d \
    JOIN members AS m ON m.team_id = d.team_id AND m.user_id = d.user_id \
    JOIN users AS u ON u.id = d.user_id \
    WHERE m.remove_time IS NULL";

const COLUMNS: &str = "d.user_id, d.external_id, d.user_name, d.display_name, u.email_typed, u.given_name, u.family_name, \
    m.disabled_by_directory, d.create_time, \
    CASE WHEN u.update_time > d.update_time THEN u.update_time ELSE d.update_time END AS update_time";

#[derive(FromQueryResult)]
struct Row {
    user_id: Uuid,
    external_id: String,
    user_name: String,
    display_name: Option<String>,
    email_typed: String,
    given_name: String,
    family_name: String,
    disabled_by_directory: bool,
    create_time: i64,
    update_time: i64,
}

impl TryFrom<Row> for KeptUser {
    type Error = Error;

    fn try_from(row: Row) -> Result<Self> {
        Ok(Self {
            id: row.user_id,
            external_id: Some(row.external_id.clone()).filter(|id| !ExternalId::is_none(id)),
            key: row.external_id,
            user_name: row.user_name,
            display_name: row.display_name,
            email: row.email_typed,
            given_name: row.given_name,
            family_name: row.family_name,
            active: !row.disabled_by_directory,
            create_time: time(row.create_time)?,
            update_time: time(row.update_time)?,
        })
    }
}

/// One user of a directory.
pub async fn find(db: &impl Reads, place: (Uuid, Uuid), user: Uuid) -> Result<Option<KeptUser>> {
    let mut ask = Ask::new(About::Users, db, place);
    let condition = ask.condition(&Condition::Id(user));
    let text = format!("SELECT {COLUMNS} {FROM} AND {condition}{}", ask.place);
    let row = Row::find_by_statement(ask.statement(&text)).one(db.connection());
    row.await?.map(KeptUser::try_from).transpose()
}

/// How many users of a directory are so, and some of them, oldest first.
pub async fn page(
    db: &impl Reads,
    place: (Uuid, Uuid),
    condition: &Condition,
    (skipped, size): (u64, u64),
) -> Result<(u64, Vec<KeptUser>)> {
    let mut ask = Ask::new(About::Users, db, place);
    let wanted = ask.condition(condition);
    let text = format!("SELECT count(*) AS total {FROM} AND {wanted}{}", ask.place);
    let total = ask.count(db, &text).await?;
    if size == 0 || skipped >= total {
        return Ok((total, Vec::new()));
    }
    let (size, skipped) = ask.cut((skipped, size));
    let text = format!(
        "SELECT {COLUMNS} {FROM} AND {wanted}{} ORDER BY d.user_id LIMIT {size} OFFSET {skipped}",
        ask.place
    );
    let rows = Row::find_by_statement(ask.statement(&text)).all(db.connection());
    let users = rows.await?.into_iter().map(KeptUser::try_from);
    Ok((total, users.collect::<Result<_>>()?))
}

/// Whether another user of the directory has this one's id or name.
pub async fn is_taken(
    tx: &Tx,
    place: (Uuid, Uuid),
    (user, but): (&ScimUser, Option<Uuid>),
) -> Result<bool> {
    let named = Condition::Text(TextField::UserName, Operator::Equal, user.user_name.clone());
    let mut same = vec![named];
    if let Some(id) = &user.external_id {
        let id = id.as_str().to_owned();
        same.push(Condition::Text(TextField::ExternalId, Operator::Equal, id));
    }
    let mut wanted = vec![Condition::Any(same)];
    if let Some(but) = but {
        wanted.push(Condition::Not(Box::new(Condition::Id(but))));
    }
    let (total, _) = page(tx, place, &Condition::All(wanted), (0, 0)).await?;
    Ok(total > 0)
}

/// Gives a directory's user this key and these names, or only notes that he was changed. What is left by somebody who has gone makes room.
pub async fn rename(
    tx: &Tx,
    (team, directory): (Uuid, Uuid),
    (id, key, user): (Uuid, &str, &ScimUser),
    now: Time,
) -> Result<()> {
    Entity::delete_many()
        .filter(Column::TeamId.eq(team))
        .filter(Column::DirectoryId.eq(directory))
        .filter(Column::ExternalId.eq(key))
        .filter(Column::UserId.ne(id))
        .exec(tx.connection())
        .await?;
    let done = Entity::update_many()
        .col_expr(Column::ExternalId, Expr::value(key))
        .col_expr(Column::UserName, Expr::value(&*user.user_name))
        .col_expr(Column::DisplayName, Expr::value(user.display_name.clone()))
        .col_expr(Column::UpdateTime, Expr::value(micros(now)))
        .filter(Column::TeamId.eq(team))
        .filter(Column::DirectoryId.eq(directory))
        .filter(Column::UserId.eq(id))
        .exec(tx.connection())
        .await?;
    bulk::expect(1, done.rows_affected)
}
