use std::fs;
use std::path::PathBuf;

use proptest::prelude::*;
use tokio_util::sync::CancellationToken;

use super::*;
use crate::core::failure::{Code, Fails};
use crate::core::hash::sha256_hex;
use crate::core::intake::LocalSource;
use crate::core::isolation::{Isolation, Limits};
use crate::operations::context::RunContext;

pub(super) struct Built {
    pub(super) folder: tempfile::TempDir,
    pub(super) model: LanguageModel,
}

impl Built {
    pub(super) fn path(&self) -> PathBuf {
        self.folder.path().join("m.lm")
    }
}

fn context() -> RunContext {
    RunContext::unattended(Isolation::new(Limits::default()))
}

pub(super) fn try_build(texts: &[&str], options: &LanguageModelOptions) -> Result<Built, LanguageModelError> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("texts.csv");
    let lines: Vec<_> = (1..).zip(texts).map(|(number, text)| format!("{number},{text}\n")).collect();
    fs::write(&path, format!("number,text\n{}", lines.concat())).unwrap();
    let source = LocalSource::File { path, name: "texts.csv".to_owned() };
    build_model(&source, "text", &folder.path().join("m.lm"), options, &context())?;
    let model = LanguageModel::open(&folder.path().join("m.lm"))?;
    Ok(Built { folder, model })
}

/// A model of some texts.
pub(super) fn built(texts: &[&str], options: &LanguageModelOptions) -> Built {
    try_build(texts, options).unwrap()
}

const TEXTS: [&str; 4] =
    ["Recycled steel is used again", "steel is melted", "Glass is melted and used again", "paper is not melted"];

#[test]
fn equal_texts_and_options_give_equal_bytes() {
    let options = LanguageModelOptions::default();
    let (one, other) = (built(&TEXTS, &options), built(&TEXTS, &options));
    assert_eq!(fs::read(one.path()).unwrap(), fs::read(other.path()).unwrap());
    let names: Vec<_> = fs::read_dir(one.folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(names.len(), 2, "nothing but the table and its model: {names:?}");
    let info = one.model.info();
    assert_eq!((info.rows, info.units, info.words, info.vocabulary), (4, 4, 18, 10));
    assert_eq!(one.model.most_frequent(2).iter().map(|word| word.word.as_str()).collect::<Vec<_>>(), ["is", "melted"]);
    assert_eq!(info.source.sha256, sha256_hex(&fs::read(one.folder.path().join("texts.csv")).unwrap()));
}

#[test]
fn a_file_that_is_not_as_it_was_written_is_refused_by_name() {
    let built = built(&TEXTS, &LanguageModelOptions::default());
    let bytes = fs::read(built.path()).unwrap();
    let path = built.folder.path().join("other.lm");
    let refused = |bytes: &[u8]| {
        fs::write(&path, bytes).unwrap();
        LanguageModel::open(&path).unwrap_err()
    };
    for end in [0, 7, 8, 12, 15, 16, 40, bytes.len() / 2, bytes.len() - 1] {
        let error = refused(&bytes[..end]);
        assert!(matches!(error.code(), Code::UnsupportedFormat | Code::MalformedInput), "{end}: {error}");
    }
    for place in (16..bytes.len()).step_by(97) {
        let mut changed = bytes.clone();
        changed[place] ^= 1;
        assert_eq!(refused(&changed).code(), Code::MalformedInput);
    }
    let mut newer = bytes.clone();
    newer[8] = 9;
    assert!(refused(&newer).to_string().contains("of format 9"));
    assert!(refused(b"PAR1 and so on").to_string().contains("is no language model"));
    assert_eq!(LanguageModel::open(&built.folder.path().join("none.lm")).unwrap_err().code(), Code::NotFound);
}

proptest! {
    #[test]
    fn whatever_stands_in_the_sections_nothing_breaks_down(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..40), order in 1_u8..=4
    ) {
        let options = LanguageModelOptions { order, ..LanguageModelOptions::default() };
        let built = built(&TEXTS, &options);
        let mut bytes = fs::read(built.path()).unwrap();
        bytes.truncate(bytes.len() - 64);
        let begin = 16 + u32::from_le_bytes(bytes[12..16].try_into().unwrap()) as usize;
        let length = bytes.len() - begin;
        for (place, value) in changes {
            bytes[begin + place.index(length)] = value;
        }
        let digest = sha256_hex(&bytes);
        bytes.extend(digest.as_bytes());
        let path = built.folder.path().join("changed.lm");
        fs::write(&path, &bytes).unwrap();
        if let Ok(model) = LanguageModel::open(&path) {
            model.scorer().score("steel is used again and paper is not");
            model.completions("steel is", 5);
            let _ = model.neighbours("steel", 5, &CancellationToken::new());
            model.most_frequent(20);
            let _ = model.write_vocabulary(&built.folder.path().join("v.parquet"));
            let _ = model.write_cooccurrences(&built.folder.path().join("c.parquet"), &CancellationToken::new());
        }
    }
}

