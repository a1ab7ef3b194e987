//! Which labels a model takes for which.

use serde::{Deserialize, Serialize};

use super::{About, Check, CheckContext, CheckError, Family, Findings, Need, OneSetCheck};
use crate::core::stats::{Confusion, answers_by_class, macro_f1, right_answers, share};
use crate::operations::drift::condition::Condition;
use crate::operations::drift::exhibit::{Exhibit, Matrix};
use crate::operations::drift::outcome::{Measure, Which};
use crate::operations::drift::set::Set;

/// Which labels a model takes for which.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct ConfusionMatrix {
    /// Labels that are shown, the most frequent ones.
    pub show: usize,
}

impl Default for ConfusionMatrix {
    fn default() -> Self {
        Self { show: 20 }
    }
}

impl Check for ConfusionMatrix {
    const ABOUT: About = About {
        name: "confusion_matrix",
        title: "Confusion matrix",
        definition: "How often the model predicts which label for rows of which label, its share of right predictions \
                     (accuracy), and F1 of each label and as the mean of all labels. No condition by default; \
                     `largest_confusion` is the share of rows in the wrong cell that has most of them.",
        family: Family::ModelEvaluation,
        needs: &[Need::Labels, Need::Predictions],
    };

    fn conditions() -> Vec<Condition> {
        Vec::new()
    }
}

impl OneSetCheck for ConfusionMatrix {
    fn run(&self, which: Which, set: &Set, _context: &CheckContext<'_>) -> Result<Findings, CheckError> {
        let Some(confusion) = set.confusion() else {
            return Err(CheckError::new("the set has no labels or no predictions"));
        };
        let (Some(macro_f1), [right, rows]) = (macro_f1(&confusion), right_answers(&confusion)) else {
            return Err(CheckError::new("no row has both a label and a prediction"));
        };
        let mut measures = vec![
            Measure::new("accuracy", share(right, rows)),
            Measure::new("macro_f1", macro_f1),
            largest_confusion(&confusion, rows),
        ];
        measures = measures.into_iter().map(|measure| of_side(measure, which, rows)).collect();
        for (label, answers) in answers_by_class(&confusion) {
            let note = format!("precision {:.3}, recall {:.3}", answers.precision(), answers.recall());
            measures.push(of_side(Measure::new("f1", answers.f1()).of(label).noting(note), which, answers.rows()));
        }
        Ok(Findings { measures, exhibits: vec![self.matrix(&confusion)], ..Findings::default() })
    }
}

fn of_side(measure: Measure, which: Which, rows: u64) -> Measure {
    let n = |side| (which == side).then_some(rows);
    measure.from_n(n(Which::Reference), n(Which::Incoming))
}

fn largest_confusion(confusion: &Confusion, rows: u64) -> Measure {
    let wrong = confusion.iter().filter(|((label, predicted), _)| label != predicted);
    // Of equally large ones the first by name.
    let largest = wrong.max_by_key(|(cell, wrong)| (**wrong, std::cmp::Reverse(*cell)));
    match largest {
        Some(((label, predicted), wrong)) => Measure::new("largest_confusion", share(*wrong, rows))
            .noting(format!("`{label}` taken for `{predicted}`: {wrong} rows")),
        None => Measure::new("largest_confusion", 0.0),
    }
}

impl ConfusionMatrix {
    fn matrix(&self, confusion: &Confusion) -> Exhibit {
        let answers = answers_by_class(confusion);
        let mut shown: Vec<&str> = answers.keys().copied().collect();
        shown.sort_by_key(|label| std::cmp::Reverse(answers[label].rows() + answers[label].predicted()));
        shown.truncate(self.show);
        shown.sort_unstable();
        let count = |label: &str, predicted: &str| {
            confusion.get(&(label.to_owned(), predicted.to_owned())).copied().unwrap_or_default()
        };
        let counts =
            shown.iter().map(|label| shown.iter().map(|predicted| count(label, predicted)).collect()).collect();
        let names: Vec<String> = shown.iter().map(|label| (*label).to_owned()).collect();
        let left_out = answers.len() - shown.len();
        let title = match left_out {
            0 => "Labels and predictions".to_owned(),
            _ => format!("Labels and predictions ({left_out} rarer labels are not shown)"),
        };
        Exhibit::Matrix(Matrix {
            title,
            row_title: "label".to_owned(),
            column_title: "prediction".to_owned(),
            rows: names.clone(),
            columns: names,
            counts,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::operations::drift::checks::planted::{answered, measure, measure_of, one, texts};

    #[test]
    fn cells_and_scores_are_those_of_the_rows() {
        let set = texts(5, 20, &mut fastrand::Rng::with_seed(1))
            .with_labels(["a", "a", "a", "b", ""])
            .with_predictions(["a", "b", "a", "b", "a"]);
        let found = one(&ConfusionMatrix::default(), &set).unwrap().findings;
        let Exhibit::Matrix(matrix) = &found.exhibits[0] else { panic!("{found:?}") };
        assert_eq!(
            (&matrix.rows, &matrix.counts),
            (&vec!["a".to_owned(), "b".to_owned()], &vec![vec![2, 1], vec![0, 1]])
        );
        assert_eq!(measure(&found, "accuracy").value, Some(0.75));
        assert_eq!(measure(&found, "largest_confusion").note.as_deref(), Some("`a` taken for `b`: 1 rows"));
        assert_eq!(measure_of(&found, "f1", "a").value, Some(0.8));
    }

    #[test]
    fn a_planted_confusion_is_the_largest() {
        for seed in 0..10 {
            let set = answered(500, 0.7, &mut fastrand::Rng::with_seed(seed));
            let found = one(&ConfusionMatrix::default(), &set).unwrap().findings;
            assert!((measure(&found, "accuracy").value.unwrap() - 0.7).abs() < 0.1);
        }
    }

    #[test]
    fn there_is_no_matrix_without_a_row_that_has_both() {
        let set = texts(2, 20, &mut fastrand::Rng::with_seed(1)).with_labels(["a", ""]).with_predictions(["", "a"]);
        assert_eq!(
            one(&ConfusionMatrix::default(), &set).unwrap_err().message,
            "no row has both a label and a prediction"
        );
    }
}
