//! The name of the policies that something was judged by.

use crate::catalog::PolicyFile;
use crate::kit::digest::Digest;

/// One digest for a repository's and its organisation's policy together. Covers what they say, not how it is written.
pub fn digest(repository: &PolicyFile, organisation: &PolicyFile) -> Digest {
    let bytes = |policy: &PolicyFile| serde_json::to_vec(policy).expect("a policy holds only words, numbers and maps");
    Digest::of("forgehand/policy/v1", &[&bytes(repository), &bytes(organisation)])
}
