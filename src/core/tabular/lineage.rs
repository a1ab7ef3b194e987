//! Columns that say where each row comes from: `_source`, `_sheet` (of workbooks) and `_line`.
//!
//! For: whoever must find a row of Parquet in its source again. The one decision: readers tell the lines of every batch
//! in any case, and the columns are laid around whatever they read, so that no reader knows of them.

use std::collections::HashSet;
use std::sync::Arc;

use arrow_array::{ArrayRef, Int64Array, RecordBatch, StringArray};
use arrow_schema::{DataType, Field, Schema, SchemaRef};

use super::error::TableError;
use super::names;
use super::report::{ColumnReport, TableNote, TableReport};
use super::table::{Batches, Rejects, Table, Tables};

/// The tables of a file, each with the columns of its lineage behind the others.
pub(super) struct TracedTables {
    pub(super) tables: Box<dyn Tables>,
    /// The path that stands in `_source`.
    pub(super) source: String,
    /// Whether every column is text.
    pub(super) as_text: bool,
}

impl Tables for TracedTables {
    fn next_table(&mut self) -> Result<Option<Box<dyn Table>>, TableError> {
        let Some(table) = self.tables.next_table()? else { return Ok(None) };
        let sheet = table.report().sheet.as_ref().map(|sheet| sheet.name.clone());
        let mut constants = vec![("_source", self.source.clone())];
        constants.extend(sheet.map(|sheet| ("_sheet", sheet)));
        Ok(Some(TracedTable::of(table, constants, self.as_text)))
    }
}

/// A table and the values that are the same in all of its rows.
#[derive(Debug)]
struct TracedTable {
    table: Box<dyn Table>,
    constants: Vec<String>,
    schema: SchemaRef,
    report: TableReport,
}

impl TracedTable {
    fn of(table: Box<dyn Table>, constants: Vec<(&str, String)>, as_text: bool) -> Box<dyn Table> {
        let schema = table.schema();
        let mut fields: Vec<Field> = schema.fields().iter().map(|field| field.as_ref().clone()).collect();
        let mut report = table.report().clone();
        let mut taken: HashSet<String> = fields.iter().map(|field| field.name().clone()).collect();
        let constant = constants.iter().map(|(name, _)| (*name, DataType::Utf8));
        let line = if as_text { DataType::Utf8 } else { DataType::Int64 };
        for (name, data_type) in constant.chain([("_line", line)]) {
            // A file may have such a column already.
            let name = names::free(name, &mut taken);
            report.columns.push(ColumnReport {
                name: name.clone(),
                data_type: data_type.to_string(),
                notes: Vec::new(),
            });
            fields.push(Field::new(name, data_type, true));
        }
        let constants = constants.into_iter().map(|(_, value)| value).collect();
        Box::new(Self { table, constants, schema: Arc::new(Schema::new(fields)), report })
    }
}

impl Table for TracedTable {
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
        let Self { table, constants, schema, .. } = *self;
        Ok(Box::new(TracedBatches { batches: table.read()?, constants, schema }))
    }
}

struct TracedBatches {
    batches: Box<dyn Batches>,
    constants: Vec<String>,
    schema: SchemaRef,
}

impl Batches for TracedBatches {
    fn next_batch(&mut self, rejects: &mut dyn Rejects) -> Result<Option<RecordBatch>, TableError> {
        let Some(batch) = self.batches.next_batch(rejects)? else { return Ok(None) };
        let rows = batch.num_rows();
        let mut columns = batch.columns().to_vec();
        let constant = |value: &String| Arc::new(StringArray::new_repeated(value, rows)) as ArrayRef;
        columns.extend(self.constants.iter().map(constant));
        columns.push(lines(self.batches.lines(), self.schema.fields().last().map(|field| field.data_type())));
        let traced = RecordBatch::try_new(Arc::clone(&self.schema), columns);
        traced.map(Some).map_err(|error| TableError::Broken { what: error.to_string() })
    }

    fn lines(&self) -> &[u64] {
        self.batches.lines()
    }

    fn notes(&self) -> Vec<TableNote> {
        self.batches.notes()
    }
}

fn lines(lines: &[u64], data_type: Option<&DataType>) -> ArrayRef {
    match data_type {
        Some(DataType::Utf8) => Arc::new(StringArray::from_iter_values(lines.iter().map(u64::to_string))),
        _ => Arc::new(Int64Array::from_iter_values(lines.iter().map(|line| i64::try_from(*line).unwrap_or(i64::MAX)))),
    }
}
