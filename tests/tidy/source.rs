//! Reads the project's files the way the rules look at them: code without comments and words, words without code.
//!
//! This is a small lexer, not a parser. It knows comments, string and character literals, and where the tests of a file
//! begin; that is enough for every rule and has no opinion about syntax that the compiler checks anyway.

use std::fs;
use std::path::Path;

/// One file of the project.
pub struct Source {
    /// Path from the project's root, with `/` between its parts.
    pub path: String,
    /// The text as it stands.
    pub text: String,
    /// The text with comments and the insides of literals blanked; lines and columns stay where they were.
    pub code: String,
    /// String literals with the line that they start on.
    pub strings: Vec<(usize, String)>,
    /// The line that the tests begin on; past the last line when there are none.
    pub tests_from: usize,
}

impl Source {
    /// Takes a file apart. The path decides whether it is read as Rust or as a template.
    pub fn parse(path: &str, text: &str) -> Self {
        let (code, strings) = if path.ends_with(".rs") { blank_rust(text) } else { (blank_template(text), Vec::new()) };
        let tests_from = first_test_line(path, &code);
        Self { path: path.to_owned(), text: text.to_owned(), code, strings, tests_from }
    }

    /// The room that the file stands in: the folder or file directly under `src`, nothing for the crate's roots.
    pub fn room(&self) -> Option<&str> {
        let inside = self.path.strip_prefix("src/")?;
        let room = inside.split('/').next()?.trim_end_matches(".rs");
        (!matches!(room, "main" | "lib")).then_some(room)
    }

    /// The file's name without its ending.
    pub fn stem(&self) -> &str {
        let name = self.path.rsplit('/').next().unwrap_or(&self.path);
        name.split('.').next().unwrap_or(name)
    }

    /// Numbered lines of code, tests included.
    pub fn lines(&self) -> impl Iterator<Item = (usize, &str)> {
        self.code.lines().enumerate().map(|(index, line)| (index + 1, line))
    }

    /// Numbered lines of code before the tests.
    pub fn production(&self) -> impl Iterator<Item = (usize, &str)> {
        self.lines().take_while(|(number, _)| *number < self.tests_from)
    }

    /// Numbers of the lines of code that satisfy a predicate.
    pub fn lines_where(&self, holds: impl Fn(&str) -> bool) -> Vec<usize> {
        self.lines().filter(|(_, line)| holds(line)).map(|(number, _)| number).collect()
    }

    /// Numbers of the lines before the tests that satisfy a predicate.
    pub fn production_where(&self, holds: impl Fn(&str) -> bool) -> Vec<usize> {
        self.production().filter(|(_, line)| holds(line)).map(|(number, _)| number).collect()
    }
}

/// Reads every file with this ending under a folder of the project, in the order of their paths.
pub fn read_all(folder: &str, ending: &str) -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut found = Vec::new();
    collect(root, &root.join(folder), ending, &mut found);
    found.sort_by(|a: &Source, b| a.path.cmp(&b.path));
    found
}

/// Whether the line names this identifier or path, as a whole word and not as a part of a longer one.
pub fn names(line: &str, word: &str) -> bool {
    let part_of_word = |c: char| c.is_alphanumeric() || c == '_';
    line.match_indices(word)
        .any(|(at, _)| !line[..at].ends_with(part_of_word) && !line[at + word.len()..].starts_with(part_of_word))
}

fn collect(root: &Path, folder: &Path, ending: &str, found: &mut Vec<Source>) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let path = entry.path();
        if path.is_dir() {
            if !path.ends_with("node_modules") {
                collect(root, &path, ending, found);
            }
        } else if path.to_string_lossy().ends_with(ending) {
            let inside =
                path.strip_prefix(root).expect("collected under the root").to_string_lossy().replace('\\', "/");
            let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{inside}: cannot be read: {error}"));
            found.push(Source::parse(&inside, &text));
        }
    }
}

fn first_test_line(path: &str, code: &str) -> usize {
    if path.starts_with("tests/") || path.ends_with("/tests.rs") || path.contains("/tests/") {
        return 1;
    }
    let lines: Vec<&str> = code.lines().collect();
    let begins = |index: usize| {
        let after = || lines[index + 1..].iter().find(|line| !line.starts_with("#["));
        lines[index].starts_with("#[cfg(test)]")
            && after().is_some_and(|line| line.starts_with("mod ") && line.contains('{'))
    };
    (0..lines.len()).find(|index| begins(*index)).map_or(lines.len() + 1, |index| index + 1)
}

