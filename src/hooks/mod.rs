//! The door for webhooks: `POST /hooks/{source}`.
//!
//! Who is who: [`Sources`] holds each source's way of signing and its secret. [`router`] verifies a delivery over its raw
//! bytes, hands it to `events`, and answers when it is durable: 202 when it is new, 200 when it was known, 401 without a
//! good signature, 404 for a source that nobody set up, 409 for a known id with other bytes, 413 over 25 MiB.
//!
//! Nothing is stored of what is not signed: it is counted, and the newest few are kept in memory for an administrator.
//! What a delivery means is worked out later, by others.
//!
//! To add a way of signing, add a variant to [`Scheme`]. To add a source, an administrator writes `[hooks.<name>]`.

mod sources;

mod receive;

mod refusal;

pub use receive::HookState;
pub use receive::router;
pub use sources::Scheme;
pub use sources::Settings;
pub use sources::SourceSettings;
pub use sources::Sources;

#[cfg(test)]
mod tests;
