//! HTML that we made ourselves from somebody's text: it is written to a page as it is.

use std::fmt;
use std::fmt::Write as _;

use crate::kit::markdown;
use crate::kit::text::is_invisible;

/// Finished HTML. Only this room makes one, and each way to make one escapes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Html(String);

impl Html {
    /// Somebody's Markdown.
    pub fn markdown(text: &str) -> Self {
        Self(markdown::to_html(text))
    }

    /// Somebody's plain text, with every invisible code point shown as a marked escape.
    pub fn visible(text: &str) -> Self {
        let mut html = String::with_capacity(text.len() + text.len() / 8);
        push_visible(&mut html, text);
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

/// Appends text to HTML: escaped, and with every invisible code point as a marked escape.
///
/// The escape is the same as `kit::text::visible` makes, so that the bytes can be recovered from what is shown.
pub(in crate::web) fn push_visible(html: &mut String, text: &str) {
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        match c {
            '&' => html.push_str("&amp;"),
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            '"' => html.push_str("&quot;"),
            '\'' => html.push_str("&#39;"),
            '\\' if rest.peek() == Some(&'u') => html.push_str("\\\\"),
            _ if is_invisible(c) => {
                let _ = write!(html, "<span class=\"esc\">\\u{{{:X}}}</span>", c as u32);
            }
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
    fn invisible_code_points_are_marked_and_markup_is_escaped() {
        let shown = Html::visible("a<b>\u{202e}\\u{41}\r\n");
        insta::assert_snapshot!(shown.as_str(), @r#"
        a&lt;b&gt;<span class="esc">\u{202E}</span>\\u{41}<span class="esc">\u{D}</span>
        "#);
    }
}
