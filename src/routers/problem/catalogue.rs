//! What each code means: its status, its title, and what to do about it.

use axum::http::StatusCode;

use crate::core::failure::Code;

/// What a code means.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Entry {
    pub(crate) status: StatusCode,
    pub(crate) title: &'static str,
    /// What happened.
    pub(crate) explanation: &'static str,
    /// What to do next.
    pub(crate) remedy: &'static str,
}

impl Entry {
    const fn new(status: StatusCode, title: &'static str, explanation: &'static str, remedy: &'static str) -> Self {
        Self { status, title, explanation, remedy }
    }
}

/// The entry of one code; a new code does not compile without one.
pub(crate) fn entry(code: Code) -> Entry {
    match code {
        Code::MalformedJson
        | Code::UnknownField
        | Code::InvalidParameter
        | Code::InvalidCursor
        | Code::MissingOrBadKey
        | Code::CrossSite
        | Code::PathOutsideDataRoot
        | Code::BucketNotAllowed
        | Code::NotFound => of_request(code),
        Code::ModelNotInCatalogue | Code::AddressNotAllowed | Code::UpstreamHub | Code::DigestMismatch => {
            of_model(code)
        }
        Code::MethodNotAllowed | Code::NotAcceptable => of_protocol(code),
        Code::JobAlreadyFinished
        | Code::JobNotFinished
        | Code::ResourceInUse
        | Code::AlreadyExists
        | Code::Cancelled
        | Code::IdempotencyKeyReused => of_state(code),
        Code::BodyTooLarge
        | Code::TooManyInputs
        | Code::UnsupportedFormat
        | Code::MalformedInput
        | Code::UndecodableText
        | Code::UnknownColumn
        | Code::TextColumnRequired
        | Code::EmptyTable
        | Code::LimitExceeded => of_content(code),
        Code::Timeout | Code::MemoryLimit | Code::Crashed => of_worker(code),
        Code::QueueFull
        | Code::TooManyRequests
        | Code::StorageFailure
        | Code::NotReady
        | Code::ShuttingDown
        | Code::DeadlineExceeded
        | Code::Internal => of_service(code),
    }
}

fn of_request(code: Code) -> Entry {
    match code {
        Code::MalformedJson => Entry::new(
            StatusCode::BAD_REQUEST,
            "Malformed JSON",
            "The body, or a part of it that should be JSON, is not JSON.",
            "The detail names line and column. Send one JSON object, in UTF-8; check quotes, commas and brackets there.",
        ),
        Code::UnknownField => Entry::new(
            StatusCode::BAD_REQUEST,
            "Unknown field",
            "The request has a field or parameter that this operation does not know. It is refused, so that a slip of the pen is never ignored.",
            "Compare the names in `errors` with the documentation of the operation under /docs.",
        ),
        Code::InvalidCursor => Entry::new(
            StatusCode::BAD_REQUEST,
            "Invalid cursor",
            "The cursor was not made by this service, or was made for a list with other filters.",
            "Use `next_cursor` of the page before with the same filters, or begin again without a cursor.",
        ),
        Code::MissingOrBadKey => Entry::new(
            StatusCode::UNAUTHORIZED,
            "Missing or unknown key",
            "This service asks for a key, and the request has none, or one that it does not know.",
            "Send the header `Authorization: Bearer <key>`. Whoever runs the service has the keys (`TEXTMILL_API_KEYS`).",
        ),
        Code::CrossSite => Entry::new(
            StatusCode::FORBIDDEN,
            "Cross-site request",
            "The request came out of a browser in which a page of another site is open, or under a name that is not this machine's.",
            "Use the service's own page under the address that it was started with. A service without keys answers to localhost, 127.0.0.1 and [::1] only; with keys (`TEXTMILL_API_KEYS`) it may have any name.",
        ),
        Code::PathOutsideDataRoot => Entry::new(
            StatusCode::FORBIDDEN,
            "Path outside the data roots",
            "The path is outside the folders that the service may use: it is absolute and elsewhere, has `..` in it, or follows a link that leaves them.",
            "Name a path relative to a data root, or ask whoever runs the service to add a root (`--data-root`).",
        ),
        Code::BucketNotAllowed => Entry::new(
            StatusCode::FORBIDDEN,
            "Bucket not allowed",
            "The URI names a bucket or scheme that this service is not set up for.",
            "Copy the files into a data root, or upload them to /v1/files, and name them there.",
        ),
        Code::NotFound => Entry::new(
            StatusCode::NOT_FOUND,
            "Not found",
            "Nothing is there under this name: it was never made, was removed, or has expired.",
            "Check the name; the lists (/v1/jobs, /v1/files) show what is there.",
        ),
        _ => Entry::new(
            StatusCode::BAD_REQUEST,
            "Invalid parameter",
            "A value is missing, or is outside its type, range or form.",
            "`errors` names each value that is wrong, and what is allowed there.",
        ),
    }
}

