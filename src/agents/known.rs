//! What the agents that we know need around them to work here: pure.
//!
//! Each is led to the gateway and nowhere else, with a key that is none, and told not to look for updates, not to send
//! telemetry, and not to build a sandbox of its own inside ours. Nor does it take instructions or settings from the checkout by
//! itself: that may be the head of somebody's pull request, and what may instruct an agent is in its prompt.
//!
//! An agent that is not here needs no line if it heeds the usual variables (`OPENAI_BASE_URL` and the like); one that needs a
//! file gets a function and a line in [`files`].

use serde_json::json;

use crate::agents::adapter::environment as plain;

/// What stands where a key is expected. The gateway takes no key, and adds the real one outside.
const NO_KEY: &str = "the-gateway-adds-the-key";

/// The environment of an agent that others wrote.
pub(super) fn environment(gateway: &str, model: &str) -> Vec<(String, String)> {
    let v1 = format!("{gateway}/v1");
    let addresses = [
        ("OPENAI_BASE_URL", v1.as_str()),
        ("OPENAI_API_BASE", v1.as_str()),
        ("ANTHROPIC_BASE_URL", gateway),
        ("ANTHROPIC_API_BASE", gateway),
        ("GOOGLE_GEMINI_BASE_URL", gateway),
        ("GEMINI_API_BASE", gateway),
    ];
    let keys = ["OPENAI_API_KEY", "ANTHROPIC_API_KEY", "GEMINI_API_KEY"].map(|name| (name, NO_KEY));
    let models = ["OPENAI_MODEL", "ANTHROPIC_MODEL", "GEMINI_MODEL"].map(|name| (name, model));
    let mut all: Vec<(String, String)> = plain().into_iter().filter(|(name, _)| name != "HOME").collect();
    let ours = addresses.into_iter().chain(keys).chain(models).chain(SWITCHES);
    all.extend(ours.map(|(name, value)| (name.to_owned(), value.to_owned())));
    all
}

/// Telemetry and updates off, questions at the start answered.
const SWITCHES: [(&str, &str); 31] = [
    ("CI", "1"),
    ("NO_COLOR", "1"),
    ("DO_NOT_TRACK", "1"),
    ("DISABLE_TELEMETRY", "1"),
    ("DISABLE_AUTOUPDATER", "1"),
    ("DISABLE_ERROR_REPORTING", "1"),
    ("NO_UPDATE_NOTIFIER", "1"),
    ("NPM_CONFIG_UPDATE_NOTIFIER", "false"),
    ("CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC", "1"),
    ("GEMINI_DEFAULT_AUTH_TYPE", "gemini-api-key"),
    ("GEMINI_CLI_TRUST_WORKSPACE", "true"),
    ("GEMINI_TELEMETRY_ENABLED", "false"),
    ("GEMINI_CLI_NO_RELAUNCH", "true"),
    ("OPENCODE_DISABLE_AUTOUPDATE", "1"),
    ("OPENCODE_DISABLE_MODELS_FETCH", "1"),
    ("OPENCODE_DISABLE_SHARE", "1"),
    ("OPENCODE_DISABLE_LSP_DOWNLOAD", "1"),
    ("OPENCODE_DISABLE_DEFAULT_PLUGINS", "1"),
    ("OPENCODE_DISABLE_CLAUDE_CODE", "1"),
    ("OPENCODE_DISABLE_EMBEDDED_WEB_UI", "1"),
    ("OPENCODE_DISABLE_PROJECT_CONFIG", "1"),
    ("OPENCODE_DISABLE_EXTERNAL_SKILLS", "1"),
    ("MSWEA_CONFIGURED", "true"),
    ("MSWEA_COST_TRACKING", "ignore_errors"),
    ("LITELLM_LOCAL_MODEL_COST_MAP", "True"),
    ("LITELLM_TELEMETRY", "False"),
    ("AIDER_ANALYTICS_DISABLE", "true"),
    ("AIDER_CHECK_UPDATE", "false"),
    ("GOOGLE_CLOUD_DISABLE_TELEMETRY", "true"),
    ("PYTHONDONTWRITEBYTECODE", "1"),
    ("GIT_PAGER", "cat"),
];

