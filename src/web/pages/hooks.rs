//! Webhooks of a repository, of an organisation or of the whole server: the list, and one hook with its log.

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
use crate::forge::embedded::hooks::HooksOf;
use crate::kit::Error;
use crate::kit::Result;
use crate::kit::clock::Timestamp;
use crate::kit::secret::Secret;
use crate::kit::text::visible_line;
use crate::web::errors::Answer;
use crate::web::flash::Said;
use crate::web::frame::Frame;
use crate::web::hooked::Hooked;
use crate::web::hooked::HooksHead;
use crate::web::page::again;
use crate::web::page::go;
use crate::web::page::show;
use crate::web::paged::Paged;
use crate::web::parts::badge::Mark;
use crate::web::parts::field::Wrong;
use crate::web::parts::pager::Pager;
use crate::web::parts::time::When;
use crate::web::posted::Posted;

/// `/{owner}/{repo}/settings/hooks`, `/{owner}/-/hooks`, `/admin/hooks`
#[derive(Template)]
#[template(path = "pages/hooks.html")]
pub struct Hooks {
    /// What surrounds the page.
    pub frame: Frame,
    /// Whose hooks they are.
    pub head: HooksHead,
    /// The hooks, oldest first.
    pub hooks: Vec<HookRow>,
    /// The form for a new one.
    pub form: HookForm,
}

/// `…/hooks/{id}`
#[derive(Template)]
#[template(path = "pages/hook.html")]
pub struct HookPage {
    /// What surrounds the page.
    pub frame: Frame,
    /// Whose hooks they are.
    pub head: HooksHead,
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
    /// Whether there is an `Authorization` header.
    pub has_authorization: bool,
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

/// `GET …/hooks`
pub async fn list(State(engine): State<Arc<Engine>>, hooked: Hooked) -> Answer {
    show(&listed(&engine, &hooked, HookForm::blank()).await?)
}

/// `POST …/hooks`
pub async fn create(State(engine): State<Arc<Engine>>, hooked: Hooked, posted: Posted) -> Answer {
    let made = match change(&posted, true) {
        Ok(new) => engine.create_hook(&hooked.visitor.cx, hooked.of(), new).await,
        Err(error) => Err(error),
    };
    match made {
        Ok(hook) => {
            let said = match hooked.of() {
                HooksOf::Repository(_) => "The hook is there. Test it to see how its address answers",
                HooksOf::Organisation(_) | HooksOf::Server => "The hook is there, and told what happens from now on",
            };
            go(&address(&hooked, hook.id), Some(&Said::done(said)))
        }
        Err(error) => again(&listed(&engine, &hooked, HookForm::refused(&posted, (false, false), &error)).await?),
    }
}

/// `GET …/hooks/{id}`
pub async fn page(
    State(engine): State<Arc<Engine>>,
    hooked: Hooked,
    Path(named): Path<Named>,
    Query(paged): Query<Paged>,
) -> Answer {
    let hook = engine.forge.hook(&hooked.visitor.cx, hooked.of(), named.id()?).await?;
    show(&shown(&engine, &hooked, &hook, &paged).await?)
}

/// `POST …/hooks/{id}`
pub async fn save(
    State(engine): State<Arc<Engine>>,
    hooked: Hooked,
    Path(named): Path<Named>,
    posted: Posted,
) -> Answer {
    let (cx, of, id) = (&hooked.visitor.cx, hooked.of(), named.id()?);
    let saved = match change(&posted, false) {
        Ok(change) => engine.change_hook(cx, of, id, change).await,
        Err(error) => Err(error),
    };
    match saved {
        Ok(_) => go(&address(&hooked, id), Some(&Said::done("The hook is changed"))),
        Err(error) => {
            let hook = engine.forge.hook(cx, of, id).await?;
            let page = shown(&engine, &hooked, &hook, &Paged::default()).await?;
            let form = HookForm::refused(&posted, (hook.signed, hook.authorized), &error);
            again(&HookPage { form, ..page })
        }
    }
}

/// `POST …/hooks/{id}/test`
pub async fn test(
    State(engine): State<Arc<Engine>>,
    hooked: Hooked,
    Path(named): Path<Named>,
    _posted: Posted,
) -> Answer {
    let id = named.id()?;
    let delivery = engine.test_hook(&hooked.visitor.cx, &hooked.entered()?.place, id).await?;
    let said = Said::done("A push that brings nothing new is on its way");
    go(&format!("{}/deliveries/{delivery}", address(&hooked, id)), Some(&said))
}

/// `GET …/hooks/{id}/delete`: asks first.
pub async fn ask_to_delete(State(engine): State<Arc<Engine>>, hooked: Hooked, Path(named): Path<Named>) -> Answer {
    let hook = engine.forge.hook(&hooked.visitor.cx, hooked.of(), named.id()?).await?;
    let page = shown(&engine, &hooked, &hook, &Paged::default()).await?;
    show(&HookPage { asks: true, ..page })
}

/// `POST …/hooks/{id}/delete`
pub async fn delete(
    State(engine): State<Arc<Engine>>,
    hooked: Hooked,
    Path(named): Path<Named>,
    _posted: Posted,
) -> Answer {
    engine.delete_hook(&hooked.visitor.cx, hooked.of(), named.id()?).await?;
    go(&hooked.root(), Some(&Said::done("The hook and its log are deleted")))
}

async fn listed(engine: &Engine, hooked: &Hooked, form: HookForm) -> Result<Hooks> {
    let (cx, of) = (&hooked.visitor.cx, hooked.of());
    let hooks = engine.forge.hooks(cx, of).await?;
    let newest = engine.forge.newest_hook_deliveries(cx, of).await?;
    let row = |hook: &Hook| {
        let last = newest.iter().find(|delivery| delivery.hook == hook.id);
        HookRow::of(hook, last, &address(hooked, hook.id), cx.now())
    };
    Ok(Hooks {
        frame: hooked.frame(engine, "Webhooks").await?,
        head: hooked.head(),
        hooks: hooks.iter().map(row).collect(),
        form,
    })
}

async fn shown(engine: &Engine, hooked: &Hooked, hook: &Hook, paged: &Paged) -> Result<HookPage> {
    let (cx, href) = (&hooked.visitor.cx, address(hooked, hook.id));
    let found = engine.forge.hook_deliveries(cx, hooked.of(), hook.id, paged.paging()).await?;
    let wide = hooked.head().is_wide();
    Ok(HookPage {
        frame: hooked.frame(engine, "Webhook").await?,
        head: hooked.head(),
        url: hook.url.to_string(),
        active: hook.active,
        asks: false,
        form: HookForm::of(hook),
        deliveries: found.items.iter().map(|delivery| DeliveryRow::of(delivery, (&href, wide), cx.now())).collect(),
        pager: Pager::new(&found, &href),
        href,
    })
}

fn address(hooked: &Hooked, id: i64) -> String {
    format!("{}/{id}", hooked.root())
}

/// What a form asks for. A secret or a header that is left empty stays as it is, unless a box says that there shall be none.
fn change(posted: &Posted, new: bool) -> Result<HookChange> {
    let secret = posted.some("secret").or_else(|| posted.ticked("no_secret").then(String::new));
    let header = posted.some("authorization_header");
    let header = header.or_else(|| posted.ticked("no_authorization").then(String::new));
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
        authorization: header.map(Secret::new),
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
    fn of(delivery: &HookDelivery, (hook, wide): (&str, bool), now: Timestamp) -> Self {
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
            event: happened(delivery, wide),
            tries,
            when: When::new(delivery.created, now),
        }
    }
}

