//! A person imports into a company brain: files of a repository, or what finished runs left. All of it comes as one pull request,
//! which the check of the brain judges and a person merges.
//!
//! What the brain holds already, or an import that waits brings, is known by what it was made of and is not brought again. What may
//! be read by fewer people than the brain stays where it is.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::collections::HashSet;

use serde_json::json;

use crate::access::Action;
use crate::access::Cx;
use crate::catalog::Diagnostic;
use crate::engine::Engine;
use crate::engine::brain::Brain;
use crate::engine::frame::Deed;
use crate::engine::updates::IMPORTS;
use crate::engine::updates::Sort as UpdateSort;
use crate::engine::updates::Standing;
use crate::forge::embedded::Place;
use crate::forge::embedded::PullRequest;
use crate::forge::embedded::Search;
use crate::git;
use crate::git::EntryKind;
use crate::kit::Error;
use crate::kit::ErrorKind;
use crate::kit::Result;
use crate::kit::digest::Digest;
use crate::kit::error::Context as _;
use crate::kit::page::Paging;
use crate::kit::text::visible_line;
use crate::memory;
use crate::memory::Day;
use crate::memory::RawFile;
use crate::memory::When;
use crate::memory::brain::Found;
use crate::memory::folder::MOST_FILES;
use crate::memory::import;
use crate::memory::import::Draft;
use crate::memory::import::Tier;
use crate::memory::index::Facet;
use crate::memory::index::View;
use crate::model::BranchName;
use crate::model::CommitId;
use crate::model::OwnerName;
use crate::model::RunId;
use crate::model::TreePath;

/// Files that one import brings; the rest is told.
const MOST: usize = 200;

/// Files and runs that one import looks at.
pub(super) const MOST_READ: usize = 5_000;

/// Imports that wait and are looked through for what they bring.
const MOST_WAITING: u32 = 50;

/// What is imported.
#[derive(Clone, Debug)]
pub enum ImportFrom {
    /// `AGENTS.md`, `MEMORY.md` and records of decisions of a repository, and a folder of notes.
    Files {
        /// `owner/name`.
        repo: String,
        /// A branch, a tag or a commit; none for the default branch.
        reference: Option<String>,
        /// A folder whose files are notes.
        notes: Option<String>,
    },
    /// What finished runs left.
    Runs {
        /// Which.
        runs: Vec<RunId>,
        /// How much of them.
        tier: Tier,
    },
}

/// What an import would do.
#[derive(Debug)]
pub struct ImportPlan {
    /// What becomes of each source.
    pub items: Vec<Item>,
    /// What the check of the brain would say of what is new.
    pub findings: Vec<Diagnostic>,
    /// Sources that did not fit in.
    pub left_out: usize,
    /// In a few words, where from.
    from: String,
    brain: Place,
    tip: CommitId,
}

/// A source, and what becomes of it.
#[derive(Debug)]
pub struct Item {
    /// Where it comes from.
    pub from: String,
    /// What it becomes; none when it is refused.
    pub draft: Option<Draft>,
    /// What happens to it.
    pub fate: Fate,
}

/// What happens to a source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It becomes a file that is not there yet.
    New,
    /// It was imported before, and is another one now.
    Changed,
    /// It is there already, or waits to be merged.
    Known,
    /// It is not imported, for this reason.
    Refused(String),
}

/// What an import did.
#[derive(Debug)]
pub struct Imported {
    /// What it is made of.
    pub plan: ImportPlan,
    /// The pull request; none when there was nothing new.
    pub pull: Option<i64>,
}

impl Fate {
    /// The word in the API and on pages.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Changed => "changed",
            Self::Known => "known",
            Self::Refused(_) => "refused",
        }
    }
}

impl Item {
    /// Whether the import brings it.
    fn brings(&self) -> bool {
        matches!(self.fate, Fate::New | Fate::Changed)
    }
}

impl ImportPlan {
    /// What it brings.
    fn brings(&self) -> impl Iterator<Item = &Draft> {
        self.items.iter().filter(|item| item.brings()).filter_map(|item| item.draft.as_ref())
    }

    /// Whether it brings anything.
    pub fn is_empty(&self) -> bool {
        self.brings().next().is_none()
    }
}

