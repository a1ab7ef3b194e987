//! Work on all cores whose results are taken in a fixed order, in bounded memory.
//!
//! The one decision: each piece of work has a lane of its own that takes a bounded number of results, and lanes are
//! emptied one after another. Who is ahead waits until its lane's turn has come; who is first never waits for others.

use std::num::NonZero;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

/// Where the results of a piece of work go.
#[derive(Debug)]
pub(super) struct Lane<T> {
    sender: SyncSender<T>,
}

/// Nobody takes results any more: work can end.
#[derive(Debug)]
pub(super) struct Gone;

impl<T> Lane<T> {
    /// Hands a result over, as soon as the lane has room.
    pub(super) fn send(&self, result: T) -> Result<(), Gone> {
        self.sender.send(result).map_err(|_unsent| Gone)
    }
}

/// The next piece of work, and where its lane is announced.
struct Next<T> {
    piece: usize,
    lanes: SyncSender<Receiver<T>>,
}

/// Threads that work.
pub(super) fn threads() -> usize {
    thread::available_parallelism().map_or(1, NonZero::get)
}

/// Lanes that are open or full at once.
pub(super) fn open_lanes() -> usize {
    3 * threads()
}

/// Calls `work` for pieces 0 to before `pieces` on all cores, and `take` here for their results, in order; a lane holds up to
/// `depth` of them. The first error ends it.
pub(super) fn in_order<T: Send, E: Send>(
    pieces: usize,
    depth: usize,
    work: impl Fn(usize, &Lane<T>) -> Result<(), E> + Sync,
    mut take: impl FnMut(T) -> Result<(), E>,
) -> Result<(), E> {
    let (lanes, open) = sync_channel(2 * threads());
    // Held by the workers alone: when all have ended, no lane is waited for.
    let next = Arc::new(Mutex::new(Next { piece: 0, lanes }));
    let stop = AtomicBool::new(false);
    let begin = |next: &Mutex<Next<T>>| {
        let mut next = next.lock().unwrap_or_else(PoisonError::into_inner);
        let piece = Some(next.piece).filter(|piece| *piece < pieces && !stop.load(Ordering::Relaxed))?;
        let (sender, lane) = sync_channel(depth.max(1));
        // Waits while too many lanes are full, and so does whoever would come next.
        next.lanes.send(lane).ok()?;
        next.piece += 1;
        Some((piece, Lane { sender }))
    };
    let work_on = |next: Arc<Mutex<Next<T>>>| {
        while let Some((piece, lane)) = begin(&next) {
            work(piece, &lane).inspect_err(|_| stop.store(true, Ordering::Relaxed))?;
        }
        Ok(())
    };
    thread::scope(|scope| {
        let workers: Vec<_> = (0..threads().min(pieces)).map(|_| Arc::clone(&next)).collect();
        drop(next);
        let work_on = &work_on;
        let workers: Vec<_> = workers.into_iter().map(|next| scope.spawn(move || work_on(next))).collect();
        let mut taken = Ok(());
        while taken.is_ok() && !stop.load(Ordering::Relaxed) {
            let Ok(lane) = open.recv() else { break };
            taken = lane.into_iter().try_for_each(&mut take);
        }
        // Who still waits for a lane learns that nobody empties it.
        drop(open);
        stop.store(true, Ordering::Relaxed);
        let ended: Vec<_> = workers.into_iter().map(thread::ScopedJoinHandle::join).collect();
        let mut ended = ended.into_iter().map(|end| end.unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
        taken.and_then(|()| ended.try_for_each(|end| end))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_come_in_order_however_long_each_takes() {
        let mut taken = Vec::new();
        let work = |piece: usize, lane: &Lane<usize>| {
            (0..piece % 7).try_for_each(|number| lane.send(piece * 10 + number)).map_err(|Gone| "gone")
        };
        in_order(200, 2, work, |result| {
            taken.push(result);
            Ok(())
        })
        .unwrap();
        assert_eq!(
            taken,
            (0..200).flat_map(|piece| (0..piece % 7).map(move |number| piece * 10 + number)).collect::<Vec<_>>()
        );
    }

    #[test]
    fn an_error_of_either_side_ends_it() {
        let work = |piece: usize, lane: &Lane<usize>| {
            let _ = lane.send(piece);
            if piece == 40 { Err("worker") } else { Ok(()) }
        };
        assert_eq!(in_order(1_000_000, 1, work, |_| Ok(())), Err("worker"));
        let endless = |piece: usize, lane: &Lane<usize>| {
            while lane.send(piece).is_ok() {}
            Ok(())
        };
        assert_eq!(in_order(9, 1, endless, |_| Err("taker")), Err("taker"));
        assert_eq!(in_order(0, 1, endless, |_| Err("taker")), Ok(()));
    }
}
