//! What is left out of a page so that it stays small enough to be sent on.
//!
//! The one decision: an outcome is cut, not a page. Plots, tables and the JSON in the page are made of the same cut outcome, so
//! they can't disagree; what was cut is said beside the check it was cut from. How much is cut depends on the outcome alone.

use serde_json::Value;

use crate::core::figures::{count, counted};
use crate::operations::drift::{
    Bars, CheckOutcome, DriftOutcome, Examples, Exhibit, Groups, Map, Matrix, Point, Segments, Which, Words,
};

/// How much of an outcome is shown at most.
#[derive(Debug, Clone, Copy)]
struct Caps {
    /// Points on a map, of both sets together.
    points: usize,
    /// Letters of a text on a map.
    point_text: usize,
    /// Letters of any other text.
    text: usize,
    /// Bars, words, rows and columns of a matrix.
    bars: usize,
    /// Rows, groups and segments.
    rows: usize,
    /// Measures of a check.
    measures: usize,
    /// Exhibits of a check.
    exhibits: usize,
    /// Checks that have a section of their own.
    sections: usize,
}

/// From most to least.
const LEVELS: [Caps; 6] = [
    Caps { points: 3_000, point_text: 160, text: 600, bars: 60, rows: 20, measures: 120, exhibits: 40, sections: 400 },
    Caps { points: 2_000, point_text: 100, text: 300, bars: 40, rows: 10, measures: 60, exhibits: 24, sections: 300 },
    Caps { points: 1_200, point_text: 80, text: 200, bars: 24, rows: 6, measures: 30, exhibits: 8, sections: 250 },
    Caps { points: 600, point_text: 60, text: 120, bars: 12, rows: 4, measures: 12, exhibits: 3, sections: 200 },
    Caps { points: 200, point_text: 40, text: 100, bars: 8, rows: 3, measures: 6, exhibits: 1, sections: 100 },
    Caps { points: 60, point_text: 30, text: 80, bars: 4, rows: 2, measures: 3, exhibits: 1, sections: 25 },
];

/// An outcome as a page shows it.
#[derive(Debug)]
pub(super) struct Trimmed {
    /// What is left.
    pub(super) outcome: DriftOutcome,
    /// What was left out of each check.
    pub(super) cuts: Vec<Vec<String>>,
    /// Checks without a section of their own.
    pub(super) without_section: usize,
}

/// The outcome in all sizes, the largest first.
pub(super) fn sizes(outcome: &DriftOutcome) -> impl Iterator<Item = Result<Trimmed, serde_json::Error>> {
    LEVELS.iter().map(|caps| trimmed(outcome, caps))
}

fn trimmed(outcome: &DriftOutcome, caps: &Caps) -> Result<Trimmed, serde_json::Error> {
    let mut smaller = outcome.clone();
    let without_section = smaller.checks.len().saturating_sub(caps.sections);
    for check in smaller.checks.iter_mut().skip(caps.sections) {
        check.exhibits.clear();
        check.measures.clear();
        check.notes.clear();
    }
    let cuts = smaller.checks.iter_mut().map(|check| cut_check(check, caps)).collect();
    let mut value = serde_json::to_value(smaller)?;
    cut_texts(&mut value, caps.text);
    Ok(Trimmed { outcome: serde_json::from_value(value)?, cuts, without_section })
}

fn cut_check(check: &mut CheckOutcome, caps: &Caps) -> Vec<String> {
    let mut cuts = Vec::new();
    let measures = check.measures.len().saturating_sub(caps.measures);
    if measures > 0 {
        check.measures.truncate(caps.measures);
        cuts.push(counted(measures as u64, "measure"));
    }
    let exhibits = check.exhibits.len().saturating_sub(caps.exhibits);
    if exhibits > 0 {
        check.exhibits.truncate(caps.exhibits);
        cuts.push(counted(exhibits as u64, "plot"));
    }
    check.notes.truncate(caps.rows);
    for condition in &mut check.conditions {
        condition.broken_by.truncate(caps.measures);
    }
    for exhibit in &mut check.exhibits {
        cut_exhibit(exhibit, caps, &mut cuts);
    }
    cuts
}

