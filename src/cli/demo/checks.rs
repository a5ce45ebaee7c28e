//! The part of a CI system: runs the tests of every new head in the sandbox that agents get, and posts the result.

use std::sync::Arc;
use std::time::Duration;

use tokio::io::AsyncReadExt as _;
use tokio::net::UnixListener;

use crate::access::Cx;
use crate::cli::demo::seed::REPOSITORIES;
use crate::cli::demo::seed::Seeded;
use crate::engine::Engine;
use crate::engine::SandboxState;
use crate::forge::embedded::NewStatus;
use crate::forge::embedded::Place;
use crate::forge::embedded::StatusState;
use crate::git::Branch;
use crate::kit::Error;
use crate::kit::Result;
use crate::kit::error::Context as _;
use crate::sandbox;
use crate::sandbox::Ending;

/// The name of the check.
pub(super) const NAME: &str = "test";

/// How often heads are looked at.
const PERIOD: Duration = Duration::from_millis(300);

/// How much of a log becomes the status' description: its end.
const MOST_LOG: usize = 900;

/// Runs checks until it is dropped.
pub(super) struct Checks {
    engine: Arc<Engine>,
    cx: Cx,
}

impl Checks {
    pub(super) fn new(engine: &Arc<Engine>, seeded: &Seeded) -> Self {
        Self { engine: Arc::clone(engine), cx: seeded.ci.clone() }
    }

    pub(super) async fn run_forever(&self) -> Result<()> {
        loop {
            self.round().await?;
            tokio::time::sleep(PERIOD).await;
        }
    }

    /// Looks at every head once.
    pub(super) async fn round(&self) -> Result<()> {
        for name in REPOSITORIES {
            let place = self.engine.forge.enter(&self.cx, &"acme".parse()?, &name.parse()?).await?;
            for branch in self.engine.forge.git(&place.repository).branches().await? {
                if self.wants_a_run(&place, &branch).await? {
                    self.check(&place, &branch).await?;
                }
            }
        }
        Ok(())
    }

    /// A head without a result, or one that somebody asked to be checked again.
    async fn wants_a_run(&self, place: &Place, branch: &Branch) -> Result<bool> {
        let statuses = self.engine.forge.newest_statuses(place, &[&branch.commit]).await?;
        let found = statuses.iter().find(|status| status.context == NAME);
        Ok(found.is_none_or(|status| status.state == StatusState::Pending))
    }

    async fn check(&self, place: &Place, branch: &Branch) -> Result<()> {
        let (passed, log) = self.tests(place, branch).await?;
        let state = if passed { StatusState::Success } else { StatusState::Failure };
        let status = NewStatus { context: NAME.into(), state, description: log, target_url: String::new() };
        self.engine.forge.post_status(&self.cx, place, &branch.commit, status).await.map(drop)
    }

    async fn tests(&self, place: &Place, branch: &Branch) -> Result<(bool, String)> {
        let SandboxState::Ready(sandbox) = &self.engine.sandbox else {
            return Err(Error::invalid("This machine cannot run checks"));
        };
        let repo = place.repository.reference();
        let workspace = self.engine.workspace(&repo, &branch.commit, Some(&branch.name)).await?;
        // A check needs no gateway, but every sandbox has the place of one.
        let socket = workspace.gateway_socket();
        let _nobody = UnixListener::bind(&socket).context("Cannot make a socket for a check")?;
        let task = sandbox::Task {
            argv: vec!["sh".into(), "-c".into(), "sh tests/run.sh 2>&1".into()],
            env: Vec::new(),
            read_only: Vec::new(),
            gateway_socket: socket,
            stdin: sandbox::Input::Nothing,
            limits: sandbox::Limits { wall: Duration::from_secs(60), ..sandbox::Limits::default() },
        };
        let mut running = sandbox.start(&workspace, task).await?;
        let mut log = Vec::new();
        if let Some(stdout) = running.stdout() {
            stdout.take(1 << 20).read_to_end(&mut log).await.context("Cannot read what a check says")?;
        }
        let ending = running.ended().await?;
        let log = String::from_utf8_lossy(&log);
        let start = log.ceil_char_boundary(log.len().saturating_sub(MOST_LOG));
        Ok((ending == Ending::Exited(0), log[start..].trim().to_owned()))
    }
}
