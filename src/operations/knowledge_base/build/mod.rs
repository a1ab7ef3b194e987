//! The build: every file of a source through the readers, its rows made records, on all cores, in the order of the paths.
//!
//! For: a new generation of a knowledge base, out of the source and of what has not changed since the last one. Not for:
//! where generations lie and how one becomes the current one (`store`). The one decision: threads make records of whole
//! files, one thread writes them in order, so that equal sources give equal bytes whatever the machine is.

mod file;
mod lanes;
mod made;
mod reuse;
mod writer;

use std::collections::BTreeMap;
use std::io::Write;
use std::ops::Range;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use self::file::{FileMaker, entry};
use self::lanes::{Lane, in_order, open_lanes};
use self::made::{Gathering, Made, lane_depth};
use self::reuse::{Earlier, is_whole};
use self::writer::{Writer, WrittenDraft};
use super::chunk::Chunker;
use super::error::KnowledgeBaseError;
use super::index::{Meaning, index};
use super::making::{Making, MakingError};
use super::manifest::{Field, FileEntry, Manifest, Summary};
use super::name::KnowledgeBaseName;
use super::options::{ChunkBy, KnowledgeBaseOptions, check_options};
use super::outcome::BuildOutcome;
use super::store::{Draft, KnowledgeBase, KnowledgeBases, WrittenRecords};
use crate::core::embeddings::{LoadedModels, TokenCounter, Urgency};
use crate::core::failure::Fails;
use crate::core::hash::{HashingWriter, sha256_hex};
use crate::core::intake::{self, Bounds, Filter, LocalSource, SourceFile};
use crate::core::models::{ModelError, ModelStore};
use crate::core::progress::Progress;
use crate::operations::context::RunContext;

/// The rows of a knowledge base that can't be records, a JSON object a line: `path`, `sheet`, `line`, `reason`, `record`.
pub const REJECTS: &str = "rejects.jsonl";

/// What progress counts.
const UNIT: &str = "bytes";
/// Files that a thread takes at once, at most.
const UNIT_FILES: usize = 64;
/// Bytes after which it takes no further file.
const UNIT_BYTES: u64 = 1 << 20;
/// Digits of a generation's name.
const GENERATION_DIGITS: usize = 16;
/// Names of columns that are told where one was not found.
const TOLD_COLUMNS: usize = 20;

/// Builds knowledge bases.
#[derive(Debug)]
pub struct Builder {
    /// Where they go.
    pub bases: KnowledgeBases,
    /// Where models are found that are named.
    pub store: ModelStore,
    /// Makes vectors with them.
    pub models: LoadedModels,
    /// The model of those who name none.
    pub default_model: String,
}

/// A build that has begun.
struct Build<'a> {
    files: &'a [SourceFile],
    maker: FileMaker<'a>,
    earlier: Option<&'a Earlier>,
    max_rejects: u32,
    done: Mutex<Progress>,
}

impl Builder {
    /// Builds a knowledge base from `source`, or brings it up to date.
    ///
    /// A file that can't be read is an entry, and the build goes on. Readers see the earlier state until the new one is
    /// whole; a build that was killed leaves nothing that the next one does not clear.
    ///
    /// # Errors
    /// When options are wrong, the source is not there, somebody else builds the same knowledge base, or it can't be
    /// written.
    pub fn build(
        &self,
        source: &LocalSource,
        name: &KnowledgeBaseName,
        options: &KnowledgeBaseOptions,
        context: &RunContext,
    ) -> Result<BuildOutcome, KnowledgeBaseError> {
        check_options(options).into_iter().next().map_or(Ok(()), |(_, fault)| Err(fault))?;
        let mut options = options.clone();
        let (tokens, models) = self.models_of(&mut options)?;
        let filter = Filter::new(&options.include, &options.exclude)?;
        let bounds = Bounds { is_own: &|_| false, reserved: context.reserved.as_deref() };
        let files = intake::list(source, &filter, bounds)?;
        let draft = self.bases.draft(name)?;
        let settings = options.record_settings(&models);
        let earlier = draft.earlier().and_then(|base| Earlier::of(base, &settings, options.dedupe));
        let making = Making::new(&options, Chunker::new(&options, tokens));
        let table_options = options.table_options();
        let build = Build {
            files: &files,
            maker: FileMaker { making: &making, table_options: &table_options, context, scratch: draft.folder() },
            earlier: earlier.as_ref(),
            max_rejects: options.max_rejects,
            done: Mutex::new(Progress { done: 0, total: Some(bytes(&files)), unit: UNIT.to_owned(), message: None }),
        };
        if let Some(same) = earlier.as_ref().filter(|earlier| earlier.base().manifest().options == options)
            && build.nothing_changed(same)?
        {
            return Ok(BuildOutcome::new(same.base().manifest(), true, same.base().manifest().summary.files_read));
        }
        let written = build.run(&draft, &options)?;
        let reused = written.reused;
        self.finish(draft, &describe(name, (options, settings), written), reused, context)
    }

