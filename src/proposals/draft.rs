//! What an agent asks for: an effect before we looked at it. It names no repository, no commit and no digest, since an
//! agent's word on those counts for nothing; `proposals` fills them in from what the run is about.

use std::sync::LazyLock;

use serde::Deserialize;
use serde::Serialize;
use serde_json::Value;
use serde_json::json;

use crate::kit::Error;
use crate::kit::Result;
use crate::model::EffectKind;
use crate::model::effect::LineWords;
use crate::model::effect::ReviewVerdict;

/// One effect as an agent drafts it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Draft {
    /// A comment on the issue or pull request of the run, or on another one of the same repository.
    Comment {
        /// Markdown.
        body: String,
        /// Another issue or pull request than the run's.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        number: Option<i64>,
    },
    /// What the workspace holds now, as one commit on the branch of the run.
    Push {
        /// The commit message.
        message: String,
    },
    /// What the workspace holds now, or a branch pushed to `origin`, as one commit on a new branch with a pull request.
    PullRequest {
        /// The title.
        title: String,
        /// Markdown.
        body: String,
        /// The branch it is to be merged into; the run's own branch when absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        base: Option<String>,
        /// The name of the new branch; made up when absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        branch: Option<String>,
        /// The commit message; the title when absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        message: Option<String>,
    },
    /// Files of the company brain to write or to remove, as a pull request there.
    Memory {
        /// The title.
        title: String,
        /// Markdown: why, with evidence.
        body: String,
        /// What changes, each path once.
        changes: Vec<MemoryChange>,
    },
    /// Labels to put on and to take off.
    Labels {
        /// To put on.
        #[serde(default)]
        add: Vec<String>,
        /// To take off.
        #[serde(default)]
        remove: Vec<String>,
    },
    /// A check to run again.
    CheckRerun {
        /// Its name.
        check: String,
    },
    /// A review of the pull request of the run, at the head that the run works on.
    Review {
        /// The judgement.
        verdict: ReviewVerdict,
        /// What it says as a whole, Markdown.
        #[serde(default)]
        body: String,
        /// What it says about single lines.
        #[serde(default)]
        lines: Vec<LineWords>,
    },
    /// A new issue in the repository of the run.
    Issue {
        /// The title.
        title: String,
        /// Markdown.
        body: String,
        /// Labels of the repository.
        #[serde(default)]
        labels: Vec<String>,
    },
}

/// One file of the company brain as an agent wants it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MemoryChange {
    /// Its path.
    pub path: String,
    /// Its whole text; none removes it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
}

/// A kind of draft as a tool that a model can call.
#[derive(Clone, Debug)]
pub struct DraftTool {
    /// `propose_comment`, `propose_push`, …, `memory_propose`.
    pub name: &'static str,
    /// What it does, for the model.
    pub description: &'static str,
    /// JSON Schema of the arguments: the draft without its `kind`.
    pub schema: Value,
    kind: EffectKind,
}

impl Draft {
    /// What kind of effect it asks for.
    pub fn kind(&self) -> EffectKind {
        match self {
            Self::Comment { .. } => EffectKind::Comment,
            Self::Push { .. } => EffectKind::Push,
            Self::PullRequest { .. } => EffectKind::PullRequest,
            Self::Memory { .. } => EffectKind::Memory,
            Self::Labels { .. } => EffectKind::Labels,
            Self::CheckRerun { .. } => EffectKind::CheckRerun,
            Self::Review { .. } => EffectKind::Review,
            Self::Issue { .. } => EffectKind::Issue,
        }
    }

    /// The tool that proposes this kind, and its arguments.
    pub fn as_call(&self) -> (String, Value) {
        let mut arguments = serde_json::to_value(self).expect("a draft holds only strings, numbers and lists");
        if let Some(fields) = arguments.as_object_mut() {
            fields.remove("kind");
        }
        let tool = tools().iter().find(|tool| tool.kind == self.kind()).expect("every kind of draft has a tool");
        (tool.name.to_owned(), arguments)
    }

    /// The draft that a call of one of [`tools`] means. The arguments were checked against the tool's schema.
    pub fn from_call(tool: &str, arguments: &Value) -> Result<Self> {
        let Some(known) = tools().iter().find(|known| known.name == tool) else {
            return Err(Error::not_found(format!("tool `{}`", crate::kit::text::visible_line(tool, 60))));
        };
        let mut tagged = arguments.clone();
        if let Some(fields) = tagged.as_object_mut() {
            fields.insert("kind".into(), json!(known.kind.as_str()));
        }
        serde_json::from_value(tagged)
            .map_err(|error| Error::invalid(format!("`{tool}` cannot use these arguments: {error}")))
    }
}

/// Every kind of draft as a tool.
pub fn tools() -> &'static [DraftTool] {
    &TOOLS
}

