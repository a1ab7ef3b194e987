//! The tokens of all texts as numbers, in a scratch file: texts are read once, and counted from here.
//!
//! The file has no name: it goes with the process.

use std::fs::File;
use std::io::{self, BufReader, BufWriter, Read, Seek, SeekFrom, Write};
use std::path::Path;

use super::words::UNKNOWN;

const BUFFER_BYTES: usize = 1 << 18;
/// Stands for the end of a unit.
const END_MARK: u32 = u32::MAX;
/// Stands for a word that is unknown whatever the vocabulary will be.
const UNKNOWN_MARK: u32 = u32::MAX - 1;

/// Takes tokens.
#[derive(Debug)]
pub(super) struct TokenLog {
    file: BufWriter<File>,
    /// Words of units, without their ends.
    pub(super) words: u64,
    /// Units.
    pub(super) units: u64,
    /// Words that are unknown whatever the vocabulary will be.
    pub(super) unknown: u64,
}

impl TokenLog {
    /// Nothing yet.
    ///
    /// # Errors
    /// When there can be no file in the folder.
    pub(super) fn new(folder: &Path) -> io::Result<Self> {
        let file = BufWriter::with_capacity(BUFFER_BYTES, tempfile::tempfile_in(folder)?);
        Ok(Self { file, words: 0, units: 0, unknown: 0 })
    }

    /// Takes a word by its number; `None`: one that is unknown whatever the vocabulary will be.
    ///
    /// # Errors
    /// When it can't be written.
    pub(super) fn word(&mut self, number: Option<u32>) -> io::Result<()> {
        self.words += 1;
        self.unknown += u64::from(number.is_none());
        self.file.write_all(&number.unwrap_or(UNKNOWN_MARK).to_le_bytes())
    }

    /// Takes the end of a unit.
    ///
    /// # Errors
    /// When it can't be written.
    pub(super) fn end(&mut self) -> io::Result<()> {
        self.units += 1;
        self.file.write_all(&END_MARK.to_le_bytes())
    }

    /// Hands out all units, each word under the number that `numbers` has for it.
    ///
    /// # Errors
    /// When they can't be read, or what `take` fails with.
    pub(super) fn each_unit(
        &mut self,
        numbers: &[u32],
        mut take: impl FnMut(&[u32]) -> io::Result<()>,
    ) -> io::Result<()> {
        self.file.flush()?;
        let file = self.file.get_mut();
        file.seek(SeekFrom::Start(0))?;
        let mut reader = BufReader::with_capacity(BUFFER_BYTES, file);
        let (mut unit, mut bytes) = (Vec::new(), [0; 4]);
        for _ in 0..self.words + self.units {
            reader.read_exact(&mut bytes)?;
            match u32::from_le_bytes(bytes) {
                END_MARK => {
                    take(&unit)?;
                    unit.clear();
                }
                number => unit.push(numbers.get(number as usize).copied().unwrap_or(UNKNOWN)),
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_come_back_in_other_numbers_as_often_as_they_are_asked_for() {
        let folder = tempfile::tempdir().unwrap();
        let mut log = TokenLog::new(folder.path()).unwrap();
        for number in [Some(1), None, Some(0)] {
            log.word(number).unwrap();
        }
        log.end().unwrap();
        log.word(Some(2)).unwrap();
        log.end().unwrap();
        for _ in 0..2 {
            let mut units = Vec::new();
            log.each_unit(&[7, 8], |unit| {
                units.push(unit.to_vec());
                Ok(())
            })
            .unwrap();
            assert_eq!(units, [vec![8, UNKNOWN, 7], vec![UNKNOWN]]);
        }
        assert_eq!((log.words, log.units, log.unknown), (4, 2, 1));
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    }
}
