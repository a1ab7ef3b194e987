//! What the values of a JSON column are, over the whole file, and the Arrow type that follows.
//!
//! Scalars keep their JSON type; whole numbers are 64-bit where all fit. Columns of several types, numbers beyond 64
//! bits and objects with too many different keys become text as written, and the report says so. Strings stay text:
//! JSON has no dates.

use std::collections::HashMap;

use arrow_schema::{DataType, Field, Fields};

use super::tape::{Kind, Value};
use crate::core::tabular::cell::{self, TypeSet};
use crate::core::tabular::column::ColumnNote;

/// More different keys than this make a nested object a map, kept as JSON text.
pub(super) const MAX_NESTED_KEYS: usize = 256;

const NUMBERS: TypeSet = TypeSet::INT.or(TypeSet::UINT).or(TypeSet::FLOAT);

const BOOL: u8 = 1;
const NUMBER: u8 = 1 << 1;
const TEXT: u8 = 1 << 2;
const LIST: u8 = 1 << 3;
const OBJECT: u8 = 1 << 4;
const KIND_NAMES: [(u8, &str); 5] =
    [(BOOL, "boolean"), (NUMBER, "number"), (TEXT, "string"), (LIST, "array"), (OBJECT, "object")];

/// What was seen at one place.
#[derive(Debug, Default)]
pub(super) struct Shape {
    seen: u8,
    /// Numeric types that some number does not fit.
    misfits: Option<TypeSet>,
    item: Option<Box<Shape>>,
    keys: Keys,
}

/// The keys of objects, in the order in which they were first seen.
#[derive(Debug, Default)]
pub(super) struct Keys {
    shapes: Vec<(Box<str>, Shape)>,
    index: HashMap<Box<str>, usize>,
}

impl Keys {
    /// Where a key stands; `hint` is where it stands if the keys come in their usual order.
    pub(super) fn find(&self, key: &str, hint: usize) -> Option<usize> {
        match self.shapes.get(hint) {
            Some((name, _)) if **name == *key => Some(hint),
            _ => self.index.get(key).copied(),
        }
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.shapes.len()
    }

    fn find_or_add(&mut self, key: &str, hint: usize) -> usize {
        if let Some(at) = self.find(key, hint) {
            return at;
        }
        self.index.insert(key.into(), self.shapes.len());
        self.shapes.push((key.into(), Shape::default()));
        self.shapes.len() - 1
    }

    /// Takes the keys of one object; `room`: how many more keys the whole table may have, 0 when it is used up.
    pub(super) fn see(&mut self, object: Value<'_>, room: &mut usize) {
        let mut hint = 0;
        for (key, value) in object.entries() {
            let before = self.shapes.len();
            let at = self.find_or_add(&key.text(), hint);
            *room = room.saturating_sub(self.shapes.len() - before);
            if *room == 0 {
                return;
            }
            self.shapes[at].1.see(value, room);
            hint = at + 1;
        }
    }

    /// Names and shapes.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, &Shape)> {
        self.shapes.iter().map(|(name, shape)| (&**name, shape))
    }
}

impl Shape {
    /// Takes one value.
    pub(super) fn see(&mut self, value: Value<'_>, room: &mut usize) {
        match value.kind() {
            Kind::Null | Kind::End => {}
            Kind::Bool => self.seen |= BOOL,
            Kind::Text | Kind::EscapedText => self.seen |= TEXT,
            Kind::Number => {
                self.seen |= NUMBER;
                let fits = self.misfits.unwrap_or(NUMBERS);
                if !fits.is_text() {
                    self.misfits = Some(cell::types_of(value.scalar().as_bytes(), fits));
                }
            }
            Kind::Array => {
                self.seen |= LIST;
                let item = self.item.get_or_insert_default();
                value.children().for_each(|child| item.see(child, room));
            }
            Kind::Object => {
                self.seen |= OBJECT;
                if self.keys.len() <= MAX_NESTED_KEYS {
                    self.keys.see(value, room);
                }
            }
        }
    }

    /// The type that holds every value seen.
    pub(super) fn settle(&self) -> JsonType {
        match self.seen {
            0 | TEXT => JsonType::Text,
            BOOL => JsonType::Bool,
            NUMBER => self.number(),
            LIST => JsonType::List(Box::new(self.item.as_ref().map_or(JsonType::Text, |item| item.settle()))),
            OBJECT if (1..=MAX_NESTED_KEYS).contains(&self.keys.len()) => JsonType::Object(settle_keys(&self.keys)),
            _ => JsonType::AsWritten,
        }
    }

    fn number(&self) -> JsonType {
        let fits = self.misfits.unwrap_or(NUMBERS);
        if fits.meets(TypeSet::INT) {
            JsonType::Int64
        } else if fits.meets(TypeSet::UINT) {
            JsonType::Uint64
        } else if fits.meets(TypeSet::FLOAT) {
            JsonType::Float64
        } else {
            JsonType::AsWritten
        }
    }

    /// What a reader of this column should know.
    pub(super) fn notes(&self) -> Vec<ColumnNote> {
        if self.seen == 0 {
            return vec![ColumnNote::AllNull];
        }
        if self.settle() != JsonType::AsWritten {
            return Vec::new();
        }
        let names: Vec<_> = KIND_NAMES.iter().filter(|(bit, _)| self.seen & bit != 0).map(|(_, name)| *name).collect();
        let types = match (self.seen, names.as_slice()) {
            (NUMBER, _) => "numbers beyond 64 bits".to_owned(),
            (OBJECT, _) if self.keys.len() == 0 => "empty objects".to_owned(),
            (OBJECT, _) => format!("objects with more than {MAX_NESTED_KEYS} different keys"),
            (_, names) => names.join(", "),
        };
        vec![ColumnNote::MixedTypes { types }]
    }
}

/// Names and types of the keys of an object.
pub(super) fn settle_keys(keys: &Keys) -> Vec<(String, JsonType)> {
    keys.iter().map(|(name, shape)| (name.to_owned(), shape.settle())).collect()
}

/// The type of a JSON column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum JsonType {
    /// Booleans.
    Bool,
    /// 64-bit signed.
    Int64,
    /// 64-bit unsigned.
    Uint64,
    /// 64-bit float.
    Float64,
    /// Strings.
    Text,
    /// Strings as they are, anything else as its JSON text.
    AsWritten,
    /// Arrays of one type.
    List(Box<JsonType>),
    /// Objects.
    Object(Vec<(String, JsonType)>),
}

impl JsonType {
    /// The Arrow type.
    pub(super) fn data_type(&self) -> DataType {
        match self {
            Self::Bool => DataType::Boolean,
            Self::Int64 => DataType::Int64,
            Self::Uint64 => DataType::UInt64,
            Self::Float64 => DataType::Float64,
            Self::Text | Self::AsWritten => DataType::Utf8,
            Self::List(item) => DataType::List(Field::new("item", item.data_type(), true).into()),
            Self::Object(keys) => DataType::Struct(fields(keys)),
        }
    }
}

/// The Arrow fields of an object's keys, all of them nullable.
pub(super) fn fields(keys: &[(String, JsonType)]) -> Fields {
    keys.iter().map(|(name, json_type)| Field::new(name, json_type.data_type(), true)).collect()
}
