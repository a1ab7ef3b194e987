//! A file on disk: unpacked, hashed, opened as often as a reader needs it.
//!
//! For: gzip and Zstandard by their magic bytes, limits on unpacked size, the digest. Not for: text out of bytes
//! (`decoding`), or finding out *which* encoding (`encoding`) or format (`format`). The one decision: the digest falls
//! out of the first pass that reads the file to its end; nobody reads it for the digest alone unless asked before.
//!
//! Memory: files up to [`KEEP_BYTES`] are read once and kept; larger ones are streamed anew for each pass.

use std::fs::File;
use std::io::{self, BufReader, Cursor, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use encoding_rs::Encoding;
use tokio_util::sync::CancellationToken;

pub use super::decoding::TextStream;
use crate::core::hash::{HashingReader, sha256_hex};

/// Files up to this size stay in memory between passes.
pub const KEEP_BYTES: u64 = 16 << 20;
/// Bytes read from the file at once.
const CHUNK: usize = 256 << 10;
/// Unpacked bytes after which the ratio is looked at.
const RATIO_FLOOR: u64 = 64 << 20;

/// How much a packed file may unfold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UnpackLimits {
    /// Unpacked bytes per packed byte, once 64 MiB are unpacked.
    pub ratio: u64,
    /// Unpacked bytes in all.
    pub bytes: u64,
}

impl UnpackLimits {
    /// Bytes that so many packed ones may unfold to.
    pub(crate) fn most(self, packed: u64) -> u64 {
        self.bytes.min(packed.saturating_mul(self.ratio).max(RATIO_FLOOR))
    }
}

impl Default for UnpackLimits {
    /// 1000 : 1, 20 GiB.
    fn default() -> Self {
        Self { ratio: 1000, bytes: 20 << 30 }
    }
}

/// How the bytes of a file are packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Packing {
    /// Not at all.
    Plain,
    /// gzip, one or more members.
    Gzip,
    /// Zstandard, one or more frames.
    Zstd,
}

impl Packing {
    /// By magic bytes, never by name.
    pub fn of(head: &[u8]) -> Self {
        match head {
            [0x1f, 0x8b, ..] => Self::Gzip,
            [0x28, 0xb5, 0x2f, 0xfd, ..] => Self::Zstd,
            _ => Self::Plain,
        }
    }

    /// The word in reports; `None` for plain files.
    pub fn name(self) -> Option<&'static str> {
        match self {
            Self::Plain => None,
            Self::Gzip => Some("gzip"),
            Self::Zstd => Some("zstd"),
        }
    }
}

/// Text can't be had from a file.
#[derive(Debug, thiserror::Error)]
pub enum InputError {
    /// The file can't be read.
    #[error("can't read `{}`: {source}", path.display())]
    Read {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The packed data is broken or ends early.
    #[error("the {packing} data is broken: {source}")]
    Unpack {
        /// `gzip` or `zstd`.
        packing: &'static str,
        /// Why.
        source: io::Error,
    },
    /// A packed file unfolds beyond the limits.
    #[error("unpacks to more than {limit}")]
    Bomb {
        /// The limit that was passed, in words.
        limit: String,
    },
    /// Somebody asked for the reading to stop.
    #[error("reading was cancelled")]
    Cancelled,
    /// A byte that is not text in the encoding.
    #[error("byte {offset} is not valid {encoding}")]
    Undecodable {
        /// Offset in the unpacked bytes, from 0.
        offset: u64,
        /// Name of the encoding.
        encoding: &'static str,
    },
}

/// A file that can be read again and again.
#[derive(Debug, Clone)]
pub struct Input {
    path: PathBuf,
    kept: Option<Arc<[u8]>>,
    size_bytes: u64,
    /// Set by whoever reads the file to its end first.
    digest: Arc<OnceLock<String>>,
    packing: Packing,
    limits: UnpackLimits,
    cancel: CancellationToken,
}

impl Input {
    /// Reads and keeps a small file; looks at the head of a larger one. Once `cancel` is cancelled, every reading of it ends with
    /// [`InputError::Cancelled`].
    ///
    /// # Errors
    /// When it can't be read.
    pub fn open(path: &Path, limits: UnpackLimits, cancel: CancellationToken) -> Result<Self, InputError> {
        let read = |source| InputError::Read { path: path.to_owned(), source };
        let mut file = File::open(path).map_err(read)?;
        let length = file.metadata().map_err(read)?.len();
        let (mut head, digest) = (Vec::new(), OnceLock::new());
        let mut input = Self {
            path: path.to_owned(),
            kept: None,
            size_bytes: length,
            digest: Arc::default(),
            packing: Packing::Plain,
            limits,
            cancel,
        };
        if length > KEEP_BYTES {
            file.take(8).read_to_end(&mut head).map_err(read)?;
            input.packing = Packing::of(&head);
            return Ok(input);
        }
        file.read_to_end(&mut head).map_err(read)?;
        let _ = digest.set(sha256_hex(&head));
        (input.size_bytes, input.packing) = (head.len() as u64, Packing::of(&head));
        (input.digest, input.kept) = (digest.into(), Some(head.into()));
        Ok(input)
    }

