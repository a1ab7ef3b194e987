//! Annotated texts, in words instead of numbers.

use std::ops::Range;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use tokio_util::sync::CancellationToken;
use utoipa::ToSchema;

use super::annotator::{Annotator, Found};
use super::error::AnnotationError;
use super::lexicon::Lexicon;
use super::lists::lexicon_of;
use super::mention::{How, Mention};
use super::options::{AnnotationOptions, Language};
use super::run::spelling;
use crate::core::embeddings::Embedder;
use crate::core::recent::Recent;
use crate::operations::knowledge_base::KnowledgeBase;

/// Lexicons that are kept.
const KEPT: usize = 8;

/// A mention of a concept in a text.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct AnnotatedMention {
    /// The concept: folders and stem of its list.
    #[schema(example = "DFG/Primary/RECYCLING")]
    pub concept: String,
    /// The phrase of the list.
    #[schema(example = "recycle")]
    pub phrase: String,
    /// What stands in the text.
    #[schema(example = "recycled")]
    pub matched: String,
    /// Code points in front of it.
    pub start: usize,
    /// Code points up to its end.
    pub end: usize,
    /// How it was found.
    pub how: How,
    /// How like the phrase it is, above 0 to 1: the share of letters that are the same, or the cosine of meanings.
    pub score: f32,
}

/// Where a mention stands.
pub(super) struct Placed<'a> {
    /// The letters there.
    pub(super) matched: &'a str,
    /// Their code points.
    pub(super) chars: Range<usize>,
}

/// Where a mention of a text stands.
pub(super) fn placed<'a>(text: &'a str, found: &Found, mention: &Mention) -> Placed<'a> {
    let words = &found.words[mention.words.clone()];
    let ends = words.first().zip(words.last());
    let bytes = ends.map(|(first, last)| first.bytes.start..last.bytes.end).unwrap_or_default();
    let chars = ends.map(|(first, last)| first.chars.start..last.chars.end).unwrap_or_default();
    Placed { matched: text.get(bytes).unwrap_or_default(), chars }
}

/// Annotates a few texts; the mentions of each. Blocks. `embedder` is needed with `options.meaning`.
///
/// # Errors
/// When the knowledge base has no list, it or the model can't be read, or it was cancelled.
pub fn annotate_texts(
    texts: &[&str],
    terms: &Terms<'_>,
    embedder: Option<Arc<dyn Embedder>>,
    cancel: &CancellationToken,
) -> Result<Vec<Vec<AnnotatedMention>>, AnnotationError> {
    let Terms { base, lexicons, options } = terms;
    let lexicon = lexicons.get(base, options)?;
    let spelling = options.typo.then(|| spelling(&lexicon, base)).transpose()?;
    let spelling = spelling.map(|mut spelling| {
        spelling.learn(texts.iter().copied());
        spelling
    });
    let annotator = Annotator::new(Arc::clone(&lexicon), spelling, embedder, options, cancel)?;
    let found = annotator.annotate(&mut annotator.matchers(1), texts, cancel)?;
    let in_words = |(text, found): (&&str, &Found)| {
        let mentions = found.mentions.iter();
        mentions.map(|mention| described(text, found, mention, &lexicon)).collect()
    };
    Ok(texts.iter().zip(&found).map(in_words).collect())
}

/// What texts are annotated with.
#[derive(Debug, Clone, Copy)]
pub struct Terms<'a> {
    /// Whose lists say what is looked for.
    pub base: &'a KnowledgeBase,
    /// Keeps lexicons from call to call.
    pub lexicons: &'a Lexicons,
    /// How to annotate; counts and exports are for tables.
    pub options: &'a AnnotationOptions,
}

pub(super) fn described(text: &str, found: &Found, mention: &Mention, lexicon: &Lexicon) -> AnnotatedMention {
    let Placed { matched, chars } = placed(text, found, mention);
    AnnotatedMention {
        concept: lexicon.concept_name(mention.concept).to_owned(),
        phrase: lexicon.phrase_text(mention.phrase).to_owned(),
        matched: matched.to_owned(),
        start: chars.start,
        end: chars.end,
        how: mention.how,
        score: mention.score,
    }
}

/// What a lexicon depends on.
#[derive(Debug, Clone, PartialEq)]
struct Key {
    base: String,
    generation: String,
    lists: Vec<String>,
    language: Language,
}

/// The lexicons that were used last, so that a service does not read lists for every text. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Lexicons(Recent<Key, Lexicon>);

impl Default for Lexicons {
    fn default() -> Self {
        Self(Recent::holding(KEPT))
    }
}

impl Lexicons {
    /// The lexicon of a knowledge base as it is now. Blocks while it is made.
    ///
    /// # Errors
    /// As [`lexicon_of`].
    pub fn get(&self, base: &KnowledgeBase, options: &AnnotationOptions) -> Result<Arc<Lexicon>, AnnotationError> {
        let key = Key {
            base: base.name().to_string(),
            generation: base.generation().to_owned(),
            lists: options.lists.clone(),
            language: options.language,
        };
        self.0.get(key, || lexicon_of(base, options))
    }
}
