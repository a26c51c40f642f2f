//! What a directory has, as SCIM asks for it: filters become conditions with binds.

use sea_orm::{ConnectionTrait, DbBackend, Statement, Value};
use uuid::Uuid;

use super::{Reads, rows::micros};
use crate::{
    domain::scim::{
        Condition,
        conditions::{TextField, TimeField},
        filter::Operator,
    },
    error::Result,
};

pub mod groups;
pub mod users;

/// Who is in a group.
const GROUP_MEMBERS: &str =
    "SELECT 1 FROM directory_group_members AS g WHERE g.team_id = d.team_id AND g.group_id = d.id";

/// A statement that grows: words of ours in its text, all else among its binds.
pub(super) struct Ask {
    backend: DbBackend,
    binds: Vec<Value>,
    about: About,
    /// That what is asked for is the directory's.
    pub(super) place: String,
}

/// What is asked for, as `d`.
#[derive(Debug, Clone, Copy)]
pub(super) enum About {
    /// `directory_users`, with their `members` as `m` and `users` as `u`.
    Users,
    /// `directory_groups`.
    Groups,
}

impl About {
    const fn id(self) -> &'static str {
        match self {
            Self::Users => "d.user_id",
            Self::Groups => "d.id",
        }
    }

    const fn time(self, field: TimeField) -> &'static str {
        match (field, self) {
            (TimeField::Created, _) => "d.create_time",
            (TimeField::LastModified, Self::Users) => {
                "CASE WHEN u.update_time > d.update_time THEN u.update_time ELSE d.update_time END"
            }
            (TimeField::LastModified, Self::Groups) => "d.update_time",
        }
    }
}

impl Ask {
    pub(super) fn new(about: About, db: &impl Reads, (team, directory): (Uuid, Uuid)) -> Self {
        let mut ask = Self {
            backend: db.connection().get_database_backend(),
            binds: Vec::new(),
            about,
            place: String::new(),
        };
        let (team, directory) = (ask.bind(team), ask.bind(directory));
        ask.place = format!(" AND d.team_id = {team} AND d.directory_id = {directory}");
        ask
    }

    pub(super) fn bind(&mut self, value: impl Into<Value>) -> String {
        self.binds.push(value.into());
        format!("${}", self.binds.len())
    }

    pub(super) fn statement(&self, text: &str) -> Statement {
        Statement::from_sql_and_values(self.backend, text, self.binds.clone())
    }

    /// How many rows there are, which the text calls `total`.
    pub(super) async fn count(&self, db: &impl Reads, text: &str) -> Result<u64> {
        let counted = db.connection().query_one_raw(self.statement(text)).await?;
        let total: i64 = match counted {
            Some(row) => row.try_get("", "total")?,
            None => 0,
        };
        Ok(u64::try_from(total).unwrap_or_default())
    }

    /// Binds for LIMIT and OFFSET: after so many, so many.
    pub(super) fn cut(&mut self, (skipped, size): (u64, u64)) -> (String, String) {
        let signed = |number| i64::try_from(number).unwrap_or(i64::MAX);
        (self.bind(signed(size)), self.bind(signed(skipped)))
    }

    /// A condition in parentheses; it is never NULL.
    pub(super) fn condition(&mut self, condition: &Condition) -> String {
        match condition {
            // The other texts are always there.
            Condition::Constant(true)
            | Condition::Present(
                TextField::UserName
                | TextField::GivenName
                | TextField::FamilyName
                | TextField::Email,
            ) => "(1 = 1)".to_owned(),
            Condition::Constant(false) => "(1 = 0)".to_owned(),
            Condition::Id(id) => format!("({} = {})", self.about.id(), self.bind(*id)),
            Condition::Member(user) => {
                let user = self.bind(*user);
                format!("(EXISTS ({GROUP_MEMBERS} AND g.user_id = {user}))")
            }
            Condition::Peopled => format!("(EXISTS ({GROUP_MEMBERS}))"),
            Condition::Active => "(NOT m.disabled_by_directory)".to_owned(),
            Condition::Present(TextField::ExternalId) => {
                "(substr(d.external_id, 1, 1) <> ' ')".to_owned()
            }
            Condition::Present(TextField::DisplayName) => "(d.display_name IS NOT NULL)".to_owned(),
            Condition::Text(field, operator, text) => self.text(*field, *operator, text),
            Condition::Time(field, operator, time) => {
                let column = self.about.time(*field);
                let time = self.bind(micros(*time));
                self.compared(column, *operator, &time)
            }
            Condition::Not(inner) => format!("(NOT {})", self.condition(inner)),
            Condition::All(terms) => self.joined(terms, " AND "),
            Condition::Any(terms) => self.joined(terms, " OR "),
        }
    }

    fn joined(&mut self, terms: &[Condition], word: &str) -> String {
        let terms: Vec<String> = terms.iter().map(|term| self.condition(term)).collect();
        format!("({})", terms.join(word))
    }

    fn text(&mut self, field: TextField, operator: Operator, text: &str) -> String {
        let collation = match self.backend {
            DbBackend::Sqlite => "BINARY",
            _ => "\"C\"",
        };
        let folded = |column: &str| format!("lower({column} COLLATE {collation})");
        let (column, text) = match field {
            TextField::ExternalId => {
                return self.optional(field, "d.external_id", (operator, text));
            }
            TextField::DisplayName => {
                let text = text.to_ascii_lowercase();
                return self.optional(field, &folded("d.display_name"), (operator, &text));
            }
            TextField::UserName => (folded("d.user_name"), text.to_ascii_lowercase()),
            TextField::GivenName => (folded("u.given_name"), text.to_ascii_lowercase()),
            TextField::FamilyName => (folded("u.family_name"), text.to_ascii_lowercase()),
            // It has no capitals, and an index.
            TextField::Email => ("u.email_normal".to_owned(), text.to_ascii_lowercase()),
        };
        let value = self.bind(text);
        self.compared(&column, operator, &value)
    }

    /// What is not there differs from every text, and compares with none otherwise.
    fn optional(
        &mut self,
        field: TextField,
        column: &str,
        (operator, text): (Operator, &str),
    ) -> String {
        let value = self.bind(text);
        let compared = self.compared(column, operator, &value);
        let present = self.condition(&Condition::Present(field));
        if operator == Operator::NotEqual {
            format!("(NOT {present} OR {compared})")
        } else {
            format!("({present} AND {compared})")
        }
    }

    fn compared(&self, column: &str, operator: Operator, value: &str) -> String {
        let found = match self.backend {
            DbBackend::Sqlite => "instr",
            _ => "strpos",
        };
        match operator {
            Operator::Equal => format!("({column} = {value})"),
            Operator::NotEqual => format!("({column} <> {value})"),
            Operator::Contains => format!("({found}({column}, {value}) > 0)"),
            Operator::StartsWith => format!("(substr({column}, 1, length({value})) = {value})"),
            Operator::EndsWith => format!(
                "(length({column}) >= length({value}) \
                 AND substr({column}, length({column}) - length({value}) + 1) = {value})"
            ),
            Operator::Greater => format!("({column} > {value})"),
            Operator::GreaterOrEqual => format!("({column} >= {value})"),
            Operator::Less => format!("({column} < {value})"),
            Operator::LessOrEqual => format!("({column} <= {value})"),
        }
    }
}
