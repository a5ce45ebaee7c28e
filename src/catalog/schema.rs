//! JSON Schemas of the files, made from the types, so that editors and our own checks agree.

use std::sync::LazyLock;

use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde_json::Value;

use crate::catalog::checks_file::ChecksFile;
use crate::catalog::policy_file::PolicyFile;
use crate::catalog::rule::Rule;
use crate::catalog::stack::Stack;

/// A kind of file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum FileKind {
    /// `stacks/<name>.yaml`.
    Stack,
    /// `rules/<name>.yaml`.
    Rule,
    /// `policy.yaml`.
    Policy,
    /// `checks.yaml`.
    Checks,
}

impl FileKind {
    /// All kinds.
    pub const ALL: [Self; 4] = [Self::Stack, Self::Rule, Self::Policy, Self::Checks];

    /// The word in addresses and messages.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Stack => "stack",
            Self::Rule => "rule",
            Self::Policy => "policy",
            Self::Checks => "checks",
        }
    }
}

static STACK: LazyLock<Value> = LazyLock::new(made::<Stack>);
static RULE: LazyLock<Value> = LazyLock::new(made::<Rule>);
static POLICY: LazyLock<Value> = LazyLock::new(made::<PolicyFile>);
static CHECKS: LazyLock<Value> = LazyLock::new(made::<ChecksFile>);

/// The JSON Schema of a kind of file, draft 2020-12, without references.
pub fn schema(kind: FileKind) -> &'static Value {
    match kind {
        FileKind::Stack => &STACK,
        FileKind::Rule => &RULE,
        FileKind::Policy => &POLICY,
        FileKind::Checks => &CHECKS,
    }
}

fn made<T: JsonSchema>() -> Value {
    let mut settings = SchemaSettings::draft2020_12();
    settings.inline_subschemas = true;
    settings.into_generator().into_root_schema_for::<T>().to_value()
}
