//! A folder of a repository at a ref, with its README.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use askama::Template;
use axum::extract::Path;
use axum::extract::Query;
use axum::extract::State;
use serde::Deserialize;

use crate::engine::Engine;
use crate::git;
use crate::kit::Error;
use crate::kit::Result;
use crate::kit::clock::Timestamp;
use crate::kit::page::Paging;
use crate::kit::text;
use crate::model::CommitId;
use crate::model::TreePath;
use crate::web::address;
use crate::web::entered::Entered;
use crate::web::errors::Answer;
use crate::web::frame::Frame;
use crate::web::frame::RepoHead;
use crate::web::frame::Tab;
use crate::web::page::go;
use crate::web::page::show;
use crate::web::paged::Paged;
use crate::web::pages::blob;
use crate::web::parts::digest::Mono;
use crate::web::parts::html::Html;
use crate::web::parts::memory_link;
use crate::web::parts::pager::Pager;
use crate::web::parts::person::Who;
use crate::web::parts::size;
use crate::web::parts::time::When;

/// `/{owner}/{repo}` and `/{owner}/{repo}/src/{ref}/{path…}` of a folder.
#[derive(Template)]
#[template(path = "pages/code.html")]
pub struct CodePage {
    /// What surrounds the page.
    pub frame: Frame,
    /// The repository.
    pub repo: RepoHead,
    /// What the repository is for.
    pub description: String,
    /// Where in the code.
    pub place: Place,
    /// The newest commit; none in an empty repository.
    pub commit: Option<CommitLine>,
    /// Folders first, then files.
    pub entries: Vec<Entry>,
    /// Links to more of a large folder.
    pub pager: Pager,
    /// The README of this folder: its name and its text.
    pub readme: Option<(String, Html)>,
    /// What `git clone` takes.
    pub clone_url: String,
    /// The repository that it was forked from, `owner/name`, if the person may know it.
    pub forked_from: Option<String>,
    /// Whether whoever looks watches it; none for nobody.
    pub watches: Option<bool>,
    /// Where related memory is fetched from; empty for nowhere.
    pub memory: String,
}

/// A place in the code: a ref and a path.
#[derive(Clone, Debug, Default)]
pub struct Place {
    /// `/{owner}/{repo}`
    pub root: String,
    /// The ref as the address writes it.
    pub reference: String,
    /// The ref as people read it.
    pub shown: String,
    /// Tags to choose from, newest name first, likewise.
    pub tags: Vec<(String, String)>,
    /// Branches to choose from: the name and its address at the same path.
    pub branches: Vec<(String, String)>,
    /// How many branches and tags there are besides.
    pub unlisted: usize,
    /// The folders above: the name and its address.
    pub crumbs: Vec<(String, String)>,
}

/// The newest commit of a place.
#[derive(Clone, Debug)]
pub struct CommitLine {
    /// Its address.
    pub href: String,
    /// Its id.
    pub id: Mono,
    /// The first line of its message.
    pub title: String,
    /// Who wrote it.
    pub who: Who,
    /// When.
    pub when: When,
}

/// A file or folder.
#[derive(Clone, Debug)]
pub struct Entry {
    /// Its name.
    pub name: Html,
    /// Its address; none for a name that no address can hold.
    pub href: Option<String>,
    /// `folder`, `file` or `link`: a symbol of `static/icons.svg`.
    pub icon: &'static str,
    /// Its size, or what else it is.
    pub detail: String,
    /// The commit that changed it last; none when that was not found in time.
    pub last: Option<CommitLine>,
}

/// `GET /{owner}/{repo}`
pub async fn root(State(engine): State<Arc<Engine>>, entered: Entered) -> Answer {
    let reference = entered.place.repository.default_branch.to_string();
    match entered.git(&engine).resolve(&reference).await? {
        Some(commit) => folder(&engine, &entered, (&reference, &commit), None, &Paged::default()).await,
        None => empty(&engine, &entered).await,
    }
}

/// The ref that a form names.
#[derive(Debug, Deserialize)]
pub struct Named {
    #[serde(rename = "ref", default)]
    reference: String,
}

/// `GET /{owner}/{repo}/src?ref=…`: the menu of branches and tags came here with one that it does not list.
pub async fn named(entered: Entered, Query(named): Query<Named>) -> Answer {
    go(&format!("{}/src/{}", entered.root(), address::escape(named.reference.trim())), None)
}

/// `GET /{owner}/{repo}/src/{ref}/{path…}`: a folder or a file.
pub async fn source(
    State(engine): State<Arc<Engine>>,
    entered: Entered,
    Path(at): Path<At>,
    Query(view): Query<blob::View>,
    Query(paged): Query<Paged>,
) -> Answer {
    let commit = at.commit(&engine, &entered).await?;
    let path = at.path()?;
    let Some(path) = path else {
        return folder(&engine, &entered, (&at.reference, &commit), None, &paged).await;
    };
    match entered.git(&engine).file(&commit, &path).await? {
        Some(file) => blob::file(&engine, &entered, (&at.reference, &commit), &path, &file, &view).await,
        None => folder(&engine, &entered, (&at.reference, &commit), Some(&path), &paged).await,
    }
}

