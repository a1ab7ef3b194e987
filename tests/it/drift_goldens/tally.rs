//! Counts what was compared.

use std::collections::BTreeMap;

/// How far apart two values may be.
#[derive(Debug, Clone, Copy)]
pub(super) enum Tolerance {
    /// A share of the larger one, or of 1.
    Relative(f64),
    /// As they are.
    Absolute(f64),
    /// Whatever is compared is equal or not.
    Equal,
}

impl Tolerance {
    /// How far apart they are, as the tolerance counts it, and whether that is too far.
    fn measure(self, found: f64, golden: f64) -> (f64, bool) {
        let apart = (found - golden).abs();
        match self {
            Self::Relative(most) => {
                let apart = apart / golden.abs().max(1.0);
                (apart, apart > most)
            }
            Self::Absolute(most) => (apart, apart > most),
            Self::Equal => (apart, apart > 0.0),
        }
    }
}

impl std::fmt::Display for Tolerance {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Relative(most) => write!(f, "{most:.0e} relative"),
            Self::Absolute(most) => write!(f, "{most} absolute"),
            Self::Equal => f.write_str("equal"),
        }
    }
}

/// One line of the table.
#[derive(Debug)]
struct Line {
    tolerance: Tolerance,
    /// Share of values that have to be within the tolerance.
    needed: f64,
    values: u32,
    within: u32,
    largest: f64,
    examples: Vec<String>,
}

/// What was compared, by name.
#[derive(Debug, Default)]
pub(super) struct Tally {
    lines: BTreeMap<String, Line>,
}

impl Tally {
    /// Something to compare, all of whose values have to be within a tolerance.
    pub(super) fn of(&mut self, name: &str, tolerance: Tolerance) -> Compared<'_> {
        self.mostly(name, tolerance, 1.0)
    }

    /// Something to compare, a share of whose values have to be within a tolerance.
    pub(super) fn mostly(&mut self, name: &str, tolerance: Tolerance, needed: f64) -> Compared<'_> {
        let line = Line { tolerance, needed, values: 0, within: 0, largest: 0.0, examples: Vec::new() };
        Compared(self.lines.entry(name.to_owned()).or_insert(line))
    }

    /// Whether nothing was compared.
    pub(super) fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    /// Prints the table.
    ///
    /// # Panics
    /// Where less is within its tolerance than has to be.
    pub(super) fn print(&self, title: &str) {
        println!("goldens: {title}");
        let mut broken = Vec::new();
        for (name, line) in &self.lines {
            let share = f64::from(line.within) / f64::from(line.values.max(1));
            println!(
                "goldens:   {name:<58} {:>6} of {:>6} ({:6.2} %), off by {:.1e} at most, {}",
                line.within,
                line.values,
                share * 100.0,
                line.largest,
                line.tolerance
            );
            for example in &line.examples {
                println!("goldens:     {example}");
            }
            if share < line.needed || line.values == 0 {
                broken.push(name);
            }
        }
        assert!(!self.lines.is_empty() && broken.is_empty(), "{title}: too far from the goldens: {broken:?}");
    }
}

/// A line of the table while it is compared.
pub(super) struct Compared<'t>(&'t mut Line);

/// Differences that are told of each line.
const MOST_EXAMPLES: usize = 5;

impl Compared<'_> {
    /// Two numbers; `None` is no value.
    pub(super) fn numbers(&mut self, found: Option<f64>, golden: Option<f64>, whose: impl FnOnce() -> String) {
        let (apart, is_far) = match (found, golden) {
            (Some(found), Some(golden)) => self.0.tolerance.measure(found, golden),
            (None, None) => (0.0, false),
            _ => (f64::INFINITY, true),
        };
        if apart.is_finite() {
            self.0.largest = self.0.largest.max(apart);
        }
        self.count(!is_far, || format!("{}: {found:?}, golden {golden:?}", whose()));
    }

    /// Anything that is equal or not.
    pub(super) fn equal<T: PartialEq + std::fmt::Debug>(
        &mut self,
        found: &T,
        golden: &T,
        whose: impl FnOnce() -> String,
    ) {
        self.count(found == golden, || {
            let told = format!("{}: {found:?}, golden {golden:?}", whose());
            told.chars().take(300).collect()
        });
    }

    fn count(&mut self, is_within: bool, told: impl FnOnce() -> String) {
        self.0.values += 1;
        self.0.within += u32::from(is_within);
        if !is_within && self.0.examples.len() < MOST_EXAMPLES {
            self.0.examples.push(told());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[should_panic(expected = "too far")]
    fn a_value_that_is_too_far_is_told() {
        let mut tally = Tally::default();
        tally.of("scores", Tolerance::Relative(1e-9)).numbers(Some(1.0), Some(1.1), || "a score".to_owned());
        tally.print("a table");
    }

    #[test]
    fn a_share_of_values_may_differ_where_that_is_said() {
        let mut tally = Tally::default();
        let mut compared = tally.mostly("languages", Tolerance::Equal, 0.5);
        compared.equal(&"en", &"en", String::new);
        compared.equal(&"en", &"de", String::new);
        tally.print("a table");
    }
}
