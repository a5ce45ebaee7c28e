//! One pull request with its tabs: conversation, commits, files, checks.

use crate::access::Action;
use crate::engine::Engine;
use crate::forge::embedded;
use crate::git;
use crate::kit::Error;
use crate::kit::Result;
use crate::kit::digest::Digest;
use crate::kit::text;
use crate::model::CommitId;
use crate::web::entered::Entered;
use crate::web::errors::Answer;
use crate::web::frame::Frame;
use crate::web::frame::RepoHead;
use crate::web::frame::Tab;
use crate::web::page::show;
use crate::web::pages::code::CommitLine;
use crate::web::pages::issue;
use crate::web::pages::issue::Numbered;
use crate::web::pages::issues::Label;
use crate::web::parts::agents::Agents;
use crate::web::parts::badge::Mark;
use crate::web::parts::checks::Checks;
use crate::web::parts::checks::OwnChecks;
use crate::web::parts::diff::Diff;
use crate::web::parts::diff::Look;
use crate::web::parts::diff::Talk;
use crate::web::parts::digest::Mono;
use crate::web::parts::memory_link;
use crate::web::parts::person::Who;
use crate::web::parts::remark::Conversation;
use crate::web::parts::reviewers::Reviewers;
use crate::web::parts::sidebar::Sidebar;
use crate::web::parts::time::When;
use crate::web::parts::timeline::Moment;
use askama::Template;
use axum::extract::Path;
use axum::extract::Query;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::IntoResponse as _;
use serde::Deserialize;
use std::sync::Arc;

/// `/{owner}/{repo}/pulls/{n}` and its tabs.
#[derive(Template)]
#[template(path = "pages/pull.html")]
pub struct PullPage {
    /// What surrounds the page.
    pub frame: Frame,
    /// The repository.
    pub repo: RepoHead,
    /// What every tab shows.
    pub pull: PullHead,
    /// Checks, runs and approvals.
    pub checks: Checks,
    /// What agents did or did not do here.
    pub agents: Agents,
    /// Where related memory is fetched from; empty for nowhere.
    pub memory: String,
    /// Who looks after it, and its milestone.
    pub side: Sidebar,
    /// Whose review it waits for, and who owns what it changes.
    pub reviewers: Reviewers,
    /// The tab's own things.
    pub tab: PullTab,
}

/// What every tab of a pull request shows.
#[derive(Clone, Debug)]
pub struct PullHead {
    /// Its number.
    pub number: i64,
    /// Its title.
    pub title: String,
    /// Its state.
    pub mark: Mark,
    /// Whether it is open.
    pub open: bool,
    /// Who opened it.
    pub author: Who,
    /// When.
    pub when: When,
    /// The branch that is to change.
    pub base: String,
    /// The branch with the changes.
    pub head: String,
    /// The newest commit.
    pub head_commit: Mono,
    /// How many commits it brings.
    pub commits: usize,
    /// How many files it changes.
    pub files: usize,
    /// Its labels.
    pub labels: Vec<Label>,
    /// Labels that it could get.
    pub other_labels: Vec<String>,
    /// Whether the person may comment.
    pub may_comment: bool,
    /// Whether the person may close it and change its labels.
    pub may_triage: bool,
    /// Whether the person may merge it.
    pub may_merge: bool,
    /// Why it cannot be merged; empty when it can.
    pub no_merge: String,
    /// Whether its author says that it is not ready.
    pub draft: bool,
    /// How many commits the base has that the branch has not.
    pub behind: u64,
    /// Whether the changes lie in another repository.
    pub fork: bool,
}

/// What one tab shows.
pub enum PullTab {
    /// What was said and what happened.
    Conversation(Vec<Moment>),
    /// The commits.
    Commits(Vec<CommitLine>),
    /// The diff.
    Files(Box<Diff>),
    /// Only the checks.
    Checks,
}

impl PullPage {
    /// The name of the tab that is shown.
    pub fn shown(&self) -> &'static str {
        match self.tab {
            PullTab::Conversation(_) => "conversation",
            PullTab::Commits(_) => "commits",
            PullTab::Files(_) => "files",
            PullTab::Checks => "checks",
        }
    }
}

