//! `forgehand serve`.

use std::process::ExitCode;

use clap::Args;
use serde_json::json;
use tokio::signal::unix::SignalKind;
use tokio::signal::unix::signal;

use crate::app::App;
use crate::cli::Output;
use crate::config;
use crate::kit::Result;
use crate::kit::clock::Clock;
use crate::kit::error::Context as _;

/// Run the server.
#[derive(Debug, Args)]
pub(super) struct Serve {
    /// The address to listen on; port 0 takes a free one [default: 127.0.0.1:7070].
    #[arg(long, value_name = "ADDR")]
    listen: Option<String>,
    /// How others reach the server [default: by the address it listens on].
    #[arg(long, value_name = "URL")]
    base_url: Option<String>,
}

pub(super) async fn run(serve: Serve, flags: config::Flags, output: Output) -> Result<ExitCode> {
    let settings = config::gather(config::Flags { listen: serve.listen, base_url: serve.base_url, ..flags })?;
    let app = App::start(&settings, Clock::system()).await?;
    let text = format!("Forgehand listens on {}", app.base_url);
    output.say(&text, &json!({ "listening": app.base_url, "data": settings.data }));
    if let Some(link) = app.engine.identity.setup_link().await? {
        let address = format!("{}/setup?key={}", app.base_url, link.reveal());
        output
            .say(&format!("Open this link once to become the administrator: {address}"), &json!({ "setup": address }));
    }
    if let Some(why) = app.engine.sandbox_missing() {
        output.say(&format!("Agents are refused on this machine: {why}"), &json!({ "sandbox": why }));
    }
    until_told().await?;
    output.say("Stopping", &json!({ "stopping": true }));
    app.stop().await;
    Ok(ExitCode::SUCCESS)
}

/// Waits for an interrupt or a termination.
pub(super) async fn until_told() -> Result<()> {
    let mut terminate = signal(SignalKind::terminate()).context("Cannot listen for signals")?;
    let mut interrupt = signal(SignalKind::interrupt()).context("Cannot listen for signals")?;
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    Ok(())
}
