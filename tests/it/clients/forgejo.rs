//! The crate `forgejo-api`, generated from Forgejo's description: what it cannot read, its types refuse.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use forgejo_api::Auth;
use forgejo_api::Forgejo;
use forgejo_api::structs;
use serde_json::Value;
use serde_json::json;

use super::recorder::Recorder;
use crate::driver::World;

const AT: (&str, &str) = ("tools", "forge");

#[tokio::test(flavor = "multi_thread")]
async fn the_crate_plays_the_story() {
    let world = World::begin().await;
    let recorder = Recorder::before(&world.app.base_url).await;
    let client = |who| Forgejo::new(Auth::Token(world.token(who)), recorder.address.parse().unwrap()).unwrap();
    let (alice, bob) = (client("alice"), client("bob"));

    assert!(alice.get_version().await.unwrap().version.unwrap().starts_with("1."));
    assert_eq!(alice.user_get_current().await.unwrap().login.as_deref(), Some("alice"));
    assert_eq!(alice.user_get("bob").await.unwrap().login.as_deref(), Some("bob"));
    found(&alice).await;
    let sha = write(&alice).await;
    let number = talk(&alice).await;
    let pull = propose(&alice, &bob, &sha, number).await;
    settle(&alice, pull, &sha).await;
    hooks(&alice).await;
    wider_hooks(&alice, &client("erin")).await;
    let refused = alice.issue_get_issue("tools", "forge", 99).await;
    assert!(refused.is_err(), "an issue that is not there");

    insta::assert_snapshot!(recorder.judged().join("\n"));
}

/// An organisation with a repository, and whoever else may write there.
async fn found(alice: &Forgejo) {
    let tools = of(json!({"username": "tools", "full_name": "Tools"}));
    assert_eq!(alice.org_create(tools).await.unwrap().name.as_deref(), Some("tools"));
    assert_eq!(alice.org_get("tools").await.unwrap().full_name.as_deref(), Some("Tools"));
    alice.org_get_all().await.unwrap();
    let forge = of(json!({"name": "forge", "auto_init": true, "default_branch": "main"}));
    let made = alice.create_org_repo("tools", forge).await.unwrap();
    assert_eq!((made.full_name.as_deref(), made.empty), (Some("tools/forge"), Some(false)));
    assert_eq!(alice.org_list_repos("tools").await.unwrap().1.len(), 1);
    assert_eq!(alice.user_current_list_repos(Default::default()).await.unwrap().1.len(), 1);
    let found =
        alice.repo_search(structs::RepoSearchQuery { q: Some("forge".into()), ..Default::default() }).await.unwrap();
    assert_eq!(found.data.unwrap().len(), 1);
    let (owner, repo) = AT;
    let edited = alice.repo_edit(owner, repo, of(json!({"description": "A forge"}))).await.unwrap();
    assert_eq!(edited.description.as_deref(), Some("A forge"));
    assert_eq!(alice.repo_get(owner, repo).await.unwrap().default_branch.as_deref(), Some("main"));
    alice.repo_add_collaborator(owner, repo, "bob", of(json!({"permission": "write"}))).await.unwrap();
    assert_eq!(alice.repo_list_collaborators(owner, repo).await.unwrap().1.len(), 1);
}

