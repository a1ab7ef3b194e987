//! Opens the file of a model, and looks whether it is as it was written.

use std::fs::File;
use std::ops::Range;
use std::path::Path;

use bytemuck::Pod;

use super::{DIGEST_BYTES, Head, MAGIC, PREFIX_BYTES, VERSION, padding};
use crate::core::hash::sha256_hex;
use crate::core::storage::mapped::MappedFile;
use crate::operations::language_model::error::LanguageModelError;
use crate::operations::language_model::info::LanguageModelInfo;

const CUT_OFF: &str = "it was cut off";

/// A model's file, mapped and checked.
#[derive(Debug)]
pub(in crate::operations::language_model) struct ModelFile {
    map: MappedFile,
    pub(in crate::operations::language_model) info: LanguageModelInfo,
    sections: Vec<(String, Range<usize>)>,
}

impl ModelFile {
    /// Opens a file and reads it once, for its digest.
    ///
    /// # Errors
    /// When it can't be read, is no model, or not as it was written.
    pub(in crate::operations::language_model) fn open(path: &Path) -> Result<Self, LanguageModelError> {
        if cfg!(target_endian = "big") {
            return Err(LanguageModelError::damaged(path, "its numbers are little-endian"));
        }
        let map = mapped(path)?;
        let head = head_bytes(map.bytes(), path)?;
        let digested = map.bytes().len().checked_sub(DIGEST_BYTES);
        let parts = digested.and_then(|digested| map.bytes().split_at_checked(digested));
        let (content, digest) = parts.ok_or_else(|| LanguageModelError::damaged(path, CUT_OFF))?;
        if sha256_hex(content).as_bytes() != digest {
            return Err(LanguageModelError::damaged(path, "its digest is another one"));
        }
        let begin = PREFIX_BYTES + head.len();
        let head = read_head(head, path)?;
        let sections = places(&head, begin, content.len());
        let sections = sections.ok_or_else(|| LanguageModelError::damaged(path, "its sections have other lengths"))?;
        Ok(Self { info: head.model, sections, map })
    }

    /// What a file says about itself; nothing else of it is read.
    ///
    /// # Errors
    /// When it can't be read, or is no model.
    pub(in crate::operations::language_model) fn describe(
        path: &Path,
    ) -> Result<LanguageModelInfo, LanguageModelError> {
        let map = mapped(path)?;
        Ok(read_head(head_bytes(map.bytes(), path)?, path)?.model)
    }

    /// The numbers of a section; none where there is no such section.
    pub(in crate::operations::language_model) fn section<T: Pod>(&self, name: &str) -> &[T] {
        let place = self.sections.iter().find(|(known, _)| known == name).map(|(_, place)| place.clone());
        let bytes = place.and_then(|place| self.map.bytes().get(place)).unwrap_or_default();
        bytemuck::try_cast_slice(bytes).unwrap_or_default()
    }
}

fn mapped(path: &Path) -> Result<MappedFile, LanguageModelError> {
    let opened = File::open(path).and_then(|file| MappedFile::open(&file));
    opened.map_err(LanguageModelError::at("open", path))
}

/// The head, which lies behind the format, its version and the head's length.
fn head_bytes<'a>(bytes: &'a [u8], path: &Path) -> Result<&'a [u8], LanguageModelError> {
    let cut_off = || LanguageModelError::damaged(path, CUT_OFF);
    let no_model = || LanguageModelError::NoModel { path: path.to_owned() };
    let rest = bytes.strip_prefix(MAGIC).ok_or_else(no_model)?;
    let (version, rest) = number(rest).ok_or_else(cut_off)?;
    if version != VERSION {
        return Err(LanguageModelError::OtherFormat { path: path.to_owned(), found: version, known: VERSION });
    }
    let (length, rest) = number(rest).ok_or_else(cut_off)?;
    rest.get(..length as usize).ok_or_else(cut_off)
}

fn read_head(head: &[u8], path: &Path) -> Result<Head, LanguageModelError> {
    serde_json::from_slice(head).map_err(|error| LanguageModelError::damaged(path, format!("its head: {error}")))
}

fn number(bytes: &[u8]) -> Option<(u32, &[u8])> {
    let (number, rest) = bytes.split_first_chunk()?;
    Some((u32::from_le_bytes(*number), rest))
}

/// Where each section lies; `None` if they are not all of the content.
fn places(head: &Head, begin: usize, end: usize) -> Option<Vec<(String, Range<usize>)>> {
    let mut at = begin;
    let mut places = Vec::new();
    for section in &head.sections {
        let stop = at.checked_add(usize::try_from(section.bytes).ok()?)?;
        places.push((section.name.clone(), at..stop));
        at = stop.checked_add(padding(section.bytes))?;
    }
    (at == end).then_some(places)
}
