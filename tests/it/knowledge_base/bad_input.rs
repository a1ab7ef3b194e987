//! Whatever lies in a folder: it is told, and the build goes on.

use std::ffi::OsStr;
use std::fmt::Write as _;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::process::Command;

use super::{build, built, contents, entries, folder_with, generation, lines, write};
use crate::support::{json, text};

#[test]
fn links_binaries_odd_names_and_broken_files_are_told_and_the_rest_is_read() {
    let folder =
        folder_with(&[("good.txt", "good\n"), ("line\nend.txt", "odd name\n"), ("broken.xlsx", "PK\u{3}\u{4} torn")]);
    let source = folder.path().join("in");
    symlink(&source, source.join("loop")).unwrap();
    write(folder.path(), "program.csv", b"\x7fELF\x02\x01\x01\0\0\0");
    write(folder.path(), "picture.png", b"\x89PNG\r\n\x1a\n");
    write(folder.path(), "empty.txt", "");
    fs::write(source.join(OsStr::from_bytes(b"latin\xe4.txt")), "x\n").unwrap();
    let output = build(folder.path(), &[]);
    assert_eq!(output.status.code(), Some(1), "{}", text(&output.stderr));
    assert_eq!(contents(folder.path()), ["good", "odd name"]);
    let entries = entries(folder.path());
    let status: Vec<_> =
        entries.iter().map(|(path, entry)| (path.as_str(), entry["status"].as_str().unwrap())).collect();
    let wanted = [
        ("broken.xlsx", "failed"),
        ("empty.txt", "skipped"),
        ("good.txt", "read"),
        ("latin\u{fffd}.txt", "failed"),
        ("line\nend.txt", "read"),
        ("loop", "skipped"),
        ("picture.png", "skipped"),
        ("program.csv", "failed"),
    ];
    assert_eq!(status, wanted);
    for (path, entry) in &entries {
        assert!(entry["status"] == "read" || !entry["reason"].is_null() || !entry["error"].is_null(), "{path}");
    }
    let again = built(folder.path(), &[]);
    assert_eq!((&again["unchanged"], &again["files_reused"]), (&true.into(), &2.into()));
}

#[test]
fn a_folder_that_may_not_be_listed_is_told() {
    let folder = folder_with(&[("good.txt", "good\n"), ("closed/a.txt", "x\n")]);
    let closed = folder.path().join("in/closed");
    fs::set_permissions(&closed, fs::Permissions::from_mode(0o000)).unwrap();
    // Whoever may do everything may list it all the same: then without that right.
    let is_denied = fs::read_dir(&closed).is_err();
    let program = env!("CARGO_BIN_EXE_textmill");
    let mut command = Command::new(if is_denied { program } else { "setpriv" });
    if !is_denied {
        command.args(["--bounding-set=-dac_override,-dac_read_search", program]);
    }
    let output = command.current_dir(folder.path()).args(["kb", "build", "in", "--name", "kb", "--json"]).output();
    fs::set_permissions(&closed, fs::Permissions::from_mode(0o755)).unwrap();
    let Ok(output) = output else {
        println!("skipped: nobody here can be kept from listing a folder");
        return;
    };
    assert_eq!(output.status.code(), Some(1), "{}", text(&output.stderr));
    assert_eq!(json(&output)["summary"]["files_failed"], 1);
    assert_eq!(contents(folder.path()), ["good"]);
    assert_eq!(entries(folder.path())["closed"]["error"]["code"], "storage-failure");
}

#[test]
fn a_record_over_the_limit_is_rejected_and_kept_aside() {
    let long = "x".repeat(3_000);
    let folder =
        folder_with(&[("a.txt", &format!("short\n{long}\nlast\n")), ("b.jsonl", "{\"a\":1}\nbad\n{\"a\":2}\n")]);
    let outcome = built(folder.path(), &["--max-record-bytes", "2048"]);
    assert_eq!(contents(folder.path()), ["short", "last", "1", "2"]);
    assert_eq!(outcome["summary"]["rejected"], 2);
    let rejects = lines(&generation(folder.path()).join("rejects.jsonl"));
    assert_eq!((rejects[0]["record"].as_str(), rejects[0]["line"].as_u64()), (Some(long.as_str()), Some(2)));
    assert_eq!((rejects[1]["path"].as_str(), rejects[1]["record"].as_str()), (Some("b.jsonl"), Some("bad")));
}

#[test]
fn a_file_that_fails_in_its_middle_leaves_no_record() {
    let mut bad = String::from("a,b\n");
    (0..40_000).for_each(|row| writeln!(bad, "{row},a value of row {row}").unwrap());
    bad.push_str(&"1,2,3\n".repeat(9));
    let folder = folder_with(&[("a.txt", "before\n"), ("b.csv", &bad), ("c.txt", "behind\nbefore\n")]);
    let outcome = built(folder.path(), &["--max-rejects", "5"]);
    assert_eq!(contents(folder.path()), ["before", "behind", "before"]);
    assert_eq!((&outcome["summary"]["rejected"], &outcome["summary"]["duplicates"]), (&0.into(), &1.into()));
    assert!(!generation(folder.path()).join("rejects.jsonl").exists());
    let entry = &entries(folder.path())["b.csv"];
    assert_eq!((&entry["status"], &entry["error"]["code"]), (&"failed".into(), &"malformed-input".into()));
}
