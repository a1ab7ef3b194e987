//! Turns a path that a client named into one that may be touched.
//!
//! For: paths inside the configured data roots. Not for: opening files, or telling what is in them. The one decision: a
//! path is judged by where it really lies after every symlink is followed, and what lies elsewhere is refused in the
//! same words whether it exists or not, so that nobody learns what the server has outside its roots.
//!
//! A root's own users can swap a folder for a symlink between this check and the use: roots are for people who trust
//! each other; the check keeps *requests* inside.

use std::io;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use crate::core::failure::{Code, Fails};

/// A path that may not be used.
#[derive(Debug, thiserror::Error)]
pub enum SandboxError {
    /// It leads, or might lead, out of every data root.
    #[error("`{path}` is outside the data roots")]
    Outside {
        /// As given.
        path: String,
    },
    /// It is the service's own folder.
    #[error("`{path}` belongs to the service itself; requests can't use it")]
    Reserved {
        /// As given.
        path: String,
    },
    /// It is inside a root, and nothing is there.
    #[error("there is no file or folder `{path}` in the data roots")]
    NotFound {
        /// As given.
        path: String,
    },
    /// A folder is needed, and a file is in the way.
    #[error("`{path}` can't be a folder: a part of it is a file")]
    NotAFolder {
        /// As given.
        path: String,
    },
    /// It is inside a root, and the operating system refuses it.
    #[error("`{path}` can't be read: {source}")]
    Unreadable {
        /// As given.
        path: String,
        /// Why.
        source: io::Error,
    },
    /// A data root itself can't be used.
    #[error("the data root {} can't be used: {source}", root.display())]
    BadRoot {
        /// As configured.
        root: PathBuf,
        /// Why.
        source: io::Error,
    },
}

impl Fails for SandboxError {
    fn code(&self) -> Code {
        match self {
            Self::Outside { .. } | Self::Reserved { .. } => Code::PathOutsideDataRoot,
            Self::NotFound { .. } => Code::NotFound,
            Self::NotAFolder { .. } => Code::InvalidParameter,
            Self::Unreadable { .. } | Self::BadRoot { .. } => Code::StorageFailure,
        }
    }

    fn hint(&self) -> Option<String> {
        Some(
            match self {
                Self::Outside { .. } => {
                    "name a path relative to a data root, without `..`; `--data-root DIR` adds a root to the service"
                }
                Self::NotFound { .. } => "paths are relative to the data roots of the service, not to your own folder",
                Self::NotAFolder { .. } => "name a folder that exists, or one that can be made",
                Self::Unreadable { .. } => "check the permissions of the file and of its folders",
                Self::Reserved { .. } => "name a folder of data; the state directory is the service's own",
                Self::BadRoot { .. } => "make the folder, or name another one with `--data-root DIR`",
            }
            .to_owned(),
        )
    }
}

/// The folders that requests may name paths in. Cheap to clone.
#[derive(Debug, Clone)]
pub struct DataRoots {
    roots: Arc<[PathBuf]>,
    /// The service's own folder, which may lie inside a root and is none of the requests' business.
    reserved: Option<Arc<Path>>,
}

impl DataRoots {
    /// Takes the folders in the order in which relative paths are tried.
    ///
    /// # Errors
    /// [`SandboxError::BadRoot`] when one does not exist, is not a folder or can't be read.
    pub fn new(roots: Vec<PathBuf>) -> Result<Self, SandboxError> {
        let canonical = roots.into_iter().map(|root| match canonical_folder(&root) {
            Ok(real) => Ok(real),
            Err(source) => Err(SandboxError::BadRoot { root, source }),
        });
        Ok(Self { roots: canonical.collect::<Result<_, _>>()?, reserved: None })
    }

    /// Keeps requests out of a folder, even where it lies inside a root: the state directory holds the job database.
    ///
    /// # Errors
    /// [`SandboxError::BadRoot`] when it does not exist or can't be read.
    pub fn reserving(mut self, folder: &Path) -> Result<Self, SandboxError> {
        let bad = |source| SandboxError::BadRoot { root: folder.to_owned(), source };
        self.reserved = Some(canonical_folder(folder).map_err(bad)?.into());
        Ok(self)
    }

    /// The folder that requests are kept out of, symlinks followed.
    pub fn reserved(&self) -> Option<Arc<Path>> {
        self.reserved.clone()
    }

    /// The roots, symlinks followed, in the order in which relative paths are tried.
    pub fn roots(&self) -> &[PathBuf] {
        &self.roots
    }

