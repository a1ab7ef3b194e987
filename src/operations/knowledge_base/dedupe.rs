//! Records with equal contents, found in bounded memory.
//!
//! For: telling which records repeat an earlier one. Not for: near duplicates. The one decision: a digest of 16 bytes
//! stands for a normalised content. Digests are sorted in runs of bounded size, on disk where there is more than one, and
//! merged; of all records a bit each is held, and nothing more.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::fs::File;
use std::io::{self, BufReader, BufWriter, ErrorKind, Read, Write};
use std::ops::Range;
use std::path::PathBuf;

use crate::core::text::normalise::TextKey;

/// Digests that are held in memory.
const HELD: usize = 1 << 21;
const BUFFER_BYTES: usize = 1 << 16;

/// A key and the number of its record.
type Entry = (TextKey, u64);

/// Takes the keys of records as they come.
#[derive(Debug)]
pub(super) struct KeyLog {
    /// Takes the files of runs: `<prefix>0`, `<prefix>1`, …
    prefix: PathBuf,
    most_held: usize,
    held: Vec<Entry>,
    runs: Vec<PathBuf>,
    next: u64,
    /// Numbers of records that were taken back, in order.
    void: Vec<Range<u64>>,
}

/// Which records repeat an earlier one, by their numbers.
#[derive(Debug, Default)]
pub(super) struct Duplicates {
    bits: Vec<u64>,
    count: u64,
}

impl KeyLog {
    /// Nothing taken yet. `prefix` begins the paths of files that are made if there are many keys.
    pub(super) fn new(prefix: PathBuf) -> Self {
        Self::holding(HELD, prefix)
    }

    fn holding(most_held: usize, prefix: PathBuf) -> Self {
        Self { prefix, most_held, held: Vec::new(), runs: Vec::new(), next: 0, void: Vec::new() }
    }

    /// The number of the next record.
    pub(super) fn next(&self) -> u64 {
        self.next
    }

    /// Takes the key of the next record.
    pub(super) fn push(&mut self, key: TextKey) -> io::Result<()> {
        if self.held.len() == self.most_held {
            self.spill()?;
        }
        self.held.push((key, self.next));
        self.next += 1;
        Ok(())
    }

    /// Takes back all records from this number on; the numbers are not used again.
    pub(super) fn take_back(&mut self, from: u64) {
        if from < self.next {
            self.void.push(from..self.next);
        }
    }

    /// Finds the duplicates.
    pub(super) fn finish(mut self) -> io::Result<Duplicates> {
        let mut found = Finder { void: self.void.clone(), bits: vec![0; words(self.next)], ..Finder::default() };
        if self.runs.is_empty() {
            self.held.sort_unstable();
            self.held.iter().for_each(|entry| found.see(*entry));
        } else {
            self.spill()?;
            merge(&self.runs, |entry| found.see(entry))?;
        }
        for run in &self.runs {
            std::fs::remove_file(run)?;
        }
        Ok(Duplicates { bits: found.bits, count: found.count })
    }

    fn spill(&mut self) -> io::Result<()> {
        self.held.sort_unstable();
        let mut path = self.prefix.clone().into_os_string();
        path.push(self.runs.len().to_string());
        let path = PathBuf::from(path);
        let mut file = BufWriter::with_capacity(BUFFER_BYTES, File::create(&path)?);
        for (key, number) in self.held.drain(..) {
            file.write_all(&key)?;
            file.write_all(&number.to_le_bytes())?;
        }
        file.flush()?;
        self.runs.push(path);
        Ok(())
    }
}

/// Looks at entries in the order of their keys, and of their numbers among equal keys.
#[derive(Debug, Default)]
struct Finder {
    void: Vec<Range<u64>>,
    bits: Vec<u64>,
    count: u64,
    last: Option<TextKey>,
}

impl Finder {
    fn see(&mut self, (key, number): Entry) {
        let place = self.void.partition_point(|range| range.end <= number);
        if self.void.get(place).is_some_and(|range| range.contains(&number)) {
            return;
        }
        if self.last != Some(key) {
            self.last = Some(key);
            return;
        }
        if let Some(word) = usize::try_from(number / 64).ok().and_then(|word| self.bits.get_mut(word)) {
            *word |= 1 << (number % 64);
            self.count += 1;
        }
    }
}

impl Duplicates {
    /// How many there are.
    pub(super) fn count(&self) -> u64 {
        self.count
    }

    /// Whether the record of this number is one.
    pub(super) fn contains(&self, number: u64) -> bool {
        let word = usize::try_from(number / 64).ok().and_then(|word| self.bits.get(word));
        word.is_some_and(|word| word >> (number % 64) & 1 == 1)
    }

    /// How many of these are.
    pub(super) fn among(&self, numbers: Range<u64>) -> u64 {
        numbers.filter(|number| self.contains(*number)).count() as u64
    }
}

/// Words of 64 bits for so many records.
fn words(records: u64) -> usize {
    usize::try_from(records.div_ceil(64)).unwrap_or(usize::MAX)
}

/// Entries of sorted runs, in order.
fn merge(runs: &[PathBuf], mut see: impl FnMut(Entry)) -> io::Result<()> {
    let open = |path: &PathBuf| File::open(path).map(|file| BufReader::with_capacity(BUFFER_BYTES, file));
    let mut files = runs.iter().map(open).collect::<io::Result<Vec<_>>>()?;
    let mut heads = BinaryHeap::new();
    for (run, file) in files.iter_mut().enumerate() {
        heads.extend(read(file)?.map(|entry| Reverse((entry, run))));
    }
    while let Some(Reverse((entry, run))) = heads.pop() {
        see(entry);
        heads.extend(read(&mut files[run])?.map(|entry| Reverse((entry, run))));
    }
    Ok(())
}

fn read(file: &mut impl Read) -> io::Result<Option<Entry>> {
    let (mut key, mut number) = (TextKey::default(), [0; 8]);
    match file.read_exact(&mut key) {
        Err(error) if error.kind() == ErrorKind::UnexpectedEof => return Ok(None),
        other => other?,
    }
    file.read_exact(&mut number)?;
    Ok(Some((key, u64::from_le_bytes(number))))
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use proptest::prelude::*;

    use super::*;
    use crate::core::text::normalise::normal_key;

    proptest! {
        #[test]
        fn however_little_is_held_the_later_ones_are_found(
            contents in prop::collection::vec(0_u8..9, 0..60), held in 1_usize..9, cut in 0_usize..60
        ) {
            let folder = tempfile::tempdir().unwrap();
            let mut log = KeyLog::holding(held, folder.path().join("keys-"));
            let (before, behind) = contents.split_at(cut.min(contents.len()));
            for content in before {
                log.push(normal_key(&content.to_string())).unwrap();
            }
            // A file that failed in its middle.
            let failed = log.next();
            log.push(normal_key("1")).unwrap();
            log.push(normal_key("2")).unwrap();
            log.take_back(failed);
            for content in behind {
                log.push(normal_key(&content.to_string())).unwrap();
            }
            let found = log.finish().unwrap();
            let mut seen = HashSet::new();
            let repeated: Vec<bool> = contents.iter().map(|content| !seen.insert(content)).collect();
            let number = |place: usize| (place + if place < before.len() { 0 } else { 2 }) as u64;
            for (place, is_repeated) in repeated.iter().enumerate() {
                prop_assert_eq!(found.contains(number(place)), *is_repeated);
            }
            prop_assert_eq!(found.count(), repeated.iter().filter(|is| **is).count() as u64);
            prop_assert_eq!(found.count(), found.among(0..number(contents.len())));
            prop_assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
        }
    }
}
