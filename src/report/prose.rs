//! Sentences with names in backticks, taken apart so that a template can set the names apart.

/// A piece of a sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Piece {
    /// The text, without backticks.
    pub(super) text: String,
    /// Whether it stood in backticks.
    pub(super) code: bool,
}

/// A sentence for a template.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Prose(pub(super) Vec<Piece>);

impl Prose {
    /// Takes a sentence apart; where backticks have no partner (names may hold them), it stays in one piece.
    pub(super) fn new(sentence: &str) -> Self {
        let whole = || vec![Piece { text: sentence.to_owned(), code: false }];
        if !sentence.matches('`').count().is_multiple_of(2) {
            return Self(whole());
        }
        let pieces = sentence.split('`').enumerate();
        let pieces = pieces.map(|(index, text)| Piece { text: text.to_owned(), code: index % 2 == 1 });
        Self(pieces.filter(|piece| !piece.text.is_empty()).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_in_backticks_are_pieces_of_their_own() {
        let pieces = Prose::new("Column `a` holds `NA`.").0;
        let code: Vec<_> = pieces.iter().filter(|piece| piece.code).map(|piece| piece.text.as_str()).collect();
        assert_eq!(code, ["a", "NA"]);
        assert_eq!(Prose::new("Column `a`b` is odd.").0.len(), 1);
    }
}
