//! What records can be filtered by, besides their folder.
//!
//! The one decision: a filter is `name:value`, and the value must be equal, letter by letter. Names of a record's place
//! (`file`, `format`, `heading`, `page`, `path`, `sheet`) go before names of columns; `columns.NAME` is always a column.

use std::borrow::Cow;

use crate::operations::knowledge_base::record::Record;

/// Names that are a record's place, not a column.
const PLACES: [&str; 6] = ["file", "format", "heading", "page", "path", "sheet"];
/// What column names begin with, in filters and in the index.
const COLUMNS: &str = "columns.";

type Label<'a> = (Cow<'a, str>, Cow<'a, str>);

/// Names and values under which a record is filed.
pub(in super::super) fn labels(record: &Record) -> Vec<Label<'_>> {
    let meta = &record.meta;
    let format = serde_json::to_value(meta.format).ok().and_then(|format| Some(format.as_str()?.to_owned()));
    let places = [
        ("file", Some(Cow::from(meta.file.as_str()))),
        ("format", format.map(Cow::from)),
        ("heading", meta.heading.as_deref().map(Cow::from)),
        ("page", meta.page.map(|page| Cow::from(page.to_string()))),
        ("path", Some(Cow::from(meta.path.as_str()))),
        ("sheet", meta.sheet.as_deref().map(Cow::from)),
    ];
    let places = places.into_iter().filter_map(|(name, value)| Some((Cow::from(name), value?)));
    let columns = meta.columns.iter().map(|(name, value)| (Cow::from(format!("{COLUMNS}{name}")), Cow::from(value)));
    places.chain(columns).collect()
}

/// The label that a filter asks for; `None` if it is no filter.
pub(in super::super) fn label_of(filter: &str) -> Option<(String, String)> {
    let (name, value) = filter.split_once(':')?;
    let is_said = PLACES.contains(&name) || name.starts_with(COLUMNS);
    let name = if is_said { name.to_owned() } else { format!("{COLUMNS}{name}") };
    (!name.is_empty() && !value.is_empty()).then(|| (name, value.to_owned()))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::core::tabular::format::FormatName;
    use crate::operations::knowledge_base::Meta;

    #[test]
    fn every_label_of_a_record_can_be_asked_for() {
        let columns = [("lang", "de"), ("file", "other"), ("a:b", "c:d")];
        let columns =
            columns.map(|(name, value)| (name.to_owned(), value.to_owned())).into_iter().collect::<BTreeMap<_, _>>();
        let meta = Meta {
            path: "a/b.xlsx".to_owned(),
            folders: vec!["a".to_owned()],
            file: "b.xlsx".to_owned(),
            format: FormatName::Xlsx,
            sha256: String::new(),
            sheet: Some("One: two".to_owned()),
            page: Some(3),
            row: Some(1),
            heading: None,
            chunk: None,
            columns,
        };
        let record = Record::new("text".to_owned(), meta);
        let filed: Vec<(String, String)> =
            labels(&record).into_iter().map(|(name, value)| (name.into_owned(), value.into_owned())).collect();
        for filter in
            ["file:b.xlsx", "format:xlsx", "page:3", "path:a/b.xlsx", "sheet:One: two", "lang:de", "columns.file:other"]
        {
            assert!(filed.contains(&label_of(filter).unwrap()), "{filter} is not in {filed:?}");
        }
        assert!(!filed.contains(&label_of("lang:en").unwrap()));
        assert_eq!(label_of("lang"), None);
        assert_eq!(label_of("lang:"), None);
    }
}
