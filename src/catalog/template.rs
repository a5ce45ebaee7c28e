//! Templates over an event: the prompt of a rule, and the keys for dedupe and concurrency.
//!
//! Text only: no input or output, no calls, a bounded number of steps and a bounded length. Every name that a template
//! speaks of is checked when the file is read; [`super::names`] is the list. A name that is known but that the event at hand does
//! not have renders as nothing and is reported, so that the caller can say so.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::fmt;
use std::io;
use std::str::FromStr;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;

use minijinja::Environment;
use minijinja::UndefinedBehavior;
use minijinja::Value;
use minijinja::value::Enumerator;
use minijinja::value::Object;
use serde::Deserialize;
use serde::Serialize;

use crate::catalog::names::NAMES;
use crate::catalog::names::TIP;
use crate::catalog::near;
use crate::kit::Error;
use crate::kit::text::visible_line;

const LONGEST_SOURCE: usize = 32 * 1024;
const LONGEST_OUTPUT: usize = 64 * 1024;
const STEPS: u64 = 20_000;

/// A template over an event, checked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Template(String);

/// What an event gives to templates. Made by `triggers`; a name of [`NAMES`] that is not set is absent.
#[derive(Clone, Debug, Default)]
pub struct Values(BTreeMap<&'static str, Value>);

/// A rendered template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rendered {
    /// The text.
    pub text: String,
    /// Names that the template speaks of and the event does not have, such as `check.name`.
    pub absent: BTreeSet<String>,
}

/// Why a text is not a template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub hint: String,
    /// The piece of the source that is at fault, when there is one: `pul.number`.
    pub piece: Option<String>,
    /// The line within the template, from 1.
    pub line: usize,
}

impl Template {
    /// The source.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether there is nothing in it.
    pub fn is_empty(&self) -> bool {
        self.0.trim().is_empty()
    }

    /// The names that it speaks of, without their fields.
    pub fn names(&self) -> BTreeSet<String> {
        let environment = environment();
        let template = environment.template_from_str(&self.0);
        template.map(|template| template.undeclared_variables(false).into_iter().collect()).unwrap_or_default()
    }

    /// Everything that keeps a text from being a template.
    pub fn faults(text: &str) -> Vec<Fault> {
        if text.len() > LONGEST_SOURCE {
            let message = format!("the template is longer than {} KiB", LONGEST_SOURCE / 1024);
            return vec![Fault { message, hint: "put long instructions into a skill".into(), piece: None, line: 1 }];
        }
        let environment = environment();
        let template = match environment.template_from_str(text) {
            Ok(template) => template,
            Err(error) => return vec![Fault::syntax(&error)],
        };
        let names: BTreeSet<String> = template.undeclared_variables(true).into_iter().collect();
        let mut faults: Vec<Fault> = names.iter().filter_map(|name| Fault::unknown(name)).collect();
        if faults.is_empty() {
            let dry = render(text, &Values::default());
            faults.extend(dry.err().map(|error| Fault::syntax(&error)));
        }
        faults
    }

    /// The text that it gives for an event.
    ///
    /// # Errors
    ///
    /// Takes too many steps, becomes too long, or does what cannot be done with these values.
    pub fn render(&self, values: &Values) -> Result<Rendered, Error> {
        let seen = values.clone();
        render(&self.0, &seen).map_err(|error| {
            Error::invalid(format!("The template cannot be rendered: {}", explain(&error)))
                .hint("make it shorter and simpler: it may hold names, filters, `if` and `for`")
        })
    }
}

impl Values {
    /// Sets a name. One that is not in [`NAMES`] can never be reached by a template.
    pub fn set(&mut self, name: &'static str, value: impl Into<Value>) {
        self.0.insert(name, value.into());
    }
}

/// Stands for a name that is known but absent: it is false and empty, and notes who asked for it.
#[derive(Debug)]
struct Absent {
    path: String,
    fields: &'static [&'static str],
    asked: Arc<Mutex<BTreeSet<String>>>,
}

impl Absent {
    fn note(&self) {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).insert(self.path.clone());
    }
}

