//! Texts that are longer than a model reads.

use serde::{Deserialize, Serialize};

use super::shown::example;
use super::{About, Check, CheckContext, CheckError, Family, Findings, OneSetCheck, tokenizer};
use crate::core::stats::{Distribution, count_of, histogram, real, share};
use crate::core::text::comparable::ComparableWords;
use crate::operations::drift::condition::{Condition, Rule};
use crate::operations::drift::engines::Engines;
use crate::operations::drift::exhibit::{self, Examples, Exhibit, Mark};
use crate::operations::drift::outcome::{Measure, Which};
use crate::operations::drift::set::{Set, Tokens};

const TOO_LONG_SHARE: &str = "too_long_share";
const BINS: usize = 40;

/// Texts that are longer than a model reads.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct LongTexts {
    /// Tokens that a model reads, special ones included; `null`: those that the embedder reads.
    pub max_tokens: Option<usize>,
    /// Words that a model reads, where there is no tokenizer: about as many as 256 tokens.
    pub max_words: usize,
    /// Rows that are shown.
    pub show: usize,
}

impl Default for LongTexts {
    fn default() -> Self {
        Self { max_tokens: None, max_words: 200, show: 10 }
    }
}

impl Check for LongTexts {
    const ABOUT: About = About {
        name: "long_texts",
        title: "Texts that are too long",
        definition: "The share of rows whose text has more tokens than the model reads, so that its end is not looked at. \
                     Without a tokenizer words are counted, of which a model for 256 tokens reads about 200.",
        family: Family::DataIntegrity,
        needs: &[],
    };

    fn conditions() -> Vec<Condition> {
        vec![Condition::new(TOO_LONG_SHARE, Rule::AtMost, 0.05).or_warn()]
    }
}

/// What a length is counted in, and where it ends.
struct Ruler<'s> {
    set: &'s Set,
    tokens: Option<&'s Tokens>,
    most: usize,
}

impl<'s> Ruler<'s> {
    fn of(check: &LongTexts, set: &'s Set, engines: &Engines) -> Result<Self, CheckError> {
        let (Some(most), Some(_)) = (check.max_tokens.or(engines.max_tokens), &engines.model_folder) else {
            return Ok(Self { set, tokens: None, most: check.max_words });
        };
        let tokens = tokenizer::tokens(set, engines)?;
        Ok(Self { set, tokens: Some(tokens), most: most.saturating_sub(tokens.special) })
    }

    fn unit(&self) -> &'static str {
        if self.tokens.is_some() { "tokens" } else { "words" }
    }

    /// The length of the text of the row at a place; `None` where it is missing.
    fn length(&self, place: usize) -> Option<usize> {
        match self.tokens {
            Some(tokens) => Some(self.set.read_text(tokens, place)?.tokens),
            None => Some(ComparableWords::of(self.set.text(place)?).len()),
        }
    }
}

impl OneSetCheck for LongTexts {
    fn run(&self, which: Which, set: &Set, context: &CheckContext<'_>) -> Result<Findings, CheckError> {
        let ruler = Ruler::of(self, set, context.engines)?;
        let lengths: Vec<(usize, usize)> =
            (0..set.len()).filter_map(|place| Some((place, ruler.length(place)?))).collect();
        let mut long: Vec<(usize, usize)> =
            lengths.iter().copied().filter(|(_, length)| *length > ruler.most).collect();
        long.sort_by_key(|(_, length)| std::cmp::Reverse(*length));
        let rows = count_of(lengths.len());
        let measure = Measure::new(TOO_LONG_SHARE, share(count_of(long.len()), rows))
            .by(ruler.unit())
            .from_rows(which, rows)
            .noting(format!("more than {} {}", ruler.most, ruler.unit()));
        let mut findings = Findings { measures: vec![measure], ..Findings::default() };
        findings.exhibits.extend(distribution(which, &lengths, &ruler));
        if !long.is_empty() {
            let note = |length: &usize| Some(format!("{length} {}", ruler.unit()));
            let shown = long.iter().take(self.show);
            let rows: Vec<_> = shown.map(|(place, length)| example(which, set, *place, note(length))).collect();
            let more = count_of(long.len() - rows.len());
            findings.exhibits.push(Exhibit::Examples(Examples { title: "The longest texts".to_owned(), rows, more }));
        }
        Ok(findings)
    }
}

fn distribution(which: Which, lengths: &[(usize, usize)], ruler: &Ruler<'_>) -> Option<Exhibit> {
    let lengths = Distribution::from_values(lengths.iter().map(|(_, length)| real(count_of(*length))));
    let nothing = Distribution::default();
    let (reference, incoming) = match which {
        Which::Reference => (&lengths, &nothing),
        Which::Incoming => (&nothing, &lengths),
    };
    let bins = histogram(reference, incoming, BINS)?;
    let side = |side: Which, rows: Vec<u64>| if side == which { rows } else { Vec::new() };
    Some(Exhibit::Distribution(exhibit::Distribution {
        title: format!("Length of texts in {}", ruler.unit()),
        column: "text".to_owned(),
        edges: bins.edges,
        reference: side(Which::Reference, bins.reference),
        incoming: side(Which::Incoming, bins.incoming),
        marks: vec![Mark { at: real(count_of(ruler.most)), label: "most that is read".to_owned() }],
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::operations::drift::checks::planted::{Judged, one, one_with, value};
    use crate::operations::drift::checks::tokenizer::tests::tiny_engines;
    use crate::operations::drift::set::samples::set_of;
    use crate::operations::drift::verdict::Verdict;

    #[test]
    fn planted_long_texts_are_found_by_words_where_there_is_no_tokenizer() {
        for (planted, verdict) in [(0, Verdict::Pass), (5, Verdict::Pass), (6, Verdict::Warn)] {
            let texts: Vec<String> =
                (0..100).map(|row| "word ".repeat(if row < planted { 201 } else { 200 })).collect();
            let Judged { findings, verdict: found } =
                one(&LongTexts::default(), &set_of(texts.iter().map(String::as_str))).unwrap();
            assert!((value(&findings, TOO_LONG_SHARE) - f64::from(planted) / 100.0).abs() < 1e-12);
            assert_eq!(found, verdict);
        }
    }

    #[test]
    fn tokens_are_counted_with_room_for_special_ones() {
        let (_folder, engines) = tiny_engines();
        let check = LongTexts { max_tokens: Some(5), ..LongTexts::default() };
        let set = set_of(["steel steel steel", "steel steel steel steel"]);
        let Judged { findings, .. } = one_with(&check, &set, &engines).unwrap();
        assert!((value(&findings, TOO_LONG_SHARE) - 0.5).abs() < 1e-12, "{findings:?}");
        assert_eq!(findings.measures[0].statistic.as_deref(), Some("tokens"));
    }
}
