//! A person decides on some of the effects of a request.

use crate::approvals::Approval;
use crate::approvals::Approvals;
use crate::approvals::Approved;
use crate::approvals::Asked;
use crate::approvals::AskedState;
use crate::approvals::Decider;
use crate::approvals::Given;
use crate::approvals::judge;
use crate::approvals::judge::Follows;
use crate::approvals::store;
use crate::db::Tx;
use crate::kit::Error;
use crate::kit::Result;
use crate::kit::clock::Timestamp;
use crate::kit::digest::Digest;
use crate::model::ApprovalId;
use crate::proposals::Proposed;

/// What became of one effect.
#[derive(Clone, Debug)]
pub struct Decided {
    /// The effect.
    pub asked: Asked,
    /// What follows.
    pub follows: Follows,
}

impl Approvals {
    /// The request, held until the transaction ends, so that of two deciders one waits for the other.
    pub async fn lock(&self, tx: &mut Tx, id: ApprovalId) -> Result<Approval> {
        store::lock(tx, id).await?;
        let found = store::approval(tx, id).await?;
        found.ok_or_else(|| Error::not_found(format!("approval {}", id.short())))
    }

    /// Records what a person says about these effects. All of them are decided, or none: the first that cannot be
    /// decided is the error. `views` holds the digest of what the person looked at, for each effect in the same order.
    pub async fn decide(
        &self,
        tx: &mut Tx,
        approval: &Approval,
        decider: &Decider,
        said: (Given, &str),
        effects: &[(Digest, Digest)],
        now: Timestamp,
    ) -> Result<Vec<Decided>> {
        let (given, reason) = said;
        if effects.is_empty() {
            return Err(Error::invalid("A decision names at least one effect").field("effects"));
        }
        let mut decided = Vec::new();
        for (digest, view) in effects {
            let asked = approval.effects.iter().find(|asked| asked.digest == *digest).ok_or_else(|| {
                Error::invalid(format!("This approval asks about no effect with the digest `{}`", digest.short()))
                    .field("effects")
            })?;
            let follows = judge::decision(approval, asked, decider, given, now)?;
            store::insert_decision(tx, approval.id, asked, decider, said, view, now).await?;
            let state = match follows {
                Follows::Waits { .. } => None,
                Follows::Approved => Some(AskedState::Approved),
                Follows::Denied => Some(AskedState::Denied),
            };
            if let Some(state) = state {
                let closed = store::close_asked(tx, asked.effect, state, &decider.login, reason, now).await?;
                if !closed {
                    return Err(
                        Error::conflict("Somebody else was first and decided on this effect").code("ALREADY_DECIDED")
                    );
                }
            }
            decided.push(Decided { asked: asked.clone(), follows });
        }
        store::close_if_done(tx, approval.id, now).await?;
        Ok(decided)
    }

    /// The proof for an effect that people approved; an error for any other.
    pub async fn approved(&self, tx: &mut Tx, proposed: Proposed) -> Result<Approved<Proposed>> {
        let asked = store::asked(tx, proposed.id)
            .await?
            .ok_or_else(|| Error::internal("Nobody was asked about this effect"))?;
        if asked.state != AskedState::Approved || asked.digest != proposed.digest {
            return Err(Error::internal("An effect that nobody approved was to be written"));
        }
        let by = asked.decisions.iter().filter(|said| said.given == Given::Approve).map(|said| said.login.clone());
        let by = by.collect();
        Ok(Approved::by_people(proposed, by))
    }
}
