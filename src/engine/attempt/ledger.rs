//! What the calls of an attempt cost, and whose day pays for them.

use std::sync::Arc;

use async_trait::async_trait;

use crate::engine::Engine;
use crate::engine::attempt::prepare::Prepared;
use crate::gateway::Ledger;
use crate::gateway::ports::Spent;
use crate::kit::Result;
use crate::model::CallId;
use crate::model::RepoRef;
use crate::models::Aside;
use crate::models::Day;
use crate::models::DayLimits;
use crate::models::Over;
use crate::models::Payer;
use crate::models::Planned;
use crate::models::Price;
use crate::models::Used;
use crate::policy;
use crate::runs::Leased;

/// Writes down what one agent of an attempt asks of its model.
pub(super) struct Purser {
    engine: Arc<Engine>,
    payer: Payer,
    limits: Limits,
}

/// What a day may cost, and where that is said. It is what is in force when an attempt begins, so that a limit that was raised holds
/// for a run that is begun again.
#[derive(Clone, Debug, Default)]
pub(super) struct Limits {
    pub(super) most: DayLimits,
    repository: String,
    owner: String,
}

impl Purser {
    pub(super) fn of(engine: &Arc<Engine>, leased: &Leased, prepared: &Prepared, lane: Option<String>) -> Self {
        let dispatch = &leased.run.dispatch;
        let model = prepared.model.as_ref();
        let payer = Payer {
            run: leased.run.id,
            attempt: leased.attempt.id,
            lane,
            repo: dispatch.repo.clone(),
            stack: dispatch.stack.clone(),
            profile: model.map(|model| model.name.clone()).unwrap_or_default(),
            model: model.map(|model| model.model.clone()).unwrap_or_default(),
            own_key: prepared.own_key,
            most: prepared.limits.most,
        };
        Self { engine: Arc::clone(engine), payer, limits: prepared.limits.clone() }
    }
}

impl Limits {
    /// Those that are in force now.
    pub(super) async fn now(engine: &Engine, repo: &RepoRef) -> Result<Self> {
        let Some(trusted) = engine.trusted(repo).await? else { return Ok(Self::default()) };
        let catalog = &trusted.catalog;
        let all = policy::limits(&catalog.policy, &catalog.ceiling);
        let place = |own: Option<f64>, key: &str| {
            let file = if own.is_some() {
                format!("`.agents/policy.yaml` of {repo}")
            } else {
                format!("`policy.yaml` of {}/agents", repo.owner)
            };
            format!("`limits.{key}` in {file}")
        };
        let said_here = |own: Option<f64>, all: Option<f64>| own.filter(|own| Some(*own) == all);
        let own = &catalog.policy.limits;
        Ok(Self {
            most: DayLimits {
                repository: all.usd_per_day.map(policy::micro),
                owner: all.organisation_usd_per_day.map(policy::micro),
            },
            repository: place(said_here(own.usd_per_day, all.usd_per_day), "usd_per_day"),
            owner: place(
                said_here(own.organisation_usd_per_day, all.organisation_usd_per_day),
                "organisation_usd_per_day",
            ),
        })
    }

    fn told(&self, repo: &RepoRef, over: Over) -> Spent {
        let (kind, whose, place) = match over.day {
            Day::Repository => ("repository_day", repo.to_string(), &self.repository),
            Day::Owner => ("organisation_day", format!("all repositories of {}", repo.owner), &self.owner),
        };
        let sentence = format!(
            "Model calls of {whose} may cost {} US dollars a day, and {} are spent or set aside; whoever may change the \
             default branch there raises {place}, and the next day begins at midnight UTC",
            Price::dollars(over.most),
            Price::dollars(over.taken),
        );
        Spent { kind, sentence }
    }
}

#[async_trait]
impl Ledger for Purser {
    async fn set_aside(&self, planned: Planned) -> Result<std::result::Result<Aside, Spent>> {
        let now = self.engine.clock.now();
        let set_aside = self.engine.models.set_aside(&self.payer, planned, now).await?;
        Ok(set_aside.map_err(|over| self.limits.told(&self.payer.repo, over)))
    }

    async fn settle(&self, call: CallId, used: Used) -> Result<()> {
        self.engine.models.settle(call, used).await
    }
}
