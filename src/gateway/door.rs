//! What the handlers of one door share, and how they speak to the transcript and to whoever runs the attempt.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering;
use std::time::Duration;

use serde_json::Value;
use tokio::sync::Mutex;
use tokio::sync::OwnedMutexGuard;
use tokio::sync::watch;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::gateway::brief::Brief;
use crate::gateway::budget::Meter;
use crate::gateway::network::Network;
use crate::gateway::open::Ports;
use crate::gateway::open::Stop;
use crate::gateway::ports::Entry;
use crate::gateway::ports::EntryKind;
use crate::gateway::ports::Origin;
use crate::gateway::settings::Settings;
use crate::models::ModelProfile;

/// The longest that a call waits for the booking of another.
const BOOKED: Duration = Duration::from_millis(500);

/// What the handlers of one door share.
pub(super) struct Door {
    pub(super) brief: Brief,
    pub(super) model: Option<ModelProfile>,
    pub(super) meter: Meter,
    pub(super) ports: Ports,
    pub(super) settings: Settings,
    pub(super) client: reqwest::Client,
    pub(super) stop: watch::Sender<Option<Stop>>,
    /// Transcript entries that the agent may still write.
    pub(super) entries_left: AtomicUsize,
    pub(super) network: Network,
    /// Connections to hosts that may still be made.
    pub(super) connections_left: AtomicUsize,
    /// Refused connections that are still written down.
    pub(super) refusals_left: AtomicUsize,
    /// The agent was told that it does not suit its model.
    pub(super) mismatched: AtomicBool,
    pub(super) closed: CancellationToken,
    /// Held from before an agent sees the end of a stream until the call is booked, so that its next call is not paid beside what the
    /// last one had set aside.
    pub(super) booking: Arc<Mutex<()>>,
    /// Relays of model streams, which outlive the request that started them.
    pub(super) relays: TaskTracker,
}

impl Door {
    /// Says that the attempt must end. The first reason stays.
    pub(super) async fn stop(&self, stop: Stop) {
        let first = self.stop.send_if_modified(|known| {
            let first = known.is_none();
            if first {
                *known = Some(stop.clone());
            }
            first
        });
        if first {
            let detail = serde_json::json!({"reason": stop.reason()});
            self.say(EntryKind::Problem, stop.sentence(), detail).await;
        }
    }

    /// Waits until what has ended is booked, and for no longer than an agent may leave the end of another stream unread.
    pub(super) async fn book_first(&self) -> Option<OwnedMutexGuard<()>> {
        timeout(BOOKED, Arc::clone(&self.booking).lock_owned()).await.ok()
    }

    /// Writes an entry that the gateway vouches for.
    pub(super) async fn say(&self, kind: EntryKind, text: String, detail: Value) {
        self.record(Entry { origin: Origin::Gateway, kind, text, detail }).await;
    }

    /// Writes an entry. A transcript that cannot be written does not stop an agent; the log says so.
    pub(super) async fn record(&self, entry: Entry) {
        if let Err(error) = self.ports.transcript.record(entry).await {
            tracing::error!(run.id = %self.brief.run, "A transcript entry could not be written: {}", error.chain());
        }
    }

    /// Whether this is the first time that the agent called an API which its model does not speak.
    pub(super) fn first_mismatch(&self) -> bool {
        !self.mismatched.swap(true, Ordering::SeqCst)
    }

    /// Takes one of the entries that the agent may still write.
    pub(super) fn take_entry(&self) -> bool {
        take(&self.entries_left)
    }

    /// Takes one of the connections to hosts that may still be made.
    pub(super) fn take_connection(&self) -> bool {
        take(&self.connections_left)
    }

    /// Takes one of the refusals that are still written down.
    pub(super) fn take_refusal(&self) -> bool {
        take(&self.refusals_left)
    }
}

/// Takes one of what is left, if anything is.
fn take(left: &AtomicUsize) -> bool {
    left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1)).is_ok()
}
