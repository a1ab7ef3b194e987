//! How several columns become one text: `{title}. {body}`.

use super::error::ClassificationError;

/// A text with places for columns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Template(Vec<Part>);

/// A piece of a template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Part {
    /// As it stands.
    Letters(String),
    /// What the column of this name holds.
    Column(String),
}

impl Template {
    /// Reads a template: `{column}` is a column, `{{` and `}}` are braces.
    ///
    /// # Errors
    /// When a brace has no other one, or no column is named.
    pub(super) fn parse(text: &str) -> Result<Self, ClassificationError> {
        let mut parts = Vec::new();
        let mut letters = String::new();
        let mut rest = text.chars().peekable();
        while let Some(letter) = rest.next() {
            match letter {
                '{' | '}' if rest.peek() == Some(&letter) => {
                    rest.next();
                    letters.push(letter);
                }
                '{' => {
                    let name: String = rest.by_ref().take_while(|letter| *letter != '}').collect();
                    if !letters.is_empty() {
                        parts.push(Part::Letters(std::mem::take(&mut letters)));
                    }
                    parts.push(Part::Column(name));
                }
                '}' => return Err(wrong(text)),
                _ => letters.push(letter),
            }
        }
        if !letters.is_empty() {
            parts.push(Part::Letters(letters));
        }
        // A brace that is never closed takes everything behind it for a name.
        let closed = text.matches('{').count() == text.matches('}').count();
        let names = parts.iter().any(|part| matches!(part, Part::Column(_)));
        if closed && names { Ok(Self(parts)) } else { Err(wrong(text)) }
    }

    /// Its pieces, in order.
    pub(super) fn parts(&self) -> &[Part] {
        &self.0
    }

    /// The columns that it names.
    pub(super) fn columns(&self) -> impl Iterator<Item = &str> {
        self.0.iter().filter_map(|part| match part {
            Part::Column(name) => Some(name.as_str()),
            Part::Letters(_) => None,
        })
    }
}

fn wrong(text: &str) -> ClassificationError {
    ClassificationError::Options {
        what: format!("`template`: `{text}` is no template"),
        hint: "columns stand in braces, e.g. `{title}. {body}`; a brace itself is written twice",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_stand_in_braces_and_braces_are_doubled() {
        let template = Template::parse("{{{a}}}: {b c}").unwrap();
        assert_eq!(template.columns().collect::<Vec<_>>(), ["a", "b c"]);
        assert_eq!(template.parts()[0], Part::Letters("{".to_owned()));
        assert_eq!(template.parts()[2], Part::Letters("}: ".to_owned()));
        for wrong in ["", "no column", "{a", "a}", "{a}}", "}{"] {
            assert!(Template::parse(wrong).is_err(), "{wrong}");
        }
    }
}
