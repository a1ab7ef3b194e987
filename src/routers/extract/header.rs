//! Headers that change what a request does: `Idempotency-Key` and `Prefer: wait=N`.

use std::time::Duration;

use axum::extract::FromRequestParts;
use axum::http::header::HeaderName;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue};

use crate::core::failure::Code;
use crate::routers::problem::Problem;

const MAX_KEY_CHARS: usize = 255;
pub(crate) const MAX_WAIT_S: u64 = 60;

/// The client's name for this request, if it gave one.
#[derive(Debug, Clone)]
pub(crate) struct IdempotencyHeader(pub(crate) Option<String>);

impl<S: Send + Sync> FromRequestParts<S> for IdempotencyHeader {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Problem> {
        const NAME: &str = "idempotency-key";
        let mut values = parts.headers.get_all(NAME).iter();
        let Some(value) = values.next() else { return Ok(Self(None)) };
        let key = value.to_str().ok().filter(|key| is_key(key));
        match (key, values.next()) {
            (Some(key), None) => Ok(Self(Some(key.to_owned()))),
            _ => Err(Problem::new(
                Code::InvalidParameter,
                format!(
                    "the header `Idempotency-Key` must be given once, as 1 to {MAX_KEY_CHARS} visible ASCII characters"
                ),
            )
            .with_hint("a fresh UUID for each new request does well")
            .with_parameter("Idempotency-Key")),
        }
    }
}

fn is_key(text: &str) -> bool {
    (1..=MAX_KEY_CHARS).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic())
}

/// How long the client would like to wait for the end of a job (RFC 7240), at most 60 s.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Wait(pub(crate) Option<Duration>);

impl Wait {
    /// Reads `Prefer`; what it does not understand it passes over, as the RFC asks.
    pub(crate) fn of(headers: &HeaderMap) -> Self {
        let preferences = headers.get_all("prefer").iter().filter_map(|value| value.to_str().ok());
        let seconds = preferences.flat_map(|value| value.split(',')).find_map(|preference| {
            let (name, value) = preference.split(';').next()?.split_once('=')?;
            if !name.trim().eq_ignore_ascii_case("wait") {
                return None;
            }
            value.trim().trim_matches('"').parse::<u64>().ok()
        });
        Self(seconds.map(|seconds| Duration::from_secs(seconds.min(MAX_WAIT_S))))
    }

    /// The header that says which preference was heard.
    pub(crate) fn applied(self) -> Option<(HeaderName, HeaderValue)> {
        let seconds = self.0?.as_secs();
        let value = HeaderValue::from_str(&format!("wait={seconds}")).ok()?;
        Some((HeaderName::from_static("preference-applied"), value))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Wait {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Self::Rejection> {
        Ok(Self::of(&parts.headers))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hears_a_wait_among_other_preferences_and_caps_it() {
        let wait = |text: &'static str| {
            let headers = HeaderMap::from_iter([(HeaderName::from_static("prefer"), HeaderValue::from_static(text))]);
            Wait::of(&headers).0.map(|wait| wait.as_secs())
        };
        assert_eq!(wait("wait=20"), Some(20));
        assert_eq!(wait("respond-async, Wait=5; foo"), Some(5));
        assert_eq!(wait("wait=100000"), Some(60));
        assert_eq!(wait("wait=soon"), None);
        assert_eq!(wait("handling=lenient"), None);
    }
}
