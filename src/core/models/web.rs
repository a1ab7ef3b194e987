//! Files of models from the web: a model hub, or any server.
//!
//! For: requests that keep the rules of `address` at every step. Not for: retries, sizes and digests of whole files;
//! `download` has those. The one decision: redirects are followed here and not by the client, so that each one is checked,
//! and the hub's token goes to the hub alone.

use std::error::Error;
use std::fmt;
use std::io::{self, Read};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::header::{CONTENT_RANGE, LOCATION, RANGE};
use reqwest::{Client, NoProxy, Proxy, Response, StatusCode, Url, redirect};
use tokio::runtime::Handle;
use tokio_util::bytes::{Buf as _, Bytes};
use tokio_util::sync::CancellationToken;

use super::address::{AllowedHost, Rules, plain, shown};
use super::catalogue::ModelFile;
use super::error::ModelError;
use super::sources::{FetchError, Opened, Source};

const MOST_REDIRECTS: usize = 10;
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// Longest time between two pieces of an answer.
const READ_TIMEOUT: Duration = Duration::from_mins(1);

/// A hub's token; never shown.
#[derive(Clone, PartialEq, Eq)]
pub struct Token(String);

impl Token {
    /// Takes a token as it stands in the environment; nothing is no token.
    pub fn new(text: &str) -> Option<Self> {
        let text = text.trim();
        (!text.is_empty()).then(|| Self(text.to_owned()))
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// Proxies as the environment names them.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Proxies {
    /// For https.
    pub https: Option<String>,
    /// For http.
    pub http: Option<String>,
    /// Hosts that are asked directly, `,` between them.
    pub none_for: Option<String>,
}

/// An address of a proxy may hold a password.
impl fmt::Debug for Proxies {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let is_set = |one: &Option<String>| one.as_ref().map(|_| "***");
        f.debug_struct("Proxies")
            .field("https", &is_set(&self.https))
            .field("http", &is_set(&self.http))
            .finish_non_exhaustive()
    }
}

/// How the web is reached.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct WebSettings {
    /// Whether it is not to be reached at all.
    pub offline: bool,
    /// Address of the model hub.
    pub hub: String,
    /// Shown to the hub, and to nobody else.
    pub token: Option<Token>,
    /// Hosts that are asked though they are not public, or speak no https.
    pub allow_hosts: Vec<AllowedHost>,
    /// Who stands between.
    pub proxies: Proxies,
}

/// Asks web servers; cheap to clone.
#[derive(Debug, Clone)]
pub(super) struct Web {
    client: Client,
    rules: Arc<Rules>,
    hub: Url,
    token: Option<Token>,
    runtime: Handle,
    cancel: CancellationToken,
}

impl Web {
    /// Needs a tokio runtime; what it makes is read from a thread that may block.
    pub(super) fn new(settings: &WebSettings, cancel: CancellationToken) -> Result<Self, ModelError> {
        let setup = |error: &dyn fmt::Display| ModelError::Setup(error.to_string());
        let hub = Url::parse(&format!("{}/", settings.hub.trim_end_matches('/'))).map_err(|error| setup(&error))?;
        let proxies = proxies(&settings.proxies)?;
        let hosts = proxies.iter().map(|(host, _)| host.clone()).collect();
        let rules = Arc::new(Rules { allowed: settings.allow_hosts.clone(), proxies: hosts });
        // Done before is as good: every TLS of this program is of the same provider.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut builder = Client::builder()
            .user_agent(concat!("textmill/", env!("CARGO_PKG_VERSION")))
            .redirect(redirect::Policy::none())
            .connect_timeout(CONNECT_TIMEOUT)
            .read_timeout(READ_TIMEOUT)
            .dns_resolver(CheckedNames(Arc::clone(&rules)))
            .no_proxy();
        for (_, proxy) in proxies {
            builder = builder.proxy(proxy);
        }
        let client = builder.build().map_err(|error| setup(&chain(&error)))?;
        Ok(Self { client, rules, hub, token: settings.token.clone(), runtime: Handle::current(), cancel })
    }

    /// A repository of the hub.
    pub(super) fn repository(&self, repository: &str, revision: &str) -> Result<WebFolder, FetchError> {
        let base = format!("{}{repository}/resolve/{revision}/", self.hub);
        self.folder(&base, format!("hub repository `{repository}`"))
    }

    /// What lies below an address.
    pub(super) fn server(&self, base: &str) -> Result<WebFolder, FetchError> {
        let mut folder = self.folder(&format!("{}/", base.trim_end_matches('/')), String::new())?;
        folder.name = shown(&folder.base);
        Ok(folder)
    }

