//! The processes of a chaos run, and everything that happens to them.

use std::collections::HashSet;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use super::verdict;
use crate::support::database::Database;
use crate::support::http_client;
use crate::support::postgres::Restart;
use crate::support::process::Process;
use crate::support::proxy::Proxy;
use crate::support::service::LOOPBACK;
use crate::support::site::Site;

/// What a process does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// Takes requests and runs this many jobs at once.
    Service { workers: u32 },
    /// Runs this many jobs at once.
    Worker { concurrency: u32 },
}

/// What can happen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Disturbance {
    /// `kill -9`, and a new process in its place.
    Kill,
    /// The same to one that works on a job which was taken back a moment ago.
    Abandon,
    /// `SIGSTOP`, and some time later `SIGCONT`.
    Pause,
    /// All connections to the server break.
    Cut,
    /// Nothing comes through to the server, and nobody says so.
    Freeze,
    /// The server is restarted.
    Restart(Restart),
}

/// Everything that can happen, each as often as it is to happen among others. Drawn like cards, so that a short run has
/// something of everything.
pub(super) struct Deck {
    left: Vec<Disturbance>,
    has_server: bool,
}

impl Deck {
    /// For processes with a database server, or without.
    pub(super) fn new(has_server: bool) -> Self {
        Self { left: Vec::new(), has_server }
    }

    /// The next thing to happen.
    pub(super) fn draw(&mut self, random: &mut fastrand::Rng) -> Disturbance {
        use Disturbance::{Abandon, Cut, Freeze, Kill, Pause};
        if self.left.is_empty() {
            self.left = vec![Kill, Pause, Kill, Pause, Abandon, Pause];
            if self.has_server {
                let restart = if random.bool() { Restart::Fast } else { Restart::Immediate };
                self.left.extend([Cut, Freeze, Cut, Disturbance::Restart(restart)]);
            }
            random.shuffle(&mut self.left);
        }
        self.left.pop().unwrap()
    }
}

/// How often, and how long apart, a process is looked at for a moment in which it works.
const LOOKS: u32 = 40;
const LOOK_PAUSE: Duration = Duration::from_millis(5);
/// How long to look for a job that is about to publish, and how long it is held up: past its lease, and until another
/// worker has done it.
const PUBLISHER_PATIENCE: Duration = Duration::from_secs(1);
const PUBLISHER_PAUSE: Duration = Duration::from_secs(6);
/// Longer than a lease and the look of somebody who takes the job.
const UNTIL_ROBBED: Duration = Duration::from_secs(7);

/// How often what happened.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) struct Happened {
    pub(super) kills: u32,
    /// Jobs that were taken back just before their worker was killed.
    pub(super) abandoned: u32,
    pub(super) pauses: u32,
    /// Pauses that ended when somebody else had the job.
    pub(super) robbed: u32,
    /// Pauses that began just before files were published.
    pub(super) publishers: u32,
    pub(super) cuts: u32,
    pub(super) freezes: u32,
    pub(super) restarts: u32,
}

/// A process, replaced when it dies, and its line to the database server.
struct Slot {
    role: Role,
    proxy: Option<Proxy>,
    process: Process,
    resumes_at: Option<Instant>,
    /// The jobs of a paused process which goes on as soon as another one has them.
    until_robbed: Vec<String>,
    thaws_at: Option<Instant>,
}

/// All processes of a run; ended when dropped.
pub(super) struct Crew<'a> {
    pub(super) site: &'a Site,
    slots: Vec<Slot>,
    /// Where services can be asked now.
    pub(super) urls: Arc<Mutex<Vec<String>>>,
    /// What no process may do.
    pub(super) faults: Vec<String>,
    pub(super) happened: Happened,
    /// Jobs that were taken back here.
    pub(super) taken_back: HashSet<String>,
}

impl<'a> Crew<'a> {
    /// Starts a process for each role.
    pub(super) fn start(site: &'a Site, roles: &[Role]) -> Self {
        let slots = roles.iter().map(|&role| Slot::start(site, role)).collect();
        let mut crew = Self {
            site,
            slots,
            urls: Arc::default(),
            faults: Vec::new(),
            happened: Happened::default(),
            taken_back: HashSet::new(),
        };
        for slot in &mut crew.slots {
            slot.process.wait_for(slot.role.greeting());
        }
        crew.tend();
        crew
    }

