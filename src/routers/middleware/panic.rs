//! A panic in a handler costs that one request.

use std::any::Any;

use axum::response::{IntoResponse, Response};

use crate::routers::problem::Problem;

/// Turns a panic into a problem; a message that is a literal goes to the log.
#[expect(clippy::needless_pass_by_value, reason = "the layer calls it so")]
pub(crate) fn answer(panic: Box<dyn Any + Send + 'static>) -> Response {
    // A formatted message may hold what a user sent; the panic hook has told it on standard error.
    let message = panic.downcast_ref::<&str>().copied().unwrap_or("told on standard error");
    Problem::internal(format!("a handler panicked: {message}")).into_response()
}
