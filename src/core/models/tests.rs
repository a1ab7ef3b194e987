use std::net::SocketAddr;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, Request, StatusCode, header};
use axum::response::{IntoResponse, Response};
use tokio_util::sync::CancellationToken;

use super::*;
use crate::core::failure::{Code, Fails};
use crate::core::hash::sha256_hex;
use crate::core::progress::{Progress, ProgressSink, Silent};

/// What the server does with the next requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Manner {
    /// Gives what is asked for.
    Honest,
    /// Gives everything, whatever the range.
    Whole,
    /// Breaks off after so many bytes, this many times, then is honest.
    Cut { after: usize, times: usize },
    /// Gives other bytes of the same length.
    Wrong,
    /// Gives more bytes, without saying how many.
    Endless,
    /// Says 503 this many times, then is honest.
    Busy { times: usize },
    /// Says 401 to those without the token.
    Secret,
    /// Sends everybody elsewhere.
    Elsewhere,
}

/// Path, range and token of a request.
type Asked = (String, Option<String>, Option<String>);

#[derive(Debug)]
struct Site {
    content: Vec<u8>,
    manner: Manner,
    target: String,
    asked: AtomicUsize,
    seen: Mutex<Vec<Asked>>,
}

async fn serve(State(site): State<Arc<Site>>, headers: HeaderMap, request: Request<Body>) -> Response {
    let text = |name| headers.get(name).map(|value| value.to_str().unwrap().to_owned());
    let (range, token) = (text(header::RANGE), text(header::AUTHORIZATION));
    site.seen.lock().unwrap().push((request.uri().path().to_owned(), range.clone(), token.clone()));
    let nth = site.asked.fetch_add(1, Ordering::SeqCst);
    let from =
        range.map_or(0, |range| range.trim_start_matches("bytes=").trim_end_matches('-').parse::<usize>().unwrap());
    let size = site.content.len();
    let part = |content: &[u8]| {
        let status = if from > 0 { StatusCode::PARTIAL_CONTENT } else { StatusCode::OK };
        let place = [(header::CONTENT_RANGE, format!("bytes {from}-{}/{size}", size - 1))];
        (status, place, content[from..].to_vec()).into_response()
    };
    match site.manner {
        Manner::Whole => site.content.clone().into_response(),
        Manner::Cut { after, times } if nth < times => {
            let piece = Bytes::copy_from_slice(&site.content[from..(from + after).min(size)]);
            let broken = std::io::Error::other("cut");
            // The length is announced, and the connection ends before it; the pause lets go out what was written.
            let ends = futures::stream::once(async {
                tokio::time::sleep(Duration::from_millis(50)).await;
                Err(broken)
            });
            let pieces = futures::StreamExt::chain(futures::stream::iter([Ok(piece)]), ends);
            let status = if from > 0 { StatusCode::PARTIAL_CONTENT } else { StatusCode::OK };
            let place = [
                (header::CONTENT_RANGE, format!("bytes {from}-{}/{size}", size - 1)),
                (header::CONTENT_LENGTH, (size - from).to_string()),
            ];
            (status, place, Body::from_stream(pieces)).into_response()
        }
        Manner::Busy { times } if nth < times => StatusCode::SERVICE_UNAVAILABLE.into_response(),
        Manner::Honest | Manner::Cut { .. } | Manner::Busy { .. } => part(&site.content),
        Manner::Wrong => part(&vec![b'x'; size]),
        Manner::Endless => {
            let pieces = futures::stream::repeat_with(|| Ok::<_, std::io::Error>(Bytes::from_static(&[b'x'; 4096])));
            Body::from_stream(pieces).into_response()
        }
        Manner::Secret if token.as_deref() == Some("Bearer open-sesame") => part(&site.content),
        Manner::Secret => StatusCode::UNAUTHORIZED.into_response(),
        Manner::Elsewhere => {
            let place = format!("{}{}", site.target, request.uri().path());
            (StatusCode::FOUND, [(header::LOCATION, place)]).into_response()
        }
    }
}

/// A web server on this machine, and a store that may ask it.
struct Scene {
    dir: tempfile::TempDir,
    site: Arc<Site>,
    address: SocketAddr,
    settings: StoreSettings,
    watch: Watch,
}

const SIZE: usize = 300_000;

impl Scene {
    async fn new(manner: Manner) -> Self {
        Self::sending_to(manner, String::new()).await
    }

