use super::*;

#[tokio::test]
async fn the_document_is_whole_and_served() {
    let service = Service::start().await;
    let document = service.get("/openapi.json").await.json();
    assert_eq!(document, serde_json::to_value(crate::routers::openapi()).unwrap());
    assert_eq!(document["openapi"], "3.1.0");
    let mut operation_ids = std::collections::HashSet::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let name = format!("{method} {path}");
            assert!(operation_ids.insert(operation["operationId"].as_str().unwrap().to_owned()), "{name}");
            for text in ["summary", "description"] {
                assert!(operation[text].as_str().is_some_and(|text| !text.is_empty()), "{name}: {text}");
            }
            let left: Vec<_> = operation.as_object().unwrap().keys().filter(|key| key.starts_with("x-")).collect();
            assert!(left.is_empty(), "{name} names codes that do not exist");
            assert!(operation["responses"]["500"].is_object(), "{name}");
        }
    }
    let content = &document["paths"]["/v1/files/{file_id}/content"]["get"]["responses"];
    for status in ["200", "206", "304", "401", "404", "416"] {
        assert!(content[status].is_object(), "{status}");
    }
    assert!(document["components"]["schemas"]["Job"]["required"].as_array().unwrap().contains(&json!("finished_at")));
    assert_eq!(document["components"]["schemas"]["Source"]["oneOf"][0]["additionalProperties"], false);
}

const PAGES: [&str; 5] = ["/", "/ui/data-sets", "/ui/drift-checks", "/ui/knowledge-bases", "/ui/knowledge-bases/esg"];

#[tokio::test]
async fn the_page_and_the_viewer_come_out_of_the_binary() {
    let service = Service::start().await;
    let page = service.get("/").await;
    assert!(page.header("content-security-policy").contains("default-src 'self'"));
    let fetched = ["/ui/icon.svg", "/docs/", "/docs/swagger-ui.css"];
    let modules = [
        "api",
        "app",
        "builds",
        "card",
        "data_sets",
        "drift_checks",
        "drift_series",
        "graph",
        "knowledge_base",
        "knowledge_bases",
        "record",
        "words",
    ];
    let own = modules.map(|module| format!("/ui/{module}.js"));
    let own: Vec<_> = own
        .into_iter()
        .chain(["style", "knowledge", "data_sets", "drift_checks"].map(|style| format!("/ui/{style}.css")))
        .collect();
    for path in own.iter().map(String::as_str).chain(fetched) {
        let asset = service.get(path).await;
        assert_eq!(asset.status, StatusCode::OK, "{path}");
        assert!(!asset.body.is_empty(), "{path}");
    }
    for path in own.iter().map(String::as_str).chain(PAGES) {
        let text = service.get(path).await.text().replace("http://www.w3.org/2000/svg", "");
        assert!(!text.contains("http://") && !text.contains("https://"), "{path}: something is fetched from elsewhere");
    }
    for path in PAGES {
        let page = service.get(path).await;
        assert!(page.header("content-security-policy").contains("default-src 'self'"), "{path}");
        assert!(page.text().contains("key-dialog") && page.text().trim_end().ends_with("</html>"), "{path}");
    }
}
