//! Bulk imports: all results or no import, in one transaction.

use uuid::Uuid;

use super::{
    Caller, Context,
    admission::{self, Admitted, Candidate, Terms},
    authority, no_import,
};
use crate::{
    clock::Time,
    domain::{
        csv::CsvRow,
        events::{EventType, Happening, Origin, Payload},
        imports::{
            self, Import, ImportId, ImportOptions, ImportPosition, ImportResult, Judged, Outcome,
            fingerprint, judge,
        },
        members::Source,
        pages::Page,
        roles::Role,
        users::Profile,
    },
    error::{Error, Reason, Result},
    ids,
    store::{self, events::Made},
};

/// Bring people into a team.
pub struct Run {
    /// The team.
    pub team_id: Uuid,
    /// The caller's id, if it gave one.
    pub import_id: Option<ImportId>,
    /// How to treat the rows.
    pub options: ImportOptions,
    /// Whether only to tell what would be done.
    pub validate_only: bool,
    /// The rows, at most 5,000.
    pub rows: Vec<CsvRow>,
    /// Columns of the CSV that were ignored.
    pub ignored_columns: Vec<String>,
}

/// An import and what became of each of its rows.
pub struct Done {
    /// The import.
    pub import: Import,
    /// Its results, in input order.
    pub results: Vec<ImportResult>,
}

/// Runs an import, or answers what the same import answered before.
///
/// # Errors
/// `TEAM_NOT_FOUND`, `PERMISSION_MISSING`, `IMPORT_ID_REUSED`.
pub async fn run(ctx: &Context, caller: &Caller, command: &Run) -> Result<Done> {
    let now = ctx.clock.now();
    let by = &Origin::from(caller);
    let made = Made { by, at: now };
    let judged = &judge(&command.rows)[..];
    let print = &fingerprint(&command.options, &command.rows, judged)[..];
    let import_id = command
        .import_id
        .clone()
        .unwrap_or_else(|| ImportId::from(ids::new(now)));
    let id = import_id.as_str();
    let candidates = &candidates(command, judged, now)[..];
    ctx.store
        .write(|tx| async move {
            let tx = &tx;
            let (team, power) = authority::enter(tx, caller, command.team_id).await?;
            if let Some((import, stored)) = store::imports::find(tx, team.id, id).await? {
                if stored != *print {
                    return Err(Error::Refused(Reason::ImportIdReused));
                }
                let results = store::import_results::all(tx, team.id, id).await?;
                return Ok(Done { import, results });
            }
            let terms = &Terms {
                role: Role::Member,
                source: Source::Import,
                inviter_user_id: power.person(),
                reaches_primary: power.reaches_primary(),
                import_id: Some(id),
                language: command.options.language.as_ref(),
                hold_letters: command.options.hold_letters,
            };
            let plan = admission::plan(tx, &team, terms, (candidates, now)).await?;

            if command.validate_only {
                let results = results(command, judged, &plan.rehearse());
                let import = import(command, id, &results, now);
                return Ok(Done { import, results });
            }

            let happened = happened(command, id);
            store::events::append(tx, &[happened], made).await?;
            let work = (candidates, &plan, made);
            let admitted = admission::carry_out(ctx, tx, (&team, terms), work).await?;
            let results = results(command, judged, &admitted);
            let import = import(command, id, &results, now);
            store::imports::insert(tx, &import, print).await?;
            store::import_results::insert(tx, team.id, id, &results).await?;
            Ok(Done { import, results })
        })
        .await
}

fn happened(command: &Run, id: &str) -> Happening {
    let rows = u32::try_from(command.rows.len()).unwrap_or(u32::MAX);
    Happening {
        event_type: EventType::ImportCreated,
        team_id: Some(command.team_id),
        user_id: None,
        payload: Payload::Import(id.to_owned(), rows),
    }
}

fn candidates(command: &Run, judged: &[Judged], now: Time) -> Vec<Candidate> {
    judged
        .iter()
        .filter_map(|row| match row {
            Judged::Valid(row) => Some(Candidate {
                email: row.email.clone(),
                profile: Profile::named(
                    row.given_name.clone(),
                    row.family_name.clone(),
                    command.options.language.clone(),
                ),
                id_if_new: ids::new(now),
                is_proven: false,
            }),
            Judged::Invalid(_) | Judged::Duplicate(_) => None,
        })
        .collect()
}

/// One result a row: the valid rows take the answers of the admission in turn.
fn results(command: &Run, judged: &[Judged], admitted: &[Admitted]) -> Vec<ImportResult> {
    let mut admitted = admitted.iter();
    command
        .rows
        .iter()
        .zip(judged)
        .filter_map(|(row, judged)| {
            let mut result = ImportResult {
                row: row.row,
                line: row.line,
                outcome: Outcome::Invalid,
                user_id: None,
                invitation_id: None,
                first_row: None,
                violations: Vec::new(),
            };
            match judged {
                Judged::Invalid(violations) => result.violations.clone_from(violations),
                Judged::Duplicate(first) => {
                    result.outcome = Outcome::DuplicateRow;
                    result.first_row = Some(*first);
                }
                Judged::Valid(_) => {
                    // There are as many answers as valid rows.
                    let answer = admitted.next()?;
                    result.outcome = answer.outcome;
                    result.user_id = answer.user_id;
                    result.invitation_id = answer.invitation_id;
                }
            }
            Some(result)
        })
        .collect()
}

fn import(command: &Run, id: &str, results: &[ImportResult], now: Time) -> Import {
    Import {
        team_id: command.team_id,
        import_id: id.to_owned(),
        row_count: u32::try_from(results.len()).unwrap_or(u32::MAX),
        outcome_counts: imports::count(results),
        hold_letters: command.options.hold_letters,
        ignored_columns: command.ignored_columns.clone(),
        create_time: now,
    }
}

/// One import.
///
/// # Errors
/// `TEAM_NOT_FOUND`, `PERMISSION_MISSING`, `IMPORT_NOT_FOUND`.
pub async fn get(
    ctx: &Context,
    caller: &Caller,
    (team_id, id): (Uuid, &ImportId),
) -> Result<Import> {
    let team = authority::look(ctx, caller, (team_id, None)).await?;
    match store::imports::find(&ctx.store, team.id, id.as_str()).await? {
        Some((import, _)) => Ok(import),
        None => Err(no_import(id.as_str())),
    }
}

/// A page of a team's imports.
///
/// # Errors
/// `TEAM_NOT_FOUND`, `PERMISSION_MISSING`.
pub async fn list(
    ctx: &Context,
    caller: &Caller,
    team_id: Uuid,
    (after, size): (Option<ImportPosition>, u64),
) -> Result<Page<Import>> {
    let team = authority::look(ctx, caller, (team_id, None)).await?;
    store::imports::page(&ctx.store, team.id, after, size).await
}

/// A page of an import's results.
///
/// # Errors
/// `TEAM_NOT_FOUND`, `PERMISSION_MISSING`, `IMPORT_NOT_FOUND`.
pub async fn list_results(
    ctx: &Context,
    caller: &Caller,
    (team_id, id): (Uuid, &ImportId),
    (outcomes, cut): (&[Outcome], (Option<u32>, u64)),
) -> Result<Page<ImportResult>> {
    let import = get(ctx, caller, (team_id, id)).await?;
    let of = (import.team_id, import.import_id.as_str());
    store::import_results::page(&ctx.store, of, outcomes, cut).await
}
