//! Markdown to HTML that is safe to show: no script, no style, no remote image.
//!
//! What a reference such as `#12` leads to is not known here: a hook is asked for every stretch of text that stands in no
//! code and no link, on the syntax tree, so that it never sees markup. Boxes of task lists can be ticked in the source.

use std::borrow::Cow;
use std::collections::HashSet;
use std::fmt::Write as _;
use std::sync::Arc;
use std::sync::LazyLock;

use comrak::Arena;
use comrak::Node;
use comrak::Options;
use comrak::nodes::AstNode;
use comrak::nodes::NodeLink;
use comrak::nodes::NodeList;
use comrak::nodes::NodeValue;

/// One part of a stretch of text, as a hook answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    /// Text as it stands.
    Text(String),
    /// Text that leads somewhere.
    Link {
        /// An address of ours.
        href: String,
        /// What a pointer that rests on it is told.
        title: String,
        /// What is shown.
        text: String,
    },
}

/// What surrounds a text: where its references lead, and the form by which its boxes are ticked.
pub struct Around<'a> {
    /// Cuts a stretch of text into pieces.
    pub pieces: &'a dyn Fn(&str) -> Vec<Piece>,
    /// The id of a form of the page, beginning with `tick-`; without one, boxes are only shown.
    pub ticks: Option<&'a str>,
}

/// Renders GitHub-flavoured Markdown. Raw HTML is dropped, images become links, and the result is sanitised after it is
/// complete, so that no transformation follows the check.
pub fn to_html(markdown: &str) -> String {
    SANITISER.clean(&comrak::markdown_to_html(markdown, &OPTIONS)).to_string()
}

/// The same with references and boxes. A box is a button of the form that ticks it: its value is the number of the item,
/// counted from zero.
pub fn to_html_around(markdown: &str, around: &Around) -> String {
    let arena = Arena::new();
    let root = comrak::parse_document(&arena, markdown, &OPTIONS);
    for node in stretches(root) {
        link(&arena, node, around.pieces);
    }
    if let Some(form) = around.ticks {
        for (number, node) in items(root).into_iter().enumerate() {
            offer_tick(&arena, node, form, number);
        }
    }
    let mut html = String::new();
    // Writing to a string cannot fail; what cannot be rendered shows nothing.
    let _ = comrak::format_html(root, &OPTIONS, &mut html);
    if around.ticks.is_some() { TICKABLE.clean(&html).to_string() } else { SANITISER.clean(&html).to_string() }
}

/// The stretches of text that stand in no code and no link.
pub fn texts(markdown: &str) -> Vec<String> {
    let arena = Arena::new();
    let root = comrak::parse_document(&arena, markdown, &OPTIONS);
    stretches(root).into_iter().filter_map(|node| node.data().value.text().map(|text| text.to_string())).collect()
}

/// The same Markdown with the box of this item, counted from zero, ticked or no longer ticked; none when there is no such
/// item.
pub fn tick(markdown: &str, item: usize) -> Option<String> {
    let before = boxes(markdown);
    let (line, column, ticked) = *before.get(item)?;
    let start: usize = markdown.split_inclusive('\n').take(line.checked_sub(1)?).map(str::len).sum();
    let at = start + column.checked_sub(1)?;
    let mut after = markdown.to_owned();
    let new = if ticked { " " } else { "x" };
    matches!(markdown.as_bytes().get(at)?, b' ' | b'x' | b'X').then(|| after.replace_range(at..=at, new))?;
    // Read again: exactly this box is another one, or it was not where it seemed to be.
    let expected = before.iter().enumerate().map(|(number, (.., old))| old ^ (number == item));
    boxes(&after).iter().map(|(.., new)| *new).eq(expected).then_some(after)
}

/// Where each box of a task list stands, and whether it is ticked.
fn boxes(markdown: &str) -> Vec<(usize, usize, bool)> {
    let arena = Arena::new();
    let root = comrak::parse_document(&arena, markdown, &OPTIONS);
    let place = |node: Node<'_>| match &node.data().value {
        NodeValue::TaskItem(item) => {
            let at = item.symbol_sourcepos.start;
            (at.line, at.column, item.symbol.is_some())
        }
        _ => (0, 0, false),
    };
    items(root).into_iter().map(place).collect()
}

fn items<'a>(root: Node<'a>) -> Vec<Node<'a>> {
    root.descendants().filter(|node| matches!(node.data().value, NodeValue::TaskItem(_))).collect()
}

fn stretches<'a>(root: Node<'a>) -> Vec<Node<'a>> {
    let free = |node: Node<'a>| {
        let leads = |above: Node<'a>| matches!(above.data().value, NodeValue::Link(_) | NodeValue::Image(_));
        !node.ancestors().any(leads)
    };
    let is_text = |node: &Node<'a>| matches!(node.data().value, NodeValue::Text(_)) && free(node);
    root.descendants().filter(is_text).collect()
}

fn link<'a>(arena: &'a Arena<'a>, node: Node<'a>, pieces: &dyn Fn(&str) -> Vec<Piece>) {
    let Some(text) = node.data().value.text().map(|text| text.to_string()) else { return };
    let pieces = pieces(&text);
    if pieces.iter().all(|piece| matches!(piece, Piece::Text(_))) {
        return;
    }
    let leaf = |text: String| &*arena.alloc(AstNode::from(NodeValue::Text(Cow::Owned(text))));
    for piece in pieces {
        match piece {
            Piece::Text(text) => node.insert_before(leaf(text)),
            Piece::Link { href, title, text } => {
                let link = NodeValue::Link(Box::new(NodeLink { url: href, title }));
                let link = &*arena.alloc(AstNode::from(link));
                link.append(leaf(text));
                node.insert_before(link);
            }
        }
    }
    node.detach();
}

