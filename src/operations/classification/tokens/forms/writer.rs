//! Rows into a file or a stream, in whatever form.
//!
//! The one decision: a form that can't hold a row says so before a byte of it is written. A file appears whole or not at all.

use std::fs::File;
use std::io::{self, BufWriter, ErrorKind, Write};
use std::path::{Path, PathBuf};

use super::super::Tagged;
use super::super::error::TokensError;
use super::super::json::{SpanOut, SpansOut, TagsOut};
use super::super::options::{TokensForm, TokensOptions};
use super::Content;
use super::rows_out::Columns;
use crate::core::storage::atomic::Place;
use crate::core::tabular::parquet::{Pages, ParquetFile};

/// Rows that are put together before they are written to a table.
const ROWS_AT_ONCE: usize = 4096;
const ROW_GROUP_ROWS: usize = 1_000_000;
/// What parts tokens in CoNLL.
const PARTING_CONLL: &[char] = &['\t', '\n', '\r'];

/// Where rows go.
pub enum TokensTarget {
    /// A file, which appears when it is whole.
    File(PathBuf),
    /// A stream that is not ours to close.
    Stream(Box<dyn Write + Send>),
}

impl std::fmt::Debug for TokensTarget {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::File(path) => f.debug_tuple("File").field(path).finish(),
            Self::Stream(_) => f.write_str("Stream"),
        }
    }
}

impl TokensTarget {
    fn path(&self) -> &Path {
        match self {
            Self::File(path) => path,
            Self::Stream(_) => Path::new("-"),
        }
    }

    /// The form that the options or the name say.
    ///
    /// # Errors
    /// When neither does.
    pub(in super::super) fn form(&self, options: &TokensOptions) -> Result<TokensForm, TokensError> {
        let name = self.path().file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        // A name alone does not say whether a table is to have tags or spans.
        let by_name = || match TokensForm::by_name(&name) {
            Some(TokensForm::Table) if options.spans_column.is_some() && options.tags_column.is_none() => {
                Some(TokensForm::SpanTable)
            }
            found => found,
        };
        let unknown = || TokensError::UnknownForm { name: self.path().display().to_string(), option: "to" };
        options.to.or_else(by_name).ok_or_else(unknown)
    }
}

/// A file or stream in the making.
pub(in super::super) struct Writer {
    form: TokensForm,
    path: PathBuf,
    place: Option<Place>,
    sink: Sink,
}

type Out = Box<dyn Write + Send>;

enum Sink {
    Lines { out: Out, is_first: bool },
    Csv { out: arrow_csv::Writer<Out>, columns: Columns },
    Parquet { file: ParquetFile, columns: Columns },
}

impl Writer {
    /// Begins one.
    ///
    /// # Errors
    /// When it can't be made.
    pub(in super::super) fn begin(
        target: TokensTarget,
        form: TokensForm,
        options: &TokensOptions,
    ) -> Result<Self, TokensError> {
        let path = target.path().to_owned();
        let (place, out): (_, Out) = match target {
            TokensTarget::Stream(out) => (None, out),
            TokensTarget::File(path) => {
                let (place, file) = Place::beside(&path).map_err(TokensError::output(&path))?;
                (Some(place), Box::new(file))
            }
        };
        let ending = path.extension().map(|ending| ending.to_string_lossy().to_lowercase());
        let is_table = matches!(form, TokensForm::Table | TokensForm::SpanTable);
        let sink = match (ending.as_deref(), &place) {
            (Some("parquet"), Some(place)) if is_table => {
                let columns = Columns::of_lists(form, options);
                let file =
                    ParquetFile::create(place.scratch(), columns.schema(), Pages::Zstd, ROW_GROUP_ROWS, Vec::new());
                Sink::Parquet { file: file.map_err(TokensError::parquet(&path))?, columns }
            }
            (ending, _) if is_table => {
                let delimiter = if ending == Some("tsv") { b'\t' } else { b',' };
                let out = arrow_csv::WriterBuilder::new().with_delimiter(delimiter).build(buffered(out));
                Sink::Csv { out, columns: Columns::of_texts(form, options) }
            }
            _ => Sink::Lines { out: buffered(out), is_first: true },
        };
        Ok(Self { form, path, place, sink })
    }

