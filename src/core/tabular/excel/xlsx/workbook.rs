//! The workbook's own part: its sheets in order, and where its days begin.

use super::super::part::{self, broken_part};
use super::super::serial::Epoch;
use super::super::xml::{Tag, Token};
use super::relations::{self, Relation};
use crate::core::tabular::error::TableError;
use crate::core::tabular::package::Package;
use crate::core::tabular::report::Visibility;

/// What a workbook says about itself.
#[derive(Debug)]
pub(super) struct Directory {
    /// Sheets of cells, in the order of their tabs.
    pub(super) sheets: Vec<SheetEntry>,
    pub(super) epoch: Epoch,
    /// Path of the texts that sheets share.
    pub(super) strings: String,
    /// Path of the formats.
    pub(super) styles: String,
}

/// A sheet of cells.
#[derive(Debug, Clone)]
pub(super) struct SheetEntry {
    pub(super) name: String,
    pub(super) visibility: Visibility,
    pub(super) path: String,
}

impl Directory {
    pub(super) fn read(package: &mut Package, document: &str) -> Result<Self, TableError> {
        let relations = relations::read(package, document)?;
        let folder = document.rsplit_once('/').map_or(String::new(), |(folder, _)| format!("{folder}/"));
        let part = |kind: &str, usual: &str| match relations.iter().find(|relation| relation.kind == kind) {
            Some(relation) => relation.path.clone(),
            None => format!("{folder}{usual}"),
        };
        let (strings, styles) = (part("sharedStrings", "sharedStrings.xml"), part("styles", "styles.xml"));
        let mut directory = Self { sheets: Vec::new(), epoch: Epoch::Since1900, strings, styles };
        let Some(mut xml) = part::xml(package, document)? else {
            return Err(TableError::Broken { what: format!("`{document}` is missing from the file") });
        };
        loop {
            match xml.next().map_err(|fault| broken_part(document, &fault))? {
                Token::Start(tag) if tag.name == b"sheet" => directory.sheets.extend(sheet(tag, &relations)?),
                Token::Start(tag) if tag.name == b"workbookPr" => {
                    if matches!(tag.attribute(b"date1904"), Some(b"1" | b"true" | b"on")) {
                        directory.epoch = Epoch::Since1904;
                    }
                }
                Token::Eof => return Ok(directory),
                _ => {}
            }
        }
    }
}

/// A sheet of cells; `None`: it is one of charts, dialogs or macros.
fn sheet(tag: Tag<'_>, relations: &[Relation]) -> Result<Option<SheetEntry>, TableError> {
    let name = tag.text(b"name").unwrap_or_default();
    let id = tag.text(b"id").unwrap_or_default();
    let Some(relation) = relations.iter().find(|relation| relation.id == id) else {
        return Err(TableError::Broken { what: format!("the workbook does not say where its sheet `{name}` is") });
    };
    if relation.kind != "worksheet" {
        return Ok(None);
    }
    let visibility = match tag.attribute(b"state") {
        Some(b"hidden") => Visibility::Hidden,
        Some(b"veryHidden") => Visibility::VeryHidden,
        _ => Visibility::Visible,
    };
    Ok(Some(SheetEntry { name, visibility, path: relation.path.clone() }))
}
