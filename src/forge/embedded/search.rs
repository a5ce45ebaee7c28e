//! What somebody looks for among issues and pull requests: `is:open label:"good first" -label:later author:ada flaky`.
//!
//! Reading never fails. What looks like a qualifier but is none is told beside the list and narrows nothing, so that nobody
//! takes a list for an answer to a question that was not understood.

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
    /// Only drafts, or only what is none.
    pub draft: Option<bool>,
    /// Names of labels, all of which are on.
    pub labels: Vec<String>,
    /// Names of labels, none of which is on.
    pub without_labels: Vec<String>,
    /// Who opened it.
    pub author: Option<String>,
    /// Who is to look after it.
    pub assignee: Option<String>,
    /// Who is mentioned there.
    pub mentions: Option<String>,
    /// The milestone's id.
    pub milestone: Option<i64>,
    /// The milestone's title.
    pub milestone_title: Option<String>,
    /// What it must not have.
    pub lacks: Vec<Lack>,
    /// The branch that is to change.
    pub base: Option<String>,
    /// The branch with the changes.
    pub head: Option<String>,
    /// Words that title or opening text hold; at most eight.
    pub text: Vec<String>,
    /// Where the words stand.
    pub within: Within,
    /// Which first.
    pub order: Order,
    /// What looks like a qualifier and is none, with a hint.
    pub unknown: Vec<(String, String)>,
}

/// What something may be without.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lack {
    /// No label is on.
    Label,
    /// Nobody looks after it.
    Assignee,
    /// It is in no milestone.
    Milestone,
}

/// Where words are looked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Within {
    /// In the title and the opening text.
    #[default]
    Both,
    /// In the title.
    Title,
    /// In the opening text.
    Body,
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
    /// What has not changed for the longest.
    LeastUpdated,
    /// What was said most about.
    MostComments,
    /// What was said least about.
    LeastComments,
}

/// Words and labels beyond these are left out: each costs.
const MOST: usize = 8;

/// Every qualifier, with the values that it takes; none takes any.
const QUALIFIERS: [(&str, &[&str]); 14] = [
    ("is", &["open", "closed", "issue", "pr", "merged", "unmerged", "draft"]),
    ("state", &["open", "closed", "all"]),
    ("type", &["issue", "pr"]),
    ("label", &[]),
    ("author", &[]),
    ("assignee", &[]),
    ("mentions", &[]),
    ("milestone", &[]),
    ("no", &["label", "assignee", "milestone"]),
    ("in", &["title", "body"]),
    ("base", &[]),
    ("head", &[]),
    ("sort", &["created-desc", "created-asc", "updated-desc", "updated-asc", "comments-desc", "comments-asc"]),
    ("draft", &["true", "false"]),
];

impl Search {
    /// Reads what a person typed.
    pub fn parse(typed: &str) -> Self {
        let mut search = Self::default();
        for token in tokens(typed).into_iter().take(64) {
            let Some((qualifier, value)) = token.parts() else {
                search.text.push(token.text);
                continue;
            };
            if !search.qualify(qualifier, value) {
                search.unknown.push((token.text.clone(), hint(qualifier)));
            }
        }
        search.text.truncate(MOST);
        search.labels.truncate(MOST);
        search.without_labels.truncate(MOST);
        search.unknown.truncate(MOST);
        search
    }

    /// The same with `@me` as the person who asks.
    #[must_use]
    pub fn asked_by(mut self, login: Option<&str>) -> Self {
        for who in [&mut self.author, &mut self.assignee, &mut self.mentions] {
            if who.as_deref() == Some("me") && login.is_some() {
                *who = login.map(str::to_owned);
            }
        }
        self
    }

    /// Whether it asks about what only pull requests have.
    pub fn is_about_pulls(&self) -> bool {
        self.merged.is_some() || self.draft.is_some() || self.base.is_some() || self.head.is_some()
    }

