//! One vocabulary of failure for every surface: HTTP problem, exit code, job row, report line.
//!
//! For: saying what failed, on what, why and what to do next, as plain data. Not for: HTTP statuses or exit codes;
//! `routers::problem` and `cli::exit` translate. The one decision: the stable codes are an enum, so that each
//! surface's translation is an exhaustive `match` and a new code cannot be forgotten anywhere.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Stable, documented name of a failure; `/problems/{code}` explains each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Code {
    /// The body is not JSON.
    MalformedJson,
    /// A field, parameter or setting that does not exist.
    UnknownField,
    /// A value outside its type, range or form.
    InvalidParameter,
    /// A list cursor that this server did not make, or made for other filters.
    InvalidCursor,
    /// No key, or one that is not known.
    MissingOrBadKey,
    /// A page of another site asked through somebody's browser.
    #[serde(rename = "cross-site-request")]
    CrossSite,
    /// A path outside the configured data roots.
    PathOutsideDataRoot,
    /// A bucket or URI scheme that is not configured.
    BucketNotAllowed,
    /// A web address that must not be fetched from.
    AddressNotAllowed,
    /// No such resource, file or folder.
    NotFound,
    /// No model of this name or revision is known.
    ModelNotInCatalogue,
    /// The path exists, the method does not.
    MethodNotAllowed,
    /// None of the accepted media types can be made.
    NotAcceptable,
    /// The job has ended and can't be changed any more.
    JobAlreadyFinished,
    /// The job has not ended; its result is not there yet.
    JobNotFinished,
    /// Another job or request holds this resource.
    ResourceInUse,
    /// The target exists and `overwrite` was not asked for.
    AlreadyExists,
    /// The body is larger than the limit.
    BodyTooLarge,
    /// More inputs than the limit.
    TooManyInputs,
    /// Content of a kind that is not read (or not yet).
    UnsupportedFormat,
    /// Content that breaks its own format's rules.
    MalformedInput,
    /// No character encoding fits the bytes.
    UndecodableText,
    /// The table has no column of this name.
    UnknownColumn,
    /// Nobody said which column holds the texts.
    TextColumnRequired,
    /// A table without columns or rows where one is needed.
    EmptyTable,
    /// The same idempotency key came with another body.
    IdempotencyKeyReused,
    /// A limit on size, depth, ratio, columns or rejects was reached.
    LimitExceeded,
    /// Reading a file took more time than it may.
    Timeout,
    /// Reading a file took more memory than it may.
    MemoryLimit,
    /// The reader of a file broke down on it.
    Crashed,
    /// The queue is full.
    QueueFull,
    /// Too many requests at once.
    TooManyRequests,
    /// The work was cancelled.
    Cancelled,
    /// A file or folder can't be read or written.
    StorageFailure,
    /// A model hub or web server does not give what it should.
    UpstreamHub,
    /// What came is not what the catalogue says.
    DigestMismatch,
    /// The service is not ready.
    NotReady,
    /// The service is shutting down.
    ShuttingDown,
    /// The time allowed for the request is over.
    DeadlineExceeded,
    /// A fault of ours.
    Internal,
}

/// What a caller can do about a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Change the input.
    InvalidInput,
    /// Name something that exists.
    NotFound,
    /// Wait, or resolve the conflict.
    Conflict,
    /// Ask for permission, or use another place.
    Forbidden,
    /// Send less.
    TooLarge,
    /// Use another format.
    Unsupported,
    /// Come back later; a job is retried by itself.
    Busy,
    /// Somebody asked for it to stop.
    Cancelled,
    /// Storage or another engine failed; a job is retried by itself.
    Upstream,
    /// Report a bug.
    Internal,
}

impl Code {
    /// Every code, in the order of the documentation.
    pub const ALL: &[Self] = &[
        Self::MalformedJson,
        Self::UnknownField,
        Self::InvalidParameter,
        Self::InvalidCursor,
        Self::MissingOrBadKey,
        Self::CrossSite,
        Self::PathOutsideDataRoot,
        Self::BucketNotAllowed,
        Self::AddressNotAllowed,
        Self::NotFound,
        Self::ModelNotInCatalogue,
        Self::MethodNotAllowed,
        Self::NotAcceptable,
        Self::JobAlreadyFinished,
        Self::JobNotFinished,
        Self::ResourceInUse,
        Self::AlreadyExists,
        Self::BodyTooLarge,
        Self::TooManyInputs,
        Self::UnsupportedFormat,
        Self::MalformedInput,
        Self::UndecodableText,
        Self::UnknownColumn,
        Self::TextColumnRequired,
        Self::EmptyTable,
        Self::IdempotencyKeyReused,
        Self::LimitExceeded,
        Self::Timeout,
        Self::MemoryLimit,
        Self::Crashed,
        Self::QueueFull,
        Self::TooManyRequests,
        Self::Cancelled,
        Self::StorageFailure,
        Self::UpstreamHub,
        Self::DigestMismatch,
        Self::NotReady,
        Self::ShuttingDown,
        Self::DeadlineExceeded,
        Self::Internal,
    ];

