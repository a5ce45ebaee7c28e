//! Stacks, rules and policy as resolved at the trusted commit, with diagnostics.

use askama::Template;

use crate::web::frame::Frame;
use crate::web::frame::RepoHead;
use crate::web::parts::badge::Mark;
use crate::web::parts::digest::Mono;

/// `/{owner}/{repo}/settings/agents`
#[derive(Template)]
#[template(path = "pages/settings.html")]
pub struct Settings {
    /// What surrounds the page.
    pub frame: Frame,
    /// The repository.
    pub repo: RepoHead,
    /// The commit that configures.
    pub commit: Option<Mono>,
    /// The branch that configures.
    pub branch: String,
    /// What is wrong in the files.
    pub diagnostics: Vec<DiagnosticRow>,
    /// Stacks.
    pub stacks: Vec<StackRow>,
    /// Rules.
    pub rules: Vec<RuleRow>,
    /// Skills: name and path.
    pub skills: Vec<(String, String)>,
    /// What policy says of each kind of effect: kind, verdict, who said so, who decides.
    pub verdicts: Vec<(String, Mark, String, String)>,
    /// Other policy in force: name and value.
    pub policy: Vec<(&'static str, String)>,
    /// Whether the person may edit.
    pub may_edit: bool,
}

/// Something wrong in a file.
#[derive(Clone, Debug)]
pub struct DiagnosticRow {
    /// `error` or `warning`.
    pub tone: &'static str,
    /// `.agents/rules/fix.yaml:3:7`
    pub at: String,
    /// Where to mend it.
    pub href: String,
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub hint: String,
}

/// A stack in the list.
#[derive(Clone, Debug)]
pub struct StackRow {
    /// Its name.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// Where it is edited.
    pub href: String,
    /// Facts in a line: `builtin · model default · 20 min · 300,000 tokens`.
    pub facts: String,
}

/// A rule in the list.
#[derive(Clone, Debug)]
pub struct RuleRow {
    /// Its name.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// Where it is edited.
    pub href: String,
    /// `active`, `draft`, `paused`, `disabled`.
    pub mark: Mark,
    /// What it listens to, in words.
    pub on: String,
    /// Which stack it dispatches.
    pub stack: String,
    /// Whose events it takes.
    pub who: String,
}
