//! Text out of unpacked bytes: decoded strictly, here or ahead of its reader in a thread of its own.
//!
//! For: every encoding of `encoding_rs`. Not for: finding out which (`encoding`). The one decision: decoding is strict. A
//! byte that does not fit the encoding is an error with its offset, never a replacement character; so what comes out is
//! a `String`, and nobody checks it again.
//!
//! Memory: a chunk; ahead of a reader, four chunks and two more.

use std::io;
use std::mem;
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};
use std::thread::{self, JoinHandle};

use encoding_rs::{DecoderResult, Encoding, UTF_8};

use super::input::{ByteStream, InputError};

/// Chunks that lie ready at most.
const CHUNKS_AHEAD: usize = 4;

/// Decoded text, chunk by chunk.
#[derive(Debug)]
pub struct TextStream(Source);

#[derive(Debug)]
enum Source {
    Here(Decoder),
    Ahead(Ahead),
}

impl TextStream {
    /// Decodes when asked.
    pub(super) fn here(bytes: ByteStream, encoding: &'static Encoding) -> Self {
        Self(Source::Here(Decoder::new(bytes, encoding)))
    }

    /// Reads and decodes at once, and goes on while its reader works.
    pub(super) fn ahead(bytes: ByteStream, encoding: &'static Encoding) -> io::Result<Self> {
        Ahead::start(Decoder::new(bytes, encoding)).map(|ahead| Self(Source::Ahead(ahead)))
    }

    /// Appends a chunk of text; `false`: the end was reached before.
    ///
    /// # Errors
    /// When reading fails or a byte does not fit the encoding.
    pub fn read_chunk(&mut self, into: &mut String) -> Result<bool, InputError> {
        match &mut self.0 {
            Source::Here(decoder) => decoder.read_chunk(into),
            Source::Ahead(ahead) => ahead.read_chunk(into),
        }
    }
}

/// A decoder in a thread of its own. It ends when nobody takes its chunks any more.
#[derive(Debug)]
struct Ahead {
    chunks: Receiver<Result<String, InputError>>,
    /// Chunks that were read, to be filled again.
    spent: Sender<String>,
    thread: Option<JoinHandle<()>>,
}

impl Ahead {
    fn start(decoder: Decoder) -> io::Result<Self> {
        let (filled, chunks) = sync_channel(CHUNKS_AHEAD);
        let (spent, empty) = channel();
        let work = move || decode_ahead(decoder, &filled, &empty);
        let thread = Some(thread::Builder::new().name("decoder".to_owned()).spawn(work)?);
        Ok(Self { chunks, spent, thread })
    }

    fn read_chunk(&mut self, into: &mut String) -> Result<bool, InputError> {
        let Ok(chunk) = self.chunks.recv() else {
            // A thread that panicked did not come to the end of the text.
            match self.thread.take().map_or(Ok(()), JoinHandle::join) {
                Ok(()) => return Ok(false),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        };
        let mut chunk = chunk?;
        if into.is_empty() {
            mem::swap(into, &mut chunk);
        } else {
            into.push_str(&chunk);
        }
        chunk.clear();
        // The thread may be done already.
        let _ = self.spent.send(chunk);
        Ok(true)
    }
}

/// Sends chunks that end with a line where they can, so that a reader of lines takes each as it is.
fn decode_ahead(mut decoder: Decoder, filled: &SyncSender<Result<String, InputError>>, empty: &Receiver<String>) {
    let mut rest = String::new();
    loop {
        let mut chunk = empty.try_recv().unwrap_or_default();
        chunk.push_str(&rest);
        rest.clear();
        let more = decoder.read_chunk(&mut chunk);
        if let (Ok(true), Some(line_end)) = (&more, memchr::memrchr(b'\n', chunk.as_bytes())) {
            rest = chunk.split_off(line_end + 1);
        }
        let goes_on = matches!(more, Ok(true));
        if filled.send(more.map(|_| chunk)).is_err() || !goes_on {
            return;
        }
    }
}

/// Bytes into text.
#[derive(Debug)]
struct Decoder {
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

impl Decoder {
    fn new(bytes: ByteStream, encoding: &'static Encoding) -> Self {
        let decoding = if encoding == UTF_8 {
            Decoding::Utf8 { may_have_bom: true }
        } else {
            Decoding::Other(Box::new(encoding.new_decoder_with_bom_removal()))
        };
        Self { bytes, decoding, offset: 0, raw: Vec::new(), at_end: false }
    }

