//! `forgehand memory check [PATH]`: what is wrong with a company brain in a work tree. Reads files only; needs no server.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use serde_json::json;

use crate::catalog::Severity;
use crate::cli::Output;
use crate::cli::config_check::counted;
use crate::cli::config_check::placed;
use crate::git::Repository;
use crate::kit::Error;
use crate::kit::Result;
use crate::kit::error::Context as _;
use crate::memory;
use crate::memory::Brain;
use crate::memory::When;

/// Check a company brain: every fault with its file, line and column, and a hint.
#[derive(Debug, Args)]
pub(super) struct Check {
    /// The folder of the brain.
    #[arg(default_value = ".")]
    path: PathBuf,
    /// Also hold the brain against this branch, tag or commit: ids and statuses may not move as they like.
    #[arg(long, value_name = "REF")]
    base: Option<String>,
}

pub(super) async fn run(check: Check, output: Output) -> Result<ExitCode> {
    if !check.path.is_dir() {
        let error = Error::invalid(format!("Cannot read `{}`: it is not a folder", check.path.display()));
        return Err(error.hint("name the folder of a company brain"));
    }
    let base = match &check.base {
        Some(name) => {
            let repository = Repository::outside(&check.path)?;
            let commit = When::Ref(name.clone()).commit(&repository).await?;
            Some(memory::at_commit::base_at(&repository, &commit).await?)
        }
        None => None,
    };
    let root = check.path.clone();
    let read = move || -> Result<_> {
        let brain = Brain::read(memory::folder::read(&root)?);
        let found = memory::check::brain(&brain, base.as_ref());
        Ok((brain.counts(), placed(&root, &found)))
    };
    let ((records, notes), diagnostics) = tokio::task::spawn_blocking(read).await.context("Checking broke off")??;
    let count = |severity| diagnostics.iter().filter(|diagnostic| diagnostic.severity == severity).count();
    let (errors, warnings) = (count(Severity::Error), count(Severity::Warning));
    let text: String = diagnostics.iter().map(|diagnostic| format!("{diagnostic}\n")).collect();
    let summary = format!(
        "{} and {}: {}, {}",
        counted(records, "record", "records"),
        counted(notes, "note", "notes"),
        counted(errors, "error", "errors"),
        counted(warnings, "warning", "warnings")
    );
    let value = json!({
        "ok": errors == 0,
        "errors": errors,
        "warnings": warnings,
        "records": records,
        "notes": notes,
        "diagnostics": diagnostics,
    });
    output.say(&format!("{text}{summary}"), &value);
    Ok(if errors == 0 { ExitCode::SUCCESS } else { ExitCode::from(1) })
}
