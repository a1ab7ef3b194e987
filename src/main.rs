//! The program: arguments in, exit code out.

use std::process::ExitCode;

use textmill::core::isolation;

fn main() -> ExitCode {
    // Before anything else: a worker reads files for the process that started it, and needs nothing of the rest.
    if std::env::args_os().nth(1).is_some_and(|first| first == isolation::COMMAND) {
        return isolation::work();
    }
    textmill::cli::run(std::env::args_os()).into()
}
