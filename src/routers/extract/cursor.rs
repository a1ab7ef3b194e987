//! The place in a list where the next page begins.
//!
//! A cursor is opaque to clients: `v1.<digest of the filters>.<id of the last item>`. It carries the filters, so a page
//! of one list can't be continued in another.

use std::str::FromStr;

use crate::core::failure::{Code, Failure};
use crate::core::hash::sha256_hex;
use crate::routers::problem::Problem;

const VERSION: &str = "v1";
const FINGERPRINT_CHARS: usize = 16;

/// A cursor as it came; [`Cursor::position`] reads it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Cursor(String);

/// Where a cursor points.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Position<Id> {
    /// Behind this item of the list that was asked for.
    Behind(Id),
    /// Behind this item of a list with other filters, or of none.
    Elsewhere(Id),
}

impl Cursor {
    pub(crate) fn received(text: String) -> Self {
        Self(text)
    }

    /// The cursor behind the item `last` of the list that `filters` describe.
    pub(crate) fn after(filters: &str, last: &str) -> String {
        format!("{VERSION}.{}.{last}", fingerprint(filters))
    }

    /// Where the next page begins.
    pub(crate) fn position<Id: FromStr>(&self, filters: &str) -> Result<Position<Id>, Problem> {
        let mut parts = self.0.splitn(3, '.');
        let (version, digest, last) = (parts.next(), parts.next(), parts.next());
        match (version, digest, last.and_then(|last| last.parse().ok())) {
            (Some(VERSION), Some(digest), Some(id)) if digest == fingerprint(filters) => Ok(Position::Behind(id)),
            (Some(VERSION), Some(digest), Some(id)) if is_fingerprint(digest) => Ok(Position::Elsewhere(id)),
            _ => Err(refusal("this cursor was not made by this service")),
        }
    }
}

/// A cursor of a list with other filters.
pub(crate) fn of_other_filters() -> Problem {
    refusal("this cursor belongs to a list with other filters")
}

fn refusal(detail: &str) -> Problem {
    let failure = Failure::new(Code::InvalidCursor, detail);
    Problem::from(
        failure.with_hint("use `next_cursor` of the page before with the same filters, or begin without a cursor"),
    )
    .with_parameter("cursor")
}

fn is_fingerprint(digest: &str) -> bool {
    digest.len() == FINGERPRINT_CHARS && digest.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
}

fn fingerprint(filters: &str) -> String {
    sha256_hex(filters.as_bytes()).chars().take(FINGERPRINT_CHARS).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::ids::JobId;

    #[test]
    fn a_cursor_leads_on_in_its_own_list_only() {
        let id = JobId::new();
        let cursor = Cursor::received(Cursor::after("status=queued", id.as_str()));
        assert_eq!(cursor.position("status=queued").unwrap(), Position::Behind(id.clone()));
        assert_eq!(cursor.position("").unwrap(), Position::Elsewhere(id));
        for text in ["", "v1", "v1.x", "v2.0000000000000000.job_x", "é.ü.ö"] {
            assert!(Cursor::received(text.to_owned()).position::<JobId>("").is_err(), "{text}");
        }
    }
}