    /// Ends what has lasted its time, and puts a new process in the place of one that ended.
    pub(super) fn tend(&mut self) {
        let now = Instant::now();
        for slot in &mut self.slots {
            let is_robbed = slot.is_robbed(&self.site.database);
            self.happened.robbed += u32::from(is_robbed);
            if is_robbed || slot.resumes_at.is_some_and(|at| at <= now) {
                slot.resume();
            }
            if slot.thaws_at.is_some_and(|at| at <= now) {
                slot.thaw();
            }
            if let Some(status) = slot.process.exited() {
                // One that finds no database at its start gives up, and whoever supervises it starts it again.
                let may_end = slot.proxy.is_some() && !slot.process.has_said(slot.role.greeting());
                if !may_end {
                    let words = slot.process.last_words();
                    self.faults.push(format!("{:?} ended by itself with {status}: {words}", slot.role));
                }
                slot.replace(self.site);
            }
        }
        *self.urls.lock().unwrap() = self.slots.iter().filter_map(|slot| slot.process.word(LOOPBACK)).collect();
    }

    /// Lets something happen, to somebody.
    pub(super) fn disturb(&mut self, what: Disturbance, random: &mut fastrand::Rng) {
        let is_too_quiet = self.slots.iter().filter(|slot| slot.is_out()).count() * 2 >= self.slots.len();
        // One that waits to be robbed would wait in vain if it were killed.
        let victims = self.slots.iter_mut().filter(|slot| slot.until_robbed.is_empty());
        let Some(slot) = random.choice(victims.collect::<Vec<_>>()) else { return };
        match what {
            Disturbance::Kill => {
                self.happened.kills += 1;
                if !slot.is_out() {
                    slot.catch(&self.site.database);
                }
                slot.process.kill();
                slot.replace(self.site);
            }
            Disturbance::Abandon => self.abandon(random),
            Disturbance::Cut => {
                self.happened.cuts += 1;
                slot.cut();
            }
            Disturbance::Restart(how) => {
                self.happened.restarts += 1;
                self.site.database.server().unwrap().restart(how);
            }
            // Somebody must go on.
            _ if is_too_quiet || slot.is_out() => {}
            Disturbance::Freeze => {
                self.happened.freezes += 1;
                slot.freeze_for(Duration::from_millis(random.u64(200..6_000)));
            }
            Disturbance::Pause if random.u8(..3) == 0 => self.pause_a_publisher(),
            // Mostly past the lease.
            Disturbance::Pause => {
                self.happened.pauses += 1;
                let held = slot.catch(&self.site.database);
                if held.is_empty() || random.bool() {
                    slot.pause_for(Duration::from_millis(random.u64(1_500..6_000)));
                } else {
                    slot.until_robbed = held;
                    slot.pause_for(UNTIL_ROBBED);
                }
            }
        }
    }

    /// Pauses a worker whose job has written its last file and is about to publish, until another one has done the job.
    fn pause_a_publisher(&mut self) {
        let begun = Instant::now();
        while begun.elapsed() < PUBLISHER_PATIENCE {
            for id in verdict::about_to_publish(self.site) {
                let jobs = self.site.database.table("jobs");
                let owner = format!("SELECT lease_owner FROM {jobs} WHERE id = '{id}' AND lease_owner IS NOT NULL");
                let owners = self.site.database.rows(&owner);
                let Some(owner) = owners.first().and_then(|row| row["lease_owner"].as_str()) else { continue };
                let is_its = |slot: &&mut Slot| owner.contains(&format!("-{}-", slot.process.id()));
                let Some(slot) = self.slots.iter_mut().find(is_its).filter(|slot| !slot.is_out()) else { continue };
                slot.process.pause();
                slot.pause_for(PUBLISHER_PAUSE);
                self.happened.pauses += 1;
                self.happened.publishers += 1;
                return;
            }
            std::thread::sleep(Duration::from_millis(1));
        }
    }

    /// Kills a worker just when somebody has taken its job back: nobody but those who clear up hears of that attempt.
    fn abandon(&mut self, random: &mut fastrand::Rng) {
        let may_be = |slot: &&mut Slot| matches!(slot.role, Role::Worker { .. }) && slot.until_robbed.is_empty();
        let workers = self.slots.iter_mut().filter(may_be);
        let Some(slot) = random.choice(workers.collect::<Vec<_>>()) else { return };
        self.happened.kills += 1;
        for id in slot.catch(&self.site.database) {
            // What goes into a folder may stay there for the next run; then nothing tells it from what must not stay.
            let jobs = self.site.database.table("jobs");
            let may_be_taken =
                format!("id = '{id}' AND parent_id IS NULL AND NOT is_divided AND options NOT LIKE '%out/%'");
            let count = format!("SELECT count(*) FROM {jobs} WHERE {may_be_taken}");
            if self.site.database.number(&count) == 1 {
                take_back(&self.urls, &id);
                self.happened.abandoned += 1;
                self.taken_back.insert(id);
            }
        }
        slot.process.kill();
        slot.replace(self.site);
    }

    /// Lets every process work and reach the database again.
    pub(super) fn calm(&mut self) {
        for slot in &mut self.slots {
            slot.resume();
            slot.thaw();
        }
    }