fn of_protocol(code: Code) -> Entry {
    match code {
        Code::MethodNotAllowed => Entry::new(
            StatusCode::METHOD_NOT_ALLOWED,
            "Method not allowed",
            "The path exists, and has no such method.",
            "Use one of the methods in the `Allow` header.",
        ),
        _ => Entry::new(
            StatusCode::NOT_ACCEPTABLE,
            "Not acceptable",
            "The answer can't be made in any of the media types of the `Accept` header.",
            "Leave out `Accept`, or name one of the media types in the documentation of the operation.",
        ),
    }
}

fn of_state(code: Code) -> Entry {
    match code {
        Code::JobAlreadyFinished => Entry::new(
            StatusCode::CONFLICT,
            "Job already finished",
            "The job has ended; it can't be stopped any more.",
            "Read its result. To have it done again: POST /v1/jobs/{id}/retry.",
        ),
        Code::JobNotFinished => Entry::new(
            StatusCode::CONFLICT,
            "Job not finished",
            "The job has not ended (well); what was asked for is there only afterwards.",
            "Wait for it (GET /v1/jobs/{id}/events), or stop it (POST /v1/jobs/{id}/cancel).",
        ),
        Code::ResourceInUse => Entry::new(
            StatusCode::CONFLICT,
            "Resource in use",
            "A job that has not ended still needs it.",
            "Wait until the job has ended, or cancel it, and try again.",
        ),
        Code::AlreadyExists => Entry::new(
            StatusCode::CONFLICT,
            "Already exists",
            "The target is there already, and was not to be replaced.",
            "Name another target, or set `overwrite`.",
        ),
        Code::Cancelled => Entry::new(
            StatusCode::CONFLICT,
            "Cancelled",
            "Somebody asked the job to stop before it was done.",
            "POST /v1/jobs/{id}/retry starts it again.",
        ),
        _ => Entry::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "Idempotency key reused",
            "The same `Idempotency-Key` came with another request within 24 hours.",
            "Take a new key for a new request; repeat a key only with the same body.",
        ),
    }
}

fn of_content(code: Code) -> Entry {
    match code {
        Code::BodyTooLarge => Entry::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            "Body too large",
            "The body is larger than this service takes.",
            "/v1/info lists the limits. Compress the file (.gz, .zst), split it, or put it into a data root.",
        ),
        Code::TooManyInputs => Entry::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            "Too many inputs",
            "The request has more parts or items than this service takes at once.",
            "/v1/info lists the limits. Send several requests.",
        ),
        Code::UnsupportedFormat => Entry::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "Unsupported format",
            "The content is of a kind that is not read here.",
            "The detail names what is taken. Check the `Content-Type` header, or convert the content.",
        ),
        Code::MalformedInput => Entry::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "Malformed input",
            "The content breaks the rules of its own format.",
            "The detail names the place. Mend the file, or leave it out with `exclude`.",
        ),
        Code::UndecodableText => Entry::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "Undecodable text",
            "No character encoding fits the bytes of the file.",
            "Save the file as UTF-8.",
        ),
        Code::UnknownColumn => Entry::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "Unknown column",
            "The table has no column of this name.",
            "The detail lists the columns, and the one that may be meant.",
        ),
        Code::TextColumnRequired => Entry::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "Text column required",
            "Nothing says which column of the table holds the texts.",
            "Name one of the columns that the detail lists with `text_column`.",
        ),
        Code::EmptyTable => Entry::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "Empty table",
            "The table has no columns or no rows where some are needed.",
            "Check that the right file was named.",
        ),
        _ => Entry::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            "Limit exceeded",
            "A limit on size, depth, ratio, columns or rejected rows was reached.",
            "The detail names the limit. Raise the option, or split the input.",
        ),
    }
}

