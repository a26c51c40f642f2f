//! TRANSPORT beside gRPC: SCIM 2.0 for directories. Decode, authenticate, one call, encode; what a call means is decided in
//! `app`.

use axum::{
    Router,
    extract::Request,
    middleware,
    response::Response,
    routing::{any, get, post},
};
use tokio_util::task::TaskTracker;

use crate::{
    app::Context,
    error::{Error, Reason},
};

mod answers;
mod bodies;
mod discovery;
mod front;
mod groups;
mod query;
mod refusals;
mod schemas;
mod search;
mod users;

use front::{Front, Visit};

/// Where everything of SCIM is.
const ROOT: &str = "/scim/v2";

/// The calls of directories. Their work is among `tasks`, and what the locations of resources begin with is `url`.
pub(crate) fn service(ctx: Context, (tasks, url): (TaskTracker, String)) -> Router {
    let scim = Router::new()
        .route("/ServiceProviderConfig", get(discovery::config))
        .route("/ResourceTypes", get(discovery::resource_types))
        .route("/ResourceTypes/{id}", get(discovery::resource_type))
        .route("/Schemas", get(discovery::schemas))
        .route("/Schemas/{id}", get(discovery::schema))
        .route("/Users", get(users::list).post(users::create))
        .route("/Users/.search", post(users::search))
        .route("/.search", post(search::all))
        .route("/Bulk", any(unsupported))
        .route("/Me", any(unsupported))
        .route("/Groups", get(groups::list).post(groups::create))
        .route("/Groups/.search", post(groups::search))
        .route(
            "/Groups/{id}",
            get(groups::get)
                .put(groups::replace)
                .patch(groups::patch)
                .delete(groups::delete),
        )
        .route(
            "/Users/{id}",
            get(users::get)
                .put(users::replace)
                .patch(users::patch)
                .delete(users::delete),
        );
    Router::new()
        .nest(ROOT, scim)
        .fallback(nothing)
        .method_not_allowed_fallback(no_method)
        .layer(middleware::from_fn_with_state(
            Front::new(ctx, tasks, url),
            front::enter,
        ))
}

async fn nothing(visit: Visit) -> Response {
    let missing = Error::not_found(Reason::Unspecified, "path", "");
    visit.refused(&missing)
}

/// What the standard has and we have not: many changes in one request, and whoever is signed in.
async fn unsupported(_: Request) -> Response {
    refusals::unsupported()
}

async fn no_method(_: Request) -> Response {
    refusals::no_method()
}
