//! One repository's `.agents/` as it was read: every file parsed, with what is wrong in each alone.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::Serialize;

use crate::catalog::check;
use crate::catalog::check_checks;
use crate::catalog::checks_file::ChecksFile;
use crate::catalog::diagnostic::Diagnostic;
use crate::catalog::diagnostic::Severity;
use crate::catalog::document::Document;
use crate::catalog::document::Read;
use crate::catalog::policy_file::PolicyFile;
use crate::catalog::rule::Rule;
use crate::catalog::schema::FileKind;
use crate::catalog::skill;
use crate::catalog::skill::Skill;
use crate::catalog::stack::Stack;
use crate::catalog::tree::Kind;
use crate::catalog::tree::Position;

/// Whose folder it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Scope {
    /// The organisation's config repository.
    Organisation,
    /// The repository itself.
    Repository,
}

/// One repository's folder as it was read.
#[derive(Clone, Debug, Default)]
pub struct Folder {
    /// By name.
    pub stacks: BTreeMap<String, Found<Stack>>,
    /// By name.
    pub rules: BTreeMap<String, Found<Rule>>,
    /// The policy; one that cannot be read denies everything.
    pub policy: Option<PolicyFile>,
    /// The checks that the forge runs by itself at this commit.
    pub checks: Option<ChecksFile>,
    /// By name.
    pub skills: BTreeMap<String, Found<Skill>>,
    /// What is wrong in each file alone.
    pub diagnostics: Vec<Diagnostic>,
}

/// A thing, its file, and the names in it that must exist elsewhere.
#[derive(Clone, Debug, PartialEq)]
pub struct Found<T> {
    /// The thing.
    pub value: T,
    /// The path of its file.
    pub path: String,
    /// Names that it refers to.
    pub(super) references: Vec<Reference>,
}

/// A name that must exist elsewhere.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Reference {
    /// What it names.
    pub to: Referred,
    /// The name.
    pub name: String,
    /// Points at it; the words are put in when it turns out that there is no such thing.
    pub place: Diagnostic,
}

/// What a reference names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Referred {
    Stack,
    Skill,
}

impl Folder {
    /// Whether any file has an error.
    pub fn is_broken(&self) -> bool {
        self.diagnostics.iter().any(|diagnostic| diagnostic.severity == Severity::Error)
    }

    pub(super) fn add_stack(&mut self, name: &str, document: &Document) {
        let Read { value, tree, mut diagnostics } = document.read::<Stack>(FileKind::Stack);
        if let (Some(value), Some(tree)) = (value, tree) {
            diagnostics.extend(check::stack(document, &tree, &value));
            let skills = value.skills.iter().enumerate();
            let references = skills.map(|(index, skill)| Reference {
                to: Referred::Skill,
                name: skill.clone(),
                place: document.error(tree.at(&["skills", &index.to_string()]), "", ""),
            });
            let others = value.subagents.iter().enumerate().map(|(index, stack)| Reference {
                to: Referred::Stack,
                name: stack.clone(),
                place: document.error(tree.at(&["subagents", &index.to_string()]), "", ""),
            });
            let references = references.chain(others).collect();
            self.stacks.insert(name.to_owned(), Found { value, path: document.path.clone(), references });
        }
        self.diagnostics.append(&mut diagnostics);
    }

    pub(super) fn add_rule(&mut self, name: &str, document: &Document) {
        let Read { value, tree, mut diagnostics } = document.read::<Rule>(FileKind::Rule);
        if let (Some(value), Some(tree)) = (value, tree) {
            diagnostics.extend(check::rule(document, &tree, &value));
            let place = document.error(tree.at(&["stack"]), "", "");
            let references = vec![Reference { to: Referred::Stack, name: value.stack.clone(), place }];
            self.rules.insert(name.to_owned(), Found { value, path: document.path.clone(), references });
        }
        self.diagnostics.append(&mut diagnostics);
    }

    pub(super) fn add_checks(&mut self, document: &Document) {
        let Read { value, tree, mut diagnostics } = document.read::<ChecksFile>(FileKind::Checks);
        if let (Some(value), Some(tree)) = (value, tree) {
            diagnostics.extend(check_checks::checks(document, &tree, &value));
            self.checks = Some(value);
        }
        self.diagnostics.append(&mut diagnostics);
    }

    pub(super) fn add_policy(&mut self, document: &Document) {
        let Read { value, tree, mut diagnostics } = document.read::<PolicyFile>(FileKind::Policy);
        if tree.as_ref().is_some_and(|tree| tree.kind == Kind::Null) {
            self.policy = Some(PolicyFile::default());
            return;
        }
        if let (Some(value), Some(tree)) = (&value, tree) {
            diagnostics.extend(check::policy(document, &tree, value));
        }
        self.policy = Some(value.unwrap_or_else(PolicyFile::closed));
        self.diagnostics.append(&mut diagnostics);
    }

    pub(super) fn add_skill(&mut self, name: &str, document: &Document) {
        let (value, mut diagnostics) = skill::read(name, document);
        if let Some(value) = value {
            let path = document.path.clone();
            self.skills.insert(name.to_owned(), Found { value, path, references: Vec::new() });
        }
        self.diagnostics.append(&mut diagnostics);
    }

    /// A remark on a file as a whole.
    pub(super) fn remark(
        &mut self,
        severity: Severity,
        path: &str,
        message: impl Into<String>,
        hint: impl Into<String>,
    ) {
        let at = Position { line: 1, column: 1 };
        self.diagnostics.push(Diagnostic {
            file: path.to_owned(),
            line: at.line,
            column: at.column,
            severity,
            message: message.into(),
            hint: hint.into(),
            snippet: String::new(),
        });
    }
}
