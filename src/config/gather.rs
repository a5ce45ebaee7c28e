//! Flag beats environment beats file.

use std::collections::BTreeMap;
use std::path::Path;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use url::Url;

use crate::config::Settings;
use crate::config::file::File;
use crate::config::file::Model;
use crate::egress;
use crate::engine::AfterStop;
use crate::git::FetchBounds;
use crate::hooks;
use crate::kit::Error;
use crate::kit::Result;
use crate::kit::secret::Secret;
use crate::models::Limits;
use crate::models::ModelProfile;
use crate::models::Price;
use crate::models::Protocol;
use crate::sandbox;
use crate::telemetry;

/// Every environment variable that is read.
pub const KEYS: [&str; 28] = [
    "FORGEHAND_CONFIG",
    "FORGEHAND_DATA",
    "FORGEHAND_LISTEN",
    "FORGEHAND_BASE_URL",
    "FORGEHAND_DATABASE_URL",
    "FORGEHAND_LOG",
    "FORGEHAND_LOG_FILTER",
    "FORGEHAND_RUNNERS",
    "FORGEHAND_CHECKS",
    "FORGEHAND_PUSH_LIMIT",
    "FORGEHAND_IMPORT_LIMIT",
    "FORGEHAND_IMPORT_PATIENCE",
    "FORGEHAND_AGENT_ID",
    "FORGEHAND_AFTER_STOP",
    "FORGEHAND_CHECKPOINT_SECONDS",
    "FORGEHAND_KEEP_HOURS",
    "FORGEHAND_CHECK_LOG_DAYS",
    "FORGEHAND_CHECK_DAYS",
    "FORGEHAND_KEEP_BYTES",
    "FORGEHAND_CHECKOUT_BYTES",
    "FORGEHAND_TOOLCHAINS",
    "FORGEHAND_EGRESS_ALLOW",
    "FORGEHAND_WEBHOOK_PATIENCE",
    "FORGEHAND_MODEL_URL",
    "FORGEHAND_MODEL_KEY",
    "FORGEHAND_MODEL_NAME",
    "FORGEHAND_MODEL_PROTOCOL",
    "FORGEHAND_HOOK_SECRET_<SOURCE>",
];

/// Variables that start like ours but are for scripts and tests.
const FOREIGN: [&str; 2] = ["FORGEHAND_TEST_", "FORGEHAND_BENCH_"];

/// What was said on the command line.
#[derive(Clone, Debug, Default)]
pub struct Flags {
    /// `--config`.
    pub config: Option<PathBuf>,
    /// `--data`.
    pub data: Option<PathBuf>,
    /// `--listen`.
    pub listen: Option<String>,
    /// `--base-url`.
    pub base_url: Option<String>,
    /// `--database`.
    pub database: Option<String>,
}

/// Gathers the settings of this process.
pub fn gather(flags: Flags) -> Result<Settings> {
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the environment")]
    let environment: BTreeMap<String, String> = std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .collect();
    gather_from(flags, &environment)
}

/// A number of days; with 0 what is kept stays for ever.
fn days(key: &'static str, days: u64) -> Result<Option<Duration>> {
    match days {
        0 => Ok(None),
        1..=36_500 => Ok(Some(Duration::from_secs(days * 24 * 3600))),
        _ => Err(wrong(key, "use a number of days from 0, for ever, to 36500")),
    }
}

