//! Webhooks of a repository: the list, one hook with its log, one delivery with each of its tries.

use std::sync::Arc;

use askama::Template;
use axum::extract::Path;
use axum::extract::Query;
use axum::extract::State;
use serde::Deserialize;
use serde_json::Value;

use crate::engine::Engine;
use crate::forge::embedded::Hook;
use crate::forge::embedded::hooks::ContentType;
use crate::forge::embedded::hooks::HookChange;
use crate::forge::embedded::hooks::HookDelivery;
use crate::forge::embedded::hooks::HookDeliveryState;
use crate::forge::embedded::hooks::HookEvent;
use crate::kit::Error;
use crate::kit::Result;
use crate::kit::clock::Timestamp;
use crate::kit::secret::Secret;
use crate::kit::text::visible_line;
use crate::web::entered::Entered;
use crate::web::errors::Answer;
use crate::web::flash::Said;
use crate::web::frame::Frame;
use crate::web::frame::RepoHead;
use crate::web::frame::Tab;
use crate::web::page::again;
use crate::web::page::go;
use crate::web::page::show;
use crate::web::paged::Paged;
use crate::web::parts::badge::Mark;
use crate::web::parts::field::Wrong;
use crate::web::parts::pager::Pager;
use crate::web::parts::time::When;
use crate::web::posted::Posted;

/// `/{owner}/{repo}/settings/hooks`
#[derive(Template)]
#[template(path = "pages/hooks.html")]
pub struct Hooks {
    /// What surrounds the page.
    pub frame: Frame,
    /// The repository.
    pub repo: RepoHead,
    /// The hooks, oldest first.
    pub hooks: Vec<HookRow>,
    /// The form for a new one.
    pub form: HookForm,
}

/// `/{owner}/{repo}/settings/hooks/{id}`
#[derive(Template)]
#[template(path = "pages/hook.html")]
pub struct HookPage {
    /// What surrounds the page.
    pub frame: Frame,
    /// The repository.
    pub repo: RepoHead,
    /// Its address.
    pub href: String,
    /// Where it goes.
    pub url: String,
    /// Whether it is told anything.
    pub active: bool,
    /// Whether the page asks if it is really to be deleted.
    pub asks: bool,
    /// The form that changes it.
    pub form: HookForm,
    /// The log, newest first.
    pub deliveries: Vec<DeliveryRow>,
    /// Links to other pages of the log.
    pub pager: Pager,
}

/// A hook in a list.
#[derive(Clone, Debug)]
pub struct HookRow {
    /// Its address.
    pub href: String,
    /// Where it goes.
    pub url: String,
    /// What became of its newest delivery.
    pub mark: Mark,
    /// About what, in words.
    pub events: String,
    /// Whether it is told anything.
    pub active: bool,
    /// When its newest delivery was.
    pub when: Option<When>,
}

/// The fields of a hook.
#[derive(Clone, Debug)]
pub struct HookForm {
    /// Where to.
    pub url: String,
    /// Whether the payload is a field of a form.
    pub packed: bool,
    /// Whether there is a secret.
    pub has_secret: bool,
    /// Which branches.
    pub branches: String,
    /// Whether it is told anything.
    pub active: bool,
    /// Each event: the word, what it means, whether it is wanted.
    pub events: Vec<(&'static str, &'static str, bool)>,
    /// What was wrong.
    pub wrong: Wrong,
}

/// A delivery in the log.
#[derive(Clone, Debug)]
pub struct DeliveryRow {
    /// Its address.
    pub href: String,
    /// Its short id.
    pub id: String,
    /// What became of it.
    pub mark: Mark,
    /// What happened.
    pub event: String,
    /// How often it was tried, and when it is tried next.
    pub tries: String,
    /// When it happened.
    pub when: When,
}

/// A hook, as an address names it.
#[derive(Debug, Deserialize)]
pub struct Named {
    id: String,
}

impl Named {
    fn id(&self) -> Result<i64> {
        self.id.parse().map_err(|_| Error::not_found("such hook"))
    }
}

/// `GET /{owner}/{repo}/settings/hooks`
pub async fn list(State(engine): State<Arc<Engine>>, entered: Entered) -> Answer {
    show(&listed(&engine, &entered, HookForm::blank()).await?)
}

/// `POST /{owner}/{repo}/settings/hooks`
pub async fn create(State(engine): State<Arc<Engine>>, entered: Entered, posted: Posted) -> Answer {
    let made = match change(&posted, true) {
        Ok(new) => engine.create_hook(&entered.visitor.cx, &entered.place, new).await,
        Err(error) => Err(error),
    };
    match made {
        Ok(hook) => {
            let said = Said::done("The hook is there. Test it to see how its address answers");
            go(&format!("{}/settings/hooks/{}", entered.root(), hook.id), Some(&said))
        }
        Err(error) => again(&listed(&engine, &entered, HookForm::refused(&posted, false, &error)).await?),
    }
}

