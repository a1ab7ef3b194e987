//! How many of a text's words are different ones.

use super::rounding::rounded;
use super::{Analysis, Measure, Property, share};

pub(super) const PROPERTY: Property = Property {
    id: "lexical_density",
    title: "Lexical Density",
    meaning: "different words divided by words, to two decimals; none where there is no word",
    is_english_only: false,
    is_default: true,
    measure: Measure::Number(measure),
};

fn measure(analysis: &Analysis<'_>) -> Option<f64> {
    let words = analysis.words().len();
    (words > 0).then(|| rounded(share(analysis.distinct_words(), words), 2))
}

#[cfg(test)]
mod tests {
    use crate::core::text::properties::tests::of_english;

    #[test]
    fn case_makes_no_other_word() {
        assert_eq!(of_english("lexical_density", "The cat, the hat, the mat"), Some(0.67));
        assert_eq!(of_english("lexical_density", "!"), None);
    }
}
