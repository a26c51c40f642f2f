//! An event as a row: which columns each payload fills.

use uuid::Uuid;

use crate::{
    domain::{
        access::{AccessPath, AccessState, PathKind},
        events::{Event, EventPosition, EventType, Family, Happening, Membership, Origin, Payload},
        groups::Target,
        letters::{DeliveryState, LetterKind},
        members::{MemberState, Removal, Source},
        product_events::{AccessPlace, GroupPlace, ProjectPlace},
        products::ProductId,
        projects::ProjectRole,
        roles::Role,
    },
    error::{Error, Result},
    store::{
        entities::events::Model,
        rows::{micros, number, opt_time, stored, time, word},
    },
};

use super::Made;

impl TryFrom<Model> for Event {
    type Error = Error;

    fn try_from(row: Model) -> Result<Self> {
        // A later version may be at work beside this one: its events are told without what is not known here.
        let event_type = EventType::of(&row.event_type).unwrap_or(EventType::Unknown);
        Ok(Self {
            position: EventPosition {
                batch: row.batch,
                ordinal: row.ordinal,
            },
            create_time: time(row.create_time)?,
            origin: Origin {
                key_id: row.caller_key_id.clone(),
                actor_user_id: row.actor_user_id,
                call_id: row.call_id,
            },
            happening: Happening {
                event_type,
                team_id: row.team_id,
                user_id: row.user_id,
                payload: payload(event_type.family(), row)?,
            },
        })
    }
}

fn payload(family: Family, row: Model) -> Result<Payload> {
    Ok(match family {
        Family::Team => Payload::Team(split(row.changed_fields)),
        Family::User => Payload::User(split(row.changed_fields)),
        Family::Invitation => Payload::Invitation(
            row.invitation_id.ok_or_else(incomplete)?,
            row.send_count.ok_or_else(incomplete)?,
        ),
        Family::Import => Payload::Import(
            row.import_id.ok_or_else(incomplete)?,
            number(row.row_count.ok_or_else(incomplete)?)?,
        ),
        Family::Letter => Payload::Letter(
            needed(row.letter, LetterKind::of)?,
            needed(row.state, DeliveryState::of)?,
            row.invitation_id,
        ),
        Family::Role => Payload::Role(
            row.role_id.ok_or_else(incomplete)?,
            split(row.changed_fields),
        ),
        Family::Product => Payload::Product(
            product(row.product_id)?,
            split(row.changed_fields),
            opt_time(row.rule_valid_from)?,
        ),
        Family::Hub => Payload::Hub(
            row.hub_id.ok_or_else(incomplete)?,
            product(row.product_id)?,
            split(row.changed_fields),
        ),
        Family::Project => Payload::Project(ProjectPlace {
            hub_id: row.hub_id.ok_or_else(incomplete)?,
            project_id: row.project_id.ok_or_else(incomplete)?,
            role: row.role.and_then(|text| ProjectRole::of(&text)),
            changed_fields: split(row.changed_fields),
        }),
        Family::Access => Payload::Access(AccessPlace {
            hub_id: row.hub_id.ok_or_else(incomplete)?,
            product_id: product(row.product_id)?,
            path: path(row.access_path.as_deref(), (row.project_id, row.group_id)),
            state: needed(row.state, AccessState::of)?,
            rule_valid_from: opt_time(row.rule_valid_from)?,
        }),
        Family::Sso => Payload::Sso(
            row.connection_id.ok_or_else(incomplete)?,
            split(row.changed_fields),
        ),
        Family::Domain => Payload::Domain(row.domain.ok_or_else(incomplete)?),
        Family::Directory => Payload::Directory(
            row.directory_id.ok_or_else(incomplete)?,
            split(row.changed_fields),
        ),
        Family::Group => Payload::Group(GroupPlace {
            directory_id: row.directory_id.ok_or_else(incomplete)?,
            group_id: row.group_id.ok_or_else(incomplete)?,
            target: match (row.hub_id, row.role) {
                (Some(hub), _) => Some(Target::Hub(hub)),
                (None, role) => role.and_then(|role| Role::of(&role)).map(Target::Role),
            },
            changed_fields: split(row.changed_fields),
        }),
        Family::Unknown => Payload::Unknown,
        Family::Key => Payload::Key(row.key_id.ok_or_else(incomplete)?),
        Family::Member => Payload::Member(Membership {
            role: needed(row.role, Role::of)?,
            state: needed(row.state, MemberState::of)?,
            source: needed(row.source, Source::of)?,
            invitation_id: row.invitation_id,
            import_id: row.import_id,
            removal: row.removal.and_then(|text| Removal::of(&text)),
            changed_fields: split(row.changed_fields),
        }),
    })
}

fn needed<T>(text: Option<String>, of: impl Fn(&str) -> Option<T>) -> Result<T> {
    word(of, &text.ok_or_else(incomplete)?)
}

fn product(id: Option<String>) -> Result<ProductId> {
    ProductId::parse("product_id", &id.ok_or_else(incomplete)?)
        .map_err(|broken| Error::kept(&broken))
}

