//! A conversion as one form: the file and what to do with it.

use serde::Deserialize;
use utoipa::ToSchema;

use crate::core::storage::location::Destination;
use crate::operations::parquet_conversion::ConversionOptions;
use crate::routers::form::Wording;

/// What refusals of the form say.
pub(super) const WORDING: Wording = Wording { operation: "a conversion", options: "{\"schema\":\"text\"}" };

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
