//! Collects JSON values into Arrow arrays of the types that `shape` settled.
//!
//! The one decision: what is missing is counted. An object of a list takes a place in the columns of all keys that any
//! object of that list has, so that `{}` in a small file can take as much memory as thousands of values.

use std::sync::Arc;

use arrow_array::builder::{BooleanBuilder, Float64Builder, Int64Builder, StringBuilder, UInt64Builder};
use arrow_array::{ArrayRef, ListArray, StructArray};
use arrow_buffer::{NullBufferBuilder, OffsetBuffer};
use arrow_schema::{Field, Fields};

use super::shape::{self, JsonType};
use super::tape::{Kind, Value};
use crate::core::tabular::cell::number;
use crate::core::tabular::column::Misfit;

/// A column of JSON values in the making.
#[derive(Debug)]
pub(super) enum JsonBuilder {
    /// Booleans.
    Bool(BooleanBuilder),
    /// Whole numbers.
    Int64(Int64Builder),
    /// Whole numbers, not negative.
    Uint64(UInt64Builder),
    /// Floats.
    Float64(Float64Builder),
    /// Strings.
    Text(StringBuilder),
    /// Strings as they are, anything else as its JSON text.
    AsWritten(StringBuilder),
    /// Arrays.
    List(ListBuilder),
    /// Objects.
    Object(ObjectBuilder),
}

/// Arrays in the making.
#[derive(Debug)]
pub(super) struct ListBuilder {
    field: Arc<Field>,
    item: Box<JsonBuilder>,
    offsets: Vec<i32>,
    length: i32,
    valid: NullBufferBuilder,
}

/// Objects in the making.
#[derive(Debug)]
pub(super) struct ObjectBuilder {
    fields: Fields,
    children: Vec<JsonBuilder>,
    /// For each key the node of its value in the present object.
    slots: Vec<Option<usize>>,
    index: std::collections::HashMap<Box<str>, usize>,
    valid: NullBufferBuilder,
    duplicates: u64,
}

impl JsonBuilder {
    /// An empty column.
    pub(super) fn new(json_type: &JsonType) -> Self {
        match json_type {
            JsonType::Bool => Self::Bool(BooleanBuilder::new()),
            JsonType::Int64 => Self::Int64(Int64Builder::new()),
            JsonType::Uint64 => Self::Uint64(UInt64Builder::new()),
            JsonType::Float64 => Self::Float64(Float64Builder::new()),
            JsonType::Text => Self::Text(StringBuilder::new()),
            JsonType::AsWritten => Self::AsWritten(StringBuilder::new()),
            JsonType::List(item) => Self::List(ListBuilder {
                field: Field::new("item", item.data_type(), true).into(),
                item: Box::new(Self::new(item)),
                offsets: vec![0],
                length: 0,
                valid: NullBufferBuilder::new(0),
            }),
            JsonType::Object(keys) => Self::Object(ObjectBuilder::new(keys)),
        }
    }

    /// Adds a value; `None` and `null` are missing. `room`: how many more values may be missing.
    ///
    /// # Errors
    /// When the value does not fit the column's type, or there is no room left.
    pub(super) fn push(&mut self, value: Option<Value<'_>>, room: &mut usize) -> Result<(), Misfit> {
        let Some(value) = value.filter(|value| value.kind() != Kind::Null) else {
            self.push_null(room);
            return Ok(());
        };
        match (self, value.kind()) {
            (Self::Bool(builder), Kind::Bool) => builder.append_value(value.is_true()),
            (Self::Int64(builder), Kind::Number) => {
                builder.append_value(number::to_i64(value.scalar().as_bytes()).ok_or(Misfit)?);
            }
            (Self::Uint64(builder), Kind::Number) => {
                builder.append_value(number::to_u64(value.scalar().as_bytes()).ok_or(Misfit)?);
            }
            (Self::Float64(builder), Kind::Number) => {
                builder.append_value(number::to_f64(value.scalar().as_bytes()).ok_or(Misfit)?);
            }
            (Self::Text(builder) | Self::AsWritten(builder), Kind::Text | Kind::EscapedText) => {
                builder.append_value(value.text());
            }
            (Self::AsWritten(builder), _) => {
                builder.append_value(value.raw());
            }
            (Self::List(builder), Kind::Array) => builder.push(value, room)?,
            (Self::Object(builder), Kind::Object) => builder.push(value, room)?,
            _ => return Err(Misfit),
        }
        Ok(())
    }

