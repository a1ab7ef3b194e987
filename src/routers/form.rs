//! One file and what to do with it as one form: one line of curl for any operation on a file.
//!
//! For: forms of a part `file`, a part `options` and a part `destination`. Not for: what options mean. The one decision: the
//! file becomes an upload like any other, and stays only if a new job needs it.

use axum::extract::Request;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::json;

use super::extract::parse_json;
use super::problem::{Faults, Problem};
use super::state::HttpLimits;
use super::submission::Submitted;
use super::upload::{Form, Intake, multipart};
use crate::core::failure::{Code, Failure};
use crate::core::ids::FileId;
use crate::core::storage::location::{Destination, Source};
use crate::core::storage::uploads::{FileMeta, Uploads};

/// A form that was taken in.
#[derive(Debug)]
pub(crate) struct Upload<O> {
    pub(crate) file: FileMeta,
    pub(crate) destination: Option<Destination>,
    pub(crate) options: O,
}

impl<O: Serialize> Upload<O> {
    /// The file, as requests name it.
    pub(crate) fn source(&self) -> Source {
        Source::File { file_id: self.file.id.clone() }
    }

    /// What makes two forms the same: the id of the upload differs each time, name and digest tell.
    pub(crate) fn content(&self) -> String {
        json!([self.file.name, self.file.sha256, self.destination, self.options]).to_string()
    }
}

/// What refusals say of an operation.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Wording {
    /// What takes the form, e.g. `a conversion`.
    pub(crate) operation: &'static str,
    /// A part `options`, for the line of curl in a hint.
    pub(crate) options: &'static str,
}

/// Takes the form in; nothing stays of one that is refused.
pub(crate) async fn read_form<O>(
    request: Request,
    uploads: &Uploads,
    limits: &HttpLimits,
    wording: Wording,
) -> Result<Upload<O>, Problem>
where
    O: DeserializeOwned + Serialize + Default,
{
    let mut form = multipart(request, limits).await?;
    let mut intake = Intake::new(uploads, limits);
    let parts = match read_parts(&mut form, &mut intake, wording).await {
        Ok(_) if intake.is_empty() => Err(no_file(wording)),
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

/// Forgets the file unless a new job needs it.
pub(crate) async fn keep_for_new_job(
    outcome: Result<Submitted, Problem>,
    file: &FileId,
    uploads: &Uploads,
) -> Result<Submitted, Problem> {
    if !matches!(outcome, Ok(Submitted { replayed: false, .. })) {
        uploads.delete(file).await?;
    }
    outcome
}

/// The small parts of a form.
struct Parts<O> {
    options: Option<O>,
    destination: Option<Destination>,
}

async fn read_parts<O>(form: &mut Form, intake: &mut Intake<'_>, wording: Wording) -> Result<Parts<O>, Problem>
where
    O: DeserializeOwned + Serialize,
{
    let mut parts = Parts { options: None, destination: None };
    while let Some(field) = intake.next_field(form).await? {
        let name = field.name().unwrap_or_default().to_owned();
        match name.as_str() {
            "file" if intake.is_empty() => intake.take(field).await?,
            "file" => return Err(second_file(wording)),
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

fn second_file(wording: Wording) -> Problem {
    Problem::new(Code::TooManyInputs, format!("{} takes one part `file` only", wording.operation))
        .with_hint("put the files into a folder of a data root and name its path in `source`")
        .with_parameter("file")
}

fn no_file(wording: Wording) -> Problem {
    Problem::new(Code::InvalidParameter, "the form has no part `file`")
        .with_hint(format!(
            "curl -F file=@train.csv -F 'options={}'; server paths go into a JSON body",
            wording.options
        ))
        .with_parameter("file")
}
