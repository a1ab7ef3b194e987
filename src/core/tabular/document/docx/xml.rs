//! The events of an XML part: elements by local name, text with its references resolved.

use std::io::BufRead;

use quick_xml::XmlVersion;
use quick_xml::events::{BytesRef, BytesStart, Event};
use quick_xml::reader::Reader;

use crate::core::tabular::error::TableError;
use crate::core::tabular::input::InputError;

/// A piece of an XML part. Prefixes are left out: they are the producer's choice.
pub(super) enum Node<'a> {
    /// A start tag; an empty element is a start and an end.
    Begin(&'a str, &'a BytesStart<'a>),
    /// An end tag.
    End(&'a str),
    /// Text.
    Text(&'a str),
}

/// Shows every piece of a part in order.
///
/// # Errors
/// When it is not well-formed, or whoever is shown a piece says so.
pub(super) fn walk(
    part: impl BufRead,
    mut show: impl FnMut(Node<'_>) -> Result<(), TableError>,
) -> Result<(), TableError> {
    let mut reader = Reader::from_reader(part);
    reader.config_mut().expand_empty_elements = true;
    let mut buffer = Vec::new();
    loop {
        buffer.clear();
        match reader.read_event_into(&mut buffer).map_err(|error| broken(&error))? {
            Event::Start(start) => show(Node::Begin(start.local_name().as_ref(), &start))?,
            Event::End(end) => show(Node::End(end.local_name().as_ref()))?,
            Event::Text(text) => show(Node::Text(&text.xml10_content()))?,
            Event::CData(text) => show(Node::Text(&text.xml10_content()))?,
            Event::GeneralRef(reference) => show(Node::Text(resolve(&reference)?.encode_utf8(&mut [0; 4])))?,
            Event::Eof => return Ok(()),
            Event::Empty(_) | Event::Comment(_) | Event::Decl(_) | Event::PI(_) | Event::DocType(_) => {}
        }
    }
}

/// The value of an attribute by its local name.
pub(super) fn attribute(start: &BytesStart<'_>, name: &str) -> Option<String> {
    let attribute = start.attributes().flatten().find(|attribute| attribute.key.local_name().as_ref() == name)?;
    Some(attribute.normalized_value(XmlVersion::Explicit1_0).ok()?.into_owned())
}

/// Entities of their own are not expanded: a part of an Office document has none.
fn resolve(reference: &BytesRef<'_>) -> Result<char, TableError> {
    if let Some(c) = reference.resolve_char_ref().map_err(|error| broken(&error))? {
        return Ok(c);
    }
    Ok(match reference.as_ref() {
        "amp" => '&',
        "lt" => '<',
        "gt" => '>',
        "quot" => '"',
        "apos" => '\'',
        other => return Err(TableError::Broken { what: format!("the document uses the unknown entity `{other}`") }),
    })
}

fn broken(error: &quick_xml::Error) -> TableError {
    if let quick_xml::Error::Io(error) = error
        && is_cancelled(error)
    {
        return TableError::Input(InputError::Cancelled);
    }
    TableError::Broken { what: format!("the document is not well-formed: {error}") }
}

/// Whether reading ended because somebody asked for it.
pub(super) fn is_cancelled(error: &std::io::Error) -> bool {
    error.get_ref().and_then(|error| error.downcast_ref()).is_some_and(|error| matches!(error, InputError::Cancelled))
}
