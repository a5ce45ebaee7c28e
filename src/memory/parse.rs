//! One file of a brain as entries: records, notes and loose edges, each with its lines, and what is wrong with the file.
//!
//! Looks at the path and the bytes alone.

use crate::catalog::Diagnostic;
use crate::catalog::document::Document;
use crate::catalog::document::frontmatter;
use crate::catalog::tree;
use crate::catalog::tree::Kind;
use crate::catalog::tree::Node;
use crate::catalog::tree::Position;
use crate::memory::Class;
use crate::memory::Edge;
use crate::memory::Record;
use crate::memory::RecordId;
use crate::memory::header;
use crate::memory::header::Header;
use crate::memory::header::Place;
use crate::memory::header::Sheet;
use crate::memory::layout::Form;
use crate::memory::markdown;
use crate::memory::markdown::Heading;

/// A file as it was read.
#[derive(Debug)]
pub struct Parsed {
    /// What it holds; empty when the file has an error.
    pub entries: Vec<Entry>,
    /// What is wrong with it.
    pub diagnostics: Vec<Diagnostic>,
    /// The file, for remarks on it.
    pub document: Document,
}

/// A record, a note, or edges that stand by themselves.
#[derive(Clone, Debug)]
pub struct Entry {
    /// What kind of thing it is.
    pub class: Class,
    /// The record; none for a note or loose edges.
    pub record: Option<Record>,
    /// For people.
    pub title: String,
    /// Other names.
    pub aliases: Vec<String>,
    /// Words to find it by.
    pub tags: Vec<String>,
    /// The headings in its text.
    pub headings: Vec<Heading>,
    /// First and last line, from 1.
    pub lines: (u32, u32),
    /// The first line of its text: what follows the frontmatter.
    pub text_from: u32,
    /// Edges that start here, or that stand here.
    pub edges: Vec<Edge>,
    /// Where each value stands.
    pub tree: Option<Node>,
    /// Where each edge stands, in the order of `edges`.
    pub edge_places: Vec<Position>,
}

/// Reads a file. A form that is not read gives nothing.
pub fn parse(path: &str, bytes: Vec<u8>) -> Parsed {
    let document = match Document::new(path, bytes) {
        Ok(document) => document,
        Err(diagnostic) => {
            let document = Document::new(path, Vec::new()).expect("nothing is UTF-8");
            return Parsed { entries: Vec::new(), diagnostics: vec![diagnostic], document };
        }
    };
    let (entries, diagnostics) = match Form::of(path) {
        Form::Markdown => markdown_file(&document),
        Form::Yaml => yaml_file(&document),
        Form::Ontology | Form::Other => (Vec::new(), Vec::new()),
    };
    Parsed { entries, diagnostics, document }
}

type Read = (Vec<Entry>, Vec<Diagnostic>);

fn last_line(text: &str) -> u32 {
    u32::try_from(text.lines().count().max(1)).unwrap_or(u32::MAX)
}

fn markdown_file(document: &Document) -> Read {
    let text = document.text();
    let Some((front, body)) = frontmatter(text) else {
        return (vec![note(document, 1, text, None)], Vec::new());
    };
    let text_from = last_line(&text[..text.len() - body.len()]) + 1;
    // The first line is blank so that positions count from the start of the file.
    let yaml = format!("\n{front}");
    let tree = match tree::parse(&yaml) {
        Ok(tree) if claims_to_be_a_record(&tree) => tree,
        // What another tool put there is none of our business; what was meant for us and is broken is.
        Err(broken) if front.lines().any(|line| line.starts_with("kind:")) => {
            return (Vec::new(), vec![document.error(broken.at, broken.message, broken.hint)]);
        }
        other => return (vec![note(document, text_from, body, other.ok().as_ref())], Vec::new()),
    };
    let class = match Class::of(&document.path) {
        Class::Note => Class::Document,
        class => class,
    };
    let read = document.read_tree::<Header>(header::schema(class), tree);
    let mut diagnostics = read.diagnostics;
    let (Some(value), Some(tree)) = (read.value, read.tree) else { return (Vec::new(), diagnostics) };
    let proved = value.prove(Place { document, tree: &tree });
    diagnostics.extend(proved.diagnostics);
    let Some((record, edges)) = proved.value else { return (Vec::new(), diagnostics) };
    let mut entry = of_record(class, record, edges, tree);
    entry.lines = (1, last_line(text));
    entry.text_from = text_from;
    entry.headings = markdown::headings(body, text_from);
    for (line, column, word) in markdown::mentions(body, text_from) {
        let id = entry.record.as_ref().map(|record| record.id.clone());
        if let (Some(from), Ok(to)) = (id, word.parse::<RecordId>()) {
            entry.edges.push(Edge { from, kind: "mentions".into(), to });
            entry.edge_places.push(Position { line: line as usize, column });
        }
    }
    (vec![entry], diagnostics)
}

