//! One approval: every byte of its effects, and the decision.
//!
//! What is above the agent's words is a pure function of the effects' bytes, so that prose cannot change what is seen.

use crate::approvals;
use crate::approvals::Given;
use crate::engine::Engine;
use crate::engine::verbs::DecideApproval;
use crate::kit::Error;
use crate::kit::Result;
use crate::kit::digest::Digest;
use crate::model::ApprovalId;
use crate::proposals::Proposed;
use crate::runs::Attempt;
use crate::web::errors::Answer;
use crate::web::flash::Said;
use crate::web::frame::Frame;
use crate::web::page::go;
use crate::web::page::show;
use crate::web::parts::approval;
use crate::web::parts::badge::Mark;
use crate::web::parts::effect::EffectView;
use crate::web::parts::effect::Outcome;
use crate::web::parts::html::Html;
use crate::web::parts::person::Who;
use crate::web::parts::run;
use crate::web::parts::time::When;
use crate::web::posted::Posted;
use crate::web::visitor::Visitor;
use crate::writeback::WriteBack;
use askama::Template;
use axum::extract::Path;
use axum::extract::State;
use std::sync::Arc;

/// `/approvals/{id}`
#[derive(Template)]
#[template(path = "pages/approval.html")]
pub struct ApprovalPage {
    /// What surrounds the page.
    pub frame: Frame,
    /// The id.
    pub id: String,
    /// `Open a pull request and comment`.
    pub title: String,
    /// Its state.
    pub mark: Mark,
    /// Whether this person can decide on it now.
    pub may_decide: bool,
    /// Why not, in a sentence; empty when they can.
    pub why_not: String,
    /// `owner/name`.
    pub repo: String,
    /// The issue or pull request: address and words.
    pub source: Option<(String, String)>,
    /// The run: address and short id.
    pub run: (String, String),
    /// Which stack asks.
    pub stack: String,
    /// Who stands behind the run.
    pub requester: Who,
    /// Who may decide: `one person who may write, but not ada`.
    pub asked: String,
    /// When it was asked.
    pub when: When,
    /// When it expires.
    pub expires: When,
    /// The effects, in order.
    pub effects: Vec<EffectView>,
    /// What the agent says about them.
    pub words: Html,
}

impl ApprovalPage {
    /// How many effects wait.
    pub fn waiting(&self) -> usize {
        self.effects.iter().filter(|effect| effect.open).count()
    }
}

/// `GET /approvals/{id}`
pub async fn page(State(engine): State<Arc<Engine>>, visitor: Visitor, Path(id): Path<String>) -> Answer {
    let id: ApprovalId = id.parse().map_err(|_| Error::not_found("such approval"))?;
    let (found, place) = engine.enter_approval(&visitor.cx, id).await?;
    let run = engine.runs.run(found.run).await?;
    let proposed = engine.proposals.of_run(found.run).await?;
    let write_backs = engine.write_backs.of_run(found.run).await?;
    let now = visitor.cx.now();
    // Whoever decides at the company brain alone learns nothing else of the run.
    let inside = found.repo.id == run.dispatch.repo.id;
    let mut effects = Vec::new();
    for asked in &found.effects {
        let Some(proposed) = proposed.iter().find(|proposed| proposed.id == asked.effect) else { continue };
        let view = engine.view(proposed).await?;
        let outcome = outcome(&write_backs, proposed);
        effects.push(EffectView::of(proposed, &view, Some(asked), outcome, now));
    }
    let why_not = why_not(&visitor, &found, &place.standing);
    show(&ApprovalPage {
        frame: visitor.frame(&engine, approval::title(&found)).await?,
        id: id.to_string(),
        title: approval::title(&found),
        mark: approval::mark(&found),
        may_decide: why_not.is_empty() && effects.iter().any(|effect| effect.open),
        why_not,
        repo: found.repo.to_string(),
        source: run::source(&run).filter(|_| inside),
        run: (format!("/runs/{}", run.id), run.id.short()),
        stack: run.dispatch.stack.clone(),
        requester: Who::person(&found.requester_login),
        asked: approval::asked(&found),
        when: When::new(found.created, now),
        expires: When::new(approval::expires(&found), now),
        effects,
        words: if inside { words(&engine.runs.attempts(found.run).await?) } else { Html::default() },
    })
}

/// `POST /approvals/{id}/decision`
pub async fn decide(
    State(engine): State<Arc<Engine>>,
    visitor: Visitor,
    Path(id): Path<String>,
    posted: Posted,
) -> Answer {
    let id: ApprovalId = id.parse().map_err(|_| Error::not_found("such approval"))?;
    let address = format!("/approvals/{id}");
    let given: Given = posted.text("decision").parse()?;
    let effects = posted.all("effect").iter().map(|digest| digest.parse()).collect::<Result<Vec<Digest>>>()?;
    if effects.is_empty() {
        return go(&address, Some(&Said::not_done("Nothing was decided: no effect was ticked")));
    }
    let count = effects.len();
    let wanted = DecideApproval { given, effects: Some(effects), reason: posted.text("reason").trim().to_owned() };
    match engine.decide_approval(&visitor.cx, id, wanted).await {
        Ok(_) => {
            let verb = if given == Given::Approve { "Approved" } else { "Denied" };
            let what = if count == 1 { "one effect".to_owned() } else { format!("{count} effects") };
            go(&address, Some(&Said::done(format!("{verb} {what}"))))
        }
        Err(error) if told_on_the_page(&error) => go(&address, Some(&Said::not_done(error.message()))),
        Err(error) => Err(error.into()),
    }
}

/// Somebody was first, it moved, it expired: the page shows the new state with the sentence above it.
fn told_on_the_page(error: &Error) -> bool {
    matches!(error.code_name(), "ALREADY_DECIDED" | "STALE" | "EXPIRED" | "WITHDRAWN" | "SELF_APPROVAL")
}

/// Why this person cannot decide, as far as the page can tell; the decision itself is judged again.
fn why_not(visitor: &Visitor, found: &approvals::Approval, standing: &crate::access::Standing) -> String {
    if let Err(error) = visitor.cx.authorize(crate::access::Action::DecideEffect, standing) {
        return error.message().to_owned();
    }
    let alone = found.effects.iter().all(|asked| !asked.terms.self_allowed);
    match found.open && alone && found.requester.is_some() && found.requester == visitor.cx.person() {
        true => "You asked for this run, so another person must approve it. You can deny it by `/deny` and the digest \
                 in a comment, or cancel the run."
            .to_owned(),
        false => String::new(),
    }
}

/// What became of an effect on the forge.
pub(super) fn outcome(write_backs: &[WriteBack], proposed: &Proposed) -> Option<Outcome> {
    let found = write_backs.iter().find(|write_back| write_back.effect == proposed.id)?;
    let text = match (&found.problem, &found.result_id) {
        (Some(problem), _) => problem.clone(),
        (None, Some(id)) => format!("written as {id}"),
        (None, None) => format!("approved by {}", found.approved_by.join(", ")),
    };
    Some(Outcome { mark: Mark::write_back(found.state.as_str()), text, href: found.result_url.clone() })
}

/// What the agent said when it ended; nothing while it lives.
fn words(attempts: &[Attempt]) -> Html {
    // Only an attempt that ended by itself ends with the agent's words; else the sentence is ours.
    let done = attempts.iter().rev().find(|attempt| attempt.reason.as_deref() == Some("done"));
    let said = done.and_then(|attempt| attempt.summary.as_deref());
    Html::markdown(said.unwrap_or_default())
}
