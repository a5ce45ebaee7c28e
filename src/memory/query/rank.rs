//! How well each entry answers: BM25 over fields that weigh differently, then how close the words stand in the best passage.
//!
//! A word that more than a third of all entries have only tells those apart that a rarer word found.

use std::collections::BTreeSet;

use crate::kit::Result;
use crate::memory::index::At;
use crate::memory::index::Bits;
use crate::memory::index::Field;
use crate::memory::index::Segment;
use crate::memory::index::Totals;
use crate::memory::index::View;
use crate::memory::query::Query;
use crate::memory::query::Scope;
use crate::memory::query::around;
use crate::memory::query::passage;
use crate::memory::query::passage::Passage;
use crate::memory::query::scope;
use crate::memory::query::scope::Allowed;
use crate::memory::query::words::Role;
use crate::memory::query::words::Term;
use crate::memory::query::words::Words;

/// How much a match in each field weighs.
const WEIGHTS: [f64; Field::COUNT] = [3.0, 3.0, 2.0, 1.6, 1.0, 1.2];
/// How much the length of a text takes off a match in it.
const BY_LENGTH: f64 = 0.75;
/// How soon more of the same word stops to count.
const SATURATION: f64 = 1.2;
/// How much the best passage adds when it holds every word.
const CLOSENESS: f64 = 0.6;
/// Entries whose passages are looked at.
const LOOKED_AT: usize = 60;
/// Entries whose phrases are looked for.
const MOST_PHRASES: usize = 2_000;
/// Terms that one prefix stands for.
const MOST_ENDINGS: usize = 64;

/// Entries that were picked, the best first.
pub(super) struct Picked {
    pub entries: Vec<Pick>,
    /// How many entries match.
    pub total: usize,
    /// How many that match are hidden from the asker.
    pub hidden: usize,
    /// Whether something was cut: a walk through the graph, or phrases that were not all looked for.
    pub cut: bool,
}

/// An entry that was picked.
pub(super) struct Pick {
    pub at: At,
    pub score: f64,
    pub why: Vec<String>,
    /// Where in it; none when no word stands in its text.
    pub passage: Option<Passage>,
}

/// Picks entries.
pub(super) fn pick(view: &View, words: &Words, query: &Query, scope: &Scope) -> Result<Picked> {
    let mut allowed = scope::allowed(view, query, scope);
    let mut near = None;
    let mut cut = false;
    if let Some(asked) = &query.around {
        let found = around::neighbourhood(view, asked, scope)?;
        cut |= found.cut;
        let inside: BTreeSet<At> = found.nodes.iter().map(|node| node.at).collect();
        for (part, allowed) in allowed.iter_mut().enumerate() {
            let mut set = Bits::new(allowed.wanted.length(), false);
            inside.iter().filter(|at| at.part as usize == part).for_each(|at| set.set(at.entry));
            allowed.wanted.meet(&set);
            allowed.hidden.meet(&set);
        }
        near = Some(found);
    }
    let mut picked = if words.is_empty() {
        listed(view, words, &allowed, near.as_ref())
    } else {
        by_words(view, words, query, &allowed)
    };
    picked.cut |= cut;
    if let Some(near) = &near {
        picked.hidden += near.hidden;
        for pick in &mut picked.entries {
            pick.why.extend(near.nodes.iter().find(|node| node.at == pick.at).map(|node| reach(node, &near.nodes[0])));
        }
    }
    let facets = asked_for(query);
    picked.entries.iter_mut().for_each(|pick| pick.why.extend(facets.iter().cloned()));
    picked.entries.truncate(query.limit.min(super::MOST_HITS));
    Ok(picked)
}

fn reach(node: &around::Node, start: &around::Node) -> String {
    let start = start.kept.id.as_deref().unwrap_or_default();
    match (&node.by, node.distance) {
        (None, _) => format!("it is `{start}`"),
        (Some(edge), 1) => format!("`{}` {} `{}`", edge.from, edge.kind, edge.to),
        (Some(edge), far) => format!("{far} edges from `{start}`, by `{}`", edge.kind),
    }
}

