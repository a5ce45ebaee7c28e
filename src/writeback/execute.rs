//! The executor: one approved effect, written once.

use std::sync::Arc;

use crate::approvals::Approved;
use crate::forge::Marker;
use crate::forge::Reader;
use crate::forge::Writer;
use crate::forge::Written;
use crate::git::Git;
use crate::kit::Error;
use crate::kit::ErrorKind;
use crate::kit::Result;
use crate::model::effect::Payload;
use crate::proposals::Proposed;
use crate::writeback::check_rerun;
use crate::writeback::comment;
use crate::writeback::expected;
use crate::writeback::issue;
use crate::writeback::labels;
use crate::writeback::pull_request;
use crate::writeback::push;
use crate::writeback::review;

/// Writes on a forge. It holds the only hand that can.
#[derive(Clone)]
pub struct Executor {
    pub(super) reader: Arc<dyn Reader>,
    pub(super) writer: Arc<dyn Writer>,
    pub(super) git: Git,
}

/// An approved effect, and in whose name it is written.
#[derive(Clone, Debug)]
pub struct Order {
    /// The effect, with the proof that it may be written.
    pub approved: Approved<Proposed>,
    /// The name of who asked for the run.
    pub behalf: String,
    /// The address that commits name for who asked.
    pub behalf_email: String,
    /// The stack whose agent proposed it.
    pub stack: String,
    /// The address of the run's page.
    pub run_url: String,
}

/// What came of a try.
#[derive(Clone, Debug)]
pub enum Outcome {
    /// It is written, now or before.
    Applied(Written),
    /// Its target moved; nothing was written.
    Stale(String),
    /// It cannot be written, ever.
    Failed(String),
    /// It could not be written now.
    Later(String),
}

impl Executor {
    /// Over one forge.
    pub fn new(reader: Arc<dyn Reader>, writer: Arc<dyn Writer>, git: Git) -> Self {
        Self { reader, writer, git }
    }

    /// Writes an effect, unless it is there already or its target moved.
    pub async fn apply(&self, order: &Order) -> Outcome {
        match self.attempt(order).await {
            Ok(outcome) => outcome,
            Err(error) => {
                tracing::warn!(effect = %order.effect().id, error = %error.chain(), "cannot write an effect");
                Outcome::of(&error)
            }
        }
    }

    async fn attempt(&self, order: &Order) -> Result<Outcome> {
        if let Some(written) = self.already(order).await? {
            return Ok(Outcome::Applied(written));
        }
        if let Some(why) = expected::moved(&*self.reader, &order.effect().new.effect).await? {
            return Ok(Outcome::Stale(why));
        }
        let written = match &order.effect().new.effect.payload {
            Payload::Comment { body } => comment::write(self, order, body).await,
            Payload::Push { code } => push::write(self, order, code).await,
            Payload::PullRequest { title, body, base, code } | Payload::Memory { title, body, base, code } => {
                pull_request::write(self, order, (title, body, base), code).await
            }
            Payload::Labels { add, remove } => labels::write(self, order, add, remove).await,
            Payload::CheckRerun { check, sha } => check_rerun::write(self, order, check, sha).await,
            Payload::Review(words) => review::write(self, order, words).await,
            Payload::Issue { title, body, labels } => issue::write(self, order, (title, body, labels)).await,
        };
        written.map(Outcome::Applied)
    }

    /// What an earlier try wrote before it was cut off.
    async fn already(&self, order: &Order) -> Result<Option<Written>> {
        match &order.effect().new.effect.payload {
            Payload::Comment { .. } => comment::find(self, order).await,
            Payload::Push { code } => push::find(self, order, code).await,
            Payload::PullRequest { title, body, base, code } | Payload::Memory { title, body, base, code } => {
                pull_request::find(self, order, (title, body, base), code).await
            }
            Payload::Labels { add, remove } => labels::find(self, order, add, remove).await,
            Payload::Review(_) => review::find(self, order).await,
            Payload::Issue { .. } => issue::find(self, order).await,
            // The driver keeps its marker with the request itself.
            Payload::CheckRerun { .. } => Ok(None),
        }
    }
}

impl Order {
    /// The effect.
    pub fn effect(&self) -> &Proposed {
        self.approved.get()
    }

    /// The key of this write-back on the forge. The run is part of it: the same bytes asked for again on another day are
    /// another write-back.
    pub(super) fn marker(&self) -> Result<Marker> {
        format!("effect-{}-{}", self.effect().digest.short(), self.effect().new.run.short()).parse()
    }

    pub(super) fn number(&self) -> Result<i64> {
        self.effect().new.effect.target.number.ok_or_else(|| Error::internal("An effect on an issue names none"))
    }
}

impl Outcome {
    /// A conflict means that the target moved while we wrote; input that the forge refuses stays refused.
    fn of(error: &Error) -> Self {
        let message = error.message().to_owned();
        match error.kind() {
            ErrorKind::Conflict => Self::Stale(message),
            ErrorKind::Invalid | ErrorKind::NotFound | ErrorKind::Denied | ErrorKind::TooLarge => Self::Failed(message),
            ErrorKind::Malformed
            | ErrorKind::Unauthenticated
            | ErrorKind::RateLimited
            | ErrorKind::Quota
            | ErrorKind::Unavailable
            | ErrorKind::Internal => Self::Later(message),
        }
    }

    /// What went wrong, or why it is stale.
    pub fn problem(&self) -> Option<&str> {
        match self {
            Self::Applied(_) => None,
            Self::Stale(why) | Self::Failed(why) | Self::Later(why) => Some(why),
        }
    }
}
