//! Which columns the records of a document have, and which part of a record goes into which.
//!
//! The one decision: what would lose something as columns stays XML. An element that holds text among elements, and one
//! that repeats within a record and has elements of its own, is kept as it is written.

use std::sync::Arc;

use arrow_schema::{DataType, Field, Schema, SchemaRef};

use super::outline::{DOCUMENT, Outline};
use crate::core::tabular::column::{ColumnNote, ColumnProfile, ColumnType};
use crate::core::tabular::delimited;
use crate::core::tabular::report::ColumnReport;
use crate::core::tabular::table::TableOptions;

/// The column of a record's own text.
const OWN_TEXT: &str = "#text";

/// How the values of a column are collected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Collect {
    /// One a record at most.
    One(ColumnType),
    /// Any number a record, as a list.
    Many,
    /// Any number a record, one behind the other in one text.
    Joined,
}

/// A column.
#[derive(Debug)]
pub(super) struct Column {
    name: String,
    pub(super) collect: Collect,
    notes: Vec<ColumnNote>,
}

/// Where an element of a path belongs.
#[derive(Debug, Clone, Default)]
pub(super) struct Place {
    pub(super) role: Role,
    /// Column of its text.
    pub(super) text: Option<usize>,
    /// Columns of its attributes, in the outline's order.
    pub(super) attributes: Vec<usize>,
    /// Column of all of it, as it is written.
    pub(super) xml: Option<usize>,
}

/// What an element is to the rows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Role {
    /// It is not in a row, and holds none.
    #[default]
    Beside,
    /// It holds the rows.
    Above,
    /// It is a row.
    Record,
    /// It is in a row.
    Inside,
}

/// The rows and columns of a document.
#[derive(Debug)]
pub(super) struct Layout {
    pub(super) outline: Outline,
    /// The element that makes the rows.
    pub(super) record: usize,
    pub(super) columns: Vec<Column>,
    places: Vec<Place>,
    as_text: bool,
}

impl Layout {
    /// Rows of the element `record`.
    pub(super) fn new(outline: Outline, record: usize, options: &TableOptions) -> Self {
        let places = vec![Place::default(); outline.len()];
        let mut layout = Self { outline, record, columns: Vec::new(), places, as_text: options.as_text };
        layout.inside(record, String::new(), options);
        if layout.columns.is_empty() {
            let place = layout.text_column(record, OWN_TEXT.to_owned(), options);
            layout.places[record].text = Some(place);
        }
        layout.places[record].role = Role::Record;
        let mut above = record;
        while above != DOCUMENT {
            above = layout.outline.node(above).parent;
            layout.places[above].role = Role::Above;
        }
        let names: Vec<_> = layout.columns.iter().map(|column| column.name.clone()).collect();
        let names = delimited::names(Some(&names), names.len());
        layout.columns.iter_mut().zip(names).for_each(|(column, name)| column.name = name);
        layout
    }

    /// Columns of an element and all below; `path` is empty for the record itself.
    fn inside(&mut self, index: usize, path: String, options: &TableOptions) {
        let is_record = index == self.record;
        let node = self.outline.node(index);
        let repeats = !is_record && node.most > 1;
        let (order, attributes) = (node.order.clone(), node.attributes.len());
        let needs_text = node.has_text || (node.is_bare() && !is_record);
        self.places[index].role = Role::Inside;
        if !is_record && (node.is_mixed || (repeats && (self.as_text || !order.is_empty()))) {
            let collect = match repeats {
                true if self.as_text => Collect::Joined,
                true => Collect::Many,
                false => Collect::One(ColumnType::Text),
            };
            self.columns.push(Column { name: path, collect, notes: Vec::new() });
            self.places[index].xml = Some(self.columns.len() - 1);
            return;
        }
        if needs_text {
            let name = if is_record { OWN_TEXT.to_owned() } else { path.clone() };
            self.places[index].text = Some(self.text_column(index, name, options));
        }
        for at in 0..attributes {
            let (name, profile) = &self.outline.node(index).attributes[at];
            let column = column(joined(&path, &format!("@{name}")), profile, repeats, options);
            self.columns.push(column);
            self.places[index].attributes.push(self.columns.len() - 1);
        }
        for child in order {
            let path = joined(&path, &self.outline.node(child).name);
            self.inside(child, path, options);
        }
    }

    fn text_column(&mut self, index: usize, name: String, options: &TableOptions) -> usize {
        let node = self.outline.node(index);
        let repeats = index != self.record && node.most > 1;
        self.columns.push(column(name, &node.text, repeats, options));
        self.columns.len() - 1
    }

    /// Where elements of a path belong.
    pub(super) fn place(&self, node: usize) -> &Place {
        &self.places[node]
    }

    /// Names and types.
    pub(super) fn schema(&self) -> SchemaRef {
        let field = |column: &Column| Field::new(&column.name, column.collect.data_type(), true);
        Arc::new(Schema::new(self.columns.iter().map(field).collect::<Vec<_>>()))
    }

    /// The columns for the report.
    pub(super) fn reports(&self) -> Vec<ColumnReport> {
        let report = |column: &Column| ColumnReport {
            name: column.name.clone(),
            data_type: column.collect.data_type().to_string(),
            notes: column.notes.clone(),
        };
        self.columns.iter().map(report).collect()
    }
}

impl Collect {
    fn data_type(self) -> DataType {
        match self {
            Self::One(column) => column.data_type(),
            Self::Many => DataType::List(Field::new("item", DataType::Utf8, true).into()),
            Self::Joined => DataType::Utf8,
        }
    }
}

fn column(name: String, profile: &ColumnProfile, repeats: bool, options: &TableOptions) -> Column {
    let (collect, notes) = match (repeats, options.as_text) {
        (true, _) => (Collect::Many, Vec::new()),
        (false, true) => (Collect::One(ColumnType::Text), Vec::new()),
        (false, false) => {
            let (found, notes) = profile.settle(options.date_order);
            (Collect::One(found), notes)
        }
    };
    Column { name, collect, notes }
}

fn joined(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}
