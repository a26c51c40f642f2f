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
    query::Query,
};
use crate::{
    app::scim_users,
    domain::scim::{
        Condition, Draft, Filter, KeptUser, Patch, attributes::USER, users::EMAIL_TYPE,
    },
    error::{Error, Reason, Result, ScimKind},
};

/// `GET /Users`.
pub(super) async fn list(visit: Visit, RawQuery(query): RawQuery) -> Response {
    found(&visit, Query::read(query.as_deref())).await
}

/// `POST /Users/.search`: the same for those whose filter is no line's length.
pub(super) async fn search(visit: Visit, body: Bytes) -> Response {
    let query = json(&body).and_then(|body| Query::of_search(&body));
    found(&visit, query).await
}

async fn found(visit: &Visit, query: Result<Query>) -> Response {
    let answered = async {
        let query = query?;
        let condition = match &query.filter {
            Some(filter) => Filter::parse(filter)?.condition()?,
            None => Condition::Constant(true),
        };
        let range = (query.start - 1, query.count);
        let found = scim_users::list(&visit.ctx, &visit.directory, (&condition, range)).await?;
        let (total, users) = found;
        let users = users.iter().map(|user| query.shown(shown(visit, user)));
        let users: Vec<Value> = users.collect();
        Ok(listed(total, query.start, &users))
    };
    told(visit, answered.await)
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
        "emails": [{"value": user.email, "type": EMAIL_TYPE}],
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
    if let Some(name) = &user.display_name {
        body["displayName"] = name.as_str().into();
    }
    body
}
