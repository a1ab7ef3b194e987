//! Writes the file of a model: sections first, each into a scratch file of its own, since the head has their lengths.

use std::fs::File;
use std::io::{self, BufWriter, Read, Seek, SeekFrom, Write};
use std::path::Path;

use super::{ALIGNMENT, Head, MAGIC, PREFIX_BYTES, Section, VERSION, padding};
use crate::core::hash::HashingWriter;
use crate::operations::language_model::info::LanguageModelInfo;

const BUFFER_BYTES: usize = 1 << 18;

/// The sections that were made so far, in the order of the file.
#[derive(Debug, Default)]
pub(in crate::operations::language_model) struct Sections {
    made: Vec<(String, File, u64)>,
}

/// A section in the making. Its file has no name: it goes with the process.
#[derive(Debug)]
pub(in crate::operations::language_model) struct Scratch {
    name: String,
    file: BufWriter<File>,
    bytes: u64,
}

impl Scratch {
    /// Begins a section.
    ///
    /// # Errors
    /// When there can be no file in the folder.
    pub(in crate::operations::language_model) fn new(name: impl Into<String>, folder: &Path) -> io::Result<Self> {
        let file = BufWriter::with_capacity(BUFFER_BYTES, tempfile::tempfile_in(folder)?);
        Ok(Self { name: name.into(), file, bytes: 0 })
    }

    /// Appends 32-bit numbers.
    ///
    /// # Errors
    /// When they can't be written.
    pub(in crate::operations::language_model) fn numbers(&mut self, numbers: &[u32]) -> io::Result<()> {
        numbers.iter().try_for_each(|number| self.bytes(&number.to_le_bytes()))
    }

    /// Appends a 64-bit number.
    ///
    /// # Errors
    /// When it can't be written.
    pub(in crate::operations::language_model) fn long(&mut self, number: u64) -> io::Result<()> {
        self.bytes(&number.to_le_bytes())
    }

    /// Appends a float.
    ///
    /// # Errors
    /// When it can't be written.
    pub(in crate::operations::language_model) fn double(&mut self, number: f64) -> io::Result<()> {
        self.bytes(&number.to_le_bytes())
    }

    /// Appends bytes.
    ///
    /// # Errors
    /// When they can't be written.
    pub(in crate::operations::language_model) fn bytes(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.bytes += bytes.len() as u64;
        self.file.write_all(bytes)
    }
}

impl Sections {
    /// The section is complete.
    ///
    /// # Errors
    /// When it can't be written.
    pub(in crate::operations::language_model) fn push(&mut self, section: Scratch) -> io::Result<()> {
        let file = section.file.into_inner().map_err(io::IntoInnerError::into_error)?;
        self.made.push((section.name, file, section.bytes));
        Ok(())
    }

    /// Writes the model. Nothing is synced.
    ///
    /// # Errors
    /// When it can't be written.
    pub(in crate::operations::language_model) fn write(
        mut self,
        model: LanguageModelInfo,
        to: &File,
    ) -> io::Result<()> {
        let sections = self.made.iter().map(|(name, _, bytes)| Section { name: name.clone(), bytes: *bytes }).collect();
        let mut head = serde_json::to_vec(&Head { model, sections })?;
        // Blanks behind JSON are JSON.
        head.resize(head.len() + padding((PREFIX_BYTES + head.len()) as u64), b' ');
        let length = u32::try_from(head.len()).map_err(io::Error::other)?;
        let mut file = HashingWriter::new(BufWriter::with_capacity(BUFFER_BYTES, to));
        file.write_all(MAGIC)?;
        file.write_all(&VERSION.to_le_bytes())?;
        file.write_all(&length.to_le_bytes())?;
        file.write_all(&head)?;
        for (_, section, bytes) in &mut self.made {
            section.seek(SeekFrom::Start(0))?;
            io::copy(&mut section.take(*bytes), &mut file)?;
            file.write_all(&[0; ALIGNMENT][..padding(*bytes)])?;
        }
        let (mut file, digest, _) = file.finish();
        file.write_all(digest.as_bytes())?;
        file.flush()
    }
}
