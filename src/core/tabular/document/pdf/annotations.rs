//! What is written on a page rather than in it: values of form fields, text boxes, stamps.
//!
//! Not for: comments, links and buttons, which are about the page. Passwords and what is hidden are left out.

use pdf_oxide::PdfDocument;
use pdf_oxide::object::Object;

use super::objects::{Dictionary, Objects};

/// Flags of an annotation that a reader does not see: invisible, hidden, not viewed.
const UNSEEN: i64 = 0x1 | 0x2 | 0x20;
/// The flag of a text field that holds a password.
const PASSWORD: i64 = 1 << 13;
/// Levels of fields at most.
const MAX_DEPTH: usize = 16;

/// The texts in the order of the page's list.
pub(super) fn texts(document: &PdfDocument, page: usize) -> Vec<String> {
    let objects = Objects(document);
    let Ok(Object::Dictionary(page)) = document.get_page(page) else { return Vec::new() };
    let annotations = objects.array(page.get("Annots"));
    let dictionaries = annotations.iter().filter_map(|annotation| objects.dictionary(Some(annotation)));
    dictionaries.filter_map(|annotation| text(objects, annotation)).filter(|text| !text.trim().is_empty()).collect()
}

fn text(objects: Objects<'_>, annotation: Dictionary) -> Option<String> {
    if annotation.get("F").and_then(Object::as_integer).unwrap_or(0) & UNSEEN != 0 {
        return None;
    }
    match annotation.get("Subtype")?.as_name()? {
        "FreeText" | "Stamp" => objects.text(annotation.get("Contents")),
        "Widget" => field_value(objects, annotation),
        _ => None,
    }
}

/// What a field does not say itself, the field above it says.
fn field_value(objects: Objects<'_>, field: Dictionary) -> Option<String> {
    let (mut value, mut kind, mut flags) = (None, None, None);
    let mut next = Some(field);
    for _ in 0..MAX_DEPTH {
        let Some(field) = next else { break };
        value = value.or_else(|| field.get("V").cloned());
        kind = kind.or_else(|| field.get("FT").and_then(Object::as_name).map(str::to_owned));
        flags = flags.or_else(|| field.get("Ff").and_then(Object::as_integer));
        next = objects.dictionary(field.get("Parent"));
    }
    match kind.as_deref() {
        Some("Tx") if flags.unwrap_or(0) & PASSWORD != 0 => None,
        Some("Tx" | "Ch") => match objects.resolve(&value?)? {
            Object::Array(chosen) => {
                let chosen: Vec<_> = chosen.iter().filter_map(|choice| objects.text(Some(choice))).collect();
                Some(chosen.join("\n"))
            }
            value => objects.text(Some(&value)),
        },
        _ => None,
    }
}
