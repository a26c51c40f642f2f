//! A request for every call, filled by the names of its fields.

use std::collections::BTreeMap;

use prost::Message;
use prost_reflect::{
    DynamicMessage, FieldDescriptor, Kind, MessageDescriptor, MethodDescriptor, ReflectMessage,
    Value,
};

use crate::raw_calls::name;

/// What fields of a name hold, such as `team_id`.
pub(crate) type Things = BTreeMap<&'static str, String>;

/// A field that names something, by its path, and what it holds: `filter.team_id`.
pub(crate) type Named = (String, String);

/// The messages of a valid call that concerns these things.
pub(crate) fn sample(method: &MethodDescriptor, things: &Things) -> Vec<DynamicMessage> {
    if method.is_client_streaming() {
        return upload(&method.input(), things);
    }
    let mut message = fill(&method.input(), things);
    let paths = match method.name() {
        "UpdateTeam"
        | "UpdateRole"
        | "UpdateHub"
        | "UpdateProject"
        | "UpdateSsoConnection"
        | "UpdateDirectory" => "display_name",
        "UpdateUser" => "given_name",
        "UpdateMember" | "UpdateProjectMember" => "role",
        _ => "",
    };
    if method.name() == "CreateGroupMapping" {
        // To a hub or to a role.
        message.clear_field_by_name("role");
    }
    if method.name() == "LeaveTeam" {
        // Whoever has left cannot try the next call.
        message.set_field_by_name("validate_only", Value::Bool(true));
    }
    if !paths.is_empty() {
        let field = message.descriptor().get_field_by_name("update_mask");
        let field = field.expect("an update mask");
        let Kind::Message(mask) = field.kind() else {
            panic!("a mask is a message");
        };
        let mut mask = DynamicMessage::new(mask);
        let paths = Value::List(vec![Value::String(paths.to_owned())]);
        mask.set_field_by_name("paths", paths);
        message.set_field(&field, Value::Message(mask));
    }
    vec![message]
}

/// An upload of one row: its parts, each in its order, and the count that ends it.
fn upload(part: &MessageDescriptor, things: &Things) -> Vec<DynamicMessage> {
    let mut parts = Vec::new();
    for name in ["header", "rows", "entries", "end"] {
        let Some(field) = part.get_field_by_name(name) else {
            continue;
        };
        let Kind::Message(kind) = field.kind() else {
            panic!("parts are messages");
        };
        let mut inner = fill(&kind, things);
        if name == "end" {
            let count = ["row_count", "entry_count"].into_iter();
            let mut count = count.filter_map(|name| kind.get_field_by_name(name));
            inner.set_field(&count.next().expect("a count"), Value::I64(1));
        }
        let mut message = DynamicMessage::new(part.clone());
        message.set_field(&field, Value::Message(inner));
        parts.push(message);
    }
    parts
}

fn fill(descriptor: &MessageDescriptor, things: &Things) -> DynamicMessage {
    let mut message = DynamicMessage::new(descriptor.clone());
    for field in descriptor.fields() {
        let chosen = field
            .containing_oneof()
            .and_then(|oneof| oneof.fields().next())
            .is_none_or(|first| first == field);
        // Of the ways to name many: the ids.
        let excluded = match descriptor.name() {
            "BatchRevokeInvitationsRequest" => field.name() == "import_id",
            "BatchRemoveMembersRequest" | "PreviewRemovalRequest" => {
                ["filter", "import_id"].contains(&field.name())
            }
            _ => false,
        };
        let optional = field.is_list()
            && matches!(field.kind(), Kind::Message(_))
            && !["rows", "entries", "checks"].contains(&field.name());
        if !chosen || excluded || optional {
            continue;
        }
        if let Some(value) = value(&field, things) {
            let value = if field.is_list() {
                Value::List(vec![value])
            } else {
                value
            };
            message.set_field(&field, value);
        }
    }
    message
}

fn value(field: &FieldDescriptor, things: &Things) -> Option<Value> {
    match field.kind() {
        Kind::String => text(field, things).map(Value::String),
        Kind::Enum(kind) if kind.name() == "Role" && !field.is_list() => {
            let role = kind.get_value_by_name(things.get("role")?)?;
            Some(Value::EnumNumber(role.number()))
        }
        Kind::Enum(kind) if ["ProjectRole", "DataAccess", "SyncMode"].contains(&kind.name()) => {
            let first = kind.values().find(|value| value.number() == 1)?;
            Some(Value::EnumNumber(first.number()))
        }
        Kind::Enum(kind) if ["SsoAlgorithm", "DirectoryProvider"].contains(&kind.name()) => {
            Some(Value::EnumNumber(1))
        }
        Kind::Enum(kind) if kind.name() == "Scope" => {
            let scope = kind.get_value_by_name("SCOPE_TEAMS_READ")?;
            Some(Value::EnumNumber(scope.number()))
        }
        Kind::Message(kind) if kind.package_name() == "muster.v1" => {
            Some(Value::Message(fill(&kind, things)))
        }
        _ => None,
    }
}

/// The text of a field; those that are left out narrow a list, or tie a call to a state or a repetition.
fn text(field: &FieldDescriptor, things: &Things) -> Option<String> {
    let of = |name: &str| things.get(name).cloned();
    match field.name() {
        "id" => of(match field.parent_message().name() {
            "Team" => "team_id",
            "CustomRole" => "role_id",
            "Hub" => "hub_id",
            "Project" => "project_id",
            "Product" => "product_id",
            "SsoConnection" => "connection_id",
            "Directory" => "directory_id",
            _ => "user_id",
        }),
        "user_ids" => of("user_id"),
        "invitation_ids" => of("invitation_id"),
        "custom_role_ids" => of("role_id"),
        // The directory's own, which may be anything.
        "external_id" if field.parent_message().name() == "DirectoryEntry" => of("email"),
        "given_name" | "family_name" => Some("Ann".to_owned()),
        "language" => Some("en".to_owned()),
        "contact_hint" => Some("The admins".to_owned()),
        // Read from an address; nobody gives both.
        "jwks" => None,
        "permissions" => Some("members.read".to_owned()),
        name => of(name),
    }
}

/// Every field of a message that names one of ours by id, at any depth.
pub(crate) fn named(message: &DynamicMessage) -> Vec<Named> {
    let mut all = Vec::new();
    collect("", message, &mut all);
    all
}

fn collect(place: &str, message: &DynamicMessage, all: &mut Vec<Named>) {
    for (field, value) in message.fields() {
        let path = format!("{place}{}", field.name());
        let values = match value {
            Value::List(values) => values.clone(),
            one => vec![one.clone()],
        };
        for value in values {
            match value {
                Value::Message(inner) => collect(&format!("{path}."), &inner, all),
                Value::String(text) if is_id(field.name()) => all.push((path.clone(), text)),
                _ => {}
            }
        }
    }
}

fn is_id(name: &str) -> bool {
    name == "id" || name == "token" || name.ends_with("_id") || name.ends_with("_ids")
}

/// The bytes of a call's messages.
pub(crate) fn encoded(messages: &[DynamicMessage]) -> Vec<Vec<u8>> {
    messages.iter().map(Message::encode_to_vec).collect()
}

/// A call in words, for a failure.
pub(crate) fn told(method: &MethodDescriptor, messages: &[DynamicMessage]) -> String {
    let fields: Vec<Named> = messages.iter().flat_map(named).collect();
    format!("{} {fields:?}", name(method))
}
