//! A map of two clouds of vectors in two dimensions.
//!
//! For: looking at drift of embeddings. Not for: measuring it. The one decision: the two main directions of both clouds
//! together, so that distances on the map are distances in the vectors, as far as two dimensions can show them, and the same
//! vectors give the same map.

use super::numpy_random::sample_in_order;
use super::pca::Components;
use super::vectors::Vectors;

/// Some rows of a set as points.
pub type Points = Vec<(usize, [f64; 2])>;

/// Two clouds on one map.
#[derive(Debug, Clone, PartialEq)]
pub struct Projection {
    /// Rows of the reference, and where they are.
    pub reference: Points,
    /// Rows of the incoming set, and where they are.
    pub incoming: Points,
    /// Share (0..1) of the variance along each axis.
    pub explained: [f64; 2],
}

/// A map of at most `per_side` rows of each side; `None` if a side is empty, or dimensions differ or are fewer than two.
pub fn projection(reference: Vectors, incoming: Vectors, per_side: usize, seed: u32) -> Option<Projection> {
    if reference.is_empty() || incoming.is_empty() || reference.dimensions() != incoming.dimensions() {
        return None;
    }
    let places = [reference, incoming].map(|side| sample_in_order(side.len(), per_side, seed));
    let rows = |side: usize| places[side].iter().map(move |&row| [reference, incoming][side].row(row));
    let both: Vec<&[f32]> = rows(0).chain(rows(1)).collect();
    let components = Components::fit(&both, 2);
    let &[first, second] = components.explained.as_slice() else { return None };
    let points = |side: usize| -> Option<Points> {
        let place = |(&row, vector): (&usize, &[f32])| Some((row, components.project(vector).try_into().ok()?));
        places[side].iter().zip(rows(side)).map(place).collect()
    };
    Some(Projection { reference: points(0)?, incoming: points(1)?, explained: [first, second] })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_clouds_lie_apart_on_the_map_as_they_do_in_the_vectors() {
        let cloud = |shift: f32| -> Vec<f32> {
            (0_u16..50).flat_map(|row| [f32::from(row % 7), shift, f32::from(row % 5) / 5.0]).collect()
        };
        let (near, far) = (cloud(0.0), cloud(100.0));
        let vectors = |values| Vectors::new(values, 3).unwrap();
        let map = projection(vectors(&near), vectors(&far), 30, 42).unwrap();
        assert_eq!((map.reference.len(), map.incoming.len()), (30, 30));
        assert!(map.explained[0] > 0.9);
        let sides = map.reference.iter().zip(&map.incoming);
        assert!(sides.into_iter().all(|((_, one), (_, other))| (other[0] - one[0] - 100.0).abs() < 15.0));
    }

    #[test]
    fn one_dimension_is_no_map() {
        let line = [1.0_f32, 2.0];
        let line = Vectors::new(&line, 1).unwrap();
        assert_eq!(projection(line, line, 10, 42), None);
    }
}
