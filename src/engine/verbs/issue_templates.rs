//! What issues and pull requests start from: templates at the tip of the default branch, where GitHub, Gitea and Forgejo look.

use crate::catalog::IssueTemplate;
use crate::engine::Engine;
use crate::forge::embedded::Place;
use crate::git::EntryKind;
use crate::kit::ErrorKind;
use crate::kit::Result;
use crate::kit::page::Paging;
use crate::model::CommitId;
use crate::model::TreePath;

/// Folders that hold several; the first that holds any counts.
const FOLDERS: [&str; 6] = [
    ".github/ISSUE_TEMPLATE",
    ".gitea/ISSUE_TEMPLATE",
    ".forgejo/ISSUE_TEMPLATE",
    ".github/issue_template",
    ".gitea/issue_template",
    ".forgejo/issue_template",
];

/// Where files that stand alone may lie.
const HOMES: [&str; 5] = ["", ".github/", ".gitea/", ".forgejo/", "docs/"];

/// The most templates of one folder.
const MOST: u32 = 30;

/// The most bytes of a template.
const LONGEST: usize = 64 * 1024;

impl Engine {
    /// Templates of issues, by file name; none when there are none.
    pub async fn issue_templates(&self, place: &Place) -> Result<Vec<IssueTemplate>> {
        let git = self.forge.git(&place.repository);
        let Some(tip) = git.branch(&place.repository.default_branch).await? else { return Ok(Vec::new()) };
        for folder in FOLDERS {
            let path: TreePath = folder.parse()?;
            let paging = Paging { page: 1, limit: 200 };
            let Some(listing) = git.listing(&tip, Some(&path), paging, |_| false).await? else { continue };
            let files = listing.page.items.iter().filter(|entry| entry.kind == EntryKind::File);
            let names: Vec<String> = files.filter_map(|entry| String::from_utf8(entry.name.clone()).ok()).collect();
            let mut found = Vec::new();
            for name in names.iter().filter(|name| name.ends_with(".md")).take(MOST as usize) {
                if let Some(text) = self.text_at(place, &tip, &format!("{folder}/{name}")).await? {
                    found.push(IssueTemplate::read(name, &text));
                }
            }
            if !found.is_empty() {
                return Ok(found);
            }
        }
        let alone = self.alone(place, &tip, "ISSUE_TEMPLATE.md").await?;
        Ok(alone.map(|text| IssueTemplate::read("ISSUE_TEMPLATE.md", &text)).into_iter().collect())
    }

    /// What the text of a pull request starts from; none when there is no template.
    pub async fn pull_template(&self, place: &Place) -> Result<Option<String>> {
        let git = self.forge.git(&place.repository);
        let Some(tip) = git.branch(&place.repository.default_branch).await? else { return Ok(None) };
        let found = self.alone(place, &tip, "PULL_REQUEST_TEMPLATE.md").await?;
        Ok(found.map(|text| IssueTemplate::read("PULL_REQUEST_TEMPLATE.md", &text).body))
    }

    /// A file that may lie in several places, in capitals or not; the first that is there counts.
    async fn alone(&self, place: &Place, tip: &CommitId, name: &str) -> Result<Option<String>> {
        for home in HOMES {
            for name in [name.to_owned(), name.to_lowercase()] {
                if let Some(text) = self.text_at(place, tip, &format!("{home}{name}")).await? {
                    return Ok(Some(text));
                }
            }
        }
        Ok(None)
    }

    /// A short text; none for what is no file, too long or not UTF-8.
    async fn text_at(&self, place: &Place, tip: &CommitId, path: &str) -> Result<Option<String>> {
        let Ok(path) = path.parse::<TreePath>() else { return Ok(None) };
        let file = match self.forge.git(&place.repository).file(tip, &path).await {
            Ok(Some(file)) => file,
            Ok(None) => return Ok(None),
            Err(error) if error.kind() == ErrorKind::TooLarge => return Ok(None),
            Err(error) => return Err(error),
        };
        let is_text = matches!(file.kind, EntryKind::File | EntryKind::Executable);
        if !is_text || file.bytes.len() > LONGEST {
            return Ok(None);
        }
        Ok(String::from_utf8(file.bytes).ok().map(|text| text.replace("\r\n", "\n")))
    }
}
