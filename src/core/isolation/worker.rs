//! The worker's side: requests on standard input, answers on standard output, until the input ends.

use std::io::{self, BufReader, BufWriter, Read, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;

use arrow_ipc::writer::StreamWriter;
use tokio_util::sync::CancellationToken;

use super::limits::Limits;
use super::verdict;
use super::wire::{Answer, OpenRequest, Request, TableAnswer, read_words, write_arrow, write_words};
use crate::core::failure::Fails;
use crate::core::tabular::error::TableError;
use crate::core::tabular::input::{Input, UnpackLimits};
use crate::core::tabular::open;
use crate::core::tabular::table::{Rejects, Table, Tables};

/// The argument that makes this program a worker.
pub const COMMAND: &str = "isolated-reader";

/// Works until its input ends.
///
/// The exit code is 0 when the input ended between two files; anything else is a fault.
pub fn work() -> ExitCode {
    let (mut requests, mut answers) = (BufReader::new(io::stdin().lock()), BufWriter::new(io::stdout().lock()));
    match serve(&mut requests, &mut answers) {
        Ok(()) => ExitCode::SUCCESS,
        Err(_gone) => ExitCode::FAILURE,
    }
}

fn serve(requests: &mut impl Read, answers: &mut impl Write) -> io::Result<()> {
    let Some(limits) = read_words::<Limits>(requests)? else { return Ok(()) };
    limits.hold_process()?;
    while let Some(request) = read_words(requests)? {
        let Request::Open(file) = request else { return Err(io::ErrorKind::InvalidData.into()) };
        limits.hold_file()?;
        let read = catch_unwind(AssertUnwindSafe(|| send_file(&file, requests, answers)));
        match read.unwrap_or_else(|_panic| Err(SendError::Table(verdict::crashed("").into()))) {
            Ok(()) => {}
            Err(SendError::Table(TableError::Empty)) => write_words(&mut *answers, &Answer::Empty)?,
            Err(SendError::Table(error)) => write_words(&mut *answers, &Answer::Failed(error.to_failure()))?,
            Err(SendError::Gone(error)) => return Err(error),
        }
    }
    Ok(())
}

enum SendError {
    /// The file can't be read.
    Table(TableError),
    /// Nobody listens any more.
    Gone(io::Error),
}

impl From<TableError> for SendError {
    fn from(error: TableError) -> Self {
        match error {
            // Rejects go to whoever listens.
            TableError::Rejects(error) => Self::Gone(error),
            other => Self::Table(other),
        }
    }
}

impl From<io::Error> for SendError {
    fn from(error: io::Error) -> Self {
        Self::Gone(error)
    }
}

fn send_file(file: &OpenRequest, requests: &mut impl Read, answers: &mut impl Write) -> Result<(), SendError> {
    let input = Input::open(&file.path, UnpackLimits::default(), CancellationToken::new());
    let mut tables: Box<dyn Tables> = open::tables(input.map_err(TableError::Input)?, file.content, &file.options)?;
    while let Some(table) = tables.next_table()? {
        let report = table.report().clone();
        let schema = table.schema().as_ref().clone();
        let answer = TableAnswer { report, schema, preamble: table.preamble().map(str::to_owned) };
        write_words(&mut *answers, &Answer::Table(Box::new(answer)))?;
        match read_words(requests)? {
            Some(Request::Read) => send_rows(table, requests, answers)?,
            Some(Request::Next) => {}
            Some(Request::Open(_)) | None => return Err(io::Error::from(io::ErrorKind::UnexpectedEof).into()),
        }
    }
    Ok(write_words(answers, &Answer::NoMoreTables)?)
}

fn send_rows(table: Box<dyn Table>, requests: &mut impl Read, answers: &mut impl Write) -> Result<(), SendError> {
    let arrow = |error: arrow_schema::ArrowError| TableError::Broken { what: error.to_string() };
    let mut stream = StreamWriter::try_new(Vec::new(), &table.schema()).map_err(arrow)?;
    let mut batches = table.read()?;
    while let Some(batch) = batches.next_batch(&mut SentRejects(&mut *answers))? {
        stream.write(&batch).map_err(arrow)?;
        write_arrow(&mut *answers, stream.get_ref())?;
        stream.get_mut().clear();
    }
    write_words(&mut *answers, &Answer::RowsEnd { notes: batches.notes() })?;
    match read_words(requests)? {
        Some(Request::Next) => Ok(()),
        Some(_) | None => Err(io::Error::from(io::ErrorKind::UnexpectedEof).into()),
    }
}

/// Sends rejected rows to the other side, which counts them.
struct SentRejects<'a, W>(&'a mut W);

impl<W: Write> Rejects for SentRejects<'_, W> {
    fn reject(&mut self, line: u64, reason: &str, record: &[u8]) -> Result<(), TableError> {
        let record = String::from_utf8_lossy(record).into_owned();
        let answer = Answer::Reject { line, reason: reason.to_owned(), record };
        write_words(&mut *self.0, &answer).map_err(TableError::Rejects)
    }
}
