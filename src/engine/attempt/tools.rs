//! The run's own tools, as the gateway offers them to the agent.

use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::Duration;

use async_trait::async_trait;
use serde_json::Value;
use serde_json::json;

use crate::engine::Engine;
use crate::engine::attempt::family::Family;
use crate::engine::attempt::servers::Servers;
use crate::engine::attempt::skills::Offer;
use crate::engine::verbs::Proposing;
use crate::gateway::RunTools;
use crate::gateway::ports::Failure;
use crate::gateway::ports::Observation;
use crate::gateway::ports::ObservationKind;
use crate::gateway::ports::Proposed;
use crate::kit::Error;
use crate::kit::Result;
use crate::kit::text::bounded;
use crate::model::Verdict;
use crate::proposals::Draft;
use crate::runs::Leased;
use crate::runs::NewEvent;
use crate::runs::State;
use crate::runs::TranscriptEvent;

/// The longest summary, question or failure of an agent that is kept.
const MOST_WORDS: usize = 8 * 1024;

/// The longest that an agent may wait for an observation in one call.
const LONGEST_WAIT: Duration = Duration::from_secs(60);

/// The tools of one attempt.
pub(super) struct Tools {
    pub(super) engine: Arc<Engine>,
    pub(super) proposing: Proposing,
    pub(super) said: Mutex<Said>,
    /// The skills of the stack.
    pub(super) skills: Vec<Offer>,
    /// The names of the tools that the agent has.
    pub(super) names: Vec<String>,
    /// The attempt, as the runner has it.
    pub(super) leased: Leased,
    /// The MCP servers of the stack.
    pub(super) servers: Servers,
    /// Its subagents, and how many more there may be.
    pub(super) family: Family,
}

/// What the agent said about its end.
#[derive(Clone, Debug, Default)]
pub(super) struct Said {
    pub(super) finished: Option<String>,
    pub(super) failed: Option<Failure>,
    /// Whether it proposed code by itself; if not, what it left in the workspace is proposed for it.
    pub(super) proposed_code: bool,
    /// Whether it was connected to a host, whose words may not steer it.
    pub(super) read_outside: bool,
}

impl Tools {
    pub(super) fn said(&self) -> Said {
        self.said.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Takes the run's trust before it is shown the first words from outside.
    pub(super) async fn read_words_of(&self, whose: &str) -> Result<()> {
        if self.said().read_outside {
            return Ok(());
        }
        self.distrust(&[whose.to_owned()]).await?;
        self.note(|said| said.read_outside = true);
        Ok(())
    }

    fn note(&self, note: impl FnOnce(&mut Said)) {
        note(&mut self.said.lock().unwrap_or_else(PoisonError::into_inner));
    }
}

#[async_trait]
impl RunTools for Tools {
    async fn look(&self, tool: &str, arguments: &Value) -> Result<Value> {
        self.looked(tool, arguments).await
    }

    async fn reads_from(&self, host: &str) -> Result<()> {
        self.read_words_of(&format!("the host {host}")).await
    }

    async fn propose(&self, draft: Draft) -> Result<Proposed> {
        if self.family.lane().is_some() {
            return Err(Error::denied("A subagent proposes nothing")
                .hint("say what you found: `finish` takes it to who asked you"));
        }
        let code = matches!(draft, Draft::Push { .. } | Draft::PullRequest { .. });
        let proposed = self.engine.propose(&self.proposing, draft).await?;
        if code {
            self.note(|said| said.proposed_code = true);
        }
        let verdict = proposed.new.verdict;
        let message = match verdict {
            Verdict::Allow => "allowed: it will be written",
            Verdict::Ask => "people are asked; you may go on, and see what they say among the observations",
            Verdict::Deny => "denied by policy: it will not be written",
        };
        Ok(Proposed {
            kind: proposed.new.effect.kind(),
            digest: proposed.digest.to_string(),
            verdict,
            message: format!("{message} ({})", proposed.new.because),
        })
    }

