//! From an organisation to a merged pull request, and what is refused on the way.

use serde_json::Value;
use serde_json::json;

use super::door::Door;

/// `print(1)` and a line feed, in base64.
const PRINT: &str = "cHJpbnQoMSkK";

async fn with_repository() -> Door {
    let door = Door::open().await;
    door.json("POST /orgs", Some(json!({"username": "acme", "full_name": "Acme Inc"})), 201).await;
    let new = json!({"name": "tools", "auto_init": true, "unknown": {"field": 1}});
    let made = door.json("POST /orgs/acme/repos", Some(new), 201).await;
    assert_eq!(made["full_name"], "acme/tools");
    assert_eq!(made["permissions"], json!({"admin": true, "push": true, "pull": true}));
    door
}

#[tokio::test]
async fn a_change_travels_from_a_file_to_a_merge() {
    let door = with_repository().await;
    let write = json!({"content": PRINT, "message": "Add a", "new_branch": "fix"});
    let file = door.json("POST /repos/acme/tools/contents/src/a.py", Some(write), 201).await;
    assert_eq!(file["content"]["path"], "src/a.py");
    let label = door.json("POST /repos/acme/tools/labels", Some(json!({"name": "bug", "color": "f00"})), 201).await;
    let issue = json!({"title": "It breaks", "labels": [label["id"]]});
    assert_eq!(door.json("POST /repos/acme/tools/issues", Some(issue), 201).await["number"], 1);
    let comment = door.json("POST /repos/acme/tools/issues/1/comments", Some(json!({"body": "hi"})), 201).await;
    let edit = format!("PATCH /repos/acme/tools/issues/comments/{}", comment["id"]);
    assert_eq!(door.json(&edit, Some(json!({"body": "ho"})), 200).await["body"], "ho");

    let pull = json!({"title": "Fix it", "head": "fix", "base": "main"});
    let pull = door.json("POST /repos/acme/tools/pulls", Some(pull), 201).await;
    assert_eq!((&pull["number"], &pull["mergeable"]), (&json!(2), &json!(true)));
    let status = format!("POST /repos/acme/tools/statuses/{}", pull["head"]["sha"].as_str().unwrap());
    door.json(&status, Some(json!({"state": "failure", "context": "test"})), 201).await;
    let combined = door.json("GET /repos/acme/tools/commits/fix/status", None, 200).await;
    assert_eq!((&combined["state"], &combined["total_count"]), (&json!("failure"), &json!(1)));
    let review = json!({"event": "APPROVED"});
    let own = door.ask(&door.olga, "POST /repos/acme/tools/pulls/2/reviews", Some(review.clone())).await;
    assert_eq!(own.status, 422);
    let theirs = door.ask(&door.sam, "POST /repos/acme/tools/pulls/2/reviews", Some(review)).await;
    assert_eq!(theirs.status, 200);
    let files = door.json("GET /repos/acme/tools/pulls/2/files", None, 200).await;
    assert_eq!((&files[0]["filename"], &files[0]["status"]), (&json!("src/a.py"), &json!("added")));
    let diff = door.ask(&door.olga, "GET /repos/acme/tools/pulls/2.diff", None).await;
    assert!(diff.text.contains("+print(1)"), "{}", diff.text);

    let stale = json!({"Do": "merge", "head_commit_id": "1".repeat(40)});
    door.json("POST /repos/acme/tools/pulls/2/merge", Some(stale), 409).await;
    door.json("POST /repos/acme/tools/pulls/2/merge", Some(json!({"Do": "squash"})), 200).await;
    door.json("POST /repos/acme/tools/pulls/2/merge", Some(json!({"Do": "squash"})), 405).await;
    assert_eq!(door.json("GET /repos/acme/tools/pulls/2", None, 200).await["merged"], true);
    assert_eq!(door.ask("", "GET /repos/acme/tools/raw/src/a.py", None).await.text, "print(1)\n");
}

#[tokio::test]
async fn wrong_requests_are_told_what_is_wrong() {
    let door = with_repository().await;
    door.json("POST /user/repos", Some(json!({"name": "secret", "private": true})), 201).await;
    let repo = "/repos/acme/tools";
    let cases: Vec<(&str, String, Option<Value>, u16)> = vec![
        ("sam", "GET /repos/olga/secret".into(), None, 404),
        ("", "GET /repos/olga/secret".into(), None, 404),
        ("", "GET /user".into(), None, 401),
        ("nope", "GET /version/".into(), None, 404),
        ("nope", "GET /repos/acme/tools".into(), None, 401),
        ("sam", format!("PATCH {repo}"), Some(json!({"description": "x"})), 403),
        ("sam", format!("POST {repo}/contents/x"), Some(json!({"content": PRINT})), 403),
        ("", format!("POST {repo}/issues"), Some(json!({"title": "x"})), 401),
        ("olga", format!("POST {repo}/issues"), Some(json!({"title": 5})), 422),
        ("olga", format!("POST {repo}/issues"), Some(json!({"title": "a\nb"})), 422),
        ("olga", format!("POST {repo}/contents/.git/config"), Some(json!({"content": PRINT})), 422),
        ("olga", format!("POST {repo}/contents/README.md"), Some(json!({"content": PRINT})), 422),
        ("olga", format!("PUT {repo}/contents/README.md"), Some(json!({"content": "?", "sha": "0"})), 422),
        ("olga", format!("POST {repo}/statuses/main"), Some(json!({"state": "great"})), 422),
        ("olga", format!("GET {repo}/issues/1x"), None, 404),
        ("olga", "POST /orgs".into(), Some(json!({"username": "../etc"})), 422),
        ("olga", "POST /orgs".into(), Some(json!({"username": "ACME"})), 422),
        ("olga", "POST /orgs/acme/repos".into(), Some(json!({"name": "Tools"})), 409),
        ("olga", "GET /nothing".into(), None, 404),
    ];
    for (who, line, body, status) in cases {
        let token = match who {
            "olga" => door.olga.as_str(),
            "sam" => door.sam.as_str(),
            other => other,
        };
        let told = door.ask(token, &line, body).await;
        assert_eq!(told.status, status, "{who} {line}: {}", told.text);
        let message: Value = serde_json::from_str(&told.text).unwrap();
        assert!(message["message"].as_str().is_some_and(|text| !text.is_empty()), "{line}: {}", told.text);
    }
    let named = door.ask(&door.olga, "POST /repos/acme/tools/issues", Some(json!({"title": 5}))).await;
    assert!(named.text.contains("`title` is wrong"), "{}", named.text);
}

#[tokio::test]
async fn lists_are_paged_with_links_and_totals() {
    let door = with_repository().await;
    for number in 1..=3 {
        let new = json!({"title": format!("issue {number}")});
        door.json("POST /repos/acme/tools/issues", Some(new), 201).await;
    }
    let told = door.ask("", "GET /repos/acme/tools/issues?limit=1&page=2", None).await;
    assert_eq!(told.headers["x-total-count"], "3");
    let link = told.headers["link"].to_str().unwrap();
    let next = "<http://forge.test/api/v1/repos/acme/tools/issues?limit=1&page=3>; rel=\"next\"";
    assert!(link.starts_with(next), "{link}");
    let page: Value = serde_json::from_str(&told.text).unwrap();
    assert_eq!(page[0]["number"], 2);
    assert_eq!(door.engine.forge.outbox(100).await.unwrap().len(), 4);
}
