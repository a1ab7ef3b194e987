//! The check of incoming data held against deepchecks 0.19.1, evidently 0.7.23 and the predecessor's table of properties:
//! `TEST_DATA_DIR` names the folder (`reference/drift-golden.json`, `drift`, `esg`). Without it nothing is compared.
//!
//! Each comparison prints a table: what was compared, how many values, how many of them equal, and the largest difference.
//! Where textmill says something else on purpose, the compatible value is what is compared; what is left is in [`DELIBERATE`].

mod checks;
mod data;
mod learned;
mod outliers;
mod properties;
mod statistics;
mod tally;

/// Where values differ on purpose, or because a table can't be had.
const DELIBERATE: &[(&str, &str)] = &[
    ("Unique Noun Count", "has no value: NLTK's tagger tables are in no package registry (docs/licences.md)"),
    ("TextPropertyOutliers: row ids", "are those of the file; deepchecks counts them in the rows that have a value"),
    ("SpecialCharacters: texts over 10,000 characters", "are looked at whole; deepchecks draws 10,000 of theirs"),
    (
        "UnderAnnotated…Segments and segments of performance: verdicts",
        "are about parts that hold on rows on which they were not searched; theirs are about `weakest_ratio`",
    ),
    ("Reading Ease and syllables", "differ where editions of CMUdict do: in 1 of 356 rows (docs/licences.md)"),
    ("Language of the predecessor's table", "came from lid.176.bin (126 MB); here the same model in 0.9 MB is asked"),
    ("Lexical Density of the predecessor's table", "is in percent there, and a share since"),
    (
        "descriptors of evidently",
        "are not compared: words and sentences are other ones there; its drift scores of text lengths are",
    ),
];

/// Prints what differs on purpose, below the tables.
fn print_deliberate() {
    for (what, why) in DELIBERATE {
        println!("goldens: on purpose: {what} {why}");
    }
}
