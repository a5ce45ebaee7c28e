//! Somebody without a role forks a repository on its page, pushes there, and proposes the change on a page.

use crate::driver::World;
use crate::driver::scripts;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_change_comes_back_from_a_fork_by_pages_alone() {
    let (world, clone, _) = World::with(scripts::ON_MENTION, scripts::COMMENTS).await;
    let carol = world.browser("carol").await;
    assert_eq!(carol.submit("/acme/slug/forks", &[]).await, "/carol/slug");
    assert!(carol.page("/carol/slug").await.contains("forked from <a href=\"/acme/slug\">"));
    assert!(carol.page("/acme/slug/forks").await.contains("Your fork is <a href=\"/carol/slug\">"));
    assert_eq!(carol.submit("/acme/slug/forks", &[]).await, "/acme/slug/forks", "one fork each");

    let fork = world.clone_of("carol", "carol/slug");
    fork.git(&["pull", "--quiet", "origin", "main"]);
    fork.write("greet.sh", "echo Hello\n");
    let head = fork.push("polite", "Greet in English");

    // Looking copies nothing: the repository does not know the commit of the fork before somebody proposes it.
    let compared = carol.page("/acme/slug/compare/main...carol:polite").await;
    assert!(compared.contains("Greet in English") && compared.contains("echo Hello"), "{compared}");
    assert!(compared.contains("/acme/slug/pulls/new?base=main&#38;head=carol%3Apolite"), "{compared}");
    assert_eq!(carol.look(&format!("/acme/slug/commit/{head}")).await.status, 404);
    assert!(std::fs::read_dir(world.data().join("git/quarantine")).is_ok_and(|mut left| left.next().is_none()));
    let back = carol.page("/carol/slug/compare/polite...acme:main").await;
    assert!(back.contains("holds everything that") && !back.contains("Open a pull request"), "{back}");
    assert_eq!(carol.look("/acme/slug/compare/main...dave:polite").await.status, 404);

    let asked = carol.page("/carol/slug/pulls/new?head=polite").await;
    assert!(asked.contains("/acme/slug/pulls/new?head=carol%3Apolite"), "{asked}");
    let form = carol.page("/acme/slug/pulls/new?base=main&head=carol%3Apolite").await;
    assert!(form.contains("value=\"Greet in English\"") && form.contains("<optgroup label=\"Your fork\">"), "{form}");
    let fields = [("base", "main"), ("head", "carol:polite"), ("title", "Greet in English"), ("body", "")];
    let pull = carol.submit("/acme/slug/pulls/new", &fields).await;
    let again = carol.post("/acme/slug/pulls/new", &fields).await;
    assert!(again.status == 422 && again.text.contains("already: #1"), "{again:?}");
    assert!(carol.page(&pull).await.contains("<code>carol:polite</code>"));

    fork.write("greet.sh", "echo Hello there\n");
    fork.push("polite", "Greet warmly");
    assert!(carol.page(&format!("{pull}/files")).await.contains("echo Hello there"));
    let head = fork.git(&["rev-parse", "HEAD"]);
    assert_eq!(carol.post(&format!("{pull}/merge"), &[("head", &head)]).await.status, 403);
    world.browser("alice").await.submit(&format!("{pull}/merge"), &[("head", &head)]).await;
    clone.git(&["pull", "--quiet", "origin", "main"]);
    assert_eq!(clone.git(&["show", "HEAD:greet.sh"]), "echo Hello there");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_private_fork_shows_its_commits_to_nobody_else() {
    let (world, _, _) = World::with(scripts::ON_MENTION, scripts::COMMENTS).await;
    let carol = world.browser("carol").await;
    carol.submit("/acme/slug/forks", &[]).await;
    let hidden = serde_json::json!({"private": true});
    world.json("carol", "PATCH /api/v1/repos/carol/slug", Some(hidden)).await;
    let bob = world.browser("bob").await;
    for path in ["/acme/slug/compare/main...carol:main", "/acme/slug/pulls/new?head=carol%3Amain"] {
        assert_eq!(bob.look(path).await.status, 404, "{path}");
        assert_eq!(carol.look(path).await.status, 200, "{path}");
    }
    assert!(!bob.page("/acme/slug/forks").await.contains("carol/slug"));
    let listed = world.json("bob", "GET /api/v1/repos/acme/slug/forks", None).await;
    assert_eq!(listed.as_array().unwrap().len(), 0);
}
