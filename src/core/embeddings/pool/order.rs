//! One call for vectors, on its way through the pool.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::oneshot;

use super::Urgency;
use crate::core::embeddings::error::EmbeddingError;
use crate::core::embeddings::ready::ReadyModel;
use crate::core::embeddings::tokens::Tokenized;
use crate::core::embeddings::{Embeddings, TextLength};

/// What the caller gets.
pub(super) type Outcome = Result<Embeddings, EmbeddingError>;

/// Bytes of a text for each token, on average: for what waits and has no tokens yet.
const BYTES_A_TOKEN: usize = 4;

/// One call: its texts, and the vectors that are there so far.
pub(super) struct Order {
    pub(super) ready: Arc<ReadyModel>,
    pub(super) urgency: Urgency,
    pub(super) texts: Vec<String>,
    begun: Instant,
    state: Mutex<State>,
}

struct State {
    numbers: Vec<f32>,
    lengths: Vec<TextLength>,
    left: usize,
    /// `None` once it is answered.
    answer: Option<oneshot::Sender<Outcome>>,
}

/// A text of an order that waits for its vector.
pub(super) struct Item {
    pub(super) order: Arc<Order>,
    pub(super) place: usize,
    pub(super) text: Tokenized,
}

impl Item {
    pub(super) fn tokens(&self) -> usize {
        self.text.ids.len()
    }
}

/// How an order ended, for whoever counts.
pub(super) struct Ended {
    pub(super) took: Duration,
    pub(super) tokens: usize,
    pub(super) texts: usize,
    pub(super) truncated: usize,
}

impl Order {
    pub(super) fn new(
        ready: Arc<ReadyModel>,
        urgency: Urgency,
        texts: Vec<String>,
    ) -> (Arc<Self>, oneshot::Receiver<Outcome>) {
        let (answer, answered) = oneshot::channel();
        let nothing = TextLength { tokens: 0, is_truncated: false };
        let state = State {
            numbers: vec![0.0; texts.len() * ready.width()],
            lengths: vec![nothing; texts.len()],
            left: texts.len(),
            answer: Some(answer),
        };
        (Arc::new(Self { ready, urgency, texts, begun: Instant::now(), state: Mutex::new(state) }), answered)
    }

    /// How many tokens some of its texts will be, more or less.
    pub(super) fn estimate(&self, places: std::ops::Range<usize>) -> usize {
        let most = self.ready.max_tokens();
        self.texts[places].iter().map(|text| (2 + text.len() / BYTES_A_TOKEN).min(most)).sum()
    }

    /// Whether nobody waits for it any more.
    pub(super) fn is_gone(&self) -> bool {
        self.state().answer.as_ref().is_none_or(oneshot::Sender::is_closed)
    }

    /// Puts a vector in its place; the last one answers the caller.
    pub(super) fn fill(&self, place: usize, length: TextLength, vector: &[f32]) -> Option<Ended> {
        let mut state = self.state();
        state.numbers[place * vector.len()..][..vector.len()].copy_from_slice(vector);
        state.lengths[place] = length;
        state.left -= 1;
        if state.left > 0 {
            return None;
        }
        let answer = state.answer.take()?;
        let (numbers, lengths) = (std::mem::take(&mut state.numbers), std::mem::take(&mut state.lengths));
        drop(state);
        let ended = Ended {
            took: self.begun.elapsed(),
            tokens: lengths.iter().map(|length| length.tokens).sum(),
            texts: lengths.len(),
            truncated: lengths.iter().filter(|length| length.is_truncated).count(),
        };
        let found = Embeddings { dimension: self.ready.width(), numbers, lengths: Some(lengths) };
        answer.send(Ok(found)).ok().map(|()| ended)
    }

    /// Answers with an error, unless it is answered.
    pub(super) fn fail(&self, error: EmbeddingError) {
        if let Some(answer) = self.state().answer.take() {
            // Who has gone needs no answer.
            let _ = answer.send(Err(error));
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
