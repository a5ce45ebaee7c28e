//! What a rule that matches asks for: its templates, rendered for the event.

use std::collections::BTreeSet;
use std::time::Duration;

use crate::catalog::Rule;
use crate::catalog::Template;
use crate::catalog::listed;
use crate::catalog::template::Values;
use crate::kit::text::bounded;
use crate::model::Event;
use crate::model::What;
use crate::triggers::decide::Firing;
use crate::triggers::decide::Slot;
use crate::triggers::values::values;

/// Longer keys are cut: they are looked up in an index.
const LONGEST_KEY: usize = 512;

/// Renders a rule's templates for an event. `word` is the word of `on:` that matched, `why` says how.
pub fn fire(name: &str, rule: &Rule, event: &Event, word: &str, why: String) -> Result<Firing, String> {
    let handle = rule.on.mention.as_ref().filter(|_| word == "mention").map(|on| on.handle.as_str());
    let values = values(event, handle);
    let mut notes = vec![why];
    let prompt = prompt(rule, event, &values, &mut notes)?;
    let dedupe = match &rule.dedupe {
        Some(dedupe) => key("dedupe", &dedupe.key, &values, &mut notes)?.map(|key| (key, dedupe.window.duration())),
        None => None,
    };
    let concurrency = match &rule.concurrency {
        Some(slot) => key("concurrency", &slot.key, &values, &mut notes)?.map(|key| Slot {
            key: format!("{name}:{key}"),
            max: slot.max,
            on_conflict: slot.on_conflict,
        }),
        None => None,
    };
    let asked_task = match &event.what {
        What::Manual { task, .. } => task.trim(),
        _ => "",
    };
    let task = [asked_task, rule.task.trim(), name].into_iter().find(|task| !task.is_empty()).unwrap_or(name);
    let (dedupe_key, window) = dedupe.map_or((None, Duration::ZERO), |(key, window)| (Some(key), window));
    Ok(Firing {
        stack: rule.stack.clone(),
        task: task.to_owned(),
        prompt,
        dedupe_key,
        window,
        concurrency,
        untrusted: true,
        reason: notes.join("; "),
    })
}

/// What a person wrote by hand counts instead of the rule's template.
fn prompt(rule: &Rule, event: &Event, values: &Values, notes: &mut Vec<String>) -> Result<String, String> {
    if let What::Manual { prompt, .. } = &event.what
        && !prompt.trim().is_empty()
    {
        return Ok(prompt.clone());
    }
    let rendered = rule.prompt.render(values).map_err(|error| format!("`prompt`: {}", error.message()))?;
    if !rendered.absent.is_empty() {
        notes.push(format!("the prompt shows nothing for {}, which this event does not have", names(&rendered.absent)));
    }
    Ok(rendered.text)
}

/// A key that names what the event does not have would be the same for things that differ, so it does not count.
fn key(what: &str, template: &Template, values: &Values, notes: &mut Vec<String>) -> Result<Option<String>, String> {
    let rendered = template.render(values).map_err(|error| format!("`{what}.key`: {}", error.message()))?;
    if !rendered.absent.is_empty() {
        let absent = names(&rendered.absent);
        notes.push(format!("`{what}` does not count: its key names {absent}, which this event does not have"));
        return Ok(None);
    }
    let key = rendered.text.trim();
    if key.is_empty() {
        notes.push(format!("`{what}` does not count: its key is empty"));
        return Ok(None);
    }
    Ok(Some(bounded(key, LONGEST_KEY).to_owned()))
}

fn names(absent: &BTreeSet<String>) -> String {
    listed(&absent.iter().map(String::as_str).collect::<Vec<_>>())
}
