//! What checks of incoming data find, and how often they cry wolf: faults are planted at several strengths by many seeds.
//!
//! `make drift-power` (and `make test-full`) plants with 200 seeds and writes curves of power and false alarms, a line for
//! each fault and strength (`make drift-power CHECK=duplicates`: those of one check); `make test` plants the strongest fault
//! and none with a few. Every check whose conditions can break has a fault that it has to find, and where nothing is planted
//! it may not break more often than at the level that all of them state: one in twenty.

mod plants;
mod sample;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use fastrand::Rng;
use serde_json::json;
use textmill::core::intake::LocalSource;
use textmill::operations::drift::{
    CheckOutcome, Condition, DriftOptions, Engines, Measure, Need, Otherwise, REGISTRY, Registered, Run, Verdict,
    Which, check,
};

use self::plants::{PLANTS, Plant, WITHOUT};
use self::sample::{Sample, write};
use crate::support::unattended;

/// Rows of each set.
const ROWS: usize = 400;
/// How often a check may break where nothing is planted.
const LEVEL: f64 = 0.05;
/// How often the strongest fault has to be found.
const POWER: f64 = 0.9;

/// What became of a fault of one strength, over all seeds.
#[derive(Debug, Default)]
struct Found {
    seeds: u32,
    /// A condition broke as badly as one can.
    alarms: u32,
    /// A condition broke.
    warnings: u32,
    /// A measure had a (corrected) p-value of at most [`LEVEL`].
    significant: u32,
    /// The check has p-values at all.
    has_p_values: bool,
    /// The measures that had such a p-value, and how often.
    measures: BTreeMap<String, u32>,
}

impl Found {
    fn share(&self, of: u32) -> f64 {
        f64::from(of) / f64::from(self.seeds)
    }
}

fn registered(name: &str) -> &'static Registered {
    REGISTRY.iter().find(|check| check.about.name == name).unwrap_or_else(|| panic!("there is no check {name}"))
}

/// The worst that conditions of a check can come to.
fn worst(conditions: &[Condition]) -> Verdict {
    let fails = conditions.iter().any(|condition| condition.otherwise == Otherwise::Fail);
    if fails { Verdict::Fail } else { Verdict::Warn }
}

fn options(check: &Registered, seed: u64) -> DriftOptions {
    let needs = |need: &Need| check.about.needs.contains(need);
    let mut options = json!({
        "text_column": "text",
        "label_column": "label",
        "prediction_column": "prediction",
        "ignore_columns": ["vector"],
        "suite": {"name": "one", "checks": [{"check": check.about.name}]},
        "seed": seed,
    });
    if needs(&Need::Embeddings) {
        options["embedding_column"] = "vector".into();
    }
    serde_json::from_value(options).unwrap()
}

/// Plants a fault once, and gives what its check says of it.
fn planted(plant: &Plant, strength: f64, seed: u64, folder: &Path) -> CheckOutcome {
    let mut random = Rng::with_seed(seed);
    let mut sample = Sample::new(ROWS, &mut random);
    (plant.into)(&mut sample, strength, &mut random);
    let source = |name: &str, rows| {
        let file = folder.join(name);
        write(rows, &file);
        LocalSource::at(&file).unwrap()
    };
    let (reference, incoming) = (source("ref.jsonl", &sample.reference), source("inc.jsonl", &sample.incoming));
    let registered = registered(plant.check);
    let (reference, set) = match registered.run {
        Run::Pair(_) => (Some(&reference), None),
        Run::One(_) => (None, Some(Which::Incoming)),
    };
    let sides = (reference, Some(&incoming));
    let (outcome, _) = check(sides, &options(registered, seed), &Engines::default(), &unattended()).unwrap();
    outcome.checks.into_iter().find(|check| check.set == set).unwrap_or_else(|| panic!("{} did not run", plant.check))
}

fn found(plant: &Plant, strength: f64, seeds: u32) -> Found {
    let folder = tempfile::tempdir().unwrap();
    let worst = worst(&(registered(plant.check).conditions)());
    let mut found = Found { seeds, ..Found::default() };
    for seed in 0..seeds {
        let outcome = planted(plant, strength, u64::from(seed), folder.path());
        assert!(outcome.error.is_none(), "{} at {strength}, seed {seed}: {:?}", plant.check, outcome.error);
        found.alarms += u32::from(outcome.verdict >= worst);
        found.warnings += u32::from(outcome.verdict >= Verdict::Warn);
        let corrected = |measure: &Measure| measure.adjusted_p_value.or(measure.p_value);
        found.has_p_values |= outcome.measures.iter().any(|measure| corrected(measure).is_some());
        let significant: Vec<&Measure> =
            outcome.measures.iter().filter(|measure| corrected(measure).is_some_and(|p| p <= LEVEL)).collect();
        found.significant += u32::from(!significant.is_empty());
        for measure in significant {
            let name = format!("{} {}", measure.name, measure.column.as_deref().unwrap_or_default());
            *found.measures.entry(name).or_default() += 1;
        }
    }
    found
}