/// `GET /{owner}/{repo}/settings/hooks/{id}`
pub async fn page(
    State(engine): State<Arc<Engine>>,
    entered: Entered,
    Path(named): Path<Named>,
    Query(paged): Query<Paged>,
) -> Answer {
    let hook = engine.forge.hook(&entered.visitor.cx, &entered.place, named.id()?).await?;
    show(&shown(&engine, &entered, &hook, &paged).await?)
}

/// `POST /{owner}/{repo}/settings/hooks/{id}`
pub async fn save(
    State(engine): State<Arc<Engine>>,
    entered: Entered,
    Path(named): Path<Named>,
    posted: Posted,
) -> Answer {
    let (cx, place, id) = (&entered.visitor.cx, &entered.place, named.id()?);
    let saved = match change(&posted, false) {
        Ok(change) => engine.change_hook(cx, place, id, change).await,
        Err(error) => Err(error),
    };
    match saved {
        Ok(_) => go(&address(&entered, id), Some(&Said::done("The hook is changed"))),
        Err(error) => {
            let hook = engine.forge.hook(cx, place, id).await?;
            let page = shown(&engine, &entered, &hook, &Paged::default()).await?;
            let form = HookForm::refused(&posted, page.form.has_secret, &error);
            again(&HookPage { form, ..page })
        }
    }
}

/// `POST /{owner}/{repo}/settings/hooks/{id}/test`
pub async fn test(
    State(engine): State<Arc<Engine>>,
    entered: Entered,
    Path(named): Path<Named>,
    _posted: Posted,
) -> Answer {
    let id = named.id()?;
    let delivery = engine.test_hook(&entered.visitor.cx, &entered.place, id).await?;
    let said = Said::done("A push that brings nothing new is on its way");
    go(&format!("{}/deliveries/{delivery}", address(&entered, id)), Some(&said))
}

/// `GET /{owner}/{repo}/settings/hooks/{id}/delete`: asks first.
pub async fn ask_to_delete(State(engine): State<Arc<Engine>>, entered: Entered, Path(named): Path<Named>) -> Answer {
    let hook = engine.forge.hook(&entered.visitor.cx, &entered.place, named.id()?).await?;
    let page = shown(&engine, &entered, &hook, &Paged::default()).await?;
    show(&HookPage { asks: true, ..page })
}

/// `POST /{owner}/{repo}/settings/hooks/{id}/delete`
pub async fn delete(
    State(engine): State<Arc<Engine>>,
    entered: Entered,
    Path(named): Path<Named>,
    _posted: Posted,
) -> Answer {
    engine.delete_hook(&entered.visitor.cx, &entered.place, named.id()?).await?;
    go(&format!("{}/settings/hooks", entered.root()), Some(&Said::done("The hook and its log are deleted")))
}

async fn listed(engine: &Engine, entered: &Entered, form: HookForm) -> Result<Hooks> {
    let (cx, place) = (&entered.visitor.cx, &entered.place);
    let hooks = engine.forge.hooks(cx, place).await?;
    let newest = engine.forge.newest_hook_deliveries(cx, place).await?;
    let row = |hook: &Hook| {
        let last = newest.iter().find(|delivery| delivery.hook == hook.id);
        HookRow::of(hook, last, &address(entered, hook.id), cx.now())
    };
    Ok(Hooks {
        frame: entered.frame(engine, "Webhooks").await?,
        repo: entered.head(Tab::Settings),
        hooks: hooks.iter().map(row).collect(),
        form,
    })
}

async fn shown(engine: &Engine, entered: &Entered, hook: &Hook, paged: &Paged) -> Result<HookPage> {
    let (cx, href) = (&entered.visitor.cx, address(entered, hook.id));
    let found = engine.forge.hook_deliveries(cx, &entered.place, hook.id, paged.paging()).await?;
    Ok(HookPage {
        frame: entered.frame(engine, "Webhook").await?,
        repo: entered.head(Tab::Settings),
        url: hook.url.to_string(),
        active: hook.active,
        asks: false,
        form: HookForm::of(hook),
        deliveries: found.items.iter().map(|delivery| DeliveryRow::of(delivery, &href, cx.now())).collect(),
        pager: Pager::new(&found, &href),
        href,
    })
}

fn address(entered: &Entered, id: i64) -> String {
    format!("{}/settings/hooks/{id}", entered.root())
}

