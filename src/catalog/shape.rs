//! A file against the JSON Schema of its type: finds every unknown key and wrong value, not only the first.
//!
//! Knows the part of JSON Schema that our types make: `type`, `properties`, `required`, `additionalProperties`,
//! `propertyNames`, `items`, `oneOf` of constants, `anyOf` with null, `minimum`, `maximum`, and our own formats.

use serde_json::Value;

use crate::catalog::cron::Cron;
use crate::catalog::cron::Zone;
use crate::catalog::near;
use crate::catalog::pattern::Pattern;
use crate::catalog::period::Period;
use crate::catalog::size::Size;
use crate::catalog::template::Template;
use crate::catalog::tree::Key;
use crate::catalog::tree::Kind;
use crate::catalog::tree::Node;
use crate::catalog::tree::Position;
use crate::catalog::writeback::EffectKey;
use crate::kit::Error;
use crate::kit::text::visible_line;

/// One thing that does not fit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Misfit {
    /// Where.
    pub at: Position,
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub hint: String,
    /// A piece of the source after `at` that is at fault, when there is one.
    pub piece: Option<String>,
}

impl Misfit {
    /// Without a piece.
    pub fn new(at: Position, message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { at, message: message.into(), hint: hint.into(), piece: None }
    }
}

/// Everything in a tree that does not fit a schema.
pub fn misfits(schema: &Value, root: &Node) -> Vec<Misfit> {
    let mut walk = Walk { found: Vec::new() };
    walk.node(schema, root, "");
    walk.found
}

struct Walk {
    found: Vec<Misfit>,
}

impl Walk {
    fn add(&mut self, at: Position, message: String, hint: impl Into<String>) {
        self.found.push(Misfit::new(at, message, hint));
    }

    fn node(&mut self, schema: &Value, node: &Node, path: &str) {
        if let Some(branches) = schema["anyOf"].as_array() {
            let is_null = |branch: &&Value| branch["type"] == "null";
            if node.kind == Kind::Null && branches.iter().any(|branch| is_null(&branch)) {
                return;
            }
            if let Some(branch) = branches.iter().find(|branch| !is_null(branch)) {
                self.node(branch, node, path);
            }
            return;
        }
        if let Some(choices) = schema["oneOf"].as_array() {
            let words: Vec<&str> = choices.iter().filter_map(|choice| choice["const"].as_str()).collect();
            return self.choice(&words, node, path);
        }
        let wanted: Vec<&str> = match &schema["type"] {
            Value::Array(types) => types.iter().filter_map(Value::as_str).collect(),
            other => other.as_str().into_iter().collect(),
        };
        match &node.kind {
            Kind::Null if wanted.contains(&"null") => {}
            Kind::Map(entries) if wanted.contains(&"object") => self.map(schema, node, entries, path),
            Kind::List(items) if wanted.contains(&"array") => {
                for (index, item) in items.iter().enumerate() {
                    self.node(&schema["items"], item, &format!("{path}[{index}]"));
                }
            }
            Kind::Text(text) if wanted.contains(&"string") => self.text(schema, node.at, text),
            Kind::Bool(_) if wanted.contains(&"boolean") => {}
            Kind::Number(number) if wanted.contains(&"integer") && number.fract() == 0.0 => {
                self.range(schema, node.at, *number, path);
            }
            Kind::Number(number) if wanted.contains(&"number") => self.range(schema, node.at, *number, path),
            _ => self.wrong_type(schema, &wanted, node, path),
        }
    }

