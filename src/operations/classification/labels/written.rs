//! Labels as they are written down: in options, or in files that the command line names.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The labels there are, in their order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(try_from = "Vec<String>", into = "Vec<String>")]
#[schema(value_type = Vec<String>, min_items = 1, example = json!(["joy", "sadness"]))]
pub struct LabelSet(Vec<String>);

impl LabelSet {
    /// The labels, each once.
    pub fn labels(&self) -> &[String] {
        &self.0
    }
}

impl TryFrom<Vec<String>> for LabelSet {
    type Error = String;

    fn try_from(labels: Vec<String>) -> Result<Self, String> {
        if labels.is_empty() {
            return Err("a label set needs a label".to_owned());
        }
        for (place, label) in labels.iter().enumerate() {
            if label.trim().is_empty() {
                return Err("a label of the set is empty".to_owned());
            }
            if labels[..place].contains(label) {
                return Err(format!("the label `{label}` is in the set twice"));
            }
        }
        Ok(Self(labels))
    }
}

impl From<LabelSet> for Vec<String> {
    fn from(set: LabelSet) -> Self {
        set.0
    }
}

/// What each label means: the sentences that describe it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(try_from = "BTreeMap<String, OneOrMore>", into = "BTreeMap<String, Vec<String>>")]
#[schema(value_type = Object, example = json!({"joy": "someone is happy about something", "fear": ["someone is afraid", "a threat"]}))]
pub struct Descriptions(BTreeMap<String, Vec<String>>);

impl Descriptions {
    /// Labels and their descriptions, by label.
    pub fn labels(&self) -> &BTreeMap<String, Vec<String>> {
        &self.0
    }
}

/// One description, or some.
#[derive(Deserialize)]
#[serde(untagged)]
enum OneOrMore {
    One(String),
    More(Vec<String>),
}

impl TryFrom<BTreeMap<String, OneOrMore>> for Descriptions {
    type Error = String;

    fn try_from(labels: BTreeMap<String, OneOrMore>) -> Result<Self, String> {
        let mut descriptions = BTreeMap::new();
        for (label, described) in labels {
            let sentences = match described {
                OneOrMore::One(sentence) => vec![sentence],
                OneOrMore::More(sentences) => sentences,
            };
            if sentences.is_empty() || sentences.iter().any(|sentence| sentence.trim().is_empty()) {
                return Err(format!("the label `{label}` has an empty description"));
            }
            descriptions.insert(label, sentences);
        }
        if descriptions.len() < 2 {
            return Err("at least two labels need a description: the nearest of them is taken".to_owned());
        }
        Ok(Self(descriptions))
    }
}

impl From<Descriptions> for BTreeMap<String, Vec<String>> {
    fn from(descriptions: Descriptions) -> Self {
        descriptions.0
    }
}

/// Other names for labels.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(transparent)]
#[schema(value_type = Object, example = json!({"POSTIVE": "POSITIVE"}))]
pub struct LabelMap(BTreeMap<String, String>);

impl LabelMap {
    /// The name that a label is to have.
    pub fn name_of<'a>(&'a self, label: &'a str) -> &'a str {
        self.0.get(label).map_or(label, String::as_str)
    }

    /// The names that are replaced, and by what.
    pub fn pairs(&self) -> &BTreeMap<String, String> {
        &self.0
    }
}

impl FromStr for LabelMap {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut names = BTreeMap::new();
        for pair in text.split(',').filter(|pair| !pair.is_empty()) {
            let (old, new) = pair.split_once('=').ok_or_else(|| format!("`{pair}` is not OLD=NEW"))?;
            if names.insert(old.to_owned(), new.to_owned()).is_some() {
                return Err(format!("`{old}` is named twice"));
            }
        }
        Ok(Self(names))
    }
}

impl fmt::Display for LabelMap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let pairs: Vec<_> = self.0.iter().map(|(old, new)| format!("{old}={new}")).collect();
        f.write_str(&pairs.join(","))
    }
}

/// Reads a file with a label a line.
///
/// # Errors
/// When it can't be read, or is no label set.
pub(in super::super) fn label_set_file(path: &str) -> Result<LabelSet, String> {
    let labels: Vec<String> =
        read(path)?.lines().map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned).collect();
    LabelSet::try_from(labels).map_err(|what| format!("`{path}`: {what}"))
}

/// Reads a file of descriptions: TOML or JSON, `label = "description"` or a list of them.
///
/// # Errors
/// When it can't be read, or does not describe two labels.
pub(in super::super) fn descriptions_file(path: &str) -> Result<Descriptions, String> {
    let text = read(path)?;
    let is_json = Path::new(path).extension().is_some_and(|ending| ending.eq_ignore_ascii_case("json"));
    let parsed = if is_json {
        serde_json::from_str(&text).map_err(|error| error.to_string())
    } else {
        toml::from_str(&text).map_err(|error| error.to_string().trim_end().to_owned())
    };
    parsed.map_err(|what| format!("`{path}`: {what}"))
}

fn read(path: &str) -> Result<String, String> {
    std::fs::read_to_string(path).map_err(|error| format!("can't read `{path}`: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn label_maps_are_pairs() {
        let map: LabelMap = "POSTIVE=POSITIVE,a=b=c".parse().unwrap();
        assert_eq!((map.name_of("POSTIVE"), map.name_of("a"), map.name_of("x")), ("POSITIVE", "b=c", "x"));
        assert_eq!(map.to_string().parse::<LabelMap>().unwrap(), map);
        assert!("a".parse::<LabelMap>().is_err() && "a=b,a=c".parse::<LabelMap>().is_err());
    }

    #[test]
    fn descriptions_are_one_or_a_list() {
        let read = |text: &str| serde_json::from_str::<Descriptions>(text);
        let described = read(r#"{"joy": "happy", "fear": ["afraid", "threat"]}"#).unwrap();
        assert_eq!(described.labels()["fear"].len(), 2);
        for wrong in [r#"{"joy": "happy"}"#, r#"{"joy": "happy", "fear": []}"#, r#"{"joy": " ", "fear": "x"}"#] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_label_set_names_each_label_once() {
        assert!(serde_json::from_str::<LabelSet>(r#"["a", "b"]"#).is_ok());
        for wrong in [r"[]", r#"["a", "a"]"#, r#"["a", " "]"#] {
            assert!(serde_json::from_str::<LabelSet>(wrong).is_err(), "{wrong}");
        }
    }
}