/// A ref and a path, as an address names them.
#[derive(Debug, Deserialize)]
pub struct At {
    /// A branch, a tag or a commit.
    #[serde(rename = "ref")]
    pub reference: String,
    /// The path; empty for the root.
    #[serde(default)]
    pub path: String,
}

impl At {
    /// The commit that the ref names.
    pub async fn commit(&self, engine: &Engine, entered: &Entered) -> Result<CommitId> {
        let found = entered.git(engine).resolve(&self.reference).await?;
        found.ok_or_else(|| Error::not_found("such branch, tag or commit"))
    }

    /// The path; none for the root.
    pub fn path(&self) -> Result<Option<TreePath>> {
        let path = self.path.trim_end_matches('/');
        if path.is_empty() {
            return Ok(None);
        }
        path.parse().map(Some).map_err(|_| Error::not_found("such file"))
    }
}

async fn folder(
    engine: &Engine,
    entered: &Entered,
    (reference, commit): (&str, &CommitId),
    path: Option<&TreePath>,
    paged: &Paged,
) -> Answer {
    let git = entered.git(engine);
    let paging = Paging { limit: MOST_ENTRIES, ..paged.paging() };
    let listing = git.listing(commit, path, paging, is_readme).await?;
    let listing = listing.ok_or_else(|| Error::not_found("such file or folder"))?;
    let newest = git.commit(commit).await?.ok_or_else(|| Error::not_found("such commit"))?;
    let place = Place::find(engine, entered, (reference, commit), path).await?;
    let whole = format!("{}/src/{}", place.root, place.reference);
    let here = path.map_or(whole, |path| place.href(path.as_str()));
    let readme = readme(&git, commit, listing.found, &place).await?;
    let lasts = lasts(&git, commit, path).await?;
    let now = entered.visitor.cx.now();
    let last = |entry: &git::Entry| lasts.get(&entry.name).map(|commit| CommitLine::of(commit, &place.root, now));
    show(&CodePage {
        frame: entered.frame(engine, path.map_or("Code", TreePath::as_str)).await?,
        repo: entered.head(Tab::Code),
        description: if path.is_none() { entered.place.repository.description.clone() } else { String::new() },
        commit: Some(CommitLine::of(&newest, &place.root, now)),
        entries: listing.page.items.iter().map(|entry| Entry::of(entry, &place, last(entry))).collect(),
        pager: Pager { by_name: true, ..Pager::new(&listing.page, &here) },
        readme,
        clone_url: clone_url(engine, entered),
        forked_from: forked_from(engine, entered).await?,
        watches: watches(engine, entered).await?,
        memory: match path {
            None => memory_link::address(engine, entered, None).await?,
            Some(_) => String::new(),
        },
        place,
    })
}

async fn empty(engine: &Engine, entered: &Entered) -> Answer {
    show(&CodePage {
        frame: entered.frame(engine, "Code").await?,
        repo: entered.head(Tab::Code),
        description: entered.place.repository.description.clone(),
        place: Place::default(),
        commit: None,
        entries: Vec::new(),
        pager: Pager::default(),
        readme: None,
        clone_url: clone_url(engine, entered),
        forked_from: forked_from(engine, entered).await?,
        watches: watches(engine, entered).await?,
        memory: String::new(),
    })
}

async fn watches(engine: &Engine, entered: &Entered) -> Result<Option<bool>> {
    if entered.visitor.session.is_none() {
        return Ok(None);
    }
    Ok(Some(engine.forge.watched_since(&entered.visitor.cx, &entered.place).await?.is_some()))
}

async fn forked_from(engine: &Engine, entered: &Entered) -> Result<Option<String>> {
    let source = engine.forge.forked_from(&entered.visitor.cx, &entered.place).await?;
    Ok(source.map(|source| source.repository.reference().to_string()))
}

fn clone_url(engine: &Engine, entered: &Entered) -> String {
    format!("{}{}.git", engine.settings.base_url, entered.root())
}

/// More entries than these of one folder stand on further pages.
const MOST_ENTRIES: u32 = 1_000;

/// A history that takes longer to walk is shown at the next visit.
const PATIENCE: Duration = Duration::from_millis(1500);

async fn lasts(
    git: &git::Repository,
    commit: &CommitId,
    path: Option<&TreePath>,
) -> Result<BTreeMap<Vec<u8>, git::Commit>> {
    match tokio::time::timeout(PATIENCE, git.last_changes(commit, path)).await {
        Ok(found) => found,
        // The walk goes on in the background, and its answer is kept.
        Err(_) => Ok(BTreeMap::new()),
    }
}

