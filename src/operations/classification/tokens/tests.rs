//! What taggers make of columns.

use std::sync::Arc;

use arrow_array::builder::{ListBuilder, StringBuilder};
use arrow_array::{
    Array as _, ArrayRef, Int32Array, LargeStringArray, ListArray, RecordBatch, StringArray, StructArray,
};
use arrow_buffer::OffsetBuffer;
use arrow_schema::{DataType, Field, Fields, Schema};
use tokio_util::sync::CancellationToken;

use super::*;
use crate::operations::classification::options::ClassificationOptions;

fn batch(columns: Vec<(&str, ArrayRef)>) -> RecordBatch {
    RecordBatch::try_from_iter_with_nullable(columns.into_iter().map(|(name, column)| (name, column, true))).unwrap()
}

fn options(text: &str, tags: Option<&str>, spans: Option<&str>) -> ClassificationOptions {
    let [tags_column, spans_column] = [tags, spans].map(|name| name.map(str::to_owned));
    ClassificationOptions { text_column: vec![text.to_owned()], tags_column, spans_column, ..Default::default() }
}

/// Tokens and tags of each row, and the findings.
fn told(batch: &RecordBatch, options: &ClassificationOptions, texts: &[&str]) -> (Vec<Option<String>>, Vec<Finding>) {
    let mut tagger = tagger(options, batch.schema_ref(), None, &CancellationToken::new()).unwrap();
    let rows = tagger.tag(batch, texts).unwrap();
    let tell = |row: Result<Tagged, NotFitting>| {
        row.ok().map(|row| format!("{} | {}", row.tokens.join("_"), row.tags.join(" ")))
    };
    (rows.into_iter().map(tell).collect(), tagger.findings())
}

fn lists(rows: &[&[&str]]) -> ArrayRef {
    let mut builder = ListBuilder::new(StringBuilder::new());
    for row in rows {
        builder.append_value(row.iter().map(Some));
    }
    Arc::new(builder.finish())
}

#[test]
fn tags_are_parted_cells_or_lists_and_what_does_not_fit_is_told_with_its_row() {
    let texts = ["a b", "a  b c", "a b", "a b", ""];
    let tags =
        LargeStringArray::from(vec![Some("I-x  I-x"), Some(r#"["O", "B-y", "I-y"]"#), Some("O"), Some("O PER"), None]);
    let table = batch(vec![("text", Arc::new(StringArray::from(texts.to_vec()))), ("tags", Arc::new(tags))]);
    let (rows, findings) = told(&table, &options("text", Some("tags"), None), &texts);
    let [first, second] = ["a_b | B-x I-x", "a_b_c | O B-y I-y"].map(|row| Some(row.to_owned()));
    assert_eq!(rows, [first, second, None, None, Some(" | ".to_owned())]);
    let mended = vec!["row 1, token 1: `I-x` at the beginning".to_owned()];
    let left_out = vec!["row 3: 2 tokens and 1 tags".to_owned(), "row 4: token 2: `PER` is no tag".to_owned()];
    let wanted =
        [Finding::InvalidTags { rows: 1, examples: mended }, Finding::TagsNotFitting { rows: 2, examples: left_out }];
    assert_eq!(findings, wanted);
}

#[test]
fn a_text_column_of_lists_holds_the_tokens_themselves() {
    let table = batch(vec![("tokens", lists(&[&["New York", "!"], &[]])), ("tags", lists(&[&["S-place", "O"], &[]]))]);
    let (rows, findings) = told(&table, &options("tokens", Some("tags"), None), &["New York !", ""]);
    assert_eq!(rows, [Some("New York_! | B-place O".to_owned()), Some(" | ".to_owned())]);
    assert_eq!(findings, []);
}

#[test]
fn spans_are_lists_as_annotate_writes_them_or_json() {
    let texts = ["the closed loop", "waste", ""];
    let members = Fields::from(vec![
        Field::new("concept", DataType::Utf8, false),
        Field::new("start", DataType::Int32, false),
        Field::new("end", DataType::Int32, false),
    ]);
    let columns: Vec<ArrayRef> = vec![
        Arc::new(StringArray::from(vec!["A B/c", "D", "E"])),
        Arc::new(Int32Array::from(vec![4, 11, 1])),
        Arc::new(Int32Array::from(vec![15, 15, 4])),
    ];
    let members = StructArray::new(members, columns, None);
    let item = Arc::new(Field::new("item", members.data_type().clone(), false));
    let mentions = ListArray::new(item, OffsetBuffer::from_lengths([2, 1, 0]), Arc::new(members), None);
    let json =
        StringArray::from(vec![Some(r#"[[4, 15, "A B/c"]]"#), Some(r#"[{"start": 0, "end": 9, "label": "D"}]"#), None]);
    let table = batch(vec![
        ("text", Arc::new(StringArray::from(texts.to_vec()))),
        ("mentions", Arc::new(mentions)),
        ("json", Arc::new(json)),
    ]);
    let (rows, findings) = told(&table, &options("text", None, Some("mentions")), &texts);
    let wanted = ["the_closed_loop | O B-A_B/c I-A_B/c", "waste | B-E", " | "].map(|row| Some(row.to_owned()));
    assert_eq!(rows, wanted);
    let told_of = |finding: &Finding| match finding {
        Finding::InvalidTags { examples, .. } | Finding::TagsNotFitting { examples, .. } => examples.join("; "),
        other => panic!("{other:?}"),
    };
    let told_all: Vec<_> = findings.iter().map(told_of).collect();
    assert_eq!(
        told_all,
        [
            "row 1: 1 overlap a longer span, 0 begin or end inside of a token; row 2: 0 overlap a longer span, 1 begin or end inside of a token"
        ]
    );
    let (rows, findings) = told(&table, &options("text", None, Some("json")), &texts);
    assert_eq!(rows, [wanted[0].clone(), None, wanted[2].clone()]);
    assert_eq!(told_of(&findings[0]), "row 2: the span 0 to 9 does not lie in a text of 5 characters");
}

#[test]
fn columns_of_something_else_are_refused_by_name() {
    let table =
        batch(vec![("text", Arc::new(StringArray::from(vec!["a"]))), ("n", Arc::new(Int32Array::from(vec![1])))]);
    let schema: &Schema = table.schema_ref();
    let refused = |options: &ClassificationOptions| {
        tagger(options, schema, None, &CancellationToken::new()).map(drop).unwrap_err().to_string()
    };
    assert!(refused(&options("text", Some("n"), None)).starts_with("the column `n` holds Int32, not tags"));
    assert!(refused(&options("text", None, Some("n"))).starts_with("the column `n` holds Int32, not spans"));
    assert!(refused(&options("text", Some("tagz"), None)).contains("no column `tagz`"));
    assert_eq!(refused(&options("text", None, None)), "nothing says where the entities are");
}
