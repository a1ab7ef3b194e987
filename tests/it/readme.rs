//! The README's examples, run as a newcomer would: each block marked `test`, in a folder with the sample, beside a
//! running service.

use std::path::Path;
use std::process::Command;

use crate::support::{Service, copy_tree, repository, text};

struct Block {
    language: String,
    code: String,
    line: usize,
}

/// Fenced blocks whose info string is `sh test` or `python test`.
fn blocks(markdown: &str) -> Vec<Block> {
    let mut blocks: Vec<Block> = Vec::new();
    let mut open = false;
    for (number, line) in markdown.lines().enumerate() {
        match line.strip_prefix("```") {
            Some(_) if open => open = false,
            Some(info) => {
                if let Some(language) = info.strip_suffix(" test") {
                    blocks.push(Block { language: language.to_owned(), code: String::new(), line: number + 1 });
                    open = true;
                }
            }
            None if open => {
                if let Some(block) = blocks.last_mut() {
                    block.code.push_str(line);
                    block.code.push('\n');
                }
            }
            None => {}
        }
    }
    blocks
}

fn command(block: &Block, folder: &Path, url: &str) -> Command {
    let code = block.code.replace("http://127.0.0.1:8000", url);
    let (program, arguments): (_, &[&str]) = match block.language.as_str() {
        "sh" => ("bash", &["-eu", "-c"]),
        "python" => ("python3", &["-c"]),
        other => panic!("line {}: no such language: {other}", block.line),
    };
    let program_folder = Path::new(env!("CARGO_BIN_EXE_textmill")).parent().unwrap().display().to_string();
    #[expect(clippy::disallowed_methods, reason = "not a setting of the program")]
    let path = std::env::var("PATH").unwrap_or_default();
    let mut command = Command::new(program);
    command.args(arguments).arg(code).current_dir(folder).env("PATH", format!("{program_folder}:{path}"));
    command
}

/// Each example begins with the sample and nothing else; the service's state stays.
fn clear(folder: &Path) {
    for entry in std::fs::read_dir(folder).unwrap().map(Result::unwrap) {
        let keep = ["knowledgebase", "jobs", ".textmill"].iter().any(|name| entry.file_name() == *name);
        match entry.path() {
            _ if keep => {}
            path if path.is_dir() => std::fs::remove_dir_all(path).unwrap(),
            path => std::fs::remove_file(path).unwrap(),
        }
    }
}

fn has_requests() -> bool {
    Command::new("python3").args(["-c", "import requests"]).output().is_ok_and(|output| output.status.success())
}

#[test]
fn every_example_of_the_readme_works() {
    let readme = std::fs::read_to_string(repository().join("README.md")).unwrap();
    let blocks = blocks(&readme);
    assert!(blocks.len() >= 4, "the README has {} examples to run", blocks.len());
    let folder = tempfile::tempdir().unwrap();
    for sample in ["knowledgebase", "jobs"] {
        copy_tree(&repository().join(sample), &folder.path().join(sample));
    }
    let service = Service::start(folder.path(), &["--sample", "knowledgebase"]);
    for block in &blocks {
        clear(folder.path());
        if block.language == "python" && !has_requests() {
            println!("README line {}: skipped, python3 has no `requests`", block.line);
            continue;
        }
        let output = command(block, folder.path(), &service.url).output().unwrap();
        assert!(
            output.status.success(),
            "README line {}: {:?}\n{}\n{}\n{}",
            block.line,
            output.status.code(),
            block.code,
            text(&output.stdout),
            text(&output.stderr)
        );
    }
}
