//! Parts of the rows in which many are bad, told by ranges of one or two columns; and which of them are no chance.
//!
//! For: checks that say where. Not for: what makes a row bad. The one decision: the worst of many parts looks bad by chance,
//! too. So a part is found on one half of the rows and tested on the other, and only what holds there is confirmed; what is
//! found on all rows is what deepchecks tells, and stands beside.

use super::shown::example;
use super::{CheckContext, Findings};
use crate::core::stats::segments::{
    Feature, Range, Scores, Segment, SegmentOptions, WeakSegments, weak_segments as search,
};
use crate::core::stats::{benjamini_hochberg, count_of, proportions, real, share};
use crate::operations::drift::exhibit::{self, Example, Exhibit, Segments};
use crate::operations::drift::outcome::{Measure, Which};
use crate::operations::drift::set::Set;
use crate::operations::drift::values::{Categories, Values};

/// Fewest rows that are searched.
const FEWEST_ROWS: usize = 10;
/// Fewest columns that are searched.
const FEWEST_COLUMNS: usize = 2;
/// Names of a rule that are told.
const NAMES_TOLD: usize = 6;

/// How parts are searched, tested and shown.
#[derive(Debug, Clone, Copy)]
pub(super) struct How {
    /// How they are searched.
    pub(super) options: SegmentOptions,
    /// Level at which a part is confirmed.
    pub(super) significance: f64,
    /// Parts that are tested and shown.
    pub(super) show: usize,
    /// Rows that are shown of each.
    pub(super) show_rows: usize,
    /// What the halves are drawn with.
    pub(super) seed: u64,
}

/// Rows that are searched.
#[derive(Debug)]
pub(super) struct Rows {
    columns: Vec<(String, Values)>,
    /// 1 where a row is good and 0 where it is bad.
    is_good: Vec<f64>,
    /// What trees are grown by, where there is something finer than good and bad.
    finer: Option<Vec<f64>>,
}

/// A part that was found on one half of the rows, and what the other half says of it.
#[derive(Debug)]
pub(super) struct Tested {
    /// The part.
    pub(super) segment: Segment,
    /// Good rows of the other half that are in it, and all that are.
    pub(super) held_out: [u64; 2],
    /// How probable so many bad rows are by chance, corrected for the parts that were tested.
    pub(super) p_value: f64,
}

/// What was tested.
#[derive(Debug, Default)]
pub(super) struct Confirmation {
    /// Parts, those with the lowest score on the searched half first.
    pub(super) tested: Vec<Tested>,
    /// Good rows of the half that was not searched, and all of it.
    pub(super) held_out: [u64; 2],
}

impl Tested {
    /// The share of good rows in the half that was not searched.
    pub(super) fn score(&self) -> f64 {
        share(self.held_out[0], self.held_out[1])
    }
}

impl Confirmation {
    /// The share of good rows in the half that was not searched.
    pub(super) fn average(&self) -> f64 {
        share(self.held_out[0], self.held_out[1])
    }

    /// How probable it is that one of the parts comes out as it does by chance.
    pub(super) fn p_value(&self) -> Option<f64> {
        self.tested.iter().map(|tested| tested.p_value).reduce(f64::min)
    }

    /// Those that are no chance at a level, the worst first.
    pub(super) fn confirmed(&self, level: f64) -> Vec<&Tested> {
        let mut confirmed: Vec<&Tested> = self.tested.iter().filter(|tested| tested.p_value <= level).collect();
        confirmed.sort_by(|one, other| one.score().total_cmp(&other.score()));
        confirmed
    }
}

/// Places of at most so many rows, drawn by a seed, rising.
pub(super) fn drawn(mut places: Vec<usize>, most: usize, seed: u64) -> Vec<usize> {
    if places.len() > most {
        fastrand::Rng::with_seed(seed).shuffle(&mut places);
        places.truncate(most);
        places.sort_unstable();
    }
    places
}

