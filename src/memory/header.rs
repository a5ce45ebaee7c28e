//! The keys of a record as they are written, the JSON Schema of each class, and the proof that every value is one.
//!
//! One type holds the keys of all classes; [`schema`] cuts it down to those of one class, so that an editor completes and a
//! check refuses the same things.

use std::collections::BTreeMap;
use std::str::FromStr;
use std::sync::LazyLock;

use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde::Deserialize;
use serde_json::Value;
use serde_json::json;

use crate::catalog::Diagnostic;
use crate::catalog::document::Document;
use crate::catalog::tree::Node;
use crate::kit::Error;
use crate::memory::Class;
use crate::memory::Day;
use crate::memory::Edge;
use crate::memory::Record;
use crate::memory::RecordId;
use crate::memory::Sensitivity;

/// The keys of a record: its frontmatter, or the mapping of a YAML record.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
pub struct Header {
    /// Its name, which never changes: `runbook:rotate-keys`.
    id: String,
    /// Its kind, as `ontology/kinds.yaml` names it: `Runbook`.
    kind: String,
    /// For people: one line.
    title: String,
    /// Where it stands, in the words of its kind.
    status: String,
    /// The day on which somebody last went over it: `2026-10-01`.
    updated: String,
    /// Who looks after it: `team:payments`, `person:ada` or `@ada`.
    #[serde(default)]
    owners: Vec<String>,
    /// Other names that people use for it.
    #[serde(default)]
    aliases: Vec<String>,
    /// Words to find it by.
    #[serde(default)]
    tags: Vec<String>,
    /// Repositories that it is about: `acme/shop`. Without, it is about all.
    #[serde(default)]
    repos: Vec<String>,
    /// Ids of records on the same subject.
    #[serde(default)]
    related: Vec<String>,
    /// Edges to other records.
    #[serde(default)]
    edges: Vec<HeaderEdge>,
    /// Where it comes from: addresses, runs, or free words.
    #[serde(default)]
    sources: Vec<String>,
    /// Who may be shown it.
    #[serde(default)]
    sensitivity: Sensitivity,
    /// The lines that it leans on: `acme/shop@<blob id>:src/pay.rs#L10-L24`.
    #[serde(default)]
    cites: Vec<String>,
    /// The day on which somebody has to look at it again: `2027-04-01`.
    #[serde(default)]
    review: Option<String>,
    /// Names and values: what is so.
    #[serde(default)]
    facts: BTreeMap<String, String>,
    /// What it says, where there is no Markdown below.
    #[serde(default, rename = "text")]
    _text: Option<String>,
    /// The run that left it.
    #[serde(default)]
    run: Option<String>,
    /// Commits that the run made.
    #[serde(default)]
    commits: Vec<String>,
    /// Records or addresses that show that it holds.
    #[serde(default)]
    evidence: Vec<String>,
    /// How sure it is, from 0 to 1.
    #[serde(default)]
    #[schemars(range(min = 0.0, max = 1.0))]
    confidence: Option<f64>,
    /// The day after which it no longer counts: `2027-04-01`.
    #[serde(default)]
    expires: Option<String>,
}

/// An edge of a record to another one.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
struct HeaderEdge {
    /// Its kind, as `ontology/edges.yaml` names it: `depends_on`.
    kind: String,
    /// The id of the record that it leads to.
    to: String,
}

/// An edge that stands by itself in a file of several records.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
pub struct LooseEdge {
    /// The id of the record that it starts from.
    from: String,
    /// Its kind, as `ontology/edges.yaml` names it: `depends_on`.
    kind: String,
    /// The id of the record that it leads to.
    to: String,
}

/// A YAML file of several records, and edges between any records.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
pub struct Sheet {
    /// Its records.
    #[serde(default)]
    pub records: Vec<Header>,
    /// Edges.
    #[serde(default)]
    pub edges: Vec<LooseEdge>,
}

/// A record or an edge, proved.
pub struct Proved<T> {
    /// The thing; none when a value of it is not one.
    pub value: Option<T>,
    /// What is wrong.
    pub diagnostics: Vec<Diagnostic>,
}

