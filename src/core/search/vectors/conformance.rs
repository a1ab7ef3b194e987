//! What every index of vectors must do: one suite, run against each.
//!
//! For: proving the promises of [`VectorIndex`] through the trait alone. A suite is a function that takes something that
//! opens the same index again and again. The one decision: nothing is looked for before a `flush`.

use super::{Metric, Neighbour, Point, Selection, Space, VectorIndex};
use crate::core::search::error::SearchIndexError;

/// Makes a test of each promise; `$open` gives what opens an index that was not there before (the same one every time) and
/// what keeps it alive.
macro_rules! conformance_suite {
    ($open:path) => {
        $crate::core::search::vectors::conformance::conformance_suite!(@tests $open,
            a_new_index_is_empty_and_is_made_once,
            another_space_is_refused,
            what_was_flushed_is_found_nearest_first,
            equally_near_points_come_by_their_numbers,
            a_cosine_does_not_know_lengths_and_a_dot_product_does,
            only_selected_points_are_looked_at,
            a_point_of_the_same_number_takes_the_place_of_the_first,
            deleted_points_are_gone_and_may_come_back,
            changes_within_a_flush_count_in_their_order,
            everything_outlives_the_value_that_wrote_it,
            vectors_that_do_not_fit_are_refused_as_a_whole,
            many_searches_find_what_each_finds,
            readers_and_a_writer_do_not_disturb_each_other,
        );
    };
    (@tests $open:path, $($name:ident),* $(,)?) => {
        $(
            #[test]
            fn $name() {
                let (open, _guard) = $open();
                $crate::core::search::vectors::conformance::$name(&open);
            }
        )*
    };
}
pub(crate) use conformance_suite;

type Result<T> = std::result::Result<T, SearchIndexError>;

const COSINE: Space = Space { dimension: 3, metric: Metric::Cosine };
const DOT: Space = Space { dimension: 3, metric: Metric::Dot };

fn put(index: &impl VectorIndex, points: &[(u64, [f32; 3])]) {
    let points: Vec<_> = points.iter().map(|(id, vector)| Point { id: *id, vector }).collect();
    index.upsert(&points).unwrap();
}

fn made<I: VectorIndex>(open: &impl Fn() -> I, space: Space, points: &[(u64, [f32; 3])]) -> I {
    let index = open();
    index.ensure(space).unwrap();
    put(&index, points);
    index.flush().unwrap();
    index
}

fn ids(found: Result<Vec<Neighbour>>) -> Vec<u64> {
    found.unwrap().into_iter().map(|neighbour| neighbour.id).collect()
}

pub(crate) fn a_new_index_is_empty_and_is_made_once<I: VectorIndex>(open: &impl Fn() -> I) {
    assert!(matches!(open().count(Selection::All), Err(SearchIndexError::Missing { .. })));
    let index = made(open, COSINE, &[]);
    assert_eq!(index.count(Selection::All).unwrap(), 0);
    assert!(ids(index.search(&[1.0, 0.0, 0.0], Selection::All, 5)).is_empty());
    put(&index, &[(0, [1.0, 0.0, 0.0])]);
    index.flush().unwrap();
    index.ensure(COSINE).unwrap();
    assert_eq!(index.count(Selection::All).unwrap(), 1);
}

pub(crate) fn another_space_is_refused<I: VectorIndex>(open: &impl Fn() -> I) {
    let index = made(open, COSINE, &[]);
    for other in [DOT, Space { dimension: 4, ..COSINE }] {
        assert!(matches!(index.ensure(other), Err(SearchIndexError::OtherSpace { .. })));
        assert!(matches!(open().ensure(other), Err(SearchIndexError::OtherSpace { .. })));
    }
}

pub(crate) fn what_was_flushed_is_found_nearest_first<I: VectorIndex>(open: &impl Fn() -> I) {
    let points = [(7, [0.0, 1.0, 0.0]), (3, [1.0, 0.0, 0.0]), (900, [1.0, 1.0, 0.0]), (5, [-1.0, 0.0, 0.0])];
    let index = made(open, COSINE, &points);
    let found = index.search(&[1.0, 0.2, 0.0], Selection::All, 10).unwrap();
    assert_eq!(found.iter().map(|neighbour| neighbour.id).collect::<Vec<_>>(), [3, 900, 7, 5]);
    assert!((found[0].score - 0.980_58).abs() < 1e-4 && (found[3].score + 0.980_58).abs() < 1e-4, "{found:?}");
    assert_eq!(ids(index.search(&[1.0, 0.2, 0.0], Selection::All, 2)), [3, 900]);
    assert!(ids(index.search(&[1.0, 0.2, 0.0], Selection::All, 0)).is_empty());
}