    async fn proposals(&self) -> Result<Value> {
        let run = self.proposing.run.id;
        let asked = self.engine.approvals.of_run(run).await?;
        let written = self.engine.write_backs.of_run(run).await?;
        let effects = self.engine.proposals.of_run(run).await?;
        let list: Vec<Value> = effects
            .iter()
            .map(|effect| {
                let asked = asked.iter().flat_map(|approval| &approval.effects).find(|asked| asked.effect == effect.id);
                let written = written.iter().find(|written| written.effect == effect.id);
                json!({
                    "kind": effect.new.effect.kind(),
                    "digest": effect.digest.short(),
                    "verdict": effect.new.verdict,
                    "decision": asked.map(|asked| asked.state.as_str()),
                    "why": asked.and_then(|asked| asked.why.clone()),
                    "write_back": written.map(|written| written.state.as_str()),
                })
            })
            .collect();
        Ok(Value::Array(list))
    }

    async fn finish(&self, summary: String) -> Result<()> {
        let summary = self.engine.vault.watch().redact(bounded(&summary, MOST_WORDS).to_owned());
        self.note(|said| said.finished = Some(summary));
        Ok(())
    }

    async fn fail(&self, failure: Failure) -> Result<()> {
        let message = self.engine.vault.watch().redact(failure.message);
        self.note(|said| said.failed = Some(Failure { message, ..failure }));
        Ok(())
    }

    async fn ask(&self, question: String) -> Result<()> {
        if self.family.lane().is_some() {
            return Err(Error::denied("A subagent asks nobody")
                .hint("say what you need to know: `finish` takes it to who asked you"));
        }
        let run = self.proposing.run.id;
        let now = self.engine.clock.now();
        let question = self.engine.vault.watch().redact(bounded(&question, MOST_WORDS).to_owned());
        let mut tx = self.engine.db.begin().await?;
        let found = self.engine.runs.lock(&mut tx, run).await?;
        let body = json!({ "text": question });
        self.engine
            .runs
            .note(&mut tx, run, Some(self.proposing.attempt), now, &[NewEvent::ours("question", body)])
            .await?;
        if matches!(found.state, State::Starting | State::Running) {
            self.engine.runs.change_state(&mut tx, &found, State::NeedsInput, now).await?;
        }
        tx.commit().await?;
        self.engine.runs.announce(run);
        if let Err(error) = self.engine.tell_question(&self.proposing, &question).await {
            // The question stands on the run's page in any case.
            tracing::warn!(run.id = %run, error = %error.chain(), "a question could not be told on its thread");
        }
        Ok(())
    }

    async fn observations(&self, after: u64, wait: Duration) -> Result<Vec<Observation>> {
        if self.family.lane().is_some() {
            return Ok(Vec::new());
        }
        let run = self.proposing.run.id;
        let mut news = self.engine.runs.news();
        let deadline = tokio::time::Instant::now() + wait.min(LONGEST_WAIT);
        loop {
            let found = self.seen_since(after).await?;
            if !found.is_empty() {
                return Ok(found);
            }
            loop {
                match tokio::time::timeout_at(deadline, news.recv()).await {
                    Err(_) => return Ok(Vec::new()),
                    Ok(Ok(of)) if of != run => {}
                    // A reader that lags reads again; nothing is lost.
                    Ok(_) => break,
                }
            }
        }
    }
}

impl Tools {
    async fn seen_since(&self, after: u64) -> Result<Vec<Observation>> {
        let after = i64::try_from(after).unwrap_or(i64::MAX);
        let events = self.engine.runs.transcript(self.proposing.run.id, after, 1000).await?;
        Ok(events.iter().filter_map(observation).collect())
    }
}

/// A line of the transcript that the agent may see: what became of its proposals, and answers to its questions.
fn observation(event: &TranscriptEvent) -> Option<Observation> {
    let word = |key: &str| event.body[key].as_str().unwrap_or_default();
    let (by, why) = (word("by"), word("why"));
    let kind = match (event.kind.as_str(), word("decision")) {
        ("decision", "approved") => ObservationKind::Approved,
        ("decision", "denied") => ObservationKind::Denied,
        ("decision", "stale" | "expired") => ObservationKind::Stale,
        ("answer" | "told", _) => ObservationKind::Answer,
        _ => return None,
    };
    let text = match kind {
        ObservationKind::Answer => format!("{by} answered: {}", word("text")),
        _ if why.is_empty() => format!("{by} {} it", word("decision")),
        _ => format!("{by} {} it: {why}", word("decision")),
    };
    let effect = (!word("effect").is_empty()).then(|| word("effect").to_owned());
    Some(Observation { number: u64::try_from(event.sequence).ok()?, kind, effect, text })
}