impl Engine {
    /// What an import would do; changes nothing.
    pub async fn plan_import(&self, cx: &Cx, owner: &OwnerName, from: &ImportFrom) -> Result<ImportPlan> {
        let none = || Error::not_found("such brain");
        let (Brain { place, tip }, _) = self.readable_brain(cx, owner).await?.ok_or_else(none)?;
        cx.authorize(Action::PushBranch, &place.standing)?;
        let tip = tip.ok_or_else(|| Error::conflict("The company brain has no commit yet").hint("begin it first"))?;
        let (mut items, mut left_out, from) = match from {
            ImportFrom::Files { repo, reference, notes } => {
                let wanted = (reference.as_deref(), notes.as_deref());
                self.files_to_import(cx, &place, repo, wanted).await?
            }
            ImportFrom::Runs { runs, tier } => self.runs_to_import(cx, &place, runs, *tier).await?,
        };
        self.tell_known(&place, &tip, &mut items).await?;
        let mut brought = 0;
        items.retain(|item| {
            brought += usize::from(item.brings());
            let fits = !item.brings() || brought <= MOST;
            left_out += usize::from(!fits);
            fits
        });
        let findings = self.findings_of(&place, &tip, &items).await?;
        Ok(ImportPlan { items, findings, left_out, from, brain: place, tip })
    }

    /// Imports, as one pull request.
    pub async fn import_memory(&self, cx: &Cx, owner: &OwnerName, from: &ImportFrom) -> Result<Imported> {
        let plan = self.plan_import(cx, owner, from).await?;
        if plan.is_empty() {
            return Ok(Imported { plan, pull: None });
        }
        let sources: Vec<&str> = plan.brings().map(|draft| draft.from.as_str()).collect();
        let details = json!({ "from": plan.from, "sources": sources });
        let deed = Deed { action: "memory.import", refused: "memory.import_refused", place: &plan.brain, details };
        let pull = self.told_first(cx, deed, self.land_import(cx, &plan)).await?;
        Ok(Imported { plan, pull: Some(pull) })
    }

    async fn land_import(&self, cx: &Cx, plan: &ImportPlan) -> Result<i64> {
        let who = self.forge.signature(cx).await?;
        let title = match plan.brings().count() {
            1 => format!("memory: Import one file from {}", plan.from),
            count => format!("memory: Import {count} files from {}", plan.from),
        };
        let branch = self.branch_of_import(plan).await?;
        if self.forge.git(&plan.brain.repository).branch(&branch).await?.is_none() {
            let write = |draft: &Draft| {
                let bytes = draft.text.clone().into_bytes();
                Ok((draft.path.parse()?, git::Change::Write { bytes, executable: false }))
            };
            let commit = git::CommitFiles {
                branch: branch.clone(),
                expected: git::Expected::Absent,
                base: Some(plan.tip.clone()),
                changes: plan.brings().map(write).collect::<Result<_>>()?,
                author: who.clone(),
                committer: who,
                message: title.clone(),
            };
            self.forge.commit_files(cx, &plan.brain, commit).await?;
        }
        let request = PullRequest {
            title,
            body: words(plan),
            base: plan.brain.repository.default_branch.clone(),
            head_repo: plan.brain.repository.id,
            head: branch,
            draft: false,
            labels: Vec::new(),
        };
        Ok(self.forge.open_pull(cx, &plan.brain, request).await?.number)
    }

    /// The branch of an import, named by what it brings and where to: a try that was cut off before its pull request goes on
    /// with it, and one whose pull request was closed is followed by another one.
    async fn branch_of_import(&self, plan: &ImportPlan) -> Result<BranchName> {
        let parts: Vec<&[u8]> =
            plan.brings().flat_map(|draft| [draft.path.as_bytes(), draft.text.as_bytes()]).collect();
        let digest = Digest::of("forgehand/memory-import", &parts).short();
        let git = self.forge.git(&plan.brain.repository);
        for number in 1.. {
            let name = if number == 1 { digest.clone() } else { format!("{digest}-{number}") };
            let branch: BranchName = format!("{IMPORTS}{name}").parse()?;
            let Some(_) = git.branch(&branch).await? else { return Ok(branch) };
            let search = Search { pulls: Some(true), head: Some(branch.to_string()), ..Search::default() };
            let pulls = self.forge.issues(&plan.brain, &search, Paging::new(None, Some(1))).await?;
            if pulls.items.is_empty() {
                return Ok(branch);
            }
        }
        unreachable!("numbers do not end")
    }

