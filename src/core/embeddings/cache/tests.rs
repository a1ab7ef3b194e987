use std::fs;
use std::os::unix::fs::FileExt as _;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use futures::executor::block_on;
use proptest::prelude::*;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions as _, Connection as _};
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;

use super::super::local::{LocalEmbedder, LocalOptions};
use super::super::tests::tiny_model::TinyModel;
use super::*;

const FILE: &str = "vectors-1.sqlite3";
const MIB: u64 = 1 << 20;

/// A model that counts the texts it is asked for.
struct Counting {
    model: LocalEmbedder,
    asked: AtomicUsize,
}

impl Embedder for Counting {
    fn dimension(&self) -> usize {
        self.model.dimension()
    }

    fn max_tokens(&self) -> Option<usize> {
        self.model.max_tokens()
    }

    fn texts_at_once(&self) -> usize {
        self.model.texts_at_once()
    }

    fn variant(&self) -> String {
        self.model.variant()
    }

    fn embed(&self, texts: &[&str], cancel: &CancellationToken) -> Result<Embeddings, EmbeddingError> {
        self.asked.fetch_add(texts.len(), Ordering::SeqCst);
        self.model.embed(texts, cancel)
    }
}

struct Place {
    folder: TempDir,
    model: Arc<Counting>,
}

impl Place {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        TinyModel::default().write(&folder.path().join("model"));
        let model = LocalEmbedder::open(&folder.path().join("model"), LocalOptions::default()).unwrap();
        Self { folder, model: Arc::new(Counting { model, asked: AtomicUsize::new(0) }) }
    }

    fn dir(&self) -> PathBuf {
        self.folder.path().join("cache")
    }

    fn cache(&self, max_bytes: u64) -> Arc<EmbeddingCache> {
        Arc::new(EmbeddingCache::open(CacheSettings { dir: self.dir(), max_bytes }))
    }

    /// As another process would have it.
    fn embedder(&self, max_bytes: u64) -> CachedEmbedder {
        CachedEmbedder::new(Arc::<Counting>::clone(&self.model), "files", self.cache(max_bytes))
    }

    fn asked(&self) -> usize {
        self.model.asked.swap(0, Ordering::SeqCst)
    }

    fn plain(&self, texts: &[&str]) -> Embeddings {
        self.model.model.embed(texts, &CancellationToken::new()).unwrap()
    }

    fn sql(&self, sql: &'static str) {
        block_on(async {
            let options = SqliteConnectOptions::new().filename(self.dir().join(FILE));
            let mut connection = options.connect().await.unwrap();
            sqlx::raw_sql(sql).execute(&mut connection).await.unwrap();
            connection.close().await.unwrap();
        });
    }
}

fn embed(embedder: &CachedEmbedder, texts: &[&str]) -> Embeddings {
    embedder.embed(texts, &CancellationToken::new()).unwrap()
}

fn bits(found: &Embeddings) -> Vec<u32> {
    found.numbers.iter().map(|number| number.to_bits()).collect()
}

fn size(dir: &Path) -> u64 {
    fs::metadata(dir.join(FILE)).unwrap().len()
}

#[test]
fn a_text_is_computed_once_and_later_processes_find_its_vector_bit_by_bit() {
    let place = Place::new();
    let texts = ["the old house", "", "the old house", "steel", "tree ".repeat(300).as_str()].map(str::to_owned);
    let texts: Vec<_> = texts.iter().map(String::as_str).collect();
    let plain = place.plain(&texts);
    let first = place.embedder(MIB);
    assert_eq!(bits(&embed(&first, &texts)), bits(&plain));
    assert_eq!((place.asked(), first.counts()), (4, CacheCounts { hits: 1, misses: 4 }));
    drop(first);
    let second = place.embedder(MIB);
    let found = embed(&second, &texts);
    assert_eq!((bits(&found), &found.lengths, found.dimension), (bits(&plain), &plain.lengths, plain.dimension));
    assert_eq!((place.asked(), second.counts()), (0, CacheCounts { hits: 5, misses: 0 }));
    assert_eq!((second.cache.trouble(), embed(&second, &[]).numbers.len()), (None, 0));
}

