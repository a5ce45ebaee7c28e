//! The company brain at a glance: what is in it, what is wrong with it, what waits to be merged. Where there is none, how to
//! get one.

use std::sync::Arc;

use askama::Template;
use axum::extract::Path;
use axum::extract::Request;
use axum::extract::State;

use crate::access::Action;
use crate::engine::Engine;
use crate::engine::updates::Standing;
use crate::engine::verbs::check_brain::CHECK;
use crate::kit::Error;
use crate::kit::ErrorKind;
use crate::kit::Result;
use crate::kit::page::Paging;
use crate::kit::text::visible;
use crate::memory::Class;
use crate::memory::index::Facet;
use crate::memory::query;
use crate::memory::query::Query;
use crate::model::OwnerName;
use crate::web::brained::BrainHead;
use crate::web::brained::Brained;
use crate::web::errors::Answer;
use crate::web::errors::Failed;
use crate::web::flash::Said;
use crate::web::frame::Frame;
use crate::web::page::go;
use crate::web::page::show;
use crate::web::pages::brain_health;
use crate::web::pages::brain_health::List;
use crate::web::pages::brain_updates;
use crate::web::pages::brain_updates::UpdateRow;
use crate::web::parts::badge::Mark;
use crate::web::parts::recalled::Recalled;
use crate::web::posted::Posted;
use crate::web::visitor::Visitor;

/// Open pull requests that the page shows.
const MOST_UPDATES: u32 = 5;

/// Records of a list that the page shows.
const MOST_OF_A_LIST: usize = 4;

/// `/{owner}/brain`
#[derive(Template)]
#[template(path = "pages/brain.html")]
pub struct BrainPage {
    /// What surrounds the page.
    pub frame: Frame,
    /// The brain.
    pub brain: BrainHead,
    /// Each class with how many entries it has.
    pub classes: Vec<Count>,
    /// Each kind with how many entries it has.
    pub kinds: Vec<Count>,
    /// Files that cannot be read, and what is wrong with the ontology.
    pub faults: Vec<String>,
    /// Core records: what every run is shown.
    pub core: Vec<Recalled>,
    /// What the check says of the newest commit; empty when it did not look.
    pub check: Option<(Mark, String)>,
    /// Records that are stale: the first of them, and how many there are.
    pub stale: (Vec<Recalled>, usize),
    /// Records that nobody looks after, likewise.
    pub unowned: (Vec<Recalled>, usize),
    /// What runs were shown most, likewise.
    pub used: (Vec<Recalled>, usize),
    /// Open pull requests.
    pub updates: Vec<UpdateRow>,
    /// The commit.
    pub commit: String,
}

/// `/{owner}/brain` where there is none.
#[derive(Template)]
#[template(path = "pages/brain_none.html")]
pub struct NoBrain {
    /// What surrounds the page.
    pub frame: Frame,
    /// Whose it would be.
    pub owner: String,
    /// Whether there is a repository of that name, with nothing in it.
    pub empty: bool,
    /// Whether the person may make one.
    pub may_create: bool,
}

/// A word, how many have it, and where they are listed.
#[derive(Clone, Debug)]
pub struct Count {
    /// The word.
    pub name: String,
    /// How many.
    pub count: usize,
    /// The list.
    pub href: String,
}

