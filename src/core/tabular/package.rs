//! The zip archive that a workbook or a Word document is, with its limits checked before anything is unpacked.
//!
//! The one decision: the sizes in the archive's directory must stay within the limits, and no part may unpack to more
//! than its size there, so a bomb is refused before it goes off.

use std::collections::HashMap;
use std::io::{self, Read};

use zip::ZipArchive;

use super::error::TableError;
use super::input::ReadSeek;

/// Unpacked bytes of all parts at most.
const MOST: u64 = 1 << 30;
/// Unpacked bytes from which on the ratio is looked at.
const RATIO_FLOOR: u64 = 50 << 20;
/// Unpacked bytes for each packed one at most.
const RATIO: u64 = 200;

/// A zip archive with its parts by name.
pub(super) struct Package {
    zip: ZipArchive<Box<dyn ReadSeek>>,
    /// Place in the archive and unpacked size, by name in lower case with `/` between folders: some writers take
    /// neither case nor the slash seriously.
    parts: HashMap<String, (usize, u64)>,
}

impl Package {
    /// Reads the directory.
    ///
    /// # Errors
    /// When it is no zip archive, or unpacks to too much.
    pub(super) fn open(source: Box<dyn ReadSeek>) -> Result<Self, TableError> {
        let zip = ZipArchive::new(source).map_err(|fault| broken(&fault))?;
        let mut parts = HashMap::new();
        let (mut unpacked, mut packed) = (0_u64, 0_u64);
        for index in 0..zip.len() {
            let entry = zip.by_index_data(index).map_err(|fault| broken(&fault))?;
            unpacked = unpacked.saturating_add(entry.size());
            packed = packed.saturating_add(entry.compressed_size());
            if let Ok(name) = entry.name() {
                parts.insert(key(&name), (index, entry.size()));
            }
        }
        check(unpacked, packed)?;
        Ok(Self { zip, parts })
    }

    /// Whether a part has a name of which this is true; names are in lower case.
    pub(super) fn has_any(&self, is_it: impl Fn(&str) -> bool) -> bool {
        self.parts.keys().any(|name| is_it(name))
    }

    /// Whether there is a part of this name.
    pub(super) fn has(&self, name: &str) -> bool {
        self.parts.contains_key(&key(name))
    }

    /// The bytes of a part; `None`: there is none.
    ///
    /// # Errors
    /// When it can't be unpacked.
    pub(super) fn part(&mut self, name: &str) -> Result<Option<impl Read + '_>, TableError> {
        let Some((index, size)) = self.parts.get(&key(name)).copied() else { return Ok(None) };
        let part = self.zip.by_index(index).map_err(|fault| match fault {
            zip::result::ZipError::UnsupportedArchive(zip::result::ZipError::PASSWORD_REQUIRED) => {
                TableError::Protected
            }
            other => broken(&other),
        })?;
        Ok(Some(Part { packed: part, left: size }))
    }
}

/// A part as it is unpacked: as long as the directory says, with the checksum that stands there.
struct Part<R> {
    packed: R,
    left: u64,
}

impl<R: Read> Read for Part<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if self.left == 0 && !into.is_empty() {
            // The checksum is compared at the end, which must have been asked for.
            return match self.packed.read(&mut [0])? {
                0 => Ok(0),
                _ => Err(io::Error::new(io::ErrorKind::InvalidData, "it unpacks to more than the archive says")),
            };
        }
        let most = usize::try_from(self.left).unwrap_or(usize::MAX).min(into.len());
        let read = self.packed.read(&mut into[..most])?;
        self.left -= read as u64;
        Ok(read)
    }
}

fn check(unpacked: u64, packed: u64) -> Result<(), TableError> {
    if unpacked > MOST {
        let what = format!("unpacking it to {} MiB", unpacked >> 20);
        return Err(TableError::Limit { what, limit: "1 GiB".to_owned() });
    }
    if unpacked > RATIO_FLOOR && unpacked / packed.max(1) > RATIO {
        let what = format!("unpacking it to {} times its size", unpacked / packed.max(1));
        return Err(TableError::Limit { what, limit: format!("{RATIO} times, above 50 MiB") });
    }
    Ok(())
}

fn key(name: &str) -> String {
    name.replace('\\', "/").trim_start_matches('/').to_lowercase()
}

fn broken(fault: &zip::result::ZipError) -> TableError {
    TableError::Broken { what: format!("the zip archive is broken: {fault}") }
}

#[cfg(test)]
mod tests {
    use std::io::{Cursor, Write};

    use super::*;
    use crate::core::tabular::showing;

    #[test]
    fn a_damaged_part_is_no_part() {
        let mut archive = zip::ZipWriter::new(Cursor::new(Vec::new()));
        let stored = zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
        archive.start_file("a.xml", stored).unwrap();
        archive.write_all(b"<a>12345</a>").unwrap();
        let good = archive.finish().unwrap().into_inner();
        let mut bad = good.clone();
        let at = memchr::memmem::find(&bad, b"12345").unwrap();
        bad[at] = b'9';
        let read = |bytes: &[u8]| {
            let mut package = Package::open(showing::input(bytes).seekable().unwrap()).unwrap();
            let mut text = String::new();
            package.part("A.xml").unwrap().unwrap().read_to_string(&mut text).map(|_| text)
        };
        assert_eq!(read(&good).unwrap(), "<a>12345</a>");
        assert!(read(&bad).is_err());
    }
}
