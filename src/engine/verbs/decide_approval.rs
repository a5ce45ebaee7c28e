//! A person decides on effects: on a page, by the API, or by a comment. All three come here.

use serde_json::json;

use crate::access::Action;
use crate::access::Actor;
use crate::access::Cx;
use crate::approvals::Approval;
use crate::approvals::AskedState;
use crate::approvals::Decided;
use crate::approvals::Decider;
use crate::approvals::Given;
use crate::approvals::judge::Follows;
use crate::engine::Engine;
use crate::engine::Step;
use crate::forge::embedded::Place;
use crate::identity::AccountKind;
use crate::kit::Error;
use crate::kit::Result;
use crate::kit::digest::Digest;
use crate::model::ApprovalId;

/// What a person says.
#[derive(Clone, Debug)]
pub struct DecideApproval {
    /// Approve or deny.
    pub given: Given,
    /// Which effects; none for all that are open.
    pub effects: Option<Vec<Digest>>,
    /// Why.
    pub reason: String,
}

/// The longest reason.
const MOST_REASON: usize = 4096;

impl Engine {
    /// The approval, if whoever acts may read its repository; and what it asks at the company brain, if they decide there. The place
    /// is where they came in.
    pub async fn enter_approval(&self, cx: &Cx, id: ApprovalId) -> Result<(Approval, Place)> {
        let unknown = || Error::not_found(format!("approval {}", id.short()));
        let approval = self.approvals.approval(id).await?;
        if let Ok(place) = self.forge.enter_by_id(cx, approval.repo.id).await {
            return Ok((approval, place));
        }
        // Whoever decides at the company brain is shown what is asked there, wherever the run is.
        let at = approval.effects.iter().find_map(|asked| asked.asked_at).ok_or_else(unknown)?;
        let brain = self.forge.enter_by_id(cx, at).await.map_err(|_| unknown())?;
        cx.authorize(Action::DecideEffect, &brain.standing).map_err(|_| unknown())?;
        Ok((approval.seen_from(&[at]), brain))
    }

    /// Decides on some effects of an approval. All of them are decided, or none.
    pub async fn decide_approval(&self, cx: &Cx, id: ApprovalId, wanted: DecideApproval) -> Result<Approval> {
        let (approval, place) = self.enter_approval(cx, id).await?;
        if wanted.reason.len() > MOST_REASON {
            return Err(Error::invalid(format!("The reason has more than {MOST_REASON} bytes")).field("reason"));
        }
        let all = wanted.effects.is_none();
        let effects = named(&approval, wanted.effects)?;
        let seen = self.seen(&approval, &effects, wanted.given).await?;
        let voices = self.voices(cx, (&approval, &place), seen, all).await?;

        let mut step = self.step(cx).await?;
        let now = step.now();
        let locked = self.approvals.lock(&mut step, id).await?;
        let said = (wanted.given, wanted.reason.as_str());
        for (decider, seen) in &voices {
            let decided = self.approvals.decide(&mut step, &locked, decider, said, seen, now).await?;
            for one in &decided {
                self.carry_out(&mut step, &locked, one, decider, said).await?;
            }
        }
        step.finish_noted().await?;
        self.runs.announce(approval.run);
        self.settle_run(approval.run).await?;
        Ok(self.approvals.approval(id).await?.seen_from(&[place.repository.id]))
    }

    /// Whose word the person's is about each effect: that of somebody who stands in the repository where it is asked. Of `all`
    /// that are open, those count that they may decide on.
    async fn voices(
        &self,
        cx: &Cx,
        (approval, place): (&Approval, &Place),
        seen: Vec<(Digest, Digest)>,
        all: bool,
    ) -> Result<Vec<(Decider, Vec<(Digest, Digest)>)>> {
        let asked_at = |digest: &Digest| approval.effects.iter().find(|asked| asked.digest == *digest)?.asked_at;
        let (elsewhere, here): (Vec<_>, Vec<_>) = seen.into_iter().partition(|(digest, _)| asked_at(digest).is_some());
        let (mut voices, mut refused) = (Vec::new(), None);
        for seen in [here, elsewhere] {
            let Some((first, _)) = seen.first() else { continue };
            let voice = async {
                let brain = match asked_at(first).filter(|at| *at != place.repository.id) {
                    Some(at) => Some(self.forge.enter_by_id(cx, at).await.map_err(|_| not_at_the_brain())?),
                    None => None,
                };
                let place = brain.as_ref().unwrap_or(place);
                cx.authorize(Action::DecideEffect, &place.standing)?;
                self.decider(cx, place).await
            };
            match voice.await {
                Ok(decider) => voices.push((decider, seen)),
                Err(error) if all => refused = Some(error),
                Err(error) => return Err(error),
            }
        }
        match refused {
            Some(error) if voices.is_empty() => Err(error),
            _ => Ok(voices),
        }
    }

