//! Merging a pull request: Git moves the base by compare-and-set, the reconciliation marks the pull request.

use crate::access::Action;
use crate::access::Cx;
use crate::forge::embedded::Embedded;
use crate::forge::embedded::issue::Issue;
use crate::forge::embedded::issue::State;
use crate::forge::embedded::pull::Merge;
use crate::forge::embedded::pull::Pull;
use crate::forge::embedded::refs::MERGES;
use crate::forge::embedded::repository::Place;
use crate::forge::embedded::status::StatusState;
use crate::forge::embedded::text;
use crate::git;
use crate::kit::Error;
use crate::kit::ErrorKind;
use crate::kit::Result;
use crate::kit::text::visible_line;
use crate::model::CommitId;
use crate::model::Role;

impl Embedded {
    /// Merges a pull request. Of two who merge at once one is told that the other was first.
    pub async fn merge(&self, cx: &Cx, place: &Place, number: i64, merge: Merge) -> Result<CommitId> {
        cx.authorize(Action::MergePull, &place.standing)?;
        let author = self.author(cx)?;
        let issue = self.pull(place, number).await?;
        let pull = mergeable(&issue, &merge)?;
        self.check_protection(place, number, pull).await?;
        let message = merge.message.as_deref().unwrap_or_default();
        text::body(message)?;

        let git = self.git(&place.repository);
        let base = git.branch(&pull.base_branch).await?;
        let base = base.ok_or_else(|| Error::conflict(format!("The branch `{}` is gone", pull.base_branch)))?;
        let signature = self.signature(cx).await?;
        let begun = self.begin_push(cx, place, self.actor(&author), None, Some(number)).await?;
        // Read again: the other one of two may have ended between our look and our push.
        let fresh = self.pull(place, number).await.and_then(|issue| mergeable(&issue, &merge).map(|_| ()));
        let done = match fresh {
            Ok(()) => {
                let order = git::Merge {
                    base: pull.base_branch.clone(),
                    expected: base,
                    head: pull.head_sha.clone(),
                    style: merge.style,
                    author: signature.clone(),
                    committer: signature,
                    message: commit_message(&issue, pull, merge.style, message),
                };
                git.merge(order).await
            }
            Err(error) => Err(error),
        };
        let merged = self.end_push(place.repository.id, begun, done).await?;
        let sha = match merged {
            git::Merged::Done(sha) => sha,
            git::Merged::Conflict(paths) => return Err(conflict(&paths)),
        };
        if merge.delete_branch && !pull.fork {
            let expected = git::Expected::At(pull.head_sha.clone());
            let deleted = self.move_branch(cx, place, &pull.head_branch, &expected, None).await;
            if let Err(error) = deleted {
                tracing::warn!(error = error.chain(), "A merged branch stays");
            }
        }
        Ok(sha)
    }

    /// Paths that stand in the way of a merge; empty when nothing does.
    pub async fn conflicts(&self, place: &Place, issue: &Issue) -> Result<Vec<String>> {
        let Some(pull) = issue.pull.as_ref().filter(|pull| pull.merged.is_none()) else { return Ok(Vec::new()) };
        self.git(&place.repository).conflicts(&pull.base_sha, &pull.head_sha).await
    }

    /// What stands in the way of a merge by whoever entered, in a sentence; none when nothing does. Conflicts are told by
    /// [`Embedded::conflicts`].
    pub async fn obstacle(&self, place: &Place, issue: &Issue) -> Result<Option<String>> {
        let Some(pull) = issue.pull.as_ref().filter(|pull| pull.merged.is_none()) else { return Ok(None) };
        if place.repository.mirror {
            return Ok(Some(place.repository.mirrored()));
        }
        if pull.draft {
            return Ok(Some("This is a draft: its author has to say that it is ready".into()));
        }
        match self.check_protection(place, issue.number, pull).await {
            Ok(()) => Ok(None),
            Err(error) if error.kind() == ErrorKind::Denied => Ok(Some(error.message().to_owned())),
            Err(error) => Err(error),
        }
    }

