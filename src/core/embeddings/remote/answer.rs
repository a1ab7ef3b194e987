//! What a server answers, read and looked at.

use std::fmt;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde::de::{Error, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};

/// Characters of a server's own words that are handed on.
const WORDS: usize = 300;

/// Vectors of a request, in the order of its texts.
#[derive(Debug, PartialEq)]
pub(super) struct Vectors {
    /// One for each text.
    pub(super) vectors: Vec<Vec<f32>>,
    /// Tokens that were looked at, if the server tells.
    pub(super) tokens: Option<u64>,
}

#[derive(Deserialize)]
struct Answer {
    data: Vec<Item>,
    #[serde(default)]
    usage: Option<Usage>,
}

#[derive(Deserialize)]
struct Usage {
    #[serde(default)]
    prompt_tokens: Option<u64>,
    #[serde(default)]
    total_tokens: Option<u64>,
}

#[derive(Deserialize)]
struct Item {
    /// Which text; some servers leave it out.
    #[serde(default)]
    index: Option<usize>,
    embedding: Numbers,
}

/// A list of numbers, or their bytes in base64.
struct Numbers(Vec<f32>);

impl<'de> Deserialize<'de> for Numbers {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either;

        impl<'de> Visitor<'de> for Either {
            type Value = Numbers;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list of numbers, or base64")
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Numbers, E> {
                let bytes = BASE64_STANDARD.decode(text).map_err(E::custom)?;
                match bytes.as_chunks::<4>() {
                    (numbers, []) => Ok(Numbers(numbers.iter().map(|number| f32::from_le_bytes(*number)).collect())),
                    _ => Err(E::custom("base64 of no whole number of floats")),
                }
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Numbers, A::Error> {
                let mut numbers = Vec::new();
                while let Some(number) = list.next_element()? {
                    numbers.push(number);
                }
                Ok(Numbers(numbers))
            }
        }

        deserializer.deserialize_any(Either)
    }
}

/// Vectors of so many texts, each of `dimension` numbers, or of any if that is 0.
///
/// # Errors
/// What is wrong, to stand behind "answered with".
pub(super) fn read(body: &[u8], texts: usize, dimension: usize) -> Result<Vectors, String> {
    let Answer { data, usage } =
        serde_json::from_slice(body).map_err(|error| format!("something that holds no vectors ({error})"))?;
    if data.len() != texts {
        return Err(format!("{} vectors for {texts} texts", data.len()));
    }
    let mut vectors = vec![Vec::new(); texts];
    let mut expected = dimension;
    for (place, Item { index, embedding: Numbers(numbers) }) in data.into_iter().enumerate() {
        let place = index.unwrap_or(place);
        if expected == 0 {
            expected = numbers.len();
        }
        if numbers.len() != expected || numbers.is_empty() {
            return Err(format!("a vector of {} numbers where others have {expected}", numbers.len()));
        }
        if !numbers.iter().all(|number| number.is_finite()) {
            return Err("a vector with a number that is not finite".to_owned());
        }
        match vectors.get_mut(place) {
            Some(vector) if vector.is_empty() => *vector = numbers,
            Some(_) => return Err(format!("two vectors for text {place}")),
            None => return Err(format!("a vector for text {place} of {texts}")),
        }
    }
    let tokens = usage.and_then(|usage| usage.prompt_tokens.or(usage.total_tokens));
    Ok(Vectors { vectors, tokens })
}

