use std::collections::BTreeMap;
use std::fs;
use std::time::Duration;

use super::*;
use crate::core::failure::Fails;

const KEY: &str = "correct-horse-battery";

/// A working directory with an optional `textmill.toml`.
struct Place(tempfile::TempDir);

impl Place {
    fn new(file: &str) -> Self {
        let place = Self(tempfile::tempdir().unwrap());
        if !file.is_empty() {
            place.write(DEFAULT_FILE, file);
        }
        place
    }

    fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.0.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        path
    }

    fn load(&self, overrides: &Overrides, environment: &[(&str, &str)]) -> Result<Loaded, ConfigError> {
        let owned = environment.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        Config::load(overrides, self.0.path(), owned)
    }

    fn faults(&self, environment: &[(&str, &str)]) -> ConfigError {
        self.load(&Overrides::default(), environment).unwrap_err()
    }
}

fn origins(loaded: &Loaded) -> BTreeMap<&'static str, Origin> {
    loaded.settings.iter().map(|setting| (setting.key, setting.origin.clone())).collect()
}

#[test]
fn without_any_layer_the_defaults_hold() {
    let place = Place::new("");
    let loaded = place.load(&Overrides::default(), &[]).unwrap();
    let config = &loaded.config;
    assert_eq!(config.state_dir, place.0.path().join(".textmill"));
    assert_eq!(config.data_roots, [place.0.path()]);
    assert_eq!(config.server.bind.to_string(), "127.0.0.1:8000");
    assert_eq!(config.server.max_body_bytes, 1024 * 1024);
    assert_eq!(config.server.max_upload_bytes, 10 * 1024 * 1024 * 1024);
    assert_eq!(config.server.request_timeout, Duration::from_mins(1));
    assert_eq!(config.jobs.retention, Duration::from_hours(7 * 24));
    assert!((1..=2).contains(&config.jobs.workers));
    assert_eq!(config.log.level, "info");
    assert!(config.auth.api_keys.is_empty());
    assert_eq!(loaded.file, None);
    assert!(loaded.settings.iter().all(|setting| setting.origin == Origin::Default));
}

#[test]
fn each_layer_covers_the_one_below_and_its_origin_is_kept() {
    let place = Place::new("[jobs]\nmax_queued = 2\nmax_attempts = 2\nlease_s = 20\n");
    let mut overrides = Overrides::default();
    overrides.set("jobs.max_queued", "--max-queued", 4);
    let environment = [(env_vars::MAX_QUEUED, "3"), (env_vars::MAX_ATTEMPTS, "3")];
    let loaded = place.load(&overrides, &environment).unwrap();
    let jobs = &loaded.config.jobs;
    assert_eq!((jobs.max_queued, jobs.max_attempts, jobs.lease.as_secs()), (4, 3, 20));
    let origins = origins(&loaded);
    assert_eq!(origins["jobs.max_queued"], Origin::Flag("--max-queued"));
    assert_eq!(origins["jobs.max_attempts"], Origin::Environment("TEXTMILL_MAX_ATTEMPTS".to_owned()));
    assert_eq!(origins["jobs.lease_s"], Origin::File(place.0.path().join(DEFAULT_FILE)));
    assert_eq!(origins["jobs.workers"], Origin::Default);
}

#[test]
fn every_setting_can_be_set_in_the_environment_with_the_text_of_its_default() {
    let place = Place::new("");
    let loaded = place.load(&Overrides::default(), &[]).unwrap();
    for setting in &loaded.settings {
        let text = match &setting.value {
            serde_json::Value::String(text) => text.clone(),
            serde_json::Value::Array(items) => items[0].as_str().unwrap().to_owned(),
            serde_json::Value::Null => continue,
            other => other.to_string(),
        };
        let again = place.load(&Overrides::default(), &[(setting.env, &text)]).unwrap();
        assert_eq!(origins(&again)[setting.key], Origin::Environment(setting.env.to_owned()));
        assert_eq!(again.config, loaded.config);
    }
}

