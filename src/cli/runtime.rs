//! Where commands meet the asynchronous world.
//!
//! For: one runtime for the commands that need one, and Ctrl-C that reaches work in progress. Not for: the work.

use std::io;

use tokio_util::sync::CancellationToken;

use super::exit::CommandError;
use crate::core::shutdown::Signals;

/// Runs a future to its end on a runtime of its own.
///
/// # Errors
/// When the runtime can't start, or what the future fails with.
pub(super) fn block_on<T>(future: impl Future<Output = Result<T, CommandError>>) -> Result<T, CommandError> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(future)
}

/// Runs blocking work; Ctrl-C or a termination signal cancels its token, and the work comes to its safe point.
///
/// # Errors
/// When signals can't be listened to.
pub(super) fn until_interrupted<T: Send + 'static>(
    work: impl FnOnce(CancellationToken) -> T + Send + 'static,
) -> Result<T, CommandError> {
    block_on(async {
        let mut signals = Signals::listen()?;
        let token = CancellationToken::new();
        let worker = token.clone();
        let mut task = tokio::task::spawn_blocking(move || work(worker));
        let done = tokio::select! {
            done = &mut task => done,
            _ = signals.next() => {
                token.cancel();
                task.await
            }
        };
        done.map_err(|error| CommandError::Output(io::Error::other(error)))
    })
}
