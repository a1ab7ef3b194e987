//! Distributions and maps as plots that need no script.
//!
//! The one decision: the reference is an area or round dots, what came in is a line or square dots, so that a plot can be read
//! without its colours. The script of the page draws the same from the same numbers.

use super::figures::{number, share};
use crate::core::figures::count;
use crate::operations::drift::{Distribution, Map, Which};
use crate::report::svg::{Label, Scale, dots, percent, steps};

/// Ticks along the two axes, about.
const TICKS: (f64, f64) = (6.0, 3.0);

/// A distribution, drawn.
#[derive(Debug)]
pub(super) struct DistributionPlot {
    pub(super) title: String,
    /// For those who can't see it.
    pub(super) label: String,
    /// What the height is.
    pub(super) height_title: &'static str,
    pub(super) reference: Option<String>,
    pub(super) incoming: Option<String>,
    pub(super) reference_n: String,
    pub(super) incoming_n: String,
    pub(super) marks: Vec<Label>,
    pub(super) ticks: Vec<Label>,
    pub(super) heights: Vec<Label>,
    /// Borders of a bin, and how many values of each set are in it.
    pub(super) bins: Vec<(String, String, String)>,
}

impl DistributionPlot {
    pub(super) fn new(distribution: &Distribution) -> Self {
        let Distribution { title, column, edges, reference, incoming, marks } = distribution;
        let ends = (edges.first().copied().unwrap_or(0.0), edges.last().copied().unwrap_or(0.0));
        let within = marks.iter().map(|mark| mark.at).chain([ends.0, ends.1]);
        let scale = Scale::around(within).unwrap_or(Scale::new(ends.0, ends.1));
        let is_even = is_even(edges);
        let (reference_heights, incoming_heights) =
            (heights(edges, reference, is_even), heights(edges, incoming, is_even));
        let highest = reference_heights.iter().chain(&incoming_heights).copied().fold(0.0, f64::max);
        let up = Scale::new(0.0, if highest > 0.0 { highest * 1.08 } else { 1.0 });
        let places: Vec<f64> = edges.iter().map(|edge| scale.place(*edge)).collect();
        let path = |heights: &[f64]| {
            let heights: Vec<f64> = heights.iter().map(|height| up.place(*height)).collect();
            (!heights.is_empty()).then(|| steps(&places, &heights))
        };
        let ticks = scale.ticks(TICKS.0).into_iter().map(|tick| Label::new(scale.place(tick), number(tick)));
        let height = |tick: f64| Label { at: percent(1.0 - up.place(tick)), anchor: "start", text: share(tick) };
        Self {
            title: title.clone(),
            label: described(column, (reference.iter().sum(), incoming.iter().sum()), ends),
            height_title: if is_even { "share of values in a bin" } else { "share of values, per width of a bin" },
            reference: path(&reference_heights),
            incoming: path(&incoming_heights),
            reference_n: count(reference.iter().sum()),
            incoming_n: count(incoming.iter().sum()),
            marks: marks.iter().map(|mark| Label::new(scale.place(mark.at), mark.label.clone())).collect(),
            ticks: ticks.collect(),
            heights: up.ticks(TICKS.1).into_iter().skip(1).map(height).collect(),
            bins: bins(distribution),
        }
    }
}

fn described(column: &str, (reference, incoming): (u64, u64), (low, high): (f64, f64)) -> String {
    let values = match (reference, incoming) {
        (0, incoming) => format!("{} values that came in", count(incoming)),
        (reference, 0) => format!("{} values of the reference", count(reference)),
        (reference, incoming) => {
            format!("{} values of the reference and {} that came in", count(reference), count(incoming))
        }
    };
    format!(
        "Distribution of {column}, from {} to {}: {values}. The table below has the bins.",
        number(low),
        number(high)
    )
}

/// Whether all bins are of one width; they are also taken as such where a width is no width.
fn is_even(edges: &[f64]) -> bool {
    let widths: Vec<f64> = edges.windows(2).map(|pair| pair[1] - pair[0]).collect();
    let (least, most) =
        widths.iter().fold((f64::MAX, 0.0_f64), |(least, most), width| (least.min(*width), most.max(*width)));
    least <= 0.0 || most - least <= most * 1e-6
}

/// Shares of the values in each bin; where bins differ in width, for as much width as a bin has on average.
fn heights(edges: &[f64], counts: &[u64], is_even: bool) -> Vec<f64> {
    let total = float(counts.iter().sum());
    if total == 0.0 {
        return Vec::new();
    }
    let range = edges.last().zip(edges.first()).map_or(1.0, |(last, first)| last - first);
    let average = range / float(counts.len() as u64);
    let width = |index: usize| if is_even { average } else { edges[index + 1] - edges[index] };
    let counts = counts.iter().take(edges.len().saturating_sub(1)).enumerate();
    let height =
        |(index, count): (usize, &u64)| float(*count) / total * if is_even { 1.0 } else { average / width(index) };
    counts.map(height).collect()
}

