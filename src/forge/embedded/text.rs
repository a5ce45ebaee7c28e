//! What titles, texts and lines may hold. Nothing is changed on the way in: invisible characters are kept and shown as
//! escapes; only control characters in a title, which is one line, are refused.

use crate::kit::Error;
use crate::kit::ErrorKind;
use crate::kit::Result;
use crate::kit::digest::Digest;

/// The most bytes of an opening text or comment.
const MOST_BODY: usize = 256 * 1024;

/// Checks a title: 1 to 255 characters, not only blanks, no control characters.
pub fn title(text: &str) -> Result<()> {
    if text.trim().is_empty() || text.chars().count() > 255 {
        return Err(Error::invalid("A title needs 1 to 255 characters").field("title"));
    }
    if text.chars().any(char::is_control) {
        return Err(Error::invalid("A title is one line without control characters").field("title"));
    }
    Ok(())
}

/// Checks an opening text or comment: at most 256 KiB, no NUL, which PostgreSQL cannot keep.
pub fn body(text: &str) -> Result<()> {
    if text.len() > MOST_BODY {
        return Err(Error::new(ErrorKind::TooLarge, "A text may have 256 KiB at most").field("body"));
    }
    if text.contains('\0') {
        return Err(Error::invalid("A text may not hold NUL").field("body"));
    }
    Ok(())
}

/// Checks a comment: a text that says something.
pub fn comment(text: &str) -> Result<()> {
    if text.trim().is_empty() {
        return Err(Error::invalid("A comment needs some text").field("body"));
    }
    body(text)
}

/// Checks that a text is still the one that somebody saw when they began to edit it.
pub fn unchanged(seen: Option<&Digest>, now: &Digest) -> Result<()> {
    if seen.is_none_or(|seen| seen == now) {
        return Ok(());
    }
    Err(Error::conflict("The text changed since you opened it")
        .code("TEXT_CHANGED")
        .hint("reload the page and edit again"))
}

/// Checks one line: at most this many characters, no control characters; it may be empty.
pub fn line(field: &'static str, text: &str, most: usize) -> Result<()> {
    if text.chars().count() > most || text.chars().any(char::is_control) {
        let message = format!("`{field}` is one line of at most {most} characters without control characters");
        return Err(Error::invalid(message).field(field));
    }
    Ok(())
}

/// Checks a name that people give: one line that is not empty.
pub fn name(field: &'static str, text: &str, most: usize) -> Result<()> {
    if text.trim().is_empty() {
        return Err(Error::invalid(format!("`{field}` may not be empty")).field(field));
    }
    line(field, text, most)
}

/// Checks a link: empty, or an absolute `http` or `https` address.
pub fn link(field: &'static str, text: &str) -> Result<()> {
    if text.is_empty() {
        return Ok(());
    }
    let parsed = url::Url::parse(text).ok().filter(|url| matches!(url.scheme(), "http" | "https"));
    if parsed.is_none() || text.len() > 2048 || text.chars().any(char::is_control) {
        return Err(Error::invalid(format!("`{field}` is an `http` or `https` address")).field(field));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn titles_are_one_visible_line() {
        for wrong in ["", "   ", "a\nb", "a\0b", "\u{1b}[31mred", &"x".repeat(256)] {
            assert!(title(wrong).is_err(), "{wrong:?}");
        }
        for right in ["$(id); `rm -rf /`", "--upload-pack=x", "a\u{202e}b", "<script>", &"é".repeat(255)] {
            assert!(title(right).is_ok(), "{right:?}");
        }
    }

    #[test]
    fn texts_are_bounded_and_links_lead_to_the_web() {
        assert_eq!(body(&"x".repeat(MOST_BODY + 1)).map_err(|error| error.kind()), Err(ErrorKind::TooLarge));
        assert!(comment(" \n").is_err());
        assert!(link("target_url", "javascript:alert(1)").is_err());
        assert!(link("target_url", "https://ci.example/1").is_ok());
    }
}
