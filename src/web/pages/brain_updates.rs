//! What waits to become part of the brain, and what one proposal would change: in records rather than lines.

use std::collections::BTreeMap;
use std::sync::Arc;

use askama::Template;
use axum::extract::Path;
use axum::extract::Query;
use axum::extract::State;

use crate::catalog::Severity;
use crate::engine::Engine;
use crate::engine::updates::Standing;
use crate::git;
use crate::kit::Error;
use crate::kit::Result;
use crate::kit::page::Page;
use crate::kit::page::Paging;
use crate::kit::text::visible;
use crate::memory::When;
use crate::memory::index::Kept;
use crate::memory::index::View;
use crate::memory::query::around;
use crate::model::CommitId;
use crate::web::brained::BrainHead;
use crate::web::brained::Brained;
use crate::web::errors::Answer;
use crate::web::frame::Frame;
use crate::web::page::show;
use crate::web::paged::Paged;
use crate::web::pages::issues::IssueRow;
use crate::web::parts::badge::Mark;
use crate::web::parts::pager::Pager;

/// Changed files that are compared.
const MOST_CHANGED: usize = 500;

/// `/{owner}/brain/updates`
#[derive(Template)]
#[template(path = "pages/brain_updates.html")]
pub struct BrainUpdates {
    /// What surrounds the page.
    pub frame: Frame,
    /// The brain.
    pub brain: BrainHead,
    /// Which of them are shown.
    pub standing: Standing,
    /// Pull requests.
    pub updates: Vec<UpdateRow>,
    /// Links to other pages.
    pub pager: Pager,
}

/// A proposal to the brain in a list.
#[derive(Clone, Debug)]
pub struct UpdateRow {
    /// The pull request.
    pub pull: IssueRow,
    /// What sort of proposal it is.
    pub sort: &'static str,
    /// The same in records.
    pub records_href: String,
    /// The run that proposed it, and its short id.
    pub run: Option<(String, String)>,
    /// What the check of the brain says, in a line; empty before it looked.
    pub says: String,
}

/// `/{owner}/brain/updates/{number}`, `/{owner}/brain/compare/{from}...{to}`
#[derive(Template)]
#[template(path = "pages/brain_compare.html")]
pub struct BrainCompare {
    /// What surrounds the page.
    pub frame: Frame,
    /// The brain.
    pub brain: BrainHead,
    /// What is compared.
    pub title: String,
    /// The pull request; empty for two commits.
    pub pull_href: String,
    /// Records that differ.
    pub changes: Vec<RecordChange>,
    /// What the check of the brain says: whether it is an error, where, what.
    pub faults: Vec<(bool, String, String)>,
    /// Whether more files differ than are shown.
    pub cut: bool,
}

