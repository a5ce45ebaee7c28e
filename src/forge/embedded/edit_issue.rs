//! Changing title, text, state, milestone, assignees or base of an issue or pull request.

use crate::access::Action;
use crate::access::Cx;
use crate::db::Tx;
use crate::forge::embedded::Embedded;
use crate::forge::embedded::entry::Edit;
use crate::forge::embedded::entry::Entry;
use crate::forge::embedded::entry::EntryKind;
use crate::forge::embedded::hooks::announce::Doing;
use crate::forge::embedded::hooks::announce::Happening;
use crate::forge::embedded::issue::Author;
use crate::forge::embedded::issue::Issue;
use crate::forge::embedded::issue::IssueChange;
use crate::forge::embedded::issue::State;
use crate::forge::embedded::notice::Did;
use crate::forge::embedded::notice::Why;
use crate::forge::embedded::open_issue::known_milestone;
use crate::forge::embedded::repository::Place;
use crate::forge::embedded::store;
use crate::forge::embedded::text;
use crate::kit::Error;
use crate::kit::Result;
use crate::model::BranchName;
use crate::model::CommitId;
use crate::model::What;

impl Embedded {
    /// Changes an issue or a pull request. Its author may change title, text and state without a role.
    pub async fn edit_issue(&self, cx: &Cx, place: &Place, number: i64, change: IssueChange) -> Result<Issue> {
        let author = self.author(cx)?;
        let seen = self.issue(place, number).await?;
        authorise(cx, place, &author, &seen, &change)?;
        change.title.as_deref().map(text::title).transpose()?;
        change.body.as_deref().map(text::body).transpose()?;
        let assignees = match &change.assignees {
            Some(logins) => Some(self.people(place, logins).await?),
            None => None,
        };
        let base = self.new_base(place, &seen, change.base.as_ref()).await?;
        let paths = self.paths_of(place, &seen).await?;
        let heard = self.heard(cx, place, change.body.as_deref().unwrap_or_default()).await?;

        let repo = place.repository.id;
        let mut tx = self.db().begin().await?;
        let spare = store::repositories::next_id(&mut tx, repo, cx.now()).await?;
        let found = store::issues::by_number(&mut tx, repo, number).await?;
        let mut issue = found.ok_or_else(|| Error::not_found("such issue"))?;
        let mut edit =
            Editing { forge: self, tx: &mut tx, cx, place, author: &author, actions: Vec::new(), doings: Vec::new() };
        edit.words(&mut issue, &change, spare).await?;
        edit.milestone(&mut issue, change.milestone).await?;
        edit.assignees(&mut issue, assignees).await?;
        edit.base(&mut issue, base).await?;
        edit.state(&mut issue, change.state).await?;
        let (actions, doings) = (edit.actions, edit.doings);
        issue.updated = cx.now();
        store::issues::update(&mut tx, repo, &issue).await?;
        self.mention(&mut tx, (place, number, 0), &author, cx.now(), &heard).await?;
        for action in actions {
            let what = as_what(&issue, action, &paths);
            self.tell(&mut tx, &place.repository, self.actor(&author), cx.now(), what).await?;
        }
        for doing in doings {
            let happening = Happening::Issue { issue: &issue, doing };
            self.announce(&mut tx, (&place.repository, cx.now()), &self.actor(&author), happening).await?;
        }
        tx.commit().await?;
        self.rooms().poke.poke();
        Ok(issue)
    }

    /// The commit at the tip of a pull request's new base branch.
    async fn new_base(
        &self,
        place: &Place,
        seen: &Issue,
        base: Option<&BranchName>,
    ) -> Result<Option<(BranchName, CommitId)>> {
        let (Some(pull), Some(base)) = (&seen.pull, base) else { return Ok(None) };
        if pull.base_branch == *base {
            return Ok(None);
        }
        let tip = self.git(&place.repository).branch(base).await?;
        let tip = tip.ok_or_else(|| Error::invalid(format!("There is no branch `{base}`")).field("base"))?;
        Ok(Some((base.clone(), tip)))
    }

    /// Writes an entry that is only said.
    pub(super) async fn say(
        &self,
        tx: &mut Tx,
        place: (&Place, i64),
        author: &Author,
        kind: EntryKind,
        words: &str,
        cx: &Cx,
    ) -> Result<Entry> {
        let repo = place.0.repository.id;
        let entry = Entry {
            id: store::repositories::next_id(tx, repo, cx.now()).await?,
            number: place.1,
            kind,
            body: words.to_owned(),
            author: author.clone(),
            review: None,
            created: cx.now(),
            edited: None,
        };
        store::entries::insert(tx, repo, &entry, None).await?;
        Ok(entry)
    }
}

fn authorise(cx: &Cx, place: &Place, author: &Author, seen: &Issue, change: &IssueChange) -> Result<()> {
    if change.milestone.is_some() || change.assignees.is_some() {
        cx.authorize(Action::LabelIssue, &place.standing)?;
    }
    let words = change.title.is_some() || change.body.is_some() || change.state.is_some() || change.base.is_some();
    let own = seen.author.account == author.account;
    match (words, own) {
        (true, true) => cx.authorize(Action::OpenIssue, &place.standing),
        (true, false) => cx.authorize(Action::EditIssue, &place.standing),
        (false, _) => Ok(()),
    }
}

/// The event of an action on an issue or a pull request.
pub(super) fn as_what(issue: &Issue, action: &str, paths: &[String]) -> What {
    match issue.as_pull_event() {
        Some(pull) => What::PullRequest { action: action.into(), pull, paths: paths.to_vec() },
        None => What::Issue { action: action.into(), issue: issue.as_event() },
    }
}

