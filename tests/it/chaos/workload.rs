//! What the jobs of a chaos run convert, and what an undisturbed conversion makes of it.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use textmill::core::hash::sha256_file;

use crate::support::site::Site;
use crate::support::{run, text, tree};

/// A source that many jobs convert.
pub(super) struct Source {
    path: &'static str,
    /// How many of a hundred jobs convert it.
    share: u32,
    make: fn(&Path),
    /// What an undisturbed conversion leaves.
    pub(super) expected: Expected,
}

/// What a conversion leaves.
#[derive(Default)]
pub(super) struct Expected {
    /// Its outcome, without what differs when a part of it was done before.
    pub(super) outcome: Value,
    /// Size and digest of every file, by its path in the destination.
    pub(super) files: BTreeMap<String, (u64, String)>,
}

/// A job to be asked for.
#[derive(Debug, Clone)]
pub(super) struct Order {
    /// Its place, and the name of its request.
    pub(super) number: usize,
    /// Which source.
    pub(super) source: usize,
    /// Where its outputs go; `None`: they become artifacts.
    pub(super) destination: Option<String>,
    /// Whether somebody takes it back soon after.
    pub(super) is_cancelled: bool,
    /// When it comes in, as a share of the disturbed time.
    pub(super) at: f64,
}

impl Order {
    /// The body of its request.
    pub(super) fn request(&self, sources: &[Source]) -> Value {
        let mut request = json!({"source": {"type": "path", "path": sources[self.source].path}});
        if let Some(destination) = &self.destination {
            request["destination"] = json!({"type": "path", "path": destination});
        }
        request
    }
}

/// Makes every source and converts each without disturbance.
pub(super) fn sources(site: &Site) -> Vec<Source> {
    let source = |path, share, make| Source { path, share, make, expected: Expected::default() };
    let mut sources = vec![
        source("in/words.csv", 34, |path| table(path, 200)),
        source("in/odd.jsonl", 16, |path| fs::write(path, "{\"a\":1}\nbad\n{\"a\":2}\n").unwrap()),
        source("in/middle.csv", 24, |path| table(path, 20_000)),
        source("in/long.csv", 8, |path| table(path, 400_000)),
        source("in/folder", 12, |path| folder(path, 24, 400)),
        source("in/many", 6, |path| folder(path, 230, 3)),
    ];
    for source in &mut sources {
        let path = site.data().join(source.path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        (source.make)(&path);
        source.expected = expected(site, source.path);
    }
    sources
}

/// `count` jobs, the same for the same seed.
pub(super) fn orders(sources: &[Source], count: usize, random: &mut fastrand::Rng) -> Vec<Order> {
    let mut orders: Vec<Order> = Vec::with_capacity(count);
    for number in 0..count {
        let mut order = Order {
            number,
            source: pick(sources, random),
            destination: random.bool().then(|| format!("out/{number}")),
            is_cancelled: false,
            at: random.f64(),
        };
        match random.u32(..100) {
            // A second job for the same destination waits for its turn, and finds everything done.
            ..4 => {
                let other = orders.iter().rev().find(|other| other.destination.is_some());
                if let Some(Order { source, destination, .. }) = other.cloned() {
                    (order.source, order.destination) = (source, destination);
                }
            }
            4..8 => (order.is_cancelled, order.destination) = (true, None),
            _ => {}
        }
        orders.push(order);
    }
    orders.sort_by(|one, other| one.at.total_cmp(&other.at));
    orders
}

fn pick(sources: &[Source], random: &mut fastrand::Rng) -> usize {
    let all: u32 = sources.iter().map(|source| source.share).sum();
    let mut left = random.u32(..all);
    let taken = |source: &Source| {
        let is_it = left < source.share;
        left = left.saturating_sub(source.share);
        is_it
    };
    sources.iter().position(taken).unwrap()
}

fn expected(site: &Site, path: &str) -> Expected {
    let name = path.replace("in/", "");
    let output = run(&site.data(), &["convert", path, &format!("undisturbed/{name}"), "-q"]);
    assert!(matches!(output.status.code(), Some(0 | 1)), "{}", text(&output.stderr));
    let made = site.data().join("undisturbed").join(name);
    let outcome = fs::read(made.join("textmill-report.json")).unwrap();
    Expected { outcome: serde_json::from_slice(&outcome).unwrap(), files: files(&made) }
}

/// Size and digest of every file below a folder, by its path.
pub(super) fn files(folder: &Path) -> BTreeMap<String, (u64, String)> {
    let described = |path: PathBuf| {
        let (sha256, size) = sha256_file(&folder.join(&path)).unwrap();
        (path.to_str().unwrap().to_owned(), (size, sha256))
    };
    tree(folder).into_keys().map(described).collect()
}

/// An outcome without what differs when a part of it was done before.
pub(super) fn without_history(mut outcome: Value) -> Value {
    outcome["summary"]["unchanged"] = 0.into();
    for file in outcome["files"].as_array_mut().into_iter().flatten() {
        file["unchanged"] = false.into();
    }
    outcome
}

/// A table of so many rows.
pub(crate) fn table(path: &Path, rows: u32) {
    let mut text = String::from("id,text,amount\n");
    for row in 0..rows {
        writeln!(text, "{row},\"supply, chain of {row}\",{}.{:02}", row * 7, row % 100).unwrap();
    }
    fs::write(path, text).unwrap();
}

/// A folder of so many tables.
pub(crate) fn folder(path: &Path, count: u32, rows: u32) {
    for file in 0..count {
        let below = path.join(format!("part {}", file % 3));
        fs::create_dir_all(&below).unwrap();
        table(&below.join(format!("table_{file}.csv")), rows + file % 5);
    }
}
