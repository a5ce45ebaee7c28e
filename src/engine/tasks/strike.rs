//! Strikes the clock for rules with `schedule`: what is due becomes an event, and the rules are asked as about any other.
//!
//! A server that was away strikes once for all that it missed, and says that it is late; the rule says whether that counts.

use std::time::Duration;

use serde_json::json;

use crate::access::Cx;
use crate::catalog::cron::Cron;
use crate::catalog::cron::Zone;
use crate::engine::Engine;
use crate::events::OwnDelivery;
use crate::events::Strike;
use crate::git::Side;
use crate::kit::ErrorKind;
use crate::kit::Result;
use crate::kit::clock::Timestamp;
use crate::kit::digest::Digest;
use crate::model::ActorKind;
use crate::model::ActorRef;
use crate::model::CommitId;
use crate::model::Event;
use crate::model::RepoRef;
use crate::model::What;

/// How many lines are looked at in one turn.
const MOST: u32 = 50;

/// After this long a strike is one that was missed: a server that starts again takes seconds.
const LATE: Duration = Duration::from_secs(300);

/// Paths that an event carries.
const MOST_PATHS: usize = 3_000;

pub(super) async fn step(engine: &Engine) -> Result<bool> {
    let due = engine.events.due_strikes(MOST).await?;
    for strike in &due {
        if let Err(error) = one(engine, strike).await {
            tracing::error!(repo.id = %strike.repo, error = %error.chain(), "cannot strike the clock for a repository");
            skip(engine, strike).await?;
        }
    }
    Ok(!due.is_empty())
}

async fn one(engine: &Engine, strike: &Strike) -> Result<()> {
    let repo = match engine.forge.enter_by_id(&Cx::system(&engine.clock), strike.repo).await {
        Ok(place) => place.repository.reference(),
        Err(error) if error.kind() == ErrorKind::NotFound => return forget(engine, strike).await,
        Err(error) => return Err(error),
    };
    let Some(moments) = Moments::of(strike, engine.clock.now())? else { return forget(engine, strike).await };
    let branch = engine.reader.default_branch(&repo).await?;
    let tip = engine.reader.branch_head(&repo, &branch).await?;
    let event = Event {
        actor: ActorRef { kind: ActorKind::System, login: "schedule".into(), account: None },
        at: moments.struck,
        what: What::Schedule {
            cron: strike.cron.clone(),
            timezone: strike.timezone.clone(),
            late: moments.late,
            paths: changed(engine, &repo, strike.seen.as_ref(), tip.as_ref()).await?,
        },
        repo,
    };
    let line = Digest::plain(format!("{} {}", strike.cron, strike.timezone).as_bytes()).to_string();
    let own = OwnDelivery {
        id: format!("schedule-{}-{}-{}", strike.repo, line, moments.struck.0),
        name: "schedule".into(),
        payload: json!({
            "cron": strike.cron, "timezone": strike.timezone, "at": moments.struck.rfc3339(),
            "late": moments.late, "after": tip, "before": strike.seen,
        }),
        event,
    };
    let mut tx = engine.db.begin().await?;
    if engine.events.move_strike(&mut tx, strike, moments.next, tip.as_ref()).await? {
        engine.events.accept_own(&mut tx, own).await?;
        tx.commit().await?;
    }
    Ok(())
}

/// The moment that a line struck, and the one that comes next.
struct Moments {
    struck: Timestamp,
    next: Timestamp,
    late: bool,
}

impl Moments {
    /// None when the line never strikes again. Of several moments that were missed the newest counts.
    fn of(strike: &Strike, now: Timestamp) -> Result<Option<Self>> {
        let (cron, zone): (Cron, Zone) = (strike.cron.parse()?, strike.timezone.parse()?);
        let Some(next) = cron.next(now, &zone) else { return Ok(None) };
        let struck = cron.last(now, &zone).unwrap_or(strike.next_at).max(strike.next_at);
        Ok(Some(Self { struck, next, late: struck.plus(LATE) < now }))
    }
}

/// Paths that differ between two tips of the default branch. A tip that was forced away counts as nothing seen.
async fn changed(
    engine: &Engine,
    repo: &RepoRef,
    seen: Option<&CommitId>,
    tip: Option<&CommitId>,
) -> Result<Vec<String>> {
    let Some(tip) = tip.filter(|tip| Some(*tip) != seen) else { return Ok(Vec::new()) };
    let git = engine.git.repository(&repo.owner, &repo.name);
    let known = match seen {
        Some(seen) => git.commit(seen).await?.is_some(),
        None => false,
    };
    let from = seen.filter(|_| known).map_or(Side::Empty, Side::Commit);
    git.changed_paths(from, Side::Commit(tip), MOST_PATHS).await
}

/// A line that cannot be struck for a reason of ours does not hold up the others: its turn comes again in a minute.
async fn skip(engine: &Engine, strike: &Strike) -> Result<()> {
    let later = engine.clock.now().plus(Duration::from_secs(60));
    let mut tx = engine.db.begin().await?;
    engine.events.move_strike(&mut tx, strike, later, strike.seen.as_ref()).await?;
    tx.commit().await
}

async fn forget(engine: &Engine, strike: &Strike) -> Result<()> {
    let mut tx = engine.db.begin().await?;
    engine.events.forget_strike(&mut tx, strike).await?;
    tx.commit().await
}
