//! What a build does about an earlier one: takes over what has not changed, waits for nobody, leaves nothing behind.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use textmill::operations::knowledge_base::KnowledgeBases;

use super::{HOME, build, built, bytes, contents, folder_with, generation, records, write};
use crate::support::{run, text, textmill};

fn bases(folder: &Path) -> KnowledgeBases {
    KnowledgeBases::new(folder.join(".textmill/knowledge-bases"))
}

#[test]
fn a_changed_file_changes_its_own_records_alone() {
    let files = [
        ("a.txt", "one\ntwo\n"),
        ("b/c.jsonl", "{\"x\":1}\nbad\n{\"x\":2}\n"),
        ("d.txt", "three\n"),
        ("e.txt", "gone\n"),
    ];
    let folder = folder_with(&files);
    built(folder.path(), &[]);
    let before = records(folder.path());
    write(folder.path(), "d.txt", "four\n");
    write(folder.path(), "a0.txt", "new\n");
    fs::remove_file(folder.path().join("in/e.txt")).unwrap();
    let outcome = built(folder.path(), &[]);
    assert_eq!((&outcome["unchanged"], &outcome["files_reused"]), (&false.into(), &2.into()));
    assert_eq!(contents(folder.path()), ["one", "two", "new", "1", "2", "four"]);
    let after = records(folder.path());
    assert_eq!((&before[..2], &before[2..4]), (&after[..2], &after[3..5]));
    let fresh =
        folder_with(&[("a.txt", "one\ntwo\n"), ("b/c.jsonl", files[1].1), ("d.txt", "four\n"), ("a0.txt", "new\n")]);
    built(fresh.path(), &[]);
    assert_eq!(bytes(folder.path()), bytes(fresh.path()), "as if it had been built at once");
}

#[test]
fn a_build_of_the_same_leaves_everything_as_it_is() {
    let folder = folder_with(&[("a.txt", "one\n"), ("b.csv", "x,y\n1,2\n")]);
    built(folder.path(), &[]);
    let (place, made) =
        (generation(folder.path()), fs::metadata(generation(folder.path())).unwrap().modified().unwrap());
    let outcome = built(folder.path(), &[]);
    assert_eq!((&outcome["unchanged"], &outcome["files_reused"]), (&true.into(), &2.into()));
    assert_eq!((generation(folder.path()), fs::metadata(&place).unwrap().modified().unwrap()), (place.clone(), made));
    let outcome = built(folder.path(), &["--clean", "white_space"]);
    assert_eq!((&outcome["unchanged"], &outcome["files_reused"]), (&false.into(), &0.into()), "other options");
    assert!(!place.exists());
}

#[test]
fn records_that_are_not_what_was_written_are_made_anew() {
    let folder = folder_with(&[("a.txt", "one\n"), ("b.txt", "two\n")]);
    built(folder.path(), &[]);
    let whole = bytes(folder.path());
    let path = generation(folder.path()).join("records.jsonl");
    fs::write(&path, fs::read_to_string(&path).unwrap().replace("\"one\"", "\"eno\"")).unwrap();
    let outcome = built(folder.path(), &[]);
    assert_eq!((&outcome["unchanged"], &outcome["files_reused"]), (&false.into(), &0.into()));
    assert_eq!(bytes(folder.path()), whole);
    fs::remove_dir_all(generation(folder.path()).join("text")).unwrap();
    built(folder.path(), &[]);
    assert!(generation(folder.path()).join("text").is_dir());
}

#[test]
fn a_second_build_of_the_same_name_is_refused_and_readers_see_the_state_before() {
    let folder = folder_with(&[("a.txt", "one\n")]);
    built(folder.path(), &[]);
    let name = "kb".parse().unwrap();
    let draft = bases(folder.path()).draft(&name).unwrap();
    write(folder.path(), "a.txt", "two\n");
    let output = build(folder.path(), &[]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("the knowledge base `kb` is being changed"), "{}", text(&output.stderr));
    let other = run(folder.path(), &["kb", "build", "in", "--name", "other", "-q"]);
    assert_eq!(other.status.code(), Some(0), "another one is another matter");
    assert_eq!(contents(folder.path()), ["one"]);
    let opened = bases(folder.path()).open(&name).unwrap();
    drop(draft);
    built(folder.path(), &[]);
    assert_eq!(contents(folder.path()), ["two"]);
    assert_eq!(opened.records().next().unwrap().unwrap().content, "one");
}

#[test]
fn the_state_directory_is_no_source() {
    let folder = folder_with(&[("a.txt", "one\n")]);
    for _ in 0..2 {
        let output = run(folder.path(), &["--state-dir", "in/state", "kb", "build", "in", "--name", "kb", "--json"]);
        assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
        assert_eq!(crate::support::json(&output)["summary"]["records"], 1);
    }
}

/// Files that keep a build busy for a moment.
fn make_source(folder: &Path) {
    for file in 0..40 {
        let mut content = String::from("id,text,amount\n");
        for row in 0..2_000 {
            writeln!(content, "{row},\"supply, chain {file} of {row}\",{}", row * 7 % 100).unwrap();
        }
        write(folder, &format!("part {}/table_{file}.csv", file % 3), content);
    }
    write(folder, "odd.jsonl", "{\"a\":1}\nbad\n{\"a\":2}\n");
}

/// Kills `rounds` builds, each at its own moment, first without an earlier generation, then with one.
fn kill_at_random_moments(rounds: u32) {
    let undisturbed = tempfile::tempdir().unwrap();
    make_source(undisturbed.path());
    let begun = Instant::now();
    built(undisturbed.path(), &[]);
    let (longest, wanted) = (begun.elapsed(), bytes(undisturbed.path()));
    let mut random = fastrand::Rng::with_seed(42);
    let mut cut_short = 0;
    for round in 0..rounds {
        let folder = tempfile::tempdir().unwrap();
        make_source(folder.path());
        if round % 2 == 1 {
            write(folder.path(), "part 1/table_1.csv", "id,text\n1,before\n");
            built(folder.path(), &[]);
            fs::copy(undisturbed.path().join("in/part 1/table_1.csv"), folder.path().join("in/part 1/table_1.csv"))
                .unwrap();
        }
        let mut command = textmill(folder.path());
        let mut build = command.args(["kb", "build", "in", "--name", "kb", "-qq"]).spawn().unwrap();
        std::thread::sleep(longest.mul_f64(random.f64()).max(Duration::from_millis(1)));
        build.kill().unwrap();
        cut_short += u32::from(!build.wait().unwrap().success());
        built(folder.path(), &[]);
        assert_eq!(bytes(folder.path()), wanted, "round {round}");
        let mut left: Vec<_> =
            fs::read_dir(folder.path().join(HOME)).unwrap().map(|entry| entry.unwrap().path()).collect();
        left.retain(|path| !path.ends_with("current") && *path != generation(folder.path()));
        assert_eq!(left, Vec::<std::path::PathBuf>::new(), "round {round}");
    }
    println!("killed {rounds} times, {cut_short} of them inside the build");
}

#[test]
fn a_killed_build_leaves_nothing_that_the_next_one_does_not_mend() {
    kill_at_random_moments(6);
}

#[test]
#[ignore = "long: make test-full"]
fn thirty_killed_builds_leave_nothing() {
    kill_at_random_moments(30);
}
