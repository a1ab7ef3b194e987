//! What cells hold.

use arrow_array::{
    BooleanArray, Date32Array, DurationMicrosecondArray, Float64Array, Int64Array, Time64MicrosecondArray,
    TimestampMicrosecondArray,
};

use super::builder::{book, texts};
use super::{read_one, read_with};
use crate::core::tabular::column::ColumnNote;
use crate::core::tabular::table::TableOptions;

/// 2021-01-01 in days and microseconds since 1970-01-01.
const DAY: i32 = 18_628;
const DAY_US: i64 = 18_628 * 86_400_000_000;

fn notes(read: &super::Read, column: usize) -> &[ColumnNote] {
    &read.report.columns[column].notes
}

#[test]
fn each_type_of_cell_makes_its_type_of_column() {
    let rows = texts(1, &["whole", "decimal", "flag", "text"])
        + "<row><c><v>1</v></c><c><v>1.5</v></c><c t=\"b\"><v>1</v></c><c t=\"str\"><v>007</v></c></row>\
           <row><c><v>-9007199254740992</v></c><c><v>2</v></c><c t=\"b\"><v>0</v></c><c t=\"s\"><v>0</v></c></row>\
           <row><c/><c><v>1E-3</v></c><c t=\"b\"/><c t=\"s\"><v>1</v></c></row>";
    let strings = "<si><t>a &amp; b</t></si><si><r><t>ri</t></r><r><rPr/><t xml:space=\"preserve\">ch </t></r>\
                   <rPh><t>hint</t></rPh></si>";
    let read = read_one(&book(&rows).strings(strings).bytes());
    assert_eq!(read.columns(), ["whole: Int64", "decimal: Float64", "flag: Boolean", "text: Utf8"]);
    assert_eq!(read.values::<Int64Array>(0), Int64Array::from(vec![Some(1), Some(-(1 << 53)), None]));
    assert_eq!(read.values::<Float64Array>(1), Float64Array::from(vec![1.5, 2.0, 0.001]));
    assert_eq!(read.values::<BooleanArray>(2), BooleanArray::from(vec![Some(true), Some(false), None]));
    assert_eq!(read.texts(3), [Some("007"), Some("a & b"), Some("rich ")]);
}

#[test]
fn number_formats_tell_dates_times_and_spans() {
    let rows = texts(1, &["day", "moment", "time", "span", "both"])
        + "<row><c s=\"1\"><v>44197</v></c><c s=\"2\"><v>44197</v></c><c s=\"3\"><v>0.5</v></c><c s=\"4\"><v>1.25</v></c>\
           <c s=\"1\"><v>44197</v></c></row>\
           <row><c s=\"1\"><v>44198</v></c><c s=\"2\"><v>44197.5</v></c><c s=\"3\"><v>0.25</v></c><c s=\"4\"><v>-1</v></c>\
           <c s=\"2\"><v>44197.5</v></c></row>";
    let codes = ["yyyy-mm-dd", "yyyy-mm-dd hh:mm", "h:mm", "[h]:mm"];
    let read = read_one(&book(&rows).formats(&codes).bytes());
    let expected =
        ["day: Date32", "moment: Timestamp(µs)", "time: Time64(µs)", "span: Duration(µs)", "both: Timestamp(µs)"];
    assert_eq!(read.columns(), expected);
    assert_eq!(read.values::<Date32Array>(0), Date32Array::from(vec![DAY, DAY + 1]));
    let half = DAY_US + 43_200_000_000;
    assert_eq!(read.values::<TimestampMicrosecondArray>(1), TimestampMicrosecondArray::from(vec![DAY_US, half]));
    let times = Time64MicrosecondArray::from(vec![43_200_000_000, 21_600_000_000]);
    assert_eq!(read.values::<Time64MicrosecondArray>(2), times);
    let spans = DurationMicrosecondArray::from(vec![108_000_000_000, -86_400_000_000]);
    assert_eq!(read.values::<DurationMicrosecondArray>(3), spans);
    assert_eq!(read.values::<TimestampMicrosecondArray>(4), TimestampMicrosecondArray::from(vec![DAY_US, half]));
}

#[test]
fn days_since_1904_are_four_years_later() {
    let rows = texts(1, &["day"]) + "<row><c s=\"1\"><v>42735</v></c></row>";
    let read = read_one(&book(&rows).formats(&["d.m.yy"]).since_1904().bytes());
    assert_eq!(read.values::<Date32Array>(0), Date32Array::from(vec![DAY]));
}

