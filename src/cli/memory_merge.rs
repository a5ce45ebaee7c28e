//! `forgehand memory merge BASE OURS THEIRS`: a merge driver for records, as Git calls one.
//!
//! `git config merge.record.driver "forgehand memory merge %O %A %B"`, and `*.md merge=record` in `.gitattributes`.

use std::path::Path;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use serde_json::json;

use crate::cli::Output;
use crate::kit::Error;
use crate::kit::Result;
use crate::kit::error::Context as _;
use crate::memory::merge;

/// Join two changes of a record, key by key; the result replaces OURS. Exit code 1 when there are conflicts.
#[derive(Debug, Args)]
pub(super) struct Merge {
    /// The file before both changes.
    base: PathBuf,
    /// The file after our change; it is overwritten.
    ours: PathBuf,
    /// The file after their change.
    theirs: PathBuf,
}

pub(super) fn run(asked: &Merge, output: Output) -> Result<ExitCode> {
    let [base, ours, theirs] = [read(&asked.base)?, read(&asked.ours)?, read(&asked.theirs)?];
    let merged = merge::merge(&base, &ours, &theirs);
    std::fs::write(&asked.ours, &merged.text).context("Cannot write the result of a merge")?;
    let good = merged.conflicts.is_empty();
    let text = if good { "joined".into() } else { format!("both sides changed {}", merged.conflicts.join(", ")) };
    output.say(&text, &json!({ "ok": good, "conflicts": merged.conflicts }));
    Ok(if good { ExitCode::SUCCESS } else { ExitCode::from(1) })
}

fn read(path: &Path) -> Result<String> {
    std::fs::read_to_string(path).map_err(|error| {
        Error::invalid(format!("Cannot read `{}`: {error}", path.display())).hint("name three text files")
    })
}
