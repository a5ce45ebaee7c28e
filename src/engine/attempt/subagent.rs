//! A part of the work for another stack: a sandbox of its own within the same attempt, on the caller's budget.
//!
//! The subagent sees the repository as the run was given it, the instructions of its own stack, and the task that its caller wrote:
//! nothing else that the caller was told. It cannot propose, ask or push. What it says goes to its caller alone, and is written
//! in the run's transcript in a lane of its own, with the digests of what it was shown and of what it answered.

use std::sync::Arc;
use std::sync::Mutex;

use serde_json::Value;
use serde_json::json;

use crate::context;
use crate::context::Piece;
use crate::context::Trust;
use crate::engine::SandboxState;
use crate::engine::attempt::family::Place;
use crate::engine::attempt::family::narrowed;
use crate::engine::attempt::gather;
use crate::engine::attempt::keep;
use crate::engine::attempt::ledger::Limits;
use crate::engine::attempt::prepare;
use crate::engine::attempt::prepare::Prepared;
use crate::engine::attempt::reach;
use crate::engine::attempt::servers::Servers;
use crate::engine::attempt::skills;
use crate::engine::attempt::tools::Said;
use crate::engine::attempt::tools::Tools;
use crate::engine::attempt::watch;
use crate::engine::verbs::Proposing;
use crate::gateway;
use crate::gateway::Loan;
use crate::gateway::tools::SUBAGENT;
use crate::kit::Error;
use crate::kit::Result;
use crate::kit::digest::Digest;
use crate::runs::NewEvent;
use crate::sandbox::Ending;

/// What came of a subagent.
struct Answer {
    ok: bool,
    text: String,
    spent: gateway::Spent,
}

/// Calls a subagent and waits for its answer. That it failed is an answer too; that it may not be called is an error.
pub(super) async fn call(caller: &Tools, tool: &str, arguments: &Value) -> Result<Value> {
    let name = tool.strip_prefix(SUBAGENT).unwrap_or_default();
    let task = arguments["task"].as_str().unwrap_or_default();
    let place = caller.family.enter(name)?;
    let prepared = prepared(caller, name, task).await?;
    let loan = lent(caller, &prepared)?;
    let slice = prepared.bundle.digest.to_string();
    tell(
        caller,
        json!({"lane": place.lane, "stack": name, "state": "began", "slice": slice, "by": caller.family.lane()}),
    )
    .await?;
    let answer = match play(caller, &prepared, &place, loan).await {
        Ok(answer) => answer,
        Err(error) => Answer { ok: false, text: error.message().to_owned(), spent: gateway::Spent::default() },
    };
    let output = Digest::of("forgehand/subagent/v1", &[answer.text.as_bytes()]).to_string();
    let state = if answer.ok { "finished" } else { "failed" };
    let told = json!({"lane": place.lane, "stack": name, "state": state, "slice": slice, "output": output,
        "text": answer.text, "spent": answer.spent});
    tell(caller, told).await?;
    Ok(json!({"subagent": place.lane, "ok": answer.ok, "answer": answer.text, "digest": output}))
}

/// What the subagent is shown: its slice.
async fn prepared(caller: &Tools, name: &str, task: &str) -> Result<Prepared> {
    let (engine, run, trusted) = (&caller.engine, &caller.leased.run, &caller.proposing.trusted);
    let dispatch = &run.dispatch;
    let found = trusted.catalog.stacks.get(name);
    let found =
        found.ok_or_else(|| Error::invalid(format!("The stack `{name}` is not in force")).code("STACK_GONE"))?;
    let (parent, child) = (&caller.proposing.stack, &found.value);
    if let Some(secret) = child.secrets.iter().find(|secret| !parent.secrets.contains(secret)) {
        return Err(Error::denied(format!(
            "The subagent `{name}` needs the secret `{secret}`, which its caller does not have"
        )));
    }
    let stack = narrowed(parent, child);
    let network = reach::network(engine, &caller.leased, trusted, &stack).await?;
    let model = engine.model_for(run.id, (trusted, &stack)).await?;
    let launch = prepare::launch(&stack, model.as_ref(), &network)?;
    let skills = skills::offered(engine, &dispatch.repo, trusted, &stack).await?;
    let config = format!("{}@{}", dispatch.repo, trusted.commit.short());
    let scripted = stack.agent.as_str() == "scripted";
    let bundle = context::assemble(&context::Input {
        stack: Piece {
            source: format!("{config}:{}", found.path),
            text: if scripted { String::new() } else { stack.prompt.clone() },
            trust: Trust::Trusted,
        },
        skills: skills.iter().map(skills::told).collect(),
        instructions: gather::instructions(engine, run, trusted).await?,
        task: Piece {
            source: format!("written by the agent `{}`, which called this one", dispatch.stack),
            text: task.to_owned(),
            // It may do less than its caller in everything, so its caller's word is as good as the run's.
            trust: gather::asked_by(run),
        },
        ..context::Input::default()
    });
    let commit =
        dispatch.code_commit.clone().ok_or_else(|| Error::invalid("The repository has no commit to work on"))?;
    let source = engine.git.repository(&dispatch.repo.owner, &dispatch.repo.name);
    let (skill_files, workspace) = tokio::try_join!(
        skills::laid_out(engine, &skills),
        engine.workspace(&dispatch.repo, &commit, dispatch.code_branch.as_ref(), keep::tier_of(run)),
    )?;
    // Its caller's servers are not its own, and it opens none.
    let servers = Servers::default();
    let (workspace, objects) = (Arc::new(workspace), source.directory().join("objects"));
    Ok(Prepared {
        trusted: trusted.clone(),
        // A key that the run brought is for the model of its own stack.
        own_key: engine.models.is_brought(run.id).await? && stack.model == parent.model,
        limits: Limits::now(engine, &dispatch.repo).await?,
        stack,
        model,
        bundle,
        launch,
        workspace,
        objects,
        network,
        skills,
        servers,
        skill_files,
    })
}