/// Values of some rows.
pub(super) fn taken<'v>(
    columns: impl IntoIterator<Item = (&'v String, &'v Values)>,
    places: &[usize],
) -> Vec<(String, Values)> {
    columns.into_iter().map(|(name, values)| (name.clone(), values.take(places))).collect()
}

impl Rows {
    /// Rows with their columns; each is good or bad.
    pub(super) fn new(columns: Vec<(String, Values)>, is_good: &[bool]) -> Self {
        let is_good = is_good.iter().map(|is_good| f64::from(u8::from(*is_good))).collect();
        Self { columns, is_good, finer: None }
    }

    /// The same; trees are grown by these numbers, high where a row is good.
    #[must_use]
    pub(super) fn grown_by(self, finer: Option<Vec<f64>>) -> Self {
        Self { finer, ..self }
    }

    /// The same, with good rows as bad ones.
    #[must_use]
    pub(super) fn reversed(self) -> Self {
        let is_good = self.is_good.into_iter().map(|is_good| 1.0 - is_good).collect();
        Self { is_good, finer: None, ..self }
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.is_good.len()
    }

    /// The share of good ones.
    pub(super) fn average(&self) -> f64 {
        let [good, rows] = self.counts(0..self.len());
        share(good, rows)
    }

    /// Why they can't be searched, if they can't.
    pub(super) fn lack(&self) -> Option<String> {
        if self.columns.len() < FEWEST_COLUMNS {
            return Some(format!(
                "it takes {FEWEST_COLUMNS} columns to tell a part, and there are {}",
                self.columns.len()
            ));
        }
        (self.len() < FEWEST_ROWS).then(|| format!("it takes {FEWEST_ROWS} rows, and there are {}", self.len()))
    }

    /// The worst parts of all rows.
    pub(super) fn all(&self, options: SegmentOptions) -> WeakSegments {
        self.search(&(0..self.len()).collect::<Vec<_>>(), options)
    }

    /// The worst parts of one half, and what the other half says of them.
    pub(super) fn confirm(&self, how: &How) -> Confirmation {
        let [searched, held_out] = self.halves(how.seed);
        let all = self.counts(held_out.iter().copied());
        let mut found = self.search(&searched, how.options).segments;
        found.truncate(how.show);
        let counts: Vec<[u64; 2]> =
            found.iter().map(|segment| self.counts(segment.unsearched.iter().copied())).collect();
        let p_values: Vec<f64> = counts.iter().map(|of| p_value(*of, all)).collect();
        let adjusted = benjamini_hochberg(&p_values);
        let tested = found.into_iter().zip(counts).zip(adjusted);
        let tested = tested.map(|((segment, held_out), p_value)| Tested { segment, held_out, p_value }).collect();
        Confirmation { tested, held_out: all }
    }

    /// Halves with as many good rows each, drawn by a seed; rising.
    fn halves(&self, seed: u64) -> [Vec<usize>; 2] {
        let mut random = fastrand::Rng::with_seed(seed);
        let (mut good, mut bad): (Vec<usize>, Vec<usize>) = (0..self.len()).partition(|row| self.is_good[*row] > 0.5);
        let mut halves = [Vec::new(), Vec::new()];
        for rows in [&mut good, &mut bad] {
            random.shuffle(rows);
            let (one, other) = rows.split_at(rows.len() / 2);
            halves[0].extend(one);
            halves[1].extend(other);
        }
        halves.each_mut().map(|half| {
            half.sort_unstable();
            std::mem::take(half)
        })
    }

    fn search(&self, searched: &[usize], options: SegmentOptions) -> WeakSegments {
        let features: Vec<Feature> = self.columns.iter().map(|(_, values)| feature(values)).collect();
        let grown_by = self.finer.as_deref().unwrap_or(&self.is_good);
        search(&features, Scores { grown_by, judged_by: &self.is_good }, searched, options)
    }

