//! What waits for a thread, and which of it comes next.
//!
//! The one decision: what people wait for goes before what runs by itself, but for one turn after [`STREAK`], so that
//! nothing waits forever. Within a class models take turns, and of each the oldest text goes first.

use std::collections::VecDeque;
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use super::Urgency;
use super::order::{Item, Order};
use crate::core::embeddings::batching;
use crate::core::embeddings::error::EmbeddingError;
use crate::core::embeddings::ready::ReadyModel;

/// Texts that a thread makes tokens of at once.
const TEXTS_AT_ONCE: usize = 16;
/// Budgets of tokens among which a batch is chosen.
const LOOK_AHEAD: usize = 4;
/// Turns of the interactive class in succession while others wait.
const STREAK: usize = 8;
/// Bounds of what a refused caller is told.
const RETRY_AFTER: (Duration, Duration) = (Duration::from_secs(1), Duration::from_mins(1));

/// Some texts of an order that have no tokens yet.
pub(super) struct Chunk {
    pub(super) order: Arc<Order>,
    pub(super) places: Range<usize>,
    estimate: usize,
}

/// What a thread does next.
pub(super) enum Work {
    /// Makes tokens.
    Tokenize(Chunk),
    /// Computes vectors, of one model.
    Encode(Vec<Item>),
}

/// What waits of one class for one model.
struct Lane {
    ready: Arc<ReadyModel>,
    urgency: Urgency,
    /// In which order lanes were begun.
    arrival: u64,
    chunks: VecDeque<Chunk>,
    items: VecDeque<Item>,
    chunk_tokens: usize,
    item_tokens: usize,
}

/// Everything that waits.
pub(super) struct Queue {
    lanes: Vec<Lane>,
    /// The model of each batch that is computed now.
    running: Vec<Arc<ReadyModel>>,
    threads: usize,
    busy: usize,
    streak: usize,
    arrivals: u64,
    max_waiting: usize,
    done_tokens: usize,
    done_in: Duration,
    pub(super) is_closed: bool,
}

impl Queue {
    pub(super) fn new(threads: usize, max_waiting: usize) -> Self {
        Self {
            lanes: Vec::new(),
            running: Vec::new(),
            threads,
            busy: 0,
            streak: 0,
            arrivals: 0,
            max_waiting,
            done_tokens: 0,
            done_in: Duration::ZERO,
            is_closed: false,
        }
    }

    /// Takes an order in.
    ///
    /// # Errors
    /// When as many tokens wait as may wait, or nothing is taken any more.
    pub(super) fn submit(&mut self, order: &Arc<Order>) -> Result<(), EmbeddingError> {
        if self.is_closed {
            return Err(EmbeddingError::ShuttingDown);
        }
        if order.urgency == Urgency::Interactive {
            self.admit(order.estimate(0..order.texts.len()))?;
        }
        for start in (0..order.texts.len()).step_by(TEXTS_AT_ONCE) {
            let places = start..order.texts.len().min(start + TEXTS_AT_ONCE);
            let estimate = order.estimate(places.clone());
            let lane = self.lane(&order.ready, order.urgency);
            lane.chunk_tokens += estimate;
            lane.chunks.push_back(Chunk { order: Arc::clone(order), places, estimate });
        }
        Ok(())
    }

    /// One call alone is always taken, however large.
    fn admit(&mut self, tokens: usize) -> Result<(), EmbeddingError> {
        let most = self.max_waiting;
        let is_over = |waiting: usize| waiting > 0 && waiting + tokens > most;
        if is_over(self.waiting(Urgency::Interactive)) {
            self.forget_gone();
        }
        let waiting = self.waiting(Urgency::Interactive);
        if is_over(waiting) {
            return Err(EmbeddingError::Overloaded { waiting, retry_after: self.time_for(waiting) });
        }
        Ok(())
    }

    /// How long the threads need for so many tokens, by what they did so far.
    fn time_for(&self, tokens: usize) -> Duration {
        #[expect(clippy::cast_precision_loss, reason = "a rough guess")]
        let share = tokens as f64 / (self.done_tokens.max(1) * self.threads) as f64;
        let guess = self.done_in.as_secs_f64() * share;
        Duration::from_secs_f64(guess.clamp(RETRY_AFTER.0.as_secs_f64(), RETRY_AFTER.1.as_secs_f64()))
    }

    /// Puts texts that have their tokens where they wait for their vectors.
    pub(super) fn push(&mut self, items: Vec<Item>) {
        let Some(first) = items.first() else { return };
        let (ready, urgency) = (Arc::clone(&first.order.ready), first.order.urgency);
        let lane = self.lane(&ready, urgency);
        lane.item_tokens += items.iter().map(Item::tokens).sum::<usize>();
        lane.items.extend(items);
    }

    /// Tokens that wait, those of texts without tokens by a guess.
    pub(super) fn waiting(&self, urgency: Urgency) -> usize {
        let lanes = self.lanes.iter().filter(|lane| lane.urgency == urgency);
        lanes.map(|lane| lane.chunk_tokens + lane.item_tokens).sum()
    }

    /// Whether a thread could do something now.
    pub(super) fn has_work(&self) -> bool {
        self.lanes.iter().any(|lane| self.can_run(lane))
    }

