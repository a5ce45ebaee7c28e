//! Where a repository comes from: how far an import is, how fresh a mirror, and what went wrong.

use std::sync::Arc;

use askama::Template;
use axum::extract::Path;
use axum::extract::State;

use crate::access::Action;
use crate::engine::Engine;
use crate::engine::verbs::MirrorChange;
use crate::forge::embedded::Origin;
use crate::forge::embedded::OriginState;
use crate::forge::embedded::origin;
use crate::kit::Error;
use crate::kit::ErrorKind;
use crate::kit::Result;
use crate::web::entered::Entered;
use crate::web::errors::Answer;
use crate::web::flash::Said;
use crate::web::frame::Frame;
use crate::web::frame::RepoHead;
use crate::web::frame::Tab;
use crate::web::page::go;
use crate::web::page::show;
use crate::web::pages::import;
use crate::web::parts::badge::Mark;
use crate::web::parts::size;
use crate::web::parts::time::When;
use crate::web::posted::Posted;
use crate::web::visitor::Visitor;

/// `/{owner}/{repo}/settings/origin`
#[derive(Template)]
#[template(path = "pages/origin.html")]
pub struct OriginPage {
    /// What surrounds the page.
    pub frame: Frame,
    /// The repository.
    pub repo: RepoHead,
    /// Whether what it is to hold has not come yet.
    pub unfinished: bool,
    /// Whether it is a mirror.
    pub mirror: bool,
    /// Where from.
    pub from: String,
    /// How it stands.
    pub mark: Mark,
    /// Whether it is being fetched, or will be at once.
    pub busy: bool,
    /// How far it is.
    pub progress: String,
    /// What went wrong the last time.
    pub error: String,
    /// When it last went well, was last tried, and is tried next.
    pub times: [Option<When>; 3],
    /// How often it looks.
    pub interval: String,
    /// Who we are there; empty for nobody.
    pub username: String,
    /// Whether the person may change any of it.
    pub may: bool,
}

type Address = Path<(String, String)>;

/// Also a repository that nobody else enters yet.
async fn enter(engine: &Engine, visitor: Visitor, (owner, repo): (String, String)) -> Result<Entered> {
    let unknown = || Error::not_found("such repository");
    let owner = owner.parse().map_err(|_| unknown())?;
    let name = repo.parse().map_err(|_| unknown())?;
    let place = engine.forge.enter_unfinished(&visitor.cx, &owner, &name).await?;
    Ok(Entered { place, visitor })
}

/// `GET /{owner}/{repo}/settings/origin`
pub async fn page(State(engine): State<Arc<Engine>>, visitor: Visitor, Path(at): Address) -> Answer {
    let entered = enter(&engine, visitor, at).await?;
    let repository = &entered.place.repository;
    let origin = engine.forge.origin(repository.id).await?.ok_or_else(|| Error::not_found("such page"))?;
    let now = entered.visitor.cx.now();
    let when = |at: Option<crate::kit::clock::Timestamp>| at.map(|at| When::new(at, now));
    let may = match repository.unfinished {
        true => entered.may(Action::CreateRepository),
        false => entered.may(Action::AdministerRepository),
    };
    let progress = engine.fetches.progress(repository.id);
    let progress = progress.map(|one| format!("{} so far. {}", size::bytes(one.bytes), one.says));
    show(&OriginPage {
        frame: entered.frame(&engine, "Origin").await?,
        repo: entered.head(Tab::Settings),
        unfinished: repository.unfinished,
        mirror: repository.mirror,
        from: repository.original_url.clone().unwrap_or_default(),
        mark: mark(&origin),
        busy: matches!(origin.state, OriginState::Waiting | OriginState::Running),
        progress: progress.unwrap_or_default(),
        error: origin.error.clone().filter(|_| may || repository.unfinished).unwrap_or_default(),
        times: [when(origin.fresh), when(origin.tried), when(origin.due)],
        interval: if origin.period.is_zero() { "0".to_owned() } else { origin::period_words(origin.period) },
        username: origin.username.filter(|_| may).unwrap_or_default(),
        may,
    })
}

/// `POST /{owner}/{repo}/settings/origin`
pub async fn steer(State(engine): State<Arc<Engine>>, visitor: Visitor, Path(at): Address, posted: Posted) -> Answer {
    let entered = enter(&engine, visitor, at).await?;
    let (cx, place) = (&entered.visitor.cx, &entered.place);
    let here = format!("{}/settings/origin", entered.root());
    let (done, sentence, to) = match posted.text("then").as_str() {
        "look" => (engine.look_now(cx, place).await, "It is fetched now", here.clone()),
        "stop" => (engine.stop_fetch(cx, place).await, "It is stopped", here.clone()),
        "change" => (change(&engine, &entered, &posted).await, "The mirror is changed", here.clone()),
        "convert" => {
            let done = engine.convert_mirror(cx, place).await;
            (done, "The repository is one of its own, and takes pushes", here.clone())
        }
        "discard" => {
            let owner = format!("/{}", place.repository.owner_name);
            (engine.discard_import(cx, place).await, "The import is given up, and its name is free", owner)
        }
        _ => return Err(Error::invalid("There is no such change of an origin").field("then").into()),
    };
    match done {
        Ok(()) => go(&to, Some(&Said::done(sentence))),
        Err(error) if matches!(error.kind(), ErrorKind::Invalid | ErrorKind::Conflict) => {
            go(&here, Some(&Said::not_done(error.message())))
        }
        Err(error) => Err(error.into()),
    }
}

async fn change(engine: &Engine, entered: &Entered, posted: &Posted) -> Result<()> {
    let credentials = match (posted.ticked("forget"), import::credentials(posted)) {
        (true, _) => Some(None),
        (false, Ok(Some(credentials))) => Some(Some(credentials)),
        // The name that is shown without a new password changes nothing.
        (false, _) => None,
    };
    let period = Some(origin::period_of(&posted.text("mirror_interval"))?);
    engine.change_mirror(&entered.visitor.cx, &entered.place, MirrorChange { period, credentials }).await
}

fn mark(origin: &Origin) -> Mark {
    match origin.state {
        OriginState::Waiting => Mark::new("calm", "queued", "Begins soon"),
        OriginState::Running => Mark::new("busy", "busy", "Being fetched"),
        OriginState::Done => Mark::new("ok", "check", "Fetched"),
        OriginState::Failed => Mark::new("bad", "warn", "Failed"),
        OriginState::Cancelled => Mark::new("calm", "slash", "Stopped"),
    }
}
