//! One file: its lines, its tree, and the diagnostics that point into it.

use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::catalog::diagnostic::Diagnostic;
use crate::catalog::diagnostic::Severity;
use crate::catalog::schema::FileKind;
use crate::catalog::schema::schema;
use crate::catalog::shape;
use crate::catalog::shape::Misfit;
use crate::catalog::tree;
use crate::catalog::tree::Node;
use crate::catalog::tree::Position;
use crate::kit::text::visible_line;

/// Longer lines are cut around the mark.
const WIDEST: usize = 160;

/// One file's text, and where it stands.
#[derive(Clone, Debug)]
pub struct Document {
    /// The path in its repository.
    pub path: String,
    text: String,
}

/// What a file gave.
pub struct Read<T> {
    /// The thing, unless the file has an error.
    pub value: Option<T>,
    /// The tree, unless the file is not YAML.
    pub tree: Option<Node>,
    /// What is wrong.
    pub diagnostics: Vec<Diagnostic>,
}

/// The YAML between two lines `---` at the start of a text, and the Markdown below; none when there is no such start.
pub fn frontmatter(text: &str) -> Option<(&str, &str)> {
    let rest = text.strip_prefix("---\n").or_else(|| text.strip_prefix("---\r\n"))?;
    let mut from = 0;
    for line in rest.split_inclusive('\n') {
        if line.trim_end() == "---" {
            return Some((&rest[..from], &rest[from + line.len()..]));
        }
        from += line.len();
    }
    None
}

impl Document {
    /// From bytes; text that is not UTF-8 is a diagnostic.
    pub fn new(path: &str, bytes: Vec<u8>) -> Result<Self, Diagnostic> {
        match String::from_utf8(bytes) {
            Ok(text) => Ok(Self { path: path.to_owned(), text }),
            Err(error) => {
                let before = &error.as_bytes()[..error.utf8_error().valid_up_to()];
                let line = 1 + before.iter().filter(|byte| **byte == b'\n').count();
                let file = Self { path: path.to_owned(), text: String::new() };
                let at = Position { line, column: 1 };
                Err(file.error(at, "the file is not text in UTF-8", "save it as UTF-8"))
            }
        }
    }

    /// The text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Reads it as a type, through the schema of its kind.
    pub fn read<T: DeserializeOwned>(&self, kind: FileKind) -> Read<T> {
        self.read_by(schema(kind), &self.text)
    }

    /// Reads some YAML of it as a type, through a schema. Its lines must stand where they stand in the file, which blank
    /// lines in front of it see to.
    pub fn read_by<T: DeserializeOwned>(&self, schema: &Value, yaml: &str) -> Read<T> {
        let tree = match tree::parse(yaml) {
            Ok(tree) => tree,
            Err(broken) => {
                let diagnostics = vec![self.error(broken.at, broken.message, broken.hint)];
                return Read { value: None, tree: None, diagnostics };
            }
        };
        let misfits = shape::misfits(schema, &tree);
        let mut diagnostics: Vec<Diagnostic> = misfits.into_iter().map(|misfit| self.misfit(misfit)).collect();
        let value = diagnostics.is_empty().then(|| tree::parse_as(yaml)).and_then(|read| {
            read.map_err(|broken| diagnostics.push(self.error(broken.at, broken.message, broken.hint))).ok()
        });
        Read { value, tree: Some(tree), diagnostics }
    }

    /// Reads what was parsed already as a type, through a schema: for the many files of a brain, which are parsed once.
    pub fn read_tree<T: DeserializeOwned>(&self, schema: &Value, tree: Node) -> Read<T> {
        let mut diagnostics: Vec<Diagnostic> =
            shape::misfits(schema, &tree).into_iter().map(|misfit| self.misfit(misfit)).collect();
        let value = if diagnostics.is_empty() {
            let read = serde_json::from_value(tree.to_json());
            read.map_err(|error| {
                diagnostics.push(self.error(tree.at, error.to_string(), "write it as the schema has it"))
            })
            .ok()
        } else {
            None
        };
        Read { value, tree: Some(tree), diagnostics }
    }

    /// An error at a place.
    pub fn error(&self, at: Position, message: impl Into<String>, hint: impl Into<String>) -> Diagnostic {
        self.diagnostic(Severity::Error, at, message.into(), hint.into())
    }

    /// A warning at a place.
    pub fn warning(&self, at: Position, message: impl Into<String>, hint: impl Into<String>) -> Diagnostic {
        self.diagnostic(Severity::Warning, at, message.into(), hint.into())
    }

    /// An error where a value does not fit; looks for the piece at fault from there on.
    pub fn misfit(&self, misfit: Misfit) -> Diagnostic {
        let at = misfit.piece.as_deref().and_then(|piece| self.find(misfit.at, piece)).unwrap_or(misfit.at);
        self.error(at, misfit.message, misfit.hint)
    }

    fn find(&self, from: Position, piece: &str) -> Option<Position> {
        let lines = self.text.lines().enumerate().skip(from.line.saturating_sub(1));
        lines.take(2_000).find_map(|(index, line)| {
            let skipped = if index + 1 == from.line { from.column.saturating_sub(1) } else { 0 };
            let start = line.char_indices().nth(skipped).map_or(line.len(), |(byte, _)| byte);
            let byte = start + line[start..].find(piece)?;
            Some(Position { line: index + 1, column: 1 + line[..byte].chars().count() })
        })
    }

    fn diagnostic(&self, severity: Severity, at: Position, message: String, hint: String) -> Diagnostic {
        let line = self.text.lines().nth(at.line.saturating_sub(1)).unwrap_or_default();
        let snippet = visible_line(line, WIDEST);
        Diagnostic { file: self.path.clone(), line: at.line, column: at.column, severity, message, hint, snippet }
    }
}
