//! What the path of a file says: which class its records have, and in which form it is read.

use schemars::JsonSchema;
use serde::Deserialize;
use serde::Serialize;

/// The classes of what a brain holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Class {
    /// Short facts that every run of a scope is shown.
    Core,
    /// Typed nodes and their edges.
    Graph,
    /// Markdown with frontmatter.
    Document,
    /// What a finished run left.
    Episode,
    /// What recurs; suggests, never acts.
    Pattern,
    /// Free text.
    Note,
}

/// How a file is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// Markdown, with or without frontmatter.
    Markdown,
    /// YAML: one record, or several below `records:`.
    Yaml,
    /// A part of the ontology.
    Ontology,
    /// It is not read.
    Other,
}

/// The folder of the ontology.
pub const ONTOLOGY: &str = "ontology";

impl Class {
    /// All classes.
    pub const ALL: [Self; 6] = [Self::Core, Self::Graph, Self::Document, Self::Episode, Self::Pattern, Self::Note];

    /// The class of what lies at a path.
    pub fn of(path: &str) -> Self {
        match path.split_once('/').map_or("", |(folder, _)| folder) {
            "core" => Self::Core,
            "graph" => Self::Graph,
            "episodes" => Self::Episode,
            "patterns" => Self::Pattern,
            "runbooks" | "decisions" | "incidents" | "practices" => Self::Document,
            _ => Self::Note,
        }
    }

    /// The word in files, addresses and pages.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Core => "core",
            Self::Graph => "graph",
            Self::Document => "document",
            Self::Episode => "episode",
            Self::Pattern => "pattern",
            Self::Note => "note",
        }
    }
}

impl Form {
    /// The form of a file. Names that start with a dot, and YAML outside the folders of records, are not read.
    pub fn of(path: &str) -> Self {
        if path.split('/').any(|segment| segment.starts_with('.')) {
            return Self::Other;
        }
        let below_ontology = path.strip_prefix(ONTOLOGY).is_some_and(|rest| rest.starts_with('/'));
        let extension = path.rsplit('/').next().and_then(|name| name.rsplit_once('.')).map(|(_, extension)| extension);
        match extension.map(str::to_ascii_lowercase).as_deref() {
            Some("yaml" | "yml") if below_ontology => Self::Ontology,
            Some("yaml" | "yml") if Class::of(path) != Class::Note => Self::Yaml,
            Some("md" | "markdown" | "txt") => Self::Markdown,
            _ => Self::Other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_says_what_lies_there() {
        for (path, class, form) in [
            ("core/style.yaml", Class::Core, Form::Yaml),
            ("graph/services/shop.yml", Class::Graph, Form::Yaml),
            ("runbooks/rotate.md", Class::Document, Form::Markdown),
            ("README.MD", Class::Note, Form::Markdown),
            ("docs/a/b.md", Class::Note, Form::Markdown),
            ("mkdocs.yml", Class::Note, Form::Other),
            ("notes/.obsidian/x.md", Class::Note, Form::Other),
            ("ontology/kinds.yaml", Class::Note, Form::Ontology),
            ("ontology/schemas/core.json", Class::Note, Form::Other),
            ("episodes/2026/a.png", Class::Episode, Form::Other),
        ] {
            assert_eq!((Class::of(path), Form::of(path)), (class, form), "{path}");
        }
    }
}
