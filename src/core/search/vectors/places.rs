//! Which point is in which row, and the file that says so.
//!
//! The one decision: points that are numbered as their rows, which is what a knowledge base writes, need no list at all.

use std::io;

use sha2::{Digest as _, Sha256};

use super::{Metric, Selection, Space};

const MAGIC: u64 = u64::from_le_bytes(*b"tmvect01");
/// Magic, dimension, metric, matrix, its rows, points, listed or not.
const HEAD_WORDS: usize = 7;
const DIGEST_BYTES: usize = 32;

/// Which point is in which row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Places {
    /// So many points, each in the row of its number.
    InStep(u64),
    /// Numbers, ascending, and the row of each.
    Listed(Vec<(u64, u64)>),
}

impl Places {
    /// Takes pairs by ascending number.
    pub(super) fn of(pairs: Vec<(u64, u64)>) -> Self {
        if pairs.iter().zip(0..).all(|(&pair, at)| pair == (at, at)) {
            return Self::InStep(pairs.len() as u64);
        }
        Self::Listed(pairs)
    }

    /// How many points there are.
    pub(super) fn len(&self) -> u64 {
        match self {
            Self::InStep(count) => *count,
            Self::Listed(pairs) => pairs.len() as u64,
        }
    }

    /// All pairs, by ascending number.
    pub(super) fn pairs(&self) -> Box<dyn Iterator<Item = (u64, u64)> + '_> {
        match self {
            Self::InStep(count) => Box::new((0..*count).map(|at| (at, at))),
            Self::Listed(pairs) => Box::new(pairs.iter().copied()),
        }
    }

    /// The row of a point.
    pub(super) fn row(&self, id: u64) -> Option<u64> {
        match self {
            Self::InStep(count) => (id < *count).then_some(id),
            Self::Listed(pairs) => {
                let at = pairs.binary_search_by_key(&id, |(id, _)| *id).ok()?;
                pairs.get(at).map(|(_, row)| *row)
            }
        }
    }

    /// How many candidates a selection has, before those that are not there are passed over.
    pub(super) fn candidates(&self, which: Selection<'_>) -> u64 {
        match which {
            Selection::All => self.len(),
            Selection::Ids(ids) => ids.len() as u64,
        }
    }

    /// A candidate's number and row; `None` if it is not there.
    pub(super) fn candidate(&self, which: Selection<'_>, at: u64) -> Option<(u64, u64)> {
        let index = || usize::try_from(at).ok();
        match (which, self) {
            (Selection::All, Self::InStep(count)) => (at < *count).then_some((at, at)),
            (Selection::All, Self::Listed(pairs)) => pairs.get(index()?).copied(),
            (Selection::Ids(ids), _) => {
                let id = *ids.get(index()?)?;
                Some((id, self.row(id)?))
            }
        }
    }
}

/// What an index consists of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Contents {
    pub(super) space: Space,
    /// The number of the file that holds the rows.
    pub(super) matrix: u64,
    /// Rows of it that count; what stands behind them was never finished.
    pub(super) rows: u64,
    pub(super) places: Places,
}

impl Contents {
    /// As bytes: words of eight bytes, little-endian, and their digest.
    pub(super) fn to_bytes(&self) -> Vec<u8> {
        let metric = match self.space.metric {
            Metric::Cosine => 0,
            Metric::Dot => 1,
        };
        let is_listed = u64::from(matches!(self.places, Places::Listed(_)));
        let head = [MAGIC, self.space.dimension as u64, metric, self.matrix, self.rows, self.places.len(), is_listed];
        let mut bytes: Vec<u8> = head.iter().flat_map(|word| word.to_le_bytes()).collect();
        if let Places::Listed(pairs) = &self.places {
            bytes.extend(pairs.iter().flat_map(|(id, row)| [id.to_le_bytes(), row.to_le_bytes()]).flatten());
        }
        let digest = Sha256::digest(&bytes);
        bytes.extend_from_slice(&digest);
        bytes
    }

    /// Reads what [`Contents::to_bytes`] wrote; anything else is an error in words.
    pub(super) fn from_bytes(bytes: &[u8]) -> io::Result<Self> {
        let wrong = |what: &str| io::Error::new(io::ErrorKind::InvalidData, what.to_owned());
        let length = bytes.len().checked_sub(DIGEST_BYTES).ok_or_else(|| wrong("it was cut off"))?;
        let (body, digest) = bytes.split_at(length);
        if Sha256::digest(body).as_slice() != digest {
            return Err(wrong("its bytes are not those that were written"));
        }
        let words: Vec<u64> = body.as_chunks::<8>().0.iter().map(|word| u64::from_le_bytes(*word)).collect();
        let Some((&[magic, dimension, metric, matrix, rows, points, is_listed], rest)) =
            words.split_first_chunk::<HEAD_WORDS>()
        else {
            return Err(wrong("it has no head"));
        };
        let metric = match (magic, metric) {
            (MAGIC, 0) => Metric::Cosine,
            (MAGIC, 1) => Metric::Dot,
            _ => return Err(wrong("another version wrote it")),
        };
        let dimension = usize::try_from(dimension).ok().filter(|dimension| *dimension > 0);
        let dimension = dimension.ok_or_else(|| wrong("its vectors have no numbers"))?;
        let places = match is_listed {
            0 => Places::InStep(points),
            _ => Places::Listed(rest.as_chunks::<2>().0.iter().map(|&[id, row]| (id, row)).collect()),
        };
        let is_sound = places.len() == points && within(&places, rows);
        if !is_sound {
            return Err(wrong("its points are not in its rows"));
        }
        Ok(Self { space: Space { dimension, metric }, matrix, rows, places })
    }
}

fn within(places: &Places, rows: u64) -> bool {
    match places {
        Places::InStep(count) => *count <= rows,
        Places::Listed(pairs) => pairs.is_sorted_by(|a, b| a.0 < b.0) && pairs.iter().all(|(_, row)| *row < rows),
    }
}
