//! What every command gets: the options that all share, and what follows from them.
//!
//! For: one place that reads configuration and starts logging, in this order. Not for: options of one command; it
//! puts those that are settings into [`Context::overrides`] itself.

use std::io::{self, IsTerminal};
use std::path::PathBuf;

use clap::{ArgAction, Args};

use super::exit::CommandError;
use super::printer::{ColourChoice, Form, Printer, Voice};
use crate::config::{Config, Loaded, Overrides, env_vars};
use crate::core::failure::{Code, Failure};
use crate::core::telemetry::build_info::BUILD;
use crate::core::telemetry::logging::{self, FileOptions, LogGuard, LogOptions, StderrOptions};

/// Options of every command.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Options of every command")]
pub struct GlobalArgs {
    /// Print one JSON document on stdout, failures too
    #[arg(long, global = true)]
    json: bool,
    /// Print data, warnings and errors only; twice: nothing, the exit code says it
    #[arg(short, long, global = true, action = ArgAction::Count)]
    quiet: u8,
    /// Log to stderr, instead of a progress bar; twice: in detail; three times: everything
    #[arg(short, long, global = true, action = ArgAction::Count, conflicts_with = "quiet")]
    verbose: u8,
    /// Draw no progress bar
    #[arg(long, global = true)]
    no_progress: bool,
    /// Colour of warnings and errors; `auto` is on a terminal, unless `NO_COLOR` is set
    #[arg(long, global = true, value_enum, default_value_t, value_name = "WHEN")]
    color: ColourChoice,
    /// Read this file instead of ./textmill.toml
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Folder of the database, artifacts, uploads and logs [default: ./.textmill]
    #[arg(long, global = true, value_name = "DIR")]
    state_dir: Option<String>,
    /// Folder that may be read and written; may be given again [default: the working directory]
    #[arg(long, global = true, value_name = "DIR")]
    data_root: Vec<String>,
}

/// What a process is, for its logs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Process {
    /// Stays and serves: log files named `service_…`, and lines on stderr.
    Service,
    /// Stays and works: log files named `worker_…`, and lines on stderr.
    Worker,
    /// Passes by: stderr with `-v` only; log files, named `cli_…`, only with `log.cli_files`.
    Command,
}

/// What every command gets.
#[derive(Debug, Clone)]
pub struct Context {
    /// Says everything.
    pub printer: Printer,
    /// The uppermost layer of the configuration; a command adds its own options.
    pub overrides: Overrides,
    verbosity: u8,
}

impl Context {
    /// What follows from the options of every command.
    pub fn new(args: &GlobalArgs) -> Self {
        let voice = match args.quiet {
            0 => Voice::Normal,
            1 => Voice::Quiet,
            _ => Voice::Silent,
        };
        let talks = voice == Voice::Normal && !args.json && args.verbose == 0 && !args.no_progress;
        let printer = Printer {
            voice,
            form: if args.json { Form::Json } else { Form::Text },
            colour: args.color.on_stderr(),
            progress: talks && io::stderr().is_terminal(),
        };
        Self { printer, overrides: overrides(args), verbosity: args.verbose }
    }

    /// Reads the configuration of all layers.
    ///
    /// # Errors
    /// Every fault in it, or an unreadable working directory.
    pub fn load_config(&self) -> Result<Loaded, Failure> {
        use crate::core::failure::Fails as _;
        let cwd = std::env::current_dir().map_err(|error| {
            Failure::new(Code::StorageFailure, format!("can't tell the working directory: {error}"))
                .with_hint("change to a folder that exists")
        })?;
        let environment = env_vars::of_this_process().map_err(|error| error.to_failure())?;
        Config::load(&self.overrides, &cwd, environment.into_iter()).map_err(|error| error.to_failure())
    }

    /// Reads the configuration and starts logging. The guard must live until the command ends.
    ///
    /// # Errors
    /// Faults of the configuration.
    pub fn open(&self, process: Process) -> Result<(Loaded, LogGuard), CommandError> {
        let loaded = self.load_config()?;
        let guard = logging::init(&self.log_options(process, &loaded.config))?;
        let file = loaded.file.as_ref().map(|file| file.display().to_string());
        tracing::info!(file, version = BUILD.version, commit = BUILD.commit, "configuration read");
        Ok((loaded, guard))
    }