    /// What counts tokens, and digests of all models that are needed. Those of the default are named in the options.
    fn models_of(
        &self,
        options: &mut KnowledgeBaseOptions,
    ) -> Result<(Option<TokenCounter>, Vec<String>), KnowledgeBaseError> {
        let (mut tokens, mut digests) = (None, Vec::new());
        if options.chunk_by == ChunkBy::Token {
            let folder = self.find(&mut options.chunk_model, &mut digests).map_err(told)?;
            tokens = Some(TokenCounter::open(&folder).map_err(told)?);
        }
        if options.meaning {
            self.find(&mut options.model, &mut digests).map_err(told)?;
        }
        Ok((tokens, digests))
    }

    /// The folder of a model, which must be here.
    fn find(&self, name: &mut Option<String>, digests: &mut Vec<String>) -> Result<PathBuf, ModelError> {
        let model = self.store.catalogue().get(name.as_deref().unwrap_or(&self.default_model))?;
        digests.push(model.digest());
        self.store.path(name.insert(model.id.clone()))
    }

    /// Makes the indexes of what was written.
    fn index(
        &self,
        draft: &Draft,
        options: &KnowledgeBaseOptions,
        records: u64,
        context: &RunContext,
    ) -> Result<(), KnowledgeBaseError> {
        let model = options.model.as_deref().filter(|_| options.meaning);
        let model = model.map(|model| self.models.get(Some(model), Urgency::Bulk)).transpose().map_err(told)?;
        let meaning = model.as_ref().map(|model| Meaning { model: &model.id, embedder: &*model.embedder });
        index(draft.written()?, Some(records), draft.folder(), meaning, context)?;
        Ok(())
    }

    /// Makes the draft the current generation, unless it is the same.
    fn finish(
        &self,
        draft: Draft,
        manifest: &Manifest,
        reused: u64,
        context: &RunContext,
    ) -> Result<BuildOutcome, KnowledgeBaseError> {
        let is_same = |earlier: &KnowledgeBase| earlier.manifest() == manifest && is_whole(earlier);
        let unchanged = draft.earlier().is_some_and(is_same);
        if !unchanged {
            self.index(&draft, &manifest.options, manifest.summary.records, context)?;
            draft.publish(manifest)?;
        }
        Ok(BuildOutcome::new(manifest, unchanged, reused))
    }
}

impl Build<'_> {
    /// Whether the source is what it was: the same files, left out for the same reasons or with the same bytes.
    fn nothing_changed(&self, earlier: &Earlier) -> Result<bool, KnowledgeBaseError> {
        let is_alike = |(file, known): (&SourceFile, &FileEntry)| {
            if file.step.promise().is_none() {
                return entry(file) == FileEntry { first_record: 0, ..known.clone() };
            }
            known.path == file.name && earlier.candidate(&file.name, file.size_bytes).is_some()
        };
        if self.files.len() != earlier.entries().len() || !self.files.iter().zip(earlier.entries()).all(is_alike) {
            return Ok(false);
        }
        let units = units(self.files);
        let is_same = |unit: usize, lane: &Lane<bool>| {
            let changed = units[unit].clone().find_map(|number| {
                let same = self.reusable(&self.files[number], number, earlier);
                same.map_or_else(|error| Some(Err(error)), |same| same.is_none().then_some(Ok(())))
            });
            match changed.transpose() {
                Ok(changed) => lane.send(changed.is_none()).or(Ok(())),
                Err(error) => ends_build(error),
            }
        };
        let mut nothing_changed = true;
        in_order(units.len(), 1, is_same, |same| {
            nothing_changed &= same;
            Ok(())
        })?;
        Ok(nothing_changed)
    }

    fn run(&self, draft: &Draft, options: &KnowledgeBaseOptions) -> Result<WrittenDraft, KnowledgeBaseError> {
        let units = units(self.files);
        let mut writer = Writer::new(draft)?;
        let work = |unit: usize, lane: &Lane<Made>| self.make(units[unit].clone(), lane).or_else(ends_build);
        in_order(units.len(), lane_depth(open_lanes()), work, |made| writer.take(made))?;
        let written = writer.finish(options.dedupe)?;
        check_columns(options, &written)?;
        Ok(written)
    }

    fn make(&self, numbers: Range<usize>, lane: &Lane<Made>) -> Result<(), MakingError> {
        let mut gathering = Gathering::new(lane, self.max_rejects);
        for number in numbers {
            let file = &self.files[number];
            let reusable = self.earlier.map(|earlier| Ok((earlier, self.reusable(file, number, earlier)?))).transpose();
            match (reusable, file.step.promise()) {
                (Err(error), _) => return Err(error),
                (Ok(Some((earlier, Some(entry)))), _) => earlier.copy(entry, &mut gathering)?,
                (_, Some(promise)) => self.maker.make((file, promise), number, &mut gathering)?,
                (_, None) => gathering.end(entry(file), false, BTreeMap::new()),
            }
            self.advance(file);
        }
        gathering.hand_over()
    }

    /// The earlier entry of a file that has not changed. One that can't be read has: what is wrong with it is told when
    /// it is read again.
    fn reusable<'e>(
        &self,
        file: &SourceFile,
        number: usize,
        earlier: &'e Earlier,
    ) -> Result<Option<&'e FileEntry>, MakingError> {
        let Some(_) = file.step.promise() else { return Ok(None) };
        let Some(entry) = earlier.candidate(&file.name, file.size_bytes) else { return Ok(None) };
        let opened = match self.maker.open(file, number) {
            Err(MakingError::Table(_)) => return Ok(None),
            other => other?,
        };
        let digest = opened.input.sha256().ok();
        Ok(Some(entry).filter(|entry| digest.is_some() && entry.sha256.as_deref() == digest))
    }

    fn advance(&self, file: &SourceFile) {
        if file.step.promise().is_some() {
            let mut done = self.done.lock().unwrap_or_else(PoisonError::into_inner);
            done.done += file.size_bytes;
            done.message = Some(file.name.clone());
            self.maker.context.progress.report(&done);
        }
    }
}

