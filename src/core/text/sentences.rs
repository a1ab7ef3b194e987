//! Where sentences end, in English and German prose.
//!
//! For: parting long texts without cutting a sentence. Not for: grammar; what can't be told stays together. The one
//! decision: boundaries are those of Unicode (UAX #29), and only taken back: behind abbreviations, initials and ordinal
//! numbers, and where a line ends because it is full. So whatever the text is, nothing is lost between two sentences.

use std::ops::Range;

use unicode_segmentation::UnicodeSegmentation;

/// Characters from which on a line without an end mark is taken to go on in the next one: headings are shorter.
const FULL_LINE: usize = 40;

/// Abbreviations that a sentence does not end with, in lower case, without the last dot.
const INNER: &[&str] = &[
    // English
    "mr", "mrs", "ms", "dr", "prof", "st", "hon", "rev", "gen", "col", "capt", "lt", "sgt", "gov", "sen", "rep",
    "messrs", "e.g", "i.e", "cf", "vs", "viz", "approx", "fig", "figs", "eq", "eqs", "sec", "chap", "vol", "vols",
    "pp", "eds", "incl", "excl", "dept", "est", // German
    "nr", "z.b", "d.h", "u.a", "i.d.r", "u.u", "s.o", "s.u", "m.e", "o.g", "i.s.v", "bzw", "bspw", "ca", "vgl", "evtl",
    "ggf", "ggfs", "inkl", "exkl", "zzgl", "abzgl", "sog", "resp", "gem", "abs", "abb", "abschn", "ziff", "kap", "tab",
    "bd", "hrsg", "hr", "fr", "frl", "dipl", "ing", "str", "mio", "mrd", "tsd", "max", "min", "ehem", "insb", "insbes",
    "einschl", "lt", "allg", "entspr", "jährl", "zw",
];

/// Abbreviations that a sentence does not end with where a number follows.
const BEFORE_NUMBER: &[&str] = &[
    "no", "nos", "p", "art", "par", "para", "s", "ch", "ed", "tel", "jan", "feb", "mar", "apr", "jun", "jul", "aug",
    "sep", "sept", "oct", "okt", "nov", "dec", "dez",
];

/// Nouns that a German ordinal number stands before.
const BEHIND_ORDINAL: &[&str] = &[
    "januar",
    "jänner",
    "februar",
    "märz",
    "april",
    "mai",
    "juni",
    "juli",
    "august",
    "september",
    "oktober",
    "november",
    "dezember",
    "jahrhundert",
    "jahrhunderts",
    "jahrtausend",
    "auflage",
    "ausgabe",
    "kapitel",
    "abschnitt",
    "absatz",
    "quartal",
    "quartals",
    "halbjahr",
    "halbjahrs",
    "platz",
    "mal",
    "tag",
    "teil",
    "band",
    "jh",
];

/// The sentences of a text as ranges of its bytes: one after another, each with the blanks behind it, nothing between them.
pub fn sentences(text: &str) -> Vec<Range<usize>> {
    let mut found: Vec<Range<usize>> = Vec::new();
    let mut is_open = false;
    for (begin, piece) in text.split_sentence_bound_indices() {
        let end = begin + piece.len();
        match found.last_mut() {
            Some(last) if is_open || piece.trim().is_empty() => last.end = end,
            _ => found.push(begin..end),
        }
        let sentence = found.last().and_then(|last| text.get(last.clone())).unwrap_or(piece);
        is_open = goes_on(sentence, text.get(end..).unwrap_or_default());
    }
    found
}

/// Whether a sentence of Unicode's is no whole one, looking at what follows it.
fn goes_on(sentence: &str, rest: &str) -> bool {
    if sentence.trim().is_empty() {
        return false;
    }
    match sentence.trim_end_matches([' ', '\t']).strip_suffix(['\n', '\r', '\u{85}', '\u{2028}']) {
        Some(line) => line_goes_on(line.trim_end_matches('\r'), rest),
        None => abbreviates(sentence.trim_end(), rest),
    }
}

/// Whether a line ends inside a sentence. Blank lines part everything.
fn line_goes_on(before: &str, rest: &str) -> bool {
    let line = before.rsplit(['\n', '\r']).next().unwrap_or(before).trim();
    let next = rest.trim_start_matches([' ', '\t']);
    let Some(first) = next.chars().next().filter(|first| !matches!(first, '\n' | '\r')) else { return false };
    let ends = line.trim_end_matches(['"', '\'', ')', '”', '“', '’', '»', '«', ']']);
    if line.is_empty() || line.contains('\t') {
        return false;
    }
    if ends.ends_with(['.', '!', '?', '…', '。']) {
        return abbreviates(line, next);
    }
    first.is_lowercase() || ends.ends_with([',', ';', '-', '–']) || is_full(line) && first.is_alphanumeric()
}

