//! Somebody looks after each record whose kind asks for it, and the brain knows whom.

use crate::catalog::Diagnostic;
use crate::kit::text::visible_line;
use crate::memory::Entry;
use crate::memory::Ontology;
use crate::memory::Parsed;
use crate::memory::Record;
use crate::memory::RecordId;
use crate::memory::check::Known;
use crate::memory::check::at;
use crate::memory::ontology::Need;
use crate::model::OwnerName;

const HINT: &str = "write `team:…` or `person:…` for a record of the brain, or `@login`";

pub(super) fn check(
    file: &Parsed,
    entry: &Entry,
    record: &Record,
    ontology: &Ontology,
    known: &Known<'_>,
) -> Vec<Diagnostic> {
    let document = &file.document;
    let needed = ontology.kinds.get(&record.kind).is_some_and(|kind| kind.owners == Need::Required);
    if record.owners.is_empty() {
        let missing = needed.then(|| {
            document.error(
                at(entry, &["owners"]),
                "the record has no owners",
                format!("add `owners: [team:…]`: {HINT}"),
            )
        });
        return missing.into_iter().collect();
    }
    let mut found = Vec::new();
    for (index, owner) in record.owners.iter().enumerate() {
        let place = at(entry, &["owners", &index.to_string()]);
        let by_login = owner.strip_prefix('@').is_some_and(|login| {
            login.split_once('/').map_or(login, |(organisation, _)| organisation).parse::<OwnerName>().is_ok()
        });
        if by_login {
            continue;
        }
        let Ok(id) = owner.parse::<RecordId>() else {
            found.push(document.error(place, format!("`{}` is not an owner", visible_line(owner, 60)), HINT));
            continue;
        };
        match known.kind(&id) {
            Some("Team" | "Person") => {}
            Some(_) => found.push(document.error(place, format!("`{id}` is not a team or a person"), HINT)),
            None => found.push(document.error(
                place,
                format!("there is no record `{id}`"),
                super::edges::missing_hint(known),
            )),
        }
    }
    found
}