fn of_service(code: Code) -> Entry {
    match code {
        Code::QueueFull => Entry::new(
            StatusCode::TOO_MANY_REQUESTS,
            "Queue full",
            "As much work waits as may wait.",
            "Come back after the time in `Retry-After`.",
        ),
        Code::TooManyRequests => Entry::new(
            StatusCode::TOO_MANY_REQUESTS,
            "Too many requests",
            "As many requests are being answered as may be at once.",
            "Come back after the time in `Retry-After`; send fewer at once.",
        ),
        Code::StorageFailure => Entry::new(
            StatusCode::BAD_GATEWAY,
            "Storage failure",
            "The service can't read or write its storage.",
            "Try again later. For whoever runs it: `textmill doctor`, and the log under the `request_id`.",
        ),
        Code::NotReady => Entry::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "Not ready",
            "The service runs, and can't work yet; `errors` names what is missing.",
            "Wait. For whoever runs it: `textmill doctor` looks at each part.",
        ),
        Code::ShuttingDown => Entry::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "Shutting down",
            "The service is stopping and takes no new work. Jobs go on after the restart.",
            "Try again after the time in `Retry-After`.",
        ),
        Code::DeadlineExceeded => Entry::new(
            StatusCode::GATEWAY_TIMEOUT,
            "Deadline exceeded",
            "The request was not answered in the time that it is given.",
            "Try again; if it stays, look at the load of the machine.",
        ),
        _ => Entry::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "Internal error",
            "A fault of the service.",
            "Report it with the `request_id`: the log tells more under it.",
        ),
    }
}

fn of_model(code: Code) -> Entry {
    match code {
        Code::ModelNotInCatalogue => Entry::new(
            StatusCode::NOT_FOUND,
            "Model not in catalogue",
            "No model of this name, or not at this revision, is in the catalogue.",
            "GET /v1/models lists them. For whoever runs the service: `models.catalogue` names a file with further ones.",
        ),
        Code::AddressNotAllowed => Entry::new(
            StatusCode::FORBIDDEN,
            "Address not allowed",
            "A file would have to come from an address that the service does not fetch from: without https, private, or any while it is offline.",
            "For whoever runs the service: `models.allow_hosts` opens a host, `models.offline` ends being offline; or give the files as a folder.",
        ),
        Code::UpstreamHub => Entry::new(
            StatusCode::BAD_GATEWAY,
            "Upstream hub",
            "The model hub or web server can't be reached, breaks off, or does not have the file.",
            "Try again later: what came is kept. For whoever runs the service: proxies, `HF_TOKEN`, further sources in `models.catalogue`.",
        ),
        _ => Entry::new(
            StatusCode::BAD_GATEWAY,
            "Digest mismatch",
            "What came is not what the catalogue says; it was removed.",
            "Name another source. If all of them give the same bytes, the catalogue's entry is wrong.",
        ),
    }
}

fn of_worker(code: Code) -> Entry {
    match code {
        Code::Timeout => Entry::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "Timeout",
            "Reading the file took more time than one file may take.",
            "Split the file. For whoever runs it: the settings `isolation.cpu_s` and `isolation.wall_s`.",
        ),
        Code::MemoryLimit => Entry::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "Memory limit",
            "Reading the file took more memory than one file may take.",
            "Split the file. For whoever runs it: the setting `isolation.memory_mib`.",
        ),
        _ => Entry::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "Crashed",
            "The reader of the file broke down on it; nothing else was touched.",
            "Open the file in the program that made it, save it again, and send that.",
        ),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_code_has_an_entry_of_its_own() {
        let titles: HashSet<_> = Code::ALL.iter().map(|code| entry(*code).title).collect();
        assert_eq!(titles.len(), Code::ALL.len());
    }
}
