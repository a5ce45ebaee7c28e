//! An event of each kind, to try rules with: `rules test` fills what a hand-written event leaves out from here.

use serde_json::Value;
use serde_json::json;

/// The words of `on:` that come as an event, and how a sample of each looks as JSON.
pub fn sample(kind: &str) -> Option<Value> {
    let issue = json!({
        "number": 1, "title": "A title", "body": "A text", "state": "open", "author": "alice", "labels": [],
    });
    let tip = |branch: &str, digit: &str| json!({ "branch": branch, "sha": digit.repeat(40) });
    let pull = json!({
        "number": 2, "title": "A title", "body": "A text", "state": "open", "author": "alice", "labels": [],
        "base": tip("main", "a"), "head": tip("topic", "b"), "fork": false,
    });
    let check = json!({
        "name": "test", "sha": "b".repeat(40), "conclusion": "failure", "description": "A test failed", "url": "",
        "signature": "fail-test-0123456789ab",
    });
    let what = match kind {
        "issue" => json!({ "action": "opened", "issue": issue }),
        "pull_request" => json!({ "action": "opened", "pull": pull, "paths": ["src/main.rs"] }),
        "comment" => json!({
            "issue": issue, "pull": null, "comment": { "id": "1", "author": "alice", "body": "A comment" },
        }),
        "label" => json!({ "label": "bug", "issue": issue, "pull": null }),
        "push" => json!({
            "branch": "main", "before": "a".repeat(40), "after": "b".repeat(40), "paths": ["src/main.rs"],
        }),
        "check" => json!({ "check": check, "branches": ["main"], "pull": null }),
        "schedule" => json!({ "cron": "0 6 * * *", "timezone": "UTC", "late": false, "paths": [] }),
        "manual" => json!({
            "stack": "", "task": "", "prompt": "", "issue": null, "pull": null, "path": null, "branch": null,
            "check": null,
        }),
        _ => return None,
    };
    let mut event = json!({
        "repo": { "id": "0".repeat(32), "owner": "acme", "name": "shop" },
        "actor": { "kind": "person", "login": "alice", "account": null },
        "at": 0,
        "kind": kind,
    });
    if let (Value::Object(event), Value::Object(what)) = (&mut event, what) {
        event.extend(what);
    }
    Some(event)
}
