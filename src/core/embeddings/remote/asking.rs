//! One request, until it is answered for good.
//!
//! For: the client, the form of a request, waiting and trying again. Not for: what an answer must hold (`answer`). The
//! decisions: redirects are not followed, since the key must not go elsewhere; only what may pass by itself is tried again
//! (no connection, no answer in time, a broken answer, 408, 429, 5xx), a wrong answer never.

use std::error::Error;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use reqwest::header::{CONTENT_TYPE, RETRY_AFTER};
use reqwest::{Client, Response, StatusCode, Url, redirect};
use serde::Serialize;

use super::answer::{self, Vectors};
use super::error::RemoteError;
use super::pace::Pace;
use super::{ApiKey, RemoteCounts, RemoteSettings};
use crate::core::models::proxies;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// Longest pause between two tries; a server that asks for more is not waited for.
const LONGEST_PAUSE: Duration = Duration::from_mins(2);
/// Bytes of an answer for each text, and for the rest: 16,384 numbers fit.
const ANSWER_BYTES: usize = 512 << 10;
/// Bytes of a refusal that are looked at.
const WORDS_BYTES: usize = 64 << 10;
/// Characters of a token, for the guess before the server tells.
const CHARS_A_TOKEN: u64 = 4;

/// Asks a server. What it counts goes on for as long as it lives.
#[derive(Debug)]
pub(super) struct Asking {
    settings: RemoteSettings,
    client: Client,
    url: Url,
    pace: Pace,
    /// Until the server refuses them.
    wants_base64: AtomicBool,
    requests: AtomicU64,
    retries: AtomicU64,
    tokens: AtomicU64,
}

#[derive(Serialize)]
struct Request<'a> {
    model: &'a str,
    input: Vec<&'a str>,
    encoding_format: &'static str,
}

/// How one try ended without vectors.
enum Ended {
    /// The server may take the same in another form.
    OtherForm,
    /// Another one may help, after this time if the server says so.
    InPassing(String, Option<Duration>),
    /// None will.
    ForGood(RemoteError),
}

impl Asking {
    pub(super) fn new(settings: RemoteSettings) -> Result<Self, RemoteError> {
        let setup = |error: &dyn std::fmt::Display| RemoteError::Setup(error.to_string());
        let url = format!("{}/embeddings", settings.base.trim_end_matches('/'));
        let url = Url::parse(&url).map_err(|error| setup(&error))?;
        // Done before is as good: every TLS of this program is of the same provider.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut builder = Client::builder()
            .user_agent(concat!("textmill/", env!("CARGO_PKG_VERSION")))
            .redirect(redirect::Policy::none())
            .connect_timeout(CONNECT_TIMEOUT)
            .timeout(settings.timeout)
            .no_proxy();
        for (_, proxy) in proxies(&settings.proxies).map_err(|error| setup(&error))? {
            builder = builder.proxy(proxy);
        }
        let client = builder.build().map_err(|error| setup(&cause(&error)))?;
        let pace = Pace::new(settings.requests_per_minute, settings.tokens_per_minute, Instant::now());
        let [requests, retries, tokens] = [const { AtomicU64::new(0) }; 3];
        Ok(Self { settings, client, url, pace, wants_base64: AtomicBool::new(true), requests, retries, tokens })
    }

    pub(super) fn settings(&self) -> &RemoteSettings {
        &self.settings
    }

    pub(super) fn counts(&self) -> RemoteCounts {
        let [requests, retries, tokens] =
            [&self.requests, &self.retries, &self.tokens].map(|count| count.load(Ordering::Relaxed));
        RemoteCounts { requests, retries, tokens }
    }

    /// Vectors of some texts, `dimension` numbers each (0: any), asked for in one request and as often as it takes.
    pub(super) async fn vectors(&self, texts: &[&str], dimension: usize) -> Result<Vec<Vec<f32>>, RemoteError> {
        let mut tries = 0;
        loop {
            let (why, asked) = match self.once(texts, dimension).await {
                Ok(found) => return Ok(found.vectors),
                Err(Ended::OtherForm) => continue,
                Err(Ended::ForGood(error)) => return Err(error),
                Err(Ended::InPassing(why, asked)) => (why, asked),
            };
            tries += 1;
            let pause = pause(self.settings.retry_pause, tries, asked);
            if tries > self.settings.retries || pause > LONGEST_PAUSE {
                return Err(RemoteError::Failing { place: self.settings.base.clone(), tries, why });
            }
            tracing::debug!(why, pause_ms = pause.as_millis(), "a request for embeddings is tried again");
            tokio::time::sleep(pause).await;
            self.retries.fetch_add(1, Ordering::Relaxed);
        }
    }

