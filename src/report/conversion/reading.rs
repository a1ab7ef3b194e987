//! How a table was read: what was found out, and how sure that is.

use crate::core::tabular::delimited::{DialectReport, Escape, LineEnd};
use crate::core::tabular::encoding::Confidence;
use crate::core::tabular::format::FormatName;
use crate::core::tabular::report::{TableReport, Visibility};
use crate::report::text::{delimiter_name, sentence};

/// Something that was found out, and how sure that is.
pub(super) struct Reading {
    pub(super) name: &'static str,
    pub(super) value: String,
    /// Class and word.
    pub(super) confidence: Option<(&'static str, &'static str)>,
}

pub(super) fn format_words(table: &TableReport) -> String {
    match (table.format, &table.dialect) {
        (FormatName::Xlsx, _) => "Excel workbook".to_owned(),
        (FormatName::Xlsb, _) => "binary Excel workbook".to_owned(),
        (FormatName::Xls, _) => "old Excel workbook".to_owned(),
        (FormatName::Ods, _) => "OpenDocument workbook".to_owned(),
        (FormatName::Pdf, _) => "PDF".to_owned(),
        (FormatName::Docx, _) => "Word document".to_owned(),
        (FormatName::Html, _) => "web page".to_owned(),
        (FormatName::HtmlTable, _) => "table of a web page".to_owned(),
        (FormatName::Xml, _) => "XML".to_owned(),
        (FormatName::Parquet, _) => "Parquet".to_owned(),
        (FormatName::Json, _) => "JSON".to_owned(),
        (FormatName::JsonLines, _) => "JSON Lines".to_owned(),
        (FormatName::Delimited, Some(DialectReport { delimiter, .. })) => match &delimiter.value {
            Some(delimiter) => format!("{}-separated text", delimiter_name(delimiter)),
            None => "one value a line".to_owned(),
        },
        (FormatName::Delimited, None) => "delimited text".to_owned(),
    }
}

pub(super) fn readings(table: &TableReport) -> Vec<Reading> {
    let certain = |name, value: String| Reading { name, value, confidence: None };
    let format = match &table.packing {
        Some(packing) => format!("{}, packed with {packing}", format_words(table)),
        None => format_words(table),
    };
    let delimiter = table.dialect.as_ref().map(|dialect| dialect.delimiter.confidence);
    let mut readings =
        vec![Reading { name: "Format", value: sentence_start(&format), confidence: delimiter.map(confidence) }];
    if let Some(encoding) = &table.encoding {
        let confidence = Some(confidence(encoding.confidence));
        readings.push(Reading { name: "Encoding", value: encoding.value.clone(), confidence });
    }
    if let Some(sheet) = &table.sheet {
        readings.push(certain("Cells", sheet.range.clone()));
        readings.extend(visibility(sheet.visibility).map(|text| certain("Shown", text.to_owned())));
    }
    readings.extend(table.element.as_ref().map(|element| certain("Rows are", element.clone())));
    if let Some(header) = table.header() {
        let text = if header.value { "First row names the columns" } else { "None; first row is data" };
        readings.push(Reading {
            name: "Header",
            value: text.to_owned(),
            confidence: Some(confidence(header.confidence)),
        });
    }
    if let Some(dialect) = &table.dialect {
        readings.push(certain("Quotes", quotes(dialect)));
        if dialect.line_end == LineEnd::CarriageReturn {
            readings.push(certain("Line ends", "Carriage returns, as on old Macs".to_owned()));
        }
    }
    readings
}

fn quotes(dialect: &DialectReport) -> String {
    let text = match (dialect.quoting, dialect.escape) {
        (false, _) => "Quotes are ordinary characters",
        (true, Escape::Double) => "Fields may be quoted; \"\" is a quote inside quotes",
        (true, Escape::Backslash) => "Fields may be quoted; \\\" is a quote inside quotes",
    };
    text.to_owned()
}

fn sentence_start(text: &str) -> String {
    sentence(text).trim_end_matches('.').to_owned()
}

fn confidence(confidence: Confidence) -> (&'static str, &'static str) {
    match confidence {
        Confidence::Certain => ("sure", "certain"),
        Confidence::High => ("sure", "fits throughout"),
        Confidence::Low => ("look", "a guess"),
    }
}

fn visibility(visibility: Visibility) -> Option<&'static str> {
    match visibility {
        Visibility::Visible => None,
        Visibility::Hidden => Some("No: the sheet is hidden"),
        Visibility::VeryHidden => Some("No: the sheet is hidden by a program"),
    }
}