    fn folder(&self, base: &str, name: String) -> Result<WebFolder, FetchError> {
        let base = Url::parse(base).map_err(|error| FetchError::Forbidden {
            what: format!("`{base}`"),
            why: format!("it is no URL: {error}"),
        })?;
        Ok(WebFolder { web: self.clone(), base, name })
    }

    /// Asks, and follows redirects.
    async fn get(&self, url: &Url, from: u64) -> Result<Response, FetchError> {
        let mut url = url.clone();
        for _ in 0..=MOST_REDIRECTS {
            self.rules.check_url(&url)?;
            let mut request = self.client.get(url.clone());
            if from > 0 {
                request = request.header(RANGE, format!("bytes={from}-"));
            }
            if let Some(Token(token)) = self.token.as_ref().filter(|_| url.origin() == self.hub.origin()) {
                request = request.bearer_auth(token);
            }
            let response = request.send().await.map_err(|error| not_sent(&url, &error))?;
            if !response.status().is_redirection() {
                return Ok(response);
            }
            url = redirected(&url, &response)?;
        }
        Err(FetchError::Refused { what: shown(&url), why: format!("is the {MOST_REDIRECTS}th redirect"), hint: None })
    }

    /// Waits for an answer, unless somebody says stop.
    fn wait<T>(&self, answer: impl Future<Output = T>) -> Option<T> {
        self.runtime.block_on(self.cancel.run_until_cancelled(answer))
    }
}

/// Files below an address.
#[derive(Debug)]
pub(super) struct WebFolder {
    web: Web,
    base: Url,
    name: String,
}

impl Source for WebFolder {
    fn describe(&self) -> String {
        self.name.clone()
    }

    fn open(&self, file: &ModelFile, from: u64) -> Result<Opened, FetchError> {
        let url = self
            .base
            .join(&file.path)
            .map_err(|error| FetchError::Forbidden { what: format!("`{}`", file.path), why: error.to_string() })?;
        let stopped = || FetchError::Broken { what: shown(&url), why: "was not waited for".to_owned() };
        let response = self.web.wait(self.web.get(&url, from)).ok_or_else(stopped)??;
        let from = begins_at(&url, &response, from, file)?;
        let content = Body { web: self.web.clone(), response, piece: Bytes::new() };
        Ok(Opened { content: Box::new(content), from })
    }
}

/// Where the answer's bytes begin in the file.
fn begins_at(url: &Url, response: &Response, asked: u64, file: &ModelFile) -> Result<u64, FetchError> {
    let status = response.status();
    let what = shown(url);
    let broken = |why: String| FetchError::Broken { what: what.clone(), why };
    let (from, size) = match status {
        StatusCode::OK => (0, response.content_length()),
        StatusCode::PARTIAL_CONTENT => {
            let (from, size) =
                content_range(response).ok_or_else(|| broken("answered with a range that can't be read".to_owned()))?;
            if from != asked {
                return Err(broken(format!("gave the bytes from {from}, not from {asked}")));
            }
            (from, size)
        }
        _ => return Err(refused(what, status)),
    };
    match size {
        Some(found) if found != file.size_bytes => Err(FetchError::WrongSize { found, expected: file.size_bytes }),
        _ => Ok(from),
    }
}

/// First byte and size of the whole, of `bytes 7-41/42`.
fn content_range(response: &Response) -> Option<(u64, Option<u64>)> {
    let text = response.headers().get(CONTENT_RANGE)?.to_str().ok()?;
    let (range, size) = text.strip_prefix("bytes ")?.split_once('/')?;
    let (from, _) = range.split_once('-')?;
    Some((from.parse().ok()?, size.parse().ok()))
}

fn refused(what: String, status: StatusCode) -> FetchError {
    let why = format!("answered {status}");
    let is_passing = status.is_server_error()
        || matches!(
            status,
            StatusCode::TOO_MANY_REQUESTS | StatusCode::REQUEST_TIMEOUT | StatusCode::RANGE_NOT_SATISFIABLE
        );
    if is_passing {
        return FetchError::Broken { what, why };
    }
    let hint = match status {
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => {
            Some("the hub may want a token for this model: set HF_TOKEN".to_owned())
        }
        _ => None,
    };
    FetchError::Refused { what, why, hint }
}

fn redirected(url: &Url, response: &Response) -> Result<Url, FetchError> {
    let refused = |why: String| FetchError::Refused { what: shown(url), why, hint: None };
    let place = response.headers().get(LOCATION).and_then(|value| value.to_str().ok());
    let place = place.ok_or_else(|| refused(format!("answered {} without an address", response.status())))?;
    url.join(place).map_err(|error| refused(format!("redirects to what is no address: {error}")))
}

