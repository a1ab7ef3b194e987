//! What handlers ask of a request, with every refusal a problem that names all faults.
//!
//! For: bodies, query parameters, path parts and headers into types. Not for: what the values mean. The one decision:
//! unknown names are refused everywhere, so that a slip of the pen is never ignored.

mod cursor;
mod header;
mod json;
mod path;
mod query;

pub(crate) use cursor::{Cursor, Position, of_other_filters};
pub(crate) use header::{IdempotencyHeader, MAX_WAIT_S, Wait};
pub(crate) use json::{Json, bytes as json_bytes, parse as parse_json};
pub(crate) use path::{IdPath, PathText, PathTexts, id as parse_id};
pub(crate) use query::{FromParameters, NoParameters, Parameters, Params};
