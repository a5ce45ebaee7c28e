//! May this person say this about this effect now? Pure: data in, an answer out.

use crate::approvals::Approval;
use crate::approvals::Asked;
use crate::approvals::AskedState;
use crate::approvals::Given;
use crate::kit::Error;
use crate::kit::Result;
use crate::kit::clock::Timestamp;
use crate::model::AccountId;
use crate::model::Role;

/// A person who wants to decide, and what is known about them.
#[derive(Clone, Debug)]
pub struct Decider {
    /// Their account.
    pub account: AccountId,
    /// Their name.
    pub login: String,
    /// Their role on the target.
    pub role: Option<Role>,
    /// Names of their teams in the organisation.
    pub teams: Vec<String>,
}

/// What follows from a decision that may be given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Follows {
    /// More people must approve.
    Waits {
        /// How many more.
        more: u32,
    },
    /// The effect is approved.
    Approved,
    /// The effect is denied.
    Denied,
}

/// Judges one decision.
pub fn decision(
    approval: &Approval,
    asked: &Asked,
    decider: &Decider,
    given: Given,
    now: Timestamp,
) -> Result<Follows> {
    still_open(asked, now)?;
    with_right(asked, decider)?;
    if asked.decisions.iter().any(|said| said.person == decider.account) {
        return Err(Error::conflict("You have already decided on this effect").code("ALREADY_DECIDED"));
    }
    if given == Given::Deny {
        return Ok(Follows::Denied);
    }
    if approval.requester == Some(decider.account) && !asked.terms.self_allowed {
        return Err(Error::denied("Cannot approve this: you asked for the run")
            .code("SELF_APPROVAL")
            .hint("another person with the right must look at it")
            .hint("`approval: {self: allow}` in the policy would let you"));
    }
    let approvals = asked.decisions.iter().filter(|said| said.given == Given::Approve).count();
    let more = asked.terms.count.saturating_sub(u32::try_from(approvals).unwrap_or(u32::MAX).saturating_add(1));
    Ok(if more == 0 { Follows::Approved } else { Follows::Waits { more } })
}

fn still_open(asked: &Asked, now: Timestamp) -> Result<()> {
    let by = asked.closed_by.as_deref().unwrap_or("somebody");
    let (message, code) = match asked.state {
        AskedState::Open if now < asked.expires => return Ok(()),
        AskedState::Open | AskedState::Expired => {
            (format!("Cannot decide on this effect: it expired at {}", asked.expires), "EXPIRED")
        }
        AskedState::Approved => (format!("{by} was first and approved this effect"), "ALREADY_DECIDED"),
        AskedState::Denied => (format!("{by} was first and denied this effect"), "ALREADY_DECIDED"),
        AskedState::Stale => {
            let why = asked.why.as_deref().unwrap_or("its target moved");
            (format!("Cannot decide on this effect: {why}"), "STALE")
        }
        AskedState::Withdrawn => ("Cannot decide on this effect: its run was cancelled".into(), "WITHDRAWN"),
    };
    let error = Error::conflict(message).code(code);
    Err(if code == "STALE" { error.hint("retry the run, so that it looks at the new state") } else { error })
}

fn with_right(asked: &Asked, decider: &Decider) -> Result<()> {
    if decider.role.is_none_or(|role| role < asked.terms.role) {
        return Err(Error::denied(format!(
            "Cannot decide on this effect: it needs the role `{}`, you have {}",
            asked.terms.role,
            decider.role.map_or_else(|| "none".to_owned(), |role| format!("`{role}`")),
        )));
    }
    match asked.terms.teams.iter().find(|team| !decider.teams.contains(team)) {
        Some(team) => {
            Err(Error::denied(format!("Cannot decide on this effect: it needs somebody of the team `{team}`")))
        }
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::approvals::Decision;
    use crate::kit::digest::Digest;
    use crate::model::ApprovalId;
    use crate::model::EffectId;
    use crate::model::EffectKind;
    use crate::model::RepoId;
    use crate::model::RepoRef;
    use crate::model::RunId;
    use crate::proposals::Terms;

    const NOW: Timestamp = Timestamp(1_000_000);

    fn person(role: Role) -> Decider {
        Decider { account: AccountId::make(), login: "alice".into(), role: Some(role), teams: Vec::new() }
    }

    fn asked() -> Asked {
        let terms = Terms { role: Role::Write, teams: Vec::new(), count: 1, self_allowed: false, expires_after: 60 };
        Asked {
            asked_at: None,
            effect: EffectId::make(),
            digest: Digest::plain(b"effect"),
            kind: EffectKind::Comment,
            terms,
            state: AskedState::Open,
            expires: Timestamp(2_000_000),
            closed_by: None,
            closed: None,
            why: None,
            decisions: Vec::new(),
        }
    }

    fn approval(requester: Option<AccountId>) -> Approval {
        Approval {
            id: ApprovalId::make(),
            run: RunId::make(),
            repo: RepoRef {
                id: RepoId::make(),
                owner: "acme".parse().expect("a name"),
                name: "app".parse().expect("a name"),
            },
            number: Some(1),
            requester,
            requester_login: "bob".into(),
            open: true,
            created: NOW,
            closed: None,
            effects: Vec::new(),
        }
    }

    #[test]
    fn the_person_who_asked_cannot_approve_but_can_deny() {
        let bob = person(Role::Admin);
        let approval = approval(Some(bob.account));
        let refused = decision(&approval, &asked(), &bob, Given::Approve, NOW).expect_err("self-approval");
        assert_eq!(refused.code_name(), "SELF_APPROVAL");
        assert_eq!(decision(&approval, &asked(), &bob, Given::Deny, NOW).expect("a denial"), Follows::Denied);
    }

    #[test]
    fn a_role_below_the_terms_cannot_decide() {
        let refused = decision(&approval(None), &asked(), &person(Role::Triage), Given::Deny, NOW);
        assert_eq!(refused.expect_err("too little").kind(), crate::kit::ErrorKind::Denied);
    }

    #[test]
    fn a_quorum_waits_for_a_second_person() {
        let mut asked = asked();
        asked.terms.count = 2;
        let (first, second) = (person(Role::Write), person(Role::Write));
        let follows = decision(&approval(None), &asked, &first, Given::Approve, NOW).expect("the first");
        assert_eq!(follows, Follows::Waits { more: 1 });
        asked.decisions.push(Decision {
            person: first.account,
            login: first.login.clone(),
            given: Given::Approve,
            reason: String::new(),
            at: NOW,
        });
        assert!(decision(&approval(None), &asked, &first, Given::Approve, NOW).is_err(), "one person, one voice");
        let follows = decision(&approval(None), &asked, &second, Given::Approve, NOW).expect("the second");
        assert_eq!(follows, Follows::Approved);
    }

    #[test]
    fn what_is_closed_stays_closed() {
        for state in [AskedState::Approved, AskedState::Denied, AskedState::Stale, AskedState::Expired] {
            let closed = Asked { state, closed_by: Some("carol".into()), ..asked() };
            let refused = decision(&approval(None), &closed, &person(Role::Admin), Given::Approve, NOW);
            assert_eq!(refused.expect_err("closed").kind(), crate::kit::ErrorKind::Conflict);
        }
        let late = decision(&approval(None), &asked(), &person(Role::Admin), Given::Approve, Timestamp(2_000_000));
        assert_eq!(late.expect_err("late").code_name(), "EXPIRED");
    }
}