/// Where a value stands in its file.
#[derive(Clone, Copy)]
pub struct Place<'a> {
    /// The file.
    pub document: &'a Document,
    /// The tree of the record or edge.
    pub tree: &'a Node,
}

/// Keys that every class has; the rest belong to one.
const ONLY: [(&str, &[Class]); 7] = [
    ("facts", &[Class::Core]),
    ("text", &[Class::Core, Class::Graph, Class::Pattern]),
    ("run", &[Class::Episode]),
    ("commits", &[Class::Episode]),
    ("evidence", &[Class::Pattern]),
    ("confidence", &[Class::Pattern]),
    ("expires", &[Class::Pattern, Class::Core]),
];

static SCHEMAS: LazyLock<Vec<(Class, Value)>> = LazyLock::new(|| Class::ALL.map(|class| (class, made(class))).into());
static SHEETS: LazyLock<Vec<(Class, Value)>> = LazyLock::new(|| {
    let sheet = |class| {
        let mut schema = of_type::<Sheet>();
        schema["properties"]["records"]["items"] = self::schema(class).clone();
        closed(&mut schema["properties"]["edges"]["items"]);
        schema
    };
    Class::ALL.map(|class| (class, sheet(class))).into()
});

/// The JSON Schema of a record of a class, draft 2020-12, without references. A note has that of a document.
pub fn schema(class: Class) -> &'static Value {
    &SCHEMAS.iter().find(|(known, _)| *known == class).expect("every class has a schema").1
}

/// The JSON Schema of a file of several records of a class.
pub fn sheet_schema(class: Class) -> &'static Value {
    &SHEETS.iter().find(|(known, _)| *known == class).expect("every class has a schema").1
}

fn made(class: Class) -> Value {
    let mut schema = of_type::<Header>();
    let keys = schema["properties"].as_object_mut().expect("a type with keys");
    keys.retain(|key, _| ONLY.iter().all(|(only, classes)| only != key || classes.contains(&class)));
    closed(&mut schema["properties"]["edges"]["items"]);
    closed(&mut schema);
    schema["title"] = json!(format!("A record of the class `{}`", class.as_str()));
    schema
}

fn closed(schema: &mut Value) {
    schema["additionalProperties"] = json!(false);
}

/// The JSON Schema of a type, without references.
pub fn of_type<T: JsonSchema>() -> Value {
    let mut settings = SchemaSettings::draft2020_12();
    settings.inline_subschemas = true;
    settings.into_generator().into_root_schema_for::<T>().to_value()
}

impl Header {
    /// Proves every value; the edges of the record come with it.
    pub fn prove(self, place: Place<'_>) -> Proved<(Record, Vec<Edge>)> {
        let mut proof = Proof { place, diagnostics: Vec::new() };
        let id: Option<RecordId> = proof.text(&["id"], &self.id);
        let updated: Option<Day> = proof.text(&["updated"], &self.updated);
        let review = self.review.and_then(|day| proof.text(&["review"], &day));
        let expires = self.expires.and_then(|day| proof.text(&["expires"], &day));
        let cites = proof.list("cites", &self.cites);
        let related: Vec<RecordId> = proof.list("related", &self.related);
        proof.list::<RepoPath>("repos", &self.repos);
        proof.filled("title", &self.title);
        proof.filled("status", &self.status);
        let mut targets = Vec::new();
        for (index, edge) in self.edges.iter().enumerate() {
            if let Some(to) = proof.text(&["edges", &index.to_string(), "to"], &edge.to) {
                targets.push((edge.kind.clone(), to));
            }
        }
        targets.extend(related.into_iter().map(|to| ("related".to_owned(), to)));
        let good = proof.diagnostics.is_empty();
        let value = id.zip(updated).filter(|_| good).map(|(id, updated)| {
            let edge = |(kind, to)| Edge { from: id.clone(), kind, to };
            let edges = targets.into_iter().map(edge).collect();
            let record = Record {
                id,
                kind: self.kind,
                title: self.title,
                status: self.status,
                owners: self.owners,
                updated,
                aliases: self.aliases,
                tags: self.tags,
                repos: self.repos,
                sources: self.sources,
                sensitivity: self.sensitivity,
                cites,
                review,
                facts: self.facts,
                run: self.run,
                commits: self.commits,
                evidence: self.evidence,
                confidence: self.confidence,
                expires,
            };
            (record, edges)
        });
        Proved { value, diagnostics: proof.diagnostics }
    }
}

