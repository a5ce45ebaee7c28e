//! `CODEOWNERS`, line by line: a pattern of paths and who owns what it matches.

use std::fmt;

use crate::forge::embedded::owners::pattern::Pattern;
use crate::kit::text::visible_line;

/// The most lines that are read.
const MOST_LINES: usize = 5000;

/// A file of code owners.
#[derive(Clone, Debug, Default)]
pub struct OwnersFile {
    rules: Vec<Rule>,
    /// What is wrong in it, by line.
    pub faults: Vec<Fault>,
}

/// A line that cannot be taken as it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Which line, from one.
    pub line: usize,
    /// What is wrong.
    pub message: String,
}

/// Whom a line names.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Owner {
    /// `@ada`
    Person(String),
    /// `@acme/platform`
    Team(String, String),
}

#[derive(Clone, Debug)]
struct Rule {
    line: usize,
    pattern: Pattern,
    owners: Vec<Owner>,
}

/// Reads the text of a file. A line with a fault is left out, and told.
pub(super) fn read(text: &str) -> OwnersFile {
    let mut file = OwnersFile::default();
    for (index, line) in text.lines().enumerate() {
        let number = index + 1;
        if index >= MOST_LINES {
            file.faults.push(Fault { line: number, message: format!("Lines after {MOST_LINES} are not read") });
            break;
        }
        match read_line(line) {
            Ok(Some((pattern, owners))) => file.rules.push(Rule { line: number, pattern, owners }),
            Ok(None) => {}
            Err(message) => file.faults.push(Fault { line: number, message }),
        }
    }
    file
}

/// The pattern and the owners of a line; none for one that says nothing.
fn read_line(line: &str) -> Result<Option<(Pattern, Vec<Owner>)>, String> {
    let words = words(line);
    let Some((pattern, rest)) = words.split_first() else { return Ok(None) };
    let pattern = Pattern::read(pattern)?;
    let owners = rest.iter().map(|word| owner(word)).collect::<Result<Vec<_>, _>>()?;
    Ok(Some((pattern, owners)))
}

/// Words between white space, up to a comment. A backslash keeps the space or the `#` behind it.
fn words(line: &str) -> Vec<String> {
    let (mut words, mut word, mut letters) = (Vec::new(), String::new(), line.chars().peekable());
    while let Some(letter) = letters.next() {
        match letter {
            '\\' if matches!(letters.peek(), Some(' ' | '#')) => word.extend(letters.next()),
            '#' if word.is_empty() => break,
            letter if letter.is_whitespace() => {
                if !word.is_empty() {
                    words.push(std::mem::take(&mut word));
                }
            }
            letter => word.push(letter),
        }
    }
    if !word.is_empty() {
        words.push(word);
    }
    words
}

fn owner(word: &str) -> Result<Owner, String> {
    let shown = visible_line(word, 60);
    let Some(name) = word.strip_prefix('@') else {
        return Err(format!("`{shown}` is no owner: write `@name` or `@organisation/team`"));
    };
    let good = |part: &str| !part.is_empty() && part.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c));
    match name.split_once('/') {
        None if good(name) => Ok(Owner::Person(name.to_owned())),
        Some((organisation, team)) if good(organisation) && good(team) => {
            Ok(Owner::Team(organisation.to_owned(), team.to_owned()))
        }
        _ => Err(format!("`{shown}` is no owner: write `@name` or `@organisation/team`")),
    }
}

impl OwnersFile {
    /// A file that cannot be read at all.
    pub(super) fn broken(fault: Fault) -> Self {
        Self { rules: Vec::new(), faults: vec![fault] }
    }

    /// Who owns a path: whom the last line names that matches. Nobody, when that names nobody.
    pub fn of(&self, path: &str) -> &[Owner] {
        self.rules.iter().rev().find(|rule| rule.pattern.matches(path)).map_or(&[], |rule| &rule.owners)
    }

    /// Everybody whom it names, each once.
    pub(super) fn owners(&self) -> Vec<&Owner> {
        let mut owners: Vec<&Owner> = self.rules.iter().flat_map(|rule| &rule.owners).collect();
        owners.sort();
        owners.dedup();
        owners
    }

    /// The first line that names somebody.
    pub(super) fn line_of(&self, owner: &Owner) -> usize {
        self.rules.iter().find(|rule| rule.owners.contains(owner)).map_or(1, |rule| rule.line)
    }
}

impl fmt::Display for Owner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Person(name) => write!(f, "@{name}"),
            Self::Team(organisation, team) => write!(f, "@{organisation}/{team}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_line_that_matches_says_whose_it_is() {
        let file = read(
            "# who looks\n* @ada\n/src/ @acme/core @bob # the core\ndocs/* @cleo\n/src/free/\nmy\\ file.txt @dan\n",
        );
        assert_eq!(file.faults, []);
        let check = |path: &str, expect: &str| {
            let owners: Vec<String> = file.of(path).iter().map(ToString::to_string).collect();
            assert_eq!(owners.join(" "), expect, "{path}");
        };
        check("README.md", "@ada");
        check("src/main.rs", "@acme/core @bob");
        check("src/free/x.rs", "");
        check("docs/a.md", "@cleo");
        check("docs/deep/a.md", "@ada");
        check("my file.txt", "@dan");
    }

    #[test]
    fn a_line_with_a_fault_is_told_and_left_out() {
        let file = read("* @ada\n!src/ @bob\na.txt ada@example.org\nb.txt @\n/[ @cleo\nc.txt @a/b/c\n");
        let told: Vec<(usize, &str)> = file.faults.iter().map(|fault| (fault.line, fault.message.as_str())).collect();
        assert_eq!(told.iter().map(|(line, _)| *line).collect::<Vec<_>>(), [2, 3, 4, 5, 6], "{told:?}");
        assert!(told[1].1.starts_with("`ada@example.org` is no owner"), "{told:?}");
        assert_eq!(file.of("a.txt").len(), 1, "the line before counts");
    }
}
