//! What this API looks like, for programs: OpenAPI 3.1, and the JSON Schemas of the files in Git.

use axum::Json;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use axum::response::Response;
use serde_json::Map;
use serde_json::Value;
use serde_json::json;

use crate::catalog;
use crate::catalog::FileKind;

/// Every route: method, path, what it does.
const ROUTES: &[(&str, &str, &str)] = &[
    ("get", "/repos/{owner}/{repo}/stacks", "Stacks as they are in force, with diagnostics"),
    ("get", "/repos/{owner}/{repo}/rules", "Rules as they are in force, with diagnostics"),
    ("post", "/repos/{owner}/{repo}/rules/{name}/dry-run", "What a rule would do with an event; runs nothing"),
    ("post", "/repos/{owner}/{repo}/permissions/review", "What a stack needs against what it was granted"),
    ("post", "/repos/{owner}/{repo}/runs", "Ask for a run"),
    ("get", "/runs", "Runs, newest first"),
    ("get", "/runs/{id}", "One run"),
    ("get", "/runs/{id}/attempts", "Its attempts"),
    ("get", "/runs/{id}/context", "What its agent is shown, with digests"),
    ("get", "/runs/{id}/proposal", "Its effects, with decisions and write-backs"),
    ("get", "/runs/{id}/events", "Its transcript: server-sent events, or JSON by `Accept`"),
    ("post", "/runs/{id}/cancel", "Cancel it"),
    ("post", "/runs/{id}/retry", "Another attempt on the same snapshots, or with `refresh` on the world as it is now"),
    ("post", "/runs/{id}/resume", "Tell its agent more by `text`; one that has ended goes on from its work"),
    ("post", "/runs/{id}/fork", "Another run that begins with its work, by the stack `stack`"),
    ("post", "/runs/{id}/recover", "Make the workspace of `attempt` again from what was saved"),
    ("post", "/runs/{id}/archive", "Throw the workspace of `attempt` away; what was saved stays"),
    ("post", "/runs/{id}/answer", "Answer its question"),
    ("get", "/approvals", "What people are asked"),
    ("get", "/approvals/{id}", "One request, with every byte of its effects"),
    ("post", "/approvals/{id}/decision", "Approve or deny effects by their digests"),
    ("get", "/repos/{owner}/{repo}/checks", "Checks of the forge itself, newest first"),
    ("get", "/repos/{owner}/{repo}/checks/{id}", "One check with its steps"),
    ("get", "/repos/{owner}/{repo}/checks/{id}/log", "Its log as text"),
    ("post", "/repos/{owner}/{repo}/checks/{id}/rerun", "Run it again"),
    ("post", "/repos/{owner}/{repo}/checks/{id}/cancel", "Cancel it"),
    ("post", "/repos/{owner}/{repo}/checks/{id}/start", "Start one of a fork, which waits for a person"),
    ("post", "/repos/{owner}/{repo}/checks/rerun", "Run all of the commit `sha` again that did not pass"),
    ("post", "/repos/{owner}/{repo}/checks/start", "Start all of the commit `sha` that wait for a person"),
    ("get", "/repos/{owner}/{repo}/tools", "What MCP servers say of their tools: what was agreed to, and what waits"),
    ("post", "/repos/{owner}/{repo}/tools/{id}", "Agree to the list that waits, by its digest, or keep the old one"),
    ("get", "/repos/{owner}/{repo}/secrets", "Secrets of the repository, who may use them, and what stacks ask for"),
    ("put", "/repos/{owner}/{repo}/secrets/{name}", "Set a secret"),
    ("delete", "/repos/{owner}/{repo}/secrets/{name}", "Remove a secret and its grants"),
    ("post", "/repos/{owner}/{repo}/secrets/{name}/grant", "Let a stack use it, for what it uses it for now"),
    ("post", "/repos/{owner}/{repo}/secrets/{name}/revoke", "Take a grant back"),
    ("get", "/orgs/{owner}/secrets", "Secrets of the owner, who may use them, and what stacks ask for"),
    ("put", "/orgs/{owner}/secrets/{name}", "Set a secret"),
    ("delete", "/orgs/{owner}/secrets/{name}", "Remove a secret and its grants"),
    ("post", "/orgs/{owner}/secrets/{name}/grant", "Let a stack use it, for what it uses it for now"),
    ("post", "/orgs/{owner}/secrets/{name}/revoke", "Take a grant back"),
    ("get", "/orgs/{owner}/usage", "What models cost, `by` stack, repo or model, in the last `days`"),
    ("get", "/models", "Model profiles of the server, never with a key"),
    ("put", "/models/{name}", "Set a model profile up, or change it for the next run; `key` sets its key"),
    ("delete", "/models/{name}", "Remove a model profile and its key"),
    ("put", "/models/{name}/key", "Set the key of a model profile"),
    ("delete", "/models/{name}/key", "Throw the key of a model profile away"),
    ("get", "/repos/{owner}/{repo}/deliveries", "Deliveries of a repository"),
    ("get", "/deliveries/{id}", "One delivery, with what the rules said"),
    ("post", "/deliveries/{id}/replay", "Put it through the rules again"),
    ("get", "/executions", "What the rules decided, and why"),
    ("get", "/orgs/{organisation}/memory/query", "Records and notes of the company brain, at a commit"),
    ("get", "/orgs/{organisation}/memory/records/{id}", "One record with its edges, and whether it is stale"),
    ("get", "/orgs/{organisation}/memory/snapshots/{id}", "What one run saw of the company brain"),
    (
        "post",
        "/orgs/{organisation}/memory/import",
        "Bring files of `repo` or finished `runs` into the company brain, as one pull request",
    ),
    (
        "get",
        "/orgs/{organisation}/memory/updates",
        "What is proposed to the company brain, by `state`, with the check's findings",
    ),
    ("get", "/orgs/{organisation}/memory/stale", "Records that are stale, and why"),
    ("get", "/orgs/{organisation}/memory/unowned", "Records that nobody looks after"),
    ("get", "/orgs/{organisation}/memory/used", "What runs were shown most"),
    ("get", "/audit", "The chained log"),
    ("get", "/schemas/{kind}", "The JSON Schema of `stack`, `rule`, `policy` or `checks` files"),
];

