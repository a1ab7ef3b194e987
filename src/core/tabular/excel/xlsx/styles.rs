//! What the number format of each cell style shows.

use std::collections::HashMap;

use super::super::number_format::{self, Shown};
use super::super::part::{self, broken_part};
use super::super::xml::{Tag, Token};
use crate::core::tabular::error::TableError;
use crate::core::tabular::package::Package;

/// For each style that cells refer to by its place.
pub(super) fn read(package: &mut Package, path: &str) -> Result<Vec<Shown>, TableError> {
    let Some(mut xml) = part::xml(package, path)? else { return Ok(Vec::new()) };
    let mut custom: HashMap<u32, Shown> = HashMap::new();
    let (mut styles, mut of_cells) = (Vec::new(), false);
    loop {
        match xml.next().map_err(|fault| broken_part(path, &fault))? {
            // Formats of conditional formatting stand elsewhere, but under the same name.
            Token::Start(tag) if tag.name == b"numFmt" => {
                if let (Some(id), Some(code)) = (id(tag), tag.text(b"formatCode")) {
                    custom.entry(id).or_insert_with(|| number_format::custom(&code));
                }
            }
            Token::Start(tag) if tag.name == b"cellXfs" => of_cells = !tag.empty,
            Token::End(b"cellXfs") => of_cells = false,
            Token::Start(tag) if of_cells && tag.name == b"xf" => {
                let id = id(tag).unwrap_or(0);
                styles.push(custom.get(&id).copied().unwrap_or_else(|| number_format::built_in(id)));
            }
            Token::Eof => return Ok(styles),
            _ => {}
        }
    }
}

fn id(tag: Tag<'_>) -> Option<u32> {
    tag.text(b"numFmtId")?.trim().parse().ok()
}
