//! Deliveries: one webhook as received, and how it is looked at later.

use std::str::FromStr;

use axum::body::Bytes;

use crate::checked_text;
use crate::db::Tx;
use crate::events::Events;
use crate::events::StoredEvent;
use crate::events::payload;
use crate::events::store;
use crate::kit::Error;
use crate::kit::Result;
use crate::kit::clock::Timestamp;
use crate::kit::digest::Digest;
use crate::kit::page::Page;
use crate::kit::page::Paging;
use crate::model::DeliveryId;
use crate::model::EventId;
use crate::model::RepoId;

checked_text!(
    /// Where deliveries come from: `github`, `gitea`, a name that an administrator chose, or `forgehand` for our own.
    SourceName,
    "source name",
    check_source
);

/// A webhook that a door verified: nothing else may be handed to the intake.
#[derive(Clone, Debug)]
pub struct RawDelivery {
    /// Which configured source signed it.
    pub source: SourceName,
    /// The forge's id of it.
    pub remote_id: String,
    /// The forge's word for what happened.
    pub name: String,
    /// Headers worth keeping: few and short.
    pub headers: Vec<(&'static str, String)>,
    /// The bytes that were signed.
    pub body: Bytes,
}

/// What became of a webhook; in each case it is durable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Accepted {
    /// Stored under a new id.
    Stored(DeliveryId),
    /// It was here already, under this id: the same id with the same bytes, or the same bytes under another id.
    Known(DeliveryId),
    /// The same id came with other bytes: kept for a person to look at, and without effect.
    Quarantined(DeliveryId),
}

/// A delivery as lists show it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Received {
    /// Our id.
    pub id: DeliveryId,
    /// Where it came from.
    pub source: SourceName,
    /// The forge's id.
    pub remote_id: String,
    /// The forge's word for what happened.
    pub name: String,
    /// When.
    pub at: Timestamp,
    /// SHA-256 of the body.
    pub digest: Digest,
    /// What became of it.
    pub state: DeliveryState,
    /// Why, in a sentence, where the state alone does not tell.
    pub outcome: Option<String>,
    /// The repository it is about, when it is one of ours.
    pub repo: Option<RepoId>,
    /// The delivery that this one repeats.
    pub original: Option<DeliveryId>,
    /// Bytes of the body.
    pub size: u64,
}

/// A delivery with everything that came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// What lists show.
    pub received: Received,
    /// Headers that were kept.
    pub headers: Vec<(String, String)>,
    /// The exact bytes.
    pub body: Vec<u8>,
}

/// What became of a delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeliveryState {
    /// Stored; what it means is not worked out yet.
    Received,
    /// It became an event.
    Routed,
    /// It is about a repository that is not here.
    Unattached,
    /// It is genuine, but not what the source is known to send.
    Unreadable,
    /// Its bytes were here already under another id.
    Duplicate,
    /// Its id was here already with other bytes.
    Quarantined,
}

impl Events {
    /// A delivery with everything that came.
    pub async fn delivery(&self, id: DeliveryId) -> Result<Option<Delivery>> {
        store::deliveries::by_id(&mut *self.db.read().await?, id).await
    }

    /// Deliveries about one repository, newest first.
    pub async fn deliveries(&self, repo: RepoId, paging: Paging) -> Result<Page<Received>> {
        store::deliveries::of_repo(&mut *self.db.read().await?, repo, paging).await
    }

    /// The newest deliveries about one repository, or those before one, without a word on how many there are: counting
    /// them takes the longer the more there are.
    pub async fn newest_deliveries(
        &self,
        repo: RepoId,
        before: Option<DeliveryId>,
        most: i64,
    ) -> Result<Vec<Received>> {
        store::deliveries::newest_of_repo(&mut *self.db.read().await?, repo, before, most).await
    }

    /// Deliveries about no repository that is here, newest first: for administrators.
    pub async fn strays(&self, paging: Paging) -> Result<Page<Received>> {
        store::deliveries::strays(&mut *self.db.read().await?, paging).await
    }

    /// Puts the events of a delivery through the rules again, as a delivery of its own that names the first one.
    pub async fn replay(&self, tx: &mut Tx, id: DeliveryId) -> Result<(DeliveryId, Vec<EventId>)> {
        let Some(delivery) = store::deliveries::by_id(tx, id).await? else {
            return Err(Error::not_found("delivery with this id"));
        };
        let events = store::inbox::of_delivery(tx, id).await?;
        if events.is_empty() {
            return Err(Error::conflict("Cannot replay this delivery: it never became an event")
                .hint(delivery.received.outcome.unwrap_or_else(|| "look at its outcome".into())));
        }
        let copy = Received {
            id: DeliveryId::make(),
            at: self.clock.now(),
            state: DeliveryState::Routed,
            outcome: Some("replayed by a person".into()),
            original: Some(id),
            ..delivery.received
        };
        store::deliveries::insert(tx, &copy, false, &delivery.headers, &payload::pack(&delivery.body)).await?;
        let mut made = Vec::new();
        for StoredEvent { event, .. } in events {
            let again = StoredEvent::new(copy.id, event, copy.at);
            store::inbox::insert(tx, &again).await?;
            made.push(again.id);
        }
        Ok((copy.id, made))
    }
}

impl SourceName {
    /// Our own forge, and everything else that happens inside.
    pub fn own() -> Self {
        "forgehand".parse().expect("this name keeps the rule below")
    }
}

impl Accepted {
    /// The id to look the delivery up by.
    pub fn id(self) -> DeliveryId {
        match self {
            Self::Stored(id) | Self::Known(id) | Self::Quarantined(id) => id,
        }
    }
}

impl DeliveryState {
    const ALL: [Self; 6] =
        [Self::Received, Self::Routed, Self::Unattached, Self::Unreadable, Self::Duplicate, Self::Quarantined];

    /// The word in the database, on pages and in APIs.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Received => "received",
            Self::Routed => "routed",
            Self::Unattached => "unattached",
            Self::Unreadable => "unreadable",
            Self::Duplicate => "duplicate",
            Self::Quarantined => "quarantined",
        }
    }
}

impl FromStr for DeliveryState {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let found = Self::ALL.into_iter().find(|state| state.as_str() == text);
        found.ok_or_else(|| Error::invalid(format!("`{text}` is not a state of a delivery")))
    }
}

fn check_source(text: &str) -> Result<(), String> {
    let shaped = text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'-' | b'_'));
    if text.is_empty() || text.len() > 40 || !shaped {
        return Err("it needs 1 to 40 lower-case letters, digits, `-` or `_`".into());
    }
    Ok(())
}
