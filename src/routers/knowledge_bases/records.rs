//! `/v1/knowledge-bases/{name}/records`: records in pages, or all of them as a stream.
//!
//! The one decision: both are made of portions that are bounded in bytes looked at. So a page of a filter that fits almost
//! nothing comes soon, if need be with fewer records than asked for, and a stream ends with the client.

use std::fmt;
use std::str::FromStr;

use axum::Json;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use futures::stream;
use serde::Serialize;
use tokio_util::sync::CancellationToken;
use utoipa::ToSchema;

use super::{on_disk, read};
use crate::core::failure::{Code, Failure};
use crate::operations::knowledge_base::{KnowledgeBaseName, KnowledgeBases, Portion, Record, RecordFilter, Selection};
use crate::routers::extract::{Cursor, FromParameters, IdPath, Parameters, Params, Position, of_other_filters};
use crate::routers::problem::Problem;

const NDJSON: &str = "application/x-ndjson";
/// Bytes that are looked at for a page.
const PAGE_BYTES: usize = 64 << 20;
/// How much of a stream is held.
const STREAMED: Portion = Portion { records: 10_000, bytes: 1 << 20 };

/// Which records are wanted.
#[derive(Debug, Clone, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct ListRecords {
    /// Only records of files in this folder of the source, and below.
    #[param(min_length = 1, example = "Climate")]
    folder: Option<String>,
    /// Only records of this file of the source.
    #[param(min_length = 1)]
    path: Option<String>,
    /// Only records with this text in their content, in whatever case.
    #[param(min_length = 1)]
    text: Option<String>,
    /// Records on a page, at most.
    #[param(minimum = 1, maximum = 200, default = 50, required = false)]
    limit: u32,
    /// `next_cursor` of the page before; the filters must be the same. It ends when the knowledge base is built anew.
    #[param(value_type = Option<String>, pattern = r"^v1\.[0-9a-f]{16}\.[0-9A-Za-z_-]{1,100}\.[0-9]{1,18}$")]
    cursor: Option<Cursor>,
}

impl FromParameters for ListRecords {
    fn read(parameters: &mut Parameters) -> Self {
        let mut filled =
            |name: &str| parameters.parsed(name, "not empty", |text| (!text.is_empty()).then(|| text.to_owned()));
        let (folder, path, text) = (filled("folder"), filled("path"), filled("text"));
        let (limit, cursor) = parameters.page();
        Self { folder, path, text, limit, cursor }
    }
}

impl ListRecords {
    /// The filters as text, for the cursor.
    fn filters(&self, name: &KnowledgeBaseName) -> String {
        format!("records {name} {:?} {:?} {:?}", self.folder, self.path, self.text)
    }

    fn filter(&self) -> RecordFilter {
        RecordFilter { folder: self.folder.clone(), path: self.path.clone(), text: self.text.clone() }
    }
}

/// A page of records.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct RecordList {
    /// The records, in the order of the knowledge base.
    items: Vec<Record>,
    /// Where the next page begins; `null` on the last one.
    next_cursor: Option<String>,
}

/// The record that a page begins with.
#[derive(Debug, PartialEq, Eq)]
struct Begin {
    generation: String,
    place: u64,
}

impl fmt::Display for Begin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.generation, self.place)
    }
}

impl FromStr for Begin {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let (generation, place) = text.rsplit_once('.').ok_or(())?;
        let place = place.parse().map_err(|_no_number| ())?;
        Ok(Self { generation: generation.to_owned(), place })
    }
}

