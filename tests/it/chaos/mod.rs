//! Chaos: processes that are killed, frozen past their lease and replaced, a database that restarts, connections that
//! break, while jobs come in. Afterwards every job has ended once, with exactly the result of an undisturbed run.
//!
//! A run is shaped by its seed: orders and disturbances are the same for the same seed, the moments at which they meet
//! are not. `CHAOS_SEEDS` (how many, from `CHAOS_FIRST_SEED`) and `CHAOS_SECONDS` shape the long runs.

mod asking;
mod audit;
mod crew;
mod verdict;
pub(crate) mod workload;

use std::sync::Arc;
use std::time::{Duration, Instant};

use self::crew::{Crew, Deck, Role};
use self::verdict::Asked;
use self::workload::{Order, Source};
use crate::support::DEADLINE;
use crate::support::postgres::Server;
use crate::support::site::Site;

/// How long the last job may take once nothing is disturbed any more; the longest back-off is 5 minutes.
const CALM_DEADLINE: Duration = Duration::from_mins(8);
/// How often the processes are looked after.
const TICK: Duration = Duration::from_millis(10);
const SETTINGS: [(&str, &str); 4] = [
    ("TEXTMILL_LEASE_S", "3"),
    ("TEXTMILL_MAX_ATTEMPTS", "100"),
    ("TEXTMILL_MAX_QUEUED", "100000"),
    ("TEXTMILL_LOG_LEVEL", "info"),
];

/// A chaos run.
struct Run {
    seed: u64,
    jobs: usize,
    /// How long things happen.
    disturbed: Duration,
    roles: &'static [Role],
}

/// Two processes, both of which can be victims.
const TWO_PROCESSES: &[Role] = &[Role::Service { workers: 2 }, Role::Worker { concurrency: 2 }];
/// Four workers, and two services that only take requests.
const FOUR_WORKERS: &[Role] = &[
    Role::Service { workers: 0 },
    Role::Service { workers: 0 },
    Role::Worker { concurrency: 1 },
    Role::Worker { concurrency: 2 },
    Role::Worker { concurrency: 1 },
    Role::Worker { concurrency: 2 },
];

/// What is asked of the processes.
struct Load {
    sources: Vec<Source>,
    orders: Vec<Order>,
}

impl Run {
    fn on(&self, mut site: Site) {
        for (name, value) in SETTINGS {
            site.set(name, value);
        }
        let mut random = fastrand::Rng::with_seed(self.seed);
        let sources = workload::sources(&site);
        let orders = workload::orders(&sources, self.jobs, &mut random);
        let load = Load { sources, orders };
        let mut crew = Crew::start(&site, self.roles);
        audit::begin(&site.database);
        let (mut asked, mut faults) = self.disturb(&mut crew, &load, &mut random);
        settle(&mut crew);
        for asked in &mut asked {
            asked.order.is_cancelled |= crew.taken_back.contains(&asked.id);
        }
        let found = verdict::verdict(&site, &load.sources, &asked);
        println!(
            "chaos seed {} on {:?}: {} jobs, {} parts, {:?}, {:?}",
            self.seed, site.database, found.jobs, found.parts, crew.happened, found.tally
        );
        faults.extend(found.faults);
        faults.append(&mut crew.faults);
        let words = crew.last_words();
        drop(crew);
        if !faults.is_empty() {
            let place = site.keep().display().to_string();
            panic!("seed {}, kept in {place}\n{}\n{words}", self.seed, faults.join("\n"));
        }
    }

    /// Asks for the jobs while things happen; looks at what succeeds as it succeeds.
    fn disturb(&self, crew: &mut Crew<'_>, load: &Load, random: &mut fastrand::Rng) -> (Vec<Asked>, Vec<String>) {
        let mut witness = Witness::new(crew.site);
        let (begun, urls) = (Instant::now(), Arc::clone(&crew.urls));
        let asked = std::thread::scope(|scope| {
            let asking = scope.spawn(|| asking::ask_for_all(load, &urls, self.disturbed));
            let mut next = begun + pause(random);
            let mut deck = Deck::new(crew.site.database.server().is_some());
            while begun.elapsed() < self.disturbed {
                if next <= Instant::now() {
                    crew.disturb(deck.draw(random), random);
                    next = Instant::now() + pause(random);
                }
                crew.tend();
                witness.look();
                std::thread::sleep(TICK);
            }
            crew.calm();
            while !asking.is_finished() {
                crew.tend();
                std::thread::sleep(TICK);
            }
            asking.join().unwrap()
        });
        (asked, witness.faults)
    }
}

