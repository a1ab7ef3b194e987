//! `.xlsx` and `.xlsm`: parts of XML in a zip archive, read by our own scanner.
//!
//! For: sheets, shared texts and number formats. Not for: formulas (their stored results are read), merged cells (the
//! value stays in the first), pictures, charts. The one decision: the sheets' XML is scanned here and not by calamine,
//! which fails whole workbooks for one macro sheet, can't tell a date from a time, and with which a large sheet took
//! twice as long.

mod relations;
mod sheet;
mod strings;
mod styles;
mod workbook;

use std::sync::Arc;

use super::super::error::TableError;
use super::super::package::Package;
use super::cells::Cells;
use super::number_format::Shown;
use super::part::{self, broken_part};
use super::serial::Epoch;
use super::texts::Texts;
use super::{Book, Sheet};
use sheet::SheetScan;
use workbook::{Directory, SheetEntry};

pub(super) use relations::root_document;
pub(super) use sheet::a1;

/// A workbook of which sheet after sheet is read.
pub(super) struct Xlsx {
    package: Package,
    directory: Directory,
    /// Texts that sheets share and formats of cells, read with the first sheet.
    loaded: Option<(Arc<Texts>, Vec<Shown>)>,
    next: usize,
}

impl Xlsx {
    /// Reads which sheets there are. `document` is the path of the workbook's part.
    ///
    /// # Errors
    /// When that can't be read.
    pub(super) fn open(mut package: Package, document: &str) -> Result<Self, TableError> {
        let directory = Directory::read(&mut package, document)?;
        Ok(Self { package, directory, loaded: None, next: 0 })
    }

    fn read(&mut self, entry: &SheetEntry) -> Result<Cells, TableError> {
        if self.loaded.is_none() {
            let texts = strings::read(&mut self.package, &self.directory.strings)?;
            self.loaded = Some((Arc::new(texts), styles::read(&mut self.package, &self.directory.styles)?));
        }
        let Some((shared, formats)) = &self.loaded else { return Ok(Cells::default()) };
        let mut cells = Cells::new(Arc::clone(shared));
        let Some(mut xml) = part::xml(&mut self.package, &entry.path)? else {
            return Err(TableError::Broken { what: format!("the sheet `{}` is missing from the file", entry.name) });
        };
        let mut scan = SheetScan::new(&mut cells, formats, self.directory.epoch);
        scan.run(&mut xml).map_err(|fault| match fault {
            sheet::Fault::Xml(fault) => broken_part(&entry.path, &fault),
            sheet::Fault::Cells(error) => error,
            sheet::Fault::Cell { what } => {
                TableError::Broken { what: format!("the sheet `{}` is broken: {what}", entry.name) }
            }
        })?;
        cells.settle();
        Ok(cells)
    }
}

impl Book for Xlsx {
    fn next_sheet(&mut self) -> Result<Option<Sheet>, TableError> {
        let Some(entry) = self.directory.sheets.get(self.next).cloned() else { return Ok(None) };
        self.next += 1;
        let cells = self.read(&entry)?;
        Ok(Some(Sheet { name: entry.name, visibility: entry.visibility, cells }))
    }

    fn epoch(&self) -> Epoch {
        self.directory.epoch
    }
}
