//! The labels and milestones that a repository knows.

use crate::access::Action;
use crate::access::Cx;
use crate::forge::embedded::Embedded;
use crate::forge::embedded::issue::State;
use crate::forge::embedded::label;
use crate::forge::embedded::label::Label;
use crate::forge::embedded::label::LabelChange;
use crate::forge::embedded::milestone::Milestone;
use crate::forge::embedded::milestone::MilestoneChange;
use crate::forge::embedded::repository::Place;
use crate::forge::embedded::store;
use crate::forge::embedded::text;
use crate::kit::Error;
use crate::kit::Result;

impl Embedded {
    /// All labels, by name.
    pub async fn labels(&self, place: &Place) -> Result<Vec<Label>> {
        store::labels::list(&mut *self.db().read().await?, place.repository.id).await
    }

    /// One label.
    pub async fn label(&self, place: &Place, id: i64) -> Result<Label> {
        let found = store::labels::by_id(&mut *self.db().read().await?, place.repository.id, id).await?;
        found.ok_or_else(|| Error::not_found("such label"))
    }

    /// Makes a label. It needs a name; without a colour it is grey.
    pub async fn create_label(&self, cx: &Cx, place: &Place, new: LabelChange) -> Result<Label> {
        cx.authorize(Action::LabelIssue, &place.standing)?;
        let repo = place.repository.id;
        let mut tx = self.db().begin().await?;
        let id = store::repositories::next_id(&mut tx, repo, cx.now()).await?;
        let blank = Label { id, name: String::new(), color: "8b949e".into(), description: String::new() };
        let label = changed_label(blank, new)?;
        store::labels::insert(&mut tx, repo, &label).await?;
        tx.commit().await?;
        Ok(label)
    }

    /// Changes a label, also where it is on.
    pub async fn change_label(&self, cx: &Cx, place: &Place, id: i64, change: LabelChange) -> Result<Label> {
        cx.authorize(Action::LabelIssue, &place.standing)?;
        let label = changed_label(self.label(place, id).await?, change)?;
        let mut tx = self.db().begin().await?;
        store::labels::update(&mut tx, place.repository.id, &label).await?;
        tx.commit().await?;
        Ok(label)
    }

    /// Deletes a label and takes it off everything.
    pub async fn delete_label(&self, cx: &Cx, place: &Place, id: i64) -> Result<()> {
        cx.authorize(Action::LabelIssue, &place.standing)?;
        self.label(place, id).await?;
        let mut tx = self.db().begin().await?;
        store::repositories::next_id(&mut tx, place.repository.id, cx.now()).await?;
        store::labels::delete(&mut tx, place.repository.id, id).await?;
        tx.commit().await
    }

    /// All milestones, oldest first.
    pub async fn milestones(&self, place: &Place) -> Result<Vec<Milestone>> {
        store::milestones::list(&mut *self.db().read().await?, place.repository.id).await
    }

    /// One milestone.
    pub async fn milestone(&self, place: &Place, id: i64) -> Result<Milestone> {
        let found = store::milestones::by_ids(&mut *self.db().read().await?, place.repository.id, &[id]).await?.pop();
        found.ok_or_else(|| Error::not_found("such milestone"))
    }

    /// Makes a milestone. It needs a title.
    pub async fn create_milestone(&self, cx: &Cx, place: &Place, new: MilestoneChange) -> Result<Milestone> {
        cx.authorize(Action::LabelIssue, &place.standing)?;
        let repo = place.repository.id;
        let mut tx = self.db().begin().await?;
        let blank = Milestone {
            id: store::repositories::next_id(&mut tx, repo, cx.now()).await?,
            title: String::new(),
            description: String::new(),
            state: State::Open,
            due: None,
            open_issues: 0,
            closed_issues: 0,
            created: cx.now(),
            updated: cx.now(),
            closed: None,
        };
        let milestone = changed_milestone(cx, blank, new)?;
        store::milestones::insert(&mut tx, repo, &milestone).await?;
        tx.commit().await?;
        Ok(milestone)
    }

    /// Changes a milestone.
    pub async fn change_milestone(
        &self,
        cx: &Cx,
        place: &Place,
        id: i64,
        change: MilestoneChange,
    ) -> Result<Milestone> {
        cx.authorize(Action::LabelIssue, &place.standing)?;
        let milestone = changed_milestone(cx, self.milestone(place, id).await?, change)?;
        let mut tx = self.db().begin().await?;
        store::milestones::update(&mut tx, place.repository.id, &milestone).await?;
        tx.commit().await?;
        Ok(milestone)
    }

    /// Deletes a milestone; its issues are in none then.
    pub async fn delete_milestone(&self, cx: &Cx, place: &Place, id: i64) -> Result<()> {
        cx.authorize(Action::LabelIssue, &place.standing)?;
        self.milestone(place, id).await?;
        let mut tx = self.db().begin().await?;
        store::repositories::next_id(&mut tx, place.repository.id, cx.now()).await?;
        store::milestones::delete(&mut tx, place.repository.id, id).await?;
        tx.commit().await
    }
}

fn changed_label(mut label: Label, change: LabelChange) -> Result<Label> {
    let LabelChange { name, color, description } = change;
    label.name = name.unwrap_or(label.name);
    label.description = description.unwrap_or(label.description);
    if let Some(color) = color {
        label.color = label::color(&color)?;
    }
    text::name("name", &label.name, 50)?;
    text::line("description", &label.description, 200)?;
    Ok(label)
}

fn changed_milestone(cx: &Cx, mut milestone: Milestone, change: MilestoneChange) -> Result<Milestone> {
    let MilestoneChange { title, description, state, due } = change;
    milestone.title = title.unwrap_or(milestone.title);
    milestone.description = description.unwrap_or(milestone.description);
    milestone.due = due.or(milestone.due);
    milestone.updated = cx.now();
    if let Some(state) = state.filter(|state| *state != milestone.state) {
        milestone.state = state;
        milestone.closed = (state == State::Closed).then(|| cx.now());
    }
    text::title(&milestone.title)?;
    text::body(&milestone.description)?;
    Ok(milestone)
}
