//! HTML that we made ourselves from somebody's text: it is written to a page as it is.

use std::fmt;

use crate::kit::markdown;
use crate::kit::markdown::Around;
use crate::kit::markdown::Piece;
use crate::kit::text;
use crate::web::parts::references::References;

/// Finished HTML. Only this room makes one, and each way to make one escapes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Html(String);

impl Html {
    /// Somebody's Markdown.
    pub fn markdown(text: &str) -> Self {
        Self(markdown::to_html(text))
    }

    /// The Markdown of a file: its relative links lead below `folder`, an address of ours that ends in a slash.
    pub fn markdown_in(text: &str, folder: &str) -> Self {
        Self(markdown::to_html_in(text, folder))
    }

    /// Somebody's Markdown with its references, and with boxes that this form ticks.
    pub fn markdown_around(text: &str, references: &References, ticks: Option<&str>) -> Self {
        let pieces = |text: &str| references.pieces(text);
        Self(markdown::to_html_around(text, &Around { pieces: &pieces, ticks }))
    }

    /// Somebody's Markdown whose stretches of text are cut into pieces, some of which lead somewhere.
    pub fn markdown_cut(text: &str, pieces: &dyn Fn(&str) -> Vec<Piece>) -> Self {
        Self(markdown::to_html_around(text, &Around { pieces, ticks: None }))
    }

    /// One line of Markdown with its references, without a paragraph around it.
    pub fn line_around(text: &str, references: &References) -> Self {
        Self(in_one_line(Self::markdown_around(text, references, None).0))
    }

    /// Text that another room has made visible already, with its references.
    pub fn shown_around(text: &str, references: &References) -> Self {
        let mut html = String::with_capacity(text.len() + text.len() / 8);
        for piece in references.pieces(text) {
            match piece {
                Piece::Text(text) => push_marked(&mut html, &text),
                Piece::Link { href, title, text } => {
                    html.push_str("<a href=\"");
                    push_marked(&mut html, &href);
                    html.push_str("\" title=\"");
                    push_marked(&mut html, &title.replace(['⟦', '⟧'], ""));
                    html.push_str("\">");
                    push_marked(&mut html, &text);
                    html.push_str("</a>");
                }
            }
        }
        Self(html)
    }

    /// One line of Markdown, without a paragraph around it.
    pub fn line(text: &str) -> Self {
        Self(in_one_line(markdown::to_html(text)))
    }

    /// Words of ours before a link, and the link.
    pub fn link(before: &str, address: &str, shown: &str) -> Self {
        let mut html = String::new();
        push_visible(&mut html, before);
        html.push_str("<a href=\"");
        push_visible(&mut html, address);
        html.push_str("\">");
        push_marked(&mut html, shown);
        html.push_str("</a>");
        Self(html)
    }

    /// Somebody's plain text where a page expects prose.
    pub fn preformatted(text: &str) -> Self {
        Self(format!("<pre>{}</pre>", Self::visible(text)))
    }

    /// Somebody's plain text, with every invisible code point shown as a marked escape.
    pub fn visible(text: &str) -> Self {
        let mut html = String::with_capacity(text.len() + text.len() / 8);
        push_visible(&mut html, text);
        Self(html)
    }

    /// Text that another room has made visible already: its escapes are marked, nothing is escaped twice.
    pub fn shown(text: &str) -> Self {
        let mut html = String::with_capacity(text.len() + text.len() / 8);
        push_marked(&mut html, text);
        Self(html)
    }

    /// Somebody's bytes, of which nothing is known, shown so that they can be recovered.
    pub fn visible_bytes(bytes: &[u8]) -> Self {
        let mut html = String::with_capacity(bytes.len() + bytes.len() / 8);
        push_marked(&mut html, &text::visible_bytes(bytes));
        Self(html)
    }

    /// A sentence of ours, as errors and reasons are worded: what stands between backticks is shown as code.
    pub fn sentence(text: &str) -> Self {
        Self::sentence_shown(&text::visible(text))
    }

    /// The same for a sentence that another room has made visible already.
    pub fn sentence_shown(text: &str) -> Self {
        let mut html = String::with_capacity(text.len() + text.len() / 4);
        let mut pieces = text.split('`').enumerate().peekable();
        while let Some((at, piece)) = pieces.next() {
            let code = at % 2 == 1;
            let closed = pieces.peek().is_some();
            match (code, closed) {
                (true, true) => html.push_str("<code>"),
                (true, false) => html.push('`'),
                (false, _) => {}
            }
            push_marked(&mut html, piece);
            if code && closed {
                html.push_str("</code>");
            }
        }
        Self(html)
    }

    /// HTML that another file of this room has put together from escaped pieces.
    pub(in crate::web) fn made(html: String) -> Self {
        Self(html)
    }

    /// The HTML.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn in_one_line(html: String) -> String {
    let line = html.trim().strip_prefix("<p>").and_then(|line| line.strip_suffix("</p>"));
    line.filter(|line| !line.contains("<p>")).map_or(html.clone(), str::to_owned)
}

/// Appends text to HTML: escaped, and with each escape of `kit::text::visible` marked, so that it does not pass for text.
pub(in crate::web) fn push_visible(html: &mut String, text: &str) {
    push_marked(html, &text::visible(text));
}

fn push_marked(html: &mut String, shown: &str) {
    for c in shown.chars() {
        match c {
            '&' => html.push_str("&amp;"),
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            '"' => html.push_str("&quot;"),
            '\'' => html.push_str("&#39;"),
            '⟦' => html.push_str("<span class=\"esc\">⟦"),
            '⟧' => html.push_str("⟧</span>"),
            _ => html.push(c),
        }
    }
}

impl fmt::Display for Html {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl askama::FastWritable for Html {
    fn write_into(&self, dest: &mut dyn fmt::Write, _: &dyn askama::Values) -> askama::Result<()> {
        Ok(dest.write_str(&self.0)?)
    }
}

impl askama::filters::HtmlSafe for Html {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn backticks_become_code_in_pairs_only() {
        assert_eq!(Html::sentence("no `<b>` in `x").as_str(), "no <code>&lt;b&gt;</code> in `x");
    }

    #[test]
    fn invisible_code_points_are_marked_and_markup_is_escaped() {
        let shown = Html::visible("a<b>\u{202e}\r");
        insta::assert_snapshot!(shown.as_str(), @r#"a&lt;b&gt;<span class="esc">⟦U+202E⟧</span><span class="esc">⟦U+000D⟧</span>"#);
    }
}
