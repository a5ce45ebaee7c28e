//! From settings to an engine: directories, keys, migrations, every room's handle.

use std::os::unix::fs::DirBuilderExt as _;
use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;

use crate::access::Access;
use crate::approvals::Approvals;
use crate::audit::Audit;
use crate::checks::Checks;
use crate::config::Settings;
use crate::db::Db;
use crate::egress::Egress;
use crate::engine;
use crate::engine::Engine;
use crate::engine::SandboxState;
use crate::engine::living::Attempts;
use crate::engine::living::Jobs;
use crate::engine::trusted::Catalogs;
use crate::events::Events;
use crate::forge;
use crate::forge::embedded::Embedded;
use crate::gateway;
use crate::gateway::Gateway;
use crate::git;
use crate::git::Git;
use crate::identity::Identity;
use crate::kit::Result;
use crate::kit::clock::Clock;
use crate::kit::error::Context as _;
use crate::kit::poke::Poke;
use crate::memory::Memory;
use crate::models::Models;
use crate::proposals::Proposals;
use crate::runs::Runs;
use crate::sandbox;
use crate::sandbox::Bubblewrap;
use crate::sandbox::Sandbox as _;
use crate::sandbox::Workspaces;
use crate::vault::Vault;
use crate::writeback::Executor;
use crate::writeback::WriteBacks;

/// Builds the engine. Migrates the database; everything it makes in the data directory is for the server's user alone.
pub async fn build(settings: &Settings, clock: &Clock, base_url: String) -> Result<Arc<Engine>> {
    let data = data_directory(&settings.data)?;
    let db = database(settings, &data).await?;
    let poke = Poke::default();
    let identity = Identity::new(db.clone(), clock);
    let access = Access::new(db.clone(), &identity, clock);
    let audit = Audit::open(db.clone(), &data)?;
    let vault = Vault::open(db.clone(), &data).await?;
    let git_settings = git::Settings { push_limit: settings.push_limit, search_path: settings.search_path.clone() };
    let git = Git::open(&data, &git_settings).await?;
    let rooms = forge::embedded::Rooms {
        db: db.clone(),
        clock: clock.clone(),
        identity: identity.clone(),
        access: access.clone(),
        git: git.clone(),
        vault: vault.clone(),
        poke: poke.clone(),
        base_url: base_url.clone(),
    };
    let forge = Embedded::open(rooms).await?;
    let program = match &settings.program {
        Some(program) => program.clone(),
        None => std::env::current_exe().context("Cannot find our own program")?,
    };
    let (workspaces, sandbox) = sandbox(settings, &data, &program).await?;
    let hands: Arc<Embedded> = Arc::new(forge.clone());
    Ok(Arc::new(Engine {
        memory: Memory::new(db.clone(), &git, &data),
        settings: engine::Settings {
            base_url,
            runners: settings.runners,
            checkers: settings.checks,
            keep_check_logs: settings.keep_check_logs,
            keep_checks: settings.keep_checks,
            after_stop: settings.after_stop,
            checkpoint_every: settings.checkpoint_every,
            keep_workspaces: settings.keep_workspaces,
            keep_bytes: settings.keep_bytes,
            import: settings.import,
            runner_name: runner_name(&data)?,
            data,
        },
        executor: Executor::new(hands.clone(), hands.clone(), git.clone()),
        reader: hands,
        events: Events::new(db.clone(), clock),
        models: Models::new(db.clone(), vault.clone(), settings.models.clone()),
        proposals: Proposals::new(db.clone()),
        approvals: Approvals::new(db.clone()),
        checks: Checks::new(db.clone()),
        runs: Runs::new(db.clone()),
        write_backs: WriteBacks::new(db.clone()),
        egress: Egress::new(settings.egress.clone())?,
        fetches: engine::mirror::Fetches::default(),
        hooks_under_way: engine::tasks::deliver::UnderWay::default(),
        upkeep: engine::tasks::tend::Upkeep::default(),
        gateway: Gateway::new(gateway::Settings::default())?,
        catalogs: Catalogs::default(),
        living: Attempts::default(),
        checking: Jobs::default(),
        clock: clock.clone(),
        db,
        poke,
        identity,
        access,
        audit,
        vault,
        git,
        forge,
        workspaces,
        sandbox,
    }))
}

/// The database, with its tables up to date.
pub async fn database(settings: &Settings, data: &Path) -> Result<Db> {
    let db = match &settings.database {
        Some(url) => Db::open(url.reveal()).await?,
        None => Db::open_in(data).await?,
    };
    db.migrate().await?;
    Ok(db)
}

/// The data directory, made for the server's user alone.
pub fn data_directory(path: &Path) -> Result<PathBuf> {
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(|error| unusable(path, &error))?;
    path.canonicalize().map_err(|error| unusable(path, &error))
}

fn unusable(path: &Path, error: &std::io::Error) -> crate::kit::Error {
    crate::kit::Error::invalid(format!("Cannot use `{}` as the data directory: {error}", path.display()))
        .hint("name another one with `--data`")
        .field("data")
}

/// The workspaces, and whether this machine can run agents in them. They never run without a sandbox.
async fn sandbox(settings: &Settings, data: &Path, program: &Path) -> Result<(Workspaces, SandboxState)> {
    let wanted = sandbox::Settings {
        agent_id: settings.agent_id,
        most_checkout_bytes: settings.checkout_bytes,
        toolchains: settings.toolchains.clone(),
        ..sandbox::Settings::default()
    };
    let workspaces = Workspaces::open(&data.join("workspaces"), wanted)?;
    let missing = |error: crate::kit::Error| {
        let hints: String = error.hints().iter().map(|hint| format!("; {hint}")).collect();
        SandboxState::Missing { why: format!("{}{hints}", error.message()) }
    };
    let state = match Bubblewrap::find(program.to_owned(), &workspaces) {
        Ok(found) => {
            let doctor = found.doctor().await;
            if doctor.can_run() {
                SandboxState::Ready(Arc::new(found))
            } else {
                SandboxState::Missing { why: lacks(&doctor) }
            }
        }
        Err(error) => missing(error),
    };
    if let SandboxState::Missing { why } = &state {
        tracing::warn!(why, "agents cannot run on this machine and are refused");
    }
    Ok((workspaces, state))
}

/// What a machine lacks that cannot run agents, and what would mend it.
fn lacks(doctor: &sandbox::Doctor) -> String {
    let missing = doctor.findings.iter().filter(|finding| finding.health == sandbox::Health::Missing);
    let told = missing.map(|finding| match &finding.hint {
        Some(hint) => format!("{} ({hint})", finding.says),
        None => finding.says.clone(),
    });
    told.collect::<Vec<_>>().join("; ")
}

/// A name that stays the same over restarts, so that a new process knows what the old one left.
fn runner_name(data: &Path) -> Result<String> {
    let file = data.join("runner-name");
    if let Ok(name) = std::fs::read_to_string(&file) {
        return Ok(name.trim().to_owned());
    }
    let name = format!("runner-{}", uuid::Uuid::now_v7().as_simple());
    std::fs::write(&file, &name).context("Cannot write the runner's name")?;
    Ok(name)
}
