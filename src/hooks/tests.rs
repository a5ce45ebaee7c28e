//! What a forge hears back: a real router over a real database.

use axum::Router;
use axum::body::Body;
use axum::http::Request;
use axum::http::StatusCode;
use hmac::Hmac;
use hmac::KeyInit as _;
use hmac::Mac as _;
use serde_json::Value;
use sha2::Sha256;
use tower::ServiceExt as _;

use super::*;
use crate::db::Db;
use crate::db::scratch;
use crate::events::Events;
use crate::kit::clock::Clock;
use crate::kit::secret::Secret;

const SECRET: &str = "a secret of both sides";

fn settings(name: &str, secret: &str, scheme: Option<Scheme>) -> Settings {
    Settings::from([(name.to_owned(), SourceSettings { secret: Secret::new(secret.to_owned()), scheme })])
}

fn door(db: &Db) -> (Router, Events) {
    let events = Events::new(db.clone(), &Clock::system());
    let mut all = settings("github", SECRET, None);
    all.extend(settings("gitea", SECRET, None));
    all.extend(settings("mirror", SECRET, Some(Scheme::Github)));
    (router(HookState::new(events.clone(), Sources::new(&all).unwrap())), events)
}

fn signature(secret: &str, body: &[u8]) -> String {
    let mut signing = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    signing.update(body);
    hex::encode(signing.finalize().into_bytes())
}

fn from_github(path: &str, id: &str, secret: &str, body: &'static str) -> Request<Body> {
    Request::post(path)
        .header("X-GitHub-Event", "issues")
        .header("X-GitHub-Delivery", id)
        .header("X-Hub-Signature-256", format!("sha256={}", signature(secret, body.as_bytes())))
        .body(Body::from(body))
        .unwrap()
}

async fn answer(door: &Router, request: Request<Body>) -> (StatusCode, Value) {
    let response = door.clone().oneshot(request).await.unwrap();
    let status = response.status();
    let body = axum::body::to_bytes(response.into_body(), 10_000).await.unwrap();
    (status, serde_json::from_slice(&body).unwrap())
}

#[tokio::test]
async fn a_signed_delivery_is_stored_then_known_then_refused_with_other_bytes() {
    scratch::on_each_engine(async |db| {
        let (door, events) = door(&db);
        let (status, first) = answer(&door, from_github("/hooks/github", "1", SECRET, "{\"a\": 1}")).await;
        assert_eq!(status, StatusCode::ACCEPTED);
        let (status, again) = answer(&door, from_github("/hooks/github", "1", SECRET, "{\"a\": 1}")).await;
        assert_eq!((status, &again["delivery"]), (StatusCode::OK, &first["delivery"]));
        let (status, other) = answer(&door, from_github("/hooks/github", "1", SECRET, "{\"a\": 2}")).await;
        assert_eq!((status, &other["error"]["code"]), (StatusCode::CONFLICT, &Value::from("CONFLICT")));
        let (status, _) = answer(&door, from_github("/hooks/mirror", "1", SECRET, "{\"a\": 1}")).await;
        assert_eq!(status, StatusCode::ACCEPTED);

        let id = first["delivery"].as_str().unwrap().parse().unwrap();
        assert_eq!(events.delivery(id).await.unwrap().unwrap().body, b"{\"a\": 1}");
    })
    .await;
}

#[tokio::test]
async fn gitea_and_forgejo_sign_in_their_own_way() {
    scratch::on_each_engine(async |db| {
        let (door, _) = door(&db);
        for (number, forge) in ["Gitea", "Forgejo"].into_iter().enumerate() {
            let body = format!("{{\"n\": {number}}}");
            let request = Request::post("/hooks/gitea")
                .header(format!("X-{forge}-Event"), "push")
                .header(format!("X-{forge}-Delivery"), format!("id-{number}"))
                .header(format!("X-{forge}-Signature"), signature(SECRET, body.as_bytes()))
                .body(Body::from(body))
                .unwrap();
            assert_eq!(answer(&door, request).await.0, StatusCode::ACCEPTED, "{forge}");
        }
    })
    .await;
}

