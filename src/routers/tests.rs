//! Tests of the router, in process.

#[test]
fn prints() {
    std::fs::write("/tmp/openapi.json", super::openapi().to_pretty_json().unwrap()).unwrap();
}
