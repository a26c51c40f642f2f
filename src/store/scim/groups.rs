//! The groups of a directory as SCIM asks for them.

use std::collections::{BTreeSet, HashSet};

use sea_orm::{ColumnTrait, EntityTrait, FromQueryResult, QueryFilter, QuerySelect};
use uuid::Uuid;

use super::{
    super::{Reads, bulk, entities::directory_group_members as places, rows::time},
    About, Ask,
};
use crate::{
    domain::{
        scim::{Condition, KeptGroup, ScimGroup, conditions::TextField, filter::Operator},
        texts::ExternalId,
    },
    error::{Error, Result},
};

const COLUMNS: &str = "d.id, d.external_id, d.display_name, d.create_time, d.update_time";

#[derive(FromQueryResult)]
struct Row {
    id: Uuid,
    external_id: String,
    display_name: String,
    create_time: i64,
    update_time: i64,
}

impl TryFrom<Row> for KeptGroup {
    type Error = Error;

    fn try_from(row: Row) -> Result<Self> {
        Ok(Self {
            id: row.id,
            external_id: Some(row.external_id.clone()).filter(|id| !ExternalId::is_none(id)),
            key: row.external_id,
            display_name: row.display_name,
            create_time: time(row.create_time)?,
            update_time: time(row.update_time)?,
        })
    }
}

/// One group of a directory.
pub async fn find(db: &impl Reads, place: (Uuid, Uuid), group: Uuid) -> Result<Option<KeptGroup>> {
    let (_, found) = page(db, place, &Condition::Id(group), (0, 1)).await?;
    Ok(found.into_iter().next())
}

/// How many groups of a directory are so, and some of them, oldest first.
pub async fn page(
    db: &impl Reads,
    place: (Uuid, Uuid),
    condition: &Condition,
    (skipped, size): (u64, u64),
) -> Result<(u64, Vec<KeptGroup>)> {
    let mut ask = Ask::new(About::Groups, db, place);
    let wanted = ask.condition(condition);
    let from = format!("FROM directory_groups AS d WHERE {wanted}{}", ask.place);
    let total = ask
        .count(db, &format!("SELECT count(*) AS total {from}"))
        .await?;
    if size == 0 || skipped >= total {
        return Ok((total, Vec::new()));
    }
    let (size, skipped) = ask.cut((skipped, size));
    let text = format!("SELECT {COLUMNS} {from} ORDER BY d.id LIMIT {size} OFFSET {skipped}");
    let rows = Row::find_by_statement(ask.statement(&text)).all(db.connection());
    let groups = rows.await?.into_iter().map(KeptGroup::try_from);
    Ok((total, groups.collect::<Result<_>>()?))
}

/// Whether another group of the directory has this one's id.
pub async fn is_taken(
    db: &impl Reads,
    place: (Uuid, Uuid),
    (group, but): (&ScimGroup, Option<Uuid>),
) -> Result<bool> {
    let Some(id) = &group.external_id else {
        return Ok(false);
    };
    let id = id.as_str().to_owned();
    let mut wanted = vec![Condition::Text(TextField::ExternalId, Operator::Equal, id)];
    if let Some(but) = but {
        wanted.push(Condition::Not(Box::new(Condition::Id(but))));
    }
    let (total, _) = page(db, place, &Condition::All(wanted), (0, 0)).await?;
    Ok(total > 0)
}

/// Who is in a group: all of them, or those of these people.
pub async fn held(
    db: &impl Reads,
    (team, group): (Uuid, Uuid),
    among: Option<&BTreeSet<Uuid>>,
) -> Result<HashSet<Uuid>> {
    let all = || {
        places::Entity::find()
            .select_only()
            .column(places::Column::UserId)
            .filter(places::Column::TeamId.eq(team))
            .filter(places::Column::GroupId.eq(group))
    };
    let Some(among) = among else {
        let rows = all().into_tuple().all(db.connection()).await?;
        return Ok(rows.into_iter().collect());
    };
    let among: Vec<Uuid> = among.iter().copied().collect();
    let mut found = HashSet::new();
    for chunk in among.chunks(bulk::IDS) {
        let these = places::Column::UserId.is_in(chunk.iter().copied());
        found.extend(
            all()
                .filter(these)
                .into_tuple::<Uuid>()
                .all(db.connection())
                .await?,
        );
    }
    Ok(found)
}