    /// SHA-256 of the file as it lies there; reads it if no pass has come to its end yet.
    ///
    /// # Errors
    /// When it can't be read.
    pub fn sha256(&self) -> Result<&str, InputError> {
        let read = |source| InputError::Read { path: self.path.clone(), source };
        if self.digest.get().is_none() {
            let mut raw = self.raw()?;
            let mut chunk = vec![0; CHUNK];
            while raw.read(&mut chunk).map_err(read)? > 0 {
                if self.cancel.is_cancelled() {
                    return Err(InputError::Cancelled);
                }
            }
        }
        self.digest.get().map(String::as_str).ok_or_else(|| read(io::ErrorKind::UnexpectedEof.into()))
    }

    /// Size of the file as it lies there.
    pub fn size_bytes(&self) -> u64 {
        self.size_bytes
    }

    /// How it is packed.
    pub fn packing(&self) -> Packing {
        self.packing
    }

    /// The unpacked bytes, from the beginning.
    ///
    /// # Errors
    /// When the file can't be opened.
    pub fn bytes(&self) -> Result<ByteStream, InputError> {
        let read = |source| InputError::Read { path: self.path.clone(), source };
        let raw = self.raw()?;
        let reader: Box<dyn Read + Send> = match self.packing {
            Packing::Plain => raw,
            Packing::Gzip => Box::new(flate2::read::MultiGzDecoder::new(raw)),
            Packing::Zstd => Box::new(zstd::Decoder::new(raw).map_err(read)?),
        };
        let most = match self.packing {
            Packing::Plain => u64::MAX,
            _ => self.limits.most(self.size_bytes),
        };
        let (path, cancel) = (self.path.clone(), self.cancel.clone());
        Ok(ByteStream { reader, packing: self.packing, path, read: 0, most, limits: self.limits, cancel })
    }

    /// The unpacked bytes, to be read at any place. A plain file is read where it lies; a packed one is unpacked first,
    /// in memory up to [`KEEP_BYTES`], beyond that into a nameless temporary file.
    ///
    /// # Errors
    /// When the file can't be opened or unpacked, or a limit is passed.
    pub fn seekable(&self) -> Result<Box<dyn ReadSeek>, InputError> {
        let read = |source| InputError::Read { path: self.path.clone(), source };
        let cancel = self.cancel.clone();
        Ok(match (self.packing, &self.kept) {
            (Packing::Plain, Some(bytes)) => Box::new(Seekable { inner: Cursor::new(Arc::clone(bytes)), cancel }),
            (Packing::Plain, None) => {
                let file = File::open(&self.path).map_err(read)?;
                Box::new(Seekable { inner: BufReader::with_capacity(CHUNK, file), cancel })
            }
            _ => {
                let keep = usize::try_from(KEEP_BYTES).unwrap_or(usize::MAX);
                let mut spool = tempfile::SpooledTempFile::new(keep);
                let (mut stream, mut chunk) = (self.bytes()?, Vec::with_capacity(CHUNK));
                while stream.read_chunk(&mut chunk)? > 0 {
                    spool.write_all(&chunk).map_err(read)?;
                    chunk.clear();
                }
                spool.seek(SeekFrom::Start(0)).map_err(read)?;
                Box::new(Seekable { inner: BufReader::with_capacity(CHUNK, spool), cancel })
            }
        })
    }

    /// Where the file lies.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What ends every reading of it.
    pub fn cancel(&self) -> &CancellationToken {
        &self.cancel
    }

    /// Whether somebody asked for the reading to stop.
    pub fn is_cancelled(&self) -> bool {
        self.cancel.is_cancelled()
    }

    /// The text, from the beginning, without a byte-order mark: for a look at the head.
    ///
    /// # Errors
    /// When the file can't be opened.
    pub fn text(&self, encoding: &'static Encoding) -> Result<TextStream, InputError> {
        Ok(TextStream::here(self.bytes()?, encoding))
    }

    /// The same for a pass over all of it: a file that is not kept is read, unpacked and decoded in a thread of its own.
    ///
    /// # Errors
    /// When the file can't be opened, or there can be no thread.
    pub fn text_ahead(&self, encoding: &'static Encoding) -> Result<TextStream, InputError> {
        if self.kept.is_some() {
            return self.text(encoding);
        }
        let started = TextStream::ahead(self.bytes()?, encoding);
        started.map_err(|source| InputError::Read { path: self.path.clone(), source })
    }

    /// The file as it lies there.
    fn raw(&self) -> Result<Box<dyn Read + Send>, InputError> {
        if let Some(bytes) = &self.kept {
            return Ok(Box::new(Cursor::new(Arc::clone(bytes))));
        }
        let file = File::open(&self.path).map_err(|source| InputError::Read { path: self.path.clone(), source })?;
        if self.digest.get().is_some() {
            return Ok(Box::new(file));
        }
        Ok(Box::new(Digesting { file: Some(HashingReader::new(file)), digest: Arc::clone(&self.digest) }))
    }
}

/// A file that is hashed while it is read; its end settles the digest.
struct Digesting {
    /// `None`: the end was reached.
    file: Option<HashingReader<File>>,
    digest: Arc<OnceLock<String>>,
}

impl Read for Digesting {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let Some(file) = &mut self.file else { return Ok(0) };
        let count = file.read(buffer)?;
        if count == 0
            && !buffer.is_empty()
            && let Some(file) = self.file.take()
        {
            // Another pass may have been quicker.
            let _ = self.digest.set(file.finish().0);
        }
        Ok(count)
    }
}

