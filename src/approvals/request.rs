//! Asking people about an effect.

use std::time::Duration;

use crate::approvals::Approval;
use crate::approvals::Approvals;
use crate::approvals::Asked;
use crate::approvals::AskedState;
use crate::approvals::store;
use crate::db::Tx;
use crate::kit::Result;
use crate::kit::clock::Timestamp;
use crate::model::AccountId;
use crate::model::ApprovalId;
use crate::model::RepoRef;
use crate::model::RunId;
use crate::proposals::Proposed;

/// What a request is about: the run, and who asked for it.
#[derive(Clone, Debug)]
pub struct Subject {
    /// The run.
    pub run: RunId,
    /// Its repository.
    pub repo: RepoRef,
    /// Its issue or pull request.
    pub number: Option<i64>,
    /// Who asked for it, when it is an account of ours.
    pub requester: Option<AccountId>,
    /// The name of who asked for it.
    pub requester_login: String,
}

impl Approvals {
    /// Asks people about an effect, in the run's open request or a new one.
    pub async fn request(
        &self,
        tx: &mut Tx,
        subject: &Subject,
        proposed: &Proposed,
        now: Timestamp,
    ) -> Result<ApprovalId> {
        let approval = match store::open_of_run(tx, subject.run).await? {
            Some(open) => open,
            None => {
                let approval = Approval {
                    id: ApprovalId::make(),
                    run: subject.run,
                    repo: subject.repo.clone(),
                    number: subject.number,
                    requester: subject.requester,
                    requester_login: subject.requester_login.clone(),
                    open: true,
                    created: now,
                    closed: None,
                    effects: Vec::new(),
                };
                store::insert(tx, &approval).await?;
                approval.id
            }
        };
        let terms = proposed.new.terms.clone();
        let target = proposed.new.effect.target.repo.id;
        let asked = Asked {
            asked_at: (target != subject.repo.id).then_some(target),
            effect: proposed.id,
            digest: proposed.digest,
            kind: proposed.new.effect.kind(),
            expires: now.plus(Duration::from_secs(terms.expires_after)),
            terms,
            state: AskedState::Open,
            closed_by: None,
            closed: None,
            why: None,
            decisions: Vec::new(),
        };
        store::insert_asked(tx, approval, &asked).await?;
        Ok(approval)
    }
}
