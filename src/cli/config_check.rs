//! `forgehand config check [PATH]`: what is wrong in `.agents/` of a work tree. Reads files only; needs no server.

use std::path::Path;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use serde_json::json;

use crate::catalog;
use crate::catalog::Catalog;
use crate::catalog::Diagnostic;
use crate::catalog::Directory;
use crate::catalog::Files;
use crate::catalog::Folder;
use crate::catalog::Scope;
use crate::catalog::Severity;
use crate::cli::Output;
use crate::kit::Error;
use crate::kit::Result;

/// Check `.agents/` of a work tree: every fault with its file, line and column, and a hint.
#[derive(Debug, Args)]
pub(super) struct Check {
    /// The work tree, or its `.agents` folder.
    #[arg(default_value = ".")]
    path: PathBuf,
    /// A work tree of the organisation's config repository, when rules name stacks of the organisation.
    #[arg(long, value_name = "DIR")]
    organisation: Option<PathBuf>,
}

pub(super) async fn run(check: Check, output: Output) -> Result<ExitCode> {
    let root = root(&check.path)?;
    let Some(catalog) = read(&root, check.organisation.as_deref()).await? else {
        let message = format!("there is no `.agents/` in `{}`, so there is nothing to check", check.path.display());
        let nothing: [(); 0] = [];
        output.say(&message, &json!({ "ok": true, "errors": 0, "warnings": 0, "diagnostics": nothing }));
        return Ok(ExitCode::SUCCESS);
    };
    let diagnostics = placed(&root, &catalog.diagnostics);
    let count = |severity| diagnostics.iter().filter(|diagnostic| diagnostic.severity == severity).count();
    let (errors, warnings) = (count(Severity::Error), count(Severity::Warning));
    let text: String = diagnostics.iter().map(|diagnostic| format!("{diagnostic}\n")).collect();
    let summary = format!(
        "{}: {}, {}",
        contents(&catalog),
        counted(errors, "error", "errors"),
        counted(warnings, "warning", "warnings")
    );
    let value = json!({
        "ok": errors == 0,
        "errors": errors,
        "warnings": warnings,
        "stacks": names(catalog.stacks.keys().chain(catalog.aside.stacks.keys())),
        "rules": names(catalog.rules.keys().chain(catalog.aside.rules.keys())),
        "skills": names(catalog.skills.keys()),
        "diagnostics": diagnostics,
    });
    output.say(&format!("{text}{summary}"), &value);
    Ok(if errors == 0 { ExitCode::SUCCESS } else { ExitCode::from(1) })
}

/// The folder that holds `.agents/`.
pub(super) fn root(path: &Path) -> Result<PathBuf> {
    if !path.is_dir() {
        let error = Error::invalid(format!("Cannot read `{}`: it is not a folder", path.display()));
        return Err(error.hint("name a work tree that holds `.agents/`"));
    }
    let inside = path.canonicalize().is_ok_and(|whole| whole.file_name().is_some_and(|name| name == ".agents"));
    match path.parent() {
        _ if !inside => Ok(path.to_owned()),
        Some(above) if path.ends_with(".agents") && above == Path::new("") => Ok(".".into()),
        Some(above) if path.ends_with(".agents") => Ok(above.to_owned()),
        _ => Ok(path.join("..")),
    }
}

/// What is in force in a work tree; none when it holds no configuration. A config repository of an organisation may hold
/// the folders at its root.
pub(super) async fn read(root: &Path, organisation: Option<&Path>) -> Result<Option<Catalog>> {
    let files = Directory::new(root);
    let in_agents = !files.list(".agents").await?.is_empty();
    let at_root = files.list("").await?.iter().any(|entry| matches!(entry.name.as_str(), "stacks" | "rules"));
    if !in_agents && !at_root {
        return Ok(None);
    }
    let scope = if in_agents { Scope::Repository } else { Scope::Organisation };
    let folder = catalog::load(&files, scope).await?;
    let above: Option<Folder> = match organisation {
        Some(path) => Some(catalog::load(&Directory::new(path), Scope::Organisation).await?),
        None => None,
    };
    Ok(Some(catalog::resolve(above.as_ref(), &folder)))
}

/// Diagnostics whose files can be opened from where the person stands.
pub(super) fn placed(root: &Path, diagnostics: &[Diagnostic]) -> Vec<Diagnostic> {
    let place = |diagnostic: &Diagnostic| {
        let file = if root == Path::new(".") { PathBuf::from(&diagnostic.file) } else { root.join(&diagnostic.file) };
        Diagnostic { file: file.display().to_string(), ..diagnostic.clone() }
    };
    diagnostics.iter().map(place).collect()
}

fn contents(catalog: &Catalog) -> String {
    let stacks = catalog.stacks.len() + catalog.aside.stacks.len();
    let rules = catalog.rules.len() + catalog.aside.rules.len();
    format!("{} and {}", counted(stacks, "stack", "stacks"), counted(rules, "rule", "rules"))
}

/// A number and its noun.
pub(super) fn counted(count: usize, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}

fn names<'a>(names: impl Iterator<Item = &'a String>) -> Vec<&'a str> {
    let mut names: Vec<&str> = names.map(String::as_str).collect();
    names.sort_unstable();
    names.dedup();
    names
}
