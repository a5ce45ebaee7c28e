//! `writeback:` in stacks and policies: a verdict for each kind of effect, and for paths within a kind.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use schemars::Schema;
use schemars::SchemaGenerator;
use schemars::json_schema;
use serde::Deserialize;
use serde::Serialize;

use crate::catalog::pattern::Pattern;
use crate::kit::Error;
use crate::kit::text::visible_line;
use crate::model::EffectKind;
use crate::model::Verdict;

/// Verdicts by kind of effect, and by path within a kind.
pub type Writeback = ByEffect<Verdict>;

/// Something for each kind of effect. `push` names a kind, `push:.github/**` a kind where it changes a matching path.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ByEffect<T>(pub BTreeMap<EffectKey, T>);

/// A kind of effect, or a kind where it changes a matching path.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EffectKey {
    /// The kind.
    pub kind: EffectKind,
    /// Paths, for the kinds that change files.
    pub path: Option<Pattern>,
}

impl EffectKey {
    /// All effects of a kind.
    pub fn of(kind: EffectKind) -> Self {
        Self { kind, path: None }
    }

    /// Whether it speaks of an effect of this kind that changes these paths.
    pub fn covers(&self, kind: EffectKind, paths: &[&str]) -> bool {
        let on_path = |pattern: &Pattern| paths.iter().any(|path| pattern.matches(path));
        self.kind == kind && self.path.as_ref().is_none_or(on_path)
    }
}

impl<T> Default for ByEffect<T> {
    fn default() -> Self {
        Self(BTreeMap::new())
    }
}

impl<T: JsonSchema> JsonSchema for ByEffect<T> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        format!("ByEffect_{}", T::schema_name()).into()
    }

    /// Names every kind, so that editors complete them; `propertyNames` describes the keys with a path.
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let value = generator.subschema_for::<T>();
        let key = generator.subschema_for::<EffectKey>();
        let kinds = EffectKind::ALL.map(|kind| (kind.as_str().to_owned(), value.clone().to_value()));
        let properties: serde_json::Map<String, serde_json::Value> = kinds.into_iter().collect();
        json_schema!({
            "type": "object",
            "properties": properties,
            "propertyNames": key,
            "additionalProperties": value,
        })
    }
}

impl FromStr for EffectKey {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let (kind, path) = text.split_once(':').map_or((text, None), |(kind, path)| (kind, Some(path)));
        let Ok(kind) = kind.parse::<EffectKind>() else {
            let known: Vec<&str> = EffectKind::ALL.map(EffectKind::as_str).to_vec();
            let error = Error::invalid(format!("`{}` is not a kind of effect", visible_line(kind, 40)));
            return Err(error.hint(super::near::suggest(kind, &known)));
        };
        let changes_files = matches!(kind, EffectKind::Push | EffectKind::PullRequest | EffectKind::Memory);
        if path.is_some() && !changes_files {
            let error = Error::invalid(format!("`{}` changes no files, so it has no paths", kind.as_str()));
            return Err(error.hint("paths go with `push`, `pull_request` and `memory`"));
        }
        Ok(Self { kind, path: path.map(str::parse).transpose()? })
    }
}

impl fmt::Display for EffectKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.kind.as_str())?;
        self.path.as_ref().map_or(Ok(()), |path| write!(f, ":{path}"))
    }
}

super::value::as_text!(EffectKey, "effect", "A kind of effect, or a kind and a path: `push`, `push:.github/**`.");
