//! Which globs an option may hold: a grammar that can be written down in the document, and nothing that does not parse.
//!
//! `*`, `**`, `?`, `[abc]`, `[!a-z]`, `{one,two}` (not nested) and `\` before a character that is meant literally.

/// The grammar as a regular expression (ECMA 262), for the document.
pub const PATTERN: &str = concat!(
    r"^(?:[^\\\[\]{}]|\\[\s\S]|\[!?(?:a-z|A-Z|0-9|[A-Za-z0-9_.])+\]",
    r"|\{(?:[^\\\[\]{}]|\\[\s\S]|\[!?(?:a-z|A-Z|0-9|[A-Za-z0-9_.])+\])*\})*$"
);

/// Whether `text` follows [`PATTERN`].
pub fn is_valid(text: &str) -> bool {
    let mut rest = text;
    let mut is_in_braces = false;
    while let Some(first) = rest.chars().next() {
        rest = rest.strip_prefix(first).unwrap_or_default();
        let tail = match first {
            '\\' => rest.chars().next().and_then(|escaped| rest.strip_prefix(escaped)),
            '[' => behind_class(rest),
            '{' | '}' if is_in_braces == (first == '}') => {
                is_in_braces = !is_in_braces;
                Some(rest)
            }
            ']' | '{' | '}' => None,
            _ => Some(rest),
        };
        match tail {
            Some(tail) => rest = tail,
            None => return false,
        }
    }
    !is_in_braces
}

/// What follows a class whose opening bracket was read; `None` if it is none.
fn behind_class(rest: &str) -> Option<&str> {
    let (class, tail) = rest.split_once(']')?;
    let mut members = class.strip_prefix('!').unwrap_or(class);
    if members.is_empty() {
        return None;
    }
    while let Some(first) = members.chars().next() {
        let range = ["a-z", "A-Z", "0-9"].into_iter().find_map(|range| members.strip_prefix(range));
        let is_single = first.is_ascii_alphanumeric() || matches!(first, '_' | '.');
        members = range.or_else(|| members.strip_prefix(first).filter(|_| is_single))?;
    }
    Some(tail)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn usual_globs_are_valid_and_broken_ones_are_not() {
        for glob in ["", "**/*.csv", "a?c", "{a,b}.jsonl", "[!a-z]x[0-9_].csv", r"\[x\]", "ü/*", "{*.csv,[ab].tsv}"] {
            assert!(is_valid(glob), "{glob}");
        }
        for glob in ["[", "]", "{", "}", "{a{b}}", "[]", "[!]", "[z-a]", r"\", "[a", "{a"] {
            assert!(!is_valid(glob), "{glob}");
        }
    }

    proptest! {
        #[test]
        fn whatever_follows_the_pattern_is_valid_and_parses(
            glob in prop::string::string_regex(PATTERN.trim_start_matches('^').trim_end_matches('$')).unwrap()
        ) {
            prop_assert!(is_valid(&glob), "{glob:?}");
            prop_assert!(globset::Glob::new(&glob).is_ok(), "{glob:?}");
        }

        #[test]
        fn whatever_is_valid_parses(glob in r"[a-z*?\[\]{},!\\-]{0,12}") {
            prop_assert!(!is_valid(&glob) || globset::Glob::new(&glob).is_ok(), "{glob:?}");
        }
    }
}
