use tempfile::TempDir;

use super::*;
use crate::core::failure::Code;
use crate::operations::knowledge_base::index::{IndexError, Meaning, index};
use crate::operations::knowledge_base::samples::{Topics, built, context, record};

fn asked(mode: SearchMode) -> SearchOptions {
    SearchOptions { mode, ..SearchOptions::default() }
}

fn contents(outcome: &SearchOutcome) -> Vec<&str> {
    outcome.items.iter().map(|hit| hit.record.content.as_str()).collect()
}

fn search(base: &SearchableBase, query: &str, options: &SearchOptions) -> SearchOutcome {
    let embedders = |model: &str| {
        assert_eq!(model, "topics");
        Ok(Arc::new(Topics::default()) as Arc<dyn Embedder>)
    };
    base.search(query, options, &embedders, &CancellationToken::new()).unwrap()
}

fn no_embedder(_model: &str) -> Result<Arc<dyn Embedder>, Failure> {
    Err(Failure::new(Code::NotFound, "the model `topics` is not here"))
}

fn with_meaning() -> (TempDir, SearchableBase) {
    let topics = Topics::default();
    let (folder, bases, name) = built(Some(Meaning { model: "topics", embedder: &topics }));
    let base = SearchableBase::open(&bases, &name).unwrap();
    (folder, base)
}

#[test]
fn words_find_words_and_meaning_finds_what_is_said_in_others() {
    let (_folder, base) = with_meaning();
    let by_words = search(&base, "recycling", &asked(SearchMode::Text));
    assert_eq!(by_words.matches, Some(2));
    assert_eq!(contents(&by_words), ["Recycling of steel", "River water is not recycling"]);
    assert_eq!(by_words.items[0].meaning, None);
    let by_meaning = search(&base, "recycling", &asked(SearchMode::Meaning));
    assert_eq!(
        contents(&by_meaning)[..3],
        ["Recycling of steel", "Recyceltes Papier", "Reuse gives things a second life"]
    );
    assert_eq!((by_meaning.matches, by_meaning.items[0].text), (None, None));
    assert!(by_meaning.items[0].score > 0.99);
}

#[test]
fn both_together_tell_the_places_in_each() {
    let (_folder, base) = with_meaning();
    let found = search(&base, "recycling", &SearchOptions::default());
    assert_eq!((found.mode, &found.note), (SearchMode::Hybrid, &None));
    let first = &found.items[0];
    assert_eq!(first.record.content, "Recycling of steel");
    assert_eq!((first.text.unwrap().rank, first.meaning.unwrap().rank), (1, 1));
    assert!((first.score - 2.0 / 61.0).abs() < 1e-12);
    assert_eq!(found.items.len(), 6, "meaning knows all of them");
    assert_eq!(first.highlights.spans.len(), 1);
}

#[test]
fn without_an_index_by_meaning_words_are_searched_and_the_answer_says_so() {
    let (_folder, bases, name) = built(None);
    let base = SearchableBase::open(&bases, &name).unwrap();
    let nobody = |_: &str| -> Result<Arc<dyn Embedder>, Failure> { panic!("no embedder is needed") };
    let ask = |mode| base.search("wages", &asked(mode), &nobody, &CancellationToken::new());
    let found = ask(SearchMode::Hybrid).unwrap();
    assert_eq!(found.mode, SearchMode::Text);
    assert_eq!(found.note.unwrap(), "found by words only: the knowledge base `esg` has no index by meaning");
    assert_eq!(found.items.len(), 1);
    assert_eq!(ask(SearchMode::Text).unwrap().note, None);
    assert!(matches!(ask(SearchMode::Meaning), Err(KnowledgeBaseSearchError::NoMeaning { .. })));
}

#[test]
fn a_model_that_is_not_here_leaves_the_words() {
    let (_folder, base) = with_meaning();
    let ask = |mode| base.search("wages", &asked(mode), &no_embedder, &CancellationToken::new());
    assert_eq!(ask(SearchMode::Hybrid).unwrap().note.unwrap(), "found by words only: the model `topics` is not here");
    assert!(matches!(ask(SearchMode::Meaning), Err(KnowledgeBaseSearchError::Model(_))));
    ask(SearchMode::Text).unwrap();
}

#[test]
fn folders_and_values_limit_every_mode_alike() {
    let (_folder, base) = with_meaning();
    for mode in [SearchMode::Text, SearchMode::Meaning, SearchMode::Hybrid] {
        let in_folder = SearchOptions { folder: Some("Materials".to_owned()), ..asked(mode) };
        let found = search(&base, "recycling", &in_folder);
        assert!(found.items.iter().all(|hit| hit.record.meta.folders[0] == "Materials"), "{mode:?}");
        let german = SearchOptions { filters: vec!["language:de".to_owned()], ..in_folder };
        let found = search(&base, "papier", &german);
        assert_eq!(contents(&found), ["Recyceltes Papier"], "{mode:?}");
        let both =
            SearchOptions { filters: vec!["language:de".to_owned(), "file:other.tsv".to_owned()], ..asked(mode) };
        assert!(search(&base, "papier", &both).items.is_empty());
    }
    let wrong = SearchOptions { filters: vec!["language".to_owned()], ..SearchOptions::default() };
    let refused = base.search("x", &wrong, &no_embedder, &CancellationToken::new());
    assert!(matches!(refused, Err(KnowledgeBaseSearchError::Filter { given }) if given == "language"));
}

#[test]
fn no_more_than_asked_for_and_nothing_for_nothing() {
    let (_folder, base) = with_meaning();
    assert_eq!(search(&base, "recycling", &SearchOptions { k: 2, ..SearchOptions::default() }).items.len(), 2);
    for query in ["", "  ", "\n"] {
        assert!(search(&base, query, &SearchOptions::default()).items.is_empty());
    }
}

#[test]
fn an_open_base_is_searched_as_it_was_when_it_is_removed() {
    let topics = Topics::default();
    let (_folder, bases, name) = built(Some(Meaning { model: "topics", embedder: &topics }));
    let base = SearchableBase::open(&bases, &name).unwrap();
    bases.remove(&name).unwrap();
    assert_eq!(search(&base, "water", &SearchOptions::default()).items.len(), 6);
    assert!(SearchableBase::open(&bases, &name).is_err());
}

#[test]
fn indexing_stops_when_it_is_cancelled() {
    let folder = tempfile::tempdir().unwrap();
    let context = context();
    context.cancel.cancel();
    let records = [record(1, "", "text", "en")];
    let stopped = index(records.into_iter().map(Ok), None, folder.path(), None, &context);
    assert!(matches!(stopped, Err(IndexError::Cancelled)));
}
