//! While the agent runs: its door is open, its lease beats, and whoever wants it to end is heard.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::Mutex;
use std::time::Duration;

use tokio::io::AsyncReadExt as _;

use crate::catalog::Stack;
use crate::catalog::stack::Autonomy;
use crate::context::Bundle;
use crate::context::Layer;
use crate::context::Trust;
use crate::engine::Engine;
use crate::engine::SandboxState;
use crate::engine::attempt::OBJECTS;
use crate::engine::attempt::family::Family;
use crate::engine::attempt::ledger::Purser;
use crate::engine::attempt::prepare::Prepared;
use crate::engine::attempt::save;
use crate::engine::attempt::skills::SKILLS;
use crate::engine::attempt::tools::Said;
use crate::engine::attempt::tools::Tools;
use crate::engine::attempt::transcript::Transcript;
use crate::engine::living::Ask;
use crate::engine::living::told;
use crate::engine::verbs::Proposing;
use crate::gateway;
use crate::gateway::Brief;
use crate::gateway::Spent;
use crate::gateway::Stop;
use crate::kit::Error;
use crate::kit::Result;
use crate::kit::text::visible_bytes;
use crate::models::ModelProfile;
use crate::policy;
use crate::runs::AttemptKind;
use crate::runs::Leased;
use crate::runs::State;
use crate::sandbox;
use crate::sandbox::Ending;

/// How often a runner says that it still works.
const BEAT: Duration = Duration::from_secs(5);

/// How much of an agent's standard error is kept: its end.
const MOST_STDERR: usize = 4096;

/// How the agent ended, seen from outside and in its own words.
pub(super) struct Ended {
    pub(super) ending: Ending,
    pub(super) stop: Option<Stop>,
    pub(super) ask: Ask,
    pub(super) lease_lost: bool,
    pub(super) said: Said,
    pub(super) stderr: String,
    pub(super) proposing: Proposing,
}

pub(super) async fn watch(engine: &Arc<Engine>, leased: &Leased, prepared: &mut Prepared) -> Result<Ended> {
    let SandboxState::Ready(sandbox) = &engine.sandbox else {
        return Err(Error::invalid("This machine cannot run agents").code("SANDBOX_MISSING"));
    };
    let proposing = Proposing {
        run: leased.run.clone(),
        attempt: leased.attempt.id,
        trusted: prepared.trusted.clone(),
        stack: prepared.stack.clone(),
        untrusted: !leased.run.dispatch.trusted || was_shown_strangers(&prepared.bundle),
        workspace: Arc::clone(&prepared.workspace),
        memory: prepared.bundle.memory.clone(),
    };
    let door = door(leased, prepared);
    let complaints = prepared.servers.drained();
    let tools = Arc::new(Tools {
        servers: std::mem::take(&mut prepared.servers),
        engine: Arc::clone(engine),
        proposing: proposing.clone(),
        said: Mutex::default(),
        skills: prepared.skills.clone(),
        names: door.brief.tools.iter().map(|tool| tool.name.clone()).collect(),
        leased: leased.clone(),
        family: Family::default(),
    });
    let open = engine.gateway.open(door, ports(engine, leased, (prepared, &tools))).await?;
    tools.family.lend_from(open.purse());
    let mut running = sandbox.start(&prepared.workspace, task(prepared)).await?;
    begun(engine, leased).await?;

    let cancel = running.cancel_handle();
    let (stdout, stderr) = (drain(running.stdout()), drain(running.stderr()));
    let mut asked = engine.living.asked(leased.attempt.id);
    let mut ended = Ended {
        ending: Ending::Cancelled,
        stop: None,
        ask: Ask::GoOn,
        lease_lost: false,
        said: Said::default(),
        stderr: String::new(),
        proposing,
    };
    let mut booked = Spent::default();
    let mut beat = tokio::time::interval(BEAT);
    {
        let over = running.ended();
        let saving = save::keep_saving(engine, leased, &prepared.workspace);
        tokio::pin!(over, stdout, stderr, saving, complaints);
        let (mut read_out, mut read_err) = (false, false);
        loop {
            tokio::select! {
                ending = &mut over => {
                    ended.ending = ending?;
                    break;
                }
                never = &mut saving => match never {},
                never = &mut complaints => match never {},
                _ = &mut stdout, if !read_out => read_out = true,
                tail = &mut stderr, if !read_err => {
                    read_err = true;
                    ended.stderr = tail;
                }
                stop = open.stopped(), if ended.stop.is_none() => {
                    ended.stop = Some(stop);
                    cancel.now();
                }
                ask = told(&mut asked), if ended.ask == Ask::GoOn => {
                    ended.ask = ask;
                    cancel.now();
                }
                _ = beat.tick() => {
                    book(engine, leased, open.spent(), &mut booked).await?;
                    match engine.runs.beat(leased, engine.clock.now()).await {
                        Ok(false) => {}
                        Ok(true) => {
                            ended.ask = Ask::Cancel;
                            cancel.now();
                        }
                        Err(error) => {
                            tracing::warn!(attempt.id = %leased.attempt.id, error = %error, "a lease is gone");
                            ended.lease_lost = true;
                            cancel.now();
                        }
                    }
                }
            }
        }
        if !read_err {
            // Nobody holds the other end any more, so this does not wait.
            ended.stderr = tokio::time::timeout(Duration::from_millis(200), stderr).await.unwrap_or_default();
        }
    }
    // Calls that were under way are cut off, and booked by what passed of them.
    let spent = open.close().await;
    book(engine, leased, spent, &mut booked).await?;
    save::save_at_the_end(engine, leased, &prepared.workspace).await;
    ended.said = tools.said();
    ended.stderr = engine.vault.watch().redact(ended.stderr);
    Ok(ended)
}

