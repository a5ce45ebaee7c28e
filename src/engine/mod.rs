//! The only room that knows the whole story of an event: from a delivery to a write on a forge.
//!
//! Who is who: [`Engine`] holds the handle of every room below; doors read through those handles, and change things by the
//! verbs here. [`Step`] is the audited frame: a transaction that can be committed only together with an audit entry.
//! [`tasks`] are the background workers: each takes no input, does what the database says is to be done, runs when poked
//! and on a period, and can be stepped by a test. [`attempt`] is the life of one attempt, from lease to proposal.
//!
//! ```text
//!   tasks::strike   the clock, for rules with schedule  → events
//!   tasks::ingest   what the forge says happened        → events
//!   tasks::decide   events × rules at a trusted commit  → executions, runs, answers to commands
//!   tasks::drain    queued executions                   → runs
//!   tasks::check    queued jobs of checks               → check: workspace, sandbox, a status on the commit
//!   tasks::work     queued attempts                     → attempt: context, workspace, gateway, sandbox, agent
//!   attempt::tools  what the agent proposes             → effects with verdicts, requests to people
//!   verbs           what people decide                  → write-backs
//!   tasks::apply    write-backs                         → the forge
//!   tasks::watch    moved targets, expired requests, lost runners
//!   tasks::sweep    workspaces that were kept long enough
//!   tasks::deliver  what hooks are to be told           → whoever asked, by way of `egress`
//!   tasks::mirror   imports and mirrors that are due    → mirror: fetched by way of `egress`, branches moved
//! ```
//!
//! Deliberately does not know HTML, JSON shapes of APIs, or SQL.
//!
//! To add a background worker: a file in `tasks/` and a line in its closed list. To add a verb that spans rooms: a file
//! in `verbs/`.

mod frame;

mod settings;

pub mod trusted;

pub mod brain;

pub mod updates;

mod conclude;

mod firing;

pub mod attempt;

pub mod living;

pub mod mirror;

mod check;

pub mod tasks;

pub mod verbs;

pub use check::CheckVerb;
pub use frame::Step;
pub use settings::AfterStop;
pub use settings::Settings;
pub use tasks::Tasks;
pub use trusted::Trusted;

use std::sync::Arc;

use crate::access::Access;
use crate::approvals::Approvals;
use crate::audit::Audit;
use crate::checks::Checks;
use crate::db::Db;
use crate::egress::Egress;
use crate::events::Events;
use crate::forge::Reader;
use crate::forge::embedded::Embedded;
use crate::gateway::Gateway;
use crate::git::Git;
use crate::identity::Identity;
use crate::kit::clock::Clock;
use crate::kit::poke::Poke;
use crate::memory::Memory;
use crate::models::Models;
use crate::proposals::Proposals;
use crate::runs::Runs;
use crate::sandbox::Sandbox;
use crate::sandbox::Workspaces;
use crate::vault::Vault;
use crate::writeback::Executor;
use crate::writeback::WriteBacks;

/// The handle of every room, and the verbs that span rooms.
pub struct Engine {
    /// The database.
    pub db: Db,
    /// The time.
    pub clock: Clock,
    /// Wakes the background tasks.
    pub poke: Poke,
    /// What an administrator decided.
    pub settings: Settings,
    /// People, organisations, sessions, tokens.
    pub identity: Identity,
    /// Who may do what.
    pub access: Access,
    /// The chained log.
    pub audit: Audit,
    /// Sealed values.
    pub vault: Vault,
    /// Git repositories.
    pub git: Git,
    /// The embedded forge.
    pub forge: Embedded,
    /// The brains of organisations.
    pub memory: Memory,
    /// Deliveries, events, executions.
    pub events: Events,
    /// Models that stacks may name.
    pub models: Models,
    /// What agents proposed.
    pub proposals: Proposals,
    /// What people are asked.
    pub approvals: Approvals,
    /// Checks of the forge itself.
    pub checks: Checks,
    /// Runs and their transcripts.
    pub runs: Runs,
    /// What is to be written back.
    pub write_backs: WriteBacks,
    /// Reads the forge that repositories live on.
    pub reader: Arc<dyn Reader>,
    /// The only hand that writes on a forge.
    pub executor: Executor,
    /// The one way out to addresses that people type in.
    pub egress: Egress,
    /// Tries to tell hooks that this process makes.
    pub hooks_under_way: tasks::deliver::UnderWay,
    /// The upkeep of a Git directory that this process is at.
    pub upkeep: tasks::tend::Upkeep,
    /// Imports and mirrors that this process fetches.
    pub fetches: mirror::Fetches,
    /// Opens doors for attempts.
    pub gateway: Gateway,
    /// Folders of attempts.
    pub workspaces: Workspaces,
    /// Runs agents, or why this machine cannot.
    pub sandbox: SandboxState,
    /// What is known at trusted commits.
    pub catalogs: trusted::Catalogs,
    /// Attempts that this process works on.
    pub living: living::Attempts,
    /// Jobs of checks that this process works on.
    pub checking: living::Jobs,
}

/// Whether this machine can run agents.
pub enum SandboxState {
    /// It can.
    Ready(Arc<dyn Sandbox>),
    /// It cannot, and agents are refused: never run without.
    Missing {
        /// What is missing, and how to get it.
        why: String,
    },
}

impl Engine {
    /// Why this machine cannot run agents; none when it can.
    pub fn sandbox_missing(&self) -> Option<&str> {
        match &self.sandbox {
            SandboxState::Ready(_) => None,
            SandboxState::Missing { why } => Some(why),
        }
    }
}
