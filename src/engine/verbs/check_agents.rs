//! What would be wrong if a file of `.agents/` read like this. Commits nothing.

use async_trait::async_trait;

use crate::access::Action;
use crate::access::Cx;
use crate::catalog;
use crate::catalog::Diagnostic;
use crate::catalog::Files;
use crate::catalog::Scope;
use crate::engine::Engine;
use crate::forge::embedded::Place;
use crate::kit::Result;
use crate::model::TreePath;

impl Engine {
    /// The diagnostics of the repository's folder with one file as a person left it.
    pub async fn check_agents(&self, cx: &Cx, place: &Place, path: &TreePath, text: &str) -> Result<Vec<Diagnostic>> {
        cx.authorize(Action::ReadRepository, &place.standing)?;
        let trusted = self.trusted(&place.repository.reference()).await?;
        let above = match &trusted {
            Some(trusted) => self.folder_above(&place.repository.reference(), trusted).await?,
            None => None,
        };
        let git = self.forge.git(&place.repository);
        let kept = trusted.as_ref().map(|trusted| catalog::AtCommit { repository: &git, commit: &trusted.commit });
        let edited = Edited { kept, path: path.as_str(), text };
        let folder = catalog::load(&edited, Scope::Repository).await?;
        Ok(catalog::resolve(above.as_deref(), &folder).diagnostics)
    }
}

/// The files of a commit, with one of them as somebody left it.
struct Edited<'a> {
    kept: Option<catalog::AtCommit<'a>>,
    path: &'a str,
    text: &'a str,
}

#[async_trait]
impl Files for Edited<'_> {
    async fn list(&self, folder: &str) -> Result<Vec<catalog::Entry>> {
        let mut entries = match &self.kept {
            Some(kept) => kept.list(folder).await?,
            None => Vec::new(),
        };
        let below = if folder.is_empty() { Some(self.path) } else { self.path.strip_prefix(&format!("{folder}/")) };
        if let Some(below) = below {
            let (name, kind) = match below.split_once('/') {
                Some((name, _)) => (name, catalog::EntryKind::Folder),
                None => (below, catalog::EntryKind::File),
            };
            if !entries.iter().any(|entry| entry.name == name) {
                entries.push(catalog::Entry { name: name.to_owned(), kind, size: self.text.len() as u64 });
                entries.sort_by(|one, other| one.name.cmp(&other.name));
            }
        }
        Ok(entries)
    }

    async fn read(&self, path: &str) -> Result<Option<Vec<u8>>> {
        if path == self.path {
            return Ok(Some(self.text.as_bytes().to_vec()));
        }
        match &self.kept {
            Some(kept) => kept.read(path).await,
            None => Ok(None),
        }
    }
}