/// Whether the thread that the agent was shown holds words that may not steer it.
fn was_shown_strangers(bundle: &Bundle) -> bool {
    let theirs = |layer| matches!(layer, Layer::Object | Layer::Conversation | Layer::Memory);
    bundle.parts.iter().filter(|part| theirs(part.layer)).any(|part| part.trust != Trust::Trusted)
}

pub(super) fn door(leased: &Leased, prepared: &Prepared) -> gateway::Attempt {
    let stack = &prepared.stack;
    let model = prepared.model.clone();
    gateway::Attempt {
        socket: prepared.workspace.gateway_socket(),
        brief: Brief {
            run: leased.run.id,
            attempt: leased.attempt.id,
            agent: stack.agent.as_str().to_owned(),
            resumed: leased.attempt.kind == AttemptKind::Resume,
            model: model.as_ref().map(|model| model.name.clone()),
            protocol: model.as_ref().map(|model| model.protocol).unwrap_or_default(),
            prompt: gateway::brief::Prompt { system: prepared.bundle.system(), task: prepared.bundle.task() },
            script: prepared.launch.script.clone(),
            limits: gateway::brief::Limits {
                steps: stack.budget.steps,
                wall_seconds: wall(stack).as_secs(),
                context_bytes: context_bytes(model.as_ref()),
                ..gateway::brief::Limits::default()
            },
            lane: None,
            cli: stack.cli.clone(),
            rights: gateway::brief::Rights {
                write: stack.autonomy != Autonomy::Read,
                network: prepared.network.is_open(),
            },
            tools: tools(prepared),
        },
        model,
        budget: gateway::Budget {
            steps: Some(u64::from(stack.budget.steps)),
            tokens: Some(stack.budget.tokens),
            micro_usd: Some(policy::micro(stack.budget.usd)),
        },
        network: prepared.network.clone(),
    }
}

pub(super) fn ports(
    engine: &Arc<Engine>,
    leased: &Leased,
    (prepared, tools): (&Prepared, &Arc<Tools>),
) -> gateway::Ports {
    let (run, attempt) = (leased.run.id, leased.attempt.id);
    gateway::Ports {
        tools: Arc::clone(tools) as Arc<dyn gateway::RunTools>,
        transcript: Arc::new(Transcript {
            engine: Arc::clone(engine),
            run,
            attempt,
            lane: tools.family.lane().map(str::to_owned),
        }),
        ledger: Arc::new(Purser::of(engine, leased, prepared, tools.family.lane().map(str::to_owned))),
        quarantine: engine.git.quarantine_of(run),
        egress: engine.egress.clone(),
    }
}

