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

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn labels_milestones_and_assignees_are_arranged_on_pages() {
    let (world, _, _) = World::with(scripts::ON_MENTION, scripts::COMMENTS).await;
    world.issue("carol", "First").await;
    world.issue("carol", "Second").await;
    let bob = world.browser("bob").await;
    bob.submit("/acme/slug/labels", &[("name", "good first"), ("color", "#0bf"), ("description", "Easy")]).await;
    let twice = bob.post("/acme/slug/labels", &[("name", "Good First")]).await;
    assert_eq!((twice.status, twice.text.contains("of this name already")), (422, true), "{}", twice.text);
    let page = bob.page("/acme/slug/labels").await;
    let id = page.split("/labels/").nth(1).unwrap().split('/').next().unwrap().to_owned();
    let label = format!("/acme/slug/labels/{id}");
    bob.submit(&format!("{label}/edit"), &[("name", "easy"), ("color", "#0bf"), ("description", "Easy")]).await;
    bob.submit("/acme/slug/issues/1/labels", &[("add", "easy")]).await;

    let day = bob.post("/acme/slug/milestones", &[("title", "Version 1"), ("due", "soon")]).await;
    assert_eq!((day.status, day.text.contains("A day is written like")), (422, true), "{}", day.text);
    bob.submit("/acme/slug/milestones", &[("title", "Version 1"), ("due", "2030-01-31")]).await;
    let page = bob.page("/acme/slug/issues/1").await;
    let id = page.split("<option value=\"").find(|option| option.contains("Version 1")).unwrap();
    let id = id.split('"').next().unwrap().to_owned();
    for number in [1, 2] {
        bob.submit(&format!("/acme/slug/issues/{number}/milestone"), &[("milestone", &id)]).await;
    }
    bob.submit("/acme/slug/issues/2/comments", &[("body", "done"), ("then", "close")]).await;
    let page = bob.page("/acme/slug/milestones").await;
    assert!(page.contains("due 2030-01-31") && page.contains("value=\"1\" max=\"2\""), "{page}");

    bob.submit("/acme/slug/issues/1/assignees", &[("add", "@dave")]).await;
    bob.submit("/acme/slug/issues/1/assignees", &[("add", "bob")]).await;
    bob.submit("/acme/slug/issues/1/assignees", &[("remove", "dave")]).await;
    assert_eq!(bob.post("/acme/slug/issues/1/assignees", &[("add", "nobody")]).await.status, 422);
    let page = bob.page("/acme/slug/issues/1").await;
    assert!(page.contains("asked dave to look after this") && page.contains("no longer asks dave"), "{page}");
    assert!(page.contains("No longer ask bob") && !page.contains("No longer ask dave"), "{page}");

    let carol = world.browser("carol").await;
    for path in ["/acme/slug/labels", "/acme/slug/issues/1/assignees", "/acme/slug/milestones"] {
        assert_eq!(carol.post(path, &[("name", "x"), ("title", "x")]).await.status, 403, "{path}");
    }
    assert!(bob.page(&format!("{label}/delete")).await.contains("<code>easy</code>"));
    bob.submit(&format!("{label}/delete"), &[]).await;
    bob.submit(&format!("/acme/slug/milestones/{id}/delete"), &[]).await;
    assert!(!bob.page("/acme/slug/issues/1").await.contains(">Version 1</a>"));
    world.settle().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_search_says_what_it_did_not_understand_and_is_kept_as_a_view() {
    let (world, _, _) = World::with(scripts::ON_MENTION, scripts::COMMENTS).await;
    for title in ["Apple pie", "Apple cake", "Pear", "Closed apple"] {
        world.issue("carol", title).await;
    }
    let bob = world.browser("bob").await;
    bob.submit("/acme/slug/labels", &[("name", "two words")]).await;
    bob.submit("/acme/slug/issues/1/labels", &[("add", "two words")]).await;
    bob.submit("/acme/slug/issues/2/assignees", &[("add", "bob")]).await;
    bob.submit("/acme/slug/issues/4/comments", &[("body", ""), ("then", "close")]).await;
    world.comment("alice", 3, "what says @bob?").await;
    let titles = async |query: &str| {
        let query: String = url::form_urlencoded::byte_serialize(query.as_bytes()).collect();
        let page = bob.page(&format!("/acme/slug/issues?q={query}")).await;
        let rows = page.split("<div class=\"what\"><a href=\"/acme/slug/issues/").skip(1);
        rows.map(|row| row.split('>').nth(1).unwrap().split('<').next().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let cases: [(&str, &[&str]); 13] = [
        ("is:open", &["Pear", "Apple cake", "Apple pie"]),
        ("apple", &["Closed apple", "Apple cake", "Apple pie"]),
        ("is:closed apple", &["Closed apple"]),
        ("label:\"two words\"", &["Apple pie"]),
        ("is:open -label:\"two words\" apple", &["Apple cake"]),
        ("is:open no:label no:assignee", &["Pear"]),
        ("assignee:@me", &["Apple cake"]),
        ("mentions:@me", &["Pear"]),
        ("author:carol in:title PEAR", &["Pear"]),
        ("author:bob", &[]),
        ("is:open sort:created-asc", &["Apple pie", "Apple cake", "Pear"]),
        ("is:open sort:comments-desc in:title e", &["Pear", "Apple cake", "Apple pie"]),
        ("is:pr", &[]),
    ];
    for (query, expected) in cases {
        assert_eq!(titles(query).await, expected, "{query}");
    }
    let page = bob.page("/acme/slug/issues?q=is%3Aopen+reviewer%3Abob").await;
    assert!(page.contains("Nothing here is called <code>reviewer:bob</code>"), "{page}");
    assert!(page.contains("<code>assignee</code>"), "the hint names what there is: {page}");

    let view = [("kind", "issues"), ("q", "is:open apple"), ("name", "Fruit")];
    assert_eq!(bob.submit("/acme/slug/views", &view).await, "/acme/slug/issues?q=is%3Aopen%20apple");
    let link = "<a href=\"/acme/slug/issues?q=is%3Aopen%20apple\"";
    assert!(bob.page("/acme/slug/issues").await.contains(&format!("{link}>Fruit</a>")));
    assert!(!bob.page("/acme/slug/pulls").await.contains("Fruit"));
    assert!(!world.browser("carol").await.page("/acme/slug/issues").await.contains("Fruit"), "a view is one's own");
    bob.submit("/acme/slug/views", &[("kind", "issues"), ("forget", "Fruit")]).await;
    assert!(!bob.page("/acme/slug/issues").await.contains("Fruit"));
    world.settle().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_inbox_says_why_and_stays_quiet_about_what_is_muted() {
    let (world, clone, _) = World::with(scripts::ON_MENTION, scripts::COMMENTS).await;
    let (alice, bob, carol) = (world.browser("alice").await, world.browser("bob").await, world.browser("carol").await);
    let number = world.issue("bob", "Shared").await;
    assert!(bob.page("/inbox").await.contains("No news"), "nobody is told what they did");
    world.comment("carol", number, "what of it, @alice and `@dave`?").await;
    let news = bob.page("/inbox").await;
    assert!(news.contains("acme/slug#1 · carol commented") && news.contains("you opened this"), "{news}");
    assert!(alice.page("/inbox").await.contains("you are mentioned"));
    assert!(world.browser("dave").await.page("/inbox").await.contains("No news"), "code mentions nobody");
    bob.submit("/acme/slug/issues/1/assignees", &[("add", "dave")]).await;
    assert!(world.browser("dave").await.page("/inbox").await.contains("bob asked you to look after this"));

    let open = news.split('"').find(|part| part.starts_with("/inbox/")).unwrap().to_owned();
    let went = bob.look(&open).await;
    assert!(went.status == 303 && went.text.starts_with("/acme/slug/issues/1#comment-"), "{went:?}");
    assert!(bob.page("/inbox").await.contains("No news"));
    assert!(bob.page("/inbox?state=all").await.contains("carol commented"));

    let repo = open.split('/').nth(2).unwrap().to_owned();
    bob.submit("/inbox", &[("repo", &repo), ("number", "1"), ("then", "mute")]).await;
    world.comment("carol", number, "@bob still there?").await;
    assert!(bob.page("/inbox").await.contains("No news"), "muted");
    assert!(bob.page("/inbox?state=muted").await.contains("acme/slug#1"));
    bob.submit("/inbox", &[("repo", &repo), ("number", "1"), ("then", "unmute")]).await;
    world.comment("carol", number, "and now?").await;
    assert!(bob.page("/inbox").await.contains("carol commented"));
    bob.submit("/inbox", &[("then", "all-read")]).await;
    assert!(bob.page("/inbox").await.contains("No news"));

    clone.git(&["checkout", "--quiet", "-b", "change"]);
    clone.write("greet.sh", "echo Hello\n");
    clone.push("change", "Greet");
    let pull = json!({"title": "Greet", "body": "for @carol", "head": "change", "base": "main"});
    world.json("bob", &format!("POST {REPO}/pulls"), Some(pull)).await;
    world.json("alice", &format!("POST {REPO}/pulls/2/merge"), Some(json!({"Do": "merge"}))).await;
    assert!(bob.page("/inbox").await.contains("acme/slug#2 · alice merged this"));
    assert!(carol.page("/inbox").await.contains("bob mentioned you"));

    secret(&world).await;
    world.json("alice", "POST /api/v1/repos/acme/secret/issues/1/comments", Some(json!({"body": "@carol @bob"}))).await;
    assert!(bob.page("/inbox").await.contains("acme/secret#1"));
    assert!(!carol.page("/inbox?state=all").await.contains("secret"), "nobody is told what they may not read");
    let asked = world.ask("", "GET /inbox", None).await.text;
    assert!(asked.contains("<title>Sign in"), "{asked}");
    world.settle().await;
}
