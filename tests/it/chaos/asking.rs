//! The clients of a chaos run: each asks until it is answered, under a key of its own, as a client on a bad line must.

use std::sync::Mutex;
use std::time::{Duration, Instant};

use reqwest::blocking::{Client, RequestBuilder};
use serde_json::Value;

use super::Load;
use super::verdict::Asked;
use super::workload::{Order, Source};
use crate::support::http_client;

/// How long a request may take before it is asked again.
const REQUEST_PATIENCE: Duration = Duration::from_secs(10);
const PAUSE: Duration = Duration::from_millis(50);

/// Asks for every job at its time; ends when all were accepted.
pub(super) fn ask_for_all(load: &Load, urls: &Mutex<Vec<String>>, time: Duration) -> Vec<Asked> {
    let client = http_client(REQUEST_PATIENCE);
    let begun = Instant::now();
    let mut asked = Vec::with_capacity(load.orders.len());
    for order in &load.orders {
        let due = begun + time.mul_f64(order.at * 0.95);
        std::thread::sleep(due.saturating_duration_since(Instant::now()));
        let id = ask(&client, urls, order, &load.sources);
        if order.is_cancelled {
            insist(urls, |url| client.post(format!("{url}/v1/jobs/{id}/cancel")), |status| status == 409);
        }
        asked.push(Asked { order: order.clone(), id });
    }
    asked
}

fn ask(client: &Client, urls: &Mutex<Vec<String>>, order: &Order, sources: &[Source]) -> String {
    let request = order.request(sources);
    let key = format!("order-{}", order.number);
    let job = insist(
        urls,
        |url| client.post(format!("{url}/v1/conversions")).json(&request).header("Idempotency-Key", &key),
        |_| false,
    );
    job["id"].as_str().unwrap().to_owned()
}

/// Asks one service after the other until one answers well, or with a status that `is_answer`.
fn insist(
    urls: &Mutex<Vec<String>>,
    request: impl Fn(&str) -> RequestBuilder,
    is_answer: impl Fn(u16) -> bool,
) -> Value {
    for round in 0.. {
        let known = urls.lock().unwrap().clone();
        if let Some(url) = known.get(round % known.len().max(1))
            && let Ok(answer) = request(url).send()
        {
            let status = answer.status();
            if status.is_success() || is_answer(status.as_u16()) {
                return answer.json().unwrap_or_default();
            }
            // Anything else is the client's fault, and would stay so.
            let is_passing = status.is_server_error() || [408, 429].contains(&status.as_u16());
            assert!(is_passing, "{status}: {}", answer.text().unwrap_or_default());
        }
        std::thread::sleep(PAUSE);
    }
    unreachable!("it asks until it is answered")
}
