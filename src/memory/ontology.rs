//! Which kinds of records and edges a brain has, its words, and its rules: the files below `ontology/`.
//!
//! A file that a brain does not have is taken from what new brains start with, so that a folder of Markdown is a valid
//! brain at once.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::sync::LazyLock;

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use crate::catalog::Diagnostic;
use crate::catalog::Severity;
use crate::catalog::document::Document;
use crate::catalog::size::Size;
use crate::memory::Class;
use crate::memory::header::of_type;
use crate::memory::seed;

/// The newest form of the ontology that this program knows.
pub const VERSION: u32 = 1;

/// What records are held against.
#[derive(Clone, Debug, PartialEq)]
pub struct Ontology {
    /// By name: `Runbook`.
    pub kinds: BTreeMap<String, NodeKind>,
    /// By name: `depends_on`.
    pub edges: BTreeMap<String, EdgeKind>,
    /// Words that everybody uses.
    pub vocabulary: Vocabulary,
    /// What is held how strictly.
    pub rules: Rules,
    /// Whether the brain has any of these files itself.
    pub own: bool,
}

/// A kind of record.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NodeKind {
    /// What it is, for people.
    pub description: String,
    /// The class of its records.
    pub class: Class,
    /// The folder that its records lie below; without, any.
    #[serde(default)]
    pub folder: Option<String>,
    /// Whether a record must have owners.
    #[serde(default)]
    pub owners: Need,
    /// Each status and where a record may move from there; without, any word.
    #[serde(default)]
    pub status: BTreeMap<String, Vec<String>>,
}

/// A kind of edge.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EdgeKind {
    /// What it says, for people.
    pub description: String,
    /// Kinds that it may start from; empty for all.
    #[serde(default)]
    pub from: Vec<String>,
    /// Kinds that it may lead to; empty for all.
    #[serde(default)]
    pub to: Vec<String>,
    /// What it is called from the other end.
    #[serde(default)]
    pub inverse: Option<String>,
}

/// Words that everybody uses for the same thing.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Vocabulary {
    /// Whether a tag that is not listed is an error.
    #[serde(default)]
    pub closed: bool,
    /// Tags and what they mean.
    #[serde(default)]
    pub tags: BTreeMap<String, String>,
    /// Words and what else finds them.
    #[serde(default)]
    pub synonyms: BTreeMap<String, Vec<String>>,
}

/// What is held how strictly.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Rules {
    /// The form of the ontology.
    pub version: u32,
    /// Files that are larger are an error.
    pub largest_file: Size,
    /// What text that looks like a secret is.
    pub secrets: Level,
    /// What text that gives orders to agents is.
    pub instructions: Level,
}

/// Whether something must be there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Need {
    /// It must.
    Required,
    /// It may.
    #[default]
    Optional,
}

/// How grave a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// It blocks a merge.
    Error,
    /// It is told.
    Warning,
}

#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct KindsFile {
    /// Kinds of records by name.
    kinds: BTreeMap<String, NodeKind>,
}

#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct EdgesFile {
    /// Kinds of edges by name.
    edges: BTreeMap<String, EdgeKind>,
}

/// The files, by which [`Ontology::read`] knows them.
pub const FILES: [&str; 4] =
    ["ontology/kinds.yaml", "ontology/edges.yaml", "ontology/vocabulary.yaml", "ontology/rules.yaml"];

static SCHEMAS: LazyLock<[Value; 4]> =
    LazyLock::new(|| [of_type::<KindsFile>(), of_type::<EdgesFile>(), of_type::<Vocabulary>(), of_type::<Rules>()]);

static BUILT_IN: LazyLock<Ontology> = LazyLock::new(|| {
    let files = FILES.map(|path| {
        let text = seed::text(path).expect("new brains start with a whole ontology");
        Document::new(path, text.into()).expect("it is text")
    });
    let mut ontology = Ontology {
        kinds: BTreeMap::new(),
        edges: BTreeMap::new(),
        vocabulary: Vocabulary::default(),
        rules: Rules {
            version: VERSION,
            largest_file: "256KiB".parse().expect("a size"),
            secrets: Level::Error,
            instructions: Level::Error,
        },
        own: false,
    };
    let faults: Vec<Diagnostic> = files.iter().flat_map(|file| ontology.take(file)).collect();
    assert!(faults.is_empty(), "what new brains start with is faultless: {faults:?}");
    ontology
});

