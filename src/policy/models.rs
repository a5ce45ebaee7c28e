//! Which model profiles runs may use: those that no policy leaves out.

use crate::catalog::PolicyFile;

/// Whether runs may use a profile, or whose policy leaves it out.
pub fn model(name: &str, repository: &PolicyFile, organisation: &PolicyFile) -> Result<(), &'static str> {
    let leaves_out = |policy: &PolicyFile| policy.models.as_ref().is_some_and(|all| !all.iter().any(|one| one == name));
    if leaves_out(organisation) {
        return Err("the policy of the organisation");
    }
    if leaves_out(repository) {
        return Err("the policy of the repository");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn policy(models: Option<&[&str]>) -> PolicyFile {
        let models = models.map(|names| names.iter().map(|name| (*name).to_owned()).collect());
        PolicyFile { models, ..PolicyFile::default() }
    }

    #[test]
    fn a_repository_may_leave_out_more_and_bring_nothing_back() {
        let small = policy(Some(&["small"]));
        let both = policy(Some(&["small", "large"]));
        let silent = policy(None);
        assert_eq!(model("large", &silent, &silent), Ok(()));
        assert_eq!(model("large", &both, &small), Err("the policy of the organisation"));
        assert_eq!(model("large", &small, &both), Err("the policy of the repository"));
        assert_eq!(model("small", &small, &both), Ok(()));
        assert!(model("small", &policy(Some(&[])), &silent).is_err());
    }
}