/// A refusal of ours comes back wrapped into the client's error.
fn not_sent(url: &Url, error: &reqwest::Error) -> FetchError {
    let mut cause: Option<&(dyn Error + 'static)> = Some(error);
    while let Some(one) = cause {
        if let Some(ours) = one.downcast_ref::<FetchError>() {
            return ours.clone();
        }
        cause = one.source();
    }
    FetchError::Broken { what: shown(url), why: format!("can't be reached: {}", chain(error)) }
}

/// The innermost cause says it; the client's own words show the URL with its signature.
fn chain(error: &(dyn Error + 'static)) -> String {
    let mut innermost = error;
    while let Some(cause) = innermost.source() {
        innermost = cause;
    }
    match innermost.downcast_ref::<reqwest::Error>() {
        Some(client) if client.is_timeout() => "no answer in time".to_owned(),
        Some(_) => "the client gave up".to_owned(),
        None => innermost.to_string(),
    }
}

/// The bytes of an answer, read from a thread that may block.
struct Body {
    web: Web,
    response: Response,
    piece: Bytes,
}

impl Read for Body {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.piece.is_empty() {
            let Some(next) = self.web.wait(self.response.chunk()) else { return Err(io::Error::other("cancelled")) };
            match next.map_err(|error| io::Error::other(chain(&error)))? {
                Some(piece) => self.piece = piece,
                None => return Ok(0),
            }
        }
        let count = self.piece.len().min(buffer.len());
        self.piece.copy_to_slice(&mut buffer[..count]);
        Ok(count)
    }
}

/// Asks the system's name server; the addresses that pass are those that are connected to.
#[derive(Debug)]
struct CheckedNames(Arc<Rules>);

impl Resolve for CheckedNames {
    fn resolve(&self, name: Name) -> Resolving {
        let rules = Arc::clone(&self.0);
        Box::pin(async move {
            let host = name.as_str();
            let found: Vec<SocketAddr> = tokio::net::lookup_host((host, 0)).await?.collect();
            for address in &found {
                rules.check_address(host, address.ip())?;
            }
            let addresses: Addrs = Box::new(found.into_iter());
            Ok(addresses)
        })
    }
}

/// Each proxy with the name of its host.
pub(in crate::core) fn proxies(settings: &Proxies) -> Result<Vec<(String, Proxy)>, ModelError> {
    type Make = fn(Url) -> reqwest::Result<Proxy>;
    let none_for = settings.none_for.as_deref().and_then(NoProxy::from_string);
    let mut proxies = Vec::new();
    for (address, make) in [(&settings.https, Proxy::https::<Url> as Make), (&settings.http, Proxy::http::<Url>)] {
        let Some(address) = address.as_deref().filter(|address| !address.is_empty()) else { continue };
        let no_address =
            |why: &str| ModelError::Setup(format!("the proxy of the environment has an address that {why}"));
        let whole = if address.contains("://") { address.to_owned() } else { format!("http://{address}") };
        let url = Url::parse(&whole).map_err(|error| no_address(&format!("is none: {error}")))?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(no_address("is neither http nor https"));
        }
        let host = plain(url.host_str().unwrap_or_default());
        let proxy = make(url).map_err(|error| no_address(&chain(&error)))?;
        proxies.push((host, proxy.no_proxy(none_for.clone())));
    }
    Ok(proxies)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neither_tokens_nor_proxies_show_in_debug() {
        let settings = WebSettings {
            token: Token::new(" hidden-word\n"),
            proxies: Proxies { https: Some("http://u:hidden-word@proxy:1".to_owned()), ..Proxies::default() },
            ..WebSettings::default()
        };
        assert!(!format!("{settings:?}").contains("hidden-word"));
        assert_eq!(Token::new(" "), None);
    }

    #[test]
    fn an_address_of_a_proxy_that_is_none_is_told_without_its_password() {
        for address in ["socks5://u:hidden-word@proxy:1", "http://u:hidden-word@:x"] {
            let settings = Proxies { https: Some(address.to_owned()), ..Proxies::default() };
            let error = proxies(&settings).unwrap_err().to_string();
            assert!(!error.contains("hidden-word"), "{error}");
        }
        let plain = Proxies { http: Some("proxy.local:3128".to_owned()), ..Proxies::default() };
        assert_eq!(proxies(&plain).unwrap()[0].0, "proxy.local");
    }
}
