//! Before the agent runs: what it was dispatched with is read at its commits, what it is shown is frozen, and it gets a
//! quarantine and a workspace of its own.

use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;

use serde_json::json;

use crate::agents::Adapter;
use crate::agents::Launch;
use crate::agents::LaunchInput;
use crate::catalog::Stack;
use crate::context::Bundle;
use crate::context::Trust;
use crate::engine::Engine;
use crate::engine::Trusted;
use crate::engine::attempt::gather;
use crate::engine::attempt::go_on;
use crate::engine::attempt::keep;
use crate::engine::attempt::ledger::Limits;
use crate::engine::attempt::reach;
use crate::engine::attempt::servers;
use crate::engine::attempt::servers::Opening;
use crate::engine::attempt::servers::Servers;
use crate::engine::attempt::skills;
use crate::engine::attempt::skills::Offer;
use crate::gateway;
use crate::git;
use crate::kit::Error;
use crate::kit::Result;
use crate::kit::error::Context as _;
use crate::model::BranchName;
use crate::model::CommitId;
use crate::model::RepoRef;
use crate::models::ModelProfile;
use crate::runs::Leased;
use crate::runs::NewEvent;
use crate::sandbox;
use crate::sandbox::Lower;
use crate::sandbox::Tier;
use crate::sandbox::Workspace;

/// Where the objects of the repository lie inside the sandbox.
pub(in crate::engine) const OBJECTS: &str = "/run/forgehand/objects";

/// Everything that an attempt needs to run.
pub(super) struct Prepared {
    pub(super) trusted: Trusted,
    pub(super) stack: Stack,
    pub(super) model: Option<ModelProfile>,
    /// The run brought the key of its model.
    pub(super) own_key: bool,
    /// What a day may cost.
    pub(super) limits: Limits,
    pub(super) bundle: Bundle,
    pub(super) launch: Launch,
    pub(super) workspace: Arc<Workspace>,
    pub(super) objects: PathBuf,
    pub(super) network: gateway::Network,
    pub(super) skills: Vec<Offer>,
    /// The MCP servers of the stack.
    pub(super) servers: Servers,
    /// The files of the skills; kept as long as the sandbox shows them.
    pub(super) skill_files: Option<Lower>,
}

