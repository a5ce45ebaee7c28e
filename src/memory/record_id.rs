//! The name of a record, which never changes: `runbook:rotate-keys`.

crate::checked_text!(
    /// The immutable id of a record: its kind in lower case, a colon, and a slug.
    RecordId,
    "record id",
    check_record_id
);

fn check_record_id(text: &str) -> Result<(), String> {
    let Some((kind, slug)) = text.split_once(':') else {
        return Err("it has the form `kind:slug`, such as `runbook:rotate-keys`".into());
    };
    let word = |text: &str, more: &[u8]| {
        let taken = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || more.contains(&b);
        text.bytes().next().is_some_and(|b| taken(b) && b.is_ascii_alphanumeric()) && text.bytes().all(taken)
    };
    if text.len() > 160 {
        return Err("it is longer than 160 bytes".into());
    }
    if !word(kind, b"-") || !word(slug, b"-._/") || slug.contains("..") || slug.ends_with('/') {
        return Err("both parts take lower-case letters, digits and `-`; the slug also `.`, `_` and `/`".into());
    }
    Ok(())
}

impl RecordId {
    /// The part before the colon.
    pub fn prefix(&self) -> &str {
        self.as_str().split_once(':').map_or("", |(prefix, _)| prefix)
    }

    /// The prefix that records of a kind have: `api-endpoint` for `ApiEndpoint`.
    pub fn prefix_of(kind: &str) -> String {
        let mut prefix = String::with_capacity(kind.len() + 2);
        for (index, c) in kind.chars().enumerate() {
            if c.is_ascii_uppercase() && index > 0 && !prefix.ends_with('-') {
                prefix.push('-');
            }
            prefix.push(c.to_ascii_lowercase());
        }
        prefix
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_a_kind_and_a_slug() {
        for id in ["runbook:rotate-keys", "api-endpoint:v1/users", "fact:a.b_c", "x:1"] {
            assert!(id.parse::<RecordId>().is_ok(), "{id}");
        }
        for id in ["", "runbook", "Runbook:x", ":x", "x:", "x:../y", "x:a b", "x:é", "x:a/", "x:-a", "a:b:c"] {
            assert!(id.parse::<RecordId>().is_err(), "{id}");
        }
        assert_eq!(RecordId::prefix_of("ApiEndpoint"), "api-endpoint");
        assert_eq!("api-endpoint:v1".parse::<RecordId>().expect("an id").prefix(), "api-endpoint");
    }
}
