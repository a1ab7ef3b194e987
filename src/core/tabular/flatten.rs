//! Columns that hold records, spread over columns of their own: `address` with `city` and `zip` becomes `address.city`
//! and `address.zip`.
//!
//! For: readers whose tables nest, wherever a flat table is wanted. Not for: lists, which stay as they are. The one
//! decision: a value that is missing because its record is missing is missing, as in the nested table; whether the
//! record itself was there is the only thing that is lost.

use std::collections::HashSet;
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef, RecordBatch, RecordBatchOptions, StructArray, make_array};
use arrow_buffer::NullBuffer;
use arrow_schema::{DataType, Field, Schema, SchemaRef};

use super::error::TableError;
use super::names;
use super::report::{ColumnReport, TableNote, TableReport};
use super::table::{Batches, Rejects, Table, Tables};

/// The tables of a file, flat.
pub(super) struct FlatTables(pub(super) Box<dyn Tables>);

impl Tables for FlatTables {
    fn next_table(&mut self) -> Result<Option<Box<dyn Table>>, TableError> {
        let table = self.0.next_table()?;
        Ok(table.map(|table| if is_nested(&table.schema()) { FlatTable::of(table) } else { table }))
    }
}

fn is_nested(schema: &Schema) -> bool {
    schema.fields().iter().any(|field| matches!(field.data_type(), DataType::Struct(_)))
}

/// A nested table, flat.
#[derive(Debug)]
struct FlatTable {
    table: Box<dyn Table>,
    schema: SchemaRef,
    report: TableReport,
}

impl FlatTable {
    fn of(table: Box<dyn Table>) -> Box<dyn Table> {
        let mut fields = Vec::new();
        let mut columns = Vec::new();
        for (field, column) in table.schema().fields().iter().zip(&table.report().columns) {
            let before = fields.len();
            spread(field.name(), field.data_type(), &mut fields);
            let notes = |field: &Field| if fields_are_one(field, column) { column.notes.clone() } else { Vec::new() };
            columns.extend(fields[before..].iter().map(|field| ColumnReport {
                name: field.name().clone(),
                data_type: field.data_type().to_string(),
                notes: notes(field),
            }));
        }
        make_unique(&mut fields, &mut columns);
        let report = TableReport { columns, ..table.report().clone() };
        Box::new(Self { table, schema: Arc::new(Schema::new(fields)), report })
    }
}

/// Notes on a record as a whole say nothing of its parts.
fn fields_are_one(field: &Field, column: &ColumnReport) -> bool {
    *field.name() == column.name
}

fn spread(name: &str, data_type: &DataType, into: &mut Vec<Field>) {
    match data_type {
        DataType::Struct(parts) => {
            parts.iter().for_each(|part| spread(&format!("{name}.{}", part.name()), part.data_type(), into));
        }
        _ => into.push(Field::new(name, data_type.clone(), true)),
    }
}

/// A key may hold a dot: `{"a.b": 1, "a": {"b": 2}}`.
fn make_unique(fields: &mut [Field], columns: &mut [ColumnReport]) {
    let mut taken = HashSet::new();
    for (field, column) in fields.iter_mut().zip(columns) {
        column.name = names::free(field.name(), &mut taken);
        field.set_name(column.name.clone());
    }
}

impl Table for FlatTable {
    fn report(&self) -> &TableReport {
        &self.report
    }

    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }

    fn preamble(&self) -> Option<&str> {
        self.table.preamble()
    }

    fn read(self: Box<Self>) -> Result<Box<dyn Batches>, TableError> {
        Ok(Box::new(FlatBatches { batches: self.table.read()?, schema: self.schema }))
    }
}

struct FlatBatches {
    batches: Box<dyn Batches>,
    schema: SchemaRef,
}

impl Batches for FlatBatches {
    fn next_batch(&mut self, rejects: &mut dyn Rejects) -> Result<Option<RecordBatch>, TableError> {
        let Some(batch) = self.batches.next_batch(rejects)? else { return Ok(None) };
        let mut columns = Vec::with_capacity(self.schema.fields().len());
        batch.columns().iter().for_each(|column| spread_column(column, None, &mut columns));
        let options = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
        let flat = RecordBatch::try_new_with_options(Arc::clone(&self.schema), columns, &options);
        flat.map(Some).map_err(|error| TableError::Broken { what: error.to_string() })
    }

    fn lines(&self) -> &[u64] {
        self.batches.lines()
    }

    fn notes(&self) -> Vec<TableNote> {
        self.batches.notes()
    }
}

/// `outer`: where the records around this column are missing.
fn spread_column(column: &ArrayRef, outer: Option<&NullBuffer>, into: &mut Vec<ArrayRef>) {
    let missing = NullBuffer::union(column.nulls(), outer);
    match column.data_type() {
        DataType::Struct(_) => {
            let record: &StructArray = column.as_struct();
            record.columns().iter().for_each(|part| spread_column(part, missing.as_ref(), into));
        }
        _ if outer.is_none() => into.push(Arc::clone(column)),
        _ => {
            let data = column.to_data().into_builder().nulls(missing);
            // Only the mask is another one, of the same length.
            into.push(data.build().map_or_else(|_| Arc::clone(column), make_array));
        }
    }
}
