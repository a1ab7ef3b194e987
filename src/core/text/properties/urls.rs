//! How many web addresses a text has.
//!
//! As deepchecks finds them: scheme and host, so that different addresses are different hosts.

use std::collections::HashSet;
use std::sync::LazyLock;

use foldhash::fast::RandomState;
use regex::Regex;

use super::{Analysis, Measure, Property, number};

pub(super) const COUNT: Property = Property {
    id: "urls",
    title: "URLs Count",
    meaning: "number of web addresses (http, https)",
    is_english_only: false,
    is_default: false,
    measure: Measure::EveryText(count),
};

pub(super) const UNIQUE_COUNT: Property = Property {
    id: "unique_urls",
    title: "Unique URLs Count",
    meaning: "number of different schemes and hosts of web addresses (http, https)",
    is_english_only: false,
    is_default: false,
    measure: Measure::EveryText(unique_count),
};

#[expect(clippy::expect_used, reason = "the pattern is a constant that a test compiles")]
static PATTERN: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"https?://(?:[-\p{L}\p{N}_.]|(?:%[\da-fA-F]{2}))+").expect("the pattern is well-formed")
});

fn count(analysis: &Analysis<'_>) -> f64 {
    number(PATTERN.find_iter(analysis.text()).count())
}

fn unique_count(analysis: &Analysis<'_>) -> f64 {
    let found = PATTERN.find_iter(analysis.text()).map(|url| url.as_str());
    number(found.collect::<HashSet<_, RandomState>>().len())
}

#[cfg(test)]
mod tests {
    use crate::core::text::properties::tests::of_english;

    #[test]
    fn addresses_are_told_apart_by_their_hosts() {
        let text = "See http://a.example/x, https://b.example?y and http://a.example/z; not ftp://c.example.";
        assert_eq!(of_english("urls", text), Some(3.0));
        assert_eq!(of_english("unique_urls", text), Some(2.0));
        assert_eq!(of_english("urls", ""), Some(0.0));
    }
}
