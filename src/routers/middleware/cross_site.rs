//! Refuses what other web pages ask for: a browser carries requests for whichever page is open in it.
//!
//! For: a page of another site that posts a form here, shows the old address as a picture, or has its own name point at
//! this machine (DNS rebinding). Not for: who may ask (`auth`). The one decision: only what a browser itself says
//! counts (`Sec-Fetch-Site`, `Origin`, `Host`), so clients that are no browsers need not change.

use axum::extract::{Request, State};
use axum::http::uri::Authority;
use axum::http::{HeaderMap, HeaderName, Method, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::core::failure::Code;
use crate::routers::legacy;
use crate::routers::problem::Problem;
use crate::routers::state::AccessRules;

/// Lets a request through that no other site made.
pub(crate) async fn refuse(State(rules): State<AccessRules>, request: Request, next: Next) -> Response {
    match check(&request, rules.loopback_only) {
        Ok(()) => next.run(request).await,
        Err(problem) => problem.into_response(),
    }
}

fn check(request: &Request, loopback_only: bool) -> Result<(), Problem> {
    let host = host_of(request);
    if loopback_only && host.is_some_and(|host| !is_this_machine(host)) {
        return Err(Problem::new(Code::CrossSite, "the `Host` of the request is not this machine").with_hint(
            "without keys the service answers to localhost, 127.0.0.1 and [::1] only; set TEXTMILL_API_KEYS",
        ));
    }
    let is_other_site = comes_from_elsewhere(request.headers(), host);
    if is_other_site && changes_something(request) {
        return Err(Problem::new(Code::CrossSite, "a page of another site asked for this")
            .with_hint("use the service's own page, or a client that is no browser"));
    }
    Ok(())
}

/// The name under which the service was asked; HTTP/1.0 knows none.
fn host_of(request: &Request) -> Option<&str> {
    let header = request.headers().get(header::HOST);
    // A name that is no text is none of ours.
    header.map(|value| value.to_str().unwrap_or_default()).or_else(|| request.uri().authority().map(Authority::as_str))
}

fn is_this_machine(host: &str) -> bool {
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    };
    name.eq_ignore_ascii_case("localhost") || matches!(name, "127.0.0.1" | "[::1]")
}

/// The predecessor's paths start work by GET, and by HEAD with it.
fn changes_something(request: &Request) -> bool {
    let only_reads = matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    !only_reads || legacy::owns(request.uri().path())
}

fn comes_from_elsewhere(headers: &HeaderMap, host: Option<&str>) -> bool {
    let site = headers.get(HeaderName::from_static("sec-fetch-site"));
    let is_other_site = site.is_some_and(|site| matches!(site.as_bytes(), b"cross-site" | b"same-site"));
    is_other_site || headers.get(header::ORIGIN).is_some_and(|origin| !is_origin(origin.as_bytes(), host))
}

/// Whether an origin is the service itself; `null` is nobody's.
fn is_origin(origin: &[u8], host: Option<&str>) -> bool {
    let origin = std::str::from_utf8(origin).ok().and_then(|origin| origin.split_once("://"));
    matches!((origin, host), (Some((_scheme, authority)), Some(host)) if authority.eq_ignore_ascii_case(host))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_machine_has_three_names_with_any_port() {
        for host in ["localhost", "LOCALHOST:8000", "127.0.0.1", "127.0.0.1:1", "[::1]", "[::1]:8000"] {
            assert!(is_this_machine(host), "{host}");
        }
        for host in ["", "evil.example", "localhost.evil.example:8000", "127.0.0.1.evil.example", "::1", "localhost:x"]
        {
            assert!(!is_this_machine(host), "{host}");
        }
    }

    #[test]
    fn an_origin_is_ours_when_its_authority_is_the_host() {
        assert!(is_origin(b"http://localhost:8000", Some("localhost:8000")));
        assert!(is_origin(b"https://Mill.example", Some("mill.example")));
        for origin in [&b"http://localhost:9000"[..], b"http://evil.example", b"null", b"", b"\xff"] {
            assert!(!is_origin(origin, Some("localhost:8000")), "{origin:?}");
        }
        assert!(!is_origin(b"http://localhost:8000", None));
    }
}