fn gather_from(flags: Flags, environment: &BTreeMap<String, String>) -> Result<Settings> {
    known(environment)?;
    let from = Sources { environment };
    let named = flags.config.or(from.variable("FORGEHAND_CONFIG").map(PathBuf::from));
    let path = named.clone().unwrap_or_else(|| PathBuf::from("forgehand.toml"));
    let file = File::read(&path, named.is_some())?;
    let listen = flags.listen.or(from.variable("FORGEHAND_LISTEN")).or(file.listen);
    let data = flags.data.or(from.variable("FORGEHAND_DATA").map(PathBuf::from)).or(file.data.map(PathBuf::from));
    let base_url = flags.base_url.or(from.variable("FORGEHAND_BASE_URL")).or(file.base_url);
    Ok(Settings {
        data: data.unwrap_or_else(|| PathBuf::from("forgehand-data")),
        listen: match listen {
            None => ([127, 0, 0, 1], 7070).into(),
            Some(text) => parsed("listen", &text, "use an address and a port, such as `127.0.0.1:7070`")?,
        },
        base_url: base_url.map(|text| base(&text)).transpose()?,
        database: flags.database.or(from.variable("FORGEHAND_DATABASE_URL")).or(file.database_url).map(Secret::new),
        telemetry: telemetry::Settings {
            format: match from.variable("FORGEHAND_LOG").or(file.log) {
                None => telemetry::Format::default(),
                Some(word) => parsed("log", &word, "use `text` or `json`")?,
            },
            filter: from
                .variable("FORGEHAND_LOG_FILTER")
                .or(file.log_filter)
                .unwrap_or_else(|| telemetry::Settings::default().filter),
        },
        runners: from.number("FORGEHAND_RUNNERS")?.or(file.runners).unwrap_or(2),
        checks: from.number("FORGEHAND_CHECKS")?.or(file.checks).unwrap_or(2),
        push_limit: from.number("FORGEHAND_PUSH_LIMIT")?.or(file.push_limit).unwrap_or(512 * 1024 * 1024),
        import: import(&from, file.import_limit, file.import_patience)?,
        agent_id: from.number("FORGEHAND_AGENT_ID")?.or(file.agent_id).unwrap_or(64_831),
        after_stop: match from.variable("FORGEHAND_AFTER_STOP").or(file.after_stop) {
            None => AfterStop::default(),
            Some(word) => parsed("after_stop", &word, "use `resume`, `retry` or `wait`")?,
        },
        checkpoint_every: match from.number("FORGEHAND_CHECKPOINT_SECONDS")?.or(file.checkpoint_seconds) {
            None => Duration::from_secs(30),
            Some(seconds @ 1..=60) => Duration::from_secs(seconds),
            Some(_) => return Err(wrong("checkpoint_seconds", "use a number of seconds from 1 to 60")),
        },
        keep_workspaces: match from.number("FORGEHAND_KEEP_HOURS")?.or(file.keep_hours).unwrap_or(72) {
            hours @ 0..=8760 => Duration::from_secs(hours * 3600),
            _ => return Err(wrong("keep_hours", "use a number of hours from 0 to 8760")),
        },
        keep_check_logs: days(
            "check_log_days",
            from.number("FORGEHAND_CHECK_LOG_DAYS")?.or(file.check_log_days).unwrap_or(90),
        )?,
        keep_checks: days("check_days", from.number("FORGEHAND_CHECK_DAYS")?.or(file.check_days).unwrap_or(400))?,
        keep_bytes: from.number("FORGEHAND_KEEP_BYTES")?.or(file.keep_bytes).unwrap_or(10 << 30),
        checkout_bytes: from.number("FORGEHAND_CHECKOUT_BYTES")?.or(file.checkout_bytes).unwrap_or(20 << 30),
        toolchains: sandbox::Toolchains::parse(
            &from.words("FORGEHAND_TOOLCHAINS").or(file.toolchains).unwrap_or_default(),
        )?,
        egress: way_out(&from, file.egress_allow, file.webhook_patience)?,
        models: models(&from, file.models)?,
        hooks: sources(&from, file.hooks),
        search_path: from.variable("PATH").unwrap_or_else(|| "/usr/local/bin:/usr/bin:/bin".into()),
        program: None,
    })
}

struct Sources<'a> {
    environment: &'a BTreeMap<String, String>,
}

impl Sources<'_> {
    fn variable(&self, name: &str) -> Option<String> {
        self.environment.get(name).filter(|value| !value.is_empty()).cloned()
    }

    /// Words between commas.
    fn words(&self, name: &str) -> Option<Vec<String>> {
        Some(self.variable(name)?.split(',').map(|word| word.trim().to_owned()).collect())
    }

    fn number<T: FromStr>(&self, name: &str) -> Result<Option<T>> {
        self.variable(name).map(|text| parsed(name, &text, "use a whole number")).transpose()
    }
}

/// A variable of ours that nobody reads is a mistake that somebody would look for for a long time.
fn known(environment: &BTreeMap<String, String>) -> Result<()> {
    let ours = environment.keys().filter(|name| name.starts_with("FORGEHAND_"));
    for name in ours {
        let hook = name.strip_prefix("FORGEHAND_HOOK_SECRET_").is_some_and(|source| !source.is_empty());
        if !hook && !KEYS.contains(&name.as_str()) && !FOREIGN.iter().any(|start| name.starts_with(start)) {
            return Err(Error::invalid(format!("The environment variable `{name}` is not a setting"))
                .hint(format!("settings are {}", KEYS.join(", ")))
                .field(name.clone()));
        }
    }
    Ok(())
}