pub(crate) fn equally_near_points_come_by_their_numbers<I: VectorIndex>(open: &impl Fn() -> I) {
    let points: Vec<_> = (0..300).rev().map(|id| (id * 3, [1.0, 2.0, 3.0])).collect();
    let index = made(open, COSINE, &points);
    let found = ids(index.search(&[3.0, 2.0, 1.0], Selection::All, 7));
    assert_eq!(found, [0, 3, 6, 9, 12, 15, 18]);
}

pub(crate) fn a_cosine_does_not_know_lengths_and_a_dot_product_does<I: VectorIndex>(open: &impl Fn() -> I) {
    let points = [(1, [0.1, 0.0, 0.0]), (2, [9.0, 9.0, 0.0]), (3, [0.0, 0.0, 0.0])];
    let index = made(open, COSINE, &points);
    let found = index.search(&[50.0, 0.0, 0.0], Selection::All, 3).unwrap();
    assert_eq!(found.iter().map(|neighbour| neighbour.id).collect::<Vec<_>>(), [1, 2, 3]);
    assert!((found[0].score - 1.0).abs() < 1e-6);
    assert_eq!(found[2].score.to_bits(), 0.0_f32.to_bits(), "no length, no likeness");
    assert_eq!(index.vector(1).unwrap().unwrap(), [1.0, 0.0, 0.0]);
    assert_eq!(index.vector(4).unwrap(), None);
}

pub(crate) fn only_selected_points_are_looked_at<I: VectorIndex>(open: &impl Fn() -> I) {
    let points: Vec<_> = (0..50_u8).map(|id| (u64::from(id), [f32::from(id), 1.0, 0.0])).collect();
    let index = made(open, COSINE, &points);
    let which = Selection::Ids(&[2, 3, 17, 40, 999]);
    assert_eq!(ids(index.search(&[1.0, 0.0, 0.0], which, 3)), [40, 17, 3]);
    assert_eq!(index.count(which).unwrap(), 4);
    assert!(ids(index.search(&[1.0, 0.0, 0.0], Selection::Ids(&[]), 3)).is_empty());
}

pub(crate) fn a_point_of_the_same_number_takes_the_place_of_the_first<I: VectorIndex>(open: &impl Fn() -> I) {
    let index = made(open, COSINE, &[(0, [1.0, 0.0, 0.0]), (1, [0.0, 1.0, 0.0])]);
    put(&index, &[(0, [0.0, 0.0, 1.0])]);
    index.flush().unwrap();
    assert_eq!(index.count(Selection::All).unwrap(), 2);
    assert_eq!(index.vector(0).unwrap().unwrap(), [0.0, 0.0, 1.0]);
    assert_eq!(ids(index.search(&[0.0, 0.0, 1.0], Selection::All, 1)), [0]);
}

pub(crate) fn deleted_points_are_gone_and_may_come_back<I: VectorIndex>(open: &impl Fn() -> I) {
    let points: Vec<_> = (0..20).map(|id| (id, [1.0, 0.0, 0.0])).collect();
    let index = made(open, COSINE, &points);
    index.delete(Selection::Ids(&[0, 1, 2, 3, 77])).unwrap();
    index.flush().unwrap();
    assert_eq!(index.count(Selection::All).unwrap(), 16);
    assert_eq!(ids(index.search(&[1.0, 0.0, 0.0], Selection::All, 1)), [4]);
    put(&index, &[(2, [1.0, 0.0, 0.0])]);
    index.flush().unwrap();
    assert_eq!(ids(index.search(&[1.0, 0.0, 0.0], Selection::All, 2)), [2, 4]);
    index.delete(Selection::All).unwrap();
    index.flush().unwrap();
    assert_eq!(index.count(Selection::All).unwrap(), 0);
    put(&index, &[(5, [0.0, 1.0, 0.0])]);
    index.flush().unwrap();
    assert_eq!(open().vector(5).unwrap().unwrap(), [0.0, 1.0, 0.0]);
}