/// `GET /{owner}/{repo}/pulls/{number}`
pub async fn conversation(State(engine): State<Arc<Engine>>, entered: Entered, Path(named): Path<Numbered>) -> Answer {
    let opened = Opened::find(&engine, &entered, named.number).await?;
    let mut moments = issue::moments(&engine, &entered, &opened.issue).await?;
    let (mut begun, mut answered) = (Vec::new(), Vec::new());
    for talk in Conversation::all(&engine, &entered, &opened.issue).await? {
        answered.extend(talk.remarks.iter().skip(1).filter(|answer| !answer.pending).map(|answer| answer.review));
        if !talk.remarks[0].pending {
            begun.push(talk);
        }
    }
    for moment in &mut moments {
        if let Moment::Said(said) = moment {
            let review = said.anchor.strip_prefix("comment-").and_then(|id| id.parse().ok());
            said.remarks = begun.extract_if(.., |talk| Some(talk.review) == review).collect();
        }
    }
    // A review that only answers stands where the conversation began.
    moments.retain(|moment| match moment {
        Moment::Said(said) => {
            let review = said.anchor.strip_prefix("comment-").and_then(|id| id.parse::<i64>().ok());
            let says = !said.body.as_str().is_empty() || !said.remarks.is_empty() || said.verb != "reviewed";
            says || !review.is_some_and(|review| answered.contains(&review))
        }
        Moment::Happened(_) => true,
    });
    opened.show(&engine, &entered, PullTab::Conversation(moments)).await
}

/// `GET /{owner}/{repo}/pulls/{number}/commits`
pub async fn commits(State(engine): State<Arc<Engine>>, entered: Entered, Path(named): Path<Numbered>) -> Answer {
    let opened = Opened::find(&engine, &entered, named.number).await?;
    let (root, now) = (entered.root(), entered.visitor.cx.now());
    let commits = opened.commits.iter().map(|commit| CommitLine::of(commit, &root, now)).collect();
    opened.show(&engine, &entered, PullTab::Commits(commits)).await
}

/// `GET /{owner}/{repo}/pulls/{number}/files`
pub async fn files(
    State(engine): State<Arc<Engine>>,
    entered: Entered,
    Path(named): Path<Numbered>,
    Query(look): Query<Look>,
) -> Answer {
    let opened = Opened::find(&engine, &entered, named.number).await?;
    let look = look.at(format!("{}/pulls/{}/files", entered.root(), named.number));
    let draft = engine.forge.draft(&entered.visitor.cx, &entered.place, named.number).await?;
    let talk = Talk {
        address: opened.address(&entered),
        csrf: entered.visitor.csrf(),
        head: opened.pull.head_sha.to_string(),
        may_review: entered.may(Action::ReviewPull) && opened.issue.state == embedded::State::Open,
        may_judge: entered.visitor.cx.person() != Some(opened.issue.author.account),
        said: Conversation::all(&engine, &entered, &opened.issue).await?,
        draft: draft.map(|draft| (draft.lines.len(), draft.body)),
    };
    let diff = Diff::read(&entered.git(&engine), opened.sides(), &look).await?.with_talk(talk, &look);
    opened.show(&engine, &entered, PullTab::Files(Box::new(diff))).await
}

/// `GET /{owner}/{repo}/pulls/{number}/checks`
pub async fn checks(State(engine): State<Arc<Engine>>, entered: Entered, Path(named): Path<Numbered>) -> Answer {
    let opened = Opened::find(&engine, &entered, named.number).await?;
    opened.show(&engine, &entered, PullTab::Checks).await
}

/// What a page knows of whether a pull request can be merged.
#[derive(Debug, Default, Deserialize)]
pub struct Seen {
    #[serde(default)]
    seen: String,
}

/// `GET /{owner}/{repo}/pulls/{number}/merge`: the page again, or nothing while what it says of the merge is still so.
/// A pull request that was merged or closed meanwhile is loaded anew.
pub async fn merge_box(
    State(engine): State<Arc<Engine>>,
    entered: Entered,
    Path(named): Path<Numbered>,
    Query(Seen { seen }): Query<Seen>,
) -> Answer {
    let opened = Opened::find(&engine, &entered, named.number).await?;
    let head = opened.head(&engine, &entered).await?;
    if head.merge_state() == seen {
        return Ok(StatusCode::NO_CONTENT.into_response());
    }
    if !head.open {
        return Ok(([("hx-refresh", "true")], StatusCode::OK).into_response());
    }
    opened.show(&engine, &entered, PullTab::Conversation(Vec::new())).await
}

impl PullHead {
    /// What is said of the merge, in a few letters: another one when any of it changes.
    pub fn merge_state(&self) -> String {
        let said = format!("{}{}{}{}{}", self.open, self.may_merge, self.no_merge, self.draft, self.behind);
        Digest::plain(format!("{said}{}", self.head_commit.whole).as_bytes()).short().to_owned()
    }
}

/// More paths and commits than these are not counted on the tabs.
const MOST: usize = 500;

/// A pull request with what every tab needs.
struct Opened {
    issue: embedded::Issue,
    pull: embedded::Pull,
    base: Option<CommitId>,
    commits: Vec<git::Commit>,
    files: usize,
}

