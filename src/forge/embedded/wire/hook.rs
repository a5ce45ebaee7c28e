//! Hooks, without their secrets.

use serde::Serialize;

use crate::forge::embedded;

/// A hook.
#[derive(Serialize)]
pub struct Hook {
    id: i64,
    r#type: &'static str,
    branch_filter: String,
    url: String,
    content_type: &'static str,
    config: Config,
    events: Vec<&'static str>,
    authorization_header: &'static str,
    active: bool,
    updated_at: String,
    created_at: String,
}

#[derive(Serialize)]
struct Config {
    content_type: &'static str,
    url: String,
}

impl Hook {
    /// A hook. What it keeps to itself is not in it.
    pub fn new(hook: &embedded::Hook) -> Self {
        let embedded::Hook {
            keeper: _,
            id,
            flavour,
            url,
            content_type,
            signed: _,
            authorized: _,
            events,
            branches,
            active,
            created,
            updated,
        } = hook;
        Self {
            id: *id,
            r#type: flavour.as_str(),
            branch_filter: branches.clone(),
            url: url.to_string(),
            content_type: content_type.as_str(),
            config: Config { content_type: content_type.as_str(), url: url.to_string() },
            events: events.iter().map(|event| event.as_str()).collect(),
            authorization_header: "",
            active: *active,
            updated_at: updated.rfc3339(),
            created_at: created.rfc3339(),
        }
    }
}
