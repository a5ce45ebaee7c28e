//! `forgehand audit verify`.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use serde_json::json;

use crate::audit::Audit;
use crate::audit::Checkpoint;
use crate::audit::Verification;
use crate::cli::Output;
use crate::config;
use crate::db::Db;
use crate::kit::Error;
use crate::kit::Result;

/// Check the whole chain, and name the first bad entry.
#[derive(Debug, Args)]
pub(super) struct Verify {
    /// A checkpoint that was kept elsewhere: JSON, as an export holds it.
    #[arg(long, value_name = "FILE")]
    checkpoint: Option<PathBuf>,
}

pub(super) async fn run(verify: Verify, flags: config::Flags, output: Output) -> Result<ExitCode> {
    let settings = config::gather(flags)?;
    if !settings.data.join("keys").is_dir() {
        return Err(Error::invalid(format!("There is no log in `{}`", settings.data.display()))
            .hint("name the server's directory with `--data`")
            .field("data"));
    }
    let kept = verify.checkpoint.map(|path| read(&path)).transpose()?;
    let db = match &settings.database {
        Some(url) => Db::open(url.reveal()).await?,
        None => Db::open_in(&settings.data).await?,
    };
    match Audit::open(db, &settings.data)?.verify(kept.as_ref()).await? {
        Verification::Good { entries, head, checkpoints } => {
            let text = format!("good: {entries} entries, head {head}, {checkpoints} checkpoints agree");
            output.say(&text, &json!({ "good": true, "entries": entries, "head": head, "checkpoints": checkpoints }));
            Ok(ExitCode::SUCCESS)
        }
        Verification::Bad { sequence, why } => {
            output.say(
                &format!("bad: entry {sequence}: {why}"),
                &json!({ "good": false, "entry": sequence, "why": why }),
            );
            Ok(ExitCode::from(1))
        }
    }
}

fn read(path: &std::path::Path) -> Result<Checkpoint> {
    let wrong = |why: String| {
        Error::invalid(format!("Cannot use the checkpoint in `{}`: {why}", path.display())).field("checkpoint")
    };
    let text = std::fs::read_to_string(path).map_err(|error| wrong(error.to_string()))?;
    // A file of checkpoints holds one a line; the last one says the most.
    let last = text.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or_default();
    serde_json::from_str(last).map_err(|error| wrong(error.to_string()))
}