/// Bytes that can be read at any place.
pub trait ReadSeek: Read + Seek + Send {}

impl<T: Read + Seek + Send> ReadSeek for T {}

/// Ends every reading once it is cancelled.
struct Seekable<R> {
    inner: R,
    cancel: CancellationToken,
}

impl<R: Read> Read for Seekable<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if self.cancel.is_cancelled() {
            return Err(io::Error::other(InputError::Cancelled));
        }
        self.inner.read(into)
    }
}

impl<R: Seek> Seek for Seekable<R> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.inner.seek(to)
    }
}

/// Unpacked bytes under the limits.
pub struct ByteStream {
    reader: Box<dyn Read + Send>,
    packing: Packing,
    path: PathBuf,
    read: u64,
    most: u64,
    limits: UnpackLimits,
    cancel: CancellationToken,
}

impl std::fmt::Debug for ByteStream {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ByteStream").field("path", &self.path).field("read", &self.read).finish_non_exhaustive()
    }
}

impl ByteStream {
    /// Appends up to a chunk; the count is 0 only at the end.
    ///
    /// # Errors
    /// When reading or unpacking fails, or a limit is passed.
    pub fn read_chunk(&mut self, into: &mut Vec<u8>) -> Result<usize, InputError> {
        if self.cancel.is_cancelled() {
            return Err(InputError::Cancelled);
        }
        let filled =
            self.reader.by_ref().take(CHUNK as u64).read_to_end(into).map_err(|source| match self.packing.name() {
                Some(packing) => InputError::Unpack { packing, source },
                None => InputError::Read { path: self.path.clone(), source },
            })?;
        self.read += filled as u64;
        if self.read > self.most {
            return Err(InputError::Bomb { limit: self.limit_in_words() });
        }
        Ok(filled)
    }

    /// Appends until `into` holds `want` bytes or the end is reached.
    ///
    /// # Errors
    /// As [`Self::read_chunk`].
    pub fn read_head(&mut self, into: &mut Vec<u8>, want: usize) -> Result<(), InputError> {
        while into.len() < want && self.read_chunk(into)? > 0 {}
        Ok(())
    }

    fn limit_in_words(&self) -> String {
        if self.most == self.limits.bytes {
            format!("{} bytes", self.limits.bytes)
        } else {
            format!("{} times its size", self.limits.ratio)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    fn large(bytes: &[u8]) -> (tempfile::NamedTempFile, Input) {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(bytes).unwrap();
        let input = Input::open(file.path(), UnpackLimits::default(), CancellationToken::new()).unwrap();
        (file, input)
    }

    #[test]
    fn the_digest_is_the_same_before_during_and_after_a_pass() {
        let bytes = "a,é\n".repeat(4 << 20).into_bytes();
        let wanted = sha256_hex(&bytes);
        let (_file, before) = large(&bytes);
        assert_eq!(before.sha256().unwrap(), wanted);
        let (_file, after) = large(&bytes);
        let mut text = after.text_ahead(encoding_rs::UTF_8).unwrap();
        assert!(text.read_chunk(&mut String::new()).unwrap());
        assert_eq!(after.clone().sha256().unwrap(), wanted);
        while text.read_chunk(&mut String::new()).unwrap() {}
        assert_eq!(after.digest.get(), Some(&wanted));
        let packed = zstd::encode_all(&fastrand_bytes(20 << 20)[..], 1).unwrap();
        let (_file, input) = large(&packed);
        assert_eq!(input.sha256().unwrap(), sha256_hex(&packed));
    }

    #[test]
    fn packed_and_plain_files_can_be_read_at_any_place() {
        for bytes in [b"0123456789".to_vec(), zstd::encode_all(&b"0123456789"[..], 1).unwrap()] {
            let mut file = tempfile::NamedTempFile::new().unwrap();
            file.write_all(&bytes).unwrap();
            let cancel = CancellationToken::new();
            let input = Input::open(file.path(), UnpackLimits::default(), cancel.clone()).unwrap();
            let (mut stream, mut text) = (input.seekable().unwrap(), String::new());
            stream.seek(SeekFrom::End(-3)).unwrap();
            stream.read_to_string(&mut text).unwrap();
            assert_eq!(text, "789");
            cancel.cancel();
            assert!(stream.read_to_string(&mut text).is_err());
        }
    }

    /// Bytes that don't pack.
    fn fastrand_bytes(count: usize) -> Vec<u8> {
        let mut random = fastrand::Rng::with_seed(1);
        std::iter::repeat_with(|| random.u8(..)).take(count).collect()
    }
}