    async fn once(&self, texts: &[&str], dimension: usize) -> Result<Vectors, Ended> {
        let expected = texts.iter().map(|text| text.chars().count() as u64 / CHARS_A_TOKEN + 1).sum();
        tokio::time::sleep_until(self.pace.reserve(Instant::now(), expected).into()).await;
        self.requests.fetch_add(1, Ordering::Relaxed);
        let in_base64 = self.wants_base64.load(Ordering::Relaxed);
        let response = self.send(texts, in_base64).await?;
        let status = response.status();
        if !status.is_success() {
            return Err(self.refused(response, in_base64).await);
        }
        let body = content(response, (texts.len() + 1) * ANSWER_BYTES).await?;
        let found = answer::read(&body, texts.len(), dimension)
            .map_err(|what| Ended::ForGood(RemoteError::Answer { place: self.settings.base.clone(), what }))?;
        if let Some(tokens) = found.tokens {
            self.pace.correct(expected, tokens);
            self.tokens.fetch_add(tokens, Ordering::Relaxed);
        }
        Ok(found)
    }

    async fn send(&self, texts: &[&str], in_base64: bool) -> Result<Response, Ended> {
        let request = Request {
            model: &self.settings.model,
            // Servers refuse the empty text; a blank has the same tokens: none.
            input: texts.iter().map(|text| if text.is_empty() { " " } else { text }).collect(),
            encoding_format: if in_base64 { "base64" } else { "float" },
        };
        let body =
            serde_json::to_vec(&request).map_err(|error| Ended::ForGood(RemoteError::Setup(error.to_string())))?;
        let mut sending = self.client.post(self.url.clone()).header(CONTENT_TYPE, "application/json").body(body);
        if let Some(ApiKey(key)) = &self.settings.key {
            sending = sending.bearer_auth(key);
        }
        sending.send().await.map_err(|error| Ended::InPassing(cause(&error), None))
    }

    /// What to make of an answer that is none.
    async fn refused(&self, response: Response, in_base64: bool) -> Ended {
        let status = response.status();
        let asked = retry_after(&response, Utc::now());
        let words = match status {
            // What they say may show the key.
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => String::new(),
            _ => self.without_key(answer::words(&content(response, WORDS_BYTES).await.unwrap_or_default())),
        };
        if in_base64 && matches!(status, StatusCode::BAD_REQUEST | StatusCode::UNPROCESSABLE_ENTITY) {
            // It may be base64 alone that is refused; if not, the next try says so.
            self.wants_base64.store(false, Ordering::Relaxed);
            return Ended::OtherForm;
        }
        let is_passing = status.is_server_error() && status != StatusCode::NOT_IMPLEMENTED
            || matches!(status, StatusCode::TOO_MANY_REQUESTS | StatusCode::REQUEST_TIMEOUT);
        if is_passing {
            return Ended::InPassing(format!("{status} {words}").trim_end().to_owned(), asked);
        }
        Ended::ForGood(RemoteError::Refused { place: self.settings.base.clone(), status: status.as_u16(), words })
    }

    fn without_key(&self, words: String) -> String {
        match &self.settings.key {
            Some(ApiKey(key)) => words.replace(key.as_str(), "***"),
            None => words,
        }
    }
}

/// The body, unless it is larger than it can be.
async fn content(mut response: Response, most: usize) -> Result<Vec<u8>, Ended> {
    let mut body = Vec::new();
    while let Some(piece) = response.chunk().await.map_err(|error| Ended::InPassing(cause(&error), None))? {
        if body.len() + piece.len() > most {
            return Err(Ended::InPassing(format!("an answer of more than {most} bytes"), None));
        }
        body.extend_from_slice(&piece);
    }
    Ok(body)
}

/// What the server asks for, and else twice as long as before; a little more or less, so that not all come back at once.
fn pause(first: Duration, tries: u32, asked: Option<Duration>) -> Duration {
    let jitter = fastrand::f64();
    match asked {
        Some(asked) => asked + first.mul_f64(jitter),
        None => first.saturating_mul(1 << (tries - 1).min(16)).min(LONGEST_PAUSE).mul_f64(0.5 + jitter / 2.0),
    }
}

/// Seconds, or a date.
fn retry_after(response: &Response, now: DateTime<Utc>) -> Option<Duration> {
    let text = response.headers().get(RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse::<f64>() {
        return Duration::try_from_secs_f64(seconds).ok();
    }
    let date = DateTime::parse_from_rfc2822(text).ok()?.with_timezone(&Utc);
    Some((date - now).to_std().unwrap_or_default())
}

/// The innermost cause says it; the client's own words are the address.
fn cause(error: &(dyn Error + 'static)) -> String {
    let mut innermost = error;
    let mut is_timeout = false;
    loop {
        is_timeout |= innermost.downcast_ref::<reqwest::Error>().is_some_and(reqwest::Error::is_timeout);
        match innermost.source() {
            Some(inner) => innermost = inner,
            None if is_timeout => return "no answer in time".to_owned(),
            None => return innermost.to_string(),
        }
    }
}