impl Object for Absent {
    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        let field = self.fields.iter().find(|field| key.as_str() == Some(field))?;
        let fields: &'static [&'static str] = if matches!(*field, "head" | "base") { &TIP } else { &[] };
        let path = format!("{}.{field}", self.path);
        Some(Value::from_object(Self { path, fields, asked: Arc::clone(&self.asked) }))
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        self.note();
        Enumerator::Empty
    }

    fn is_true(self: &Arc<Self>) -> bool {
        false
    }

    fn render(self: &Arc<Self>, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.note();
        Ok(())
    }
}

/// Refuses to grow past a limit.
struct Bounded(Vec<u8>);

impl io::Write for Bounded {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.0.len() + bytes.len() > LONGEST_OUTPUT {
            return Err(io::Error::other("too long"));
        }
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Strict, without functions, with a short list of filters.
fn environment() -> Environment<'static> {
    let mut environment = Environment::empty();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_fuel(Some(STEPS));
    environment.set_recursion_limit(16);
    environment.add_filter("lower", minijinja::filters::lower);
    environment.add_filter("upper", minijinja::filters::upper);
    environment.add_filter("trim", minijinja::filters::trim);
    environment.add_filter("default", minijinja::filters::default);
    environment.add_filter("length", minijinja::filters::length);
    environment.add_filter("join", minijinja::filters::join);
    environment.add_filter("first", minijinja::filters::first);
    environment.add_filter("last", minijinja::filters::last);
    environment
}

fn render(source: &str, values: &Values) -> Result<Rendered, minijinja::Error> {
    let environment = environment();
    let template = environment.template_from_str(source)?;
    let asked = Arc::new(Mutex::new(BTreeSet::new()));
    let all = NAMES.iter().map(|(name, fields)| {
        let absent = || Value::from_object(Absent { path: (*name).into(), fields, asked: Arc::clone(&asked) });
        (*name, values.0.get(name).cloned().unwrap_or_else(absent))
    });
    let mut out = Bounded(Vec::new());
    template.render_captured_to(Value::from_pairs(all), &mut out)?;
    let text = String::from_utf8_lossy(&out.0).into_owned();
    let absent = std::mem::take(&mut *asked.lock().unwrap_or_else(PoisonError::into_inner));
    Ok(Rendered { text, absent })
}

impl Fault {
    fn syntax(error: &minijinja::Error) -> Self {
        Self {
            message: format!("the template is broken: {}", explain(error)),
            hint: "values stand in `{{ … }}`, conditions in `{% if … %}…{% endif %}`".into(),
            piece: None,
            line: error.line().unwrap_or(1),
        }
    }

    /// The fault of a dotted name, unless it is known.
    fn unknown(name: &str) -> Option<Self> {
        let mut parts = name.split('.');
        let root = parts.next().unwrap_or_default();
        let roots: Vec<&str> = NAMES.iter().map(|(name, _)| *name).collect();
        let mut known: &[&str] = &roots;
        let mut before = String::new();
        for part in std::iter::once(root).chain(parts) {
            if !known.contains(&part) {
                let message = format!("the template names `{}`, which no event has", visible_line(name, 60));
                let hint = match known {
                    [] => format!("`{before}` is a plain value"),
                    _ if before.is_empty() => near::suggest(part, known),
                    _ => format!("of `{before}`, {}", near::suggest(part, known)),
                };
                return Some(Self { message, hint, piece: Some(name.to_owned()), line: 1 });
            }
            known = match (before.as_str(), part) {
                ("pull", "head" | "base") => &TIP,
                ("", root) => NAMES.iter().find(|(name, _)| *name == root).map_or(&[], |(_, fields)| *fields),
                _ => &[],
            };
            before = if before.is_empty() { part.to_owned() } else { format!("{before}.{part}") };
        }
        None
    }
}

/// The library's reason in a few words, without its position.
fn explain(error: &minijinja::Error) -> String {
    use minijinja::ErrorKind;
    match error.kind() {
        ErrorKind::OutOfFuel => "it takes too many steps".into(),
        ErrorKind::WriteFailure => format!("it becomes longer than {} KiB", LONGEST_OUTPUT / 1024),
        kind => visible_line(error.detail().unwrap_or(&kind.to_string()), 200),
    }
}

impl FromStr for Template {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        match Self::faults(text).into_iter().next() {
            Some(fault) => Err(Error::invalid(fault.message).hint(fault.hint)),
            None => Ok(Self(text.to_owned())),
        }
    }
}

impl fmt::Display for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

super::value::as_text!(Template, "template", "A template over the event: text, `{{ issue.title }}`, `{% if pull %}`.");
