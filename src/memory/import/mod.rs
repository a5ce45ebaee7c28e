//! Turns what is no part of a brain into files of one: files of a repository, and what a finished run left. Pure: reads nothing,
//! and the same source gives the same file.
//!
//! Each file names where it comes from in `sources`, and by [`Draft::key`] the bytes that it was made of, so that a second import
//! knows it again wherever it was moved to.

mod decision;
mod run;

pub use run::Artefact;
pub use run::Finished;
pub use run::Tier;
pub use run::episode;

use serde_json::Value;
use serde_json::json;

use crate::kit::secretlike;
use crate::kit::text::visible_line;
use crate::memory::Day;

/// Folders of records of decisions, below any other folder.
const DECISIONS: [&str; 10] = [
    "adr",
    "adrs",
    "docs/adr",
    "docs/adrs",
    "doc/adr",
    "docs/decisions",
    "doc/decisions",
    "docs/architecture/decisions",
    "doc/architecture/decisions",
    "docs/architecture-decisions",
];

/// The longest file that is taken over.
pub const LARGEST: u64 = 200 * 1024;

/// A file of a repository.
#[derive(Clone, Debug)]
pub struct Source {
    /// `owner/name`.
    pub repo: String,
    /// The commit that it is read at.
    pub commit: String,
    /// Its path.
    pub path: String,
    /// Its blob.
    pub blob: String,
    /// What it says.
    pub text: String,
}

/// What becomes of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sort {
    /// A record of a decision.
    Decision,
    /// `AGENTS.md` and `MEMORY.md`: how things are done.
    Practice,
    /// A note.
    Note,
}

/// A file of a brain that an import makes.
#[derive(Clone, Debug, PartialEq)]
pub struct Draft {
    /// Its path in the brain.
    pub path: String,
    /// The id of its record; none for a note.
    pub id: Option<String>,
    /// Its title.
    pub title: String,
    /// All of it.
    pub text: String,
    /// Where it comes from: `owner/name@commit:path`, or `run:id`.
    pub from: String,
    /// What names the bytes that it was made of. Stands in the file.
    pub key: String,
    /// Stretches that looked like secrets and were taken out.
    pub redacted: usize,
}

/// Who imports, and when.
#[derive(Clone, Debug)]
pub struct Maker {
    /// Their login: they look after what they import until somebody else does.
    pub login: String,
    /// The day.
    pub today: Day,
}

/// What becomes of a file at a path; none when it is not taken over. `notes` is a folder whose files are notes.
pub fn sort_of(path: &str, notes: Option<&str>) -> Option<Sort> {
    let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
    if path.split('/').any(|segment| segment.starts_with('.')) {
        return None;
    }
    let lower = name.to_lowercase();
    let (stem, extension) = lower.rsplit_once('.')?;
    if !matches!(extension, "md" | "markdown" | "txt") {
        return None;
    }
    if matches!(name, "AGENTS.md" | "MEMORY.md") {
        return Some(Sort::Practice);
    }
    let holds_decisions =
        DECISIONS.iter().any(|known| folder == *known || folder.ends_with(&format!("/{known}")) && known.contains('/'));
    if holds_decisions && extension == "md" {
        let other = matches!(stem, "readme" | "index" | "template") || stem.ends_with("template");
        return (!other).then_some(Sort::Decision);
    }
    let below = |notes: &str| notes.is_empty() || path.strip_prefix(notes).is_some_and(|rest| rest.starts_with('/'));
    notes.filter(|notes| below(notes)).map(|_| Sort::Note)
}

/// The file that a source becomes.
pub fn draft(source: &Source, sort: Sort, maker: &Maker) -> Draft {
    let (text, redacted) = secretlike::redact(&source.text);
    let repo = source.repo.rsplit_once('/').map_or(source.repo.as_str(), |(_, name)| name);
    let stem = source.path.rsplit_once('.').map_or(source.path.as_str(), |(stem, _)| stem);
    let from = format!("{}@{}:{}", source.repo, source.commit, source.path);
    let key = format!("{}@{}:{}", source.repo, source.blob, source.path);
    let record = |folder: &str, kind: &str, name: &str, title: &str, status: &str, updated: String| {
        let slug = slug(&format!("{repo}-{name}"));
        let id = format!("{}:{slug}", kind.to_lowercase());
        let header = [
            ("id", json!(id)),
            ("kind", json!(kind)),
            ("title", json!(title)),
            ("status", json!(status)),
            ("owners", json!([format!("@{}", maker.login)])),
            ("updated", json!(updated)),
            ("repos", json!([source.repo])),
            ("sources", json!([from])),
            ("cites", json!([key])),
        ];
        (format!("{folder}/{slug}.md"), Some(id), self::header(&header))
    };
    let (title, body, (path, id, header)) = match sort {
        Sort::Decision => {
            let decision = decision::read(&text);
            let title = decision.title.clone().unwrap_or_else(|| title_of(stem));
            let name = stem.rsplit('/').next().unwrap_or(stem);
            let updated = decision.date.map_or_else(|| maker.today.to_string(), |day| day.to_string());
            let made = record("decisions", "Decision", name, &title, decision.status, updated);
            (title, decision.body, made)
        }
        Sort::Practice => {
            let title = format!("{} of {}", source.path, source.repo);
            let made = record("practices", "Practice", stem, &title, "active", maker.today.to_string());
            (title, text, made)
        }
        Sort::Note => {
            let title = heading(&text).unwrap_or_else(|| title_of(stem));
            let header = [("title", json!(title)), ("sources", json!([from])), ("cites", json!([key]))];
            let path = format!("notes/{}/{}.md", slug(repo), path_slug(stem));
            (title, without_frontmatter(&text).to_owned(), (path, None, self::header(&header)))
        }
    };
    Draft { path, id, title, text: format!("{header}{}\n", body.trim_end()), from, key, redacted }
}

