//! The files inside a zip archive: listed with names that are safe to use, and unpacked one by one under limits.
//!
//! For: `.zip` files among the sources. Not for: Office documents, which are zip archives too, but one document each. The
//! one decision: a name is used as it stands or not at all. What would leave the archive's own folder, or could stand
//! for two files, is refused and told, never rewritten.

use std::collections::HashSet;
use std::fs::File;
use std::io::{self, BufReader, BufWriter, Read, Write};
use std::path::Path;
use std::sync::Arc;

use tokio_util::sync::CancellationToken;
use zip::read::OwnedZipFileEntry;
use zip::result::ZipError;
use zip::{CompressionMethod, ZipArchive, ZipReadOptions};

use crate::core::failure::{Code, Fails};
use crate::core::tabular::input::UnpackLimits;

/// Files in an archive at most, folders counted.
pub const MAX_MEMBERS: usize = 100_000;
/// Longest part of a path that file systems take, in bytes.
const LONGEST_PART: usize = 255;
/// Longest path of a member, in bytes: the destination's own path comes before it.
const LONGEST_PATH: usize = 2048;
const CHUNK: usize = 256 << 10;

/// An archive, or a file in it, can't be read.
#[derive(Debug, Clone, thiserror::Error)]
pub enum ArchiveError {
    /// The file can't be read.
    #[error("can't read the archive: {0}")]
    Read(Arc<io::Error>),
    /// It is no archive, or breaks the rules of one.
    #[error("the archive is broken: {0}")]
    Broken(String),
    /// Two entries of its directory have the same name: only one of them could be read.
    #[error("two files in the archive have the same name")]
    Ambiguous,
    /// A file's name leads out of the archive, or can't be the name of a file.
    #[error("its name in the archive {0}")]
    Name(&'static str),
    /// Another file of the archive has this name already.
    #[error("another file in the archive has the same name")]
    Duplicate,
    /// A password is needed.
    #[error("it is protected by a password")]
    Protected,
    /// It is packed by a method that is not read.
    #[error("it is packed by the method {0}, which is not read")]
    Method(String),
    /// A limit was reached.
    #[error("{what} is more than the limit of {limit}")]
    Limit {
        /// What is too much.
        what: &'static str,
        /// The limit.
        limit: String,
    },
    /// It can't be written where it was to be unpacked.
    #[error("can't unpack it: {0}")]
    Write(Arc<io::Error>),
    /// Somebody asked for the unpacking to stop.
    #[error("unpacking was cancelled")]
    Cancelled,
}

impl Fails for ArchiveError {
    fn code(&self) -> Code {
        match self {
            Self::Read(_) | Self::Write(_) => Code::StorageFailure,
            Self::Broken(_) | Self::Ambiguous | Self::Name(_) | Self::Duplicate => Code::MalformedInput,
            Self::Protected | Self::Method(_) => Code::UnsupportedFormat,
            Self::Limit { .. } => Code::LimitExceeded,
            Self::Cancelled => Code::Cancelled,
        }
    }

    fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::Read(_) => "check the file's permissions",
            Self::Broken(_) => "pack it again, or fetch it again",
            Self::Ambiguous | Self::Duplicate | Self::Name(_) => "unpack it, rename the file, and convert the folder",
            Self::Protected => "unpack it with the password and convert the folder",
            Self::Method(_) | Self::Limit { .. } => "unpack it first, if you trust it",
            Self::Write(_) => "check free space and permissions",
            Self::Cancelled => return None,
        };
        Some(hint.to_owned())
    }
}

impl From<ZipError> for ArchiveError {
    fn from(error: ZipError) -> Self {
        match error {
            ZipError::Io(error) if error.kind() == io::ErrorKind::PermissionDenied => Self::Read(Arc::new(error)),
            ZipError::CompressionMethodNotSupported(method) => Self::Method(method.to_string()),
            ZipError::InvalidPassword | ZipError::UnsupportedArchive(ZipError::PASSWORD_REQUIRED) => Self::Protected,
            other => Self::Broken(other.to_string()),
        }
    }
}

/// A file in an archive.
#[derive(Debug, Clone)]
pub struct Member {
    /// Its path in the archive, `/` between parts; safe to be joined to a folder unless it is refused.
    pub name: String,
    /// Its size when unpacked, in bytes, as the archive's directory says.
    pub size_bytes: u64,
    /// Why it can't be unpacked.
    pub refused: Option<ArchiveError>,
    entry: Arc<OwnedZipFileEntry>,
}