fn wrong(name: &str, hint: &str) -> Error {
    Error::invalid(format!("The setting `{name}` cannot be used")).hint(hint).field(name)
}

fn parsed<T: FromStr>(name: &str, text: &str, hint: &str) -> Result<T> {
    text.parse().map_err(|_| wrong(name, hint))
}

fn base(text: &str) -> Result<String> {
    let hint = "use an address such as `https://forge.example`, without a path";
    let url: Url = parsed("base_url", text, hint)?;
    let plain =
        matches!(url.scheme(), "http" | "https") && url.has_host() && url.path() == "/" && url.query().is_none();
    if !plain {
        return Err(wrong("base_url", hint));
    }
    Ok(url.as_str().trim_end_matches('/').to_owned())
}

/// Hosts and ranges stand between commas in the environment.
fn way_out(from: &Sources<'_>, allow: Option<Vec<String>>, patience: Option<u64>) -> Result<egress::Settings> {
    let words = from.words("FORGEHAND_EGRESS_ALLOW").or(allow);
    let patience = from.number("FORGEHAND_WEBHOOK_PATIENCE")?.or(patience);
    let hint = "use a number of seconds from 1 to 60";
    let patience = match patience {
        None => egress::Settings::default().patience,
        Some(seconds @ 1..=60) => Duration::from_secs(seconds),
        Some(_) => return Err(wrong("webhook_patience", hint)),
    };
    Ok(egress::Settings { allow: egress::Allow::parse(&words.unwrap_or_default())?, patience })
}

/// How much may come from another server, and how long that may take.
fn import(from: &Sources<'_>, limit: Option<u64>, patience: Option<u64>) -> Result<FetchBounds> {
    let bytes = from.number("FORGEHAND_IMPORT_LIMIT")?.or(limit).unwrap_or(2 * 1024 * 1024 * 1024);
    let total = match from.number("FORGEHAND_IMPORT_PATIENCE")?.or(patience) {
        None => Duration::from_secs(3600),
        Some(seconds @ 1..=86_400) => Duration::from_secs(seconds),
        Some(_) => return Err(wrong("import_patience", "use a number of seconds from 1 to 86400")),
    };
    Ok(FetchBounds { bytes, silence: total.min(Duration::from_secs(60)), total })
}

fn models(from: &Sources<'_>, file: BTreeMap<String, Model>) -> Result<BTreeMap<String, ModelProfile>> {
    let mut models = BTreeMap::new();
    for (name, model) in file {
        let key = match &model.key_file {
            Some(path) => read_key(Path::new(path))?,
            None => model.key,
        };
        let profile = profile(&name, &model.url, key, model.model)?;
        let protocol = protocol(&format!("models.{name}.protocol"), model.protocol)?;
        let price = match (model.input_usd_per_million, model.output_usd_per_million) {
            (None, None) => None,
            (input, output) => {
                let price = Price::usd_per_million(input.unwrap_or(0.0), output.unwrap_or(0.0));
                Some(price.with_cache(model.cached_usd_per_million, model.cache_write_usd_per_million))
            }
        };
        let limits = Limits { window: model.window_tokens, answer: model.answer_tokens };
        models.insert(name, ModelProfile { price, protocol, limits, ..profile });
    }
    if let Some(url) = from.variable("FORGEHAND_MODEL_URL") {
        let key = from.variable("FORGEHAND_MODEL_KEY").unwrap_or_default();
        let model = from.variable("FORGEHAND_MODEL_NAME").unwrap_or_else(|| "default".into());
        let protocol = protocol("FORGEHAND_MODEL_PROTOCOL", from.variable("FORGEHAND_MODEL_PROTOCOL"))?;
        models.insert("default".into(), ModelProfile { protocol, ..profile("default", &url, key, model)? });
    }
    Ok(models)
}

fn protocol(setting: &str, word: Option<String>) -> Result<Protocol> {
    let hint = "use `openai`, `responses`, `anthropic` or `gemini`";
    word.map_or(Ok(Protocol::default()), |word| parsed(setting, &word, hint))
}

