//! Rows that are like each other, made by a seed.

use std::path::Path;

use fastrand::Rng;
use serde_json::{Value, json};

/// What the texts are made of: the first ones are the usual ones.
const WORDS: &str = "the and of to in is are for with that this on it was by from at as be have not but they we which \
    their all will would there can more been when who other some out up into only new time could these two may then do \
    first any like now such over our most after people made through where between before must because each those water \
    waste glass paper metal plant city river energy report year company product process material quality service worker \
    road house school market machine engine system control price supply storage train office garden kitchen window table \
    letter answer question problem reason result change growth study number level group member family friend teacher";
/// Words of another language.
const GERMAN: &str = "der die das und ist nicht mit auf für eine von dem werden wird auch nach bei durch noch nur über \
    Wasser Abfall Papier Fluss Stadt Jahr Bericht Anlage wurde haben können zwischen Straße Haus Schule gesammelt";
/// Words of another subject.
const OTHER: &str = "goal match player league season coach team stadium referee penalty striker keeper trophy final fans \
    midfield defender champion score transfer club captain injury training tactics corner whistle crowd cup derby";

/// Numbers of a vector.
const DIMENSION: usize = 8;
const LABELS: [(&str, f64); 3] = [("normal", 0.55), ("urgent", 0.3), ("closed", 0.15)];
const CHANNELS: [(&str, f64); 3] = [("web", 0.5), ("mail", 0.3), ("phone", 0.2)];

/// A row of a set.
#[derive(Debug, Clone)]
pub(super) struct Row {
    pub(super) text: String,
    pub(super) label: Option<String>,
    pub(super) prediction: String,
    pub(super) channel: String,
    pub(super) amount: f64,
    pub(super) vector: [f64; DIMENSION],
}

/// What is known to be good, and what came in.
#[derive(Debug)]
pub(super) struct Sample {
    pub(super) reference: Vec<Row>,
    pub(super) incoming: Vec<Row>,
}

impl Sample {
    /// Two sets of one kind.
    pub(super) fn new(rows: usize, random: &mut Rng) -> Self {
        let reference = (0..rows).map(|_| Row::usual(random)).collect();
        Self { reference, incoming: (0..rows).map(|_| Row::usual(random)).collect() }
    }

    /// All rows of both sets.
    pub(super) fn both(&mut self) -> impl Iterator<Item = &mut Row> {
        self.reference.iter_mut().chain(&mut self.incoming)
    }

    /// A share of the incoming rows, drawn one by one.
    pub(super) fn drawn<'s>(&'s mut self, share: f64, random: &'s mut Rng) -> impl Iterator<Item = &'s mut Row> {
        self.incoming.iter_mut().filter(move |_| random.f64() < share)
    }
}

impl Row {
    fn usual(random: &mut Rng) -> Self {
        // Long enough that hardly two rows are the same once their stop words are gone.
        let words = random.usize(24..48);
        let label = one_of(&LABELS, random).to_owned();
        let prediction = if random.f64() < 0.9 { label.clone() } else { one_of(&LABELS, random).to_owned() };
        Self {
            text: text(words, random),
            label: Some(label),
            prediction,
            channel: one_of(&CHANNELS, random).to_owned(),
            amount: 50.0 + 10.0 * normal(random),
            vector: std::array::from_fn(|_| normal(random)),
        }
    }

    fn json(&self) -> Value {
        json!({
            "text": self.text,
            "label": self.label,
            "prediction": self.prediction,
            "channel": self.channel,
            "amount": self.amount,
            "vector": self.vector,
        })
    }

    /// Puts other words in place of some.
    pub(super) fn replace_words(&mut self, share: f64, random: &mut Rng, mut word: impl FnMut(&mut Rng) -> String) {
        let words = self.text.split(' ').map(|old| if random.f64() < share { word(random) } else { old.to_owned() });
        self.text = words.collect::<Vec<_>>().join(" ");
    }
}

/// One of several, as probable as each is said to be.
fn one_of(several: &[(&'static str, f64)], random: &mut Rng) -> &'static str {
    let mut place = random.f64();
    for (name, share) in several {
        place -= share;
        if place < 0.0 {
            return name;
        }
    }
    several[0].0
}

/// A text of usual words, rare ones among them.
pub(super) fn text(words: usize, random: &mut Rng) -> String {
    let all: Vec<&str> = WORDS.split_whitespace().collect();
    let mut word = || {
        let most = random.usize(1..=all.len());
        all[random.usize(..most)]
    };
    (0..words).map(|_| word()).collect::<Vec<_>>().join(" ")
}

/// A text in German.
pub(super) fn german(words: usize, random: &mut Rng) -> String {
    let all: Vec<&str> = GERMAN.split_whitespace().collect();
    (0..words).map(|_| *random.choice(&all).unwrap()).collect::<Vec<_>>().join(" ")
}

/// A word of another subject.
pub(super) fn other_word(random: &mut Rng) -> String {
    let all: Vec<&str> = OTHER.split_whitespace().collect();
    (*random.choice(&all).unwrap()).to_owned()
}

/// A word that nobody knows: one of a hundred.
pub(super) fn made_up_word(random: &mut Rng) -> String {
    let syllables = ["zor", "qui", "vab", "lun", "mek", "tri", "ox", "pha", "dru", "sil"];
    format!("{}{}ix", syllables[random.usize(..10)], syllables[random.usize(..10)])
}

/// Normally distributed, by Box and Muller.
fn normal(random: &mut Rng) -> f64 {
    let (radius, angle) = ((-2.0 * (1.0 - random.f64()).ln()).sqrt(), std::f64::consts::TAU * random.f64());
    radius * angle.cos()
}

/// Writes rows as lines of JSON.
pub(super) fn write(rows: &[Row], file: &Path) {
    let lines: Vec<String> = rows.iter().map(|row| row.json().to_string()).collect();
    std::fs::write(file, lines.join("\n")).unwrap();
}