    /// Puts a fresh process in the place of the last one, which ends in good order.
    pub(super) fn replace_last(&mut self) {
        let Some(slot) = self.slots.last_mut() else { return };
        slot.process.terminate();
        slot.replace(self.site);
        slot.process.wait_for(slot.role.greeting());
    }

    /// Ends every process as an operator does.
    pub(super) fn terminate(&mut self) {
        for slot in &mut self.slots {
            let status = slot.process.terminate();
            if !status.success() {
                let words = slot.process.last_words();
                self.faults.push(format!("{:?} ended with {status} after SIGTERM: {words}", slot.role));
            }
        }
    }

    /// What each process said last.
    pub(super) fn last_words(&self) -> String {
        let words = |slot: &Slot| format!("--- {:?} {}\n{}\n", slot.role, slot.process.id(), slot.process.last_words());
        self.slots.iter().map(words).collect()
    }
}

/// Asks one service after the other to cancel a job, until one answers.
fn take_back(urls: &Mutex<Vec<String>>, id: &str) {
    let client = http_client(Duration::from_secs(2));
    let urls = urls.lock().unwrap().clone();
    let _ = urls.iter().find(|url| client.post(format!("{url}/v1/jobs/{id}/cancel")).send().is_ok());
}

impl Role {
    /// What it says when it has started.
    fn greeting(self) -> &'static str {
        match self {
            Self::Service { .. } => LOOPBACK,
            Self::Worker { .. } => "at once (stop:",
        }
    }
}

impl Slot {
    fn start(site: &Site, role: Role) -> Self {
        let proxy = site.database.server().map(|server| Proxy::to(server.address()));
        let process = launch(site, role, proxy.as_ref());
        Self { role, proxy, process, resumes_at: None, until_robbed: Vec::new(), thaws_at: None }
    }

    fn replace(&mut self, site: &Site) {
        self.resumes_at = None;
        self.until_robbed.clear();
        self.process = launch(site, self.role, self.proxy.as_ref());
    }

    fn is_out(&self) -> bool {
        self.resumes_at.is_some() || self.thaws_at.is_some()
    }

    /// Stops the process at a moment in which it works, and tells at which jobs; stops it anyway if there is none soon.
    fn catch(&mut self, database: &Database) -> Vec<String> {
        let jobs = format!("SELECT id FROM {} WHERE {}", database.table("jobs"), self.holds());
        for _ in 0..LOOKS {
            self.process.pause();
            let held = database.rows(&jobs);
            if !held.is_empty() {
                return held.iter().map(|row| row["id"].as_str().unwrap().to_owned()).collect();
            }
            self.process.resume();
            std::thread::sleep(LOOK_PAUSE);
        }
        self.process.pause();
        Vec::new()
    }

    /// Whether somebody else works on what this process, which is paused, had.
    fn is_robbed(&self, database: &Database) -> bool {
        if self.until_robbed.is_empty() {
            return false;
        }
        let (jobs, ids) = (database.table("jobs"), self.until_robbed.join("', '"));
        let robbed = format!("lease_token IS NOT NULL AND NOT ({}) AND id IN ('{ids}')", self.holds());
        database.number(&format!("SELECT count(*) FROM {jobs} WHERE {robbed}")) > 0
    }

    /// Which jobs the process holds, as a condition.
    fn holds(&self) -> String {
        format!("lease_owner LIKE '%-{}-%'", self.process.id())
    }

    /// Leaves the process, which is stopped, so for a while.
    fn pause_for(&mut self, time: Duration) {
        self.resumes_at = Some(Instant::now() + time);
    }

    fn resume(&mut self) {
        self.until_robbed.clear();
        if self.resumes_at.take().is_some() {
            self.process.resume();
        }
    }

    fn cut(&self) {
        self.proxy.iter().for_each(Proxy::cut);
    }

    fn freeze_for(&mut self, time: Duration) {
        self.proxy.iter().for_each(Proxy::freeze);
        self.thaws_at = Some(Instant::now() + time);
    }

    fn thaw(&mut self) {
        if self.thaws_at.take().is_some() {
            self.proxy.iter().for_each(Proxy::thaw);
        }
    }
}

/// Starts a process; does not wait until it works.
fn launch(site: &Site, role: Role, proxy: Option<&Proxy>) -> Process {
    let mut command = site.command_by(proxy.map(|proxy| proxy.address.to_string()).as_deref());
    match role {
        Role::Service { workers } => {
            command.args(["serve", "--bind", "127.0.0.1:0", "--workers", &workers.to_string()]);
        }
        Role::Worker { concurrency } => {
            command.args(["worker", "--concurrency", &concurrency.to_string()]);
        }
    }
    Process::start(command)
}
