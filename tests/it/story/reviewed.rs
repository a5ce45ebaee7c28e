//! Reviews as people write them: collected and sent as one, about several lines, answered, resolved, and carried along when
//! the branch moves.

use serde_json::Value;
use serde_json::json;

use crate::driver::World;
use crate::driver::hidden;
use crate::driver::scripts;

const REPO: &str = "/api/v1/repos/acme/slug";

const FIVE: &str = "echo Hello\necho one\necho two\necho three\necho four\n";

/// A pull request of alice's, number 2, whose file holds five lines; issue 1 is another one. Gives the head.
async fn proposed(world: &World, clone: &crate::driver::Clone) -> String {
    world.issue("alice", "Count").await;
    clone.write("greet.sh", FIVE);
    let head = clone.push("change", "Count on");
    let pull = json!({"title": "Count on", "head": "change", "base": "main"});
    assert_eq!(world.json("alice", &format!("POST {REPO}/pulls"), Some(pull)).await["number"], 2);
    head
}

/// The fields of a form about lines of the file.
fn about<'a>(head: &'a str, (first, last): (&'a str, &'a str), body: &'a str) -> Vec<(&'a str, &'a str)> {
    let place = [("head", head), ("path", "greet.sh"), ("side", "new"), ("first", first), ("line", last)];
    [&place[..], &[("body", body)]].concat()
}