#[test]
fn an_unknown_key_is_refused_with_what_was_meant() {
    let error = Place::new("[server]\nbnid = \"127.0.0.1:1\"\n").faults(&[]);
    assert_eq!(error.code(), Code::UnknownField);
    assert!(error.to_string().contains("`server.bnid` is not a setting of textmill (file "), "{error}");
    assert_eq!(error.hint().unwrap(), "did you mean `server.bind`?");
    let misplaced = Place::new("bind = \"127.0.0.1:1\"\n[jobs]\nmax_files = 3\n").faults(&[]);
    let told = misplaced.to_string();
    for (line, meant) in told.lines().skip(1).zip(["`server.bind`?", "`log.max_files`?"]) {
        assert!(line.ends_with(&format!("did you mean {meant}")), "{told}");
    }
}

#[test]
fn an_unknown_variable_is_refused_with_what_was_meant() {
    let error = Place::new("").faults(&[("TEXTMILL_STATEDIR", "x")]);
    assert_eq!(error.to_string(), "configuration: environment TEXTMILL_STATEDIR is not a variable of textmill");
    assert_eq!(error.hint().unwrap(), "did you mean `TEXTMILL_STATE_DIR`?");
    let far = Place::new("").faults(&[("TEXTMILL_ZZZ", "x")]);
    assert_eq!(far.hint().unwrap(), "`textmill config reference` lists the variables");
}

#[test]
fn an_empty_variable_counts_as_not_set() {
    let loaded = Place::new("").load(&Overrides::default(), &[(env_vars::API_KEYS, ""), (env_vars::BIND, "")]).unwrap();
    assert!(loaded.settings.iter().all(|setting| setting.origin == Origin::Default));
}

#[test]
fn all_faults_of_all_layers_are_told_at_once() {
    let place = Place::new("server = 3\n[log]\nlevel = \"loud\"\n[jobs]\nworkers = \"many\"\n");
    let mut overrides = Overrides::default();
    overrides.set("server.bind", "--bind", "localhost");
    let environment = [(env_vars::MAX_QUEUED, "0"), (env_vars::METRICS_PUBLIC, "yes"), ("TEXTMILL_X", "1")];
    let error = place.load(&overrides, &environment).unwrap_err();
    let told = error.to_string();
    for part in [
        "`server` is a section: write `[server]`",
        "`log.level` must be a level",
        "`loud` is not a level; write `loud=level` if it is a target",
        "`jobs.workers` must be a whole number of jobs from 0 to 256, not `many` (file ",
        "`jobs.max_queued` must be a whole number of jobs from 1 to 1000000, not `0` (environment TEXTMILL_MAX_QUEUED)",
        "`server.metrics_public` must be `true` or `false`, not `yes` (environment TEXTMILL_METRICS_PUBLIC)",
        "environment TEXTMILL_X is not a variable of textmill",
        "`server.bind` must be an IP address and a port, like `127.0.0.1:8000` or `[::1]:8000`, not `localhost` (flag --bind)",
    ] {
        assert!(told.contains(part), "{part}\n{told}");
    }
    assert_eq!(error.faults().len(), 7);
    assert_eq!(error.code(), Code::InvalidParameter);
}

#[test]
fn a_named_file_must_be_there_and_the_default_one_need_not() {
    let place = Place::new("");
    let overrides = Overrides { config_file: Some("other.toml".into()), ..Overrides::default() };
    let error = place.load(&overrides, &[]).unwrap_err();
    assert_eq!(error.code(), Code::NotFound);
    assert!(error.to_string().contains("other.toml can't be read"), "{error}");
    place.write("other.toml", "[jobs]\nworkers = 0\n");
    assert_eq!(place.load(&overrides, &[]).unwrap().config.jobs.workers, 0);
}

#[test]
fn a_file_that_is_not_toml_is_told_with_its_line() {
    let error = Place::new("[server\n").faults(&[]);
    assert_eq!(error.code(), Code::MalformedInput);
    assert!(error.to_string().contains("line 1"), "{error}");
}

