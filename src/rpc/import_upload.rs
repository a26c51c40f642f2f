//! Reading an import's stream: header, then rows or csv, then end. Nothing is done before `end`, since a caller who
//! went away looks like one who closed the stream.

use std::time::Duration;

use tokio::time::{Instant, timeout_at};
use tonic::Streaming;

use super::{status, values::id};
use crate::{
    app::imports::Run,
    domain::{
        csv::{self, CsvRow, RawPerson},
        imports::{ImportId, ImportOptions, MAX_BYTES, MAX_ROWS},
        languages::Language,
        texts::optional,
    },
    error::{Error, FieldViolation, Reason, Result, Rule, Violations},
    proto::{
        ImportUsersEnd, ImportUsersHeader, ImportUsersRequest, ImportUsersRow, ImportUsersRows,
        import_users_end, import_users_request::Part,
    },
};

// What is skipped when it is read must be too much in any case.
const _: () = assert!(ImportUsersRows::MOST == MAX_ROWS + 1);

/// How long a stream is read.
#[derive(Clone, Copy)]
pub(super) struct Limits {
    /// The longest that it may be silent.
    pub(super) idle: Duration,
    /// When the call's time is over.
    pub(super) end: Option<Instant>,
}

/// Reads a whole import.
pub(super) async fn read(mut stream: Streaming<ImportUsersRequest>, limits: Limits) -> Result<Run> {
    let mut upload = Upload::begin(next(&mut stream, limits).await?)?;
    loop {
        match next(&mut stream, limits).await? {
            // Reading 16 MiB of CSV would hold other calls up.
            Some(Part::End(end)) => {
                return tokio::task::spawn_blocking(move || upload.end(&end))
                    .await
                    .map_err(|error| Error::Internal(Box::new(error)))?;
            }
            Some(Part::Rows(rows)) => upload.rows(rows.rows)?,
            Some(Part::Csv(bytes)) => upload.csv(&bytes)?,
            Some(Part::Header(_)) => return Err(malformed("header", Rule::Duplicate)),
            None => return Err(malformed("end", Rule::Required)),
        }
    }
}

/// The next part; `None` when the stream closed, in whatever way.
async fn next(stream: &mut Streaming<ImportUsersRequest>, limits: Limits) -> Result<Option<Part>> {
    match next_message(stream, limits).await? {
        None => Ok(None),
        Some(ImportUsersRequest { part: Some(part) }) => Ok(Some(part)),
        Some(ImportUsersRequest { part: None }) => Err(malformed("part", Rule::Required)),
    }
}

/// The next message of a stream; `None` when it closed, in whatever way.
pub(super) async fn next_message<M>(
    stream: &mut Streaming<M>,
    limits: Limits,
) -> Result<Option<M>> {
    let idle = Instant::now() + limits.idle;
    let end = limits.end.map_or(idle, |end| end.min(idle));
    let message = timeout_at(end, stream.message()).await;
    match message.map_err(|_| Error::Late)? {
        Ok(message) => Ok(message),
        Err(status) => Err(status::unreadable(status.code())
            .unwrap_or_else(|| Error::Unavailable(status.code().to_string()))),
    }
}

/// An import that is being sent.
struct Upload {
    command: Run,
    content: Content,
    bytes: usize,
}

/// What was sent so far: one kind only.
enum Content {
    Nothing,
    Rows(Vec<ImportUsersRow>),
    Csv(Vec<u8>),
}

impl Upload {
    fn begin(first: Option<Part>) -> Result<Self> {
        match first {
            Some(Part::Header(header)) => Ok(Self {
                command: command(&header)?,
                content: Content::Nothing,
                bytes: 0,
            }),
            Some(Part::Rows(_) | Part::Csv(_) | Part::End(_)) | None => {
                Err(malformed("header", Rule::Required))
            }
        }
    }

    fn rows(&mut self, more: Vec<ImportUsersRow>) -> Result<()> {
        let size = more
            .iter()
            .map(|row| row.given_name.len() + row.family_name.len() + row.email.len())
            .sum();
        self.grow(size)?;
        if matches!(self.content, Content::Nothing) {
            self.content = Content::Rows(Vec::new());
        }
        let Content::Rows(rows) = &mut self.content else {
            return Err(malformed("rows", Rule::Exclusive));
        };
        if rows.len() + more.len() > MAX_ROWS {
            return Err(too_large("rows"));
        }
        rows.extend(more);
        Ok(())
    }

