use std::fs;
use std::path::Path;

use proptest::prelude::*;
use tempfile::TempDir;

use super::*;
use crate::core::search::error::SearchIndexError;

const TEXTS: [(&str, &str); 6] = [
    ("DFG/Primary", "Recycled aluminium and recycling of steel"),
    ("DFG/Primary", "Wasser und Abwasser: Emissionen der Größe nach"),
    ("DFG", "The circular economy begins with recycling"),
    ("Other", "An economy that is not circular"),
    ("Other/DFG", "循環経済 means circular economy"),
    ("", "Emission"),
];

fn write(folder: &Path, texts: &[(&str, &str)]) {
    let mut writer = TextIndexWriter::create(folder).unwrap();
    for (ordinal, (folder, content)) in texts.iter().enumerate() {
        let parity = if ordinal % 2 == 0 { "even" } else { "odd" };
        let labels = [("parity", parity)];
        writer.add(&TextDocument { ordinal: ordinal as u64, content, folder, labels: &labels }).unwrap();
    }
    writer.finish().unwrap();
}

fn index() -> (TempDir, TextIndex) {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), &TEXTS);
    let index = TextIndex::open(folder.path()).unwrap();
    (folder, index)
}

fn found(index: &TextIndex, query: &str, filter: &TextFilter) -> Vec<u64> {
    let hits = index.search(&TextQuery::parse(query), filter, 10).unwrap();
    assert_eq!(index.count(&TextQuery::parse(query), filter).unwrap(), hits.len() as u64);
    hits.into_iter().map(|hit| hit.ordinal).collect()
}

fn all(index: &TextIndex, query: &str) -> Vec<u64> {
    found(index, query, &TextFilter::default())
}

#[test]
fn a_word_is_found_in_all_its_forms_in_two_languages_and_the_written_form_first() {
    let (_folder, index) = index();
    assert_eq!(all(&index, "recycle"), [0, 2]);
    assert_eq!(all(&index, "GROSSE"), [1]);
    assert_eq!(all(&index, "emission"), [5, 1]);
    assert_eq!(all(&index, "emissionen").first(), Some(&1));
    assert_eq!(all(&index, "nowhere"), [0; 0]);
    assert_eq!(all(&index, " ?! "), [0; 0]);
}

#[test]
fn a_phrase_must_stand_so_and_words_beside_it_only_rank() {
    let (_folder, index) = index();
    assert_eq!(all(&index, "\"circular economy\""), [2, 4]);
    assert_eq!(all(&index, "\"circular economy\" means").first(), Some(&4));
    assert_eq!(all(&index, "\"economy circular\""), [0; 0]);
    assert_eq!(all(&index, "経済"), [4]);
    assert_eq!(all(&index, "済経"), [0; 0]);
}

#[test]
fn a_folder_holds_what_lies_below_and_nothing_whose_name_begins_alike() {
    let (_folder, index) = index();
    let below = |folder: &str| TextFilter { folder: Some(folder.to_owned()), labels: Vec::new() };
    assert_eq!(index.matching(&below("DFG")).unwrap(), [0, 1, 2]);
    assert_eq!(index.matching(&below("DFG/Primary/")).unwrap(), [0, 1]);
    assert_eq!(index.matching(&below("DF")).unwrap(), [0_u64; 0]);
    assert_eq!(index.matching(&below("/")).unwrap(), [0, 1, 2, 3, 4, 5]);
    assert_eq!(found(&index, "economy", &below("Other")).len(), 2);
    let odd = TextFilter { folder: Some("Other".to_owned()), labels: vec![("parity".to_owned(), "odd".to_owned())] };
    assert_eq!(found(&index, "economy", &odd), [3]);
}

#[test]
fn equal_texts_come_in_the_order_of_their_numbers_in_whatever_segments_they_were_written() {
    let folder = tempfile::tempdir().unwrap();
    let texts = vec![("", "same words here"); 3_000];
    write(folder.path(), &texts);
    let index = TextIndex::open(folder.path()).unwrap();
    let hits = index.search(&TextQuery::parse("words here"), &TextFilter::default(), 500).unwrap();
    assert!(hits.iter().map(|hit| hit.ordinal).eq(0..500));
    assert!(hits.iter().all(|hit| hit.score.to_bits() == hits[0].score.to_bits()));
}

#[test]
fn an_open_index_outlives_its_folder_and_opening_it_leaves_no_trace() {
    let (folder, index) = index();
    let names = || fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect::<Vec<_>>();
    assert!(names().iter().all(|name| !name.to_string_lossy().contains("lock")));
    folder.close().unwrap();
    assert_eq!(all(&index, "recycle"), [0, 2]);
}

#[test]
fn an_empty_index_finds_nothing() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), &[]);
    let index = TextIndex::open(folder.path()).unwrap();
    assert!(index.is_empty());
    assert_eq!(all(&index, "anything"), [0; 0]);
    assert_eq!(index.matching(&TextFilter::default()).unwrap(), [0_u64; 0]);
}

#[test]
fn what_is_not_whole_is_refused() {
    assert!(matches!(TextIndex::open(Path::new("/nowhere/at/all")), Err(SearchIndexError::Broken { .. })));
    let (folder, _index) = index();
    for entry in fs::read_dir(folder.path()).unwrap() {
        let path = entry.unwrap().path();
        let whole = fs::read(&path).unwrap();
        for length in [0, whole.len() / 2, whole.len().saturating_sub(1)] {
            fs::write(&path, &whole[..length]).unwrap();
            if length < whole.len() {
                assert!(TextIndex::open(folder.path()).is_err(), "{} with {length} bytes", path.display());
            }
        }
        fs::remove_file(&path).unwrap();
        assert!(TextIndex::open(folder.path()).is_err(), "without {}", path.display());
        fs::write(&path, &whole).unwrap();
    }
    TextIndex::open(folder.path()).unwrap();
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn bytes_that_were_not_written_are_an_error_or_an_answer_and_never_a_crash(at in any::<prop::sample::Index>(), file in any::<prop::sample::Index>(), byte in any::<u8>()) {
        let (folder, index) = index();
        drop(index);
        let mut paths: Vec<_> = fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().path()).collect();
        paths.sort();
        let path = &paths[file.index(paths.len())];
        let mut bytes = fs::read(path).unwrap();
        let at = at.index(bytes.len());
        bytes[at] ^= byte;
        fs::write(path, bytes).unwrap();
        if let Ok(index) = TextIndex::open(folder.path()) {
            let _ = index.search(&TextQuery::parse("recycling \"circular economy\""), &TextFilter::default(), 10);
            let _ = index.matching(&TextFilter { folder: Some("DFG".to_owned()), labels: Vec::new() });
        }
    }
}
