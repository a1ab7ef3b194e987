//! `textmill completions`: the shell's own help.

use clap::{Args, CommandFactory};
use clap_complete::Shell;

use super::context::Context;
use super::exit::{CommandError, CommandResult, ExitStatus};

/// Print the completion script of a shell
///
/// Example: textmill completions zsh > ~/.zfunc/_textmill
#[derive(Debug, Args)]
pub(super) struct CompletionsArgs {
    /// Which shell
    #[arg(value_enum)]
    shell: Shell,
}

pub(super) fn run(args: &CompletionsArgs, context: &Context) -> CommandResult {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut super::Cli::command(), "textmill", &mut script);
    let script = String::from_utf8(script)
        .map_err(|error| CommandError::Output(std::io::Error::new(std::io::ErrorKind::InvalidData, error)))?;
    context.printer.data(&script)?;
    Ok(ExitStatus::Done)
}
