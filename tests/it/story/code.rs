//! Code as people look at it: who changed what, since when, and where a word stands.

use crate::driver::World;
use crate::driver::scripts;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn code_is_listed_searched_compared_and_downloaded() {
    let (world, clone, _) = World::with(scripts::ON_MENTION, scripts::COMMENTS).await;
    clone.write("docs/guide.md", "# Guide\n\n[the program](../greet.sh) and [more](more.md)\n");
    clone.push("main", "Write a guide");
    clone.git(&["checkout", "--quiet", "-b", "next/step"]);
    clone.git(&["mv", "docs/guide.md", "docs/manual.md"]);
    clone.push("next/step", "Call it a manual");
    let page = async |path: &str| {
        let told = world.ask("", &format!("GET /acme/slug{path}"), None).await;
        (told.status, told.text)
    };
    let shows = async |path: &str, words: &[&str]| {
        let (status, text) = page(path).await;
        assert_eq!(status, 200, "{path}");
        for word in words {
            assert!(text.contains(word), "{path} shows {word}: {text}");
        }
    };

    shows("", &["Write a guide", "docs", "/acme/slug/archive/main.tar.gz"]).await;
    shows(
        "/src/main/docs/guide.md",
        &["href=\"/acme/slug/src/main/docs/more.md\"", "/acme/slug/blame/main/docs/guide.md"],
    )
    .await;
    shows("/blame/next%2Fstep/docs/manual.md", &["Write a guide", "docs/guide.md", "id=\"L3\""]).await;
    shows("/commits/next%2Fstep/docs/manual.md", &["Call it a manual", "It was <code>docs/guide.md</code> before"])
        .await;
    shows("/compare/main...next/step", &["1 ahead, 0 behind", "docs/manual.md", "Call it a manual"]).await;
    shows("/compare/next/step...main", &["holds everything"]).await;
    shows("/search?q=the%20PROGRAM", &["docs/guide.md", "guide.md?lines#L3"]).await;
    shows("/search?q=nowhere", &["No text file here holds this"]).await;
    shows("/atom/commits/main", &["<feed xmlns=\"http://www.w3.org/2005/Atom\">", "<title>Write a guide</title>"])
        .await;
    shows("/atom/tags", &["</feed>"]).await;

    assert_eq!(page("/search?q=x").await.0, 422, "one character is no search");
    for unknown in ["/compare/main...nothing", "/blame/main/docs", "/archive/main.rar", "/archive/nothing.zip"] {
        assert_eq!(page(unknown).await.0, 404, "{unknown}");
    }
}
