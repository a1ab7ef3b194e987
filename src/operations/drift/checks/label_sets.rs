//! Labels that only one of the two sets has.

use serde::{Deserialize, Serialize};

use super::{About, Check, CheckContext, CheckError, Family, Findings, Need, PairCheck};
use crate::operations::drift::condition::{Condition, Rule};
use crate::operations::drift::exhibit::{Bar, Bars, Exhibit};
use crate::operations::drift::outcome::Measure;
use crate::operations::drift::reference::Reference;
use crate::operations::drift::set::Set;

/// Labels that only one of the two sets has.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct LabelSets {
    /// Labels that are shown.
    pub show: usize,
}

impl Default for LabelSets {
    fn default() -> Self {
        Self { show: 20 }
    }
}

impl Check for LabelSets {
    const ABOUT: About = About {
        name: "label_sets",
        title: "Label sets",
        definition: "Labels of the incoming set that the reference does not have: a model that learnt from the reference \
                     can't give them; and labels of the reference that the incoming set lacks.",
        family: Family::Comparison,
        needs: &[Need::Labels],
    };

    fn conditions() -> Vec<Condition> {
        vec![
            Condition::new("new_labels", Rule::AtMost, 0.0),
            Condition::new("missing_labels", Rule::AtMost, 0.0).or_warn(),
        ]
    }
}

impl PairCheck for LabelSets {
    fn run(&self, reference: &Reference, incoming: &Set, _context: &CheckContext<'_>) -> Result<Findings, CheckError> {
        let (Some(known), Some(came)) = (reference.label_counts(), incoming.label_counts()) else {
            return Err(CheckError::new("one of the sets has no labels"));
        };
        let only = |these: &crate::core::stats::Counts, those: &crate::core::stats::Counts| {
            let labels = these.counts.iter().filter(|(label, _)| those.of(label) == 0);
            labels.map(|(label, rows)| (label.clone(), *rows)).collect::<Vec<_>>()
        };
        let (new, missing) = (only(&came, &known), only(&known, &came));
        let measure = |name, number: usize| {
            #[expect(clippy::cast_precision_loss, reason = "labels are few")]
            let number = number as f64;
            Measure::new(name, number).from_n(Some(known.total()), Some(came.total()))
        };
        let mut measures = vec![measure("new_labels", new.len()), measure("missing_labels", missing.len())];
        for (measure, labels) in measures.iter_mut().zip([&new, &missing]) {
            let names: Vec<_> = labels.iter().take(self.show).map(|(label, _)| format!("`{label}`")).collect();
            measure.note = (!names.is_empty()).then(|| names.join(", "));
        }
        let mut findings = Findings { measures, ..Findings::default() };
        let shown = new.iter().chain(&missing);
        #[expect(clippy::cast_precision_loss, reason = "row counts are far below 2^52")]
        let bar = |label: &String| Bar {
            category: label.clone(),
            reference: Some(known.of(label) as f64),
            incoming: Some(came.of(label) as f64),
        };
        let bars: Vec<Bar> = shown.take(self.show).map(|(label, _)| bar(label)).collect();
        if !bars.is_empty() {
            let more = (new.len() + missing.len()).saturating_sub(bars.len()) as u64;
            let title = "Labels of one set only".to_owned();
            findings.exhibits.push(Exhibit::Bars(Bars { title, unit: "rows".to_owned(), bars, more }));
        }
        Ok(findings)
    }
}

#[cfg(test)]
mod tests {
    use tokio_util::sync::CancellationToken;

    use super::*;
    use crate::operations::drift::engines::Engines;
    use crate::operations::drift::set::samples::set_of;

    fn values(reference: [&str; 3], incoming: [&str; 3]) -> Vec<(Option<f64>, Option<String>)> {
        let texts = ["a", "b", "c"];
        let reference = Reference::Rows(Box::new(set_of(texts).with_labels(reference)));
        let incoming = set_of(texts).with_labels(incoming);
        let (cancel, engines) = (CancellationToken::new(), Engines::default());
        let context = CheckContext { seed: 42, cancel: &cancel, engines: &engines };
        let found = LabelSets::default().run(&reference, &incoming, &context).unwrap();
        found.measures.into_iter().map(|measure| (measure.value, measure.note)).collect()
    }

    #[test]
    fn labels_of_one_set_only_are_told_and_a_missing_label_is_none() {
        let named = |label: &str| Some(format!("`{label}`"));
        assert_eq!(
            values(["ham", "spam", ""], ["ham", "", "eggs"]),
            [(Some(1.0), named("eggs")), (Some(1.0), named("spam"))]
        );
        assert_eq!(values(["ham", "spam", ""], ["spam", "ham", "ham"]), [(Some(0.0), None), (Some(0.0), None)]);
    }
}
