//! A question of an agent on the thread that its run is about, and the answer of a person there.
//!
//! The agent's words go out only as a comment that policy allows without a person; else the server itself says, in words
//! of its own, where the question stands. Nobody is asked whether a question may be asked.

use crate::access::Cx;
use crate::engine::Engine;
use crate::engine::verbs::Proposing;
use crate::events::StoredEvent;
use crate::kit::ErrorKind;
use crate::kit::Result;
use crate::model::Verdict;
use crate::model::What;
use crate::proposals::Draft;
use crate::runs::Filter;
use crate::runs::State;

impl Engine {
    /// Tells a question on the thread of its run, if that has one.
    pub(in crate::engine) async fn tell_question(&self, proposing: &Proposing, question: &str) -> Result<()> {
        let run = &proposing.run;
        let Some(number) = run.dispatch.number else { return Ok(()) };
        let page = format!("{}/runs/{}", self.settings.base_url, run.id);
        let how = format!(
            "Answer here in a comment, or on the page of [the run]({page}); whoever may steer the run is heard."
        );
        let quoted: String = question.lines().map(|line| format!("> {line}\n")).collect();
        let body = format!("The agent asks:\n\n{quoted}\n{how}");
        let draft = Draft::Comment { body, number: Some(number) };
        let effect = self.effect(proposing, &self.git.quarantine_of(run.id), draft.clone()).await?;
        if self.judged(proposing, &effect).await?.verdict == Verdict::Allow
            && self.propose(proposing, draft).await.is_ok()
        {
            return Ok(());
        }
        let asked =
            self.runs.transcript(run.id, 0, 10_000).await?.iter().filter(|event| event.kind == "question").count();
        let text = format!(
            "The agent of [run {}]({page}) asks a question there, and waits for the answer. {how}",
            run.id.short()
        );
        self.executor.answer(&run.dispatch.repo, number, &text, &format!("question-{}-{asked}", run.id.short())).await
    }

    /// Takes a comment as the answer to the one run on its thread that waits for one, if who wrote it may steer that run.
    /// Everybody else is not heard, and not told so: most comments are no answers.
    pub(in crate::engine) async fn answer_by_comment(&self, cx: &Cx, stored: &StoredEvent) -> Result<()> {
        let What::Comment { comment, .. } = &stored.event.what else { return Ok(()) };
        let Some(number) = stored.event.what.number() else { return Ok(()) };
        let filter =
            Filter { repos: Some(vec![stored.event.repo.id]), number: Some(number), limit: 50, ..Filter::default() };
        let waiting: Vec<_> = self.runs.list(&filter).await?;
        let mut waiting = waiting.into_iter().filter(|run| run.state == State::NeedsInput);
        let (Some(run), None) = (waiting.next(), waiting.next()) else { return Ok(()) };
        match self.answer(cx, run.id, &comment.body).await {
            Err(error) if matches!(error.kind(), ErrorKind::Internal | ErrorKind::Unavailable) => Err(error),
            _ => Ok(()),
        }
    }
}
