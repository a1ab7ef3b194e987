//! A value of an Arrow column as JSON, for people to look at.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{
    Date32Type, DurationMicrosecondType, Float64Type, Int64Type, Time64MicrosecondType, TimestampMicrosecondType,
    UInt64Type,
};
use arrow_array::{Array, ArrayRef};
use arrow_schema::{DataType, TimeUnit};
use chrono::{DateTime, Days, NaiveDate, NaiveTime, SecondsFormat};
use serde_json::{Map, Value};

/// Letters of a text that are shown.
const LETTERS: usize = 200;
/// Items of a list that are shown.
const ITEMS: usize = 20;

/// The value in `row`; `null` where there is none.
pub(super) fn value(array: &ArrayRef, row: usize) -> Value {
    if array.is_null(row) {
        return Value::Null;
    }
    match array.data_type() {
        DataType::Utf8 => shortened(array.as_string::<i32>().value(row)),
        DataType::Boolean => array.as_boolean().value(row).into(),
        DataType::Int64 => array.as_primitive::<Int64Type>().value(row).into(),
        DataType::UInt64 => array.as_primitive::<UInt64Type>().value(row).into(),
        DataType::Float64 => float(array.as_primitive::<Float64Type>().value(row)),
        DataType::Date32 => date(array.as_primitive::<Date32Type>().value(row)).into(),
        DataType::Timestamp(TimeUnit::Microsecond, zone) => {
            timestamp(array.as_primitive::<TimestampMicrosecondType>().value(row), zone.is_some()).into()
        }
        DataType::Time64(TimeUnit::Microsecond) => {
            time(array.as_primitive::<Time64MicrosecondType>().value(row)).into()
        }
        DataType::Duration(TimeUnit::Microsecond) => {
            duration(array.as_primitive::<DurationMicrosecondType>().value(row)).into()
        }
        DataType::List(_) => {
            let items = array.as_list::<i32>().value(row);
            (0..items.len().min(ITEMS)).map(|item| value(&items, item)).collect()
        }
        DataType::Struct(fields) => {
            let columns = array.as_struct().columns();
            let entry =
                |(field, column): (&arrow_schema::FieldRef, &ArrayRef)| (field.name().clone(), value(column, row));
            Value::Object(fields.iter().zip(columns).map(entry).collect::<Map<_, _>>())
        }
        // Readers make no others; Parquet files hold them.
        other => of_parquet(&array.slice(row, 1), other),
    }
}

/// A value of a type that only Parquet files have: as the type that is its nearest, or else in words.
fn of_parquet(one: &ArrayRef, data_type: &DataType) -> Value {
    let nearest = match data_type {
        DataType::LargeUtf8 | DataType::Utf8View => DataType::Utf8,
        DataType::Dictionary(_, values) => values.as_ref().clone(),
        DataType::Int8 | DataType::Int16 | DataType::Int32 => DataType::Int64,
        DataType::UInt8 | DataType::UInt16 | DataType::UInt32 => DataType::UInt64,
        DataType::Float16 | DataType::Float32 => DataType::Float64,
        DataType::LargeList(items) | DataType::FixedSizeList(items, _) => DataType::List(Arc::clone(items)),
        _ => return in_words(one),
    };
    arrow_cast::cast(one, &nearest).map_or_else(|_not| in_words(one), |cast| value(&cast, 0))
}

fn in_words(one: &ArrayRef) -> Value {
    arrow_cast::display::array_value_to_string(one, 0).map_or(Value::Null, |text| shortened(&text))
}

fn shortened(text: &str) -> Value {
    match text.char_indices().nth(LETTERS) {
        Some((end, _)) => Value::String(format!("{}…", text.get(..end).unwrap_or(text))),
        None => Value::String(text.to_owned()),
    }
}

/// JSON has no `NaN`.
fn float(number: f64) -> Value {
    serde_json::Number::from_f64(number).map_or_else(|| Value::String(number.to_string()), Value::Number)
}

fn date(days: i32) -> String {
    let epoch = NaiveDate::default();
    let distance = Days::new(u64::from(days.unsigned_abs()));
    let date = if days < 0 { epoch.checked_sub_days(distance) } else { epoch.checked_add_days(distance) };
    date.map_or_else(|| format!("day {days}"), |date| date.to_string())
}

fn timestamp(microseconds: i64, is_utc: bool) -> String {
    match DateTime::from_timestamp_micros(microseconds) {
        Some(instant) if is_utc => instant.to_rfc3339_opts(SecondsFormat::AutoSi, true),
        Some(instant) => instant.naive_utc().to_string(),
        None => format!("{microseconds} µs"),
    }
}

fn time(microseconds: i64) -> String {
    let (seconds, rest) = (microseconds.div_euclid(1_000_000), microseconds.rem_euclid(1_000_000) * 1_000);
    let time = u32::try_from(seconds).ok().zip(u32::try_from(rest).ok());
    let time = time.and_then(|(seconds, nanos)| NaiveTime::from_num_seconds_from_midnight_opt(seconds, nanos));
    time.map_or_else(|| format!("{microseconds} µs"), |time| time.to_string())
}

/// `36:30:00`, as a workbook shows it.
fn duration(microseconds: i64) -> String {
    let (sign, all) = (if microseconds < 0 { "-" } else { "" }, microseconds.unsigned_abs());
    let (seconds, fraction) = (all / 1_000_000, all % 1_000_000);
    let text = format!("{sign}{}:{:02}:{:02}", seconds / 3_600, seconds / 60 % 60, seconds % 60);
    if fraction == 0 { text } else { format!("{text}.{fraction:06}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_written_as_people_write_them() {
        assert_eq!(date(-1), "1969-12-31");
        assert_eq!(timestamp(1_700_000_000_500_000, true), "2023-11-14T22:13:20.500Z");
        assert_eq!(timestamp(1_700_000_000_000_000, false), "2023-11-14 22:13:20");
        assert_eq!(time(45_296_000_000), "12:34:56");
        assert_eq!(duration(131_400_000_000), "36:30:00");
    }

    #[test]
    fn a_long_text_is_cut_between_letters() {
        assert_eq!(shortened(&"ä".repeat(LETTERS)), Value::String("ä".repeat(LETTERS)));
        assert_eq!(shortened(&"ä".repeat(LETTERS + 1)), Value::String(format!("{}…", "ä".repeat(LETTERS))));
    }
}
