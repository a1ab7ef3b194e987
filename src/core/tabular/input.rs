//! A file on disk as a stream of UTF-8 text: unpacked, decoded, opened as often as a reader needs it.
//!
//! For: gzip and Zstandard by their magic bytes, every encoding of `encoding_rs`, limits on unpacked size. Not for:
//! finding out *which* encoding (`encoding`) or format (`format`). The one decision: decoding is strict. A byte that
//! does not fit the encoding is an error with its offset, never a replacement character.
//!
//! Memory: files up to [`KEEP_BYTES`] are read once and kept; larger ones are streamed anew for each pass.

use std::fs::File;
use std::io::{self, BufReader, Cursor, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use encoding_rs::{DecoderResult, Encoding, UTF_8};
use tokio_util::sync::CancellationToken;

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
    sha256: String,
    packing: Packing,
    limits: UnpackLimits,
    cancel: CancellationToken,
}

impl Input {
    /// Reads the file once, for its digest. Keeps small files. Once `cancel` is cancelled, every reading of it ends with
    /// [`InputError::Cancelled`].
    ///
    /// # Errors
    /// When it can't be read.
    pub fn open(path: &Path, limits: UnpackLimits, cancel: CancellationToken) -> Result<Self, InputError> {
        let read = |source| InputError::Read { path: path.to_owned(), source };
        let mut file = File::open(path).map_err(read)?;
        let small = file.metadata().map_err(read)?.len() <= KEEP_BYTES;
        let mut head = Vec::new();
        if small {
            file.read_to_end(&mut head).map_err(read)?;
            let (sha256, size_bytes) = (sha256_hex(&head), head.len() as u64);
            let packing = Packing::of(&head);
            let (path, kept) = (path.to_owned(), Some(head.into()));
            return Ok(Self { path, kept, size_bytes, sha256, packing, limits, cancel });
        }
        Read::by_ref(&mut file).take(8).read_to_end(&mut head).map_err(read)?;
        let packing = Packing::of(&head);
        let mut hashing = HashingReader::new(Cursor::new(head).chain(file));
        let mut chunk = vec![0; CHUNK];
        while hashing.read(&mut chunk).map_err(read)? > 0 {
            if cancel.is_cancelled() {
                return Err(InputError::Cancelled);
            }
        }
        let (sha256, size_bytes) = hashing.finish();
        Ok(Self { path: path.to_owned(), kept: None, size_bytes, sha256, packing, limits, cancel })
    }

    /// SHA-256 of the file as it lies there.
    pub fn sha256(&self) -> &str {
        &self.sha256
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
        let raw: Box<dyn Read + Send> = match &self.kept {
            Some(bytes) => Box::new(Cursor::new(Arc::clone(bytes))),
            None => Box::new(File::open(&self.path).map_err(read)?),
        };
        let reader: Box<dyn Read + Send> = match self.packing {
            Packing::Plain => raw,
            Packing::Gzip => Box::new(flate2::read::MultiGzDecoder::new(raw)),
            Packing::Zstd => Box::new(zstd::Decoder::new(raw).map_err(read)?),
        };
        let most = match self.packing {
            Packing::Plain => u64::MAX,
            _ => self.limits.bytes.min(self.size_bytes.saturating_mul(self.limits.ratio).max(RATIO_FLOOR)),
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

    /// Whether somebody asked for the reading to stop.
    pub fn is_cancelled(&self) -> bool {
        self.cancel.is_cancelled()
    }

    /// The text, from the beginning, without a byte-order mark.
    ///
    /// # Errors
    /// When the file can't be opened.
    pub fn text(&self, encoding: &'static Encoding) -> Result<TextStream, InputError> {
        Ok(TextStream::new(self.bytes()?, encoding))
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

/// Decoded text, as UTF-8 bytes.
#[derive(Debug)]
pub struct TextStream {
    bytes: ByteStream,
    decoding: Decoding,
    /// Unpacked bytes that were taken out of `raw` so far.
    offset: u64,
    raw: Vec<u8>,
    at_end: bool,
}

enum Decoding {
    /// Passed through, checked.
    Utf8 { may_have_bom: bool },
    /// Through `encoding_rs`.
    Other(Box<encoding_rs::Decoder>),
}

impl std::fmt::Debug for Decoding {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Utf8 { .. } => "Utf8",
            Self::Other(decoder) => decoder.encoding().name(),
        })
    }
}

impl TextStream {
    fn new(bytes: ByteStream, encoding: &'static Encoding) -> Self {
        let decoding = if encoding == UTF_8 {
            Decoding::Utf8 { may_have_bom: true }
        } else {
            Decoding::Other(Box::new(encoding.new_decoder_with_bom_removal()))
        };
        Self { bytes, decoding, offset: 0, raw: Vec::new(), at_end: false }
    }

