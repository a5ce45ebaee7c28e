//! Who acts, through which request, at what time.

use crate::kit::clock::Clock;
use crate::kit::clock::Timestamp;
use crate::model::AccountId;
use crate::model::OwnerName;
use crate::model::RunId;

/// The first argument of every verb.
#[derive(Clone, Debug)]
pub struct Cx {
    /// Who acts.
    pub actor: Actor,
    /// The time, which a test moves.
    pub clock: Clock,
    /// The id that ties log lines, audit entries and error pages of one request together.
    pub request: String,
}

/// Who acts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Actor {
    /// Nobody is signed in.
    Anonymous,
    /// A person, by a session or by a token of theirs.
    Person {
        /// Their account.
        id: AccountId,
        /// Their name.
        login: OwnerName,
        /// Whether they administer the whole server.
        site_admin: bool,
        /// What the token may do; none for a session, which may do all that the person may.
        scopes: Option<Vec<String>>,
    },
    /// An agent in a run. It can never decide.
    Agent {
        /// Its run.
        run: RunId,
    },
    /// The server itself.
    System,
}

impl Cx {
    /// The server itself, in a background task.
    pub fn system(clock: &Clock) -> Self {
        Self {
            actor: Actor::System,
            clock: clock.clone(),
            request: format!("task-{}", uuid::Uuid::now_v7().as_simple()),
        }
    }

    /// Somebody, through a door.
    pub fn new(actor: Actor, clock: &Clock, request: String) -> Self {
        Self { actor, clock: clock.clone(), request }
    }

    /// The current time.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// The person who acts, if a person does.
    pub fn person(&self) -> Option<AccountId> {
        match &self.actor {
            Actor::Person { id, .. } => Some(*id),
            Actor::Anonymous | Actor::Agent { .. } | Actor::System => None,
        }
    }
}

impl Actor {
    /// The name in audit entries and log lines.
    pub fn name(&self) -> String {
        match self {
            Self::Anonymous => "anonymous".into(),
            Self::Person { login, .. } => login.to_string(),
            Self::Agent { run } => format!("agent of run {run}"),
            Self::System => "forgehand".into(),
        }
    }
}
