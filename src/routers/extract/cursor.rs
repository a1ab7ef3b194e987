//! The place in a list where the next page begins.
//!
//! A cursor is opaque to clients: `v1.<digest of the filters>.<id of the last item>`. It carries the filters, so a page
//! of one list can't be continued in another.

use std::str::FromStr;

use crate::core::failure::{Code, Failure};
use crate::core::hash::sha256_hex;

const VERSION: &str = "v1";

/// A cursor as it came; [`Cursor::last`] reads it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Cursor(String);

impl Cursor {
    pub(crate) fn received(text: String) -> Self {
        Self(text)
    }

    /// The cursor behind the item `last` of the list that `filters` describe.
    pub(crate) fn after(filters: &str, last: &str) -> String {
        format!("{VERSION}.{}.{last}", fingerprint(filters))
    }

    /// The id of the last item of the page before.
    pub(crate) fn last<Id: FromStr>(&self, filters: &str) -> Result<Id, Failure> {
        let mut parts = self.0.splitn(3, '.');
        let (version, digest, last) = (parts.next(), parts.next(), parts.next());
        let id = last.and_then(|last| last.parse().ok());
        let (Some(VERSION), Some(digest), Some(id)) = (version, digest, id) else {
            return Err(Failure::new(Code::InvalidCursor, "this cursor was not made by this service")
                .with_hint("use `next_cursor` of the page before, or begin without a cursor"));
        };
        if digest == fingerprint(filters) {
            return Ok(id);
        }
        Err(Failure::new(Code::InvalidCursor, "this cursor belongs to a list with other filters")
            .with_hint("keep the filters while paging, or begin again without a cursor"))
    }
}

fn fingerprint(filters: &str) -> String {
    sha256_hex(filters.as_bytes()).chars().take(16).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::ids::JobId;

    #[test]
    fn a_cursor_leads_on_in_its_own_list_only() {
        let id = JobId::new();
        let cursor = Cursor::received(Cursor::after("status=queued", id.as_str()));
        assert_eq!(cursor.last::<JobId>("status=queued").unwrap(), id);
        assert_eq!(cursor.last::<JobId>("").unwrap_err().code, Code::InvalidCursor);
        for text in ["", "v1", "v1.x", "v2.0000000000000000.job_x", "é.ü.ö"] {
            assert_eq!(Cursor::received(text.to_owned()).last::<JobId>("").unwrap_err().code, Code::InvalidCursor);
        }
    }
}
