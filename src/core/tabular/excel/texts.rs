//! Many texts in one piece of memory, told apart by number.

use super::super::error::TableError;

/// Texts one after another.
#[derive(Debug, Default)]
pub(super) struct Texts {
    bytes: String,
    /// Where each text ends.
    ends: Vec<u32>,
}

impl Texts {
    /// Adds a text and tells its number.
    ///
    /// # Errors
    /// When all of them take more than 4 GiB.
    pub(super) fn push(&mut self, text: &str) -> Result<u64, TableError> {
        let too_much = |_| TableError::Limit { what: "the text of a sheet".to_owned(), limit: "4 GiB".to_owned() };
        let end = u32::try_from(self.bytes.len() + text.len()).map_err(too_much)?;
        self.bytes.push_str(text);
        self.ends.push(end);
        Ok(self.ends.len() as u64 - 1)
    }

    /// How many.
    pub(super) fn len(&self) -> usize {
        self.ends.len()
    }

    /// One of them; empty if there is none of that number.
    pub(super) fn get(&self, number: u64) -> &str {
        let Some(index) = usize::try_from(number).ok().filter(|index| *index < self.ends.len()) else { return "" };
        let start = index.checked_sub(1).map_or(0, |before| self.ends[before] as usize);
        self.bytes.get(start..self.ends[index] as usize).unwrap_or_default()
    }

    /// Gives back what was reserved and not used.
    pub(super) fn shrink(&mut self) {
        self.bytes.shrink_to_fit();
        self.ends.shrink_to_fit();
    }
}