/// What a form asks for. A secret that is left empty stays as it is, unless a box says that there shall be none.
fn change(posted: &Posted, new: bool) -> Result<HookChange> {
    let secret = posted.some("secret").or_else(|| posted.ticked("no_secret").then(String::new));
    let events =
        HookEvent::ALL.into_iter().filter(|event| posted.all("event").iter().any(|word| word == event.as_str()));
    let events: Vec<HookEvent> = events.collect();
    if events.is_empty() {
        return Err(Error::invalid("A hook wants to know about something").field("event"));
    }
    Ok(HookChange {
        flavour: None,
        url: Some(posted.text("url").trim().to_owned()),
        content_type: Some(if posted.text("content_type") == "form" { ContentType::Form } else { ContentType::Json }),
        secret: if new { Some(secret.unwrap_or_default()) } else { secret }.map(Secret::new),
        events: Some(events),
        branches: Some(posted.text("branch_filter").trim().to_owned()),
        active: Some(posted.ticked("active")),
    })
}

/// What became of a delivery.
pub(super) fn mark(delivery: &HookDelivery) -> Mark {
    match delivery.state {
        HookDeliveryState::Delivered => Mark::new("ok", "check", "Taken"),
        HookDeliveryState::Failed => Mark::new("bad", "cross", "Given up"),
        HookDeliveryState::Pending if delivery.tries == 0 => Mark::new("busy", "queued", "On its way"),
        HookDeliveryState::Pending => Mark::new("bad", "clock", "Not taken yet"),
    }
}

impl HookRow {
    fn of(hook: &Hook, last: Option<&HookDelivery>, href: &str, now: Timestamp) -> Self {
        let events: Vec<&str> = hook.events.iter().map(|event| event.as_str()).collect();
        let all = events.len() == HookEvent::ALL.len();
        Self {
            href: href.to_owned(),
            url: hook.url.to_string(),
            mark: last.map_or_else(|| Mark::new("calm", "skip", "Nothing was told yet"), mark),
            events: match events.len() {
                _ if all => "everything".into(),
                0..=6 => events.join(", "),
                more => format!("{} and {} more", events[..5].join(", "), more - 5),
            },
            active: hook.active,
            when: last.map(|delivery| When::new(delivery.created, now)),
        }
    }
}

impl DeliveryRow {
    fn of(delivery: &HookDelivery, hook: &str, now: Timestamp) -> Self {
        let tries = match (delivery.state, delivery.tries) {
            (HookDeliveryState::Pending, 0) => "not tried yet".to_owned(),
            (HookDeliveryState::Pending, tries) => {
                format!("{}, next {}", times(tries), When::new(delivery.due, now).words)
            }
            (_, tries) => times(tries),
        };
        Self {
            href: format!("{hook}/deliveries/{}", delivery.id),
            id: delivery.id.short(),
            mark: mark(delivery),
            event: happened(delivery),
            tries,
            when: When::new(delivery.created, now),
        }
    }
}

/// What happened, in a few words: `issues: opened #12`, `push: refs/heads/main`.
pub(super) fn happened(delivery: &HookDelivery) -> String {
    let payload: Value = serde_json::from_str(&delivery.payload).unwrap_or_default();
    let number = payload["number"].as_i64().or(payload["issue"]["number"].as_i64());
    let text = |field: &str| payload[field].as_str().map(str::to_owned);
    let parts =
        [text("action"), number.map(|number| format!("#{number}")), text("ref"), text("state"), text("context")];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    visible_line(&format!("{}: {}", delivery.event.as_str(), parts.join(" ")), 120)
}

pub(super) fn times(tries: i64) -> String {
    if tries == 1 { "tried once".into() } else { format!("tried {tries} times") }
}

impl HookForm {
    fn blank() -> Self {
        Self {
            url: String::new(),
            packed: false,
            has_secret: false,
            branches: String::new(),
            active: true,
            events: events(|event| event == HookEvent::Push),
            wrong: Wrong::default(),
        }
    }

    fn of(hook: &Hook) -> Self {
        Self {
            url: hook.url.to_string(),
            packed: hook.content_type == ContentType::Form,
            has_secret: !hook.secret.reveal().is_empty(),
            branches: hook.branches.clone(),
            active: hook.active,
            events: events(|event| hook.events.contains(&event)),
            wrong: Wrong::default(),
        }
    }

    /// As it was filled in, with what was wrong; the secret has to be typed again.
    fn refused(posted: &Posted, has_secret: bool, error: &Error) -> Self {
        let wanted = posted.all("event");
        Self {
            url: posted.text("url"),
            packed: posted.text("content_type") == "form",
            has_secret,
            branches: posted.text("branch_filter"),
            active: posted.ticked("active"),
            events: events(|event| wanted.iter().any(|word| word == event.as_str())),
            wrong: Wrong::from(error),
        }
    }
}

fn events(wanted: impl Fn(HookEvent) -> bool) -> Vec<(&'static str, &'static str, bool)> {
    HookEvent::ALL.into_iter().map(|event| (event.as_str(), event.meaning(), wanted(event))).collect()
}