#[test]
fn vectors_of_other_files_or_another_engine_are_not_found() {
    let place = Place::new();
    embed(&place.embedder(MIB), &["steel"]);
    assert_eq!(place.asked(), 1);
    embed(&CachedEmbedder::new(Arc::<Counting>::clone(&place.model), "other files", place.cache(MIB)), &["steel"]);
    assert_eq!(place.asked(), 1);
    let candle = LocalOptions { engine: super::super::Engine::Candle, ..LocalOptions::default() };
    let candle = LocalEmbedder::open(&place.folder.path().join("model"), candle).unwrap();
    assert_ne!(candle.variant(), place.model.variant());
    let threads = LocalOptions { threads: Some(7), ..LocalOptions::default() };
    let threads = LocalEmbedder::open(&place.folder.path().join("model"), threads).unwrap();
    assert_eq!(threads.variant(), place.model.variant());
}

#[test]
fn the_file_stays_below_its_size_and_what_was_used_last_stays_in_it() {
    let place = Place::new();
    let max_bytes = MIB / 2;
    let embedder = place.embedder(max_bytes);
    let dear = ["the dear one"];
    embed(&embedder, &dear);
    for round in 0..12 {
        let texts: Vec<String> = (0..400).map(|number| format!("{round} tree {number}")).collect();
        embed(&embedder, &texts.iter().map(String::as_str).collect::<Vec<_>>());
        place.sql("UPDATE texts SET used = used - 7200; PRAGMA wal_checkpoint(TRUNCATE)");
        assert!(size(&place.dir()) <= max_bytes, "{round}: {}", size(&place.dir()));
        place.asked();
        embed(&embedder, &dear);
        assert_eq!(place.asked(), 0, "{round}");
    }
    assert!(size(&place.dir()) > max_bytes / 2, "it is used: {}", size(&place.dir()));
    embed(&embedder, &["0 tree 1", "11 tree 399"]);
    assert_eq!(place.asked(), 1, "the oldest is gone, the newest is there");
    drop(embedder);
    embed(&place.embedder(max_bytes / 4), &["one more"]);
    assert!(size(&place.dir()) <= max_bytes / 4, "a smaller limit holds at once: {}", size(&place.dir()));
    embed(&place.embedder(1), &["nothing has room"]);
    assert_eq!(place.cache(1).trouble(), None);
}

#[test]
fn a_broken_file_is_set_aside_and_costs_no_run() {
    let place = Place::new();
    let texts: Vec<String> = (0..300).map(|number| format!("tree {number}")).collect();
    let texts: Vec<_> = texts.iter().map(String::as_str).collect();
    let plain = bits(&place.plain(&texts));
    let path = place.dir().join(FILE);
    let damages: [&dyn Fn(); 4] = [
        &|| fs::write(&path, "not a database at all, and long enough to be looked at\n".repeat(200)).unwrap(),
        &|| place.sql("DROP TABLE texts; PRAGMA application_id = 7"),
        &|| place.sql("UPDATE vectors SET numbers = zeroblob(length(numbers))"),
        &|| {
            // Every page but the first, which says what the file is.
            let file = fs::File::options().write(true).open(&path).unwrap();
            file.write_all_at(&vec![0x5a; usize::try_from(size(&place.dir()) - 4096).unwrap()], 4096).unwrap();
        },
    ];
    for (number, damage) in damages.into_iter().enumerate() {
        embed(&place.embedder(MIB), &texts);
        damage();
        let embedder = place.embedder(MIB);
        assert_eq!(bits(&embed(&embedder, &texts)), plain, "{number}");
        let trouble = embedder.cache.trouble().unwrap_or_default();
        assert!(trouble.contains("vectors-1.broken.sqlite3"), "{number}: {trouble}");
        assert!(place.dir().join("vectors-1.broken.sqlite3").exists());
        drop(embedder);
        place.asked();
        assert_eq!(bits(&embed(&place.embedder(MIB), &texts)), plain);
        assert_eq!(place.asked(), 0, "{number}: the new file is whole");
    }
}

