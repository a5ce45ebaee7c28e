//! Taking over what a reviewer suggests for a line: it becomes a commit on the branch of the pull request.

use crate::access::Cx;
use crate::forge::embedded::Embedded;
use crate::forge::embedded::issue::State;
use crate::forge::embedded::line_comment::LineComment;
use crate::forge::embedded::line_comment::LineSide;
use crate::forge::embedded::repository::Place;
use crate::git;
use crate::kit::Error;
use crate::kit::Result;
use crate::model::CommitId;
use crate::model::TreePath;

impl LineComment {
    /// What the first ```` ```suggestion ```` block puts in the place of the lines: no lines delete them. None without a block.
    pub fn suggestion(&self) -> Option<Vec<&str>> {
        if self.lines.side == LineSide::Old {
            return None;
        }
        let mut lines = self.body.lines().skip_while(|line| line.trim_end() != "```suggestion").skip(1);
        let mut suggested = Vec::new();
        loop {
            match lines.next()? {
                line if line.trim_end() == "```" => return Some(suggested),
                line => suggested.push(line),
            }
        }
    }
}

impl Embedded {
    /// Commits a suggestion to the branch of an open pull request, in the name of whoever takes it over. Says 409 when the
    /// branch moved since the line was looked at.
    pub async fn take_suggestion(&self, cx: &Cx, place: &Place, number: i64, comment: i64) -> Result<CommitId> {
        let issue = self.pull(place, number).await?;
        let pull = issue.pull.as_ref().ok_or_else(|| Error::not_found("such pull request"))?;
        let unknown = || Error::not_found("such suggestion");
        let said = self.lines_of_pull(place, number).await?.into_iter().find(|said| said.id == comment);
        let said = said.ok_or_else(unknown)?;
        let suggested = said.suggestion().ok_or_else(unknown)?;
        if issue.state == State::Closed {
            return Err(Error::conflict("Cannot commit to a closed pull request"));
        }
        // Lines that only moved since are still the ones that were meant.
        let now = self.where_now(place, &issue, std::slice::from_ref(&said)).await?.pop().flatten();
        let Some(lines) = now else {
            return Err(Error::conflict("These lines changed since this was suggested")
                .code("HEAD_MOVED")
                .hint("make the change by hand, or ask the reviewer to look again"));
        };
        let home = match pull.fork {
            true => self.enter_by_id(cx, pull.head_repo).await?,
            false => place.clone(),
        };
        let path: TreePath = lines.path.parse()?;
        let file = self.git(&home.repository).file(&pull.head_sha, &path).await?.ok_or_else(unknown)?;
        // The text of a link is where it points: a file in its place is another thing.
        let plain = matches!(file.kind, git::EntryKind::File | git::EntryKind::Executable);
        let text = file.text().filter(|_| plain);
        let text = text.ok_or_else(|| Error::conflict(format!("Cannot change `{path}`: it is no text file")))?;
        let who = self.signature(cx).await?;
        let commit = git::CommitFiles {
            branch: pull.head_branch.clone(),
            expected: git::Expected::At(pull.head_sha.clone()),
            base: None,
            changes: vec![(
                path,
                git::Change::Write {
                    bytes: replaced(text, (lines.first, lines.last), &suggested).ok_or_else(unknown)?.into_bytes(),
                    executable: file.kind == git::EntryKind::Executable,
                },
            )],
            author: who.clone(),
            committer: who,
            message: format!("Take over a suggestion for {}\n\nSuggested-by: {}\n", lines.path, said.author.login),
        };
        self.commit_files(cx, &home, commit).await
    }
}

/// The text with other lines in the place of these, which count from 1. None when there are no such lines.
fn replaced(text: &str, (first, last): (i64, i64), with: &[&str]) -> Option<String> {
    let at = |line: i64| usize::try_from(line).ok()?.checked_sub(1);
    let (first, last) = (at(first)?, at(last)?);
    let mut lines: Vec<String> = text.split_inclusive('\n').map(str::to_owned).collect();
    let end = if lines.get(last)?.ends_with("\r\n") { "\r\n" } else { "\n" };
    let mut fresh: Vec<String> = with.iter().map(|line| format!("{line}{end}")).collect();
    let whole = lines[last].ends_with('\n');
    if let Some(last) = fresh.last_mut().filter(|_| !whole) {
        last.truncate(last.len() - end.len());
    }
    lines.splice(first.min(last)..=last, fresh);
    Some(lines.concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_replaced_and_the_rest_stays_byte_for_byte() {
        let check = |text: &str, line, with: &[&str], wanted: Option<&str>| {
            assert_eq!(replaced(text, (line, line), with).as_deref(), wanted, "{text:?} {line} {with:?}");
        };
        check("a\nb\nc\n", 2, &["x"], Some("a\nx\nc\n"));
        check("a\nb\nc\n", 2, &["x", "y"], Some("a\nx\ny\nc\n"));
        check("a\nb\nc\n", 2, &[], Some("a\nc\n"));
        check("a\r\nb\r\n", 1, &["x"], Some("x\r\nb\r\n"));
        check("a\nb", 2, &["x", "y"], Some("a\nx\ny"));
        check("a\nb", 3, &["x"], None);
        check("a\n", 0, &["x"], None);
        assert_eq!(replaced("a\nb\nc\nd\n", (2, 3), &["x"]).as_deref(), Some("a\nx\nd\n"));
        assert_eq!(replaced("a\nb", (1, 2), &["x"]).as_deref(), Some("x"));
    }
}