    async fn sending_to(manner: Manner, target: String) -> Self {
        let content: Vec<u8> = (0..SIZE).map(|index| u8::try_from(index * 7 % 251).unwrap()).collect();
        let site = Arc::new(Site { content, manner, target, asked: AtomicUsize::new(0), seen: Mutex::default() });
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let router = Router::new().fallback(serve).with_state(Arc::clone(&site));
        #[expect(clippy::disallowed_methods, reason = "the server ends with the test's runtime")]
        tokio::spawn(async move { axum::serve(listener, router).await });
        let dir = tempfile::tempdir().unwrap();
        let web = WebSettings {
            hub: format!("http://{address}"),
            allow_hosts: vec![address.to_string().parse().unwrap()],
            ..WebSettings::default()
        };
        let settings = StoreSettings { dir: dir.path().join("models"), web, retry_pause: Duration::from_millis(1) };
        let watch = Watch { progress: Arc::new(Silent), cancel: CancellationToken::new() };
        Self { dir, site, address, settings, watch }
    }

    /// A model of one file, from these sources.
    fn catalogue(&self, sources: &str) -> Catalogue {
        Catalogue::parse(&format!(
            "[[model]]\nid = \"tiny\"\naliases = [\"me/Tiny\"]\ndescription = \"\"\npublisher = \"me\"\nlicence = \"MIT\"\n\
             revision = \"r1\"\ndimension = 3\nmax_tokens = 5\npooling = \"cls\"\n{sources}\n[[model.file]]\n\
             path = \"sub/weights.bin\"\nsize_bytes = {SIZE}\nsha256 = \"{}\"\n",
            sha256_hex(&self.site.content)
        ))
        .unwrap()
    }

    fn store(&self, sources: &str) -> ModelStore {
        ModelStore::new(self.catalogue(sources), self.settings.clone())
    }

    fn url_entry(&self) -> String {
        format!("[[model.source]]\ntype = \"url\"\nbase = \"http://{}/files\"\n", self.address)
    }

    fn folder_entry(&self) -> String {
        format!("[[model.source]]\ntype = \"folder\"\npath = \"{}\"\n", self.dir.path().join("given").display())
    }

    fn give_folder(&self, content: &[u8]) {
        std::fs::create_dir_all(self.dir.path().join("given/sub")).unwrap();
        std::fs::write(self.dir.path().join("given/sub/weights.bin"), content).unwrap();
    }

    async fn pull(&self, store: &ModelStore) -> Result<Pulled, ModelError> {
        let (store, watch) = (store.clone(), self.watch.clone());
        tokio::task::spawn_blocking(move || store.pull("ME/tiny", None, &watch)).await.unwrap()
    }

    fn seen(&self) -> Vec<Asked> {
        self.site.seen.lock().unwrap().clone()
    }

    fn is_right(&self, store: &ModelStore) -> bool {
        let path = store.path("tiny").unwrap().join("sub/weights.bin");
        std::fs::read(path).unwrap() == self.site.content && store.verify("tiny").unwrap().is_right
    }
}

