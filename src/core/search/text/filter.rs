//! Which records are looked at.

/// Records that have all these labels, and lie in this folder or below.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TextFilter {
    /// A folder of the source, `/` between parts; `None`: all.
    pub folder: Option<String>,
    /// Names and values, each of which a record must have.
    pub labels: Vec<(String, String)>,
}

/// The label under which a record is filed by each folder above it. No name of a user's can be empty.
pub(super) const FOLDER: &str = "";

impl TextFilter {
    /// Whether every record passes.
    pub fn is_empty(&self) -> bool {
        self.folder().is_none() && self.labels.is_empty()
    }

    /// The folder without slashes around it; `None` for the source itself.
    pub(super) fn folder(&self) -> Option<&str> {
        self.folder.as_deref().map(|folder| folder.trim_matches('/')).filter(|folder| !folder.is_empty())
    }
}

/// A folder and all above it, from outside inwards, without the source itself.
pub(super) fn folders(path: &str) -> impl Iterator<Item = &str> {
    let ends = path.match_indices('/').map(|(at, _)| at).chain([path.len()]);
    ends.filter_map(move |end| path.get(..end)).filter(|folder| !folder.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_lies_in_all_folders_above_it() {
        assert_eq!(folders("a/b c/d").collect::<Vec<_>>(), ["a", "a/b c", "a/b c/d"]);
        assert_eq!(folders("").count(), 0);
    }

    #[test]
    fn slashes_around_a_folder_mean_nothing() {
        let filter = |folder: &str| TextFilter { folder: Some(folder.to_owned()), labels: Vec::new() };
        assert_eq!(filter("/a/b/").folder(), Some("a/b"));
        assert!(filter("/").is_empty());
    }
}