async fn reviews(world: &World, who: &str) -> Vec<String> {
    let list = world.json(who, &format!("GET {REPO}/pulls/2/reviews"), None).await;
    list.as_array().unwrap().iter().map(|review| review["state"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_review_is_collected_unseen_and_sent_as_one() {
    let (world, clone, _) = World::with(scripts::ON_MENTION, scripts::COMMENTS).await;
    let head = proposed(&world, &clone).await;
    world.settle().await;
    let (alice, bob) = (world.browser("alice").await, world.browser("bob").await);
    let (pull, post) = ("/acme/slug/pulls/2", "/acme/slug/pulls/2/reviews");

    let words = "@fixer say why, as #1 asks\n\n- [ ] said";
    let kept = [about(&head, ("2", "4"), words), vec![("then", "later")]].concat();
    assert!(bob.submit(post, &kept).await.starts_with("/acme/slug/pulls/2/files#diff-"));
    let also = [about(&head, ("1", "1"), "And greet twice."), vec![("then", "later")]].concat();
    bob.submit(post, &also).await;
    let files = bob.page(&format!("{pull}/files")).await;
    assert!(files.contains("2 comments about lines that only you see") && files.contains("not sent yet"), "{files}");
    for path in [pull.to_owned(), format!("{pull}/files"), "/inbox".into(), "/acme/slug/issues/1".into()] {
        let page = alice.page(&path).await;
        assert!(!page.contains("say why") && !page.contains("greet twice"), "{path}: {page}");
    }
    assert_eq!((reviews(&world, "bob").await, reviews(&world, "alice").await.len()), (vec!["PENDING".to_owned()], 0));
    world.settle().await;
    assert!(world.runs().await.is_empty(), "nobody is told before it is sent");

    // One word is taken out again, and the rest is sent.
    let mut forms = files.split("action=\"").filter_map(|form| form.split('"').next());
    let drop = forms.find(|to| to.ends_with("/drop"));
    bob.submit(drop.unwrap(), &[]).await;
    let sent = [("head", head.as_str()), ("event", "request_changes"), ("body", "Nearly.")];
    assert!(bob.submit(post, &sent).await.starts_with("/acme/slug/pulls/2#comment-"));
    assert_eq!(reviews(&world, "alice").await, ["REQUEST_CHANGES"]);
    world.settle().await;
    assert_eq!(world.runs().await.len(), 1, "what was said about lines reaches rules");
    let (decision, reason) = world.decisions("mend").await.remove(0);
    assert_eq!(decision, "dispatched");
    assert!(reason.starts_with("bob mentioned `@fixer` about greet.sh:2-4;"), "{reason}");
    let bundle = world.transcript(&world.runs().await[0]).await;
    let page = alice.page(pull).await;
    assert!(page.contains("asked for changes") && page.contains("greet.sh:2-4"), "{page} {bundle}");
    let link = "<a href=\"/acme/slug/issues/1\" title=\"Count (open)\"";
    assert!(page.contains(link), "references are links in words about lines: {page}");
    assert!(alice.page("/acme/slug/issues/1").await.contains("#2 Count on</a>"), "and are noted where they lead");
    world.comment("alice", 2, "/why").await;
    world.settle().await;
    assert!(world.last_comment(2).await.contains("bob mentioned `@fixer` about greet.sh:2-4"));

    // The words are edited and ticked like any others.
    let line = page.split("id=\"line-").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let (edit, tick) = (format!("{pull}/lines/{line}/edit"), format!("{pull}/lines/{line}/tick"));
    let seen = hidden(&bob.page(&edit).await, &edit, "seen");
    let back = bob.submit(&edit, &[("seen", &seen), ("body", "Say why.\n\n- [ ] said")]).await;
    assert_eq!(back, format!("{pull}#line-{line}"));
    let seen = hidden(&bob.page(&format!("{pull}/files")).await, &tick, "seen");
    bob.submit(&tick, &[("seen", &seen), ("item", "0")]).await;
    let history = alice.page(&format!("{pull}/lines/{line}/history")).await;
    assert!(history.contains("- [x] said") && history.contains("@fixer say why"), "{history}");
    let carol = world.browser("carol").await;
    assert_eq!(carol.look(&edit).await.status, 403);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn words_go_with_lines_that_move_and_stay_with_lines_that_change() {
    let (world, clone, _) = World::with(scripts::ON_MENTION, scripts::COMMENTS).await;
    let head = proposed(&world, &clone).await;
    let (alice, bob) = (world.browser("alice").await, world.browser("bob").await);
    let (pull, post) = ("/acme/slug/pulls/2", "/acme/slug/pulls/2/reviews");
    let offer = "Better:\n```suggestion\necho first\necho second\n```";
    bob.submit(post, &about(&head, ("2", "3"), offer)).await;
    bob.submit(post, &about(&head, ("5", "5"), "Too far.")).await;
    let wrong = bob.submit(post, &about(&head, ("5", "4"), "Backwards.")).await;
    assert!(bob.page(&wrong).await.contains("Too far.") && reviews(&world, "bob").await.len() == 2);

    clone.write("greet.sh", &format!("#!/bin/sh\n\n{}echo more\n", FIVE.replace("four", "five")));
    clone.push("change", "Count further");
    let page = alice.page(pull).await;
    assert!(page.contains("greet.sh:4-5") && page.contains("greet.sh:5"), "{page}");
    assert_eq!(page.matches(">outdated<").count(), 1, "{page}");
    let files = alice.page(&format!("{pull}/files")).await;
    let apart = files.split("About lines that changed since").nth(1).expect("outdated words stay readable");
    assert!(apart.contains("Too far.") && apart.contains("+echo four"), "{apart}");
    let split = alice.page(&format!("{pull}/files?view=split")).await;
    assert!(split.contains("About greet.sh:4-5") && split.contains("Too far."), "{split}");

    // What was suggested for lines that only moved is still taken over.
    let take =
        files.split("action=\"").filter_map(|form| form.split('"').next()).find(|to| to.contains("/suggestions/"));
    alice.submit(take.unwrap(), &[]).await;
    clone.git(&["pull", "--quiet", "origin", "change"]);
    let text = clone.git(&["show", "HEAD:greet.sh"]);
    assert_eq!(text, "#!/bin/sh\n\necho Hello\necho first\necho second\necho three\necho five\necho more");

    // An answer stands where the conversation began, and the conversation ends.
    let talk = apart.split("id=\"talk-").nth(1).unwrap().split('"').next().unwrap().to_owned();
    alice.submit(post, &[("conversation", &talk), ("body", "It goes to five now.")]).await;
    let page = alice.page(pull).await;
    let placed = page.split(&format!("id=\"talk-{talk}\"")).nth(1).unwrap().split("</details>").next().unwrap();
    assert!(placed.contains("Too far.") && placed.contains("It goes to five now."), "{placed}");
    assert_eq!(page.matches("reviewed <a").count(), 2, "no review of its own stands below: {page}");
    let resolve = format!("{pull}/lines/{talk}/resolve");
    let carol = world.browser("carol").await;
    assert_eq!(carol.post(&resolve, &[("over", "yes")]).await.status, 403);
    bob.submit(&resolve, &[("over", "yes")]).await;
    assert!(alice.page(pull).await.contains("resolved by bob"));
    let lines = async || {
        let all = world.json("alice", &format!("GET {REPO}/pulls/2/reviews"), None).await;
        let id = all[1]["id"].as_i64().unwrap();
        world.json("alice", &format!("GET {REPO}/pulls/2/reviews/{id}/comments"), None).await
    };
    assert_eq!(lines().await[0]["resolver"]["login"], "bob");
    alice.submit(&resolve, &[("over", "")]).await;
    assert_eq!(lines().await[0]["resolver"], Value::Null);
    assert_eq!(alice.post(&format!("{pull}/lines/999/resolve"), &[("over", "yes")]).await.status, 404);
    world.settle().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_review_that_is_not_sent_is_nobody_elses() {
    let (world, clone, _) = World::with(scripts::ON_MENTION, scripts::COMMENTS).await;
    let head = proposed(&world, &clone).await;
    let post = "/acme/slug/pulls/2/reviews";
    let bob = world.browser("bob").await;
    bob.submit(post, &[about(&head, ("1", "1"), "Mine."), vec![("then", "later")]].concat()).await;
    let mine = &world.json("bob", &format!("GET {REPO}/pulls/2/reviews"), None).await[0];
    let at = format!("{REPO}/pulls/2/reviews/{}", mine["id"]);
    let line = &world.json("bob", &format!("GET {at}/comments"), None).await[0];
    let word = format!("/acme/slug/pulls/2/lines/{}", line["id"]);
    for (method, path) in [("GET", at.clone()), ("GET", format!("{at}/comments")), ("DELETE", at.clone())] {
        assert_eq!(world.ask("alice", &format!("{method} {path}"), None).await.status, 404, "{method} {path}");
    }
    let sent = Some(json!({"event": "APPROVED"}));
    assert_eq!(world.ask("alice", &format!("POST {at}"), sent.clone()).await.status, 404);
    let alice = world.browser("alice").await;
    for path in [format!("{word}/edit"), format!("{word}/history")] {
        assert_eq!(alice.look(&path).await.status, 404, "{path}");
    }
    for verb in ["drop", "resolve", "tick"] {
        let told = alice.post(&format!("{word}/{verb}"), &[("over", "yes"), ("item", "0")]).await;
        assert_eq!(told.status, 404, "{verb}");
    }
    assert_eq!(alice.look("/acme/slug/pulls/2/reviews/discard").await.status, 404);

    // The head moves: the review waits for another look, and is not lost.
    clone.write("more", "more\n");
    clone.push("change", "More");
    let late = bob.submit(post, &[("head", head.as_str()), ("event", "approve"), ("body", "")]).await;
    assert!(bob.page(&late).await.contains("Mine."));
    assert_eq!(reviews(&world, "alice").await.len(), 0);
    assert!(bob.page("/acme/slug/pulls/2/reviews/discard").await.contains("only you have seen"));
    bob.submit("/acme/slug/pulls/2/reviews/discard", &[]).await;
    assert_eq!(world.ask("bob", &format!("POST {at}"), sent).await.status, 404);
    assert!(!bob.page("/acme/slug/pulls/2/files").await.contains("Mine."));
    world.settle().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_page_hears_when_a_merge_becomes_possible_or_not() {
    let (world, clone, _) = World::with(scripts::ON_MENTION, scripts::COMMENTS).await;
    let head = proposed(&world, &clone).await;
    let alice = world.browser("alice").await;
    let page = alice.page("/acme/slug/pulls/2").await;
    let asks = page.split("hx-get=\"").filter_map(|at| at.split('"').next()).find(|to| to.contains("/merge?seen="));
    let asks = asks.unwrap().to_owned();
    assert_eq!(alice.look(&asks).await.status, 204, "nothing changed");
    let branch = clone.git(&["rev-parse", "HEAD"]);
    clone.git(&["checkout", "--quiet", &format!("{branch}~1")]);
    clone.write("greet.sh", "echo Bonjour\n");
    clone.push("main", "Greet in French");
    let told = alice.page(&asks).await;
    assert!(told.contains("id=\"merge\"") && told.contains("Cannot merge: both branches changed greet.sh"), "{told}");
    let close = json!({"state": "closed"});
    world.json("alice", &format!("PATCH {REPO}/pulls/2"), Some(close)).await;
    assert_eq!(alice.page(&asks).await, "", "the page is loaded anew");

    // Two merge at once: one is told that the other was first. A merge of another head is refused.
    let open = json!({"state": "open"});
    world.json("alice", &format!("PATCH {REPO}/pulls/2"), Some(open)).await;
    let update = world.browser("alice").await;
    assert_eq!(update.post("/acme/slug/pulls/2/merge", &[("head", &"1".repeat(40))]).await.status, 409);
    assert_eq!(update.post("/acme/slug/pulls/2/merge", &[("head", &head)]).await.status, 409, "it conflicts");
    clone.git(&["checkout", "--quiet", "--detach", "origin/main"]);
    clone.git(&["fetch", "--quiet", "origin"]);
    clone.git(&["checkout", "--quiet", "--detach", "origin/main"]);
    clone.write("other", "other\n");
    let other = clone.push("other", "Another");
    let pull = json!({"title": "Another", "head": "other", "base": "main"});
    world.json("alice", &format!("POST {REPO}/pulls"), Some(pull)).await;
    let erin = world.browser("erin").await;
    let fields = [("head", other.as_str()), ("style", "squash")];
    let (one, two) =
        tokio::join!(alice.post("/acme/slug/pulls/3/merge", &fields), erin.post("/acme/slug/pulls/3/merge", &fields));
    let mut statuses = [one.status, two.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [303, 409], "{} {}", one.text, two.text);
    clone.git(&["fetch", "--quiet", "origin"]);
    assert_eq!(clone.git(&["rev-list", "--count", "origin/main", "--", "other"]), "1");
    world.settle().await;
}