fn asked_for(query: &Query) -> Vec<String> {
    let mut asked = Vec::new();
    let mut add = |noun: &str, values: &[String]| {
        if let [only] = values {
            asked.push(format!("{noun} `{only}`"));
        } else if !values.is_empty() {
            asked.push(format!("{noun} one of {}", values.len()));
        }
    };
    add("kind", &query.kinds);
    add("status", &query.statuses);
    add("tag", &query.tags);
    add("owner", &query.owners);
    add("repository", &query.repos);
    add("path", &query.paths.iter().map(ToString::to_string).collect::<Vec<_>>());
    asked
}

/// What a question without words gives: everything that is asked for, nearest first, then by path.
fn listed(view: &View, words: &Words, allowed: &[Allowed], near: Option<&around::Neighbourhood>) -> Picked {
    let unwanted = found_in(view, words, allowed).1;
    let mut entries: Vec<At> = Vec::new();
    for (part, allowed) in allowed.iter().enumerate() {
        let kept = allowed.wanted.each().filter(|entry| !unwanted[part].has(*entry));
        entries.extend(kept.map(|entry| At { part: part as u32, entry }));
    }
    view.sort(&mut entries);
    if let Some(near) = near {
        let far = |at: &At| near.nodes.iter().find(|node| node.at == *at).map_or(u8::MAX, |node| node.distance);
        entries.sort_by_key(far);
    }
    let hidden = allowed.iter().map(|allowed| allowed.hidden.count()).sum();
    let total = entries.len();
    entries.truncate(super::MOST_HITS);
    let pick = |at| Pick { at, score: 0.0, why: Vec::new(), passage: None };
    Picked { entries: entries.into_iter().map(pick).collect(), total, hidden, cut: false }
}

/// Where one term of the question stands.
pub(super) struct Standing {
    /// Its place among the terms.
    pub term: usize,
    /// For each part its entries, in order.
    pub parts: Vec<Vec<Stand>>,
    /// For each part its ranks there.
    pub ranks: Vec<Vec<usize>>,
    /// What the term weighs.
    pub idf: f64,
}

/// A term in an entry.
#[derive(Clone, Copy)]
pub(super) struct Stand {
    pub entry: u32,
    /// A bit for each field.
    pub fields: u8,
    /// How often in the text.
    pub in_body: u32,
    weight: f64,
}

fn by_words(view: &View, words: &Words, query: &Query, allowed: &[Allowed]) -> Picked {
    let totals = visible_totals(view, allowed);
    let (mut standings, unwanted) = found_in(view, words, allowed);
    let mut hidden = 0;
    for (part, allowed) in allowed.iter().enumerate() {
        if allowed.hidden.count() > 0 {
            hidden += hidden_matches(&view.parts[part].segment, words, &allowed.hidden);
        }
    }
    weigh(view, &mut standings, &totals);
    let mut scores: Vec<Vec<f64>> = view.parts.iter().map(|part| vec![0.0; part.segment.len()]).collect();
    let mut masks: Vec<Vec<u64>> = view.parts.iter().map(|part| vec![0; part.segment.len()]).collect();
    let common = totals.entries as f64 / 3.0;
    let mut first = true;
    for standing in &standings {
        let count: usize = standing.parts.iter().map(Vec::len).sum();
        let only_refines = !first && count as f64 > common;
        let weight = words.terms[standing.term].weight * standing.idf;
        for (part, stands) in standing.parts.iter().enumerate() {
            let wanted = &allowed[part].wanted;
            for stand in stands.iter().filter(|stand| wanted.has(stand.entry)) {
                let entry = stand.entry as usize;
                if only_refines && masks[part][entry] == 0 {
                    continue;
                }
                scores[part][entry] += weight * stand.weight * (SATURATION + 1.0) / (stand.weight + SATURATION);
                masks[part][entry] |= 1 << standing.term;
            }
        }
        first &= count == 0;
    }
    let phrase_mask: u64 = words.phrases.iter().flatten().fold(0, |mask, term| mask | 1 << term);
    let mut found: Vec<(f64, At)> = Vec::new();
    for (part, masks) in masks.iter().enumerate() {
        for (entry, mask) in masks.iter().enumerate() {
            let holds = *mask != 0 && *mask & phrase_mask == phrase_mask;
            if holds && !unwanted[part].has(entry as u32) {
                found.push((scores[part][entry], At { part: part as u32, entry: entry as u32 }));
            }
        }
    }
    let mut total = found.len();
    let better = |one: &(f64, At), other: &(f64, At)| {
        other.0.total_cmp(&one.0).then_with(|| view.order(one.1).cmp(&view.order(other.1)))
    };
    let looked_at = if words.phrases.is_empty() { LOOKED_AT.max(query.limit) } else { MOST_PHRASES };
    if found.len() > looked_at {
        found.select_nth_unstable_by(looked_at, better);
        found.truncate(looked_at);
    }
    found.sort_by(better);
    let cut = !words.phrases.is_empty() && total > looked_at;
    let whole: f64 = standings.iter().map(|standing| standing.idf * words.terms[standing.term].weight).sum();
    let reading = passage::Reading::new(view, words, &standings);
    let mut entries: Vec<Pick> = Vec::new();
    let enough = LOOKED_AT.max(query.limit);
    let mut dropped = 0;
    for (score, at) in found {
        if !words.phrases.is_empty() && !reading.holds_phrases(at) {
            dropped += 1;
            continue;
        }
        if entries.len() == enough {
            if words.phrases.is_empty() {
                break;
            }
            continue;
        }
        let passage = reading.best(at);
        let share = passage.as_ref().map_or(0.0, |passage| (passage.weight / whole.max(1e-9)).min(1.0));
        let score = score * (1.0 + CLOSENESS * share);
        entries.push(Pick { at, score, why: Vec::new(), passage });
    }
    total -= dropped;
    entries.sort_by(|one, other| {
        other.score.total_cmp(&one.score).then_with(|| view.order(one.at).cmp(&view.order(other.at)))
    });
    entries.truncate(query.limit.min(super::MOST_HITS));
    for pick in &mut entries {
        pick.why = why(pick.at, words, &standings);
    }
    Picked { entries, total, hidden, cut }
}

