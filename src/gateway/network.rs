//! Which hosts an agent may reach, and why not the others. Pure.

use crate::egress::HostPattern;
use crate::egress::Target;

/// What an attempt may reach besides its door.
#[derive(Clone, Debug, Default)]
pub struct Network {
    /// Why it reaches nothing; none when it may reach something.
    pub shut: Option<String>,
    /// The stack's hosts.
    pub allow: Vec<HostPattern>,
    /// Lists of policies, with whose policy it is. A host has to be on each.
    pub ceilings: Vec<(&'static str, Vec<HostPattern>)>,
}

/// What is said to one target.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    /// Whether it may be reached.
    pub allowed: bool,
    /// Why, in a sentence.
    pub reason: String,
}

impl Network {
    /// Nothing may be reached, for this reason.
    pub fn shut(why: impl Into<String>) -> Self {
        Self { shut: Some(why.into()), ..Self::default() }
    }

    /// Whether the agent is told of a proxy at all.
    pub fn is_open(&self) -> bool {
        self.shut.is_none()
    }

    /// Whether a target may be reached.
    pub fn decide(&self, target: &Target) -> Decision {
        let no = |reason: String| Decision { allowed: false, reason };
        if let Some(why) = &self.shut {
            return no(why.clone());
        }
        let Some(pattern) = self.allow.iter().find(|pattern| pattern.matches(target)) else {
            return no("`sandbox.allow` of the stack does not name it".into());
        };
        self.decide_named(target, &format!("`sandbox.allow` names `{pattern}`"))
    }

    /// Whether a target may be reached that the stack names elsewhere.
    pub fn decide_named(&self, target: &Target, where_named: &str) -> Decision {
        let no = |reason: String| Decision { allowed: false, reason };
        if let Some(why) = &self.shut {
            return no(why.clone());
        }
        for (whose, list) in &self.ceilings {
            if !list.iter().any(|pattern| pattern.matches(target)) {
                return no(format!("`egress.allow` in the policy of the {whose} does not name it"));
            }
        }
        Decision { allowed: true, reason: where_named.to_owned() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn patterns(words: &[&str]) -> Vec<HostPattern> {
        words.iter().map(|word| word.parse().unwrap()).collect()
    }

    fn said(network: &Network, target: &str) -> String {
        let decision = network.decide(&Target::parse(target, None).unwrap());
        format!("{} because {}", decision.allowed, decision.reason)
    }

    #[test]
    fn a_host_has_to_be_on_every_list() {
        let open = Network { allow: patterns(&["docs.example", "*.npm.example"]), ..Network::default() };
        insta::assert_snapshot!(said(&open, "docs.example:443"), @"true because `sandbox.allow` names `docs.example`");
        insta::assert_snapshot!(said(&open, "evil.example:443"), @"false because `sandbox.allow` of the stack does not name it");
        insta::assert_snapshot!(said(&open, "127.0.0.1:443"), @"false because `sandbox.allow` of the stack does not name it");
        let ceilings =
            vec![("organisation", patterns(&["*.npm.example"])), ("repository", patterns(&["a.npm.example"]))];
        let under = Network { ceilings, ..open };
        insta::assert_snapshot!(said(&under, "docs.example:443"), @"false because `egress.allow` in the policy of the organisation does not name it");
        insta::assert_snapshot!(said(&under, "b.npm.example:443"), @"false because `egress.allow` in the policy of the repository does not name it");
        insta::assert_snapshot!(said(&under, "a.npm.example:443"), @"true because `sandbox.allow` names `*.npm.example`");
        let shut = Network::shut("the stack's `sandbox.network` is `none`");
        insta::assert_snapshot!(said(&shut, "docs.example:443"), @"false because the stack's `sandbox.network` is `none`");
    }
}
