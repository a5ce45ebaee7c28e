//! What somebody said about one line of a pull request.

use crate::forge::embedded::LineComment;
use crate::kit::clock::Timestamp;
use crate::model::CommitId;
use crate::web::parts::html::Html;
use crate::web::parts::person::Who;
use crate::web::parts::time::When;

/// A word about one line.
#[derive(Clone, Debug)]
pub struct Remark {
    /// An anchor.
    pub anchor: String,
    /// Who said it.
    pub who: Who,
    /// When.
    pub when: When,
    /// What they said.
    pub body: Html,
    /// The file and the line: `src/a.rs:12`.
    pub place: Html,
    /// The part of the difference that leads to the line.
    pub hunk: Html,
    /// Whether the branch moved since.
    pub outdated: bool,
    /// Where a suggestion is taken over; none when it holds none, or the person may not.
    pub take: Option<String>,
}

impl Remark {
    /// A comment on a pull request at `address` whose head is at this commit now.
    pub fn of(comment: &LineComment, (address, head): (&str, &CommitId), may_take: bool, now: Timestamp) -> Self {
        let outdated = comment.sha != *head;
        let take = may_take && !outdated && comment.suggestion().is_some();
        Self {
            anchor: format!("line-{}", comment.id),
            who: Who::person(comment.author.login.as_str()),
            when: When::new(comment.created, now),
            body: Html::markdown(&comment.body),
            place: Html::shown(&format!("{}:{}", comment.path, comment.line)),
            hunk: Html::visible(&comment.hunk),
            outdated,
            take: take.then(|| format!("{address}/suggestions/{}", comment.id)),
        }
    }
}