/// `GET openapi.json`
pub(super) async fn document() -> Json<Value> {
    let mut paths = Map::new();
    for &(method, path, summary) in ROUTES {
        let parameters: Vec<Value> = path
            .split('/')
            .filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'))
            .map(|name| json!({ "name": name, "in": "path", "required": true, "schema": { "type": "string" } }))
            .collect();
        let mut operation = json!({
            "summary": summary,
            "parameters": parameters,
            "responses": {
                "2XX": { "description": "JSON" },
                "default": { "description": "An error", "content": { "application/json": { "schema": { "$ref": "#/components/schemas/Error" } } } },
            },
        });
        if matches!(method, "post" | "put") {
            operation["requestBody"] = json!({ "content": { "application/json": { "schema": { "type": "object" } } } });
        }
        let entry = paths.entry(path).or_insert_with(|| json!({}));
        entry[method] = operation;
    }
    let error = json!({
        "type": "object",
        "properties": { "error": { "type": "object", "properties": {
            "code": { "type": "string" },
            "message": { "type": "string" },
            "hints": { "type": "array", "items": { "type": "string" } },
            "field": { "type": ["string", "null"] },
            "request_id": { "type": "string" },
        }}},
    });
    Json(json!({
        "openapi": "3.1.0",
        "info": { "title": "Forgehand agents", "version": env!("CARGO_PKG_VERSION") },
        "servers": [{ "url": "/api/agents/v1" }],
        "components": {
            "schemas": { "Error": error },
            "securitySchemes": { "token": { "type": "http", "scheme": "bearer" } },
        },
        "security": [{ "token": [] }],
        "paths": paths,
    }))
}

/// `GET schemas/{kind}`
pub(super) async fn schema(Path(kind): Path<String>) -> Response {
    let kind = match kind.as_str() {
        "stack" => FileKind::Stack,
        "rule" => FileKind::Rule,
        "policy" => FileKind::Policy,
        "checks" => FileKind::Checks,
        _ => return StatusCode::NOT_FOUND.into_response(),
    };
    Json(catalog::schema(kind)).into_response()
}
