//! YAML with positions: what every check of a file points at.
//!
//! Plain scalars are read as YAML 1.2 core has them: `on`, `yes` and `no` are text. Depth, aliases and the number of
//! nodes are bounded; merge keys and duplicate keys are errors.

use std::fmt;

use serde::Deserialize;
use serde::Deserializer;
use serde::de::MapAccess;
use serde::de::SeqAccess;
use serde::de::Visitor;
use serde_saphyr::DuplicateKeyPolicy;
use serde_saphyr::MergeKeyPolicy;
use serde_saphyr::Options;
use serde_saphyr::Spanned;

use crate::kit::text::visible_line;

/// A place in a file, both numbers from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// The line.
    pub line: usize,
    /// The column, in characters.
    pub column: usize,
}

/// A piece of YAML and where it starts.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// Where it starts.
    pub at: Position,
    /// What it is.
    pub kind: Kind,
}

/// A piece of YAML.
#[derive(Clone, Debug, PartialEq)]
pub enum Kind {
    /// Nothing: an empty value, `null` or `~`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A number.
    Number(f64),
    /// Text.
    Text(String),
    /// `[…]` or lines with `-`.
    List(Vec<Node>),
    /// `{…}` or lines with `key:`.
    Map(Vec<(Key, Node)>),
}

/// A key of a mapping and where it stands.
#[derive(Clone, Debug, PartialEq)]
pub struct Key {
    /// The key.
    pub text: String,
    /// Where it stands.
    pub at: Position,
}

/// Why a text is not YAML.
#[derive(Clone, Debug, PartialEq)]
pub struct Broken {
    /// Where.
    pub at: Position,
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub hint: String,
}

impl Node {
    /// The value of a key, when this is a mapping.
    pub fn get(&self, key: &str) -> Option<&Self> {
        let Kind::Map(entries) = &self.kind else { return None };
        entries.iter().find(|(name, _)| name.text == key).map(|(_, value)| value)
    }

    /// Where a path of keys and indices leads, or the nearest place before it.
    pub fn at(&self, path: &[&str]) -> Position {
        let Some((first, rest)) = path.split_first() else { return self.at };
        let next = match &self.kind {
            Kind::List(items) => first.parse::<usize>().ok().and_then(|index| items.get(index)),
            _ => self.get(first),
        };
        next.map_or(self.at, |next| next.at(rest))
    }

    /// Where a key stands, or this node when it has no such key.
    pub fn key_at(&self, key: &str) -> Position {
        let Kind::Map(entries) = &self.kind else { return self.at };
        entries.iter().find(|(name, _)| name.text == key).map_or(self.at, |(name, _)| name.at)
    }

    /// The same as JSON; whole numbers stay whole.
    pub fn to_json(&self) -> serde_json::Value {
        use serde_json::Value;
        match &self.kind {
            Kind::Null => Value::Null,
            Kind::Bool(value) => Value::Bool(*value),
            Kind::Number(value) if value.fract() == 0.0 && value.abs() < 9e15 => Value::from(*value as i64),
            Kind::Number(value) => Value::from(*value),
            Kind::Text(text) => Value::String(text.clone()),
            Kind::List(items) => items.iter().map(Self::to_json).collect(),
            Kind::Map(entries) => entries.iter().map(|(key, value)| (key.text.clone(), value.to_json())).collect(),
        }
    }

    /// What it is, in words.
    pub fn noun(&self) -> &'static str {
        match self.kind {
            Kind::Null => "nothing",
            Kind::Bool(_) => "`true` or `false`",
            Kind::Number(_) => "a number",
            Kind::Text(_) => "text",
            Kind::List(_) => "a list",
            Kind::Map(_) => "a mapping",
        }
    }
}

/// Reads a text.
pub fn parse(text: &str) -> Result<Node, Broken> {
    serde_saphyr::from_str_with_options::<Spanned<Raw>>(text, options()).map(node).map_err(|error| broken(&error))
}

