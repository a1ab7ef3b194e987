//! The file of a profile.
//!
//! The one decision: two lines of text, what it is and the digest of the rest; then `MessagePack` (fields by name) in a frame of
//! Zstandard: `tail -n +3 ref.profile | zstd -dc` is what any reader of `MessagePack` reads. Numbers come back as they were, to
//! the last bit. A file of another form is refused, never guessed at.

use std::fs::File;
use std::io::{BufRead, BufReader, BufWriter, Read, Write};
use std::path::Path;

use super::kept::Kept;
use crate::core::hash::{HashingReader, HashingWriter, sha256_file, sha256_hex};
use crate::core::storage::atomic::Place;
use crate::operations::drift::error::DriftError;

/// What the first line begins with; the number of the form follows.
const MAGIC: &str = "textmill-profile ";
/// The form that is written, and the only one that is read.
const FORM: u32 = 1;
/// Bytes that a profile may unpack to.
const MOST_UNPACKED: u64 = 4 << 30;
/// Characters of a line at the beginning.
const LONGEST_LINE: u64 = 256;

/// What was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Written {
    /// SHA-256 of the file.
    pub(super) sha256: String,
    /// Its size.
    pub(super) size_bytes: u64,
}

/// Whether the file is a profile, by its content.
pub(super) fn is_profile(path: &Path) -> bool {
    let mut first = [0; MAGIC.len()];
    File::open(path).and_then(|mut file| file.read_exact(&mut first)).is_ok() && first == MAGIC.as_bytes()
}

/// Writes a profile; the file appears when it is whole.
pub(super) fn write(path: &Path, kept: &Kept) -> Result<Written, DriftError> {
    let failed = DriftError::storage(path);
    let mut packed = zstd::Encoder::new(Vec::new(), 3).map_err(&failed)?;
    // The packer writes number by number.
    let mut buffered = BufWriter::with_capacity(1 << 16, &mut packed);
    rmp_serde::encode::write_named(&mut buffered, kept).map_err(|error| failed(std::io::Error::other(error)))?;
    buffered.flush().map_err(&failed)?;
    drop(buffered);
    let packed = packed.finish().map_err(&failed)?;
    let (place, file) = Place::beside(path).map_err(&failed)?;
    let mut hashing = HashingWriter::new(file);
    let digest = sha256_hex(&packed);
    write!(hashing, "{MAGIC}{FORM}\n{digest}\n").map_err(&failed)?;
    hashing.write_all(&packed).map_err(&failed)?;
    let (file, sha256, size_bytes) = hashing.finish();
    place.publish(&file).map_err(&failed)?;
    Ok(Written { sha256, size_bytes })
}

/// Reads a profile, and the digest of its file.
pub(super) fn read(path: &Path) -> Result<(Kept, String), DriftError> {
    let failed = DriftError::storage(path);
    let wrong = |what: String| DriftError::Profile { path: path.to_owned(), what };
    let (sha256, _) = sha256_file(path).map_err(&failed)?;
    let mut file = BufReader::new(File::open(path).map_err(&failed)?);
    let form = line(&mut file).map_err(&failed)?;
    let form = form.strip_prefix(MAGIC).ok_or_else(|| wrong("is no profile".to_owned()))?;
    if form != FORM.to_string() {
        return Err(wrong(format!("is of form {form}, and this build reads form {FORM}")));
    }
    let digest = line(&mut file).map_err(&failed)?;
    let mut hashing = HashingReader::new(file);
    let unpacked = zstd::Decoder::new(&mut hashing).map_err(|error| wrong(format!("can't be unpacked: {error}")))?;
    let kept: Result<Kept, _> = rmp_serde::from_read(BufReader::new(unpacked.take(MOST_UNPACKED)));
    std::io::copy(&mut hashing, &mut std::io::sink()).map_err(&failed)?;
    // What is damaged is called so, whatever the reader stumbled over.
    if hashing.finish().0 != digest {
        return Err(wrong("is damaged: its digest is another one".to_owned()));
    }
    let kept = kept.map_err(|error| wrong(format!("does not hold what a profile holds: {error}")))?;
    if !kept.is_sound() {
        return Err(wrong("holds parts that do not fit together".to_owned()));
    }
    Ok((kept, sha256))
}

fn line(file: &mut impl BufRead) -> std::io::Result<String> {
    let mut line = Vec::new();
    file.take(LONGEST_LINE).read_until(b'\n', &mut line)?;
    Ok(String::from_utf8_lossy(&line).trim_end().to_owned())
}