    /// The real place of something that exists. Relative paths are tried in each root, in order.
    ///
    /// # Errors
    /// [`SandboxError::Outside`], [`SandboxError::NotFound`] or [`SandboxError::Unreadable`].
    pub fn resolve_existing(&self, path: &str) -> Result<PathBuf, SandboxError> {
        let mut first_error = None;
        for candidate in self.candidates(path)? {
            match self.locate(path, &candidate) {
                Ok(Located { real, missing }) if missing.as_os_str().is_empty() => return Ok(real),
                Ok(_partly_there) => {}
                Err(error) => first_error = first_error.or(Some(error)),
            }
        }
        Err(first_error.unwrap_or_else(|| SandboxError::NotFound { path: path.to_owned() }))
    }

    /// The real place of something that exists or is to be made: every part that exists is followed to where it really
    /// is. A relative path that exists in no root belongs to the first.
    ///
    /// # Errors
    /// [`SandboxError::Outside`], [`SandboxError::NotAFolder`] or [`SandboxError::Unreadable`].
    pub fn resolve_new(&self, path: &str) -> Result<PathBuf, SandboxError> {
        match self.resolve_existing(path) {
            Err(SandboxError::NotFound { .. }) => {}
            found_or_refused => return found_or_refused,
        }
        let Some(candidate) = self.candidates(path)?.into_iter().next() else {
            return Err(SandboxError::Outside { path: path.to_owned() });
        };
        let Located { real, missing } = self.locate(path, &candidate)?;
        if real.is_dir() { Ok(real.join(missing)) } else { Err(SandboxError::NotAFolder { path: path.to_owned() }) }
    }

    /// Where `path` could be, before anything is looked up.
    fn candidates(&self, path: &str) -> Result<Vec<PathBuf>, SandboxError> {
        let given = Path::new(path);
        let climbs = given.components().any(|part| part == Component::ParentDir);
        if path.is_empty() || path.contains('\0') || climbs {
            return Err(SandboxError::Outside { path: path.to_owned() });
        }
        if given.is_absolute() {
            return Ok(vec![given.to_path_buf()]);
        }
        Ok(self.roots.iter().map(|root| root.join(given)).collect())
    }

    /// Follows the part of `candidate` that exists, and checks that it lies inside a root.
    fn locate(&self, path: &str, candidate: &Path) -> Result<Located, SandboxError> {
        let outside = || SandboxError::Outside { path: path.to_owned() };
        let mut existing = candidate;
        let mut refused = None;
        loop {
            match existing.canonicalize() {
                Ok(real) if self.is_reserved(&real) => return Err(SandboxError::Reserved { path: path.to_owned() }),
                Ok(real) if !self.holds(&real) => return Err(outside()),
                Ok(real) => {
                    let missing = candidate.strip_prefix(existing).map_err(|_not_below| outside())?.to_path_buf();
                    return match refused {
                        Some(source) => Err(SandboxError::Unreadable { path: path.to_owned(), source }),
                        None => Ok(Located { real, missing }),
                    };
                }
                // A link that leads nowhere would be followed by whoever writes there.
                Err(_) if existing.symlink_metadata().is_ok_and(|found| found.is_symlink()) => return Err(outside()),
                Err(error) => {
                    refused = refused.or((!is_absence(&error)).then_some(error));
                    existing = existing.parent().ok_or_else(outside)?;
                }
            }
        }
    }

    fn is_reserved(&self, real: &Path) -> bool {
        self.reserved.as_ref().is_some_and(|folder| real.starts_with(folder))
    }

    fn holds(&self, real: &Path) -> bool {
        self.roots.iter().any(|root| real.starts_with(root))
    }
}

/// The part of a path that exists, followed; and the part that does not.
struct Located {
    real: PathBuf,
    missing: PathBuf,
}

/// Whether nothing can be there, as opposed to something that may not be looked at.
fn is_absence(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory | io::ErrorKind::InvalidFilename)
}

