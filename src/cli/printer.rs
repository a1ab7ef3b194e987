//! Every word a command says goes through here.
//!
//! For: deciding streams, colour and form once. Not for: what is said. The decisions: stdout is data and stderr is
//! talk; with `--json` stdout holds exactly one document; no command asks "am I quiet?"; control characters (names of
//! files may hold them) never reach a terminal.

use std::borrow::Cow;
use std::fmt;
use std::io::{self, IsTerminal, Write};

use clap::ValueEnum;
use clap::builder::styling::{AnsiColor, Style};
use serde::Serialize;

use crate::config::env_vars;
use crate::core::failure::Failure;

/// How much is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Voice {
    /// Nothing at all; the exit code says it.
    Silent,
    /// Data, warnings and errors.
    Quiet,
    /// Notes too, and progress on a terminal.
    Normal,
}

/// The form of data on stdout.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// For people.
    Text,
    /// One JSON document.
    Json,
}

/// When to use colour.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum ColourChoice {
    /// On a terminal, unless `NO_COLOR` is set.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

impl ColourChoice {
    /// Whether stderr gets colour.
    pub fn on_stderr(self) -> bool {
        match self {
            Self::Auto => io::stderr().is_terminal() && !env_vars::ask_for_no_colour(),
            Self::Always => true,
            Self::Never => false,
        }
    }
}

/// What kind of words they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Speech {
    Data,
    Note,
    Warning,
    Error,
}

/// Says everything that a command has to say. Cheap to copy.
#[derive(Debug, Clone, Copy)]
pub struct Printer {
    /// How much is said.
    pub voice: Voice,
    /// The form of data.
    pub form: Form,
    /// Whether stderr gets colour.
    pub colour: bool,
    /// Whether progress is drawn.
    pub progress: bool,
}

impl Printer {
    /// Before the options are known: everything, as text, without colour.
    pub(super) fn plain_text() -> Self {
        Self { voice: Voice::Normal, form: Form::Text, colour: false, progress: false }
    }

    /// Says the outcome: as JSON, or as the text that `human` makes of it.
    ///
    /// # Errors
    /// When stdout can't be written.
    pub fn outcome<T: Serialize + ?Sized>(self, value: &T, human: impl FnOnce(&T) -> String) -> io::Result<()> {
        match self.form {
            Form::Text => self.data(&plain(&human(value))),
            Form::Json => self.document(value),
        }
    }

    /// Says text that is data in itself (a script, a page, a file), whatever the form.
    ///
    /// # Errors
    /// When stdout can't be written.
    pub fn data(self, text: &str) -> io::Result<()> {
        self.say(Speech::Data, text)
    }

    /// Says what happened, for people only.
    ///
    /// # Errors
    /// When stderr can't be written.
    pub fn note(self, text: impl fmt::Display) -> io::Result<()> {
        self.say(Speech::Note, &plain(&text.to_string()))
    }

    /// Says what may be wrong.
    ///
    /// # Errors
    /// When stderr can't be written.
    pub fn warning(self, text: impl fmt::Display) -> io::Result<()> {
        self.say(Speech::Warning, &self.labelled("warning", AnsiColor::Yellow, &text.to_string()))
    }

    /// Says why it could not be done: a line and a hint on stderr and, with `--json`, a document on stdout.
    ///
    /// # Errors
    /// When a stream can't be written.
    pub fn failure(self, failure: &Failure) -> io::Result<()> {
        self.say(Speech::Error, &self.labelled("error", AnsiColor::Red, &failure.detail))?;
        if let Some(hint) = &failure.hint {
            self.say(Speech::Error, &self.labelled("hint", AnsiColor::Cyan, hint))?;
        }
        match self.form {
            Form::Text => Ok(()),
            Form::Json => self.document(failure),
        }
    }

    fn document<T: Serialize + ?Sized>(self, value: &T) -> io::Result<()> {
        self.say(Speech::Data, &serde_json::to_string_pretty(value)?)
    }