/// Longer ones are read as files.
const LONGEST_README: u64 = 512 * 1024;

fn is_readme(name: &[u8]) -> bool {
    matches!(name.to_ascii_lowercase().as_slice(), b"readme.md" | b"readme" | b"readme.txt" | b"readme.markdown")
}

async fn readme(
    git: &git::Repository,
    commit: &CommitId,
    found: Option<git::Entry>,
    place: &Place,
) -> Result<Option<(String, Html)>> {
    let fits = |entry: &git::Entry| {
        entry.kind == git::EntryKind::File && entry.size.is_some_and(|size| size <= LONGEST_README)
    };
    let Some(entry) = found.filter(fits) else { return Ok(None) };
    let Some(path) = &entry.path else { return Ok(None) };
    let Some(file) = git.file(commit, path).await? else { return Ok(None) };
    let Some(text) = file.text() else { return Ok(None) };
    let html = if entry.shown.contains(".m") {
        Html::markdown_in(text, &place.folder_of(path))
    } else {
        Html::preformatted(text)
    };
    Ok(Some((entry.shown.clone(), html)))
}

/// More branches or tags than these are not offered in a menu.
pub(super) const MOST_NAMES: usize = 100;

impl Place {
    /// A place in the code, with where to go from there.
    pub async fn find(
        engine: &Engine,
        entered: &Entered,
        (reference, commit): (&str, &CommitId),
        path: Option<&TreePath>,
    ) -> Result<Self> {
        let root = entered.root();
        let below = path.map(|path| format!("/{}", address::path(path.as_str()))).unwrap_or_default();
        let git = entered.git(engine);
        let (branches, all_branches) = git.branch_names(MOST_NAMES).await?;
        let (tags, all_tags) = git.last_tags(MOST_NAMES).await?;
        let listed = branches.len() + tags.len();
        let choice = |name: String| {
            let href = format!("{root}/src/{}{below}", address::escape(&name));
            (name, href)
        };
        Ok(Self {
            branches: branches.iter().map(|branch| choice(branch.to_string())).collect(),
            tags: tags.into_iter().map(|tag| choice(tag.name)).collect(),
            unlisted: (all_branches + all_tags).saturating_sub(listed),
            crumbs: crumbs(&format!("{root}/src/{}", address::escape(reference)), entered, path),
            shown: if reference == commit.as_str() { commit.short().to_owned() } else { reference.to_owned() },
            reference: address::escape(reference),
            root,
        })
    }

    /// The address of the folder that a file lies in, with a slash at its end.
    pub fn folder_of(&self, path: &TreePath) -> String {
        let folder = path.as_str().rsplit_once('/').map(|(folder, _)| folder);
        folder.map_or_else(|| self.href(""), |folder| format!("{}/", self.href(folder)))
    }

    /// The address of a path here.
    pub fn href(&self, path: &str) -> String {
        format!("{}/src/{}/{}", self.root, self.reference, address::path(path))
    }
}

fn crumbs(base: &str, entered: &Entered, path: Option<&TreePath>) -> Vec<(String, String)> {
    let Some(path) = path else { return Vec::new() };
    let mut crumbs = vec![(entered.place.repository.name.to_string(), base.to_owned())];
    let mut href = base.to_owned();
    for segment in path.as_str().split('/') {
        href = format!("{href}/{}", address::escape(segment));
        crumbs.push((text::visible(segment), href.clone()));
    }
    if let Some((_, last)) = crumbs.last_mut() {
        last.clear();
    }
    crumbs
}

impl CommitLine {
    /// A commit as seen from now.
    pub fn of(commit: &git::Commit, root: &str, now: Timestamp) -> Self {
        Self {
            href: format!("{root}/commit/{}", commit.id),
            id: Mono::from(&commit.id),
            title: if commit.title().is_empty() { "(no message)".to_owned() } else { commit.title() },
            who: Who::person(&commit.author.name),
            when: When::new(commit.author.at, now),
        }
    }
}

impl Entry {
    fn of(entry: &git::Entry, place: &Place, last: Option<CommitLine>) -> Self {
        let (icon, detail) = match entry.kind {
            git::EntryKind::Directory => ("folder", String::new()),
            git::EntryKind::Link => ("link", "link".to_owned()),
            git::EntryKind::Submodule => ("repo", "submodule".to_owned()),
            git::EntryKind::File | git::EntryKind::Executable => ("file", size::bytes(entry.size.unwrap_or(0))),
        };
        let here = !matches!(entry.kind, git::EntryKind::Submodule);
        Self {
            name: Html::shown(&entry.shown),
            href: entry.path.as_ref().filter(|_| here).map(|path| place.href(path.as_str())),
            icon,
            detail,
            last,
        }
    }
}
