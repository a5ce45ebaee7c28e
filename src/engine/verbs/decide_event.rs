//! Asks every rule about one event, and stores what each decided with its reason.

use crate::access::RepoFacts;
use crate::engine::Engine;
use crate::engine::Trusted;
use crate::engine::firing::Fired;
use crate::events::Decision;
use crate::events::EventState;
use crate::events::NewExecution;
use crate::events::StoredEvent;
use crate::kit::Result;
use crate::model::AccountId;
use crate::model::Event;
use crate::model::OwnerName;
use crate::model::RunId;
use crate::triggers;
use crate::triggers::Facts;
use crate::triggers::Outcome;

impl Engine {
    /// Decides one event, and answers with the runs that it made or joined. An event that somebody else decided
    /// meanwhile changes nothing.
    pub async fn decide_event(&self, stored: &StoredEvent) -> Result<Vec<RunId>> {
        let Some(trusted) = self.trusted(&stored.event.repo).await? else {
            return self.settle_without(stored, "the default branch has no commit, so there are no rules").await;
        };
        let decisions = self.ask_rules(&stored.event, &trusted).await?;
        if decisions.is_empty() {
            let reason = no_rules(&trusted);
            return self.settle_without(stored, &reason).await;
        }
        let mut tx = self.db.begin().await?;
        // Settled before anything is recorded: a dispatch by hand and a background task may ask at the same time.
        if !self.events.settle(&mut tx, stored.id, EventState::Decided, "").await? {
            return Ok(Vec::new());
        }
        let (mut runs, mut said) = (Vec::new(), Vec::new());
        for decision in decisions {
            let execution = match &decision.outcome {
                Outcome::Skips { reason } => plain(stored, &trusted, &decision.rule, Decision::Skipped, reason),
                Outcome::Refuses { reason } => plain(stored, &trusted, &decision.rule, Decision::Refused, reason),
                Outcome::Fires(firing) => {
                    let fired = Fired { stored, trusted: &trusted, rule: &decision.rule, firing };
                    let became = self.fire(&mut tx, &fired).await?;
                    runs.extend(became.into);
                    Self::execution(&fired, &became)
                }
            };
            said.push(format!("{} {}", execution.rule, execution.decision.as_str()));
            self.events.record(&mut tx, execution).await?;
        }
        self.events.explain(&mut tx, stored.id, &said.join(", ")).await?;
        tx.commit().await?;
        self.poke.poke();
        runs.iter().for_each(|run| self.runs.announce(*run));
        Ok(runs)
    }

    async fn settle_without(&self, stored: &StoredEvent, reason: &str) -> Result<Vec<RunId>> {
        let mut tx = self.db.begin().await?;
        self.events.settle(&mut tx, stored.id, EventState::Decided, reason).await?;
        tx.commit().await?;
        Ok(Vec::new())
    }

    /// Asks every rule that is in force. Changes nothing.
    pub async fn ask_rules(&self, event: &Event, trusted: &Trusted) -> Result<Vec<triggers::Decision>> {
        let facts = self.facts_about(event).await?;
        Ok(triggers::decide(event, &trusted.catalog, &facts))
    }

    /// What is known about whoever stands behind an event, and about those whose text it carries. A stranger has no role.
    async fn facts_about(&self, event: &Event) -> Result<Facts> {
        let Some(owner) = self.identity.account_by_name(&event.repo.owner).await? else { return Ok(Facts::default()) };
        let mut facts = Facts { outsiders: self.outsiders(event, owner.id).await?, ..Facts::default() };
        if let Some(account) = event.actor.account {
            facts.actor_role = self.reader.role(&event.repo, &event.actor.login).await?;
            facts.actor_teams = self.identity.teams_in(owner.id, account).await?;
            facts.member = self.is_member(owner.id, account).await?;
        }
        Ok(facts)
    }

    /// Authors of the issue, the pull request and the comment who are not members.
    async fn outsiders(&self, event: &Event, owner: AccountId) -> Result<Vec<String>> {
        let mut outsiders = Vec::new();
        for author in event.what.authors() {
            let account = match author.parse::<OwnerName>() {
                Ok(name) => self.identity.account_by_name(&name).await?,
                Err(_) => None,
            };
            let member = match account {
                Some(account) => self.is_member(owner, account.id).await?,
                None => false,
            };
            if !member {
                outsiders.push(author.to_owned());
            }
        }
        Ok(outsiders)
    }

    async fn is_member(&self, owner: AccountId, account: AccountId) -> Result<bool> {
        Ok(owner == account || self.identity.membership(owner, account).await?.is_some())
    }

    /// The role of an account in a repository.
    pub async fn role_in(&self, account: AccountId, repo: &RepoFacts) -> Result<Option<crate::model::Role>> {
        self.access.role_of(account, repo).await
    }
}

/// Why no rule was asked.
pub(super) fn no_rules(trusted: &Trusted) -> String {
    if !trusted.catalog.is_broken() {
        return format!("there are no rules in `.agents/rules/` at {}", trusted.commit.short());
    }
    let errors = trusted.catalog.diagnostics.iter().filter(|found| found.breaks());
    let first = errors.clone().next();
    let place = first
        .map_or_else(String::new, |found| format!(", the first in `{}:{}`: {}", found.file, found.line, found.message));
    format!(
        "`.agents/` at {} has {} errors, so nothing of it is in force{place}",
        trusted.commit.short(),
        errors.count()
    )
}

fn plain(stored: &StoredEvent, trusted: &Trusted, rule: &str, decision: Decision, reason: &str) -> NewExecution {
    NewExecution {
        event: stored.id,
        repo: stored.event.repo.id,
        rule: rule.to_owned(),
        decision,
        reason: reason.to_owned(),
        stack: None,
        run: None,
        number: stored.event.what.number(),
        config: Some(trusted.commit.clone()),
        dedupe_key: None,
        concurrency_key: None,
        firing: None,
    }
}
