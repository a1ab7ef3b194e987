//! Whether the vectors of incoming texts lie where those of the reference do.
//!
//! The one decision: three statistics stand side by side, because each is blind somewhere: a classifier finds any difference it
//! can learn, MMD differences of the whole distribution, the distance of means a shift. The condition is about the first,
//! whose scale is the same for all models.

use serde::{Deserialize, Serialize};

use super::shown::{beginning, example};
use super::{About, Check, CheckContext, CheckError, Family, Findings, Need, PairCheck};
use crate::core::stats::domain_classifier::{Domain, DomainOptions, Reduction, domain_classifier};
use crate::core::stats::mean_distance::{MeanDistance, mean_distance};
use crate::core::stats::mmd::{Discrepancy, PermutationOptions, mmd};
use crate::core::stats::projection::{Points, projection};
use crate::core::stats::vectors;
use crate::operations::drift::condition::{Condition, Rule};
use crate::operations::drift::exhibit::{Examples, Exhibit, Map, Point};
use crate::operations::drift::outcome::{Measure, Which};
use crate::operations::drift::reference::Reference;
use crate::operations::drift::set::{Set, Vectors};

const DRIFT_SCORE: &str = "drift_score";

/// Whether vectors are brought to fewer numbers before a classifier sees them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum DimensionReduction {
    /// From 30 numbers on.
    Auto,
    /// Always, to main components.
    Pca,
    /// Never.
    None,
}

/// Whether the vectors of incoming texts lie where those of the reference do.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct EmbeddingsDrift {
    /// Whether vectors are brought to fewer numbers before a classifier sees them.
    pub dimension_reduction: DimensionReduction,
    /// Main components that are kept then.
    pub components: usize,
    /// Rows of each set that the classifier is given.
    pub classifier_rows: usize,
    /// Share of them that it is tried on, and does not learn from.
    pub test_share: f64,
    /// Rows of each set whose distances are compared.
    pub distance_rows: usize,
    /// Random regroupings that tell how probable such a distance is by chance.
    pub permutations: usize,
    /// Points of each set on the map.
    pub show_points: usize,
}

impl Default for EmbeddingsDrift {
    fn default() -> Self {
        let (classifier, distances) = (DomainOptions::default(), PermutationOptions::default());
        Self {
            dimension_reduction: DimensionReduction::Auto,
            components: classifier.components,
            classifier_rows: classifier.rows_per_side,
            test_share: classifier.test_share,
            distance_rows: distances.rows_per_side,
            permutations: distances.rounds,
            show_points: 500,
        }
    }
}

impl Check for EmbeddingsDrift {
    const ABOUT: About = About {
        name: "embeddings_drift",
        title: "Embeddings drift",
        definition: "How well a classifier (gradient boosting) tells the vectors of incoming texts from those of the reference, \
                     tried on rows that it did not learn from: 2 · AUC − 1, from 0 (not at all) to 1. Beside it the maximum \
                     mean discrepancy and the distance of the mean vectors, each with the probability of as much by chance.",
        family: Family::Comparison,
        needs: &[Need::Embeddings],
    };

    fn conditions() -> Vec<Condition> {
        vec![Condition::new(DRIFT_SCORE, Rule::LessThan, 0.25).at_level(0.05)]
    }
}

/// Both sets and their vectors.
struct Sides<'a> {
    reference: (&'a Set, &'a Vectors),
    incoming: (&'a Set, &'a Vectors),
}

