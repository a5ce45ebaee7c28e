//! Which hosts a run may reach: what its stack names, under the ceilings of both policies.

use crate::catalog::PolicyFile;
use crate::catalog::Stack;
use crate::catalog::stack::Network;
use crate::egress::HostPattern;

/// What a run may reach.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reach {
    /// Why it reaches nothing; none when it reaches what is listed.
    pub shut: Option<&'static str>,
    /// The stack's hosts.
    pub allow: Vec<HostPattern>,
    /// Lists that a host has to be on too, with whose policy it is.
    pub ceilings: Vec<(&'static str, Vec<HostPattern>)>,
}

/// Works out what a run may reach.
pub fn reach(stack: &Stack, repository: &PolicyFile, organisation: &PolicyFile, fork: bool) -> Reach {
    let shut = if stack.sandbox.network == Network::None {
        Some("the stack's `sandbox.network` is `none`")
    } else if fork && [repository, organisation].iter().any(|policy| policy.forks.network == Network::None) {
        Some("the pull request comes from a fork, and policy gives those no network")
    } else {
        None
    };
    Reach { shut, allow: patterns(&stack.sandbox.allow), ceilings: ceilings(repository, organisation) }
}

/// The lists of both policies that a host has to be on.
pub fn ceilings(repository: &PolicyFile, organisation: &PolicyFile) -> Vec<(&'static str, Vec<HostPattern>)> {
    let lists = [("organisation", &organisation.egress.allow), ("repository", &repository.egress.allow)];
    lists.into_iter().filter_map(|(whose, list)| Some((whose, patterns(list.as_ref()?)))).collect()
}

/// What can be read of a list. A word that is none names no host; its file has an error and is not in force.
fn patterns(words: &[String]) -> Vec<HostPattern> {
    words.iter().filter_map(|word| word.parse().ok()).collect()
}
