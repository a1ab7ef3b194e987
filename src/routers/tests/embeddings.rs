use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::*;
use crate::core::embeddings::tests::tiny_model::{MAX_TOKENS, WIDTH};

const PATH: &str = "/v1/embeddings";

/// A service that has the tiny model in its store.
async fn with_model() -> Service {
    let service = Service::start().await;
    TinyModel::default().write(&service.models.folder(service.models.catalogue().get("tiny").unwrap()));
    service
}

impl Service {
    async fn embed(&self, body: Value) -> Value {
        let answer = self.post(PATH, body).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
        answer.json()
    }
}

impl Answer {
    /// Checks that this is a whole error in `OpenAI`'s form, and gives its message.
    fn openai_error(&self, status: u16, code: &str, param: Option<&str>) -> String {
        let body = self.json();
        let error = &body["error"];
        assert_eq!((self.status.as_u16(), &error["code"]), (status, &json!(code)), "{body:#}");
        assert_eq!((self.header("content-type"), &error["param"]), ("application/json", &json!(param)), "{body:#}");
        assert!(error["type"].as_str().is_some_and(|sort| sort.ends_with("_error")), "{body:#}");
        error["message"].as_str().unwrap().to_owned()
    }
}

fn numbers(embedding: &Value) -> Vec<f32> {
    serde_json::from_value(embedding.clone()).unwrap()
}

#[tokio::test]
async fn the_answer_has_the_shape_that_openai_s_clients_read() {
    let service = with_model().await;
    let body = service.embed(json!({"model": "tiny", "input": ["The cat", "steel", "The cat"], "user": "me"})).await;
    assert_eq!((&body["object"], &body["model"], &body["truncated"]), (&json!("list"), &json!("tiny"), &json!([])));
    // The beginning and the end count as tokens.
    assert_eq!(body["usage"], json!({"prompt_tokens": 11, "total_tokens": 11}));
    let data = body["data"].as_array().unwrap();
    assert_eq!(data.len(), 3);
    for (place, view) in data.iter().enumerate() {
        assert_eq!((&view["object"], &view["index"]), (&json!("embedding"), &json!(place)));
        let vector = numbers(&view["embedding"]);
        let length: f32 = vector.iter().map(|number| number * number).sum();
        assert!(vector.len() == WIDTH && (length - 1.0).abs() < 1e-5, "{length}");
    }
    assert_eq!(data[0]["embedding"], data[2]["embedding"]);
    assert_ne!(data[0]["embedding"], data[1]["embedding"]);

    let one = service.embed(json!({"input": "steel", "model": "ME/tiny", "dimensions": WIDTH})).await;
    assert_eq!((&one["data"][0]["embedding"], &one["model"]), (&data[1]["embedding"], &json!("tiny")));
    assert_eq!(service.embed(json!({"input": "steel"})).await, one, "the service's own choice");
    assert_eq!(service.get("/v1/info").await.json()["models"], json!(["tiny"]));
}

#[tokio::test]
async fn numbers_in_base64_are_the_same_numbers() {
    let service = with_model().await;
    let plain = service.embed(json!({"input": ["wind power"]})).await;
    let packed = service.embed(json!({"input": ["wind power"], "encoding_format": "base64"})).await;
    let bytes = STANDARD.decode(packed["data"][0]["embedding"].as_str().unwrap()).unwrap();
    let (each, rest) = bytes.as_chunks::<4>();
    assert!(rest.is_empty());
    let unpacked: Vec<f32> = each.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect();
    assert_eq!(unpacked, numbers(&plain["data"][0]["embedding"]));
}

#[tokio::test]
async fn odd_texts_have_vectors_and_too_long_ones_are_named() {
    let service = with_model().await;
    let long = "tree ".repeat(MAX_TOKENS);
    let texts = json!(["", "\u{0}the\u{0} cat", "\u{7f}\u{202e}", long, "👩‍🔬".repeat(500), "the cat"]);
    let body = service.embed(json!({"input": texts})).await;
    assert_eq!(body["data"].as_array().unwrap().len(), 6);
    assert_eq!(body["truncated"], json!([3]));
    assert_eq!(body["data"][1]["embedding"], body["data"][5]["embedding"], "the tokenizer drops NUL");
}

#[tokio::test]
async fn what_is_wrong_with_a_request_is_said_in_openai_s_form() {
    let service = with_model().await;
    let refused =
        async |body: Value, status, code, param| service.post(PATH, body).await.openai_error(status, code, param);
    let invalid = "invalid-parameter";
    assert!(refused(json!({"input": []}), 400, invalid, Some("input")).await.contains("empty list"));
    assert!(refused(json!({"model": "tiny"}), 400, invalid, Some("input")).await.contains("required"));
    for tokens in [json!([1, 2]), json!([[1, 2]]), json!(["a", 3])] {
        let message = refused(json!({"input": tokens}), 400, invalid, Some("input")).await;
        assert!(message.contains("lists of tokens are not taken"), "{message}");
    }
    for input in [json!(null), json!(7), json!({"text": "a"})] {
        refused(json!({"input": input}), 400, invalid, Some("input")).await;
    }
    let message = refused(json!({"input": "a", "dimensions": 12}), 400, invalid, Some("dimensions")).await;
    assert!(message.contains("have 36 numbers"), "{message}");
    refused(json!({"input": "a", "dimensions": 0}), 400, invalid, Some("dimensions")).await;
    refused(json!({"input": "a", "encoding_format": "hex"}), 400, invalid, Some("encoding_format")).await;
    refused(json!({"input": "a", "inputs": "b"}), 400, "unknown-field", Some("inputs")).await;
    let message = refused(json!({"input": "a", "model": "gpt"}), 404, "model-not-in-catalogue", None).await;
    assert!(message.contains("`gpt`") && message.contains("tiny"), "{message}");
    let message = refused(json!({"input": "a", "model": "all-MiniLM-L6-v2"}), 404, "not-found", None).await;
    assert!(message.contains("textmill model pull all-MiniLM-L6-v2"), "{message}");
}

