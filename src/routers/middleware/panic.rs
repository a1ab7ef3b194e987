//! A panic in a handler costs that one request.

use std::any::Any;

use axum::response::{IntoResponse, Response};

use crate::routers::problem::Problem;

/// Turns a panic into a problem; its message goes to the log.
#[expect(clippy::needless_pass_by_value, reason = "the layer calls it so")]
pub(crate) fn answer(panic: Box<dyn Any + Send + 'static>) -> Response {
    let message = match (panic.downcast_ref::<&str>(), panic.downcast_ref::<String>()) {
        (Some(text), _) => (*text).to_owned(),
        (None, Some(text)) => text.clone(),
        (None, None) => "no message".to_owned(),
    };
    Problem::internal(format!("a handler panicked: {message}")).into_response()
}
