//! The index of this process: a matrix on the disk, mapped, and all of it compared.
//!
//! Files: `matrix-N.f32` has the vectors, `points` says which point is in which row of it. Rows are only added, and count
//! once `points` says so, which is replaced as a whole: so a change is there or not, readers that have the old one open
//! keep it, and what a process that died had added is overwritten. Rows that are not used any more go when they are more
//! than the others.
//!
//! Memory: nothing for points that are numbered as they come, else 16 bytes a point, and 24 for each change before it is
//! flushed. The matrix is the system's page cache.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Seek as _, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use super::map::Numbers;
use super::places::{Contents, Places};
use super::scan::Scan;
use super::{Metric, Neighbour, Point, Selection, Space, VectorIndex};
use crate::core::search::error::SearchIndexError;

const POINTS_FILE: &str = "points";
/// Vectors that are compared in one pass: more would push each other out of the cache.
const VECTORS_A_PASS: usize = 16;

/// See the module.
#[derive(Debug)]
pub struct ExactIndex {
    folder: PathBuf,
    /// What readers see; `None` before the index is made.
    current: RwLock<Option<Arc<Snapshot>>>,
    changes: Mutex<Changes>,
}

/// An index as it is at one time.
#[derive(Debug)]
struct Snapshot {
    contents: Contents,
    numbers: Numbers,
}

/// What was changed since the last flush.
#[derive(Debug, Default)]
struct Changes {
    /// Opened with the first point.
    matrix: Option<BufWriter<File>>,
    /// Rows added.
    rows: u64,
    /// Whether all that was there before is removed.
    is_cleared: bool,
    /// Points that follow those that are there, each in the row of its number.
    in_step: u64,
    /// Everything else, in its order: a point and its row, or that it is removed.
    others: Vec<(u64, Option<u64>)>,
}

impl ExactIndex {
    /// An index in a folder, which [`VectorIndex::ensure`] makes. Nothing is opened yet.
    pub fn at(folder: &Path) -> Self {
        Self { folder: folder.to_owned(), current: RwLock::default(), changes: Mutex::default() }
    }

    /// Opens an index that is there. What is open stays readable when the folder is removed.
    ///
    /// # Errors
    /// When it is not there, or not what was written.
    pub fn open(folder: &Path) -> Result<Self, SearchIndexError> {
        let index = Self::at(folder);
        index.snapshot()?;
        Ok(index)
    }

    /// What its vectors have in common.
    ///
    /// # Errors
    /// When it is not there, or not what was written.
    pub fn space(&self) -> Result<Space, SearchIndexError> {
        Ok(self.snapshot()?.contents.space)
    }

    fn snapshot(&self) -> Result<Arc<Snapshot>, SearchIndexError> {
        if let Some(snapshot) = self.current.read().unwrap_or_else(PoisonError::into_inner).as_ref() {
            return Ok(Arc::clone(snapshot));
        }
        let snapshot = Arc::new(self.load()?);
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(&snapshot));
        Ok(snapshot)
    }

    fn load(&self) -> Result<Snapshot, SearchIndexError> {
        let path = self.folder.join(POINTS_FILE);
        let bytes = match fs::read(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Err(SearchIndexError::Missing { path: self.folder.clone() });
            }
            read => read.map_err(self.at_doing("read"))?,
        };
        let contents = Contents::from_bytes(&bytes).map_err(|error| self.broken(&error))?;
        let file = File::open(matrix_path(&self.folder, contents.matrix)).map_err(|error| self.broken(&error))?;
        let numbers = usize::try_from(contents.rows).ok().and_then(|rows| rows.checked_mul(contents.space.dimension));
        let count = numbers.ok_or_else(|| SearchIndexError::broken(&self.folder, "it is too large"))?;
        let numbers = Numbers::open(&file, count).map_err(|error| self.broken(&error))?;
        Ok(Snapshot { contents, numbers })
    }

    fn at_doing(&self, doing: &'static str) -> impl FnOnce(io::Error) -> SearchIndexError {
        SearchIndexError::at(doing, &self.folder)
    }

    fn broken(&self, error: &io::Error) -> SearchIndexError {
        SearchIndexError::broken(&self.folder, error.to_string())
    }

    fn changes(&self) -> MutexGuard<'_, Changes> {
        self.changes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Says what the index consists of from now on.
    fn publish(&self, contents: &Contents) -> io::Result<()> {
        let mut file = tempfile::NamedTempFile::new_in(&self.folder)?;
        file.write_all(&contents.to_bytes())?;
        file.as_file().sync_all()?;
        file.persist(self.folder.join(POINTS_FILE)).map_err(|error| error.error)?;
        File::open(&self.folder)?.sync_all()
    }

    /// Writes all changes, and what the index then consists of.
    fn write(&self, before: &Snapshot, changes: &mut Changes) -> io::Result<Contents> {
        if let Some(matrix) = &mut changes.matrix {
            matrix.flush()?;
            matrix.get_ref().sync_all()?;
        }
        let contents = Contents {
            space: before.contents.space,
            matrix: before.contents.matrix,
            rows: before.contents.rows + changes.rows,
            places: changes.applied(&before.contents.places),
        };
        let contents = if contents.rows / 2 > contents.places.len() { self.compact(&contents)? } else { contents };
        self.publish(&contents)?;
        Ok(contents)
    }

    /// Writes the rows that are used into a matrix of their own.
    fn compact(&self, contents: &Contents) -> io::Result<Contents> {
        let dimension = contents.space.dimension;
        let old = File::open(matrix_path(&self.folder, contents.matrix))?;
        let count = usize::try_from(contents.rows).map_or(usize::MAX, |rows| rows.saturating_mul(dimension));
        let numbers = Numbers::open(&old, count)?;
        let matrix = contents.matrix + 1;
        let mut file = BufWriter::new(File::create(matrix_path(&self.folder, matrix))?);
        let mut pairs = Vec::new();
        for ((id, row), place) in contents.places.pairs().zip(0..) {
            let vector = row_of(numbers.as_slice(), dimension, row).ok_or(io::ErrorKind::InvalidData)?;
            file.write_all(bytemuck::cast_slice(vector))?;
            pairs.push((id, place));
        }
        file.into_inner().map_err(io::IntoInnerError::into_error)?.sync_all()?;
        Ok(Contents { space: contents.space, matrix, rows: pairs.len() as u64, places: Places::of(pairs) })
    }
}

