//! What is true of every database of ours: each invariant with the statement that finds what breaks it.
//!
//! The schema makes some of them impossible to break. They are here all the same: a database that was restored, moved or
//! edited by hand may have lost its keys, and what a release makes sure of, the one before it may not have.

use sea_orm::{ConnectionTrait, QueryResult, Statement};
use uuid::Uuid;

use super::Reads;
use crate::error::Result;

mod access;
mod accounts;
mod directories;
mod groups;
mod hubs;
mod imports;
mod invitations;
mod letters;
mod members;
mod sso;

/// Something that is true of every database.
#[derive(Debug, Clone, Copy)]
pub struct Invariant {
    /// What it is called.
    pub name: &'static str,
    /// What is true.
    pub sentence: &'static str,
    /// Selects the ids of what breaks it, and nothing else: they are shown to people. `{team column}` narrows it to one
    /// team, of which one without tells nothing; `{narrow condition}` is a condition of a narrowed one alone, which keeps it within that team's indexes.
    /// `{join}` then is one from the left to the right, which SQLite might turn round.
    sql: &'static str,
}

/// All of them, noun by noun.
pub fn all() -> impl Iterator<Item = &'static Invariant> {
    [
        members::ALL,
        invitations::ALL,
        letters::ALL,
        imports::ALL,
        accounts::ALL,
        hubs::ALL,
        access::ALL,
        sso::ALL,
        directories::ALL,
        groups::ALL,
    ]
    .into_iter()
    .flatten()
}

/// The names of the invariants that something of one team breaks, by one statement: cheap enough for after each step of a test.
pub async fn broken_in(db: &impl Reads, team: Uuid) -> Result<Vec<&'static str>> {
    let connection = db.connection();
    let told: Vec<_> = all().filter(|one| one.sql.contains(TEAM)).collect();
    let each = told.iter().enumerate().map(|(place, one)| {
        let found = said(one.sql, true);
        format!("SELECT {place} AS place WHERE EXISTS ({found})")
    });
    let sql = each.collect::<Vec<_>>().join(" UNION ALL ");
    let backend = connection.get_database_backend();
    let statement = Statement::from_sql_and_values(backend, sql, [team.into()]);
    let mut names = Vec::new();
    for row in connection.query_all_raw(statement).await? {
        let place: i32 = row.try_get("", "place")?;
        let place = usize::try_from(place).ok();
        names.extend(place.and_then(|place| told.get(place)).map(|one| one.name));
    }
    Ok(names)
}

/// What breaks an invariant.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Broken {
    /// How many rows do.
    pub count: u64,
    /// Some of them, each as the names and values of its ids.
    pub some: Vec<Vec<(String, String)>>,
}

impl Invariant {
    /// What breaks it, in one team or anywhere; at most so many rows are named.
    pub async fn broken(&self, db: &impl Reads, team: Option<Uuid>, most: u32) -> Result<Broken> {
        if team.is_some() && !self.sql.contains(TEAM) {
            return Ok(Broken::default());
        }
        let connection = db.connection();
        let backend = connection.get_database_backend();
        let found = said(self.sql, team.is_some());
        // A LIMIT of none would hide how many there are.
        let rows = most.max(1);
        let sql = format!(
            "SELECT found.*, count(*) OVER () AS found_rows FROM ({found}) AS found ORDER BY 1 LIMIT {rows}"
        );
        let statement = Statement::from_sql_and_values(backend, sql, team.map(Into::into));
        let rows = connection.query_all_raw(statement).await?;
        let Some(first) = rows.first() else {
            return Ok(Broken::default());
        };
        let count: i64 = first.try_get("", COUNT)?;
        let named = rows.iter().take(most.try_into().unwrap_or(usize::MAX));
        Ok(Broken {
            count: count.unsigned_abs(),
            some: named.map(ids).collect::<Result<_>>()?,
        })
    }
}

/// What an invariant says that tells of single teams.
const TEAM: &str = "{team ";
/// The column beside the ids.
const COUNT: &str = "found_rows";
/// The only id that is no UUID.
const IMPORT: &str = "import_id";
/// A key's id is a word of its own too.
const KEY: &str = "key_id";

/// The ids of a row; one that is missing is what is wrong with it.
fn ids(row: &QueryResult) -> Result<Vec<(String, String)>> {
    let mut ids = Vec::new();
    for name in row.column_names() {
        let id = match name.as_str() {
            COUNT => continue,
            IMPORT | KEY => row.try_get("", &name)?,
            _ => row
                .try_get::<Option<Uuid>>("", &name)?
                .map(|id| id.to_string()),
        };
        ids.push((name, id.unwrap_or_else(|| "-".to_owned())));
    }
    Ok(ids)
}

/// The statement with its words in braces said.
fn said(sql: &str, narrowed: bool) -> String {
    let mut text = String::with_capacity(sql.len());
    let mut rest = sql;
    while let Some((before, after)) = rest.split_once('{') {
        let (word, behind) = after.split_once('}').unwrap_or((after, ""));
        text.push_str(before);
        match (word.split_once(' '), narrowed) {
            (Some(("team", column)), true) => {
                text.push_str(column);
                text.push_str(" = $1");
            }
            (Some((_, condition)), true) => text.push_str(condition),
            (Some(_), false) => text.push_str("TRUE"),
            (None, true) => text.push_str("CROSS JOIN"),
            (None, false) => text.push(','),
        }
        rest = behind;
    }
    text + rest
}