/// Reads a text as a type; [`parse`] and the checks of its tree come first, so that errors here are rare.
pub fn parse_as<T: serde::de::DeserializeOwned>(text: &str) -> Result<T, Broken> {
    serde_saphyr::from_str_with_options(text, options()).map_err(|error| broken(&error))
}

fn options() -> Options {
    serde_saphyr::options! {
        budget: serde_saphyr::budget! {
            max_events: 50_000,
            max_aliases: 200,
            max_anchors: 200,
            max_documents: 1,
            max_depth: 32,
            max_nodes: 20_000,
            flow_nesting_limit: 32,
        },
        alias_limits: serde_saphyr::alias_limits! {
            max_total_replayed_events: 20_000,
            max_replay_stack_depth: 8,
        },
        duplicate_keys: DuplicateKeyPolicy::Error,
        merge_keys: MergeKeyPolicy::Error,
        strict_booleans: true,
        with_snippet: false,
    }
}

/// The library's error in words for people who write configuration.
fn broken(error: &serde_saphyr::Error) -> Broken {
    use serde_saphyr::Error;
    let at = error.location().map_or(Position { line: 1, column: 1 }, position);
    let told = |message: String, hint: &str| Broken { at, message, hint: hint.into() };
    match error.without_snippet() {
        Error::DuplicateMappingKey { key, .. } => {
            let key = key.as_deref().map_or_else(|| "a key".into(), |key| format!("`{}`", visible_line(key, 60)));
            told(format!("{key} stands here a second time"), "keep one of them")
        }
        Error::MergeKeyNotAllowed { .. } => told("`<<` is not read here".into(), "write the keys out"),
        Error::MultipleDocuments { .. } => told("the file holds a second document".into(), ONE_DOCUMENT),
        Error::Budget { breach, .. } => match breach {
            serde_saphyr::budget::BudgetBreach::Documents { .. } => {
                told("the file holds a second document".into(), ONE_DOCUMENT)
            }
            _ => told("the file is nested too deep or holds too much".into(), "32 levels and 20,000 values are read"),
        },
        Error::AliasReplayLimitExceeded { .. }
        | Error::AliasExpansionLimitExceeded { .. }
        | Error::AliasReplayStackDepthExceeded { .. } => {
            told("the aliases of this file grow too large".into(), "write the values out")
        }
        other => {
            let message = without_position(&other.to_string());
            let hint = match message.as_str() {
                text if text.contains("tab") => "indent with spaces",
                text if text.contains("mapping values are not allowed") => "put text with `: ` between quotes",
                text if text.contains("quoted scalar") => "close the quote that was opened above",
                text if text.contains("unclosed bracket") => "close it on the same line or below, indented",
                text if text.contains("recursion limit") => "32 levels are read",
                _ => "this is not YAML as version 1.2 has it",
            };
            told(message, hint)
        }
    }
}

const ONE_DOCUMENT: &str = "one file describes one thing: remove the line `---` and what follows";

/// Cuts the library's own " at line 1, column 2": the diagnostic says it.
fn without_position(text: &str) -> String {
    let cut = text.find(" at line ").unwrap_or(text.len());
    visible_line(&text[..cut], 200)
}

fn position(location: serde_saphyr::Location) -> Position {
    let number = |n: u64| usize::try_from(n).unwrap_or(1).max(1);
    Position { line: number(location.line()), column: number(location.column()) }
}

/// YAML before its positions are put beside it.
enum Raw {
    Null,
    Bool(bool),
    Number(f64),
    Text(String),
    List(Vec<Spanned<Raw>>),
    Map(Vec<(Spanned<String>, Spanned<Raw>)>),
}

fn node(raw: Spanned<Raw>) -> Node {
    let at = position(raw.referenced);
    let kind = match raw.value {
        Raw::Null => Kind::Null,
        Raw::Bool(value) => Kind::Bool(value),
        Raw::Number(value) => Kind::Number(value),
        Raw::Text(value) => Kind::Text(value),
        Raw::List(items) => Kind::List(items.into_iter().map(node).collect()),
        Raw::Map(entries) => {
            let entry = |(key, value): (Spanned<String>, Spanned<Raw>)| {
                (Key { text: key.value, at: position(key.referenced) }, node(value))
            };
            Kind::Map(entries.into_iter().map(entry).collect())
        }
    };
    Node { at, kind }
}

