//! One run: where it came from, what it saw, what it did, what it left, what it cost, why it ended.

use crate::access::Action;
use crate::approvals::Approval;
use crate::context::Bundle;
use crate::engine::Engine;
use crate::forge::embedded::Place;
use crate::kit::Error;
use crate::kit::clock::Timestamp;
use crate::kit::text::visible_line;
use crate::model::RunId;
use crate::proposals::Proposed;
use crate::runs;
use crate::runs::Attempt;
use crate::runs::Becomes;
use crate::runs::Run;
use crate::runs::Verb;
use crate::web::errors::Answer;
use crate::web::frame::Frame;
use crate::web::frame::RepoHead;
use crate::web::frame::Tab;
use crate::web::page::show;
use crate::web::pages::approval;
use crate::web::parts::approval::ApprovalRow;
use crate::web::parts::badge::Mark;
use crate::web::parts::digest::Mono;
use crate::web::parts::effect;
use crate::web::parts::effect::Outcome;
use crate::web::parts::html::Html;
use crate::web::parts::meter;
use crate::web::parts::meter::Meter;
use crate::web::parts::person::Who;
use crate::web::parts::run;
use crate::web::parts::size;
use crate::web::parts::time;
use crate::web::parts::time::When;
use crate::web::parts::transcript::TranscriptRow;
use crate::web::parts::window::Wanted;
use crate::web::parts::window::Window;
use crate::web::parts::workspace::WorkspaceBox;
use crate::web::stacks;
use crate::web::visitor::Visitor;
use crate::writeback::WriteBack;
use askama::Template;
use axum::extract::Path;
use axum::extract::Query;
use axum::extract::State;
use std::sync::Arc;

/// `/runs/{id}`
#[derive(Template)]
#[template(path = "pages/run.html")]
pub struct RunPage {
    /// What surrounds the page.
    pub frame: Frame,
    /// The repository.
    pub repo: RepoHead,
    /// The id.
    pub id: String,
    /// The short id.
    pub short: String,
    /// What it was asked to do.
    pub title: String,
    /// Its state.
    pub mark: Mark,
    /// Whether it lives: its transcript streams.
    pub live: bool,
    /// Why it ended, in a sentence; empty while it lives.
    pub reason: String,
    /// The code of the reason.
    pub reason_code: String,
    /// Which stack.
    pub stack: String,
    /// The address of the stack's file at the commit that was used.
    pub stack_href: String,
    /// Which rule, or that a person dispatched it.
    pub cause: String,
    /// Who stands behind it.
    pub who: Who,
    /// The issue, pull request, branch or check: address and words.
    pub source: Option<(String, String)>,
    /// When it was queued.
    pub when: When,
    /// How long it took, or takes so far.
    pub took: String,
    /// Tokens that went in.
    pub tokens_in: String,
    /// Tokens that came out.
    pub tokens_out: String,
    /// How many lines the transcript has.
    pub steps: String,
    /// What it cost, when that is known.
    pub cost: String,
    /// The newest attempt.
    pub attempt: i64,
    /// The workspace of the newest attempt.
    pub workspace: Option<WorkspaceBox>,
    /// All attempts.
    pub attempts: Vec<AttemptRow>,
    /// Snapshots: name, value, address.
    pub snapshots: Vec<Snapshot>,
    /// How many parts of context the agent was shown.
    pub context: usize,
    /// The lines of the transcript that are shown.
    pub transcript: Vec<TranscriptRow>,
    /// Which lines of how many are shown.
    pub window: String,
    /// The address of the lines before these.
    pub earlier: String,
    /// The address of the lines after these; empty at the end of the transcript, where it grows.
    pub later: String,
    /// What is searched for in the transcript.
    pub words: String,
    /// What was used of what its stack allows.
    pub meters: Vec<Meter>,
    /// Effects that were proposed.
    pub effects: Vec<EffectLine>,
    /// Approvals that were asked.
    pub approvals: Vec<ApprovalRow>,
    /// What the agent asked and nobody answered yet; empty when it waits for nothing.
    pub question: Html,
    /// Whether the agent waits for an answer.
    pub asks: bool,
    /// Whether the person may answer.
    pub may_answer: bool,
    /// Whether the person may cancel it now.
    pub may_cancel: bool,
    /// Whether the person may retry it now.
    pub may_retry: bool,
    /// Whether the person may tell its agent more, and what that does; empty when not.
    pub resume: &'static str,
    /// Stacks that the person may fork it with; empty when they may not.
    pub stacks: Vec<String>,
    /// The run that it was forked from: its address and its short id.
    pub forked_from: Option<(String, String)>,
}