    /// The kebab-case name, as in JSON and in `/problems/{code}`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::MalformedJson => "malformed-json",
            Self::UnknownField => "unknown-field",
            Self::InvalidParameter => "invalid-parameter",
            Self::InvalidCursor => "invalid-cursor",
            Self::MissingOrBadKey => "missing-or-bad-key",
            Self::CrossSite => "cross-site-request",
            Self::PathOutsideDataRoot => "path-outside-data-root",
            Self::BucketNotAllowed => "bucket-not-allowed",
            Self::AddressNotAllowed => "address-not-allowed",
            Self::NotFound => "not-found",
            Self::ModelNotInCatalogue => "model-not-in-catalogue",
            Self::MethodNotAllowed => "method-not-allowed",
            Self::NotAcceptable => "not-acceptable",
            Self::JobAlreadyFinished => "job-already-finished",
            Self::JobNotFinished => "job-not-finished",
            Self::ResourceInUse => "resource-in-use",
            Self::AlreadyExists => "already-exists",
            Self::BodyTooLarge => "body-too-large",
            Self::TooManyInputs => "too-many-inputs",
            Self::UnsupportedFormat => "unsupported-format",
            Self::MalformedInput => "malformed-input",
            Self::UndecodableText => "undecodable-text",
            Self::UnknownColumn => "unknown-column",
            Self::TextColumnRequired => "text-column-required",
            Self::EmptyTable => "empty-table",
            Self::IdempotencyKeyReused => "idempotency-key-reused",
            Self::LimitExceeded => "limit-exceeded",
            Self::Timeout => "timeout",
            Self::MemoryLimit => "memory-limit",
            Self::Crashed => "crashed",
            Self::QueueFull => "queue-full",
            Self::TooManyRequests => "too-many-requests",
            Self::Cancelled => "cancelled",
            Self::StorageFailure => "storage-failure",
            Self::UpstreamHub => "upstream-hub",
            Self::DigestMismatch => "digest-mismatch",
            Self::NotReady => "not-ready",
            Self::ShuttingDown => "shutting-down",
            Self::DeadlineExceeded => "deadline-exceeded",
            Self::Internal => "internal",
        }
    }

    /// What a caller can do about it.
    pub fn kind(self) -> Kind {
        match self {
            Self::MalformedJson
            | Self::UnknownField
            | Self::InvalidParameter
            | Self::InvalidCursor
            | Self::IdempotencyKeyReused
            | Self::MalformedInput
            | Self::UndecodableText
            | Self::UnknownColumn
            | Self::TextColumnRequired
            | Self::EmptyTable
            | Self::Crashed
            | Self::NotAcceptable
            | Self::MethodNotAllowed => Kind::InvalidInput,
            Self::MissingOrBadKey
            | Self::CrossSite
            | Self::PathOutsideDataRoot
            | Self::BucketNotAllowed
            | Self::AddressNotAllowed => Kind::Forbidden,
            Self::NotFound | Self::ModelNotInCatalogue => Kind::NotFound,
            // The same bytes would come again: no job is retried for it.
            Self::JobAlreadyFinished | Self::JobNotFinished | Self::AlreadyExists | Self::DigestMismatch => {
                Kind::Conflict
            }
            Self::BodyTooLarge | Self::TooManyInputs | Self::LimitExceeded | Self::Timeout | Self::MemoryLimit => {
                Kind::TooLarge
            }
            Self::UnsupportedFormat => Kind::Unsupported,
            Self::ResourceInUse
            | Self::QueueFull
            | Self::TooManyRequests
            | Self::NotReady
            | Self::ShuttingDown
            | Self::DeadlineExceeded => Kind::Busy,
            Self::Cancelled => Kind::Cancelled,
            Self::StorageFailure | Self::UpstreamHub => Kind::Upstream,
            Self::Internal => Kind::Internal,
        }
    }
}

impl std::fmt::Display for Code {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A failure as plain data: safe to store, to send and to print.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema, thiserror::Error)]
#[error("{detail}")]
pub struct Failure {
    /// Stable name.
    pub code: Code,
    /// What was wrong, with which value: lower case, no full stop.
    pub detail: String,
    /// What to do next; `null` when the detail says it all.
    pub hint: Option<String>,
}

impl Failure {
    /// A failure without a hint.
    pub fn new(code: Code, detail: impl Into<String>) -> Self {
        Self { code, detail: detail.into(), hint: None }
    }

    /// Says what to do next.
    #[must_use]
    pub fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// What a caller can do about it.
    pub fn kind(&self) -> Kind {
        self.code.kind()
    }

    /// Whether trying again later may help without anybody changing anything.
    pub fn is_retryable(&self) -> bool {
        matches!(self.kind(), Kind::Busy | Kind::Upstream)
    }
}

/// An error of one module that can say itself as a [`Failure`].
pub trait Fails: std::error::Error {
    /// Stable name of this error.
    fn code(&self) -> Code;

    /// What to do next, if the message does not say it.
    fn hint(&self) -> Option<String> {
        None
    }

    /// This error as plain data.
    fn to_failure(&self) -> Failure {
        Failure { code: self.code(), detail: self.to_string(), hint: self.hint() }
    }
}

impl Fails for Failure {
    fn code(&self) -> Code {
        self.code
    }

    fn hint(&self) -> Option<String> {
        self.hint.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_is_listed_once_and_serialises_as_its_name() {
        for code in Code::ALL {
            assert_eq!(serde_json::to_value(code).unwrap(), code.as_str());
            assert_eq!(Code::ALL.iter().filter(|other| *other == code).count(), 1);
        }
    }
}