/// Frontmatter. JSON is YAML: whatever somebody wrote into a value stays a string.
pub fn header(lines: &[(&str, Value)]) -> String {
    let lines: String = lines.iter().map(|(key, value)| format!("{key}: {value}\n")).collect();
    format!("---\n{lines}---\n")
}

/// The first heading of a text, in a line.
fn heading(text: &str) -> Option<String> {
    let line = text.lines().find_map(|line| line.strip_prefix("# "))?;
    let line = visible_line(line.trim(), 160);
    (!line.is_empty()).then_some(line)
}

/// `0007-use-rust` is called `use rust`.
fn title_of(stem: &str) -> String {
    let name = stem.rsplit('/').next().unwrap_or(stem);
    let words = name.trim_start_matches(|c: char| c.is_ascii_digit() || c == '-' || c == '_').replace(['-', '_'], " ");
    let title = visible_line(words.trim(), 160);
    if title.is_empty() { visible_line(name, 160) } else { title }
}

/// Lower-case letters, digits and `-`.
fn slug(text: &str) -> String {
    let mut slug = String::new();
    for c in text.chars() {
        match c.to_ascii_lowercase() {
            c if c.is_ascii_alphanumeric() => slug.push(c),
            _ if slug.ends_with('-') || slug.is_empty() => {}
            _ => slug.push('-'),
        }
    }
    let slug = slug.trim_end_matches('-');
    let slug = slug.get(..slug.len().min(100)).unwrap_or(slug).trim_end_matches('-');
    if slug.is_empty() { "file".to_owned() } else { slug.to_owned() }
}

/// The same for each segment of a path.
fn path_slug(path: &str) -> String {
    path.split('/').map(slug).collect::<Vec<_>>().join("/")
}

/// A text without the frontmatter of another tool.
fn without_frontmatter(text: &str) -> &str {
    let Some(rest) = text.strip_prefix("---\n") else { return text };
    match rest.find("\n---\n") {
        Some(end) => rest[end + 5..].trim_start_matches('\n'),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn draft_of(path: &str, text: &str, notes: Option<&str>) -> Draft {
        let source = Source {
            repo: "acme/shop".into(),
            commit: "c".repeat(40),
            path: path.into(),
            blob: "b".repeat(40),
            text: text.into(),
        };
        let maker = Maker { login: "ada".into(), today: "2027-01-15".parse().expect("a day") };
        draft(&source, sort_of(path, notes).expect("it is taken over"), &maker)
    }

    #[test]
    fn files_are_taken_over_by_their_names_and_folders() {
        for (path, sort) in [
            ("AGENTS.md", Some(Sort::Practice)),
            ("shop/MEMORY.md", Some(Sort::Practice)),
            ("docs/adr/0001-use-rust.md", Some(Sort::Decision)),
            ("api/doc/architecture/decisions/2.md", Some(Sort::Decision)),
            ("docs/adr/README.md", None),
            ("docs/adr/adr-template.md", None),
            ("docs/adr/drawing.png", None),
            (".github/AGENTS.md", None),
            ("wiki/a/b.txt", Some(Sort::Note)),
            ("wikipedia/b.md", None),
            ("README.md", None),
        ] {
            assert_eq!(sort_of(path, Some("wiki")), sort, "{path}");
        }
    }

    #[test]
    fn what_is_made_is_a_valid_brain() {
        let drafts = [
            draft_of(
                "docs/adr/0001-use-rust.md",
                "# 1. Use \"Rust\": now\n\nDate: 2020-01-02\n\n## Status\n\nAccepted\n",
                None,
            ),
            draft_of("AGENTS.md", "Run `make test`.\n", None),
            draft_of("wiki/Käse/x.md", "---\ntags: [a]\n---\n# Cheese\n\nGood.\n", Some("wiki")),
        ];
        let raw = |draft: &Draft| crate::memory::RawFile {
            path: draft.path.clone().into_bytes(),
            found: crate::memory::brain::Found::Bytes(draft.text.clone().into_bytes()),
        };
        let brain = crate::memory::Brain::read(drafts.iter().map(raw).collect());
        assert_eq!(crate::memory::check::brain(&brain, None), []);
        let paths: Vec<&str> = drafts.iter().map(|draft| draft.path.as_str()).collect();
        assert_eq!(paths, ["decisions/shop-0001-use-rust.md", "practices/shop-agents.md", "notes/shop/wiki/k-se/x.md"]);
        assert!(drafts[0].text.contains("updated: \"2020-01-02\"") && drafts[0].text.contains("status: \"accepted\""));
        assert!(drafts.iter().all(|draft| draft.text.contains(&draft.key) && draft.text.contains(&draft.from)));
        assert_eq!(drafts[2].title, "Cheese");
    }

    #[test]
    fn what_looks_like_a_secret_is_taken_out() {
        let token = format!("ghp_{}", "a1B2".repeat(9));
        let made = draft_of("MEMORY.md", &format!("The token is {token}.\n"), None);
        assert_eq!((made.redacted, made.text.contains(&token)), (1, false), "{}", made.text);
    }
}
