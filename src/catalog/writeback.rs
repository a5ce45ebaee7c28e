//! `writeback:` in stacks and policies: a verdict for each kind of effect, and for paths within a kind.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::Deserialize;
use serde::Serialize;

use crate::catalog::pattern::Pattern;
use crate::kit::Error;
use crate::kit::text::visible_line;
use crate::model::EffectKind;
use crate::model::Verdict;

/// Verdicts by kind of effect. `push` names a kind, `push:.github/**` a kind where it changes a matching path.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Writeback(pub BTreeMap<EffectKey, Verdict>);

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
