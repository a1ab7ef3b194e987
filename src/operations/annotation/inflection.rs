//! Whether a word is another form of a word: its plural, its past, its case.
//!
//! For: English and German. Not for: words that were made of one another. The one decision: a stemmer proposes and the
//! endings decide. Stems of `responsible` and `responsibility`, of `international` and `internal` are the same, and so are
//! those of `source`, a thing, and `sourcing`, which is done; only endings tell inflection from derivation. And a phrase
//! that ends in a form of doing (`sourcing`, `used`) takes the bare word only where that is a verb, too (`we source`), or
//! where the concept's own list has it: else it mostly is the noun (`a source`, `the use`).

use std::borrow::Cow;

use frostem::{Algorithm, Stemmer};

/// A language whose inflection is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tongue {
    English,
    German,
}

/// All of them, in the order of their places in tables.
pub(super) const TONGUES: [Tongue; 2] = [Tongue::English, Tongue::German];

/// Makes stems of words of one language: words of different stems are no forms of one another.
pub(super) struct Stems {
    tongue: Tongue,
    stemmer: Stemmer,
}

impl Stems {
    /// The stem of a normalised word.
    pub(super) fn stem<'w>(&self, word: &'w str) -> Cow<'w, str> {
        let stem = self.stemmer.stem(word);
        // The stemmer leaves `gase` of `gases`; where two words come to one stem by this, endings tell. `use` is not `us`.
        match stem.strip_suffix('e') {
            Some(rest) if self.tongue == Tongue::English && rest.len() > 2 && rest.ends_with('s') => {
                Cow::Owned(rest.to_owned())
            }
            _ => stem,
        }
    }
}

/// Whether a word is another form of a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Form {
    /// No.
    Other,
    /// If it is a verb where it stands.
    IfVerb,
    /// Yes.
    Same,
}

/// How a word ends in English.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ending {
    Bare,
    Plural,
    /// Past or participle.
    Done,
    Doing,
}

/// Words that tell a text's language by being there.
const ENGLISH_WORDS: &[&str] = &[
    "the", "of", "and", "to", "for", "with", "that", "is", "are", "our", "we", "by", "on", "from", "as", "be", "has",
    "have", "this", "their", "it", "or", "which", "not", "you", "your", "its", "at", "these",
];
const GERMAN_WORDS: &[&str] = &[
    "der", "die", "das", "und", "den", "dem", "des", "von", "zu", "mit", "für", "auf", "ist", "sind", "im", "ein",
    "eine", "einer", "eines", "einen", "wir", "unsere", "nicht", "auch", "sich", "werden", "wird", "bei", "oder",
    "zur", "zum", "aus", "nach", "durch", "über", "als", "wie",
];

/// Words behind which a bare word is a verb.
const BEFORE_VERBS: &[&str] = &[
    "to", "we", "they", "you", "i", "will", "would", "can", "could", "may", "might", "must", "shall", "should", "not",
    "do", "does", "did", "cannot", "who",
];

/// Endings of nouns and adjectives in German, the long ones first.
const GERMAN_ENDINGS: &[&str] = &["ern", "em", "en", "er", "es", "e", "n", "s"];
/// What stands before such an ending in comparisons and participles.
const GERMAN_DEGREES: &[&str] = &["est", "st", "end", "er"];
/// Ends of German words whose forms have `er`, umlauts undone: adjectives, and nouns such as `Feld`.
const TAKE_ER: &[&str] = &[
    "ig", "lich", "isch", "bar", "sam", "haft", "los", "voll", "iv", "ell", "al", "ant", "ent", "end", "frei", "arm",
    "reich", "neu", "grun", "alt", "gut", "gross", "klein", "fossil", "bild", "brett", "feld", "geld", "glied", "kind",
    "kleid", "licht", "lied", "nest", "rind", "schild",
];

impl Tongue {
    /// Its place in [`TONGUES`].
    pub(super) fn place(self) -> usize {
        match self {
            Self::English => 0,
            Self::German => 1,
        }
    }

    /// Makes stems of normalised words.
    pub(super) fn stems(self) -> Stems {
        let algorithm = match self {
            Self::English => Algorithm::English,
            Self::German => Algorithm::German,
        };
        Stems { tongue: self, stemmer: Stemmer::new(algorithm) }
    }

    /// The language of which a normalised word is a sign.
    pub(super) fn told_by(word: &str) -> Option<Self> {
        match word {
            word if ENGLISH_WORDS.contains(&word) => Some(Self::English),
            word if GERMAN_WORDS.contains(&word) => Some(Self::German),
            _ => None,
        }
    }