/// What a server says of its refusal, in the forms that are about, on one line.
pub(super) fn words(body: &[u8]) -> String {
    let text = String::from_utf8_lossy(body);
    let said = serde_json::from_slice::<serde_json::Value>(body).ok().and_then(|value| {
        let error = value.get("error");
        let places = [error.and_then(|error| error.get("message")), error, value.get("message"), value.get("detail")];
        places.into_iter().flatten().find_map(|place| place.as_str().map(str::to_owned))
    });
    let line: String = said.as_deref().unwrap_or(&text).split_whitespace().collect::<Vec<_>>().join(" ");
    line.chars().filter(|c| !c.is_control()).take(WORDS).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn refusal(answer: &serde_json::Value, texts: usize, dimension: usize) -> String {
        read(answer.to_string().as_bytes(), texts, dimension).unwrap_err()
    }

    #[test]
    fn vectors_come_in_the_order_of_their_texts_however_they_are_written() {
        let bytes: Vec<u8> = [1.5_f32, -2.0].iter().flat_map(|number| number.to_le_bytes()).collect();
        let answer = json!({ "data": [
            { "index": 1, "embedding": BASE64_STANDARD.encode(bytes), "object": "embedding" },
            { "index": 0, "embedding": [0.25, 3] },
        ], "usage": { "prompt_tokens": 7, "total_tokens": 9 } });
        let found = read(answer.to_string().as_bytes(), 2, 2).unwrap();
        assert_eq!(found, Vectors { vectors: vec![vec![0.25, 3.0], vec![1.5, -2.0]], tokens: Some(7) });
        let bare = json!({ "data": [{ "embedding": [1] }, { "embedding": [2] }] });
        let found = read(bare.to_string().as_bytes(), 2, 0).unwrap();
        assert_eq!(found, Vectors { vectors: vec![vec![1.0], vec![2.0]], tokens: None });
    }

    #[test]
    fn what_is_wrong_with_an_answer_is_said() {
        let one = |embedding: serde_json::Value| json!({ "data": [{ "index": 0, "embedding": embedding }] });
        assert_eq!(refusal(&one(json!([1])), 2, 1), "1 vectors for 2 texts");
        assert_eq!(refusal(&one(json!([1])), 1, 2), "a vector of 1 numbers where others have 2");
        assert!(refusal(&one(json!([])), 1, 0).contains("0 numbers"));
        let infinite = BASE64_STANDARD.encode(f32::NAN.to_le_bytes());
        assert!(refusal(&one(json!(infinite)), 1, 0).contains("not finite"));
        assert!(refusal(&one(json!([1e300])), 1, 0).contains("not finite"));
        assert!(refusal(&one(json!("AAA=")), 1, 0).contains("no whole number"));
        assert!(refusal(&one(json!([null])), 1, 0).contains("no vectors"));
        let at = |index: usize| json!({ "index": index, "embedding": [1] });
        assert_eq!(refusal(&json!({ "data": [at(0), at(0)] }), 2, 0), "two vectors for text 0");
        assert_eq!(refusal(&json!({ "data": [at(0), at(2)] }), 2, 0), "a vector for text 2 of 2");
        assert!(refusal(&json!({ "vectors": [] }), 0, 0).contains("no vectors"));
    }

    #[test]
    fn a_refusal_is_told_in_the_servers_words_on_one_line() {
        assert_eq!(words(br#"{"error":{"message":"too\nlong \u0007x"}}"#), "too long x");
        assert_eq!(words(br#"{"error":"no model"}"#), "no model");
        assert_eq!(words(br#"{"detail":"not here"}"#), "not here");
        assert_eq!(words("<html>\u{e4}".repeat(200).as_bytes()).chars().count(), WORDS);
    }

    proptest! {
        #[test]
        fn every_finite_vector_comes_over_bit_by_bit(
            vectors in proptest::collection::vec(proptest::collection::vec(proptest::num::f32::NORMAL, 3), 1..5),
        ) {
            let encoded = |vector: &Vec<f32>| {
                let bytes: Vec<u8> = vector.iter().flat_map(|number| number.to_le_bytes()).collect();
                BASE64_STANDARD.encode(bytes)
            };
            let lists: Vec<_> = vectors.iter().map(|vector| json!({ "embedding": vector })).collect();
            let texts: Vec<_> = vectors.iter().map(|vector| json!({ "embedding": encoded(vector) })).collect();
            for data in [lists, texts] {
                let body = json!({ "data": data }).to_string();
                prop_assert_eq!(&read(body.as_bytes(), vectors.len(), 3).unwrap().vectors, &vectors);
            }
        }
    }
}
