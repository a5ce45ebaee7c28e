//! Taking over commits from another repository of ours, checked object by object.

use std::path::Path;
use std::time::Duration;

use tokio::io::AsyncReadExt as _;
use tokio::io::AsyncWriteExt as _;
use tokio::process::Child;

use crate::git::Repository;
use crate::git::process;
use crate::git::process::Start;
use crate::git::process::Target;
use crate::git::repository::oid;
use crate::kit::Error;
use crate::kit::ErrorKind;
use crate::kit::Result;
use crate::kit::error::Context as _;
use crate::model::CommitId;

/// How long a copy may take.
const LONGEST: Duration = Duration::from_secs(600);

impl Repository {
    /// Copies a commit and what it needs from another repository, such as a run's quarantine. Every new object is checked
    /// as a push would be, and nothing stays of a copy that fails. Moves no ref: the caller does, or the objects are swept
    /// one day. Copying what is here already does nothing.
    pub async fn import(&self, from: &Repository, commit: &CommitId) -> Result<()> {
        if from.commit(commit).await?.is_none() {
            return Err(Error::not_found("commit"));
        }
        if self.has_all(commit).await? {
            return Ok(());
        }
        let known: Vec<String> = self.all_refs().await?.into_iter().map(|(_, tip)| format!("^{tip}\n")).collect();
        let known = from.those_known(known).await?;
        let wanted = format!("{commit}\n{}", known.concat());
        let limit = format!("--max-input-size={}", self.git().settings().push_limit);
        let copied = tokio::time::timeout(LONGEST, async {
            let packing = ["pack-objects", "--revs", "--thin", "--stdout", "--quiet", "--delta-base-offset"];
            let mut pack = start(from, &packing, &[])?;
            let unpacking = ["index-pack", "--stdin", "--fix-thin", "--strict"];
            let mut index = start(self, &unpacking, &[limit])?;
            let mut asks = pack.stdin.take().expect("standard input is piped");
            let mut bytes = pack.stdout.take().expect("standard output is piped");
            let mut takes = index.stdin.take().expect("standard input is piped");
            let mut says = index.stdout.take().expect("standard output is piped");
            let (pack_stderr, index_stderr) = (
                pack.stderr.take().expect("standard error is piped"),
                index.stderr.take().expect("standard error is piped"),
            );
            let mut said = Vec::new();
            let (_, _, _, pack_complains, index_complains) = tokio::join!(
                async {
                    asks.write_all(wanted.as_bytes()).await.ok();
                    drop(asks);
                },
                async {
                    tokio::io::copy(&mut bytes, &mut takes).await.ok();
                    drop(takes);
                },
                says.read_to_end(&mut said),
                process::complaint(pack_stderr),
                process::complaint(index_stderr),
            );
            let packed = pack.wait().await.context("Cannot copy commits")?;
            let indexed = index.wait().await.context("Cannot copy commits")?;
            if !packed.success() {
                return Err(Error::internal(format!("`git` could not pack a commit: {pack_complains}")));
            }
            if !indexed.success() {
                return Err(Error::new(ErrorKind::Invalid, format!("The commit {} is not sound", commit.short()))
                    .code("UNSOUND_OBJECTS")
                    .hint("`git fsck` in a clone that has it names the object")
                    .source(index_complains));
            }
            Ok(())
        });
        copied.await.context("Copying commits took too long")??;
        self.forget();
        if !self.has_all(commit).await? {
            return Err(Error::internal("A copied commit did not arrive"));
        }
        Ok(())
    }

    /// Whether the commit is here with its tree and its parents.
    async fn has_all(&self, commit: &CommitId) -> Result<bool> {
        let Some(found) = self.commit(commit).await? else { return Ok(false) };
        self.blocking(move |repository| {
            Ok(repository.has_object(oid(&found.tree)) && found.parents.iter().all(|id| repository.has_object(oid(id))))
        })
        .await
    }

    /// Those lines `^<commit>` whose commits are here.
    async fn those_known(&self, lines: Vec<String>) -> Result<Vec<String>> {
        self.blocking(move |repository| {
            let is_known = |line: &String| {
                gix::ObjectId::from_hex(line.trim_start_matches('^').trim_end().as_bytes())
                    .is_ok_and(|id| repository.has_object(id))
            };
            Ok(lines.into_iter().filter(is_known).collect())
        })
        .await
    }
}

fn start(repository: &Repository, verb: &[&'static str], words: &[String]) -> Result<Child> {
    let directory: &Path = repository.directory();
    let start = Start { verb, words, directory: Target::Environment(directory), settings: &[], environment: &[] };
    process::start(repository.git(), &start)
}
