//! Searches that a person keeps for one repository. They are theirs alone.

use crate::access::Action;
use crate::access::Cx;
use crate::forge::embedded::Embedded;
use crate::forge::embedded::repository::Place;
use crate::forge::embedded::store;
use crate::forge::embedded::text;
use crate::kit::Error;
use crate::kit::Result;

/// The most views of one person in one repository.
const MOST: usize = 50;

/// A search that somebody keeps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct View {
    /// Its name; keeping another one under the same name replaces it.
    pub name: String,
    /// Whether it is a view of pull requests.
    pub pulls: bool,
    /// What is searched for, as it was typed.
    pub query: String,
}

impl Embedded {
    /// The views that whoever acts keeps here, by name.
    pub async fn views(&self, cx: &Cx, place: &Place) -> Result<Vec<View>> {
        let Some(person) = cx.person() else { return Ok(Vec::new()) };
        store::views::list(&mut *self.db().read().await?, place.repository.id, person).await
    }

    /// Keeps a view.
    pub async fn keep_view(&self, cx: &Cx, place: &Place, view: &View) -> Result<()> {
        cx.authorize(Action::Comment, &place.standing)?;
        let person = self.author(cx)?.account;
        text::name("name", &view.name, 60)?;
        text::line("query", &view.query, 1000)?;
        let repo = place.repository.id;
        let mut tx = self.db().begin().await?;
        let known = store::views::list(&mut tx, repo, person).await?;
        let replaces = known.iter().any(|known| (known.pulls, &known.name) == (view.pulls, &view.name));
        if known.len() >= MOST && !replaces {
            return Err(Error::invalid(format!("You keep {MOST} views here, which is the most")).field("name"));
        }
        store::views::put(&mut tx, (repo, person), view, cx.now()).await?;
        tx.commit().await
    }

    /// Forgets a view; one that is not there is forgotten already.
    pub async fn forget_view(&self, cx: &Cx, place: &Place, pulls: bool, name: &str) -> Result<()> {
        let person = self.author(cx)?.account;
        let mut tx = self.db().begin().await?;
        store::views::delete(&mut tx, (place.repository.id, person), pulls, name).await?;
        tx.commit().await
    }
}
