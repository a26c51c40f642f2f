//! Groups: `/scim/v2/Groups`.

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
    answers::{answer, holding, list as listed, nothing, with},
    bodies::{json, lists, our_id, stamp, stands, tag, told},
    query::Query,
};
use crate::{
    app::scim::groups::{self, Shown},
    domain::scim::{Condition, Filter, GroupDraft, KeptGroup, Patch, groups::GROUP},
    error::{Reason, Result},
};

/// `GET /Groups`.
pub(super) async fn list(visit: Visit, RawQuery(query): RawQuery) -> Response {
    found(&visit, Query::read(query.as_deref())).await
}

/// `POST /Groups/.search`.
pub(super) async fn search(visit: Visit, body: Bytes) -> Response {
    let query = json(&body).and_then(|body| Query::of_search(&body));
    found(&visit, query).await
}

async fn found(visit: &Visit, query: Result<Query>) -> Response {
    let answered = async {
        let query = query?;
        let condition = condition(query.filter.as_deref())?;
        let crowd = visit.crowd(query.shows("members")).await?;
        let (total, groups) = page(visit, &query, (&condition, query.range())).await?;
        Ok(holding(listed(total, query.start, groups), crowd))
    };
    told(visit, answered.await)
}

/// What a filter means for groups; without one, all are meant.
pub(super) fn condition(filter: Option<&str>) -> Result<Condition> {
    filter.map_or(Ok(Condition::Constant(true)), |filter| {
        Ok(Filter::parse(filter)?.group_condition()?)
    })
}

/// How many groups are so, and some of them as they are shown: after so many, so many.
pub(super) async fn page(
    visit: &Visit,
    query: &Query,
    (condition, range): (&Condition, (u64, u64)),
) -> Result<(u64, Vec<Value>)> {
    let wanted = (condition, range, query.shows("members"));
    let (total, groups) = groups::list(&visit.ctx, &visit.directory, wanted).await?;
    let groups = groups.iter().map(|group| query.shown(shown(visit, group)));
    Ok((total, groups.collect()))
}

/// `GET /Groups/{id}`.
pub(super) async fn get(
    visit: Visit,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response {
    let answered = async {
        let query = Query::read(query.as_deref())?;
        let wanted = (group_id(&id)?, query.shows("members"));
        let crowd = visit.crowd(wanted.1).await?;
        let group = groups::get(&visit.ctx, &visit.directory, wanted).await?;
        let etag = group.group.etag();
        if lists(&headers, &header::IF_NONE_MATCH, &etag) == Some(true) {
            let unchanged = nothing(StatusCode::NOT_MODIFIED);
            return Ok(with(unchanged, header::ETAG, &tag(&etag)));
        }
        let found = written(&visit, (StatusCode::OK, &query), &group);
        Ok(holding(found, crowd))
    };
    told(&visit, answered.await)
}

/// `POST /Groups`.
pub(super) async fn create(visit: Visit, RawQuery(query): RawQuery, body: Bytes) -> Response {
    let answered = async {
        let query = Query::read(query.as_deref())?;
        let wanted = GroupDraft::read(&json(&body)?)?.check()?;
        let wanted = (&wanted, query.shows("members"));
        let crowd = visit.crowd(wanted.1).await?;
        let group = groups::create(&visit.ctx, &visit.caller(), wanted).await?;
        let location = visit.location(&format!("/Groups/{}", group.group.id));
        let made = written(&visit, (StatusCode::CREATED, &query), &group);
        Ok(holding(with(made, header::LOCATION, &location), crowd))
    };
    told(&visit, answered.await)
}

/// `PUT /Groups/{id}`.
pub(super) async fn replace(
    visit: Visit,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let answered = async {
        let query = Query::read(query.as_deref())?;
        let id = group_id(&id)?;
        let wanted = GroupDraft::read(&json(&body)?)?.check()?;
        let change = |kept: &KeptGroup| {
            stands(&headers, &kept.etag())?;
            Ok(wanted.clone())
        };
        let wanted = (id, query.shows("members"), &change);
        let crowd = visit.crowd(wanted.1).await?;
        let group = groups::change(&visit.ctx, &visit.caller(), wanted).await?;
        let changed = written(&visit, (StatusCode::OK, &query), &group);
        Ok(holding(changed, crowd))
    };
    told(&visit, answered.await)
}

/// `PATCH /Groups/{id}`.
pub(super) async fn patch(
    visit: Visit,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let answered = async {
        let query = Query::read(query.as_deref())?;
        let id = group_id(&id)?;
        let patch = Patch::read(&json(&body)?)?;
        let change = |kept: &KeptGroup| {
            stands(&headers, &kept.etag())?;
            let mut draft = kept.draft();
            patch.apply_to_group(&mut draft)?;
            draft.check()
        };
        let wanted = (id, query.shows("members"), &change);
        let crowd = visit.crowd(wanted.1).await?;
        let group = groups::change(&visit.ctx, &visit.caller(), wanted).await?;
        let changed = written(&visit, (StatusCode::OK, &query), &group);
        Ok(holding(changed, crowd))
    };
    told(&visit, answered.await)
}

/// `DELETE /Groups/{id}`.
pub(super) async fn delete(visit: Visit, Path(id): Path<String>, headers: HeaderMap) -> Response {
    let answered = async {
        let check = |kept: &KeptGroup| stands(&headers, &kept.etag());
        groups::delete(&visit.ctx, &visit.caller(), (group_id(&id)?, &check)).await?;
        Ok(nothing(StatusCode::NO_CONTENT))
    };
    told(&visit, answered.await)
}

fn group_id(text: &str) -> Result<Uuid> {
    our_id(text, (Reason::GroupNotFound, "group"))
}

fn written(visit: &Visit, (status, query): (StatusCode, &Query), group: &Shown) -> Response {
    let body = query.shown(shown(visit, group));
    with(
        answer(status, &body),
        header::ETAG,
        &tag(&group.group.etag()),
    )
}

/// A group as SCIM shows it.
fn shown(visit: &Visit, Shown { group, members }: &Shown) -> Value {
    let members: Vec<Value> = members.iter().map(|user| member(visit, *user)).collect();
    let mut body = json!({
        "schemas": [GROUP],
        "id": group.id.to_string(),
        "displayName": group.display_name,
        "members": members,
        "meta": {
            "resourceType": "Group",
            "created": stamp(group.create_time),
            "lastModified": stamp(group.update_time),
            "location": visit.location(&format!("/Groups/{}", group.id)),
            "version": tag(&group.etag()),
        },
    });
    if let Some(id) = &group.external_id {
        body["externalId"] = id.as_str().into();
    }
    body
}

fn member(visit: &Visit, user: Uuid) -> Value {
    json!({
        "value": user.to_string(),
        "$ref": visit.location(&format!("/Users/{user}")),
        "type": "User",
    })
}
