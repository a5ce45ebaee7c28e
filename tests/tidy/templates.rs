//! Pages live under a strict content security policy: a template that needs it loosened is caught here, not in a browser.

use crate::rule::Rule;
use crate::source::Source;

/// The rules about templates.
pub const RULES: &[Rule] = &[
    Rule {
        says: "Templates hold no styles of their own",
        hint: "give it a class or an element that `static/` styles; a computed width is a `<progress>` or `<meter>`",
        breaches: |file| tags_where(file, |tag| has_attribute(tag, "style") || tag.starts_with("<style")),
        catches: &[("templates/a.html", "<p\n class=\"a\" style=\"x\">"), ("templates/a.html", "<style>p {}</style>")],
        spares: &[("templates/a.html", "<p class=\"style\">style=\"x\"</p>"), ("src/web/a.rs", "\"<p style='a'>\"")],
    },
    Rule {
        says: "Templates hold no scripts of their own",
        hint: "write it into a file under `static/` and load that with `<script src=…>`",
        breaches: |file| {
            let inert = |tag: &str| tag.contains("type=\"application/json\"");
            tags_where(file, |tag| tag.starts_with("<script") && !has_attribute(tag, "src") && !inert(tag))
        },
        catches: &[("templates/a.html", "<p>\n<script>go()</script>")],
        spares: &[("templates/a.html", "<script src=\"/static/a.js\" defer></script>{# <script> #}")],
    },
    Rule {
        says: "Templates hold no handlers: no `on…=`, `hx-on…=`, `hx-vals=\"js:…\"` or `javascript:`",
        hint: "a link or a form does it without a script; what must be scripted listens from a file under `static/`",
        breaches: |file| {
            tags_where(file, |tag| {
                let named = attributes(tag).any(|name| name.starts_with("hx-on") || is_handler(name));
                named || tag.contains("javascript:") || tag.contains("\"js:")
            })
        },
        catches: &[
            ("templates/a.html", "<a href=\"#\"\n  onclick=\"go()\">"),
            ("templates/a.html", "<p hx-on:click='a'>"),
        ],
        spares: &[("templates/a.html", "<p data-once=\"1\">on = off</p><input name=\"on\">")],
    },
    Rule {
        says: "Pages load nothing from other hosts",
        hint: "vendor the file under `static/`",
        breaches: |file| {
            tags_where(file, |tag| {
                let loads =
                    ["<script", "<link", "<img", "<iframe", "<source"].iter().any(|start| tag.starts_with(start));
                loads && ["=\"http", "='http", "=\"//", "='//"].iter().any(|outside| tag.contains(outside))
            })
        },
        catches: &[("templates/a.html", "<script src=\"https://cdn.example/a.js\"></script>")],
        spares: &[
            ("templates/a.html", "<a href=\"https://example.com\">"),
            ("templates/a.html", "<img src=\"/static/a.svg\">"),
        ],
    },
];

/// Lines on which a tag begins that satisfies a predicate.
fn tags_where(file: &Source, holds: impl Fn(&str) -> bool) -> Vec<usize> {
    if !file.path.ends_with(".html") {
        return Vec::new();
    }
    let mut found = Vec::new();
    for (at, _) in file.code.match_indices('<') {
        let tag = &file.code[at..];
        let tag = &tag[..tag.find('>').unwrap_or(tag.len())];
        if holds(tag) {
            found.push(file.code[..at].matches('\n').count() + 1);
        }
    }
    found
}

/// Names of attributes that are given a value.
fn attributes(tag: &str) -> impl Iterator<Item = &str> {
    tag.split_whitespace().skip(1).filter_map(|part| part.split_once('=')).map(|(name, _)| name)
}

fn has_attribute(tag: &str, name: &str) -> bool {
    attributes(tag).any(|attribute| attribute == name)
}

/// `onclick` and its kind: `on` and then only letters.
fn is_handler(name: &str) -> bool {
    name.strip_prefix("on").is_some_and(|event| !event.is_empty() && event.chars().all(|c| c.is_ascii_alphabetic()))
}
