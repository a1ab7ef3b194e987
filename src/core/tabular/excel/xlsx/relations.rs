//! Which parts of a package belong to which, by its `.rels` parts.

use super::super::part::{self, broken_part};
use super::super::xml::Token;
use crate::core::tabular::error::TableError;
use crate::core::tabular::package::Package;

/// One part's word about another.
#[derive(Debug)]
pub(super) struct Relation {
    pub(super) id: String,
    /// Last word of its type, e.g. `worksheet`: the rest differs between dialects.
    pub(super) kind: String,
    /// Path of the other part.
    pub(super) path: String,
}

/// What the part `of` says about others; empty if it says nothing.
pub(super) fn read(package: &mut Package, of: &str) -> Result<Vec<Relation>, TableError> {
    let (folder, name) = of.rsplit_once('/').unwrap_or(("", of));
    let path = format!("{folder}/_rels/{name}.rels");
    let Some(mut xml) = part::xml(package, &path)? else { return Ok(Vec::new()) };
    let mut relations = Vec::new();
    loop {
        match xml.next().map_err(|fault| broken_part(&path, &fault))? {
            Token::Start(tag) if tag.name == b"Relationship" => {
                let [id, kind, target] =
                    [&b"Id"[..], b"Type", b"Target"].map(|name| tag.text(name).unwrap_or_default());
                let kind = kind.rsplit('/').next().unwrap_or_default().to_owned();
                relations.push(Relation { id, kind, path: resolve(folder, &target) });
            }
            Token::Eof => return Ok(relations),
            _ => {}
        }
    }
}

/// Path of the document that the package is about.
pub(in crate::core::tabular::excel) fn root_document(package: &mut Package) -> Result<Option<String>, TableError> {
    let relations = read(package, "")?;
    let named = relations.into_iter().find(|relation| relation.kind == "officeDocument").map(|relation| relation.path);
    let usual = ["xl/workbook.xml", "xl/workbook.bin"].map(str::to_owned);
    Ok(named.into_iter().chain(usual).find(|path| package.has(path)))
}

/// A target as seen from a folder.
fn resolve(folder: &str, target: &str) -> String {
    let target = target.replace('\\', "/");
    let start = if target.starts_with('/') { "" } else { folder };
    let mut path: Vec<&str> = Vec::new();
    for step in start.split('/').chain(target.split('/')) {
        match step {
            "" | "." => {}
            ".." => drop(path.pop()),
            step => path.push(step),
        }
    }
    path.join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn targets_are_absolute_or_relative() {
        assert_eq!(resolve("xl", "worksheets/sheet1.xml"), "xl/worksheets/sheet1.xml");
        assert_eq!(resolve("xl", "/xl/worksheets/sheet1.xml"), "xl/worksheets/sheet1.xml");
        assert_eq!(resolve("xl/a", "../b\\c.xml"), "xl/b/c.xml");
        assert_eq!(resolve("", "workbook.xml"), "workbook.xml");
    }
}
