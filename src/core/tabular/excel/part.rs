//! Parts of a workbook's package as XML.

use super::xml::{XmlFault, XmlScanner};
use crate::core::tabular::error::TableError;
use crate::core::tabular::package::Package;

/// The XML of a part; `None`: there is none.
///
/// # Errors
/// When it can't be unpacked.
pub(super) fn xml<'a>(package: &'a mut Package, name: &str) -> Result<Option<XmlScanner<'a>>, TableError> {
    let Some(part) = package.part(name)? else { return Ok(None) };
    XmlScanner::new(part).map(Some).map_err(|fault| broken_part(name, &fault))
}

/// A part that is not as it should be.
pub(super) fn broken_part(name: &str, fault: &XmlFault) -> TableError {
    TableError::Broken { what: format!("`{name}` is broken: {fault}") }
}
