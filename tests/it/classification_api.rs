//! Data sets over HTTP, as their users meet them: one line of curl, the predecessor's paths, a notebook with `requests`.

use std::fmt::Write as _;
use std::fs;
use std::process::Command;

use reqwest::blocking::multipart::{Form, Part};
use serde_json::{Value, json};

use crate::support::{Service, copy_tree, repository, run, text};

const TONES: [&str; 3] = ["POSITIVE", "NEUTRAL", "NEGATIVE"];

/// A table of sentences with a tone, ten to a report; every thirtieth has no tone.
fn table(rows: u32) -> String {
    let mut table = "report,sentence,label,year\n".to_owned();
    for row in 0..rows {
        let tone = if row % 30 == 29 { "" } else { TONES[row as usize % 3] };
        writeln!(table, "r{},In step {row} the plant emits less than before.,{tone},{}", row / 10, 2000 + row % 20)
            .unwrap();
    }
    table
}

fn form(name: &'static str, content: String) -> Form {
    Form::new().part("file", Part::bytes(content.into_bytes()).file_name(name))
}

/// Rows of a CSV, by line; no field here has a quote.
fn rows(csv: &str) -> Vec<Vec<&str>> {
    csv.lines().map(|line| line.split(',').collect()).collect()
}

#[test]
fn one_line_of_curl_gives_a_data_set_with_its_card() {
    let folder = tempfile::tempdir().unwrap();
    let service = Service::start(folder.path(), &[]);
    let options = r#"{"text_column":"sentence","label_column":"label","group_column":"report"}"#;
    let request = service.client.post(format!("{}/v1/classification-datasets", service.url));
    let answer = request.header("Prefer", "wait=60").multipart(form("train.csv", table(300)).text("options", options));
    let answer = answer.send().unwrap();
    let (status, job) = (answer.status(), answer.json::<Value>().unwrap());
    assert_eq!((status.as_u16(), &job["status"]), (200, &json!("succeeded")), "{job:#}");
    let card = &job["result"];
    assert_eq!((&card["rows"]["read"], &card["rows"]["written"]), (&json!(300), &json!(290)));
    assert_eq!(card["rows"]["left_out"]["unlabelled"], 10);
    let sum: u64 = card["splits"].as_array().unwrap().iter().map(|split| split["rows"].as_u64().unwrap()).sum();
    assert_eq!(sum, 290);
    let files = service.get(&format!("/v1/jobs/{}/artifacts", job["id"].as_str().unwrap()));
    let names: Vec<_> = files["items"].as_array().unwrap().iter().map(|file| file["name"].as_str().unwrap()).collect();
    assert!(names.contains(&"dataset.json"), "{names:?}");
    for file in card["files"].as_array().unwrap() {
        assert!(names.contains(&file["name"].as_str().unwrap()), "{names:?}");
    }
}

#[test]
fn the_old_paths_fill_in_label_and_split_the_same_way_each_time() {
    let folder = tempfile::tempdir().unwrap();
    let service = Service::start(folder.path(), &[]);
    let fill = |path: &str, form: Form| {
        let answer = service.client.post(format!("{}{path}", service.url)).multipart(form).send().unwrap();
        let headers = answer.headers().clone();
        assert_eq!(answer.status(), 200);
        assert_eq!(headers["content-type"], "text/csv");
        assert_eq!(headers["link"], "</v1/classification-datasets>; rel=\"successor-version\"");
        let name = headers["content-disposition"].to_str().unwrap().to_owned();
        assert!(name.contains("train_filled.csv"), "{name}");
        answer.text().unwrap()
    };
    let first = fill("/api/process_file?selected_header=sentence", form("train.csv", table(300)));
    let again = fill("/api/jobs/process_file", form("train.csv", table(300)).text("selected_header", "sentence"));
    assert_eq!(first, again);
    let read = rows(&first);
    assert_eq!(read[0], ["text", "label", "train_test_split", "report", "year"]);
    assert_eq!(read.len(), 301, "no row is left out");
    assert!(read[1..].iter().all(|row| row[1].is_empty() || TONES.contains(&row[1])));
    assert_eq!(read[1..].iter().filter(|row| row[1].is_empty()).count(), 10, "a missing label stays missing");
    assert_eq!(read[1..].iter().filter(|row| row[2] == "test").count(), 60);

    // What it answered with is a table again: label and split are kept as they are.
    let kept = fill("/api/process_file?selected_header=text", form("train.csv", first.clone()));
    assert_eq!(kept, first);
    // Without labels they are empty; one label alone is kept, too.
    let plain =
        fill("/api/process_file?selected_header=a", form("train.csv", "a,b\nx y,1\nz,2\nw,3\nv,4\nu,5\n".to_owned()));
    assert!(rows(&plain)[1..].iter().all(|row| row[1].is_empty()), "{plain}");
    let one =
        fill("/api/process_file?selected_header=a", form("train.csv", "a,label\nx,1\nz,1\nw,1\nv,1\nu,1\n".to_owned()));
    assert!(rows(&one)[1..].iter().all(|row| row[1] == "1"), "{one}");
}

