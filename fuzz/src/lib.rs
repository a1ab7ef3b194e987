//! What all fuzz targets share: bytes are opened as a file and its tables read to their ends, and what must hold of
//! every table is asserted.
//!
//! A finding is a panic in our own code, a table that is not as it was announced, two passes that disagree, or (by
//! libFuzzer's limits) too much time or memory. Formats that are read in a worker process contain what other people's
//! parsers do; their panics are told once for each place, and are no findings.

use std::collections::HashSet;
use std::io::Write as _;
use std::panic::{self, AssertUnwindSafe, PanicHookInfo, catch_unwind};
use std::sync::Mutex;
use std::time::Duration;

use arrow_array::{Array as _, RecordBatch};
use rustix::time::{ClockId, clock_gettime};
use textmill::core::tabular::column::{DateOrder, DecimalComma};
use textmill::core::tabular::delimited::DelimiterWish;
use textmill::core::tabular::error::TableError;
use textmill::core::tabular::format::Promise;
use textmill::core::tabular::input::{Input, InputError, UnpackLimits};
use textmill::core::tabular::open;
use textmill::core::tabular::report::{TableNote, TableReport};
use textmill::core::tabular::table::{BATCH_ROWS, Rejects, Table, TableOptions};
use tokio_util::sync::CancellationToken;

/// Unpacked bytes at most: what small packed files unfold to is libFuzzer's time, not ours.
const UNPACKED: u64 = 4 << 20;

/// Processor time for one reading at most. libFuzzer's own limit is by the clock, which a busy machine passes.
const MOST_TIME: Duration = Duration::from_secs(10);

/// Which panics are findings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reader {
    /// Read by the service itself: every one.
    InProcess,
    /// Read by a worker process: those of our own code, and of Arrow, which panics when we use it wrongly.
    InWorker,
}

/// Places where contained panics came from.
static CONTAINED: Mutex<Option<HashSet<String>>> = Mutex::new(None);

/// Ends the process at panics that are findings; to be called once.
pub fn watch_panics(reader: Reader) {
    let tell = panic::take_hook();
    panic::set_hook(Box::new(move |panic| {
        if is_finding(reader, panic) {
            tell(panic);
            std::process::abort();
        }
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        if let Ok(mut places) = CONTAINED.lock()
            && places.get_or_insert_default().insert(place)
        {
            eprintln!("contained: {panic}");
        }
    }));
}

fn is_finding(reader: Reader, panic: &PanicHookInfo<'_>) -> bool {
    let Some(place) = panic.location() else { return true };
    let package = place.file().split_once("/registry/src/").and_then(|(_, path)| path.split('/').nth(1));
    reader == Reader::InProcess || package.is_none_or(|package| package.starts_with("arrow-"))
}

/// Options that follow from the bytes, so that a finding comes back without more than its file.
pub fn options_of(bytes: &[u8]) -> TableOptions {
    // Files of one format begin alike; most end differently.
    let bits = bytes.first().unwrap_or(&0) ^ bytes.last().unwrap_or(&0).rotate_left(3);
    let is_set = |bit: u8| bits >> bit & 1 == 1;
    TableOptions {
        as_text: is_set(0),
        header: [None, None, Some(true), Some(false)][usize::from(bits >> 1 & 3)],
        delimiter: [DelimiterWish::Find, DelimiterWish::Is(b';'), DelimiterWish::Is(b'\t'), DelimiterWish::Absent]
            [usize::from(bits >> 3 & 3)],
        flatten: is_set(5),
        lineage: is_set(6).then(|| "folder/file".to_owned()),
        decimal_comma: if is_set(7) { DecimalComma::Always } else { DecimalComma::Never },
        date_order: if is_set(7) { DateOrder::DayFirst } else { DateOrder::MonthFirst },
        null_words: is_set(7).then(|| vec!["x".to_owned()]),
        encoding: None,
    }
}

