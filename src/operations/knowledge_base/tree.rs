//! The folders of a knowledge base's source, with how much lies in each.
//!
//! Memory: the folders and files down to the depth that is asked for.

use std::collections::BTreeMap;

use serde::Serialize;
use utoipa::ToSchema;

use super::error::KnowledgeBaseError;
use super::manifest::{FileEntry, FileStatus};
use super::selection::prefix_of;
use super::store::KnowledgeBase;

/// A folder of the source.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct FolderNode {
    /// Its path inside the source, `/` between parts; empty for the source itself.
    #[schema(example = "Climate/GHG Protocol")]
    pub path: String,
    /// The last part of it.
    #[schema(example = "GHG Protocol")]
    pub name: String,
    /// Records of all files in it and below.
    pub record_count: u64,
    /// Files in it and below.
    pub file_count: u64,
    /// Folders directly in it.
    pub folder_count: u64,
    /// Those folders, by name; `null` beyond the depth that was asked for.
    #[schema(no_recursion)]
    pub folders: Option<Vec<FolderNode>>,
    /// The files directly in it, by name; `null` if they were not asked for.
    pub files: Option<Vec<FileNode>>,
}

/// A file of the source.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct FileNode {
    /// Its path inside the source, `/` between parts.
    #[schema(example = "Climate/agreements.csv")]
    pub path: String,
    /// The last part of it.
    #[schema(example = "agreements.csv")]
    pub name: String,
    /// What became of it.
    pub status: FileStatus,
    /// Records that were made of it.
    pub record_count: u64,
}

/// How much of a tree is wanted.
#[derive(Debug, Clone, Copy)]
pub struct Extent {
    /// Levels of folders below the one that is asked for.
    pub depth: u32,
    /// Whether the files of each are listed, too.
    pub files: bool,
}

/// A folder of the source; the empty path is the source itself.
///
/// # Errors
/// When the source has no such folder, or the knowledge base can't be read.
pub fn folder_tree(base: &KnowledgeBase, folder: &str, extent: Extent) -> Result<FolderNode, KnowledgeBaseError> {
    let prefix = prefix_of(folder);
    let mut root = Growing::default();
    for file in base.files() {
        let file = file?;
        if let Some(rest) = file.path.strip_prefix(&prefix) {
            root.add(rest, &file, extent.depth, extent.files);
        }
    }
    if root.files_below == 0 && !prefix.is_empty() {
        return Err(KnowledgeBaseError::NotInSource { name: base.name().to_string(), path: folder.to_owned() });
    }
    Ok(root.into_node(prefix.trim_end_matches('/'), extent.depth, extent.files))
}

/// A folder while files are added to it.
#[derive(Debug, Default)]
struct Growing {
    records: u64,
    files_below: u64,
    folders: BTreeMap<String, Growing>,
    files: Vec<FileNode>,
}

impl Growing {
    fn add(&mut self, rest: &str, file: &FileEntry, depth: u32, with_files: bool) {
        self.records += file.records;
        self.files_below += 1;
        match rest.split_once('/') {
            Some((folder, rest)) => {
                let inner = self.folders.entry(folder.to_owned()).or_default();
                // Beyond the last level a folder is only counted.
                if let Some(depth) = depth.checked_sub(1) {
                    inner.add(rest, file, depth, with_files);
                }
            }
            None if with_files && depth > 0 => self.files.push(FileNode {
                path: file.path.clone(),
                name: rest.to_owned(),
                status: file.status,
                record_count: file.records,
            }),
            None => {}
        }
    }

    fn into_node(mut self, path: &str, depth: u32, with_files: bool) -> FolderNode {
        self.files.sort_by(|a, b| a.name.cmp(&b.name));
        let below = |name: &str| if path.is_empty() { name.to_owned() } else { format!("{path}/{name}") };
        let inner = depth.checked_sub(1);
        FolderNode {
            path: path.to_owned(),
            name: path.rsplit('/').next().unwrap_or_default().to_owned(),
            record_count: self.records,
            file_count: self.files_below,
            folder_count: self.folders.len() as u64,
            folders: inner.map(|depth| {
                let folders = self.folders.into_iter();
                folders.map(|(name, folder)| folder.into_node(&below(&name), depth, with_files)).collect()
            }),
            files: (with_files && inner.is_some()).then_some(self.files),
        }
    }
}