/// One attempt of a run.
#[derive(Clone, Debug)]
pub struct AttemptRow {
    /// Its number, counted from 1.
    pub number: i64,
    /// Its state.
    pub mark: Mark,
    /// `first`, `retry`, `resume`, `fork`.
    pub kind: String,
    /// When it began.
    pub when: When,
    /// How long it took.
    pub took: String,
    /// What a person told it, or who began it.
    pub about: String,
    /// What is saved of its work: an address and words.
    pub saved: Option<(String, String)>,
}

/// Something that was frozen when the run began.
#[derive(Clone, Debug)]
pub struct Snapshot {
    /// Its name: `code`, `config`, `policy`, `context`.
    pub name: &'static str,
    /// Its commit or digest.
    pub id: Mono,
    /// Where to see it.
    pub href: Option<String>,
}

/// One part of what the agent was shown.
#[derive(Clone, Debug)]
pub struct ContextPart {
    /// What it is: `stack prompt`.
    pub name: String,
    /// Where it came from.
    pub source: String,
    /// How many bytes, and how many were left out or hidden.
    pub size: String,
    /// Why it is not trusted; empty when it is.
    pub untrusted: String,
    /// Its digest.
    pub digest: Mono,
    /// Its text, when it is kept.
    pub text: Html,
}

/// One effect in a run's list.
#[derive(Clone, Debug)]
pub struct EffectLine {
    /// `Open a pull request`.
    pub title: String,
    /// A symbol of `static/icons.svg`.
    pub icon: &'static str,
    /// Its digest.
    pub digest: Mono,
    /// Where it stands.
    pub mark: Mark,
    /// What policy said, and by which rule.
    pub verdict: String,
    /// The approval that decides on it.
    pub approval_href: Option<String>,
    /// What became of it.
    pub outcome: Option<Outcome>,
}

