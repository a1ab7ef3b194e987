//! The picture of the house, held against the code: arrows point down only.

use std::path::Path;

use crate::support::{repository, tree};

/// Rooms from the top; a file may use rooms below its own, and its own.
const ROOMS: [&[&str]; 5] = [&["cli"], &["routers"], &["app", "report"], &["config", "operations"], &["core"]];

fn level(room: &str) -> usize {
    ROOMS.iter().position(|rooms| rooms.contains(&room)).unwrap_or_else(|| panic!("`{room}` is no room of the picture"))
}

/// `src/core/hash.rs` is in `core`; `src/app.rs` in `app`.
fn room(path: &Path) -> String {
    path.iter().next().unwrap().to_string_lossy().trim_end_matches(".rs").to_owned()
}

/// The rooms that a source text names after `crate::`.
fn used(source: &str) -> impl Iterator<Item = &str> {
    source.split("crate::").skip(1).filter_map(|rest| {
        let name = rest.split(|character: char| !character.is_alphanumeric() && character != '_').next()?;
        (!name.is_empty()).then_some(name)
    })
}

#[test]
fn no_room_uses_one_above_it() {
    let mut arrows = Vec::new();
    for (path, bytes) in tree(&repository().join("src")) {
        let is_entry = path == Path::new("main.rs") || path == Path::new("lib.rs");
        if is_entry || path.extension().is_none_or(|extension| extension != "rs") {
            continue;
        }
        let from = room(&path);
        let source = String::from_utf8(bytes).unwrap();
        for to in used(&source) {
            let sideways = level(to) == level(&from) && to != from;
            if level(to) < level(&from) || sideways {
                arrows.push(format!("{} uses {to}", path.display()));
            }
        }
    }
    assert!(arrows.is_empty(), "arrows that point up or sideways: {arrows:#?}");
}

#[test]
fn operations_know_neither_http_nor_sql_nor_the_terminal() {
    for (path, bytes) in tree(&repository().join("src/operations")) {
        let source = String::from_utf8(bytes).unwrap();
        for foreign in ["axum", "sqlx", "indicatif", "println!"] {
            assert!(!source.contains(foreign), "{} names {foreign}", path.display());
        }
    }
}

#[test]
fn files_are_short_and_say_what_they_are_for() {
    for (path, bytes) in tree(&repository().join("src")) {
        if path.extension().is_none_or(|extension| extension != "rs") {
            continue;
        }
        let source = String::from_utf8(bytes).unwrap();
        let code = source.split("#[cfg(test)]").next().unwrap().lines().count();
        assert!(code <= 460, "{} has {code} lines before its tests", path.display());
        let is_test = path.iter().any(|part| part == "tests" || part == "tests.rs");
        assert!(
            is_test || path == Path::new("main.rs") || source.starts_with("//!"),
            "{} does not say what it is for",
            path.display()
        );
    }
}
