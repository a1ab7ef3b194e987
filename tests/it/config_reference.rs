//! The reference of settings is made from their table; what lies in docs/ is that.

use crate::support::repository;

#[test]
fn docs_config_md_is_what_the_table_of_settings_says() {
    let written = std::fs::read_to_string(repository().join("docs/config.md")).unwrap();
    assert!(
        written == textmill::config::markdown(),
        "docs/config.md is old: textmill config reference > docs/config.md"
    );
}
