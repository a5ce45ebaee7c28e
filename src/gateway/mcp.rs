//! The run's tools for agents that speak MCP: streamable HTTP at `/mcp`, one request and one answer at a time.
//!
//! There are no sessions, so nothing is kept between requests and nothing has to be thrown away; a client that asks for a
//! stream of the server's own messages hears 405, which the protocol provides for. Tools are those of the
//! brief, called by [`call::perform`] like any other. A call that is refused is told as a result with `isError`, since clients hide
//! errors of the protocol from their model.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::Request;
use axum::extract::State;
use axum::response::IntoResponse;
use axum::response::Response;
use rmcp::ErrorData;
use rmcp::RoleServer;
use rmcp::ServerHandler;
use rmcp::model::CallToolRequestParams;
use rmcp::model::CallToolResponse;
use rmcp::model::CallToolResult;
use rmcp::model::ContentBlock;
use rmcp::model::Implementation;
use rmcp::model::ListToolsResult;
use rmcp::model::PaginatedRequestParams;
use rmcp::model::ServerCapabilities;
use rmcp::model::ServerConfig;
use rmcp::model::ToolAnnotations;
use rmcp::service::RequestContext;
use rmcp::transport::StreamableHttpServerConfig;
use rmcp::transport::StreamableHttpService;
use rmcp::transport::streamable_http_server::session::never::NeverSessionManager;
use serde_json::Value;
use serde_json::json;

use crate::gateway::answer;
use crate::gateway::brief::Tool;
use crate::gateway::call;
use crate::gateway::door::Door;
use crate::gateway::tools;
use crate::kit::Error;

/// Most bytes of a message: the arguments of a call, and what stands around them.
const MESSAGE: usize = call::ARGUMENTS + (64 << 10);

/// What a client is told of all tools together.
const INSTRUCTIONS: &str = "Tools of one run of Forgehand. Nothing that you propose is done by itself: policy and people \
    decide. When you asked something, look at `observations` for the answer. Call `finish` when you are done.";

/// `POST /mcp`; other methods hear what is allowed.
pub(super) async fn serve(State(door): State<Arc<Door>>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    let body = match answer::whole(body, MESSAGE).await {
        Ok(bytes) => Body::from(bytes),
        Err(error) => return answer::refusal(&error),
    };
    let settings = StreamableHttpServerConfig::default()
        .with_legacy_session_mode(false)
        .with_json_response(true)
        .with_max_request_body_bytes(MESSAGE)
        // Nobody inside is a page of a browser; of hosts, loopback names are taken and no other.
        .enforce_origin_validation()
        .with_cancellation_token(door.closed.child_token());
    let server = move || Ok(Server(Arc::clone(&door)));
    let service = StreamableHttpService::new(server, Arc::new(NeverSessionManager::default()), settings);
    service.handle(Request::from_parts(head, body)).await.into_response()
}

/// The tools of one door.
struct Server(Arc<Door>);

impl ServerHandler for Server {
    fn get_info(&self) -> ServerConfig {
        ServerConfig::new(ServerCapabilities::builder().enable_tools().build())
            .with_server_info(Implementation::new("forgehand", env!("CARGO_PKG_VERSION")))
            .with_instructions(INSTRUCTIONS)
    }

    async fn list_tools(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        let listed = tools::for_clients(&self.0.brief.tools);
        Ok(ListToolsResult::with_all_items(listed.into_iter().map(as_listed).collect()))
    }

    async fn call_tool(
        &self,
        asked: CallToolRequestParams,
        _: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let arguments = asked.arguments.map_or_else(|| json!({}), Value::Object);
        let called = call::perform(&self.0, &asked.name, &arguments).await;
        let result = match called {
            Ok(value) => {
                let listed = tools::for_clients(&self.0.brief.tools);
                let is_data = listed.iter().any(|tool| tool.data && tool.name == asked.name);
                let text = pretty(&value);
                let text = if is_data { tools::fenced(&text) } else { text };
                CallToolResult::success(vec![ContentBlock::text(text)])
            }
            Err(error) => CallToolResult::error(vec![ContentBlock::text(told(&error))]),
        };
        Ok(result.into())
    }
}

/// A tool as clients list it. The hints say that nothing is destroyed: whatever is proposed is decided elsewhere.
fn as_listed(tool: Tool) -> rmcp::model::Tool {
    let Tool { name, description, schema, data: _ } = tool;
    let schema = schema.as_object().cloned().unwrap_or_default();
    let reads = !(name.starts_with("propose_") || ["ask", "finish"].contains(&name.as_str()));
    let hints = ToolAnnotations::new().read_only(reads).destructive(false).open_world(false);
    rmcp::model::Tool::new(name, description, schema).with_annotations(hints)
}

fn pretty(value: &Value) -> String {
    value.as_str().map_or_else(|| serde_json::to_string_pretty(value).unwrap_or_default(), str::to_owned)
}

/// A refusal, with what to do about it.
fn told(error: &Error) -> String {
    let told = answer::told(error);
    let hints = told["hints"].as_array().into_iter().flatten().filter_map(Value::as_str);
    let hints: String = hints.map(|hint| format!("\nhint: {hint}")).collect();
    format!("{}{hints}", told["message"].as_str().unwrap_or_default())
}
