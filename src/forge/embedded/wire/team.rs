//! Teams. Gitea knows fewer roles than we do: the exact one is that of the parts.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::forge::embedded::wire::account::Organization;
use crate::identity;
use crate::model::Role;

/// What a role is about, as Gitea names it.
const UNITS: [&str; 3] = ["repo.code", "repo.issues", "repo.pulls"];

/// A team.
#[derive(Serialize)]
pub struct Team {
    id: i64,
    name: String,
    description: String,
    organization: Organization,
    permission: &'static str,
    includes_all_repositories: bool,
    can_create_org_repo: bool,
    units: [&'static str; 3],
    units_map: BTreeMap<&'static str, &'static str>,
}

impl Team {
    /// All that is known.
    pub fn new(team: &identity::TeamProfile, organisation: &identity::Account) -> Self {
        let permission = match team.role {
            None => "none",
            Some(Role::Read | Role::Triage) => "read",
            Some(Role::Write | Role::Maintain) => "write",
            Some(Role::Admin) => "admin",
        };
        Self {
            id: team.number,
            name: team.name.clone(),
            description: team.description.clone(),
            organization: Organization::new(organisation),
            permission,
            includes_all_repositories: team.everywhere,
            can_create_org_repo: team.everywhere && team.role >= Some(Role::Write),
            units: UNITS,
            units_map: UNITS.into_iter().map(|unit| (unit, team.role.map_or("none", Role::as_str))).collect(),
        }
    }
}