#[expect(clippy::cast_precision_loss, reason = "counts are far below 2^52")]
pub(super) fn float(count: u64) -> f64 {
    count as f64
}

fn bins(distribution: &Distribution) -> Vec<(String, String, String)> {
    let at = |counts: &[u64], index: usize| counts.get(index).copied().map_or_else(String::new, count);
    let edges = distribution.edges.windows(2).enumerate();
    edges
        .map(|(index, edges)| {
            let range = format!("{} to {}", number(edges[0]), number(edges[1]));
            (range, at(&distribution.reference, index), at(&distribution.incoming, index))
        })
        .collect()
}

/// A map, drawn.
#[derive(Debug)]
pub(super) struct MapPlot {
    pub(super) title: String,
    pub(super) label: String,
    pub(super) axes: [String; 2],
    pub(super) reference: String,
    pub(super) incoming: String,
    pub(super) reference_n: String,
    pub(super) incoming_n: String,
}

impl MapPlot {
    pub(super) fn new(map: &Map) -> Self {
        let across = Scale::around(map.points.iter().map(|point| f64::from(point.x)));
        let up = Scale::around(map.points.iter().map(|point| f64::from(point.y)));
        let of = |set: Which| map.points.iter().filter(move |point| point.set == set);
        let place = |scale: Option<Scale>, value: f32| scale.map_or(0.5, |scale| scale.place(f64::from(value)));
        let path = |set| dots(of(set).map(|point| (place(across, point.x), place(up, point.y))));
        let number_of = |set| count(of(set).count() as u64);
        let (reference_n, incoming_n) = (number_of(Which::Reference), number_of(Which::Incoming));
        Self {
            title: map.title.clone(),
            label: format!(
                "Map of {reference_n} texts of the reference and {incoming_n} that came in; texts of like meaning lie near \
                 each other."
            ),
            axes: map.axes.clone(),
            reference: path(Which::Reference),
            incoming: path(Which::Incoming),
            reference_n,
            incoming_n,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::operations::drift::{Mark, Point};

    fn distribution(edges: &[f64]) -> Distribution {
        Distribution {
            title: "Text length".to_owned(),
            column: "text_length".to_owned(),
            edges: edges.to_vec(),
            reference: vec![30, 10],
            incoming: vec![0, 2],
            marks: vec![Mark { at: edges[2] * 2.0, label: "limit".to_owned() }],
        }
    }

    #[test]
    fn sets_of_different_sizes_are_drawn_to_one_scale() {
        let edges = [0.0, 10.0, 20.0];
        assert_eq!(heights(&edges, &[30, 10], true), [0.75, 0.25]);
        assert_eq!(heights(&edges, &[0, 2], true), [0.0, 1.0]);
        assert!(heights(&edges, &[0, 0], true).is_empty());
        assert_eq!(heights(&[0.0, 10.0, 40.0], &[1, 3], false), [0.5, 0.5], "areas, not heights, are shares");
    }

    #[test]
    fn a_mark_beyond_the_bins_is_within_the_plot() {
        let plot = DistributionPlot::new(&distribution(&[0.0, 10.0, 20.0]));
        assert_eq!(plot.marks[0].anchor, "end");
        assert_eq!(plot.bins[0], ("0 to 10".to_owned(), "30".to_owned(), "0".to_owned()));
        assert!(plot.label.contains("40 values of the reference and 2 that came in"), "{}", plot.label);
    }

    #[test]
    fn a_single_value_has_a_bin_that_can_be_seen() {
        let single = Distribution { edges: vec![5.0, 5.0], reference: vec![3], ..Distribution::default() };
        let plot = DistributionPlot::new(&single);
        assert!(plot.reference.is_some() && plot.incoming.is_none());
        DistributionPlot::new(&Distribution::default());
    }

    #[test]
    fn both_clouds_are_on_the_map() {
        let point = |set, x| Point { x, y: 0.0, set, row: 0, text: String::new() };
        let points = vec![point(Which::Reference, 0.0), point(Which::Incoming, 1.0), point(Which::Incoming, 2.0)];
        let plot = MapPlot::new(&Map { points, ..Map::default() });
        assert_eq!(plot.reference.matches("h0").count(), 1);
        assert_eq!(plot.incoming.matches("h0").count(), 2);
    }
}