    /// Good ones of some rows, and how many these are.
    fn counts(&self, rows: impl Iterator<Item = usize>) -> [u64; 2] {
        rows.fold([0, 0], |[good, all], row| [good + u64::from(self.is_good[row] > 0.5), all + 1])
    }

    /// Which rows a part has, in words.
    pub(super) fn rule(&self, segment: &Segment) -> String {
        let of_column = |(column, range): &(usize, Range)| in_words(&self.columns[*column].0, range);
        segment.ranges.iter().map(of_column).collect::<Vec<_>>().join(" and ")
    }

    /// Bad ones of some rows, the first so many.
    pub(super) fn bad<'r>(&'r self, rows: &'r [usize], most: usize) -> impl Iterator<Item = usize> + 'r {
        rows.iter().copied().filter(|row| self.is_good[*row] < 0.5).take(most)
    }
}

fn feature(values: &Values) -> Feature<'_> {
    match values {
        Values::Numbers(numbers) => Feature::Numbers(numbers),
        Values::Categories(Categories { names, codes }) => Feature::Categories { names, codes },
    }
}

/// How probable it is by chance that a part has so few good rows, beside all others; a part with more is no finding.
fn p_value(part: [u64; 2], all: [u64; 2]) -> f64 {
    let rest = [all[0] - part[0], all[1] - part[1]];
    let is_worse = share(part[0], part[1]) < share(rest[0], rest[1]);
    proportions(part, rest).filter(|_| is_worse).unwrap_or(1.0)
}

fn in_words(column: &str, range: &Range) -> String {
    match range {
        Range::Numbers(above, up_to) => match (above.is_finite(), up_to.is_finite()) {
            (true, true) => format!("{} < {column} ≤ {}", short(*above), short(*up_to)),
            (true, false) => format!("{column} > {}", short(*above)),
            (false, _) => format!("{column} ≤ {}", short(*up_to)),
        },
        Range::Categories(names) => {
            let told: Vec<String> = names.iter().take(NAMES_TOLD).map(|name| format!("\"{name}\"")).collect();
            let more = names.len() - told.len();
            let more = if more > 0 { format!(" or {more} more") } else { String::new() };
            format!("{column} is {}{more}", told.join(" or "))
        }
    }
}

/// A number with four digits that count, or one behind the point.
fn short(number: f64) -> String {
    let decimals = [1000.0, 100.0, 10.0, 1.0, 0.1].iter().position(|least| number.abs() >= *least);
    let text = format!("{number:.*}", decimals.unwrap_or(6).max(1));
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// What the rows are, for people.
#[derive(Debug, Clone, Copy)]
pub(super) struct Words {
    /// What is listed, e.g. `Parts where labels are missing`.
    pub(super) title: &'static str,
    /// What the score is, e.g. `share of rows with a label`.
    pub(super) score: &'static str,
}

/// The rows of one set that are searched.
#[derive(Debug)]
pub(super) struct Searched<'s> {
    /// The set.
    pub(super) set: &'s Set,
    /// Which one it is.
    pub(super) which: Which,
    /// Where each of the rows is in the set.
    pub(super) places: Vec<usize>,
    /// The rows.
    pub(super) rows: Rows,
}

/// The share of good rows of the worst part beside that of all: found on all rows, as deepchecks does it.
const WEAKEST_RATIO: &str = "weakest_ratio";
/// The same of the worst part that is no chance, on rows on which it was not searched.
pub(super) const CONFIRMED_RATIO: &str = "confirmed_ratio";

