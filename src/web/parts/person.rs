//! A person or an agent as pages show them: initials on a colour, never a picture from elsewhere.

use crate::kit::digest::Digest;

/// A person, an organisation or an agent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Who {
    /// The name, which is also the address.
    pub name: String,
    /// One or two letters.
    pub initials: String,
    /// Which of the avatar's colours, as a class.
    pub tone: String,
    /// Whether it is an agent or another program.
    pub agent: bool,
}

impl Who {
    /// A person.
    pub fn person(name: &str) -> Self {
        Self { name: name.to_owned(), initials: initials(name), tone: tone(name), agent: false }
    }

    /// An organisation.
    pub fn organisation(name: &str) -> Self {
        Self { tone: format!("{} square", tone(name)), ..Self::person(name) }
    }

    /// An agent, or the server itself.
    pub fn agent(name: &str) -> Self {
        Self { name: name.to_owned(), initials: initials(name), tone: "agent".to_owned(), agent: true }
    }
}

fn initials(name: &str) -> String {
    let mut words = name.split(['-', '_', '.', ' ', '[']).filter_map(|word| word.chars().next());
    words.by_ref().take(2).flat_map(char::to_uppercase).collect()
}

fn tone(name: &str) -> String {
    format!("t{}", Digest::plain(name.as_bytes()).bytes()[0] % 7)
}
