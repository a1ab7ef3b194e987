//! Statistics of two samples.

use std::collections::BTreeMap;

use textmill::core::stats::{
    Category, CategoryPair, Counts, Distribution, earth_movers_distance, jensen_shannon_distance, ks_statistic,
    normed_wasserstein,
};

use super::data::{column, goldens, texts};
use super::tally::{Tally, Tolerance};

const CLOSED: Tolerance = Tolerance::Relative(1e-9);

/// How long the texts of a file are.
fn lengths(file: &str) -> Distribution {
    #[expect(clippy::cast_precision_loss, reason = "no text has 2^53 characters")]
    Distribution::from_values(texts(file).iter().map(|text| text.chars().count() as f64))
}

/// How often each label of a file is there.
fn labels(file: &str) -> Counts {
    let mut counts = BTreeMap::new();
    for label in column(file, "label") {
        *counts.entry(label).or_default() += 1_u64;
    }
    let missing = counts.remove("").unwrap_or_default();
    Counts::new(counts, missing)
}

#[test]
fn goldens_of_statistics_of_two_samples() {
    let Some(goldens) = goldens() else { return };
    let mut tally = Tally::default();
    for (set, golden) in goldens["deepchecks"]["sets"].as_object().unwrap() {
        let Some(primitives) = golden["pair_checks"]["primitives[Text Length]"].as_object() else { continue };
        let [reference, incoming] =
            ["reference", "incoming"].map(|side| lengths(golden["files"][side]["file"].as_str().unwrap()));
        for (name, value) in primitives {
            let found = match name.as_str() {
                "KS" => ks_statistic(&reference, &incoming),
                "EMD[margin=0.025]" => earth_movers_distance(&reference, &incoming, 0.025),
                "EMD[margin=0]" => earth_movers_distance(&reference, &incoming, 0.0),
                other => panic!("no statistic is called {other}"),
            };
            tally.of(&format!("{name} of text lengths"), CLOSED).numbers(found, value.as_f64(), || set.clone());
        }
    }
    for (set, golden) in goldens["evidently"]["sets"].as_object().unwrap() {
        let [reference, incoming] = ["reference", "incoming"].map(|side| golden[side].as_str().unwrap());
        let found = normed_wasserstein(&lengths(reference), &lengths(incoming));
        let value = golden["numeric_column_drift"]["Text Length"]["wasserstein"]["score"].as_f64();
        tally.of("Wasserstein of text lengths (evidently)", CLOSED).numbers(found, value, || set.clone());
        let found = jensen_shannon_distance(&pairs(&labels(reference), &labels(incoming)));
        let value = golden["label_drift (missing labels dropped)"]["jensenshannon"]["score"].as_f64();
        tally.of("Jensen-Shannon of labels (evidently)", CLOSED).numbers(found, value, || set.clone());
    }
    tally.print("statistics of two samples");
}

/// All categories, each for itself.
fn pairs(reference: &Counts, incoming: &Counts) -> Vec<CategoryPair> {
    let names: std::collections::BTreeSet<&str> =
        reference.iter().chain(incoming.iter()).map(|(name, _)| name).collect();
    let pair = |name: &str| CategoryPair {
        category: Category::Named(name.to_owned()),
        reference: reference.of(name),
        incoming: incoming.of(name),
    };
    names.into_iter().map(pair).collect()
}
