//! Addresses of pages: every name that goes into one is escaped here.

use percent_encoding::AsciiSet;
use percent_encoding::NON_ALPHANUMERIC;
use percent_encoding::utf8_percent_encode;

/// What stays as it is in one segment.
const SEGMENT: AsciiSet = NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~').remove(b'@');
const PATH: AsciiSet = SEGMENT.remove(b'/');

/// A name as one segment of an address, or as a value in a query: `feature/x` becomes `feature%2Fx`.
pub fn escape(name: &str) -> String {
    utf8_percent_encode(name, &SEGMENT).to_string()
}

/// A path as several segments.
pub fn path(path: &str) -> String {
    utf8_percent_encode(path, &PATH).to_string()
}

/// An address of ours to go to after a form, from a field that anybody may have written: `/` for everything else.
pub fn ours(next: &str) -> &str {
    let plain = next.starts_with('/')
        && !next.starts_with("//")
        && !next.contains('\\')
        && next.bytes().all(|b| (0x21..0x7f).contains(&b));
    if plain { next } else { "/" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_addresses_of_ours_are_followed() {
        for foreign in ["", "https://evil.example", "//evil.example", "/\\evil.example", "javascript:x", "/\n", "/é"] {
            assert_eq!(ours(foreign), "/", "{foreign:?}");
        }
        assert_eq!(ours("/acme/app/issues?state=closed#x"), "/acme/app/issues?state=closed#x");
    }

    #[test]
    fn names_stay_in_their_segment() {
        assert_eq!(escape("a/b?c#d%e"), "a%2Fb%3Fc%23d%25e");
        assert_eq!(path("src/a b.rs"), "src/a%20b.rs");
    }
}