/// Blanks comments and the insides of literals, and gathers the strings.
fn blank_rust(text: &str) -> (String, Vec<(usize, String)>) {
    let chars: Vec<char> = text.chars().collect();
    let mut code = String::with_capacity(text.len());
    let mut strings = Vec::new();
    let mut line = 1;
    let mut at = 0;
    while at < chars.len() {
        let rest = &chars[at..];
        let (length, kept) = match rest {
            ['/', '/', ..] => (rest.iter().position(|c| *c == '\n').unwrap_or(rest.len()), 0),
            ['/', '*', ..] => (block_comment(rest), 0),
            ['\'', ..] => (character(rest), 1),
            _ => match string(rest, at.checked_sub(1).map(|before| chars[before])) {
                Some((opening, length, closing)) => {
                    strings.push((line, rest[opening..length - closing].iter().collect()));
                    (length, opening)
                }
                None => (1, 1),
            },
        };
        for (index, c) in rest[..length].iter().enumerate() {
            code.push(if *c == '\n' || index < kept { *c } else { ' ' });
            line += usize::from(*c == '\n');
        }
        at += length;
    }
    (code, strings)
}

/// The length of a block comment, which may hold others.
fn block_comment(rest: &[char]) -> usize {
    let mut depth = 0;
    let mut at = 0;
    while at < rest.len() {
        match rest[at..] {
            ['/', '*', ..] => (depth, at) = (depth + 1, at + 2),
            ['*', '/', ..] => (depth, at) = (depth - 1, at + 2),
            _ => at += 1,
        }
        if depth == 0 {
            break;
        }
    }
    at
}

/// The length of a character literal, or one for the tick of a lifetime.
fn character(rest: &[char]) -> usize {
    match rest {
        ['\'', '\\', _, tail @ ..] => tail.iter().position(|c| *c == '\'').map_or(1, |closing| closing + 4),
        ['\'', _, '\'', ..] => 3,
        _ => 1,
    }
}

/// Where a string literal at this place opens, its length, and the length of its closing.
fn string(rest: &[char], before: Option<char>) -> Option<(usize, usize, usize)> {
    if before.is_some_and(|c| c.is_alphanumeric() || c == '_') {
        return None;
    }
    let prefix = rest.iter().take(2).take_while(|c| matches!(c, 'b' | 'c' | 'r')).count();
    let hashes = rest[prefix..].iter().take_while(|c| **c == '#').count();
    if rest.get(prefix + hashes) != Some(&'"') || (hashes > 0 && !rest[..prefix].contains(&'r')) {
        return None;
    }
    let raw = rest[..prefix].contains(&'r');
    let opening = prefix + hashes + 1;
    let mut at = opening;
    while at < rest.len() {
        match rest[at] {
            '\\' if !raw => at += 2,
            '"' if rest[at + 1..].iter().take(hashes).filter(|c| **c == '#').count() == hashes => {
                return Some((opening, at + 1 + hashes, 1 + hashes));
            }
            _ => at += 1,
        }
    }
    None
}

/// Blanks the comments of a template, `{# … #}` and `<!-- … -->`.
fn blank_template(text: &str) -> String {
    let mut code = text.to_owned();
    for (opening, closing) in [("{#", "#}"), ("<!--", "-->")] {
        while let Some(from) = code.find(opening) {
            let to = code[from..].find(closing).map_or(code.len(), |found| from + found + closing.len());
            let blank: String = code[from..to].chars().map(|c| if c == '\n' { '\n' } else { ' ' }).collect();
            code.replace_range(from..to, &blank);
        }
    }
    code
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_loses_comments_and_words_but_keeps_its_lines() {
        let text =
            "let a = \"crate::x\"; // crate::y\n/* crate /* :: */ z */ let b = 'c'; let c: &'a str = r#\"q\"q\"#;\n";
        let source = Source::parse("src/kit/a.rs", text);
        assert!(!source.code.contains("crate"), "{}", source.code);
        assert!(source.code.contains("let c: &'a str"), "{}", source.code);
        assert_eq!(source.code.lines().count(), text.lines().count());
        assert_eq!(source.strings, vec![(1, "crate::x".to_owned()), (2, "q\"q".to_owned())]);
    }

    #[test]
    fn escaped_quotes_do_not_end_a_literal() {
        let source = Source::parse("src/kit/a.rs", r#"f("a\"b", '\'', '"', b"x", br"\"); gix()"#);
        assert!(names(&source.code, "gix"));
        assert_eq!(source.strings.len(), 3);
    }

    #[test]
    fn tests_begin_at_their_module_and_not_at_a_single_test_item() {
        let source = Source::parse("src/kit/a.rs", "#[cfg(test)]\nfn only() {}\n#[cfg(test)]\nmod tests {\n}\n");
        assert_eq!(source.tests_from, 3);
        assert_eq!(Source::parse("src/runs/tests.rs", "fn a() {}").tests_from, 1);
    }

    #[test]
    fn words_are_whole() {
        assert!(names("gix::open", "gix") && names("use gix;", "gix"));
        assert!(!names("prefix_gix", "gix") && !names("gixen", "gix"));
    }
}
