//! What can't work is refused at the start: exit code 2, words that say why and what to do, no password, nothing lost.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::support::process::Process;
use crate::support::site::Site;

const PASSWORD: &str = "s3cret-and-long";
const SERVE: &[&str] = &["serve", "--bind", "127.0.0.1:0"];
const WORK: &[&str] = &["worker"];
const LIST: &[&str] = &["job", "list"];

/// The words with which a command gives up.
pub(super) fn refusal(mut command: Command, arguments: &[&str]) -> String {
    command.args(arguments);
    let mut process = Process::start(command);
    let status = process.ended();
    let words = process.last_words();
    assert_eq!(status.code(), Some(2), "{arguments:?}: {words}");
    let says_what_to_do = words.contains("hint: ") || words.contains("must be ");
    assert!(words.contains("error: ") && says_what_to_do, "{arguments:?}: {words}");
    assert!(!words.contains(PASSWORD), "{arguments:?} showed the password: {words}");
    words
}

/// Holds that each command refuses this with these words.
fn all_refuse(command: impl Fn() -> Command, expected: &[&str]) {
    for arguments in [SERVE, WORK, LIST] {
        let words = refusal(command(), arguments);
        let missing: Vec<_> = expected.iter().filter(|part| !words.contains(**part)).collect();
        assert!(missing.is_empty(), "{arguments:?} does not say {missing:?}: {words}");
    }
}

/// Lets a service make the database, and leave a job in it.
fn begin(site: &Site) {
    fs::write(site.data().join("a.csv"), "x,y\n1,2\n").unwrap();
    let mut service = super::front(site);
    service.convert(&serde_json::json!({"source": {"type": "path", "path": "a.csv"}}));
    assert!(service.terminate().success());
}

fn jobs(site: &Site) -> i64 {
    site.database.number(&format!("SELECT count(*) FROM {}", site.database.table("jobs")))
}

fn make_newer(site: &Site) {
    let table = site.database.table("_sqlx_migrations");
    let (yes, none) = (site.database.either("1", "TRUE"), site.database.either("x''", "''"));
    site.database.execute(&format!(
        "INSERT INTO {table} (version, description, success, checksum, execution_time)
         VALUES (99, 'later', {yes}, {none}, 0)"
    ));
}

#[test]
fn a_file_of_a_newer_textmill_is_refused_and_stays_as_it_is() {
    let site = Site::on_sqlite();
    begin(&site);
    make_newer(&site);
    all_refuse(|| site.command(), &["textmill.sqlite3 has schema version 99, this build knows", "newer textmill"]);
    assert_eq!(jobs(&site), 1);
}

#[test]
fn a_file_that_is_no_database_is_refused_and_stays_as_it_is() {
    let site = Site::on_sqlite();
    let file = site.state().join("textmill.sqlite3");
    let content = "id,text\n1,words of somebody\n".repeat(300);
    fs::write(&file, &content).unwrap();
    all_refuse(|| site.command(), &["can't open the database", "textmill.sqlite3", "not a database"]);
    assert_eq!(fs::read_to_string(&file).unwrap(), content);
}

#[test]
fn addresses_that_are_none_are_refused_before_anything_is_asked() {
    let site = Site::on_sqlite();
    for (url, said) in [
        (format!("mysql://ana:{PASSWORD}@127.0.0.1/mill"), "postgres://"),
        (format!("postgres://ana:{PASSWORD}@127.0.0.1:port/mill"), "port"),
        (format!("postgres://ana:{PASSWORD}/x@127.0.0.1/mill"), "%2F"),
        (format!("postgres://ana:{PASSWORD}@127.0.0.1/mill?sslmode=perhaps"), "perhaps"),
        (format!("postgres://ana:{PASSWORD}@[::1/mill"), "database_url"),
        (PASSWORD.to_owned(), "postgres://"),
    ] {
        let command = || {
            let mut command = site.command();
            command.env("TEXTMILL_DATABASE_URL", &url);
            command
        };
        all_refuse(command, &["database_url", said]);
    }
    assert!(!site.state().join("textmill.sqlite3").exists());
}

