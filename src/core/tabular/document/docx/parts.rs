//! The parts of a Word document, which name each other by relationships.

use std::io::{BufRead, BufReader};

use super::xml::{Node, attribute, walk};
use crate::core::tabular::error::TableError;
use crate::core::tabular::input::Input;
use crate::core::tabular::package::Package;

/// A Word document as an archive.
pub(super) struct Parts {
    package: Package,
    /// Name of the main part.
    main: String,
    /// What the main part refers to: type and name.
    others: Vec<(String, String)>,
}

impl Parts {
    /// Opens it and finds the main part.
    ///
    /// # Errors
    /// When it is no archive, or unfolds beyond the limits.
    pub(super) fn open(input: &Input) -> Result<Self, TableError> {
        let mut package = Package::open(input.seekable()?)?;
        let found = relationships(&mut package, "", "_rels/.rels")?;
        let main = found.into_iter().find(|(kind, _)| kind.ends_with("/officeDocument"));
        let main = main.map_or_else(|| "word/document.xml".to_owned(), |(_, name)| name);
        let (folder, file) = main.rsplit_once('/').unwrap_or(("", &main));
        let others = relationships(&mut package, folder, &format!("{folder}/_rels/{file}.rels"))?;
        Ok(Self { package, main, others })
    }

    /// The main part.
    ///
    /// # Errors
    /// When there is none.
    pub(super) fn document(&mut self) -> Result<impl BufRead, TableError> {
        let missing = TableError::Broken { what: format!("the document has no part `{}`", self.main) };
        self.package.part(&self.main)?.map(BufReader::new).ok_or(missing)
    }

    /// The part that the main part refers to by a type that ends like this; `None`: there is none.
    ///
    /// # Errors
    /// When it can't be unpacked.
    pub(super) fn part_of_type(&mut self, kind: &str) -> Result<Option<impl BufRead>, TableError> {
        let found = self.others.iter().find(|(of_kind, _)| of_kind.ends_with(kind));
        let Some((_, name)) = found else { return Ok(None) };
        Ok(self.package.part(name)?.map(BufReader::new))
    }
}

/// Types and names of the parts that a part refers to; names as they stand in the archive.
fn relationships(package: &mut Package, folder: &str, name: &str) -> Result<Vec<(String, String)>, TableError> {
    let mut found = Vec::new();
    let Some(part) = package.part(name)? else { return Ok(found) };
    walk(BufReader::new(part), |node| {
        if let Node::Begin("Relationship", start) = node
            && let Some(kind) = attribute(start, "Type")
            && let Some(target) = attribute(start, "Target")
        {
            let name = match target.strip_prefix('/') {
                Some(absolute) => absolute.to_owned(),
                None if folder.is_empty() => target,
                None => format!("{folder}/{target}"),
            };
            found.push((kind, name));
        }
        Ok(())
    })?;
    Ok(found)
}