    async fn files_to_import(
        &self,
        cx: &Cx,
        brain: &Place,
        repo: &str,
        (reference, notes): (Option<&str>, Option<&str>),
    ) -> Result<(Vec<Item>, usize, String)> {
        let unknown = || Error::not_found(format!("such repository as `{}`", visible_line(repo, 120))).field("repo");
        let (owner, name) = repo.split_once('/').unwrap_or((brain.repository.owner_name.as_str(), repo));
        let (owner, name) = (owner.parse().map_err(|_| unknown())?, name.parse().map_err(|_| unknown())?);
        let place = self.forge.enter(cx, &owner, &name).await.map_err(|_| unknown())?;
        fits(brain, &place)?;
        let git = self.forge.git(&place.repository);
        let named = reference.unwrap_or(place.repository.default_branch.as_str());
        let missing = || Error::not_found(format!("such ref as `{}`", visible_line(named, 120))).field("ref");
        let commit = git.resolve(named).await?.ok_or_else(missing)?;
        let notes = match notes.map(|folder| folder.trim_matches('/')) {
            Some("" | ".") => Some(""),
            Some(folder) => Some(folder.parse::<TreePath>().map(|_| folder).map_err(|error| error.field("notes"))?),
            None => None,
        };
        let login = cx.actor.name();
        let maker = import::Maker { login, today: Day::of(self.clock.now()) };
        let reference = place.repository.reference().to_string();
        let (mut items, mut left_out, mut taken) = (Vec::new(), 0, BTreeSet::new());
        let mut leaves = git.leaves(&commit, MOST_FILES).await?;
        leaves.sort_by(|one, other| one.path.cmp(&other.path));
        for leaf in leaves {
            let Ok(path) = String::from_utf8(leaf.path) else { continue };
            let Some(sort) = import::sort_of(&path, notes) else { continue };
            if !matches!(leaf.kind, EntryKind::File | EntryKind::Executable) {
                continue;
            }
            if items.len() == MOST_READ {
                left_out += 1;
                continue;
            }
            let from = format!("{reference}@{commit}:{path}");
            let refused = |why: &str| Item { from: from.clone(), draft: None, fate: Fate::Refused(why.to_owned()) };
            let large = "it is larger than 200 KiB";
            let file = match git.file(&commit, &path.parse()?).await {
                Ok(Some(file)) if file.bytes.len() as u64 <= import::LARGEST => Ok(file.bytes),
                Ok(_) => Err(large),
                Err(error) if error.kind() == ErrorKind::TooLarge => Err(large),
                Err(error) => return Err(error),
            };
            let text = file.and_then(|bytes| String::from_utf8(bytes).map_err(|_| "it is not UTF-8"));
            let text = text.and_then(|text| if text.contains('\0') { Err("it is not text") } else { Ok(text) });
            let text = match text {
                Ok(text) => text,
                Err(why) => {
                    items.push(refused(why));
                    continue;
                }
            };
            let (commit, blob) = (commit.to_string(), leaf.id.to_string());
            let text = self.vault.watch().redact(text.replace("\r\n", "\n"));
            let source = import::Source { repo: reference.clone(), commit, path, blob, text };
            let draft = import::draft(&source, sort, &maker);
            let fate = match taken.insert(draft.path.to_lowercase()) {
                true => Fate::New,
                false => Fate::Refused(format!("another file becomes `{}` as well", draft.path)),
            };
            items.push(Item { from, draft: Some(draft).filter(|_| fate == Fate::New), fate });
        }
        Ok((items, left_out, reference))
    }

    /// Tells what is in the brain already, or waits to be merged; what changed meanwhile goes where it lies now.
    async fn tell_known(&self, brain: &Place, tip: &CommitId, items: &mut [Item]) -> Result<()> {
        let owner = &brain.repository.owner_name;
        let waiting = self.updates(brain, Standing::Open, Paging::new(None, Some(MOST_WAITING))).await?;
        let imports = waiting.items.into_iter().filter(|update| update.sort == UpdateSort::Import);
        let heads = imports.filter_map(|update| Some(update.issue.pull?.head_sha));
        let git = self.forge.git(&brain.repository);
        let mut views = Vec::new();
        for commit in std::iter::once(tip.clone()).chain(heads) {
            let view = self.memory.view(owner, &When::Ref(commit.to_string())).await?;
            views.push((keys(&view)?, view));
        }
        for Item { draft, fate, .. } in items {
            let Some(draft) = draft else { continue };
            for (number, (keys, view)) in views.iter().enumerate() {
                let there = match draft.id.as_deref().map(str::parse) {
                    Some(Ok(id)) => {
                        view.record(&id).or_else(|| of_run(view, draft)).map(|at| view.kept(at)).transpose()?
                    }
                    _ => None,
                };
                let path: TreePath = there.as_ref().map_or(draft.path.as_str(), |kept| kept.path.as_str()).parse()?;
                let file = git.file(&view.commit, &path).await?;
                let text = file.as_ref().and_then(|file| file.text());
                if keys.contains(&draft.key) || text.is_some_and(|text| text.contains(&draft.key)) {
                    *fate = Fate::Known;
                    break;
                }
                if number == 0 && text.is_some() {
                    *fate = match there.as_ref().and_then(|kept| kept.status.as_deref()) {
                        Some("summarised") => Fate::Known,
                        _ => Fate::Changed,
                    };
                    draft.path = path.to_string();
                }
            }
        }
        Ok(())
    }

