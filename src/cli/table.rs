//! Tables for people, columns aligned by what a terminal shows.

use std::fmt;

use unicode_width::UnicodeWidthStr;

use super::printer::plain;

/// Rows under headings; a column of numbers is aligned to the right.
#[derive(Debug, Clone)]
pub struct Table {
    headings: Vec<String>,
    rows: Vec<Vec<String>>,
}

impl Table {
    /// A table without rows.
    pub fn new<const N: usize>(headings: [&str; N]) -> Self {
        Self::with_headings(headings.map(str::to_owned).to_vec())
    }

    /// A table without rows, under headings that only the data knows.
    pub fn with_headings(headings: Vec<String>) -> Self {
        Self { headings, rows: Vec::new() }
    }

    /// Adds a row; cells beyond the headings are left out, missing ones are empty.
    pub fn row<T: Into<String>>(&mut self, cells: impl IntoIterator<Item = T>) {
        let mut cells: Vec<String> = cells.into_iter().map(|cell| one_line(&cell.into())).collect();
        cells.resize(self.headings.len(), String::new());
        self.rows.push(cells);
    }

    fn column(&self, index: usize) -> (usize, bool) {
        let cells = || self.rows.iter().filter_map(move |row| row.get(index));
        let widest = cells().map(|cell| cell.width()).max().unwrap_or(0);
        let heading = self.headings.get(index).map_or(0, |heading| heading.width());
        let is_number = |cell: &String| cell.parse::<f64>().is_ok();
        (widest.max(heading), !self.rows.is_empty() && cells().all(is_number))
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let columns: Vec<(usize, bool)> = (0..self.headings.len()).map(|index| self.column(index)).collect();
        for row in std::iter::once(&self.headings).chain(&self.rows) {
            let mut line = String::new();
            for (cell, (width, right)) in row.iter().zip(&columns) {
                let gap = " ".repeat(width.saturating_sub(cell.width()));
                let (before, after) = if *right { (gap.as_str(), "") } else { ("", gap.as_str()) };
                line.extend([before, cell, after, "  "]);
            }
            writeln!(f, "{}", line.trim_end())?;
        }
        Ok(())
    }
}

fn one_line(cell: &str) -> String {
    plain(cell).replace('\n', "\\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_align_by_what_a_terminal_shows() {
        let mut table = Table::new(["FILE", "ROWS"]);
        table.row(["数据.csv", "7"]);
        table.row(["e\u{301}te\u{301}.csv", "1200"]);
        table.row(["a\nb\u{7}", "30"]);
        assert_eq!(
            table.to_string(),
            "FILE       ROWS\n数据.csv      7\ne\u{301}te\u{301}.csv    1200\na\\nb\\u{7}    30\n"
        );
    }
}