/// `GET /{owner}/brain`
pub async fn page(State(engine): State<Arc<Engine>>, Path(owner): Path<String>, request: Request) -> Answer {
    let (mut parts, _) = request.into_parts();
    let brained = match <Brained as axum::extract::FromRequestParts<_>>::from_request_parts(&mut parts, &engine).await {
        Ok(brained) if brained.view.is_some() => brained,
        Ok(brained) => return none(&engine, &brained.visitor, &owner, true).await,
        Err(Failed(error)) if error.kind() == ErrorKind::NotFound => {
            let visitor =
                <Visitor as axum::extract::FromRequestParts<_>>::from_request_parts(&mut parts, &engine).await?;
            return none(&engine, &visitor, &owner, false).await;
        }
        Err(error) => return Err(error),
    };
    let view = brained.view()?;
    let counts = |facet: Facet, word: &str| {
        let named = view.values(facet).into_iter().filter(|(name, _)| !["Unread", "Edges"].contains(&name.as_str()));
        let href = |name: &str| format!("{}/search?{word}={name}", brained.root());
        named.map(|(name, count)| Count { href: href(&name), name, count }).collect::<Vec<_>>()
    };
    let mut faults: Vec<String> =
        view.faults.iter().map(|found| format!("{}:{}: {}", found.file, found.line, found.message)).collect();
    for at in view.with(Facet::Kind, "Unread").into_iter().take(20) {
        faults.push(format!("{} cannot be read, and is left out", visible(view.path(at))));
    }
    let core = Query { classes: vec![Class::Core], limit: 20, ..Query::default() };
    let core = query::ask(&brained.git, view, &core, &brained.scope).await?;
    let first = async |list: List| {
        let mut records = brain_health::records(&engine, &brained, list).await?;
        let total = records.len();
        records.truncate(MOST_OF_A_LIST);
        Ok::<_, Error>((records, total))
    };
    show(&BrainPage {
        frame: brained.frame(&engine, "Overview").await?,
        brain: brained.head("brain"),
        classes: counts(Facet::Class, "class"),
        kinds: counts(Facet::Kind, "kind"),
        faults,
        core: core.hits.iter().map(|hit| Recalled::of_hit(&brained, hit)).collect(),
        check: check(&engine, &brained).await?,
        stale: first(List::Stale).await?,
        unowned: first(List::Unowned).await?,
        used: first(List::Used).await?,
        updates: brain_updates::rows(&engine, &brained, Standing::Open, Paging::new(None, Some(MOST_UPDATES)))
            .await?
            .items,
        commit: view.commit.short().to_owned(),
    })
}

/// What the check of the brain says of the commit that is shown, in a line.
async fn check(engine: &Engine, brained: &Brained) -> Result<Option<(Mark, String)>> {
    let commit = &brained.view()?.commit;
    let statuses = engine.forge.newest_statuses(&brained.place, &[commit]).await?;
    let status = statuses.into_iter().find(|status| status.context == CHECK);
    let says = |text: &str| visible(text.lines().next().unwrap_or_default());
    Ok(status.map(|status| (Mark::check(status.state.as_str()), says(&status.description))))
}

async fn none(engine: &Engine, visitor: &Visitor, owner: &str, empty: bool) -> Answer {
    let unknown = || Error::not_found("such brain");
    let name: OwnerName = owner.parse().map_err(|_| unknown())?;
    let account = engine.identity.account_by_name(&name).await?.ok_or_else(unknown)?;
    let standing = engine.access.standing_at_owner(&visitor.cx, account.id).await?;
    if standing.role.is_none() && !standing.site_admin {
        return Err(unknown().into());
    }
    show(&NoBrain {
        frame: visitor.frame(engine, format!("Brain of {}", account.login)).await?,
        owner: account.login.to_string(),
        empty,
        may_create: visitor.cx.may(Action::CreateRepository, &standing),
    })
}

/// `POST /{owner}/brain`: makes one, or takes the repository that is there.
pub async fn found(
    State(engine): State<Arc<Engine>>,
    visitor: Visitor,
    Path(owner): Path<String>,
    posted: Posted,
) -> Answer {
    let unknown = || Error::not_found("such person or organisation");
    let name: OwnerName = owner.parse().map_err(|_| unknown())?;
    let account = engine.identity.account_by_name(&name).await?.ok_or_else(unknown)?;
    engine.found_brain(&visitor.cx, &account, posted.ticked("private")).await?;
    let said = "The brain is there. Its default branch takes pull requests that its check has passed";
    go(&format!("/{}/brain", account.login), Some(&Said::done(said)))
}
