//! How many e-mail addresses a text has.

use std::collections::HashSet;
use std::sync::LazyLock;

use foldhash::fast::RandomState;
use regex::Regex;

use super::{Analysis, Measure, Property, number};

pub(super) const COUNT: Property = Property {
    id: "email_addresses",
    title: "Email Addresses Count",
    meaning: "number of e-mail addresses",
    is_english_only: false,
    is_default: false,
    measure: Measure::EveryText(count),
};

pub(super) const UNIQUE_COUNT: Property = Property {
    id: "unique_email_addresses",
    title: "Unique Email Addresses Count",
    meaning: "number of different e-mail addresses",
    is_english_only: false,
    is_default: false,
    measure: Measure::EveryText(unique_count),
};

#[expect(clippy::expect_used, reason = "the pattern is a constant that a test compiles")]
static PATTERN: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"\b[A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+\.[A-Za-z]{2,}\b").expect("the pattern is well-formed")
});

fn found<'a>(analysis: &Analysis<'a>) -> impl Iterator<Item = &'a str> {
    let text = analysis.text();
    // Most texts have none, and this is the quick way to know.
    let text = if text.contains('@') { text } else { "" };
    PATTERN.find_iter(text).map(|address| address.as_str())
}

fn count(analysis: &Analysis<'_>) -> f64 {
    number(found(analysis).count())
}

fn unique_count(analysis: &Analysis<'_>) -> f64 {
    number(found(analysis).collect::<HashSet<_, RandomState>>().len())
}

#[cfg(test)]
mod tests {
    use crate::core::text::properties::tests::of_english;

    #[test]
    fn addresses_are_counted_and_told_apart_to_the_letter() {
        let text = "jo@a.example, jo@a.example or Jo.x+y@b.co.example; not jo@home.";
        assert_eq!(of_english("email_addresses", text), Some(3.0));
        assert_eq!(of_english("unique_email_addresses", text), Some(2.0));
        assert_eq!(of_english("email_addresses", "nobody at all"), Some(0.0));
    }
}