    fn push_null(&mut self, room: &mut usize) {
        *room = room.saturating_sub(1);
        match self {
            Self::Bool(builder) => builder.append_null(),
            Self::Int64(builder) => builder.append_null(),
            Self::Uint64(builder) => builder.append_null(),
            Self::Float64(builder) => builder.append_null(),
            Self::Text(builder) | Self::AsWritten(builder) => builder.append_null(),
            Self::List(builder) => {
                builder.offsets.push(builder.length);
                builder.valid.append_null();
            }
            Self::Object(builder) => {
                builder.children.iter_mut().for_each(|child| child.push_null(room));
                builder.valid.append_null();
            }
        }
    }

    /// The values so far, and an empty builder again.
    pub(super) fn finish(&mut self) -> ArrayRef {
        match self {
            Self::Bool(builder) => Arc::new(builder.finish()),
            Self::Int64(builder) => Arc::new(builder.finish()),
            Self::Uint64(builder) => Arc::new(builder.finish()),
            Self::Float64(builder) => Arc::new(builder.finish()),
            Self::Text(builder) | Self::AsWritten(builder) => Arc::new(builder.finish()),
            Self::List(builder) => builder.finish(),
            Self::Object(builder) => builder.finish(),
        }
    }
}

impl ListBuilder {
    fn push(&mut self, array: Value<'_>, room: &mut usize) -> Result<(), Misfit> {
        for child in array.children() {
            self.item.push(Some(child), room)?;
            if *room == 0 {
                return Err(Misfit);
            }
            // A batch holds far less than 2³¹ items: its bytes are bounded.
            self.length = self.length.checked_add(1).ok_or(Misfit)?;
        }
        self.offsets.push(self.length);
        self.valid.append_non_null();
        Ok(())
    }

    fn finish(&mut self) -> ArrayRef {
        let offsets = OffsetBuffer::new(std::mem::replace(&mut self.offsets, vec![0]).into());
        self.length = 0;
        Arc::new(ListArray::new(Arc::clone(&self.field), offsets, self.item.finish(), self.valid.finish()))
    }
}

impl ObjectBuilder {
    /// Objects with these keys.
    pub(super) fn new(keys: &[(String, JsonType)]) -> Self {
        Self {
            fields: shape::fields(keys),
            children: keys.iter().map(|(_, json_type)| JsonBuilder::new(json_type)).collect(),
            slots: vec![None; keys.len()],
            index: keys.iter().enumerate().map(|(at, (name, _))| (name.as_str().into(), at)).collect(),
            valid: NullBufferBuilder::new(0),
            duplicates: 0,
        }
    }

    /// Adds an object; of a key that stands twice the last value counts. `room`: how many more values may be missing.
    ///
    /// # Errors
    /// When a key is unknown, a value does not fit, or there is no room left.
    pub(super) fn push(&mut self, object: Value<'_>, room: &mut usize) -> Result<(), Misfit> {
        self.slots.fill(None);
        let mut hint = 0;
        for (key, value) in object.entries() {
            let at = self.find(&key.text(), hint).ok_or(Misfit)?;
            if self.slots[at].replace(value.index()).is_some() {
                self.duplicates += 1;
            }
            hint = at + 1;
        }
        for (child, slot) in self.children.iter_mut().zip(&self.slots) {
            child.push(slot.map(|index| object.sibling(index)), room)?;
        }
        self.valid.append_non_null();
        Ok(())
    }

    fn find(&self, key: &str, hint: usize) -> Option<usize> {
        match self.fields.get(hint) {
            Some(field) if field.name() == key => Some(hint),
            _ => self.index.get(key).copied(),
        }
    }

    /// How many values a later one of the same key replaced, here and below.
    pub(super) fn duplicates(&self) -> u64 {
        self.duplicates + self.children.iter().map(JsonBuilder::duplicates).sum::<u64>()
    }

    /// The columns so far, and an empty builder again.
    pub(super) fn finish_columns(&mut self) -> Vec<ArrayRef> {
        self.valid.finish();
        self.children.iter_mut().map(JsonBuilder::finish).collect()
    }

    fn finish(&mut self) -> ArrayRef {
        let columns = self.children.iter_mut().map(JsonBuilder::finish).collect();
        Arc::new(StructArray::new(self.fields.clone(), columns, self.valid.finish()))
    }
}

impl JsonBuilder {
    fn duplicates(&self) -> u64 {
        match self {
            Self::List(list) => list.item.duplicates(),
            Self::Object(object) => object.duplicates(),
            _ => 0,
        }
    }
}
