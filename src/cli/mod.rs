//! The command line: one file per command, nothing in it but translation.
//!
//! For: arguments in, words and an exit status out. Not for: doing the work; a command calls what the service calls.
//! The one decision: a command returns its status or why it has none ([`CommandResult`]), and is told apart, worded
//! and turned into a number here alone. A new command is a file, a variant of `Command` and a line in `dispatch`.

mod annotate;
mod classify;
mod completions;
mod config;
mod context;
mod convert;
mod doctor;
mod drift;
mod embed;
mod exit;
mod job;
mod kb;
mod lm;
mod model;
mod openapi;
mod printer;
mod progress;
mod report;
mod run;
mod runtime;
mod serve;
mod stopping;
mod table;
mod worker;

use std::ffi::OsString;

use clap::{Parser, Subcommand};

pub use context::{Context, GlobalArgs, Process};
pub use exit::{CommandError, CommandResult, ExitStatus};
pub use printer::{ColourChoice, Form, Printer, Voice};
pub use table::Table;

use crate::core::failure::{Code, Failure};

/// Mills raw text data into data that can be trained on
#[derive(Debug, Parser)]
#[command(name = "textmill", bin_name = "textmill", version, about, long_about = LONG_ABOUT, after_long_help = EXAMPLES, max_term_width = 110)]
pub struct Cli {
    #[command(flatten)]
    global: GlobalArgs,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Serve(serve::ServeArgs),
    Worker(worker::WorkerArgs),
    Convert(convert::ConvertArgs),
    Annotate(annotate::AnnotateArgs),
    Classify(classify::ClassifyArgs),
    Drift(drift::DriftArgs),
    Embed(embed::EmbedArgs),
    Job(job::JobArgs),
    Kb(kb::KbArgs),
    Lm(lm::LmArgs),
    Model(model::ModelArgs),
    Report(report::ReportArgs),
    Run(run::RunArgs),
    Config(config::ConfigArgs),
    Doctor(doctor::DoctorArgs),
    Openapi(openapi::OpenapiArgs),
    Completions(completions::CompletionsArgs),
}

const LONG_ABOUT: &str = "\
Mills raw text data into data that can be trained on.

Data goes to stdout, everything else to stderr. Exit codes: 0 done; 1 done, and the answer is no; 2 could not do it; \
130 interrupted.";

const EXAMPLES: &str = "\
Examples:
  textmill convert reports parquet     a folder of tables to Parquet, and a report
  textmill annotate t.csv --kb NAME -o t.parquet
                                       the concepts that the texts of a table mention
  textmill classify columns t.csv      which columns of a table are texts, labels, groups
  textmill drift check --reference a.csv --incoming b.csv --text-column text
                                       is what came in like what is known to be good?
  textmill embed a.txt --model-dir DIR vectors of texts, a line each
  textmill lm build t.csv -o t.lm      which words follow each other in the texts of a table
  textmill serve                       the HTTP service and web page on http://127.0.0.1:8000
  textmill worker                      more jobs at once, beside the service or elsewhere
  textmill job list                    what the service has done and does
  textmill model pull all-MiniLM-L6-v2 the files of a model, checked
  textmill doctor                      is this machine ready?
  textmill config show --origin        every setting, and where its value came from
  textmill completions bash > /etc/bash_completion.d/textmill";

/// Runs the program: parses, dispatches, and says what went wrong.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitStatus {
    let arguments: Vec<OsString> = arguments.into_iter().collect();
    let cli = match Cli::try_parse_from(&arguments) {
        Ok(cli) => cli,
        Err(error) => return not_parsed(&error, &arguments),
    };
    let context = Context::new(&cli.global);
    match dispatch(&cli.command, &context) {
        Ok(status) => status,
        Err(error) => failed(error, context.printer),
    }
}

fn dispatch(command: &Command, context: &Context) -> CommandResult {
    match command {
        Command::Serve(args) => serve::run(args, context),
        Command::Worker(args) => worker::run(args, context),
        Command::Convert(args) => convert::run(args, context),
        Command::Annotate(args) => annotate::run(args, context),
        Command::Classify(args) => classify::run(args, context),
        Command::Drift(args) => drift::run(args, context),
        Command::Embed(args) => embed::run(args, context),
        Command::Job(args) => job::run(args, context),
        Command::Kb(args) => kb::run(args, context),
        Command::Lm(args) => lm::run(args, context),
        Command::Model(args) => model::run(args, context),
        Command::Report(args) => report::run(args, context),
        Command::Run(args) => run::run(args, context),
        Command::Config(args) => config::run(args, context),
        Command::Doctor(args) => doctor::run(args, context),
        Command::Openapi(args) => openapi::run(args, context),
        Command::Completions(args) => completions::run(args, context),
    }
}

fn failed(error: CommandError, printer: Printer) -> ExitStatus {
    let Some(failure) = error.failure() else { return ExitStatus::Done };
    // With no stream left to say it on, the exit code says it.
    let _ = printer.failure(&failure);
    failure.kind().into()
}

/// Help and version are answers; anything else is a failure, which `--json` wants as a document.
fn not_parsed(error: &clap::Error, arguments: &[OsString]) -> ExitStatus {
    if !error.use_stderr() {
        return error.print().map_or_else(|error| failed(error.into(), Printer::plain_text()), |()| ExitStatus::Done);
    }
    if arguments.iter().any(|argument| argument == "--json") {
        let printer = Printer { form: Form::Json, ..Printer::plain_text() };
        return failed(CommandError::Failed(usage_failure(error)), printer);
    }
    let _ = error.print();
    ExitStatus::Failed
}

/// What clap says in several lines, as one failure.
fn usage_failure(error: &clap::Error) -> Failure {
    let text = error.render().to_string();
    let detail = text.lines().next().unwrap_or_default();
    let tip = text.lines().map(str::trim).find_map(|line| match line.strip_prefix("tip: ") {
        None if line.starts_with("[possible values") => Some(line.trim_matches(['[', ']'])),
        tip => tip,
    });
    Failure::new(Code::InvalidParameter, detail.strip_prefix("error: ").unwrap_or(detail))
        .with_hint(tip.unwrap_or("`textmill --help` lists commands and options"))
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_command_tree_is_sound_and_every_option_has_help() {
        fn check(command: &clap::Command) {
            assert!(command.get_about().is_some(), "{}", command.get_name());
            for argument in command.get_arguments() {
                assert!(argument.get_help().is_some(), "{} {}", command.get_name(), argument.get_id());
            }
            command.get_subcommands().filter(|inner| inner.get_name() != "help").for_each(check);
        }
        let mut command = Cli::command();
        command.build();
        command.debug_assert();
        check(&Cli::command());
    }

    #[test]
    fn a_usage_error_is_a_failure_with_the_tip_as_hint() {
        let error = Cli::try_parse_from(["textmill", "doctr", "--json"]).unwrap_err();
        let failure = usage_failure(&error);
        assert_eq!(failure.detail, "unrecognized subcommand 'doctr'");
        assert!(failure.hint.unwrap().contains("'doctor'"));
        assert_eq!(ExitStatus::from(failure.code.kind()), ExitStatus::Failed);
    }

    #[test]
    fn global_options_are_understood_on_either_side_of_the_command() {
        for arguments in [["textmill", "--json", "doctor"], ["textmill", "doctor", "--json"]] {
            assert_eq!(Context::new(&Cli::try_parse_from(arguments).unwrap().global).printer.form, Form::Json);
        }
    }
}
