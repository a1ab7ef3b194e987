//! The table again, with what was found in it.
//!
//! The one decision: columns are added behind those of the input, under names that the input may not have.

use std::path::Path;
use std::sync::Arc;

use arrow_array::builder::{Float32Builder, Int32Builder, StringBuilder};
use arrow_array::{ArrayRef, Int32Array, ListArray, RecordBatch, StructArray};
use arrow_buffer::OffsetBuffer;
use arrow_schema::{ArrowError, DataType, Field, FieldRef, Fields, Schema, SchemaRef};

use super::annotator::Found;
use super::error::AnnotationError;
use super::lexicon::Lexicon;
use super::text::{Placed, placed};
use crate::core::storage::atomic::Place;
use crate::core::tabular::parquet::{Pages, ParquetFile};
use crate::operations::rows::Rows;

/// The column of mentions.
const MENTIONS: &str = "mentions";
/// What a column of counts begins with.
const COUNT: &str = "count:";
const ROW_GROUP_ROWS: usize = 1_000_000;

/// The annotated table in the making.
pub(super) struct Table {
    file: ParquetFile,
    place: Place,
    schema: SchemaRef,
    with_counts: bool,
}

impl Table {
    /// Begins the table that is to be at `path`.
    ///
    /// # Errors
    /// When the input has a column of a name that is needed, or the file can't be made.
    pub(super) fn begin(
        path: &Path,
        rows: &Rows,
        lexicon: &Lexicon,
        with_counts: bool,
    ) -> Result<Self, AnnotationError> {
        let schema = schema(&rows.schema, lexicon, with_counts)?;
        let (place, _made) = Place::beside(path).map_err(AnnotationError::output(path))?;
        let (shape, metadata) = (Arc::clone(&schema), rows.metadata.clone());
        let file = ParquetFile::create(place.scratch(), shape, Pages::Zstd, ROW_GROUP_ROWS, metadata);
        let file = file.map_err(AnnotationError::parquet_output(path))?;
        Ok(Self { file, place, schema, with_counts })
    }

    /// Appends rows and what was found in their texts.
    ///
    /// # Errors
    /// When they can't be written.
    pub(super) fn write(
        &mut self,
        batch: &RecordBatch,
        texts: &[&str],
        found: &[Found],
        lexicon: &Lexicon,
    ) -> Result<(), AnnotationError> {
        let failed = AnnotationError::parquet_output(self.place.path());
        let mut columns = batch.columns().to_vec();
        columns.push(mentions(texts, found, lexicon).map_err(|error| failed(error.into()))?);
        if self.with_counts {
            columns.extend(counts(found, lexicon));
        }
        let batch = RecordBatch::try_new(Arc::clone(&self.schema), columns).map_err(|error| failed(error.into()))?;
        self.file.write(&batch).map_err(failed)
    }

    /// Everything was appended: gives the file its name.
    ///
    /// # Errors
    /// When that fails.
    pub(super) fn finish(self) -> Result<(), AnnotationError> {
        let path = self.place.path().to_owned();
        let (_, written) = self.file.finish().map_err(AnnotationError::parquet_output(&path))?;
        self.place.publish(&written.finish().0).map_err(AnnotationError::output(&path))
    }
}

fn schema(input: &Schema, lexicon: &Lexicon, with_counts: bool) -> Result<SchemaRef, AnnotationError> {
    let mut fields: Vec<FieldRef> = input.fields().iter().cloned().collect();
    fields.push(Arc::new(Field::new_list(MENTIONS, item(), false)));
    if with_counts {
        let count = |name: &String| Arc::new(Field::new(format!("{COUNT}{name}"), DataType::Int32, false));
        fields.extend(lexicon.concepts().iter().map(count));
    }
    let added = fields.iter().skip(input.fields().len());
    if let Some(taken) = added.map(|field| field.name()).find(|name| input.column_with_name(name).is_some()) {
        return Err(AnnotationError::ColumnTaken { name: taken.clone() });
    }
    // Some readers take what a file says of itself from here, others from the file's footer: it goes into both.
    Ok(Arc::new(Schema::new_with_metadata(fields, input.metadata().clone())))
}

fn item() -> FieldRef {
    Arc::new(Field::new("item", DataType::Struct(members()), false))
}

fn members() -> Fields {
    let text = |name| Field::new(name, DataType::Utf8, false);
    let place = |name| Field::new(name, DataType::Int32, false);
    Fields::from(vec![
        text("concept"),
        text("phrase"),
        text("matched"),
        place("start"),
        place("end"),
        text("how"),
        Field::new("score", DataType::Float32, false),
    ])
}

fn mentions(texts: &[&str], found: &[Found], lexicon: &Lexicon) -> Result<ArrayRef, ArrowError> {
    let [mut concept, mut phrase, mut matched, mut how] = [(); 4].map(|()| StringBuilder::new());
    let [mut start, mut end] = [(); 2].map(|()| Int32Builder::new());
    let mut score = Float32Builder::new();
    for (text, found) in texts.iter().zip(found) {
        for mention in &found.mentions {
            let Placed { matched: letters, chars } = placed(text, found, mention);
            concept.append_value(lexicon.concept_name(mention.concept));
            phrase.append_value(lexicon.phrase_text(mention.phrase));
            matched.append_value(letters);
            start.append_value(number(chars.start)?);
            end.append_value(number(chars.end)?);
            how.append_value(mention.how.as_str());
            score.append_value(mention.score);
        }
    }
    let columns: Vec<ArrayRef> = vec![
        Arc::new(concept.finish()),
        Arc::new(phrase.finish()),
        Arc::new(matched.finish()),
        Arc::new(start.finish()),
        Arc::new(end.finish()),
        Arc::new(how.finish()),
        Arc::new(score.finish()),
    ];
    let members = StructArray::try_new(members(), columns, None)?;
    let lengths = OffsetBuffer::from_lengths(found.iter().map(|found| found.mentions.len()));
    Ok(Arc::new(ListArray::try_new(item(), lengths, Arc::new(members), None)?))
}

fn number(place: usize) -> Result<i32, ArrowError> {
    i32::try_from(place).map_err(|error| ArrowError::ComputeError(error.to_string()))
}

fn counts(found: &[Found], lexicon: &Lexicon) -> Vec<ArrayRef> {
    let mut counts = vec![vec![0; found.len()]; lexicon.concepts().len()];
    for (row, found) in found.iter().enumerate() {
        for mention in &found.mentions {
            counts[mention.concept as usize][row] += 1;
        }
    }
    counts.into_iter().map(|counts| Arc::new(Int32Array::from(counts)) as ArrayRef).collect()
}
