//! A check of the forge itself in a list.

use crate::checks::Job;
use crate::kit::clock::Timestamp;
use crate::kit::text;
use crate::web::parts::badge::Mark;
use crate::web::parts::digest::Mono;
use crate::web::parts::time;
use crate::web::parts::time::When;

/// A check in a list.
#[derive(Clone, Debug)]
pub struct JobRow {
    /// The address of its log.
    pub href: String,
    /// Its state.
    pub mark: Mark,
    /// Its name.
    pub name: String,
    /// Which attempt it is.
    pub number: i64,
    /// The same in words, when it is not the first.
    pub attempt: String,
    /// The branch or pull request: address and words.
    pub source: Option<(String, String)>,
    /// The commit.
    pub commit: Mono,
    /// The address of the commit.
    pub commit_href: String,
    /// How it ended.
    pub summary: String,
    /// When it was queued.
    pub when: When,
    /// How long it took, or takes so far.
    pub took: String,
}

impl JobRow {
    /// A check as seen from now.
    pub fn of(job: &Job, now: Timestamp) -> Self {
        let root = format!("/{}", job.new.repo);
        Self {
            href: href(job),
            mark: Mark::job(job.state.as_str()),
            name: job.new.name.clone(),
            number: job.attempt,
            attempt: if job.attempt > 1 { format!("attempt {}", job.attempt) } else { String::new() },
            source: source(job),
            commit: Mono::from(&job.new.sha),
            commit_href: format!("{root}/commit/{}", job.new.sha),
            summary: text::visible(&job.summary),
            when: When::new(job.created, now),
            took: took(job, now),
        }
    }
}

/// The address of a check's log.
pub fn href(job: &Job) -> String {
    format!("/{}/checks/{}", job.new.repo, job.id)
}

/// The pull request, or else the branch, that it was made for: address and words.
pub fn source(job: &Job) -> Option<(String, String)> {
    let root = format!("/{}", job.new.repo);
    let branch = job.new.branch.as_ref().map(|branch| text::visible(branch.as_str()));
    match (job.new.pull, branch) {
        (Some(number), _) => Some((format!("{root}/pulls/{number}/checks"), format!("#{number}"))),
        (None, Some(branch)) => Some((format!("{root}/commits/{}", crate::web::address::escape(&branch)), branch)),
        (None, None) => None,
    }
}

/// How long it took, or takes so far; empty before it is begun.
pub fn took(job: &Job, now: Timestamp) -> String {
    job.started.map(|from| time::took(from, job.ended.unwrap_or(now))).unwrap_or_default()
}