impl VectorIndex for ExactIndex {
    fn ensure(&self, space: Space) -> Result<(), SearchIndexError> {
        match self.snapshot() {
            Ok(snapshot) if snapshot.contents.space == space => return Ok(()),
            Ok(snapshot) => {
                let (held, wanted) = (snapshot.contents.space.to_string(), space.to_string());
                return Err(SearchIndexError::OtherSpace { path: self.folder.clone(), held, wanted });
            }
            Err(SearchIndexError::Missing { .. }) => {}
            Err(error) => return Err(error),
        }
        if space.dimension == 0 {
            return Err(SearchIndexError::Dimension { given: 0, wanted: 1 });
        }
        fs::create_dir_all(&self.folder).map_err(self.at_doing("write"))?;
        File::create(matrix_path(&self.folder, 0)).map_err(self.at_doing("write"))?;
        let contents = Contents { space, matrix: 0, rows: 0, places: Places::InStep(0) };
        self.publish(&contents).map_err(self.at_doing("write"))
    }

    fn upsert(&self, points: &[Point<'_>]) -> Result<(), SearchIndexError> {
        let snapshot = self.snapshot()?;
        let space = snapshot.contents.space;
        points.iter().try_for_each(|point| checked(point.vector, space))?;
        let mut changes = self.changes();
        for point in points {
            changes.add(&self.folder, &snapshot, point).map_err(self.at_doing("write"))?;
        }
        Ok(())
    }

    fn delete(&self, which: Selection<'_>) -> Result<(), SearchIndexError> {
        let snapshot = self.snapshot()?;
        let mut changes = self.changes();
        match which {
            Selection::All => {
                changes.is_cleared = true;
                changes.in_step = 0;
                changes.others.clear();
            }
            Selection::Ids(ids) => {
                changes.list_those_in_step(&snapshot.contents.places);
                changes.others.extend(ids.iter().map(|&id| (id, None)));
            }
        }
        Ok(())
    }

    fn search_many(
        &self,
        vectors: &[&[f32]],
        which: Selection<'_>,
        limit: usize,
    ) -> Result<Vec<Vec<Neighbour>>, SearchIndexError> {
        let snapshot = self.snapshot()?;
        let Contents { space, places, .. } = &snapshot.contents;
        vectors.iter().try_for_each(|vector| checked(vector, *space))?;
        let mut found = Vec::new();
        for some in vectors.chunks(VECTORS_A_PASS) {
            let vectors: Vec<f32> = some.iter().flat_map(|vector| compared(vector, space.metric)).collect();
            let numbers = snapshot.numbers.as_slice();
            let scan = Scan { numbers, dimension: space.dimension, places, which, vectors: &vectors, limit };
            found.extend(scan.run());
        }
        Ok(found)
    }

    fn vector(&self, id: u64) -> Result<Option<Vec<f32>>, SearchIndexError> {
        let snapshot = self.snapshot()?;
        let row = snapshot.contents.places.row(id);
        let dimension = snapshot.contents.space.dimension;
        Ok(row.and_then(|row| row_of(snapshot.numbers.as_slice(), dimension, row)).map(<[f32]>::to_vec))
    }

    fn count(&self, which: Selection<'_>) -> Result<u64, SearchIndexError> {
        let snapshot = self.snapshot()?;
        let places = &snapshot.contents.places;
        Ok(match which {
            Selection::All => places.len(),
            Selection::Ids(ids) => ids.iter().filter(|id| places.row(**id).is_some()).count() as u64,
        })
    }

    fn flush(&self) -> Result<(), SearchIndexError> {
        let snapshot = self.snapshot()?;
        let mut changes = self.changes();
        if !changes.is_cleared && changes.in_step == 0 && changes.others.is_empty() {
            return Ok(());
        }
        let contents = self.write(&snapshot, &mut changes).map_err(self.at_doing("write"))?;
        *changes = Changes::default();
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::new(self.load()?));
        if contents.matrix != snapshot.contents.matrix {
            // It is of no use any more; if it can't be removed, it only takes room.
            let _ = fs::remove_file(matrix_path(&self.folder, snapshot.contents.matrix));
        }
        Ok(())
    }
}