    /// What a protected base asks for before a merge.
    async fn check_protection(&self, place: &Place, number: i64, pull: &Pull) -> Result<()> {
        let Some(protection) = self.protection(place, &pull.base_branch).await? else { return Ok(()) };
        let base = &pull.base_branch;
        if place.standing.effective_role() < Some(Role::Maintain) {
            return Err(Error::denied(format!("You may not merge into `{base}`: it is protected"))
                .hint("it needs the role `maintain`"));
        }
        let (approvals, refused) = self.judgement(place, number, &pull.head_sha).await?;
        if refused && protection.approvals > 0 {
            return Err(Error::denied("Cannot merge: a reviewer asks for changes"));
        }
        if approvals < protection.approvals {
            let wanted = protection.approvals;
            return Err(Error::denied(format!("Cannot merge into `{base}`: {approvals} of {wanted} approvals")));
        }
        let statuses = self.newest_statuses(place, &[&pull.head_sha]).await?;
        let good = |check: &String| {
            statuses.iter().any(|status| status.context == *check && status.state == StatusState::Success)
        };
        match protection.checks.iter().find(|check| !good(check)) {
            Some(check) => Err(Error::denied(format!("Cannot merge into `{base}`: the check `{check}` is not green"))),
            None if protection.owners => self.check_owners(place, number).await,
            None => Ok(()),
        }
    }

    /// Whether an owner of each file that changes has approved the head.
    async fn check_owners(&self, place: &Place, number: i64) -> Result<()> {
        let issue = self.pull(place, number).await?;
        let ownership = self.ownership(place, &issue).await?;
        let Some(need) = ownership.needs.iter().find(|need| !need.met) else { return Ok(()) };
        let owners: Vec<String> = need.owners.iter().map(ToString::to_string).collect();
        let path = need.paths.first().map(|path| visible_line(path, 120)).unwrap_or_default();
        Err(Error::denied(format!("Cannot merge: `{path}` needs the approval of {}, who owns it", owners.join(" or ")))
            .hint("`CODEOWNERS` of the base branch names who owns what"))
    }
}

fn mergeable<'a>(issue: &'a Issue, merge: &Merge) -> Result<&'a Pull> {
    let pull = issue.pull.as_ref().ok_or_else(|| Error::not_found("such pull request"))?;
    if let Some(merged) = &pull.merged {
        let told = format!("`{}` merged it already, at {}", merged.by, merged.at);
        return Err(Error::conflict(told).code("ALREADY_MERGED"));
    }
    if issue.state == State::Closed {
        return Err(Error::conflict("Cannot merge a closed pull request")
            .code("NOT_MERGEABLE")
            .hint("open it again first"));
    }
    if pull.draft {
        return Err(Error::conflict("Cannot merge a draft")
            .code("NOT_MERGEABLE")
            .hint("its author has to say that it is ready"));
    }
    match &merge.expected_head {
        Some(seen) if *seen != pull.head_sha => {
            let told = format!("The pull request moved: its head is {} now", pull.head_sha.short());
            Err(Error::conflict(told).code("HEAD_MOVED").hint("look at the new commits and merge again"))
        }
        _ => Ok(pull),
    }
}

/// The message; a squash names its pull request in a trailer, by which it is known after a crash.
fn commit_message(issue: &Issue, pull: &Pull, style: git::Style, given: &str) -> String {
    let number = issue.number;
    let text = match (given.trim().is_empty(), style) {
        (false, _) => given.trim_end().to_owned(),
        (true, git::Style::Squash) => format!("{} (#{number})", issue.title),
        (true, _) => format!("Merge pull request #{number} from {}\n\n{}", pull.head_branch, issue.title),
    };
    if style != git::Style::Squash {
        return format!("{text}\n");
    }
    let last = text.lines().last().unwrap_or_default();
    let trailers = text.contains("\n\n") && last.split_once(": ").is_some_and(|(key, _)| !key.contains(' '));
    format!("{text}\n{}{MERGES}: #{number}\n", if trailers { "" } else { "\n" })
}

fn conflict(paths: &[String]) -> Error {
    let shown: Vec<&str> = paths.iter().take(5).map(String::as_str).collect();
    Error::conflict(format!("Cannot merge: both sides changed `{}`", shown.join("`, `")))
        .code("MERGE_CONFLICT")
        .hint("merge the base into the branch, mend the conflict and push")
}
