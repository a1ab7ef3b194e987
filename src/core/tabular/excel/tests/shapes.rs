//! Where tables lie, and which sheets are tables.

use super::builder::{book, texts};
use super::{read, read_one, read_with};
use crate::core::tabular::encoding::Confidence;
use crate::core::tabular::error::TableError;
use crate::core::tabular::report::{TableNote, Visibility};
use crate::core::tabular::table::TableOptions;

#[test]
fn each_sheet_with_a_value_is_a_table_hidden_ones_too() {
    let rows = texts(1, &["a"]) + &texts(2, &["x"]);
    let book = book(&rows)
        .sheet("Empty", "", "")
        .other("Chart", "chartsheet")
        .other("Macro", "xlMacrosheet")
        .sheet("Hidden &amp; more", "state=\"hidden\"", &rows)
        .sheet("Deep", "state=\"veryHidden\"", &rows);
    let sheets: Vec<_> = read(&book.bytes()).unwrap().into_iter().map(|read| read.report.sheet.unwrap()).collect();
    let found: Vec<_> = sheets.iter().map(|sheet| (sheet.name.as_str(), sheet.visibility)).collect();
    let expected =
        [("Data", Visibility::Visible), ("Hidden & more", Visibility::Hidden), ("Deep", Visibility::VeryHidden)];
    assert_eq!(found, expected);
}

#[test]
fn what_is_empty_around_the_table_is_not_part_of_it() {
    let rows = "<row r=\"3\"><c r=\"C3\" t=\"str\"><v>id</v></c><c r=\"D3\" t=\"str\"><v>n</v></c></row>\
                <row r=\"4\"><c r=\"C4\" t=\"str\"><v>x</v></c><c r=\"D4\"><v>1</v></c><c r=\"Z4\" s=\"1\"/></row><row r=\"99\"/>";
    let read = read_one(&book(rows).bytes());
    let sheet = read.report.sheet.clone().unwrap();
    assert_eq!((sheet.range.as_str(), sheet.header.value, sheet.header.confidence), ("C3:D4", true, Confidence::High));
    assert_eq!(read.columns(), ["id: Utf8", "n: Int64"]);
    assert_eq!(read.row_count(), 1);
}

#[test]
fn short_gaps_are_rows_and_long_ones_are_counted() {
    let value = |row: u32| format!("<row r=\"{row}\"><c><v>{row}</v></c></row>");
    let rows = texts(1, &["n"]) + &value(2) + &value(5) + &value(1_006) + &value(2_008);
    let read = read_one(&book(&rows).bytes());
    assert_eq!(read.row_count(), 1_005 + 1);
    assert_eq!(read.notes, [TableNote::BlankRows { count: 1_001 }]);
}

#[test]
fn two_cells_at_the_ends_of_a_sheet_take_no_room_between_them() {
    let rows = "<row r=\"1\"><c r=\"A1\" t=\"str\"><v>a</v></c></row>\
                <row r=\"1048576\"><c r=\"XFD1048576\"><v>1</v></c></row>";
    let read = read_one(&book(rows).bytes());
    assert_eq!((read.row_count(), read.report.columns.len()), (1, 16_384));
    assert_eq!(read.notes, [TableNote::BlankRows { count: 1_048_574 }]);
}

#[test]
fn a_box_beyond_the_limit_is_refused() {
    let cell = |step| format!("<row r=\"{}\"><c r=\"XFD{0}\"><v>1</v></c></row>", step * 1_000 + 2);
    let cells = (0..104).map(cell).collect::<Vec<_>>().concat();
    let rows = texts(1, &["a"]) + &cells;
    let error = read(&book(&rows).bytes()).unwrap_err();
    assert!(matches!(error, TableError::Limit { .. }), "{error}");
}