/// `GET /runs/{id}`
pub async fn page(
    State(engine): State<Arc<Engine>>,
    visitor: Visitor,
    Path(id): Path<String>,
    Query(wanted): Query<Wanted>,
) -> Answer {
    let id: RunId = id.parse().map_err(|_| Error::not_found("such run"))?;
    let (found, place) = engine.enter_run(&visitor.cx, id).await?;
    let attempts = engine.runs.attempts(id).await?;
    let window = Window::read(&engine, id, &wanted).await?;
    let proposed = engine.proposals.of_run(id).await?;
    let approvals = engine.approvals.of_run(id).await?;
    let write_backs = engine.write_backs.of_run(id).await?;
    let now = visitor.cx.now();
    let bundle = attempts.iter().rev().find_map(|attempt| attempt.bundle.as_deref());
    let bundle = bundle.and_then(|manifest| serde_json::from_str::<Bundle>(manifest).ok());
    let dispatch = &found.dispatch;
    let question = engine.runs.newest_line(id, "question").await?;
    let question = question.and_then(|event| event.body["text"].as_str().map(str::to_owned)).unwrap_or_default();
    let steers = may_steer(&visitor, &place, &found);
    let may = |verb: Verb| steers && verb.becomes(found.state).is_some();
    let workspace = match attempts.last() {
        Some(attempt) => {
            let stale = found.state.is_final() && engine.is_stale(&found).await;
            Some(WorkspaceBox::of(attempt, engine.look_at_workspace(attempt), stale, steers, now))
        }
        None => None,
    };
    let stacks = match visitor.cx.may(Action::DispatchRun, &place.standing) {
        true => stacks::named(engine.trusted(&dispatch.repo).await?, &dispatch.stack),
        false => Vec::new(),
    };
    show(&RunPage {
        frame: visitor.frame(&engine, format!("Run {}", id.short())).await?,
        repo: RepoHead::of(&place, &visitor, Tab::Runs),
        id: id.to_string(),
        short: id.short(),
        title: run::title(&found),
        mark: Mark::run(found.state.as_str()),
        live: !found.state.is_final(),
        reason: found.summary.clone().unwrap_or_default(),
        reason_code: found.reason.clone().unwrap_or_default(),
        stack: dispatch.stack.clone(),
        stack_href: format!("/{}/src/{}/.agents/stacks/{}.yaml", dispatch.repo, dispatch.config_commit, dispatch.stack),
        cause: run::cause(&found),
        who: Who::person(&dispatch.requester_login),
        source: run::source(&found),
        when: When::new(found.created, now),
        took: found.started.map(|from| time::took(from, found.ended.unwrap_or(now))).unwrap_or_else(|| "–".to_owned()),
        tokens_in: size::count(found.tokens_in),
        tokens_out: size::count(found.tokens_out),
        steps: size::count(window.last),
        cost: meter::cost(found.micro_usd),
        attempt: attempts.last().map_or(0, |attempt| attempt.number),
        workspace,
        attempts: attempts.iter().rev().map(|attempt| AttemptRow::of(attempt, now)).collect(),
        snapshots: snapshots(&found, bundle.as_ref()),
        context: bundle.map_or(0, |bundle| bundle.parts.len()),
        window: window.says(),
        earlier: window.earlier(id),
        later: window.later(id),
        words: window.words.clone(),
        meters: meter::of(&engine, &found, now).await?,
        transcript: window.lines.iter().map(|event| TranscriptRow::of(event, &found)).collect(),
        effects: proposed.iter().map(|one| EffectLine::of(one, &approvals, &write_backs)).collect(),
        approvals: approvals.iter().map(|approval| ApprovalRow::of(approval, now)).collect(),
        question: Html::visible(&question),
        asks: found.state == runs::State::NeedsInput,
        may_answer: may(Verb::Answer),
        may_cancel: may(Verb::Cancel),
        may_retry: may(Verb::Retry),
        resume: match Verb::Resume.becomes(found.state).filter(|_| may(Verb::Resume)) {
            Some(Becomes::Words) => "Tell it more",
            Some(_) => "Go on",
            None => "",
        },
        stacks,
        forked_from: found.dispatch.forked_from.map(|of| (format!("/runs/{of}"), of.short())),
    })
}

/// Who asked for it may steer it, and whoever may steer any.
fn may_steer(visitor: &Visitor, place: &Place, run: &Run) -> bool {
    let own = visitor.cx.person().is_some() && visitor.cx.person() == run.dispatch.requester;
    own || visitor.cx.may(Action::SteerRun, &place.standing)
}

fn snapshots(run: &Run, bundle: Option<&Bundle>) -> Vec<Snapshot> {
    let dispatch = &run.dispatch;
    let tree = |commit: &crate::model::CommitId| Some(format!("/{}/src/{commit}", dispatch.repo));
    let mut snapshots = Vec::new();
    if let Some(code) = &dispatch.code_commit {
        snapshots.push(Snapshot { name: "Code", id: Mono::from(code), href: tree(code) });
    }
    let config = &dispatch.config_commit;
    snapshots.push(Snapshot { name: "Config", id: Mono::from(config), href: tree(config) });
    snapshots.push(Snapshot { name: "Policy", id: Mono::from(&dispatch.policy_digest), href: None });
    if let Some(seen) = bundle.and_then(|bundle| bundle.memory.as_ref()) {
        let href = format!("/{}/brain?ref={}", seen.repo.owner, seen.commit);
        snapshots.push(Snapshot { name: "Memory", id: Mono::from(&seen.commit), href: Some(href) });
    }
    if let Some(bundle) = bundle {
        snapshots.push(Snapshot { name: "Context", id: Mono::from(&bundle.digest), href: None });
    }
    snapshots
}

