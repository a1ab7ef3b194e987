//! Takes the files of a multipart form, piece by piece, within limits.

mod wire;

use axum::extract::multipart::{Field, MultipartError};
use axum::extract::{DefaultBodyLimit, FromRequest, Multipart, Request};
use axum::http::{HeaderMap, header};

use self::wire::{HeaderAllowance, WireError, metered};
use super::problem::Problem;
use super::state::HttpLimits;
use crate::core::failure::Code;
use crate::core::storage::uploads::{FileMeta, Uploads};

/// Whether a request carries a form with files.
pub(crate) fn is_multipart(headers: &HeaderMap) -> bool {
    let content_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    content_type.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case("multipart/form-data")
}

/// Room for the lines between the files of a form, in bytes; its JSON parts come on top.
const FORM_BYTES: u64 = 1024 * 1024;

/// A form that comes in.
#[derive(Debug)]
pub(crate) struct Form {
    parts: Multipart,
    header: HeaderAllowance,
}

/// Opens the form; a body that says that it is too large is refused unread.
pub(crate) async fn multipart(mut request: Request, limits: &HttpLimits) -> Result<Form, Problem> {
    if !is_multipart(request.headers()) {
        return Err(Problem::new(Code::UnsupportedFormat, "the body must be `multipart/form-data`")
            .with_hint("curl -F file=@train.csv sends such a form"));
    }
    let length =
        request.headers().get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
    let most = limits.max_upload_bytes.saturating_add(limits.max_json_bytes).saturating_add(FORM_BYTES);
    if length.is_some_and(|length| length > most) {
        return Err(too_large(limits));
    }
    // The limit of all other bodies would hold here too; this one has its own.
    DefaultBodyLimit::disable().apply(&mut request);
    let header = HeaderAllowance::default();
    let request = request.map(|body| metered(body, most, header.clone()));
    let parts = Multipart::from_request(request, &()).await.map_err(|_no_boundary| {
        Problem::new(Code::InvalidParameter, "the `Content-Type` header has no `boundary`")
            .with_parameter("Content-Type")
    })?;
    Ok(Form { parts, header })
}

fn too_large(limits: &HttpLimits) -> Problem {
    Problem::new(Code::BodyTooLarge, format!("the upload is larger than {} bytes", limits.max_upload_bytes))
        .with_hint("compress the file (.gz, .zst), split it, or put it into a data root of the service")
}

/// The files of one request: all of them are kept, or none.
#[derive(Debug)]
pub(crate) struct Intake<'a> {
    uploads: &'a Uploads,
    limits: &'a HttpLimits,
    taken_bytes: u64,
    files: Vec<FileMeta>,
}

impl<'a> Intake<'a> {
    pub(crate) fn new(uploads: &'a Uploads, limits: &'a HttpLimits) -> Self {
        Self { uploads, limits, taken_bytes: 0, files: Vec::new() }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.files.is_empty()
    }

    pub(crate) fn into_files(self) -> Vec<FileMeta> {
        self.files
    }

    /// Forgets what was taken, since the request is refused.
    pub(crate) async fn discard(self) {
        for meta in self.files {
            if let Err(error) = self.uploads.delete(&meta.id).await {
                tracing::warn!(file_id = meta.id.as_str(), %error, "a refused upload stays until it expires");
            }
        }
    }

    /// The next part of the form.
    pub(crate) async fn next_field<'f>(&self, form: &'f mut Form) -> Result<Option<Field<'f>>, Problem> {
        form.header.begin();
        let field = self.in_time(form.parts.next_field()).await?;
        form.header.end();
        Ok(field)
    }

    /// Streams one part to disk.
    pub(crate) async fn take(&mut self, mut field: Field<'_>) -> Result<(), Problem> {
        if self.files.len() >= self.limits.max_files_per_upload as usize {
            let most = self.limits.max_files_per_upload;
            return Err(Problem::new(Code::TooManyInputs, format!("one upload takes {most} files at most"))
                .with_hint("send several requests"));
        }
        let Some(name) = field.file_name().map(ToOwned::to_owned) else {
            let part = field.name().unwrap_or_default();
            return Err(Problem::new(
                Code::InvalidParameter,
                format!("a part `{part}` is not a file: it has no file name"),
            )
            .with_hint(format!("curl -F {part}=@train.csv sends the name of the file"))
            .with_parameter(part));
        };
        let media_type = field.content_type().map(ToOwned::to_owned);
        let mut writer = self.uploads.create(&name, media_type.as_deref()).await?;
        while let Some(bytes) = self.in_time(field.chunk()).await? {
            self.count(bytes.len())?;
            writer.write(&bytes).await?;
        }
        self.files.push(writer.finish().await?);
        Ok(())
    }

    /// Reads a small part whole, e.g. options.
    pub(crate) async fn read_small(&self, mut field: Field<'_>) -> Result<Vec<u8>, Problem> {
        let mut text = Vec::new();
        while let Some(bytes) = self.in_time(field.chunk()).await? {
            text.extend_from_slice(&bytes);
            if text.len() as u64 > self.limits.max_json_bytes {
                let most = self.limits.max_json_bytes;
                return Err(Problem::new(Code::BodyTooLarge, format!("a JSON part takes {most} bytes at most")));
            }
        }
        Ok(text)
    }

    fn count(&mut self, bytes: usize) -> Result<(), Problem> {
        self.taken_bytes += bytes as u64;
        if self.taken_bytes > self.limits.max_upload_bytes { Err(too_large(self.limits)) } else { Ok(()) }
    }

    /// A client that stops sending is let go.
    async fn in_time<T>(&self, piece: impl Future<Output = Result<T, MultipartError>>) -> Result<T, Problem> {
        match tokio::time::timeout(self.limits.request_timeout, piece).await {
            Ok(piece) => piece.map_err(|error| of_form(&error, self.limits)),
            Err(_elapsed) => Err(Problem::new(Code::DeadlineExceeded, "the upload paused for too long")),
        }
    }
}

fn of_form(error: &MultipartError, limits: &HttpLimits) -> Problem {
    match WireError::behind(error) {
        Some(WireError::TooLarge) => too_large(limits),
        Some(WireError::HeaderTooLarge) => Problem::new(Code::InvalidParameter, WireError::HeaderTooLarge.to_string())
            .with_hint("the header of a part holds its name and the name of its file, and little else"),
        None => Problem::new(Code::InvalidParameter, format!("the form can't be read: {}", error.body_text()))
            .with_hint("the body must be `multipart/form-data` with the boundary that its header names"),
    }
}
