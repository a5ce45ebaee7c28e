//! The background workers. Each is idempotent, takes no input, and says whether it found something to do.
//!
//! They share one loop: poked or not, at least once a second, each is asked to step until none has work. A test steps
//! them itself. What a worker cannot do now it leaves in the database and tries again at its next turn.

mod strike;

mod ingest;

mod route;

mod decide;

mod drain;

mod check;

mod work;

mod apply;

mod watch;

mod sweep;

pub mod deliver;

pub mod tend;

mod mirror;

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch as signal;

use crate::engine::Engine;
use crate::kit::Result;

/// How long the workers sleep when nobody pokes them.
const PERIOD: Duration = Duration::from_secs(1);

/// How often the head of the audit log is written down outside the database.
const CHECKPOINTS: Duration = Duration::from_secs(60);

/// How often the clocks of all repositories are wound: a push winds one at once, and this is for what no push told.
const WINDS: Duration = Duration::from_secs(3600);

/// How often runs that seem to be at work are looked at again.
const LOOKS: Duration = Duration::from_secs(5);

/// The workers of one engine.
#[derive(Clone)]
pub struct Tasks {
    engine: Arc<Engine>,
}

/// Every worker, in the order of the story.
#[derive(Clone, Copy, Debug)]
enum Task {
    Strike,
    Ingest,
    Route,
    Decide,
    Drain,
    Check,
    Work,
    Apply,
    Watch,
    Sweep,
    Deliver,
    Tend,
    Mirror,
}

const ALL: [Task; 13] = [
    Task::Strike,
    Task::Ingest,
    Task::Route,
    Task::Decide,
    Task::Drain,
    Task::Check,
    Task::Work,
    Task::Apply,
    Task::Watch,
    Task::Sweep,
    Task::Deliver,
    Task::Tend,
    Task::Mirror,
];

impl Tasks {
    /// Over this engine.
    pub fn new(engine: Arc<Engine>) -> Self {
        Self { engine }
    }

    /// What a crash left behind is put right, before the first step: attempts that this process no longer works on.
    pub async fn recover(&self) -> Result<()> {
        watch::recover(&self.engine).await
    }

    /// Asks each worker once; answers whether any found something to do. A worker that fails is tried again next time.
    pub async fn step(&self) -> bool {
        let mut worked = false;
        for task in ALL {
            match self.turn(task).await {
                Ok(did) => worked |= did,
                Err(error) => tracing::error!(task = ?task, error = %error.chain(), "a background task failed"),
            }
        }
        worked
    }

    async fn turn(&self, task: Task) -> Result<bool> {
        match task {
            Task::Strike => strike::step(&self.engine).await,
            Task::Ingest => ingest::step(&self.engine).await,
            Task::Route => route::step(&self.engine).await,
            Task::Decide => decide::step(&self.engine).await,
            Task::Drain => drain::step(&self.engine).await,
            Task::Check => check::step(&self.engine).await,
            Task::Work => work::step(&self.engine).await,
            Task::Apply => apply::step(&self.engine).await,
            Task::Watch => watch::step(&self.engine).await,
            Task::Sweep => sweep::step(&self.engine).await,
            Task::Deliver => deliver::step(&self.engine).await,
            Task::Tend => tend::step(&self.engine).await,
            Task::Mirror => mirror::step(&self.engine).await,
        }
    }

    /// Steps until there is nothing to do, neither an attempt nor a check lives in this process, no hook is being told, no
    /// repository is being packed and nothing is being fetched.
    pub async fn settle(&self) {
        loop {
            // Asked before the step: what ends during it may leave work that the step has passed by.
            let engine = &self.engine;
            let works = engine.living.any() || engine.checking.any();
            let busy = works || engine.hooks_under_way.any() || engine.upkeep.any() || engine.fetches.any();
            if self.step().await {
                continue;
            }
            if !busy {
                return;
            }
            self.engine.poke.poked().await;
        }
    }

    /// Works until told to stop, then waits for the attempts that live to be told too.
    pub async fn run(self, mut stop: signal::Receiver<bool>) {
        let mut checkpoints = tokio::time::interval(CHECKPOINTS);
        let mut looks = tokio::time::interval(LOOKS);
        let mut winds = tokio::time::interval(WINDS);
        while !*stop.borrow() {
            if self.step().await {
                continue;
            }
            tokio::select! {
                () = self.engine.poke.poked() => {}
                () = tokio::time::sleep(PERIOD) => {}
                _ = looks.tick() => self.look_again().await,
                _ = checkpoints.tick() => self.checkpoint().await,
                _ = winds.tick() => self.wind_all().await,
                _ = stop.changed() => {}
            }
        }
        self.engine.living.stop_all().await;
        self.engine.checking.stop_all().await;
        self.engine.hooks_under_way.stop_all().await;
        self.engine.upkeep.stop().await;
        self.engine.fetches.stop_all().await;
        self.checkpoint().await;
    }

    /// What no turn comes back to by itself.
    async fn look_again(&self) {
        if let Err(error) = self.engine.settle_runs_at_work().await {
            tracing::error!(error = %error.chain(), "cannot look where runs stand");
        }
    }

    /// Such as another default branch, or rules that an older version of this program knew no clock for.
    async fn wind_all(&self) {
        if let Err(error) = self.engine.wind_all(None).await {
            tracing::error!(error = %error.chain(), "cannot wind the clocks of all repositories");
        }
    }

    /// Without it, a log that was cut and whose old head was put back could not be told from a whole one.
    async fn checkpoint(&self) {
        if let Err(error) = self.engine.audit.checkpoint().await {
            tracing::error!(error = %error.chain(), "cannot write a checkpoint of the audit log");
        }
    }
}