/// Waits until every job has ended, what dead processes left is cleared up, and all processes have stopped.
fn settle(crew: &mut Crew<'_>) {
    let site = crew.site;
    let open = format!("SELECT count(*) FROM {} WHERE status IN ('queued', 'running')", site.database.table("jobs"));
    let (begun, mut look) = (Instant::now(), Instant::now());
    while site.database.number(&open) > 0 {
        if begun.elapsed() > CALM_DEADLINE {
            crew.faults.push(format!("jobs that never end: {}", site.database.number(&open)));
            break;
        }
        if look.elapsed() > Duration::from_secs(5) {
            look = Instant::now();
            crew.faults.extend(verdict::dishonest(site));
            if !crew.faults.is_empty() {
                break;
            }
        }
        crew.tend();
        std::thread::sleep(10 * TICK);
    }
    // A process that starts clears up what others, whom nobody replaced in time, have left.
    crew.replace_last();
    let begun = Instant::now();
    let mut left = verdict::debris(site);
    // A run that has failed already has nothing to wait for.
    while !left.is_empty() && crew.faults.is_empty() && begun.elapsed() < DEADLINE {
        std::thread::sleep(10 * TICK);
        left = verdict::debris(site);
    }
    crew.faults.extend(left.iter().map(|what| format!("left lying about: {what}")));
    crew.terminate();
}

/// Sees to it, while things happen, that a row that says `succeeded` names files that are there.
struct Witness<'a> {
    site: &'a Site,
    seen: i64,
    next: Instant,
    faults: Vec<String>,
}

impl<'a> Witness<'a> {
    fn new(site: &'a Site) -> Self {
        Self { site, seen: 0, next: Instant::now(), faults: Vec::new() }
    }

    fn look(&mut self) {
        if self.next > Instant::now() {
            return;
        }
        self.next = Instant::now() + Duration::from_millis(250);
        let database = &self.site.database;
        let (audit, jobs) = (database.either("audit", "public.audit"), database.table("jobs"));
        let fresh = format!(
            "SELECT seq, {jobs}.* FROM {audit} JOIN {jobs} ON id = job
             WHERE new_status = 'succeeded' AND seq > {} ORDER BY seq",
            self.seen
        );
        for row in database.rows(&fresh) {
            self.seen = row["seq"].as_i64().unwrap();
            let faults = verdict::of_files(self.site, &row, &[]);
            self.faults.extend(faults.into_iter().map(|fault| format!("{} as it succeeded: {fault}", row["id"])));
        }
    }
}

/// How long nothing happens.
fn pause(random: &mut fastrand::Rng) -> Duration {
    Duration::from_millis(random.u64(150..1_000))
}

#[test]
fn short_chaos_of_two_processes_leaves_every_job_ended_once() {
    let run = Run { seed: 42, jobs: 50, disturbed: Duration::from_secs(9), roles: TWO_PROCESSES };
    run.on(Site::on_sqlite());
}

mod postgres {
    use super::*;

    #[test]
    #[ignore = "needs PostgreSQL: make test-postgres"]
    fn short_chaos_of_four_workers_leaves_every_job_ended_once() {
        let run = Run { seed: 42, jobs: 80, disturbed: Duration::from_secs(10), roles: FOUR_WORKERS };
        run.on(Site::on_postgres(Server::alone()));
    }
}

mod full {
    use super::*;

    fn many(roles: &'static [Role], site: impl Fn() -> Site) {
        let disturbed = Duration::from_secs(variable("CHAOS_SECONDS").unwrap_or(120));
        let first = variable("CHAOS_FIRST_SEED").unwrap_or(1);
        for seed in first..first + variable("CHAOS_SEEDS").unwrap_or(20) {
            let jobs = usize::try_from(disturbed.as_secs() * 500 / 120).unwrap();
            Run { seed, jobs, disturbed, roles }.on(site());
        }
    }

    fn variable(name: &str) -> Option<u64> {
        #[expect(clippy::disallowed_methods, reason = "not a setting of the program")]
        let value = std::env::var(name).ok();
        value.map(|value| value.parse().unwrap_or_else(|_| panic!("{name} is no number: {value}")))
    }

    #[test]
    #[ignore = "long: make test-full"]
    fn long_chaos_of_two_processes_leaves_every_job_ended_once() {
        many(TWO_PROCESSES, Site::on_sqlite);
    }

    #[test]
    #[ignore = "long, and needs PostgreSQL: make test-full"]
    fn long_chaos_of_four_workers_on_postgres_leaves_every_job_ended_once() {
        many(FOUR_WORKERS, || Site::on_postgres(Server::alone()));
    }
}
