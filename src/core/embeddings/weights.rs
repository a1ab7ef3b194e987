//! The numbers of a model, out of `model.safetensors` or the files that stand for it.
//!
//! For: one tensor after another, by name. Not for: what they mean. The one decision: they are read, not mapped: each
//! engine keeps its numbers in a form of its own, and what is mapped as well would be held twice.

use std::collections::{BTreeSet, HashMap};
use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use candle_core::{DType, Device, Tensor};
use serde::Deserialize;
use serde_json::Value;

use super::error::EmbeddingError;
use super::model::optional;

/// Bytes of a header at most, as the format has it.
const MAX_HEADER: u64 = 100_000_000;
/// The line of the header that is no tensor.
const WORDS: &str = "__metadata__";
/// What checkpoints put before the names of an encoder's weights, when it was saved with a head.
const PREFIXES: &[&str] = &["", "bert.", "roberta.", "distilbert.", "model."];
/// What every encoder has, by which the prefix is known.
const FIRST: &[&str] = &["embeddings.word_embeddings.weight", "embeddings.tok_embeddings.weight"];

/// The tensors of a model.
#[derive(Debug)]
pub(super) struct Weights {
    files: Vec<TensorFile>,
    /// In which file a tensor lies, and where in it.
    entries: HashMap<String, (usize, Entry)>,
    /// What stands before the names that are asked for.
    prefix: &'static str,
}

/// A file of tensors.
#[derive(Debug)]
struct TensorFile {
    path: PathBuf,
    file: File,
    /// Where the header ends.
    start: u64,
}

/// Where a tensor lies.
#[derive(Debug, Clone, Deserialize)]
struct Entry {
    dtype: String,
    shape: Vec<usize>,
    data_offsets: [u64; 2],
}

/// Which file holds which tensor.
#[derive(Debug, Deserialize)]
struct Index {
    weight_map: HashMap<String, String>,
}

impl Weights {
    /// Reads the header of `model.safetensors` in the folder, or of all the files that its index names.
    ///
    /// # Errors
    /// When one is not there or is not as it should be.
    pub(super) fn open(folder: &Path) -> Result<Self, EmbeddingError> {
        let (mut files, mut entries) = (Vec::new(), HashMap::new());
        for path in paths(folder)? {
            let (file, found) = TensorFile::open(path)?;
            entries.extend(found.into_iter().map(|(name, entry)| (name, (files.len(), entry))));
            files.push(file);
        }
        let begins = |prefix: &str| FIRST.iter().any(|name| entries.contains_key(&format!("{prefix}{name}")));
        let prefix = PREFIXES.iter().copied().find(|prefix| begins(prefix)).unwrap_or_default();
        Ok(Self { files, entries, prefix })
    }

    /// A tensor as `f32`, and its shape must be this one.
    ///
    /// # Errors
    /// When there is none of this name, it has another shape, or it can't be read.
    pub(super) fn tensor(&mut self, name: &str, shape: &[usize]) -> Result<Tensor, EmbeddingError> {
        let name = format!("{}{name}", self.prefix);
        let Some((file, entry)) = self.entries.get(&name) else {
            return Err(EmbeddingError::malformed(&self.files[0].path, format!("there is no `{name}`")));
        };
        let file = &self.files[*file];
        if entry.shape != shape {
            let what = format!("`{name}` has the shape {:?} instead of {shape:?}", entry.shape);
            return Err(EmbeddingError::malformed(&file.path, what));
        }
        let Some((dtype, _)) = entry.kind() else {
            return Err(EmbeddingError::unsupported(format!("weights of type {}", entry.dtype)));
        };
        let bytes = file.bytes(entry).map_err(EmbeddingError::read(&file.path))?;
        Ok(Tensor::from_raw_buffer(&bytes, dtype, shape, &Device::Cpu)?.to_dtype(DType::F32)?)
    }