impl PairCheck for EmbeddingsDrift {
    fn run(&self, reference: &Reference, incoming: &Set, context: &CheckContext<'_>) -> Result<Findings, CheckError> {
        let known = reference.rows();
        let (Some(vectors), Some(others)) = (&known.vectors, &incoming.vectors) else {
            return Err(CheckError::new("one of the sets has no vectors"));
        };
        if vectors.dimension != others.dimension {
            let message = format!("vectors have {} numbers there and {} here", vectors.dimension, others.dimension);
            return Err(CheckError::new(message).with_hint("make both with the same model"));
        }
        let sides = Sides { reference: (known, vectors), incoming: (incoming, others) };
        let (one, other) = (borrowed(vectors)?, borrowed(others)?);
        let too_few = || CheckError::new("there are too few vectors to compare").with_hint("give more rows");
        let domain = domain_classifier(one, other, self.classifier(context)).ok_or_else(too_few)?;
        let distances = PermutationOptions {
            rows_per_side: self.distance_rows,
            rounds: self.permutations,
            seed: context.short_seed(),
        };
        let discrepancy = mmd(one, other, distances).ok_or_else(too_few)?;
        let means = mean_distance(one, other, distances).ok_or_else(too_few)?;
        let mut findings = Findings { measures: measures(&domain, discrepancy, means, &sides), ..Findings::default() };
        findings.exhibits.extend(self.map(one, other, &sides, context));
        findings.exhibits.extend(typical(&domain, &sides));
        findings.notes.extend(reference.sample_note());
        Ok(findings)
    }
}

impl EmbeddingsDrift {
    fn classifier(&self, context: &CheckContext<'_>) -> DomainOptions {
        DomainOptions {
            rows_per_side: self.classifier_rows,
            reduction: match self.dimension_reduction {
                DimensionReduction::Auto => Reduction::Auto,
                DimensionReduction::Pca => Reduction::Principal,
                DimensionReduction::None => Reduction::Off,
            },
            components: self.components,
            test_share: self.test_share,
            seed: context.short_seed(),
        }
    }

    fn map(
        &self,
        one: vectors::Vectors,
        other: vectors::Vectors,
        sides: &Sides,
        context: &CheckContext<'_>,
    ) -> Option<Exhibit> {
        let found = projection(one, other, self.show_points, context.short_seed())?;
        let axis = |name: &str, share: f64| format!("{name} main direction ({:.0} % of the variance)", 100.0 * share);
        let mut points = points(Which::Reference, sides.reference, &found.reference);
        points.extend(self::points(Which::Incoming, sides.incoming, &found.incoming));
        Some(Exhibit::Map(Map {
            title: "Both sets by meaning".to_owned(),
            axes: [axis("first", found.explained[0]), axis("second", found.explained[1])],
            points,
        }))
    }
}

fn borrowed(vectors: &Vectors) -> Result<vectors::Vectors<'_>, CheckError> {
    vectors::Vectors::new(&vectors.numbers, vectors.dimension).ok_or_else(|| CheckError::new("the vectors are empty"))
}

fn measures(domain: &Domain, discrepancy: Discrepancy, means: MeanDistance, sides: &Sides) -> Vec<Measure> {
    let n = |one: usize, other: usize| [Some(one as u64), Some(other as u64)];
    let told = n(domain.rows_per_side, domain.rows_per_side);
    let compared = n(discrepancy.rows.0, discrepancy.rows.1);
    let all = n(sides.reference.1.len(), sides.incoming.1.len());
    let score = Measure::new(DRIFT_SCORE, domain.drift_score).by("domain_classifier").with_p(domain.p_value);
    let auc = Measure::new("auc", domain.auc).by("domain_classifier").with_p(domain.p_value);
    let squared = Measure::new("mmd_squared", discrepancy.squared).by("mmd").with_p(discrepancy.p_value);
    let euclidean = Measure::new("mean_distance", means.euclidean).by("euclidean").with_p(means.p_value);
    let cosine = means.cosine.map(|cosine| Measure::new("mean_cosine_distance", cosine).by("cosine"));
    let [score, auc] = [score, auc].map(|measure| measure.from_n(told[0], told[1]));
    let rest = [Some(squared.from_n(compared[0], compared[1])), Some(euclidean.from_n(all[0], all[1]))];
    let cosine = cosine.map(|measure| measure.from_n(all[0], all[1]));
    [score, auc].into_iter().chain(rest.into_iter().flatten()).chain(cosine).collect()
}

