//! Texts that are nearly the same.
//!
//! For: copies with a word changed, and templates with another name in them. Not for: texts that only mean the same. The one
//! decision: two texts are as alike as the sets of their runs of three words (Jaccard's index). Candidates come from `MinHash`
//! signatures in bands (Broder 1997; Indyk and Motwani 1998) and every one is measured exactly, so that a pair that is told is
//! one; of pairs at the default threshold of 0.8 the bands miss fewer than one in a thousand. Texts with the same set are one from the start,
//! so that a million equal rows cost as much as one.
//!
//! Words are as `core::text::words` has them, in lower case: a character of a script without spaces is a word.

use std::collections::HashMap;

use super::size::size;
use crate::core::text::words::words_into;

/// Words in a run.
const RUN: usize = 3;
const BANDS: usize = 20;
const BAND_ROWS: usize = 5;
/// Members of a bucket that a member is compared with.
const NEIGHBOURS: usize = 8;

/// Texts as sets of the runs of their words; those with the same set once.
#[derive(Debug, Default)]
pub struct ShingledTexts {
    sets: Vec<Vec<u32>>,
    /// The rows of each set, rising.
    rows: Vec<Vec<u32>>,
}

/// Rows whose texts are nearly the same.
#[derive(Debug, Clone, PartialEq)]
pub struct NearGroup {
    /// The rows, rising.
    pub rows: Vec<u32>,
    /// How many different sets of runs of words they have.
    pub texts: usize,
    /// The least likeness (0..1) that joined two of them; 1 where all have the same runs of words.
    pub likeness: f64,
}

/// An incoming row whose text is nearly that of a reference row.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct NearMatch {
    /// The incoming row.
    pub incoming: u32,
    /// The first reference row of those it is most alike.
    pub reference: u32,
    /// How alike they are (0..1).
    pub likeness: f64,
}

impl ShingledTexts {
    /// Takes rows and their texts; texts without a word are left out.
    pub fn of<'t>(texts: impl Iterator<Item = (u32, &'t str)>) -> Self {
        let mut known: HashMap<Vec<u32>, usize, foldhash::fast::FixedState> = HashMap::default();
        let mut rows: Vec<Vec<u32>> = Vec::new();
        let (mut words, mut hashes) = (Vec::new(), Vec::new());
        for (row, text) in texts {
            words_into(text, &mut words);
            hashes.clear();
            hashes.extend(words.iter().map(|word| word_hash(text.get(word.bytes.clone()).unwrap_or_default())));
            let set = runs(&hashes);
            if set.is_empty() {
                continue;
            }
            let at = *known.entry(set).or_insert_with(|| {
                rows.push(Vec::new());
                rows.len() - 1
            });
            rows[at].push(row);
        }
        let mut sets = vec![Vec::new(); rows.len()];
        for (set, at) in known {
            sets[at] = set;
        }
        Self { sets, rows }
    }

    /// Groups of rows that are alike by at least `threshold` (0..1), each with its next; the largest first.
    pub fn groups(&self, threshold: f64) -> Vec<NearGroup> {
        let mut joined = Joined::new(self.sets.len());
        let keys = band_keys(self.sets.iter());
        for band in 0..BANDS {
            for bucket in buckets(&keys, band) {
                for (place, &at) in bucket.iter().enumerate() {
                    let near = &bucket[place.saturating_sub(NEIGHBOURS)..place];
                    for &other in bucket.first().into_iter().chain(near).filter(|other| **other != at) {
                        joined.consider(&self.sets, at, other, threshold);
                    }
                }
            }
        }
        let mut groups: HashMap<usize, NearGroup> = HashMap::new();
        for (at, rows) in self.rows.iter().enumerate() {
            let root = joined.root(at);
            let group = groups.entry(root).or_insert_with(|| NearGroup {
                rows: Vec::new(),
                texts: 0,
                likeness: joined.likeness[root],
            });
            group.rows.extend(rows);
            group.texts += 1;
        }
        let mut groups: Vec<NearGroup> = groups.into_values().filter(|group| group.rows.len() > 1).collect();
        for group in &mut groups {
            group.rows.sort_unstable();
        }
        groups.sort_unstable_by(|one, other| {
            other.rows.len().cmp(&one.rows.len()).then_with(|| one.rows.cmp(&other.rows))
        });
        groups
    }

    /// For each row of `incoming` the row here that it is most alike, if by at least `threshold` (0..1); by incoming row.
    pub fn matches(&self, incoming: &Self, threshold: f64) -> Vec<NearMatch> {
        let known = self.sets.len();
        let mut best: Vec<Option<(f64, usize)>> = vec![None; incoming.sets.len()];
        let same: HashMap<&[u32], usize, foldhash::fast::FixedState> =
            self.sets.iter().enumerate().map(|(at, set)| (set.as_slice(), at)).collect();
        for (best, set) in best.iter_mut().zip(&incoming.sets) {
            *best = same.get(set.as_slice()).map(|&at| (1.0, at));
        }
        let keys = band_keys(self.sets.iter().chain(&incoming.sets));
        for band in 0..BANDS {
            for bucket in buckets(&keys, band) {
                // Rising: those of this side come first.
                let (here, there) = bucket.split_at(bucket.partition_point(|&at| at < known));
                for &at in there {
                    let best = &mut best[at - known];
                    for &candidate in here.iter().take(NEIGHBOURS) {
                        if best.is_some_and(|(likeness, held)| likeness >= 1.0 || held == candidate) {
                            continue;
                        }
                        let found = likeness(&self.sets[candidate], &incoming.sets[at - known]);
                        let is_better = best.is_none_or(|(held, of)| found > held || (found >= held && candidate < of));
                        if found >= threshold && is_better {
                            *best = Some((found, candidate));
                        }
                    }
                }
            }
        }
        let found = best.iter().zip(&incoming.rows).filter_map(|(best, rows)| Some((best.as_ref()?, rows)));
        let mut matches: Vec<NearMatch> = found
            .flat_map(|(&(likeness, at), rows)| {
                let reference = self.rows[at][0];
                rows.iter().map(move |&incoming| NearMatch { incoming, reference, likeness })
            })
            .collect();
        matches.sort_unstable_by_key(|near| near.incoming);
        matches
    }
}

