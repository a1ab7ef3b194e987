//! What a process and the processes that it started hold: resident memory and open files, second by second.

use std::fmt::{Display, Formatter};
use std::fs;

/// Memory may rise by a tenth and this many bytes.
const MEMORY_SLACK: u64 = 8 << 20;
/// Open files may rise by this many.
const FILES_SLACK: u64 = 5;

/// The samples of a process and its children.
pub(crate) struct Meter {
    name: String,
    process: u32,
    memory: Vec<u64>,
    files: Vec<u64>,
}

/// What the samples come to: the second fifth of the time, the last one, and the highest.
struct Course {
    early: u64,
    late: u64,
    highest: u64,
}

impl Meter {
    /// Of the process with this id.
    pub(crate) fn new(role: &str, process: u32) -> Self {
        Self { name: format!("{role} {process}"), process, memory: Vec::new(), files: Vec::new() }
    }

    /// Looks once.
    pub(crate) fn sample(&mut self) {
        let family = family(self.process);
        self.memory.push(family.iter().map(|&process| resident(process)).sum());
        self.files.push(family.iter().map(|&process| open_files(process)).sum());
    }

    /// What has risen by more than it may.
    pub(crate) fn risen(&self) -> Vec<String> {
        let (memory, files) = (Course::of(&self.memory), Course::of(&self.files));
        let mut risen = Vec::new();
        if memory.late > memory.early + memory.early / 10 + MEMORY_SLACK {
            risen.push(format!("the memory of {} rose: {memory} bytes", self.name));
        }
        if files.late > files.early + FILES_SLACK {
            risen.push(format!("the open files of {} rose: {files}", self.name));
        }
        risen
    }
}

impl Display for Meter {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> std::fmt::Result {
        let memory = Course::of(&self.memory);
        let mib = |bytes: u64| bytes >> 20;
        let (early, late, highest) = (mib(memory.early), mib(memory.late), mib(memory.highest));
        write!(formatter, "{}: {early} → {late} MiB (at most {highest}), ", self.name)?;
        write!(formatter, "open files {}", Course::of(&self.files))
    }
}

impl Course {
    fn of(samples: &[u64]) -> Self {
        let fifth = samples.len() / 5;
        Self {
            early: median(&samples[fifth..2 * fifth]),
            late: median(&samples[samples.len() - fifth..]),
            highest: samples.iter().copied().max().unwrap_or_default(),
        }
    }
}

impl Display for Course {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{} → {} (at most {})", self.early, self.late, self.highest)
    }
}

fn median(samples: &[u64]) -> u64 {
    let mut sorted = samples.to_vec();
    sorted.sort_unstable();
    sorted.get(sorted.len() / 2).copied().unwrap_or_default()
}

/// A process and all below it; those that end meanwhile are left out.
fn family(process: u32) -> Vec<u32> {
    let mut family = vec![process];
    let mut next = 0;
    while let Some(&parent) = family.get(next) {
        next += 1;
        // A child is listed under the thread that started it.
        for thread in entries(&format!("/proc/{parent}/task")) {
            let children = fs::read_to_string(format!("/proc/{parent}/task/{thread}/children")).unwrap_or_default();
            family.extend(children.split_whitespace().filter_map(|id| id.parse::<u32>().ok()));
        }
    }
    family
}

fn resident(process: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib: Option<u64> = line.and_then(|line| line.trim().strip_suffix(" kB")?.parse().ok());
    kib.unwrap_or_default() << 10
}

fn open_files(process: u32) -> u64 {
    entries(&format!("/proc/{process}/fd")).len().try_into().unwrap()
}

fn entries(folder: &str) -> Vec<String> {
    let entries = fs::read_dir(folder).into_iter().flatten().filter_map(Result::ok);
    entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect()
}

#[test]
fn a_course_compares_the_second_fifth_with_the_last() {
    let course = Course::of(&[90, 90, 1, 3, 2, 5, 5, 9, 8, 7]);
    assert_eq!((course.early, course.late, course.highest), (3, 8, 90));
}

#[test]
fn this_process_has_memory_and_open_files() {
    let mut meter = Meter::new("test", std::process::id());
    meter.sample();
    assert!(meter.memory[0] > 1 << 20 && meter.files[0] > 2);
    assert!(meter.risen().is_empty());
}