    /// Whether `found` is another form of `wanted`, given that they have the same stem.
    pub(super) fn form(self, wanted: &str, found: &str) -> Form {
        match self {
            Self::English => english(wanted, found),
            Self::German => german(wanted, found),
        }
    }

    /// A word, and what it may be the plural of.
    pub(super) fn singulars(word: &str) -> impl Iterator<Item = String> {
        let bases = english_bases(word).into_iter();
        bases.filter(|(_, ending)| matches!(ending, Ending::Bare | Ending::Plural)).map(|(base, _)| base)
    }

    /// Whether a bare word behind this one is a verb.
    pub(super) fn precedes_verb(word: &str) -> bool {
        BEFORE_VERBS.contains(&word)
    }

    /// Forms that `word` may have; some of them are no words.
    pub(super) fn forms(self, word: &str) -> Vec<String> {
        match self {
            Self::English => english_forms(word),
            Self::German => ["e", "en", "er", "es", "n", "s"].iter().map(|ending| format!("{word}{ending}")).collect(),
        }
    }
}

fn english(wanted: &str, found: &str) -> Form {
    let found = english_bases(found);
    let pairs = english_bases(wanted).into_iter().flat_map(|(base, wants)| {
        found.iter().filter(move |(other, _)| *other == base).map(move |(_, has)| stands_for(wants, *has))
    });
    pairs.max().unwrap_or(Form::Other)
}

/// Whether an ending may stand where another was written.
fn stands_for(wanted: Ending, found: Ending) -> Form {
    match (wanted, found) {
        (Ending::Bare, _)
        | (Ending::Plural, Ending::Bare | Ending::Plural)
        | (Ending::Done | Ending::Doing, Ending::Done | Ending::Doing) => Form::Same,
        (Ending::Done | Ending::Doing, Ending::Bare | Ending::Plural) => Form::IfVerb,
        (Ending::Plural, _) => Form::Other,
    }
}

/// What a word may be a form of, and by which ending.
fn english_bases(word: &str) -> Vec<(String, Ending)> {
    let mut bases = vec![(word.to_owned(), Ending::Bare)];
    let mut add = |base: String, ending| {
        if base.len() > 1 {
            bases.push((base, ending));
        }
    };
    if let Some(rest) = word.strip_suffix('s').filter(|rest| !rest.ends_with(['s', 'u', 'i'])) {
        add(rest.to_owned(), Ending::Plural);
        if let Some(rest) = rest.strip_suffix('e') {
            add(rest.to_owned(), Ending::Plural);
            if let Some(rest) = rest.strip_suffix('i') {
                add(format!("{rest}y"), Ending::Plural);
            }
        }
    }
    for (suffix, ending) in [("ed", Ending::Done), ("ing", Ending::Doing)] {
        let Some(rest) = word.strip_suffix(suffix) else { continue };
        add(rest.to_owned(), ending);
        add(format!("{rest}e"), ending);
        if let Some(rest) = undoubled(rest) {
            add(rest, ending);
        }
        if let (Ending::Done, Some(rest)) = (ending, rest.strip_suffix('i')) {
            add(format!("{rest}y"), ending);
        }
    }
    bases
}

/// `plann` is `plan`.
fn undoubled(word: &str) -> Option<String> {
    let mut letters = word.chars().rev();
    let (last, before) = (letters.next()?, letters.next()?);
    let is_doubled = last == before && !"aeiou".contains(last);
    is_doubled.then(|| word.strip_suffix(last).unwrap_or(word).to_owned())
}

fn english_forms(word: &str) -> Vec<String> {
    let mut forms = Vec::new();
    for (base, _) in english_bases(word) {
        let stem = base.strip_suffix('e').unwrap_or(&base);
        forms.extend(["s", "es", "ed", "ing"].map(|ending| format!("{base}{ending}")));
        forms.extend(["ed", "ing"].map(|ending| format!("{stem}{ending}")));
        if let Some(stem) = base.strip_suffix('y') {
            forms.extend(["ies", "ied"].map(|ending| format!("{stem}{ending}")));
        }
        if let Some(last) = base.chars().last().filter(|last| "bdglmnprt".contains(*last)) {
            forms.extend(["ed", "ing"].map(|ending| format!("{base}{last}{ending}")));
        }
        forms.push(base);
    }
    forms
}