    /// Whether the form can hold a row.
    ///
    /// # Errors
    /// What it can't hold.
    pub(in super::super) fn holds(&self, tagged: &Tagged) -> Result<(), String> {
        match (self.form, &self.sink) {
            (TokensForm::Conll, _) => unparted(tagged, PARTING_CONLL),
            (TokensForm::Table, Sink::Csv { .. }) | (TokensForm::Spans | TokensForm::SpanTable, _) => {
                unparted(tagged, &[' '])
            }
            _ => Ok(()),
        }
    }

    /// Appends a row that it can hold.
    ///
    /// # Errors
    /// When it can't be written.
    pub(in super::super) fn write(&mut self, content: Content) -> Result<(), TokensError> {
        match &mut self.sink {
            Sink::Lines { out, is_first } => {
                let written = write_lines(out, self.form, &content, std::mem::take(is_first));
                written.map_err(TokensError::output(&self.path))
            }
            Sink::Csv { columns, .. } | Sink::Parquet { columns, .. } => {
                columns.push(content);
                if columns.len() >= ROWS_AT_ONCE { self.flush() } else { Ok(()) }
            }
        }
    }

    /// Writes the rows that were put together.
    fn flush(&mut self) -> Result<(), TokensError> {
        let failed = TokensError::table(&self.path);
        match &mut self.sink {
            Sink::Lines { .. } => Ok(()),
            Sink::Csv { out, columns } => columns.take().and_then(|rows| out.write(&rows)).map_err(failed),
            Sink::Parquet { file, columns } => {
                let rows = columns.take().map_err(failed)?;
                file.write(&rows).map_err(TokensError::parquet(&self.path))
            }
        }
    }

    /// Everything was appended: makes it whole.
    ///
    /// # Errors
    /// When it can't be written.
    pub(in super::super) fn finish(mut self) -> Result<(), TokensError> {
        self.flush()?;
        let failed = TokensError::output(&self.path);
        match self.sink {
            Sink::Lines { mut out, .. } => out.flush().map_err(&failed)?,
            Sink::Csv { out, .. } => out.into_inner().flush().map_err(&failed)?,
            Sink::Parquet { file, .. } => drop(file.finish().map_err(TokensError::parquet(&self.path))?),
        }
        let Some(place) = self.place else { return Ok(()) };
        let file = File::open(place.scratch()).map_err(&failed)?;
        place.publish(&file).map_err(failed)
    }
}

fn buffered(out: Out) -> Out {
    Box::new(BufWriter::with_capacity(1 << 18, out))
}

fn write_lines(out: &mut Out, form: TokensForm, content: &Content, is_first: bool) -> io::Result<()> {
    match content {
        Content::Tagged(tagged) if form == TokensForm::Conll => write_conll(out, tagged, is_first),
        Content::Tagged(Tagged { tokens, tags }) => {
            serde_json::to_writer(&mut *out, &TagsOut { tokens, tags })?;
            out.write_all(b"\n")
        }
        Content::Spans(text, spans) => {
            let spans = spans.iter().map(SpanOut::from).collect();
            serde_json::to_writer(&mut *out, &SpansOut { text, spans })?;
            out.write_all(b"\n")
        }
    }
}

/// Whether every token is one where these part tokens.
fn unparted(tagged: &Tagged, parting: &[char]) -> Result<(), String> {
    let is_parted = |token: &String| token.is_empty() || token.contains(parting);
    match tagged.tokens.iter().position(is_parted) {
        Some(place) => {
            Err(format!("token {} is empty or parted: `{}`", place + 1, tagged.tokens[place].escape_debug()))
        }
        None => Ok(()),
    }
}

/// Appends a text in CoNLL: token, tab, tag; a blank line in front of all but the first.
///
/// # Errors
/// When it can't be written, has no token, or CoNLL can't hold one.
pub(in crate::operations::classification) fn write_conll(
    out: &mut dyn Write,
    tagged: &Tagged,
    is_first: bool,
) -> io::Result<()> {
    unparted(tagged, PARTING_CONLL).map_err(|why| io::Error::new(ErrorKind::InvalidData, why))?;
    if tagged.tokens.is_empty() {
        return Err(io::Error::new(ErrorKind::InvalidData, "CoNLL can't hold a text without a token"));
    }
    if !is_first {
        out.write_all(b"\n")?;
    }
    for (token, tag) in tagged.tokens.iter().zip(&tagged.tags) {
        writeln!(out, "{token}\t{tag}")?;
    }
    Ok(())
}