    /// What the check of the brain says of the files that an import brings.
    async fn findings_of(&self, brain: &Place, tip: &CommitId, items: &[Item]) -> Result<Vec<Diagnostic>> {
        let new: BTreeMap<Vec<u8>, Vec<u8>> = items
            .iter()
            .filter(|item| item.brings())
            .filter_map(|item| item.draft.as_ref())
            .map(|draft| (draft.path.clone().into_bytes(), draft.text.clone().into_bytes()))
            .collect();
        if new.is_empty() {
            return Ok(Vec::new());
        }
        let git = self.forge.git(&brain.repository);
        let mut raw = memory::at_commit::read(&git, tip).await?;
        let base = memory::at_commit::base_at(&git, tip).await?;
        let checked = tokio::task::spawn_blocking(move || {
            raw.retain(|file| !new.contains_key(&file.path));
            let paths: BTreeSet<String> = new.keys().map(|path| String::from_utf8_lossy(path).into_owned()).collect();
            raw.extend(new.into_iter().map(|(path, bytes)| RawFile { path, found: Found::Bytes(bytes) }));
            let mut found = memory::check::brain(&memory::Brain::read(raw), Some(&base));
            found.retain(|found| paths.contains(&found.file));
            found
        });
        checked.await.context("Checking an import broke off")
    }
}

/// Whether what lies in a repository may go into a brain: of the same organisation, and read by nobody who may not read it now.
pub(super) fn fits(brain: &Place, place: &Place) -> Result<()> {
    if place.repository.owner != brain.repository.owner {
        let message = format!(
            "Cannot import from {}: it belongs to another organisation than the brain",
            place.repository.reference()
        );
        return Err(Error::denied(message).code("CROSS_ORG_REF_DENIED"));
    }
    if place.repository.private && !brain.repository.private {
        let message = format!(
            "Cannot import from {}: it is private, and everybody may read the brain",
            place.repository.reference()
        );
        return Err(Error::denied(message).code("WIDER_AUDIENCE").hint("make the brain private first"));
    }
    Ok(())
}

/// The episode that a run left, whatever it is called.
fn of_run(view: &View, draft: &Draft) -> Option<memory::index::At> {
    let run = draft.from.strip_prefix("run:")?;
    view.with(Facet::Run, run).first().copied()
}

/// What the records of a brain were made of.
fn keys(view: &View) -> Result<HashSet<String>> {
    let mut keys = HashSet::new();
    for at in view.each() {
        let kept = view.kept(at)?;
        keys.extend(kept.cites.into_iter().chain(kept.sources));
    }
    Ok(keys)
}

/// What the pull request says.
fn words(plan: &ImportPlan) -> String {
    let mut text = format!("Imported from {}. Whoever merges it answers for it.\n\n", plan.from);
    text.push_str("| file | what | source |\n|---|---|---|\n");
    let cell = |text: &str| visible_line(text, 200).replace('|', "\\|");
    for item in plan.items.iter().filter(|item| item.fate != Fate::Known) {
        let path = item.draft.as_ref().map_or("–", |draft| draft.path.as_str());
        let mut what = match &item.fate {
            Fate::Refused(why) => format!("not imported: {why}"),
            fate => fate.as_str().to_owned(),
        };
        if let Some(draft) = item.draft.as_ref().filter(|draft| draft.redacted > 0) {
            what.push_str(&format!(", {} stretches that look like secrets were taken out", draft.redacted));
        }
        text.push_str(&format!("| `{}` | {} | `{}` |\n", cell(path), cell(&what), cell(&item.from)));
    }
    let known = plan.items.iter().filter(|item| item.fate == Fate::Known).count();
    if known > 0 {
        text.push_str(&format!("\n{known} more were here already.\n"));
    }
    if plan.left_out > 0 {
        text.push_str(&format!(
            "\n{} more did not fit into one import; import again once this is merged.\n",
            plan.left_out
        ));
    }
    text
}