fn is_full(line: &str) -> bool {
    line.chars().count() >= FULL_LINE && !line.ends_with(':')
}

/// Whether the dot at the end of `sentence` belongs to its last word.
fn abbreviates(sentence: &str, rest: &str) -> bool {
    let Some(without_dot) = sentence.strip_suffix('.') else { return false };
    let word = without_dot.rsplit(|c: char| c.is_whitespace() || matches!(c, '(' | '[' | '"' | '„' | '“' | '/')).next();
    let word = word.unwrap_or(without_dot);
    let next = rest.trim_start();
    let mut letters = word.chars();
    if let (Some(only), None) = (letters.next(), letters.next())
        && only.is_alphabetic()
    {
        // `J. Smith`, `z. B.`; a sentence may end with `I`.
        return only != 'I';
    }
    let is_ordinal = (1..=2).contains(&word.len()) && word.bytes().all(|byte| byte.is_ascii_digit());
    if is_ordinal {
        let noun = next.split(|c: char| !c.is_alphabetic()).next().unwrap_or_default().to_lowercase();
        return BEHIND_ORDINAL.contains(&noun.as_str());
    }
    let word = word.to_lowercase();
    INNER.contains(&word.as_str())
        || BEFORE_NUMBER.contains(&word.as_str()) && next.starts_with(|first: char| first.is_numeric())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn of(text: &str) -> Vec<&str> {
        sentences(text).into_iter().map(|range| text.get(range).unwrap().trim()).collect()
    }

    #[test]
    fn a_mark_and_a_capital_part_sentences() {
        assert_eq!(
            of("Glass is sorted. It is melted! Is it new?"),
            ["Glass is sorted.", "It is melted!", "Is it new?"]
        );
        assert_eq!(of("“Reuse it.” She did."), ["“Reuse it.”", "She did."]);
        assert_eq!(of("再利用する。再生する。"), ["再利用する。", "再生する。"]);
        assert_eq!(of(""), Vec::<&str>::new());
        assert_eq!(of("  "), [""]);
    }

    #[test]
    fn abbreviations_end_no_sentence() {
        for whole in [
            "Metals, e.g. Copper and tin, are kept.",
            "Dr. Weber met Prof. Lindqvist in St. Gallen.",
            "See Fig. A and No. 7 Main Street on p. 12.",
            "Das gilt z. B. Für Glas.",
            "Das gilt z.B. Für Glas, d. h. Flaschen.",
            "Abfall Nr. 150101 wird gem. Abs. 2 gesammelt.",
            "Der Bericht, vgl. Kap. 3, nennt ca. Fünf Werke.",
        ] {
            assert_eq!(of(whole), [whole]);
        }
    }

    #[test]
    fn initials_decimals_and_ordinals_end_no_sentence() {
        for whole in [
            "The idea of J. R. Novak was simple.",
            "It weighs 3.14 kg and costs 1.000 euros.",
            "Am 3. März und am 12. Oktober wird gesammelt.",
            "Im 19. Jahrhundert brannte Kohle.",
        ] {
            assert_eq!(of(whole), [whole]);
        }
        assert_eq!(of("It was he, not I. Then it rained."), ["It was he, not I.", "Then it rained."]);
        assert_eq!(of("Es waren 12. Dann kam einer."), ["Es waren 12.", "Dann kam einer."]);
        assert_eq!(of("Is it new? No. It is old."), ["Is it new?", "No.", "It is old."]);
    }

    #[test]
    fn a_full_line_goes_on_in_the_next_one_and_a_heading_does_not() {
        let wrapped =
            "The plant takes paper, card and drinks cartons\nEvery Tuesday it is closed for two hours\nat noon.";
        assert_eq!(of(wrapped), [wrapped]);
        assert_eq!(of("What is taken\nPaper is taken."), ["What is taken", "Paper is taken."]);
        assert_eq!(of("paper,\ncard"), ["paper,\ncard"]);
        assert_eq!(of("Paper is taken.\nCard is not."), ["Paper is taken.", "Card is not."]);
        let parted = "The plant takes paper, card and drinks cartons\n\nEvery Tuesday it is closed.";
        assert_eq!(of(parted).len(), 2, "a blank line parts");
        let table = "a row with a tab and more than forty letters\tin it\nNext row";
        assert_eq!(of(table).len(), 2, "rows stay rows");
    }

    proptest! {
        #[test]
        fn nothing_is_lost_between_sentences(text in "([A-Za-zäß.!?\"„“ \n\r\t0-9。]|Nr\\. |\\PC){0,80}") {
            let mut at = 0;
            for range in sentences(&text) {
                prop_assert_eq!(range.start, at);
                prop_assert!(range.end > range.start);
                at = range.end;
            }
            prop_assert_eq!(at, text.len());
        }
    }
}
