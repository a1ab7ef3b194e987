//! What is to be done with a file, by its name alone.

use std::path::Path;

use globset::{GlobBuilder, GlobSet, GlobSetBuilder};

use super::error::ConversionError;
use super::options::ConversionOptions;
use super::plan::Step;
use super::staging::{REJECTS_SUFFIX, REPORT};
use crate::core::failure::{Code, Failure};
use crate::core::tabular::format;

/// Longest name that file systems take, in bytes; the outputs' names are longer than the source's.
const LONGEST_NAME: usize = 255;

/// `include`, `exclude` and the names that are read.
pub(super) struct Filter {
    include: Option<GlobSet>,
    exclude: GlobSet,
}

impl Filter {
    pub(super) fn new(options: &ConversionOptions) -> Result<Self, ConversionError> {
        let include = (!options.include.is_empty()).then(|| globs(&options.include)).transpose()?;
        Ok(Self { include, exclude: globs(&options.exclude)? })
    }

    /// Whether anything could be left out by globs.
    pub(super) fn has_globs(&self) -> bool {
        self.include.is_some() || !self.exclude.is_empty()
    }

    /// Whether the globs let a file through.
    pub(super) fn chooses(&self, name: &str) -> bool {
        self.left_out(name).is_none()
    }

    /// What to do with a file: its path inside the source, and where it lies.
    pub(super) fn step(&self, name: &str, path: &Path) -> Step {
        let skip = |reason: &str| Step::Skip(reason.to_owned());
        let last = name.rsplit('/').next().unwrap_or(name);
        if let Some(reason) = self.left_out(name) {
            return skip(reason);
        }
        if last.starts_with('.') {
            return skip("hidden (its name begins with a dot)");
        }
        if is_ours(last, path) {
            return skip("an output of textmill");
        }
        match format::promise(name) {
            Some(promise) => refusal(last, path).map_or(Step::Convert(promise), Step::Refuse),
            None => {
                skip("its extension is not one of csv, tsv, tab, psv, ssv, txt, json, jsonl, ndjson (also .gz, .zst)")
            }
        }
    }

    fn left_out(&self, name: &str) -> Option<&'static str> {
        if self.exclude.is_match(name) {
            return Some("matches `exclude`");
        }
        let is_included = self.include.as_ref().is_none_or(|include| include.is_match(name));
        (!is_included).then_some("does not match `include`")
    }
}

/// The report of a run, or rejects beside their Parquet file.
fn is_ours(name: &str, path: &Path) -> bool {
    let parquet = |stem: &str| path.with_file_name(format!("{stem}.parquet"));
    name == REPORT || name.strip_suffix(REJECTS_SUFFIX).is_some_and(|stem| parquet(stem).is_file())
}

/// Why a file can't have an output of its own.
fn refusal(name: &str, path: &Path) -> Option<Failure> {
    if path.to_str().is_none() {
        return Some(
            Failure::new(Code::UndecodableText, "its name is not UTF-8")
                .with_hint("rename it; the output could not be told from that of another such name"),
        );
    }
    (name.len() + REJECTS_SUFFIX.len() > LONGEST_NAME).then(|| {
        Failure::new(Code::LimitExceeded, format!("its name of {} bytes is too long for its outputs", name.len()))
            .with_hint(format!("shorten it to {} bytes", LONGEST_NAME - REJECTS_SUFFIX.len()))
    })
}

fn globs(patterns: &[String]) -> Result<GlobSet, ConversionError> {
    let wrong = |glob: &str| ConversionError::Glob { glob: glob.to_owned() };
    let mut set = GlobSetBuilder::new();
    for pattern in patterns {
        let glob = GlobBuilder::new(&as_meant(pattern)).literal_separator(true).build();
        set.add(glob.map_err(|_unlike_our_grammar| wrong(pattern))?);
    }
    set.build().map_err(|_too_many| wrong(&patterns.join(", ")))
}

/// `./x` is `x`, and `x/` is everything in the folder `x`.
fn as_meant(pattern: &str) -> String {
    let plain = pattern.strip_prefix("./").unwrap_or(pattern);
    if plain.ends_with('/') { format!("{plain}**") } else { plain.to_owned() }
}
