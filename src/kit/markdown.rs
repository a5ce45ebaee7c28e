//! Markdown to HTML that is safe to show: no script, no style, no remote image.

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::LazyLock;

use comrak::Options;

/// Renders GitHub-flavoured Markdown. Raw HTML is dropped, images become links, and the result is sanitised after it is
/// complete, so that no transformation follows the check.
pub fn to_html(markdown: &str) -> String {
    SANITISER.clean(&comrak::markdown_to_html(markdown, &OPTIONS)).to_string()
}

/// The same for a file of a repository: links that are relative lead to its neighbours below `folder`, an address of ours
/// that ends in a slash.
pub fn to_html_in(markdown: &str, folder: &str) -> String {
    let mut options = OPTIONS.clone();
    let folder = folder.to_owned();
    options.extension.link_url_rewriter = Some(Arc::new(move |link: &str| neighbour(&folder, link)));
    SANITISER.clean(&comrak::markdown_to_html(markdown, &options)).to_string()
}

/// Where a link in a file leads. What is no relative path stays as it is.
fn neighbour(folder: &str, link: &str) -> String {
    let scheme = link.find(':').is_some_and(|colon| !link[..colon].contains(['/', '?', '#']));
    if link.is_empty() || scheme || link.starts_with(['/', '#', '?']) {
        return link.to_owned();
    }
    format!("{folder}{}", link.trim_start_matches("./"))
}

static OPTIONS: LazyLock<Options<'static>> = LazyLock::new(|| {
    let mut options = Options::default();
    options.extension.strikethrough = true;
    options.extension.table = true;
    options.extension.autolink = true;
    options.extension.tasklist = true;
    options.render.escape = true;
    options
});

static SANITISER: LazyLock<ammonia::Builder<'static>> = LazyLock::new(|| {
    let mut builder = ammonia::Builder::default();
    builder
        .rm_tags(["img", "map", "area"])
        .add_tags(["input"])
        .add_tag_attributes("input", ["type", "checked", "disabled"])
        .add_tag_attributes("code", ["class"])
        .url_schemes(HashSet::from(["http", "https", "mailto"]))
        .link_rel(Some("noopener noreferrer nofollow ugc"));
    builder
});