    /// Appends a chunk of text, whole characters only; `false`: the end was reached before.
    ///
    /// # Errors
    /// When reading fails or a byte does not fit the encoding.
    pub fn read_chunk(&mut self, into: &mut Vec<u8>) -> Result<bool, InputError> {
        if self.at_end {
            return Ok(false);
        }
        self.at_end = self.bytes.read_chunk(&mut self.raw)? == 0;
        match &mut self.decoding {
            Decoding::Utf8 { may_have_bom } => {
                let skip_bom = std::mem::take(may_have_bom) && self.raw.starts_with(b"\xef\xbb\xbf");
                self.pass_utf8(into, if skip_bom { 3 } else { 0 })?;
            }
            Decoding::Other(_) => self.decode(into)?,
        }
        Ok(true)
    }

    fn pass_utf8(&mut self, into: &mut Vec<u8>, skip: usize) -> Result<(), InputError> {
        let whole = match simdutf8::compat::from_utf8(&self.raw) {
            Ok(_) => self.raw.len(),
            Err(error) if error.error_len().is_none() && !self.at_end => error.valid_up_to(),
            Err(error) => {
                let offset = self.offset + error.valid_up_to() as u64;
                return Err(InputError::Undecodable { offset, encoding: "UTF-8" });
            }
        };
        into.extend_from_slice(&self.raw[skip..whole]);
        self.raw.drain(..whole);
        self.offset += whole as u64;
        Ok(())
    }

    fn decode(&mut self, into: &mut Vec<u8>) -> Result<(), InputError> {
        let Decoding::Other(decoder) = &mut self.decoding else { return Ok(()) };
        let encoding = decoder.encoding().name();
        let start = into.len();
        let room =
            decoder.max_utf8_buffer_length_without_replacement(self.raw.len()).unwrap_or(self.raw.len() * 3 + 16);
        into.resize(start + room, 0);
        let (result, read, written) =
            decoder.decode_to_utf8_without_replacement(&self.raw, &mut into[start..], self.at_end);
        into.truncate(start + written);
        if let DecoderResult::Malformed(bad, after) = result {
            let offset = self.offset + (read as u64).saturating_sub(u64::from(bad) + u64::from(after));
            return Err(InputError::Undecodable { offset, encoding });
        }
        // `max_utf8_buffer_length_without_replacement` is room enough by its contract.
        debug_assert!(matches!(result, DecoderResult::InputEmpty));
        self.raw.clear();
        self.offset += read as u64;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    fn text_of(bytes: &[u8], encoding: &'static Encoding) -> Result<String, InputError> {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(bytes).unwrap();
        let mut stream = Input::open(file.path(), UnpackLimits::default(), CancellationToken::new())?.text(encoding)?;
        let mut text = Vec::new();
        while stream.read_chunk(&mut text)? {}
        Ok(String::from_utf8(text).unwrap())
    }

    #[test]
    fn removes_the_byte_order_mark_and_nothing_else() {
        assert_eq!(text_of(b"\xef\xbb\xbfa\xef\xbb\xbf", UTF_8).unwrap(), "a\u{feff}");
        assert_eq!(text_of(b"\xff\xfea\x00\xe4\x00", encoding_rs::UTF_16LE).unwrap(), "aä");
    }

    #[test]
    fn a_character_across_two_chunks_stays_whole() {
        let text = format!("{}ä€", "x".repeat(CHUNK - 1));
        assert_eq!(text_of(text.as_bytes(), UTF_8).unwrap(), text);
    }

    #[test]
    fn a_bad_byte_is_named_by_its_offset() {
        let error = text_of(b"abc\xffdef", UTF_8).unwrap_err();
        assert!(matches!(error, InputError::Undecodable { offset: 3, .. }), "{error}");
        let error = text_of(b"abc\x81\x20", encoding_rs::SHIFT_JIS).unwrap_err();
        assert!(matches!(error, InputError::Undecodable { offset: 3, .. }), "{error}");
    }

    #[test]
    fn unpacks_by_content_and_refuses_bombs() {
        let zeros = vec![b'0'; 70 << 20];
        let packed = zstd::encode_all(&zeros[..], 1).unwrap();
        assert!(matches!(text_of(&packed, UTF_8), Err(InputError::Bomb { .. })));
        let small = zstd::encode_all(&b"a,b\n"[..], 1).unwrap();
        assert_eq!(text_of(&small, UTF_8).unwrap(), "a,b\n");
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

    #[test]
    fn a_truncated_archive_is_an_error() {
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        gzip.write_all(b"a,b\n1,2\n").unwrap();
        let bytes = gzip.finish().unwrap();
        assert!(matches!(text_of(&bytes[..bytes.len() - 6], UTF_8), Err(InputError::Unpack { .. })));
    }
}
