//! Text that is put together of words, lines and table cells, the way a reader would copy it out of a page.
//!
//! For: formats whose markup says where lines and cells begin (HTML, Word). Not for: deciding which markup does. The
//! one decision: a break is owed until text follows, so empty elements leave no empty lines, and a break at the
//! beginning of a cell leaves the cell in its row.

/// Text in lines; a row of a table is a line with a tab between its cells.
#[derive(Debug, Default)]
pub(super) struct Flow {
    text: String,
    /// What stands between the text so far and the text to come.
    owed: Owed,
    /// Cells begun in the current row, for each table around.
    tables: Vec<usize>,
    /// Whether the current cell holds nothing yet.
    cell_begins: bool,
}

#[derive(Debug, Default)]
struct Owed {
    row: bool,
    tabs: usize,
    line: bool,
    space: bool,
}

impl Flow {
    /// Bytes of text so far.
    pub(super) fn len(&self) -> usize {
        self.text.len()
    }

    /// Appends text in which any white space is one space, and none at the ends of a line.
    pub(super) fn words(&mut self, text: &str) {
        let is_space = |c: char| c.is_ascii_whitespace();
        for (index, word) in text.split(is_space).enumerate() {
            self.owed.space |= index > 0;
            if word.is_empty() {
                continue;
            }
            self.settle();
            self.text.extend(word.chars().filter(|c| !c.is_control()));
        }
    }

    /// Appends text as it is, except for control characters that are neither line breaks nor tabs.
    pub(super) fn verbatim(&mut self, text: &str) {
        if !text.is_empty() {
            self.settle();
            self.text.extend(text.chars().filter(|c| is_kept(*c)));
        }
    }

    /// What follows stands on a line of its own.
    pub(super) fn line(&mut self) {
        if !self.cell_begins {
            self.owed.line = true;
        }
    }

    /// A table begins.
    pub(super) fn begin_table(&mut self) {
        self.line();
        self.tables.push(0);
    }

    /// The innermost table ends.
    pub(super) fn end_table(&mut self) {
        self.tables.pop();
        self.owed = Owed { line: true, ..Owed::default() };
        self.cell_begins = false;
    }

    /// A row of the innermost table begins.
    pub(super) fn begin_row(&mut self) {
        match self.tables.last_mut() {
            Some(cells) => *cells = 0,
            None => return self.line(),
        }
        self.owed = Owed { row: true, ..Owed::default() };
        self.cell_begins = false;
    }

    /// A cell of the innermost table begins.
    pub(super) fn begin_cell(&mut self) {
        let Some(cells) = self.tables.last_mut() else { return self.line() };
        self.owed.tabs += usize::from(*cells > 0);
        self.owed.line = false;
        self.owed.space = false;
        *cells += 1;
        self.cell_begins = true;
    }

    /// Whether a table is around.
    pub(super) fn in_table(&self) -> bool {
        !self.tables.is_empty()
    }

    /// The text so far, `None` if it is blank; begins anew.
    pub(super) fn take(&mut self) -> Option<String> {
        self.owed = Owed::default();
        let mut text = std::mem::take(&mut self.text);
        text.truncate(text.trim_end().len());
        let begin = text.len() - text.trim_start_matches('\n').len();
        text.drain(..begin);
        (!text.is_empty()).then_some(text)
    }

    /// The text so far on one line, `None` if it is blank; begins anew.
    pub(super) fn take_line(&mut self) -> Option<String> {
        let text = self.take()?;
        let words: Vec<_> = text.split(['\n', '\t', ' ']).filter(|word| !word.is_empty()).collect();
        Some(words.join(" "))
    }

    fn settle(&mut self) {
        let owed = std::mem::take(&mut self.owed);
        let begins = self.text.is_empty() || self.text.ends_with('\n');
        if (owed.row || owed.line) && !begins {
            self.text.push('\n');
        } else if owed.space && owed.tabs == 0 && !begins && !self.text.ends_with([' ', '\t']) {
            self.text.push(' ');
        }
        self.text.extend(std::iter::repeat_n('\t', owed.tabs));
        self.cell_begins = false;
    }
}

/// Whether a character is text: everything but control characters, of which line breaks and tabs are kept.
pub(super) fn is_kept(c: char) -> bool {
    !c.is_control() || matches!(c, '\n' | '\t')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn white_space_is_one_space_inside_a_line_and_none_around_it() {
        let mut flow = Flow::default();
        flow.words("  one\n two ");
        flow.words("\tthree");
        flow.line();
        flow.line();
        flow.words(" four ");
        assert_eq!(flow.take().as_deref(), Some("one two three\nfour"));
        assert_eq!(flow.take(), None);
    }

    #[test]
    fn rows_are_lines_and_empty_cells_keep_their_place() {
        let mut flow = Flow::default();
        flow.words("before");
        flow.begin_table();
        for row in [["a", "b", "c"], ["", "2", ""], ["", "", "3"]] {
            flow.begin_row();
            for cell in row {
                flow.begin_cell();
                flow.line();
                flow.words(cell);
                flow.line();
            }
        }
        flow.end_table();
        flow.words("after");
        assert_eq!(flow.take().as_deref(), Some("before\na\tb\tc\n\t2\n\t\t3\nafter"));
    }

    #[test]
    fn a_second_line_in_a_cell_stays_a_line_and_nested_tables_begin_one() {
        let mut flow = Flow::default();
        flow.begin_table();
        flow.begin_row();
        flow.begin_cell();
        flow.words("a");
        flow.line();
        flow.words("b");
        flow.begin_cell();
        flow.words("c");
        flow.begin_table();
        flow.begin_row();
        flow.begin_cell();
        flow.words("inner");
        flow.end_table();
        flow.begin_cell();
        flow.words("d");
        flow.end_table();
        assert_eq!(flow.take().as_deref(), Some("a\nb\tc\ninner\td"));
    }

    #[test]
    fn control_characters_are_left_out() {
        let mut flow = Flow::default();
        flow.verbatim("a\u{1}b\tc\nd\u{7f}\u{85}");
        flow.words("\u{2}e");
        assert_eq!(flow.take().as_deref(), Some("ab\tc\nde"));
    }
}
