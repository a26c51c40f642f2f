//! Users: `/scim/v2/Users`.

use axum::{
    body::Bytes,
    extract::{Path, RawQuery},
    http::{HeaderMap, StatusCode, header},
    response::Response,
};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{
    Visit,
    answers::{answer, list as listed, nothing, with},
};
use crate::{
    app::scim_users,
    domain::scim::{
        Condition, Draft, Filter, KeptUser, Patch,
        attributes::{self, USER},
        users::EMAIL_TYPE,
    },
    error::{Error, Reason, Result, ScimKind},
};

/// The most users of one answer, and as many as it holds unless told otherwise.
pub(super) const MAX_COUNT: u64 = 200;

/// `GET /Users`.
pub(super) async fn list(visit: Visit, RawQuery(query): RawQuery) -> Response {
    let answered = async {
        let query = Query::read(query.as_deref())?;
        let condition = match &query.filter {
            Some(filter) => Filter::parse(filter)?.condition()?,
            None => Condition::Constant(true),
        };
        let range = (query.start - 1, query.count);
        let found = scim_users::list(&visit.ctx, &visit.directory, (&condition, range)).await?;
        let (total, users) = found;
        let users = users.iter().map(|user| query.shown(shown(&visit, user)));
        let users: Vec<Value> = users.collect();
        Ok(listed(total, query.start, &users))
    };
    told(&visit, answered.await)
}