    /// The same as plain numbers.
    ///
    /// # Errors
    /// As [`Self::tensor`].
    pub(super) fn numbers(&mut self, name: &str, shape: &[usize]) -> Result<Vec<f32>, EmbeddingError> {
        Ok(self.tensor(name, shape)?.flatten_all()?.to_vec1()?)
    }
}

/// The files that hold the tensors; at least one.
fn paths(folder: &Path) -> Result<Vec<PathBuf>, EmbeddingError> {
    let (whole, index_path) = (folder.join("model.safetensors"), folder.join("model.safetensors.index.json"));
    let Some(index) = optional::<Index>(&index_path)?.filter(|_| !whole.exists()) else { return Ok(vec![whole]) };
    let names: BTreeSet<String> = index.weight_map.into_values().collect();
    if let Some(name) = names.iter().find(|name| Path::new(name).file_name() != Some(OsStr::new(name))) {
        return Err(EmbeddingError::malformed(&index_path, format!("`{name}` is no file name")));
    }
    if names.is_empty() {
        return Err(EmbeddingError::malformed(&index_path, "it names no file"));
    }
    Ok(names.into_iter().map(|name| folder.join(name)).collect())
}

impl TensorFile {
    fn open(path: PathBuf) -> Result<(Self, HashMap<String, Entry>), EmbeddingError> {
        let mut file = File::open(&path).map_err(EmbeddingError::read(&path))?;
        let size = file.metadata().map_err(EmbeddingError::read(&path))?.len();
        let mut length = [0; 8];
        file.read_exact(&mut length).map_err(EmbeddingError::read(&path))?;
        let length = u64::from_le_bytes(length);
        if length > MAX_HEADER.min(size.saturating_sub(8)) {
            return Err(EmbeddingError::malformed(&path, format!("a header of {length} bytes")));
        }
        let mut header = Vec::new();
        (&file).take(length).read_to_end(&mut header).map_err(EmbeddingError::read(&path))?;
        let mut lines: HashMap<String, Value> =
            serde_json::from_slice(&header).map_err(|error| EmbeddingError::malformed(&path, error))?;
        lines.remove(WORDS);
        let entry = |(name, line)| Ok((name, serde_json::from_value(line)?));
        let entries: serde_json::Result<HashMap<String, Entry>> = lines.into_iter().map(entry).collect();
        let entries = entries.map_err(|error| EmbeddingError::malformed(&path, error))?;
        let start = 8 + length;
        if let Some(name) = entries.iter().find_map(|(name, entry)| (!entry.fits(size - start)).then_some(name)) {
            return Err(EmbeddingError::malformed(&path, format!("`{name}` does not lie in the file")));
        }
        Ok((Self { path, file, start }, entries))
    }

    fn bytes(&self, entry: &Entry) -> io::Result<Vec<u8>> {
        let [from, to] = entry.data_offsets;
        (&self.file).seek(SeekFrom::Start(self.start + from))?;
        let mut bytes = Vec::new();
        (&self.file).take(to - from).read_to_end(&mut bytes)?;
        Ok(bytes)
    }
}

impl Entry {
    /// Type and bytes of a number.
    fn kind(&self) -> Option<(DType, u64)> {
        Some(match self.dtype.as_str() {
            "F32" => (DType::F32, 4),
            "F16" => (DType::F16, 2),
            "BF16" => (DType::BF16, 2),
            _ => return None,
        })
    }

    /// Whether it lies in so many bytes, and is as long as its shape says, where its type is known.
    fn fits(&self, size: u64) -> bool {
        let [from, to] = self.data_offsets;
        let numbers = self.shape.iter().try_fold(1_u64, |all, side| all.checked_mul(*side as u64));
        let length = self.kind().map(|(_, bytes)| numbers.and_then(|numbers| numbers.checked_mul(bytes)));
        from <= to && to <= size && length.is_none_or(|length| length == Some(to - from))
    }
}