/// List records
///
/// In the order of the knowledge base, in pages: follow `next_cursor` until it is `null`, with the same filters. A page may
/// hold fewer records than `limit` though there are more. With `Accept: application/x-ndjson` the answer is the
/// stream of all records that fit, a line each, as they stand in the knowledge base; `limit` and `cursor` have no part in it.
#[utoipa::path(
    get, path = "/v1/knowledge-bases/{name}/records", tag = "knowledge bases",
    params(("name" = KnowledgeBaseName, Path, description = "Name of the knowledge base"), ListRecords),
    responses((status = 200, description = "The records", content(
        (RecordList = "application/json"),
        (String = "application/x-ndjson"),
    ))),
    extensions(("x-problems" = json!([
        "not-found", "invalid-parameter", "unknown-field", "invalid-cursor", "storage-failure"
    ]))),
)]
pub(super) async fn list_records(
    State(bases): State<KnowledgeBases>,
    State(shutdown): State<CancellationToken>,
    IdPath(name): IdPath<KnowledgeBaseName>,
    Params(list): Params<ListRecords>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    if wants_stream(&headers) {
        let selection = read(bases, name, move |base| Ok(Selection::new(base, &list.filter())?)).await?;
        return Ok(streamed(selection, shutdown));
    }
    let page = read(bases, name.clone(), move |base| {
        let filters = list.filters(&name);
        let generation = base.generation().to_owned();
        let begin = list.cursor.as_ref().map(|cursor| begin(cursor, &filters, &generation)).transpose()?.unwrap_or(0);
        let portion = Portion { records: list.limit as usize, bytes: PAGE_BYTES };
        let selected = Selection::new(base, &list.filter())?.from(begin, portion)?;
        let items = selected.records().map_err(|error| Problem::internal(format!("a record is none: {error}")))?;
        let next = selected.next.map(|place| Begin { generation, place }.to_string());
        Ok(RecordList { items, next_cursor: next.map(|next| Cursor::after(&filters, &next)) })
    });
    Ok(Json(page.await?).into_response())
}

fn wants_stream(headers: &HeaderMap) -> bool {
    let accepted = headers.get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok());
    accepted.flat_map(|value| value.split(',')).any(|one| one.split(';').next().unwrap_or_default().trim() == NDJSON)
}

/// Places belong to a generation.
fn begin(cursor: &Cursor, filters: &str, generation: &str) -> Result<u64, Problem> {
    match cursor.position::<Begin>(filters)? {
        Position::Elsewhere(_) => Err(of_other_filters()),
        Position::Behind(begin) if begin.generation == generation => Ok(begin.place),
        Position::Behind(_) => Err(Problem::from(
            Failure::new(Code::InvalidCursor, "the knowledge base was built anew since this cursor was made")
                .with_hint("begin again without a cursor: its records may have other places now"),
        )
        .with_parameter("cursor")),
    }
}

/// Reads a portion when the client has taken the one before. What breaks off does so visibly: the answer has no end then.
fn streamed(selection: Selection, shutdown: CancellationToken) -> Response {
    let lines = stream::try_unfold((selection, Some(0), shutdown), async |(selection, place, shutdown)| {
        let Some(place) = place else { return Ok(None) };
        if shutdown.is_cancelled() {
            return Err(std::io::Error::other("the service is stopping"));
        }
        let (selection, selected) = on_disk(move || {
            let selected = selection.from(place, STREAMED)?;
            Ok((selection, selected))
        })
        .await
        .map_err(|problem| {
            tracing::error!(detail = problem.detail(), "a stream of records broke off");
            std::io::Error::other("the records can't be read")
        })?;
        let next = selected.next;
        Ok::<_, std::io::Error>(Some((Bytes::from(selected.into_bytes()), (selection, next, shutdown))))
    });
    ([(header::CONTENT_TYPE, HeaderValue::from_static(NDJSON))], Body::from_stream(lines)).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_read_as_it_was_written() {
        let begin = Begin { generation: "0a1b-again".to_owned(), place: 17 };
        assert_eq!(begin.to_string().parse::<Begin>().unwrap(), begin);
        for text in ["", "17", "a.", "a.b", "a.-1"] {
            assert!(text.parse::<Begin>().is_err(), "{text}");
        }
    }
}