#[tokio::test]
async fn what_is_not_signed_is_refused_and_leaves_nothing_but_a_line() {
    scratch::on_each_engine(async |db| {
        let (door, events) = door(&db);
        let mut requests = vec![from_github("/hooks/github", "1", "another secret", "{}")];
        for wrong in ["", "sha256=", "sha256=00", "sha1=00", &format!("sha256={}", "z".repeat(64))] {
            let request = Request::post("/hooks/github").header("X-GitHub-Event", "issues");
            let request = request.header("X-GitHub-Delivery", "1").header("X-Hub-Signature-256", wrong);
            requests.push(request.body(Body::from("{}")).unwrap());
        }
        let unsigned = Request::post("/hooks/github").header("X-GitHub-Event", "issues");
        requests.push(unsigned.header("X-GitHub-Delivery", "1").body(Body::from("{}")).unwrap());
        let count = requests.len();
        for request in requests {
            assert_eq!(answer(&door, request).await.0, StatusCode::UNAUTHORIZED);
        }
        assert_eq!(events.refused().len(), count);
        assert_eq!(events.strays(crate::kit::page::Paging::new(None, None)).await.unwrap().total, 0);
    })
    .await;
}

#[tokio::test]
async fn an_unknown_source_is_not_found_and_a_large_body_is_too_large() {
    scratch::on_each_engine(async |db| {
        let (door, _) = door(&db);
        let (status, _) = answer(&door, from_github("/hooks/gitlab", "1", SECRET, "{}")).await;
        assert_eq!(status, StatusCode::NOT_FOUND);

        let large = vec![b' '; 25 * 1024 * 1024 + 1];
        let with = |length: bool| {
            let request = Request::post("/hooks/github").header("X-GitHub-Event", "issues");
            let request = request.header("X-GitHub-Delivery", "1").header("X-Hub-Signature-256", "sha256=00");
            if length { request.header("Content-Length", large.len()) } else { request }
        };
        for request in [with(true), with(false)] {
            let (status, _) = answer(&door, request.body(Body::from(large.clone())).unwrap()).await;
            assert_eq!(status, StatusCode::PAYLOAD_TOO_LARGE);
        }
    })
    .await;
}

#[tokio::test]
async fn a_header_that_no_forge_sends_is_malformed() {
    scratch::on_each_engine(async |db| {
        let (door, _) = door(&db);
        for id in ["", "a b", &"1".repeat(201)] {
            let (status, body) = answer(&door, from_github("/hooks/github", id, SECRET, "{}")).await;
            assert_eq!(
                (status, &body["error"]["code"]),
                (StatusCode::BAD_REQUEST, &Value::from("MALFORMED")),
                "{id:?}"
            );
        }
    })
    .await;
}

#[test]
fn settings_that_would_not_protect_are_errors_that_name_the_key() {
    let cases = [
        (settings("gitlab", SECRET, None), "hooks.gitlab.scheme"),
        (settings("github", "short", None), "hooks.github.secret"),
        (settings("forgehand", SECRET, Some(Scheme::Gitea)), "hooks.forgehand"),
        (settings("Git Hub", SECRET, None), "hooks.Git Hub"),
    ];
    for (settings, field) in cases {
        assert_eq!(Sources::new(&settings).unwrap_err().field_name(), Some(field));
    }
    let written = format!("[github]\nsecret = \"{SECRET}\"\n[mirror]\nsecret = \"{SECRET}\"\nscheme = \"gitea\"\n");
    let read: Settings = toml::from_str(&written).unwrap();
    let sources = Sources::new(&read).unwrap();
    assert_eq!(sources.names().map(|name| name.as_str()).collect::<Vec<_>>(), ["github", "mirror"]);
    assert!(!format!("{sources:?} {read:?}").contains(SECRET));
}
