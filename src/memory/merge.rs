//! Joins two changes of one record, key by key, where that is safe: a merge driver for records. Pure.
//!
//! Each key of the frontmatter (or of a YAML record) is decided by itself: whoever changed it wins; lists that both changed
//! get what either added and lose what either removed; of two days the later one is `updated`. The text below is joined line by
//! line. What both changed otherwise is a conflict that everybody sees, between the usual marks.
//!
//! Keys keep their own lines: comments and the way that a value is written stay as they are.

use std::collections::BTreeMap;

use crate::catalog::document::frontmatter;
use crate::catalog::tree;
use crate::catalog::tree::Kind;
use crate::catalog::tree::Node;

/// What joining gave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Merged {
    /// The whole file; with marks where it could not be decided.
    pub text: String,
    /// Keys that both changed, and `text` for the lines below. Empty when everything was decided.
    pub conflicts: Vec<String>,
}

/// Lists whose items are each added or removed by themselves.
const SETS: [&str; 10] =
    ["owners", "aliases", "tags", "repos", "related", "edges", "sources", "cites", "commits", "evidence"];

/// Joins what became of a file on two sides.
pub fn merge(base: &str, ours: &str, theirs: &str) -> Merged {
    if ours == theirs || theirs == base {
        return Merged { text: ours.to_owned(), conflicts: Vec::new() };
    }
    if ours == base {
        return Merged { text: theirs.to_owned(), conflicts: Vec::new() };
    }
    let sides = [base, ours, theirs].map(Parts::of);
    match &sides {
        [Some(base), Some(ours), Some(theirs)] if base.fenced == ours.fenced && ours.fenced == theirs.fenced => {
            by_key(base, ours, theirs)
        }
        _ => {
            let (text, good) = by_line(base, ours, theirs);
            Merged { text, conflicts: if good { Vec::new() } else { vec!["text".into()] } }
        }
    }
}

/// A file as the lines of its keys and the text below.
struct Parts<'a> {
    /// Whether the keys stand between `---`.
    fenced: bool,
    /// Lines before the first key: comments.
    lead: &'a str,
    /// Each key with its lines and its value, in order.
    keys: Vec<(String, &'a str, Node)>,
    body: &'a str,
}

impl<'a> Parts<'a> {
    fn of(text: &'a str) -> Option<Self> {
        let (yaml, body, fenced) = match frontmatter(text) {
            Some((yaml, body)) => (yaml, body, true),
            None => (text, "", false),
        };
        let Kind::Map(entries) = tree::parse(yaml).ok()?.kind else { return None };
        let mut starts = Vec::new();
        for (key, _) in &entries {
            // A key inside of `{…}` has no lines of its own.
            let start = yaml.split_inclusive('\n').take(key.at.line - 1).map(str::len).sum::<usize>();
            if key.at.column != 1 || starts.last().is_some_and(|last| *last >= start) {
                return None;
            }
            starts.push(start);
        }
        let lead = &yaml[..*starts.first()?];
        let ends = starts.iter().skip(1).copied().chain([yaml.len()]);
        let spans: Vec<(usize, usize)> = starts.iter().copied().zip(ends).collect();
        let keys = entries.into_iter().zip(spans).map(|((key, value), (from, to))| (key.text, &yaml[from..to], value));
        Some(Self { fenced, lead, keys: keys.collect(), body })
    }

    fn get(&self, name: &str) -> Option<(&'a str, &Node)> {
        self.keys.iter().find(|(key, _, _)| key == name).map(|(_, lines, value)| (*lines, value))
    }
}

fn by_key(base: &Parts<'_>, ours: &Parts<'_>, theirs: &Parts<'_>) -> Merged {
    let mut names: Vec<&str> = ours.keys.iter().map(|(name, _, _)| name.as_str()).collect();
    names.extend(theirs.keys.iter().map(|(name, _, _)| name.as_str()).filter(|name| ours.get(name).is_none()));
    let mut conflicts = Vec::new();
    let mut yaml = if ours.lead == base.lead { theirs.lead } else { ours.lead }.to_owned();
    for name in names {
        let (lines, good) = key(name, base.get(name), ours.get(name), theirs.get(name));
        yaml.push_str(&lines);
        if !yaml.is_empty() && !yaml.ends_with('\n') {
            yaml.push('\n');
        }
        if !good {
            conflicts.push(name.to_owned());
        }
    }
    let (body, good) = by_line(base.body, ours.body, theirs.body);
    if !good {
        conflicts.push("text".into());
    }
    let text = if ours.fenced { format!("---\n{yaml}---\n{body}") } else { yaml };
    Merged { text, conflicts }
}

type Side<'a> = Option<(&'a str, &'a Node)>;