/// Whoever works for a build that has ended just stops.
fn ends_build(error: MakingError) -> Result<(), KnowledgeBaseError> {
    match error {
        MakingError::Gone => Ok(()),
        MakingError::Build(error) => Err(error),
        // What is wrong with a file is its entry; this one was wrong before it had one.
        MakingError::Table(error) => Err(KnowledgeBaseError::Told(error.to_failure())),
    }
}

/// Bytes to be read.
fn bytes(files: &[SourceFile]) -> u64 {
    files.iter().filter(|file| file.step.promise().is_some()).map(|file| file.size_bytes).sum()
}

/// Files that are made by one thread, one after another.
fn units(files: &[SourceFile]) -> Vec<Range<usize>> {
    let mut units: Vec<Range<usize>> = Vec::new();
    let mut bytes = 0;
    for (number, file) in files.iter().enumerate() {
        if let Some(unit) = units.last_mut().filter(|unit| unit.len() < UNIT_FILES && bytes < UNIT_BYTES) {
            unit.end = number + 1;
        } else {
            bytes = 0;
            units.push(number..number + 1);
        }
        bytes += file.size_bytes;
    }
    units
}

/// A column that no table has was misspelt. Where records were taken over, an earlier build had it.
fn check_columns(options: &KnowledgeBaseOptions, written: &WrittenDraft) -> Result<(), KnowledgeBaseError> {
    let missing = options.content_columns.iter().find(|name| !written.columns.contains_key(*name));
    match missing.filter(|_| written.reused == 0) {
        None => Ok(()),
        Some(wanted) => {
            let known = written.columns.keys().take(TOLD_COLUMNS).cloned().collect();
            Err(KnowledgeBaseError::NoColumn { wanted: wanted.clone(), known })
        }
    }
}

/// What is said of what was written.
fn describe(
    name: &KnowledgeBaseName,
    (options, settings): (KnowledgeBaseOptions, String),
    written: WrittenDraft,
) -> Manifest {
    let fields = written.columns.into_iter().filter(|(_, records)| *records > 0);
    let fields = fields.map(|(name, records)| Field { name, records }).collect();
    let textmill = env!("CARGO_PKG_VERSION").to_owned();
    let deciding = serde_json::json!({
        "textmill": textmill,
        "options": options,
        "settings": settings,
        "records": written.records.sha256,
        "files": digest(&written.files),
    });
    let mut generation = sha256_hex(deciding.to_string().as_bytes());
    generation.truncate(GENERATION_DIGITS);
    let summary = Summary::of(&written.files);
    let WrittenRecords { sha256, size_bytes, .. } = written.records;
    let name = name.clone();
    Manifest { name, generation, textmill, options, settings, summary, fields, sha256, size_bytes }
}

/// Why a model can't be used.
#[expect(clippy::needless_pass_by_value, reason = "as `map_err` gives it")]
fn told(error: impl Fails) -> KnowledgeBaseError {
    KnowledgeBaseError::Told(error.to_failure())
}

/// Digest of the entries.
fn digest(files: &[FileEntry]) -> String {
    let mut hasher = HashingWriter::new(std::io::sink());
    for entry in files {
        // A sink takes everything.
        let _ = serde_json::to_writer(&mut hasher, entry).map(|()| hasher.write_all(b"\n"));
    }
    hasher.finish().1
}