    fn csv(&mut self, more: &[u8]) -> Result<()> {
        self.grow(more.len())?;
        if matches!(self.content, Content::Nothing) {
            self.content = Content::Csv(Vec::new());
        }
        let Content::Csv(bytes) = &mut self.content else {
            return Err(malformed("csv", Rule::Exclusive));
        };
        bytes.extend_from_slice(more);
        Ok(())
    }

    fn grow(&mut self, by: usize) -> Result<()> {
        self.bytes += by;
        if self.bytes > MAX_BYTES {
            return Err(too_large("bytes"));
        }
        Ok(())
    }

    fn end(mut self, end: &ImportUsersEnd) -> Result<Run> {
        match (self.content, &end.count) {
            (_, None) => return Err(malformed("end.count", Rule::Required)),
            (Content::Csv(bytes), Some(import_users_end::Count::ByteCount(count))) => {
                matches("end.byte_count", *count, bytes.len())?;
                self.command.read_csv(&bytes)?;
            }
            (Content::Csv(bytes), Some(import_users_end::Count::RowCount(count))) => {
                self.command.read_csv(&bytes)?;
                matches("end.row_count", *count, self.command.rows.len())?;
            }
            (Content::Rows(rows), Some(import_users_end::Count::RowCount(count))) => {
                matches("end.row_count", *count, rows.len())?;
                self.command.rows = numbered(rows);
            }
            (Content::Nothing, Some(import_users_end::Count::RowCount(count))) => {
                matches("end.row_count", *count, 0)?;
            }
            (Content::Rows(_), Some(import_users_end::Count::ByteCount(_))) => {
                return Err(malformed("end.row_count", Rule::Required));
            }
            (Content::Nothing, Some(import_users_end::Count::ByteCount(count))) => {
                matches("end.byte_count", *count, 0)?;
                // An empty file has no header line, and is refused as any other without one.
                self.command.read_csv(&[])?;
            }
        }
        Ok(self.command)
    }
}

impl Run {
    fn read_csv(&mut self, bytes: &[u8]) -> Result<()> {
        let file = csv::read(bytes, MAX_ROWS)?;
        self.rows = file.rows;
        self.ignored_columns = file.ignored_columns;
        Ok(())
    }
}

fn command(header: &ImportUsersHeader) -> Result<Run> {
    let mut violations = Violations::new();
    let team = violations.take(id("header.team_id", &header.team_id));
    let import_id = violations.take(optional(
        ImportId::parse,
        "header.import_id",
        &header.import_id,
    ));
    let language = violations.take(optional(
        Language::parse,
        "header.language",
        &header.language,
    ));
    let parsed = team.zip(import_id).zip(language);
    let ((team_id, import_id), language) = violations.finish(parsed)?;
    Ok(Run {
        team_id,
        import_id,
        options: ImportOptions {
            hold_letters: header.hold_letters,
            language,
        },
        validate_only: header.validate_only,
        rows: Vec::new(),
        ignored_columns: Vec::new(),
    })
}

fn numbered(rows: Vec<ImportUsersRow>) -> Vec<CsvRow> {
    (1..)
        .zip(rows)
        .map(|(number, row)| CsvRow {
            row: number,
            line: 0,
            cells: Ok(RawPerson {
                given_name: row.given_name,
                family_name: row.family_name,
                email: row.email,
            }),
        })
        .collect()
}

pub(super) fn matches(field: &str, announced: i64, sent: usize) -> Result<()> {
    if i64::try_from(sent) == Ok(announced) {
        Ok(())
    } else {
        Err(malformed(field, Rule::CountMismatch))
    }
}

pub(super) fn malformed(field: &str, rule: Rule) -> Error {
    Error::Malformed(
        Reason::MalformedMessage,
        vec![FieldViolation::new(field, rule)],
    )
}

fn too_large(field: &str) -> Error {
    Error::Malformed(
        Reason::ImportTooLarge,
        vec![FieldViolation::new(field, Rule::TooMany)],
    )
}