/// Its part of what its caller may still use.
fn lent(caller: &Tools, prepared: &Prepared) -> Result<Loan> {
    let wanted = watch::door(&caller.leased, prepared).budget;
    let purse = caller.family.purse().ok_or_else(|| Error::internal("a subagent is called before the door is open"))?;
    purse.lend(wanted).map_err(|kind| {
        Error::invalid(format!("Nothing is left to pay a subagent from: the budget of {kind} is spent"))
            .code("SUBAGENT_LIMIT")
            .hint("do this part yourself, or finish with what you have")
    })
}

async fn play(caller: &Tools, prepared: &Prepared, place: &Place, mut loan: Loan) -> Result<Answer> {
    let (engine, leased) = (&caller.engine, &caller.leased);
    let SandboxState::Ready(sandbox) = &engine.sandbox else {
        return Err(Error::invalid("This machine cannot run agents").code("SANDBOX_MISSING"));
    };
    let mut door = watch::door(leased, prepared);
    door.budget = loan.budget();
    door.brief.lane = Some(place.lane.clone());
    door.brief.resumed = false;
    door.brief.tools.retain(|tool| tool.name != "ask" && tool.name != "proposals");
    let tools = Arc::new(Tools {
        servers: Servers::default(),
        engine: Arc::clone(engine),
        proposing: Proposing {
            stack: prepared.stack.clone(),
            workspace: Arc::clone(&prepared.workspace),
            ..caller.proposing.clone()
        },
        said: Mutex::default(),
        skills: prepared.skills.clone(),
        names: door.brief.tools.iter().map(|tool| tool.name.clone()).collect(),
        leased: leased.clone(),
        family: place.family(),
    });
    let open = engine.gateway.open(door, watch::ports(engine, leased, (prepared, &tools))).await?;
    tools.family.lend_from(open.purse());
    loan.used_by(&open.purse());
    // Dropped with this call: whoever ends the caller ends the subagent.
    let mut running = sandbox.start(&prepared.workspace, watch::task(prepared)).await?;
    let cancel = running.cancel_handle();
    let (stdout, stderr) = (watch::drain(running.stdout()), watch::drain(running.stderr()));
    let mut stop = None;
    let ending = {
        let (over, read) = (running.ended(), async { tokio::join!(stdout, stderr) });
        tokio::pin!(over, read);
        let mut all_read = false;
        loop {
            tokio::select! {
                ending = &mut over => break ending?,
                _ = &mut read, if !all_read => all_read = true,
                why = open.stopped(), if stop.is_none() => {
                    stop = Some(why);
                    cancel.now();
                }
            }
        }
    };
    let spent = open.close().await;
    let (ok, text) = ended(&tools.said(), stop.as_ref(), ending);
    Ok(Answer { ok, text, spent })
}

/// How it ended: what was seen from outside counts more than what it says.
fn ended(said: &Said, stop: Option<&gateway::Stop>, ending: Ending) -> (bool, String) {
    if let Some(stop) = stop {
        return (false, stop.sentence());
    }
    match (&said.failed, &said.finished, ending) {
        (.., Ending::Deadline) => (false, "its time was up".into()),
        (.., Ending::MemoryExceeded) => (false, "it used more memory than its stack allows".into()),
        (.., Ending::DiskExceeded) => (false, "it wrote more than its stack allows".into()),
        (Some(failure), ..) => (false, failure.message.clone()),
        (None, Some(summary), _) => (true, summary.clone()),
        (None, None, ending) => (false, format!("it ended without an answer ({ending:?})")),
    }
}

async fn tell(caller: &Tools, body: Value) -> Result<()> {
    let (engine, leased) = (&caller.engine, &caller.leased);
    let line = NewEvent::ours("subagent", body);
    engine.runs.append(leased.run.id, Some(leased.attempt.id), engine.clock.now(), &[line]).await
}
