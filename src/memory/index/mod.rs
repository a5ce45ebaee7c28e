//! An index of a brain for each commit that is asked for, made from what differs to one that is there already.
//!
//! Who is who: a [`Segment`] holds entries that were indexed together and never changes; a [`View`] is a commit: some segments,
//! and which of their entries are in. What a blob at a path gives depends on nothing else, so views of neighbouring
//! commits share all but what differs. [`Indexes`] finds, makes and keeps them.
//!
//! Nothing here is the truth: the folder may be deleted at any time, and is filled anew from Git. An answer depends on
//! the entries of a commit alone, never on how they lie in segments: counts are taken over the entries that are in, and
//! whatever ties is ordered by path.

mod bits;
mod builder;
mod codec;
mod disk;
pub mod document;
pub mod facet;
mod make;
mod segment;
pub mod terms;
pub mod view;

pub use bits::Bits;
pub use document::Kept;
pub use facet::Facet;
pub use segment::Field;
pub use segment::Head;
pub use segment::Segment;
pub use view::At;
pub use view::Part;
pub use view::Totals;
pub use view::View;

use std::collections::HashMap;
use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;

use crate::git;
use crate::kit::Result;
use crate::kit::digest::Digest;
use crate::model::CommitId;

/// Views of one repository that are kept in memory.
const MOST_VIEWS: usize = 24;

/// The indexes of all brains that this process reads. Cloning is cheap.
#[derive(Clone, Debug, Default)]
pub struct Indexes(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    /// Where they are kept; without, they are in memory only.
    folder: Option<PathBuf>,
    shelves: Mutex<HashMap<PathBuf, Arc<Shelf>>>,
}

/// The index of one repository.
#[derive(Debug, Default)]
struct Shelf {
    folder: Option<PathBuf>,
    /// The newest last.
    views: Mutex<Vec<Arc<View>>>,
    /// Held while a view is made, so that two who ask for the same wait for one.
    making: tokio::sync::Mutex<()>,
}

impl Indexes {
    /// Indexes that are kept below a folder.
    pub fn in_folder(folder: &Path) -> Self {
        Self(Arc::new(Shared { folder: Some(folder.to_owned()), shelves: Mutex::default() }))
    }

    /// A brain at a commit.
    ///
    /// # Errors
    ///
    /// There is no such commit, or the repository cannot be read. What is wrong with its files is part of the view.
    pub async fn view(&self, repository: &git::Repository, commit: &CommitId) -> Result<Arc<View>> {
        let shelf = self.shelf(repository);
        if let Some(view) = shelf.find(commit) {
            return Ok(view);
        }
        let _made_by_me = shelf.making.lock().await;
        if let Some(view) = shelf.find(commit) {
            return Ok(view);
        }
        let view = match disk::load(shelf.folder.as_deref(), repository, commit, &shelf.known()).await {
            Some(view) => Arc::new(view),
            None => {
                let base = shelf.nearest(repository, commit).await;
                let view = make::make(repository, commit, base.as_deref(), shelf.folder.as_deref()).await?;
                disk::keep(shelf.folder.as_deref(), &view);
                Arc::new(view)
            }
        };
        shelf.put(&view);
        Ok(view)
    }

    fn shelf(&self, repository: &git::Repository) -> Arc<Shelf> {
        let directory = repository.directory().to_owned();
        let mut shelves = self.0.shelves.lock().unwrap_or_else(PoisonError::into_inner);
        let shelf = shelves.entry(directory).or_insert_with_key(|directory| {
            let name = || Digest::of("forgehand/memory-index", &[directory.as_os_str().as_encoded_bytes()]).short();
            Arc::new(Shelf { folder: self.0.folder.as_ref().map(|folder| folder.join(name())), ..Shelf::default() })
        });
        Arc::clone(shelf)
    }
}

impl Shelf {
    fn find(&self, commit: &CommitId) -> Option<Arc<View>> {
        let mut views = self.views.lock().unwrap_or_else(PoisonError::into_inner);
        let at = views.iter().position(|view| view.commit == *commit)?;
        let view = views.remove(at);
        views.push(Arc::clone(&view));
        Some(view)
    }

    fn put(&self, view: &Arc<View>) {
        let mut views = self.views.lock().unwrap_or_else(PoisonError::into_inner);
        if views.len() >= MOST_VIEWS {
            views.remove(0);
        }
        views.push(Arc::clone(view));
    }

    /// Segments that are in memory.
    fn known(&self) -> HashMap<String, Arc<Segment>> {
        let views = self.views.lock().unwrap_or_else(PoisonError::into_inner);
        let parts = views.iter().flat_map(|view| &view.parts);
        parts.map(|part| (part.segment.name().to_owned(), Arc::clone(&part.segment))).collect()
    }

    /// A view to start from: that of the commit before, or the one that was asked for last.
    async fn nearest(&self, repository: &git::Repository, commit: &CommitId) -> Option<Arc<View>> {
        if let Ok(Some(found)) = repository.commit(commit).await {
            for parent in &found.parents {
                if let Some(view) = self.find(parent) {
                    return Some(view);
                }
            }
        }
        let last = self.views.lock().unwrap_or_else(PoisonError::into_inner).last().cloned();
        match last {
            Some(view) => Some(view),
            None => disk::newest(self.folder.as_deref(), repository, &self.known()).await.map(Arc::new),
        }
    }
}