impl Changes {
    /// Writes a point's vector, and notes where it is.
    fn add(&mut self, folder: &Path, before: &Snapshot, point: &Point<'_>) -> io::Result<()> {
        let Contents { space, matrix, rows, places } = &before.contents;
        let file = match &mut self.matrix {
            Some(file) => file,
            none => none.insert(open_matrix(&matrix_path(folder, *matrix), *rows, space.dimension)?),
        };
        for number in compared(point.vector, space.metric) {
            file.write_all(&number.to_le_bytes())?;
        }
        let row = rows + self.rows;
        self.rows += 1;
        let next = places.len() + self.in_step;
        let is_in_step = matches!(places, Places::InStep(_)) && !self.is_cleared && self.others.is_empty();
        if is_in_step && point.id == next && row == next {
            self.in_step += 1;
        } else {
            self.list_those_in_step(places);
            self.others.push((point.id, Some(row)));
        }
        Ok(())
    }

    /// From now on every change is listed.
    fn list_those_in_step(&mut self, before: &Places) {
        let first = before.len();
        self.others.extend((first..first + self.in_step).map(|at| (at, Some(at))));
        self.in_step = 0;
    }

    /// What is where after all changes.
    fn applied(&self, before: &Places) -> Places {
        if self.others.is_empty() && !self.is_cleared {
            return match before {
                Places::InStep(count) => Places::InStep(count + self.in_step),
                listed @ Places::Listed(_) => listed.clone(),
            };
        }
        let kept = (!self.is_cleared).then(|| before.pairs()).into_iter().flatten();
        let mut all: Vec<(u64, Option<u64>)> = kept.map(|(id, row)| (id, Some(row))).collect();
        all.extend(&self.others);
        // Stable: of each number the last change stays behind the others.
        all.sort_by_key(|(id, _)| *id);
        let lasts = all.chunk_by(|a, b| a.0 == b.0).filter_map(<[_]>::last);
        Places::of(lasts.filter_map(|&(id, row)| Some((id, row?))).collect())
    }
}

fn matrix_path(folder: &Path, number: u64) -> PathBuf {
    folder.join(format!("matrix-{number}.f32"))
}

/// Opens a matrix behind the rows that count.
fn open_matrix(path: &Path, rows: u64, dimension: usize) -> io::Result<BufWriter<File>> {
    let mut file = OpenOptions::new().write(true).open(path)?;
    let length = rows * (dimension * size_of::<f32>()) as u64;
    if file.metadata()?.len() < length {
        return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the matrix was cut off"));
    }
    file.set_len(length)?;
    file.seek(SeekFrom::End(0))?;
    Ok(BufWriter::with_capacity(1 << 20, file))
}

fn row_of(numbers: &[f32], dimension: usize, row: u64) -> Option<&[f32]> {
    let start = usize::try_from(row).ok()?.checked_mul(dimension)?;
    numbers.get(start..)?.get(..dimension)
}

fn checked(vector: &[f32], space: Space) -> Result<(), SearchIndexError> {
    if vector.len() != space.dimension {
        return Err(SearchIndexError::Dimension { given: vector.len(), wanted: space.dimension });
    }
    if vector.iter().all(|number| number.is_finite()) { Ok(()) } else { Err(SearchIndexError::NotFinite) }
}

/// A vector as it is compared.
fn compared(vector: &[f32], metric: Metric) -> impl Iterator<Item = f32> + '_ {
    let factor = match metric {
        Metric::Dot => 1.0,
        Metric::Cosine => {
            // In f64: no finite vector is too long or too short for it.
            let length = vector.iter().map(|&number| f64::from(number).powi(2)).sum::<f64>().sqrt();
            if length > 0.0 { 1.0 / length } else { 0.0 }
        }
    };
    #[expect(clippy::cast_possible_truncation, reason = "numbers of vectors are f32")]
    vector.iter().map(move |&number| (f64::from(number) * factor) as f32)
}
