//! The files: one queue and one open file per router, made at its first line.
//!
//! For: rotation by size and UTC day, and forgetting the oldest. The one decision: a file's name is the moment of its
//! first line and the process that writes it, so that names sort by time and processes of all machines can share the
//! folder. Whoever writes a file holds its lock: one that is being written is never removed, and the locks tell how
//! many processes there are to keep files for.

use std::collections::HashMap;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use tracing_appender::non_blocking::{NonBlocking, NonBlockingBuilder, WorkerGuard};

use super::FileOptions;

/// Lines that may wait for the disk, per router; beyond that they are dropped and counted.
const MAX_WAITING_LINES: usize = 16_384;

/// All queues of a process, by router.
#[derive(Debug)]
pub(super) struct Routes {
    options: FileOptions,
    open: RwLock<Option<HashMap<String, Queue>>>,
    lost: Arc<AtomicU64>,
    dropped_by_closed: AtomicU64,
}

#[derive(Debug)]
struct Queue {
    writer: NonBlocking,
    /// Writes what waits when it is dropped.
    _guard: WorkerGuard,
}

impl Routes {
    pub(super) fn new(options: &FileOptions) -> Self {
        Self {
            options: options.clone(),
            open: RwLock::new(Some(HashMap::new())),
            lost: Arc::default(),
            dropped_by_closed: AtomicU64::new(0),
        }
    }