/// Jaccard's index of two sorted sets.
fn likeness(one: &[u32], other: &[u32]) -> f64 {
    let (mut left, mut right, mut shared) = (0, 0, 0_usize);
    while left < one.len() && right < other.len() {
        let (held, met) = (one[left], other[right]);
        shared += usize::from(held == met);
        left += usize::from(held <= met);
        right += usize::from(met <= held);
    }
    size(shared) / size(one.len() + other.len() - shared)
}

/// Which sets are joined, and by how little.
struct Joined {
    parents: Vec<usize>,
    likeness: Vec<f64>,
}

impl Joined {
    fn new(count: usize) -> Self {
        Self { parents: (0..count).collect(), likeness: vec![1.0; count] }
    }

    fn root(&mut self, mut at: usize) -> usize {
        while self.parents[at] != at {
            self.parents[at] = self.parents[self.parents[at]];
            at = self.parents[at];
        }
        at
    }

    fn consider(&mut self, sets: &[Vec<u32>], one: usize, other: usize, threshold: f64) {
        let (low, high) = (self.root(one), self.root(other));
        let (low, high) = (low.min(high), low.max(high));
        if low == high {
            return;
        }
        let found = likeness(&sets[one], &sets[other]);
        if found >= threshold {
            self.parents[high] = low;
            self.likeness[low] = self.likeness[low].min(self.likeness[high]).min(found);
        }
    }
}

/// The keys of the bands of every set's signature: two sets that share one may be alike.
fn band_keys<'s>(sets: impl Iterator<Item = &'s Vec<u32>>) -> Vec<[u32; BANDS]> {
    let mut factors = [[0_u64; 2]; BANDS * BAND_ROWS];
    let mut state = 42_u64;
    for factor in factors.iter_mut().flatten() {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        *factor = mixed(state) | 1;
    }
    let mut signature = [0_u32; BANDS * BAND_ROWS];
    sets.map(|set| {
        signature.fill(u32::MAX);
        for &member in set {
            for (least, [factor, shift]) in signature.iter_mut().zip(&factors) {
                *least = (*least).min(high_bits(u64::from(member).wrapping_mul(*factor).wrapping_add(*shift)));
            }
        }
        let mut keys = [0; BANDS];
        for (key, band) in keys.iter_mut().zip(signature.chunks_exact(BAND_ROWS)) {
            *key = high_bits(band.iter().fold(0, |key, &least| mixed(key ^ u64::from(least))));
        }
        keys
    })
    .collect()
}

