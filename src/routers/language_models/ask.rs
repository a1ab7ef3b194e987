//! What a language model says: of texts, of a word, of what comes next. All of it is answered at once.

use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::asked;
use crate::core::failure::{Code, Failure};
use crate::operations::language_model::{
    Completion, LanguageModelName, LanguageModels, MOST_ANSWERS, Neighbour, TextScore,
};
use crate::routers::extract::{FromParameters, IdPath, Json, NoParameters, Parameters, Params};
use crate::routers::problem::{Faults, Problem};

/// Answers to one question where nobody says how many.
const ANSWERS: usize = 10;
/// Texts that are scored at once.
const MOST_TEXTS: usize = 1_000;
/// Characters of a word, and of a text that is completed.
const LONGEST_WORD: usize = 1_000;
const LONGEST: usize = 10_000;

/// Texts to be scored.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ScoreRequest {
    /// The texts, 1000 at most.
    #[schema(min_items = 1, max_items = 1000)]
    texts: Vec<String>,
}

/// How likely texts are.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ScoreList {
    /// All texts together.
    #[serde(flatten)]
    total: TextScore,
    /// Each text, in the order in which they came.
    items: Vec<TextScore>,
}

/// Score texts
///
/// How likely each text is to the model, and all of them together: the perplexity, the logarithm of the probability, and how
/// many words the model does not know. Larger tables: `textmill lm score`.
#[utoipa::path(
    post, path = "/v1/language-models/{name}/score", tag = "language models",
    params(("name" = LanguageModelName, Path, description = "Name of the language model")),
    request_body(content = ScoreRequest, example = json!({"texts": ["Recycled steel is used again."]})),
    responses((status = 200, description = "The scores", body = ScoreList)),
    extensions(("x-problems" = json!([
        "malformed-json", "unknown-field", "invalid-parameter", "not-found", "body-too-large", "too-many-inputs",
        "malformed-input", "unsupported-format", "storage-failure"
    ]))),
)]
pub(super) async fn score_texts(
    State(models): State<LanguageModels>,
    IdPath(name): IdPath<LanguageModelName>,
    Params(NoParameters): Params<NoParameters>,
    Json(request): Json<ScoreRequest>,
) -> Result<axum::Json<ScoreList>, Problem> {
    let mut faults = Faults::default();
    match request.texts.len() {
        0 => faults.at("/texts", Failure::new(Code::InvalidParameter, "`texts` is an empty list")),
        count if count > MOST_TEXTS => {
            let failure = Failure::new(Code::TooManyInputs, format!("`texts` has {count} texts, {MOST_TEXTS} at most"));
            faults.at("/texts", failure.with_hint("send several requests"));
        }
        _ => {}
    }
    faults.into_result()?;
    asked(models, name, move |model, _| {
        let mut scorer = model.scorer();
        let items: Vec<TextScore> = request.texts.iter().map(|text| scorer.score(text)).collect();
        let total = items.iter().fold(TextScore::default(), TextScore::with);
        Ok(axum::Json(ScoreList { total, items }))
    })
    .await
}

/// Which word is asked for.
#[derive(Debug, Clone, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct WordParams {
    /// The word.
    #[param(min_length = 1, max_length = 1000, example = "steel")]
    word: String,
    /// Words in the answer, at most.
    #[param(minimum = 1, maximum = 1000, default = 10, required = false)]
    k: usize,
}

impl FromParameters for WordParams {
    fn read(parameters: &mut Parameters) -> Self {
        let word = parameters.required("word");
        if word.chars().count() > LONGEST_WORD {
            parameters.fault("word", format!("`word` has more than {LONGEST_WORD} characters"));
        }
        Self { word, k: parameters.number("k", ANSWERS, 1..=MOST_ANSWERS) }
    }
}

/// Words that are used like another one.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct NeighbourList {
    /// The words, the most alike first.
    items: Vec<Neighbour>,
}

/// Find words that are used like another one
///
/// By the cosine of their co-occurrences (PPMI), compared with all words of the model.
#[utoipa::path(
    get, path = "/v1/language-models/{name}/neighbours", tag = "language models",
    params(("name" = LanguageModelName, Path, description = "Name of the language model"), WordParams),
    responses((status = 200, description = "The words", body = NeighbourList)),
    extensions(("x-problems" = json!([
        "not-found", "invalid-parameter", "unknown-field", "malformed-input", "unsupported-format", "storage-failure"
    ]))),
)]
pub(super) async fn get_neighbours(
    State(models): State<LanguageModels>,
    IdPath(name): IdPath<LanguageModelName>,
    Params(wanted): Params<WordParams>,
) -> Result<axum::Json<NeighbourList>, Problem> {
    asked(models, name, move |model, cancel| {
        Ok(axum::Json(NeighbourList { items: model.neighbours(&wanted.word, wanted.k, cancel)? }))
    })
    .await
}

/// What is to be completed.
#[derive(Debug, Clone, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct TextParams {
    /// What stands before, its last word a whole one; without it, the beginning of a text.
    #[param(max_length = 10000, example = "recycled steel is")]
    text: Option<String>,
    /// Words in the answer, at most.
    #[param(minimum = 1, maximum = 1000, default = 10, required = false)]
    k: usize,
}

impl FromParameters for TextParams {
    fn read(parameters: &mut Parameters) -> Self {
        let text = parameters.text("text");
        if text.as_ref().is_some_and(|text| text.chars().count() > LONGEST) {
            parameters.fault("text", format!("`text` has more than {LONGEST} characters"));
        }
        Self { text, k: parameters.number("k", ANSWERS, 1..=MOST_ANSWERS) }
    }
}

/// Words that may come next.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct CompletionList {
    /// The words, the most likely first.
    items: Vec<Completion>,
}

/// Find the words that are most likely to come next
///
/// Each with its probability; `</s>` stands for the end of the text.
#[utoipa::path(
    get, path = "/v1/language-models/{name}/completions", tag = "language models",
    params(("name" = LanguageModelName, Path, description = "Name of the language model"), TextParams),
    responses((status = 200, description = "The words", body = CompletionList)),
    extensions(("x-problems" = json!([
        "not-found", "invalid-parameter", "unknown-field", "malformed-input", "unsupported-format", "storage-failure"
    ]))),
)]
pub(super) async fn get_completions(
    State(models): State<LanguageModels>,
    IdPath(name): IdPath<LanguageModelName>,
    Params(wanted): Params<TextParams>,
) -> Result<axum::Json<CompletionList>, Problem> {
    asked(models, name, move |model, _| {
        Ok(axum::Json(CompletionList { items: model.completions(&wanted.text.unwrap_or_default(), wanted.k) }))
    })
    .await
}