/// The lines of one key, and whether it could be decided.
fn key(name: &str, base: Side<'_>, ours: Side<'_>, theirs: Side<'_>) -> (String, bool) {
    let value = |side: Side<'_>| side.map(|(_, node)| plain(node));
    let lines = |side: Side<'_>| side.map(|(lines, _)| lines.to_owned()).unwrap_or_default();
    if value(ours) == value(theirs) || value(theirs) == value(base) {
        return (lines(ours), true);
    }
    if value(ours) == value(base) {
        return (lines(theirs), true);
    }
    if name == "updated"
        && let (Some(one), Some(other)) = (value(ours), value(theirs))
    {
        return (lines(if one >= other { ours } else { theirs }), true);
    }
    if SETS.contains(&name)
        && let Some(joined) = set(base, ours, theirs)
    {
        return (joined_lines(name, &joined), true);
    }
    (conflict(&lines(ours), &lines(theirs)), false)
}

/// What either side added, without what either removed; in our order, then theirs.
fn set(base: Side<'_>, ours: Side<'_>, theirs: Side<'_>) -> Option<Vec<String>> {
    let items = |side: Side<'_>| match side {
        None => Some(Vec::new()),
        Some((_, Node { kind: Kind::List(items), .. })) => Some(items.iter().map(plain).collect::<Vec<String>>()),
        Some((_, Node { kind: Kind::Null, .. })) => Some(Vec::new()),
        Some(_) => None,
    };
    let (base, ours, theirs) = (items(base)?, items(ours)?, items(theirs)?);
    let kept = ours.iter().filter(|item| theirs.contains(item) || !base.contains(item));
    let added = theirs.iter().filter(|item| !ours.contains(item) && !base.contains(item));
    Some(kept.chain(added).cloned().collect())
}

fn joined_lines(name: &str, items: &[String]) -> String {
    let short = items.iter().map(String::len).sum::<usize>() < 80 && items.iter().all(|item| !item.starts_with('{'));
    if short {
        return format!("{name}: [{}]\n", items.join(", "));
    }
    let lines: String = items.iter().map(|item| format!("- {item}\n")).collect();
    format!("{name}:\n{lines}")
}

/// A value as YAML on one line, the same for equal values.
fn plain(node: &Node) -> String {
    match &node.kind {
        Kind::Null => "~".into(),
        Kind::Bool(value) => value.to_string(),
        Kind::Number(value) => value.to_string(),
        Kind::Text(text) => quoted(text),
        Kind::List(items) => format!("[{}]", items.iter().map(plain).collect::<Vec<_>>().join(", ")),
        Kind::Map(entries) => {
            let sorted: BTreeMap<&str, &Node> = entries.iter().map(|(key, value)| (key.text.as_str(), value)).collect();
            let pairs: Vec<String> =
                sorted.into_iter().map(|(key, value)| format!("{}: {}", quoted(key), plain(value))).collect();
            format!("{{{}}}", pairs.join(", "))
        }
    }
}

/// Text that can stand without quotes does.
fn quoted(text: &str) -> String {
    let first = text.starts_with(|c: char| c.is_ascii_alphabetic());
    let safe = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '/' | '.');
    // A colon that no blank follows is a letter like any other.
    let plain = first && text.chars().all(|c| safe(c) || c == ':') && !text.ends_with(':');
    let word = !matches!(text.to_ascii_lowercase().as_str(), "null" | "true" | "false");
    if plain && word { text.to_owned() } else { serde_json::Value::from(text).to_string() }
}

fn conflict(ours: &str, theirs: &str) -> String {
    let end = |text: &str| if text.is_empty() || text.ends_with('\n') { "" } else { "\n" };
    format!("<<<<<<< ours\n{ours}{}=======\n{theirs}{}>>>>>>> theirs\n", end(ours), end(theirs))
}

/// Joins texts line by line, and says whether it could be decided everywhere.
fn by_line(base: &str, ours: &str, theirs: &str) -> (String, bool) {
    if ours == theirs || theirs == base {
        return (ours.to_owned(), true);
    }
    if ours == base {
        return (theirs.to_owned(), true);
    }
    let lines = |text: &'_ str| -> Vec<String> { text.split_inclusive('\n').map(str::to_owned).collect() };
    let (base_lines, our_lines, their_lines) = (lines(base), lines(ours), lines(theirs));
    let (mine, others) = (hunks(base, ours), hunks(base, theirs));
    let mut text = String::new();
    let mut good = true;
    let (mut at, mut one, mut other) = (0, 0, 0);
    while one < mine.len() || other < others.len() {
        let start = mine
            .get(one)
            .map_or(usize::MAX, |hunk| hunk.from)
            .min(others.get(other).map_or(usize::MAX, |hunk| hunk.from));
        base_lines[at..start].iter().for_each(|line| text.push_str(line));
        // All hunks that touch each other belong together.
        let (first_one, first_other, mut end) = (one, other, start);
        loop {
            let touches = |hunk: Option<&Hunk>| hunk.is_some_and(|hunk| hunk.from <= end);
            if touches(mine.get(one)) {
                end = end.max(mine[one].to);
                one += 1;
            } else if touches(others.get(other)) {
                end = end.max(others[other].to);
                other += 1;
            } else {
                break;
            }
        }
        let side = |hunks: &[Hunk], side: &[String], all: &[Hunk], first: usize| {
            let before: isize = all[..first].iter().map(Hunk::growth).sum();
            let within: isize = hunks.iter().map(Hunk::growth).sum();
            let from = usize::try_from(start as isize + before).expect("hunks lie in their text");
            let to = usize::try_from(end as isize + before + within).expect("hunks lie in their text");
            side[from..to].concat()
        };
        let a = side(&mine[first_one..one], &our_lines, &mine, first_one);
        let b = side(&others[first_other..other], &their_lines, &others, first_other);
        if first_other == other || a == b {
            text.push_str(&a);
        } else if first_one == one {
            text.push_str(&b);
        } else {
            good = false;
            text.push_str(&conflict(&a, &b));
        }
        at = end;
    }
    base_lines[at..].iter().for_each(|line| text.push_str(line));
    (text, good)
}

