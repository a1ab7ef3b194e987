//! Builds an `.xlsx` out of strings of XML.

use std::io::{Cursor, Write as _};

use zip::ZipWriter;
use zip::write::SimpleFileOptions;

const MAIN: &str = "xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\"";

/// A workbook to be.
pub(super) struct Book {
    sheets: Vec<(String, String, &'static str, String)>,
    formats: Vec<String>,
    strings: String,
    properties: &'static str,
}

/// A workbook of one visible sheet `Data` with these rows.
pub(super) fn book(rows: &str) -> Book {
    Book { sheets: Vec::new(), formats: Vec::new(), strings: String::new(), properties: "" }.sheet("Data", "", rows)
}

impl Book {
    /// One more sheet; `state` is an attribute such as `state="hidden"`.
    pub(super) fn sheet(mut self, name: &str, state: &str, rows: &str) -> Self {
        let xml = format!("<worksheet {MAIN}><sheetData>{rows}</sheetData></worksheet>");
        self.sheets.push((name.to_owned(), state.to_owned(), "worksheet", xml));
        self
    }

    /// One more sheet without cells, of charts, dialogs, or macros.
    pub(super) fn other(mut self, name: &str, kind: &'static str) -> Self {
        self.sheets.push((name.to_owned(), String::new(), kind, "<chartsheet/>".to_owned()));
        self
    }

    /// Number formats for the styles 1, 2, …
    pub(super) fn formats(mut self, codes: &[&str]) -> Self {
        self.formats = codes.iter().map(|code| (*code).to_owned()).collect();
        self
    }

    /// Shared texts: `<si>…</si>` and so on.
    pub(super) fn strings(mut self, items: &str) -> Self {
        items.clone_into(&mut self.strings);
        self
    }

    /// Days begin in 1904.
    pub(super) fn since_1904(mut self) -> Self {
        self.properties = "<workbookPr date1904=\"1\"/>";
        self
    }

    /// The file.
    pub(super) fn bytes(self) -> Vec<u8> {
        let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
        let mut part = |name: &str, xml: String| {
            zip.start_file(name, SimpleFileOptions::default()).unwrap();
            zip.write_all(xml.as_bytes()).unwrap();
        };
        part("_rels/.rels", relations(&[relation("r1", "officeDocument", "xl/workbook.xml")]));
        let (mut sheets, mut targets) = (Vec::new(), Vec::new());
        for (index, (name, state, kind, xml)) in self.sheets.into_iter().enumerate() {
            sheets.push(format!("<sheet name=\"{name}\" sheetId=\"{index}\" r:id=\"s{index}\" {state}/>"));
            targets.push(relation(&format!("s{index}"), kind, &format!("sheets/{index}.xml")));
            part(&format!("xl/sheets/{index}.xml"), xml);
        }
        let (properties, sheets) = (self.properties, sheets.concat());
        part("xl/workbook.xml", format!("<workbook {MAIN}>{properties}<sheets>{sheets}</sheets></workbook>"));
        part("xl/_rels/workbook.xml.rels", relations(&targets));
        part("xl/styles.xml", styles(&self.formats));
        part("xl/sharedStrings.xml", format!("<sst {MAIN}>{}</sst>", self.strings));
        zip.finish().unwrap().into_inner()
    }
}

fn relation(id: &str, kind: &str, target: &str) -> String {
    format!("<Relationship Id=\"{id}\" Type=\"http://any/relationships/{kind}\" Target=\"{target}\"/>")
}

fn relations(inside: &[String]) -> String {
    format!("<Relationships>{}</Relationships>", inside.concat())
}

fn styles(formats: &[String]) -> String {
    let code = |(id, code)| format!("<numFmt numFmtId=\"{id}\" formatCode=\"{code}\"/>");
    let codes: Vec<_> = (164..).zip(formats).map(code).collect();
    let style = |id| format!("<xf numFmtId=\"{id}\"/>");
    let styles: Vec<_> = (164..).take(formats.len()).map(style).collect();
    let (codes, styles) = (codes.concat(), styles.concat());
    format!("<styleSheet {MAIN}><numFmts>{codes}</numFmts><cellXfs><xf numFmtId=\"0\"/>{styles}</cellXfs></styleSheet>")
}

/// A row of inline texts.
pub(super) fn texts(row: u32, cells: &[&str]) -> String {
    let cell = |text: &&str| format!("<c t=\"inlineStr\"><is><t>{text}</t></is></c>");
    format!("<row r=\"{row}\">{}</row>", cells.iter().map(cell).collect::<Vec<_>>().concat())
}