    fn map(&mut self, schema: &Value, node: &Node, entries: &[(Key, Node)], path: &str) {
        let known = schema["properties"].as_object();
        let names: Vec<&str> = known.into_iter().flatten().map(|(name, _)| name.as_str()).collect();
        for (key, value) in entries {
            let below = if path.is_empty() { key.text.clone() } else { format!("{path}.{}", key.text) };
            if let Some(schema) = known.and_then(|known| known.get(&key.text)) {
                self.node(schema, value, &below);
                continue;
            }
            match &schema["additionalProperties"] {
                Value::Object(_) => {
                    self.text(&schema["propertyNames"], key.at, &key.text);
                    self.node(&schema["additionalProperties"], value, &below);
                }
                _ => {
                    let message = format!("`{}` is not a key {}", visible_line(&key.text, 60), of(path));
                    let hint = match names.as_slice() {
                        [] => format!("`{path}` has no keys: write `{path}: {{}}`"),
                        names => near::suggest(&key.text, names),
                    };
                    self.add(key.at, message, hint);
                }
            }
        }
        for name in schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str) {
            if !entries.iter().any(|(key, _)| key.text == name) {
                self.add(node.at, format!("the key `{name}` is missing {}", here(path)), example(schema, name));
            }
        }
    }

    fn choice(&mut self, words: &[&str], node: &Node, path: &str) {
        match &node.kind {
            Kind::Text(text) if words.contains(&text.as_str()) => {}
            Kind::Text(text) => {
                let message = format!("`{}` is not a value of `{path}`", visible_line(text, 60));
                self.add(node.at, message, near::suggest(text, words));
            }
            _ => {
                let message = format!("`{path}` is {}, but it takes a word", node.noun());
                self.add(node.at, message, format!("known are {}", near::listed(words)));
            }
        }
    }

    fn range(&mut self, schema: &Value, at: Position, number: f64, path: &str) {
        if let Some(least) = schema["minimum"].as_f64().filter(|least| number < *least) {
            self.add(at, format!("`{path}` is {number}, but the least is {least}"), "");
        }
        if let Some(most) = schema["maximum"].as_f64().filter(|most| number > *most) {
            self.add(at, format!("`{path}` is {number}, but the most is {most}"), "");
        }
    }

    fn text(&mut self, schema: &Value, at: Position, text: &str) {
        let format = schema["format"].as_str().unwrap_or_default();
        if format == "template" {
            for fault in Template::faults(text) {
                let at = if fault.line > 1 { Position { line: at.line + fault.line - 1, column: 1 } } else { at };
                self.found.push(Misfit { at, message: fault.message, hint: fault.hint, piece: fault.piece });
            }
        } else if let Err(error) = check(format, text) {
            self.add(at, error.message().to_owned(), error.hints().join("; "));
        }
    }

    fn wrong_type(&mut self, schema: &Value, wanted: &[&str], node: &Node, path: &str) {
        let takes = match wanted.first() {
            Some(&"object") => "a mapping",
            Some(&"array") => "a list",
            Some(&"string") => "text",
            Some(&"boolean") => "`true` or `false`",
            Some(&"integer") => "a whole number",
            _ => "a number",
        };
        let subject = if path.is_empty() { "the file".into() } else { format!("`{path}`") };
        let format = check(schema["format"].as_str().unwrap_or_default(), "").err();
        let hint = match (&node.kind, takes) {
            (Kind::Null, _) if path.is_empty() => {
                return self.add(node.at, "the file is empty".into(), "remove it, or write what it is for");
            }
            (_, "text") if format.is_some() => format.map(|error| error.hints().join("; ")).unwrap_or_default(),
            (Kind::Null, _) => "give it a value, or leave the key out".into(),
            (Kind::Number(_) | Kind::Bool(_), "text") => "put it between quotes".into(),
            (Kind::Text(text), "a list") => format!("write `[{}]`", visible_line(text, 60)),
            (_, "a mapping") => "write `key: value` below it".into(),
            _ => String::new(),
        };
        self.add(node.at, format!("{subject} is {}, but it takes {takes}", node.noun()), hint);
    }
}

/// Checks a text by the format that its schema names, with the `FromStr` of the type that made the schema.
fn check(format: &str, text: &str) -> Result<(), Error> {
    match format {
        "size" => text.parse::<Size>().map(drop),
        "period" => text.parse::<Period>().map(drop),
        "glob" => text.parse::<Pattern>().map(drop),
        "cron" => text.parse::<Cron>().map(drop),
        "timezone" => text.parse::<Zone>().map(drop),
        "effect" => text.parse::<EffectKey>().map(drop),
        "handle" => handle(text),
        _ => Ok(()),
    }
}

/// A name that follows `@` in a mention.
fn handle(text: &str) -> Result<(), Error> {
    let word = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    let starts = text.starts_with(|c: char| c.is_ascii_alphanumeric());
    if starts && text.len() <= 39 && text.chars().all(word) {
        return Ok(());
    }
    let error = Error::invalid(format!("`{}` is not a handle", visible_line(text, 60)));
    Err(error.hint("write it without `@`: up to 39 letters, digits, `-` and `_`, such as `fixer`"))
}

fn of(path: &str) -> String {
    if path.is_empty() { "of this file".into() } else { format!("of `{path}`") }
}

fn here(path: &str) -> String {
    if path.is_empty() { "in this file".into() } else { format!("in `{path}`") }
}

/// What a missing key could look like.
fn example(schema: &Value, name: &str) -> String {
    let key = &schema["properties"][name];
    let words = key["oneOf"].as_array().into_iter().flatten().filter_map(|choice| choice["const"].as_str());
    let words: Vec<&str> = words.collect();
    let says = key["description"].as_str().unwrap_or_default().trim_end_matches('.').to_lowercase();
    match words.first() {
        Some(word) => format!("add `{name}: {word}`; {}", near::suggest("", &words)),
        None => format!("add `{name}:` — {says}"),
    }
}
