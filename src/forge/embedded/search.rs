//! What somebody looks for among issues and pull requests: `is:open label:"good first" author:ada flaky`.

use crate::forge::embedded::issue::State;

/// What to look for; everything must hold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Search {
    /// Only pull requests, or only issues.
    pub pulls: Option<bool>,
    /// Only open or closed ones.
    pub state: Option<State>,
    /// Only merged pull requests, or only others.
    pub merged: Option<bool>,
    /// Names of labels, all of which are on.
    pub labels: Vec<String>,
    /// Who opened it.
    pub author: Option<String>,
    /// Who is to look after it.
    pub assignee: Option<String>,
    /// The milestone's id.
    pub milestone: Option<i64>,
    /// The branch that is to change.
    pub base: Option<String>,
    /// The branch with the changes.
    pub head: Option<String>,
    /// Words that title or opening text hold; at most eight.
    pub text: Vec<String>,
    /// Which first.
    pub order: Order,
}

/// Which first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Order {
    /// The greatest number.
    #[default]
    Newest,
    /// The smallest number.
    Oldest,
    /// What changed last.
    Updated,
}

/// Words and labels beyond these are left out: each costs.
const MOST: usize = 8;

impl Search {
    /// Reads what a person typed. A qualifier that nobody knows is a word like any other; nothing is an error.
    pub fn parse(typed: &str) -> Self {
        let mut search = Self::default();
        for token in tokens(typed).into_iter().take(64) {
            let (qualifier, value) = token.split_once(':').unwrap_or(("", &token));
            if value.is_empty() || !search.qualify(qualifier, value) {
                search.text.push(token.clone());
            }
        }
        search.text.truncate(MOST);
        search.labels.truncate(MOST);
        search
    }

    /// False when this is no qualifier.
    fn qualify(&mut self, qualifier: &str, value: &str) -> bool {
        match (qualifier, value) {
            ("is" | "state", "open") => self.state = Some(State::Open),
            ("is" | "state", "closed") => self.state = Some(State::Closed),
            ("is" | "state", "all") => self.state = None,
            ("is", "issue") | ("type", "issue") => self.pulls = Some(false),
            ("is", "pr" | "pull") | ("type", "pr" | "pull") => self.pulls = Some(true),
            ("is", "merged") => self.merged = Some(true),
            ("is", "unmerged") => self.merged = Some(false),
            ("label", _) => self.labels.push(value.to_owned()),
            ("author", _) => self.author = Some(value.trim_start_matches('@').to_owned()),
            ("assignee", _) => self.assignee = Some(value.trim_start_matches('@').to_owned()),
            ("base", _) => self.base = Some(value.to_owned()),
            ("head", _) => self.head = Some(value.to_owned()),
            ("sort", "updated" | "updated-desc") => self.order = Order::Updated,
            ("sort", "created-asc" | "oldest") => self.order = Order::Oldest,
            ("sort", "created-desc" | "newest") => self.order = Order::Newest,
            ("milestone", _) => match value.parse() {
                Ok(id) => self.milestone = Some(id),
                Err(_) => return false,
            },
            _ => return false,
        }
        true
    }
}

/// Splits at blanks, except between double quotes, which are left out.
fn tokens(typed: &str) -> Vec<String> {
    let mut tokens = vec![String::new()];
    let mut quoted = false;
    for c in typed.chars().filter(|c| *c != '\0').take(1000) {
        match c {
            '"' => quoted = !quoted,
            c if c.is_whitespace() && !quoted => tokens.push(String::new()),
            c => tokens.last_mut().expect("it starts with one").push(c),
        }
    }
    tokens.retain(|token| !token.is_empty());
    tokens
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn qualifiers_are_read_and_all_else_is_text() {
        let search = Search::parse(r#"is:open is:pr label:"good first" label:bug author:@ada flaky test: x:y %_"#);
        let expected = Search {
            pulls: Some(true),
            state: Some(State::Open),
            labels: vec!["good first".into(), "bug".into()],
            author: Some("ada".into()),
            text: vec!["flaky".into(), "test:".into(), "x:y".into(), "%_".into()],
            ..Search::default()
        };
        assert_eq!(search, expected);
    }

    #[test]
    fn hostile_searches_are_bounded() {
        let search = Search::parse(&"label:a \" ' ; drop \0".repeat(100));
        assert!(search.labels.len() <= MOST && search.text.len() <= MOST);
        assert_eq!(Search::parse(""), Search::default());
    }
}