    fn labelled(self, label: &str, colour: AnsiColor, text: &str) -> String {
        let style = if self.colour { colour.on_default().bold() } else { Style::new() };
        format!("{style}{label}:{style:#} {}", plain(text))
    }

    fn say(self, speech: Speech, text: &str) -> io::Result<()> {
        match self.stream(speech) {
            Some(Stream::Out) => write_whole(io::stdout().lock(), text),
            Some(Stream::Err) => write_whole(io::stderr().lock(), text),
            None => Ok(()),
        }
    }

    fn stream(self, speech: Speech) -> Option<Stream> {
        let (least, stream) = match speech {
            Speech::Data => (Voice::Quiet, Stream::Out),
            Speech::Warning | Speech::Error => (Voice::Quiet, Stream::Err),
            Speech::Note => (Voice::Normal, Stream::Err),
        };
        (self.voice >= least).then_some(stream)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stream {
    Out,
    Err,
}

/// Text with a line end after it.
fn write_whole(mut stream: impl Write, text: &str) -> io::Result<()> {
    stream.write_all(text.as_bytes())?;
    if !text.ends_with('\n') {
        stream.write_all(b"\n")?;
    }
    stream.flush()
}

/// Text whose control characters, line ends excepted, are written out as `\u{1b}`.
pub(super) fn plain(text: &str) -> Cow<'_, str> {
    // Bidirectional marks can make a name look like another one.
    let is_bidi = |c: char| matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let is_harmful = |c: char| (c.is_control() && c != '\n') || is_bidi(c);
    if !text.contains(is_harmful) {
        return Cow::Borrowed(text);
    }
    let escaped = |c: char| if is_harmful(c) { c.escape_unicode().to_string() } else { c.to_string() };
    Cow::Owned(text.chars().map(escaped).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn printer(voice: Voice, form: Form) -> Printer {
        Printer { voice, form, colour: false, progress: false }
    }

    #[test]
    fn data_goes_to_stdout_and_talk_to_stderr() {
        let normal = printer(Voice::Normal, Form::Text);
        assert_eq!(normal.stream(Speech::Data), Some(Stream::Out));
        for speech in [Speech::Note, Speech::Warning, Speech::Error] {
            assert_eq!(normal.stream(speech), Some(Stream::Err));
        }
    }

    #[test]
    fn quiet_keeps_data_and_errors_and_silent_keeps_nothing() {
        let quiet = printer(Voice::Quiet, Form::Json);
        assert_eq!(quiet.stream(Speech::Note), None);
        assert_eq!(quiet.stream(Speech::Data), Some(Stream::Out));
        assert_eq!(quiet.stream(Speech::Error), Some(Stream::Err));
        let silent = printer(Voice::Silent, Form::Json);
        for speech in [Speech::Data, Speech::Note, Speech::Warning, Speech::Error] {
            assert_eq!(silent.stream(speech), None);
        }
    }

    #[test]
    fn escape_sequences_in_a_file_name_do_not_reach_the_terminal() {
        let named = printer(Voice::Normal, Form::Text).labelled("error", AnsiColor::Red, "no file `a\u{1b}[2Jb`");
        assert_eq!(named, "error: no file `a\\u{1b}[2Jb`");
        assert_eq!(plain("two\nlines"), "two\nlines");
    }

    #[test]
    fn colour_is_beside_the_words_and_never_instead_of_them() {
        let coloured = Printer { colour: true, ..printer(Voice::Normal, Form::Text) };
        assert_eq!(coloured.labelled("hint", AnsiColor::Cyan, "x"), "\u{1b}[1m\u{1b}[36mhint:\u{1b}[0m x");
    }

    #[test]
    fn a_line_end_is_added_once() {
        let mut out = Vec::new();
        write_whole(&mut out, "a").unwrap();
        write_whole(&mut out, "b\n").unwrap();
        assert_eq!(out, b"a\nb\n");
    }
}
