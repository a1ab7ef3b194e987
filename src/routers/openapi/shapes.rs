//! Makes the shapes in the document as exact as the service is.
//!
//! What derives can't say: a response always has all of its fields; a request's unions take no further ones; a header
//! is never null.

use crate::core::intake::glob;
use crate::routers::state::HttpLimits;
use utoipa::Number;
use utoipa::openapi::path::{Operation, Parameter, ParameterIn};
use utoipa::openapi::schema::{AdditionalProperties, ArrayItems, KnownFormat, Object, SchemaFormat, SchemaType};
use utoipa::openapi::{OpenApi, RefOr, Schema, Type};

/// What clients send; everything else is sent by the service.
const REQUESTS: &[&str] = &[
    "AnnotationOptions",
    "AnnotationRequest",
    "ClassificationForm",
    "ClassificationOptions",
    "ClassificationRequest",
    "ConversionForm",
    "ConversionOptions",
    "ConversionRequest",
    "Destination",
    "Condition",
    "DriftForm",
    "DriftOptions",
    "DriftRequest",
    "EmbeddingRequest",
    "FileForm",
    "KnowledgeBaseOptions",
    "KnowledgeBaseRequest",
    "LanguageModelOptions",
    "LanguageModelRequest",
    "ModelDownloadRequest",
    "OldCheckForm",
    "OldProcessForm",
    "OwnSuite",
    "ScoreRequest",
    "Source",
    "StoredJobRequest",
    "SuiteCheck",
    "TextsRequest",
    "Written",
];

/// Makes every shape exact.
pub(super) fn refine(document: &mut OpenApi) {
    let paths = std::mem::take(&mut document.paths.paths);
    // axum writes `{*name}` for a part that may hold `/`; OpenAPI knows only `{name}`.
    document.paths.paths = paths.into_iter().map(|(path, item)| (path.replace("{*", "{"), item)).collect();
    for item in document.paths.paths.values_mut() {
        let operations = [&mut item.get, &mut item.post, &mut item.delete];
        for operation in operations.into_iter().flatten() {
            refine_parameters(operation);
            leave_bytes_open(operation);
        }
    }
    let Some(components) = document.components.as_mut() else { return };
    for (name, schema) in &mut components.schemas {
        let RefOr::T(schema) = schema else { continue };
        if let Schema::Object(object) = schema {
            refine_globs(object);
            object.properties.values_mut().filter_map(as_object).for_each(refine_number);
        }
        match schema {
            Schema::Object(object) if !REQUESTS.contains(&name.as_str()) => require_all(object),
            Schema::Object(object) if name.ends_with("Form") => {
                leave_out_null(object);
                object.properties.values_mut().for_each(tell_bytes);
            }
            Schema::OneOf(union) if name == "EmbeddingInput" => union.items.iter_mut().for_each(tell_count),
            Schema::OneOf(union) => union.items.iter_mut().filter_map(as_object).for_each(refine_variant),
            _ => {}
        }
    }
}

fn as_object(schema: &mut RefOr<Schema>) -> Option<&mut Object> {
    match schema {
        RefOr::T(Schema::Object(object)) => Some(object),
        _ => None,
    }
}

/// A response's field is always there; what is not known is `null`.
fn require_all(object: &mut Object) {
    object.required = object.properties.keys().cloned().collect();
}

/// What is derived from `u32` says that it has 31 bits.
fn refine_number(number: &mut Object) {
    if matches!(number.format, Some(SchemaFormat::KnownFormat(KnownFormat::Int32))) {
        number.format = None;
        number.maximum.get_or_insert(Number::UInt(u32::MAX as usize));
    }
}

/// A text that is no glob is refused.
fn refine_globs(options: &mut Object) {
    for name in ["include", "exclude"] {
        if let Some(RefOr::T(Schema::Array(list))) = options.properties.get_mut(name)
            && let ArrayItems::RefOrSchema(items) = &mut list.items
            && let Some(glob) = as_object(items)
        {
            glob.pattern = Some(glob::PATTERN.to_owned());
        }
    }
}

/// A list of texts has one at least, and so many at most unless the service is set up otherwise.
fn tell_count(variant: &mut RefOr<Schema>) {
    if let RefOr::T(Schema::Array(list)) = variant {
        (list.min_items, list.max_items) = (Some(1), Some(HttpLimits::default().max_embedding_inputs));
    }
}

/// A variant takes its own fields only, and a file is named by an id.
fn refine_variant(variant: &mut Object) {
    variant.additional_properties = Some(Box::new(AdditionalProperties::FreeForm(false)));
    if let Some(id) = variant.properties.get_mut("file_id").and_then(as_object) {
        id.pattern = Some("^file_[0-9a-f]{32}$".to_owned());
    }
}

/// A part of a form is there or is not; it is never null.
fn leave_out_null(form: &mut Object) {
    for property in form.properties.values_mut() {
        if let RefOr::T(Schema::OneOf(union)) = property {
            union.items.retain(|item| matches!(item, RefOr::Ref(_)));
        }
    }
}

/// Bytes in a list, as `OpenAPI` 3.1 says them; a single part is understood by more tools the old way.
fn tell_bytes(part: &mut RefOr<Schema>) {
    let RefOr::T(Schema::Array(list)) = part else { return };
    let ArrayItems::RefOrSchema(items) = &mut list.items else { return };
    let Some(bytes) = as_object(items) else { return };
    if bytes.format.take_if(|format| matches!(format, SchemaFormat::KnownFormat(KnownFormat::Binary))).is_some() {
        bytes.schema_type = SchemaType::AnyValue;
        "application/octet-stream".clone_into(&mut bytes.content_media_type);
    }
}

/// Bytes of any media type have no shape.
fn leave_bytes_open(operation: &mut Operation) {
    for response in operation.responses.responses.values_mut() {
        let RefOr::T(response) = response else { continue };
        if let Some(RefOr::T(content)) = response.content.get_mut("*/*") {
            content.schema = None;
        }
    }
}

fn refine_parameters(operation: &mut Operation) {
    for parameter in operation.parameters.iter_mut().flatten() {
        match parameter {
            RefOr::T(parameter) if parameter.parameter_in == ParameterIn::Header => forbid_null(parameter),
            _ => {}
        }
    }
}

fn forbid_null(parameter: &mut Parameter) {
    let Some(object) = parameter.schema.as_mut().and_then(as_object) else { return };
    if let SchemaType::Array(types) = &object.schema_type {
        let present = types.iter().find(|one| **one != Type::Null).cloned();
        object.schema_type = present.map_or(SchemaType::AnyValue, SchemaType::Type);
    }
}
