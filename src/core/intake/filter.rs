//! What is to be done with a file, by its name; the content is only asked where the name says nothing.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use globset::{GlobBuilder, GlobSet, GlobSetBuilder};

use super::error::IntakeError;
use super::source::{SourceFile, Step};
use super::{REJECTS_SUFFIX, REPORT};
use crate::core::failure::{Code, Failure};
use crate::core::tabular::format;

/// Bytes that tell what a file holds.
pub(super) const HEAD: u64 = 4096;

/// Why a file of this name can't be used, though it could be read.
pub type NameRule = fn(&str) -> Option<Failure>;

/// `include`, `exclude` and the names that are read.
#[derive(Debug, Clone)]
pub struct Filter {
    include: Option<GlobSet>,
    exclude: GlobSet,
    name_rule: NameRule,
}

impl Filter {
    /// Lets through what matches a glob of `include` (empty: everything) and none of `exclude`.
    ///
    /// # Errors
    /// When one of them is no glob.
    pub fn new(include: &[String], exclude: &[String]) -> Result<Self, IntakeError> {
        let include = (!include.is_empty()).then(|| globs(include)).transpose()?;
        Ok(Self { include, exclude: globs(exclude)?, name_rule: |_| None })
    }

    /// The same with a rule of the operation's own, which is asked for the last part of a file's path.
    #[must_use]
    pub fn with_name_rule(self, name_rule: NameRule) -> Self {
        Self { name_rule, ..self }
    }

    /// Whether anything could be left out by globs.
    pub(super) fn has_globs(&self) -> bool {
        self.include.is_some() || !self.exclude.is_empty()
    }

    /// Whether the globs let a file through.
    pub(super) fn chooses(&self, file: &SourceFile) -> bool {
        self.left_out(&file.name, file.archive_name()).is_none()
    }

    /// What to do with a file on disk: its path inside the source, and where it lies.
    pub(super) fn step(&self, name: &str, path: &Path) -> Step {
        if let Some(reason) = self.left_out(name, None) {
            return skip(reason);
        }
        let last = name.rsplit('/').next().unwrap_or(name);
        if is_ours(last, path) {
            return skip("an output of textmill");
        }
        let refusal = || {
            let not_unicode = path.to_str().is_none().then(not_unicode);
            not_unicode.or_else(|| (self.name_rule)(last))
        };
        by_name(name, last, refusal, || head(path))
    }

    /// Whether a file is an archive that is looked into; what its files are chosen by is [`Self::member_step`].
    pub(super) fn opens(&self, name: &str) -> bool {
        let last = name.rsplit('/').next().unwrap_or(name);
        is_archive(name) && !last.starts_with('.') && !self.exclude.is_match(name)
    }

    /// What to do with a file in the archive `archive`; `name` is its path inside the source, through the archive.
    pub(super) fn member_step(&self, name: &str, archive: &str, head: impl FnOnce() -> Option<Vec<u8>>) -> Step {
        if let Some(reason) = self.left_out(name, Some(archive)) {
            return skip(reason);
        }
        let inside = name.get(archive.len() + 1..).unwrap_or(name);
        // `.` and `..` are not hidden, they are wrong, which the archive says itself.
        let is_hidden = |folder: &str| folder.starts_with('.') && !matches!(folder, "." | "..");
        if inside.rsplit('/').skip(1).any(is_hidden) {
            return skip("in a hidden folder (its name begins with a dot)");
        }
        let last = inside.rsplit('/').next().unwrap_or(inside);
        if last == REPORT {
            return skip("an output of textmill");
        }
        if is_archive(last) {
            return skip("an archive inside an archive");
        }
        by_name(name, last, || (self.name_rule)(last), head)
    }

    /// A file in an archive is chosen where the archive is.
    fn left_out(&self, name: &str, archive: Option<&str>) -> Option<&'static str> {
        let matches = |globs: &GlobSet| globs.is_match(name) || archive.is_some_and(|archive| globs.is_match(archive));
        if matches(&self.exclude) {
            return Some("matches `exclude`");
        }
        let is_included = self.include.as_ref().is_none_or(matches);
        (!is_included).then_some("does not match `include`")
    }
}

fn skip(reason: &str) -> Step {
    Step::Skip(reason.to_owned())
}

/// What the last part of a name says; `head` gives the first bytes of a file whose name says nothing.
fn by_name(
    name: &str,
    last: &str,
    refusal: impl FnOnce() -> Option<Failure>,
    head: impl FnOnce() -> Option<Vec<u8>>,
) -> Step {
    if last.starts_with('.') {
        return skip("hidden (its name begins with a dot)");
    }
    match format::promise(name) {
        Some(promise) => refusal().map_or(Step::Read(promise), Step::Refuse),
        None => Step::Skip(match head().as_deref().and_then(format::unread_content) {
            Some(content) => format!("its extension is none that is read; {content}"),
            None => format!("its extension is not one of {}", format::EXTENSIONS),
        }),
    }
}

/// By the name alone: Office documents are zip archives too.
fn is_archive(name: &str) -> bool {
    Path::new(name).extension().is_some_and(|extension| extension.eq_ignore_ascii_case("zip"))
}

/// The first bytes of a file that may not be there or readable: then nothing is known of it.
fn head(path: &Path) -> Option<Vec<u8>> {
    let mut head = Vec::new();
    File::open(path).and_then(|file| file.take(HEAD).read_to_end(&mut head)).ok()?;
    Some(head)
}

/// The report of a run, or rejects beside their Parquet file.
fn is_ours(name: &str, path: &Path) -> bool {
    let parquet = |stem: &str| path.with_file_name(format!("{stem}.parquet"));
    name == REPORT || name.strip_suffix(REJECTS_SUFFIX).is_some_and(|stem| parquet(stem).is_file())
}

fn not_unicode() -> Failure {
    Failure::new(Code::UndecodableText, "its name is not UTF-8")
        .with_hint("rename it; what is made of it could not be told from what is made of another such name")
}

/// What matches any of these globs, in the grammar of `include` and `exclude`.
///
/// # Errors
/// When one of them is no glob.
pub fn globs(patterns: &[String]) -> Result<GlobSet, IntakeError> {
    let wrong = |glob: &str| IntakeError::Glob { glob: glob.to_owned() };
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
