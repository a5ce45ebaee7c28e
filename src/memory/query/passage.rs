//! Where in an entry the words of a question stand closest together.

use crate::memory::index::At;
use crate::memory::index::View;
use crate::memory::index::terms;
use crate::memory::query::rank::Standing;
use crate::memory::query::words::Words;

/// Lines that one passage spans.
const SPAN: u32 = 8;
/// How much two words of the question that stand side by side add, as a share of the lighter one.
const SIDE_BY_SIDE: f64 = 0.25;

/// Lines of an entry.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Passage {
    /// The first line with a word of the question.
    pub first: u32,
    /// The last one.
    pub last: u32,
    /// What the words in it weigh together, each once.
    pub weight: f64,
}

/// Reads the texts of entries for the words of a question.
pub(super) struct Reading<'a> {
    view: &'a View,
    words: &'a Words,
    /// For each part, ranks of terms with their places among the terms of the question; sorted.
    ranks: Vec<Vec<(u32, usize)>>,
    /// What each term of the question weighs.
    weights: Vec<f64>,
}

/// A word of the question in a text.
struct Found {
    line: u32,
    position: u32,
    term: usize,
}

impl<'a> Reading<'a> {
    pub fn new(view: &'a View, words: &'a Words, standings: &[Standing]) -> Self {
        let mut weights = vec![0.0; words.terms.len()];
        let mut ranks: Vec<Vec<(u32, usize)>> = vec![Vec::new(); view.parts.len()];
        for standing in standings {
            weights[standing.term] = standing.idf * words.terms[standing.term].weight;
            for (part, of_term) in standing.ranks.iter().enumerate() {
                ranks[part].extend(of_term.iter().map(|rank| (*rank as u32, standing.term)));
            }
        }
        ranks.iter_mut().for_each(|ranks| ranks.sort_unstable());
        Self { view, words, ranks, weights }
    }

    /// The best passage of an entry; none when no word stands in its text.
    pub fn best(&self, at: At) -> Option<Passage> {
        let found = self.found(at);
        let mut counts = vec![0_u32; self.weights.len()];
        let (mut from, mut weight, mut beside) = (0, 0.0, 0.0);
        let mut best: Option<(f64, Passage)> = None;
        for to in 0..found.len() {
            self.count(&mut counts, found[to].term, true, &mut weight);
            beside += self.beside(&found, to);
            while found[to].line - found[from].line >= SPAN {
                self.count(&mut counts, found[from].term, false, &mut weight);
                beside -= self.beside(&found, from);
                from += 1;
            }
            let score = weight + beside;
            // Sums that went up and down differ in their last digits.
            if best.as_ref().is_none_or(|(before, _)| score > before + 1e-6) {
                let passage = Passage { first: found[from].line, last: found[to].line, weight };
                best = Some((score, passage));
            }
        }
        best.map(|(_, passage)| passage)
    }

    fn count(&self, counts: &mut [u32], term: usize, comes: bool, weight: &mut f64) {
        let count = &mut counts[term];
        if comes {
            *weight += if *count == 0 { self.weights[term] } else { 0.0 };
            *count += 1;
        } else {
            *count -= 1;
            *weight -= if *count == 0 { self.weights[term] } else { 0.0 };
        }
    }

    fn beside(&self, found: &[Found], at: usize) -> f64 {
        let Some(before) = at.checked_sub(1).map(|before| &found[before]) else { return 0.0 };
        let here = &found[at];
        let close = here.term != before.term && here.position - before.position <= 2;
        if close { SIDE_BY_SIDE * self.weights[here.term].min(self.weights[before.term]) } else { 0.0 }
    }

    fn found(&self, at: At) -> Vec<Found> {
        let ranks = &self.ranks[at.part as usize];
        let mut found = Vec::new();
        let mut position = 0;
        self.view.parts[at.part as usize].segment.each_word(at.entry, |line, rank| {
            position += 1;
            let first = ranks.partition_point(|(known, _)| *known < rank);
            for (_, term) in ranks[first..].iter().take_while(|(known, _)| *known == rank) {
                found.push(Found { line, position, term: *term });
            }
        });
        found
    }

    /// Whether every phrase stands in the text, the title or an alias.
    pub fn holds_phrases(&self, at: At) -> bool {
        let found = self.found(at);
        let in_text = |phrase: &[usize]| {
            let stands = |position: u32, term: usize| {
                let first = found.partition_point(|each| each.position < position);
                found[first..].iter().take_while(|each| each.position == position).any(|each| each.term == term)
            };
            let starts = found.iter().filter(|each| each.term == phrase[0]);
            starts
                .into_iter()
                .any(|start| (start.position..).zip(phrase).all(|(position, term)| stands(position, *term)))
        };
        let mut names: Option<Vec<Vec<String>>> = None;
        self.words.phrases.iter().all(|phrase| {
            in_text(phrase) || {
                let names = names.get_or_insert_with(|| self.names(at));
                let wanted: Vec<&str> = phrase.iter().map(|term| self.words.terms[*term].text.as_str()).collect();
                names.iter().any(|name| name.windows(wanted.len()).any(|window| window == wanted))
            }
        })
    }

    fn names(&self, at: At) -> Vec<Vec<String>> {
        let Ok(kept) = self.view.kept(at) else { return Vec::new() };
        std::iter::once(&kept.title).chain(&kept.aliases).map(|name| terms::parts(name)).collect()
    }
}
