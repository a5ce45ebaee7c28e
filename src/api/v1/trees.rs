//! Whole trees at a commit.

use axum::Json;
use serde::Serialize;

use crate::api::v1::entered::Entered;
use crate::api::v1::listed::Asked;
use crate::api::v1::refusal::Answer;
use crate::git::Entry;
use crate::git::EntryKind;
use crate::kit::Error;
use crate::kit::page::Paging;

/// The most entries of one answer.
const MOST: usize = 10_000;

/// A tree.
#[derive(Serialize)]
pub struct Tree {
    sha: String,
    url: String,
    tree: Vec<TreeEntry>,
    truncated: bool,
    page: u32,
    total_count: usize,
}

#[derive(Serialize)]
struct TreeEntry {
    path: String,
    mode: &'static str,
    r#type: &'static str,
    size: u64,
    sha: String,
    url: String,
}

/// `GET …/git/trees/{sha}`: of a branch, a tag or a commit; with `recursive`, every file below.
pub async fn tree(entered: Entered, asked: Asked) -> Answer<Json<Tree>> {
    let unknown = || Error::not_found("such tree");
    let commit = entered.commit(entered.text("sha")).await.map_err(|_| unknown())?;
    let git = entered.git();
    let (entries, truncated) = if asked.yes("recursive") {
        git.files(&commit, None, MOST).await?
    } else {
        let first = Paging { page: 1, limit: MOST as u32 };
        let page = git.listing(&commit, None, first, |_| false).await?.ok_or_else(unknown)?.page;
        let truncated = page.total > page.items.len() as u64;
        (page.items, truncated)
    };
    let sha = git.commit(&commit).await?.ok_or_else(unknown)?.tree.to_string();
    let base = &entered.engine.settings.base_url;
    let api = format!("{base}/api/v1/repos/{}/git", entered.place.repository.reference());
    Ok(Json(Tree {
        url: format!("{api}/trees/{sha}"),
        sha,
        total_count: entries.len(),
        tree: entries.iter().map(|entry| shown(&api, entry)).collect(),
        truncated,
        page: 1,
    }))
}

fn shown(api: &str, entry: &Entry) -> TreeEntry {
    let (word, part) = match entry.kind {
        EntryKind::Directory => ("tree", "trees"),
        EntryKind::File | EntryKind::Executable | EntryKind::Link => ("blob", "blobs"),
        EntryKind::Submodule => ("commit", "commits"),
    };
    TreeEntry {
        path: entry.path.as_ref().map_or_else(|| entry.shown.clone(), ToString::to_string),
        mode: entry.kind.mode(),
        r#type: word,
        size: entry.size.unwrap_or(0),
        sha: entry.id.to_string(),
        url: format!("{api}/{part}/{}", entry.id),
    }
}
