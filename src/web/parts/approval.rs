//! One row of a list of approvals.

use crate::approvals;
use crate::kit::clock::Timestamp;
use crate::web::parts::badge::Mark;
use crate::web::parts::effect;
use crate::web::parts::time::When;

/// A request to decide, in a list.
#[derive(Clone, Debug)]
pub struct ApprovalRow {
    /// The address of the approval.
    pub href: String,
    /// Its state.
    pub mark: Mark,
    /// Whether it can still be decided.
    pub open: bool,
    /// `Open a pull request and comment`.
    pub title: String,
    /// `owner/name`.
    pub repo: String,
    /// The issue or pull request: its address and its words.
    pub source: Option<(String, String)>,
    /// The address of the run.
    pub run_href: String,
    /// Its short id.
    pub run: String,
    /// When it was asked.
    pub when: When,
    /// When it expires.
    pub expires: When,
    /// Who was asked: `anyone who may write, but not ada`.
    pub asked: String,
}

impl ApprovalRow {
    /// An approval as seen from now.
    pub fn of(approval: &approvals::Approval, now: Timestamp) -> Self {
        Self {
            href: format!("/approvals/{}", approval.id),
            mark: mark(approval),
            open: approval.open,
            title: title(approval),
            repo: approval.repo.to_string(),
            source: approval.number.map(|number| (format!("/{}/issues/{number}", approval.repo), format!("#{number}"))),
            run_href: format!("/runs/{}", approval.run),
            run: approval.run.short(),
            when: When::new(approval.created, now),
            expires: When::new(expires(approval), now),
            asked: asked(approval),
        }
    }
}

/// The effects in a few words: `Open a pull request, comment`.
pub fn title(approval: &approvals::Approval) -> String {
    let mut words: Vec<String> = Vec::new();
    for asked in &approval.effects {
        let word = effect::verb(asked.kind);
        let word = if words.is_empty() { word.to_owned() } else { word.to_lowercase() };
        if !words.iter().any(|other| other.eq_ignore_ascii_case(&word)) {
            words.push(word);
        }
    }
    words.join(", ")
}

/// Where it stands: open while one effect is, else what became of the effects together.
pub fn mark(approval: &approvals::Approval) -> Mark {
    let states: Vec<&str> = approval.effects.iter().map(|asked| asked.state.as_str()).collect();
    match states.as_slice() {
        _ if approval.open => Mark::approval("open"),
        [first, rest @ ..] if rest.iter().all(|state| state == first) => Mark::approval(first),
        _ => Mark::new("calm", "check", "Decided"),
    }
}

/// When the first of its open effects expires.
pub fn expires(approval: &approvals::Approval) -> Timestamp {
    approval.effects.iter().map(|asked| asked.expires).min().unwrap_or(approval.created)
}

/// Who is asked, in words: the tightest terms of its effects.
pub fn asked(approval: &approvals::Approval) -> String {
    let Some(terms) = approval.effects.iter().map(|asked| &asked.terms).max_by_key(|terms| (terms.role, terms.count))
    else {
        return String::new();
    };
    let people = if terms.count == 1 { "one person".to_owned() } else { format!("{} people", terms.count) };
    let team = match terms.teams.as_slice() {
        [] => String::new(),
        teams => {
            format!(" of {}", teams.iter().map(|team| format!("the team `{team}`")).collect::<Vec<_>>().join(" and "))
        }
    };
    let besides =
        if terms.self_allowed { String::new() } else { format!(", not {}, who asked", approval.requester_login) };
    format!("{people}{team} with the role `{}`{besides}", terms.role)
}
