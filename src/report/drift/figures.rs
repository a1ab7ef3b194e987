//! Numbers of a check as people read them.
//!
//! The one decision: three significant digits, which is more than any threshold is worth; the outcome in the page has all of
//! them.

use crate::core::figures::count;

/// Where there is no number.
pub(super) const NONE: &str = "–";

/// A number: whole ones with parted thousands, others with three digits that matter.
pub(super) fn number(value: f64) -> String {
    let size = value.abs();
    if size < 1e15 && value.fract() == 0.0 {
        return whole(value);
    }
    let text = match size {
        1e15.. => return format!("{value:.2e}"),
        1000.0.. => return whole(value.round()),
        100.0.. => format!("{value:.1}"),
        10.0.. => format!("{value:.2}"),
        0.1.. => format!("{value:.3}"),
        0.01.. => format!("{value:.4}"),
        0.001.. => format!("{value:.5}"),
        _ => return format!("{value:.2e}"),
    };
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// A whole number that a float holds exactly.
fn whole(value: f64) -> String {
    let digits = format!("{:.0}", value.abs());
    let sign = if value < 0.0 { "-" } else { "" };
    format!("{sign}{}", digits.parse().map_or(digits, count))
}

/// A number, or a dash.
pub(super) fn number_or_none(value: Option<f64>) -> String {
    value.map_or_else(|| NONE.to_owned(), number)
}

/// A count, or a dash.
pub(super) fn count_or_none(value: Option<u64>) -> String {
    value.map_or_else(|| NONE.to_owned(), count)
}

/// How probable something is: `0.023`, `< 0.001`.
pub(super) fn probability(value: f64) -> String {
    if value < 0.001 { "< 0.001".to_owned() } else { format!("{value:.3}") }
}

/// The same within a sentence: `= 0.023`, `< 0.001`.
pub(super) fn compared_probability(value: f64) -> String {
    if value < 0.001 { probability(value) } else { format!("= {}", probability(value)) }
}

/// A share from 0 to 1 in percent; what is more than nothing is never `0%`.
pub(super) fn share(value: f64) -> String {
    let percent = value * 100.0;
    let text = match percent {
        0.0 => "0".to_owned(),
        _ if percent.abs() < 0.01 => return "< 0.01%".to_owned(),
        _ if percent.abs() < 1.0 => format!("{percent:.2}"),
        _ => format!("{percent:.1}"),
    };
    let text = if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { &text };
    format!("{text}%")
}

/// Names as programs write them, for people: `drift_score` → `drift score`, `auc` → `AUC`.
pub(super) fn words(name: &str) -> String {
    const SHORT: [&str; 8] = ["auc", "emd", "f1", "iqr", "ks", "mmd", "oov", "psi"];
    let word = |word: &str| if SHORT.contains(&word) { word.to_uppercase() } else { word.to_owned() };
    name.split('_').map(word).collect::<Vec<_>>().join(" ")
}

/// With a capital letter.
pub(super) fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_three_digits_that_matter() {
        let numbers = [
            (0.0, "0"),
            (-3.0, "-3"),
            (12_345.0, "12,345"),
            (12_345.6, "12,346"),
            (345.67, "345.7"),
            (0.412_34, "0.412"),
            (0.4, "0.4"),
            (0.021_234, "0.0212"),
            (0.000_012_3, "1.23e-5"),
            (1e20, "1.00e20"),
        ];
        for (value, text) in numbers {
            assert_eq!(number(value), text);
        }
    }

    #[test]
    fn shares_and_probabilities_never_round_something_to_nothing() {
        assert_eq!((share(0.0), share(1.0), share(0.125)), ("0%".into(), "100%".into(), "12.5%".into()));
        assert_eq!((share(0.000_01), share(0.005)), ("< 0.01%".into(), "0.5%".into()));
        assert_eq!((probability(0.000_2), probability(0.0231)), ("< 0.001".into(), "0.023".into()));
        assert_eq!(compared_probability(0.5), "= 0.500");
    }

    #[test]
    fn names_become_words() {
        assert_eq!(words("drift_score"), "drift score");
        assert_eq!(words("auc"), "AUC");
        assert_eq!(capital("drift score"), "Drift score");
    }
}