/// What happened, in a few words: `issues: opened #12`, `push: refs/heads/main`; for a hook of many repositories also where.
pub(super) fn happened(delivery: &HookDelivery, wide: bool) -> String {
    let payload: Value = serde_json::from_str(&delivery.payload).unwrap_or_default();
    let number = payload["number"].as_i64().or(payload["issue"]["number"].as_i64());
    let text = |field: &str| payload[field].as_str().map(str::to_owned);
    let parts =
        [text("action"), number.map(|number| format!("#{number}")), text("ref"), text("state"), text("context")];
    let mut parts: Vec<String> = parts.into_iter().flatten().collect();
    if let Some(place) = payload["repository"]["full_name"].as_str().filter(|_| wide) {
        parts.push(format!("in {place}"));
    }
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
            has_authorization: false,
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
            has_secret: hook.signed,
            has_authorization: hook.authorized,
            branches: hook.branches.clone(),
            active: hook.active,
            events: events(|event| hook.events.contains(&event)),
            wrong: Wrong::default(),
        }
    }

    /// As it was filled in, with what was wrong; secrets have to be typed again.
    fn refused(posted: &Posted, (has_secret, has_authorization): (bool, bool), error: &Error) -> Self {
        let wanted = posted.all("event");
        Self {
            url: posted.text("url"),
            packed: posted.text("content_type") == "form",
            has_secret,
            has_authorization,
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
