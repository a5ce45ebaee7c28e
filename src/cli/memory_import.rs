//! `forgehand memory import [PATH] --into BRAIN`: brings `AGENTS.md`, `MEMORY.md`, records of decisions and a folder of notes of a
//! repository into a brain's work tree. Needs no server; what it wrote waits there to be looked at and committed.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use serde_json::json;

use crate::cli::Output;
use crate::git::EntryKind;
use crate::git::Repository;
use crate::kit::Error;
use crate::kit::Result;
use crate::kit::clock::Clock;
use crate::kit::error::Context as _;
use crate::memory::Day;
use crate::memory::When;
use crate::memory::folder::MOST_FILES;
use crate::memory::import;
use crate::memory::import::Maker;
use crate::memory::import::Source;
use crate::model::OwnerName;
use crate::model::TreePath;

/// Bring files of a repository into a company brain in a work tree.
#[derive(Debug, Args)]
pub(super) struct Import {
    /// The work tree or Git directory of the repository.
    #[arg(default_value = ".")]
    path: PathBuf,
    /// The work tree of the brain.
    #[arg(long, value_name = "DIR")]
    into: PathBuf,
    /// What the repository is called on the server.
    #[arg(long = "as", value_name = "OWNER/NAME")]
    name: String,
    /// Who looks after what comes over: a login.
    #[arg(long, value_name = "LOGIN")]
    owner: String,
    /// Read at this branch, tag or commit.
    #[arg(long = "ref", default_value = "HEAD", value_name = "REF")]
    reference: String,
    /// A folder whose files become notes; `.` for all.
    #[arg(long, value_name = "FOLDER")]
    notes: Option<String>,
}

pub(super) async fn run(asked: Import, output: Output) -> Result<ExitCode> {
    if !asked.into.is_dir() {
        let error = Error::invalid(format!("Cannot write to `{}`: it is not a folder", asked.into.display()));
        return Err(error.hint("name the work tree of a company brain"));
    }
    let named = asked.name.split_once('/').ok_or_else(|| {
        Error::invalid(format!("`{}` is not a repository", asked.name)).hint("write `--as owner/name`")
    })?;
    named.0.parse::<OwnerName>()?;
    named.1.parse::<crate::model::RepoName>()?;
    asked.owner.parse::<OwnerName>()?;
    let maker = Maker { login: asked.owner, today: Day::of(Clock::system().now()) };
    let notes = asked.notes.as_deref().map(|folder| folder.trim_matches(['/', '.']));
    let repository = Repository::outside(&asked.path)?;
    let commit = When::Ref(asked.reference).commit(&repository).await?;
    let (mut written, mut known, mut left_out) = (Vec::new(), 0, 0);
    let mut leaves = repository.leaves(&commit, MOST_FILES).await?;
    leaves.sort_by(|one, other| one.path.cmp(&other.path));
    for leaf in leaves {
        let Ok(path) = String::from_utf8(leaf.path) else { continue };
        let Some(sort) = import::sort_of(&path, notes) else { continue };
        if !matches!(leaf.kind, EntryKind::File | EntryKind::Executable) {
            continue;
        }
        let file = repository.file(&commit, &path.parse::<TreePath>()?).await.ok().flatten();
        let bytes = file.map(|file| file.bytes).filter(|bytes| bytes.len() as u64 <= import::LARGEST);
        let Some(text) = bytes.and_then(|bytes| String::from_utf8(bytes).ok()).filter(|text| !text.contains('\0'))
        else {
            left_out += 1;
            continue;
        };
        let text = text.replace("\r\n", "\n");
        let (commit, blob) = (commit.to_string(), leaf.id.to_string());
        let draft = import::draft(&Source { repo: asked.name.clone(), commit, path, blob, text }, sort, &maker);
        let place = asked.into.join(&draft.path);
        if std::fs::read_to_string(&place).is_ok_and(|there| there.contains(&draft.key)) {
            known += 1;
            continue;
        }
        let folder = place.parent().unwrap_or(&asked.into);
        std::fs::create_dir_all(folder).context("Cannot make a folder in the brain")?;
        std::fs::write(&place, &draft.text).context("Cannot write into the brain")?;
        written.push(draft.path);
    }
    let lines: String = written.iter().map(|path| format!("{path}\n")).collect();
    let summary = format!("{} written, {known} there already, {left_out} too large or not UTF-8", written.len());
    output.say(&format!("{lines}{summary}"), &json!({ "written": written, "known": known, "left_out": left_out }));
    Ok(ExitCode::SUCCESS)
}
