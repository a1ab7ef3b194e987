//! A file as memory, to be read.
//!
//! For: files of ours that are replaced as a whole. Not for: files of other people, who may cut them while they are read.

#![expect(unsafe_code, reason = "a file is mapped: ours are replaced as a whole, never changed")]

use std::fs::File;
use std::io;

use memmap2::Mmap;

/// The bytes of a file.
#[derive(Debug)]
pub struct MappedFile {
    /// `None` where there are none: an empty file can't be mapped.
    map: Option<Mmap>,
}

impl MappedFile {
    /// Maps a file as long as it is now.
    ///
    /// # Errors
    /// When it can't be mapped.
    pub fn open(file: &File) -> io::Result<Self> {
        if file.metadata()?.len() == 0 {
            return Ok(Self { map: None });
        }
        // SAFETY: who writes such a file writes another one and renames it, which leaves a map intact.
        let map = unsafe { Mmap::map(file)? };
        Ok(Self { map: Some(map) })
    }

    /// Its bytes; they begin on a page.
    pub fn bytes(&self) -> &[u8] {
        self.map.as_deref().unwrap_or_default()
    }
}
