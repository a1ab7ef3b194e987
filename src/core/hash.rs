//! SHA-256 as this project writes it: lower-case hexadecimal.
//!
//! For: digests of files and requests. Not for: keys and passwords beyond comparing digests of random keys. The one
//! decision: files are hashed while something else reads or writes them, so reader and writer wrap the stream.

use std::io::{self, Read, Write};
use std::path::Path;

use sha2::{Digest, Sha256};

/// Digest of bytes in memory.
pub fn sha256_hex(bytes: &[u8]) -> String {
    to_hex(&Sha256::digest(bytes))
}

/// Digest and size of a file; streams.
///
/// # Errors
/// When the file can't be read.
pub fn sha256_file(path: &Path) -> io::Result<(String, u64)> {
    let mut reader = HashingReader::new(std::fs::File::open(path)?);
    io::copy(&mut reader, &mut io::sink())?;
    Ok(reader.finish())
}

/// Lower-case hexadecimal.
pub fn to_hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digit = |four_bits: u8| char::from(DIGITS[usize::from(four_bits)]);
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

/// Hashes what is read through it.
#[derive(Debug)]
pub struct HashingReader<R> {
    inner: R,
    hasher: Sha256,
    size_bytes: u64,
}

impl<R> HashingReader<R> {
    /// Starts at the reader's present place.
    pub fn new(inner: R) -> Self {
        Self { inner, hasher: Sha256::new(), size_bytes: 0 }
    }

    /// Digest and count of the bytes read so far.
    pub fn finish(self) -> (String, u64) {
        (to_hex(&self.hasher.finalize()), self.size_bytes)
    }
}

impl<R: Read> Read for HashingReader<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.hasher.update(&buffer[..count]);
        self.size_bytes += count as u64;
        Ok(count)
    }
}

/// How far a [`HashingWriter`] was.
#[derive(Debug, Clone)]
pub struct HashMark {
    hasher: Sha256,
    size_bytes: u64,
}

/// Hashes what is written through it, so that nobody has to read it back.
#[derive(Debug)]
pub struct HashingWriter<W> {
    inner: W,
    hasher: Sha256,
    size_bytes: u64,
}

impl<W> HashingWriter<W> {
    /// Starts at the writer's present place.
    pub fn new(inner: W) -> Self {
        Self { inner, hasher: Sha256::new(), size_bytes: 0 }
    }

    /// What was written so far, to come back to.
    pub fn mark(&self) -> HashMark {
        HashMark { hasher: self.hasher.clone(), size_bytes: self.size_bytes }
    }

    /// Forgets what was written since; taking it back from the writer is the caller's affair.
    pub fn return_to(&mut self, mark: HashMark) -> &mut W {
        (self.hasher, self.size_bytes) = (mark.hasher, mark.size_bytes);
        &mut self.inner
    }

    /// The writer, and digest and count of the bytes written so far.
    pub fn finish(self) -> (W, String, u64) {
        (self.inner, to_hex(&self.hasher.finalize()), self.size_bytes)
    }
}

impl<W: Write> Write for HashingWriter<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let count = self.inner.write(bytes)?;
        self.hasher.update(&bytes[..count]);
        self.size_bytes += count as u64;
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_has_the_digest_of_what_is_read() {
        let mut writer = HashingWriter::new(Vec::new());
        writer.write_all(b"a").unwrap();
        writer.write_all(b"bc").unwrap();
        assert_eq!(writer.finish(), (b"abc".to_vec(), sha256_hex(b"abc"), 3));
    }

    #[test]
    fn what_is_taken_back_leaves_no_trace() {
        let mut writer = HashingWriter::new(Vec::new());
        writer.write_all(b"a").unwrap();
        let mark = writer.mark();
        writer.write_all(b"x").unwrap();
        writer.return_to(mark).truncate(1);
        writer.write_all(b"bc").unwrap();
        assert_eq!(writer.finish(), (b"abc".to_vec(), sha256_hex(b"abc"), 3));
    }

    #[test]
    fn the_digest_of_abc_is_that_of_fips_180() {
        assert_eq!(sha256_hex(b"abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    }
}
