//! What is imported of runs that are over: what their agents said, what they proposed and made, what was said on the way.

use crate::access::Cx;
use crate::engine::Engine;
use crate::engine::verbs::import_memory::Fate;
use crate::engine::verbs::import_memory::Item;
use crate::engine::verbs::import_memory::MOST_READ;
use crate::engine::verbs::import_memory::fits;
use crate::forge::embedded::Place;
use crate::kit::Error;
use crate::kit::Result;
use crate::kit::text::visible_line;
use crate::memory::Day;
use crate::memory::import;
use crate::memory::import::Tier;
use crate::model::RunId;
use crate::proposals::Proposed;
use crate::runs::Run;
use crate::runs::TranscriptEvent;

/// Files of a run that are named.
const MOST_FILES: usize = 200;

/// Lines of a transcript that are looked at, and those that are kept.
const LOOKED_AT: i64 = 1_000;
const MOST_LINES: usize = 60;

/// The longest line that is kept.
const MOST_LINE: usize = 600;

impl Engine {
    pub(super) async fn runs_to_import(
        &self,
        cx: &Cx,
        brain: &Place,
        wanted: &[RunId],
        tier: Tier,
    ) -> Result<(Vec<Item>, usize, String)> {
        if wanted.is_empty() {
            return Err(Error::invalid("No run is named").hint("name finished runs of the organisation").field("runs"));
        }
        let mut items = Vec::new();
        for id in wanted.iter().take(MOST_READ) {
            let (run, place) = self.enter_run(cx, *id).await?;
            fits(brain, &place)?;
            let from = format!("run:{id}");
            if !run.state.is_final() {
                let why = format!("it is {}: only what is over is remembered", run.state.as_str());
                items.push(Item { from, draft: None, fate: Fate::Refused(why) });
                continue;
            }
            let mut draft = import::episode(&self.finished(&run, tier).await?, tier);
            let clean = self.vault.watch().redact(draft.text.clone());
            draft.redacted += usize::from(clean != draft.text);
            draft.text = clean;
            items.push(Item { from, draft: Some(draft), fate: Fate::New });
        }
        let count = items.len();
        let from = if count == 1 { "one run".to_owned() } else { format!("{count} runs") };
        Ok((items, wanted.len().saturating_sub(MOST_READ), from))
    }

    /// What is kept of a run that is over.
    async fn finished(&self, run: &Run, tier: Tier) -> Result<import::Finished> {
        let dispatch = &run.dispatch;
        let ended = run.ended.unwrap_or(run.created);
        let effects = self.proposals.of_run(run.id).await?;
        let written = self.write_backs.of_run(run.id).await?;
        let asked = self.approvals.of_run(run.id).await?;
        let result = |effect: &Proposed| {
            let written = written.iter().find(|written| written.effect == effect.id);
            let asked = asked.iter().flat_map(|approval| &approval.effects).find(|asked| asked.effect == effect.id);
            let became = written.map(|written| written.state.as_str()).or(asked.map(|asked| asked.state.as_str()));
            let became = became.unwrap_or(effect.new.verdict.as_str());
            let place = written.and_then(|written| written.result_url.as_deref());
            let place = place.map(|url| format!(", {}{url}", self.settings.base_url)).unwrap_or_default();
            format!("{} `{}`: {became}{place}", effect.new.effect.kind().as_str(), effect.digest.short())
        };
        let results: Vec<String> = effects.iter().map(result).collect();
        let mut artefacts = Vec::new();
        for effect in &effects {
            let files = effect.new.effect.code().map(|code| code.files.as_slice()).unwrap_or_default();
            for file in files.iter().take(MOST_FILES - artefacts.len()) {
                let blob = file.new.as_ref().map(|new| new.blob.clone());
                artefacts.push(import::Artefact { path: file.path.clone(), blob, effect: effect.digest.short() });
            }
        }
        // Only an attempt that ended by itself ends with the agent's words.
        let attempts = self.runs.attempts(run.id).await?;
        let said = attempts.iter().rev().find(|attempt| attempt.reason.as_deref() == Some("done"));
        let said = said.and_then(|attempt| attempt.summary.clone()).or_else(|| run.summary.clone());
        let journal = match tier {
            Tier::Journal => self.journal(run.id).await?,
            Tier::Summary | Tier::Results => Vec::new(),
        };
        Ok(import::Finished {
            id: run.id.to_string(),
            short: run.id.short(),
            repo: dispatch.repo.to_string(),
            task: dispatch.task.clone(),
            stack: dispatch.stack.clone(),
            about: dispatch.source.label.clone(),
            requester: dispatch.requester_login.clone(),
            state: run.state.as_str().to_owned(),
            day: Day::of(ended).to_string(),
            url: format!("{}/runs/{}", self.settings.base_url, run.id),
            summary: said.unwrap_or_default(),
            commit: dispatch.code_commit.as_ref().map(ToString::to_string),
            results,
            artefacts,
            journal,
        })
    }

    /// What was said in a run: words of its agent, questions and answers, and what people decided.
    async fn journal(&self, run: RunId) -> Result<Vec<String>> {
        let events = self.runs.transcript(run, 0, LOOKED_AT).await?;
        let said = |event: &TranscriptEvent| {
            let text = |key: &str| event.body[key].as_str().unwrap_or_default();
            let line = match event.kind.as_str() {
                "message" => format!("agent: {}", text("text")),
                "question" => format!("agent asked: {}", text("text")),
                "answer" | "told" => format!("{}: {}", text("by"), text("text")),
                "decision" => format!("{} {} `{}`: {}", text("by"), text("decision"), text("effect"), text("why")),
                _ => return None,
            };
            Some(visible_line(&line, MOST_LINE))
        };
        Ok(events.iter().filter_map(said).take(MOST_LINES).collect())
    }
}