pub(super) async fn prepare(engine: &Arc<Engine>, leased: &Leased) -> Result<Prepared> {
    let run = &leased.run.dispatch;
    let trusted = engine.trusted_at(&run.repo, run.config_commit.clone(), run.ceiling_commit.clone()).await?;
    let stack = trusted.catalog.stacks.get(&run.stack).ok_or_else(|| {
        Error::invalid(format!("The stack `{}` is not in force at {}", run.stack, run.config_commit.short()))
            .code("STACK_GONE")
    })?;
    let stack = stack.value.clone();
    let commit = run.code_commit.clone().ok_or_else(|| {
        Error::invalid("The repository has no commit to work on").hint("push a first commit").code("NO_CODE")
    })?;
    let network = reach::network(engine, leased, &trusted, &stack).await?;
    let model = engine.model_for(leased.run.id, (&trusted, &stack)).await?;
    let own_key = engine.models.is_brought(leased.run.id).await?;
    let limits = Limits::now(engine, &run.repo).await?;
    let launch = launch(&stack, model.as_ref(), &network)?;
    let source = engine.git.repository(&run.repo.owner, &run.repo.name);
    let skills = skills::offered(engine, &run.repo, &trusted, &stack).await?;
    // What it is shown waits for the database, where it works for files: neither needs the other.
    let (bundle, _, skill_files, workspace) = tokio::try_join!(
        frozen(engine, leased, Shown { trusted: &trusted, stack: &stack, skills: &skills }),
        engine.git.quarantine(leased.run.id, &source),
        skills::laid_out(engine, &skills),
        keep::open(engine, leased, &commit),
    )?;
    keep::begin(engine, leased, &workspace).await?;
    let servers = servers::open(Opening { engine, leased, trusted: &trusted, stack: &stack }, &workspace).await?;
    let (workspace, objects) = (workspace, source.directory().join("objects"));
    Ok(Prepared {
        trusted,
        stack,
        model,
        own_key,
        limits,
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

/// How the agent of a stack is started, told of the way out if it has one.
pub(super) fn launch(stack: &Stack, model: Option<&ModelProfile>, network: &gateway::Network) -> Result<Launch> {
    let adapter: Adapter = stack.agent.as_str().parse()?;
    let mut launch = adapter.agent()?.launch(&LaunchInput {
        program: sandbox::OWN_PROGRAM.into(),
        gateway: sandbox::GATEWAY_URL.into(),
        model: stack.model.clone(),
        protocol: model.map(|model| model.protocol),
        prompt: stack.prompt.clone(),
        command: stack.command.clone(),
        mode: stack.acp.mode.clone(),
    })?;
    launch.env.extend(reach::environment(network));
    Ok(launch)
}

/// What is shown to the agent of what is in force.
#[derive(Clone, Copy)]
pub(super) struct Shown<'a> {
    pub(super) trusted: &'a Trusted,
    pub(super) stack: &'a Stack,
    pub(super) skills: &'a [Offer],
}

/// What the agent is shown: gathered once for a run, and the same for each of its attempts, until one looks at the world anew.
/// An attempt that goes on is told what happened before, beside that.
async fn frozen(engine: &Arc<Engine>, leased: &Leased, shown: Shown<'_>) -> Result<Bundle> {
    let attempts = engine.runs.attempts(leased.run.id).await?;
    let since = attempts.iter().rposition(|attempt| attempt.fresh).unwrap_or(0);
    let earlier = attempts[since..].iter().find_map(|attempt| attempt.bundle.clone());
    let bundle = match &earlier {
        Some(manifest) => serde_json::from_str(manifest).context("A frozen context bundle cannot be read")?,
        None => gather::bundle(engine, &leased.run, shown).await?,
    };
    let told = go_on::continuation(engine, leased).await?;
    let stranger = told.message.as_ref().is_some_and(|message| message.trust != Trust::Trusted);
    let bundle = bundle.go_on(told);
    let manifest = serde_json::to_string(&bundle).context("A context bundle cannot be written")?;
    let now = engine.clock.now();
    let mut tx = engine.db.begin().await?;
    engine.runs.freeze(&mut tx, leased.attempt.id, &manifest).await?;
    if stranger {
        let author = leased.attempt.asked_by.clone();
        engine.runs.distrust(&mut tx, leased.run.id, &[author], now).await?;
    }
    let body = json!({
        "bundle": bundle.digest,
        "parts": bundle.parts.len(),
        "again": earlier.is_some(),
        "config": leased.run.dispatch.config_commit,
        "code": leased.run.dispatch.code_commit,
        "policy": leased.run.dispatch.policy_digest,
    });
    engine.runs.note(&mut tx, leased.run.id, Some(leased.attempt.id), now, &[NewEvent::ours("context", body)]).await?;
    tx.commit().await?;
    engine.runs.announce(leased.run.id);
    Ok(bundle)
}

impl Engine {
    /// A fresh workspace over a checkout.
    pub async fn workspace(
        &self,
        repo: &RepoRef,
        commit: &CommitId,
        branch: Option<&BranchName>,
        tier: Tier,
    ) -> Result<Workspace> {
        let lower = self.checkout(repo, commit, branch, tier).await?;
        let workspaces = self.workspaces.clone();
        let opened = tokio::task::spawn_blocking(move || workspaces.open_attempt(&lower));
        opened.await.context("Making a workspace broke off")?
    }

    /// The checkout that everybody at the same commit and branch and in the same tier shares, read-only.
    pub(in crate::engine) async fn checkout(
        &self,
        repo: &RepoRef,
        commit: &CommitId,
        branch: Option<&BranchName>,
        tier: Tier,
    ) -> Result<Lower> {
        let key = self.checkout_key(repo, commit, branch, tier);
        let workspaces = self.workspaces.clone();
        let source = self.git.repository(&repo.owner, &repo.name);
        let (commit, branch) = (commit.clone(), branch.cloned());
        let handle = tokio::runtime::Handle::current();
        let found = tokio::task::spawn_blocking(move || {
            let fill = |directory: &Path| {
                let wanted = git::Workspace {
                    directory: directory.to_owned(),
                    branch,
                    alternates: OBJECTS.into(),
                    origin: format!("{}/quarantine.git", sandbox::GATEWAY_URL),
                    user: ("agent".into(), "agent@forgehand.invalid".into()),
                };
                handle.block_on(source.materialise(&commit, wanted))?;
                handle.block_on(source.verify(&commit, directory))
            };
            workspaces.cached(&key, fill)
        });
        found.await.context("Making a checkout broke off")?
    }

    /// What a checkout is known by.
    pub(in crate::engine) fn checkout_key(
        &self,
        repo: &RepoRef,
        commit: &CommitId,
        branch: Option<&BranchName>,
        tier: Tier,
    ) -> String {
        let shown = branch.map(ToString::to_string).unwrap_or_default();
        format!("{} {commit} {shown} {tier:?}", repo.id)
    }
}