/// Files and a branch; gives the head of the branch.
async fn write(alice: &Forgejo) -> String {
    let (owner, repo) = AT;
    let first = json!({"content": STANDARD.encode("one\n"), "message": "Add a file"});
    let made = alice.repo_create_file(owner, repo, "docs/a.txt", of(first)).await.unwrap();
    let blob = made.content.unwrap().sha.unwrap();
    let fix = json!({"new_branch_name": "fix", "old_branch_name": "main"});
    assert_eq!(alice.repo_create_branch(owner, repo, of(fix)).await.unwrap().name.as_deref(), Some("fix"));
    let second = json!({"content": STANDARD.encode("one\ntwo\n"), "sha": blob, "branch": "fix", "message": "Count on"});
    alice.repo_update_file(owner, repo, "docs/a.txt", of(second)).await.unwrap();
    let read = alice
        .repo_get_contents(owner, repo, "docs/a.txt", structs::RepoGetContentsQuery { r#ref: Some("fix".into()) })
        .await
        .unwrap();
    assert_eq!(read.content.unwrap(), STANDARD.encode("one\ntwo\n"));
    alice.repo_get_contents_list(owner, repo, Default::default()).await.unwrap();
    let raw = alice
        .repo_get_raw_file(owner, repo, "docs/a.txt", structs::RepoGetRawFileQuery { r#ref: Some("fix".into()) })
        .await
        .unwrap();
    assert_eq!(&raw[..], b"one\ntwo\n");
    assert_eq!(alice.repo_list_branches(owner, repo).await.unwrap().1.len(), 2);
    let tree = alice
        .get_tree(owner, repo, "fix", structs::GetTreeQuery { recursive: Some(true), ..Default::default() })
        .await
        .unwrap();
    assert!(tree.tree.unwrap().iter().any(|entry| entry.path.as_deref() == Some("docs/a.txt")));
    let commits = alice
        .repo_get_all_commits(
            owner,
            repo,
            structs::RepoGetAllCommitsQuery { sha: Some("fix".into()), ..Default::default() },
        )
        .await
        .unwrap()
        .1;
    assert_eq!(commits.len(), 3);
    let branch = alice.repo_get_branch(owner, repo, "fix").await.unwrap();
    branch.commit.unwrap().id.unwrap()
}

/// An issue with all that may hang on it; gives its number.
async fn talk(alice: &Forgejo) -> i64 {
    let (owner, repo) = AT;
    let bug = alice.issue_create_label(owner, repo, of(json!({"name": "bug", "color": "#ff0000"}))).await.unwrap();
    let soon = alice.issue_create_milestone(owner, repo, of(json!({"title": "Soon"}))).await.unwrap();
    assert_eq!(alice.issue_list_labels(owner, repo, Default::default()).await.unwrap().1.len(), 1);
    assert_eq!(alice.issue_get_milestones_list(owner, repo, Default::default()).await.unwrap().1.len(), 1);
    let issue =
        json!({"title": "It counts to one", "body": "Two is missing", "milestone": soon.id, "assignees": ["bob"]});
    let issue = alice.issue_create_issue(owner, repo, of(issue)).await.unwrap();
    let number = issue.number.unwrap();
    let labels = alice.issue_add_label(owner, repo, number, of(json!({"labels": [bug.id]}))).await.unwrap();
    assert_eq!(labels[0].name.as_deref(), Some("bug"));
    assert_eq!(alice.issue_get_labels(owner, repo, number).await.unwrap().len(), 1);
    let comment = alice.issue_create_comment(owner, repo, number, of(json!({"body": "Indeed"}))).await.unwrap();
    let id = comment.id.unwrap();
    let edited = alice.issue_edit_comment(owner, repo, id, of(json!({"body": "Indeed."}))).await.unwrap();
    assert_eq!(edited.unwrap().body.as_deref(), Some("Indeed."));
    assert_eq!(alice.issue_get_comment(owner, repo, id).await.unwrap().unwrap().body.as_deref(), Some("Indeed."));
    assert_eq!(alice.issue_get_comments(owner, repo, number, Default::default()).await.unwrap().1.len(), 1);
    assert_eq!(alice.issue_get_repo_comments(owner, repo, Default::default()).await.unwrap().1.len(), 1);
    alice.issue_edit_issue(owner, repo, number, of(json!({"title": "It counts no further than one"}))).await.unwrap();
    let read = alice.issue_get_issue(owner, repo, number).await.unwrap();
    assert_eq!(read.title.as_deref(), Some("It counts no further than one"));
    assert_eq!((read.comments, read.assignees.unwrap().len()), (Some(1), 1));
    assert_eq!(read.milestone.unwrap().title.as_deref(), Some("Soon"));
    assert_eq!(alice.issue_list_issues(owner, repo, Default::default()).await.unwrap().1.len(), 1);
    number
}

/// A pull request that bob reviews; gives its number.
async fn propose(alice: &Forgejo, bob: &Forgejo, sha: &str, issue: i64) -> i64 {
    let (owner, repo) = AT;
    let new = json!({"title": "Count on", "body": format!("Mends #{issue}"), "head": "fix", "base": "main"});
    let pull = alice.repo_create_pull_request(owner, repo, of(new)).await.unwrap();
    let number = pull.number.unwrap();
    assert_eq!(pull.head.unwrap().sha.as_deref(), Some(sha));
    alice.repo_edit_pull_request(owner, repo, number, of(json!({"title": "Count on to two"}))).await.unwrap();
    let listed = alice.repo_list_pull_requests(owner, repo, Default::default()).await.unwrap().1;
    assert_eq!(listed[0].title.as_deref(), Some("Count on to two"));
    let files = alice.repo_get_pull_request_files(owner, repo, number, Default::default()).await.unwrap().1;
    assert_eq!((files[0].filename.as_deref(), files[0].additions), (Some("docs/a.txt"), Some(1)));
    assert_eq!(alice.repo_get_pull_request_commits(owner, repo, number, Default::default()).await.unwrap().1.len(), 1);
    let diff = alice.repo_download_pull_diff_or_patch(owner, repo, number, "diff", Default::default()).await.unwrap();
    assert!(diff.contains("+two"), "{diff}");

    let line = json!({"path": "docs/a.txt", "body": "And three?", "new_position": 2});
    let wish = json!({"event": "REQUEST_CHANGES", "body": "Go on", "commit_id": sha, "comments": [line]});
    let wish = bob.repo_create_pull_review(owner, repo, number, of(wish)).await.unwrap();
    let id = wish.id.unwrap();
    assert_eq!((wish.comments_count, wish.stale, wish.dismissed), (Some(1), Some(false), Some(false)));
    let lines = alice.repo_get_pull_review_comments(owner, repo, number, id).await.unwrap();
    let said = &lines[0];
    assert_eq!(
        (said.path.as_deref(), said.position, said.body.as_deref()),
        (Some("docs/a.txt"), Some(2), Some("And three?"))
    );
    alice.repo_get_pull_review_comment(owner, repo, number, id, said.id.unwrap()).await.unwrap();
    let gone = alice.repo_dismiss_pull_review(owner, repo, number, id, of(json!({"message": "Enough"}))).await.unwrap();
    assert_eq!(gone.dismissed, Some(true));
    bob.repo_create_pull_review(owner, repo, number, of(json!({"event": "APPROVED"}))).await.unwrap();
    let reviews = alice.repo_list_pull_reviews(owner, repo, number).await.unwrap().1;
    let states: Vec<Value> = reviews.iter().map(|review| json!(review.state)).collect();
    assert_eq!(states, [json!("REQUEST_CHANGES"), json!("APPROVED")]);
    alice.repo_get_pull_review(owner, repo, number, id).await.unwrap();
    collected(alice, bob, number).await;
    number
}

/// A review that bob collects: about two lines, seen by him alone, and sent.
async fn collected(alice: &Forgejo, bob: &Forgejo, number: i64) {
    let (owner, repo) = AT;
    let line = json!({"path": "docs/a.txt", "body": "Both", "new_position": 1, "extra_lines_count": 1});
    let kept = of(json!({"event": "PENDING", "comments": [line]}));
    let id = bob.repo_create_pull_review(owner, repo, number, kept).await.unwrap().id.unwrap();
    let more = of(json!({"path": "docs/a.txt", "body": "This one", "new_position": 2}));
    let more = bob.repo_create_pull_review_comment(owner, repo, number, id, more).await.unwrap();
    bob.repo_delete_pull_review_comment(owner, repo, number, id, more.id.unwrap()).await.unwrap();
    let lines = bob.repo_get_pull_review_comments(owner, repo, number, id).await.unwrap();
    assert_eq!((lines.len(), lines[0].position, lines[0].extra_lines_count), (1, Some(1), Some(1)));
    assert!(alice.repo_get_pull_review(owner, repo, number, id).await.is_err());
    assert_eq!(json!(bob.repo_get_pull_review(owner, repo, number, id).await.unwrap().state), json!("PENDING"));
    let sent = of(json!({"event": "COMMENT", "body": "Looked at"}));
    let sent = bob.repo_submit_pull_review(owner, repo, number, id, sent).await.unwrap();
    assert_eq!((sent.id, json!(sent.state), sent.comments_count), (Some(id), json!("COMMENT"), Some(1)));
    alice.repo_get_pull_review(owner, repo, number, id).await.unwrap();
    let kept = of(json!({"body": "Never mind"}));
    let id = bob.repo_create_pull_review(owner, repo, number, kept).await.unwrap().id.unwrap();
    bob.repo_delete_pull_review(owner, repo, number, id).await.unwrap();
}

/// A green check, and the merge.
async fn settle(alice: &Forgejo, pull: i64, sha: &str) {
    let (owner, repo) = AT;
    let green =
        json!({"state": "success", "context": "test", "description": "2 of 2", "target_url": "https://ci.example/1"});
    let status = alice.repo_create_status(owner, repo, sha, of(green)).await.unwrap();
    assert_eq!(status.context.as_deref(), Some("test"));
    assert_eq!(alice.repo_list_statuses(owner, repo, sha, Default::default()).await.unwrap().1.len(), 1);
    let combined = alice.repo_get_combined_status_by_ref(owner, repo, "fix").await.unwrap().1;
    assert_eq!((json!(combined.state), combined.total_count), (json!("success"), Some(1)));
    assert!(alice.repo_pull_request_is_merged(owner, repo, pull).await.is_err());
    let merge: structs::MergePullRequestOption = of(json!({"Do": "merge", "head_commit_id": sha}));
    alice.repo_merge_pull_request(owner, repo, pull, merge).await.unwrap();
    alice.repo_pull_request_is_merged(owner, repo, pull).await.unwrap();
    let merged = alice.repo_get_pull_request(owner, repo, pull).await.unwrap();
    assert_eq!((merged.merged, merged.merged_by.unwrap().login.as_deref()), (Some(true), Some("alice")));
}

/// A hook, from its making to its end. Its secret is never told.
async fn hooks(alice: &Forgejo) {
    let (owner, repo) = AT;
    let config = json!({"url": "https://ci.example/hook", "content_type": "json", "secret": "canary"});
    let new = json!({"type": "forgejo", "active": true, "events": ["push"], "config": config});
    let hook = alice.repo_create_hook(owner, repo, of(new)).await.unwrap();
    let id = hook.id.unwrap();
    assert_eq!(hook.events.as_deref(), Some(&["push".to_owned()][..]));
    assert_eq!(alice.repo_list_hooks(owner, repo).await.unwrap().1.len(), 1);
    let read = alice.repo_get_hook(owner, repo, id).await.unwrap();
    assert!(!format!("{read:?}").contains("canary"));
    let edited =
        alice.repo_edit_hook(owner, repo, id, of(json!({"active": false, "events": ["status"]}))).await.unwrap();
    assert_eq!((edited.active, edited.events.unwrap()[0].as_str()), (Some(false), "status"));
    alice.repo_test_hook(owner, repo, id, Default::default()).await.unwrap();
    alice.repo_delete_hook(owner, repo, id).await.unwrap();
    assert_eq!(alice.repo_list_hooks(owner, repo).await.unwrap().1.len(), 0);
}

/// Hooks of an organisation and of the whole server.
async fn wider_hooks(alice: &Forgejo, erin: &Forgejo) {
    let new = || {
        let config = json!({"url": "https://ci.example/hook", "content_type": "json", "secret": "canary"});
        json!({"type": "forgejo", "active": true, "events": ["push"], "config": config, "authorization_header": "token canary"})
    };
    let change = || json!({"active": false, "authorization_header": ""});
    let id = alice.org_create_hook("tools", of(new())).await.unwrap().id.unwrap();
    assert_eq!(alice.org_list_hooks("tools").await.unwrap().len(), 1);
    assert!(!format!("{:?}", alice.org_get_hook("tools", id).await.unwrap()).contains("canary"));
    assert_eq!(alice.org_edit_hook("tools", id, of(change())).await.unwrap().active, Some(false));
    alice.org_delete_hook("tools", id).await.unwrap();
    let id = erin.admin_create_hook(of(new())).await.unwrap().id.unwrap();
    assert_eq!(erin.admin_list_hooks().await.unwrap().len(), 1);
    assert!(!format!("{:?}", erin.admin_get_hook(id).await.unwrap()).contains("canary"));
    assert_eq!(erin.admin_edit_hook(id, of(change())).await.unwrap().active, Some(false));
    erin.admin_delete_hook(id).await.unwrap();
}

/// The crate's own type of a body or a question, from what would be sent.
fn of<T: serde::de::DeserializeOwned>(value: Value) -> T {
    serde_json::from_value(value).unwrap()
}
