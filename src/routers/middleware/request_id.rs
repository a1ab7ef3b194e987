//! A name for each request: the client's own where it is fit, else one of ours.

use std::fmt;

use axum::extract::Request;
use axum::http::{HeaderName, HeaderValue};
use axum::middleware::Next;
use axum::response::Response;

const HEADER: HeaderName = HeaderName::from_static("x-request-id");
const MAX_CHARS: usize = 128;

/// Names a request in the log, in problems and in the `X-Request-Id` header of the answer.
#[derive(Debug, Clone)]
pub(crate) struct RequestId(HeaderValue);

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.to_str().unwrap_or_default())
    }
}

/// Names the request, and says the name in the answer.
pub(crate) async fn name(mut request: Request, next: Next) -> Response {
    let given = request.headers().get(HEADER).filter(|value| is_fit(value)).cloned();
    let id = given.unwrap_or_else(made);
    request.extensions_mut().insert(RequestId(id.clone()));
    let mut response = next.run(request).await;
    response.headers_mut().insert(HEADER, id);
    response
}

fn is_fit(value: &HeaderValue) -> bool {
    let bytes = value.as_bytes();
    (1..=MAX_CHARS).contains(&bytes.len()) && bytes.iter().all(u8::is_ascii_graphic)
}

fn made() -> HeaderValue {
    let id = format!("req_{}", uuid::Uuid::now_v7().simple());
    HeaderValue::from_str(&id).unwrap_or_else(|_ascii_always_fits| HeaderValue::from_static("req"))
}