/// What is wrong with a fault's curve; nothing is planted at the first strength, and the most at the last one.
fn judged(plant: &Plant, curve: &[(f64, Found)]) -> Vec<String> {
    let (Some((_, none)), Some((_, most))) = (curve.first(), curve.last()) else { panic!("no curve") };
    // Three standard deviations of a share that is at the level: so the verdict does not hang on the choice of seeds.
    let bound = LEVEL + 3.0 * (LEVEL * (1.0 - LEVEL) / f64::from(none.seeds)).sqrt();
    let mut wrong = Vec::new();
    let mut holds = |what: &str, share: f64, is_right: bool| {
        if !is_right {
            wrong.push(format!("{}: {what} in {:.1} % of {} seeds", plant.check, share * 100.0, none.seeds));
        }
    };
    let (alarms, significant, power) = (none.share(none.alarms), none.share(none.significant), most.share(most.alarms));
    holds("false alarms", alarms, alarms <= bound);
    holds("significant without a fault", significant, significant <= bound);
    holds("found", power, power >= POWER);
    if significant > bound {
        wrong.push(format!("{}: significant were {:?}", plant.check, none.measures));
    }
    wrong
}

/// The curve of each fault, and what is wrong with them.
fn curves(plants: &[Plant], strengths: impl Fn(&Plant) -> Vec<f64> + Sync, seeds: u32) -> (String, Vec<String>) {
    let workers = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let next = std::sync::atomic::AtomicUsize::new(0);
    let work = || {
        let mut done = Vec::new();
        loop {
            let place = next.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            let Some(plant) = plants.get(place) else { return done };
            if !REGISTRY.iter().any(|check| check.about.name == plant.check) {
                println!("there is no check {}", plant.check);
                continue;
            }
            let curve: Vec<_> = strengths(plant).into_iter().map(|at| (at, found(plant, at, seeds))).collect();
            done.push((place, curve));
        }
    };
    let mut all: Vec<_> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..workers).map(|_| scope.spawn(work)).collect();
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    });
    all.sort_by_key(|(place, _)| *place);
    let mut table = "check,fault,strength,seeds,alarms,warnings,significant\n".to_owned();
    let mut wrong = Vec::new();
    for (place, curve) in &all {
        let plant = &plants[*place];
        for (strength, found) in curve {
            let significant =
                if found.has_p_values { found.share(found.significant).to_string() } else { String::new() };
            let (alarms, warnings) = (found.share(found.alarms), found.share(found.warnings));
            let (check, fault) = (plant.check, plant.fault);
            writeln!(table, "{check},{fault},{strength},{},{alarms},{warnings},{significant}", found.seeds).unwrap();
        }
        wrong.extend(judged(plant, curve));
    }
    (table, wrong)
}

#[test]
fn every_check_that_can_break_has_a_fault_to_find() {
    for check in REGISTRY {
        let name = check.about.name;
        let has_one =
            PLANTS.iter().any(|plant| plant.check == name) || WITHOUT.iter().any(|(without, _)| *without == name);
        assert!(has_one || (check.conditions)().is_empty(), "no fault is planted for {name}");
    }
}

#[test]
fn strong_faults_are_found_and_no_fault_is_no_alarm() {
    let (table, wrong) = curves(PLANTS, |plant| vec![0.0, plant.strengths[2]], 4);
    assert!(wrong.is_empty(), "{wrong:#?}\n{table}");
}

/// Curves of power and false alarms, 200 seeds each.
#[test]
#[ignore = "long: make drift-power"]
fn faults_are_found_the_more_the_stronger_they_are() {
    let strengths = |plant: &Plant| [0.0].into_iter().chain(plant.strengths).collect();
    #[expect(clippy::disallowed_methods, reason = "not a setting of the program")]
    let only = std::env::var("CHECK").unwrap_or_default();
    let plants: Vec<Plant> = PLANTS.iter().filter(|plant| only.is_empty() || plant.check == only).copied().collect();
    assert!(!plants.is_empty(), "no fault is planted for {only}");
    let (table, wrong) = curves(&plants, strengths, 200);
    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join("drift_power.csv");
    std::fs::write(&file, &table).unwrap();
    println!("{table}\nwritten to {}", file.display());
    assert!(wrong.is_empty(), "{wrong:#?}");
}
