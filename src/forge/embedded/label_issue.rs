//! Putting labels on issues and pull requests, and taking them off.

use crate::access::Action;
use crate::access::Cx;
use crate::forge::embedded::Embedded;
use crate::forge::embedded::entry::EntryKind;
use crate::forge::embedded::hooks::announce::Doing;
use crate::forge::embedded::hooks::announce::Happening;
use crate::forge::embedded::issue::Author;
use crate::forge::embedded::issue::Issue;
use crate::forge::embedded::open_issue::known_labels;
use crate::forge::embedded::repository::Place;
use crate::forge::embedded::store;
use crate::kit::Error;
use crate::kit::Result;

/// Which labels an issue is to wear.
#[derive(Clone, Debug)]
pub enum Labelling {
    /// These come on and those come off; the others stay.
    Change {
        /// To put on.
        add: Vec<String>,
        /// To take off.
        remove: Vec<String>,
    },
    /// Exactly these.
    Replace(Vec<String>),
}

impl Embedded {
    /// Puts labels on and takes labels off. Those that are so already are left alone.
    pub async fn label_issue(&self, cx: &Cx, place: &Place, number: i64, labelling: Labelling) -> Result<Issue> {
        cx.authorize(Action::LabelIssue, &place.standing)?;
        let author = self.author(cx)?;
        self.write_labels(cx, (place, number), &author, labelling).await
    }

    pub(super) async fn write_labels(
        &self,
        cx: &Cx,
        at: (&Place, i64),
        author: &Author,
        labelling: Labelling,
    ) -> Result<Issue> {
        let ((place, number), repo) = (at, at.0.repository.id);
        let mut tx = self.db().begin().await?;
        store::repositories::next_id(&mut tx, repo, cx.now()).await?;
        let unknown = || Error::not_found("such issue");
        let before = store::issues::by_number(&mut tx, repo, number).await?.ok_or_else(unknown)?;
        let (add, remove) = match labelling {
            Labelling::Change { add, remove } => {
                (known_labels(&mut tx, repo, &add).await?, known_labels(&mut tx, repo, &remove).await?)
            }
            Labelling::Replace(names) => {
                let wanted = known_labels(&mut tx, repo, &names).await?;
                let gone = before.labels.iter().filter(|label| !wanted.contains(label)).cloned().collect();
                (wanted, gone)
            }
        };
        let mut added = Vec::new();
        for label in &add {
            if store::labels::put_on(&mut tx, repo, number, label.id).await? {
                self.say(&mut tx, at, author, EntryKind::Labelled, &label.name, cx).await?;
                added.push(label.name.clone());
            }
        }
        for label in remove.iter().filter(|label| !add.contains(label)) {
            if store::labels::take_off(&mut tx, repo, number, label.id).await? {
                self.say(&mut tx, at, author, EntryKind::Unlabelled, &label.name, cx).await?;
            }
        }
        store::issues::touch(&mut tx, repo, number, 0, cx.now()).await?;
        let issue = store::issues::by_number(&mut tx, repo, number).await?.ok_or_else(unknown)?;
        let actor = self.actor(author);
        self.tell_labels(&mut tx, &place.repository, &actor, &issue, &added).await?;
        if issue.labels != before.labels {
            let happening = Happening::Issue { issue: &issue, doing: Doing::Labelled };
            self.announce(&mut tx, (&place.repository, cx.now()), &actor, happening).await?;
        }
        tx.commit().await?;
        self.rooms().poke.poke();
        Ok(issue)
    }
}
