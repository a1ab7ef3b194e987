use tokio_util::sync::CancellationToken;

use super::PairMatrix;
use crate::core::failure::{Code, Fails};
use crate::operations::language_model::tests::{Built, built};
use crate::operations::language_model::{LanguageModelOptions, Weighting};

fn options() -> LanguageModelOptions {
    LanguageModelOptions { window: 2, context_smoothing: 1.0, ..LanguageModelOptions::default() }
}

/// The cells by their words: count, PPMI.
fn cells(built: &Built) -> Vec<(String, f64, f32)> {
    let (words, matrix) = (built.model.words(), PairMatrix::of(&built.model.file).unwrap());
    let mut found = Vec::new();
    let mut cell = 0;
    for row in 0..words.len() {
        for (column, ppmi) in matrix.row(row as usize) {
            found.push((format!("{} {}", words.word(row), words.word(column)), matrix.counts[cell], ppmi));
            cell += 1;
        }
    }
    found
}

fn count(built: &Built, pair: &str) -> f64 {
    cells(built).iter().find(|cell| cell.0 == pair).map_or(0.0, |cell| cell.1)
}

fn near(found: f32, expected: f64) -> bool {
    (f64::from(found) - expected).abs() < 1e-6
}

#[test]
fn pairs_and_their_information_by_hand() {
    let built = built(&["a b c", "a b"], &options());
    // Both ways: a b 2, a c 1, b c 1; rows: a 3, b 3, c 2; 8 in all.
    let expected = [
        ("a b", 2.0_f64, (2.0_f64 * 8.0 / 9.0).ln()),
        ("a c", 1.0, (1.0_f64 * 8.0 / 6.0).ln()),
        ("b a", 2.0, (2.0_f64 * 8.0 / 9.0).ln()),
        ("b c", 1.0, (1.0_f64 * 8.0 / 6.0).ln()),
        ("c a", 1.0, (1.0_f64 * 8.0 / 6.0).ln()),
        ("c b", 1.0, (1.0_f64 * 8.0 / 6.0).ln()),
    ];
    let found = cells(&built);
    assert_eq!(found.len(), expected.len());
    for ((pair, count, ppmi), (wanted, times, information)) in found.iter().zip(expected) {
        assert!(
            pair == wanted && count.to_bits() == times.to_bits() && near(*ppmi, information),
            "{pair} {count} {ppmi}, {wanted} {information}"
        );
    }
    let info = built.model.info().cooccurrences.clone().unwrap();
    assert_eq!((info.pairs, info.total, info.pairs_left_out), (6, 8.0, 0));
}

#[test]
fn smoothing_raises_counts_of_contexts_to_a_power_and_the_shift_is_taken_away() {
    let smoothed = LanguageModelOptions { context_smoothing: 0.75, shift: 1.1, ..options() };
    let near_by = built(&["a b c", "a b"], &smoothed);
    let total = 2.0 * 3.0_f64.powf(0.75) + 2.0_f64.powf(0.75);
    let expected = (2.0 * total / (3.0 * 3.0_f64.powf(0.75))).ln() - 1.1_f64.ln();
    assert!(near(cells(&near_by)[0].2, expected));
    let far = LanguageModelOptions { shift: 5.0, ..options() };
    assert!(cells(&built(&["a b c", "a b"], &far)).iter().all(|cell| cell.2 == 0.0));
}

#[test]
fn weights_windows_and_sides_are_as_asked_for() {
    let text = ["a b c d"];
    let harmonic = built(&text, &LanguageModelOptions { weighting: Weighting::Harmonic, window: 3, ..options() });
    assert_eq!((count(&harmonic, "a b"), count(&harmonic, "a c")), (1.0, 0.5));
    assert!((count(&harmonic, "d a") - 1.0 / 3.0).abs() < 1e-15);
    let one_sided = built(&text, &LanguageModelOptions { one_sided: true, ..options() });
    assert_eq!((count(&one_sided, "a c"), count(&one_sided, "c a"), count(&one_sided, "a d")), (1.0, 0.0, 0.0));
    let repeated = built(&["a a"], &options());
    assert_eq!(cells(&repeated)[..1], [("a a".to_owned(), 2.0, 0.0)], "from either side");
    let parted = built(&["use steel. Melt it"], &LanguageModelOptions { sentences: true, ..options() });
    assert_eq!((count(&parted, "use steel"), count(&parted, "steel melt")), (1.0, 0.0));
}

#[test]
fn rare_words_keep_their_place_and_rare_pairs_are_left_out() {
    let kept = built(
        &["a x b", "a y b", "b b"],
        &LanguageModelOptions { min_count: 2, min_pair_count: 2, window: 2, ..options() },
    );
    assert_eq!((count(&kept, "a b"), count(&kept, "b b")), (2.0, 2.0), "two words apart");
    let near = LanguageModelOptions { min_count: 2, window: 1, ..options() };
    assert!(cells(&built(&["a x b", "a y b", "b b"], &near)).iter().all(|cell| cell.0 == "b b"));
    assert_eq!(kept.model.info().cooccurrences.clone().unwrap().pairs_left_out, 0);
    let dear = LanguageModelOptions { min_pair_count: 3, ..options() };
    let none = built(&["a x b", "a y b", "b b"], &dear);
    assert_eq!(none.model.info().cooccurrences.clone().unwrap().pairs, 0);
    assert!(none.model.neighbours("a", 3, &CancellationToken::new()).unwrap().is_empty());
}

#[test]
fn neighbours_are_words_that_stand_in_like_places() {
    let texts = ["steel is melted at noon", "glass is melted at noon", "we read paper today", "they read books today"];
    let made = built(&texts, &options());
    let cancel = CancellationToken::new();
    let found = made.model.neighbours("Steel", 2, &cancel).unwrap();
    assert_eq!(found[0].word, "glass");
    assert!((found[0].similarity - 1.0).abs() < 1e-6, "{found:?}");
    assert!(
        made.model
            .neighbours("we", 9, &cancel)
            .unwrap()
            .iter()
            .all(|other| other.word != "we" && other.similarity > 0.0)
    );
    let unknown = made.model.neighbours("stel", 2, &cancel).unwrap_err();
    assert_eq!((unknown.code(), unknown.hint().unwrap()), (Code::NotFound, "did you mean `steel`?".to_owned()));
    assert_eq!(made.model.neighbours("two words", 2, &cancel).unwrap_err().code(), Code::InvalidParameter);
    cancel.cancel();
    assert_eq!(made.model.neighbours("steel", 2, &cancel).unwrap_err().code(), Code::Cancelled);
    let without = built(&texts, &LanguageModelOptions { window: 0, ..options() });
    let error = without.model.neighbours("steel", 2, &CancellationToken::new()).unwrap_err();
    assert_eq!(error.code(), Code::InvalidParameter);
    assert!(without.model.info().cooccurrences.is_none());
}