fn points(which: Which, (set, vectors): (&Set, &Vectors), found: &Points) -> Vec<Point> {
    let point = |(row, at): &(usize, [f64; 2])| {
        let place = vectors.places[*row];
        #[expect(clippy::cast_possible_truncation, reason = "for the eye")]
        let [x, y] = at.map(|number| number as f32);
        Point { x, y, set: which, row: set.rows[place], text: beginning(set.text(place).unwrap_or_default()) }
    };
    found.iter().map(point).collect()
}

/// Rows that the classifier is surest of, where it tells anything.
fn typical(domain: &Domain, sides: &Sides) -> Option<Exhibit> {
    if domain.p_value > 0.05 {
        return None;
    }
    let both = [
        (Which::Incoming, sides.incoming, &domain.typical[1]),
        (Which::Reference, sides.reference, &domain.typical[0]),
    ];
    let rows = both.into_iter().flat_map(|(which, (set, vectors), found)| {
        let row = move |(row, odds): &(usize, f64)| {
            example(which, set, vectors.places[*row], Some(format!("log-odds {odds:.2}")))
        };
        found.iter().map(row)
    });
    Some(Exhibit::Examples(Examples {
        title: "Rows that are told apart best".to_owned(),
        rows: rows.collect(),
        more: 0,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::operations::drift::checks::planted::{Planted, measure, pair, texts};
    use crate::operations::drift::verdict::Verdict;

    const DIMENSION: usize = 4;

    fn set(rows: usize, shift: f32, seed: u64) -> Set {
        let mut random = fastrand::Rng::with_seed(seed);
        let mut set = texts(rows, 20, &mut random);
        let numbers = (0..rows * DIMENSION).map(|_| random.f32() + shift).collect();
        set.vectors = Some(Vectors { places: (0..rows).collect(), dimension: DIMENSION, numbers });
        set
    }

    #[test]
    fn a_planted_shift_of_vectors_is_found_and_none_where_none_is() {
        for seed in 0..6 {
            let planted =
                |shift| Planted { reference: set(200, 0.0, 2 * seed), incoming: set(150, shift, 2 * seed + 1) };
            let found = pair(&EmbeddingsDrift::default(), planted(0.5)).unwrap();
            assert_eq!(found.verdict, Verdict::Fail, "{:?}", found.findings.measures);
            assert!(measure(&found.findings, "mmd_squared").p_value.unwrap() <= 0.01);
            assert!(measure(&found.findings, "mean_distance").p_value.unwrap() <= 0.01);
            let [Exhibit::Map(map), Exhibit::Examples(examples)] = &found.findings.exhibits[..] else {
                panic!("{:?}", found.findings.exhibits)
            };
            assert!(map.points.len() == 350 && !examples.rows.is_empty());
            let same = pair(&EmbeddingsDrift::default(), planted(0.0)).unwrap();
            assert_ne!(same.verdict, Verdict::Fail, "{:?}", same.findings.measures);
        }
    }

    #[test]
    fn equal_sets_have_no_drift() {
        let planted = Planted { reference: set(100, 0.0, 1), incoming: set(100, 0.0, 1) };
        let found = pair(&EmbeddingsDrift::default(), planted).unwrap();
        assert_eq!(found.verdict, Verdict::Pass);
        assert_eq!(measure(&found.findings, "mean_distance").value, Some(0.0));
    }

    #[test]
    fn vectors_of_two_models_are_not_compared() {
        let mut other = set(20, 0.0, 1);
        other.vectors = Some(Vectors { places: vec![0, 1], dimension: 2, numbers: vec![0.0; 4] });
        let error =
            pair(&EmbeddingsDrift::default(), Planted { reference: set(20, 0.0, 1), incoming: other }).unwrap_err();
        assert_eq!(error.message, "vectors have 4 numbers there and 2 here");
    }
}