#[test]
fn a_database_without_a_named_state_directory_is_refused() {
    let site = Site::on_sqlite();
    let command = || {
        let mut command = site.command();
        command.env_remove("TEXTMILL_STATE_DIR");
        command.env("TEXTMILL_DATABASE_URL", format!("postgres://ana:{PASSWORD}@127.0.0.1:1/mill"));
        command
    };
    all_refuse(command, &["`state_dir`", "is not set although `database_url` is"]);
    assert!(!site.data().join(".textmill").exists());
}

mod postgres {
    use super::*;
    use crate::support::postgres::Server;

    /// The program with another address of the database.
    fn at(site: &Site, user: &str, place: &str, database: &str) -> Command {
        let mut command = site.command();
        command.env("TEXTMILL_DATABASE_URL", format!("postgres://{user}:{PASSWORD}@{place}/{database}"));
        command
    }

    fn place(site: &Site) -> String {
        site.database.server().unwrap().address().to_string()
    }

    #[test]
    #[ignore = "needs PostgreSQL: make test-postgres"]
    fn a_server_that_is_not_there_and_a_database_that_is_not_there_are_told() {
        let site = Site::on_postgres(Server::shared());
        let (place, name) = (place(&site), site.database.name().unwrap().to_owned());
        let port = place.rsplit(':').next().unwrap();
        // It listens on 127.0.0.1 only; port 1 is nobody's.
        for wrong in [format!("127.0.0.2:{port}"), "127.0.0.1:1".to_owned()] {
            let said = ["the server can't be reached", "host and port", wrong.as_str()];
            all_refuse(|| at(&site, "postgres", &wrong, &name), &said);
        }
        let said = ["the server has no such database", "createdb", "no_such_mill"];
        all_refuse(|| at(&site, "postgres", &place, "no_such_mill"), &said);
    }

    #[test]
    #[ignore = "needs PostgreSQL: make test-postgres"]
    fn a_user_without_the_password_or_the_right_is_told_which() {
        let site = Site::on_postgres(Server::alone());
        let (place, name) = (place(&site), site.database.name().unwrap().to_owned());
        site.database.execute("DROP ROLE IF EXISTS guarded; CREATE ROLE guarded LOGIN PASSWORD 'another'");
        all_refuse(|| at(&site, "guarded", &place, &name), &["user or password is wrong", "pg_hba.conf"]);
        site.database.execute(&format!("ALTER ROLE guarded PASSWORD '{PASSWORD}'"));
        let said = ["may not make or change the schema `textmill`", "grant it CREATE on the database"];
        all_refuse(|| at(&site, "guarded", &place, &name), &said);
        // Whoever may not make schemas is given one.
        site.database.execute("CREATE SCHEMA textmill AUTHORIZATION guarded");
        for _ in ["makes the tables", "finds them"] {
            let output = at(&site, "guarded", &place, &name).args(LIST).output().unwrap();
            assert!(output.status.success(), "{}", crate::support::text(&output.stderr));
        }
        site.database.execute("DROP OWNED BY guarded; DROP ROLE guarded");
    }

    #[test]
    #[ignore = "needs PostgreSQL: make test-postgres"]
    fn a_newer_schema_is_refused_and_stays_as_it_is() {
        let site = Site::on_postgres(Server::shared());
        begin(&site);
        make_newer(&site);
        all_refuse(|| site.command(), &["has schema version 99, this build knows", "newer textmill"]);
        assert_eq!(jobs(&site), 1);
    }

    #[test]
    #[ignore = "needs PostgreSQL: make test-postgres"]
    fn another_state_folder_is_refused_by_all_who_use_it() {
        let site = Site::on_postgres(Server::shared());
        begin(&site);
        let other = tempfile::tempdir().unwrap();
        let elsewhere = |folder: &Path| {
            let mut command = site.command();
            command.env("TEXTMILL_STATE_DIR", folder);
            command
        };
        for arguments in [SERVE, WORK] {
            let words = refusal(elsewhere(other.path()), arguments);
            assert!(words.contains("can't be used with this database") && words.contains("--state-dir"), "{words}");
        }
        assert!(!other.path().join("textmill-database-id").exists());
        fs::write(other.path().join("textmill-database-id"), "somebody-else's\n").unwrap();
        for arguments in [SERVE, WORK] {
            let words = refusal(elsewhere(other.path()), arguments);
            assert!(words.contains("it belongs to another database"), "{words}");
        }
        assert_eq!(jobs(&site), 1);
    }
}