/// Every file below a folder but the locks.
fn files_below(folder: &Path) -> Vec<String> {
    let all = walkdir::WalkDir::new(folder).into_iter().filter_map(Result::ok).filter(|one| one.file_type().is_file());
    let names = all.map(|one| one.path().strip_prefix(folder).unwrap().to_string_lossy().into_owned());
    names.filter(|name| !name.starts_with(".locks")).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_model_comes_from_the_hub_at_its_revision_and_again_nothing_is_asked() {
    let scene = Scene::new(Manner::Honest).await;
    let store = scene.store("[[model.source]]\ntype = \"hub\"\nrepository = \"me/tiny\"\n");
    let entry = store.catalogue().get("tiny").unwrap().clone();
    assert_eq!(store.state(&entry), ModelState::Absent);
    let pulled = scene.pull(&store).await.unwrap();
    assert_eq!(pulled.files[0].origin, Origin::Fetched("hub repository `me/tiny`".to_owned()));
    assert_eq!(scene.seen(), [("/me/tiny/resolve/r1/sub/weights.bin".to_owned(), None, None)]);
    assert!(scene.is_right(&store));
    assert_eq!(store.state(&entry), ModelState::Installed);
    let again = scene.pull(&store).await.unwrap();
    assert_eq!((again.files[0].origin.clone(), again.fetched_bytes, scene.seen().len()), (Origin::Kept, 0, 1));
    store.remove("tiny").unwrap();
    assert_eq!(store.state(&entry), ModelState::Absent);
    assert!(matches!(store.path("tiny"), Err(ModelError::NotInstalled { .. })));
    assert!(matches!(store.remove("tiny"), Err(ModelError::NotInstalled { .. })));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_breaks_off_goes_on_from_there() {
    let scene = Scene::new(Manner::Cut { after: 100_000, times: 2 }).await;
    let store = scene.store(&scene.url_entry());
    scene.pull(&store).await.unwrap();
    assert!(scene.is_right(&store));
    let ranges: Vec<_> = scene.seen().into_iter().map(|(_, range, _)| range).collect();
    assert_eq!(ranges[0], None);
    assert!(ranges.len() == 3 && ranges[1..].iter().all(Option::is_some), "{ranges:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_later_process_goes_on_where_an_earlier_one_ended_even_if_that_left_nonsense() {
    for (left, requests) in [(None, 1), (Some(b"nonsense".to_vec()), 2)] {
        let scene = Scene::new(Manner::Honest).await;
        let store = scene.store(&scene.url_entry());
        let folder = store.folder(store.catalogue().get("tiny").unwrap());
        std::fs::create_dir_all(folder.join("sub")).unwrap();
        let left = left.unwrap_or_else(|| scene.site.content[..1000].to_vec());
        std::fs::write(folder.join("sub/weights.bin.part"), &left).unwrap();
        assert_eq!(store.state(store.catalogue().get("tiny").unwrap()), ModelState::Partial);
        assert_eq!(store.files(store.catalogue().get("tiny").unwrap())[0].local_bytes, left.len() as u64);
        scene.pull(&store).await.unwrap();
        assert!(scene.is_right(&store));
        assert_eq!(scene.seen()[0].1, Some(format!("bytes={}-", left.len())));
        assert_eq!(scene.seen().len(), requests);
        assert_eq!(files_below(&scene.settings.dir).len(), 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_without_ranges_gives_it_from_the_beginning() {
    let scene = Scene::new(Manner::Whole).await;
    let store = scene.store(&scene.url_entry());
    let folder = store.folder(store.catalogue().get("tiny").unwrap());
    std::fs::create_dir_all(folder.join("sub")).unwrap();
    std::fs::write(folder.join("sub/weights.bin.part"), &scene.site.content[..1000]).unwrap();
    scene.pull(&store).await.unwrap();
    assert!(scene.is_right(&store));
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_bytes_are_an_error_and_gone_and_the_next_source_is_asked() {
    for manner in [Manner::Wrong, Manner::Endless] {
        let scene = Scene::new(manner).await;
        let store = scene.store(&scene.url_entry());
        let error = scene.pull(&store).await.unwrap_err();
        assert_eq!(error.code(), Code::DigestMismatch, "{error}");
        assert!(!error.to_failure().is_retryable());
        assert_eq!(files_below(&scene.settings.dir), [""; 0], "{manner:?}");
        scene.give_folder(&scene.site.content);
        let store = scene.store(&format!("{}{}", scene.url_entry(), scene.folder_entry()));
        let pulled = scene.pull(&store).await.unwrap();
        assert!(matches!(&pulled.files[0].origin, Origin::Fetched(source) if source.starts_with("folder")));
        assert!(scene.is_right(&store));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_busy_server_is_asked_again_and_given_up_after_some_tries() {
    let scene = Scene::new(Manner::Busy { times: 2 }).await;
    let store = scene.store(&scene.url_entry());
    scene.pull(&store).await.unwrap();
    assert_eq!(scene.seen().len(), 3);
    let scene = Scene::new(Manner::Busy { times: usize::MAX }).await;
    let error = scene.pull(&scene.store(&scene.url_entry())).await.unwrap_err();
    assert_eq!((error.code(), scene.seen().len()), (Code::UpstreamHub, 5));
    assert!(error.to_string().contains("503") && error.to_failure().is_retryable(), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_token_goes_to_the_hub_and_to_nobody_else() {
    let other = Scene::new(Manner::Honest).await;
    let mut scene = Scene::sending_to(Manner::Elsewhere, format!("http://{}", other.address)).await;
    scene.settings.web.token = Token::new("open-sesame");
    scene.settings.web.allow_hosts.push(other.address.to_string().parse().unwrap());
    let store = scene.store("[[model.source]]\ntype = \"hub\"\nrepository = \"me/tiny\"\n");
    scene.pull(&store).await.unwrap();
    assert_eq!(scene.seen()[0].2.as_deref(), Some("Bearer open-sesame"));
    assert_eq!(other.seen()[0].2, None);

    let scene = Scene::new(Manner::Secret).await;
    let error = scene.pull(&scene.store(&scene.url_entry())).await.unwrap_err();
    assert!(error.to_string().contains("401") && error.hint().unwrap().contains("HF_TOKEN"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn private_addresses_are_refused_directly_by_name_and_behind_redirects() {
    let inner = Scene::new(Manner::Honest).await;
    let refused = async |scene: &Scene, sources: &str| {
        let error = scene.pull(&scene.store(sources)).await.unwrap_err();
        assert_eq!(error.code(), Code::AddressNotAllowed, "{error}");
        assert_eq!(files_below(&scene.settings.dir), [""; 0]);
        error.to_string()
    };
    let url = |base: &str| format!("[[model.source]]\ntype = \"url\"\nbase = \"{base}\"\n");
    let port = inner.address.port();
    let scene = Scene::sending_to(Manner::Elsewhere, format!("http://{}", inner.address)).await;
    for base in
        [format!("http://127.0.0.1:{port}"), format!("https://127.0.0.1:{port}"), format!("https://[::1]:{port}")]
    {
        refused(&scene, &url(&base)).await;
    }
    // The name is resolved, and the address it has is refused.
    let told = refused(&scene, &url(&format!("https://localhost:{port}"))).await;
    assert!(told.contains("is not a public address"), "{told}");
    let told = refused(&scene, &scene.url_entry()).await;
    assert!(told.contains("only https"), "{told}");
    let scene = Scene::sending_to(Manner::Elsewhere, format!("https://localhost:{port}")).await;
    refused(&scene, &scene.url_entry()).await;
    assert_eq!(inner.seen(), []);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_circle_of_redirects_ends() {
    let scene = Scene::sending_to(Manner::Elsewhere, String::new()).await;
    let error = scene.pull(&scene.store(&scene.url_entry())).await.unwrap_err();
    assert!(error.to_string().contains("redirect"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn offline_nothing_is_asked_and_folders_still_serve() {
    let mut scene = Scene::new(Manner::Honest).await;
    scene.settings.web.offline = true;
    let error = scene.pull(&scene.store(&scene.url_entry())).await.unwrap_err();
    assert!(error.to_string().contains("`models.offline` is set"), "{error}");
    assert_eq!(error.code(), Code::AddressNotAllowed);
    scene.give_folder(&scene.site.content);
    let store = scene.store(&format!("{}{}", scene.url_entry(), scene.folder_entry()));
    scene.pull(&store).await.unwrap();
    assert!(scene.is_right(&store));
    assert_eq!(scene.seen(), []);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_model_is_told_and_mended() {
    let scene = Scene::new(Manner::Honest).await;
    let store = scene.store(&scene.url_entry());
    scene.pull(&store).await.unwrap();
    let path = store.path("tiny").unwrap().join("sub/weights.bin");
    let mut damaged = scene.site.content.clone();
    damaged[7] ^= 1;
    std::fs::write(&path, &damaged).unwrap();
    let found = store.verify("tiny").unwrap();
    assert_eq!(found.files, [FileReport { path: "sub/weights.bin".to_owned(), check: FileCheck::Different }]);
    assert!(!found.is_right);
    scene.pull(&store).await.unwrap();
    assert!(scene.is_right(&store));
}

/// Says stop once some bytes are there.
struct StopsAt(CancellationToken, u64);

impl ProgressSink for StopsAt {
    fn report(&self, progress: &Progress) {
        if progress.done >= self.1 {
            self.0.cancel();
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancelled_download_keeps_what_came_and_goes_on_from_there() {
    let mut scene = Scene::new(Manner::Honest).await;
    let store = scene.store(&scene.url_entry());
    scene.watch.progress = Arc::new(StopsAt(scene.watch.cancel.clone(), 1));
    assert!(matches!(scene.pull(&store).await, Err(ModelError::Cancelled)));
    let kept = store.files(store.catalogue().get("tiny").unwrap())[0].local_bytes;
    assert!(kept > 0);
    scene.watch = Watch { progress: Arc::new(Silent), cancel: CancellationToken::new() };
    scene.pull(&store).await.unwrap();
    assert_eq!(scene.seen()[1].1, Some(format!("bytes={kept}-")));
    assert!(scene.is_right(&store));
}

#[tokio::test(flavor = "multi_thread")]
async fn who_comes_second_waits_and_fetches_nothing() {
    let scene = Scene::new(Manner::Cut { after: 50_000, times: 3 }).await;
    let store = scene.store(&scene.url_entry());
    let others = [scene.store(&scene.url_entry()), scene.store(&scene.url_entry())];
    let (first, second, third) = tokio::join!(scene.pull(&store), scene.pull(&others[0]), scene.pull(&others[1]));
    let fetched: u64 = [first, second, third].into_iter().map(|pulled| pulled.unwrap().fetched_bytes).sum();
    assert_eq!(fetched, SIZE as u64);
    assert_eq!(scene.seen().len(), 4);
    assert!(scene.is_right(&store));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_model_that_is_being_downloaded_is_not_removed_and_waiting_can_be_stopped() {
    let scene = Scene::new(Manner::Honest).await;
    let store = scene.store(&scene.url_entry());
    scene.pull(&store).await.unwrap();
    let lock = std::fs::File::create(scene.settings.dir.join(".locks/tiny")).unwrap();
    lock.lock().unwrap();
    assert!(matches!(store.remove("tiny"), Err(ModelError::InUse { .. })));
    scene.watch.cancel.cancel();
    assert!(matches!(scene.pull(&store).await, Err(ModelError::Cancelled)));
}

#[test]
fn the_built_in_catalogue_is_sound_and_names_are_found_in_any_case() {
    let catalogue = Catalogue::load(None).unwrap();
    let entry = catalogue.get("sentence-transformers/ALL-minilm-l6-v2").unwrap();
    assert_eq!((entry.id.as_str(), entry.dimension, entry.size_bytes()), ("all-MiniLM-L6-v2", 384, 91_346_859));
    assert_eq!(entry.digest().len(), 16);
    let error = catalogue.get("no such").unwrap_err();
    assert_eq!(error.code(), Code::ModelNotInCatalogue);
    assert_eq!(error.hint().unwrap(), "models: all-MiniLM-L6-v2");
}

#[test]
fn further_models_are_added_and_replace_built_in_ones_and_what_is_wrong_is_told() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("models.toml");
    let load = |text: &str| {
        std::fs::write(&path, text).unwrap();
        Catalogue::load(Some(&path))
    };
    let entry = "[[model]]\nid = \"ID\"\ndescription = \"d\"\npublisher = \"p\"\nlicence = \"MIT\"\ndimension = 1\n\
                 max_tokens = 1\npooling = \"mean\"\n[[model.file]]\npath = \"PATH\"\nsize_bytes = 1\nsha256 = \"SHA\"\n";
    let sha = "0".repeat(64);
    let with = |id: &str, path: &str, sha: &str| entry.replace("ID", id).replace("PATH", path).replace("SHA", sha);
    assert_eq!(load(&with("other", "a/b.bin", &sha)).unwrap().entries().len(), 2);
    let replaced = load(&with("all-minilm-l6-v2", "a", &sha)).unwrap();
    assert_eq!((replaced.entries().len(), replaced.entries()[0].dimension), (1, 1));
    for (id, file, sha, part) in [
        ("../x", "a", sha.as_str(), "the id `../x`"),
        ("x", "../a", &sha, "path that can't be one"),
        ("x", "/a", &sha, "path that can't be one"),
        ("x", "a.part", &sha, "path that can't be one"),
        ("x", "a", "0", "64 lower-case"),
    ] {
        let error = load(&with(id, file, sha)).unwrap_err();
        assert!(error.to_string().contains(part), "{error}");
        assert_eq!(error.code(), Code::InvalidParameter);
    }
    assert!(load(&with("x", "a", &sha).replace("dimension", "dimensoin")).is_err());
    assert!(load(&[with("x", "a", &sha), with("X", "a", &sha)].concat()).unwrap_err().to_string().contains("twice"));
    assert!(Catalogue::load(Some(Path::new("/nowhere"))).unwrap_err().to_string().contains("can't be read"));
}
