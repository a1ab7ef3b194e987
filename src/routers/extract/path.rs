//! Parts of the path.

use std::str::FromStr;

use axum::extract::{FromRequestParts, Path};
use axum::http::request::Parts;

use crate::core::failure::Code;
use crate::routers::problem::Problem;

/// The one part of the path that varies, percent-decoded.
#[derive(Debug, Clone)]
pub(crate) struct PathText(pub(crate) String);

impl<S: Send + Sync> FromRequestParts<S> for PathText {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let path = Path::<String>::from_request_parts(parts, state).await;
        path.map(|Path(text)| Self(text)).map_err(|_not_utf8| undecodable())
    }
}

/// The two parts of the path that vary, percent-decoded.
#[derive(Debug, Clone)]
pub(crate) struct PathTexts(pub(crate) String, pub(crate) String);

impl<S: Send + Sync> FromRequestParts<S> for PathTexts {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let path = Path::<(String, String)>::from_request_parts(parts, state).await;
        path.map(|Path((first, second))| Self(first, second)).map_err(|_not_utf8| undecodable())
    }
}

/// The id in the path; a text that is none names nothing.
#[derive(Debug, Clone)]
pub(crate) struct IdPath<Id>(pub(crate) Id);

impl<S, Id> FromRequestParts<S> for IdPath<Id>
where
    S: Send + Sync,
    Id: FromStr<Err: std::fmt::Display>,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let PathText(text) = PathText::from_request_parts(parts, state).await?;
        id(&text).map(Self)
    }
}

/// An id out of a path; a text that is none names nothing.
pub(crate) fn id<Id: FromStr<Err: std::fmt::Display>>(text: &str) -> Result<Id, Problem> {
    text.parse().map_err(|error: Id::Err| Problem::new(Code::NotFound, error.to_string()))
}

fn undecodable() -> Problem {
    Problem::new(Code::NotFound, "the path is not UTF-8 after percent-decoding")
}