/// `GET /Users/{id}`.
pub(super) async fn get(
    visit: Visit,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response {
    let answered = async {
        let query = Query::read(query.as_deref())?;
        let user = scim_users::get(&visit.ctx, &visit.directory, user_id(&id)?).await?;
        if lists(&headers, &header::IF_NONE_MATCH, &user.etag()) == Some(true) {
            let unchanged = nothing(StatusCode::NOT_MODIFIED);
            return Ok(with(unchanged, header::ETAG, &tag(&user)));
        }
        let body = query.shown(shown(&visit, &user));
        Ok(with(
            answer(StatusCode::OK, &body),
            header::ETAG,
            &tag(&user),
        ))
    };
    told(&visit, answered.await)
}

/// `POST /Users`.
pub(super) async fn create(visit: Visit, RawQuery(query): RawQuery, body: Bytes) -> Response {
    let answered = async {
        let query = Query::read(query.as_deref())?;
        let user = Draft::read(&json(&body)?)?.check()?;
        let user = scim_users::create(&visit.ctx, &visit.caller(), &user).await?;
        let location = visit.location(&format!("/Users/{}", user.id));
        let made = written(&visit, (StatusCode::CREATED, &query), &user);
        Ok(with(made, header::LOCATION, &location))
    };
    told(&visit, answered.await)
}

/// `PUT /Users/{id}`.
pub(super) async fn replace(
    visit: Visit,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let answered = async {
        let query = Query::read(query.as_deref())?;
        let id = user_id(&id)?;
        let draft = Draft::read(&json(&body)?)?;
        let user = draft.check()?;
        let change = |kept: &KeptUser| {
            stands(&headers, kept)?;
            Ok(user.clone())
        };
        let user = scim_users::change(&visit.ctx, &visit.caller(), (id, &change)).await?;
        Ok(written(&visit, (StatusCode::OK, &query), &user))
    };
    told(&visit, answered.await)
}

/// `PATCH /Users/{id}`.
pub(super) async fn patch(
    visit: Visit,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let answered = async {
        let query = Query::read(query.as_deref())?;
        let id = user_id(&id)?;
        let patch = Patch::read(&json(&body)?)?;
        let change = |kept: &KeptUser| {
            stands(&headers, kept)?;
            let mut draft = kept.draft();
            patch.apply(&mut draft)?;
            draft.check()
        };
        let user = scim_users::change(&visit.ctx, &visit.caller(), (id, &change)).await?;
        Ok(written(&visit, (StatusCode::OK, &query), &user))
    };
    told(&visit, answered.await)
}

/// `DELETE /Users/{id}`.
pub(super) async fn delete(visit: Visit, Path(id): Path<String>, headers: HeaderMap) -> Response {
    let answered = async {
        let check = |kept: &KeptUser| stands(&headers, kept);
        scim_users::delete(&visit.ctx, &visit.caller(), (user_id(&id)?, &check)).await?;
        Ok(nothing(StatusCode::NO_CONTENT))
    };
    told(&visit, answered.await)
}

fn told(visit: &Visit, answered: Result<Response>) -> Response {
    answered.unwrap_or_else(|error| visit.refused(&error))
}

fn json(body: &Bytes) -> Result<Value> {
    let read = serde_json::from_slice(body);
    Ok(read.map_err(|_| ScimKind::InvalidSyntax.because("the body is not JSON"))?)
}

/// Our id in a path; what is none names nobody.
fn user_id(text: &str) -> Result<Uuid> {
    let id = Uuid::try_parse(text)
        .ok()
        .filter(|id| id.to_string() == text);
    id.ok_or_else(|| Error::not_found(Reason::UserNotFound, "user", ""))
}

fn tag(user: &KeptUser) -> String {
    format!("W/\"{}\"", user.etag())
}

/// Whether a header of etags, if there is one, lists this one or all of them.
fn lists(headers: &HeaderMap, name: &header::HeaderName, etag: &str) -> Option<bool> {
    let mut given = headers.get_all(name).iter().peekable();
    given.peek()?;
    let is_it = |one: &str| {
        let one = one.trim();
        one == "*" || one.trim_start_matches("W/").trim_matches('"') == etag
    };
    let mut listed = given.filter_map(|value| value.to_str().ok());
    Some(listed.any(|value| value.split(',').any(is_it)))
}

/// Whether the user is still what the directory read, if it says what that was.
fn stands(headers: &HeaderMap, kept: &KeptUser) -> Result<()> {
    if lists(headers, &header::IF_MATCH, &kept.etag()) == Some(false)
        || lists(headers, &header::IF_NONE_MATCH, &kept.etag()) == Some(true)
    {
        return Err(Error::Stale);
    }
    Ok(())
}

fn written(visit: &Visit, (status, query): (StatusCode, &Query), user: &KeptUser) -> Response {
    let body = query.shown(shown(visit, user));
    with(answer(status, &body), header::ETAG, &tag(user))
}

/// A user as SCIM shows him.
fn shown(visit: &Visit, user: &KeptUser) -> Value {
    let time = |time: crate::clock::Time| time.to_rfc3339_opts(chrono::SecondsFormat::AutoSi, true);
    let mut body = json!({
        "schemas": [USER],
        "id": user.id.to_string(),
        "userName": user.user_name,
        "name": {"givenName": user.given_name, "familyName": user.family_name},
        "emails": [{"value": user.email, "type": EMAIL_TYPE, "primary": true}],
        "active": user.active,
        "meta": {
            "resourceType": "User",
            "created": time(user.create_time),
            "lastModified": time(user.update_time),
            "location": visit.location(&format!("/Users/{}", user.id)),
            "version": tag(user),
        },
    });
    if let Some(id) = &user.external_id {
        body["externalId"] = id.as_str().into();
    }
    body
}

/// What may stand behind the question mark.
struct Query {
    filter: Option<String>,
    start: u64,
    count: u64,
    wanted: Option<Vec<String>>,
    unwanted: Vec<String>,
}

impl Query {
    /// Reads it; what we do not know is passed over.
    fn read(text: Option<&str>) -> Result<Self> {
        let mut query = Self {
            filter: None,
            start: 1,
            count: MAX_COUNT,
            wanted: None,
            unwanted: Vec::new(),
        };
        let whole = |value: &str| {
            let number = value.trim().parse::<i64>().ok();
            number.ok_or(ScimKind::InvalidValue.because("startIndex and count are whole numbers"))
        };
        for (name, value) in form_urlencoded::parse(text.unwrap_or_default().as_bytes()) {
            match name.to_ascii_lowercase().as_str() {
                "filter" => query.filter = Some(value.into_owned()),
                // Less than the first is the first, and less than none is none (RFC 7644, 3.4.2.4).
                "startindex" => query.start = u64::try_from(whole(&value)?).unwrap_or(1).max(1),
                "count" => query.count = u64::try_from(whole(&value)?).unwrap_or(0).min(MAX_COUNT),
                "attributes" => query.wanted = Some(names(&value)),
                "excludedattributes" => query.unwanted = names(&value),
                _ => {}
            }
        }
        Ok(query)
    }

    /// As much of a user as is wanted; who he is always is.
    fn shown(&self, mut user: Value) -> Value {
        let Some(object) = user.as_object_mut() else {
            return user;
        };
        if let Some(wanted) = &self.wanted {
            object.retain(|name, value| keep(wanted, name, value));
        } else {
            object.retain(|name, value| leave(&self.unwanted, name, value));
        }
        user
    }
}

/// The names of a list, without their schema, in small letters.
fn names(list: &str) -> Vec<String> {
    let names = list.split(',').map(|name| name.trim().to_ascii_lowercase());
    let schema = format!("{}:", attributes::USER.to_ascii_lowercase());
    let short = names.map(|name| name.strip_prefix(&schema).unwrap_or(&name).to_owned());
    short.filter(|name| !name.is_empty()).collect()
}

fn is_always_shown(name: &str) -> bool {
    matches!(name, "id" | "schemas")
}

/// Whether an attribute is wanted; of one whose parts are wanted, only those stay.
fn keep(wanted: &[String], name: &str, value: &mut Value) -> bool {
    let lower = name.to_ascii_lowercase();
    if is_always_shown(name) || wanted.contains(&lower) {
        return true;
    }
    let is_wanted = |part: &str| {
        let path = format!("{lower}.{}", part.to_ascii_lowercase());
        wanted.contains(&path)
    };
    each_object(value, |object| object.retain(|part, _| is_wanted(part)))
}

/// Whether an attribute stays that may be unwanted, or parts of it.
fn leave(unwanted: &[String], name: &str, value: &mut Value) -> bool {
    let lower = name.to_ascii_lowercase();
    if is_always_shown(name) {
        return true;
    }
    if unwanted.contains(&lower) {
        return false;
    }
    let is_unwanted = |part: &str| {
        let path = format!("{lower}.{}", part.to_ascii_lowercase());
        unwanted.contains(&path)
    };
    each_object(value, |object| object.retain(|part, _| !is_unwanted(part)));
    true
}

/// Changes the objects of an attribute; whether anything is left of them.
fn each_object(value: &mut Value, change: impl Fn(&mut serde_json::Map<String, Value>)) -> bool {
    match value {
        Value::Object(object) => {
            change(object);
            !object.is_empty()
        }
        Value::Array(many) => {
            let objects = many.iter_mut().filter_map(Value::as_object_mut);
            objects.for_each(&change);
            many.retain(|one| one.as_object().is_none_or(|object| !object.is_empty()));
            !many.is_empty()
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    }
}
