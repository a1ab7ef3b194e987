use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};

use tokio::sync::oneshot;

use super::order::{Item, Order, Outcome};
use super::queue::{Queue, Work};
use super::{Pool, PoolSettings, Urgency};
use crate::core::embeddings::Encoder;
use crate::core::embeddings::batching::{Batch, Budget};
use crate::core::embeddings::error::EmbeddingError;
use crate::core::embeddings::model::Model;
use crate::core::embeddings::pooling::Pooling;
use crate::core::embeddings::ready::ReadyModel;
use crate::core::embeddings::tests::tiny_model::{TinyModel, WIDTH};
use crate::core::embeddings::tokens::Tokens;
use crate::core::telemetry::embedding::EmbeddingMetrics;

/// The token of `stone`: the encoder says that it met one, and waits to be let on.
const STOPS: u32 = 38;
/// The token of `cat`: the encoder panics.
const BREAKS: u32 = 7;

/// Vectors of the count of their tokens.
#[derive(Default)]
struct Fake {
    callers: Option<usize>,
    stop: Option<Mutex<(Sender<()>, Receiver<()>)>>,
    batches: Arc<Mutex<Vec<usize>>>,
}

impl Encoder for Fake {
    #[expect(clippy::cast_precision_loss, reason = "forty tokens")]
    fn vectors(&self, batch: Batch<'_>, _pooling: Pooling) -> Result<Vec<f32>, EmbeddingError> {
        self.batches.lock().unwrap().push(batch.sequences().len());
        let has = |token| batch.sequences().any(|tokens| tokens.contains(&token));
        if let Some(stop) = self.stop.as_ref().filter(|_| has(STOPS)) {
            let (met, go_on) = &*stop.lock().unwrap();
            met.send(()).unwrap();
            go_on.recv().unwrap();
        }
        assert!(!has(BREAKS), "a cat");
        Ok(batch.sequences().flat_map(|tokens| [tokens.len() as f32; WIDTH]).collect())
    }

    fn budget(&self) -> Budget {
        if self.callers.is_some() { Budget::PADDED } else { Budget::PACKED }
    }

    fn callers(&self, threads: usize) -> usize {
        self.callers.unwrap_or(threads)
    }

    fn variant(&self) -> String {
        "a fake".to_owned()
    }
}

fn ready(encoder: Fake) -> Arc<ReadyModel> {
    let folder = tempfile::tempdir().unwrap();
    TinyModel::default().write(folder.path());
    let model = Model::open(folder.path(), None).unwrap();
    let tokens = Tokens::open(&model).unwrap();
    Arc::new(ReadyModel { model, tokens, encoder: Box::new(encoder) })
}

fn order(ready: &Arc<ReadyModel>, urgency: Urgency, texts: &[&str]) -> (Arc<Order>, oneshot::Receiver<Outcome>) {
    Order::new(Arc::clone(ready), urgency, texts.iter().map(|text| (*text).to_owned()).collect())
}

/// Makes tokens until a batch comes, which stays taken.
fn taken(queue: &mut Queue) -> Option<Vec<Item>> {
    loop {
        match queue.take()? {
            Work::Encode(batch) => return Some(batch),
            Work::Tokenize(chunk) => {
                let text = |place: usize| chunk.order.ready.tokenize(&chunk.order.texts[place]).unwrap();
                let item = |place| Item { order: Arc::clone(&chunk.order), place, text: text(place) };
                queue.push(chunk.places.clone().map(item).collect());
                queue.finish(None);
            }
        }
    }
}

/// The texts of the next batch, which is done at once.
fn done(queue: &mut Queue) -> Option<Vec<String>> {
    let batch = taken(queue)?;
    let ready = Arc::clone(&batch[0].order.ready);
    queue.finish(Some((&ready, 1_000, std::time::Duration::from_secs(1))));
    Some(batch.iter().map(|item| item.order.texts[item.place].clone()).collect())
}

#[test]
fn what_people_wait_for_goes_first_but_not_forever() {
    let (ready, mut queue) = (ready(Fake::default()), Queue::new(1, usize::MAX));
    let (bulk, _bulk) = order(&ready, Urgency::Bulk, &["steel"]);
    queue.submit(&bulk).unwrap();
    let mut before = 0;
    loop {
        let (asked, _asked) = order(&ready, Urgency::Interactive, &["wood"]);
        queue.submit(&asked).unwrap();
        match done(&mut queue).unwrap().as_slice() {
            [text] if text == "wood" => before += 1,
            texts => return assert_eq!((texts, before > 2 && before < 20), (&["steel".to_owned()][..], true)),
        }
    }
}

#[test]
fn idle_threads_share_one_call_and_a_busy_one_takes_a_whole_batch() {
    let texts = ["the old house"; 60];
    let sizes = |threads: usize, ready: &Arc<ReadyModel>| {
        let mut queue = Queue::new(threads, usize::MAX);
        let (asked, _asked) = order(ready, Urgency::Interactive, &texts);
        queue.submit(&asked).unwrap();
        std::iter::from_fn(|| taken(&mut queue)).map(|batch| batch.len()).collect::<Vec<_>>()
    };
    // Five tokens a text.
    assert_eq!(sizes(4, &ready(Fake::default())), [15, 15, 15, 15]);
    assert_eq!(sizes(1, &ready(Fake::default())), [60]);
    assert_eq!(sizes(4, &ready(Fake { callers: Some(1), ..Fake::default() })), [60]);
}

