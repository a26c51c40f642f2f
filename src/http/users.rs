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
    bodies::{json, lists, our_id, stamp, stands, tag, told},
    query::Query,
};
use crate::{
    app::scim::users,
    domain::scim::{
        Condition, Draft, Filter, KeptUser, Patch, attributes::USER, users::EMAIL_TYPE,
    },
    error::{Reason, Result},
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
        let condition = condition(query.filter.as_deref())?;
        let (total, users) = page(visit, &query, (&condition, query.range())).await?;
        Ok(listed(total, query.start, users))
    };
    told(visit, answered.await)
}

/// What a filter means for users; without one, everybody is meant.
pub(super) fn condition(filter: Option<&str>) -> Result<Condition> {
    filter.map_or(Ok(Condition::Constant(true)), |filter| {
        Ok(Filter::parse(filter)?.condition()?)
    })
}

/// How many users are so, and some of them as they are shown: after so many, so many.
pub(super) async fn page(
    visit: &Visit,
    query: &Query,
    wanted: (&Condition, (u64, u64)),
) -> Result<(u64, Vec<Value>)> {
    let (total, users) = users::list(&visit.ctx, &visit.directory, wanted).await?;
    let users = users.iter().map(|user| query.shown(shown(visit, user)));
    Ok((total, users.collect()))
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
        let user = users::get(&visit.ctx, &visit.directory, user_id(&id)?).await?;
        if lists(&headers, &header::IF_NONE_MATCH, &user.etag()) == Some(true) {
            let unchanged = nothing(StatusCode::NOT_MODIFIED);
            return Ok(with(unchanged, header::ETAG, &tag(&user.etag())));
        }
        let body = query.shown(shown(&visit, &user));
        Ok(with(
            answer(StatusCode::OK, &body),
            header::ETAG,
            &tag(&user.etag()),
        ))
    };
    told(&visit, answered.await)
}

/// `POST /Users`.
pub(super) async fn create(visit: Visit, RawQuery(query): RawQuery, body: Bytes) -> Response {
    let answered = async {
        let query = Query::read(query.as_deref())?;
        let user = Draft::read(&json(&body)?)?.check()?;
        let user = users::create(&visit.ctx, &visit.caller(), &user).await?;
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
            stands(&headers, &kept.etag())?;
            Ok(user.clone())
        };
        let user = users::change(&visit.ctx, &visit.caller(), (id, &change)).await?;
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
            stands(&headers, &kept.etag())?;
            let mut draft = kept.draft();
            patch.apply(&mut draft)?;
            draft.check()
        };
        let user = users::change(&visit.ctx, &visit.caller(), (id, &change)).await?;
        Ok(written(&visit, (StatusCode::OK, &query), &user))
    };
    told(&visit, answered.await)
}

/// `DELETE /Users/{id}`.
pub(super) async fn delete(visit: Visit, Path(id): Path<String>, headers: HeaderMap) -> Response {
    let answered = async {
        let check = |kept: &KeptUser| stands(&headers, &kept.etag());
        users::delete(&visit.ctx, &visit.caller(), (user_id(&id)?, &check)).await?;
        Ok(nothing(StatusCode::NO_CONTENT))
    };
    told(&visit, answered.await)
}

fn user_id(text: &str) -> Result<Uuid> {
    our_id(text, (Reason::UserNotFound, "user"))
}

fn written(visit: &Visit, (status, query): (StatusCode, &Query), user: &KeptUser) -> Response {
    let body = query.shown(shown(visit, user));
    with(answer(status, &body), header::ETAG, &tag(&user.etag()))
}

/// A user as SCIM shows him.
fn shown(visit: &Visit, user: &KeptUser) -> Value {
    let mut body = json!({
        "schemas": [USER],
        "id": user.id.to_string(),
        "userName": user.user_name,
        "name": {"givenName": user.given_name, "familyName": user.family_name},
        "emails": [{"value": user.email, "type": EMAIL_TYPE}],
        "active": user.active,
        "meta": {
            "resourceType": "User",
            "created": stamp(user.create_time),
            "lastModified": stamp(user.update_time),
            "location": visit.location(&format!("/Users/{}", user.id)),
            "version": tag(&user.etag()),
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
