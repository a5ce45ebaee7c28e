//! Where lines stand after the branch moved: words about lines that only moved go with them, words about lines that changed
//! are outdated and stay readable with what was seen.

use std::collections::BTreeMap;

use crate::forge::embedded::Embedded;
use crate::forge::embedded::issue::Issue;
use crate::forge::embedded::line_comment::LineComment;
use crate::forge::embedded::line_comment::LineSide;
use crate::forge::embedded::line_comment::Lines;
use crate::forge::embedded::repository::Place;
use crate::git;
use crate::git::Side;
use crate::git::diff::FileDiff;
use crate::git::diff::LineKind;
use crate::git::diff::Status;
use crate::kit::Result;
use crate::model::CommitId;

/// Words about more earlier heads than these are not carried along: each costs a comparison.
const MOST_HEADS: usize = 40;

/// Enough to find every line of an ordinary change; what is beyond counts as changed.
const BOUNDS: git::DiffBounds =
    git::DiffBounds { files: 3000, lines: 200_000, bytes: 32 * 1024 * 1024, file_bytes: 4 * 1024 * 1024, around: 0 };

impl Embedded {
    /// For each word, where its lines stand at the head of the pull request as it is; none when they changed since.
    pub async fn where_now(&self, place: &Place, issue: &Issue, said: &[LineComment]) -> Result<Vec<Option<Lines>>> {
        let mut known: BTreeMap<(CommitId, LineSide), Option<git::Diff>> = BTreeMap::new();
        let mut now = Vec::new();
        for comment in said {
            let key = (comment.sha.clone(), comment.lines.side);
            if !known.contains_key(&key) {
                let since = match known.len() < MOST_HEADS {
                    true => self.changed_since(place, issue, &comment.sha, comment.lines.side).await?,
                    false => None,
                };
                known.insert(key.clone(), since);
            }
            now.push(known[&key].as_ref().and_then(|since| carried(since, &comment.lines)));
        }
        Ok(now)
    }

    /// What changed on one side of the pull request since it had this head; none when that cannot be known any more.
    async fn changed_since(
        &self,
        place: &Place,
        issue: &Issue,
        seen: &CommitId,
        side: LineSide,
    ) -> Result<Option<git::Diff>> {
        let Some(pull) = &issue.pull else { return Ok(None) };
        if *seen == pull.head_sha {
            return Ok(Some(git::Diff::default()));
        }
        let git = self.git(&place.repository);
        if git.commit(seen).await?.is_none() {
            return Ok(None);
        }
        let (from, to) = match side {
            LineSide::New => (Some(seen.clone()), Some(pull.head_sha.clone())),
            LineSide::Old => {
                (git.merge_base(&pull.base_sha, seen).await?, git.merge_base(&pull.base_sha, &pull.head_sha).await?)
            }
        };
        let (Some(from), Some(to)) = (from, to) else { return Ok(None) };
        git.diff(Side::Commit(&from), Side::Commit(&to), &BOUNDS).await.map(Some)
    }
}

/// Where lines stand after this change; none when it touched one of them.
fn carried(since: &git::Diff, lines: &Lines) -> Option<Lines> {
    let Some(file) = since.files.iter().find(|file| file.status != Status::Added && file.old_path == lines.path) else {
        return (since.files.len() == since.total_files).then(|| lines.clone());
    };
    if file.status == Status::Deleted || file.binary || file.truncated {
        return None;
    }
    let (first, last) = (moved(file, lines.first)?, moved(file, lines.last)?);
    let whole = (lines.first..=lines.last).all(|line| moved(file, line).is_some());
    let together = last - first == lines.last - lines.first;
    // The old side of a renamed file is still read under the name that it has after the changes.
    let path = if lines.side == LineSide::New { &file.path } else { &lines.path };
    (whole && together).then(|| Lines { path: path.clone(), side: lines.side, first, last })
}

/// Where one line stands after a change of its file: behind as many kept lines as before, and what was put between them.
fn moved(file: &FileDiff, line: i64) -> Option<i64> {
    let changed = |kind| file.hunks.iter().flat_map(|hunk| &hunk.lines).filter(move |line| line.kind == kind);
    let cut = changed(LineKind::Deleted).filter_map(|line| line.old_number.map(i64::from));
    let (mut gone_before, mut gone) = (0, false);
    for number in cut {
        gone_before += i64::from(number < line);
        gone |= number == line;
    }
    if gone {
        return None;
    }
    let mut now = line - gone_before;
    for number in changed(LineKind::Added).filter_map(|line| line.new_number.map(i64::from)) {
        if number > now {
            break;
        }
        now += 1;
    }
    Some(now)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::git::diff::Hunk;
    use crate::git::diff::Line;

    /// The change of `a.txt` that removes these lines of the old file and adds these of the new one.
    fn change(cut: &[u32], added: &[u32]) -> git::Diff {
        let line =
            |kind, old_number, new_number| Line { kind, old_number, new_number, bytes: vec![], no_newline: false };
        let cut = cut.iter().map(|at| line(LineKind::Deleted, Some(*at), None));
        let added = added.iter().map(|at| line(LineKind::Added, None, Some(*at)));
        let lines = cut.chain(added).collect();
        let hunk = Hunk { old_start: 0, old_count: 0, new_start: 0, new_count: 0, lines };
        let file = FileDiff {
            old_path: "a.txt".into(),
            path: "b.txt".into(),
            raw_path: b"b.txt".to_vec(),
            status: Status::Renamed,
            old: None,
            new: None,
            binary: false,
            hunks: vec![hunk],
            additions: 0,
            deletions: 0,
            truncated: false,
        };
        git::Diff { files: vec![file], total_files: 1, ..git::Diff::default() }
    }

    #[test]
    fn lines_that_only_moved_are_found_again() {
        let check = |change: &git::Diff, (first, last): (i64, i64), wanted: Option<(i64, i64)>| {
            let lines = Lines { path: "a.txt".into(), side: LineSide::New, first, last };
            let found = carried(change, &lines);
            assert_eq!(found.as_ref().map(|lines| (lines.first, lines.last)), wanted, "{first}-{last}");
            assert!(found.is_none_or(|lines| lines.path == "b.txt"));
        };
        // Two lines at the top, one cut further down, one put in after it.
        let both = change(&[5], &[1, 2, 8]);
        check(&both, (1, 1), Some((3, 3)));
        check(&both, (4, 4), Some((6, 6)));
        check(&both, (5, 5), None);
        check(&both, (6, 6), Some((7, 7)));
        check(&both, (7, 7), Some((9, 9)));
        check(&both, (3, 4), Some((5, 6)));
        check(&both, (4, 6), None);
        check(&both, (6, 7), None);
        check(&change(&[], &[]), (2, 9), Some((2, 9)));
    }

    #[test]
    fn files_that_did_not_change_stay_and_files_that_went_do_not() {
        let lines = Lines::one("c.txt", LineSide::New, 3);
        assert_eq!(carried(&git::Diff::default(), &lines), Some(lines.clone()));
        let cut_off = git::Diff { total_files: 5000, ..git::Diff::default() };
        assert_eq!(carried(&cut_off, &lines), None);
        let mut gone = change(&[], &[]);
        gone.files[0].status = Status::Deleted;
        assert_eq!(carried(&gone, &Lines::one("a.txt", LineSide::New, 1)), None);
    }
}
