//! Workbooks: files as they are, and parts of a workbook, which are packed first.
//!
//! Damage to a packed file is seldom seen behind its checksums. So bytes that are no archive are taken for the parts of
//! an `.xlsx`, each ended by a zero byte: a sheet, shared texts, styles, the workbook, its relations. A part that is
//! missing is as short as can be.
#![no_main]

use std::io::{Cursor, Write as _};

use libfuzzer_sys::fuzz_target;
use textmill::core::tabular::format::Promise;
use textmill_fuzz::{Reader, options_of, read_twice, watch_panics};
use zip::ZipWriter;
use zip::result::ZipResult;
use zip::write::SimpleFileOptions;

/// Names of the parts, and what each is when it is missing.
const PARTS: [(&str, &str); 5] = [
    ("xl/sheets/1.xml", "<worksheet><sheetData><row r='1'><c t='s'><v>0</v></c></row></sheetData></worksheet>"),
    ("xl/sharedStrings.xml", "<sst><si><t>text</t></si></sst>"),
    (
        "xl/styles.xml",
        "<styleSheet><numFmts><numFmt numFmtId='164' formatCode='yyyy-mm-dd'/></numFmts><cellXfs><xf numFmtId='0'/>\
         <xf numFmtId='164'/><xf numFmtId='21'/><xf numFmtId='22'/><xf numFmtId='46'/></cellXfs></styleSheet>",
    ),
    ("xl/workbook.xml", "<workbook><sheets><sheet name='Data' sheetId='1' r:id='s1'/></sheets></workbook>"),
    (
        "xl/_rels/workbook.xml.rels",
        "<Relationships><Relationship Id='s1' Type='http://any/relationships/worksheet' Target='sheets/1.xml'/>\
         </Relationships>",
    ),
];
/// What says that it is a workbook.
const ROOT: &str = "<Relationships><Relationship Id='r1' Type='http://any/relationships/officeDocument' \
                    Target='xl/workbook.xml'/></Relationships>";

fuzz_target!(init: watch_panics(Reader::InWorker), |bytes: &[u8]| {
    if bytes.starts_with(b"PK") || bytes.starts_with(b"\xd0\xcf\x11\xe0") || bytes.starts_with(b"\x09\x08\x10\0") {
        read_twice(bytes, Promise::Workbook, options_of(bytes));
    } else {
        read_twice(&packed(bytes).expect("an archive in memory"), Promise::Workbook, options_of(bytes));
    }
});

fn packed(bytes: &[u8]) -> ZipResult<Vec<u8>> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    let mut part = |name: &str, content: &[u8]| -> ZipResult<()> {
        zip.start_file(name, SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored))?;
        Ok(zip.write_all(content)?)
    };
    part("_rels/.rels", ROOT.as_bytes())?;
    let mut given = bytes.split(|byte| *byte == 0);
    for (name, shortest) in PARTS {
        part(name, given.next().filter(|content| !content.is_empty()).unwrap_or(shortest.as_bytes()))?;
    }
    Ok(zip.finish()?.into_inner())
}
