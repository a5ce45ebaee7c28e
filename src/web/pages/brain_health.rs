//! How the company brain fares: what its check finds, what is stale, what nobody looks after, what runs were shown most.

use std::sync::Arc;

use askama::Template;
use axum::extract::Query;
use axum::extract::State;
use serde::Deserialize;

use crate::catalog::Severity;
use crate::engine::Engine;
use crate::kit::Result;
use crate::kit::page::Page;
use crate::kit::page::Paging;
use crate::kit::text::visible;
use crate::memory::Day;
use crate::memory::health;
use crate::memory::query::around::is_hidden;
use crate::web::brained::BrainHead;
use crate::web::brained::Brained;
use crate::web::errors::Answer;
use crate::web::frame::Frame;
use crate::web::page::show;
use crate::web::parts::pager::Pager;
use crate::web::parts::recalled::Recalled;
use crate::web::parts::size;

/// `/{owner}/brain/health`
#[derive(Template)]
#[template(path = "pages/brain_health.html")]
pub struct BrainHealth {
    /// What surrounds the page.
    pub frame: Frame,
    /// The brain.
    pub brain: BrainHead,
    /// Which list is shown.
    pub list: List,
    /// Findings of the check: whether it is an error, where, what.
    pub findings: Vec<(bool, String, String)>,
    /// Records, for the other lists.
    pub records: Vec<Recalled>,
    /// How many there are on all pages.
    pub total: u64,
    /// Links to other pages.
    pub pager: Pager,
}

/// A list of the page.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum List {
    /// What the check finds.
    #[default]
    Findings,
    /// Records that are stale.
    Stale,
    /// Records that nobody looks after.
    Unowned,
    /// What runs were shown most.
    Used,
}

impl List {
    /// All of them, in the order of their tabs.
    pub const ALL: [Self; 4] = [Self::Findings, Self::Stale, Self::Unowned, Self::Used];

    /// The word in addresses.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Findings => "findings",
            Self::Stale => "stale",
            Self::Unowned => "unowned",
            Self::Used => "used",
        }
    }

    /// What the list is called.
    pub fn title(self) -> &'static str {
        match self {
            Self::Findings => "Findings",
            Self::Stale => "Stale",
            Self::Unowned => "Without owners",
            Self::Used => "Most used",
        }
    }

    /// What an empty list says.
    pub fn empty(self) -> &'static str {
        match self {
            Self::Findings => "The check finds nothing: every record fits.",
            Self::Stale => {
                "No record is stale. One is when lines that it `cites` changed, or its day of `review` or `expires` passed."
            }
            Self::Unowned => "Every record whose kind asks for owners has some.",
            Self::Used => "No run was shown anything of the brain yet.",
        }
    }
}

/// Which list, and which page of it.
#[derive(Debug, Default, Deserialize)]
pub struct Asked {
    #[serde(default)]
    show: String,
    page: Option<u32>,
}

/// `GET /{owner}/brain/health?show=…&page=…`
pub async fn page(State(engine): State<Arc<Engine>>, brained: Brained, Query(asked): Query<Asked>) -> Answer {
    let list = List::ALL.into_iter().find(|list| list.as_str() == asked.show).unwrap_or_default();
    let paging = Paging::new(asked.page, None);
    let address = format!("{}/health?show={}", brained.root(), list.as_str());
    let (mut findings, mut records) = (Vec::new(), Vec::new());
    let (total, pager) = match list {
        List::Findings => {
            let found = self::findings(&engine, &brained).await?;
            let page = cut(found, paging);
            let (total, pager) = (page.total, Pager::new(&page, &address));
            findings = page.items;
            (total, pager)
        }
        List::Stale | List::Unowned | List::Used => {
            let page = cut(self::records(&engine, &brained, list).await?, paging);
            let (total, pager) = (page.total, Pager::new(&page, &address));
            records = page.items;
            (total, pager)
        }
    };
    show(&BrainHealth {
        frame: brained.frame(&engine, list.title()).await?,
        brain: brained.head("health"),
        list,
        findings,
        records,
        total,
        pager: Pager { by_name: true, ..pager },
    })
}

/// One page of a list that is all in memory.
fn cut<T>(all: Vec<T>, paging: Paging) -> Page<T> {
    let total = all.len() as u64;
    let skip = usize::try_from(paging.offset()).unwrap_or(usize::MAX);
    Page { items: all.into_iter().skip(skip).take(paging.limit as usize).collect(), total, paging }
}

async fn findings(engine: &Engine, brained: &Brained) -> Result<Vec<(bool, String, String)>> {
    let found = engine.faults_of_brain(&brained.place, &brained.view()?.commit, None).await?;
    let told = found.iter().map(|found| {
        let place = format!("{}:{}:{}", visible(&found.file), found.line, found.column);
        let hint = if found.hint.is_empty() { String::new() } else { format!("; {}", found.hint) };
        (found.severity == Severity::Error, place, format!("{}{hint}", found.message))
    });
    let mut told: Vec<(bool, String, String)> = told.collect();
    told.sort_by_key(|(error, _, _)| !error);
    Ok(told)
}

/// Every record of a list, as rows.
pub async fn records(engine: &Engine, brained: &Brained, list: List) -> Result<Vec<Recalled>> {
    let view = brained.view()?;
    let owner = &brained.place.repository.owner_name;
    match list {
        List::Findings => Ok(Vec::new()),
        List::Unowned => {
            let found = health::unowned(view, &brained.scope)?;
            Ok(found.iter().map(|kept| Recalled::of_kept(brained, kept, "")).collect())
        }
        List::Stale => {
            let today = Day::of(brained.visitor.cx.now());
            let found = engine.memory.stale_in(owner, view, &brained.scope, today).await?;
            let row = |stale: &crate::memory::stale::Stale| {
                let says: Vec<String> = stale.reasons.iter().map(|reason| visible(&reason.says)).collect();
                Recalled::of_kept(brained, &stale.kept, says.join("; "))
            };
            Ok(found.iter().map(row).collect())
        }
        List::Used => {
            let mut rows = Vec::new();
            for used in engine.memory.most_used(owner).await? {
                let Some(kept) = view.named(&used.name)?.filter(|kept| !is_hidden(kept, &brained.scope)) else {
                    continue;
                };
                let shown = size::plural(usize::try_from(used.shown).unwrap_or_default(), "time", "times");
                let why = match used.asked {
                    0 => format!("shown to runs {shown}"),
                    asked => format!("shown to runs {shown}, asked for by agents {asked} more"),
                };
                rows.push(Recalled::of_kept(brained, &kept, why));
            }
            Ok(rows)
        }
    }
}
