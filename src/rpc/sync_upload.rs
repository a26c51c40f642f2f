//! Reading a sync's stream: header, then entries, then groups, then end. Nothing is done before `end`, since a caller who went away looks like one
//! who closed the stream.

use tonic::Streaming;

use super::{
    import_upload::{Limits, malformed, matches, next_message},
    values::id,
};
use crate::{
    app::directories::syncs::Sync,
    domain::groups::{MAX_GROUPS, MAX_MEMBERS, RawGroup},
    domain::syncs::{MAX_BYTES, MAX_CURSOR, MAX_ENTRIES, RawEntry, SyncMode},
    error::{Error, FieldViolation, Reason, Result, Rule, Violations},
    proto::{
        self, DirectoryEntry, DirectoryGroupEntry, SyncDirectoryEntries, SyncDirectoryGroups,
        SyncDirectoryHeader, SyncDirectoryRequest, sync_directory_request::Part,
    },
};

/// The entries of groups in one message at most, those that continue one among them.
const GROUPS_A_MESSAGE: usize = 2 * MAX_GROUPS;

// What is skipped when it is read must be too much in any case.
const _: () = assert!(SyncDirectoryEntries::MOST == MAX_ENTRIES + 1);
const _: () = assert!(SyncDirectoryGroups::MOST == GROUPS_A_MESSAGE + 1);

/// A sync as it was sent, and whether only to tell what it would do.
pub(super) struct Sent {
    /// The sync.
    pub(super) sync: Sync,
    /// Whether nothing is to be kept.
    pub(super) validate_only: bool,
}

/// Reads a whole sync of at most so many entries.
pub(super) async fn read(
    mut stream: Streaming<SyncDirectoryRequest>,
    limits: Limits,
    most: usize,
) -> Result<Sent> {
    let mut sent = match next(&mut stream, limits).await? {
        Some(Part::Header(header)) => begin(&header)?,
        Some(Part::Entries(_) | Part::Groups(_) | Part::End(_)) | None => {
            return Err(malformed("header", Rule::Required));
        }
    };
    let mut bytes = 0;
    let mut grouped = Grouped::default();
    loop {
        match next(&mut stream, limits).await? {
            Some(Part::End(end)) => {
                let count = sent.sync.entries.len();
                matches("end.entry_count", end.entry_count, count)?;
                matches("end.group_count", end.group_count, grouped.entries)?;
                return Ok(sent);
            }
            Some(Part::Entries(_)) if grouped.entries > 0 => {
                return Err(malformed("entries", Rule::Exclusive));
            }
            Some(Part::Entries(more)) => {
                let more = more.entries;
                bytes += more.iter().map(size).sum::<usize>();
                if bytes > MAX_BYTES {
                    return Err(too_large("bytes"));
                }
                if sent.sync.entries.len() + more.len() > most {
                    return Err(too_large("entries"));
                }
                sent.sync.entries.extend(more.into_iter().map(raw));
            }
            Some(Part::Groups(more)) => {
                let more = more.groups;
                bytes += more.iter().map(group_size).sum::<usize>();
                if bytes > MAX_BYTES {
                    return Err(too_large("bytes"));
                }
                if more.len() > GROUPS_A_MESSAGE {
                    return Err(too_large("groups"));
                }
                for entry in more {
                    grouped.take(entry, &mut sent.sync.groups, most)?;
                }
            }
            Some(Part::Header(_)) => return Err(malformed("header", Rule::Duplicate)),
            None => return Err(malformed("end", Rule::Required)),
        }
    }
}

/// How much of groups was sent.
#[derive(Default)]
struct Grouped {
    entries: usize,
    members: usize,
}

