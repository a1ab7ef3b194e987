//! The text of a page out of its pieces.
//!
//! For: lines and words from where the pieces stand. The one decision: pieces are read in the order in which the
//! producer wrote them, which is the order of reading in what word processors and typesetters make, columns included.
//! The parser's own assembly sorts them by their places instead: on the pages that we measured it drops some of them and
//! shuffles lines. It is used where the order of writing is not that of reading: text from right to left, in vertical
//! lines, or turned.

use pdf_oxide::PdfDocument;
use pdf_oxide::converters::ConversionOptions;
use pdf_oxide::geometry::Rect;
use pdf_oxide::layout::TextSpan;

/// Pieces of one character that tell vertical writing, at least.
const VERTICAL_PIECES: usize = 8;

/// The text of a page, from 0.
///
/// # Errors
/// When the parser can't read it.
pub(super) fn text(document: &PdfDocument, page: usize) -> pdf_oxide::Result<String> {
    let mut spans = document.extract_spans(page)?;
    if is_turned(&spans) || is_right_to_left(&spans) || is_vertical(&spans) {
        // Tables are told from drawn lines, which takes time and pads cells with spaces.
        let options = ConversionOptions { extract_tables: false, include_form_fields: false, ..Default::default() };
        return document.extract_text_with_options(page, &options);
    }
    spans.sort_by_key(|span| span.sequence);
    let mut text = String::new();
    let mut before: Option<Rect> = None;
    for span in spans.iter().filter(|span| !span.text.is_empty()) {
        if let Some(before) = before {
            part(&mut text, Gap::between(before, span.bbox), &span.text);
        }
        text.push_str(&span.text);
        before = Some(span.bbox);
    }
    Ok(text)
}

/// What lies between two pieces that follow each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Gap {
    /// They touch.
    None,
    Space,
    Line,
    Paragraph,
}

impl Gap {
    /// In units of the taller piece; 0 is the bottom of the page.
    fn between(before: Rect, after: Rect) -> Self {
        let unit = before.height.max(after.height).max(1.0);
        let shared = (before.y + before.height).min(after.y + after.height) - before.y.max(after.y);
        let on_one_line = shared > 0.4 * before.height.min(after.height);
        let right = (after.x - (before.x + before.width)) / unit;
        let down = (before.y - (after.y + after.height)) / unit;
        match (on_one_line, right, down) {
            (true, 0.15.., _) => Self::Space,
            (true, -1.0.., _) => Self::None,
            (false, _, 0.8..) => Self::Paragraph,
            _ => Self::Line,
        }
    }
}

fn part(text: &mut String, gap: Gap, next: &str) {
    match gap {
        Gap::None => {}
        Gap::Space => {
            if !text.ends_with(char::is_whitespace) && !next.starts_with(char::is_whitespace) {
                text.push(' ');
            }
        }
        Gap::Line | Gap::Paragraph => {
            text.truncate(text.trim_end_matches(' ').len());
            text.push_str(if gap == Gap::Line { "\n" } else { "\n\n" });
        }
    }
}

/// Whether more than half of the text runs in another direction than from left to right.
fn is_turned(spans: &[TextSpan]) -> bool {
    let turned = spans.iter().filter(|span| span.rotation_degrees.abs() > 1.0);
    turned.map(|span| span.text.len()).sum::<usize>() * 2 > spans.iter().map(|span| span.text.len()).sum()
}

/// Whether there is Hebrew, Arabic or another script of their direction.
fn is_right_to_left(spans: &[TextSpan]) -> bool {
    let is_of_it = |c| matches!(c, '\u{590}'..='\u{8ff}' | '\u{fb1d}'..='\u{fdff}' | '\u{fe70}'..='\u{feff}');
    spans.iter().any(|span| span.text.chars().any(is_of_it))
}

/// Whether Chinese or Japanese stands character by character, as in vertical lines.
fn is_vertical(spans: &[TextSpan]) -> bool {
    let is_han_or_kana = |c| matches!(c, '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}' | '\u{f900}'..='\u{faff}');
    let pieces: Vec<_> = spans.iter().filter(|span| span.text.chars().any(is_han_or_kana)).collect();
    let single = pieces.iter().filter(|span| span.text.trim().chars().count() == 1).count();
    single >= VERTICAL_PIECES && single * 2 >= pieces.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rect(x: f32, y: f32, width: f32) -> Rect {
        Rect { x, y, width, height: 10.0 }
    }

    #[test]
    fn pieces_are_parted_by_where_they_stand() {
        let before = rect(100.0, 500.0, 50.0);
        assert_eq!(Gap::between(before, rect(150.5, 500.0, 20.0)), Gap::None);
        assert_eq!(Gap::between(before, rect(153.0, 500.0, 20.0)), Gap::Space);
        assert_eq!(Gap::between(before, rect(100.0, 488.0, 20.0)), Gap::Line);
        assert_eq!(Gap::between(before, rect(100.0, 470.0, 20.0)), Gap::Paragraph);
        // The next column begins at the top.
        assert_eq!(Gap::between(before, rect(300.0, 700.0, 20.0)), Gap::Line);
        // A raised piece stays on its line.
        assert_eq!(Gap::between(before, rect(150.0, 504.0, 5.0)), Gap::None);
    }
}
