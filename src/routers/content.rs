//! Bytes of a stored file, with ranges and entity tags (RFC 9110).
//!
//! For: files and artifacts alike; streams. Not for: finding them. The one decision: the entity tag is the SHA-256 of
//! the bytes, so it is strong and the same on every machine. Of several ranges in one request none is served: such a
//! request gets the whole, as the RFC allows.

use std::fmt::Write as _;
use std::io::SeekFrom;
use std::path::Path;

use axum::body::Body;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use tokio::fs::File;
use tokio::io::{AsyncReadExt, AsyncSeekExt};
use tokio_util::io::ReaderStream;

use super::problem::Problem;

const PIECE_BYTES: usize = 64 * 1024;

/// What is known of a file besides its bytes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Description<'a> {
    pub(crate) name: &'a str,
    pub(crate) media_type: &'a str,
    pub(crate) sha256: &'a str,
}

/// Answers with the file, a range of it, or the news that the client has it already.
pub(crate) async fn send(path: &Path, about: Description<'_>, request: &HeaderMap) -> Result<Response, Problem> {
    let tag = format!("\"{}\"", about.sha256);
    let mut headers = description_headers(about, &tag);
    if names_tag(request, header::IF_NONE_MATCH, &tag) {
        return Ok((StatusCode::NOT_MODIFIED, headers).into_response());
    }
    let unreadable = |error: std::io::Error| Problem::internal(format!("can't read {}: {error}", path.display()));
    let mut file = File::open(path).await.map_err(unreadable)?;
    let size_bytes = file.metadata().await.map_err(unreadable)?.len();
    let wants_part = !request.contains_key(header::IF_RANGE) || names_tag(request, header::IF_RANGE, &tag);
    let range = request.get(header::RANGE).filter(|_| wants_part).and_then(|value| value.to_str().ok());
    let (status, first, length) = match range.map_or(Range::Whole, |text| Range::of(text, size_bytes)) {
        Range::Unsatisfiable => return Err(Problem::range_not_satisfiable(size_bytes)),
        Range::Whole => (StatusCode::OK, 0, size_bytes),
        Range::Part { first, last } => {
            insert(&mut headers, header::CONTENT_RANGE, &format!("bytes {first}-{last}/{size_bytes}"));
            (StatusCode::PARTIAL_CONTENT, first, last - first + 1)
        }
    };
    headers.insert(header::CONTENT_LENGTH, HeaderValue::from(length));
    if first > 0 {
        file.seek(SeekFrom::Start(first)).await.map_err(unreadable)?;
    }
    let body = Body::from_stream(ReaderStream::with_capacity(file.take(length), PIECE_BYTES));
    Ok((status, headers, body).into_response())
}

fn description_headers(about: Description<'_>, tag: &str) -> HeaderMap {
    let mut headers = HeaderMap::new();
    insert(&mut headers, header::ETAG, tag);
    insert(&mut headers, header::CONTENT_TYPE, about.media_type);
    insert(&mut headers, header::CONTENT_DISPOSITION, &disposition(about.name));
    headers.insert(header::ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    // A client's HTML must never run as a page of ours.
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static("default-src 'none'; sandbox"));
    headers
}

fn insert(headers: &mut HeaderMap, name: HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        headers.insert(name, value);
    }
}

/// RFC 6266: a plain name for old clients, the real one for all others.
fn disposition(name: &str) -> String {
    let last = name.rsplit('/').next().unwrap_or(name);
    let plain: String =
        last.chars().map(|c| if c.is_ascii_graphic() && !matches!(c, '"' | '\\' | '%') { c } else { '_' }).collect();
    let encoded = last.bytes().fold(String::new(), |mut text, byte| {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_') {
            text.push(char::from(byte));
        } else {
            // Writing to a `String` can't fail.
            let _ = write!(text, "%{byte:02X}");
        }
        text
    });
    format!("attachment; filename=\"{plain}\"; filename*=UTF-8''{encoded}")
}

fn names_tag(request: &HeaderMap, header: HeaderName, tag: &str) -> bool {
    let values = request.get_all(header).iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).any(|one| {
        let one = one.trim();
        one == "*" || one.strip_prefix("W/").unwrap_or(one) == tag
    })
}

/// Which bytes are asked for.
#[derive(Debug, PartialEq, Eq)]
enum Range {
    Whole,
    /// Both ends included.
    Part {
        first: u64,
        last: u64,
    },
    Unsatisfiable,
}

impl Range {
    /// A header that is not one plain range of bytes is passed over.
    fn of(text: &str, size_bytes: u64) -> Self {
        let Some((first, last)) = text.strip_prefix("bytes=").and_then(|range| range.trim().split_once('-')) else {
            return Self::Whole;
        };
        let end = size_bytes.saturating_sub(1);
        let (first, last) = match (first.parse::<u64>(), last.parse::<u64>()) {
            (Ok(first), Ok(last)) if first <= last => (first, last.min(end)),
            (Ok(first), Err(_)) if last.is_empty() => (first, end),
            (Err(_), Ok(0)) if first.is_empty() => return Self::Unsatisfiable,
            (Err(_), Ok(tail)) if first.is_empty() => (size_bytes.saturating_sub(tail), end),
            _ => return Self::Whole,
        };
        if first < size_bytes { Self::Part { first, last } } else { Self::Unsatisfiable }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_follow_the_rfc() {
        let part = |first, last| Range::Part { first, last };
        for (text, expected) in [
            ("bytes=0-3", part(0, 3)),
            ("bytes=4-", part(4, 9)),
            ("bytes=-3", part(7, 9)),
            ("bytes=-100", part(0, 9)),
            ("bytes=5-100", part(5, 9)),
            ("bytes=10-", Range::Unsatisfiable),
            ("bytes=-0", Range::Unsatisfiable),
            ("bytes=3-1", Range::Whole),
            ("bytes=0-1,3-4", Range::Whole),
            ("bytes=x-y", Range::Whole),
            ("lines=0-1", Range::Whole),
        ] {
            assert_eq!(Range::of(text, 10), expected, "{text}");
        }
        assert_eq!(Range::of("bytes=0-", 0), Range::Unsatisfiable);
    }

    #[test]
    fn a_name_cannot_break_out_of_its_header() {
        assert_eq!(
            disposition("a/ü\"\r\n.csv"),
            "attachment; filename=\"____.csv\"; filename*=UTF-8''%C3%BC%22%0D%0A.csv"
        );
    }
}