/// Files for its home: (path below it, content).
pub(super) fn files(gateway: &str, model: &str) -> [(&'static str, String); 3] {
    [
        (".config/opencode/opencode.json", opencode(gateway, model)),
        (".gemini/settings.json", gemini()),
        (".codex/config.toml", codex(gateway, model)),
    ]
}

/// OpenCode: its bundled client of OpenAI-compatible servers.
fn opencode(gateway: &str, model: &str) -> String {
    let provider = json!({
        "npm": "@ai-sdk/openai-compatible",
        "name": "Forgehand",
        "options": {"baseURL": format!("{gateway}/v1"), "apiKey": NO_KEY},
        "models": {model: {"name": model, "tool_call": true}},
    });
    let chosen = format!("forgehand/{model}");
    json!({
        "$schema": "https://opencode.ai/config.json",
        "provider": {"forgehand": provider},
        "enabled_providers": ["forgehand"],
        "model": chosen,
        "small_model": chosen,
        "share": "disabled",
        "autoupdate": false,
        "permission": {"edit": "ask", "bash": "ask", "webfetch": "ask"},
    })
    .to_string()
}

fn gemini() -> String {
    json!({
        "security": {"auth": {"selectedType": "gemini-api-key"}, "folderTrust": {"enabled": false}},
        "privacy": {"usageStatisticsEnabled": false},
        "telemetry": {"enabled": false},
        "general": {"enableAutoUpdate": false, "enableAutoUpdateNotification": false, "disableAutoUpdate": true,
            "disableUpdateNag": true, "checkpointing": {"enabled": false}},
        "ide": {"enabled": false},
        "context": {"fileName": [".forgehand/instructions-are-in-the-prompt"]},
        "tools": {"sandbox": false},
    })
    .to_string()
}

/// Codex, the CLI and the adapter for the Agent Client Protocol alike. Its own sandbox cannot be built inside ours.
fn codex(gateway: &str, model: &str) -> String {
    let quoted = |text: &str| json!(text).to_string();
    format!(
        "model = {model}\n\
         model_provider = \"forgehand\"\n\
         approval_policy = \"never\"\n\
         sandbox_mode = \"danger-full-access\"\n\
         check_for_update_on_startup = false\n\
         project_doc_max_bytes = 0\n\n\
         [model_providers.forgehand]\n\
         name = \"Forgehand\"\n\
         base_url = {address}\n\
         env_key = \"OPENAI_API_KEY\"\n\
         wire_api = \"responses\"\n\
         request_max_retries = 1\n\
         stream_max_retries = 1\n\
         supports_websockets = false\n\n\
         [analytics]\nenabled = false\n\n\
         [feedback]\nenabled = false\n\n\
         [otel]\nexporter = \"none\"\n\n\
         [features]\napps = false\nplugins = false\n\n\
         [projects.\"/workspace\"]\ntrust_level = \"untrusted\"\n",
        model = quoted(model),
        address = quoted(&format!("{gateway}/v1")),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const GATEWAY: &str = "http://127.0.0.1:7071";

    #[test]
    fn every_address_is_the_gateway_and_no_key_is_one() {
        for (name, value) in environment(GATEWAY, "default") {
            let leads = name.ends_with("_URL") || name.ends_with("_API_BASE");
            assert!(!leads || value.starts_with(GATEWAY), "{name}={value}");
            assert!(!name.ends_with("_KEY") || value == NO_KEY, "{name}={value}");
        }
        let files = files(GATEWAY, "default");
        let addresses = files.iter().flat_map(|(_, text)| text.split('"')).filter(|word| word.starts_with("http"));
        for address in addresses {
            assert!(address.starts_with(GATEWAY) || address == "https://opencode.ai/config.json", "{address}");
        }
    }

    #[test]
    fn files_are_in_their_formats_whatever_the_model_is_called() {
        for (name, text) in files(GATEWAY, "a \"quoted\"\nname") {
            match name.ends_with(".toml") {
                true => drop(toml::from_str::<toml::Value>(&text).unwrap()),
                false => drop(serde_json::from_str::<serde_json::Value>(&text).unwrap()),
            }
        }
    }
}
