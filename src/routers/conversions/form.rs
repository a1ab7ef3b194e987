//! A conversion as one form: the file and what to do with it.

use axum::extract::Request;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::core::failure::{Code, Failure};
use crate::core::storage::location::{Destination, Source};
use crate::core::storage::uploads::{FileMeta, Uploads};
use crate::operations::parquet_conversion::{ConversionOptions, ConversionRequest};
use crate::routers::extract::parse_json;
use crate::routers::problem::{Faults, Problem};
use crate::routers::state::HttpLimits;
use crate::routers::upload::{Form, Intake, multipart};

/// One file and how to convert it.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "describes the form; its parts are streamed")]
pub(super) struct ConversionForm {
    /// The file; one only. Several: upload each to /v1/files, or put them into a folder of a data root.
    #[schema(value_type = String, format = Binary)]
    file: Vec<u8>,
    /// JSON: how to convert.
    options: Option<ConversionOptions>,
    /// JSON: where the Parquet file goes; without it, it becomes an artifact of the job.
    destination: Option<Destination>,
}

/// A form that was taken in.
#[derive(Debug)]
pub(super) struct Upload {
    pub(super) file: FileMeta,
    pub(super) destination: Option<Destination>,
    pub(super) options: ConversionOptions,
}

impl Upload {
    pub(super) fn into_request(self) -> ConversionRequest {
        ConversionRequest {
            source: Source::File { file_id: self.file.id },
            destination: self.destination,
            options: self.options,
        }
    }
}

/// Takes the form in; nothing stays of one that is refused.
pub(super) async fn read_form(request: Request, uploads: &Uploads, limits: &HttpLimits) -> Result<Upload, Problem> {
    let mut form = multipart(request, limits).await?;
    let mut intake = Intake::new(uploads, limits);
    let parts = match read_parts(&mut form, &mut intake).await {
        Ok(parts) if intake.is_empty() => Err(no_file(parts)),
        parts => parts,
    };
    match parts {
        Err(problem) => {
            intake.discard().await;
            Err(problem)
        }
        Ok(Parts { destination, options }) => match intake.into_files().pop() {
            Some(file) => Ok(Upload { file, destination, options: options.unwrap_or_default() }),
            None => Err(Problem::internal("a form without a file was accepted")),
        },
    }
}

/// The small parts of a form.
#[derive(Debug, Default)]
struct Parts {
    options: Option<ConversionOptions>,
    destination: Option<Destination>,
}

async fn read_parts(form: &mut Form, intake: &mut Intake<'_>) -> Result<Parts, Problem> {
    let mut parts = Parts::default();
    while let Some(field) = intake.next_field(form).await? {
        let name = field.name().unwrap_or_default().to_owned();
        match name.as_str() {
            "file" if intake.is_empty() => intake.take(field).await?,
            "file" => {
                return Err(Problem::new(Code::TooManyInputs, "a conversion takes one part `file` only")
                    .with_hint("put the files into a folder of a data root and name its path in `source`")
                    .with_parameter("file"));
            }
            "options" => parts.options = Some(json_part(&name, &intake.read_small(field).await?)?),
            "destination" => parts.destination = Some(json_part(&name, &intake.read_small(field).await?)?),
            _ => {
                let failure = Failure::new(Code::UnknownField, format!("there is no form part `{name}`"));
                let mut faults = Faults::default();
                faults.parameter(&name, failure.with_hint("parts are: file, options, destination"));
                faults.into_result()?;
            }
        }
    }
    Ok(parts)
}

fn json_part<T: DeserializeOwned + Serialize>(name: &str, text: &[u8]) -> Result<T, Problem> {
    parse_json(text).map_err(|problem| problem.with_parameter(name))
}

fn no_file(_parts: Parts) -> Problem {
    Problem::new(Code::InvalidParameter, "the form has no part `file`")
        .with_hint("curl -F file=@train.csv -F 'options={\"schema\":\"text\"}'; server paths go into a JSON body")
        .with_parameter("file")
}