/// What becomes of one record or note.
#[derive(Clone, Debug)]
pub struct RecordChange {
    /// `new`, `changed`, `gone`.
    pub what: &'static str,
    /// Its id or path.
    pub name: String,
    /// Its title.
    pub title: String,
    /// Names of what differs: was, is.
    pub fields: Vec<(&'static str, String, String)>,
}

/// `GET /{owner}/brain/updates`
pub async fn list(State(engine): State<Arc<Engine>>, brained: Brained, Query(paged): Query<Paged>) -> Answer {
    let standing = paged.state().parse().unwrap_or_default();
    let page = rows(&engine, &brained, standing, paged.paging()).await?;
    show(&BrainUpdates {
        frame: brained.frame(&engine, "Updates").await?,
        brain: brained.head("updates"),
        standing,
        pager: Pager::new(&page, &format!("{}/updates?state={}", brained.root(), standing.as_str())),
        updates: page.items,
    })
}

/// Proposals to the brain as rows, the newest first.
pub async fn rows(engine: &Engine, brained: &Brained, standing: Standing, paging: Paging) -> Result<Page<UpdateRow>> {
    let repository = &brained.place.repository;
    let (root, now) = (format!("/{}/{}", repository.owner_name, repository.name), brained.visitor.cx.now());
    let found = engine.updates(&brained.place, standing, paging).await?;
    Ok(found.map(|update| {
        let checks = update.check.as_ref().map(|status| Mark::check(status.state.as_str()));
        let says = update.check.as_ref().and_then(|status| status.description.lines().next()).unwrap_or_default();
        let run = update.proposed.as_ref().map(|proposed| proposed.new.run);
        UpdateRow {
            pull: IssueRow { checks, ..IssueRow::of(&update.issue, &root, now) },
            sort: update.sort.as_str(),
            records_href: format!("{}/updates/{}", brained.root(), update.issue.number),
            run: run.map(|run| (format!("/runs/{run}"), run.short())),
            says: visible(says),
        }
    }))
}

/// `GET /{owner}/brain/updates/{number}`
pub async fn one(
    State(engine): State<Arc<Engine>>,
    brained: Brained,
    Path((_, number)): Path<(String, i64)>,
) -> Answer {
    let issue = engine.forge.pull(&brained.place, number).await?;
    let pull = issue.pull.as_ref().ok_or_else(|| Error::not_found("such update"))?;
    let base = engine.forge.merge_base(&brained.place, &issue).await?;
    let base = base.ok_or_else(|| Error::conflict("This pull request has no history in common with the brain"))?;
    let (changes, cut) = compared(&engine, &brained, &base, &pull.head_sha).await?;
    let found = engine.faults_of_brain(&brained.place, &pull.head_sha, Some(&base)).await?;
    let faults = found.iter().map(|found| {
        let place = format!("{}:{}:{}", found.file, found.line, found.column);
        (found.severity == Severity::Error, place, format!("{}; {}", found.message, found.hint))
    });
    let repository = &brained.place.repository;
    show(&BrainCompare {
        frame: brained.frame(&engine, &format!("Update #{number}")).await?,
        brain: brained.head("updates"),
        title: format!("#{number} {}", visible(&issue.title)),
        pull_href: format!("/{}/{}/pulls/{number}", repository.owner_name, repository.name),
        changes,
        faults: faults.collect(),
        cut,
    })
}

/// `GET /{owner}/brain/compare/{from}...{to}`
pub async fn compare(
    State(engine): State<Arc<Engine>>,
    brained: Brained,
    Path((_, spec)): Path<(String, String)>,
) -> Answer {
    let unknown = || Error::not_found("such branch, tag or commit");
    let (from, to) = spec.split_once("...").ok_or_else(|| {
        Error::invalid("Two commits are compared as `from...to`").hint("write `v1...main` at the end of the address")
    })?;
    let base = brained.git.resolve(from).await?.ok_or_else(unknown)?;
    let head = brained.git.resolve(to).await?.ok_or_else(unknown)?;
    let (changes, cut) = compared(&engine, &brained, &base, &head).await?;
    show(&BrainCompare {
        frame: brained.frame(&engine, "Compare").await?,
        brain: brained.head("brain"),
        title: format!("{} → {}", base.short(), head.short()),
        pull_href: String::new(),
        changes,
        faults: Vec::new(),
        cut,
    })
}

/// What differs between two commits, entry by entry.
async fn compared(
    engine: &Engine,
    brained: &Brained,
    from: &CommitId,
    to: &CommitId,
) -> Result<(Vec<RecordChange>, bool)> {
    let paths = brained.git.changed_paths(git::Side::Commit(from), git::Side::Commit(to), MOST_CHANGED).await?;
    let cut = paths.len() == MOST_CHANGED;
    let owner = &brained.place.repository.owner_name;
    let old = engine.memory.view(owner, &When::Ref(from.to_string())).await?;
    let new = engine.memory.view(owner, &When::Ref(to.to_string())).await?;
    let (old, new) = (entries(brained, &old, &paths)?, entries(brained, &new, &paths)?);
    let mut changes = Vec::new();
    for (name, is) in &new {
        match old.get(name) {
            None => changes.push(RecordChange::plain("new", name, is)),
            Some(was) if was.blob != is.blob || was.path != is.path => changes.push(RecordChange::of(name, was, is)),
            Some(_) => {}
        }
    }
    let gone = old.iter().filter(|(name, _)| !new.contains_key(*name));
    changes.extend(gone.map(|(name, was)| RecordChange::plain("gone", name, was)));
    Ok((changes, cut))
}

/// Entries of the files at these paths, by id or path.
fn entries(brained: &Brained, view: &View, paths: &[String]) -> Result<BTreeMap<String, Kept>> {
    let mut found = BTreeMap::new();
    for path in paths {
        for at in view.with(crate::memory::index::Facet::Path, path) {
            let kept = view.kept(at)?;
            if !around::is_hidden(&kept, &brained.scope) {
                found.insert(kept.id.clone().unwrap_or_else(|| kept.path.clone()), kept);
            }
        }
    }
    Ok(found)
}

impl RecordChange {
    fn plain(what: &'static str, name: &str, kept: &Kept) -> Self {
        Self { what, name: visible(name), title: visible(&kept.title), fields: Vec::new() }
    }

    fn of(name: &str, was: &Kept, is: &Kept) -> Self {
        let told = |kept: &Kept| {
            let text = |value: &Option<String>| value.clone().unwrap_or_default();
            let list = |values: &[String]| values.join(", ");
            [
                ("title", kept.title.clone()),
                ("status", text(&kept.status)),
                ("owners", list(&kept.owners)),
                ("updated", text(&kept.updated)),
                ("review", text(&kept.review)),
                ("expires", text(&kept.expires)),
                ("aliases", list(&kept.aliases)),
                ("tags", list(&kept.tags)),
                ("repos", list(&kept.repos)),
                ("sources", list(&kept.sources)),
                ("cites", list(&kept.cites)),
                ("sensitivity", kept.sensitivity.as_str().to_owned()),
                ("path", kept.path.clone()),
            ]
        };
        let pairs = told(was).into_iter().zip(told(is));
        let differing = pairs.filter(|((_, was), (_, is))| was != is);
        let fields = differing.map(|((field, was), (_, is))| (field, visible(&was), visible(&is))).collect();
        Self { what: "changed", name: visible(name), title: visible(&is.title), fields }
    }
}
