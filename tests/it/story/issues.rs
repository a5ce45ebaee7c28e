//! Issues as people know them: references, closing words, boxes to tick, edits that nobody loses.

use serde_json::json;

use crate::driver::World;
use crate::driver::hidden;
use crate::driver::scripts;

const REPO: &str = "/api/v1/repos/acme/slug";

/// A repository `acme/secret` that only members see, with one issue.
async fn secret(world: &World) {
    let new = json!({"name": "secret", "private": true});
    world.json("alice", "POST /api/v1/orgs/acme/repos", Some(new)).await;
    let issue = json!({"title": "Hidden plan", "body": "see acme/slug#1"});
    world.json("alice", "POST /api/v1/repos/acme/secret/issues", Some(issue)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn references_lead_where_the_reader_may_go() {
    let (world, _, head) = World::with(scripts::ON_MENTION, scripts::COMMENTS).await;
    world.issue("alice", "First").await;
    secret(&world).await;
    let body = format!("See #1, #99, `#1`, acme/secret#1, @carol, @nobody and {head} ({})", &head[..8]);
    let second = json!({"title": "Second", "body": body});
    world.json("alice", &format!("POST {REPO}/issues"), Some(second)).await;

    let page = world.browser("bob").await.page("/acme/slug/issues/2").await;
    for link in [
        "<a href=\"/acme/slug/issues/1\" title=\"First (open)\"",
        "<a href=\"/acme/secret/issues/1\" title=\"Hidden plan (open)\"",
        "<a href=\"/carol\"",
        &format!("<a href=\"/acme/slug/commit/{head}\""),
        &format!(">{}</a>)", &head[..8]),
        "#99",
        "<code>#1</code>",
        "@nobody",
    ] {
        assert!(page.contains(link), "{link}: {page}");
    }
    assert!(!page.contains("issues/99") && !page.contains("href=\"/nobody\""), "{page}");
    let told = world.browser("bob").await.page("/acme/slug/issues/1").await;
    assert!(told.contains("#2 Second</a>") && told.contains("acme/secret#1 Hidden plan</a>"), "{told}");

    let stranger = world.browser("carol").await;
    let page = stranger.page("/acme/slug/issues/2").await;
    assert!(page.contains("acme/secret#1") && !page.contains("Hidden plan"), "{page}");
    let told = stranger.page("/acme/slug/issues/1").await;
    assert!(told.contains("#2 Second</a>") && !told.contains("secret"), "{told}");
    assert!(!world.ask("", "GET /acme/slug/issues/2", None).await.text.contains("href=\"/carol\""));
    stranger.page("/carol").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_reaches_the_default_branch_closes_what_it_fixes() {
    let (world, clone, _) = World::with(scripts::ON_MENTION, scripts::COMMENTS).await;
    for title in ["By the pull request", "By a commit", "In code", "Not yet", "By a push"] {
        world.issue("bob", title).await;
    }
    clone.git(&["checkout", "--quiet", "-b", "change"]);
    clone.write("greet.sh", "echo Hello\n");
    clone.push("change", "Greet\n\nresolves #2, and part of #4");
    let body = "Fixes: #1\n\n`fixes #3`";
    let pull = json!({"title": "Greet", "body": body, "head": "change", "base": "main"});
    world.json("bob", &format!("POST {REPO}/pulls"), Some(pull)).await;
    let state = async |number: i64| {
        let issue = world.json("alice", &format!("GET {REPO}/issues/{number}"), None).await;
        issue["state"].as_str().unwrap().to_owned()
    };
    assert_eq!(state(1).await, "open", "nothing is merged yet");
    world.json("alice", &format!("POST {REPO}/pulls/6/merge"), Some(json!({"Do": "merge"}))).await;
    let states = [state(1).await, state(2).await, state(3).await, state(4).await];
    assert_eq!(states, ["closed", "closed", "open", "open"]);

    let alice = world.browser("alice").await;
    let page = alice.page("/acme/slug/issues/1").await;
    let told = page.split("closed this with").nth(1).unwrap();
    assert!(told.starts_with(" <a href=\"/acme/slug/pulls/6\""), "{told}");
    assert!(page.contains("#6 Greet</a>"), "the pull request mentions it: {page}");
    let page = alice.page("/acme/slug/issues/2").await;
    assert!(page.contains("closed this with <a href=\"/acme/slug/commit/"), "{page}");
    assert!(alice.page("/acme/slug/issues/4").await.contains("mentioned this in <a href=\"/acme/slug/commit/"));

    clone.git(&["checkout", "--quiet", "main"]);
    clone.git(&["pull", "--quiet", "origin", "main"]);
    clone.write("more", "more\n");
    let head = clone.push("main", "More (closes #5)");
    assert_eq!(state(5).await, "closed");
    let page = alice.page(&format!("/acme/slug/commit/{head}")).await;
    assert!(page.contains("<a href=\"/acme/slug/issues/5\" title=\"By a push (closed)\">#5</a>"), "{page}");
    let slug = world.json("alice", &format!("GET {REPO}"), None).await;
    assert_eq!(slug["open_issues_count"], 2, "{slug}");
    world.settle().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn boxes_are_ticked_by_those_who_may_and_never_the_wrong_one() {
    let (world, _, _) = World::with(scripts::ON_MENTION, scripts::COMMENTS).await;
    let issue = json!({"title": "Do it", "body": "- [ ] one\n- [x] two"});
    world.json("carol", &format!("POST {REPO}/issues"), Some(issue)).await;
    let text = async || {
        let issue = world.json("alice", &format!("GET {REPO}/issues/1"), None).await;
        issue["body"].as_str().unwrap().to_owned()
    };
    let tick = "/acme/slug/issues/1/tick";

    let (carol, bob) = (world.browser("carol").await, world.browser("bob").await);
    let page = carol.page("/acme/slug/issues/1").await;
    assert!(page.contains("role=\"checkbox\" aria-checked=\"true\" aria-label=\"two\""), "{page}");
    let seen = hidden(&page, tick, "seen");
    assert_eq!(carol.submit(tick, &[("seen", &seen), ("item", "0")]).await, "/acme/slug/issues/1");
    assert_eq!(text().await, "- [x] one\n- [x] two");

    let late = bob.post(tick, &[("seen", &seen), ("item", "1")]).await;
    assert_eq!(late.status, 409);
    assert!(late.text.contains("The text changed since this page was loaded"), "{}", late.text);
    let seen = hidden(&bob.page("/acme/slug/issues/1").await, tick, "seen");
    assert_eq!(bob.post(tick, &[("seen", &seen), ("item", "7")]).await.status, 409);
    bob.submit(tick, &[("seen", &seen), ("item", "1")]).await;
    assert_eq!(text().await, "- [x] one\n- [ ] two");

    let history = world.ask("", "GET /acme/slug/issues/1/history", None).await.text;
    assert_eq!(history.matches("changed it to").count(), 2, "{history}");
    let page = world.ask("", "GET /acme/slug/issues/1", None).await.text;
    assert!(page.contains("disabled") && !page.contains("role=\"checkbox\""), "{page}");
    world.comment("alice", 1, "- [ ] three").await;
    let page = carol.page("/acme/slug/issues/1").await;
    assert_eq!(page.matches("role=\"checkbox\"").count(), 2, "a stranger ticks only their own: {page}");
    let action = page.split("<article").find(|part| part.contains("three")).unwrap();
    assert!(!action.contains("/edit"), "{action}");
    world.settle().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_edit_undoes_nobodys_words_unseen() {
    let (world, _, _) = World::with(scripts::ON_MENTION, scripts::COMMENTS).await;
    world.issue("alice", "Titel").await;
    world.comment("bob", 1, "first").await;
    let (alice, bob) = (world.browser("alice").await, world.browser("bob").await);
    let page = bob.page("/acme/slug/issues/1").await;
    let edit = page.split('"').find(|part| part.contains("/comments/") && part.ends_with("/edit")).unwrap().to_owned();
    let seen = hidden(&bob.page(&edit).await, &edit, "seen");

    let preview = alice.post(&edit, &[("seen", &seen), ("body", "**second** #1"), ("then", "preview")]).await;
    assert!(preview.text.contains("<strong>second</strong> <a href=\"/acme/slug/issues/1\""), "{}", preview.text);
    let went = alice.submit(&edit, &[("seen", &seen), ("body", "second")]).await;
    assert!(went.starts_with("/acme/slug/issues/1#comment-"), "{went}");

    let late = bob.post(&edit, &[("seen", &seen), ("body", "third")]).await;
    assert_eq!(late.status, 409);
    assert!(late.text.contains("The text changed since you opened it") && late.text.contains("third"), "{}", late.text);
    let seen = hidden(&late.text, &edit, "seen");
    bob.submit(&edit, &[("seen", &seen), ("body", "third")]).await;
    assert_eq!(world.last_comment(1).await, "third");
    let history = bob.page(&edit.replace("/edit", "/history")).await;
    let [third, second, first] = ["third", "second", "first"].map(|text| history.find(&format!(">{text}<")).unwrap());
    assert!(third < second && second < first, "{history}");

    let edit = "/acme/slug/issues/1/edit";
    let seen = hidden(&alice.page(edit).await, edit, "seen");
    let wrong = alice.post(edit, &[("seen", &seen), ("title", " "), ("body", "kept")]).await;
    assert_eq!((wrong.status, wrong.text.contains("kept")), (422, true), "{}", wrong.text);
    alice.submit(edit, &[("seen", &seen), ("title", "Title"), ("body", "now with text")]).await;
    let page = alice.page("/acme/slug/issues/1").await;
    assert!(page.contains("changed the title from <code>Titel</code> to <code>Title</code>"), "{page}");
    assert!(page.contains("/acme/slug/issues/1/history"), "{page}");
    assert_eq!(world.browser("carol").await.look(edit).await.status, 403, "a stranger edits nothing of others");
    world.settle().await;
}