/// Where each wanted term stands, the rarest first; and for each part, entries that hold what must not be there.
fn found_in(view: &View, words: &Words, allowed: &[Allowed]) -> (Vec<Standing>, Vec<Bits>) {
    let mut unwanted: Vec<Bits> = view.parts.iter().map(|part| Bits::new(part.segment.len(), false)).collect();
    let mut standings = Vec::new();
    for (number, term) in words.terms.iter().enumerate() {
        let endings = (term.role == Role::Prefix).then(|| endings(view, term, allowed));
        let (mut parts, mut all_ranks) = (Vec::new(), Vec::new());
        for (part, each) in view.parts.iter().enumerate() {
            if term.role == Role::Unwanted {
                if let Some(rank) = each.segment.rank(&term.text) {
                    each.segment.each_posting(rank, |entry, _, _| unwanted[part].set(entry));
                }
                continue;
            }
            let ranks = ranks(&each.segment, term, endings.as_ref());
            let mut stands = Vec::with_capacity(ranks.iter().map(|rank| each.segment.count(*rank) as usize).sum());
            let visible = &allowed[part].visible;
            for rank in &ranks {
                each.segment.each_posting(*rank, |entry, fields, often| {
                    if visible.has(entry) {
                        let in_body = often[Field::Body as usize];
                        // The weights are taken when the lengths are known; until then the counts wait here.
                        stands.push(Stand { entry, fields, in_body, weight: raw(often) });
                    }
                });
            }
            if ranks.len() > 1 {
                stands = joined(stands);
            }
            parts.push(stands);
            all_ranks.push(ranks);
        }
        if term.role != Role::Unwanted {
            standings.push(Standing { term: number, parts, ranks: all_ranks, idf: 0.0 });
        }
    }
    standings.sort_by_key(|standing| (standing.parts.iter().map(Vec::len).sum::<usize>(), standing.term));
    (standings, unwanted)
}

/// The short fields of an entry have about the same length everywhere, so that only the text is weighed by its length.
fn raw(often: &[u32; Field::COUNT]) -> f64 {
    let mut weight = 0.0;
    for (field, often) in
        often.iter().enumerate().filter(|(field, often)| **often > 0 && *field != Field::Body as usize)
    {
        weight += WEIGHTS[field] * f64::from(*often);
    }
    weight
}

