//! Hostile names and titles come back as they were given, and run nothing.

use crate::driver::World;
use crate::driver::scripts;

const HOSTILE: [&str; 6] = [
    "$(touch /tmp/owned)",
    "`id`; rm -rf ~",
    "<script>alert(1)</script><img src=x onerror=alert(1)>",
    "{{ actor }} {% for a in b %}",
    "--upload-pack=touch",
    "' or 1=1; drop table issues; --",
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn hostile_titles_come_back_as_they_are_and_pages_escape_them() {
    let (world, _, _) = World::with(scripts::ON_MENTION, scripts::COMMENTS).await;
    for title in HOSTILE {
        let number = world.issue("alice", title).await;
        let line = format!("GET /api/v1/repos/acme/slug/issues/{number}");
        assert_eq!(world.json("alice", &line, None).await["title"], title);
        let page = world.ask("", &format!("GET /acme/slug/issues/{number}"), None).await;
        assert_eq!(page.status, 200, "{title}");
        assert!(!page.text.contains("<script>alert"), "{title}");
        assert!(!page.text.contains("<img src=x"), "{title}");
        world.comment("alice", number, "@fixer look").await;
    }
    world.settle().await;
    assert_eq!(world.runs().await.len(), HOSTILE.len(), "each is only a text");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn hostile_branch_names_come_back_escaped() {
    let (world, clone, _) = World::with(scripts::ON_FAILED_CHECK, scripts::REPAIRS).await;
    for name in ["a$(id)b", "x;y", "<b>bold</b>", "quote'\"s", "é-ü"] {
        let (done, said) = clone.try_git(&["push", "--quiet", "origin", &format!("HEAD:refs/heads/{name}")]);
        let branches = world.json("alice", "GET /api/v1/repos/acme/slug/branches", None).await;
        let names: Vec<_> = branches.as_array().unwrap().iter().filter_map(|one| one["name"].as_str()).collect();
        assert_eq!(names.contains(&name), done, "taken and shown, or refused: {name} {said}");
    }
    world.settle().await;
    let page = world.ask("", "GET /acme/slug", None).await;
    assert_eq!(page.status, 200);
    assert!(!page.text.contains("<b>bold</b>"));
}
