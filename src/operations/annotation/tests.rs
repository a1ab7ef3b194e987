//! What is found in texts, and that it stands where it is said to stand.

use std::sync::Arc;

use proptest::prelude::*;
use serde_json::Value;
use tokio_util::sync::CancellationToken;

use super::annotator::{Annotator, Found};
use super::export::{Exported, Row};
use super::overlap::across_concepts;
use super::text::{described, placed};
use super::typo::Spelling;
use super::*;

fn concepts(lists: &[(&str, &[&str])]) -> Vec<Concept> {
    let phrases = |phrases: &[&str]| phrases.iter().map(|phrase| (*phrase).to_owned()).collect();
    lists.iter().map(|(name, list)| Concept { name: (*name).to_owned(), phrases: phrases(list) }).collect()
}

fn annotator(lexicon: Lexicon, options: &AnnotationOptions, table: &[&str]) -> Annotator {
    let lexicon = Arc::new(lexicon);
    let spelling = options.typo.then(|| {
        let mut spelling = Spelling::new(&lexicon);
        spelling.learn(table.iter().copied());
        spelling
    });
    Annotator::new(lexicon, spelling, None, options, &CancellationToken::new()).unwrap()
}

fn found(annotator: &Annotator, text: &str) -> Found {
    annotator.annotate(&mut annotator.matchers(1), &[text], &CancellationToken::new()).unwrap().remove(0)
}

/// `concept phrase matched how` of each mention.
fn told(annotator: &Annotator, text: &str) -> Vec<String> {
    let found = found(annotator, text);
    let tell = |mention: &mention::Mention| {
        let told = described(text, &found, mention, &annotator.lexicon);
        format!("{} {} {} {}", told.concept, told.phrase, told.matched, told.how.as_str())
    };
    found.mentions.iter().map(tell).collect()
}

fn of(lists: &[(&str, &[&str])], options: &AnnotationOptions) -> Annotator {
    annotator(Lexicon::new(&concepts(lists), &[], options.language), options, &[])
}

#[test]
fn phrases_are_found_whatever_their_capitals_and_hyphens_and_in_other_forms() {
    let annotator = of(&[("A", &["supply chain", "reduce", "Kreislaufwirtschaft"])], &AnnotationOptions::default());
    assert_eq!(
        told(&annotator, "Reducing SUPPLY-CHAINS; Supply Chain"),
        ["A reduce Reducing inflected", "A supply chain SUPPLY-CHAINS inflected", "A supply chain Supply Chain exact"]
    );
    assert_eq!(told(&annotator, "supplying a chain reaction"), Vec::<String>::new());
    assert_eq!(told(&annotator, "the supply. Chain stores"), Vec::<String>::new(), "a sentence ends in between");
}

#[test]
fn a_thing_is_not_what_is_done_with_it() {
    let annotator = of(&[("A", &["sourcing", "sourced"])], &AnnotationOptions::default());
    for text in ["an energy source", "renewable sources", "the source of it"] {
        assert_eq!(told(&annotator, text), Vec::<String>::new(), "{text}");
    }
    assert_eq!(
        told(&annotator, "we source our tea, sourcing it well"),
        ["A sourced source inflected", "A sourcing sourcing exact"]
    );
    let listed = of(&[("A", &["returned", "return network"])], &AnnotationOptions::default());
    assert_eq!(told(&listed, "the returns"), ["A returned returns inflected"], "the list has the bare word itself");
}

#[test]
fn of_overlapping_mentions_of_a_concept_the_longest_stays_unless_all_are_wanted() {
    let lists: &[(&str, &[&str])] = &[("A", &["supply chain", "supply chain management", "chain"]), ("B", &["chain"])];
    let longest = of(lists, &AnnotationOptions::default());
    let text = "supply chain management";
    assert_eq!(
        told(&longest, text),
        ["A supply chain management supply chain management exact", "B chain chain exact"]
    );
    let all = of(lists, &AnnotationOptions { all_mentions: true, ..AnnotationOptions::default() });
    assert_eq!(told(&all, text).len(), 4);
}

#[test]
fn banned_phrases_hide_what_lies_inside_from_their_own_concepts() {
    let lists = concepts(&[("X/A", &["waste"]), ("Y/B", &["waste"])]);
    let ban = |folder: Option<&str>| Ban { folder: folder.map(str::to_owned), phrase: "waste of time".to_owned() };
    let with = |bans: &[Ban]| {
        let options = AnnotationOptions::default();
        annotator(Lexicon::new(&lists, bans, options.language), &options, &[])
    };
    let text = "a waste of time, and waste";
    assert_eq!(told(&with(&[ban(None)]), text), ["X/A waste waste exact", "Y/B waste waste exact"]);
    assert_eq!(told(&with(&[ban(Some("X"))]), text).len(), 3);
    assert_eq!(told(&with(&[]), text).len(), 4);
}