impl Searched<'_> {
    /// The worst parts of one set.
    pub(super) fn findings(&self, how: &How, words: Words, context: &CheckContext<'_>) -> Findings {
        let rows = &self.rows;
        let average = self.measure("average_score", rows.average());
        if let Some(lack) = rows.lack() {
            let confirmed = self.side(Measure::missing(CONFIRMED_RATIO, lack));
            return Findings { measures: vec![average, confirmed], ..Findings::default() };
        }
        let mut found = rows.all(how.options);
        let segments = count_of(found.segments.len());
        found.segments.truncate(how.show);
        let mut measures = vec![average, Measure::new("segments", real(segments))];
        measures.extend(self.weakest(&found));
        if context.cancel.is_cancelled() {
            return Findings { measures, ..Findings::default() };
        }
        let confirmation = rows.confirm(how);
        measures.push(self.confirmed_ratio(&confirmation, how.significance));
        let exhibits = [self.confirmed(&confirmation, how, words), self.found(&found, how, words)];
        Findings { measures, exhibits: exhibits.into_iter().flatten().collect(), ..Findings::default() }
    }

    fn side(&self, measure: Measure) -> Measure {
        measure.from_rows(self.which, count_of(self.rows.len()))
    }

    fn measure(&self, name: &str, value: f64) -> Measure {
        self.side(Measure::new(name, value))
    }

    fn weakest(&self, found: &WeakSegments) -> Vec<Measure> {
        let Some(weakest) = found.segments.first() else { return Vec::new() };
        let rule = self.rows.rule(weakest);
        vec![
            self.measure("weakest_score", weakest.score).noting(rule),
            self.measure(WEAKEST_RATIO, weakest.score / found.average)
                .noting("found on all rows: the worst of many parts, part of it by chance"),
        ]
    }

    fn confirmed_ratio(&self, confirmation: &Confirmation, level: f64) -> Measure {
        let measure = match confirmation.confirmed(level).first() {
            Some(worst) => {
                let told = format!("{}; on rows on which it was not searched", self.rows.rule(&worst.segment));
                Measure::new(CONFIRMED_RATIO, worst.score() / confirmation.average()).noting(told)
            }
            None => Measure::missing(CONFIRMED_RATIO, "no part is worse than by chance"),
        };
        let measure = measure.from_rows(self.which, confirmation.held_out[1]).by("search_one_half_test_the_other");
        Measure { p_value: confirmation.p_value(), ..measure }
    }

    fn found(&self, found: &WeakSegments, how: &How, words: Words) -> Option<Exhibit> {
        let all = count_of(self.rows.len());
        let segments = found.segments.iter().map(|segment| exhibit::Segment {
            rule: self.rows.rule(segment),
            score: segment.score,
            rows: count_of(segment.rows.len()),
            share: share(count_of(segment.rows.len()), all),
            examples: self.examples(&segment.rows, how.show_rows),
        });
        let title = format!("{}: the worst of many, part of it by chance", words.title);
        exhibit_of(title, words.score, found.average, segments.collect())
    }

    fn confirmed(&self, confirmation: &Confirmation, how: &How, words: Words) -> Option<Exhibit> {
        let [_, all] = confirmation.held_out;
        let segments = confirmation.confirmed(how.significance).into_iter().map(|tested| exhibit::Segment {
            rule: self.rows.rule(&tested.segment),
            score: tested.score(),
            rows: tested.held_out[1],
            share: share(tested.held_out[1], all),
            examples: self.examples(&tested.segment.unsearched, how.show_rows),
        });
        let title = format!("{}: found on one half of the rows, confirmed on the other", words.title);
        exhibit_of(title, words.score, confirmation.average(), segments.collect())
    }

    fn examples(&self, rows: &[usize], most: usize) -> Vec<Example> {
        let bad = self.rows.bad(rows, most);
        bad.map(|row| example(self.which, self.set, self.places[row], None)).collect()
    }
}

