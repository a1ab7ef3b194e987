//! Names of columns that no other column has.

use std::collections::HashSet;

/// The name, with `_2`, `_3`, … behind it if it is taken; taken from now on.
pub(super) fn free(name: &str, taken: &mut HashSet<String>) -> String {
    let (mut free, mut copy) = (name.to_owned(), 1);
    while !taken.insert(free.clone()) {
        copy += 1;
        free = format!("{name}_{copy}");
    }
    free
}