    /// Appends a chunk of text, whole characters only; `false`: the end was reached before.
    fn read_chunk(&mut self, into: &mut String) -> Result<bool, InputError> {
        if self.at_end {
            return Ok(false);
        }
        self.at_end = self.bytes.read_chunk(&mut self.raw)? == 0;
        match &mut self.decoding {
            Decoding::Utf8 { may_have_bom } => {
                let skip_bom = mem::take(may_have_bom);
                self.pass_utf8(into, skip_bom)?;
            }
            Decoding::Other(_) => self.decode(into)?,
        }
        Ok(true)
    }

    fn pass_utf8(&mut self, into: &mut String, skip_bom: bool) -> Result<(), InputError> {
        let text = match simdutf8::compat::from_utf8(&self.raw) {
            Ok(text) => text,
            // A character may go on in the next chunk; what stands before it is valid.
            Err(error) if error.error_len().is_none() && !self.at_end => {
                simdutf8::basic::from_utf8(&self.raw[..error.valid_up_to()]).unwrap_or_default()
            }
            Err(error) => {
                let offset = self.offset + error.valid_up_to() as u64;
                return Err(InputError::Undecodable { offset, encoding: "UTF-8" });
            }
        };
        let whole = text.len();
        into.push_str(if skip_bom { text.strip_prefix('\u{feff}').unwrap_or(text) } else { text });
        self.raw.drain(..whole);
        self.offset += whole as u64;
        Ok(())
    }

    fn decode(&mut self, into: &mut String) -> Result<(), InputError> {
        let Decoding::Other(decoder) = &mut self.decoding else { return Ok(()) };
        let encoding = decoder.encoding().name();
        // It fills what is reserved and no more; this is room enough by its contract.
        into.reserve(
            decoder.max_utf8_buffer_length_without_replacement(self.raw.len()).unwrap_or(self.raw.len() * 3 + 16),
        );
        let (result, read) = decoder.decode_to_string_without_replacement(&self.raw, into, self.at_end);
        if let DecoderResult::Malformed(bad, after) = result {
            let offset = self.offset + (read as u64).saturating_sub(u64::from(bad) + u64::from(after));
            return Err(InputError::Undecodable { offset, encoding });
        }
        debug_assert!(matches!(result, DecoderResult::InputEmpty));
        self.raw.clear();
        self.offset += read as u64;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::tabular::input::{Input, UnpackLimits};
    use std::io::Write;
    use tokio_util::sync::CancellationToken;

    /// Bytes that a stream reads at once.
    const CHUNK: usize = 256 << 10;

    fn text_of(bytes: &[u8], encoding: &'static Encoding) -> Result<String, InputError> {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(bytes).unwrap();
        let mut stream = Input::open(file.path(), UnpackLimits::default(), CancellationToken::new())?.text(encoding)?;
        let mut text = String::new();
        while stream.read_chunk(&mut text)? {}
        Ok(text)
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
    fn a_text_read_ahead_is_the_same_text() {
        let lines: Vec<_> = (0..90_000).map(|line| format!("{line},é€{}\n", "x".repeat(line % 400))).collect();
        let lines = lines.concat();
        for text in [lines.clone(), lines.replace('\n', "\r"), "é".repeat(9 << 20), format!("{lines}no line end")] {
            let mut file = tempfile::NamedTempFile::new().unwrap();
            file.write_all(text.as_bytes()).unwrap();
            let input = Input::open(file.path(), UnpackLimits::default(), CancellationToken::new()).unwrap();
            let mut stream = input.text_ahead(UTF_8).unwrap();
            let (mut chunk, mut read) = (String::new(), String::new());
            while stream.read_chunk(&mut chunk).unwrap() {
                read.push_str(&chunk);
                chunk.clear();
            }
            assert!(read == text && !stream.read_chunk(&mut chunk).unwrap());
        }
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
    fn a_truncated_archive_is_an_error() {
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        gzip.write_all(b"a,b\n1,2\n").unwrap();
        let bytes = gzip.finish().unwrap();
        assert!(matches!(text_of(&bytes[..bytes.len() - 6], UTF_8), Err(InputError::Unpack { .. })));
    }
}
