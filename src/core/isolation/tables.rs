//! A worker's answers as tables and batches.
//!
//! The worker does one thing at a time, so whoever holds the latest table or its batches holds the worker; it comes
//! back through a shared place when they are done. Whoever stops early ends it.

use std::sync::{Arc, Mutex, PoisonError};

use arrow_array::RecordBatch;
use arrow_buffer::Buffer;
use arrow_ipc::reader::StreamDecoder;
use arrow_schema::{ArrowError, SchemaRef};
use tokio_util::sync::CancellationToken;

use super::pool::Isolation;
use super::process::Process;
use super::verdict;
use super::wire::{Answer, Frame, Request, TableAnswer};
use crate::core::failure::{Code, Failure};
use crate::core::tabular::error::TableError;
use crate::core::tabular::report::{TableNote, TableReport};
use crate::core::tabular::table::{Batches, Rejects, Table, Tables};

/// Where the worker is while nobody reads rows.
type Bench = Arc<Mutex<Option<Process>>>;

fn sit(bench: &Bench, process: Process) {
    *bench.lock().unwrap_or_else(PoisonError::into_inner) = Some(process);
}

fn stand(bench: &Bench) -> Option<Process> {
    bench.lock().unwrap_or_else(PoisonError::into_inner).take()
}

/// The tables of the file that a worker reads.
pub(super) struct WorkerTables {
    bench: Bench,
    /// Takes the worker after the last table, if it may be used again.
    pool: Option<Isolation>,
    cancel: CancellationToken,
    is_first: bool,
    is_done: bool,
}

impl WorkerTables {
    /// `process` was told to open the file.
    pub(super) fn new(process: Process, pool: Option<Isolation>, cancel: CancellationToken) -> Self {
        Self { bench: Arc::new(Mutex::new(Some(process))), pool, cancel, is_first: true, is_done: false }
    }
}

impl Tables for WorkerTables {
    fn next_table(&mut self) -> Result<Option<Box<dyn Table>>, TableError> {
        if self.is_done {
            return Ok(None);
        }
        let mut process = stand(&self.bench).ok_or_else(given_up)?;
        if !std::mem::take(&mut self.is_first) {
            process.ask(&Request::Next)?;
        }
        let answer = process.answer(&self.cancel)?;
        self.is_done = !matches!(answer, Frame::Answer(Answer::Table(_)));
        match answer {
            Frame::Answer(Answer::Table(found)) => {
                sit(&self.bench, process);
                let (bench, cancel) = (Arc::clone(&self.bench), self.cancel.clone());
                Ok(Some(Box::new(WorkerTable { found: *found, bench, cancel })))
            }
            Frame::Answer(Answer::NoMoreTables) => self.end(process, Ok(None)),
            Frame::Answer(Answer::Empty) => self.end(process, Err(TableError::Empty)),
            Frame::Answer(Answer::Failed(failure)) => self.end(process, Err(failure.into())),
            Frame::Answer(_) | Frame::Arrow(_) => Err(nonsense()),
        }
    }
}

impl WorkerTables {
    /// The worker waits for the next file; `answer` is what it said of this one.
    fn end<T>(&self, process: Process, answer: Result<T, TableError>) -> Result<T, TableError> {
        if let Some(pool) = &self.pool {
            pool.give_back(process);
        }
        answer
    }
}

/// A table that a worker has looked at.
#[derive(Debug)]
struct WorkerTable {
    found: TableAnswer,
    bench: Bench,
    cancel: CancellationToken,
}

impl Table for WorkerTable {
    fn report(&self) -> &TableReport {
        &self.found.report
    }

    fn schema(&self) -> SchemaRef {
        Arc::new(self.found.schema.clone())
    }

    fn preamble(&self) -> Option<&str> {
        self.found.preamble.as_deref()
    }

    fn read(self: Box<Self>) -> Result<Box<dyn Batches>, TableError> {
        let mut process = stand(&self.bench).ok_or_else(given_up)?;
        process.ask(&Request::Read)?;
        Ok(Box::new(WorkerBatches {
            process: Some(process),
            bench: self.bench,
            cancel: self.cancel,
            stream: StreamDecoder::new(),
            notes: Vec::new(),
        }))
    }
}

/// The rows that a worker sends.
struct WorkerBatches {
    process: Option<Process>,
    bench: Bench,
    cancel: CancellationToken,
    stream: StreamDecoder,
    notes: Vec<TableNote>,
}

impl Batches for WorkerBatches {
    fn next_batch(&mut self, rejects: &mut dyn Rejects) -> Result<Option<RecordBatch>, TableError> {
        loop {
            let Some(process) = &mut self.process else { return Ok(None) };
            match process.answer(&self.cancel)? {
                Frame::Arrow(bytes) => {
                    if let Some(batch) = decode(&mut self.stream, bytes)? {
                        return Ok(Some(batch));
                    }
                }
                Frame::Answer(Answer::Reject { line, reason, record }) => {
                    rejects.reject(line, &reason, record.as_bytes())?;
                }
                Frame::Answer(Answer::RowsEnd { notes }) => {
                    self.notes = notes;
                    if let Some(process) = self.process.take() {
                        sit(&self.bench, process);
                    }
                    return Ok(None);
                }
                Frame::Answer(Answer::Failed(failure)) => return Err(failure.into()),
                Frame::Answer(_) => return Err(nonsense()),
            }
        }
    }

    /// The worker has laid them into columns, if they were asked for.
    fn lines(&self) -> &[u64] {
        &[]
    }

    fn notes(&self) -> Vec<TableNote> {
        self.notes.clone()
    }
}

/// A frame holds a schema, a batch, or both.
fn decode(stream: &mut StreamDecoder, bytes: Vec<u8>) -> Result<Option<RecordBatch>, TableError> {
    let mut buffer = Buffer::from_vec(bytes);
    stream.decode(&mut buffer).map_err(|_not_arrow: ArrowError| nonsense())
}

fn given_up() -> TableError {
    Failure::new(Code::Internal, "the table before was not read to its end").into()
}

/// What a worker never sends: its reader has done something that it must not.
fn nonsense() -> TableError {
    verdict::crashed(" (it sent what makes no sense)").into()
}