#[test]
fn relative_paths_start_at_the_file_that_names_them_or_at_the_working_directory() {
    let place = Place::new("");
    place.write("etc/mill.toml", "state_dir = \"state\"\ndata_roots = [\"./in\", \"/srv\"]\n");
    let overrides = Overrides { config_file: Some("etc/mill.toml".into()), ..Overrides::default() };
    let config = place.load(&overrides, &[]).unwrap().config;
    assert_eq!(config.state_dir, place.0.path().join("etc/state"));
    assert_eq!(config.data_roots, [place.0.path().join("etc/in"), PathBuf::from("/srv")]);
    let config = place.load(&overrides, &[(env_vars::STATE_DIR, "s"), (env_vars::DATA_ROOTS, "a:/b")]).unwrap().config;
    assert_eq!(config.state_dir, place.0.path().join("s"));
    assert_eq!(config.data_roots, [place.0.path().join("a"), PathBuf::from("/b")]);
}

#[test]
fn an_address_that_others_reach_needs_a_key_or_the_word_that_none_is_wanted() {
    let place = Place::new("");
    for address in ["0.0.0.0:8000", "[::]:8000", "192.0.2.1:80"] {
        let error = place.faults(&[(env_vars::BIND, address)]);
        assert!(error.to_string().contains("which other machines can reach"), "{error}");
        assert!(error.hint().unwrap().contains(env_vars::API_KEYS));
        let key = format!("ops:{KEY}");
        place.load(&Overrides::default(), &[(env_vars::BIND, address), (env_vars::API_KEYS, &key)]).unwrap();
        place.load(&Overrides::default(), &[(env_vars::BIND, address), (env_vars::ALLOW_ANONYMOUS, "true")]).unwrap();
    }
    place.load(&Overrides::default(), &[(env_vars::BIND, "[::1]:8000")]).unwrap();
}

#[test]
fn keys_come_from_environment_list_table_and_file_and_are_kept_as_digests() {
    use sha2::{Digest, Sha256};
    let digest: [u8; 32] = Sha256::digest(KEY).into();
    let named = |loaded: &Loaded| {
        let keys = loaded.config.auth.api_keys.iter();
        keys.map(|key| (key.name.clone(), key.digest)).collect::<Vec<_>>()
    };
    let expected = vec![("ops".to_owned(), digest)];
    let environment = format!("ops:{KEY}");
    let loaded = Place::new("").load(&Overrides::default(), &[(env_vars::API_KEYS, &environment)]).unwrap();
    assert_eq!(named(&loaded), expected);
    for file in [format!("auth.api_keys = [\"ops:{KEY}\"]"), format!("[auth.api_keys]\nops = \"{KEY}\"\n")] {
        assert_eq!(named(&Place::new(&file).load(&Overrides::default(), &[]).unwrap()), expected);
    }
    let place = Place::new("auth.api_keys_file = \"keys\"\nauth.api_keys = [\"a:another-long-enough-key\"]");
    place.write("keys", &format!("# of the team\n\nops:{KEY}\n"));
    let loaded = place.load(&Overrides::default(), &[]).unwrap();
    assert_eq!(loaded.config.auth.api_keys.iter().count(), 2);
    assert!(named(&loaded).contains(&expected[0]));
}

#[test]
fn a_key_that_is_no_good_is_told_by_its_place_and_never_shown() {
    let swapped = format!("{KEY}:ops,ops:short,no-colon-{KEY},two words:{KEY},ok:{KEY},ok:{KEY}");
    let place = Place::new("");
    let error = place.faults(&[(env_vars::API_KEYS, &swapped)]);
    for part in [
        "entry 1 has a key of 3",
        "entry 2 has a key of 5",
        "entry 3 is not of the form",
        "entry 4",
        "entry 6 has the name",
    ] {
        assert!(error.to_string().contains(part), "{part}: {error}");
    }
    place.write("keys", "short:1234\n");
    let of_file = place.faults(&[(env_vars::API_KEYS_FILE, "keys")]);
    assert!(of_file.to_string().contains("entry 1 has a key of 4"), "{of_file}");
    let missing = place.faults(&[(env_vars::API_KEYS_FILE, "gone")]);
    assert!(missing.to_string().contains("can't be read"), "{missing}");
    for told in [format!("{error} {error:?}"), format!("{of_file:?}")] {
        assert!(!told.contains(KEY) && !told.contains("1234"), "{told}");
    }
}

