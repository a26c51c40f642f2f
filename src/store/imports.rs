//! Imports, without their rows.

use std::collections::BTreeMap;

use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use uuid::Uuid;

use super::{
    Reads, Tx, bulk,
    entities::imports::{ActiveModel, Column, Entity, Model},
    rows::{micros, number, stored, time, word},
};
use crate::{
    clock::Time,
    domain::{
        imports::{Import, ImportPosition, Outcome},
        pages::Page,
    },
    error::{Error, Result},
};

impl TryFrom<Model> for Import {
    type Error = Error;

    fn try_from(row: Model) -> Result<Self> {
        let counts: BTreeMap<String, u32> = read(row.outcome_counts)?;
        Ok(Self {
            team_id: row.team_id,
            import_id: row.import_id,
            row_count: number(row.row_count)?,
            outcome_counts: counts
                .into_iter()
                .map(|(text, count)| Ok((word(Outcome::of, &text)?, count)))
                .collect::<Result<_>>()?,
            hold_letters: row.hold_letters,
            ignored_columns: read(row.ignored_columns)?,
            create_time: time(row.create_time)?,
        })
    }
}

fn read<T: serde::de::DeserializeOwned>(stored: serde_json::Value) -> Result<T> {
    serde_json::from_value(stored).map_err(|error| Error::Internal(Box::new(error)))
}

/// Stores an import; the same id twice in a team makes the later transaction lose.
pub async fn insert(tx: &Tx, import: &Import, fingerprint: &[u8]) -> Result<()> {
    let counts: serde_json::Map<String, serde_json::Value> = import
        .outcome_counts
        .iter()
        .map(|(outcome, count)| (outcome.word().to_owned(), (*count).into()))
        .collect();
    let row = Model {
        team_id: import.team_id,
        import_id: import.import_id.clone(),
        fingerprint: fingerprint.to_vec(),
        row_count: stored(import.row_count),
        outcome_counts: counts.into(),
        hold_letters: import.hold_letters,
        ignored_columns: import.ignored_columns.clone().into(),
        create_time: micros(import.create_time),
    };
    bulk::insert::<Model, ActiveModel>(tx, vec![row]).await
}

/// One import with its fingerprint.
pub async fn find(db: &impl Reads, team: Uuid, import: &str) -> Result<Option<(Import, Vec<u8>)>> {
    let row = Entity::find_by_id((team, import.to_owned()))
        .one(db.connection())
        .await?;
    row.map(|row| {
        let fingerprint = row.fingerprint.clone();
        Ok((row.try_into()?, fingerprint))
    })
    .transpose()
}

/// A page of a team's imports, newest first.
pub async fn page(
    db: &impl Reads,
    team: Uuid,
    after: Option<ImportPosition>,
    size: u64,
) -> Result<Page<Import>> {
    let mut query = Entity::find()
        .filter(Column::TeamId.eq(team))
        .order_by_desc(Column::CreateTime)
        .order_by_desc(Column::ImportId)
        .limit(size + 1);
    if let Some(after) = after {
        let at = micros(after.create_time);
        query = query.filter(Column::CreateTime.lte(at)).filter(
            Condition::any()
                .add(Column::CreateTime.lt(at))
                .add(Column::ImportId.lt(after.import_id)),
        );
    }
    let rows = query.all(db.connection()).await?;
    let imports = rows
        .into_iter()
        .map(Import::try_from)
        .collect::<Result<Vec<_>>>()?;
    Ok(Page::cut(imports, size, ImportPosition::of))
}

/// An import made before then: team and id.
pub async fn older_than(db: &impl Reads, before: Time) -> Result<Option<(Uuid, String)>> {
    Ok(Entity::find()
        .select_only()
        .column(Column::TeamId)
        .column(Column::ImportId)
        .filter(Column::CreateTime.lt(micros(before)))
        .limit(1)
        .into_tuple()
        .one(db.connection())
        .await?)
}

/// Deletes an import with its results.
pub async fn delete(tx: &Tx, team: Uuid, import: &str) -> Result<()> {
    Entity::delete_by_id((team, import.to_owned()))
        .exec(tx.connection())
        .await?;
    Ok(())
}