/// Several terms of one prefix count as one.
fn joined(mut stands: Vec<Stand>) -> Vec<Stand> {
    stands.sort_by_key(|stand| stand.entry);
    let mut whole: Vec<Stand> = Vec::with_capacity(stands.len());
    for stand in stands {
        match whole.last_mut().filter(|last| last.entry == stand.entry) {
            Some(last) => {
                last.fields |= stand.fields;
                last.in_body += stand.in_body;
                last.weight += stand.weight;
            }
            None => whole.push(stand),
        }
    }
    whole
}

fn weigh(view: &View, standings: &mut [Standing], totals: &Totals) {
    let body = Field::Body as usize;
    let average = (totals.words[body] as f64 / totals.entries.max(1) as f64).max(1.0);
    for standing in standings {
        let count: usize = standing.parts.iter().map(Vec::len).sum();
        let (all, count) = (totals.entries as f64, count as f64);
        standing.idf = (1.0 + (all - count + 0.5) / (count + 0.5)).ln();
        for (part, stands) in standing.parts.iter_mut().enumerate() {
            let segment = &view.parts[part].segment;
            for stand in stands.iter_mut().filter(|stand| stand.in_body > 0) {
                let length = f64::from(segment.head(stand.entry).lengths[body]);
                let norm = 1.0 - BY_LENGTH + BY_LENGTH * length / average;
                stand.weight += WEIGHTS[body] * f64::from(stand.in_body) / norm;
            }
        }
    }
}

/// Ranks of a term in a segment.
fn ranks(segment: &Segment, term: &Term, endings: Option<&BTreeSet<String>>) -> Vec<usize> {
    match endings {
        Some(endings) => endings.iter().filter_map(|ending| segment.rank(ending)).collect(),
        None => segment.rank(&term.text).into_iter().collect(),
    }
}

/// The first terms in order that a prefix stands for, of those that visible entries have.
fn endings(view: &View, term: &Term, allowed: &[Allowed]) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for (part, each) in view.parts.iter().enumerate() {
        let mut here = 0;
        for rank in each.segment.ranks_from(&term.text) {
            let mut is_there = false;
            each.segment.each_posting(rank, |entry, _, _| is_there |= allowed[part].visible.has(entry));
            if is_there {
                found.insert(each.segment.term(rank).to_owned());
                here += 1;
            }
            if here == MOST_ENDINGS {
                break;
            }
        }
    }
    while found.len() > MOST_ENDINGS {
        found.pop_last();
    }
    found
}

/// Sums over what may be shown, so that what is hidden does not shine through the weights of words.
fn visible_totals(view: &View, allowed: &[Allowed]) -> Totals {
    let out: Vec<Bits> = view
        .parts
        .iter()
        .zip(allowed)
        .map(|(part, allowed)| {
            let mut out = part.live.clone();
            out.less(&allowed.visible);
            out
        })
        .collect();
    let out = Totals::of(&view.parts, |part| &out[part]);
    let mut totals = view.totals;
    totals.entries -= out.entries;
    totals.words.iter_mut().zip(out.words).for_each(|(sum, out)| *sum -= out);
    totals
}

fn hidden_matches(segment: &Segment, words: &Words, hidden: &Bits) -> usize {
    let mut found = Bits::new(segment.len(), false);
    for term in words.terms.iter().filter(|term| term.role == Role::Wanted) {
        if let Some(rank) = segment.rank(&term.text) {
            segment.each_posting(rank, |entry, _, _| {
                if hidden.has(entry) {
                    found.set(entry);
                }
            });
        }
    }
    found.count()
}

/// Which words were found where, for people.
fn why(at: At, words: &Words, standings: &[Standing]) -> Vec<String> {
    let mut told: Vec<(usize, String)> = Vec::new();
    for standing in standings {
        let stands = &standing.parts[at.part as usize];
        let Ok(found) = stands.binary_search_by_key(&at.entry, |stand| stand.entry) else { continue };
        let stand = &stands[found];
        let fields: Vec<String> = Field::ALL
            .into_iter()
            .filter(|field| stand.fields & 1 << *field as u8 != 0)
            .map(|field| match field {
                Field::Body if stand.in_body > 1 => format!("{} ({}×)", field.as_str(), stand.in_body),
                _ => field.as_str().to_owned(),
            })
            .collect();
        told.push((standing.term, format!("`{}` in {}", words.terms[standing.term].shown, fields.join(", "))));
    }
    told.sort();
    told.dedup_by(|one, other| one.1 == other.1);
    told.into_iter().map(|(_, why)| why).collect()
}
