//! Two sets and what to look at as one form, for one line of curl.
//!
//! The one decision: a part with a file name is a file, one without is the JSON of a source, so that a batch is uploaded and
//! checked against a reference that lies on the server.

use axum::extract::Request;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::json;

use crate::core::failure::{Code, Failure};
use crate::core::ids::FileId;
use crate::core::storage::location::Source;
use crate::core::storage::uploads::{FileMeta, Uploads};
use crate::operations::drift::{DriftOptions, DriftRequest};
use crate::routers::extract::parse_json;
use crate::routers::problem::{Faults, Problem};
use crate::routers::state::HttpLimits;
use crate::routers::submission::Submitted;
use crate::routers::upload::{Form, Intake, multipart};

const CURL: &str = "curl -F reference=@train.csv -F incoming=@june.csv -F 'options={\"text_column\":\"text\"}'";

/// A form that was taken in.
#[derive(Debug)]
pub(super) struct Upload {
    pub(super) request: DriftRequest,
    /// Files that came with it.
    pub(super) files: Vec<FileId>,
    /// What makes two forms the same: ids of uploads differ each time, names and digests tell.
    pub(super) content: String,
}

/// A part that names a set.
#[derive(Debug)]
enum Part {
    /// The file of this number among those taken in.
    File(usize),
    Source(Source),
}

#[derive(Debug, Default)]
struct Parts {
    reference: Option<Part>,
    incoming: Option<Part>,
    save_properties: bool,
    options: Option<DriftOptions>,
    files: usize,
}

/// Takes the form in; nothing stays of one that is refused.
pub(super) async fn read_form(request: Request, uploads: &Uploads, limits: &HttpLimits) -> Result<Upload, Problem> {
    let mut form = multipart(request, limits).await?;
    let mut intake = Intake::new(uploads, limits);
    match read_parts(&mut form, &mut intake).await {
        Ok(parts) => parts.into_upload(&intake.into_files()),
        Err(problem) => {
            intake.discard().await;
            Err(problem)
        }
    }
}

impl Parts {
    fn into_upload(self, files: &[FileMeta]) -> Result<Upload, Problem> {
        let source = |part: Option<Part>| match part {
            None => Ok(None),
            Some(Part::Source(source)) => Ok(Some(source)),
            Some(Part::File(number)) => match files.get(number) {
                Some(file) => Ok(Some(Source::File { file_id: file.id.clone() })),
                None => Err(Problem::internal("a part of a form is a file that was not taken in")),
            },
        };
        let named = |part: &Option<Part>| match part {
            None => json!(null),
            Some(Part::Source(source)) => json!(source),
            Some(Part::File(number)) => json!(files.get(*number).map(|file| (&file.name, &file.sha256))),
        };
        let options = self.options.unwrap_or_default();
        let save_properties = self.save_properties;
        let content = json!([named(&self.reference), named(&self.incoming), save_properties, options]).to_string();
        let (reference, incoming) = (source(self.reference)?, source(self.incoming)?);
        let request = DriftRequest { reference, incoming, save_properties, options };
        Ok(Upload { request, files: files.iter().map(|file| file.id.clone()).collect(), content })
    }
}

/// Forgets the files unless a new job needs them.
pub(super) async fn keep_for_new_job(
    outcome: Result<Submitted, Problem>,
    files: &[FileId],
    uploads: &Uploads,
) -> Result<Submitted, Problem> {
    if !matches!(outcome, Ok(Submitted { replayed: false, .. })) {
        for file in files {
            uploads.delete(file).await?;
        }
    }
    outcome
}

async fn read_parts(form: &mut Form, intake: &mut Intake<'_>) -> Result<Parts, Problem> {
    let mut parts = Parts::default();
    while let Some(field) = intake.next_field(form).await? {
        let name = field.name().unwrap_or_default().to_owned();
        let is_file = field.file_name().is_some();
        match name.as_str() {
            "reference" | "incoming" if is_file => {
                parts.set(&name, Part::File(parts.files))?;
                parts.files += 1;
                intake.take(field).await?;
            }
            "reference" | "incoming" => {
                let source = json_part(&name, &intake.read_small(field).await?)?;
                parts.set(&name, Part::Source(source))?;
            }
            "save_properties" => parts.save_properties = json_part(&name, &intake.read_small(field).await?)?,
            "options" => parts.options = Some(json_part(&name, &intake.read_small(field).await?)?),
            _ => return Err(unknown(&name)),
        }
    }
    Ok(parts)
}

impl Parts {
    fn set(&mut self, name: &str, part: Part) -> Result<(), Problem> {
        let place = if name == "reference" { &mut self.reference } else { &mut self.incoming };
        match place.replace(part) {
            None => Ok(()),
            Some(_first) => Err(Problem::new(Code::TooManyInputs, format!("there is one part `{name}` only"))
                .with_hint("put tables that belong together into one file")
                .with_parameter(name)),
        }
    }
}

fn json_part<T: DeserializeOwned + Serialize>(name: &str, text: &[u8]) -> Result<T, Problem> {
    parse_json(text).map_err(|problem| problem.with_parameter(name))
}

fn unknown(name: &str) -> Problem {
    let mut faults = Faults::default();
    let failure = Failure::new(Code::UnknownField, format!("there is no form part `{name}`"));
    faults.parameter(
        name,
        failure.with_hint(format!("parts are: reference, incoming, save_properties, options; {CURL}")),
    );
    faults.into_result().err().unwrap_or_else(|| Problem::internal("a fault is none"))
}
