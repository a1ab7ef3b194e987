//! The API's description is a promise: a change shows here first.

use crate::support::{json, run};

#[test]
fn the_document_is_the_one_that_was_promised() {
    let folder = tempfile::tempdir().unwrap();
    let mut document = json(&run(folder.path(), &["openapi"]));
    document["info"]["version"] = "[version]".into();
    insta::assert_json_snapshot!("openapi", document);
}
