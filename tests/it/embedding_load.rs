//! What the service adds to the engine, and what many clients at once make of it. Figures are printed; only errors, and memory
//! that grows, fail.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use serde_json::json;
use textmill::core::embeddings::{Embedder, LocalEmbedder, LocalOptions};
use tokio_util::sync::CancellationToken;

use crate::embeddings_api::Store;
use crate::soak::meter::Meter;
use crate::support::{DEADLINE, Service, http_client};

const CLIENTS: u64 = 64;
const TIME: Duration = Duration::from_secs(30);
/// So few that some requests of the load are refused.
const MAX_WAITING_TOKENS: &str = "12288";
const TEXTS: usize = 32;
const ROUNDS: usize = 40;

const WORDS: [&str; 12] =
    ["concrete", "the", "of", "a kiln", "burns", "old", "steel", "and", "wind", "with", "two parts", "water"];

/// Some words, never the same.
fn sentence(random: &mut fastrand::Rng, words: usize) -> String {
    (0..words).map(|_| WORDS[random.usize(..WORDS.len())]).collect::<Vec<_>>().join(" ") + &random.u16(..).to_string()
}

/// The share of times below which this one lies, in milliseconds.
fn quantile(times: &mut [Duration], share: f64) -> f64 {
    times.sort_unstable();
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "thousands"
    )]
    let place = (times.len().saturating_sub(1) as f64 * share).round() as usize;
    times.get(place).map_or(f64::NAN, |time| time.as_secs_f64() * 1_000.0)
}

/// What the clients saw.
#[derive(Default)]
struct Seen {
    times: Mutex<Vec<Duration>>,
    texts: AtomicU64,
    refused: AtomicU64,
    others: Mutex<Vec<String>>,
}

/// One client, until it is over.
fn ask(url: &str, seed: u64, seen: &Seen, is_over: &AtomicBool) {
    let (client, mut random) = (http_client(DEADLINE), fastrand::Rng::with_seed(seed));
    while !is_over.load(Ordering::Acquire) {
        let count = random.usize(1..=16);
        let texts: Vec<_> = (0..count).map(|_| random.usize(1..40)).collect();
        let texts: Vec<_> = texts.into_iter().map(|words| sentence(&mut random, words)).collect();
        let begun = Instant::now();
        let answer = client.post(format!("{url}/v1/embeddings")).json(&json!({ "input": texts })).send();
        let (status, body) = match answer.map(|answer| (answer.status().as_u16(), answer.bytes())) {
            Ok((status, Ok(body))) => (status, body),
            Ok((_, Err(error))) | Err(error) => return seen.others.lock().unwrap().push(error.to_string()),
        };
        match status {
            200 => {
                seen.times.lock().unwrap().push(begun.elapsed());
                seen.texts.fetch_add(count as u64, Ordering::Relaxed);
            }
            429 => {
                seen.refused.fetch_add(1, Ordering::Relaxed);
                std::thread::sleep(Duration::from_millis(random.u64(20..200)));
            }
            _ => seen.others.lock().unwrap().push(format!("{status} {}", String::from_utf8_lossy(&body))),
        }
    }
}

#[test]
#[ignore = "long: make test-full"]
fn many_clients_get_vectors_or_are_asked_to_come_back_and_memory_stays_flat() {
    let store = Store::best();
    let mut command = store.command();
    command.env("TEXTMILL_EMBEDDINGS_MAX_WAITING_TOKENS", MAX_WAITING_TOKENS);
    let service = Service::start_with(command, &[]);
    let (seen, is_over) = (Seen::default(), AtomicBool::new(false));
    let mut meter = Meter::new("service", service.process.id());
    std::thread::scope(|scope| {
        for seed in 0..CLIENTS {
            let (url, seen, is_over) = (&service.url, &seen, &is_over);
            scope.spawn(move || ask(url, seed, seen, is_over));
        }
        let begun = Instant::now();
        while begun.elapsed() < TIME {
            meter.sample();
            std::thread::sleep(Duration::from_millis(500));
        }
        is_over.store(true, Ordering::Release);
    });
    let (mut times, refused) = (seen.times.into_inner().unwrap(), seen.refused.into_inner());
    let (half, most) = (quantile(&mut times, 0.5), quantile(&mut times, 0.99));
    let (count, texts) = (times.len(), seen.texts.into_inner());
    println!(
        "{CLIENTS} clients, {} s, {}: {count} answers, {texts} texts, {refused} refused",
        TIME.as_secs(),
        store.model
    );
    println!("  p50 {half:.0} ms, p99 {most:.0} ms; {meter}");
    let others = seen.others.into_inner().unwrap();
    assert!(others.is_empty(), "{} other answers, the first: {}", others.len(), others[0]);
    assert!(count > 0 && meter.risen().is_empty(), "{:?}", meter.risen());
}

#[test]
#[ignore = "a benchmark: make bench-serving"]
fn the_way_over_http_is_timed_beside_the_engine_alone() {
    let store = Store::best();
    let service = Service::start_with(store.command(), &["--workers", "0"]);
    let engine = LocalEmbedder::open(&store.model_folder(), LocalOptions::default()).unwrap();
    let (client, url) = (http_client(DEADLINE), format!("{}/v1/embeddings", service.url));
    let mut random = fastrand::Rng::with_seed(42);
    let mut times: [Vec<Duration>; 3] = Default::default();
    for round in 0..=ROUNDS {
        let texts: Vec<_> = (0..TEXTS).map(|_| sentence(&mut random, 16)).collect();
        let alone = || {
            let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
            engine.embed(&texts, &CancellationToken::new()).unwrap();
        };
        let asked = |format: &str| {
            let answer = client.post(&url).json(&json!({ "input": texts, "encoding_format": format })).send().unwrap();
            assert_eq!(answer.status(), 200);
            answer.bytes().unwrap();
        };
        let ways: [&dyn Fn(); 3] = [&alone, &|| asked("float"), &|| asked("base64")];
        // Another one begins each time; the first round only warms up.
        for place in (0..3).map(|place| (place + round) % 3) {
            let begun = Instant::now();
            ways[place]();
            if round > 0 {
                times[place].push(begun.elapsed());
            }
        }
    }
    let [alone, float, base64] = times.map(|mut times| quantile(&mut times, 0.5));
    let over = |way: f64| (way / alone - 1.0) * 100.0;
    println!("\n| model, {TEXTS} texts | engine alone ms | HTTP, floats ms | over | HTTP, Base64 ms | over |");
    println!("| --- | ---: | ---: | ---: | ---: | ---: |");
    println!(
        "| {} | {alone:.2} | {float:.2} | {:.1} % | {base64:.2} | {:.1} % |",
        store.model,
        over(float),
        over(base64)
    );
}
