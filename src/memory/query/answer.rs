//! Records and excerpts, within bounds, each with where it stands and why it was picked.

use serde::Serialize;

use crate::git;
use crate::kit::Result;
use crate::kit::digest::Digest;
use crate::memory::Class;
use crate::memory::Sensitivity;
use crate::memory::index::Kept;
use crate::memory::index::View;
use crate::memory::query::Query;
use crate::memory::query::passage::Passage;
use crate::memory::query::rank::Pick;
use crate::memory::query::rank::Picked;
use crate::memory::query::words::Words;
use crate::model::CommitId;

/// Lines that an excerpt has at most.
const MOST_LINES: u32 = 24;
/// Lines that an excerpt is filled up to.
const FEWEST_LINES: u32 = 8;
/// Lines above a passage among which its heading is looked for.
const HEADING_WITHIN: u32 = 10;
/// Longer lines are cut.
const LONGEST_LINE: usize = 600;

/// What a brain answers at a commit.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Answer {
    /// The commit.
    pub commit: CommitId,
    /// The text that was asked.
    pub text: String,
    /// How many entries match, also those beyond the limit.
    pub total: usize,
    /// How many entries match that the asker may not see.
    pub hidden: usize,
    /// Whether something was left out for bounds of bytes or of work.
    pub cut: bool,
    /// The best first.
    pub hits: Vec<Hit>,
}

/// A record or a note, or the piece of it that answers.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Hit {
    /// The path of its file.
    pub path: String,
    /// First and last line of the excerpt.
    pub lines: (u32, u32),
    /// The whole citation: `commit:path#L1-L9`, which `git show` takes without the lines.
    pub citation: String,
    /// The id of the record; none for a note.
    pub id: Option<String>,
    /// Its kind.
    pub kind: String,
    /// Its class.
    pub class: Class,
    /// For people.
    pub title: String,
    /// Where it stands.
    pub status: Option<String>,
    /// Who looks after it.
    pub owners: Vec<String>,
    /// Repositories that it is about; none for all.
    pub repos: Vec<String>,
    /// When somebody last went over it.
    pub updated: Option<String>,
    /// Who may be shown it.
    pub sensitivity: Sensitivity,
    /// How well it answers; 0 when nothing was asked by words.
    pub score: f64,
    /// Why it was picked.
    pub why: Vec<String>,
    /// The lines.
    pub excerpt: String,
    /// Names the bytes of the excerpt.
    pub digest: Digest,
    /// The blob of the file.
    pub blob: String,
    /// Other paths with the same bytes that match as well.
    pub also_at: Vec<String>,
}

/// Reads the excerpts of what was picked.
pub(super) async fn answer(
    repository: &git::Repository,
    view: &View,
    words: &Words,
    query: &Query,
    picked: Picked,
) -> Result<Answer> {
    let mut answer = Answer {
        commit: view.commit.clone(),
        text: query.text.clone(),
        total: picked.total,
        hidden: picked.hidden,
        cut: picked.cut,
        hits: Vec::new(),
    };
    let mut room = query.max_bytes.min(super::MOST_BYTES);
    for pick in picked.entries {
        let kept = view.kept(pick.at)?;
        if let Some(same) =
            answer.hits.iter_mut().find(|hit| hit.blob == kept.blob && hit.path != kept.path && hit.title == kept.title)
        {
            same.also_at.push(kept.path);
            continue;
        }
        let blob = repository.blob(&kept.blob.parse()?).await?.unwrap_or_default();
        let hit = hit(&view.commit, kept, &pick, &String::from_utf8_lossy(&blob), words);
        if hit.excerpt.len() > room {
            answer.cut = true;
            break;
        }
        room -= hit.excerpt.len();
        answer.hits.push(hit);
    }
    Ok(answer)
}

fn hit(commit: &CommitId, kept: Kept, pick: &Pick, text: &str, words: &Words) -> Hit {
    let lines = window(&kept, pick.passage.as_ref());
    let (excerpt, last) = excerpt(text, lines);
    let lines = (lines.0, last);
    let mut why = pick.why.clone();
    if why.is_empty() && !words.is_empty() {
        why.push("its words".into());
    }
    Hit {
        citation: format!("{commit}:{}#L{}-L{}", kept.path, lines.0, lines.1),
        path: kept.path,
        lines,
        id: kept.id,
        kind: kept.kind,
        class: kept.class,
        title: kept.title,
        status: kept.status,
        owners: kept.owners,
        repos: kept.repos,
        updated: kept.updated,
        sensitivity: kept.sensitivity,
        // Digits beyond these say nothing.
        score: (pick.score * 10_000.0).round() / 10_000.0,
        why,
        digest: Digest::plain(excerpt.as_bytes()),
        excerpt,
        blob: kept.blob,
        also_at: Vec::new(),
    }
}

/// The lines that are shown: the passage, up to its heading when that is near, and down to the next one.
pub(super) fn window(kept: &Kept, passage: Option<&Passage>) -> (u32, u32) {
    let (first, last) = kept.lines;
    let Some(passage) = passage else {
        let from = if kept.text_from <= last { kept.text_from } else { first };
        return (from, last.min(from + FEWEST_LINES - 1));
    };
    let above = kept.headings.iter().rev().find(|heading| **heading <= passage.first);
    let from = above.filter(|heading| passage.first - **heading <= HEADING_WITHIN).copied();
    let from =
        from.unwrap_or_else(|| passage.first.saturating_sub(2)).max(kept.text_from).max(first).min(passage.first);
    let next = kept.headings.iter().find(|heading| **heading > passage.last).map_or(last, |next| next - 1);
    let to = passage.last.max(from + FEWEST_LINES - 1).min(next.max(passage.last)).min(last);
    (from, to.min(from + MOST_LINES - 1))
}

/// The lines of a text, and the last one that is not blank.
fn excerpt(text: &str, (first, last): (u32, u32)) -> (String, u32) {
    let wanted = (last + 1 - first) as usize;
    let lines: Vec<&str> = text.lines().skip(first as usize - 1).take(wanted).collect();
    let full = lines.iter().rposition(|line| !line.trim().is_empty()).map_or(1, |at| at + 1);
    let mut excerpt = String::new();
    for line in lines.iter().take(full) {
        let cut = crate::kit::text::bounded(line, LONGEST_LINE);
        excerpt.push_str(cut);
        excerpt.push_str(if cut.len() < line.len() { "…\n" } else { "\n" });
    }
    (excerpt, first + full as u32 - 1)
}
