//! What became of each row of an import.

use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use uuid::Uuid;

use super::{
    Reads, Tx, bulk,
    entities::import_results::{ActiveModel, Column, Entity, Model},
    rows::{number, stored, word},
};
use crate::{
    domain::{
        imports::{ImportResult, Outcome, RowViolation},
        pages::{Page, Position},
    },
    error::{Error, Result},
};

impl TryFrom<Model> for ImportResult {
    type Error = Error;

    fn try_from(row: Model) -> Result<Self> {
        let violations: Option<Vec<RowViolation>> = row
            .violations
            .map(serde_json::from_value)
            .transpose()
            .map_err(|error| Error::Internal(Box::new(error)))?;
        Ok(Self {
            row: number(row.row_number)?,
            line: number(row.line)?,
            outcome: word(Outcome::of, &row.outcome)?,
            user_id: row.user_id,
            invitation_id: row.invitation_id,
            first_row: row.first_row.map(number).transpose()?,
            violations: violations.unwrap_or_default(),
        })
    }
}

/// Stores the results of an import.
pub async fn insert(tx: &Tx, team: Uuid, import: &str, results: &[ImportResult]) -> Result<()> {
    let rows = results
        .iter()
        .map(|result| {
            let violations = (!result.violations.is_empty())
                .then(|| serde_json::to_value(&result.violations))
                .transpose()
                .map_err(|error| Error::Internal(Box::new(error)))?;
            Ok(Model {
                team_id: team,
                import_id: import.to_owned(),
                row_number: stored(result.row),
                line: stored(result.line),
                outcome: result.outcome.word().to_owned(),
                user_id: result.user_id,
                invitation_id: result.invitation_id,
                first_row: result.first_row.map(stored),
                violations,
            })
        })
        .collect::<Result<Vec<_>>>()?;
    bulk::insert::<Model, ActiveModel>(tx, rows).await
}

/// All results of an import, in input order.
pub async fn all(db: &impl Reads, team: Uuid, import: &str) -> Result<Vec<ImportResult>> {
    let rows = Entity::find()
        .filter(Column::TeamId.eq(team))
        .filter(Column::ImportId.eq(import))
        .order_by_asc(Column::RowNumber)
        .all(db.connection())
        .await?;
    rows.into_iter().map(ImportResult::try_from).collect()
}

/// A page of the results of an import, in input order.
pub async fn page(
    db: &impl Reads,
    (team, import): (Uuid, &str),
    outcomes: &[Outcome],
    (after, size): (Option<u32>, u64),
) -> Result<Page<ImportResult>> {
    let mut query = Entity::find()
        .filter(Column::TeamId.eq(team))
        .filter(Column::ImportId.eq(import))
        .order_by_asc(Column::RowNumber)
        .limit(size + 1);
    if !outcomes.is_empty() {
        query = query.filter(Column::Outcome.is_in(outcomes.iter().map(|outcome| outcome.word())));
    }
    if let Some(after) = after {
        query = query.filter(Column::RowNumber.gt(stored(after)));
    }
    let rows = query.all(db.connection()).await?;
    let results = rows
        .into_iter()
        .map(ImportResult::try_from)
        .collect::<Result<Vec<_>>>()?;
    Ok(Page::cut(results, size, |result| {
        Position(result.row.to_be_bytes().to_vec())
    }))
}

/// The people whom an import made members at once.
pub async fn added_users(db: &impl Reads, team: Uuid, import: &str) -> Result<Vec<Uuid>> {
    let added = [Outcome::Verified, Outcome::Revived];
    users(db, (team, import), &added).await
}

/// The people whom an import brought in, or asked, in the order of its rows.
pub async fn brought_in(db: &impl Reads, team: Uuid, import: &str) -> Result<Vec<Uuid>> {
    let brought = [Outcome::Verified, Outcome::Revived, Outcome::Invited];
    users(db, (team, import), &brought).await
}

async fn users(
    db: &impl Reads,
    (team, import): (Uuid, &str),
    outcomes: &[Outcome],
) -> Result<Vec<Uuid>> {
    let users: Vec<Option<Uuid>> = Entity::find()
        .select_only()
        .column(Column::UserId)
        .filter(Column::TeamId.eq(team))
        .filter(Column::ImportId.eq(import))
        .filter(Column::Outcome.is_in(outcomes.iter().map(|outcome| outcome.word())))
        .order_by_asc(Column::RowNumber)
        .into_tuple()
        .all(db.connection())
        .await?;
    Ok(users.into_iter().flatten().collect())
}
