//! A record or a note of a company brain in a list.

use crate::kit::text::visible;
use crate::memory::index::Kept;
use crate::memory::query::Hit;
use crate::web::address;
use crate::web::brained::Brained;

/// A record or a note in a list.
#[derive(Clone, Debug)]
pub struct Recalled {
    /// Its page.
    pub href: String,
    /// Its title.
    pub title: String,
    /// Its kind.
    pub kind: String,
    /// Where it stands; empty for a note.
    pub status: String,
    /// `runbooks/a.md:1-9`.
    pub place: String,
    /// Why it was picked.
    pub why: String,
    /// Its lines; empty for none.
    pub excerpt: String,
}

impl Recalled {
    /// What a question found.
    pub fn of_hit(brained: &Brained, hit: &Hit) -> Self {
        Self {
            href: href(brained, hit.id.as_deref(), &hit.path),
            title: visible(&hit.title),
            kind: hit.kind.clone(),
            status: hit.status.clone().unwrap_or_default(),
            place: format!("{}:{}-{}", visible(&hit.path), hit.lines.0, hit.lines.1),
            why: visible(&hit.why.join("; ")),
            excerpt: visible(&hit.excerpt),
        }
    }

    /// An entry of the index, without its lines.
    pub fn of_kept(brained: &Brained, kept: &Kept, why: impl Into<String>) -> Self {
        Self {
            href: href(brained, kept.id.as_deref(), &kept.path),
            title: visible(&kept.title),
            kind: kept.kind.clone(),
            status: kept.status.clone().unwrap_or_default(),
            place: visible(&kept.path),
            why: why.into(),
            excerpt: String::new(),
        }
    }
}

/// The page of a record; of a note, its file.
pub fn href(brained: &Brained, id: Option<&str>, path: &str) -> String {
    let moment = if brained.moment.is_empty() { String::new() } else { format!("?{}", brained.moment) };
    match (id, &brained.view) {
        (Some(id), _) => format!("{}/records/{}{moment}", brained.root(), address::escape(id)),
        (None, Some(view)) => brained.file(&view.commit, path),
        (None, None) => brained.root(),
    }
}