static TOOLS: LazyLock<Vec<DraftTool>> = LazyLock::new(|| {
    vec![
        DraftTool {
            name: "propose_comment",
            description: "Propose a comment on the issue or pull request. A person or policy decides whether it is posted.",
            schema: object(
                json!({"body": text("Markdown of the comment", 65_536), "number": {
                    "type": "integer", "minimum": 1, "description": "Another issue or pull request of the same repository"
                }}),
                &["body"],
            ),
            kind: EffectKind::Comment,
        },
        DraftTool {
            name: "propose_push",
            description: "Propose what the workspace holds now as one commit on the branch that you were started on.",
            schema: object(json!({"message": text("The commit message", 8_192)}), &["message"]),
            kind: EffectKind::Push,
        },
        DraftTool {
            name: "propose_pull_request",
            description: "Propose what the workspace holds now as one commit on a new branch, with a pull request.",
            schema: object(
                json!({
                    "title": text("Title of the pull request", 255),
                    "body": text("Markdown: what changes and why", 65_536),
                    "base": text("Branch to merge into, when it is not the one you were started on", 255),
                    "branch": text("Name of the new branch", 255),
                    "message": text("Commit message, when it is not the title", 8_192),
                }),
                &["title", "body"],
            ),
            kind: EffectKind::PullRequest,
        },
        DraftTool {
            name: "memory_propose",
            description: "Propose what the team should remember: files of the company brain to write or remove, as a pull request that a person merges. Say in the body how you know it.",
            schema: object(
                json!({
                    "title": text("Title of the pull request", 255),
                    "body": text("Markdown: why, with evidence", 65_536),
                    "changes": {
                        "type": "array", "minItems": 1, "maxItems": 20, "items": object(
                            json!({
                                "path": text("Path in the company brain, such as `runbooks/flaky-tests.md`", 255),
                                "text": {"type": "string", "maxLength": 262_144,
                                    "description": "The whole text of the file; without it the file is removed"},
                            }),
                            &["path"],
                        ),
                    },
                }),
                &["title", "body", "changes"],
            ),
            kind: EffectKind::Memory,
        },
        DraftTool {
            name: "propose_labels",
            description: "Propose labels to put on or take off the issue or pull request.",
            schema: object(json!({"add": names("Labels to put on"), "remove": names("Labels to take off")}), &[]),
            kind: EffectKind::Labels,
        },
        DraftTool {
            name: "propose_check_rerun",
            description: "Propose that a check runs again, for one that failed by chance.",
            schema: object(json!({"check": text("Name of the check", 255)}), &["check"]),
            kind: EffectKind::CheckRerun,
        },
        DraftTool {
            name: "propose_review",
            description: "Propose a review of the pull request: words as a whole, and about single lines of its \
                difference. You may comment or ask for changes; only people approve.",
            schema: object(
                json!({
                    "verdict": {"type": "string", "enum": ["comment", "request_changes"]},
                    "body": {"type": "string", "maxLength": 65_536, "description": "Markdown: what you think as a whole"},
                    "lines": {"type": "array", "maxItems": 100, "items": object(
                        json!({
                            "path": text("The file, as it is called after the changes", 4_096),
                            "line": {"type": "integer", "minimum": 1},
                            "before": {"type": "boolean", "description": "The line is one of the file before the changes"},
                            "body": text("Markdown about this line", 16_384),
                        }),
                        &["path", "line", "body"],
                    )},
                }),
                &["verdict"],
            ),
            kind: EffectKind::Review,
        },
        DraftTool {
            name: "propose_issue",
            description: "Propose a new issue in this repository, for something that is not to be done now.",
            schema: object(
                json!({
                    "title": text("Title of the issue", 255),
                    "body": text("Markdown: what is wrong or wanted, and how you know", 65_536),
                    "labels": names("Labels that the repository has"),
                }),
                &["title", "body"],
            ),
            kind: EffectKind::Issue,
        },
    ]
});

fn object(properties: Value, required: &[&str]) -> Value {
    json!({"type": "object", "properties": properties, "required": required, "additionalProperties": false})
}

fn text(description: &str, most: usize) -> Value {
    json!({"type": "string", "minLength": 1, "maxLength": most, "description": description})
}

fn names(description: &str) -> Value {
    json!({"type": "array", "maxItems": 50, "items": {"type": "string", "minLength": 1, "maxLength": 100},
        "description": description})
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_becomes_a_draft_and_back() {
        let arguments = json!({"title": "Fix the greeting", "body": "It said Helo."});
        let draft = Draft::from_call("propose_pull_request", &arguments).unwrap();
        assert_eq!(draft.kind(), EffectKind::PullRequest);
        assert_eq!(draft.as_call(), ("propose_pull_request".to_owned(), arguments));
    }

    #[test]
    fn a_call_cannot_choose_another_kind() {
        let draft = Draft::from_call("propose_comment", &json!({"body": "x", "kind": "push"})).unwrap();
        assert_eq!(draft.kind(), EffectKind::Comment);
        assert!(Draft::from_call("propose_everything", &json!({})).is_err());
        assert!(Draft::from_call("propose_push", &json!({"message": "x", "force": true})).is_err());
    }
}