#[test]
fn iso_dates_are_dates() {
    let rows = texts(1, &["day"])
        + "<row><c t=\"d\"><v>2021-01-01</v></c></row><row><c t=\"d\"><v>2021-01-01T12:00:00Z</v></c></row>";
    let read = read_one(&book(&rows).bytes());
    let expected = TimestampMicrosecondArray::from(vec![DAY_US, DAY_US + 43_200_000_000]);
    assert_eq!(read.values::<TimestampMicrosecondArray>(0), expected);
}

#[test]
fn errors_and_null_words_are_missing_beside_values_and_text_beside_text() {
    let error = "<c t=\"e\"><f>1/0</f><v>#DIV/0!</v></c>";
    let word = "<c t=\"str\"><v>n/a</v></c>";
    let rows = texts(1, &["number", "text", "flag"])
        + &format!("<row><c><v>1</v></c><c t=\"str\"><v>x</v></c><c t=\"b\"><v>1</v></c></row>")
        + &format!("<row>{error}{error}{word}</row><row>{word}{word}{error}</row>");
    let read = read_one(&book(&rows).bytes());
    assert_eq!(read.columns(), ["number: Int64", "text: Utf8", "flag: Boolean"]);
    assert_eq!(read.values::<Int64Array>(0), Int64Array::from(vec![Some(1), None, None]));
    assert_eq!(read.texts(1), [Some("x"), Some("#DIV/0!"), Some("n/a")]);
    assert_eq!(notes(&read, 0), [ColumnNote::NullWords { count: 1 }, ColumnNote::ErrorCells { count: 1 }]);
    assert_eq!(notes(&read, 1), []);
}

#[test]
fn a_mixed_column_is_text_and_keeps_every_value() {
    let rows = texts(1, &["mixed"])
        + "<row><c><v>7</v></c></row><row><c><v>0.1</v></c></row><row><c t=\"b\"><v>1</v></c></row>\
           <row><c s=\"1\"><v>44197</v></c></row><row><c s=\"2\"><v>1.25</v></c></row><row><c t=\"str\"><v>x</v></c></row>";
    let read = read_one(&book(&rows).formats(&["yyyy-mm-dd", "[h]:mm"]).bytes());
    let expected = ["7", "0.1", "true", "2021-01-01", "PT30H0M0S", "x"].map(Some);
    assert_eq!(read.texts(0), expected);
    let types = "boolean, date, duration, number, text".to_owned();
    assert_eq!(notes(&read, 0), [ColumnNote::MixedTypes { types }]);
}

#[test]
fn everything_is_text_if_that_is_wanted() {
    let rows =
        texts(1, &["a", "b"]) + "<row><c><v>7</v></c><c s=\"1\"><v>44197.5</v></c></row><row><c><v>8</v></c></row>";
    let options = TableOptions { as_text: true, ..TableOptions::default() };
    let read = read_with(&book(&rows).formats(&["yyyy-mm-dd hh:mm"]).bytes(), &options).unwrap().remove(0);
    assert_eq!(read.columns(), ["a: Utf8", "b: Utf8"]);
    assert_eq!(read.texts(0), [Some("7"), Some("8")]);
    assert_eq!(read.texts(1), [Some("2021-01-01T12:00:00"), None]);
}

#[test]
fn odd_but_real_xml_is_read() {
    let rows = "<x:row r=\"2\" xmlns:x=\"any\"><x:c r=\"B2\" t=\"str\"><x:f t=\"shared\" si=\"0\"/><x:v>a&lt;_x0041_</x:v></x:c>\
                <x:c t=\"inlineStr\"><x:v>no</x:v><x:is><x:t><![CDATA[<b>]]></x:t></x:is></x:c></x:row>\
                <!-- <row/> --><row><c/><c t=\"n\"><v>many</v></c><c t='str'><v/></c></row><row r=\"9\"/>";
    let read = read_one(&book(rows).bytes());
    assert_eq!(read.columns(), ["a<A: Utf8", "<b>: Utf8"]);
    assert_eq!(read.texts(0), [Some("many")]);
    assert_eq!(read.report.sheet.unwrap().range, "B2:C3");
}