#[test]
fn a_file_that_others_have_open_is_not_moved_away_under_their_hands() {
    let place = Place::new();
    let other = place.embedder(MIB);
    embed(&other, &["steel"]);
    place.sql("UPDATE vectors SET checksum = x'00'");
    let embedder = place.embedder(MIB);
    embed(&embedder, &["steel", "tree"]);
    assert!(!place.dir().join("vectors-1.broken.sqlite3").exists());
    embed(&other, &["wood"]);
    assert_eq!(place.asked(), 4);
}

#[test]
fn a_folder_that_does_not_work_costs_no_run() {
    let place = Place::new();
    fs::write(place.dir(), "a file").unwrap();
    let embedder = place.embedder(MIB);
    assert_eq!(bits(&embed(&embedder, &["steel"])), bits(&place.plain(&["steel"])));
    let trouble = embedder.cache.trouble().unwrap();
    assert!(trouble.contains("every text is computed"), "{trouble}");
}

#[test]
fn many_at_once_share_a_new_file() {
    let place = Place::new();
    let texts: Vec<String> = (0..600).map(|number| format!("tree {number}")).collect();
    let texts: Vec<_> = texts.iter().map(String::as_str).collect();
    let plain = place.plain(&texts);
    std::thread::scope(|scope| {
        for start in [0, 100, 200, 300] {
            let (place, texts, plain) = (&place, &texts, &plain);
            scope.spawn(move || {
                let embedder = place.embedder(MIB);
                for some in [&texts[start..], &texts[..start + 100]] {
                    let right = place.plain(some);
                    assert_eq!(bits(&embed(&embedder, some)), bits(&right));
                }
                assert_eq!(bits(&embed(&embedder, texts)), bits(plain));
                assert_eq!(embedder.cache.trouble(), None);
            });
        }
    });
    place.asked();
    embed(&place.embedder(MIB), &texts);
    assert_eq!(place.asked(), 0);
}

#[test]
fn what_fails_or_is_cancelled_is_not_kept() {
    let place = Place::new();
    let embedder = place.embedder(MIB);
    let cancel = CancellationToken::new();
    cancel.cancel();
    assert!(matches!(embedder.embed(&["steel"], &cancel), Err(EmbeddingError::Cancelled)));
    assert_eq!(embedder.counts(), CacheCounts::default());
    embed(&embedder, &["steel"]);
    assert_eq!(embedder.counts(), CacheCounts { hits: 0, misses: 1 });
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Calls of any texts, in any order, with room for some of them only.
    #[test]
    fn any_mix_of_hits_and_misses_gives_what_the_model_gives(
        calls in proptest::collection::vec(proptest::collection::vec("[a-d ]{0,3}", 0..40), 1..8),
        max_bytes in prop_oneof![Just(0_u64), Just(40_000), Just(MIB)],
    ) {
        let place = Place::new();
        let embedder = place.embedder(max_bytes);
        for call in &calls {
            let texts: Vec<_> = call.iter().map(String::as_str).collect();
            let (found, plain) = (embed(&embedder, &texts), place.plain(&texts));
            prop_assert_eq!(bits(&found), bits(&plain));
            prop_assert_eq!(found, plain);
        }
        let asked: usize = calls.iter().map(Vec::len).sum();
        let counts = embedder.counts();
        prop_assert_eq!(counts.hits + counts.misses, asked as u64);
        prop_assert_eq!(counts.misses, place.asked() as u64);
    }
}