/// Whether frontmatter was written for us: it has a kind, or an id of our form.
fn claims_to_be_a_record(tree: &Node) -> bool {
    let is_id = |node: &Node| matches!(&node.kind, Kind::Text(text) if text.contains(':'));
    tree.get("kind").is_some() || tree.get("id").is_some_and(is_id)
}

fn note(document: &Document, text_from: u32, body: &str, tree: Option<&Node>) -> Entry {
    let headings = markdown::headings(body, text_from);
    let named = tree.and_then(|tree| text_at(tree, "title"));
    let first = headings.iter().min_by_key(|heading| heading.level).map(|heading| heading.text.clone());
    let name = document.path.rsplit('/').next().unwrap_or_default();
    let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
    Entry {
        class: Class::Note,
        record: None,
        title: named.or(first).unwrap_or_else(|| stem.to_owned()),
        aliases: tree.map(|tree| texts_at(tree, "aliases")).unwrap_or_default(),
        tags: tree.map(|tree| texts_at(tree, "tags")).unwrap_or_default(),
        headings,
        lines: (1, last_line(document.text())),
        text_from,
        edges: Vec::new(),
        tree: None,
        edge_places: Vec::new(),
    }
}

fn text_at(tree: &Node, key: &str) -> Option<String> {
    match &tree.get(key)?.kind {
        Kind::Text(text) if !text.trim().is_empty() => Some(text.trim().to_owned()),
        _ => None,
    }
}

/// A list of texts, or one text between commas or blanks, as other tools write tags.
fn texts_at(tree: &Node, key: &str) -> Vec<String> {
    match tree.get(key).map(|node| &node.kind) {
        Some(Kind::List(items)) => {
            let text = |node: &Node| match &node.kind {
                Kind::Text(text) => Some(text.clone()),
                _ => None,
            };
            items.iter().filter_map(text).collect()
        }
        Some(Kind::Text(text)) => text.split([',', ' ']).filter(|word| !word.is_empty()).map(str::to_owned).collect(),
        _ => Vec::new(),
    }
}

fn yaml_file(document: &Document) -> Read {
    let class = Class::of(&document.path);
    let tree = match tree::parse(document.text()) {
        Ok(tree) => tree,
        Err(broken) => return (Vec::new(), vec![document.error(broken.at, broken.message, broken.hint)]),
    };
    if tree.get("records").is_none() && (tree.get("edges").is_none() || tree.get("id").is_some()) {
        let read = document.read_tree::<Header>(header::schema(class), tree);
        let mut diagnostics = read.diagnostics;
        let mut entries = Vec::new();
        if let (Some(value), Some(tree)) = (read.value, read.tree) {
            let proved = value.prove(Place { document, tree: &tree });
            diagnostics.extend(proved.diagnostics);
            entries.extend(proved.value.map(|(record, edges)| {
                let mut entry = of_record(class, record, edges, tree);
                entry.lines = (1, last_line(document.text()));
                entry
            }));
        }
        return (entries, diagnostics);
    }
    let read = document.read_tree::<Sheet>(header::sheet_schema(class), tree);
    let mut diagnostics = read.diagnostics;
    let (Some(sheet), Some(tree)) = (read.value, read.tree) else { return (Vec::new(), diagnostics) };
    let (records, loose) = (items(&tree, "records"), items(&tree, "edges"));
    let mut entries = Vec::new();
    for (value, tree) in sheet.records.into_iter().zip(records) {
        let proved = value.prove(Place { document, tree });
        diagnostics.extend(proved.diagnostics);
        entries.extend(proved.value.map(|(record, edges)| {
            let mut entry = of_record(class, record, edges, tree.clone());
            entry.lines.0 = line(tree.at);
            entry
        }));
    }
    let mut edges = Vec::new();
    for (value, tree) in sheet.edges.into_iter().zip(loose) {
        let proved = value.prove(Place { document, tree });
        diagnostics.extend(proved.diagnostics);
        edges.extend(proved.value.map(|edge| (edge, tree.at)));
    }
    end_each(&mut entries, document, loose);
    entries.extend(loose_edges(class, document, edges));
    (if diagnostics.is_empty() { entries } else { Vec::new() }, diagnostics)
}