fn cut_exhibit(exhibit: &mut Exhibit, caps: &Caps, cuts: &mut Vec<String>) {
    match exhibit {
        Exhibit::Distribution(distribution) => distribution.marks.truncate(caps.rows),
        Exhibit::Bars(Bars { bars, more, .. }) => *more += cut(bars, caps.bars),
        Exhibit::Map(map) => cuts.extend(thin(map, caps)),
        Exhibit::Matrix(matrix) => cuts.extend(cut_matrix(matrix, caps.bars / 2)),
        Exhibit::Words(Words { words, more, .. }) => {
            *more += cut(words, caps.bars);
            for word in words {
                word.examples.truncate(caps.rows / 2);
            }
        }
        Exhibit::Examples(Examples { rows, more, .. }) => *more += cut(rows, caps.rows),
        Exhibit::Groups(Groups { groups, more, .. }) => {
            *more += cut(groups, caps.rows);
            for group in groups {
                group.reference_rows.truncate(caps.rows);
                group.incoming_rows.truncate(caps.rows);
                group.labels.truncate(caps.rows);
            }
        }
        Exhibit::Segments(Segments { title, segments, .. }) => {
            let more = cut(segments, caps.rows);
            if more > 0 {
                cuts.push(format!("{} of {title}", counted(more, "segment")));
            }
            for segment in segments {
                segment.examples.truncate(caps.rows / 2);
            }
        }
    }
}

/// Cuts a list; how many that were.
fn cut<T>(list: &mut Vec<T>, most: usize) -> u64 {
    let more = list.len().saturating_sub(most);
    list.truncate(most);
    more as u64
}

fn cut_matrix(matrix: &mut Matrix, most: usize) -> Option<String> {
    let more = cut(&mut matrix.rows, most) + cut(&mut matrix.columns, most);
    matrix.counts.truncate(most);
    for row in &mut matrix.counts {
        row.truncate(most);
    }
    (more > 0).then(|| format!("{} rows and columns of {}", count(more), matrix.title))
}

/// As many points of each set as there is room for, evenly chosen.
fn thin(map: &mut Map, caps: &Caps) -> Option<String> {
    let all = map.points.len();
    if all > caps.points {
        let (reference, incoming): (Vec<_>, Vec<_>) =
            std::mem::take(&mut map.points).into_iter().partition(|point| point.set == Which::Reference);
        let half = caps.points / 2;
        // What one set does not need, the other one may have.
        let room = |other: usize| caps.points - other.min(half);
        let rooms = (room(incoming.len()), room(reference.len()));
        map.points = every(reference, rooms.0);
        map.points.extend(every(incoming, rooms.1));
        map.points.truncate(caps.points);
    }
    for point in &mut map.points {
        shorten(&mut point.text, caps.point_text);
    }
    let shown = map.points.len();
    (shown < all)
        .then(|| format!("{} of {} of {}", count((all - shown) as u64), counted(all as u64, "point"), map.title))
}

fn every(points: Vec<Point>, most: usize) -> Vec<Point> {
    let all = points.len();
    let keeps = |index: usize| (index * most) / all != ((index + 1) * most) / all;
    if all <= most {
        return points;
    }
    points.into_iter().enumerate().filter(|(index, _)| keeps(*index)).map(|(_, point)| point).collect()
}

/// Cuts every text of a document.
fn cut_texts(value: &mut Value, most: usize) {
    match value {
        Value::String(text) => shorten(text, most),
        Value::Array(items) => items.iter_mut().for_each(|item| cut_texts(item, most)),
        Value::Object(fields) => fields.values_mut().for_each(|field| cut_texts(field, most)),
        _ => {}
    }
}

fn shorten(text: &mut String, most: usize) {
    // A letter has a byte at least: short texts need not be walked.
    if text.len() > most
        && let Some((end, _)) = text.char_indices().nth(most)
    {
        text.truncate(end);
        text.push('…');
    }
}
