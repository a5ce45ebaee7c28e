//! Tools of MCP servers: what each stack's servers said of them when it was agreed to, and what one says differently now.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::sync::Arc;

use askama::Template;
use axum::extract::Path;
use axum::extract::State;
use serde_json::Value;

use crate::engine::Engine;
use crate::engine::verbs::ToolAnswer;
use crate::kit::Error;
use crate::kit::ErrorKind;
use crate::kit::clock::Timestamp;
use crate::kit::text::visible;
use crate::vault::Pin;
use crate::vault::pin_digest;
use crate::web::entered::Entered;
use crate::web::errors::Answer;
use crate::web::flash::Said;
use crate::web::frame::Frame;
use crate::web::frame::RepoHead;
use crate::web::frame::Tab;
use crate::web::page::go;
use crate::web::page::show;
use crate::web::parts::time::When;
use crate::web::posted::Posted;

/// `/{owner}/{repo}/settings/tools`
#[derive(Template)]
#[template(path = "pages/tool_pins.html")]
pub struct ToolPins {
    /// What surrounds the page.
    pub frame: Frame,
    /// The repository.
    pub repo: RepoHead,
    /// One for each server of a stack; those that wait first.
    pub servers: Vec<ServerRow>,
}

/// A server of a stack.
#[derive(Clone, Debug)]
pub struct ServerRow {
    /// The id of its list.
    pub id: String,
    /// The stack.
    pub stack: String,
    /// The server.
    pub server: String,
    /// Where it is.
    pub address: String,
    /// Who agreed.
    pub by: String,
    /// When.
    pub when: When,
    /// When a list was seen that differs; none when none waits.
    pub seen: Option<When>,
    /// The digest of the list that waits.
    pub digest: String,
    /// Its tools.
    pub tools: Vec<ToolRow>,
}

/// One tool.
#[derive(Clone, Debug)]
pub struct ToolRow {
    /// Its name.
    pub name: String,
    /// `new`, `gone`, `changed`; empty when nothing differs.
    pub change: &'static str,
    /// What was agreed to; empty for a new one.
    pub before: String,
    /// What the server says now; empty for one that is gone, or when nothing differs.
    pub after: String,
}

/// `GET /{owner}/{repo}/settings/tools`
pub async fn page(State(engine): State<Arc<Engine>>, entered: Entered) -> Answer {
    let cx = &entered.visitor.cx;
    let mut pins = engine.tool_pins(cx, &entered.place).await?;
    pins.sort_by_key(|pin| pin.waiting.is_none());
    show(&ToolPins {
        frame: entered.frame(&engine, "Tools").await?,
        repo: entered.head(Tab::Settings),
        servers: pins.into_iter().map(|pin| ServerRow::of(pin, cx.now())).collect(),
    })
}

/// `POST /{owner}/{repo}/settings/tools/{id}`
pub async fn decide(
    State(engine): State<Arc<Engine>>,
    entered: Entered,
    Path((_, _, id)): Path<(String, String, String)>,
    posted: Posted,
) -> Answer {
    let id = id.parse().map_err(|_| Error::not_found("such list of tools"))?;
    let agrees = posted.text("then") == "agree";
    let said = if agrees { ToolAnswer::Agree(posted.text("digest").parse()?) } else { ToolAnswer::Keep };
    let said = match engine.answer_tools(&entered.visitor.cx, &entered.place, id, said).await {
        Ok(_) if agrees => Said::done("The stack may use these tools"),
        Ok(_) => Said::done("The old list stays: the next run asks the server again"),
        Err(error) if error.kind() == ErrorKind::Conflict => Said::not_done(error.message()),
        Err(error) => return Err(error.into()),
    };
    go(&format!("{}/settings/tools", entered.root()), Some(&said))
}

impl ServerRow {
    fn of(pin: Pin, now: Timestamp) -> Self {
        let (before, after) = (by_name(&pin.tools), pin.waiting.as_ref().map(|(tools, _)| by_name(tools)));
        let names: BTreeSet<&String> = before.keys().chain(after.iter().flat_map(BTreeMap::keys)).collect();
        let row = |name: &String| {
            let old = before.get(name).cloned().unwrap_or_default();
            let new = after.as_ref().map(|after| after.get(name).cloned().unwrap_or_default());
            let (change, after) = match new {
                None => ("", String::new()),
                Some(new) if new == old => ("", String::new()),
                Some(new) if old.is_empty() => ("new", new),
                Some(new) if new.is_empty() => ("gone", new),
                Some(new) => ("changed", new),
            };
            ToolRow { name: visible(name), change, before: old, after }
        };
        Self {
            id: pin.id.to_string(),
            tools: names.into_iter().map(row).collect(),
            stack: pin.of.stack,
            server: pin.of.server,
            address: visible(&pin.address),
            by: pin.by,
            when: When::new(pin.at, now),
            digest: pin.waiting.as_ref().map(|(tools, _)| pin_digest(tools).to_string()).unwrap_or_default(),
            seen: pin.waiting.map(|(_, at)| When::new(at, now)),
        }
    }
}

/// What a server says of each of its tools, as people read it.
fn by_name(tools: &Value) -> BTreeMap<String, String> {
    let said = |tool: &Value| {
        let name = tool["name"].as_str().unwrap_or_default().to_owned();
        let schema = serde_json::to_string_pretty(&tool["schema"]).unwrap_or_default();
        (name, visible(&format!("{}\n\n{schema}", tool["description"].as_str().unwrap_or_default())))
    };
    tools.as_array().into_iter().flatten().map(said).collect()
}