/// Each record of several ends before the next one, the loose edges, or with the file.
fn end_each(entries: &mut [Entry], document: &Document, loose: &[Node]) {
    let mut starts: Vec<u32> = entries.iter().map(|entry| entry.lines.0).collect();
    // The line of the key `edges:` stands before its first item.
    starts.extend(loose.first().map(|node| line(node.at).saturating_sub(1)));
    let end = last_line(document.text());
    for entry in entries {
        let next = starts.iter().filter(|start| **start > entry.lines.0).min();
        entry.lines.1 = next.map_or(end, |next| (next - 1).max(entry.lines.0));
        entry.text_from = entry.lines.0;
    }
}

fn loose_edges(class: Class, document: &Document, edges: Vec<(Edge, Position)>) -> Option<Entry> {
    let first = edges.first()?.1;
    let last = edges.iter().map(|(_, at)| line(*at)).max().unwrap_or(1);
    let (edges, edge_places) = edges.into_iter().unzip();
    Some(Entry {
        class,
        record: None,
        title: format!("Edges of {}", document.path),
        aliases: Vec::new(),
        tags: Vec::new(),
        headings: Vec::new(),
        lines: (line(first), last),
        text_from: last + 1,
        edges,
        tree: None,
        edge_places,
    })
}

fn of_record(class: Class, record: Record, edges: Vec<Edge>, tree: Node) -> Entry {
    let written = edges.len() - tree.get("related").map_or(0, length);
    let place = |index: usize| match index.checked_sub(written) {
        None => tree.at(&["edges", &index.to_string()]),
        Some(related) => tree.at(&["related", &related.to_string()]),
    };
    Entry {
        class,
        title: record.title.clone(),
        aliases: record.aliases.clone(),
        tags: record.tags.clone(),
        headings: Vec::new(),
        lines: (1, 1),
        text_from: 1,
        edge_places: (0..edges.len()).map(place).collect(),
        edges,
        record: Some(record),
        tree: Some(tree),
    }
}

fn items<'a>(tree: &'a Node, key: &str) -> &'a [Node] {
    match tree.get(key).map(|node| &node.kind) {
        Some(Kind::List(items)) => items,
        _ => &[],
    }
}

fn length(node: &Node) -> usize {
    if let Kind::List(items) = &node.kind { items.len() } else { 0 }
}

