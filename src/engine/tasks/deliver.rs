//! Tells hooks what is due. Each try is a task of its own, so that one who hangs holds up nobody else; of one hook only one
//! delivery is on its way at a time.

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;

use reqwest::header::AUTHORIZATION;
use reqwest::header::HeaderMap;
use reqwest::header::HeaderName;
use reqwest::header::HeaderValue;
use tokio::task::JoinSet;

use crate::egress::Answer;
use crate::egress::NoAnswer;
use crate::egress::Post;
use crate::engine::Engine;
use crate::forge::embedded::hooks::Dispatch;
use crate::forge::embedded::hooks::HookAttempt;
use crate::forge::embedded::hooks::HookDelivery;
use crate::forge::embedded::hooks::HookDeliveryState;
use crate::kit::Result;
use crate::kit::clock::Timestamp;
use crate::vault::Keeper;

/// How many tries are under way at one time.
const MOST: usize = 16;

/// Tries that this process makes at the moment.
#[derive(Clone, Default)]
pub struct UnderWay(Arc<Mutex<Tries>>);

#[derive(Default)]
struct Tries {
    hooks: HashSet<(Keeper, i64)>,
    tasks: JoinSet<()>,
}

/// The turn of one hook. Given back when dropped.
struct Turn {
    under_way: UnderWay,
    hook: (Keeper, i64),
}

pub(super) async fn step(engine: &Arc<Engine>) -> Result<bool> {
    let now = engine.clock.now();
    let mut worked = false;
    for delivery in engine.forge.due_hook_deliveries(now, 100).await? {
        let Some(turn) = engine.hooks_under_way.turn((delivery.keeper, delivery.hook)) else { continue };
        let Some(hook) = engine.forge.claim_hook_delivery(&delivery, now).await? else { continue };
        let secrets = engine.forge.hook_secrets(hook.keeper, hook.id).await?;
        let dispatch = Dispatch::new(&hook, &secrets, &delivery);
        let of = Arc::clone(engine);
        engine.hooks_under_way.tries().tasks.spawn(async move {
            if let Err(error) = attempt(&of, &delivery, dispatch).await {
                tracing::error!(hook.delivery = %delivery.id, error = %error.chain(), "cannot write down what a hook answered");
            }
            drop(turn);
            of.poke.poke();
        });
        worked = true;
    }
    Ok(worked)
}

async fn attempt(engine: &Engine, delivery: &HookDelivery, dispatch: Dispatch) -> Result<()> {
    let at = engine.clock.now();
    let Dispatch { url, headers, authorization, body } = dispatch;
    let mut sent: Vec<(String, String)> =
        headers.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
    let mut map = map(&headers);
    if let Some(mut value) = authorization.and_then(|value| HeaderValue::from_str(value.reveal()).ok()) {
        value.set_sensitive(true);
        map.insert(AUTHORIZATION, value);
        sent.push((AUTHORIZATION.to_string(), "[secret]".into()));
    }
    let post = Post { url: url.clone(), headers: map, body };
    let (told, took) = engine.egress.post(post).await;
    let refused = matches!(&told, Err(NoAnswer { refused: true, .. }));
    let attempt = HookAttempt { took, ..written_down(at, url.to_string(), sent, told) };
    let attempt = without_secrets(engine, attempt);
    let (status, why) = (attempt.status, attempt.error.clone());
    let state = engine.forge.record_hook_attempt(delivery.id, attempt, refused, rand::random_range(0.0..1.0)).await?;
    if state != Some(HookDeliveryState::Delivered) {
        tracing::warn!(hook.delivery = %delivery.id, hook.status = status, why, "a hook was not told");
    }
    Ok(())
}

fn map(headers: &[(&'static str, String)]) -> HeaderMap {
    let pairs = headers
        .iter()
        .filter_map(|(name, value)| Some((HeaderName::from_static(name), HeaderValue::from_str(value).ok()?)));
    pairs.collect()
}

/// An answer may say our own secrets back, and more people read the log than may know them.
fn without_secrets(engine: &Engine, mut attempt: HookAttempt) -> HookAttempt {
    let watch = engine.vault.watch();
    attempt.answer = watch.redact(attempt.answer);
    for (_, value) in &mut attempt.answer_headers {
        *value = watch.redact(std::mem::take(value));
    }
    attempt
}

fn written_down(
    at: Timestamp,
    url: String,
    request_headers: Vec<(String, String)>,
    told: Result<Answer, NoAnswer>,
) -> HookAttempt {
    let blank = HookAttempt {
        number: 0,
        at,
        took: std::time::Duration::ZERO,
        url,
        request_headers,
        status: None,
        error: None,
        answer_headers: Vec::new(),
        answer: String::new(),
        cut: false,
    };
    match told {
        Ok(Answer { status, headers, body, cut }) => {
            // PostgreSQL keeps no NUL in text.
            let answer = String::from_utf8_lossy(&body).replace('\0', "\u{fffd}");
            HookAttempt { status: Some(status), answer_headers: headers, answer, cut, ..blank }
        }
        Err(NoAnswer { why, refused: _ }) => HookAttempt { error: Some(why), ..blank },
    }
}

impl UnderWay {
    /// The turn of a hook, unless one of its deliveries is on its way or there are too many.
    fn turn(&self, hook: (Keeper, i64)) -> Option<Turn> {
        let mut tries = self.tries();
        while tries.tasks.try_join_next().is_some() {}
        if tries.hooks.len() >= MOST || !tries.hooks.insert(hook) {
            return None;
        }
        Some(Turn { under_way: self.clone(), hook })
    }

    /// Whether any try is under way.
    pub fn any(&self) -> bool {
        !self.tries().hooks.is_empty()
    }

    /// Breaks off every try; each is due again later.
    pub(super) async fn stop_all(&self) {
        let mut tasks = std::mem::take(&mut self.tries().tasks);
        tasks.shutdown().await;
    }

    fn tries(&self) -> MutexGuard<'_, Tries> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.under_way.tries().hooks.remove(&self.hook);
    }
}