#[test]
fn titles_above_a_complete_table_are_kept_apart() {
    let rows = texts(1, &["Emissions by site"])
        + &texts(3, &["Source: annual report"])
        + &texts(5, &["site", "t"])
        + "<row r=\"6\"><c t=\"str\"><v>A</v></c><c><v>1</v></c></row><row><c t=\"str\"><v>B</v></c><c><v>2</v></c></row>";
    let read = read_one(&book(&rows).bytes());
    assert_eq!(read.preamble.as_deref(), Some("Emissions by site\nSource: annual report"));
    assert_eq!(read.notes, [TableNote::Preamble { lines: 2 }]);
    assert_eq!((read.columns(), read.row_count()), (vec!["site: Utf8".to_owned(), "t: Int64".to_owned()], 2));
    assert_eq!(read.report.sheet.unwrap().range, "A5:B7");
}

#[test]
fn a_first_row_with_values_names_the_columns_unless_an_option_says_otherwise() {
    let rows = "<row><c><v>1</v></c><c><v>2</v></c></row><row><c><v>3</v></c><c><v>4</v></c></row>";
    let bytes = book(rows).bytes();
    let guessed = read_one(&bytes);
    assert_eq!((guessed.columns(), guessed.row_count()), (vec!["1: Int64".to_owned(), "2: Int64".to_owned()], 1));
    assert_eq!(guessed.report.sheet.unwrap().header.confidence, Confidence::Low);
    let options = TableOptions { header: Some(false), ..TableOptions::default() };
    assert_eq!(read_with(&bytes, &options).unwrap().remove(0).columns(), ["0: Int64", "1: Int64"]);
}

#[test]
fn years_and_values_above_texts_are_names() {
    let years = "<c><v>2019</v></c><c><v>2020</v></c><c><v>2021</v></c>";
    let rows = format!("<row><c t=\"str\"><v>country</v></c>{years}</row><row><c t=\"str\"><v>A</v></c>{years}</row>");
    assert_eq!(
        read_one(&book(&rows).bytes()).columns(),
        ["country: Utf8", "2019: Int64", "2020: Int64", "2021: Int64"]
    );
    let rows = "<row><c><v>0</v></c><c t=\"str\"><v>age</v></c></row><row><c><v>1</v></c><c><v>32</v></c></row>";
    assert_eq!(read_one(&book(rows).bytes()).columns(), ["0: Int64", "age: Int64"]);
    let rows = "<row><c><v>1</v></c></row><row><c t=\"str\"><v>A</v></c></row>";
    assert_eq!(read_one(&book(rows).bytes()).columns(), ["1: Utf8"]);
}

#[test]
fn long_tables_come_in_batches() {
    let cell = |row| format!("<row r=\"{row}\"><c><v>{row}</v></c></row>");
    let rows = (2..40_002).map(cell).collect::<Vec<_>>().concat();
    let read = read_one(&book(&(texts(1, &["n"]) + &rows)).bytes());
    assert_eq!(read.row_count(), 40_000);
    assert!(read.rows.len() > 2);
}

#[test]
fn a_long_text_that_stands_everywhere_does_not_fill_the_memory() {
    let cells: String = (0..2_000).map(|_| "<row><c t=\"s\"><v>0</v></c></row>").collect();
    let long = format!("<si><t>{}</t></si>", "x".repeat(32_000));
    let read = read_one(&book(&(texts(1, &["n"]) + &cells)).strings(&long).bytes());
    assert_eq!(read.row_count(), 2_000);
    assert!(read.rows.len() >= 7, "{} batches", read.rows.len());
}

#[test]
fn what_is_no_workbook_says_why() {
    let fails = |bytes: &[u8]| read(bytes).unwrap_err();
    assert!(matches!(fails(&book("").bytes()), TableError::Empty));
    let whole = book(&texts(1, &["a"])).bytes();
    assert!(matches!(fails(&whole[..whole.len() / 2]), TableError::Broken { .. }));
    let error = fails(&book("<row><c t=\"s\"><v>3</v></c></row>").bytes());
    assert_eq!(error.to_string(), "the sheet `Data` is broken: A1 refers to text 3, of which there are 0");
    let error = fails(&book("<row><c r=\"A0\"><v>3</v></c></row>").bytes());
    assert_eq!(error.to_string(), "the sheet `Data` is broken: a cell has the place `A0`");
    let bomb = book(&" ".repeat(60 << 20)).bytes();
    assert!(matches!(fails(&bomb), TableError::Limit { .. }));
}