/// Sets with the same key in a band, where there are several, in their order.
fn buckets(keys: &[[u32; BANDS]], band: usize) -> Vec<Vec<usize>> {
    let mut keyed: Vec<(u32, usize)> = keys.iter().enumerate().map(|(at, keys)| (keys[band], at)).collect();
    keyed.sort_unstable();
    keyed
        .chunk_by(|one, other| one.0 == other.0)
        .filter(|bucket| bucket.len() > 1)
        .map(|bucket| bucket.iter().map(|(_, at)| *at).collect())
        .collect()
}

/// The runs of three words, sorted and each once; of fewer words the one run there is.
fn runs(words: &[u64]) -> Vec<u32> {
    let run = |words: &[u64]| high_bits(words.iter().fold(0, |key, word| mixed(key ^ word)));
    let mut runs: Vec<u32> = match words.len() {
        0 => Vec::new(),
        1..RUN => vec![run(words)],
        _ => words.windows(RUN).map(run).collect(),
    };
    runs.sort_unstable();
    runs.dedup();
    runs.shrink_to_fit();
    runs
}

/// Of the letters in lower case (FNV-1a).
fn word_hash(word: &str) -> u64 {
    let mut key = 0xcbf2_9ce4_8422_2325_u64;
    for letter in word.chars().flat_map(char::to_lowercase) {
        key = (key ^ u64::from(u32::from(letter))).wrapping_mul(0x0100_0000_01b3);
    }
    key
}

/// The last step of `SplitMix64` (Steele, Lea, Flood 2014).
fn mixed(mut key: u64) -> u64 {
    key = key.wrapping_add(0x9e37_79b9_7f4a_7c15);
    key = (key ^ (key >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    key = (key ^ (key >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    key ^ (key >> 31)
}

fn high_bits(key: u64) -> u32 {
    (key >> 32) as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shingled<'t>(texts: impl IntoIterator<Item = &'t str>) -> ShingledTexts {
        ShingledTexts::of((0..).zip(texts))
    }

    const LONG: &str =
        "please note that your order of twelve blue widgets has been shipped from our store in the north today";

    #[test]
    fn a_changed_last_word_makes_a_near_duplicate_and_another_text_none() {
        let changed = LONG.replace("today", "yesterday");
        let texts = shingled([LONG, "something else altogether is said in here", &changed, "", "!!"]);
        let groups = texts.groups(0.8);
        assert_eq!(groups.len(), 1);
        assert_eq!(groups[0].rows, [0, 2]);
        assert!((groups[0].likeness - 16.0 / 18.0).abs() < 1e-12, "{}", groups[0].likeness);
    }

    #[test]
    fn case_and_punctuation_make_no_difference() {
        let groups = shingled(["Hello there, World!", "hello THERE world", "hello there"]).groups(0.8);
        assert_eq!(groups, [NearGroup { rows: vec![0, 1], texts: 1, likeness: 1.0 }]);
    }

    #[test]
    fn incoming_texts_find_the_reference_text_they_are_most_alike() {
        let changed = LONG.replace("today", "now");
        let reference = shingled(["what is this", &changed, LONG]);
        let incoming = shingled(["nothing like it at all", LONG, &changed]);
        let found = reference.matches(&incoming, 0.8);
        let rows: Vec<(u32, u32)> = found.iter().map(|near| (near.incoming, near.reference)).collect();
        assert_eq!(rows, [(1, 2), (2, 1)]);
        assert!(found.iter().all(|near| (near.likeness - 1.0).abs() < 1e-12));
        assert_eq!(reference.matches(&shingled([&*format!("{LONG} indeed")]), 0.8)[0].reference, 2);
    }

    #[test]
    fn nearly_all_pairs_at_the_threshold_are_found() {
        // 24 runs, of which the last word's change takes 2 and adds 2: 22 of 26; two such changes: 20 of 28.
        let texts: Vec<String> = (0..400)
            .flat_map(|pair| {
                let words: Vec<String> = (0..26).map(|word| format!("w{}", pair * 100 + word)).collect();
                let text = words.join(" ");
                [text.clone(), format!("{} other", text.rsplit_once(' ').unwrap().0)]
            })
            .collect();
        let groups = shingled(texts.iter().map(String::as_str)).groups(0.8);
        assert!(groups.len() >= 399, "{}", groups.len());
        assert!(groups.iter().all(|group| group.rows.len() == 2 && group.rows[0] + 1 == group.rows[1]));
    }

    #[test]
    fn equal_rows_are_one_group_however_many() {
        let groups = shingled(std::iter::repeat_n(LONG, 10_000)).groups(0.8);
        assert_eq!(groups.len(), 1);
        assert_eq!(groups[0].rows.len(), 10_000);
    }
}