impl Ontology {
    /// What new brains start with.
    pub fn built_in() -> &'static Self {
        &BUILT_IN
    }

    /// The ontology of a brain from its files below `ontology/`, and what is wrong with them. A file with an error counts as
    /// one that is not there.
    pub fn read(files: &[Document]) -> (Self, Vec<Diagnostic>) {
        let mut ontology = Self { own: !files.is_empty(), ..Self::built_in().clone() };
        let mut diagnostics = Vec::new();
        for file in files {
            diagnostics.extend(ontology.take(file));
        }
        (ontology, diagnostics)
    }

    /// Names of kinds, sorted.
    pub fn kind_names(&self) -> Vec<&str> {
        self.kinds.keys().map(String::as_str).collect()
    }

    /// Names of kinds of edges, sorted.
    pub fn edge_names(&self) -> Vec<&str> {
        self.edges.keys().map(String::as_str).collect()
    }

    fn take(&mut self, file: &Document) -> Vec<Diagnostic> {
        let start = crate::catalog::tree::Position { line: 1, column: 1 };
        let Some(which) = FILES.iter().position(|path| *path == file.path) else {
            let hint = format!("it has {}", crate::catalog::listed(&FILES));
            return vec![file.warning(start, "this file is not a part of the ontology and has no effect", hint)];
        };
        let schema = &SCHEMAS[which];
        match which {
            0 => {
                let read = file.read_by::<KindsFile>(schema, file.text());
                let mut diagnostics = read.diagnostics;
                if let (Some(value), Some(tree)) = (read.value, read.tree) {
                    diagnostics.extend(kinds(file, &tree, &value.kinds));
                    if diagnostics.is_empty() {
                        self.kinds = value.kinds;
                    }
                }
                diagnostics
            }
            1 => {
                let read = file.read_by::<EdgesFile>(schema, file.text());
                if let Some(value) = read.value {
                    self.edges = value.edges;
                }
                read.diagnostics
            }
            2 => {
                let read = file.read_by::<Vocabulary>(schema, file.text());
                if let Some(value) = read.value {
                    self.vocabulary = value;
                }
                read.diagnostics
            }
            _ => {
                let read = file.read_by::<Rules>(schema, file.text());
                let mut diagnostics = read.diagnostics;
                if let (Some(rules), Some(tree)) = (read.value, read.tree) {
                    if rules.version == 0 || rules.version > VERSION {
                        let message =
                            format!("the ontology has version {}, which this program does not know", rules.version);
                        let hint =
                            format!("version {VERSION} is known: update Forgehand, or write `version: {VERSION}`");
                        diagnostics.push(file.error(tree.at(&["version"]), message, hint));
                    }
                    self.rules = rules;
                }
                diagnostics
            }
        }
    }
}

/// Kinds whose names or statuses do not fit together.
fn kinds(file: &Document, tree: &crate::catalog::tree::Node, kinds: &BTreeMap<String, NodeKind>) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    let mut prefixes = BTreeSet::new();
    let below = tree.get("kinds").unwrap_or(tree);
    for (name, kind) in kinds {
        let at = below.key_at(name);
        let good =
            name.starts_with(|c: char| c.is_ascii_uppercase()) && name.chars().all(|c| c.is_ascii_alphanumeric());
        if !good || name.len() > 60 {
            let message = format!("`{}` is not the name of a kind", crate::kit::text::visible_line(name, 60));
            found.push(file.error(at, message, "it is a word like `Runbook` or `ApiEndpoint`"));
        } else if !prefixes.insert(crate::memory::RecordId::prefix_of(name)) {
            found.push(file.error(
                at,
                format!("ids of `{name}` look like those of another kind"),
                "rename one of them",
            ));
        }
        let known: Vec<&str> = kind.status.keys().map(String::as_str).collect();
        for (status, next) in &kind.status {
            for (index, next) in next.iter().enumerate().filter(|(_, next)| !kind.status.contains_key(*next)) {
                let at = below.at(&[name, "status", status, &index.to_string()]);
                let message = format!("`{next}` is not a status of `{name}`");
                found.push(file.error(at, message, crate::catalog::near::suggest(next, &known)));
            }
        }
    }
    found
}

impl Level {
    /// The severity of a finding.
    pub fn severity(self) -> Severity {
        match self {
            Self::Error => Severity::Error,
            Self::Warning => Severity::Warning,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn document(path: &str, text: &str) -> Document {
        Document::new(path, text.into()).expect("text")
    }

    #[test]
    fn new_brains_start_with_a_whole_ontology() {
        let ontology = Ontology::built_in();
        assert!(ontology.kinds.contains_key("Runbook") && ontology.edges.contains_key("depends_on"));
        for (name, edge) in &ontology.edges {
            for kind in edge.from.iter().chain(&edge.to) {
                assert!(ontology.kinds.contains_key(kind), "`{name}` names `{kind}`");
            }
        }
        for (name, kind) in &ontology.kinds {
            let folder = kind.folder.as_deref().unwrap_or_default();
            assert_eq!(Class::of(&format!("{folder}/x")), kind.class, "{name}");
        }
    }

    #[test]
    fn a_broken_file_of_the_ontology_is_told_and_leaves_the_rest() {
        let (ontology, found) = Ontology::read(&[
            document("ontology/kinds.yaml", "kinds:\n  Runbook: {description: x, class: documnt}\n"),
            document("ontology/rules.yaml", "version: 9\nlargest_file: 1MiB\nsecrets: error\ninstructions: warning\n"),
            document("ontology/more.yaml", "a: b\n"),
        ]);
        assert!(ontology.own && ontology.kinds.contains_key("Decision"));
        let told: Vec<String> = found
            .iter()
            .map(|found| format!("{}:{}:{} {}", found.file, found.line, found.column, found.message))
            .collect();
        assert_eq!(
            told,
            [
                "ontology/kinds.yaml:2:36 `documnt` is not a value of `kinds.Runbook.class`",
                "ontology/rules.yaml:1:10 the ontology has version 9, which this program does not know",
                "ontology/more.yaml:1:1 this file is not a part of the ontology and has no effect",
            ]
        );
    }

    #[test]
    fn a_status_leads_to_one_that_is_there() {
        let text = "kinds:\n  Runbook: {description: x, class: document, status: {draft: [actve], active: []}}\n";
        let (_, found) = Ontology::read(&[document("ontology/kinds.yaml", text)]);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].hint, "did you mean `active`?");
    }
}