    fn log_options(&self, process: Process, config: &Config) -> LogOptions {
        let log = &config.log;
        let files = match process {
            Process::Service => Some("service"),
            Process::Worker => Some("worker"),
            Process::Command => log.cli_files.then_some("cli"),
        };
        let directives = match (self.printer.voice, self.verbosity, process) {
            (Voice::Silent, ..) | (_, 0, Process::Command) => None,
            (Voice::Quiet, ..) => Some("warn"),
            (Voice::Normal, 0, Process::Service | Process::Worker) => Some(log.level.as_str()),
            (Voice::Normal, 1, _) => Some("info"),
            (Voice::Normal, 2, _) => Some("debug"),
            (Voice::Normal, ..) => Some("trace"),
        };
        LogOptions {
            files: files.map(|process| FileOptions {
                dir: config.state_dir.join("logs"),
                process,
                writer: logging::writer_name(),
                directives: log.level.clone(),
                max_file_bytes: log.max_file_bytes,
                max_files: log.max_files,
            }),
            stderr: directives
                .map(|directives| StderrOptions { directives: directives.to_owned(), colour: self.printer.colour }),
        }
    }
}

fn overrides(args: &GlobalArgs) -> Overrides {
    let mut overrides = Overrides::default();
    overrides.config_file.clone_from(&args.config);
    if let Some(dir) = &args.state_dir {
        overrides.set("state_dir", "--state-dir", dir.as_str());
    }
    if !args.data_root.is_empty() {
        overrides.set("data_roots", "--data-root", args.data_root.clone());
    }
    overrides
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Debug, Parser)]
    struct Line {
        #[command(flatten)]
        global: GlobalArgs,
    }

    fn context(arguments: &[&str]) -> Context {
        let line = Line::try_parse_from([&["textmill"], arguments].concat()).unwrap();
        Context::new(&line.global)
    }

    fn config() -> Config {
        let dir = tempfile::tempdir().unwrap();
        Config::load(&Overrides::default(), dir.path(), std::iter::empty()).unwrap().config
    }

    #[test]
    fn a_command_writes_no_log_files_unless_the_configuration_asks_for_them() {
        let mut config = config();
        assert_eq!(context(&[]).log_options(Process::Command, &config), LogOptions { files: None, stderr: None });
        config.log.cli_files = true;
        let files = context(&[]).log_options(Process::Command, &config).files.unwrap();
        assert_eq!((files.process, files.dir), ("cli", config.state_dir.join("logs")));
    }

    #[test]
    fn the_service_logs_to_files_and_to_stderr_and_quiet_keeps_warnings() {
        let config = config();
        let options = context(&[]).log_options(Process::Service, &config);
        assert_eq!(options.files.unwrap().process, "service");
        assert_eq!(options.stderr.unwrap().directives, "info");
        assert_eq!(context(&["-q"]).log_options(Process::Service, &config).stderr.unwrap().directives, "warn");
        assert_eq!(context(&["-qq"]).log_options(Process::Service, &config).stderr, None);
    }

    #[test]
    fn each_v_says_more() {
        for (flag, directives) in [("-v", "info"), ("-vv", "debug"), ("-vvvv", "trace")] {
            let stderr = context(&[flag]).log_options(Process::Command, &config()).stderr;
            assert_eq!(stderr.unwrap().directives, directives);
        }
    }

    #[test]
    fn voice_and_form_follow_the_flags_and_no_bar_is_drawn_where_there_is_no_terminal() {
        let printer = context(&["--json", "-q", "--color", "never"]).printer;
        assert_eq!((printer.voice, printer.form, printer.colour), (Voice::Quiet, Form::Json, false));
        assert!(!printer.progress);
        assert_eq!(context(&["-qq"]).printer.voice, Voice::Silent);
    }
}