impl Opened {
    async fn find(engine: &Engine, entered: &Entered, number: i64) -> Result<Self> {
        let issue = engine.forge.pull(&entered.place, number).await?;
        let pull = issue.pull.clone().ok_or_else(|| Error::not_found("such pull request"))?;
        let git = entered.git(engine);
        let base = engine.forge.merge_base(&entered.place, &issue).await?;
        let commits = match &base {
            Some(base) => git.commits_between(base, &pull.head_sha, MOST).await?,
            None => Vec::new(),
        };
        let from = base.as_ref().map_or(git::Side::Empty, git::Side::Commit);
        let files = git.changed_paths(from, git::Side::Commit(&pull.head_sha), MOST).await?.len();
        Ok(Self { issue, pull, base, commits, files })
    }

    fn address(&self, entered: &Entered) -> String {
        format!("{}/pulls/{}", entered.root(), self.issue.number)
    }

    fn sides(&self) -> (git::Side<'_>, git::Side<'_>) {
        let from = self.base.as_ref().map_or(git::Side::Empty, git::Side::Commit);
        (from, git::Side::Commit(&self.pull.head_sha))
    }

    async fn show(&self, engine: &Engine, entered: &Entered, tab: PullTab) -> Answer {
        let agents = Agents::about(engine, entered, &self.issue).await?;
        let statuses = engine.forge.newest_statuses(&entered.place, &[&self.pull.head_sha]).await?;
        let jobs = engine.checks.at(entered.place.repository.id, &self.pull.head_sha).await?;
        let own = match entered.may(Action::SteerCheck) {
            true => OwnChecks::of(&jobs, &self.pull.head_sha, &entered.visitor.path),
            false => OwnChecks::default(),
        };
        let title = format!("#{} {}", self.issue.number, text::visible_line(&self.issue.title, 80));
        show(&PullPage {
            frame: entered.frame(engine, &title).await?,
            repo: entered.head(Tab::Pulls),
            pull: self.head(engine, entered).await?,
            checks: Checks { own, ..Checks::of(&statuses, &jobs, &agents, entered.visitor.cx.now()) },
            agents,
            memory: match tab {
                PullTab::Conversation(_) => memory_link::address(engine, entered, Some(self.issue.number)).await?,
                PullTab::Commits(_) | PullTab::Files(_) | PullTab::Checks => String::new(),
            },
            side: Sidebar::of(engine, entered, &self.issue).await?,
            reviewers: Reviewers::of(engine, entered, &self.issue, issue::may_edit(entered, &self.issue)).await?,
            tab,
        })
    }

    async fn head(&self, engine: &Engine, entered: &Entered) -> Result<PullHead> {
        let (issue, pull) = (&self.issue, &self.pull);
        let open = issue.state == embedded::State::Open;
        let conflicts = if open { engine.forge.conflicts(&entered.place, issue).await? } else { Vec::new() };
        let obstacle = if open { engine.forge.obstacle(&entered.place, issue).await? } else { None };
        Ok(PullHead {
            number: issue.number,
            title: text::visible(&issue.title),
            mark: if open && pull.draft { Mark::new("calm", "pull", "Draft") } else { Mark::pull(issue.state_name()) },
            open,
            author: self.author(engine),
            when: When::new(issue.created, entered.visitor.cx.now()),
            base: text::visible(pull.base_branch.as_str()),
            head: self.head_name(engine, entered).await?,
            head_commit: Mono::from(&pull.head_sha),
            commits: self.commits.len(),
            files: self.files,
            labels: issue.labels.iter().map(|label| Label::new(&label.name)).collect(),
            other_labels: issue::other_labels(engine, entered, issue).await?,
            may_comment: entered.may(Action::Comment),
            may_triage: issue::may_edit(entered, issue),
            may_merge: entered.may(Action::MergePull),
            no_merge: no_merge(&conflicts, obstacle),
            draft: pull.draft,
            behind: engine.forge.commits_behind(&entered.place, issue).await?,
            fork: pull.fork,
        })
    }

    /// `branch`, or `owner:branch` of a fork that the person may know.
    async fn head_name(&self, engine: &Engine, entered: &Entered) -> Result<String> {
        let branch = text::visible(self.pull.head_branch.as_str());
        if !self.pull.fork {
            return Ok(branch);
        }
        let fork = engine.forge.enter_by_id(&entered.visitor.cx, self.pull.head_repo).await.ok();
        Ok(fork.map_or(branch.clone(), |fork| format!("{}:{branch}", fork.repository.owner_name)))
    }

    fn author(&self, engine: &Engine) -> Who {
        let login = self.issue.author.login.as_str();
        if login == engine.forge.own().login.as_str() { Who::agent(login) } else { Who::person(login) }
    }
}

fn no_merge(conflicts: &[String], obstacle: Option<String>) -> String {
    match conflicts {
        [] => obstacle.unwrap_or_default(),
        [path] => format!("Cannot merge: both branches changed {}", text::visible_line(path, 120)),
        [path, rest @ ..] => {
            format!("Cannot merge: both branches changed {} and {} more", text::visible_line(path, 120), rest.len())
        }
    }
}
