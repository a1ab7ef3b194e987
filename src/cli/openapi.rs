//! `textmill openapi`: the API's description, without a service.

use clap::Args;

use super::context::Context;
use super::exit::{CommandResult, ExitStatus};
use crate::core::failure::{Code, Failure};

/// Print the OpenAPI 3.1 document of the HTTP API
///
/// Example: textmill openapi > openapi.json
#[derive(Debug, Args)]
pub(super) struct OpenapiArgs {}

pub(super) fn run(_args: &OpenapiArgs, context: &Context) -> CommandResult {
    let document = crate::routers::openapi().to_pretty_json();
    let document =
        document.map_err(|error| Failure::new(Code::Internal, format!("the document is no JSON: {error}")))?;
    context.printer.data(&document)?;
    Ok(ExitStatus::Done)
}
