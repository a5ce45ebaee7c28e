//! Editing one file of `.agents/`: the edit becomes a commit by the person.

use askama::Template;

use crate::web::frame::Frame;
use crate::web::frame::RepoHead;
use crate::web::pages::settings::DiagnosticRow;
use crate::web::parts::field::Wrong;

/// `/{owner}/{repo}/settings/agents/edit`
#[derive(Template)]
#[template(path = "pages/settings_file.html")]
pub struct SettingsFile {
    /// What surrounds the page.
    pub frame: Frame,
    /// The repository.
    pub repo: RepoHead,
    /// The path; empty for a new file.
    pub path: String,
    /// Whether the file is new.
    pub fresh: bool,
    /// Its text.
    pub text: String,
    /// The commit that the text was read at: saving fails when the file moved on.
    pub base: String,
    /// The commit message that was typed.
    pub message: String,
    /// What is wrong in the text.
    pub diagnostics: Vec<DiagnosticRow>,
    /// What was wrong with saving.
    pub wrong: Wrong,
}