    /// False when this is no qualifier, or none with this value.
    fn qualify(&mut self, qualifier: &str, value: &str) -> bool {
        let login = || Some(value.trim_start_matches('@').to_owned());
        match (qualifier, value) {
            ("is" | "state", "open") => self.state = Some(State::Open),
            ("is" | "state", "closed") => self.state = Some(State::Closed),
            ("is" | "state", "all") => self.state = None,
            ("is" | "type", "issue") => self.pulls = Some(false),
            ("is" | "type", "pr" | "pull") => self.pulls = Some(true),
            ("is", "merged") => self.merged = Some(true),
            ("is", "unmerged") => self.merged = Some(false),
            ("is", "draft") | ("draft", "true") => self.draft = Some(true),
            ("draft", "false") => self.draft = Some(false),
            ("label", _) => self.labels.push(value.to_owned()),
            ("-label", _) => self.without_labels.push(value.to_owned()),
            ("author", _) => self.author = login(),
            ("assignee", _) => self.assignee = login(),
            ("mentions", _) => self.mentions = login(),
            ("milestone", _) => match value.parse() {
                Ok(id) => self.milestone = Some(id),
                Err(_) => self.milestone_title = Some(value.to_owned()),
            },
            ("no", "label") => self.lacks.push(Lack::Label),
            ("no", "assignee") => self.lacks.push(Lack::Assignee),
            ("no", "milestone") => self.lacks.push(Lack::Milestone),
            ("in", "title") => self.within = Within::Title,
            ("in", "body") => self.within = Within::Body,
            ("base", _) => self.base = Some(value.to_owned()),
            ("head", _) => self.head = Some(value.to_owned()),
            ("sort", "updated" | "updated-desc") => self.order = Order::Updated,
            ("sort", "updated-asc") => self.order = Order::LeastUpdated,
            ("sort", "created-asc" | "oldest") => self.order = Order::Oldest,
            ("sort", "created" | "created-desc" | "newest") => self.order = Order::Newest,
            ("sort", "comments" | "comments-desc") => self.order = Order::MostComments,
            ("sort", "comments-asc") => self.order = Order::LeastComments,
            _ => return false,
        }
        true
    }
}

/// What was typed, with this state in the place of any other.
pub fn with_state(typed: &str, state: State) -> String {
    let says_state = |token: &&Token| {
        let said = token.parts();
        matches!(said, Some(("is" | "state", "open" | "closed" | "all")))
    };
    let tokens = tokens(typed);
    let rest = tokens.iter().filter(|token| !says_state(token)).map(|token| token.typed.clone());
    let state = format!("is:{}", state.as_str());
    std::iter::once(state).chain(rest).collect::<Vec<_>>().join(" ")
}

/// What somebody may have meant.
fn hint(qualifier: &str) -> String {
    let negated = qualifier.strip_prefix('-').is_some_and(|name| QUALIFIERS.iter().any(|(known, _)| *known == name));
    match QUALIFIERS.iter().find(|(name, _)| *name == qualifier) {
        Some((name, values)) => format!("`{name}:` takes {}", listed(values)),
        None if negated => "only `-label:` can be turned round".to_owned(),
        None => {
            let names: Vec<&str> = QUALIFIERS.iter().map(|(name, _)| *name).collect();
            format!("the qualifiers are {}; words in quotes are only words", listed(&names))
        }
    }
}

fn listed(words: &[&str]) -> String {
    words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ")
}

/// One word as it was typed, and without its quotes.
#[derive(Default)]
struct Token {
    typed: String,
    text: String,
    /// Where the first colon stands that no quotes surround.
    colon: Option<usize>,
}

impl Token {
    /// Name and value, when this looks like a qualifier: letters before a colon, something behind it that is no address.
    fn parts(&self) -> Option<(&str, &str)> {
        let (name, value) = (&self.text[..self.colon?], &self.text[self.colon? + 1..]);
        let letters = name.strip_prefix('-').unwrap_or(name);
        let named = letters.len() > 1 && letters.bytes().all(|b| b.is_ascii_lowercase() || b == b'-');
        (named && !value.is_empty() && !value.starts_with("//") && !value.starts_with(':')).then_some((name, value))
    }
}

