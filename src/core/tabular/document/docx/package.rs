//! The package of a Word document: a zip archive whose parts name each other by relationships.

use std::io::{BufRead, BufReader, Read};

use zip::ZipArchive;
use zip::result::ZipError;

use super::xml::{Node, attribute, is_cancelled, walk};
use crate::core::tabular::error::TableError;
use crate::core::tabular::input::{Input, InputError, ReadSeek};

/// Bytes of all parts unpacked, at most.
const MAX_UNPACKED: u64 = 1 << 30;
/// Unpacked bytes per packed byte at most, beyond [`RATIO_FLOOR`].
const MAX_RATIO: u64 = 200;
/// Unpacked bytes after which the ratio is looked at.
const RATIO_FLOOR: u64 = 50 << 20;

/// A Word document as an archive.
pub(super) struct Package {
    archive: ZipArchive<Box<dyn ReadSeek>>,
    /// Name of the main part.
    main: String,
    /// What the main part refers to: type and name.
    parts: Vec<(String, String)>,
}

impl Package {
    /// Opens it and finds the main part.
    ///
    /// # Errors
    /// When it is no archive, or unfolds beyond the limits.
    pub(super) fn open(input: &Input) -> Result<Self, TableError> {
        let mut archive = ZipArchive::new(input.seekable()?).map_err(broken)?;
        check_sizes(&mut archive, input.size_bytes())?;
        let found = relationships(&mut archive, "", "_rels/.rels")?;
        let main = found.into_iter().find(|(kind, _)| kind.ends_with("/officeDocument"));
        let main = main.map_or_else(|| "word/document.xml".to_owned(), |(_, name)| name);
        let (folder, file) = main.rsplit_once('/').unwrap_or(("", &main));
        let parts = relationships(&mut archive, folder, &format!("{folder}/_rels/{file}.rels"))?;
        Ok(Self { archive, main, parts })
    }

    /// The main part.
    ///
    /// # Errors
    /// When there is none.
    pub(super) fn document(&mut self) -> Result<impl BufRead, TableError> {
        let missing = || TableError::Broken { what: format!("the document has no part `{}`", self.main) };
        let index = self.archive.index_for_name(&self.main).ok_or_else(missing)?;
        part(&mut self.archive, index)
    }

    /// The part that the main part refers to by a type that ends like this; `None`: there is none.
    ///
    /// # Errors
    /// When it can't be unpacked.
    pub(super) fn part_of_type(&mut self, kind: &str) -> Result<Option<impl BufRead>, TableError> {
        let found = self.parts.iter().find(|(of_kind, _)| of_kind.ends_with(kind));
        let Some(index) = found.and_then(|(_, name)| self.archive.index_for_name(name)) else { return Ok(None) };
        part(&mut self.archive, index).map(Some)
    }
}

/// Never more than the directory says, whatever the packed data unfold to.
fn part(archive: &mut ZipArchive<Box<dyn ReadSeek>>, index: usize) -> Result<impl BufRead, TableError> {
    let file = archive.by_index(index).map_err(broken)?;
    let size = file.size();
    Ok(BufReader::new(file.take(size)))
}

fn check_sizes(archive: &mut ZipArchive<Box<dyn ReadSeek>>, packed: u64) -> Result<(), TableError> {
    let mut unpacked = 0_u64;
    for index in 0..archive.len() {
        unpacked = unpacked.saturating_add(archive.by_index_raw(index).map_err(broken)?.size());
    }
    let limit = if unpacked > MAX_UNPACKED {
        format!("{} MiB", MAX_UNPACKED >> 20)
    } else if unpacked > RATIO_FLOOR && unpacked > packed.saturating_mul(MAX_RATIO) {
        format!("{MAX_RATIO} times its size")
    } else {
        return Ok(());
    };
    Err(TableError::Limit { what: format!("the unpacked document of {} MiB", unpacked >> 20), limit })
}

/// Types and names of the parts that a part refers to; names as they stand in the archive.
fn relationships(
    archive: &mut ZipArchive<Box<dyn ReadSeek>>,
    folder: &str,
    name: &str,
) -> Result<Vec<(String, String)>, TableError> {
    let mut found = Vec::new();
    let Some(index) = archive.index_for_name(name.trim_start_matches('/')) else { return Ok(found) };
    walk(part(archive, index)?, |node| {
        if let Node::Begin("Relationship", start) = node
            && let Some(kind) = attribute(start, "Type")
            && let Some(target) = attribute(start, "Target")
        {
            let name = match target.strip_prefix('/') {
                Some(absolute) => absolute.to_owned(),
                None if folder.is_empty() => target,
                None => format!("{folder}/{target}"),
            };
            found.push((kind, name));
        }
        Ok(())
    })?;
    Ok(found)
}

fn broken(error: ZipError) -> TableError {
    match error {
        ZipError::Io(error) if is_cancelled(&error) => TableError::Input(InputError::Cancelled),
        ZipError::UnsupportedArchive(what) if what == ZipError::PASSWORD_REQUIRED => TableError::Protected,
        error => TableError::Broken { what: format!("the document can't be unpacked: {error}") },
    }
}
