//! `mention`: somebody wrote `@handle` in the opening text of an issue or pull request, or in a comment.
//!
//! The text is read as Markdown: what stands in code, in a quote, in a link or in HTML mentions nobody, so that a quoted
//! reply never triggers again.

use comrak::Arena;
use comrak::Options;
use comrak::nodes::AstNode;
use comrak::nodes::NodeValue;
use comrak::parse_document;

use crate::catalog::rule::OnMention;
use crate::kit::text::visible_line;
use crate::model::Event;
use crate::model::What;
use crate::triggers::matchers::Matched;

/// Whether the event mentions the rule's handle.
pub fn matches(on: &OnMention, event: &Event) -> Matched {
    let Some(text) = written(event) else { return Matched::Other };
    let handle = &on.handle;
    match find(text, handle) {
        Some(_) => {
            let who = visible_line(&event.actor.login, 80);
            Matched::Yes(format!("{who} mentioned `@{handle}`{}", where_said(event)))
        }
        None if contains(text, handle) => {
            Matched::No(format!("`@{handle}` stands only in code, in a quote, in a link or within another word"))
        }
        None => Matched::No(format!("nobody is mentioned as `@{handle}`")),
    }
}

/// ` about src/a.rs:12`, for a word about lines.
fn where_said(event: &Event) -> String {
    let What::Comment { comment, .. } = &event.what else { return String::new() };
    let lines = comment.lines.as_ref();
    lines.map(|lines| format!(" about {}", visible_line(&lines.to_string(), 120))).unwrap_or_default()
}

/// What the rule's handle was told: the text after the mention.
pub fn told<'a>(event: &'a Event, handle: &str) -> Option<&'a str> {
    find(written(event)?, handle)
}

/// The new text that an event brings.
fn written(event: &Event) -> Option<&str> {
    match &event.what {
        What::Comment { comment, .. } => Some(&comment.body),
        What::Issue { action, issue } if action == "opened" => Some(&issue.body),
        What::PullRequest { action, pull, .. } if action == "opened" => Some(&pull.body),
        _ => None,
    }
}

fn contains(text: &str, handle: &str) -> bool {
    text.to_ascii_lowercase().contains(&format!("@{}", handle.to_ascii_lowercase()))
}

/// The text after the first mention of a handle; none when nobody is mentioned by it.
pub fn find<'a>(text: &'a str, handle: &str) -> Option<&'a str> {
    if !contains(text, handle) {
        return None;
    }
    let arena = Arena::new();
    let root = parse_document(&arena, text, &Options::default());
    let mut open = vec![root];
    let mut lines = Vec::new();
    while let Some(node) = open.pop() {
        if let Some((line, found)) = mentioned_in(node, handle) {
            lines.push((line, found));
        }
        if !is_closed(node) {
            open.extend(node.children());
        }
    }
    let (line, nth) = lines.into_iter().min()?;
    Some(after(text, line, nth, handle))
}

/// The line of a text node with a mention, and how the node's text starts.
fn mentioned_in<'a>(node: &'a AstNode<'a>, handle: &str) -> Option<(usize, usize)> {
    let ast = node.data.borrow();
    let NodeValue::Text(text) = &ast.value else { return None };
    let before = node.previous_sibling().and_then(last_char);
    let next = node.next_sibling().and_then(first_char);
    position(text, handle, before, next).map(|_| (ast.sourcepos.start.line, ast.sourcepos.start.column))
}

/// Code, quotes, links and HTML: nothing below mentions anybody.
fn is_closed<'a>(node: &'a AstNode<'a>) -> bool {
    matches!(
        node.data.borrow().value,
        NodeValue::BlockQuote
            | NodeValue::CodeBlock(_)
            | NodeValue::Code(_)
            | NodeValue::HtmlBlock(_)
            | NodeValue::HtmlInline(_)
            | NodeValue::Link(_)
            | NodeValue::Image(_)
    )
}

fn last_char<'a>(node: &'a AstNode<'a>) -> Option<char> {
    match &node.data.borrow().value {
        NodeValue::Text(text) => text.chars().last(),
        NodeValue::SoftBreak | NodeValue::LineBreak => Some(' '),
        _ => Some('*'),
    }
}

fn first_char<'a>(node: &'a AstNode<'a>) -> Option<char> {
    match &node.data.borrow().value {
        NodeValue::Text(text) => text.chars().next(),
        _ => Some(' '),
    }
}

/// Where a mention starts in a piece of text: at a word's border, not followed by more of a name.
fn position(text: &str, handle: &str, before: Option<char>, next: Option<char>) -> Option<usize> {
    let word = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '@');
    let lower = text.to_ascii_lowercase();
    let wanted = format!("@{}", handle.to_ascii_lowercase());
    lower.match_indices(&wanted).map(|(at, _)| at).find(|at| {
        let ahead = text[..*at].chars().last().or(before);
        let rest = &text[at + wanted.len()..];
        let mut behind = rest.chars().chain(next);
        let (first, second) = (behind.next(), behind.next());
        let joins = first.is_some_and(|c| matches!(c, '.' | '/')) && second.is_some_and(char::is_alphanumeric);
        !ahead.is_some_and(|c| word(c) || matches!(c, '.' | '/' | '\\')) && !first.is_some_and(word) && !joins
    })
}

/// The text after the first mention at or after a line and a column in bytes, both from 1.
fn after<'a>(text: &'a str, line: usize, column: usize, handle: &str) -> &'a str {
    let start: usize = text.split_inclusive('\n').take(line - 1).map(str::len).sum();
    let start = text.floor_char_boundary(start + column - 1);
    let at = position(&text[start..], handle, None, None).map_or(0, |at| start + at + 1 + handle.len());
    text[text.floor_char_boundary(at)..].trim_start_matches([',', ':', ' ', '\t']).trim()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mention_stands_at_a_words_border() {
        for (text, told) in [
            ("@fixer fix the flaky test", Some("fix the flaky test")),
            ("Hello @Fixer, mend it", Some("mend it")),
            ("@FIXER", Some("")),
            ("(@fixer)", Some(")")),
            ("**@fixer** now", Some("** now")),
            ("first line\n\n- @fixer: in a list\n- more", Some("in a list\n- more")),
            ("see you, @fixer.", Some(".")),
            ("@fixers", None),
            ("@fixer-two", None),
            ("@fixer_two", None),
            ("mail@fixer", None),
            ("me@fixer.example", None),
            ("@fixer.example", None),
            ("@acme/fixer", None),
            ("@fixer/core", None),
            ("fixer", None),
            ("", None),
        ] {
            assert_eq!(find(text, "fixer"), told, "{text}");
        }
    }

    #[test]
    fn code_quotes_links_and_html_mention_nobody() {
        for text in [
            "`@fixer`",
            "```\n@fixer\n```",
            "~~~text\n@fixer do\n~~~",
            "    @fixer indented",
            "> @fixer quoted",
            "> quote\n@fixer lazily goes on with the quote",
            "<!-- @fixer -->",
            "<b title=\"@fixer\">x</b>",
            "[@fixer](https://example.com)",
            "![@fixer](a.png)",
            "```\n@fixer in code that is never closed",
        ] {
            assert_eq!(find(text, "fixer"), None, "{text}");
        }
        assert_eq!(find("> @fixer do it\n\n@fixer yes", "fixer"), Some("yes"));
        assert_eq!(find("`@fixer` means @fixer go", "fixer"), Some("go"));
    }
}
