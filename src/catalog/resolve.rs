//! An organisation's folder and a repository's folder together: what is in force.

use std::collections::BTreeMap;

use crate::catalog::checks_file::ChecksFile;
use crate::catalog::diagnostic::Diagnostic;
use crate::catalog::diagnostic::Severity;
use crate::catalog::folder::Folder;
use crate::catalog::folder::Found;
use crate::catalog::folder::Reference;
use crate::catalog::folder::Referred;
use crate::catalog::folder::Scope;
use crate::catalog::near;
use crate::catalog::policy_file::PolicyFile;
use crate::catalog::rule::Rule;
use crate::catalog::skill::Skill;
use crate::catalog::stack::Stack;
use crate::kit::text::visible_line;

/// What is in force in a repository, and what is wrong.
#[derive(Clone, Debug, Default)]
pub struct Catalog {
    /// By name.
    pub stacks: BTreeMap<String, Sourced<Stack>>,
    /// By name.
    pub rules: BTreeMap<String, Sourced<Rule>>,
    /// By name.
    pub skills: BTreeMap<String, Sourced<Skill>>,
    /// The checks of this commit of the repository; none when there are none, or their file has an error.
    pub checks: Option<ChecksFile>,
    /// The repository's policy, which only tightens. Denies everything when it cannot be read.
    pub policy: PolicyFile,
    /// The organisation's policy: the ceiling. Denies everything when it cannot be read.
    pub ceiling: PolicyFile,
    /// What was read but is not in force, because files have errors.
    pub aside: Aside,
    /// Everything that is wrong in the repository's files, errors first.
    pub diagnostics: Vec<Diagnostic>,
    /// Everything that is wrong in the organisation's files, errors first.
    pub organisation_diagnostics: Vec<Diagnostic>,
}

/// What was read but is not in force.
#[derive(Clone, Debug, Default)]
pub struct Aside {
    /// By name.
    pub stacks: BTreeMap<String, Sourced<Stack>>,
    /// By name.
    pub rules: BTreeMap<String, Sourced<Rule>>,
}

/// A thing and the file that it comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sourced<T> {
    /// The thing.
    pub value: T,
    /// Whose file.
    pub scope: Scope,
    /// The path in its repository.
    pub path: String,
}

impl<T> std::ops::Deref for Sourced<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

impl Catalog {
    /// Whether a file of the repository has an error, so that its own stacks and rules are not in force.
    pub fn is_broken(&self) -> bool {
        self.diagnostics.iter().any(Diagnostic::breaks)
    }

    /// What a page says about a broken configuration; none when it is not broken.
    pub fn notice(&self) -> Option<String> {
        let errors = self.diagnostics.iter().filter(|diagnostic| diagnostic.breaks()).count();
        let noun = if errors == 1 { "error" } else { "errors" };
        (errors > 0).then(|| {
            format!(
                "`.agents/` has {errors} {noun}: none of this repository's stacks and rules work until it is mended"
            )
        })
    }
}

/// Puts an organisation's folder and a repository's folder together. A folder with an error gives no stacks, rules or
/// skills; its policy still counts.
pub fn resolve(organisation: Option<&Folder>, repository: &Folder) -> Catalog {
    let mut catalog = Catalog { policy: repository.policy.clone().unwrap_or_default(), ..Catalog::default() };
    if let Some(folder) = organisation {
        catalog.ceiling = folder.policy.clone().unwrap_or_default();
        catalog.organisation_diagnostics = catalog.add(folder, Scope::Organisation);
    }
    catalog.diagnostics = catalog.add(repository, Scope::Repository);
    catalog.checks = repository.checks.clone();
    catalog
}