    /// What a thread does next; [`Queue::finish`] says when it is done.
    pub(super) fn take(&mut self) -> Option<Work> {
        loop {
            self.lanes.retain(|lane| !lane.chunks.is_empty() || !lane.items.is_empty());
            let place = self.next_lane()?;
            let lane = &mut self.lanes[place];
            let work = if let Some(chunk) = lane.chunks.pop_front() {
                lane.chunk_tokens -= chunk.estimate;
                (!chunk.order.is_gone()).then_some(Work::Tokenize(chunk))
            } else {
                let batch = lane.batch(self.threads - self.busy);
                self.running.extend(batch.first().map(|item| Arc::clone(&item.order.ready)));
                (!batch.is_empty()).then_some(Work::Encode(batch))
            };
            if work.is_some() {
                self.busy += 1;
                return work;
            }
        }
    }

    /// A thread is done with what it took. `encoded`: the model of the batch, its tokens, and how long it took.
    pub(super) fn finish(&mut self, encoded: Option<(&Arc<ReadyModel>, usize, Duration)>) {
        self.busy -= 1;
        let Some((ready, tokens, took)) = encoded else { return };
        if let Some(place) = self.running.iter().position(|other| Arc::ptr_eq(other, ready)) {
            self.running.swap_remove(place);
        }
        self.done_tokens += tokens;
        self.done_in += took;
    }

    fn next_lane(&mut self) -> Option<usize> {
        let first = |urgency| {
            let lanes = self.lanes.iter().enumerate();
            let open = lanes.filter(|(_, lane)| lane.urgency == urgency && self.can_run(lane));
            open.min_by_key(|(_, lane)| lane.arrival).map(|(place, _)| place)
        };
        let (interactive, bulk) = (first(Urgency::Interactive), first(Urgency::Bulk));
        let is_bulks_turn = bulk.is_some() && (interactive.is_none() || self.streak >= STREAK);
        self.streak = if is_bulks_turn || bulk.is_none() { 0 } else { self.streak + 1 };
        let place = if is_bulks_turn { bulk } else { interactive }?;
        // The others of the class go before it next time.
        self.lanes[place].arrival = self.arrivals;
        self.arrivals += 1;
        Some(place)
    }

    fn can_run(&self, lane: &Lane) -> bool {
        let running = || self.running.iter().filter(|ready| Arc::ptr_eq(ready, &lane.ready)).count();
        !lane.chunks.is_empty() || (!lane.items.is_empty() && running() < lane.ready.callers(self.threads))
    }

    fn lane(&mut self, ready: &Arc<ReadyModel>, urgency: Urgency) -> &mut Lane {
        let is_it = |lane: &Lane| lane.urgency == urgency && Arc::ptr_eq(&lane.ready, ready);
        let place = self.lanes.iter().position(is_it).unwrap_or_else(|| {
            let (ready, arrival) = (Arc::clone(ready), self.arrivals);
            let (chunks, items) = Default::default();
            self.lanes.push(Lane { ready, urgency, arrival, chunks, items, chunk_tokens: 0, item_tokens: 0 });
            self.arrivals += 1;
            self.lanes.len() - 1
        });
        &mut self.lanes[place]
    }

    /// What nobody waits for any more makes room.
    fn forget_gone(&mut self) {
        for lane in &mut self.lanes {
            let mut is_gone = remembering(Order::is_gone);
            lane.chunks.retain(|chunk| !is_gone(&chunk.order));
            lane.items.retain(|item| !is_gone(&item.order));
            lane.chunk_tokens = lane.chunks.iter().map(|chunk| chunk.estimate).sum();
            lane.item_tokens = lane.items.iter().map(Item::tokens).sum();
        }
    }
}

impl Lane {
    /// The next batch, for one of `free` threads; empty if nobody waits for anything any more.
    fn batch(&mut self, free: usize) -> Vec<Item> {
        let budget = self.ready.budget().share(self.item_tokens, free);
        let (mut window, mut looked_at) = (Vec::new(), 0);
        while looked_at < budget.tokens() * LOOK_AHEAD
            && let Some(item) = self.items.pop_front()
        {
            if item.order.is_gone() {
                self.item_tokens -= item.tokens();
            } else {
                looked_at += item.tokens();
                window.push(item);
            }
        }
        let lengths: Vec<usize> = window.iter().map(Item::tokens).collect();
        let mut is_chosen = batching::choose(&lengths, budget).into_iter();
        let (batch, rest): (Vec<_>, Vec<_>) = window.into_iter().partition(|_| is_chosen.next().unwrap_or_default());
        rest.into_iter().rev().for_each(|item| self.items.push_front(item));
        self.item_tokens -= batch.iter().map(Item::tokens).sum::<usize>();
        batch
    }
}

/// Asks once for each of the neighbours that belong to one order: there are tens of thousands.
fn remembering(ask: impl Fn(&Order) -> bool) -> impl FnMut(&Arc<Order>) -> bool {
    let mut last: Option<(Arc<Order>, bool)> = None;
    move |order| match &last {
        Some((known, answer)) if Arc::ptr_eq(known, order) => *answer,
        _ => {
            let answer = ask(order);
            last = Some((Arc::clone(order), answer));
            answer
        }
    }
}
