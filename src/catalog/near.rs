//! "Did you mean …": the known word that lies nearest to one that is not known.

/// A hint that names the nearest known word, or all of them when none is near.
pub fn suggest(word: &str, known: &[&str]) -> String {
    match nearest(word, known) {
        Some(near) => format!("did you mean `{near}`?"),
        None if known.is_empty() => "there is none yet".into(),
        None => format!("known are {}", listed(known)),
    }
}

/// `a`, `b` and `c`, each in backticks.
pub fn listed(words: &[&str]) -> String {
    let quoted: Vec<String> = words.iter().map(|word| format!("`{word}`")).collect();
    match quoted.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} and {last}", rest.join(", ")),
        Some((only, _)) => only.clone(),
        None => String::new(),
    }
}

fn nearest<'a>(word: &str, known: &[&'a str]) -> Option<&'a str> {
    let word = word.to_lowercase().replace('-', "_");
    let far = 1 + word.chars().count() / 3;
    let scored = known.iter().map(|known| (distance(&word, &known.to_lowercase().replace('-', "_"), far), *known));
    scored.filter(|(distance, _)| *distance <= far).min_by_key(|(distance, _)| *distance).map(|(_, known)| known)
}

/// Edits (insert, remove, replace, swap neighbours) between two words; more than `far` when the lengths alone say so.
fn distance(a: &str, b: &str, far: usize) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    if a.len().abs_diff(b.len()) > far {
        return far + 1;
    }
    let mut rows = vec![(0..=b.len()).collect::<Vec<usize>>()];
    for i in 1..=a.len() {
        let mut row = vec![i];
        for j in 1..=b.len() {
            let replaced = rows[i - 1][j - 1] + usize::from(a[i - 1] != b[j - 1]);
            let mut best = replaced.min(rows[i - 1][j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                best = best.min(rows[i - 2][j - 2] + 1);
            }
            row.push(best);
        }
        rows.push(row);
    }
    rows[a.len()][b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_of_the_hand_finds_its_word() {
        let known = ["prompt", "description", "pull_request", "stack"];
        for (word, hint) in [
            ("promt", "did you mean `prompt`?"),
            ("pormpt", "did you mean `prompt`?"),
            ("pull-request", "did you mean `pull_request`?"),
            ("Stack", "did you mean `stack`?"),
            ("colour", "known are `prompt`, `description`, `pull_request` and `stack`"),
        ] {
            assert_eq!(suggest(word, &known), hint);
        }
    }
}