/// Lines of the base that a side replaced.
struct Hunk {
    from: usize,
    to: usize,
    new: usize,
}

impl Hunk {
    fn growth(&self) -> isize {
        self.new as isize - (self.to - self.from) as isize
    }
}

fn hunks(base: &str, side: &str) -> Vec<Hunk> {
    let input = imara_diff::InternedInput::new(base, side);
    let mut diff = imara_diff::Diff::compute(imara_diff::Algorithm::Histogram, &input);
    diff.postprocess_lines(&input);
    let hunk = |hunk: imara_diff::Hunk| Hunk {
        from: hunk.before.start as usize,
        to: hunk.before.end as usize,
        new: (hunk.after.end - hunk.after.start) as usize,
    };
    diff.hunks().map(hunk).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const BASE: &str = "---\nid: runbook:a\nkind: Runbook\ntitle: A # short\nstatus: active\ntags: [one, two]\nupdated: 2026-01-01\n---\n# A\n\none\n\ntwo\n";

    #[test]
    fn each_key_is_decided_by_itself() {
        let ours = BASE
            .replace("status: active", "status: deprecated")
            .replace("2026-01-01", "2026-03-01")
            .replace("one\n", "ONE\n");
        let theirs = BASE
            .replace("title: A # short", "title: Alpha")
            .replace("2026-01-01", "2026-02-01")
            .replace("two\n", "TWO\n");
        let merged = merge(BASE, &ours, &theirs);
        assert_eq!(merged.conflicts, Vec::<String>::new());
        let expected = BASE
            .replace("status: active", "status: deprecated")
            .replace("title: A # short", "title: Alpha")
            .replace("2026-01-01", "2026-03-01")
            .replace("one\n", "ONE\n")
            .replace("two\n", "TWO\n");
        assert_eq!(merged.text, expected);
    }

    #[test]
    fn lists_get_what_either_added_and_lose_what_either_removed() {
        let ours = BASE.replace("[one, two]", "[one, two, three]");
        let theirs = BASE.replace("[one, two]", "[two, \"f o u r\"]");
        let merged = merge(BASE, &ours, &theirs);
        assert!(merged.text.contains("\ntags: [two, three, \"f o u r\"]\n"), "{}", merged.text);
        assert!(merged.conflicts.is_empty());
        let edges =
            |to: &str| BASE.replace("tags: [one, two]", &format!("edges:\n- {{kind: related, to: service:{to}}}"));
        let merged = merge(BASE, &edges("a"), &edges("b"));
        assert!(
            merged.text.contains("edges:\n- {kind: related, to: service:a}\n- {kind: related, to: service:b}\n"),
            "{}",
            merged.text
        );
    }

    #[test]
    fn what_both_changed_is_a_conflict_that_everybody_sees() {
        let ours = BASE.replace("title: A # short", "title: Ours").replace("one\n", "ours\n");
        let theirs = BASE.replace("title: A # short", "title: Theirs").replace("one\n", "theirs\n");
        let merged = merge(BASE, &ours, &theirs);
        assert_eq!(merged.conflicts, ["title", "text"]);
        assert!(
            merged.text.contains("<<<<<<< ours\ntitle: Ours\n=======\ntitle: Theirs\n>>>>>>> theirs\n"),
            "{}",
            merged.text
        );
        assert!(merged.text.contains("<<<<<<< ours\nours\n=======\ntheirs\n>>>>>>> theirs\n"), "{}", merged.text);
    }

    #[test]
    fn yaml_records_and_free_notes_are_joined_too() {
        let base = "id: team:a\nkind: Team\ntitle: A\nstatus: active\n";
        let merged = merge(base, &base.replace("title: A", "title: B"), &format!("{base}tags: [x]\n"));
        assert_eq!(
            (merged.text.as_str(), merged.conflicts.len()),
            ("id: team:a\nkind: Team\ntitle: B\nstatus: active\ntags: [x]\n", 0)
        );
        let merged = merge("a\nb\nc\n", "A\nb\nc\n", "a\nb\nc\nd\n");
        assert_eq!((merged.text.as_str(), merged.conflicts.len()), ("A\nb\nc\nd\n", 0));
        assert_eq!(merge("a\n", "b\n", "c\n").conflicts, ["text"]);
        // Somebody removed a key, somebody else left it alone.
        let merged = merge(BASE, &BASE.replace("tags: [one, two]\n", ""), &BASE.replace("two\n", "2\n"));
        assert!(!merged.text.contains("tags") && merged.text.ends_with("2\n") && merged.conflicts.is_empty());
    }
}