impl<'de> Deserialize<'de> for Raw {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(RawVisitor)
    }
}

struct RawVisitor;

impl<'de> Visitor<'de> for RawVisitor {
    type Value = Raw;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Raw, E> {
        Ok(Raw::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Raw, E> {
        Ok(Raw::Number(value as f64))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Raw, E> {
        Ok(Raw::Number(value as f64))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Raw, E> {
        Ok(Raw::Number(value))
    }

    fn visit_str<E>(self, value: &str) -> Result<Raw, E> {
        Ok(Raw::Text(value.to_owned()))
    }

    fn visit_unit<E>(self) -> Result<Raw, E> {
        Ok(Raw::Null)
    }

    fn visit_none<E>(self) -> Result<Raw, E> {
        Ok(Raw::Null)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Raw, D::Error> {
        Raw::deserialize(deserializer)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Raw, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element()? {
            list.push(item);
        }
        Ok(Raw::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Raw, A::Error> {
        let mut map = Vec::new();
        while let Some(entry) = entries.next_entry()? {
            map.push(entry);
        }
        Ok(Raw::Map(map))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(line: usize, column: usize) -> Position {
        Position { line, column }
    }

    #[test]
    fn every_value_and_key_knows_its_place() {
        let text = "state: active\non:\n  check: {conclusion: [failure, error]}\nprompt: |\n  Hello\n  you\n";
        let tree = parse(text).expect("YAML");
        assert_eq!(tree.key_at("on"), at(2, 1));
        assert_eq!(tree.at(&["state"]), at(1, 8));
        assert_eq!(tree.at(&["on", "check", "conclusion", "1"]), at(3, 33));
        assert_eq!(tree.at(&["on", "check", "nothing"]), at(3, 10));
        assert_eq!(tree.get("prompt").map(|node| node.at), Some(at(5, 3)));
    }

    #[test]
    fn plain_words_of_yaml_1_1_stay_text() {
        let tree = parse("on: yes\noff: no\ny: ~\nnumber: 1.5\nquoted: \"1\"\ntrue: true\nbig: 300000\nhex: 0x10\noct: 010\ntime: 1:30\nempty:").expect("YAML");
        let kind = |key: &str| tree.get(key).map(|node| node.kind.clone());
        assert_eq!(kind("on"), Some(Kind::Text("yes".into())));
        assert_eq!(kind("off"), Some(Kind::Text("no".into())));
        assert_eq!(kind("y"), Some(Kind::Null));
        assert_eq!(kind("number"), Some(Kind::Number(1.5)));
        assert_eq!(kind("quoted"), Some(Kind::Text("1".into())));
        assert_eq!(kind("true"), Some(Kind::Bool(true)));
        assert_eq!(kind("big"), Some(Kind::Number(300_000.0)));
        assert_eq!(kind("time"), Some(Kind::Text("1:30".into())));
        assert_eq!(kind("empty"), Some(Kind::Null));
    }

    #[test]
    fn hostile_yaml_ends_soon_and_well() {
        let deep = "[".repeat(5_000);
        let deep_blocks: String = (0..500).map(|depth| format!("{}a:\n", " ".repeat(depth))).collect();
        let mut bomb = String::from("a0: &a0 [x, x]\n");
        for i in 1..30 {
            bomb.push_str(&format!("a{i}: &a{i} [*a{}, *a{}]\n", i - 1, i - 1));
        }
        for text in [
            deep.as_str(),
            deep_blocks.as_str(),
            bomb.as_str(),
            "a: 1\na: 2",
            "a: &x {b: 1}\nc:\n  <<: *x",
            "a: b: c",
            "---\na: 1\n---\nb: 2\n",
            "a: [1, 2",
            "a: x\n\tb: 2",
        ] {
            let error = parse(text).expect_err("not taken");
            assert!(!error.message.contains("line") && error.message.len() < 80, "{error:?}");
        }
    }
}
