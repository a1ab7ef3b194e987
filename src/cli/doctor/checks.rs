//! The checks themselves; each looks and leaves nothing behind.

use std::fs;
use std::io;
use std::net::TcpListener;
use std::path::Path;

use super::Finding;
use crate::config::Loaded;
use crate::core::telemetry::build_info::BUILD;

const MIB: u64 = 1024 * 1024;
const GIB: u64 = 1024 * MIB;

/// Less free space than this is soon used up.
const LITTLE_SPACE_BYTES: u64 = 5 * GIB;
/// Less free space than this is none: the database itself may not be able to write.
const NO_SPACE_BYTES: u64 = 256 * MIB;
/// Fewer open files than this are soon used up by connections and a parallel conversion.
const FEW_OPEN_FILES: u64 = 1024;
/// Less memory than this is little for two conversions at once.
const LITTLE_MEMORY_BYTES: u64 = GIB;

pub(super) fn build() -> Finding {
    let detail = format!("{}, commit {}, {}, {} {}", BUILD.version, BUILD.commit, BUILD.profile, BUILD.arch, BUILD.os);
    Finding::ok("build", detail)
}

pub(super) fn configuration(loaded: &Loaded) -> Finding {
    let detail = match &loaded.file {
        Some(file) => format!("valid, read from {}", file.display()),
        None => "valid, no file".to_owned(),
    };
    Finding::ok("configuration", detail)
}

pub(super) fn state_dir(loaded: &Loaded) -> Vec<Finding> {
    let dir = &loaded.config.state_dir;
    let existing = nearest_existing(dir);
    // Made and gone again at once, even if this process is killed: it never has a name where the system allows that.
    let finding = match tempfile::tempfile_in(existing) {
        Ok(_file) if existing == dir => Finding::ok("state_dir", format!("{} is writable", dir.display())),
        Ok(_file) => Finding::ok("state_dir", format!("{} can be made when it is first needed", dir.display())),
        Err(error) => Finding::fail(
            "state_dir",
            format!("{} can't be written: {error}", existing.display()),
            "give this user the right to write there, or choose another folder with --state-dir",
        ),
    };
    vec![finding]
}

pub(super) fn free_space(loaded: &Loaded) -> Vec<Finding> {
    const CHECK: &str = "free_space";
    const REMEDY: &str = "free some, or choose a folder on another disk with --state-dir";
    let dir = &loaded.config.state_dir;
    let finding = match free_bytes(nearest_existing(dir)) {
        Ok(Some(free)) => {
            let detail = format!("{} for {}", bytes(free), dir.display());
            match free {
                0..NO_SPACE_BYTES => Finding::fail(CHECK, detail, REMEDY),
                NO_SPACE_BYTES..LITTLE_SPACE_BYTES => Finding::warn(CHECK, detail, REMEDY),
                _ => Finding::ok(CHECK, detail),
            }
        }
        Ok(None) => Finding::ok(CHECK, "not told by this system"),
        Err(error) => Finding::warn(CHECK, format!("can't be told: {error}"), "see whether the disk is in order"),
    };
    vec![finding]
}

pub(super) fn data_roots(loaded: &Loaded) -> Vec<Finding> {
    loaded.config.data_roots.iter().map(|root| data_root(root)).collect()
}

fn data_root(root: &Path) -> Finding {
    const CHECK: &str = "data_root";
    match fs::read_dir(root) {
        Ok(_entries) => Finding::ok(CHECK, format!("{} is readable", root.display())),
        Err(error) => Finding::fail(
            CHECK,
            format!("{} can't be read: {error}", root.display()),
            "make the folder or name another one with --data-root",
        ),
    }
}

pub(super) fn port(loaded: &Loaded) -> Vec<Finding> {
    const CHECK: &str = "port";
    let address = loaded.config.server.bind;
    let finding = match TcpListener::bind(address) {
        Ok(_listener) => Finding::ok(CHECK, format!("{address} is free")),
        Err(error) if error.kind() == io::ErrorKind::AddrInUse => Finding::warn(
            CHECK,
            format!("{address} is in use"),
            "fine if it is a running textmill; else stop the other program or set `server.bind`",
        ),
        Err(error) => {
            Finding::fail(CHECK, format!("can't listen on {address}: {error}"), "set `server.bind` to another address")
        }
    };
    vec![finding]
}

pub(super) fn open_files() -> Finding {
    const CHECK: &str = "open_files";
    match open_files_limit() {
        Some(limit) if limit < FEW_OPEN_FILES => {
            Finding::warn(CHECK, format!("{limit} at most"), format!("raise the limit: `ulimit -n {FEW_OPEN_FILES}`"))
        }
        Some(limit) => Finding::ok(CHECK, format!("{limit} at most")),
        None => Finding::ok(CHECK, "no limit told by this system"),
    }
}