#[test]
fn texts_of_which_nothing_can_be_learnt_are_refused() {
    let code = |texts: &[&str], options: &LanguageModelOptions| try_build(texts, options).map(drop).unwrap_err();
    let options = LanguageModelOptions::default();
    assert_eq!(code(&["...", " - "], &options).code(), Code::EmptyTable);
    let rare = code(&TEXTS, &LanguageModelOptions { min_count: 5, ..options.clone() });
    assert_eq!(rare.to_string(), "no word is there 5 times; the most frequent one, `is`, is there 4 times");
    let wrong = code(&TEXTS, &LanguageModelOptions { order: 9, ..options.clone() });
    assert_eq!(wrong.to_string(), "`order` is 9, it must be 1 to 5");
    assert_eq!(wrong.code(), Code::InvalidParameter);
}

#[test]
fn a_single_word_makes_a_model_of_any_order() {
    for order in 1..=5 {
        let built = built(&["word"], &LanguageModelOptions { order, ..LanguageModelOptions::default() });
        let score = built.model.scorer().score("word");
        assert_eq!((score.tokens, score.unknown_words), (2, 0));
        assert!(score.perplexity.unwrap() < 3.0, "{score:?}");
        assert_eq!(built.model.completions("", 1)[0].word, if order == 1 { "</s>" } else { "word" });
        assert!(built.model.neighbours("word", 3, &CancellationToken::new()).unwrap().is_empty());
    }
}

#[test]
fn texts_without_words_have_no_perplexity_and_unknown_words_are_counted() {
    let open = built(&TEXTS, &LanguageModelOptions::default());
    let mut scorer = open.model.scorer();
    let none = scorer.score(" – ");
    assert_eq!((none.perplexity, none.tokens, none.words), (None, 0, 0));
    let unknown = scorer.score("Copper is melted");
    assert_eq!((unknown.words, unknown.unknown_words, unknown.tokens), (3, 1, 4));
    let known = scorer.score("steel is melted");
    assert!(known.perplexity < unknown.perplexity);
    let both = known.with(&unknown);
    assert_eq!(both.tokens, 8);
    let mean = f64::midpoint(known.perplexity.unwrap().ln(), unknown.perplexity.unwrap().ln());
    assert!((both.perplexity.unwrap() - mean.exp()).abs() < 1e-9);

    let closed = LanguageModelOptions { closed_vocabulary: true, ..LanguageModelOptions::default() };
    let closed = built(&TEXTS, &closed);
    let unknown = closed.model.scorer().score("Copper is melted");
    assert_eq!((unknown.words, unknown.unknown_words, unknown.tokens), (3, 1, 3), "it is left out");
}

#[test]
fn specials_in_a_text_are_unknown_words() {
    let options = LanguageModelOptions { tokenizer: Tokenizer::Whitespace, ..LanguageModelOptions::default() };
    let built = built(&["a <unk> b </s> <s>", "a b"], &options);
    let info = built.model.info();
    assert_eq!((info.words, info.unknown_words, info.vocabulary), (7, 3, 2));
    assert_eq!(built.model.scorer().score("<unk> <s>").unknown_words, 2);
    let error = built.model.neighbours("<s>", 1, &CancellationToken::new()).unwrap_err();
    assert_eq!(error.code(), Code::NotFound);
}

#[test]
fn models_are_kept_by_name_replaced_as_a_whole_and_removed() {
    let folder = tempfile::tempdir().unwrap();
    let models = LanguageModels::new(folder.path().join("models"));
    let name: LanguageModelName = "esg".parse().unwrap();
    assert!(models.names().unwrap().is_empty());
    assert_eq!(models.open(&name).unwrap_err().code(), Code::NotFound);
    let (one, other) =
        (built(&TEXTS, &LanguageModelOptions::default()), built(&TEXTS[..2], &LanguageModelOptions::default()));
    let claim = models.claim(&name).unwrap();
    assert_eq!(models.claim(&name).unwrap_err().code(), Code::ResourceInUse);
    fs::write(folder.path().join("models/.esg.lm.0.part"), "left by a build that died").unwrap();
    fs::copy(one.path(), claim.path()).unwrap();
    drop(claim);
    let first = models.open(&name).unwrap();
    assert!(std::sync::Arc::ptr_eq(&first, &models.open(&name).unwrap()), "it stays open");
    let claim = models.claim(&name).unwrap();
    assert!(!folder.path().join("models/.esg.lm.0.part").exists());
    fs::copy(other.path(), folder.path().join("models/new")).unwrap();
    fs::rename(folder.path().join("models/new"), claim.path()).unwrap();
    drop(claim);
    assert_eq!((first.info().units, models.open(&name).unwrap().info().units), (4, 2));
    assert_eq!(models.names().unwrap(), std::slice::from_ref(&name));
    models.remove(&name).unwrap();
    assert_eq!(models.remove(&name).unwrap_err().code(), Code::NotFound);
    assert_eq!(first.scorer().score("steel").unknown_words, 0, "who has it open can go on");
}
