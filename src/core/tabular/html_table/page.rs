//! The outermost tables of a web page as rows of text, as a browser would lay them out.
//!
//! The one decision: tags alone tell where rows and cells begin and end. Pages exported by programs leave out closing
//! tags as they like, and a cell ends at the latest where the next one, its row or its table does.

use html5gum::emitters::default::DefaultEmitter;
use html5gum::{StartTag, Token, Tokenizer};
use memchr::memchr_iter;

use crate::core::tabular::error::TableError;
use crate::core::tabular::grid::GridRow;
use crate::core::tabular::table::MAX_COLUMNS;

/// Cells of a page at most, spanned ones counted.
const MAX_CELLS: usize = 50_000_000;
/// Most columns that a cell spans, as in browsers.
const MAX_COLSPAN: usize = 1_000;
/// Most rows that a cell spans, as in browsers.
const MAX_ROWSPAN: usize = 65_534;

/// The tables of a page.
#[derive(Debug, Default)]
pub(super) struct Page {
    /// In the order in which they stand there.
    pub(super) tables: Vec<PageTable>,
    /// Pieces of text behind the last one.
    pub(super) stray_text: u64,
}

/// A table as it was read.
#[derive(Debug, Default)]
pub(super) struct PageTable {
    pub(super) rows: Vec<GridRow>,
    /// Text between the table before and this one, and its caption; lines.
    pub(super) above: String,
}

/// The page in the making.
#[derive(Default)]
struct Reading<'a> {
    text: &'a [u8],
    /// Where lines were counted up to, and how many.
    counted: (usize, u64),
    page: Page,
    table: Option<PageTable>,
    row: Option<GridRow>,
    cell: Option<Cell>,
    /// For each column, how many more rows a cell above reaches into.
    reach: Vec<usize>,
    /// Tables inside each other.
    depth: usize,
    cells: usize,
    /// Pieces of text outside of cells since the last table.
    outside: Vec<String>,
    unread: Option<Vec<u8>>,
}

/// A cell in the making.
struct Cell {
    text: String,
    columns: usize,
    rows: usize,
    is_header: bool,
}

impl Page {
    /// Reads the text of a page.
    ///
    /// # Errors
    /// When it holds too many cells.
    pub(super) fn read(text: &[u8]) -> Result<Self, TableError> {
        let mut emitter = DefaultEmitter::<usize>::new_with_span();
        emitter.naively_switch_states(true);
        let mut reading = Reading { text, counted: (0, 1), ..Reading::default() };
        for token in Tokenizer::new_with_emitter(text, emitter) {
            // Text in memory can't fail to be read.
            let Ok(token) = token;
            match token {
                Token::StartTag(tag) => reading.start(&tag)?,
                Token::EndTag(tag) => reading.end(&tag.name)?,
                Token::String(string) => reading.text(&String::from_utf8_lossy(&string.value)),
                Token::Comment(_) | Token::Doctype(_) | Token::Error(_) => {}
            }
        }
        reading.end_table()?;
        reading.page.stray_text = reading.outside.len() as u64;
        Ok(reading.page)
    }
}

