//! Who asks: `Authorization: Bearer <key>` on everything but a short list of exempt paths.
//!
//! Keys are random, so their SHA-256 is kept and compared in constant time; the key itself is forgotten at once. What
//! is logged and stored is the key's *name*.

use axum::extract::{Request, State};
use axum::http::{HeaderMap, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use subtle::ConstantTimeEq;

use crate::core::failure::Code;
use crate::core::hash::sha256_hex;
use crate::routers::problem::Problem;
use crate::routers::state::AccessRules;

const ANONYMOUS: &str = "anonymous";

/// Named keys, as digests.
#[derive(Clone, Default)]
pub struct ApiKeys {
    named: Vec<(String, String)>,
}

impl ApiKeys {
    /// No keys: everybody may ask.
    pub fn none() -> Self {
        Self::default()
    }

    /// Named keys in the clear, forgotten after this call.
    pub fn from_keys<'a>(keys: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let digest = |(name, key): (&str, &str)| (name.to_owned(), sha256_hex(key.as_bytes()));
        Self { named: keys.into_iter().map(digest).collect() }
    }

    /// Names and SHA-256 digests (lower-case hexadecimal) of keys.
    pub fn from_digests(digests: impl IntoIterator<Item = (String, String)>) -> Self {
        Self { named: digests.into_iter().collect() }
    }

    /// Whether everybody may ask.
    pub fn is_empty(&self) -> bool {
        self.named.is_empty()
    }

    /// The name of a key; looks at every key, whichever fits.
    fn name_of(&self, key: &str) -> Option<&str> {
        let digest = sha256_hex(key.as_bytes());
        let mut found = None;
        for (name, known) in &self.named {
            if bool::from(known.as_bytes().ct_eq(digest.as_bytes())) {
                found = Some(name.as_str());
            }
        }
        found
    }
}

impl std::fmt::Debug for ApiKeys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.named.iter().map(|(name, _)| name)).finish()
    }
}

/// Who asks: the name of a key, or `anonymous` where none is needed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Principal(pub(crate) String);

/// Lets a request through that needs no key or has one.
pub(crate) async fn authenticate(State(rules): State<AccessRules>, mut request: Request, next: Next) -> Response {
    let principal = if rules.keys.is_empty() {
        ANONYMOUS.to_owned()
    } else {
        match key_of(request.headers()).and_then(|key| rules.keys.name_of(key)) {
            Some(name) => name.to_owned(),
            None if is_exempt(request.uri().path(), rules.metrics_public) => ANONYMOUS.to_owned(),
            None => return refusal(request.headers()).into_response(),
        }
    };
    tracing::Span::current().record("principal", principal.as_str());
    request.extensions_mut().insert(Principal(principal));
    next.run(request).await
}

fn key_of(headers: &HeaderMap) -> Option<&str> {
    let (scheme, key) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| key.trim())
}

/// Pages, documents and signs of life; never data.
fn is_exempt(path: &str, metrics_public: bool) -> bool {
    match path {
        "/" | "/health" | "/ready" | "/openapi.json" | "/docs" => true,
        "/metrics" => metrics_public,
        _ => ["/ui/", "/docs/", "/problems/"].iter().any(|prefix| path.starts_with(prefix)),
    }
}

fn refusal(headers: &HeaderMap) -> Problem {
    let (detail, challenge) = if headers.contains_key(header::AUTHORIZATION) {
        ("this service does not know this key", "Bearer realm=\"textmill\", error=\"invalid_token\"")
    } else {
        ("this service asks for a key, and the request has none", "Bearer realm=\"textmill\"")
    };
    Problem::new(Code::MissingOrBadKey, detail)
        .with_hint("send the header `Authorization: Bearer <key>`")
        .with_header(header::WWW_AUTHENTICATE, challenge)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_known_by_name_and_never_shown() {
        let keys = ApiKeys::from_keys([("alice", "key-a"), ("bob", "key-b")]);
        assert_eq!(keys.name_of("key-b"), Some("bob"));
        assert_eq!(keys.name_of("key-c"), None);
        assert_eq!(keys.name_of(""), None);
        let digests = ApiKeys::from_digests([("carol".to_owned(), sha256_hex(b"key-c"))]);
        assert_eq!(digests.name_of("key-c"), Some("carol"));
        assert_eq!(format!("{keys:?}"), r#"["alice", "bob"]"#);
    }

    #[test]
    fn only_exact_paths_are_exempt() {
        for path in ["/", "/health", "/ready", "/openapi.json", "/docs", "/docs/index.css", "/ui/app.js", "/problems/x"]
        {
            assert!(is_exempt(path, false), "{path}");
        }
        for path in ["/v1/jobs", "/healthx", "/health/", "/ui", "//", "/metrics", "/api/x", "/UI/app.js"] {
            assert!(!is_exempt(path, false), "{path}");
        }
        assert!(is_exempt("/metrics", true));
    }
}
