//! Markdown to HTML that is safe to show: no script, no style, no remote image.

use std::collections::HashSet;
use std::sync::LazyLock;

use comrak::Options;

/// Renders GitHub-flavoured Markdown. Raw HTML is dropped, images become links, and the result is sanitised after it is
/// complete, so that no transformation follows the check.
pub fn to_html(markdown: &str) -> String {
    SANITISER.clean(&comrak::markdown_to_html(markdown, &OPTIONS)).to_string()
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