/// The files of an archive in the order of its directory; folders are passed over.
///
/// # Errors
/// When it is no archive that can be read, or a limit is passed by the whole of it.
pub fn list(path: &Path, limits: UnpackLimits) -> Result<Vec<Member>, ArchiveError> {
    let file = File::open(path).map_err(|error| ArchiveError::Read(Arc::new(error)))?;
    let archive = ZipArchive::new(BufReader::new(file))?;
    if archive.has_duplicate_names() {
        return Err(ArchiveError::Ambiguous);
    }
    if archive.len() > MAX_MEMBERS {
        return Err(ArchiveError::Limit { what: "the number of its files", limit: MAX_MEMBERS.to_string() });
    }
    let (mut members, mut taken, mut sum) = (Vec::new(), HashSet::new(), 0_u64);
    for index in 0..archive.len() {
        let entry = archive.by_index_data(index)?;
        if entry.is_dir() {
            continue;
        }
        let name = entry.name()?.into_owned();
        let entry = Arc::new(OwnedZipFileEntry::from(entry));
        sum = sum.saturating_add(entry.size());
        let refused =
            refusal(&name, &entry, limits).or_else(|| (!taken.insert(name.clone())).then_some(ArchiveError::Duplicate));
        members.push(Member { name, size_bytes: entry.size(), refused, entry });
    }
    if sum > limits.bytes {
        return Err(ArchiveError::Limit { what: "the size of its files", limit: format!("{} bytes", limits.bytes) });
    }
    Ok(members)
}

/// What is wrong with a member by the archive's directory alone.
fn refusal(name: &str, entry: &OwnedZipFileEntry, limits: UnpackLimits) -> Option<ArchiveError> {
    if let Some(fault) = name_fault(name) {
        return Some(ArchiveError::Name(fault));
    }
    if entry.is_symlink() {
        return Some(ArchiveError::Name("is that of a link"));
    }
    if entry.encrypted() {
        return Some(ArchiveError::Protected);
    }
    if !matches!(entry.compression(), CompressionMethod::Stored | CompressionMethod::Deflated) {
        return Some(ArchiveError::Method(entry.compression().to_string()));
    }
    (entry.size() > limits.most(entry.compressed_size())).then(|| too_much(limits))
}

/// Unix would take most of these, and other systems another file for some of them.
fn name_fault(name: &str) -> Option<&'static str> {
    let drive = name.as_bytes().get(1) == Some(&b':') && name.as_bytes()[0].is_ascii_alphabetic();
    let parts = || name.split('/');
    if name.starts_with('/') || drive {
        Some("is an absolute path")
    } else if name.contains('\\') {
        Some("holds a backslash")
    } else if parts().any(|part| part == "..") {
        Some("leads out of the archive")
    } else if parts().any(|part| part.is_empty() || part == ".") {
        Some("has an empty part")
    } else if name.contains(char::is_control) {
        Some("holds a control character")
    } else if name.len() > LONGEST_PATH || parts().any(|part| part.len() > LONGEST_PART) {
        Some("is too long")
    } else {
        None
    }
}

fn too_much(limits: UnpackLimits) -> ArchiveError {
    ArchiveError::Limit { what: "its unpacked size", limit: format!("{} times its packed one", limits.ratio) }
}

/// The first bytes of a member, up to `length`.
///
/// # Errors
/// When it can't be unpacked.
pub fn head(path: &Path, member: &Member, length: u64) -> Result<Vec<u8>, ArchiveError> {
    let file = File::open(path).map_err(|error| ArchiveError::Read(Arc::new(error)))?;
    let mut file = BufReader::new(file);
    let reader = member.entry.as_ref().as_ref().with_reader(&mut file, ZipReadOptions::new())?;
    let mut head = Vec::new();
    reader.take(length).read_to_end(&mut head).map_err(|error| ArchiveError::Broken(error.to_string()))?;
    Ok(head)
}

