//! What is answered when an agent asks for permission: pure.
//!
//! The walls are the sandbox and the approvals; this keeps an agent that should only look from changing files that nobody
//! would ever see, and keeps it from waiting for a person who is not there.

use agent_client_protocol::v1::schema::PermissionOptionId;
use agent_client_protocol::v1::schema::PermissionOptionKind;
use agent_client_protocol::v1::schema::RequestPermissionOutcome;
use agent_client_protocol::v1::schema::SelectedPermissionOutcome;
use agent_client_protocol::v1::schema::ToolKind;
use serde_json::Value;

use crate::gateway::brief::Rights;

/// An answer, and whether it lets the agent do what it asked for.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Answer {
    pub(super) allowed: bool,
    pub(super) outcome: RequestPermissionOutcome,
}

/// Decides by the kind of the call and the kinds of the options. Their order and their ids mean nothing: agents put
/// "always" first, and each names its options as it likes.
pub(super) fn decide(kind: ToolKind, options: &Value, rights: Rights) -> Answer {
    let allowed = may(kind, rights);
    let wanted = match allowed {
        true => [PermissionOptionKind::AllowOnce, PermissionOptionKind::AllowAlways],
        false => [PermissionOptionKind::RejectOnce, PermissionOptionKind::RejectAlways],
    };
    let chosen = wanted.into_iter().find_map(|kind| option(options, kind));
    match chosen {
        Some(id) => Answer { allowed, outcome: RequestPermissionOutcome::Selected(SelectedPermissionOutcome::new(id)) },
        // Nothing that says what we mean: never the opposite of it.
        None => Answer { allowed: false, outcome: RequestPermissionOutcome::Cancelled },
    }
}

/// Whether a call of this kind may be made.
fn may(kind: ToolKind, rights: Rights) -> bool {
    match kind {
        ToolKind::Edit | ToolKind::Delete | ToolKind::Move => rights.write,
        ToolKind::Fetch => rights.network,
        // How far it may go is set when it starts; it does not move the fence by itself.
        ToolKind::SwitchMode => false,
        _ => true,
    }
}

fn option(options: &Value, wanted: PermissionOptionKind) -> Option<PermissionOptionId> {
    let named = |option: &&Value| {
        serde_json::from_value::<PermissionOptionKind>(option["kind"].clone()).is_ok_and(|kind| kind == wanted)
    };
    let found = options.as_array()?.iter().find(named)?;
    Some(PermissionOptionId::new(found["optionId"].as_str()?))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const ALL: Rights = Rights { write: true, network: true };
    const NONE: Rights = Rights { write: false, network: false };

    #[track_caller]
    fn check(kind: ToolKind, options: Value, rights: Rights, chosen: Option<&str>) {
        let answer = decide(kind, &options, rights);
        let id = match answer.outcome {
            RequestPermissionOutcome::Selected(selected) => Some(selected.option_id.0.to_string()),
            _ => None,
        };
        assert_eq!(id.as_deref(), chosen);
    }

    /// As gemini-cli sends them: what lasts longest comes first.
    fn options() -> Value {
        json!([
            {"optionId": "proceed_always", "name": "Allow All Edits", "kind": "allow_always"},
            {"optionId": "proceed_once", "name": "Allow", "kind": "allow_once"},
            {"optionId": "cancel", "name": "Reject", "kind": "reject_once"},
        ])
    }

    #[test]
    fn an_option_is_chosen_by_kind_and_never_by_position() {
        check(ToolKind::Edit, options(), ALL, Some("proceed_once"));
        check(ToolKind::Edit, options(), NONE, Some("cancel"));
        check(ToolKind::Execute, options(), NONE, Some("proceed_once"));
        check(ToolKind::Fetch, options(), NONE, Some("cancel"));
        check(ToolKind::SwitchMode, options(), ALL, Some("cancel"));
    }

    #[test]
    fn what_is_not_offered_is_not_answered_by_its_opposite() {
        let always = json!([{"optionId": "0", "kind": "allow_always"}]);
        check(ToolKind::Edit, always.clone(), ALL, Some("0"));
        check(ToolKind::Edit, always, NONE, None);
        for options in [json!([]), json!(null), json!([{"optionId": "x", "kind": "sometimes"}, 7])] {
            check(ToolKind::Edit, options, ALL, None);
        }
    }
}
