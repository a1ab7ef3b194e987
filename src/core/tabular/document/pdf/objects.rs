//! The objects of a PDF beneath the parser's own functions.

use std::collections::HashMap;

use pdf_oxide::PdfDocument;
use pdf_oxide::object::Object;
use pdf_oxide::optional_content::decode_pdf_text_string;

/// A dictionary of a PDF.
pub(super) type Dictionary = HashMap<String, Object>;

/// Follows references.
#[derive(Clone, Copy)]
pub(super) struct Objects<'a>(pub(super) &'a PdfDocument);

impl Objects<'_> {
    /// The object itself, if it is a reference to one.
    pub(super) fn resolve(self, object: &Object) -> Option<Object> {
        match object {
            Object::Reference(reference) => self.0.load_object(*reference).ok(),
            direct => Some(direct.clone()),
        }
    }

    /// The dictionary, direct or referred to.
    pub(super) fn dictionary(self, object: Option<&Object>) -> Option<Dictionary> {
        match self.resolve(object?)? {
            Object::Dictionary(dictionary) => Some(dictionary),
            _ => None,
        }
    }

    /// The array, direct or referred to; empty if there is none.
    pub(super) fn array(self, object: Option<&Object>) -> Vec<Object> {
        match object.and_then(|object| self.resolve(object)) {
            Some(Object::Array(array)) => array,
            _ => Vec::new(),
        }
    }

    /// The text, direct or referred to, in whichever of the encodings of the standard.
    pub(super) fn text(self, object: Option<&Object>) -> Option<String> {
        Some(decode_pdf_text_string(self.resolve(object?)?.as_string()?))
    }
}