/// Unpacks a member of the archive at `path` into the file `into`, which is made or overwritten. The checksum is
/// verified; the limits hold for the bytes that really come, whatever the archive's directory says.
///
/// # Errors
/// When it is refused, broken or too large, can't be written, or somebody asked for it to stop.
pub fn extract(
    path: &Path,
    member: &Member,
    into: &Path,
    limits: UnpackLimits,
    cancel: &CancellationToken,
) -> Result<(), ArchiveError> {
    if let Some(refused) = &member.refused {
        return Err(refused.clone());
    }
    let file = File::open(path).map_err(|error| ArchiveError::Read(Arc::new(error)))?;
    let mut file = BufReader::new(file);
    let mut reader = member.entry.as_ref().as_ref().with_reader(&mut file, ZipReadOptions::new())?;
    let write = |error| ArchiveError::Write(Arc::new(error));
    let mut target = BufWriter::new(File::create(into).map_err(write)?);
    let most = limits.most(member.entry.compressed_size());
    let (mut chunk, mut sum) = (vec![0; CHUNK], 0_u64);
    loop {
        if cancel.is_cancelled() {
            return Err(ArchiveError::Cancelled);
        }
        let filled = reader.read(&mut chunk).map_err(|error| ArchiveError::Broken(error.to_string()))?;
        if filled == 0 {
            return target.flush().map_err(write);
        }
        sum += filled as u64;
        if sum > most {
            return Err(too_much(limits));
        }
        target.write_all(&chunk[..filled]).map_err(write)?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use zip::write::SimpleFileOptions;

    fn archive(members: &[(&str, &[u8])]) -> tempfile::NamedTempFile {
        let file = tempfile::NamedTempFile::new().unwrap();
        let mut writer = zip::ZipWriter::new(file.reopen().unwrap());
        for (name, bytes) in members {
            writer.start_file(*name, SimpleFileOptions::default()).unwrap();
            writer.write_all(bytes).unwrap();
        }
        writer.finish().unwrap();
        file
    }

    fn unpack(archive: &Path, member: &Member, limits: UnpackLimits) -> Result<Vec<u8>, ArchiveError> {
        let into = tempfile::NamedTempFile::new().unwrap();
        extract(archive, member, into.path(), limits, &CancellationToken::new())?;
        Ok(std::fs::read(into.path()).unwrap())
    }

    #[test]
    fn members_come_out_as_they_went_in() {
        let file = archive(&[("a.csv", b"a,b\n1,2\n"), ("sub/b.txt", b"word\n")]);
        let members = list(file.path(), UnpackLimits::default()).unwrap();
        assert_eq!(members.iter().map(|member| member.name.as_str()).collect::<Vec<_>>(), ["a.csv", "sub/b.txt"]);
        assert_eq!(unpack(file.path(), &members[1], UnpackLimits::default()).unwrap(), b"word\n");
        assert_eq!(head(file.path(), &members[0], 3).unwrap(), b"a,b");
    }

    #[test]
    fn a_name_that_leads_out_is_refused_and_the_others_are_not() {
        let file =
            archive(&[("../a.csv", b"x"), ("/b.csv", b"x"), ("c\\d.csv", b"x"), ("e//f.csv", b"x"), ("g.csv", b"x")]);
        let members = list(file.path(), UnpackLimits::default()).unwrap();
        let refused: Vec<_> = members.iter().map(|member| member.refused.is_some()).collect();
        assert_eq!(refused, [true, true, true, true, false]);
        assert!(matches!(unpack(file.path(), &members[0], UnpackLimits::default()), Err(ArchiveError::Name(_))));
    }

    #[test]
    fn an_archive_in_which_a_name_stands_twice_is_refused() {
        let file = archive(&[("a.csv", b"x"), ("b.csv", b"y")]);
        let mut bytes = std::fs::read(file.path()).unwrap();
        for at in 0..bytes.len() - 5 {
            if &bytes[at..at + 5] == b"b.csv" {
                bytes[at] = b'a';
            }
        }
        std::fs::write(file.path(), bytes).unwrap();
        assert!(matches!(list(file.path(), UnpackLimits::default()), Err(ArchiveError::Ambiguous)));
    }

    #[test]
    fn what_unfolds_beyond_the_limits_is_refused() {
        let file = archive(&[("zeros.csv", &vec![b'0'; 66 << 20])]);
        let limits = UnpackLimits { ratio: 2, ..UnpackLimits::default() };
        let members = list(file.path(), limits).unwrap();
        assert!(matches!(members[0].refused, Some(ArchiveError::Limit { .. })));
        let small = UnpackLimits { bytes: 1 << 20, ..limits };
        assert!(matches!(list(file.path(), small), Err(ArchiveError::Limit { .. })));
    }

    #[test]
    fn an_altered_member_is_broken() {
        let file = archive(&[("a.csv", b"a,b\n1,2\n")]);
        let members = list(file.path(), UnpackLimits::default()).unwrap();
        let mut bytes = std::fs::read(file.path()).unwrap();
        let at = bytes.len() / 3;
        bytes[at] ^= 0xff;
        std::fs::write(file.path(), bytes).unwrap();
        assert!(matches!(unpack(file.path(), &members[0], UnpackLimits::default()), Err(ArchiveError::Broken(_))));
    }

    #[test]
    fn something_else_is_no_archive() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), b"PK\x03\x04 and nothing more").unwrap();
        assert!(matches!(list(file.path(), UnpackLimits::default()), Err(ArchiveError::Broken(_))));
    }
}
