//! `forgehand demo`: the whole story on two sample repositories.
//!
//! [`seed`] makes an organisation, people and two small programs with real tests, one of which fails; their
//! `.agents/checks.yaml` has the forge run these tests at every new head. [`once`] waits for each step of the story and prints
//! it; without `--once` a person clicks instead.

mod seed;

mod once;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use serde_json::json;

use crate::app::App;
use crate::cli::Output;
use crate::cli::serve::until_told;
use crate::config;
use crate::kit::Error;
use crate::kit::Result;
use crate::kit::clock::Clock;

/// See the whole story on sample repositories.
#[derive(Debug, Args)]
pub(super) struct Demo {
    /// The address to listen on [default: 127.0.0.1:7070, a free port with --once].
    #[arg(long, value_name = "ADDR")]
    listen: Option<String>,
    /// Play the story here, without a browser, and exit with 0 only if it ends as it should.
    #[arg(long)]
    once: bool,
}

pub(super) async fn run(demo: Demo, flags: config::Flags, output: Output) -> Result<ExitCode> {
    let fresh = demo.once && flags.data.is_none();
    let listen = demo.listen.or(demo.once.then(|| "127.0.0.1:0".to_owned()));
    let mut settings = config::gather(config::Flags { listen, ..flags })?;
    if fresh {
        settings.data = fresh_directory();
    } else if settings.data.as_os_str() == "forgehand-data" {
        settings.data = "forgehand-demo".into();
    }
    // The log would stand between the lines of the story.
    settings.telemetry.filter = "warn".into();
    let app = App::start(&settings, Clock::system()).await?;
    let told = tell(&app, demo.once, output).await;
    app.stop().await;
    if fresh {
        // What cannot be removed is in the directory for temporary files.
        let _ = std::fs::remove_dir_all(&settings.data);
    }
    told
}

async fn tell(app: &App, once: bool, output: Output) -> Result<ExitCode> {
    if let Some(why) = app.engine.sandbox_missing() {
        return Err(Error::invalid(format!("Agents cannot run on this machine: {why}")).code("SANDBOX_MISSING"));
    }
    let seeded = seed::seed(&app.engine).await?;
    let model = app.engine.models.is_given("default");
    let agent = if model {
        "the model that `FORGEHAND_MODEL_URL` names"
    } else {
        "the scripted agent; set FORGEHAND_MODEL_URL and FORGEHAND_MODEL_KEY to use a model"
    };
    output.say(&format!("Agents are played by {agent}"), &json!({ "step": "agent", "model": model }));
    if once {
        return once::play(app, &seeded, output).await;
    }
    let text = format!(
        "Forgehand listens on {url}\n\n  \
         Sign in at {url}/login as `bob` with the password `{password}` (and in another browser as `alice`, who owns the organisation).\n  \
         1. {url}/acme/slug            a program whose check `test` fails on `main`\n  \
         2. {url}/acme/slug/runs       the agent's run that the failing check dispatched\n  \
         3. {url}/approvals            what it proposes; approve it as bob\n  \
         4. {url}/acme/slug/pulls      the pull request, with a green check\n  \
         5. {url}/acme/leap/issues/new write `@helper what do the tests say?` as alice, and approve the answer as bob\n\n\
         Everything is in `{data}`. Stop with Ctrl-C.",
        url = app.base_url,
        password = seeded.password,
        data = app.engine.settings.data.display(),
    );
    output.say(&text, &json!({ "listening": app.base_url, "login": "bob", "password": seeded.password }));
    until_told().await?;
    Ok(ExitCode::SUCCESS)
}

fn fresh_directory() -> PathBuf {
    std::env::temp_dir().join(format!("forgehand-demo-{}", uuid::Uuid::now_v7().as_simple()))
}
