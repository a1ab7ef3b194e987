use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use proptest::prelude::*;
use tempfile::TempDir;

use super::conformance::conformance_suite;
use super::*;

fn open() -> (impl Fn() -> ExactIndex, TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("vectors");
    (move || ExactIndex::at(&path), folder)
}

conformance_suite!(open);

/// What the index is held against: all products in f64, all sorted.
fn by_brute_force(points: &BTreeMap<u64, Vec<f32>>, vector: &[f32], limit: usize) -> Vec<(u64, f64)> {
    let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum::<f64>();
    let length = |a: &[f32]| dot(a, a).sqrt();
    let cosine = |a: &[f32]| {
        let lengths = length(a) * length(vector);
        if lengths > 0.0 { dot(a, vector) / lengths } else { 0.0 }
    };
    let mut all: Vec<_> = points.iter().map(|(id, point)| (*id, cosine(point))).collect();
    all.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    all.truncate(limit);
    all
}

#[derive(Debug, Clone)]
enum Step {
    Put(Vec<(u64, Vec<f32>)>),
    Remove(Vec<u64>),
    Flush,
}

fn vector() -> impl Strategy<Value = Vec<f32>> {
    prop::collection::vec((-8_i8..8).prop_map(f32::from), 19)
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        4 => prop::collection::vec((0_u64..60, vector()), 1..40).prop_map(Step::Put),
        1 => prop::collection::btree_set(0_u64..60, 0..20).prop_map(|ids| Step::Remove(ids.into_iter().collect())),
        2 => Just(Step::Flush),
    ];
    prop::collection::vec(step, 1..12)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn the_nearest_are_those_of_brute_force_after_any_changes(steps in steps(), asked in vector(), chosen in prop::collection::btree_set(0_u64..70, 0..30)) {
        let folder = tempfile::tempdir().unwrap();
        let index = ExactIndex::at(folder.path());
        index.ensure(Space { dimension: 19, metric: Metric::Cosine }).unwrap();
        let mut points = BTreeMap::new();
        for step in steps {
            match step {
                Step::Put(some) => {
                    index.upsert(&some.iter().map(|(id, vector)| Point { id: *id, vector }).collect::<Vec<_>>()).unwrap();
                    points.extend(some);
                }
                Step::Remove(ids) => {
                    index.delete(Selection::Ids(&ids)).unwrap();
                    points.retain(|id, _| !ids.contains(id));
                }
                Step::Flush => index.flush().unwrap(),
            }
        }
        index.flush().unwrap();
        let chosen: Vec<u64> = chosen.into_iter().collect();
        let some: BTreeMap<_, _> = points.clone().into_iter().filter(|(id, _)| chosen.contains(id)).collect();
        let reopened = ExactIndex::open(folder.path()).unwrap();
        for (index, which, points) in [(&index, Selection::All, &points), (&reopened, Selection::Ids(&chosen), &some)] {
            prop_assert_eq!(index.count(which).unwrap(), points.len() as u64);
            let found = index.search(&asked, which, 9).unwrap();
            let right = by_brute_force(points, &asked, 9);
            prop_assert_eq!(found.len(), right.len());
            for (found, right) in found.iter().zip(&right) {
                // Ties of the f64 may be none of the f32: scores are compared, and that the point has its score.
                prop_assert!((f64::from(found.score) - right.1).abs() < 1e-5);
                let own = by_brute_force(&BTreeMap::from([(found.id, points[&found.id].clone())]), &asked, 1)[0].1;
                prop_assert!((f64::from(found.score) - own).abs() < 1e-5);
            }
        }
    }
}

fn filled(folder: &Path, count: u64) -> ExactIndex {
    let index = ExactIndex::at(folder);
    index.ensure(Space { dimension: 16, metric: Metric::Cosine }).unwrap();
    for id in 0..count {
        let mut random = fastrand::Rng::with_seed(id);
        let vector: Vec<f32> = (0..16).map(|_| random.f32() - 0.5).collect();
        index.upsert(&[Point { id, vector: &vector }]).unwrap();
    }
    index.flush().unwrap();
    index
}