/// Splits at blanks, except between double quotes.
fn tokens(typed: &str) -> Vec<Token> {
    let mut tokens = vec![Token::default()];
    let mut quoted = false;
    for c in typed.chars().filter(|c| *c != '\0').take(1000) {
        if c.is_whitespace() && !quoted {
            tokens.push(Token::default());
            continue;
        }
        let Some(token) = tokens.last_mut() else { continue };
        token.typed.push(c);
        match c {
            '"' => quoted = !quoted,
            ':' if !quoted && token.colon.is_none() && !token.typed.starts_with('"') => {
                token.colon = Some(token.text.len());
                token.text.push(c);
            }
            _ => token.text.push(c),
        }
    }
    tokens.retain(|token| !token.text.is_empty());
    tokens
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(typed: &str, expected: Search) {
        assert_eq!(Search::parse(typed), expected, "{typed}");
    }

    fn some(text: &str) -> Option<String> {
        Some(text.into())
    }

    #[test]
    fn qualifiers_are_read_and_all_else_is_text() {
        let none = Search::default;
        check("", none());
        check(
            r#"is:open is:pr label:"good first" label:bug author:@ada flaky test: %_"#,
            Search {
                pulls: Some(true),
                state: Some(State::Open),
                labels: vec!["good first".into(), "bug".into()],
                author: some("ada"),
                text: vec!["flaky".into(), "test:".into(), "%_".into()],
                ..none()
            },
        );
        check("is:closed is:issue", Search { state: Some(State::Closed), pulls: Some(false), ..none() });
        check("is:merged is:draft", Search { merged: Some(true), draft: Some(true), ..none() });
        check(
            "-label:later no:label",
            Search { without_labels: vec!["later".into()], lacks: vec![Lack::Label], ..none() },
        );
        check("assignee:bob mentions:@eve", Search { assignee: some("bob"), mentions: some("eve"), ..none() });
        check("milestone:7", Search { milestone: Some(7), ..none() });
        check(r#"milestone:"Version 1""#, Search { milestone_title: some("Version 1"), ..none() });
        check("no:assignee no:milestone", Search { lacks: vec![Lack::Assignee, Lack::Milestone], ..none() });
        check("in:title word", Search { within: Within::Title, text: vec!["word".into()], ..none() });
        check("sort:updated-desc", Search { order: Order::Updated, ..none() });
        check("sort:updated-asc", Search { order: Order::LeastUpdated, ..none() });
        check("sort:comments-desc", Search { order: Order::MostComments, ..none() });
        check("base:main head:a/b", Search { base: some("main"), head: some("a/b"), ..none() });
        check(
            r#""is:open" https://a.example/b a::b 12:30 x:y"#,
            Search {
                text: ["is:open", "https://a.example/b", "a::b", "12:30", "x:y"].map(String::from).to_vec(),
                ..none()
            },
        );
    }

    #[test]
    fn unknown_qualifiers_are_told_with_a_hint() {
        let told = |typed: &str| Search::parse(typed).unknown;
        assert_eq!(told("is:opne")[0].1, "`is:` takes `open`, `closed`, `issue`, `pr`, `merged`, `unmerged`, `draft`");
        assert_eq!(told("-author:ada")[0], ("-author:ada".into(), "only `-label:` can be turned round".into()));
        assert!(told("reviewer:ada word")[0].1.starts_with("the qualifiers are `is`, `state`"));
        assert_eq!(Search::parse("reviewer:ada word").text, ["word"]);
    }

    #[test]
    fn hostile_searches_are_bounded() {
        let search = Search::parse(&"label:a -label:b zz:z \" ' ; drop \0".repeat(100));
        assert!(search.labels.len() <= MOST && search.text.len() <= MOST && search.unknown.len() <= MOST);
        assert_eq!(Search::parse("\"\" : ::"), Search { text: vec![":".into(), "::".into()], ..Search::default() });
    }

    #[test]
    fn tabs_change_the_state_and_nothing_else() {
        let typed = r#"state:all label:"good first" word is:closed is:pr"#;
        assert_eq!(with_state(typed, State::Open), r#"is:open label:"good first" word is:pr"#);
        assert_eq!(with_state("", State::Closed), "is:closed");
    }

    #[test]
    fn me_is_who_asks() {
        let search = Search::parse("author:@me assignee:eve").asked_by(Some("ada"));
        assert_eq!((search.author, search.assignee), (some("ada"), some("eve")));
    }
}