fn canonical_folder(root: &Path) -> io::Result<PathBuf> {
    let real = root.canonicalize()?;
    std::fs::read_dir(&real)?;
    Ok(real)
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::symlink;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_reserved_folder_is_outside_though_it_lies_in_a_root() {
        let (temp, roots) = house();
        let roots = roots.reserving(&temp.path().join("root/folder/inner")).unwrap();
        assert!(roots.resolve_existing("folder/file.csv").is_ok());
        for path in ["folder/inner", "folder/inner/new", "folder/./inner"] {
            assert!(matches!(roots.resolve_new(path), Err(SandboxError::Reserved { .. })), "{path}");
        }
    }

    fn house() -> (tempfile::TempDir, DataRoots) {
        let temp = tempfile::tempdir().unwrap();
        let base = temp.path();
        fs::create_dir_all(base.join("root/folder/inner")).unwrap();
        fs::create_dir_all(base.join("second/only_here")).unwrap();
        fs::create_dir_all(base.join("secret")).unwrap();
        fs::write(base.join("root/folder/file.csv"), "a,b\n").unwrap();
        fs::write(base.join("secret/key"), "secret").unwrap();
        symlink(base.join("secret"), base.join("root/leak")).unwrap();
        symlink(base.join("secret/not_there"), base.join("root/dangling")).unwrap();
        symlink(base.join("root/folder"), base.join("root/inside_link")).unwrap();
        symlink(base.join("root/loop"), base.join("root/loop")).unwrap();
        let roots = DataRoots::new(vec![base.join("root"), base.join("second")]).unwrap();
        (temp, roots)
    }

    #[test]
    fn finds_paths_in_each_root_and_through_links_that_stay_inside() {
        let (temp, roots) = house();
        let base = temp.path().canonicalize().unwrap();
        let file = base.join("root/folder/file.csv");
        assert_eq!(roots.resolve_existing("folder/file.csv").unwrap(), file);
        assert_eq!(roots.resolve_existing("./folder//file.csv").unwrap(), file);
        assert_eq!(roots.resolve_existing("inside_link/file.csv").unwrap(), file);
        assert_eq!(roots.resolve_existing(file.to_str().unwrap()).unwrap(), file);
        assert_eq!(roots.resolve_existing("only_here").unwrap(), base.join("second/only_here"));
        assert_eq!(roots.resolve_existing(".").unwrap(), base.join("root"));
    }

    #[test]
    fn refuses_everything_that_leads_out_and_does_not_tell_what_is_there() {
        let (temp, roots) = house();
        let secret = temp.path().join("secret/key");
        let absent = temp.path().join("secret/absent");
        let paths = [
            "..",
            "folder/../../secret/key",
            "leak",
            "leak/key",
            "leak/absent",
            "dangling",
            "loop",
            "loop/x",
            "",
            "a\0b",
        ];
        for path in paths.into_iter().chain([secret.to_str().unwrap(), absent.to_str().unwrap(), "/", "/etc/passwd"]) {
            let existing = roots.resolve_existing(path).unwrap_err();
            assert_eq!(existing.code(), Code::PathOutsideDataRoot, "{path}: {existing}");
            let new = roots.resolve_new(path).unwrap_err();
            assert_eq!(new.code(), Code::PathOutsideDataRoot, "{path}: {new}");
        }
    }

    #[test]
    fn tells_a_missing_path_from_a_forbidden_one() {
        let (_temp, roots) = house();
        for path in ["absent", "folder/absent", "folder/file.csv/below"] {
            assert_eq!(roots.resolve_existing(path).unwrap_err().code(), Code::NotFound, "{path}");
        }
    }

    #[test]
    fn a_new_path_is_placed_in_the_first_root_or_where_its_parent_is() {
        let (temp, roots) = house();
        let base = temp.path().canonicalize().unwrap();
        assert_eq!(roots.resolve_new("out/parquet").unwrap(), base.join("root/out/parquet"));
        assert_eq!(roots.resolve_new("inside_link/new").unwrap(), base.join("root/folder/new"));
        assert_eq!(roots.resolve_new("only_here").unwrap(), base.join("second/only_here"));
        assert_eq!(roots.resolve_new("folder/file.csv/new").unwrap_err().code(), Code::InvalidParameter);
    }

    #[test]
    fn a_root_that_is_not_a_folder_is_named() {
        let error = DataRoots::new(vec![PathBuf::from("/no/such/root")]).unwrap_err();
        assert!(error.to_string().contains("/no/such/root"), "{error}");
    }

    proptest! {
        #[test]
        fn no_path_whatever_leaves_the_roots(
            parts in prop::collection::vec(
                prop_oneof![
                    Just("..".to_owned()), Just(".".to_owned()), Just("/".to_owned()), Just("\\..".to_owned()),
                    Just("leak".to_owned()), Just("dangling".to_owned()), Just("loop".to_owned()),
                    Just("inside_link".to_owned()), Just("folder".to_owned()), Just("%2e%2e".to_owned()),
                    Just("secret".to_owned()), Just("~".to_owned()), ".*",
                ],
                0..6,
            ),
            absolute: bool,
        ) {
            let (temp, roots) = house();
            let base = temp.path().canonicalize().unwrap();
            let joined = parts.join("/");
            let path = if absolute { format!("{}/{joined}", base.display()) } else { joined };
            for resolved in [roots.resolve_existing(&path), roots.resolve_new(&path)].into_iter().flatten() {
                prop_assert!(
                    resolved.starts_with(base.join("root")) || resolved.starts_with(base.join("second")),
                    "{path:?} became {resolved:?}"
                );
                prop_assert!(!resolved.components().any(|part| part == Component::ParentDir));
            }
        }
    }
}