pub(super) fn task(prepared: &Prepared) -> sandbox::Task {
    let stack = &prepared.stack;
    sandbox::Task {
        argv: prepared.launch.argv.iter().map(Into::into).collect(),
        env: prepared.launch.env.clone(),
        read_only: shown(prepared),
        gateway_socket: prepared.workspace.gateway_socket(),
        stdin: sandbox::Input::Nothing,
        limits: sandbox::Limits {
            memory_bytes: stack.sandbox.memory.bytes(),
            disk_bytes: stack.sandbox.disk.bytes(),
            processes: stack.sandbox.processes,
            wall: wall(stack),
            ..sandbox::Limits::default()
        },
    }
}

/// How long a conversation may become: what fits into the window of the model beside an answer, at three bytes a token.
fn context_bytes(model: Option<&ModelProfile>) -> usize {
    let most = gateway::brief::Limits::default().context_bytes;
    let limits = model.map(|model| model.limits).unwrap_or_default();
    let Some(window) = limits.window else { return most };
    let answer = limits.answer.unwrap_or(window / 4);
    usize::try_from(window.saturating_sub(answer).saturating_mul(3)).map_or(most, |bytes| bytes.min(most))
}

/// The tools of the run: those of the stack's groups, and the reader of its skills.
fn tools(prepared: &Prepared) -> Vec<gateway::brief::Tool> {
    let stack = &prepared.stack;
    let mut tools = gateway::tools::offered(stack.autonomy != Autonomy::Read, &stack.tools);
    tools.extend(gateway::tools::for_skills().filter(|_| !prepared.skills.is_empty()));
    let stacks = &prepared.trusted.catalog.stacks;
    tools.extend(prepared.servers.tools());
    let subagents = stack.subagents.iter().filter_map(|name| Some((name, stacks.get(name)?)));
    tools.extend(subagents.map(|(name, stack)| gateway::tools::for_subagent(name, &stack.description)));
    tools
}

/// What is shown besides the workspace: the objects of the repository, and the files of skills.
fn shown(prepared: &Prepared) -> Vec<(PathBuf, PathBuf)> {
    let skills = prepared.skill_files.as_ref().map(|files| (files.path().to_owned(), SKILLS.into()));
    std::iter::once((prepared.objects.clone(), OBJECTS.into())).chain(skills).collect()
}

/// How long the sandbox runs at most.
fn wall(stack: &Stack) -> Duration {
    Duration::from_secs(u64::from(stack.budget.minutes) * 60)
}

async fn begun(engine: &Engine, leased: &Leased) -> Result<()> {
    let now = engine.clock.now();
    let mut tx = engine.db.begin().await?;
    let run = engine.runs.lock(&mut tx, leased.run.id).await?;
    // A fast agent may have asked a question already.
    if run.state == State::Starting {
        engine.runs.change_state(&mut tx, &run, State::Running, now).await?;
    }
    tx.commit().await?;
    engine.runs.announce(leased.run.id);
    Ok(())
}

/// Adds what the model used since the last time to the run's totals.
async fn book(engine: &Engine, leased: &Leased, spent: Spent, booked: &mut Spent) -> Result<()> {
    if spent == *booked {
        return Ok(());
    }
    let more = |now: u64, then: u64| i64::try_from(now.saturating_sub(then)).unwrap_or(i64::MAX);
    engine
        .runs
        .add_usage(
            leased.run.id,
            more(spent.tokens_in, booked.tokens_in),
            more(spent.tokens_out, booked.tokens_out),
            more(spent.micro_usd, booked.micro_usd),
        )
        .await?;
    *booked = spent;
    Ok(())
}

/// Reads a stream of the agent to its end and keeps the tail: a full pipe would make the agent wait.
pub(super) async fn drain(stream: Option<sandbox::Output>) -> String {
    let Some(mut stream) = stream else { return String::new() };
    let (mut tail, mut buffer) = (Vec::new(), vec![0; 16 * 1024]);
    while let Ok(read @ 1..) = stream.read(&mut buffer).await {
        tail.extend_from_slice(&buffer[..read]);
        let extra = tail.len().saturating_sub(MOST_STDERR);
        tail.drain(..extra);
    }
    visible_bytes(&tail)
}