/// Segments to look at; nothing where there are none.
pub(super) fn exhibit_of(title: String, score: &str, average: f64, segments: Vec<exhibit::Segment>) -> Option<Exhibit> {
    let exhibit = Segments { title, score_title: score.to_owned(), average, segments };
    (!exhibit.segments.is_empty()).then_some(Exhibit::Segments(exhibit))
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOW: How = How {
        options: SegmentOptions { min_share: 0.05, most_features: 12, repeat_features: false, rare_share: 0.05 },
        significance: 0.05,
        show: 5,
        show_rows: 3,
        seed: 7,
    };

    /// Rows of which one in ten is bad, and `planted` of those whose second column is `b`.
    fn rows(planted: f64, seed: u64) -> Rows {
        let mut random = fastrand::Rng::with_seed(seed);
        let numbers: Vec<f64> = (0..400).map(|_| random.f64() * 100.0).collect();
        let others: Vec<f64> = (0..400).map(|_| random.f64()).collect();
        let names: Vec<Option<&str>> = (0..400).map(|row| Some(if row % 4 == 0 { "b" } else { "a" })).collect();
        let is_bad = |row: usize, random: &mut fastrand::Rng| {
            random.f64() < 0.1 || row.is_multiple_of(4) && random.f64() < planted
        };
        let is_good: Vec<bool> = (0..400).map(|row| !is_bad(row, &mut random)).collect();
        let names = Values::Categories(Categories::of(names.into_iter()));
        let columns = [("n", Values::Numbers(numbers)), ("c", names), ("o", Values::Numbers(others))];
        Rows::new(columns.map(|(name, values)| (name.to_owned(), values)).into(), &is_good)
    }

    #[test]
    fn a_planted_part_is_confirmed_and_the_worst_by_chance_is_not() {
        let (mut found, mut false_alarms) = (0, 0);
        for seed in 0..40 {
            let (planted, by_chance) = (rows(0.7, seed), rows(0.0, seed));
            let confirmation = planted.confirm(&HOW);
            let confirmed = confirmation.confirmed(0.05);
            let is_planted = |tested: &&Tested| planted.rule(&tested.segment).contains("c is \"b\"");
            found += u32::from(confirmed.iter().any(|tested| is_planted(tested) && tested.score() < 0.6));
            false_alarms += u32::from(!by_chance.confirm(&HOW).confirmed(0.05).is_empty());
        }
        assert!(found >= 32 && false_alarms <= 8, "{found} found, {false_alarms} false alarms of 40");
    }

    #[test]
    fn the_same_seed_confirms_the_same_and_too_little_is_not_searched() {
        let told = || format!("{:?}", rows(0.4, 1).confirm(&HOW));
        assert_eq!(told(), told());
        let few = |columns: usize, rows: usize| {
            let column = |at: usize| (at.to_string(), Values::Numbers(vec![0.0; rows]));
            Rows::new((0..columns).map(column).collect(), &vec![true; rows]).lack()
        };
        assert_eq!((few(1, 20).is_some(), few(2, 9).is_some(), few(2, 10)), (true, true, None));
    }

    #[test]
    fn a_rule_is_told_in_words() {
        assert_eq!(in_words("n", &Range::Numbers(128.5, f64::INFINITY)), "n > 128.5");
        assert_eq!(in_words("n", &Range::Numbers(f64::NEG_INFINITY, 0.209_090_91)), "n ≤ 0.2091");
        assert_eq!(in_words("n", &Range::Numbers(-3.0, 12_345.0)), "-3 < n ≤ 12345");
        let names: Vec<String> = (0..8).map(|name| name.to_string()).collect();
        assert_eq!(in_words("c", &Range::Categories(names[..2].to_vec())), "c is \"0\" or \"1\"");
        assert!(in_words("c", &Range::Categories(names)).ends_with("\"5\" or 2 more"));
    }

    #[test]
    fn halves_have_as_many_good_rows_and_no_row_twice() {
        let rows = rows(0.5, 3);
        let [searched, held_out] = rows.halves(1);
        let (one, other) = (rows.counts(searched.iter().copied()), rows.counts(held_out.iter().copied()));
        assert!(one[0].abs_diff(other[0]) <= 1 && one[1].abs_diff(other[1]) <= 2);
        let mut all = [searched, held_out].concat();
        all.sort_unstable();
        assert_eq!(all, (0..400).collect::<Vec<_>>());
    }
}
