//! Open requests whose target moved turn stale: nobody decides on a state that is gone.

use serde_json::json;

use crate::access::Cx;
use crate::engine::Engine;
use crate::kit::Result;
use crate::model::EffectId;
use crate::model::RepoId;
use crate::model::RunId;
use crate::writeback;

impl Engine {
    /// Looks at every open effect, of one repository or of all.
    pub async fn look_for_moved_targets(&self, repo: Option<RepoId>) -> Result<()> {
        for effect in self.approvals.open_effects(repo).await? {
            self.look_at_target(effect).await?;
        }
        Ok(())
    }

    /// Looks at the target of one open effect. Answers why it is stale, if it is.
    pub(in crate::engine) async fn look_at_target(&self, effect: EffectId) -> Result<Option<String>> {
        let proposed = self.proposals.effect(effect).await?;
        let Some(why) = writeback::moved(&*self.reader, &proposed.new.effect).await? else { return Ok(None) };
        let cx = Cx::system(&self.clock);
        let mut step = self.step(&cx).await?;
        let now = step.now();
        if self.approvals.turn_stale(&mut step, effect, &why, now).await? {
            let run: RunId = proposed.new.run;
            self.tell_run(&mut step, run, effect, ("stale", "forgehand", &why)).await?;
            step.finish("approval.stale", format!("effect {}", proposed.digest), json!({ "why": why })).await?;
            self.runs.announce(run);
            self.settle_run(run).await?;
        }
        Ok(Some(why))
    }
}