/// One edit under way, in its transaction. `actions` are the events to tell in the end, when all is as it will be, and
/// `doings` what hooks are told then.
struct Editing<'a> {
    forge: &'a Embedded,
    tx: &'a mut Tx,
    cx: &'a Cx,
    place: &'a Place,
    author: &'a Author,
    actions: Vec<&'static str>,
    doings: Vec<Doing>,
}

impl Editing<'_> {
    async fn words(&mut self, issue: &mut Issue, change: &IssueChange, spare: i64) -> Result<()> {
        let (mut old_title, mut old_body) = (None, None);
        if let Some(title) = change.title.as_ref().filter(|title| **title != issue.title) {
            self.say(issue, EntryKind::Renamed, &format!("{}\n{title}", issue.title)).await?;
            old_title = Some(std::mem::replace(&mut issue.title, title.clone()));
        }
        if let Some(body) = change.body.as_ref().filter(|body| **body != issue.body) {
            text::unchanged(change.seen.as_ref(), &issue.body_digest())?;
            let before = std::mem::replace(&mut issue.body, body.clone());
            let edit = Edit { body: before.clone(), editor: self.author.login.to_string(), at: self.cx.now() };
            store::entries::keep_edit(self.tx, (self.place.repository.id, issue.id), spare, &edit).await?;
            old_body = Some(before);
        }
        if old_title.is_some() || old_body.is_some() {
            self.actions.push("edited");
            self.doings.push(Doing::Edited { title: old_title, body: old_body });
        }
        Ok(())
    }

    async fn milestone(&mut self, issue: &mut Issue, wanted: Option<i64>) -> Result<()> {
        let Some(wanted) = wanted else { return Ok(()) };
        let milestone = known_milestone(self.tx, self.place.repository.id, wanted).await?;
        if milestone.as_ref().map(|one| one.id) != issue.milestone.as_ref().map(|one| one.id) {
            let words = milestone.as_ref().map(|one| one.title.clone()).unwrap_or_default();
            self.say(issue, EntryKind::Milestoned, &words).await?;
            self.doings.push(if milestone.is_some() { Doing::Milestoned } else { Doing::Demilestoned });
            issue.milestone = milestone;
        }
        Ok(())
    }

    async fn assignees(&mut self, issue: &mut Issue, wanted: Option<Vec<Author>>) -> Result<()> {
        let Some(wanted) = wanted else { return Ok(()) };
        let repo = self.place.repository.id;
        let is_in = |list: &[Author], one: &Author| list.iter().any(|other| other.account == one.account);
        let before = std::mem::take(&mut issue.assignees);
        for gone in before.iter().filter(|one| !is_in(&wanted, one)) {
            store::issues::unassign(self.tx, repo, issue.number, gone.account).await?;
            self.say(issue, EntryKind::Assigned, &format!("-{}", gone.login)).await?;
            self.doings.push(Doing::Unassigned);
        }
        for new in wanted.iter().filter(|one| !is_in(&before, one)) {
            store::issues::assign(self.tx, repo, issue.number, new).await?;
            let did = Did { who: self.author, what: "asked you to look after this", entry: 0, at: self.cx.now() };
            let told = (new.account, Why::Assigned);
            self.forge.notify_one(self.tx, (repo, issue.number), told, did).await?;
            self.say(issue, EntryKind::Assigned, &format!("+{}", new.login)).await?;
            self.doings.push(Doing::Assigned);
        }
        issue.assignees = wanted;
        Ok(())
    }

    async fn base(&mut self, issue: &mut Issue, base: Option<(BranchName, CommitId)>) -> Result<()> {
        let (Some((branch, tip)), Some(pull)) = (base, &mut issue.pull) else { return Ok(()) };
        if pull.merged.is_some() {
            return Err(Error::conflict("A merged pull request keeps its base").field("base"));
        }
        pull.base_branch = branch;
        pull.base_sha = tip;
        store::pulls::update(self.tx, self.place.repository.id, issue.number, pull).await?;
        self.actions.push("edited");
        self.doings.push(Doing::Edited { title: None, body: None });
        Ok(())
    }

    async fn state(&mut self, issue: &mut Issue, wanted: Option<State>) -> Result<()> {
        let Some(wanted) = wanted.filter(|wanted| *wanted != issue.state) else { return Ok(()) };
        if issue.pull.as_ref().is_some_and(|pull| pull.merged.is_some()) {
            return Err(Error::conflict("A merged pull request stays closed").field("state"));
        }
        let (by, kind, action) = match wanted {
            State::Open => (1, EntryKind::Reopened, "reopened"),
            State::Closed => (-1, EntryKind::Closed, "closed"),
        };
        issue.state = wanted;
        issue.closed = (wanted == State::Closed).then(|| self.cx.now());
        store::repositories::count_open(self.tx, self.place.repository.id, issue.pull.is_some(), by).await?;
        self.say(issue, kind, "").await?;
        let what = if wanted == State::Open { "opened this again" } else { "closed this" };
        let did = Did { who: self.author, what, entry: 0, at: self.cx.now() };
        self.forge.notify(self.tx, self.place.repository.id, issue, did).await?;
        self.actions.push(action);
        self.doings.push(if wanted == State::Open { Doing::Reopened } else { Doing::Closed });
        Ok(())
    }

    async fn say(&mut self, issue: &Issue, kind: EntryKind, words: &str) -> Result<()> {
        let place = (self.place, issue.number);
        self.forge.say(self.tx, place, self.author, kind, words, self.cx).await.map(drop)
    }
}
