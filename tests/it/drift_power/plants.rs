//! Faults, planted at a strength, and the check that has to find each.

use fastrand::Rng;

use super::sample::{Row, Sample, german, made_up_word, other_word, text};

/// A fault.
#[derive(Clone, Copy)]
pub(super) struct Plant {
    /// The check that has to find it.
    pub(super) check: &'static str,
    /// What is wrong, and what the strength is.
    pub(super) fault: &'static str,
    /// How strong it is planted, rising; the last one has to be found.
    pub(super) strengths: [f64; 3],
    /// Plants it. At strength 0 the data has what the check needs, and no fault.
    pub(super) into: fn(&mut Sample, f64, &mut Rng),
}

const fn plant(
    check: &'static str,
    fault: &'static str,
    strengths: [f64; 3],
    into: fn(&mut Sample, f64, &mut Rng),
) -> Plant {
    Plant { check, fault, strengths, into }
}

/// Checks without a plant, and why.
pub(super) const WITHOUT: &[(&str, &str)] = &[
    ("unknown_tokens", "needs the tokenizer of a model"),
    (
        "property_outliers",
        "at the usual threshold some property of most texts has 5 % of outliers, so it has no level to hold",
    ),
];

/// A line a check.
pub(super) const PLANTS: &[Plant] = &[
    plant(
        "conflicting_labels",
        "share of rows repeated with another label",
        [0.002, 0.01, 0.05],
        |sample, share, random| {
            // Four of five usual words are stop words: only long texts never are the same without them.
            sample.incoming.iter_mut().for_each(|row| row.text = text(120, random));
            repeat(sample, share, random, |row| {
                row.label = Some(if row.label.as_deref() == Some("normal") { "urgent" } else { "normal" }.to_owned());
            });
        },
    ),
    plant("duplicates", "share of rows repeated", [0.03, 0.08, 0.2], |sample, share, random| {
        repeat(sample, share, random, |_row| {});
    }),
    plant(
        "near_duplicates",
        "share of rows repeated with one more word",
        [0.03, 0.08, 0.25],
        |sample, share, random| {
            repeat(sample, share, random, |row| row.text.push_str(" indeed"));
        },
    ),
    plant("special_characters", "share of rows full of odd characters", [0.02, 0.08, 0.2], |sample, share, random| {
        sample.drawn(share, random).for_each(|row| row.text = "§¶•◊→ waste ←◊•¶§".to_owned());
    }),
    plant("frequent_substrings", "share of rows with the same phrase", [0.03, 0.1, 0.3], |sample, share, random| {
        let phrase = "please reply to this message soon";
        sample.drawn(share, random).for_each(|row| row.text = format!("{phrase} {}", row.text));
    }),
    plant("missing_values", "share of rows without a text", [0.02, 0.1, 0.4], |sample, share, random| {
        sample.drawn(share, random).for_each(|row| row.text.clear());
    }),
    plant("long_texts", "share of rows of 2,000 words", [0.01, 0.05, 0.2], |sample, share, random| {
        let long = text(2000, random);
        sample.drawn(share, random).for_each(|row| row.text.clone_from(&long));
    }),
    plant(
        "class_imbalance",
        "share of small classes that becomes the large one",
        [0.5, 0.9, 0.995],
        |sample, share, random| {
            sample.drawn(share, random).for_each(|row| row.label = Some("normal".to_owned()));
        },
    ),
    plant(
        "property_label_correlation",
        "share of urgent rows that are three words long",
        [0.2, 0.6, 1.0],
        |sample, share, random| {
            for row in sample.both() {
                if row.label.as_deref() == Some("urgent") && random.f64() < share {
                    row.text = text(3, random);
                }
            }
        },
    ),
    plant(
        "under_annotated_segments",
        "share of long texts whose label is missing",
        [0.2, 0.5, 0.95],
        |sample, share, random| {
            missing_labels(sample, share, random, |row| row.text.len() > 190);
        },
    ),
    plant(
        "under_annotated_metadata_segments",
        "share of calls whose label is missing",
        [0.2, 0.5, 0.95],
        |sample, share, random| {
            missing_labels(sample, share, random, |row| row.channel == "phone");
        },
    ),
    plant("label_drift", "share of rows that become `closed`", [0.05, 0.2, 0.5], |sample, share, random| {
        sample.drawn(share, random).for_each(|row| row.label = Some("closed".to_owned()));
    }),
    plant("label_sets", "share of rows with a label that is new", [0.005, 0.02, 0.1], |sample, share, random| {
        sample.drawn(share, random).for_each(|row| row.label = Some("reopened".to_owned()));
    }),
    plant("property_drift", "share of words that are left out", [0.1, 0.3, 0.6], |sample, share, random| {
        for row in &mut sample.incoming {
            let words = row.text.split(' ').enumerate();
            let kept = words.filter(|(place, _)| *place == 0 || random.f64() >= share).map(|(_, word)| word);
            row.text = kept.collect::<Vec<_>>().join(" ");
        }
    }),
    plant("column_drift", "standard deviations that a column moves", [0.2, 0.5, 1.5], |sample, deviations, _random| {
        sample.incoming.iter_mut().for_each(|row| row.amount += 10.0 * deviations);
    }),
    plant(
        "unseen_categories",
        "share of rows with a category that is new",
        [0.005, 0.02, 0.1],
        |sample, share, random| {
            sample.drawn(share, random).for_each(|row| row.channel = "fax".to_owned());
        },
    ),
    plant("language_mix", "share of rows in German", [0.05, 0.15, 0.5], |sample, share, random| {
        let mut words = random.fork();
        sample.drawn(share, random).for_each(|row| row.text = german(14, &mut words));
    }),
    plant("new_words", "share of words that nobody knows", [0.005, 0.02, 0.15], |sample, share, random| {
        sample.incoming.iter_mut().for_each(|row| row.replace_words(share, random, made_up_word));
    }),
    plant("new_characters", "share of rows in Greek letters", [0.01, 0.05, 0.3], |sample, share, random| {
        sample.drawn(share, random).for_each(|row| row.text = "αβγδεζηθικλμνξοπρστυφχψω ".repeat(4));
    }),
    plant("leakage", "share of rows copied from the reference", [0.02, 0.08, 0.2], |sample, share, random| {
        leak(sample, share, random, |_row| {});
    }),
    plant("near_leakage", "share of rows copied with one more word", [0.02, 0.08, 0.25], |sample, share, random| {
        leak(sample, share, random, |row| row.text.push_str(" indeed"));
    }),
    plant(
        "embeddings_drift",
        "standard deviations that vectors move",
        [0.1, 0.3, 1.0],
        |sample, deviations, _random| {
            sample.incoming.iter_mut().for_each(|row| row.vector.iter_mut().for_each(|number| *number += deviations));
        },
    ),
    plant("text_drift", "share of words of another subject", [0.02, 0.1, 0.4], |sample, share, random| {
        sample.incoming.iter_mut().for_each(|row| row.replace_words(share, random, other_word));
    }),
    plant(
        "drift_segments",
        "standard deviations that a column of calls moves",
        [0.5, 1.5, 4.0],
        |sample, deviations, _random| {
            let calls = sample.incoming.iter_mut().filter(|row| row.channel == "phone");
            calls.for_each(|row| row.amount += 10.0 * deviations);
        },
    ),
    plant(
        "prediction_drift",
        "share of predictions that become `closed`",
        [0.05, 0.2, 0.5],
        |sample, share, random| {
            sample.drawn(share, random).for_each(|row| row.prediction = "closed".to_owned());
        },
    ),
    plant("performance", "share of predictions that become wrong", [0.05, 0.2, 0.5], |sample, share, random| {
        sample.drawn(share, random).for_each(mistake);
    }),
    plant(
        "weak_segments",
        "share of calls whose prediction becomes wrong",
        [0.2, 0.5, 0.9],
        |sample, share, random| {
            sample.drawn(share, random).filter(|row| row.channel == "phone").for_each(mistake);
        },
    ),
];

fn mistake(row: &mut Row) {
    let wrong = if row.label.as_deref() == Some("normal") { "urgent" } else { "normal" };
    wrong.clone_into(&mut row.prediction);
}

/// Puts changed copies of incoming rows in place of others.
fn repeat(sample: &mut Sample, share: f64, random: &mut Rng, change: fn(&mut Row)) {
    let rows = sample.incoming.clone();
    sample.drawn(share, random).zip(rows.iter().rev()).for_each(|(row, original)| {
        row.clone_from(original);
        change(row);
    });
}

/// Puts changed copies of rows of the reference in place of incoming ones.
fn leak(sample: &mut Sample, share: f64, random: &mut Rng, change: fn(&mut Row)) {
    let rows = sample.reference.clone();
    sample.drawn(share, random).zip(&rows).for_each(|(row, original)| {
        row.clone_from(original);
        change(row);
    });
}

/// Leaves labels out: of a tenth of all rows by chance, and of a share of some.
fn missing_labels(sample: &mut Sample, share: f64, random: &mut Rng, of: fn(&Row) -> bool) {
    for row in sample.both() {
        if random.f64() < 0.1 || of(row) && random.f64() < share {
            row.label = None;
        }
    }
}