#[test]
fn the_same_key_in_both_places_is_told_without_showing_it() {
    let place = Place::new("");
    place.write("keys", &format!("b:{KEY}\n"));
    let error = place.faults(&[(env_vars::API_KEYS, &format!("a:{KEY}")), (env_vars::API_KEYS_FILE, "keys")]);
    assert!(error.to_string().contains("entry 2 has the name or the key of entry 1"), "{error}");
    assert!(!format!("{error:?}").contains(KEY));
}

#[test]
fn secrets_show_neither_in_debug_nor_in_what_is_printed() {
    let environment = format!("ops:{KEY}");
    let loaded = Place::new("").load(&Overrides::default(), &[(env_vars::API_KEYS, &environment)]).unwrap();
    let shown = serde_json::to_string(&loaded.settings).unwrap();
    assert!(shown.contains("ops:***"), "{shown}");
    for text in [shown, format!("{loaded:?}"), Secret::new(KEY).to_string(), format!("{:?}", Secret::new(KEY))] {
        assert!(!text.contains(KEY), "{text}");
    }
}

#[test]
fn an_origin_in_json_is_a_layer_and_a_name() {
    let loaded = Place::new("").load(&Overrides::default(), &[(env_vars::WORKERS, "1")]).unwrap();
    let workers = loaded.settings.iter().find(|setting| setting.key == "jobs.workers").unwrap();
    let expected = serde_json::json!({
        "key": "jobs.workers", "value": 1, "origin": "environment", "from": "TEXTMILL_WORKERS", "env": "TEXTMILL_WORKERS"
    });
    assert_eq!(serde_json::to_value(workers).unwrap(), expected);
}

#[test]
fn the_reference_page_names_every_setting_and_variable() {
    let page = markdown();
    for setting in all_settings() {
        assert!(page.contains(&format!("### `{}`", setting.key)) && page.contains(setting.env), "{}", setting.key);
    }
}

#[test]
fn a_database_needs_a_state_directory_that_somebody_chose() {
    const URL: &str = "postgres://mill:hidden-word@db/mill";
    let place = Place::new("");
    let error = place.faults(&[(env_vars::DATABASE_URL, URL)]);
    assert!(error.to_string().contains("`state_dir` is not set although `database_url` is"), "{error}");
    assert!(error.hint().unwrap().contains("--state-dir"));
    let loaded =
        place.load(&Overrides::default(), &[(env_vars::DATABASE_URL, URL), (env_vars::STATE_DIR, "s")]).unwrap();
    assert_eq!(loaded.config.database_url.as_ref().unwrap().expose(), URL);
    let shown = serde_json::to_string(&loaded.settings).unwrap();
    assert!(shown.contains("postgres://mill:***@db/mill"), "{shown}");
    let wrong = place.faults(&[(env_vars::DATABASE_URL, "mysql://u:hidden-word@db/x"), (env_vars::STATE_DIR, "s")]);
    assert!(wrong.to_string().contains("not one that begins with something else"), "{wrong}");
    for text in [shown, format!("{loaded:?}"), format!("{error:?}"), format!("{wrong} {wrong:?}")] {
        assert!(!text.contains("hidden-word"), "{text}");
    }
}

#[test]
fn limits_of_kinds_come_from_list_table_and_environment_and_a_wrong_one_is_told() {
    let limits = |place: &Place, environment: &[(&str, &str)]| {
        let jobs = place.load(&Overrides::default(), environment).unwrap().config.jobs;
        jobs.max_running.iter().map(|(kind, limit)| (kind.to_owned(), limit)).collect::<Vec<_>>()
    };
    let expected = vec![("conversion".to_owned(), 2), ("drift".to_owned(), 1)];
    for file in
        ["jobs.max_running = [\"drift=1\", \"conversion=2\"]\n", "[jobs.max_running]\nconversion = 2\ndrift = 1\n"]
    {
        assert_eq!(limits(&Place::new(file), &[]), expected);
    }
    let place = Place::new("");
    assert_eq!(limits(&place, &[(env_vars::MAX_RUNNING, "conversion=2, drift=1")]), expected);
    assert_eq!(limits(&place, &[]), []);
    for (text, part) in [("conversion", "`kind=N`"), ("a=0", "whole number from 1"), ("a=1,a=2", "second time")] {
        let error = place.faults(&[(env_vars::MAX_RUNNING, text)]);
        assert!(error.to_string().contains(part), "{error}");
    }
}