impl Grouped {
    /// Takes a group, or more of the last one.
    fn take(
        &mut self,
        entry: DirectoryGroupEntry,
        groups: &mut Vec<RawGroup>,
        most: usize,
    ) -> Result<()> {
        self.entries += 1;
        self.members += entry.member_external_ids.len();
        if self.members > most.min(MAX_MEMBERS) {
            return Err(too_large("group_members"));
        }
        if entry.continues {
            let last = groups.last_mut();
            let last = last.filter(|last| last.external_id == entry.external_id);
            let Some(last) = last.filter(|last| !last.removed && !entry.removed) else {
                return Err(malformed("groups.continues", Rule::Malformed));
            };
            last.members.extend(entry.member_external_ids);
            return Ok(());
        }
        if groups.len() == MAX_GROUPS {
            return Err(too_large("groups"));
        }
        groups.push(RawGroup {
            external_id: entry.external_id,
            display_name: entry.display_name,
            members: entry.member_external_ids,
            removed: entry.removed,
        });
        Ok(())
    }
}

async fn next(
    stream: &mut Streaming<SyncDirectoryRequest>,
    limits: Limits,
) -> Result<Option<Part>> {
    match next_message(stream, limits).await? {
        None => Ok(None),
        Some(SyncDirectoryRequest { part: Some(part) }) => Ok(Some(part)),
        Some(SyncDirectoryRequest { part: None }) => Err(malformed("part", Rule::Required)),
    }
}

fn begin(header: &SyncDirectoryHeader) -> Result<Sent> {
    let mut violations = Violations::new();
    let team = violations.take(id("header.team_id", &header.team_id));
    let directory = violations.take(id("header.directory_id", &header.directory_id));
    let mode = violations.take(mode(header));
    let after = violations.take(cursor("header.after_cursor", &header.after_cursor));
    let new = violations.take(cursor("header.new_cursor", &header.new_cursor));
    if mode == Some(SyncMode::Delta) && header.groups_included {
        violations.add("header.groups_included", Rule::Exclusive);
    }
    if mode == Some(SyncMode::Full) && !header.after_cursor.is_empty() {
        violations.add("header.after_cursor", Rule::Exclusive);
    }
    let sync = team.zip(directory).zip(mode).zip(after.zip(new)).map(
        |(((team_id, directory_id), mode), (after_cursor, new_cursor))| Sync {
            team_id,
            directory_id,
            mode,
            after_cursor,
            new_cursor,
            removal_guard_override: header.removal_guard_override,
            entries: Vec::new(),
            groups: Vec::new(),
            groups_included: header.groups_included,
        },
    );
    let sent = sync.map(|sync| Sent {
        sync,
        validate_only: header.validate_only,
    });
    violations.finish(sent)
}

fn mode(header: &SyncDirectoryHeader) -> Result<SyncMode, FieldViolation> {
    let broken = |rule| Err(FieldViolation::new("header.mode", rule));
    match proto::SyncMode::try_from(header.mode) {
        Ok(proto::SyncMode::Unspecified) => broken(Rule::Required),
        Ok(proto::SyncMode::Full) => Ok(SyncMode::Full),
        Ok(proto::SyncMode::Delta) => Ok(SyncMode::Delta),
        Err(_) => broken(Rule::UnknownValue),
    }
}

/// A cursor, kept to the letter.
fn cursor(field: &str, text: &str) -> Result<Option<String>, FieldViolation> {
    if text.chars().count() > MAX_CURSOR {
        return Err(FieldViolation::new(field, Rule::TooLong));
    }
    if text.chars().any(char::is_control) {
        return Err(FieldViolation::new(field, Rule::ControlCharacter));
    }
    Ok((!text.is_empty()).then(|| text.to_owned()))
}

const fn size(entry: &DirectoryEntry) -> usize {
    entry.external_id.len() + entry.email.len() + entry.given_name.len() + entry.family_name.len()
}

fn group_size(entry: &DirectoryGroupEntry) -> usize {
    let members = entry.member_external_ids.iter().map(String::len);
    entry.external_id.len() + entry.display_name.len() + members.sum::<usize>()
}

fn raw(entry: DirectoryEntry) -> RawEntry {
    RawEntry {
        external_id: entry.external_id,
        email: entry.email,
        given_name: entry.given_name,
        family_name: entry.family_name,
        active: entry.active,
        removed: entry.removed,
    }
}

fn too_large(field: &str) -> Error {
    Error::Malformed(
        Reason::SyncTooLarge,
        vec![FieldViolation::new(field, Rule::TooMany)],
    )
}
