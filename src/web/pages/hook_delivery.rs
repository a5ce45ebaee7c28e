//! One delivery to a hook: what was sent, and what came back each time.

use std::sync::Arc;

use askama::Template;
use axum::extract::Path;
use axum::extract::State;
use serde::Deserialize;

use crate::engine::Engine;
use crate::forge::embedded::hooks::HookAttempt;
use crate::forge::embedded::hooks::HookDeliveryId;
use crate::forge::embedded::hooks::HookDeliveryState;
use crate::kit::Error;
use crate::kit::Result;
use crate::kit::clock::Timestamp;
use crate::kit::clock::in_words;
use crate::kit::text;
use crate::web::errors::Answer;
use crate::web::flash::Said;
use crate::web::frame::Frame;
use crate::web::hooked::Hooked;
use crate::web::hooked::HooksHead;
use crate::web::page::go;
use crate::web::page::show;
use crate::web::pages::hooks;
use crate::web::parts::badge::Mark;
use crate::web::parts::html::Html;
use crate::web::parts::size;
use crate::web::parts::time::When;
use crate::web::posted::Posted;

/// The most bytes of a payload that the page shows.
const MOST_SHOWN: usize = 64 * 1024;

/// `…/hooks/{id}/deliveries/{delivery}`
#[derive(Template)]
#[template(path = "pages/hook_delivery.html")]
pub struct HookDeliveryPage {
    /// What surrounds the page.
    pub frame: Frame,
    /// Whose hooks they are.
    pub head: HooksHead,
    /// The address of the hook.
    pub hook: String,
    /// The id.
    pub id: String,
    /// What became of it.
    pub mark: Mark,
    /// What happened, in words.
    pub event: String,
    /// The words for it in the headers.
    pub word: &'static str,
    /// When it happened.
    pub when: When,
    /// When it is tried next.
    pub next: Option<When>,
    /// The delivery that it says again: its address and its short id.
    pub original: Option<(String, String)>,
    /// Each try, newest first.
    pub attempts: Vec<AttemptRow>,
    /// The payload, laid out.
    pub payload: Html,
    /// Its size.
    pub size: String,
}

/// One try.
#[derive(Clone, Debug)]
pub struct AttemptRow {
    /// Counted from 1.
    pub number: i64,
    /// How it went.
    pub mark: Mark,
    /// When it began.
    pub when: When,
    /// How long it took.
    pub took: String,
    /// Where it went.
    pub url: String,
    /// Why nothing came back.
    pub error: String,
    /// Headers that were sent.
    pub sent: Vec<(String, String)>,
    /// Headers that came back.
    pub came: Vec<(String, String)>,
    /// What came back.
    pub answer: Html,
    /// Whether there was more of it.
    pub cut: bool,
}

/// A delivery, as an address names it.
#[derive(Debug, Deserialize)]
pub struct Named {
    id: String,
    delivery: String,
}

/// `GET …/hooks/{id}/deliveries/{delivery}`
pub async fn page(State(engine): State<Arc<Engine>>, hooked: Hooked, Path(named): Path<Named>) -> Answer {
    let (cx, of) = (&hooked.visitor.cx, hooked.of());
    let (delivery, attempts) = engine.forge.hook_delivery(cx, of, named.delivery()?).await?;
    if delivery.hook.to_string() != named.id {
        return Err(Error::not_found("such delivery").into());
    }
    let hook = format!("{}/{}", hooked.root(), delivery.hook);
    let pending = delivery.state == HookDeliveryState::Pending && delivery.tries > 0;
    show(&HookDeliveryPage {
        frame: hooked.frame(&engine, "Delivery").await?,
        head: hooked.head(),
        id: delivery.id.to_string(),
        mark: hooks::mark(&delivery),
        event: hooks::happened(&delivery, hooked.head().is_wide()),
        word: delivery.event.as_str(),
        when: When::new(delivery.created, cx.now()),
        next: pending.then(|| When::new(delivery.due, cx.now())),
        original: delivery.original.map(|id| (format!("{hook}/deliveries/{id}"), id.short())),
        attempts: attempts.iter().rev().map(|attempt| AttemptRow::of(attempt, cx.now())).collect(),
        payload: Html::visible(text::bounded(&laid_out(&delivery.payload), MOST_SHOWN)),
        size: size::bytes(delivery.payload.len() as u64),
        hook,
    })
}

/// `POST …/hooks/{id}/deliveries/{delivery}/again`
pub async fn redeliver(
    State(engine): State<Arc<Engine>>,
    hooked: Hooked,
    Path(named): Path<Named>,
    _posted: Posted,
) -> Answer {
    let id = named.delivery()?;
    let again = engine.redeliver(&hooked.visitor.cx, hooked.of(), id).await?;
    let said = Said::done("The same is on its way once more, under an id of its own");
    go(&format!("{}/{}/deliveries/{again}", hooked.root(), named.id), Some(&said))
}

impl Named {
    fn delivery(&self) -> Result<HookDeliveryId> {
        self.delivery.parse().map_err(|_| Error::not_found("such delivery"))
    }
}

/// JSON with one field a line.
fn laid_out(payload: &str) -> String {
    let value: serde_json::Value = serde_json::from_str(payload).unwrap_or_default();
    serde_json::to_string_pretty(&value).unwrap_or_else(|_| payload.to_owned())
}

impl AttemptRow {
    fn of(attempt: &HookAttempt, now: Timestamp) -> Self {
        let HookAttempt { number, at, took, url, request_headers, status, error, answer_headers, answer, cut } =
            attempt;
        let mark = match status {
            Some(status @ 200..=299) => Mark::new("ok", "check", format!("Answered {status}")),
            Some(status @ 300..=399) => {
                Mark::new("bad", "cross", format!("Answered {status}: redirects are not followed"))
            }
            Some(status) => Mark::new("bad", "cross", format!("Answered {status}")),
            None => Mark::new("bad", "warn", "No answer"),
        };
        Self {
            number: *number,
            mark,
            when: When::new(*at, now),
            took: in_words(*took),
            url: url.clone(),
            error: error.clone().unwrap_or_default(),
            sent: request_headers.clone(),
            came: answer_headers.clone(),
            answer: Html::visible(answer),
            cut: *cut,
        }
    }
}