    /// Queues a line for the file of `router`, or of the process. Never waits for the disk.
    pub(super) fn write(&self, router: Option<&str>, line: &str) {
        let name = file_safe(router.unwrap_or(self.options.process));
        if let Some(mut writer) = self.writer(&name) {
            // A lossy queue never fails; it counts.
            let _ = writer.write_all(line.as_bytes());
        } else {
            self.lost.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Writes what waits; later lines are lost, and counted.
    pub(super) fn close(&self) {
        let queues = self.open.write().unwrap_or_else(PoisonError::into_inner).take();
        let dropped: usize = queues.iter().flat_map(HashMap::values).map(Queue::dropped_lines).sum();
        self.dropped_by_closed.store(dropped as u64, Ordering::Relaxed);
    }

    pub(super) fn lost_lines(&self) -> u64 {
        let open = self.open.read().unwrap_or_else(PoisonError::into_inner);
        let dropped: usize = open.iter().flat_map(HashMap::values).map(Queue::dropped_lines).sum();
        dropped as u64 + self.dropped_by_closed.load(Ordering::Relaxed) + self.lost.load(Ordering::Relaxed)
    }

    /// The queue of a router; `None` once closed.
    fn writer(&self, name: &str) -> Option<NonBlocking> {
        let known = self.open.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(queue) = known.as_ref()?.get(name) {
            return Some(queue.writer.clone());
        }
        drop(known);
        let mut open = self.open.write().unwrap_or_else(PoisonError::into_inner);
        let queues = open.as_mut()?;
        let queue = queues.entry(name.to_owned()).or_insert_with(|| self.queue(name));
        Some(queue.writer.clone())
    }

    fn queue(&self, name: &str) -> Queue {
        let file = RollingFile::new(name, &self.options, Arc::clone(&self.lost), Utc::now);
        let builder = NonBlockingBuilder::default().buffered_lines_limit(MAX_WAITING_LINES).lossy(true);
        let (writer, guard) = builder.thread_name(&format!("log-{name}")).finish(file);
        Queue { writer, _guard: guard }
    }
}

impl Queue {
    fn dropped_lines(&self) -> usize {
        self.writer.error_counter().dropped_lines()
    }
}

/// A name that can't leave the folder.
fn file_safe(router: &str) -> String {
    let safe = |c: char| if c.is_ascii_alphanumeric() || c == '-' { c.to_ascii_lowercase() } else { '_' };
    router.chars().take(64).map(safe).collect()
}

/// Writes lines to `<router>_<date>_<time>_<writer>.jsonl`; the file of a new day, or of a full predecessor, begins with the
/// line that needs it. Lines that can't be written are counted, and the next line tries again.
pub(super) struct RollingFile<C> {
    router: String,
    writer: String,
    dir: PathBuf,
    max_bytes: u64,
    max_files: usize,
    lost: Arc<AtomicU64>,
    clock: C,
    open: Option<OpenFile>,
}

struct OpenFile {
    file: BufWriter<File>,
    day: NaiveDate,
    size_bytes: u64,
    /// Lines that may still be in the buffer only.
    unflushed_lines: u64,
}

impl<C: Fn() -> DateTime<Utc>> RollingFile<C> {
    pub(super) fn new(router: &str, options: &FileOptions, lost: Arc<AtomicU64>, clock: C) -> Self {
        Self {
            router: router.to_owned(),
            writer: file_safe(&options.writer),
            dir: options.dir.clone(),
            max_bytes: options.max_file_bytes,
            max_files: options.max_files,
            lost,
            clock,
            open: None,
        }
    }

    fn write_line(&mut self, line: &[u8]) -> io::Result<()> {
        let now = (self.clock)();
        let line_bytes = line.len() as u64;
        let fits = self.open.as_ref().is_some_and(|open| {
            open.day == now.date_naive() && (open.size_bytes == 0 || open.size_bytes + line_bytes <= self.max_bytes)
        });
        if !fits {
            self.begin_file(now)?;
        }
        if let Some(open) = &mut self.open {
            open.unflushed_lines += 1;
            open.size_bytes += line_bytes;
            open.file.write_all(line)?;
        }
        Ok(())
    }

    fn begin_file(&mut self, now: DateTime<Utc>) -> io::Result<()> {
        self.flush()?;
        self.open = None;
        fs::create_dir_all(&self.dir)?;
        let file = create_new(&self.dir, &self.router, &self.writer, now)?;
        // Where the system has no locks, the file is not protected from the others; that is no reason to lose its lines.
        let _ = file.lock_shared();
        self.open =
            Some(OpenFile { file: BufWriter::new(file), day: now.date_naive(), size_bytes: 0, unflushed_lines: 0 });
        // An old file that can't be removed (or that another process has removed) is no reason to lose a new line.
        let _ = remove_oldest(&self.dir, &self.router, self.max_files);
        Ok(())
    }
}

impl<C: Fn() -> DateTime<Utc>> Write for RollingFile<C> {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        if self.write_line(line).is_err() {
            let lines = self.open.take().map_or(1, |open| open.unflushed_lines);
            self.lost.fetch_add(lines, Ordering::Relaxed);
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        let Some(open) = &mut self.open else { return Ok(()) };
        let flushed = open.file.flush();
        if flushed.is_err() {
            self.lost.fetch_add(open.unflushed_lines, Ordering::Relaxed);
        }
        open.unflushed_lines = 0;
        flushed
    }
}

/// Creates the router's next file; one that exists already pushes the name a millisecond on.
fn create_new(dir: &Path, router: &str, writer: &str, mut now: DateTime<Utc>) -> io::Result<File> {
    loop {
        let path = dir.join(format!("{router}_{}_{writer}.jsonl", now.format("%Y-%m-%d_%H%M%S%3f")));
        match OpenOptions::new().append(true).create_new(true).open(path) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => now += TimeDelta::milliseconds(1),
            made => return made,
        }
    }
}

/// Leaves the newest `keep` files of a router for each process that writes one now, and those that are being written.
fn remove_oldest(dir: &Path, router: &str, keep: usize) -> io::Result<()> {
    let mut names: Vec<String> = fs::read_dir(dir)?
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .filter(|name| is_of_router(name, router))
        .collect();
    if names.len() <= keep {
        return Ok(());
    }
    names.sort_unstable();
    let (written, ended): (Vec<_>, Vec<_>) = names.iter().partition(|name| is_being_written(&dir.join(name)));
    let kept = keep.max(1).saturating_mul(written.len().max(1));
    let surplus = names.len().saturating_sub(kept);
    ended.into_iter().take(surplus).try_for_each(|name| fs::remove_file(dir.join(name)))
}

/// Whether a process holds the file's lock. One that can't be looked at is left to whoever can.
fn is_being_written(path: &Path) -> bool {
    File::open(path).is_ok_and(|file| matches!(file.try_lock(), Err(TryLockError::WouldBlock)))
}

/// Whether a file name is `<router>_<date>_<time>_<writer>.jsonl` of exactly this router, or one without a writer, as
/// earlier versions named them.
fn is_of_router(name: &str, router: &str) -> bool {
    let rest =
        name.strip_prefix(router).and_then(|rest| rest.strip_prefix('_')).and_then(|rest| rest.strip_suffix(".jsonl"));
    let moment_and_writer = rest.and_then(|rest| rest.split_at_checked("2026-01-31_235959999".len()));
    moment_and_writer.is_some_and(|(moment, writer)| {
        moment.starts_with(|c: char| c.is_ascii_digit())
            && moment.chars().all(|c| c.is_ascii_digit() || c == '-' || c == '_')
            && (writer.is_empty() || writer.starts_with('_'))
    })
}