#[tokio::test]
async fn too_large_requests_and_broken_ones_are_refused_in_the_same_form() {
    let service = with_model().await;
    let many = service.post(PATH, json!({"input": vec!["a"; 100_000]})).await;
    assert!(many.openai_error(413, "too-many-inputs", Some("input")).contains("2048 at most"));
    let large = service.post(PATH, json!({"input": "x".repeat(10 << 20)})).await;
    assert!(large.openai_error(413, "body-too-large", None).contains("fewer texts"));
    // Larger than other bodies may be.
    let one = service.post(PATH, json!({"input": "x ".repeat(1 << 20)})).await;
    assert_eq!(one.json()["truncated"], json!([0]));
    let raw = async |body: &'static [u8], media_type| {
        let request = Request::post(PATH).header(header::CONTENT_TYPE, media_type);
        service.send(request.body(Body::from(body)).unwrap()).await
    };
    for body in [&b"{\"input\": \"a\0b\"}"[..], b"{\"input\": ", b"", b"\xff\xfe"] {
        raw(body, "application/json").await.openai_error(400, "malformed-json", None);
    }
    raw(b"[\"a\"]", "application/json").await.openai_error(400, "invalid-parameter", None);
    raw(b"{\"input\": \"a\"}", "text/plain").await.openai_error(415, "unsupported-format", None);
    service.call(Method::GET, PATH).await.openai_error(405, "method-not-allowed", None);
    service.post("/v1/embeddings?model=tiny", json!({"input": "a"})).await.openai_error(400, "unknown-field", None);
}

#[tokio::test]
async fn a_model_that_was_replaced_removed_or_damaged_is_noticed() {
    let service = Service::start().await;
    let folder = service.models.folder(service.models.catalogue().get("tiny").unwrap());
    let ask = async || service.post(PATH, json!({"input": "a cat"})).await;
    TinyModel::default().write(&folder);
    let weights = folder.join("model.safetensors");
    let right = std::fs::read(&weights).unwrap();
    std::fs::write(&weights, vec![0xff; right.len()]).unwrap();
    let message = ask().await.openai_error(503, "not-ready", None);
    assert!(message.contains("textmill model verify tiny") && !message.contains("safetensors"), "{message}");
    std::fs::write(&weights, right).unwrap();
    assert_eq!(ask().await.status, StatusCode::OK);
    service.models.remove("tiny").unwrap();
    ask().await.openai_error(404, "not-found", None);
    assert_eq!(service.get("/v1/info").await.json()["models"], json!([]));
}

#[tokio::test]
async fn who_comes_without_a_key_or_at_the_end_is_refused_in_the_same_form() {
    let keys = ApiKeys::from_keys([("me", "a-key-of-16-letters")]);
    let service = Service::start_with(keys, HttpLimits::default(), 10).await;
    service.post(PATH, json!({"input": "a"})).await.openai_error(401, "missing-or-bad-key", None);

    let service = with_model().await;
    service.embeddings.close();
    service.post(PATH, json!({"input": "a"})).await.openai_error(503, "shutting-down", None);
    service.shutdown.cancel();
    service.post(PATH, json!({"input": "a"})).await.openai_error(503, "shutting-down", None);
}

#[tokio::test]
async fn too_much_at_once_is_refused_with_the_time_to_come_back() {
    let limits = HttpLimits { max_waiting_tokens: 1, ..HttpLimits::default() };
    let service = Service::start_with(ApiKeys::none(), limits, 10).await;
    TinyModel::default().write(&service.models.folder(service.models.catalogue().get("tiny").unwrap()));
    let text = "tree ".repeat(MAX_TOKENS);
    let texts: Vec<_> = (0..2_000).map(|number| format!("{number} {text}")).collect();
    let asked = service.post(PATH, json!({"input": texts}));
    let refused = async {
        loop {
            let answer = service.post(PATH, json!({"input": "a"})).await;
            if answer.status == StatusCode::TOO_MANY_REQUESTS {
                return answer;
            }
        }
    };
    let refused = tokio::time::timeout(Duration::from_mins(2), refused);
    let (answer, refused) = tokio::join!(asked, refused);
    let refused = refused.unwrap();
    assert_eq!(answer.status, StatusCode::OK, "one request alone is taken, however large");
    refused.openai_error(429, "queue-full", None);
    assert!(refused.header("retry-after").parse::<u64>().unwrap() >= 1);
    let metrics = service.get("/metrics").await.text();
    assert!(metrics.contains("textmill_embedding_rejected_total{class=\"interactive\"}"), "{metrics}");
    assert!(metrics.contains("textmill_embedding_waiting_tokens{class=\"interactive\"} 0"), "{metrics}");
}
