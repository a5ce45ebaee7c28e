//! Opening an issue.

use crate::access::Action;
use crate::access::Cx;
use crate::db::Tx;
use crate::forge::Marker;
use crate::forge::embedded::Embedded;
use crate::forge::embedded::hooks::announce::Doing;
use crate::forge::embedded::hooks::announce::Happening;
use crate::forge::embedded::issue::Author;
use crate::forge::embedded::issue::Issue;
use crate::forge::embedded::issue::NewIssue;
use crate::forge::embedded::issue::State;
use crate::forge::embedded::label::Label;
use crate::forge::embedded::milestone::Milestone;
use crate::forge::embedded::notice::Did;
use crate::forge::embedded::repository::Place;
use crate::forge::embedded::store;
use crate::forge::embedded::text;
use crate::kit::Error;
use crate::kit::Result;
use crate::kit::text::visible_line;
use crate::model::RepoId;
use crate::model::What;

impl Embedded {
    /// Opens an issue. The event names its labels, and each label is an event of its own.
    pub async fn open_issue(&self, cx: &Cx, place: &Place, new: NewIssue) -> Result<Issue> {
        cx.authorize(Action::OpenIssue, &place.standing)?;
        if !new.labels.is_empty() || !new.assignees.is_empty() || new.milestone.is_some() {
            cx.authorize(Action::LabelIssue, &place.standing)?;
        }
        let author = self.author(cx)?;
        self.write_issue(cx, place, author, new, None).await
    }

    /// Opens an issue from a template, whose labels it gets whoever opens it: they are the repository's own word. A label that
    /// the repository does not know is left out.
    pub async fn open_issue_of(&self, cx: &Cx, place: &Place, new: NewIssue, labels: &[String]) -> Result<Issue> {
        cx.authorize(Action::OpenIssue, &place.standing)?;
        if !new.labels.is_empty() || !new.assignees.is_empty() || new.milestone.is_some() {
            cx.authorize(Action::LabelIssue, &place.standing)?;
        }
        let known = self.labels(place).await?;
        let theirs = known.into_iter().map(|label| label.name).filter(|name| labels.contains(name));
        let labels = new.labels.iter().cloned().chain(theirs).collect();
        let author = self.author(cx)?;
        self.write_issue(cx, place, author, NewIssue { labels, ..new }, None).await
    }

    pub(super) async fn write_issue(
        &self,
        cx: &Cx,
        place: &Place,
        author: Author,
        new: NewIssue,
        marker: Option<&Marker>,
    ) -> Result<Issue> {
        let NewIssue { title, body, labels, assignees, milestone } = new;
        text::title(&title)?;
        text::body(&body)?;
        let assignees = self.people(place, &assignees).await?;
        let heard = self.heard(cx, place, &body).await?;
        let repo = place.repository.id;
        let mut tx = self.db().begin().await?;
        let number = store::repositories::next_number(&mut tx, repo, false).await?;
        let issue = Issue {
            number,
            id: store::repositories::next_id(&mut tx, repo, cx.now()).await?,
            title,
            body,
            author: author.clone(),
            state: State::Open,
            labels: known_labels(&mut tx, repo, &labels).await?,
            assignees,
            milestone: known_milestone(&mut tx, repo, milestone.unwrap_or(0)).await?,
            comments: 0,
            pull: None,
            created: cx.now(),
            updated: cx.now(),
            closed: None,
        };
        store::issues::insert(&mut tx, repo, &issue, marker).await?;
        for label in &issue.labels {
            store::labels::put_on(&mut tx, repo, number, label.id).await?;
        }
        let did = Did { who: &author, what: "asked you to look after this", entry: 0, at: cx.now() };
        self.notify(&mut tx, repo, &issue, did).await?;
        self.mention(&mut tx, (place, number, 0), &author, cx.now(), &heard).await?;
        let actor = self.actor(&author);
        let what = What::Issue { action: "opened".into(), issue: issue.as_event() };
        self.tell(&mut tx, &place.repository, actor.clone(), cx.now(), what).await?;
        let happening = Happening::Issue { issue: &issue, doing: Doing::Opened };
        self.announce(&mut tx, (&place.repository, cx.now()), &actor, happening).await?;
        self.tell_labels(&mut tx, &place.repository, &actor, &issue, &issue.label_names()).await?;
        tx.commit().await?;
        self.rooms().poke.poke();
        Ok(issue)
    }

    /// People by name, who can look after something here: those who may read the repository.
    pub(super) async fn people(&self, place: &Place, logins: &[String]) -> Result<Vec<Author>> {
        let mut people: Vec<Author> = Vec::new();
        for login in logins.iter().filter(|login| !login.is_empty()) {
            let unknown = || {
                let message = format!("There is no `{}` who could look after it", visible_line(login, 40));
                Error::invalid(message).field("assignees")
            };
            let name = login.parse().map_err(|_| unknown())?;
            let person = self.rooms().identity.person_by_login(&name).await?.ok_or_else(unknown)?;
            let role = self.rooms().access.role_of(person.id, &place.repository.facts()).await?;
            if place.repository.private && role.is_none() {
                return Err(unknown());
            }
            if people.iter().all(|known| known.account != person.id) {
                people.push(Author { account: person.id, login: person.login, behalf: None });
            }
        }
        Ok(people)
    }
}

/// Labels by name, each once. One that the repository does not know is an error.
pub(super) async fn known_labels(tx: &mut Tx, repo: RepoId, names: &[String]) -> Result<Vec<Label>> {
    let mut labels: Vec<Label> = Vec::new();
    for name in names {
        let found = store::labels::by_name(tx, repo, name).await?;
        let label = found.ok_or_else(|| {
            let message = format!("The repository has no label `{}`", visible_line(name, 60));
            Error::invalid(message).hint("make the label first").field("labels")
        })?;
        if labels.iter().all(|known| known.id != label.id) {
            labels.push(label);
        }
    }
    Ok(labels)
}

/// The milestone with this id; none for zero.
pub(super) async fn known_milestone(tx: &mut Tx, repo: RepoId, id: i64) -> Result<Option<Milestone>> {
    if id == 0 {
        return Ok(None);
    }
    let found = store::milestones::by_ids(tx, repo, &[id]).await?.pop();
    found.map(Some).ok_or_else(|| Error::invalid(format!("There is no milestone {id}")).field("milestone"))
}
