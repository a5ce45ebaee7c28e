//! What the server tells about itself while it runs: log lines, request ids, and numbers for Prometheus.
//!
//! Who is who: [`start`] sets up logging and metrics once for the process and answers with [`Telemetry`], which renders
//! `/metrics`. [`requests`] gives every request an id and writes one line about each.
//!
//! A log line reads alone and carries fields with dotted names. It never holds a secret nor a body: paths are logged
//! without their query, and a route that carries a secret is logged as its pattern.
//!
//! Does not know any room. Rooms count by the `metrics` macros and log by the `tracing` macros.

pub mod requests;

use std::str::FromStr;
use std::thread;
use std::time::Duration;

use metrics_exporter_prometheus::PrometheusBuilder;
use metrics_exporter_prometheus::PrometheusHandle;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

use crate::kit::Error;
use crate::kit::Result;
use crate::kit::error::Context as _;

pub use requests::RequestId;

/// How the server tells about itself.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The shape of log lines.
    pub format: Format,
    /// Which lines: `info`, or directives such as `info,forgehand::engine=debug`.
    pub filter: String,
}

/// The shape of log lines.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Format {
    /// For a person at a terminal.
    #[default]
    Text,
    /// One JSON object a line, for a collector.
    Json,
}

/// The numbers of this process.
#[derive(Clone)]
pub struct Telemetry(PrometheusHandle);

/// Durations in seconds that a histogram counts up to.
const BUCKETS: [f64; 11] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0, 30.0];
const TIDY_EVERY: Duration = Duration::from_secs(5);

impl Default for Settings {
    fn default() -> Self {
        Self { format: Format::Text, filter: "info,sqlx=warn,hyper=warn".into() }
    }
}

/// Sets up logging to standard error and metrics, once for the process.
///
/// A second call in the same process, as tests make it, logs where the first one does and has numbers of its own.
pub fn start(settings: &Settings) -> Result<Telemetry> {
    let filter = EnvFilter::try_new(&settings.filter).map_err(|error| {
        Error::invalid(format!("Cannot log by the filter `{}`: {error}", settings.filter))
            .hint("use `info`, or directives such as `info,forgehand::engine=debug`")
            .field("log.filter")
    })?;
    let lines = tracing_subscriber::registry().with(filter);
    let writer = std::io::stderr;
    let already = match settings.format {
        Format::Text => {
            lines.with(tracing_subscriber::fmt::layer().with_writer(writer).with_target(false).compact()).try_init()
        }
        Format::Json => {
            lines.with(tracing_subscriber::fmt::layer().json().flatten_event(true).with_writer(writer)).try_init()
        }
    };
    let recorder = PrometheusBuilder::new().set_buckets(&BUCKETS).context("The buckets are sorted")?.build_recorder();
    let handle = recorder.handle();
    if already.is_ok() && metrics::set_global_recorder(recorder).is_ok() {
        let tidied = handle.clone();
        thread::Builder::new()
            .name("metrics".into())
            .spawn(move || {
                loop {
                    thread::sleep(TIDY_EVERY);
                    tidied.run_upkeep();
                }
            })
            .context("Cannot start the thread that tidies metrics")?;
    }
    Ok(Telemetry(handle))
}

impl Telemetry {
    /// All numbers in Prometheus' text format.
    pub fn render(&self) -> String {
        self.0.render()
    }
}

impl FromStr for Format {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        match text {
            "text" => Ok(Self::Text),
            "json" => Ok(Self::Json),
            _ => Err(Error::invalid("Cannot log in this format").hint("use `text` or `json`").field("log.format")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_that_says_nothing_is_an_error_with_a_hint() {
        let error = start(&Settings { filter: "info,forgehand=loud".into(), ..Settings::default() }).err().unwrap();
        assert_eq!((error.field_name(), error.hints().len()), (Some("log.filter"), 1));
    }
}
