//! Who has to look at what changes, and who of them has.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use crate::forge::embedded::owners::file::Owner;
use crate::forge::embedded::owners::file::OwnersFile;
use crate::model::AccountId;

/// Paths that have the same owners, and whether one of those has approved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Need {
    /// Any one of these is enough.
    pub owners: Vec<Owner>,
    /// What changes, at most the first ten.
    pub paths: Vec<String>,
    /// How many paths there are.
    pub count: usize,
    /// Whether one of them has approved the head.
    pub met: bool,
}

/// The most paths that one need names.
const MOST_PATHS: usize = 10;

/// For each set of owners among what changes, whether one has approved. Owners whom nobody knows meet nothing.
pub(super) fn needs(
    file: &OwnersFile,
    changed: &[String],
    people: &BTreeMap<Owner, BTreeSet<AccountId>>,
    approvers: &BTreeSet<AccountId>,
) -> Vec<Need> {
    let mut needs: BTreeMap<&[Owner], Need> = BTreeMap::new();
    for path in changed {
        let owners = file.of(path);
        if owners.is_empty() {
            continue;
        }
        let need = needs.entry(owners).or_insert_with(|| {
            let approved = |owner: &Owner| people.get(owner).is_some_and(|one| !one.is_disjoint(approvers));
            let met = owners.iter().any(approved);
            Need { owners: owners.to_vec(), paths: Vec::new(), count: 0, met }
        });
        need.count += 1;
        if need.paths.len() < MOST_PATHS {
            need.paths.push(path.clone());
        }
    }
    needs.into_values().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::forge::embedded::owners::file::read;

    #[test]
    fn one_owner_of_each_file_is_enough() {
        let file = read("*.rs @ada @acme/core\n*.md @bob\n*.txt @ghost\n");
        let [ada, bob, cleo] = [AccountId::make(), AccountId::make(), AccountId::make()];
        let people = BTreeMap::from([
            (Owner::Person("ada".into()), BTreeSet::from([ada])),
            (Owner::Person("bob".into()), BTreeSet::from([bob])),
            (Owner::Team("acme".into(), "core".into()), BTreeSet::from([cleo])),
        ]);
        let changed = ["a.rs", "b.rs", "c.md", "d.txt", "free"].map(str::to_owned);
        let met = |approvers: &[AccountId]| {
            let needs = needs(&file, &changed, &people, &approvers.iter().copied().collect());
            needs.into_iter().map(|need| (need.paths[0].clone(), need.met)).collect::<BTreeMap<_, _>>()
        };
        assert_eq!(met(&[]).values().copied().collect::<Vec<_>>(), [false; 3]);
        let by_team = met(&[cleo]);
        assert_eq!((by_team["a.rs"], by_team["c.md"], by_team["d.txt"]), (true, false, false));
        assert!(met(&[bob])["c.md"]);
        assert_eq!(needs(&file, &changed, &people, &BTreeSet::new())[0].count, 2);
    }
}