/// Reads all tables with the default options and with these.
pub fn read_twice(bytes: &[u8], promise: Promise, options: TableOptions) {
    for options in [TableOptions::default(), options] {
        // A contained panic, as a worker contains it; findings don't get here.
        let _ = catch_unwind(AssertUnwindSafe(|| read(bytes, promise, &options, &mut |_, _| {})));
    }
}

/// Looks at a batch of a table.
pub type Visit<'a> = dyn FnMut(&TableReport, &RecordBatch) + 'a;

/// What is known of a file when all of its tables are read.
#[derive(Debug, Default)]
pub struct Outcome {
    /// Rows of all tables.
    pub rows: usize,
    /// Rows that were rejected.
    pub rejected: usize,
    /// What was noticed while reading.
    pub notes: Vec<TableNote>,
}

/// Reads all tables to their ends, asserts what must hold of each, and shows every batch.
///
/// # Errors
/// As the reader's.
pub fn read(
    bytes: &[u8],
    promise: Promise,
    options: &TableOptions,
    visit: &mut Visit<'_>,
) -> Result<Outcome, TableError> {
    let before = processor_time();
    let read = try_read(bytes, promise, options, visit);
    let used = processor_time().saturating_sub(before);
    assert!(used <= MOST_TIME, "reading took {} s", used.as_secs());
    match &read {
        Err(
            TableError::Changed { .. }
            | TableError::TooManyRejects { .. }
            | TableError::Rejects(_)
            | TableError::Told(_)
            | TableError::Input(InputError::Cancelled),
        ) => panic!("an error that can't be: {read:?}"),
        _ => read,
    }
}

fn processor_time() -> Duration {
    Duration::try_from(clock_gettime(ClockId::ProcessCPUTime)).unwrap_or_default()
}

fn try_read(
    bytes: &[u8],
    promise: Promise,
    options: &TableOptions,
    visit: &mut Visit<'_>,
) -> Result<Outcome, TableError> {
    let mut file = tempfile::NamedTempFile::new().expect("a temporary file");
    file.write_all(bytes).expect("room for the file");
    let limits = UnpackLimits { bytes: UNPACKED, ..UnpackLimits::default() };
    let input = Input::open(file.path(), limits, CancellationToken::new())?;
    let content = open::content(&input, promise)?;
    let mut tables = open::tables(input, content, options)?;
    let mut outcome = Outcome::default();
    while let Some(table) = tables.next_table()? {
        read_table(table, visit, &mut outcome)?;
    }
    Ok(outcome)
}

fn read_table(table: Box<dyn Table>, visit: &mut Visit<'_>, outcome: &mut Outcome) -> Result<(), TableError> {
    let (schema, report) = (table.schema(), table.report().clone());
    let announced = report.columns.iter().map(|column| (column.name.clone(), column.data_type.clone()));
    let fields = schema.fields().iter().map(|field| (field.name().clone(), field.data_type().to_string()));
    assert_eq!(announced.collect::<Vec<_>>(), fields.collect::<Vec<_>>(), "the report tells another schema");
    let names: HashSet<_> = schema.fields().iter().map(|field| field.name()).collect();
    assert_eq!(names.len(), schema.fields().len(), "two columns of one name");
    let mut rejects = Counted(0);
    let mut batches = table.read()?;
    while let Some(batch) = batches.next_batch(&mut rejects)? {
        assert_eq!(batch.schema(), schema, "a batch has another schema");
        assert!((1..=BATCH_ROWS).contains(&batch.num_rows()), "{} rows in a batch", batch.num_rows());
        assert_eq!(batches.lines().len(), batch.num_rows(), "not a line for every row");
        assert!(batch.columns().iter().all(|column| column.len() == batch.num_rows()), "columns of other lengths");
        outcome.rows += batch.num_rows();
        visit(&report, &batch);
    }
    outcome.rejected += rejects.0;
    outcome.notes.extend(batches.notes());
    Ok(())
}

struct Counted(usize);

impl Rejects for Counted {
    fn reject(&mut self, _line: u64, reason: &str, _record: &[u8]) -> Result<(), TableError> {
        assert!(!reason.is_empty(), "rejected for no reason");
        self.0 += 1;
        Ok(())
    }
}
