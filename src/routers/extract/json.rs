//! JSON bodies, all faults at once.
//!
//! serde stops at the first fault. So a value that is refused is noted, taken out, and what is left is read again: a
//! request is answered with everything that is wrong with its form. Forms that serde takes and the documentation does
//! not (a list in place of an object) are refused too.

use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, FromRequest, Request};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::IntoResponse;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use serde_path_to_error::Segment;

use crate::core::failure::{Code, Failure};
use crate::routers::problem::{Faults, Problem};

const MAX_FAULTS: usize = 20;

/// A body that is one JSON object.
#[derive(Debug, Clone)]
pub(crate) struct Json<T>(pub(crate) T);

impl<S, T> FromRequest<S> for Json<T>
where
    S: Send + Sync,
    T: DeserializeOwned + Serialize,
{
    type Rejection = Problem;

    async fn from_request(request: Request, _state: &S) -> Result<Self, Problem> {
        let remedy = "upload data to `/v1/files` and name the file in `source`";
        parse(&bytes(request, None, remedy).await?).map(Self)
    }
}

/// The bytes of a JSON body, `most` at most, or as many as other bodies may have. `remedy`: what to do when it has more.
pub(crate) async fn bytes(mut request: Request, most: Option<usize>, remedy: &str) -> Result<Bytes, Problem> {
    if !is_json(request.headers()) {
        return Err(Problem::new(Code::UnsupportedFormat, "the body must be `application/json`")
            .with_hint("send the header `Content-Type: application/json`"));
    }
    if let Some(most) = most {
        DefaultBodyLimit::max(most).apply(&mut request);
    }
    Bytes::from_request(request, &()).await.map_err(|rejection| {
        if rejection.into_response().status() == StatusCode::PAYLOAD_TOO_LARGE {
            Problem::new(Code::BodyTooLarge, "the JSON body is larger than the limit")
                .with_hint(format!("`/v1/info` lists the limits; {remedy}"))
        } else {
            Problem::new(Code::MalformedJson, "the body broke off")
        }
    })
}

fn is_json(headers: &HeaderMap) -> bool {
    let content_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let essence = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    essence == "application/json" || (essence.starts_with("application/") && essence.ends_with("+json"))
}

/// Reads one JSON object.
pub(crate) fn parse<T: DeserializeOwned + Serialize>(bytes: &[u8]) -> Result<T, Problem> {
    let mut value: Value = serde_json::from_slice(bytes)
        .map_err(|error| Problem::new(Code::MalformedJson, format!("this is not JSON: {error}")))?;
    mend_whole_numbers(&mut value);
    if !value.is_object() {
        return Err(Problem::new(
            Code::InvalidParameter,
            format!("one JSON object is needed, not {}", kind_of(&value)),
        ));
    }
    let mut faults = Faults::default();
    let mut removed = Vec::new();
    for _ in 0..MAX_FAULTS {
        match serde_path_to_error::deserialize::<_, T>(&value) {
            Ok(read) if faults.is_empty() => {
                compare_forms(&value, &serde_json::to_value(&read).unwrap_or_default(), "", &mut faults);
                return faults.into_result().map(|()| read);
            }
            Ok(_) => break,
            Err(error) => {
                let Refusal { pointer, unusable, code, detail } = Refusal::of(&error);
                if removed.contains(&pointer) {
                    break;
                }
                faults.at(pointer, Failure::new(code, detail));
                if !remove(&mut value, &unusable) {
                    break;
                }
                removed.push(unusable);
            }
        }
    }
    match faults.into_result() {
        Err(problem) => Err(problem.with_hint("`/docs` shows what the body may hold")),
        Ok(()) => Err(Problem::internal("a body was refused without a fault")),
    }
}

