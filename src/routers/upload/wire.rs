//! Counts a form's bytes as they come in, since the reader of forms bounds none of its own buffers.
//!
//! For: the size of a whole request, and of the lines between two parts. Not for: the size of a file (`Intake`). The
//! one decision: the body is handed on in small pieces with a pause after each, so that what is buffered before a count
//! takes effect is one piece, whatever the connection delivers at once.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::body::{Body, BodyDataStream, Bytes};
use futures::{Stream, StreamExt as _, stream};

/// Largest piece in bytes that is handed on at once.
const PIECE_BYTES: usize = 64 * 1024;
/// Most bytes that may be read before a part begins: its header, and what comes along with it in one piece.
const HEADER_BYTES: u64 = 2 * PIECE_BYTES as u64;

/// Why a body is not read on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum WireError {
    /// More bytes than the whole request may have.
    #[error("the request is too large")]
    TooLarge,
    /// No part begins.
    #[error("the header of a part is larger than {} bytes", PIECE_BYTES)]
    HeaderTooLarge,
}

impl WireError {
    /// The reason behind an error of whoever reads the body.
    pub(super) fn behind<'e>(error: &'e (dyn std::error::Error + 'static)) -> Option<&'e Self> {
        std::iter::successors(Some(error), |error| error.source()).find_map(|error| error.downcast_ref())
    }
}

/// How many bytes may still come before a part must begin.
#[derive(Debug, Clone, Default)]
pub(super) struct HeaderAllowance(Arc<AtomicU64>);

impl HeaderAllowance {
    /// A header is read next.
    pub(super) fn begin(&self) {
        self.0.store(HEADER_BYTES, Ordering::Relaxed);
    }

    /// The header is over; content is written away as it comes.
    pub(super) fn end(&self) {
        self.0.store(u64::MAX, Ordering::Relaxed);
    }

    fn take(&self, bytes: u64) -> Result<(), WireError> {
        let left = self.0.load(Ordering::Relaxed).checked_sub(bytes).ok_or(WireError::HeaderTooLarge)?;
        self.0.store(left, Ordering::Relaxed);
        Ok(())
    }
}

/// A body on its way in.
struct Wire {
    body: BodyDataStream,
    waiting: Bytes,
    left: u64,
    header: HeaderAllowance,
}

impl Wire {
    /// The next piece; an error of the connection is told apart from one of ours by its type.
    async fn next(&mut self) -> Option<Result<Bytes, axum::Error>> {
        // Whoever reads takes all that is ready: it must get to parse each piece before the next one.
        tokio::task::yield_now().await;
        while self.waiting.is_empty() {
            match self.body.next().await? {
                Ok(bytes) => self.waiting = bytes,
                Err(error) => return Some(Err(error)),
            }
        }
        let piece = self.waiting.split_to(self.waiting.len().min(PIECE_BYTES));
        Some(self.count(piece.len() as u64).map(|()| piece).map_err(axum::Error::new))
    }

    fn count(&mut self, bytes: u64) -> Result<(), WireError> {
        self.left = self.left.checked_sub(bytes).ok_or(WireError::TooLarge)?;
        self.header.take(bytes)
    }
}

/// The body, `most` bytes at most.
pub(super) fn metered(body: Body, most: u64, header: HeaderAllowance) -> Body {
    let wire = Wire { body: body.into_data_stream(), waiting: Bytes::new(), left: most, header };
    Body::from_stream(pieces(wire))
}

fn pieces(wire: Wire) -> impl Stream<Item = Result<Bytes, axum::Error>> + Send {
    stream::unfold(wire, |mut wire| async move { wire.next().await.map(|piece| (piece, wire)) })
}