#[test]
fn a_stored_job_builds_what_the_command_line_builds() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("t.csv"), table(120)).unwrap();
    let job = "operation = \"classification\"\nsource = \"t.csv\"\ndestination = \"stored\"\n\
        [options]\ntext_column = \"sentence\"\nlabel_column = \"label\"\nsplit = { train = 70, validation = 10, test = 20 }\n";
    fs::write(folder.path().join("job.toml"), job).unwrap();
    let stored = run(folder.path(), &["run", "job.toml", "--set", "options.seed=7"]);
    assert_eq!(stored.status.code(), Some(0), "{}", text(&stored.stderr));
    let named = ["classify", "build", "t.csv", "-o", "named", "--text-column", "sentence", "--label-column", "label"];
    let further = ["--split", "train=70,validation=10,test=20", "--seed", "7"];
    let built = run(folder.path(), &[&named[..], &further].concat());
    assert_eq!(built.status.code(), Some(0), "{}", text(&built.stderr));
    let read = |place: &str| {
        let entries = fs::read_dir(folder.path().join(place)).unwrap().map(|entry| entry.unwrap().path());
        let mut files: Vec<_> =
            entries.map(|path| (path.file_name().unwrap().to_owned(), fs::read(path).unwrap())).collect();
        files.sort();
        files
    };
    assert_eq!(read("stored"), read("named"));
    let wrong = run(folder.path(), &["run", "job.toml", "--set", "options.txet_column=x"]);
    assert!(wrong.status.code() == Some(2) && text(&wrong.stderr).contains("txet_column"), "{}", text(&wrong.stderr));
}

#[test]
fn columns_are_shown_with_what_they_look_like() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("t.csv"), table(120)).unwrap();
    let shown = run(folder.path(), &["classify", "columns", "t.csv"]);
    let shown = text(&shown.stdout);
    assert!(shown.starts_with("120 rows, 4 columns\n"), "{shown}");
    let line = shown.lines().find(|line| line.starts_with("sentence")).unwrap();
    assert!(line.contains("text") && line.contains("100 % different"), "{shown}");
    let preview = run(folder.path(), &["classify", "columns", "t.csv", "--json"]);
    let preview: Value = serde_json::from_slice(&preview.stdout).unwrap();
    assert_eq!(preview["tables"][0]["columns"][2]["looks_like"]["role"], "label");
}

/// A Python that has what a data scientist has.
fn python() -> Option<String> {
    match Command::new(repository().join("tests/support/notebook_way.sh")).output() {
        Ok(output) if output.status.success() => Some(text(&output.stdout).trim().to_owned()),
        Ok(output) => {
            println!("skipped: {}", text(&output.stderr));
            None
        }
        Err(error) => {
            println!("skipped: notebook_way.sh can't be run: {error}");
            None
        }
    }
}

#[test]
fn a_notebook_uploads_looks_builds_and_loads_with_pandas_and_datasets() {
    let Some(python) = python() else { return };
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("esg.csv"), table(600)).unwrap();
    let service = Service::start(folder.path(), &[]);
    let script = repository().join("tests/support/notebook_way.py");
    let output = Command::new(python).arg(script).arg(&service.url).arg("esg.csv").current_dir(folder.path()).output();
    let output = output.unwrap();
    assert!(output.status.success(), "{}{}", text(&output.stdout), text(&output.stderr));
    print!("{}", text(&output.stdout));
}

#[test]
fn a_stored_job_is_run_over_http_as_on_the_command_line() {
    let folder = tempfile::tempdir().unwrap();
    copy_tree(&repository().join("jobs"), &folder.path().join("jobs"));
    let service = Service::start(folder.path(), &[]);
    let post = |body: Value| {
        let request = service.client.post(format!("{}/v1/jobs", service.url)).header("Prefer", "wait=60");
        let answer = request.json(&body).send().unwrap();
        (answer.status().as_u16(), answer.json::<Value>().unwrap())
    };
    let (status, job) = post(json!({"path": "jobs/classification/esg_tone.toml", "set": {"destination": "served"}}));
    assert_eq!((status, &job["kind"], &job["status"]), (200, &json!("classification_dataset"), &json!("succeeded")));
    let done = run(folder.path(), &["run", "jobs/classification/esg_tone.toml", "--set", "destination=told"]);
    assert_eq!(done.status.code(), Some(0), "{}", text(&done.stderr));
    let card = |place: &str| fs::read_to_string(folder.path().join(place).join("dataset.json")).unwrap();
    assert_eq!(card("served"), card("told"));
    let (status, problem) = post(json!({"path": "jobs/classification/esg_tone.toml", "set": {"options.sed": 7}}));
    assert_eq!(status, 400, "{problem:#}");
    assert!(problem["detail"].as_str().unwrap().contains("unknown field `sed`"), "{problem:#}");
    let (status, problem) = post(json!({"path": "jobs/none.toml"}));
    assert_eq!((status, &problem["code"]), (404, &json!("not-found")), "{problem:#}");
    let (_, job) = post(json!({"path": "jobs/language_modelling/corpus.toml"}));
    assert_eq!((&job["kind"], &job["status"]), (&json!("language_model"), &json!("succeeded")), "{job:#}");
}