#[test]
fn many_threads_find_what_one_finds() {
    let folder = tempfile::tempdir().unwrap();
    // Enough numbers for several threads.
    let index = filled(folder.path(), 300_000);
    let asked = [1.0_f32; 16];
    let all = index.search(&asked, Selection::All, 20).unwrap();
    let mut one_by_one: Vec<Neighbour> = Vec::new();
    let ids: Vec<u64> = (0..300_000).collect();
    for part in ids.chunks(5_000) {
        one_by_one.extend(index.search(&asked, Selection::Ids(part), 20).unwrap());
    }
    one_by_one.sort_by(|a, b| b.score.total_cmp(&a.score).then(a.id.cmp(&b.id)));
    assert_eq!(all, one_by_one[..20]);
}

#[test]
fn an_open_index_outlives_its_folder() {
    let folder = tempfile::tempdir().unwrap();
    let index = filled(folder.path(), 10);
    folder.close().unwrap();
    assert_eq!(index.search(&[1.0; 16], Selection::All, 20).unwrap().len(), 10);
}

#[test]
fn rows_that_are_not_used_any_more_go() {
    let folder = tempfile::tempdir().unwrap();
    let index = filled(folder.path(), 100);
    let before = index.vector(99).unwrap();
    index.delete(Selection::Ids(&(0..90).collect::<Vec<_>>())).unwrap();
    index.flush().unwrap();
    let sizes: Vec<_> = fs::read_dir(folder.path())
        .unwrap()
        .map(|entry| entry.unwrap())
        .filter(|entry| entry.file_name().to_string_lossy().starts_with("matrix"))
        .map(|entry| entry.metadata().unwrap().len())
        .collect();
    assert_eq!(sizes, [10 * 16 * 4]);
    assert_eq!(index.vector(99).unwrap(), before);
}

#[test]
fn what_a_dead_writer_added_is_overwritten() {
    let folder = tempfile::tempdir().unwrap();
    drop(filled(folder.path(), 5));
    let lost = ExactIndex::open(folder.path()).unwrap();
    lost.upsert(&[Point { id: 5, vector: &[9.0; 16] }]).unwrap();
    drop(lost);
    let index = ExactIndex::open(folder.path()).unwrap();
    assert_eq!(index.count(Selection::All).unwrap(), 5);
    index.upsert(&[Point { id: 5, vector: &[-1.0; 16] }]).unwrap();
    index.flush().unwrap();
    assert_eq!(index.vector(5).unwrap().unwrap(), [-0.25; 16]);
}

#[test]
fn what_is_not_what_was_written_is_an_error_and_never_a_crash() {
    let folder = tempfile::tempdir().unwrap();
    drop(filled(folder.path(), 20));
    for entry in fs::read_dir(folder.path()).unwrap() {
        let path = entry.unwrap().path();
        let whole = fs::read(&path).unwrap();
        for length in [0, 7, whole.len() / 2, whole.len() - 1] {
            fs::write(&path, &whole[..length]).unwrap();
            let opened = ExactIndex::open(folder.path());
            assert!(matches!(opened, Err(SearchIndexError::Broken { .. })), "{} of {length}", path.display());
        }
        for at in [0, 8, 16, 24, 32, 40, 48, whole.len() - 1] {
            let mut changed = whole.clone();
            changed[at] ^= 0xff;
            fs::write(&path, changed).unwrap();
            if let Ok(index) = ExactIndex::open(folder.path()) {
                index.search(&[1.0; 16], Selection::All, 5).unwrap();
            }
        }
        fs::remove_file(&path).unwrap();
        assert!(ExactIndex::open(folder.path()).is_err());
        fs::write(&path, &whole).unwrap();
    }
    assert_eq!(ExactIndex::open(folder.path()).unwrap().count(Selection::All).unwrap(), 20);
}
