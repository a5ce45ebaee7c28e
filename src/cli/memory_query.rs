//! `forgehand memory query TEXT`: asks a company brain at a commit, without a server.
//!
//! The brain is the repository of a work tree, or with `--org` that of an organisation in the data directory. Objects are
//! read through Git; the only thing that is written is an index, which may be deleted at any time.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;

use crate::catalog::Pattern;
use crate::cli::Output;
use crate::config;
use crate::git::Repository;
use crate::kit::Error;
use crate::kit::Result;
use crate::kit::text::visible;
use crate::memory;
use crate::memory::When;
use crate::memory::index::Indexes;
use crate::memory::query;
use crate::memory::query::Answer;
use crate::memory::query::Around;
use crate::memory::query::Direction;
use crate::memory::query::Scope;
use crate::model::OwnerName;

/// Ask a company brain: words, `"phrases"`, `prefixes*`, `-without`, `kind:Runbook`.
#[derive(Debug, Args)]
pub(super) struct Query {
    /// What to look for; may be empty when something else narrows it.
    text: String,
    /// Only records of this kind; may be given again.
    #[arg(long, value_name = "KIND")]
    kind: Vec<String>,
    /// Only below these paths, such as `runbooks/**`; may be given again.
    #[arg(long, value_name = "PATTERN")]
    path: Vec<String>,
    /// Only with this tag; may be given again.
    #[arg(long, value_name = "TAG")]
    tag: Vec<String>,
    /// Only around this record.
    #[arg(long, value_name = "ID")]
    around: Option<String>,
    /// How many edges far `--around` goes.
    #[arg(long, default_value_t = 1, value_name = "N")]
    depth: u8,
    /// As the brain was at this time: `2026-10-01` or `2026-10-01T08:00:00Z`.
    #[arg(long, value_name = "TIME")]
    at: Option<String>,
    /// As the brain is at this branch, tag or commit.
    #[arg(long = "ref", value_name = "REF")]
    name: Option<String>,
    /// How many answers.
    #[arg(long, default_value_t = 5, value_name = "N")]
    limit: usize,
    /// The work tree or Git directory of the brain.
    #[arg(long = "in", default_value = ".", value_name = "DIR", conflicts_with = "org")]
    folder: PathBuf,
    /// The brain of this organisation, in the data directory.
    #[arg(long, value_name = "NAME")]
    org: Option<String>,
}

pub(super) async fn run(asked: Query, flags: config::Flags, output: Output) -> Result<ExitCode> {
    let (repository, indexes) = match &asked.org {
        Some(org) => {
            let org: OwnerName = org.parse()?;
            let data = config::gather(flags)?.data;
            let directory = data.join("git").join(org.as_str()).join(format!("{}.git", memory::REPOSITORY));
            (Repository::outside(&directory)?, Indexes::in_folder(&data.join("memory")))
        }
        None => {
            let repository = Repository::outside(&asked.folder)?;
            let indexes = Indexes::in_folder(&repository.directory().join("forgehand-memory"));
            (repository, indexes)
        }
    };
    let commit = When::asked(asked.at.as_deref(), asked.name.as_deref())?.commit(&repository).await?;
    let view = indexes.view(&repository, &commit).await?;
    let around = asked.around.map(|id| {
        Ok::<_, Error>(Around { id: id.parse()?, edges: Vec::new(), depth: asked.depth, direction: Direction::Both })
    });
    let question = query::Query {
        text: asked.text,
        kinds: asked.kind,
        tags: asked.tag,
        paths: asked.path.iter().map(|path| path.parse::<Pattern>()).collect::<Result<_>>()?,
        around: around.transpose()?,
        limit: asked.limit,
        ..query::Query::default()
    };
    // Whoever can read the repository's objects can read everything in it.
    let answer = query::ask(&repository, &view, &question, &Scope::everything()).await?;
    let value = serde_json::to_value(&answer).map_err(|error| Error::internal("Cannot write JSON").source(error))?;
    output.say(&told(&answer), &value);
    Ok(ExitCode::SUCCESS)
}

fn told(answer: &Answer) -> String {
    let mut lines = Vec::new();
    for hit in &answer.hits {
        let name = hit.id.as_deref().unwrap_or(&hit.kind);
        lines.push(format!("{}:{}-{}  {} ({name})", visible(&hit.path), hit.lines.0, hit.lines.1, visible(&hit.title)));
        lines.push(format!("  {:.2}: {}", hit.score, visible(&hit.why.join("; "))));
        lines.extend(hit.excerpt.lines().map(|line| format!("  | {}", visible(line))));
        lines.push(String::new());
    }
    let shown = answer.hits.len();
    lines.push(match answer.total {
        0 => format!("nothing at commit {}", answer.commit.short()),
        total => format!("{shown} of {total} at commit {}", answer.commit.short()),
    });
    lines.join("\n")
}
