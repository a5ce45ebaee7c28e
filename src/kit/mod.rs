//! The ground that every room stands on: ids, time, errors, secrets, paging and safe text.
//!
//! Nothing here knows a noun of the product. What is here is small, pure and used by at least two rooms.
//!
//! - [`error`]: one error type, with a kind that doors turn into a status, a message for the reader, and hints.
//! - [`id`]: the macro that makes a newtype for every id.
//! - [`clock`]: the only source of time; a test moves it by hand.
//! - [`digest`]: SHA-256 with a domain, so that bytes of one kind never pass for another kind.
//! - [`secret`]: a value that neither `Debug` nor `Display` prints.
//! - [`secretlike`]: finds text that looks like somebody's secret.
//! - [`page`]: paging as lists on a page or in an API need it.
//! - [`poke`]: wakes the background tasks.
//! - [`text`]: bounded, visible text: invisible code points shown as escapes.
//! - [`markdown`]: Markdown to HTML that is safe to show.

pub mod error;

pub mod clock;
pub mod digest;
pub mod id;
pub mod markdown;
pub mod page;
pub mod poke;
pub mod secret;
pub mod secretlike;
pub mod text;

pub use error::Error;
pub use error::ErrorKind;
pub use error::Result;