impl Catalog {
    /// Adds a folder to what is in force already; answers what is wrong in it.
    fn add(&mut self, folder: &Folder, scope: Scope) -> Vec<Diagnostic> {
        let mut found = self.broken_references(folder);
        found.extend(self.shadows(folder));
        found.extend(folder.diagnostics.iter().cloned());
        sort(&mut found);
        let sourced_stacks = folder.stacks.iter().map(|(name, found)| (name.clone(), sourced(found, scope)));
        let rule_is_free = |name: &&String| !self.rules.contains_key(*name);
        let rules = folder.rules.iter().filter(|(name, _)| rule_is_free(name));
        let sourced_rules = rules.map(|(name, found)| (name.clone(), sourced(found, scope)));
        if found.iter().any(Diagnostic::breaks) {
            self.aside.rules.extend(sourced_rules.collect::<Vec<_>>());
            self.aside.stacks.extend(sourced_stacks);
        } else {
            let rules: Vec<_> = sourced_rules.collect();
            self.rules.extend(rules);
            self.stacks.extend(sourced_stacks);
            self.skills.extend(folder.skills.iter().map(|(name, found)| (name.clone(), sourced(found, scope))));
        }
        found
    }

    /// Names that neither the folder nor what is in force already has.
    fn broken_references(&self, folder: &Folder) -> Vec<Diagnostic> {
        let stacks: Vec<&str> = folder.stacks.keys().chain(self.stacks.keys()).map(String::as_str).collect();
        let skills: Vec<&str> = folder.skills.keys().chain(self.skills.keys()).map(String::as_str).collect();
        let of_stacks = folder.stacks.values().flat_map(|found| &found.references);
        let of_rules = folder.rules.values().flat_map(|found| &found.references);
        let broken = of_stacks.chain(of_rules).filter_map(|Reference { to, name, place }| {
            let (noun, known) = match to {
                Referred::Stack => ("stack", &stacks),
                Referred::Skill => ("skill", &skills),
            };
            // A file that is there but cannot be read is told once, at its own fault.
            let unread = match to {
                Referred::Stack => folder.has_error_in(&format!("/stacks/{name}.yaml")),
                Referred::Skill => folder.has_error_in(&format!("/skills/{name}/SKILL.md")),
            };
            (!unread && !known.contains(&name.as_str())).then(|| Diagnostic {
                message: format!("there is no {noun} `{}`", visible_line(name, 60)),
                hint: near::suggest(name, known),
                ..place.clone()
            })
        });
        broken.collect()
    }

    /// Names that the organisation has too.
    fn shadows(&self, folder: &Folder) -> Vec<Diagnostic> {
        let stacks = folder.stacks.iter().filter(|(name, _)| self.stacks.contains_key(*name));
        let stacks = stacks.map(|(name, found)| {
            let message = format!("the organisation has a stack `{name}` too; here, this one is used instead");
            warning(&found.path, message, "give it another name if that is not meant")
        });
        let rules = folder.rules.iter().filter(|(name, _)| self.rules.contains_key(*name));
        let rules = rules.map(|(name, found)| {
            let message = format!("the organisation has a rule `{name}`, so this one is not in force");
            warning(&found.path, message, "give it another name")
        });
        stacks.chain(rules).collect()
    }
}

impl Folder {
    fn has_error_in(&self, end: &str) -> bool {
        let error = |diagnostic: &&Diagnostic| diagnostic.severity == Severity::Error;
        self.diagnostics.iter().filter(error).any(|diagnostic| format!("/{}", diagnostic.file).ends_with(end))
    }
}

fn sourced<T: Clone>(found: &Found<T>, scope: Scope) -> Sourced<T> {
    Sourced { value: found.value.clone(), scope, path: found.path.clone() }
}

fn warning(path: &str, message: String, hint: &str) -> Diagnostic {
    Diagnostic {
        file: path.to_owned(),
        line: 1,
        column: 1,
        severity: Severity::Warning,
        message,
        hint: hint.into(),
        snippet: String::new(),
    }
}

/// Errors first, then by place.
pub(super) fn sort(diagnostics: &mut [Diagnostic]) {
    diagnostics.sort_by(|a, b| (a.severity, &a.file, a.line, a.column).cmp(&(b.severity, &b.file, b.line, b.column)));
}
