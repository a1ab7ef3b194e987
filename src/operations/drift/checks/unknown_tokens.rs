//! What the model's tokenizer has no token for.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::shown::example;
use super::{About, Check, CheckContext, CheckError, Family, Findings, Need, OneSetCheck, tokenizer};
use crate::core::stats::{count_of, share};
use crate::operations::drift::condition::{Condition, Rule};
use crate::operations::drift::exhibit::{Exhibit, Word, Words};
use crate::operations::drift::outcome::{Measure, Which};
use crate::operations::drift::set::Set;

const UNKNOWN_SHARE: &str = "unknown_share";
const ROWS_OF_A_WORD: usize = 3;

/// What the model's tokenizer has no token for.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct UnknownTokens {
    /// Words that are shown.
    pub show: usize,
}

impl Default for UnknownTokens {
    fn default() -> Self {
        Self { show: 20 }
    }
}

impl Check for UnknownTokens {
    const ABOUT: About = About {
        name: "unknown_tokens",
        title: "Unknown tokens",
        definition: "The share of tokens that stand for something which the model's vocabulary does not have, of all tokens \
                     (pieces of words, special ones left out): emoji, foreign scripts, very long words. The model can't \
                     tell one from another.",
        family: Family::DataIntegrity,
        needs: &[Need::Tokenizer],
    };

    fn conditions() -> Vec<Condition> {
        vec![Condition::new(UNKNOWN_SHARE, Rule::AtMost, 0.0).or_warn()]
    }
}

impl OneSetCheck for UnknownTokens {
    fn run(&self, which: Which, set: &Set, context: &CheckContext<'_>) -> Result<Findings, CheckError> {
        let known = tokenizer::tokens(set, context.engines)?;
        let (mut tokens, mut unknown) = (0, 0);
        let mut places: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        for place in 0..set.len() {
            let (Some(text), Some(read)) = (set.text(place), set.read_text(known, place)) else { continue };
            tokens += count_of(read.tokens);
            unknown += count_of(read.unknown.len());
            for word in read.unknown.iter().filter_map(|bytes| text.get(bytes.clone())) {
                places.entry(word).or_default().push(place);
            }
        }
        let measures = vec![
            Measure::new(UNKNOWN_SHARE, share(unknown, tokens)).from_rows(which, tokens),
            Measure::from_count("unknown_words", places.len()).from_rows(which, count_of(set.len())),
        ];
        let mut findings = Findings { measures, ..Findings::default() };
        if !places.is_empty() {
            findings.exhibits.push(self.words(which, set, places));
        }
        Ok(findings)
    }
}

impl UnknownTokens {
    fn words(&self, which: Which, set: &Set, places: BTreeMap<&str, Vec<usize>>) -> Exhibit {
        let mut ranked: Vec<(&str, Vec<usize>)> = places.into_iter().collect();
        // Stable: equally frequent ones stay in their order.
        ranked.sort_by_key(|(_, places)| std::cmp::Reverse(places.len()));
        let more = count_of(ranked.len().saturating_sub(self.show));
        let words = ranked.into_iter().take(self.show).map(|(word, mut places)| {
            let count = Some(count_of(places.len()));
            places.dedup();
            let examples = places.iter().take(ROWS_OF_A_WORD).map(|place| example(which, set, *place, None)).collect();
            let (reference, incoming) = match which {
                Which::Reference => (count, None),
                Which::Incoming => (None, count),
            };
            Word { word: word.to_owned(), reference, incoming, weight: None, examples }
        });
        Exhibit::Words(Words { title: "What has no token".to_owned(), words: words.collect(), more })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::operations::drift::checks::planted::{Judged, one_with, value};
    use crate::operations::drift::checks::tokenizer::tests::tiny_engines;
    use crate::operations::drift::set::samples::set_of;
    use crate::operations::drift::verdict::Verdict;

    #[test]
    fn what_the_vocabulary_lacks_is_told_with_its_rows() {
        let (_folder, engines) = tiny_engines();
        let check = UnknownTokens::default();
        let Judged { findings, verdict } = one_with(&check, &set_of(["steel", "steel ☃ ☃", "☂"]), &engines).unwrap();
        assert!((value(&findings, UNKNOWN_SHARE) - 3.0 / 5.0).abs() < 1e-12, "{findings:?}");
        assert_eq!(verdict, Verdict::Warn);
        let Exhibit::Words(words) = &findings.exhibits[0] else { panic!("{findings:?}") };
        let found = &words.words[0];
        assert_eq!((found.word.as_str(), found.incoming, found.examples.len()), ("☃", Some(2), 1));
        let Judged { findings, verdict } = one_with(&check, &set_of(["steel steel", ""]), &engines).unwrap();
        assert_eq!((value(&findings, UNKNOWN_SHARE).to_bits(), verdict), (0, Verdict::Pass));
    }
}
