//! `textmill config`: what is set, and by what.

use std::path::Path;

use clap::{Args, Subcommand};
use serde::Serialize;
use serde_json::Value;

use super::context::{Context, Process};
use super::exit::{CommandResult, ExitStatus};
use super::table::Table;
use crate::config::{self, Effective};

/// Show settings and where their values came from
#[derive(Debug, Args)]
pub(super) struct ConfigArgs {
    #[command(subcommand)]
    command: ConfigCommand,
}

#[derive(Debug, Subcommand)]
enum ConfigCommand {
    /// Print every setting with its effective value; secrets are masked
    ///
    /// Example: textmill config show --origin
    Show(ShowArgs),
    /// Print the page of all settings in Markdown
    Reference,
}

#[derive(Debug, Args)]
struct ShowArgs {
    /// Say of each value where it came from; JSON always does
    #[arg(long)]
    origin: bool,
}

/// What `config show` prints.
#[derive(Debug, Serialize)]
struct Shown<'a> {
    /// The file that was read; `null` for none.
    file: Option<&'a Path>,
    settings: &'a [Effective],
}

pub(super) fn run(args: &ConfigArgs, context: &Context) -> CommandResult {
    match &args.command {
        ConfigCommand::Show(show) => {
            let (loaded, _logs) = context.open(Process::Command)?;
            let shown = Shown { file: loaded.file.as_deref(), settings: &loaded.settings };
            context.printer.outcome(&shown, |shown| table(shown.settings, show.origin))?;
        }
        ConfigCommand::Reference => context.printer.data(&config::markdown())?,
    }
    Ok(ExitStatus::Done)
}

fn table(settings: &[Effective], with_origin: bool) -> String {
    let mut table =
        if with_origin { Table::new(["SETTING", "VALUE", "ORIGIN"]) } else { Table::new(["SETTING", "VALUE"]) };
    for setting in settings {
        table.row([setting.key.to_owned(), said(&setting.value), setting.origin.to_string()]);
    }
    table.to_string()
}

fn said(value: &Value) -> String {
    match value {
        Value::Null => "-".to_owned(),
        Value::String(text) => text.clone(),
        Value::Array(items) => items.iter().map(said).collect::<Vec<_>>().join(", "),
        other => other.to_string(),
    }
}
