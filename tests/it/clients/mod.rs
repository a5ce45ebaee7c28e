//! Clients of Gitea's and Forgejo's API that others wrote, each playing the same story: from an organisation to a merge.
//!
//! [`recorder`] stands between client and server; [`swagger`] then holds every answer against Forgejo's own description.
//! A client that cannot be installed fails its story: it is never left out.

mod forgejo;
pub mod scripted;

mod recorder;
pub mod swagger;