fn line(at: Position) -> u32 {
    u32::try_from(at.line).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(path: &str, text: &str) -> Parsed {
        parse(path, text.into())
    }

    fn told(parsed: &Parsed) -> Vec<String> {
        let each = parsed.diagnostics.iter();
        each.map(|found| format!("{}:{}:{} {}", found.file, found.line, found.column, found.message)).collect()
    }

    const RUNBOOK: &str = "---\nid: runbook:rotate-keys\nkind: Runbook\ntitle: Rotate the keys\nstatus: active\n\
        owners: [team:platform]\nupdated: 2026-10-01\nrelated: [service:vault]\nedges:\n- {kind: describes, to: service:shop}\n\
        cites: [\"acme/shop@4b825dc642cb6eb9a060e54bf8d69288fbee4904:src/keys.rs#L1-L9\"]\n---\n# Rotate\n\nAs [[practice:four-eyes]] has it.\n";

    #[test]
    fn a_document_is_its_frontmatter_and_its_text() {
        let parsed = read("runbooks/rotate.md", RUNBOOK);
        assert_eq!(told(&parsed), Vec::<String>::new());
        let entry = &parsed.entries[0];
        let record = entry.record.as_ref().expect("a record");
        assert_eq!((record.id.as_str(), record.kind.as_str()), ("runbook:rotate-keys", "Runbook"));
        assert_eq!((entry.lines, entry.text_from, entry.class), ((1, 15), 13, Class::Document));
        let edges: Vec<(&str, &str)> = entry.edges.iter().map(|edge| (edge.kind.as_str(), edge.to.as_str())).collect();
        assert_eq!(
            edges,
            [("describes", "service:shop"), ("related", "service:vault"), ("mentions", "practice:four-eyes"),]
        );
        let places: Vec<(usize, usize)> = entry.edge_places.iter().map(|at| (at.line, at.column)).collect();
        assert_eq!(places, [(10, 3), (8, 11), (15, 6)]);
    }

    #[test]
    fn free_notes_need_no_frontmatter_and_may_have_that_of_another_tool() {
        let parsed = read("notes/a.md", "Hello\n## Deep\n# Top\n");
        assert_eq!((parsed.entries[0].title.as_str(), parsed.entries[0].class), ("Top", Class::Note));
        let parsed =
            read("docs/intro.md", "---\nid: intro\nsidebar_label: Intro\ntags: one, two\ntitle: Welcome\n---\ntext\n");
        assert_eq!((parsed.entries[0].title.as_str(), parsed.entries[0].tags.len()), ("Welcome", 2));
        assert!(parsed.diagnostics.is_empty());
        let parsed = read("docs/odd.md", "---\n{{ template }}: [\n---\ntext\n");
        assert_eq!((parsed.entries[0].title.as_str(), parsed.entries[0].text_from), ("odd", 4));
        assert_eq!(read("notes/empty.md", "").entries[0].title, "empty");
    }

    #[test]
    fn every_wrong_value_is_found_with_its_place() {
        let text = RUNBOOK
            .replace("updated: 2026-10-01", "updated: soon")
            .replace("service:vault", "Vault")
            .replace("#L1-L9", "#L9-L1")
            .replace("owners:", "ownres:");
        assert_eq!(
            told(&read("runbooks/rotate.md", &text)),
            ["runbooks/rotate.md:6:1 `ownres` is not a key of this file"]
        );
        let text = text.replace("ownres:", "owners:");
        assert_eq!(
            told(&read("runbooks/rotate.md", &text)),
            [
                "runbooks/rotate.md:7:10 `soon` is not a day",
                "runbooks/rotate.md:11:9 `acme/shop@4b825dc642cb6eb9a060e54bf8d69288fbee4904:src/keys.rs#L9-L1` is not a citation: its lines are not `#L1-L9`",
                "runbooks/rotate.md:8:11 `Vault` is not a record id: it has the form `kind:slug`, such as `runbook:rotate-keys`",
            ]
        );
    }

    #[test]
    fn a_sheet_holds_records_and_edges_each_with_its_lines() {
        let text = "records:\n- id: team:a\n  kind: Team\n  title: A\n  status: active\n  updated: 2026-01-01\n\
            - id: team:b\n  kind: Team\n  title: B\n  status: active\n  updated: 2026-01-01\n\
            edges:\n- {from: team:a, kind: member_of, to: team:b}\n";
        let parsed = read("graph/teams.yaml", text);
        assert_eq!(told(&parsed), Vec::<String>::new());
        let lines: Vec<(u32, u32)> = parsed.entries.iter().map(|entry| entry.lines).collect();
        assert_eq!(lines, [(2, 6), (7, 11), (13, 13)]);
        assert_eq!(parsed.entries[2].edges[0].from.as_str(), "team:a");
    }

    #[test]
    fn broken_files_give_an_error_and_nothing_else() {
        for (path, bytes) in [
            ("graph/a.yaml", b"id: [".to_vec()),
            ("graph/b.yaml", b"- 1\n- 2\n".to_vec()),
            ("core/c.yaml", Vec::new()),
            ("runbooks/d.md", b"---\nkind: Runbook\nid: [\n---\n".to_vec()),
            ("notes/e.md", vec![0xff, 0xfe, 0]),
            ("graph/f.yaml", "a: ".repeat(9).into_bytes()),
        ] {
            let parsed = parse(path, bytes);
            assert!(parsed.entries.is_empty() && !parsed.diagnostics.is_empty(), "{path}: {:?}", parsed.entries);
        }
    }
}
