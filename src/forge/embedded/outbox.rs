//! What happened, on its way to the events' room: written with the change, taken with the event.

use serde_json::Value;
use serde_json::json;

use crate::db::Tx;
use crate::forge::embedded::Embedded;
use crate::forge::embedded::issue::Issue;
use crate::forge::embedded::repository::Repository;
use crate::forge::embedded::store;
use crate::kit::Result;
use crate::kit::clock::Timestamp;
use crate::model::ActorRef;
use crate::model::DeliveryId;
use crate::model::Event;
use crate::model::What;

/// One thing that happened.
#[derive(Clone, Debug, PartialEq)]
pub struct Outgoing {
    /// The id that it has as a delivery.
    pub id: DeliveryId,
    /// What happened.
    pub event: Event,
    /// The same as JSON, as a person sees the delivery.
    pub payload: String,
}

impl Embedded {
    /// What waits to be taken, oldest first.
    pub async fn outbox(&self, most: u32) -> Result<Vec<Outgoing>> {
        store::outbox::list(&mut *self.db().read().await?, i64::from(most)).await
    }

    /// How many wait to be taken.
    pub async fn outbox_length(&self) -> Result<i64> {
        store::outbox::count(&mut *self.db().read().await?).await
    }

    /// Takes one out, in the transaction that keeps it elsewhere. False when somebody else was first.
    pub async fn take(&self, tx: &mut Tx, id: DeliveryId) -> Result<bool> {
        store::outbox::take(tx, id).await
    }

    /// Says that something happened, in the transaction of the change.
    pub(super) async fn tell(
        &self,
        tx: &mut Tx,
        repository: &Repository,
        actor: ActorRef,
        at: Timestamp,
        what: What,
    ) -> Result<()> {
        let event = Event { repo: repository.reference(), actor, at, what };
        let payload = payload(&event).to_string();
        store::outbox::insert(tx, &Outgoing { id: DeliveryId::make(), event, payload }).await
    }

    /// Says that labels were put on, one event a label.
    pub(super) async fn tell_labels(
        &self,
        tx: &mut Tx,
        repository: &Repository,
        actor: &ActorRef,
        issue: &Issue,
        labels: &[String],
    ) -> Result<()> {
        for label in labels {
            let (of_issue, of_pull) = issue.as_either();
            let what = What::Label { label: label.clone(), issue: of_issue, pull: of_pull };
            self.tell(tx, repository, actor.clone(), issue.updated, what).await?;
        }
        Ok(())
    }
}

/// The event as a delivery shows it: who and where first, then what.
fn payload(event: &Event) -> Value {
    let mut payload = json!({
        "event": event.what.name(),
        "repository": {"id": event.repo.id, "full_name": event.repo.to_string()},
        "sender": {"login": event.actor.login, "kind": event.actor.kind},
        "at": event.at.rfc3339(),
    });
    let what = serde_json::to_value(&event.what).unwrap_or_default();
    if let (Some(payload), Value::Object(what)) = (payload.as_object_mut(), what) {
        payload.extend(what.into_iter().filter(|(key, _)| key != "kind"));
    }
    payload
}
