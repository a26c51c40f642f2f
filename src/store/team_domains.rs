//! Domains that teams claim. Whoever writes here holds the team's lock.

use std::collections::HashSet;

use sea_orm::{
    ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect, sea_query::Expr,
};
use uuid::Uuid;

use super::{
    Reads, Tx, bulk,
    entities::team_domains::{ActiveModel, Column, Entity, Model},
    rows::{micros, opt_time, time},
};
use crate::{
    clock::Time,
    domain::{
        pages::{Page, Position},
        team_domains::{DomainName, TeamDomain},
    },
    error::{Error, Result},
};

impl TryFrom<Model> for TeamDomain {
    type Error = Error;

    fn try_from(row: Model) -> Result<Self> {
        Ok(Self {
            team_id: row.team_id,
            domain: DomainName::parse("domain", &row.domain)
                .map_err(|broken| Error::kept(&broken))?,
            claim_time: time(row.claim_time)?,
            verify_time: opt_time(row.verify_time)?,
        })
    }
}

/// Notes a claim.
pub async fn insert(tx: &Tx, claim: &TeamDomain) -> Result<()> {
    let row = Model {
        team_id: claim.team_id,
        domain: claim.domain.as_str().to_owned(),
        claim_time: micros(claim.claim_time),
        verify_time: claim.verify_time.map(micros),
    };
    bulk::insert::<Model, ActiveModel>(tx, vec![row]).await
}

/// Notes that a claim is verified; the index refuses it for a second team.
pub async fn verify(tx: &Tx, (team, domain): (Uuid, &DomainName), now: Time) -> Result<()> {
    let done = Entity::update_many()
        .col_expr(Column::VerifyTime, Expr::value(micros(now)))
        .filter(Column::TeamId.eq(team))
        .filter(Column::Domain.eq(domain.as_str()))
        .filter(Column::VerifyTime.is_null())
        .exec(tx.connection())
        .await?;
    bulk::expect(1, done.rows_affected)
}

/// Ends a claim.
pub async fn delete(tx: &Tx, team: Uuid, domain: &DomainName) -> Result<()> {
    let done = Entity::delete_by_id((team, domain.as_str().to_owned()))
        .exec(tx.connection())
        .await?;
    bulk::expect(1, done.rows_affected)
}

/// Ends all claims of a team that goes.
pub async fn clear(tx: &Tx, team: Uuid) -> Result<()> {
    Entity::delete_many()
        .filter(Column::TeamId.eq(team))
        .exec(tx.connection())
        .await?;
    Ok(())
}

/// How many a team claims.
pub async fn count(db: &impl Reads, team: Uuid) -> Result<u64> {
    Ok(Entity::find()
        .filter(Column::TeamId.eq(team))
        .count(db.connection())
        .await?)
}

/// A team's claim of a domain.
pub async fn find(db: &impl Reads, team: Uuid, domain: &DomainName) -> Result<Option<TeamDomain>> {
    let row = Entity::find_by_id((team, domain.as_str().to_owned()))
        .one(db.connection())
        .await?;
    row.map(TeamDomain::try_from).transpose()
}

/// The team for which a domain is verified.
pub async fn owner(db: &impl Reads, domain: &DomainName) -> Result<Option<Uuid>> {
    let row = Entity::find()
        .filter(Column::Domain.eq(domain.as_str()))
        .filter(Column::VerifyTime.is_not_null())
        .one(db.connection())
        .await?;
    Ok(row.map(|row| row.team_id))
}

/// The domains that are verified for a team: 100 at most.
pub async fn verified(db: &impl Reads, team: Uuid) -> Result<HashSet<String>> {
    let domains = Entity::find()
        .select_only()
        .column(Column::Domain)
        .filter(Column::TeamId.eq(team))
        .filter(Column::VerifyTime.is_not_null())
        .into_tuple::<String>()
        .all(db.connection())
        .await?;
    Ok(domains.into_iter().collect())
}

/// A page of a team's claims, in the order of the domains.
pub async fn page(
    db: &impl Reads,
    team: Uuid,
    (after, size): (Option<DomainName>, u64),
) -> Result<Page<TeamDomain>> {
    let mut query = Entity::find()
        .filter(Column::TeamId.eq(team))
        .order_by_asc(Column::Domain)
        .limit(size + 1);
    if let Some(after) = after {
        query = query.filter(Column::Domain.gt(after.as_str()));
    }
    let rows = query.all(db.connection()).await?;
    let claims = rows.into_iter().map(TeamDomain::try_from);
    let claims = claims.collect::<Result<Vec<_>>>()?;
    Ok(Page::cut(claims, size, |claim| {
        Position(claim.domain.as_str().as_bytes().to_vec())
    }))
}