pub(super) fn machine() -> Finding {
    const CHECK: &str = "machine";
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let Some(memory) = available_memory_bytes() else {
        return Finding::ok(CHECK, format!("{cores} cores; memory not told by this system"));
    };
    let detail = format!("{cores} cores, {} of memory available", bytes(memory));
    if memory < LITTLE_MEMORY_BYTES {
        return Finding::warn(CHECK, detail, "close other programs, or set `jobs.workers` to 1");
    }
    Finding::ok(CHECK, detail)
}

/// The path itself, or its nearest folder above that exists.
fn nearest_existing(path: &Path) -> &Path {
    path.ancestors().find(|ancestor| ancestor.exists()).unwrap_or(path)
}

/// Bytes that this user may still write where `path` lies; `None` where the system does not tell.
#[cfg(unix)]
fn free_bytes(path: &Path) -> io::Result<Option<u64>> {
    let space = rustix::fs::statvfs(path)?;
    Ok(Some(space.f_bavail.saturating_mul(space.f_frsize)))
}

#[cfg(not(unix))]
fn free_bytes(_path: &Path) -> io::Result<Option<u64>> {
    Ok(None)
}

/// How many files this process may hold open; `None` for no limit or where the system does not tell.
#[cfg(unix)]
fn open_files_limit() -> Option<u64> {
    rustix::process::getrlimit(rustix::process::Resource::Nofile).current
}

#[cfg(not(unix))]
fn open_files_limit() -> Option<u64> {
    None
}

/// What the kernel says is available, or what the container's limit leaves, if that is less; `None` but on Linux.
fn available_memory_bytes() -> Option<u64> {
    let machine = mem_available_bytes(&fs::read_to_string("/proc/meminfo").ok()?)?;
    let number = |path: &str| fs::read_to_string(path).ok()?.trim().parse::<u64>().ok();
    let limit = number("/sys/fs/cgroup/memory.max");
    let used = number("/sys/fs/cgroup/memory.current").unwrap_or(0);
    Some(limit.map_or(machine, |limit| machine.min(limit.saturating_sub(used))))
}

fn mem_available_bytes(meminfo: &str) -> Option<u64> {
    let line = meminfo.lines().find_map(|line| line.strip_prefix("MemAvailable:"))?;
    let kib: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kib * 1024)
}

/// Bytes for people, rounded down to a tenth of the unit.
fn bytes(count: u64) -> String {
    let (unit, name) = if count >= GIB { (GIB, "GiB") } else { (MIB, "MiB") };
    format!("{}.{} {name}", count / unit, count % unit * 10 / unit)
}

#[cfg(test)]
mod tests {
    use super::super::Verdict;
    use super::*;
    use crate::config::{Config, Overrides};

    fn loaded(cwd: &Path, environment: &[(&str, &str)]) -> Loaded {
        let owned = environment.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        Config::load(&Overrides::default(), cwd, owned).unwrap()
    }

    #[test]
    fn a_state_dir_that_is_not_there_yet_is_fine_and_is_not_made() {
        let dir = tempfile::tempdir().unwrap();
        let loaded = loaded(dir.path(), &[]);
        assert_eq!(state_dir(&loaded)[0].verdict, Verdict::Ok);
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
    }

    #[test]
    fn a_state_dir_below_a_file_fails_with_a_remedy() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("file"), "").unwrap();
        let loaded = loaded(dir.path(), &[("TEXTMILL_STATE_DIR", "file/state")]);
        let finding = &state_dir(&loaded)[0];
        assert_eq!(finding.verdict, Verdict::Fail);
        assert!(finding.remedy.as_ref().unwrap().contains("--state-dir"));
    }

    #[test]
    fn each_data_root_is_looked_at() {
        let dir = tempfile::tempdir().unwrap();
        let findings = data_roots(&loaded(dir.path(), &[("TEXTMILL_DATA_ROOTS", ".:missing")]));
        assert_eq!(findings.iter().map(|finding| finding.verdict).collect::<Vec<_>>(), [Verdict::Ok, Verdict::Fail]);
    }

    #[test]
    fn a_port_in_use_is_a_warning_because_it_may_be_ours() {
        let dir = tempfile::tempdir().unwrap();
        let taken = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = taken.local_addr().unwrap().to_string();
        let loaded = loaded(dir.path(), &[("TEXTMILL_BIND", &address)]);
        assert_eq!(port(&loaded)[0].verdict, Verdict::Warn);
        drop(taken);
        assert_eq!(port(&loaded)[0].verdict, Verdict::Ok);
    }

    #[test]
    fn available_memory_is_read_from_the_kernel_s_table() {
        assert_eq!(mem_available_bytes("MemTotal: 9 kB\nMemAvailable:     2048 kB\n"), Some(2 * MIB));
        assert_eq!(mem_available_bytes("MemTotal: 9 kB\n"), None);
        assert_eq!(bytes(3 * GIB / 2), "1.5 GiB");
    }
}
