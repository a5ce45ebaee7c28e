//! What words of a text refer to: `#12`, `owner/repo#12`, `@login`, a commit. Whether it exists is asked elsewhere.

use std::ops::Range;

use crate::model::OwnerName;
use crate::model::RepoName;

/// What a word refers to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reference {
    /// An issue or a pull request.
    Issue {
        /// Owner and name of the repository; none for the one in which the text stands.
        repo: Option<(OwnerName, RepoName)>,
        /// Its number.
        number: i64,
    },
    /// A person, an organisation or a program.
    Person(OwnerName),
    /// A commit: 7 to 40 hexadecimal digits.
    Commit(String),
}

/// A reference and where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// Bytes of the text.
    pub at: Range<usize>,
    /// What they refer to.
    pub reference: Reference,
}

/// Words before `#12` that ask for it to be closed.
const CLOSES: [&str; 9] = ["close", "closes", "closed", "fix", "fixes", "fixed", "resolve", "resolves", "resolved"];

/// The references of a stretch of plain text, in order.
pub fn find(text: &str) -> Vec<Found> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(c) = text[at..].chars().next() {
        let free = text[..at].chars().next_back().is_none_or(|before| !sticks(before));
        let word = &text[at..at + run(&text[at..])];
        let (length, reference) = match c {
            '#' if free => numbered(&text[at + 1..]).map(|(length, number)| (length + 1, issue(None, number))),
            '@' if free => person(&text[at + 1..]).map(|(length, name)| (length + 1, Reference::Person(name))),
            _ if word.is_empty() || !free => None,
            _ => named(word, &text[at + word.len()..]),
        }
        .map_or((0, None), |(length, reference)| (length, Some(reference)));
        if let Some(reference) = reference {
            found.push(Found { at: at..at + length, reference });
            at += length;
        } else {
            at += word.len().max(c.len_utf8());
        }
    }
    found
}

/// Numbers of issues of the same repository that a stretch of plain text asks to be closed: `fixes #12`.
pub fn closes(text: &str) -> Vec<i64> {
    let asked = |found: Found| {
        let Reference::Issue { repo: None, number } = found.reference else { return None };
        let before = text[..found.at.start].strip_suffix([' ', '\t', '\n'])?.trim_end();
        let before = before.strip_suffix(':').unwrap_or(before);
        let word = before.rsplit(|c: char| !c.is_alphanumeric() && c != '_' && c != '-').next()?.to_ascii_lowercase();
        CLOSES.contains(&word.as_str()).then_some(number)
    };
    find(text).into_iter().filter_map(asked).collect()
}

fn issue(repo: Option<(OwnerName, RepoName)>, number: i64) -> Reference {
    Reference::Issue { repo, number }
}

/// Whether a reference that follows this character directly is part of a longer word.
fn sticks(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '-' | '/' | '.' | '#' | '@' | '&' | '=' | '?')
}

/// How long the word is that begins here: letters, digits and what names hold.
fn run(text: &str) -> usize {
    text.find(|c: char| !c.is_ascii_alphanumeric() && !matches!(c, '_' | '-' | '.' | '/')).unwrap_or(text.len())
}

/// A number that begins here and is no part of a longer word.
fn numbered(text: &str) -> Option<(usize, i64)> {
    let length = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let follows = text[length..].chars().next();
    if length == 0 || length > 12 || follows.is_some_and(|c| c.is_alphanumeric() || c == '_') {
        return None;
    }
    text[..length].parse().ok().filter(|number| *number > 0).map(|number| (length, number))
}

fn person(text: &str) -> Option<(usize, OwnerName)> {
    let word = &text[..run(text)];
    if word.contains('/') {
        return None;
    }
    let name = word.trim_end_matches(['.', '-', '_']);
    name.parse().ok().map(|parsed| (name.len(), parsed))
}

/// `owner/repo` before `#12`, or a commit.
fn named(word: &str, rest: &str) -> Option<(usize, Reference)> {
    if let Some(rest) = rest.strip_prefix('#') {
        let (owner, name) = word.split_once('/')?;
        let (length, number) = numbered(rest)?;
        let repo = (owner.parse().ok()?, name.parse().ok()?);
        return Some((word.len() + 1 + length, issue(Some(repo), number)));
    }
    let id = word.trim_end_matches(['.', '-', '_']);
    let hex = id.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    let stands = rest.chars().next().is_none_or(|c| !c.is_alphanumeric() && c != '@');
    (hex && stands && (7..=40).contains(&id.len())).then(|| (id.len(), Reference::Commit(id.to_owned())))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &[&str]) {
        let found = find(text);
        let shown: Vec<&str> = found.iter().map(|one| &text[one.at.clone()]).collect();
        assert_eq!(shown, expected, "{text}");
    }

    #[test]
    fn references_are_whole_words() {
        check("#12, (#3) and #4.", &["#12", "#3", "#4"]);
        check("a#12 ##1 #12a #0 #é &#39; #", &[]);
        check("acme/slug#7 and x/y/z#8 /a/b#9 b#9", &["acme/slug#7"]);
        check("@ada @grace-h. thanks, @o_x!", &["@ada", "@grace-h", "@o_x"]);
        check("mail ada@example.com or @acme/team", &[]);
        check("in 1234567, not 123456 or 1234567z", &["1234567"]);
        check(
            "0123456789abcdef0123456789abcdef01234567. See src/deadbee1",
            &["0123456789abcdef0123456789abcdef01234567"],
        );
        check("é#1 日本#2 → #3", &["#3"]);
    }

    #[test]
    fn words_before_a_number_ask_for_it_to_be_closed() {
        assert_eq!(closes("Fixes #1, closed: #2; resolve\n#3 and #4"), [1, 2, 3]);
        assert_eq!(closes("prefix #1, unfixed #2, fixes acme/slug#3, fixes#4, hot-fix #5"), [0i64; 0]);
        assert_eq!(closes("This FIXED #9"), [9]);
    }
}