fn profile(name: &str, url: &str, key: String, model: String) -> Result<ModelProfile> {
    let url: Url = parsed(&format!("models.{name}.url"), url, "use an address such as `https://models.example/v1`")?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(wrong(&format!("models.{name}.url"), "use an address that starts with `https://` or `http://`"));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(wrong(
            &format!("models.{name}.url"),
            "leave name and password out of the address: the key is a setting of its own",
        ));
    }
    let (name, key, protocol) = (name.into(), Secret::new(key), Protocol::default());
    Ok(ModelProfile { name, protocol, url, key, model, price: None, limits: Limits::default() })
}

fn read_key(path: &Path) -> Result<String> {
    let key = std::fs::read_to_string(path)
        .map_err(|error| Error::invalid(format!("Cannot read the key in `{}`: {error}", path.display())))?;
    Ok(key.trim().to_owned())
}

fn sources(from: &Sources<'_>, mut sources: hooks::Settings) -> hooks::Settings {
    for (name, value) in from.environment {
        if let Some(source) = name.strip_prefix("FORGEHAND_HOOK_SECRET_") {
            let source = source.to_ascii_lowercase();
            let scheme = sources.get(&source).and_then(|known| known.scheme);
            sources.insert(source, hooks::SourceSettings { secret: Secret::new(value.clone()), scheme });
        }
    }
    sources
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(environment: &[(&str, &str)], flags: Flags) -> Result<Settings> {
        let environment = environment.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
        gather_from(flags, &environment)
    }

    #[test]
    fn a_flag_beats_the_environment() {
        let environment = [("FORGEHAND_LISTEN", "127.0.0.1:1")];
        let flags = Flags { listen: Some("127.0.0.1:2".into()), ..Flags::default() };
        assert_eq!(with(&environment, flags).expect("settings").listen.port(), 2);
        assert_eq!(with(&environment, Flags::default()).expect("settings").listen.port(), 1);
    }

    #[test]
    fn what_is_unknown_or_wrong_is_named() {
        let unknown = with(&[("FORGEHAND_LISTNE", "x")], Flags::default()).expect_err("unknown");
        assert_eq!(unknown.field_name(), Some("FORGEHAND_LISTNE"));
        let wrong = with(&[("FORGEHAND_RUNNERS", "many")], Flags::default()).expect_err("wrong");
        assert_eq!(wrong.field_name(), Some("FORGEHAND_RUNNERS"));
        assert!(with(&[("FORGEHAND_BASE_URL", "https://a/b")], Flags::default()).is_err());
    }

    #[test]
    fn a_key_of_a_model_is_not_printed() {
        let environment = [("FORGEHAND_MODEL_URL", "http://127.0.0.1:9/v1"), ("FORGEHAND_MODEL_KEY", "canary")];
        let settings = with(&environment, Flags::default()).expect("settings");
        assert!(!format!("{settings:?}").contains("canary"));
        assert_eq!(settings.models["default"].key.reveal(), "canary");
    }

    #[test]
    fn every_setting_is_documented() {
        let document = include_str!("../../docs/settings.md");
        let rows: Vec<&str> = document.lines().filter(|line| line.starts_with('|')).collect();
        let undocumented = |key: &&str| !rows.iter().any(|row| row.contains(&format!("`{key}`")));
        let variables: Vec<&str> = KEYS.into_iter().filter(undocumented).collect();
        assert_eq!(variables, [] as [&str; 0], "variables without a row in `docs/settings.md`");
        let fields = include_str!("file.rs").lines().filter_map(|line| line.trim().strip_prefix("pub(super) "));
        let keys = fields.filter_map(|field| Some(field.split_once(':')?.0)).filter(|key| !key.contains(' '));
        let keys = keys.filter(|key| !["models", "hooks"].contains(key));
        let named = |key: &&str| rows.iter().any(|row| row.contains(&format!("{key}`")));
        let missing: Vec<&str> = keys.filter(|key| !named(key)).collect();
        assert_eq!(missing, [] as [&str; 0], "keys of the file without a row in `docs/settings.md`");
    }

    #[test]
    fn the_documented_file_is_read() {
        let document = include_str!("../../docs/settings.md");
        let after = document.split_once("```toml\n").expect("a whole file").1;
        let text = after.split_once("```").expect("its end").0;
        toml::from_str::<File>(text).expect("the example works");
    }
}
