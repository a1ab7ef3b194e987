//! Sums by key, in bounded memory: n-grams and pairs of words are counted with it.
//!
//! The one decision: what does not fit is sorted and written, and all such runs are merged in the end. So the sums come out in
//! the order of their keys, however little is held. Files have no names: they go with the process.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};
use std::fs::File;
use std::io::{self, BufReader, BufWriter, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use foldhash::fast::FixedState;

/// Keys that are held: seven eighths of 2^21, with which a table is full. Some 100 MB.
const HELD: usize = 7 << 18;
const KEY_BYTES: usize = size_of::<u128>();
const ENTRY_BYTES: usize = KEY_BYTES + size_of::<u64>();
const BUFFER_BYTES: usize = 1 << 18;
/// Entries of a run that are read at once.
const RUN_ENTRIES: u64 = 2048;

/// A key and its sum.
pub(super) type Entry = (u128, u64);

/// Takes what is to be summed.
#[derive(Debug)]
pub(super) struct Tally {
    folder: PathBuf,
    most_held: usize,
    held: HashMap<u128, u64, FixedState>,
    /// Sorted runs, one after another.
    file: Option<BufWriter<File>>,
    /// Entries of each run.
    runs: Vec<u64>,
}

impl Tally {
    /// Nothing yet; files are made in the folder.
    pub(super) fn new(folder: &Path) -> Self {
        Self::holding(HELD, folder)
    }

    fn holding(most_held: usize, folder: &Path) -> Self {
        let held = HashMap::with_hasher(FixedState::default());
        Self { folder: folder.to_owned(), most_held, held, file: None, runs: Vec::new() }
    }

    /// Adds to the sum of a key; 0 makes sure that the key is there.
    ///
    /// # Errors
    /// When what is held can't be written.
    pub(super) fn add(&mut self, key: u128, weight: u64) -> io::Result<()> {
        if let Some(sum) = self.held.get_mut(&key) {
            *sum += weight;
            return Ok(());
        }
        if self.held.len() >= self.most_held {
            self.spill()?;
        }
        self.held.insert(key, weight);
        Ok(())
    }

    /// All sums, in the order of their keys.
    ///
    /// # Errors
    /// When they can't be written or read.
    pub(super) fn finish(mut self) -> io::Result<Sums> {
        self.spill()?;
        let Some(file) = self.file else { return Err(io::Error::other("nothing was written")) };
        self.held = HashMap::default();
        let mut file = file.into_inner().map_err(io::IntoInnerError::into_error)?;
        match self.runs.as_slice() {
            [len] => Ok(Sums { file, len: *len }),
            runs => merge(&mut file, runs, &self.folder),
        }
    }

    fn spill(&mut self) -> io::Result<()> {
        let mut entries: Vec<Entry> = self.held.drain().collect();
        entries.sort_unstable();
        let file = match &mut self.file {
            Some(file) => file,
            none => none.insert(scratch(&self.folder)?),
        };
        entries.iter().try_for_each(|entry| write(file, *entry))?;
        self.runs.push(entries.len() as u64);
        Ok(())
    }
}

/// Sums in the order of their keys, on the disk.
#[derive(Debug)]
pub(super) struct Sums {
    file: File,
    /// How many there are.
    pub(super) len: u64,
}

impl Sums {
    /// Hands them out from the first one.
    ///
    /// # Errors
    /// When they can't be read.
    pub(super) fn entries(&mut self) -> io::Result<impl Iterator<Item = io::Result<Entry>>> {
        self.file.seek(SeekFrom::Start(0))?;
        let mut reader = BufReader::with_capacity(BUFFER_BYTES, &self.file);
        Ok((0..self.len).map(move |_| read(&mut reader)))
    }
}

fn scratch(folder: &Path) -> io::Result<BufWriter<File>> {
    Ok(BufWriter::with_capacity(BUFFER_BYTES, tempfile::tempfile_in(folder)?))
}

fn write(file: &mut impl Write, (key, sum): Entry) -> io::Result<()> {
    let mut bytes = [0; ENTRY_BYTES];
    let (first, last) = bytes.split_at_mut(KEY_BYTES);
    first.copy_from_slice(&key.to_le_bytes());
    last.copy_from_slice(&sum.to_le_bytes());
    file.write_all(&bytes)
}

fn read(file: &mut impl Read) -> io::Result<Entry> {
    let (mut key, mut sum) = ([0; KEY_BYTES], [0; size_of::<u64>()]);
    file.read_exact(&mut key)?;
    file.read_exact(&mut sum)?;
    Ok((u128::from_le_bytes(key), u64::from_le_bytes(sum)))
}

/// Adds the sums of sorted runs up.
fn merge(file: &mut File, runs: &[u64], folder: &Path) -> io::Result<Sums> {
    let mut begin = 0;
    let mut readers: Vec<Run> = runs
        .iter()
        .map(|len| {
            let run = Run { next: begin, end: begin + len, ready: Vec::new() };
            begin = run.end;
            run
        })
        .collect();
    let mut heads = BinaryHeap::new();
    for (number, run) in readers.iter_mut().enumerate() {
        heads.extend(run.next(file)?.map(|(key, sum)| Reverse((key, number, sum))));
    }
    let (mut merged, mut len) = (scratch(folder)?, 0);
    let mut last: Option<Entry> = None;
    while let Some(Reverse((key, number, sum))) = heads.pop() {
        heads.extend(readers[number].next(file)?.map(|(key, sum)| Reverse((key, number, sum))));
        match &mut last {
            Some((same, total)) if *same == key => *total += sum,
            other => {
                if let Some(done) = other.replace((key, sum)) {
                    write(&mut merged, done)?;
                    len += 1;
                }
            }
        }
    }
    if let Some(done) = last {
        write(&mut merged, done)?;
        len += 1;
    }
    let file = merged.into_inner().map_err(io::IntoInnerError::into_error)?;
    Ok(Sums { file, len })
}

/// A run that is read some entries at a time, from the file of all.
struct Run {
    next: u64,
    end: u64,
    /// The last one comes first.
    ready: Vec<Entry>,
}

impl Run {
    fn next(&mut self, file: &mut File) -> io::Result<Option<Entry>> {
        if self.ready.is_empty() && self.next < self.end {
            let count = (self.end - self.next).min(RUN_ENTRIES);
            file.seek(SeekFrom::Start(self.next * ENTRY_BYTES as u64))?;
            let mut reader = BufReader::new(file.take(count * ENTRY_BYTES as u64));
            self.ready = (0..count).map(|_| read(&mut reader)).collect::<io::Result<_>>()?;
            self.ready.reverse();
            self.next += count;
        }
        Ok(self.ready.pop())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn however_little_is_held_the_sums_are_the_same(
            added in prop::collection::vec((0_u128..40, 0_u64..9), 0..300), held in 1_usize..50
        ) {
            let folder = tempfile::tempdir().unwrap();
            let mut tally = Tally::holding(held, folder.path());
            let mut expected = BTreeMap::new();
            for (key, weight) in added {
                tally.add(key << 90, weight).unwrap();
                *expected.entry(key << 90).or_insert(0) += weight;
            }
            let mut sums = tally.finish().unwrap();
            for _ in 0..2 {
                let found: Vec<Entry> = sums.entries().unwrap().collect::<io::Result<_>>().unwrap();
                prop_assert_eq!(&found, &expected.clone().into_iter().collect::<Vec<_>>());
            }
            prop_assert_eq!(sums.len, expected.len() as u64);
            prop_assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
        }
    }
}
