//! Formulas as a line of text: what only the layout shows is written out, `(a)/(b)`, `x^(2)`, `∑_(i)`.

use quick_xml::events::BytesStart;

use super::xml::attribute;

/// The brackets and signs of the formulas that are open.
#[derive(Debug, Default)]
pub(super) struct Math {
    brackets: Vec<Brackets>,
    sign: Option<String>,
}

/// Brackets that grow with what is inside; the signs are round where the document does not say.
#[derive(Debug)]
struct Brackets {
    open: Option<String>,
    close: String,
}

impl Math {
    /// What a start tag adds to the text.
    pub(super) fn begin(&mut self, element: &str, start: &BytesStart<'_>) -> Option<String> {
        let value = || attribute(start, "val");
        match element {
            "num" | "den" => return Some("(".to_owned()),
            "sup" => return Some("^(".to_owned()),
            "sub" => return Some("_(".to_owned()),
            "d" => self.brackets.push(Brackets { open: Some("(".to_owned()), close: ")".to_owned() }),
            "begChr" => self.brackets.last_mut()?.open = value(),
            "endChr" => self.brackets.last_mut()?.close = value()?,
            // The first part of what is in brackets.
            "e" => return self.brackets.last_mut()?.open.take(),
            "naryPr" => self.sign = Some("∫".to_owned()),
            "chr" if self.sign.is_some() => self.sign = value(),
            _ => {}
        }
        None
    }

    /// What an end tag adds to the text.
    pub(super) fn end(&mut self, element: &str) -> Option<String> {
        match element {
            "num" => Some(")/".to_owned()),
            "den" | "sup" | "sub" => Some(")".to_owned()),
            "d" => Some(self.brackets.pop()?.close),
            "naryPr" => self.sign.take(),
            _ => None,
        }
    }
}