impl Reading<'_> {
    fn start(&mut self, tag: &StartTag<usize>) -> Result<(), TableError> {
        match (&**tag.name, self.depth) {
            (b"table", depth) => {
                self.depth += 1;
                if depth == 0 {
                    self.table = Some(PageTable { above: self.outside.join("\n"), ..PageTable::default() });
                    self.outside.clear();
                }
                self.break_line();
            }
            (b"tr", 1) => {
                self.end_row()?;
                self.row = Some(GridRow { line: self.line(tag.span.start), ..GridRow::default() });
            }
            (name @ (b"td" | b"th"), 1) => {
                self.end_cell()?;
                if self.row.is_none() {
                    self.row = Some(GridRow { line: self.line(tag.span.start), ..GridRow::default() });
                }
                let span = |name: &[u8]| {
                    let value = tag.attributes.get(name).and_then(|value| std::str::from_utf8(value).ok());
                    value.and_then(|value| value.trim().parse::<usize>().ok()).unwrap_or(1).max(1)
                };
                let (columns, rows) = (span(b"colspan").min(MAX_COLSPAN), span(b"rowspan").min(MAX_ROWSPAN));
                self.cell = Some(Cell { text: String::new(), columns, rows, is_header: name == b"th" });
            }
            (b"script" | b"style" | b"title" | b"template", _) if !tag.self_closing => {
                self.unread.get_or_insert_with(|| tag.name.to_vec());
            }
            (name, _) if breaks_line(name) => self.break_line(),
            _ => {}
        }
        Ok(())
    }

    fn end(&mut self, name: &[u8]) -> Result<(), TableError> {
        if self.unread.as_deref() == Some(name) {
            self.unread = None;
        }
        match (name, self.depth) {
            (b"table", 0) => {}
            (b"table", 1) => self.end_table()?,
            (b"table", _) => {
                self.depth -= 1;
                self.break_line();
            }
            (b"tr" | b"thead" | b"tbody" | b"tfoot", 1) => self.end_row()?,
            (b"td" | b"th", 1) => self.end_cell()?,
            (name, _) if breaks_line(name) => self.break_line(),
            _ => {}
        }
        Ok(())
    }

    fn text(&mut self, text: &str) {
        if self.unread.is_some() {
            return;
        }
        if let Some(cell) = &mut self.cell {
            append(&mut cell.text, text);
            return;
        }
        let mut line = String::new();
        append(&mut line, text);
        let line = line.trim();
        if line.is_empty() {
            return;
        }
        match &mut self.table {
            // A caption, or what browsers move above the table.
            Some(table) => {
                let gap = if table.above.is_empty() { "" } else { "\n" };
                table.above.extend([gap, line]);
            }
            None => self.outside.push(line.to_owned()),
        }
    }

    fn break_line(&mut self) {
        if let Some(cell) = &mut self.cell {
            let end = cell.text.trim_end().len();
            cell.text.truncate(end);
            if !cell.text.is_empty() {
                cell.text.push('\n');
            }
        }
    }

    fn end_cell(&mut self) -> Result<(), TableError> {
        let (Some(cell), Some(row)) = (self.cell.take(), &mut self.row) else { return Ok(()) };
        fill_spanned(row, &mut self.reach);
        let begin = row.cells.len();
        row.is_header = cell.is_header && (begin == 0 || row.is_header);
        row.cells.push(cell.text.trim().to_owned());
        row.cells.resize(begin + cell.columns, String::new());
        self.cells += cell.columns;
        if self.reach.len() < row.cells.len() {
            self.reach.resize(row.cells.len(), 0);
        }
        // The row itself takes one away at its end.
        self.reach[begin..row.cells.len()].fill(cell.rows);
        if self.cells > MAX_CELLS || row.cells.len() > MAX_COLUMNS {
            let what = format!("the number of cells up to line {}", row.line);
            let limit = format!("{MAX_CELLS}, or {MAX_COLUMNS} in a row");
            return Err(TableError::Limit { what, limit });
        }
        Ok(())
    }

    fn end_row(&mut self) -> Result<(), TableError> {
        self.end_cell()?;
        let Some(mut row) = self.row.take() else { return Ok(()) };
        fill_spanned(&mut row, &mut self.reach);
        self.reach.iter_mut().for_each(|rows| *rows = rows.saturating_sub(1));
        if let Some(table) = self.table.as_mut().filter(|_| !row.cells.is_empty()) {
            table.rows.push(row);
        }
        Ok(())
    }

    fn end_table(&mut self) -> Result<(), TableError> {
        self.end_row()?;
        self.depth = 0;
        self.reach.clear();
        self.page.tables.extend(self.table.take());
        Ok(())
    }

    fn line(&mut self, at: usize) -> u64 {
        let (from, line) = self.counted;
        let at = at.clamp(from, self.text.len());
        self.counted = (at, line + memchr_iter(b'\n', &self.text[from..at]).count() as u64);
        self.counted.1
    }
}

/// Empty cells where cells of rows above reach in.
fn fill_spanned(row: &mut GridRow, reach: &mut [usize]) {
    while reach.get(row.cells.len()).is_some_and(|rows| *rows > 0) {
        row.cells.push(String::new());
    }
}

/// Elements that stand on lines of their own.
fn breaks_line(name: &[u8]) -> bool {
    const BLOCKS: [&[u8]; 18] = [
        b"br", b"p", b"div", b"li", b"ul", b"ol", b"tr", b"table", b"h1", b"h2", b"h3", b"h4", b"h5", b"h6", b"hr",
        b"pre", b"dt", b"dd",
    ];
    BLOCKS.contains(&name)
}

/// Appends text as browsers show it: any spaces are one space, none stands at the beginning of a line.
fn append(line: &mut String, text: &str) {
    for character in text.chars() {
        if !character.is_whitespace() {
            line.push(character);
        } else if !line.is_empty() && !line.ends_with([' ', '\n']) {
            line.push(' ');
        }
    }
}