/// Makes a box a button of the form.
fn offer_tick<'a>(arena: &'a Arena<'a>, node: Node<'a>, form: &str, number: usize) {
    let symbol = match &node.data().value {
        NodeValue::TaskItem(item) => item.symbol,
        _ => return,
    };
    let ticked = symbol.is_some();
    let Some(first) = node.first_child() else { return };
    let mut words = String::new();
    for text in first.descendants().filter_map(|leaf| leaf.data().value.text().map(|text| text.to_string())) {
        words.push_str(&text);
    }
    let mut button = String::new();
    let _ = write!(
        button,
        "<button class=\"tick\" form=\"{}\" name=\"item\" value=\"{number}\" role=\"checkbox\" \
         aria-checked=\"{ticked}\" aria-label=\"{}\"></button> ",
        escape(form),
        escape(&words)
    );
    let button = &*arena.alloc(AstNode::from(NodeValue::Raw(button)));
    first.prepend(button);
    node.data_mut().value = NodeValue::Item(NodeList::default());
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('"', "&quot;").replace('<', "&lt;").replace('>', "&gt;")
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

static SANITISER: LazyLock<ammonia::Builder<'static>> = LazyLock::new(sanitiser);

/// Lets boxes be buttons too, of forms that tick and of no other.
static TICKABLE: LazyLock<ammonia::Builder<'static>> = LazyLock::new(|| {
    let mut builder = sanitiser();
    builder
        .add_tags(["button"])
        .add_tag_attributes("button", ["class", "form", "name", "value", "role", "aria-checked", "aria-label"])
        .attribute_filter(|element, attribute, value| {
            let foreign = (element, attribute) == ("button", "form") && !value.starts_with("tick-");
            if foreign { None } else { Some(value.into()) }
        });
    builder
});

fn sanitiser() -> ammonia::Builder<'static> {
    let mut builder = ammonia::Builder::default();
    builder
        .rm_tags(["img", "map", "area"])
        .add_tags(["input"])
        .add_tag_attributes("input", ["type", "checked", "disabled"])
        .add_tag_attributes("code", ["class"])
        .url_schemes(HashSet::from(["http", "https", "mailto"]))
        .link_rel(Some("noopener noreferrer nofollow ugc"));
    builder
}

#[cfg(test)]
mod tests {
    use super::*;

    fn linked(markdown: &str, ticks: Option<&str>) -> String {
        let pieces = |text: &str| match text.split_once("#1") {
            Some((before, after)) => vec![
                Piece::Text(before.into()),
                Piece::Link { href: "/a/b/issues/1".into(), title: "A \"title\"".into(), text: "#1".into() },
                Piece::Text(after.into()),
            ],
            None => vec![Piece::Text(text.into())],
        };
        to_html_around(markdown, &Around { pieces: &pieces, ticks })
    }

    #[test]
    fn references_are_links_outside_code_and_links_only() {
        let html = linked("See **#1** and `#1`, [not #1](https://a.example)\n\n    #1\n\n<b>#1</b>", None);
        insta::assert_snapshot!(html, @r##"
        <p>See <strong><a href="/a/b/issues/1" title="A &quot;title&quot;" rel="noopener noreferrer nofollow ugc">#1</a></strong> and <code>#1</code>, <a href="https://a.example" rel="noopener noreferrer nofollow ugc">not #1</a></p>
        <pre><code>#1
        </code></pre>
        <p>&lt;b&gt;<a href="/a/b/issues/1" title="A &quot;title&quot;" rel="noopener noreferrer nofollow ugc">#1</a>&lt;/b&gt;</p>
        "##);
        assert_eq!(texts("a `b` [c](d) e\\#f_g"), ["a ", " ", " e#f_g"]);
    }

    #[test]
    fn boxes_are_buttons_of_their_form_and_raw_buttons_stay_text() {
        let html = linked("- [ ] one **two** \"x\"\n- [x] done\n\n<button form=tick-x>", Some("tick-7"));
        insta::assert_snapshot!(html, @r##"
        <ul>
        <li><button class="tick" form="tick-7" name="item" value="0" role="checkbox" aria-checked="false" aria-label="one two &quot;x&quot;"></button> one <strong>two</strong> "x"</li>
        <li><button class="tick" form="tick-7" name="item" value="1" role="checkbox" aria-checked="true" aria-label="done"></button> done</li>
        </ul>
        &lt;button form=tick-x&gt;
        "##);
        assert!(!linked("- [ ] one", Some("merge")).contains("form="));
        assert!(linked("- [ ] one", None).contains("disabled"));
    }

    #[test]
    fn a_tick_changes_one_character_of_the_source() {
        let check = |text: &str, item: usize, expected: Option<&str>| {
            assert_eq!(tick(text, item).as_deref(), expected, "{text:?} {item}");
        };
        check("- [ ] a\n- [x] b", 0, Some("- [x] a\n- [x] b"));
        check("- [ ] a\n- [X] b", 1, Some("- [ ] a\n- [ ] b"));
        check("> é 1. x\n>\n> * [ ] ä\n>   1. [ ] deep", 1, Some("> é 1. x\n>\n> * [ ] ä\n>   1. [x] deep"));
        check("```\n- [ ] code\n```\n- [ ] a\r\n- [ ] b\r\n", 1, Some("```\n- [ ] code\n```\n- [ ] a\r\n- [x] b\r\n"));
        check("- [ ] a", 1, None);
        check("nothing", 0, None);
    }
}
