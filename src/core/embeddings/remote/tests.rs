use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::post;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};

use super::*;
use crate::core::failure::{Code, Fails as _};

const KEY: &str = "sk-a-word-that-is-hidden";

/// What the server does once, before it behaves again.
#[derive(Debug, Clone, Copy)]
enum Trick {
    Status(u16, &'static str),
    RetryAfter(&'static str),
    CutOff,
    OneTooFew,
    NotANumber,
    OtherSize,
    Backwards,
    Unauthorised,
}

/// A server that was told how to misbehave, and remembers what it was asked.
#[derive(Debug, Clone, Default)]
struct Server {
    tricks: Arc<Mutex<VecDeque<Trick>>>,
    asked: Arc<Mutex<Vec<Value>>>,
    refuses_base64: bool,
}

/// The server at work.
struct Place {
    server: Server,
    base: String,
    _runtime: Runtime,
}

/// A vector that a text alone decides.
fn vector_of(text: &str) -> [f32; 3] {
    let sum: usize = text.bytes().map(usize::from).sum();
    [f32::from(u16::try_from(sum % 1_000).unwrap()) / 7.0, f32::from(u16::try_from(text.len()).unwrap()), 0.1]
}

async fn answer(State(server): State<Server>, headers: HeaderMap, body: Bytes) -> Response {
    let request: Value = serde_json::from_slice(&body).unwrap();
    assert_eq!(headers[header::AUTHORIZATION], format!("Bearer {KEY}"));
    assert_eq!(request["model"], "some-model");
    let in_base64 = request["encoding_format"] == "base64";
    server.asked.lock().unwrap().push(request["input"].clone());
    if in_base64 && server.refuses_base64 {
        return (StatusCode::BAD_REQUEST, "no such format").into_response();
    }
    let texts: Vec<String> = serde_json::from_value(request["input"].clone()).unwrap();
    let mut data: Vec<Value> = texts.iter().enumerate().map(|(index, text)| item(index, text, in_base64)).collect();
    let trick = server.tricks.lock().unwrap().pop_front();
    match trick {
        None => {}
        Some(Trick::Status(status, words)) => {
            return (StatusCode::from_u16(status).unwrap(), words).into_response();
        }
        Some(Trick::RetryAfter(when)) => {
            return (StatusCode::TOO_MANY_REQUESTS, [(header::RETRY_AFTER, when)], "later").into_response();
        }
        Some(Trick::Unauthorised) => {
            return (StatusCode::UNAUTHORIZED, format!("{KEY} is not known")).into_response();
        }
        Some(Trick::CutOff) => {
            let pieces = [Ok(Bytes::from("{\"data\": [")), Err(std::io::Error::other("the line is cut"))];
            return Body::from_stream(stream::iter(pieces)).into_response();
        }
        Some(Trick::OneTooFew) => drop(data.pop()),
        Some(Trick::NotANumber) => data[0]["embedding"] = json!(encoded(&[f32::NAN, 0.0, 0.0])),
        Some(Trick::OtherSize) => data[0]["embedding"] = json!([1.0, 2.0]),
        Some(Trick::Backwards) => data.reverse(),
    }
    let answer = json!({ "object": "list", "data": data, "usage": { "prompt_tokens": 10 * texts.len() } });
    answer.to_string().into_response()
}

fn item(index: usize, text: &str, in_base64: bool) -> Value {
    let vector = vector_of(text);
    let embedding = if in_base64 { json!(encoded(&vector)) } else { json!(vector) };
    json!({ "index": index, "object": "embedding", "embedding": embedding })
}

fn encoded(vector: &[f32]) -> String {
    BASE64_STANDARD.encode(vector.iter().flat_map(|number| number.to_le_bytes()).collect::<Vec<_>>())
}

fn open(settings: RemoteSettings) -> RemoteEmbedder {
    RemoteEmbedder::open(settings, &CancellationToken::new()).unwrap()
}

impl Place {
    fn of(server: Server) -> Self {
        let runtime = Runtime::new().unwrap();
        let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).unwrap();
        let base = format!("http://{}/v1", listener.local_addr().unwrap());
        let router = Router::new().route("/v1/embeddings", post(answer)).with_state(server.clone());
        runtime.spawn(async move { axum::serve(listener, router).await });
        Self { server, base, _runtime: runtime }
    }

    fn new() -> Self {
        Self::of(Server::default())
    }

    fn settings(&self) -> RemoteSettings {
        RemoteSettings {
            base: self.base.clone(),
            model: "some-model".to_owned(),
            key: Some(ApiKey::try_from(KEY.to_owned()).unwrap()),
            proxies: Proxies::default(),
            max_inputs: 8,
            max_chars: 1_000,
            concurrency: 1,
            requests_per_minute: 0,
            tokens_per_minute: 0,
            retries: 3,
            retry_pause: Duration::from_millis(1),
            timeout: Duration::from_secs(30),
        }
    }

    fn play(&self, tricks: &[Trick]) {
        self.server.tricks.lock().unwrap().extend(tricks);
    }

    /// The texts of each request since the last look.
    fn asked(&self) -> Vec<Vec<String>> {
        let asked = std::mem::take(&mut *self.server.asked.lock().unwrap());
        asked.into_iter().map(|input| serde_json::from_value(input).unwrap()).collect()
    }

    /// Why a request after these tricks fails, and with how many requests.
    fn refusal(&self, tricks: &[Trick]) -> (RemoteError, usize) {
        let remote = open(self.settings());
        self.asked();
        self.play(tricks);
        let error = remote.embed(&["a", "b"], &CancellationToken::new()).unwrap_err();
        self.server.tricks.lock().unwrap().clear();
        let EmbeddingError::Remote(error) = error else { panic!("{error}") };
        assert!(!format!("{error} {error:?} {:?}", error.hint()).contains(KEY), "{error}");
        assert!(error.to_string().contains(&self.base), "{error}");
        (error, self.asked().len())
    }
}

fn embed(remote: &RemoteEmbedder, texts: &[&str]) -> Vec<f32> {
    remote.embed(texts, &CancellationToken::new()).unwrap().numbers
}

#[test]
fn texts_go_in_requests_that_the_server_can_take_and_come_back_in_order() {
    let place = Place::new();
    let texts: Vec<String> = (0..30).map(|number| "x".repeat(number * number)).collect();
    let texts: Vec<_> = texts.iter().map(String::as_str).collect();
    let right: Vec<f32> = texts.iter().flat_map(|text| vector_of(if text.is_empty() { " " } else { text })).collect();
    for concurrency in [1, 4] {
        let remote = open(RemoteSettings { concurrency, ..place.settings() });
        assert_eq!((remote.dimension(), remote.max_tokens(), remote.texts_at_once()), (3, None, 8 * concurrency));
        assert_eq!(place.asked(), [["dimension"]]);
        place.play(&[Trick::Backwards]);
        let found = remote.embed(&texts, &CancellationToken::new()).unwrap();
        assert_eq!((found.numbers.as_slice(), found.dimension, found.lengths), (right.as_slice(), 3, None));
        let asked = place.asked();
        for request in &asked {
            let chars: usize = request.iter().map(String::len).sum();
            assert!(request.len() <= 8 && (chars <= 1_000 || request.len() == 1), "{chars}");
        }
        let counts = remote.counts();
        assert_eq!((counts.requests, counts.retries, counts.tokens), (asked.len() as u64 + 1, 0, 310));
        assert!(embed(&remote, &[]).is_empty());
    }
}

#[test]
fn a_server_that_refuses_base64_is_asked_for_lists_from_then_on() {
    let place = Place::of(Server { refuses_base64: true, ..Server::default() });
    let remote = open(RemoteSettings { retries: 0, ..place.settings() });
    assert_eq!(embed(&remote, &["one", "two"]), [vector_of("one"), vector_of("two")].concat());
    assert_eq!(remote.counts(), RemoteCounts { requests: 3, retries: 0, tokens: 30 });
}

#[test]
fn what_passes_by_itself_is_tried_again() {
    let place = Place::new();
    let remote = open(place.settings());
    let passing = [Trick::Status(500, ""), Trick::RetryAfter("0"), Trick::CutOff];
    place.play(&passing);
    assert_eq!(embed(&remote, &["one"]), vector_of("one"));
    assert_eq!(remote.counts(), RemoteCounts { requests: 5, retries: 3, tokens: 20 });
    let (error, requests) = place.refusal(&[Trick::Status(503, "busy"); 9]);
    assert!(error.to_string().contains("gave no vectors in 4 tries; the last one: 503"), "{error}");
    assert!(error.to_string().contains("busy"), "{error}");
    assert_eq!((error.code(), requests), (Code::UpstreamHub, 4));
}

#[test]
fn a_server_that_asks_for_too_much_patience_is_not_waited_for() {
    let place = Place::new();
    let (error, requests) = place.refusal(&[Trick::RetryAfter("3600")]);
    assert!(error.to_string().contains("429"), "{error}");
    assert_eq!(requests, 1);
    let (_, requests) = place.refusal(&[Trick::RetryAfter("Fri, 01 Jan 2100 00:00:00 GMT")]);
    assert_eq!(requests, 1);
}

#[test]
fn what_does_not_pass_by_itself_is_told_at_once_and_never_with_the_key() {
    let place = Place::new();
    let (error, requests) = place.refusal(&[Trick::Unauthorised]);
    assert_eq!((error.to_string().ends_with("with 401"), requests), (true, 1), "{error}");
    assert!(error.hint().unwrap().contains("remote_api_key"));
    let (error, requests) =
        place.refusal(&[Trick::Status(404, "{\"error\": {\"message\": \"no sk-a-word-that-is-hidden\"}}")]);
    assert!(error.to_string().ends_with("with 404: no ***"), "{error}");
    assert_eq!(requests, 1);
    let (error, requests) = place.refusal(&[Trick::Status(400, "bad form"), Trick::Status(400, "too long")]);
    assert!(error.to_string().ends_with("with 400: too long"), "{error}");
    assert_eq!(requests, 2, "once in either form");
    let (error, _) = place.refusal(&[Trick::Status(308, "")]);
    assert!(error.to_string().ends_with("with 308"), "{error}");
}

#[test]
fn a_wrong_answer_is_no_answer() {
    let place = Place::new();
    for (trick, words) in [
        (Trick::OneTooFew, "1 vectors for 2 texts"),
        (Trick::NotANumber, "not finite"),
        (Trick::OtherSize, "2 numbers where others have 3"),
        (Trick::Status(200, "<html>"), "something that holds no vectors"),
    ] {
        let (error, requests) = place.refusal(&[trick]);
        assert!(error.to_string().contains(words), "{error}");
        assert_eq!(requests, 1);
    }
}

#[test]
fn a_server_that_is_not_there_and_settings_that_name_none_are_told() {
    let place = Place::new();
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let base = format!("http://{}", nobody.local_addr().unwrap());
    drop(nobody);
    let settings = RemoteSettings { base, retries: 1, ..place.settings() };
    let error = RemoteEmbedder::open(settings, &CancellationToken::new()).unwrap_err();
    assert!(error.to_string().contains("in 2 tries"), "{error}");
    let settings = RemoteSettings { base: "no address".to_owned(), ..place.settings() };
    let error = RemoteEmbedder::open(settings, &CancellationToken::new()).unwrap_err();
    assert_eq!(error.code(), Code::InvalidParameter, "{error}");
    assert_eq!(format!("{:?}", place.settings().key), "Some(***)");
    assert!(!ApiKey::try_from("hidden word".to_owned()).unwrap_err().contains("hidden"));
}

#[test]
fn who_cancels_does_not_wait_for_a_server() {
    let place = Place::new();
    let remote = open(place.settings());
    place.play(&[Trick::RetryAfter("60")]);
    let cancel = CancellationToken::new();
    std::thread::scope(|scope| {
        let waiting = scope.spawn(|| remote.embed(&["a"], &cancel));
        while place.server.asked.lock().unwrap().len() < 2 {
            std::thread::yield_now();
        }
        cancel.cancel();
        assert!(matches!(waiting.join().unwrap(), Err(EmbeddingError::Cancelled)));
    });
}

#[test]
fn it_may_be_dropped_by_async_code() {
    let place = Place::new();
    let remote = open(place.settings());
    Runtime::new().unwrap().block_on(async move { drop(remote) });
}