#[test]
fn slips_of_the_pen_are_found_and_words_that_are_met_often_are_right() {
    let options = AnnotationOptions { typo: true, ..AnnotationOptions::default() };
    let lexicon = || Lexicon::new(&concepts(&[("A", &["recycling", "trace"])]), &[], options.language);
    let alone = annotator(lexicon(), &options, &[]);
    assert_eq!(told(&alone, "better recylcing of trash"), ["A recycling recylcing typo"]);
    assert_eq!(told(&alone, "a race"), ["A trace race typo"]);
    let table = ["race", "the race", "a race"];
    assert_eq!(told(&annotator(lexicon(), &options, &table), "a race"), Vec::<String>::new());
    assert_eq!(told(&of(&[("A", &["recycling"])], &AnnotationOptions::default()), "recylcing"), Vec::<String>::new());
}

#[test]
fn german_forms_are_known_where_the_text_is_german() {
    let annotator = of(&[("A", &["Lieferkette", "Verbrauch", "erneuerbare Energie"])], &AnnotationOptions::default());
    let text = "Wir prüfen die Lieferketten der Verbraucher und nutzen erneuerbare Energien.";
    assert_eq!(
        told(&annotator, text),
        ["A Lieferkette Lieferketten inflected", "A erneuerbare Energie erneuerbare Energien inflected"]
    );
}

#[test]
fn a_score_is_the_share_of_letters_that_are_the_same() {
    let annotator = of(&[("A", &["recycle"])], &AnnotationOptions::default());
    let score = |text: &str| found(&annotator, text).mentions[0].score;
    assert!((score("recycle") - 1.0).abs() < 1e-6);
    assert!((score("recycled") - 7.0 / 8.0).abs() < 1e-6);
    assert!((score("recycling") - 6.0 / 9.0).abs() < 1e-6);
}

const WORDS: &[&str] =
    &["waste", "Wasted", "ünd", "chain", "supply", "chains", "re-use", "😀", "e\u{301}co", ".", "\n\n"];

fn text() -> impl Strategy<Value = String> {
    let word = prop::sample::select(WORDS);
    prop::collection::vec((word, prop::sample::select(&[" ", "-", ", ", ". ", ""][..])), 0..20)
        .prop_map(|words| words.into_iter().flat_map(|(word, gap)| [word, gap]).collect())
}

fn lists() -> Vec<Concept> {
    concepts(&[
        ("A B/c", &["waste", "supply chain", "chain waste supply"]),
        ("D", &["chain", "reuse", "é co", "éco waste"]),
    ])
}

fn everything() -> AnnotationOptions {
    AnnotationOptions { typo: true, ..AnnotationOptions::default() }
}

/// What tags say: first word, word after the last, label.
fn decoded(tags: &[String]) -> Vec<(usize, usize, String)> {
    let mut spans: Vec<(usize, usize, String)> = Vec::new();
    for (place, tag) in tags.iter().enumerate() {
        match tag.split_once('-') {
            Some(("B", label)) => spans.push((place, place + 1, label.to_owned())),
            Some(("I", label)) => {
                let last = spans.last_mut().unwrap();
                assert_eq!((last.1, last.2.as_str()), (place, label));
                last.1 += 1;
            }
            _ => assert_eq!(tag, "O"),
        }
    }
    spans
}

/// A file of some rows in a form.
fn exported(form: Export, texts: &[Option<&str>], annotator: &Annotator) -> String {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("out");
    let mut file = Exported::begin(form, &path).unwrap();
    for (number, text) in (1..).zip(texts) {
        let found = found(annotator, text.unwrap_or_default());
        file.write(&Row { number, text: *text, found: &found }, &annotator.lexicon).unwrap();
    }
    assert!(!path.exists(), "it appears when it is whole");
    file.finish().unwrap();
    std::fs::read_to_string(path).unwrap()
}