fn german(wanted: &str, found: &str) -> Form {
    let (wants, has) = (german_bases(wanted), german_bases(found));
    let is_changed = has_umlaut(wanted) != has_umlaut(found);
    let is_form = wants.iter().any(|(base, ending)| {
        let may_be_agent = |ending: &str| ending.starts_with("er") && !is_changed && !takes_er(base);
        has.iter().any(|(other, by)| base == other && may_be_agent(ending) == may_be_agent(by))
    });
    if is_form { Form::Same } else { Form::Other }
}

/// What a word may be a form of, umlauts undone, and by which ending.
fn german_bases(word: &str) -> Vec<(String, &'static str)> {
    let plain: String = word.chars().map(without_umlaut).collect();
    let mut bases = Vec::new();
    let endings = GERMAN_ENDINGS.iter().filter_map(|ending| Some((plain.strip_suffix(ending)?.to_owned(), *ending)));
    bases.extend(endings);
    bases.push((plain, ""));
    for (base, ending) in bases.clone() {
        let shorter = GERMAN_DEGREES.iter().filter_map(|degree| Some((base.strip_suffix(degree)?.to_owned(), *degree)));
        bases.extend(shorter.map(|(base, degree)| (base, if degree == "er" { degree } else { ending })));
    }
    bases.retain(|(base, _)| base.chars().count() > 2);
    bases
}

/// `Verbraucher` is nobody's plural: `er` makes forms of adjectives (`nachhaltiger`) and of few nouns (`Felder`).
fn takes_er(base: &str) -> bool {
    TAKE_ER.iter().any(|end| base.ends_with(end))
}

fn has_umlaut(word: &str) -> bool {
    word.contains(['ä', 'ö', 'ü'])
}

fn without_umlaut(letter: char) -> char {
    match letter {
        'ä' => 'a',
        'ö' => 'o',
        'ü' => 'u',
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form(tongue: Tongue, wanted: &str, found: &str) -> Form {
        let stems = tongue.stems();
        if stems.stem(wanted) == stems.stem(found) { tongue.form(wanted, found) } else { Form::Other }
    }

    #[test]
    fn forms_of_a_word_are_the_word() {
        for (wanted, found) in [
            ("reduce", "reducing"),
            ("reduce", "reduces"),
            ("reduced", "reducing"),
            ("supply", "supplies"),
            ("plan", "planned"),
            ("workers", "worker"),
            ("logistics", "logistics"),
            ("sourcing", "sourced"),
            ("packaging", "packagings"),
            ("purchase", "purchasing"),
            ("responsibility", "responsibilities"),
            ("gas", "gases"),
            ("buses", "bus"),
            ("case", "cases"),
        ] {
            assert_eq!(form(Tongue::English, wanted, found), Form::Same, "{wanted} {found}");
        }
        for (wanted, found) in [
            ("lieferkette", "lieferketten"),
            ("feld", "felder"),
            ("markt", "märkte"),
            ("nachhaltig", "nachhaltigeren"),
            ("nachhaltige", "nachhaltiger"),
            ("konsumgut", "konsumgüter"),
            ("emission", "emissionen"),
        ] {
            assert_eq!(form(Tongue::German, wanted, found), Form::Same, "{wanted} {found}");
        }
    }

    #[test]
    fn words_made_of_a_word_are_others() {
        for (wanted, found) in [
            ("sourcing", "source"),
            ("sourced", "sources"),
            ("used", "use"),
            ("packaging", "packages"),
            ("international", "internal"),
            ("responsibility", "responsible"),
            ("transparency", "transparent"),
            ("environmental", "environment"),
            ("operations", "operational"),
            ("machines", "machining"),
            ("manufacturing", "manufacturer"),
        ] {
            assert_ne!(form(Tongue::English, wanted, found), Form::Same, "{wanted} {found}");
        }
        for (wanted, found) in [
            ("verbrauch", "verbraucher"),
            ("arbeit", "arbeiter"),
            ("wiederverwendung", "wiederverwenden"),
            ("nachhaltigkeit", "nachhaltig"),
        ] {
            assert_eq!(form(Tongue::German, wanted, found), Form::Other, "{wanted} {found}");
        }
    }

    #[test]
    fn a_form_of_doing_takes_the_bare_word_as_a_verb_alone() {
        assert_eq!(form(Tongue::English, "sourcing", "source"), Form::IfVerb);
        assert_eq!(form(Tongue::English, "used", "uses"), Form::IfVerb);
        assert_eq!(form(Tongue::English, "source", "sourcing"), Form::Same);
        assert_eq!(form(Tongue::English, "using", "us"), Form::Other);
        assert!(Tongue::precedes_verb("we") && !Tongue::precedes_verb("the"));
    }
}