#[test]
fn one_batch_at_a_time_goes_through_an_encoder_that_takes_all_cores() {
    let (alone, free) = (ready(Fake { callers: Some(1), ..Fake::default() }), ready(Fake::default()));
    let mut queue = Queue::new(4, usize::MAX);
    let orders = [&alone, &free, &alone].map(|ready| order(ready, Urgency::Interactive, &["wood"; 200]));
    for (order, _) in &orders {
        queue.submit(order).unwrap();
    }
    let models: Vec<_> =
        std::iter::from_fn(|| taken(&mut queue).map(|batch| Arc::clone(&batch[0].order.ready))).collect();
    assert_eq!(models.iter().filter(|ready| Arc::ptr_eq(ready, &alone)).count(), 1);
    queue.finish(Some((&alone, 1, std::time::Duration::ZERO)));
    assert!(taken(&mut queue).is_some());
}

#[test]
fn too_much_is_refused_at_once_and_what_nobody_waits_for_makes_room() {
    let (ready, mut queue) = (ready(Fake::default()), Queue::new(1, 100));
    let ask = |queue: &mut Queue, urgency, count| {
        let (asked, answered) = order(&ready, urgency, &vec!["a tree"; count]);
        queue.submit(&asked).map(|()| answered)
    };
    let large = ask(&mut queue, Urgency::Interactive, 1_000).unwrap();
    assert!(queue.waiting(Urgency::Interactive) > 1_000, "one call alone is always taken");
    let refused = ask(&mut queue, Urgency::Interactive, 1).unwrap_err();
    assert!(matches!(refused, EmbeddingError::Overloaded { waiting: 3_000, .. }), "{refused}");
    let _bulk = ask(&mut queue, Urgency::Bulk, 1_000).unwrap();
    drop(large);
    let _small = ask(&mut queue, Urgency::Interactive, 20).unwrap();
    assert_eq!(queue.waiting(Urgency::Interactive), 60);
    assert_eq!(done(&mut queue).unwrap().len(), 20);
    assert_eq!(queue.waiting(Urgency::Interactive), 0);
}

#[test]
fn a_call_that_nobody_waits_for_costs_no_pass() {
    let (ready, mut queue) = (ready(Fake::default()), Queue::new(1, usize::MAX));
    let (gone, receiver) = order(&ready, Urgency::Interactive, &["steel"; 3]);
    let (kept, _kept) = order(&ready, Urgency::Interactive, &["wood"]);
    queue.submit(&gone).unwrap();
    queue.submit(&kept).unwrap();
    drop(receiver);
    assert_eq!(done(&mut queue).unwrap(), ["wood"]);
    assert!(done(&mut queue).is_none() && !queue.has_work());
    assert_eq!(queue.waiting(Urgency::Interactive), 0);
}

#[test]
fn a_text_that_breaks_the_encoder_fails_its_own_call_only() {
    let ((met, is_met), (go_on, goes_on)) = (channel(), channel());
    let batches = Arc::default();
    let fake = Fake { stop: Some(Mutex::new((met, goes_on))), batches: Arc::clone(&batches), callers: None };
    let ready = ready(fake);
    let settings = PoolSettings { threads: 1, max_waiting_tokens: usize::MAX };
    let pool = Pool::start(settings, EmbeddingMetrics::default()).unwrap();
    let submit = |text: &str| pool.submit(&ready, vec![text.to_owned()], Urgency::Interactive).unwrap();
    let first = submit("stone");
    is_met.recv().unwrap();
    // Both wait, and go together.
    let (good, bad) = (submit("wood"), submit("a cat"));
    go_on.send(()).unwrap();
    for answer in [first, good] {
        assert_eq!(answer.blocking_recv().unwrap().unwrap().vectors().len(), 1);
    }
    assert!(matches!(bad.blocking_recv().unwrap(), Err(EmbeddingError::Panicked)));
    assert_eq!(*batches.lock().unwrap(), [1, 2, 1, 1]);
    assert_eq!(submit("wood").blocking_recv().unwrap().unwrap().vectors().len(), 1, "the thread goes on");
}

#[test]
fn a_pool_that_closes_does_what_waits_and_takes_nothing_more() {
    let (ready, settings) = (ready(Fake::default()), PoolSettings { threads: 3, max_waiting_tokens: 10 });
    let pool = Pool::start(settings, EmbeddingMetrics::default()).unwrap();
    let texts = (0..500).map(|number| "tree ".repeat(number % 50)).collect();
    let answer = pool.submit(&ready, texts, Urgency::Bulk).unwrap();
    pool.close();
    assert_eq!(answer.blocking_recv().unwrap().unwrap().vectors().len(), 500);
    let refused = pool.submit(&ready, vec!["wood".to_owned()], Urgency::Bulk).unwrap_err();
    assert!(matches!(refused, EmbeddingError::ShuttingDown), "{refused}");
}
