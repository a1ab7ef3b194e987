//! The reference of settings is made from their table; what lies in docs/ is that.

use crate::support::{repository, run, text};

#[test]
fn docs_config_md_is_what_the_table_of_settings_says() {
    let written = std::fs::read_to_string(repository().join("docs/config.md")).unwrap();
    assert!(
        written == textmill::config::markdown(),
        "docs/config.md is old: textmill config reference > docs/config.md"
    );
}

#[test]
fn the_page_of_checks_is_what_the_program_prints() {
    let written = std::fs::read_to_string(repository().join("docs/drift-checks.md")).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let printed = text(&run(folder.path(), &["drift", "suites", "--markdown"]).stdout);
    assert_eq!(
        printed, written,
        "docs/drift-checks.md is old: textmill drift suites --markdown > docs/drift-checks.md"
    );
}