    /// The person who decides. Machines never do: neither agents nor bots, whatever token they hold.
    async fn decider(&self, cx: &Cx, place: &Place) -> Result<Decider> {
        let machine = || Error::denied("Only a person can decide on effects").code("MACHINE_CANNOT_DECIDE");
        let Actor::Person { id, login, .. } = &cx.actor else { return Err(machine()) };
        let account = self.identity.account(*id).await?.ok_or_else(machine)?;
        if account.kind != AccountKind::Person {
            return Err(machine());
        }
        Ok(Decider {
            account: *id,
            login: login.to_string(),
            role: place.standing.effective_role(),
            teams: self.identity.teams_in(place.repository.owner, *id).await?,
        })
    }

    /// What the person looked at: the digest of each effect with the digest of its view. An approval of a target that
    /// moved is refused here, however fresh the move is.
    async fn seen(&self, approval: &Approval, effects: &[Digest], given: Given) -> Result<Vec<(Digest, Digest)>> {
        let mut seen = Vec::new();
        for digest in effects {
            let asked = approval.effects.iter().find(|asked| asked.digest == *digest);
            let asked = asked.ok_or_else(|| {
                Error::invalid(format!("This approval asks about no effect with the digest `{}`", digest.short()))
                    .field("effects")
            })?;
            if given == Given::Approve
                && asked.state == AskedState::Open
                && let Some(why) = self.look_at_target(asked.effect).await?
            {
                return Err(Error::conflict(format!("Cannot decide on this effect: {why}"))
                    .code("STALE")
                    .hint("retry the run, so that it looks at the new state"));
            }
            let view = self.view(&self.proposals.effect(asked.effect).await?).await?;
            seen.push((*digest, view.digest()));
        }
        Ok(seen)
    }

    /// Everything that follows from one decision, in its transaction: the write-back, the line in the transcript, the
    /// audit entry.
    async fn carry_out(
        &self,
        step: &mut Step<'_>,
        approval: &Approval,
        decided: &Decided,
        decider: &Decider,
        (given, reason): (Given, &str),
    ) -> Result<()> {
        let effect = decided.asked.effect;
        let word = match decided.follows {
            Follows::Waits { .. } => "approved, more people must",
            Follows::Approved => "approved",
            Follows::Denied => "denied",
        };
        if decided.follows == Follows::Approved {
            let proposed = self.proposals.effect_in(step, effect).await?;
            let approved = self.approvals.approved(step, proposed).await?;
            let now = step.now();
            self.write_backs.enqueue(step, &approved, now).await?;
        }
        self.tell_run(step, approval.run, effect, (word, &decider.login, reason)).await?;
        let action = match given {
            Given::Approve => "approval.approve",
            Given::Deny => "approval.deny",
        };
        let details = json!({
            "effect": decided.asked.digest,
            "kind": decided.asked.kind,
            "follows": word,
            "reason": reason,
            "run": approval.run,
        });
        step.note(action, format!("approval {}", approval.id), details).await
    }
}

fn not_at_the_brain() -> Error {
    Error::denied("Cannot decide on what is to be remembered: it is asked at the company brain, which you may not read")
        .hint("somebody with a role there decides on it")
}

fn named(approval: &Approval, effects: Option<Vec<Digest>>) -> Result<Vec<Digest>> {
    let effects = match effects {
        Some(named) => named,
        None => {
            approval.effects.iter().filter(|asked| asked.state == AskedState::Open).map(|asked| asked.digest).collect()
        }
    };
    if effects.is_empty() {
        let closed = approval.effects.iter().find_map(|asked| Some((asked.closed_by.clone()?, asked.state)));
        let (by, state) = closed.unwrap_or(("nobody".into(), AskedState::Open));
        return Err(Error::conflict(format!(
            "Nothing is open here any more: {by} was first, it is {}",
            state.as_str()
        ))
        .code("ALREADY_DECIDED"));
    }
    Ok(effects)
}
