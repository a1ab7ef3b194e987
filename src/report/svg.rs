//! Plots that need no script: shapes in SVG, stretched to the width that a page has.
//!
//! For: places, ticks and paths. Not for: what is plotted. The one decision: shapes lie on a grid of 1000 by 1000 that is
//! stretched, labels are placed in percent and are not, so that a plot is as legible on a phone as on paper. Crates that draw
//! plots give pictures of a fixed size.

/// Width and height of the grid that shapes lie on.
const GRID: f64 = 1000.0;
/// Places of labels near an end, at which they would stick out if they were centred.
const ENDS: (f64, f64) = (0.05, 0.95);

/// From values to places.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Scale {
    low: f64,
    high: f64,
}

impl Scale {
    /// Between two values; a single one comes to lie in the middle.
    pub(super) fn new(low: f64, high: f64) -> Self {
        if high > low { Self { low, high } } else { Self { low: low - 0.5, high: low + 0.5 } }
    }

    /// Around all of some values, with some room; `None` where there are none.
    pub(super) fn around(values: impl Iterator<Item = f64>) -> Option<Self> {
        let ends = values.filter(|value| value.is_finite()).fold(None, |ends: Option<(f64, f64)>, value| {
            Some(ends.map_or((value, value), |(low, high)| (low.min(value), high.max(value))))
        });
        let (low, high) = ends?;
        let room = (high - low) * 0.03;
        Some(Self::new(low - room, high + room))
    }

    /// Where a value lies, from 0 to 1.
    pub(super) fn place(self, value: f64) -> f64 {
        ((value - self.low) / (self.high - self.low)).clamp(0.0, 1.0)
    }

    /// Round values within, about so many.
    pub(super) fn ticks(self, about: f64) -> Vec<f64> {
        let rough = (self.high - self.low) / about;
        let power = 10_f64.powf(rough.log10().floor());
        let step = [1.0, 2.0, 5.0, 10.0].map(|factor| factor * power);
        let step = step.into_iter().find(|step| *step >= rough * 0.999).unwrap_or(rough);
        let first = (self.low / step - 1e-9).ceil();
        // Multiples, not sums: zero is zero. Adding it makes a zero of what is one below zero.
        let ticks = (0_u32..100).map(|index| (first + f64::from(index)) * step + 0.0);
        ticks.take_while(|tick| *tick <= self.high + step * 1e-9).collect()
    }
}

/// A label along an axis.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Label {
    /// Where, in percent.
    pub(super) at: String,
    /// `start`, `middle`, `end`: how the text lies at its place.
    pub(super) anchor: &'static str,
    /// What it says.
    pub(super) text: String,
}

impl Label {
    /// A label at a place from 0 to 1.
    pub(super) fn new(place: f64, text: String) -> Self {
        let anchor = match place {
            place if place < ENDS.0 => "start",
            place if place > ENDS.1 => "end",
            _ => "middle",
        };
        Self { at: percent(place), anchor, text }
    }
}

/// A place from 0 to 1 in percent.
pub(super) fn percent(place: f64) -> String {
    let percent = format!("{:.2}", place * 100.0);
    format!("{}%", percent.trim_end_matches('0').trim_end_matches('.'))
}

/// The outline of bins that stand beside each other; edges from 0 to 1, heights from 0 to 1.
pub(super) fn steps(edges: &[f64], heights: &[f64]) -> String {
    let Some(first) = edges.first() else { return String::new() };
    let mut path = format!("M{} {GRID:.0}", grid(*first));
    for (height, right) in heights.iter().zip(edges.iter().skip(1)) {
        path.extend(["V", &grid(1.0 - height), "H", &grid(*right)]);
    }
    path + &format!("V{GRID:.0}")
}

/// Points, each a stroke of no length whose ends are round or square.
pub(super) fn dots(places: impl Iterator<Item = (f64, f64)>) -> String {
    places.flat_map(|(x, y)| ["M".to_owned(), grid(x), " ".to_owned(), grid(1.0 - y), "h0".to_owned()]).collect()
}

fn grid(place: f64) -> String {
    format!("{:.0}", place * GRID)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_round_and_within() {
        assert_eq!(Scale::new(0.0, 97.0).ticks(5.0), [0.0, 20.0, 40.0, 60.0, 80.0]);
        assert_eq!(Scale::new(-0.1, 0.1).ticks(4.0), [-0.1, -0.05, 0.0, 0.05, 0.1]);
        assert_eq!(Scale::new(3.0, 3.0).ticks(2.0), [2.5, 3.0, 3.5]);
    }

    #[test]
    fn places_are_within_the_plot_and_labels_do_not_stick_out() {
        let scale = Scale::new(0.0, 10.0);
        assert_eq!((scale.place(-1.0), scale.place(5.0), scale.place(99.0)), (0.0, 0.5, 1.0));
        assert_eq!(Scale::around([].into_iter()), None);
        let anchors = [0.0, 0.5, 1.0].map(|place| Label::new(place, String::new()).anchor);
        assert_eq!(anchors, ["start", "middle", "end"]);
        assert_eq!((percent(0.125), percent(1.0), percent(0.0)), ("12.5%".into(), "100%".into(), "0%".into()));
    }

    #[test]
    fn bins_stand_on_the_ground_and_points_are_short() {
        assert_eq!(steps(&[0.0, 0.5, 1.0], &[1.0, 0.25]), "M0 1000V0H500V750H1000V1000");
        assert_eq!(steps(&[], &[]), "");
        assert_eq!(dots([(0.5, 1.0)].into_iter()), "M500 0h0");
    }
}
