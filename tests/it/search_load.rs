//! How long a search takes among 100,000 records, and what its indexes cost. A benchmark: it prints figures and asserts none.
//! Texts and vectors are drawn with a seed; the query is embedded by all-MiniLM-L6-v2 where it is to be had.

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use textmill::core::embeddings::{Embedder, EmbeddingError, Embeddings, LocalEmbedder, LocalOptions};
use textmill::core::tabular::format::FormatName;
use textmill::operations::knowledge_base::index::{Meaning, index};
use textmill::operations::knowledge_base::search::{SearchMode, SearchOptions, SearchableBase};
use textmill::operations::knowledge_base::{
    KnowledgeBaseName, KnowledgeBaseOptions, KnowledgeBases, Manifest, Meta, Record, Summary,
};
use tokio_util::sync::CancellationToken;

use crate::embeddings_api::Store;
use crate::support::unattended;

const RECORDS: u64 = 100_000;
const WORDS: usize = 30_000;
const QUERIES: usize = 200;
const DIMENSION: usize = 384;

/// Words of syllables, of which few are frequent and most are rare, as in any language.
struct Language {
    random: fastrand::Rng,
    words: Vec<String>,
}

impl Language {
    fn new(seed: u64) -> Self {
        const SYLLABLES: [&str; 24] = [
            "wa", "ter", "re", "cy", "cle", "en", "er", "gy", "so", "lar", "ma", "te", "ri", "al", "gre", "po", "wer",
            "ste", "el", "car", "bon", "fo", "rest", "un",
        ];
        let mut random = fastrand::Rng::with_seed(seed);
        let word =
            |random: &mut fastrand::Rng| (0..random.usize(1..5)).map(|_| SYLLABLES[random.usize(..24)]).collect();
        let words = (0..WORDS).map(|_| word(&mut random)).collect();
        Self { random, words }
    }

    /// A word: the n-th most frequent one about n times rarer than the first.
    fn word(&mut self) -> &str {
        let octave = self.random.u32(..=WORDS.ilog2());
        let rank = self.random.usize(1 << octave..2 << octave);
        &self.words[(rank - 1).min(WORDS - 1)]
    }

    fn text(&mut self, words: std::ops::Range<usize>) -> String {
        let count = self.random.usize(words);
        let words: Vec<String> = (0..count).map(|_| self.word().to_owned()).collect();
        words.join(" ")
    }
}

/// Vectors without meaning, for time and size are those of any.
struct Drawn;

impl Embedder for Drawn {
    fn dimension(&self) -> usize {
        DIMENSION
    }

    fn max_tokens(&self) -> Option<usize> {
        None
    }

    fn texts_at_once(&self) -> usize {
        1_000
    }

    fn variant(&self) -> String {
        "drawn".to_owned()
    }

    fn embed(&self, texts: &[&str], _cancel: &CancellationToken) -> Result<Embeddings, EmbeddingError> {
        let numbers = texts.iter().flat_map(|text| {
            let seed = text.bytes().fold(0_u64, |seed, byte| seed.wrapping_mul(31).wrapping_add(u64::from(byte)));
            let mut random = fastrand::Rng::with_seed(seed);
            (0..DIMENSION).map(move |_| random.f32() - 0.5)
        });
        Ok(Embeddings { dimension: DIMENSION, numbers: numbers.collect(), lengths: None })
    }
}

fn record(number: u64, language: &mut Language) -> Record {
    let folders = vec![format!("area{}", number % 7), format!("part{}", number % 91)];
    let file = format!("file{}.tsv", number % 1_009);
    let meta = Meta {
        path: format!("{}/{}/{file}", folders[0], folders[1]),
        folders,
        file,
        format: FormatName::Delimited,
        sha256: String::new(),
        sheet: None,
        page: None,
        row: Some(number + 1),
        heading: None,
        chunk: None,
        columns: std::iter::once(("group".to_owned(), (number % 5).to_string())).collect(),
    };
    Record::new(language.text(8..40), meta)
}

fn size_of(folder: &Path) -> u64 {
    fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().metadata().unwrap().len()).sum()
}