#[test]
fn every_row_has_its_place_in_every_form() {
    let annotator = of(&[("A", &["waste"])], &AnnotationOptions::default());
    let texts = [Some("no waste"), None, Some("…")];
    assert_eq!(exported(Export::Conll, &texts, &annotator), "no\tO\nwaste\tB-A\n\n\n\n");
    let iob = exported(Export::Iob, &texts, &annotator);
    assert_eq!(iob.lines().next().unwrap(), r#"{"tags":["O","B-A"],"tokens":["no","waste"]}"#);
    assert_eq!(iob.lines().count(), 3);
    let spans = exported(Export::Spans, &texts, &annotator);
    assert_eq!(spans.lines().nth(1).unwrap(), r#"{"text":null,"spans":[]}"#);
    let tasks: Value = serde_json::from_str(&exported(Export::LabelStudio, &texts, &annotator)).unwrap();
    assert_eq!((tasks[0]["data"]["row"].clone(), tasks[1]["data"]["row"].clone()), (1.into(), 3.into()));
    assert_eq!(exported(Export::LabelStudio, &[], &annotator), "[]\n");
}

proptest! {
    #[test]
    fn a_mention_stands_where_it_is_said_to_stand(text in text()) {
        let annotator = annotator(Lexicon::new(&lists(), &[], Language::Auto), &everything(), &[]);
        let found = found(&annotator, &text);
        let chars: Vec<char> = text.chars().collect();
        for mention in &found.mentions {
            let place = placed(&text, &found, mention);
            let letters: String = chars[place.chars.clone()].iter().collect();
            prop_assert_eq!(place.matched, letters);
            prop_assert!(mention.score > 0.0 && mention.score <= 1.0);
        }
    }

    #[test]
    fn what_is_kept_of_a_concept_does_not_overlap_and_nothing_longer_was_dropped(text in text()) {
        let all = AnnotationOptions { all_mentions: true, ..everything() };
        let all = annotator(Lexicon::new(&lists(), &[], Language::Auto), &all, &[]);
        let kept = annotator(Lexicon::new(&lists(), &[], Language::Auto), &everything(), &[]);
        let (all, kept) = (found(&all, &text).mentions, found(&kept, &text).mentions);
        for (place, a) in kept.iter().enumerate() {
            for b in kept.iter().skip(place + 1).filter(|b| b.concept == a.concept) {
                prop_assert!(a.words.end <= b.words.start || b.words.end <= a.words.start);
            }
        }
        for dropped in all.iter().filter(|mention| !kept.contains(mention)) {
            let is_covered = kept.iter().any(|mention| {
                mention.concept == dropped.concept
                    && mention.words.start < dropped.words.end
                    && dropped.words.start < mention.words.end
                    && mention.words.len() >= dropped.words.len()
            });
            prop_assert!(is_covered);
        }
    }

    #[test]
    fn what_is_exported_can_be_read_back(text in text()) {
        let annotator = annotator(Lexicon::new(&lists(), &[], Language::Auto), &everything(), &[]);
        let found = found(&annotator, &text);
        let label = |concept: u32| annotator.lexicon.concept_name(concept).replace(' ', "_");
        let tagged: Vec<_> = across_concepts(found.mentions.clone())
            .into_iter()
            .map(|mention| (mention.words.start, mention.words.end, label(mention.concept)))
            .collect();
        let conll = exported(Export::Conll, &[Some(&text)], &annotator);
        let lines: Vec<_> = conll.lines().filter_map(|line| line.split_once('\t')).collect();
        prop_assert_eq!(decoded(&lines.iter().map(|(_, tag)| (*tag).to_owned()).collect::<Vec<_>>()), tagged.clone());
        let iob: Value = serde_json::from_str(&exported(Export::Iob, &[Some(&text)], &annotator)).unwrap();
        let tags: Vec<String> = serde_json::from_value(iob["tags"].clone()).unwrap();
        let tokens: Vec<String> = serde_json::from_value(iob["tokens"].clone()).unwrap();
        prop_assert_eq!(decoded(&tags), tagged);
        prop_assert_eq!(tokens, lines.iter().map(|(token, _)| (*token).to_owned()).collect::<Vec<_>>());
        let spans: Value = serde_json::from_str(&exported(Export::Spans, &[Some(&text)], &annotator)).unwrap();
        let task: Value = serde_json::from_str(&exported(Export::LabelStudio, &[Some(&text)], &annotator)).unwrap();
        prop_assert_eq!(spans["text"].as_str(), Some(text.as_str()));
        let chars: Vec<char> = text.chars().collect();
        for (place, mention) in found.mentions.iter().enumerate() {
            let told = described(&text, &found, mention, &annotator.lexicon);
            let (span, region) = (&spans["spans"][place], &task[0]["predictions"][0]["result"][place]["value"]);
            let letters: String = chars[told.start..told.end].iter().collect();
            for read in [span, region] {
                prop_assert_eq!(read["start"].as_u64(), Some(told.start as u64));
                prop_assert_eq!(read["end"].as_u64(), Some(told.end as u64));
                prop_assert_eq!(read["text"].as_str(), Some(letters.as_str()));
            }
            prop_assert_eq!(region["labels"][0].as_str(), Some(told.concept.as_str()));
            prop_assert_eq!(span["label"].as_str(), Some(told.concept.as_str()));
        }
    }
}
