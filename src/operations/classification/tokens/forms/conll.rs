//! CoNLL: a token and its tag on a line, a blank line between texts.

use super::super::Tagged;
use super::super::tag::is_tag;
use super::{Content, Row};

/// Stands where a new document begins.
const DOCUMENT: &str = "-DOCSTART-";

/// Puts lines together.
#[derive(Debug, Default)]
pub(super) struct Sentences {
    line: u64,
    begun_at: u64,
    open: Tagged,
    wrong: Option<String>,
    /// Marks of new documents.
    pub(super) documents: u64,
    /// Most columns between a token and its tag.
    pub(super) columns_between: usize,
}

impl Sentences {
    /// Takes the next line; the text that it ends, if it ends one.
    pub(super) fn take(&mut self, line: &str) -> Option<Row> {
        self.line += 1;
        if line.trim().is_empty() {
            return self.end();
        }
        let columns: Vec<&str> =
            if line.contains('\t') { line.split('\t').collect() } else { line.split_whitespace().collect() };
        let is_first = self.open.tokens.is_empty() && self.wrong.is_none();
        if is_first && columns[0] == DOCUMENT {
            self.documents += 1;
            return None;
        }
        if is_first && is_comment(line, &columns) {
            return None;
        }
        if is_first {
            self.begun_at = self.line;
        }
        match columns[..] {
            [token, ref between @ .., tag] => {
                self.columns_between = self.columns_between.max(between.len());
                self.open.tokens.push(token.to_owned());
                self.open.tags.push(tag.to_owned());
            }
            _ => self.wrong = self.wrong.take().or_else(|| Some(format!("line {} has no tag", self.line))),
        }
        None
    }

    /// The text that is not ended yet.
    pub(super) fn end(&mut self) -> Option<Row> {
        let (open, wrong) = (std::mem::take(&mut self.open), self.wrong.take());
        let content = match wrong {
            Some(wrong) => Err(wrong),
            None if open.tokens.is_empty() => return None,
            None => Ok(Content::Tagged(open)),
        };
        Some(Row { line: Some(self.begun_at), content })
    }
}

/// A line that begins with `#` and can't be a token with a tag.
fn is_comment(line: &str, columns: &[&str]) -> bool {
    let has_tag = columns.len() > 1 && columns.last().is_some_and(|last| is_tag(last));
    line.starts_with('#') && !line.contains('\t') && !has_tag
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The line of a row, and what it says.
    type Told = (u64, Result<String, String>);

    fn read(text: &str) -> (Vec<Told>, Sentences) {
        let mut sentences = Sentences::default();
        let mut rows: Vec<Row> = text.lines().filter_map(|line| sentences.take(line)).collect();
        rows.extend(sentences.end());
        let told = |content| match content {
            Content::Tagged(tagged) => format!("{}|{}", tagged.tokens.join("_"), tagged.tags.join(" ")),
            Content::Spans(text, _) => text,
        };
        (rows.into_iter().map(|row| (row.line.unwrap(), row.content.map(told))).collect(), sentences)
    }

    fn one(text: &str) -> String {
        read(text).0.remove(0).1.unwrap()
    }

    #[test]
    fn texts_are_parted_by_blank_lines_however_many() {
        let (rows, _) = read("\na\tO\nb\tB-x\n\n \n\nc\tO\n");
        assert_eq!(rows, [(2, Ok("a_b|O B-x".to_owned())), (7, Ok("c|O".to_owned()))]);
        assert_eq!(read("").0, []);
    }

    #[test]
    fn the_tag_is_the_last_of_columns_which_tabs_or_blanks_part() {
        assert_eq!(one("EU NNP I-NP I-ORG\nrejects VBZ I-VP O"), "EU_rejects|I-ORG O");
        assert_eq!(one("New York\tB-LOC"), "New York|B-LOC", "tabs win: a token may hold blanks");
        assert_eq!(read("EU NNP I-NP I-ORG\n").1.columns_between, 2);
    }

    #[test]
    fn marks_of_documents_and_comments_are_no_tokens_but_tokens_with_a_hash_are() {
        let (rows, sentences) =
            read("-DOCSTART- -X- O O\n\n# sent_id = 1\n# text = O dear\na O\n\n-DOCSTART-\n\n#tag\tO\n");
        assert_eq!(rows, [(5, Ok("a|O".to_owned())), (9, Ok("#tag|O".to_owned()))]);
        assert_eq!(sentences.documents, 2);
        assert_eq!(one("# O\na O"), "#_a|O O");
        assert_eq!(one("a O\n#tag B-x"), "a_#tag|O B-x");
    }

    #[test]
    fn a_line_without_a_tag_is_told_with_its_number() {
        let (rows, _) = read("a\tO\nb\nc\n\nd\tO");
        assert_eq!(rows, [(1, Err("line 2 has no tag".to_owned())), (5, Ok("d|O".to_owned()))]);
    }
}