fn built(bases: &KnowledgeBases, name: &KnowledgeBaseName) {
    let draft = bases.draft(name).unwrap();
    let mut language = Language::new(42);
    let all: Vec<Record> = (0..RECORDS).map(|number| record(number, &mut language)).collect();
    let mut records = draft.records().unwrap();
    for record in &all {
        let mut line = serde_json::to_vec(record).unwrap();
        line.push(b'\n');
        records.push_lines(&line).unwrap();
    }
    let written = records.finish().unwrap();
    draft.write_files([]).unwrap();
    let measured = |meaning: Option<Meaning<'_>>, folder: &Path| {
        fs::create_dir_all(folder).unwrap();
        let begun = Instant::now();
        index(all.iter().cloned().map(Ok), Some(RECORDS), folder, meaning, &unattended()).unwrap();
        begun.elapsed()
    };
    let alone = tempfile::tempdir_in(draft.folder()).unwrap();
    let text = measured(None, alone.path());
    let both = measured(Some(Meaning { model: "drawn", embedder: &Drawn }), draft.folder());
    println!("{RECORDS} records, {} MB of JSON lines", written.size_bytes / 1_000_000);
    println!("index by words: {:.1} s, {} MB", text.as_secs_f64(), size_of(&draft.folder().join("text")) / 1_000_000);
    let vectors = size_of(&draft.folder().join("vectors")) / 1_000_000;
    println!("both, vectors drawn: {:.1} s, that by meaning {vectors} MB", both.as_secs_f64());
    let manifest = Manifest {
        name: name.clone(),
        generation: "drawn".to_owned(),
        textmill: String::new(),
        options: KnowledgeBaseOptions::default(),
        settings: String::new(),
        summary: Summary { records: RECORDS, ..Summary::default() },
        fields: Vec::new(),
        sha256: written.sha256,
        size_bytes: written.size_bytes,
    };
    drop(alone);
    draft.publish(&manifest).unwrap();
}

/// The half, the slow twentieth and the slowest of all.
fn tell(what: &str, mut times: Vec<Duration>) {
    times.sort_unstable();
    let at = |percent: usize| times[(times.len() - 1) * percent / 100].as_secs_f64() * 1e3;
    println!("{what}: p50 {:.2} ms, p95 {:.2} ms, max {:.2} ms", at(50), at(95), at(100));
}

#[test]
#[ignore = "a benchmark: make bench-search"]
fn searches_among_many_records() {
    let folder = tempfile::tempdir().unwrap();
    let bases = KnowledgeBases::new(folder.path().to_owned());
    let name: KnowledgeBaseName = "drawn".parse().unwrap();
    built(&bases, &name);
    let begun = Instant::now();
    let base = SearchableBase::open(&bases, &name).unwrap();
    println!("opened in {:.2} ms", begun.elapsed().as_secs_f64() * 1e3);
    let store = Store::best();
    let is_real = store.model == "all-MiniLM-L6-v2";
    let real = is_real.then(|| LocalEmbedder::open(&store.model_folder(), LocalOptions::default()).unwrap());
    let embedder: Arc<dyn Embedder> = match &real {
        Some(real) => Arc::new(real.clone()),
        None => Arc::new(Drawn),
    };
    let embedders = |_: &str| Ok(Arc::clone(&embedder));
    let mut language = Language::new(7);
    let queries: Vec<String> = (0..QUERIES).map(|_| language.text(1..6)).collect();
    let time = |query: &str, options: &SearchOptions| {
        let begun = Instant::now();
        base.search(query, options, &embedders, &CancellationToken::new()).unwrap();
        begun.elapsed()
    };
    let run = |what: &str, options: &SearchOptions| {
        queries.iter().take(10).for_each(|query| _ = time(query, options));
        tell(what, queries.iter().map(|query| time(query, options)).collect());
    };
    let of = |mode| SearchOptions { mode, ..SearchOptions::default() };
    run("text", &of(SearchMode::Text));
    let phrase: Vec<String> = queries.iter().map(|query| format!("\"{query}\"")).collect();
    tell("text, as a phrase", phrase.iter().map(|query| time(query, &of(SearchMode::Text))).collect());
    let below = |mode| SearchOptions { folder: Some("area3".to_owned()), ..of(mode) };
    run("text, in a seventh of it", &below(SearchMode::Text));
    let embedding = queries.iter().map(|query| {
        let begun = Instant::now();
        embedder.embed(&[query], &CancellationToken::new()).unwrap();
        begun.elapsed()
    });
    tell(if real.is_some() { "the query's embedding" } else { "the query's vector, drawn" }, embedding.collect());
    run("meaning, with that", &of(SearchMode::Meaning));
    run("meaning, with that, in a seventh of it", &below(SearchMode::Meaning));
    run("hybrid, with that", &of(SearchMode::Hybrid));
}
