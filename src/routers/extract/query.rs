//! Query parameters, all faults at once.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::ops::RangeInclusive;
use std::str::FromStr;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;

use super::Cursor;
use crate::core::failure::{Code, Failure};
use crate::routers::problem::{Faults, Problem};

/// The parameters of a handler.
#[derive(Debug, Clone)]
pub(crate) struct Params<T>(pub(crate) T);

/// Reads itself out of a query; what it does not take is refused.
pub(crate) trait FromParameters: Sized {
    fn read(parameters: &mut Parameters) -> Self;
}

/// The parameters that nobody took yet, and what is wrong with those taken.
#[derive(Debug)]
pub(crate) struct Parameters {
    left: BTreeMap<String, Vec<String>>,
    faults: Faults,
}

impl Parameters {
    fn of(pairs: Vec<(String, String)>) -> Self {
        let mut parameters = Self { left: BTreeMap::new(), faults: Faults::default() };
        for (name, value) in pairs {
            parameters.left.entry(name).or_default().push(value);
        }
        parameters
    }

    /// A parameter that may be left out.
    pub(crate) fn text(&mut self, name: &str) -> Option<String> {
        let mut values = self.list(name);
        if values.len() > 1 {
            self.fault(name, format!("`{}` is given twice", shown(name)));
        }
        values.pop()
    }

    /// A parameter that may be given several times.
    pub(crate) fn list(&mut self, name: &str) -> Vec<String> {
        self.left.remove(name).unwrap_or_default()
    }

    /// A parameter that must be there.
    pub(crate) fn required(&mut self, name: &str) -> String {
        self.text(name).filter(|value| !value.is_empty()).unwrap_or_else(|| {
            self.fault(name, format!("the parameter `{name}` is required"));
            String::new()
        })
    }

    /// A parameter that `parse` reads and that is written `form`.
    pub(crate) fn parsed<T>(&mut self, name: &str, form: &str, parse: impl Fn(&str) -> Option<T>) -> Option<T> {
        let text = self.text(name)?;
        let value = parse(&text);
        if value.is_none() {
            self.fault(name, format!("`{name}` must be {form}, not `{}`", shown(&text)));
        }
        value
    }

    /// A number in a range.
    pub(crate) fn number<T>(&mut self, name: &str, default: T, range: RangeInclusive<T>) -> T
    where
        T: FromStr + PartialOrd + Display + Copy,
    {
        self.optional_number(name, range).unwrap_or(default)
    }

    /// A number in a range that may be left out.
    pub(crate) fn optional_number<T>(&mut self, name: &str, range: RangeInclusive<T>) -> Option<T>
    where
        T: FromStr + PartialOrd + Display + Copy,
    {
        let form = format!("a whole number from {} to {}", range.start(), range.end());
        self.parsed(name, &form, |text| text.parse().ok().filter(|value| range.contains(value)))
    }

    /// `limit` and `cursor` of a list.
    pub(crate) fn page(&mut self) -> (u32, Option<Cursor>) {
        (self.number("limit", 50, 1..=200), self.text("cursor").map(Cursor::received))
    }

    /// Notes a fault of one parameter.
    pub(crate) fn fault(&mut self, name: &str, detail: String) {
        self.faults.parameter(name, Failure::new(Code::InvalidParameter, detail));
    }

    fn finish(mut self) -> Result<(), Problem> {
        for name in self.left.into_keys() {
            let detail = format!("there is no parameter `{}`", shown(&name));
            self.faults
                .parameter(&name, Failure::new(Code::UnknownField, detail).with_hint("`/docs` lists the parameters"));
        }
        self.faults.into_result()
    }
}

impl<S: Send + Sync, T: FromParameters> FromRequestParts<S> for Params<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Problem> {
        let pairs = axum::extract::Query::<Vec<(String, String)>>::try_from_uri(&parts.uri)
            .map_err(|_undecodable| Problem::new(Code::InvalidParameter, "the query string can't be decoded"))?;
        let mut parameters = Parameters::of(pairs.0);
        let value = T::read(&mut parameters);
        parameters.finish().map(|()| Self(value))
    }
}

/// No parameters at all.
#[derive(Debug, Clone, Copy)]
pub(crate) struct NoParameters;

impl FromParameters for NoParameters {
    fn read(_parameters: &mut Parameters) -> Self {
        Self
    }
}

fn shown(text: &str) -> String {
    text.chars().take(100).collect()
}