pub(crate) fn changes_within_a_flush_count_in_their_order<I: VectorIndex>(open: &impl Fn() -> I) {
    let index = made(open, COSINE, &[(0, [1.0, 0.0, 0.0])]);
    put(&index, &[(1, [0.0, 1.0, 0.0]), (2, [0.0, 1.0, 0.0]), (2, [0.0, 0.0, 1.0])]);
    index.delete(Selection::Ids(&[0, 1])).unwrap();
    put(&index, &[(0, [0.0, 1.0, 0.0])]);
    index.flush().unwrap();
    assert_eq!(index.count(Selection::All).unwrap(), 2);
    assert_eq!(index.vector(0).unwrap().unwrap(), [0.0, 1.0, 0.0]);
    assert_eq!(index.vector(2).unwrap().unwrap(), [0.0, 0.0, 1.0]);
    put(&index, &[(8, [1.0, 0.0, 0.0])]);
    index.delete(Selection::All).unwrap();
    put(&index, &[(9, [1.0, 0.0, 0.0])]);
    index.flush().unwrap();
    assert_eq!(ids(index.search(&[1.0, 0.0, 0.0], Selection::All, 9)), [9]);
}

pub(crate) fn everything_outlives_the_value_that_wrote_it<I: VectorIndex>(open: &impl Fn() -> I) {
    drop(made(open, COSINE, &[(0, [1.0, 0.0, 0.0]), (1, [0.0, 1.0, 0.0])]));
    let again = open();
    again.ensure(COSINE).unwrap();
    put(&again, &[(2, [0.0, 0.0, 1.0])]);
    again.flush().unwrap();
    drop(again);
    assert_eq!(ids(open().search(&[0.0, 0.0, 1.0], Selection::All, 1)), [2]);
    assert_eq!(open().count(Selection::All).unwrap(), 3);
}

pub(crate) fn vectors_that_do_not_fit_are_refused_as_a_whole<I: VectorIndex>(open: &impl Fn() -> I) {
    let index = made(open, COSINE, &[(0, [1.0, 0.0, 0.0])]);
    let good = Point { id: 1, vector: &[1.0, 0.0, 0.0] };
    let short = Point { id: 2, vector: &[1.0] };
    let wrong = Point { id: 2, vector: &[f32::NAN, 0.0, f32::INFINITY] };
    assert!(matches!(index.upsert(&[good, short]), Err(SearchIndexError::Dimension { given: 1, wanted: 3 })));
    assert!(matches!(index.upsert(&[good, wrong]), Err(SearchIndexError::NotFinite)));
    assert!(index.search(short.vector, Selection::All, 1).is_err());
    assert!(index.search(wrong.vector, Selection::All, 1).is_err());
    index.flush().unwrap();
    assert_eq!(index.count(Selection::All).unwrap(), 1);
}

pub(crate) fn many_searches_find_what_each_finds<I: VectorIndex>(open: &impl Fn() -> I) {
    let points: Vec<_> = (0..200_u8).map(|id| (u64::from(id), [f32::from(id), 100.0, f32::from(id % 7)])).collect();
    let index = made(open, DOT, &points);
    let vectors: Vec<[f32; 3]> = (0..40_u8).map(|n| [f32::from(n) - 20.0, 1.0, f32::from(n % 3)]).collect();
    let vectors: Vec<&[f32]> = vectors.iter().map(<[f32; 3]>::as_slice).collect();
    let together = index.search_many(&vectors, Selection::All, 5).unwrap();
    for (vector, found) in vectors.iter().zip(together) {
        assert_eq!(index.search(vector, Selection::All, 5).unwrap(), found);
    }
    assert!(index.search_many(&[], Selection::All, 5).unwrap().is_empty());
}

pub(crate) fn readers_and_a_writer_do_not_disturb_each_other<I: VectorIndex>(open: &impl Fn() -> I) {
    let index = made(open, COSINE, &[(0, [1.0, 0.0, 0.0])]);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for id in 1..40 {
                put(&index, &[(id, [1.0, 0.0, 0.0])]);
                index.flush().unwrap();
            }
        });
        for _ in 0..200 {
            assert_eq!(ids(index.search(&[1.0, 0.0, 0.0], Selection::All, 1)), [0]);
        }
    });
    assert_eq!(index.count(Selection::All).unwrap(), 40);
}