impl AttemptRow {
    fn of(attempt: &Attempt, now: Timestamp) -> Self {
        let mark = match (attempt.state, attempt.reason.as_deref()) {
            (runs::AttemptState::Queued, _) => Mark::run("queued"),
            (runs::AttemptState::Leased, _) => Mark::run("running"),
            (runs::AttemptState::Ended, Some("done")) => Mark::new("ok", "check", "Done"),
            (runs::AttemptState::Ended, Some("lost")) => Mark::run("lost"),
            (runs::AttemptState::Ended, Some("interrupted")) => Mark::new("calm", "slash", "Interrupted"),
            (runs::AttemptState::Ended, Some("cancelled")) => Mark::run("cancelled"),
            (runs::AttemptState::Ended, reason) => Mark::new("bad", "cross", reason.unwrap_or("Ended")),
        };
        Self {
            number: attempt.number,
            mark,
            kind: attempt.kind.as_str().to_owned(),
            when: When::new(attempt.created, now),
            took: attempt.started.map(|from| time::took(from, attempt.ended.unwrap_or(now))).unwrap_or_default(),
            about: match (&attempt.message, attempt.fresh) {
                (Some(message), _) => format!("{}: {}", attempt.asked_by, visible_line(message, 200)),
                (None, true) => format!("{} had it look at the world anew", attempt.asked_by),
                (None, false) => String::new(),
            },
            saved: attempt.saved.as_ref().map(|saved| {
                let files = if saved.files == 1 { "1 file".to_owned() } else { format!("{} files", saved.files) };
                (format!("/runs/{}/work/{}", attempt.run, attempt.number), format!("{files} saved"))
            }),
        }
    }
}

impl ContextPart {
    /// A part of a bundle.
    pub fn of(part: &crate::context::Part) -> Self {
        let mut size = size::bytes(part.bytes as u64);
        if let Some(from) = part.truncated_from {
            size = format!("{size} of {}", size::bytes(from as u64));
        }
        if part.redacted > 0 {
            size = format!("{size}, {} redacted", part.redacted);
        }
        Self {
            name: part.name.clone(),
            source: part.source.clone(),
            size,
            untrusted: match &part.trust {
                crate::context::Trust::Trusted => String::new(),
                crate::context::Trust::Untrusted { why } => why.clone(),
            },
            digest: Mono::from(&part.digest),
            text: Html::visible(&part.text),
        }
    }
}

impl EffectLine {
    fn of(proposed: &Proposed, approvals: &[Approval], write_backs: &[WriteBack]) -> Self {
        let asked = approvals.iter().find_map(|approval| {
            let asked = approval.effects.iter().find(|asked| asked.effect == proposed.id)?;
            Some((approval, asked))
        });
        let verdict = proposed.new.verdict.as_str();
        let outcome = approval::outcome(write_backs, proposed);
        let decided =
            asked.map_or_else(|| effect::by_policy(verdict), |(_, asked)| Mark::approval(asked.state.as_str()));
        let kind = proposed.new.effect.kind();
        Self {
            title: effect::verb(kind).to_owned(),
            icon: effect::icon(kind),
            digest: Mono::from(&proposed.digest),
            mark: outcome.as_ref().map_or(decided, |outcome| outcome.mark.clone()),
            verdict: format!("{verdict}: {}", proposed.new.because),
            approval_href: asked
                .map(|(approval, _)| format!("/approvals/{}#e-{}", approval.id, proposed.digest.short())),
            outcome,
        }
    }
}
