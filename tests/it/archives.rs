//! Zip archives and markup among the sources.

use std::fs;
use std::io::Write;
use std::path::Path;

use textmill::core::intake::LocalSource;
use textmill::operations::parquet_conversion::{ConversionOptions, ConversionOutcome, FileStatus, convert};
use zip::write::SimpleFileOptions;

use crate::conversion::rows;
use crate::support::unattended;

pub(crate) fn zip(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, bytes) in members {
        writer.start_file(*name, SimpleFileOptions::default()).unwrap();
        writer.write_all(bytes).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

fn run(source: &Path, target: &Path, options: &ConversionOptions) -> ConversionOutcome {
    convert(&LocalSource::at(source).unwrap(), target, options, &unattended()).unwrap()
}

fn lines(outcome: &ConversionOutcome) -> Vec<(&str, FileStatus)> {
    outcome.files.iter().map(|file| (file.source.as_str(), file.status)).collect()
}

#[test]
fn the_files_of_an_archive_are_converted_below_a_folder_named_like_it() {
    let folder = tempfile::tempdir().unwrap();
    let (source, target) = (folder.path().join("in"), folder.path().join("out"));
    fs::create_dir_all(&source).unwrap();
    let inner = zip(&[("x.csv", b"a\n1\n")]);
    let members: [(&str, &[u8]); 7] = [
        ("sub/b.csv", b"a,b\n1,2\n"),
        ("../up.csv", b"a,b\n1,2\n"),
        ("__MACOSX/._b.csv", b"x"),
        (".git/c.csv", b"a,b\n1,2\n"),
        ("inner.zip", &inner),
        ("image.bin", b"\x89PNG\r\n\x1a\n"),
        ("a.jsonl", b"{\"a\": 1}\n"),
    ];
    fs::write(source.join("d.zip"), zip(&members)).unwrap();
    fs::write(source.join("e.zip"), zip(&[])).unwrap();
    fs::write(source.join("f.zip"), b"PK\x03\x04 torn").unwrap();
    let outcome = run(&source, &target, &ConversionOptions::default());
    let (done, left, bad) = (FileStatus::Converted, FileStatus::Skipped, FileStatus::Failed);
    let expected = [
        ("d.zip/../up.csv", bad),
        ("d.zip/.git/c.csv", left),
        ("d.zip/__MACOSX/._b.csv", left),
        ("d.zip/a.jsonl", done),
        ("d.zip/image.bin", left),
        ("d.zip/inner.zip", left),
        ("d.zip/sub/b.csv", done),
        ("e.zip", left),
        ("f.zip", bad),
    ];
    assert_eq!(lines(&outcome), expected);
    let reason = |name: &str| outcome.files.iter().find(|file| file.source == name).unwrap().reason.clone().unwrap();
    assert_eq!(reason("d.zip/inner.zip"), "an archive inside an archive");
    assert_eq!(reason("d.zip/image.bin"), "its extension is none that is read; its content is a PNG image");
    assert_eq!(reason("e.zip"), "an archive without any file");
    assert_eq!(rows(&target.join("d.zip/sub/b.csv.parquet"))[0].num_rows(), 1);
    assert!(!folder.path().join("up.csv.parquet").exists());
    let again = run(&source, &target, &ConversionOptions::default());
    assert_eq!(again.summary.unchanged, 2);
    assert!(again.stale.is_empty());
}

#[test]
fn globs_choose_an_archive_or_files_in_it() {
    let folder = tempfile::tempdir().unwrap();
    let (source, target) = (folder.path().join("in"), folder.path().join("out"));
    fs::create_dir_all(&source).unwrap();
    fs::write(source.join("d.zip"), zip(&[("a.csv", b"a,b\n1,2\n"), ("b.tsv", b"a\tb\n1\t2\n")])).unwrap();
    let converted = |include: &str, exclude: &[&str]| {
        let exclude = exclude.iter().map(|glob| (*glob).to_owned()).collect();
        let options = ConversionOptions {
            include: vec![include.to_owned()],
            exclude,
            dry_run: true,
            ..ConversionOptions::default()
        };
        run(&source, &target, &options).summary.converted
    };
    assert_eq!(converted("*.zip", &[]), 2);
    assert_eq!(converted("**/*.csv", &[]), 1);
    assert_eq!(converted("**", &["**/*.tsv"]), 1);
    assert!(!target.exists());
}

#[test]
fn an_archive_can_be_the_source_itself() {
    let folder = tempfile::tempdir().unwrap();
    let (source, target) = (folder.path().join("d.zip"), folder.path().join("out"));
    fs::write(&source, zip(&[("a.csv", b"a,b\n1,2\n")])).unwrap();
    let outcome = run(&source, &target, &ConversionOptions::default());
    assert_eq!(lines(&outcome), [("d.zip/a.csv", FileStatus::Converted)]);
}

#[test]
fn markup_is_read_as_tables() {
    let folder = tempfile::tempdir().unwrap();
    let (source, target) = (folder.path().join("in"), folder.path().join("out"));
    fs::create_dir_all(&source).unwrap();
    fs::write(source.join("a.xml"), "<r><a x='1'/><a x='2'/></r>").unwrap();
    let table = "<table><tr><td>n</td></tr><tr><td>1</td></tr></table>";
    fs::write(source.join("one.xls"), table).unwrap();
    fs::write(source.join("two.xls"), table.repeat(2)).unwrap();
    let outcome = run(&source, &target, &ConversionOptions::default());
    let outputs: Vec<_> =
        outcome.files.iter().flat_map(|file| &file.tables).map(|table| &*table.output.as_ref().unwrap().path).collect();
    assert_eq!(outputs, ["a.xml.parquet", "one.xls.parquet", "two.xls.table-1.parquet", "two.xls.table-2.parquet"]);
    assert_eq!(outcome.summary.rows_out, 5);
}