fn path(kind: Option<&str>, (project, group): (Option<Uuid>, Option<Uuid>)) -> AccessPath {
    match kind.and_then(PathKind::of) {
        Some(PathKind::Direct) => AccessPath::Direct,
        Some(PathKind::Project) => project.map_or(AccessPath::Unknown, AccessPath::Project),
        // A replica that knows no groups tells of what ended without the group.
        Some(PathKind::Group) => group.map_or(AccessPath::Unknown, AccessPath::Group),
        None => AccessPath::Unknown,
    }
}

fn incomplete() -> Error {
    Error::internal("a stored event lacks a part of its payload")
}

/// Names of fields hold no comma.
fn split(fields: Option<String>) -> Vec<String> {
    let fields = fields.unwrap_or_default();
    let names = fields.split(',').filter(|name| !name.is_empty());
    names.map(str::to_owned).collect()
}

/// What [`split`] reads.
fn join(fields: &[String]) -> Option<String> {
    (!fields.is_empty()).then(|| fields.join(","))
}

/// The row of a happening.
pub(super) fn row(happening: &Happening, made: &Made<'_>, position: EventPosition) -> Model {
    let mut row = Model {
        batch: position.batch,
        ordinal: position.ordinal,
        create_time: micros(made.at),
        event_type: happening.event_type.word().to_owned(),
        team_id: happening.team_id,
        user_id: happening.user_id,
        caller_key_id: made.by.key_id.clone(),
        call_id: made.by.call_id,
        actor_user_id: made.by.actor_user_id,
        role: None,
        state: None,
        source: None,
        removal: None,
        invitation_id: None,
        send_count: None,
        import_id: None,
        row_count: None,
        letter: None,
        key_id: None,
        changed_fields: None,
        role_id: None,
        product_id: None,
        hub_id: None,
        project_id: None,
        access_path: None,
        rule_valid_from: None,
        connection_id: None,
        domain: None,
        directory_id: None,
        group_id: None,
    };
    match &happening.payload {
        Payload::Team(fields) | Payload::User(fields) => {
            row.changed_fields = join(fields);
        }
        Payload::Member(member) => {
            row.role = Some(member.role.word().to_owned());
            row.state = Some(member.state.word().to_owned());
            row.source = Some(member.source.word().to_owned());
            row.removal = member.removal.map(|why| why.word().to_owned());
            row.invitation_id = member.invitation_id;
            row.import_id.clone_from(&member.import_id);
            row.changed_fields = join(&member.changed_fields);
        }
        Payload::Invitation(invitation, send_count) => {
            row.invitation_id = Some(*invitation);
            row.send_count = Some(*send_count);
        }
        Payload::Import(import, rows) => {
            row.import_id = Some(import.clone());
            row.row_count = Some(stored(*rows));
        }
        Payload::Letter(kind, state, invitation) => {
            row.letter = Some(kind.word().to_owned());
            row.state = Some(state.word().to_owned());
            row.invitation_id = *invitation;
        }
        Payload::Product(product, fields, valid_from) => {
            row.product_id = Some(product.as_str().to_owned());
            row.changed_fields = join(fields);
            row.rule_valid_from = valid_from.map(micros);
        }
        Payload::Hub(hub, product, fields) => {
            row.hub_id = Some(*hub);
            row.product_id = Some(product.as_str().to_owned());
            row.changed_fields = join(fields);
        }
        Payload::Project(place) => {
            row.hub_id = Some(place.hub_id);
            row.project_id = Some(place.project_id);
            row.role = place.role.map(|role| role.word().to_owned());
            row.changed_fields = join(&place.changed_fields);
        }
        Payload::Access(place) => of_access(&mut row, place),
        Payload::Sso(connection, fields) => {
            row.connection_id = Some(*connection);
            row.changed_fields = join(fields);
        }
        Payload::Domain(domain) => row.domain = Some(domain.clone()),
        Payload::Directory(directory, fields) => {
            row.directory_id = Some(*directory);
            row.changed_fields = join(fields);
        }
        Payload::Group(place) => {
            row.directory_id = Some(place.directory_id);
            row.group_id = Some(place.group_id);
            row.hub_id = place.target.and_then(Target::hub);
            let role = place.target.and_then(Target::role);
            row.role = role.map(|role| role.word().to_owned());
            row.changed_fields = join(&place.changed_fields);
        }
        Payload::Unknown => {}
        Payload::Key(key) => row.key_id = Some(key.clone()),
        Payload::Role(role, fields) => {
            row.role_id = Some(*role);
            row.changed_fields = join(fields);
        }
    }
    row
}

fn of_access(row: &mut Model, place: &AccessPlace) {
    row.hub_id = Some(place.hub_id);
    row.product_id = Some(place.product_id.as_str().to_owned());
    row.access_path = place.path.kind().map(|kind| kind.word().to_owned());
    row.project_id = place.path.project();
    row.group_id = place.path.group();
    row.state = Some(place.state.word().to_owned());
    row.rule_valid_from = place.rule_valid_from.map(micros);
}
