//! A file of numbers as memory.

#![expect(unsafe_code, reason = "a file is mapped: nobody cuts one of ours while it is open")]

use std::fs::File;
use std::io;

use memmap2::Mmap;

/// A file's first bytes as numbers.
#[derive(Debug)]
pub(super) struct Numbers {
    /// `None` where there are none: an empty file can't be mapped.
    map: Option<Mmap>,
}

impl Numbers {
    /// Maps the first `count` numbers of a file, little-endian as they stand on the disk.
    ///
    /// # Errors
    /// When the file is shorter, or can't be mapped.
    pub(super) fn open(file: &File, count: usize) -> io::Result<Self> {
        if cfg!(target_endian = "big") {
            return Err(io::Error::new(io::ErrorKind::Unsupported, "its numbers are little-endian"));
        }
        let bytes = count.checked_mul(size_of::<f32>()).ok_or(io::ErrorKind::InvalidData)?;
        if file.metadata()?.len() < bytes as u64 {
            return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "it was cut off"));
        }
        if bytes == 0 {
            return Ok(Self { map: None });
        }
        // SAFETY: files of numbers are only added to behind what is mapped, and removed as a whole, which leaves a map
        // intact. Any bytes are numbers.
        let map = unsafe { memmap2::MmapOptions::new().len(bytes).map(file)? };
        Ok(Self { map: Some(map) })
    }

    /// The numbers.
    pub(super) fn as_slice(&self) -> &[f32] {
        // A map begins on a page, and has as many bytes as numbers need: the cast can't fail.
        self.map.as_ref().and_then(|map| bytemuck::try_cast_slice(map).ok()).unwrap_or_default()
    }
}
