//! People and organisations.

use serde::Serialize;

use crate::forge::embedded::Author;
use crate::forge::embedded::wire::number_of;
use crate::identity;
use crate::model::AccountId;
use crate::model::OwnerName;

/// A person, or an organisation that owns something.
#[derive(Serialize)]
pub struct User {
    id: i64,
    login: String,
    login_name: &'static str,
    full_name: String,
    email: String,
    avatar_url: &'static str,
    html_url: String,
    is_admin: bool,
    active: bool,
    username: String,
    visibility: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    created: Option<String>,
}

/// An organisation.
#[derive(Serialize)]
pub struct Organization {
    id: i64,
    name: String,
    username: String,
    full_name: String,
    avatar_url: &'static str,
    description: &'static str,
    location: &'static str,
    website: &'static str,
    visibility: &'static str,
    repo_admin_change_team_access: bool,
    created: String,
}

impl User {
    /// All that is known.
    pub fn new(base: &str, account: &identity::Account) -> Self {
        let mut user = Self::named(base, &account.id, &account.login);
        account.display_name.clone_into(&mut user.full_name);
        user.email = account.git_email();
        user.is_admin = account.site_admin;
        user.created = Some(account.created.rfc3339());
        user
    }

    /// What an id and a name tell.
    pub fn named(base: &str, id: &AccountId, login: &OwnerName) -> Self {
        Self {
            id: number_of(id),
            login: login.to_string(),
            login_name: "",
            full_name: String::new(),
            email: String::new(),
            avatar_url: "",
            html_url: format!("{base}/{login}"),
            is_admin: false,
            active: true,
            username: login.to_string(),
            visibility: "public",
            created: None,
        }
    }

    /// Whoever wrote something.
    pub fn author(base: &str, author: &Author) -> Self {
        let Author { account, login, behalf: _ } = author;
        Self::named(base, account, login)
    }
}

impl Organization {
    /// All that is known.
    pub fn new(account: &identity::Account) -> Self {
        Self {
            id: number_of(&account.id),
            name: account.login.to_string(),
            username: account.login.to_string(),
            full_name: account.display_name.clone(),
            avatar_url: "",
            description: "",
            location: "",
            website: "",
            visibility: "public",
            repo_admin_change_team_access: false,
            created: account.created.rfc3339(),
        }
    }
}
