//! Accounts: whoever can own a repository or act.

use std::str::FromStr;

use crate::identity::password::PasswordHash;
use crate::kit::Error;
use crate::kit::Result;
use crate::kit::clock::Timestamp;
use crate::kit::text;
use crate::model::AccountId;
use crate::model::OwnerName;

/// A person, an organisation or a bot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// Never changes.
    pub id: AccountId,
    /// The name in addresses.
    pub login: OwnerName,
    /// Which of the three.
    pub kind: AccountKind,
    /// The name for people.
    pub display_name: String,
    /// Where a person is reached, if they said so.
    pub email: Option<String>,
    /// Whether they administer the whole server.
    pub site_admin: bool,
    /// When it was made.
    pub created: Timestamp,
}

/// Which sort of account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AccountKind {
    /// Somebody who signs in and decides.
    Person,
    /// Owns repositories, has members.
    Organisation,
    /// A program. It can act, but never decide.
    Bot,
}

/// A person to be made.
#[derive(Clone, Debug)]
pub struct NewPerson {
    /// The name in addresses.
    pub login: OwnerName,
    /// The name for people; the login when it is empty.
    pub display_name: String,
    /// Where they are reached.
    pub email: Option<String>,
    /// Without one they cannot sign in to pages.
    pub password: Option<PasswordHash>,
    /// Whether they administer the whole server.
    pub site_admin: bool,
}

/// An organisation to be made.
#[derive(Clone, Debug)]
pub struct NewOrganisation {
    /// The name in addresses.
    pub login: OwnerName,
    /// The name for people; the login when it is empty.
    pub display_name: String,
    /// Its first owner.
    pub owner: AccountId,
}

impl Account {
    /// The name for people: the display name, or the login when there is none.
    pub fn shown_name(&self) -> &str {
        if self.display_name.is_empty() { self.login.as_str() } else { &self.display_name }
    }

    /// The address for commits in this person's name.
    pub fn git_email(&self) -> String {
        self.email.clone().unwrap_or_else(|| format!("{}@noreply.forgehand.invalid", self.login))
    }
}

impl AccountKind {
    /// The word in the database and in APIs.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Person => "person",
            Self::Organisation => "organisation",
            Self::Bot => "bot",
        }
    }
}

impl FromStr for AccountKind {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let all = [Self::Person, Self::Organisation, Self::Bot];
        let found = all.into_iter().find(|kind| kind.as_str() == text);
        found.ok_or_else(|| Error::invalid(format!("`{}` is not a kind of account", text::visible_line(text, 40))))
    }
}

/// One visible line. Commits carry it, so the characters that Git needs around an address are refused.
pub(super) fn checked_display_name(name: &str) -> Result<String> {
    let name = name.trim();
    let refused = |c: char| c == '\n' || c == '\t' || c == '<' || c == '>' || (c != '\u{a0}' && text::is_invisible(c));
    if name.chars().count() > 100 || name.chars().any(refused) {
        return Err(Error::invalid("Cannot use this name: it needs at most 100 visible characters on one line")
            .hint("leave out `<`, `>` and control characters")
            .field("display_name"));
    }
    Ok(name.to_owned())
}

/// Something with one `@` that can stand in a commit. Whether it reaches anybody is not known.
pub(super) fn checked_email(email: &str) -> Result<String> {
    let email = email.trim();
    let refused = |c: char| c.is_whitespace() || c == '<' || c == '>' || text::is_invisible(c);
    let shaped = email.split_once('@').is_some_and(|(name, host)| !name.is_empty() && !host.is_empty());
    if !shaped || email.len() > 254 || email.chars().any(refused) {
        return Err(Error::invalid("Cannot use this address: it needs the form `name@host`").field("email"));
    }
    Ok(email.to_owned())
}