impl LooseEdge {
    /// Proves both ends.
    pub fn prove(self, place: Place<'_>) -> Proved<Edge> {
        let mut proof = Proof { place, diagnostics: Vec::new() };
        let (from, to) = (proof.text(&["from"], &self.from), proof.text(&["to"], &self.to));
        let value = from.zip(to).map(|(from, to)| Edge { from, kind: self.kind, to });
        Proved { value, diagnostics: proof.diagnostics }
    }
}

/// `owner/name`.
struct RepoPath;

impl FromStr for RepoPath {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let (owner, name) = text.split_once('/').ok_or_else(|| {
            let text = crate::kit::text::visible_line(text, 80);
            Error::invalid(format!("`{text}` is not a repository")).hint("write it as `owner/name`")
        })?;
        owner.parse::<crate::model::OwnerName>()?;
        name.parse::<crate::model::RepoName>()?;
        Ok(Self)
    }
}

struct Proof<'a> {
    place: Place<'a>,
    diagnostics: Vec<Diagnostic>,
}

impl Proof<'_> {
    fn text<T: FromStr<Err = Error>>(&mut self, path: &[&str], text: &str) -> Option<T> {
        match text.parse() {
            Ok(value) => Some(value),
            Err(error) => {
                let at = self.place.tree.at(path);
                let hint = error.hints().join("; ");
                self.diagnostics.push(self.place.document.error(at, error.message(), hint));
                None
            }
        }
    }

    fn list<T: FromStr<Err = Error>>(&mut self, key: &str, texts: &[String]) -> Vec<T> {
        let texts = texts.iter().enumerate();
        texts.filter_map(|(index, text)| self.text(&[key, &index.to_string()], text)).collect()
    }

    fn filled(&mut self, key: &str, text: &str) {
        let line = text.trim();
        if line.is_empty() || line.contains('\n') || line.chars().count() > 200 {
            let message = format!("`{key}` is not one line of 1 to 200 characters");
            self.diagnostics.push(self.place.document.error(self.place.tree.at(&[key]), message, "say it in one line"));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    #[test]
    fn the_schemas_that_brains_start_with_are_those_of_the_types() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("memory-schema/brain/ontology/schemas");
        #[expect(clippy::disallowed_methods, reason = "a person asks the test to write the files anew")]
        let write = std::env::var_os("UPDATE_SCHEMAS").is_some();
        for class in Class::ALL {
            for (name, schema) in [("", schema(class)), ("s", sheet_schema(class))] {
                let path = folder.join(format!("{}{name}.json", class.as_str()));
                let text = format!("{}\n", serde_json::to_string_pretty(schema).expect("JSON"));
                if write {
                    std::fs::write(&path, &text).expect("written");
                }
                let there = std::fs::read_to_string(&path).unwrap_or_default();
                assert_eq!(there, text, "{}: `UPDATE_SCHEMAS=1` writes it anew", path.display());
            }
        }
    }

    #[test]
    fn each_class_has_the_keys_of_its_own_and_no_others() {
        let has = |class, key: &str| schema(class)["properties"].get(key).is_some();
        assert!(has(Class::Core, "facts") && !has(Class::Document, "facts"));
        assert!(has(Class::Episode, "run") && !has(Class::Graph, "run"));
        assert!(has(Class::Pattern, "evidence") && !has(Class::Core, "evidence"));
        assert!(Class::ALL.iter().all(|class| has(*class, "cites") && has(*class, "edges")));
    }
}