/// To JSON Schema `3.0` is a whole number; to serde it is not.
fn mend_whole_numbers(value: &mut Value) {
    const EXACT_BELOW: f64 = 9_007_199_254_740_992.0;
    match value {
        Value::Number(number) if number.is_f64() => {
            let whole = number.as_f64().filter(|float| float.fract() == 0.0 && float.abs() < EXACT_BELOW);
            if let Some(Ok(mended)) = whole.map(|float| format!("{float:.0}").parse::<i64>()) {
                *number = mended.into();
            }
        }
        Value::Array(items) => items.iter_mut().for_each(mend_whole_numbers),
        Value::Object(fields) => fields.values_mut().for_each(mend_whole_numbers),
        _ => {}
    }
}

/// What serde said, in our words.
struct Refusal {
    pointer: String,
    /// What must be taken out to read on.
    unusable: String,
    code: Code,
    detail: String,
}

impl Refusal {
    fn of(error: &serde_path_to_error::Error<serde_json::Error>) -> Self {
        let message = error.inner().to_string();
        let mut pointer = String::new();
        for segment in error.path() {
            match segment {
                Segment::Seq { index } => pointer = format!("{pointer}/{index}"),
                Segment::Map { key } => pointer = format!("{pointer}/{}", escaped(key)),
                Segment::Enum { .. } | Segment::Unknown => {}
            }
        }
        if let Some(field) = quoted_after(&message, "unknown field ") {
            let ending = format!("/{}", escaped(&field));
            if !pointer.ends_with(&ending) {
                pointer.push_str(&ending);
            }
            return Self { unusable: pointer.clone(), pointer, code: Code::UnknownField, detail: message };
        }
        if let Some(field) = quoted_after(&message, "missing field ") {
            let (unusable, pointer) = (pointer.clone(), format!("{pointer}/{}", escaped(&field)));
            let detail = format!("the field `{field}` is required");
            return Self { pointer, unusable, code: Code::InvalidParameter, detail };
        }
        let detail = ["u32", "u64"].iter().fold(message, |text, number| {
            text.replace(&format!("expected {number}"), "expected a whole number, 0 or more")
        });
        Self { unusable: pointer.clone(), pointer, code: Code::InvalidParameter, detail }
    }
}

fn quoted_after(message: &str, start: &str) -> Option<String> {
    let (name, _) = message.strip_prefix(start)?.strip_prefix('`')?.split_once('`')?;
    Some(name.to_owned())
}

/// RFC 6901.
fn escaped(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}

fn remove(value: &mut Value, pointer: &str) -> bool {
    let Some((parent, key)) = pointer.rsplit_once('/') else { return false };
    let key = key.replace("~1", "/").replace("~0", "~");
    match value.pointer_mut(parent) {
        Some(Value::Object(fields)) => fields.remove(&key).is_some(),
        Some(Value::Array(items)) => key.parse().is_ok_and(|index: usize| {
            let there = index < items.len();
            if there {
                items.remove(index);
            }
            there
        }),
        _ => false,
    }
}

/// Notes each place where what came has another form than what was read.
fn compare_forms(came: &Value, read: &Value, pointer: &str, faults: &mut Faults) {
    match (came, read) {
        (Value::Object(came), Value::Object(read)) => {
            for (key, value) in came {
                if let Some(read) = read.get(key) {
                    compare_forms(value, read, &format!("{pointer}/{}", escaped(key)), faults);
                }
            }
        }
        (Value::Array(came), Value::Array(read)) => {
            for (index, (value, read)) in came.iter().zip(read).enumerate() {
                compare_forms(value, read, &format!("{pointer}/{index}"), faults);
            }
        }
        // One text may stand for a list of one, where a type says so.
        (Value::String(_), Value::Array(read)) if read.as_slice() == std::slice::from_ref(came) => {}
        _ if kind_of(came) == kind_of(read) => {}
        _ => {
            let detail = format!("{} is needed here, not {}", kind_of(read), kind_of(came));
            faults.at(pointer, Failure::new(Code::InvalidParameter, detail));
        }
    }
}

fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}
