//! The door for directories, which only some tests open, and one that calls there.

use std::{net::SocketAddr, time::Duration};

use http::{HeaderMap, Method, Request};
use http_body_util::{BodyExt, Full};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};
use muster::server::{self, Door, Web};
use serde_json::Value;
use tokio::{net::TcpListener, task::JoinHandle};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::harness::Harness;

type Body = Full<prost::bytes::Bytes>;

/// The open door.
pub(crate) struct WebServer {
    address: SocketAddr,
    stop: CancellationToken,
    server: JoinHandle<()>,
}

impl WebServer {
    /// Closes it; it must not take long.
    pub(crate) async fn close(self) {
        self.stop.cancel();
        let ended = tokio::time::timeout(Duration::from_secs(20), self.server).await;
        ended
            .expect("the door closes in time")
            .expect("the door closes well");
    }
}

impl Harness {
    /// Where directories come in; the first who asks opens that door.
    pub(crate) async fn web(&self) -> SocketAddr {
        let open = async || {
            let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
            let address = listener.local_addr().expect("an address");
            let stop = CancellationToken::new();
            let web = Web {
                door: Door::of_web(listener, None),
                url: String::new(),
            };
            let tasks = TaskTracker::new();
            let serving = server::serve_web(self.ctx.clone(), web, tasks, stop.clone());
            WebServer {
                address,
                stop,
                server: tokio::spawn(serving),
            }
        };
        self.web.get_or_init(open).await.address
    }

    /// The directory of a team, which is made, as a caller.
    pub(crate) async fn scim(&self, team: &str) -> Scim {
        let (_, token) = self.directory(team).await;
        self.scim_with(&token).await
    }

    /// A caller with this token.
    pub(crate) async fn scim_with(&self, token: &str) -> Scim {
        Scim::at(&self.web().await.to_string(), token)
    }
}

/// One that speaks SCIM.
pub(crate) struct Scim {
    client: Client<HttpConnector, Body>,
    base: String,
    /// What it says who it is.
    pub(crate) token: Option<String>,
}

/// What it was told.
#[derive(Debug)]
pub(crate) struct Answer {
    /// The status.
    pub(crate) status: u16,
    /// The headers.
    pub(crate) headers: HeaderMap,
    /// The JSON; null if there is none.
    pub(crate) body: Value,
}

impl Scim {
    /// A caller at this address with this token.
    pub(crate) fn at(address: &str, token: &str) -> Self {
        Self {
            client: Client::builder(TokioExecutor::new()).build_http(),
            base: format!("http://{address}/scim/v2"),
            token: Some(token.to_owned()),
        }
    }

    /// One call.
    pub(crate) async fn call(
        &self,
        (method, path): (Method, &str),
        headers: &[(&str, &str)],
        body: &Value,
    ) -> Answer {
        let text = match body {
            Value::Null => String::new(),
            Value::String(raw) => raw.clone(),
            json => json.to_string(),
        };
        let mut request = Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.base))
            .header("content-type", "application/scim+json");
        if let Some(token) = &self.token {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(Body::from(text)).expect("a request");
        let response = self.client.request(request).await.expect("an answer");
        let (parts, body) = response.into_parts();
        let body = body.collect().await.expect("a body").to_bytes();
        let status = parts.status.as_u16();
        let json = if body.is_empty() {
            Value::Null
        } else {
            assert_eq!(parts.headers["content-type"], "application/scim+json");
            serde_json::from_slice(&body).expect("JSON")
        };
        if status >= 400 {
            assert_eq!(json["status"], status.to_string());
            assert_eq!(
                json["schemas"][0],
                "urn:ietf:params:scim:api:messages:2.0:Error"
            );
        }
        assert!(parts.headers.contains_key("muster-call-id"));
        Answer {
            status,
            headers: parts.headers,
            body: json,
        }
    }

    /// `GET`.
    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.call((Method::GET, path), &[], &Value::Null).await
    }

    /// `POST` of a user.
    pub(crate) async fn post(&self, body: Value) -> Answer {
        self.call((Method::POST, "/Users"), &[], &body).await
    }

    /// `PUT` of a user.
    pub(crate) async fn put(&self, id: &str, body: Value) -> Answer {
        let path = format!("/Users/{id}");
        self.call((Method::PUT, &path), &[], &body).await
    }

    /// `PATCH` of a user with these operations.
    pub(crate) async fn patch(&self, id: &str, operations: Value) -> Answer {
        let path = format!("/Users/{id}");
        let body = serde_json::json!({
            "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
            "Operations": operations,
        });
        self.call((Method::PATCH, &path), &[], &body).await
    }

    /// `DELETE` of a user.
    pub(crate) async fn delete(&self, id: &str) -> Answer {
        let path = format!("/Users/{id}");
        self.call((Method::DELETE, &path), &[], &Value::Null).await
    }

    /// How many users a filter finds.
    pub(crate) async fn count(&self, filter: &str) -> u64 {
        self.count_of("/Users", filter).await
    }

    /// How many of these resources a filter finds.
    pub(crate) async fn count_of(&self, path: &str, filter: &str) -> u64 {
        let query: String = form_urlencoded::byte_serialize(filter.as_bytes()).collect();
        let answer = self.get(&format!("{path}?filter={query}")).await;
        assert_eq!(answer.status, 200, "{filter}: {}", answer.body);
        answer.body["totalResults"].as_u64().expect("a number")
    }
}

impl Answer {
    /// What was made or read.
    #[track_caller]
    pub(crate) fn ok(self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", self.body);
        self.body
    }

    /// The refusal, which must be this one.
    #[track_caller]
    pub(crate) fn refused(self, status: u16, kind: Option<&str>) -> Value {
        let found = (self.status, self.body["scimType"].as_str());
        assert_eq!(found, (status, kind), "{}", self.body);
        self.body
    }
}

/// The id of a user.
pub(crate) fn id(user: &Value) -> String {
    user["id"].as_str().expect("an id").to_owned()
}
