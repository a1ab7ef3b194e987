//! Tags of tokens, in whichever scheme they were written, as IOB2.
//!
//! For: IOB1, IOB2, BIOES and BILOU, which one reader takes without being told. Not for: whole rows, or telling anybody
//! what was mended. The one decision: a tag that goes on where nothing has begun begins: no token loses its type.

/// Outside of all entities.
pub(super) const OUTSIDE: &str = "O";

/// What a tag says of its token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// First of an entity that may go on.
    Begins,
    /// Goes on.
    Inside,
    /// Goes on, and is the last.
    Ends,
    /// First and last.
    Alone,
}

/// A tag that does not follow from the one before it, and was made to begin an entity.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fault {
    /// Which token, from 1.
    pub(super) token: usize,
    /// Its tag, as it was.
    pub(super) tag: String,
    /// The tag before it; `None`: it is the first.
    pub(super) before: Option<String>,
}

impl std::fmt::Display for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.before {
            Some(before) => write!(f, "token {}: `{}` after `{before}`", self.token, self.tag),
            None => write!(f, "token {}: `{}` at the beginning", self.token, self.tag),
        }
    }
}

/// Brings tags into IOB2; what had to be mended. Where `may_begin_inside`, `I-` begins an entity rightly, as in IOB1.
///
/// # Errors
/// The first tag that is none, with its token.
pub(super) fn to_iob2(tags: &mut [String], may_begin_inside: bool) -> Result<Vec<Fault>, String> {
    let (mut faults, mut open): (Vec<Fault>, Option<String>) = (Vec::new(), None);
    let mut before: Option<String> = None;
    for (place, tag) in tags.iter_mut().enumerate() {
        if tag == OUTSIDE {
            (open, before) = (None, Some(tag.clone()));
            continue;
        }
        let Some((says, label)) = parsed(tag) else {
            return Err(format!("token {}: `{tag}` is no tag", place + 1));
        };
        let goes_on = open.as_deref() == Some(label);
        let is_inside = matches!(says, Place::Inside | Place::Ends);
        if is_inside && !goes_on && !(may_begin_inside && says == Place::Inside) {
            faults.push(Fault { token: place + 1, tag: tag.clone(), before: before.clone() });
        }
        let next = format!("{}-{label}", if is_inside && goes_on { "I" } else { "B" });
        open = matches!(says, Place::Begins | Place::Inside).then(|| label.to_owned());
        before = Some(std::mem::replace(tag, next));
    }
    Ok(faults)
}

/// Whether this is a tag of any scheme.
pub(super) fn is_tag(text: &str) -> bool {
    text == OUTSIDE || parsed(text).is_some()
}

/// The label of a tag; `None` outside of entities.
pub(super) fn label_of(tag: &str) -> Option<&str> {
    parsed(tag).map(|(_, label)| label)
}

/// The label of an entity that begins here, in IOB2.
pub(super) fn begun(tag: &str) -> Option<&str> {
    tag.strip_prefix("B-")
}

fn parsed(tag: &str) -> Option<(Place, &str)> {
    let (prefix, label) = tag.split_once('-').filter(|(_, label)| !label.is_empty())?;
    let place = match prefix {
        "B" => Place::Begins,
        "I" | "M" => Place::Inside,
        "E" | "L" => Place::Ends,
        "S" | "U" => Place::Alone,
        _ => return None,
    };
    Some((place, label))
}

/// A label as tags can hold it: readers part them at white space.
pub(super) fn without_blanks(label: &str) -> String {
    label.split_whitespace().collect::<Vec<_>>().join("_")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mended(tags: &str, may_begin_inside: bool) -> (String, Vec<String>) {
        let mut tags: Vec<String> = tags.split(' ').map(str::to_owned).collect();
        let faults = to_iob2(&mut tags, may_begin_inside).unwrap();
        (tags.join(" "), faults.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn every_scheme_becomes_iob2() {
        for (tags, iob2) in [
            ("O B-a I-a O B-a B-a", "O B-a I-a O B-a B-a"),
            ("S-a B-b E-b O S-b B-a I-a E-a", "B-a B-b I-b O B-b B-a I-a I-a"),
            ("U-a B-b L-b O", "B-a B-b I-b O"),
            ("B-a M-a E-a S-a", "B-a I-a I-a B-a"),
            ("B-creative-work I-creative-work", "B-creative-work I-creative-work"),
        ] {
            assert_eq!(mended(tags, false), (iob2.to_owned(), vec![]), "{tags}");
        }
    }

    #[test]
    fn what_goes_on_without_a_beginning_begins_and_is_told() {
        let (tags, faults) = mended("I-a I-a O I-b B-a I-b E-b", false);
        assert_eq!(tags, "B-a I-a O B-b B-a B-b I-b");
        let told = ["token 1: `I-a` at the beginning", "token 4: `I-b` after `O`", "token 6: `I-b` after `B-a`"];
        assert_eq!(faults, told);
        assert_eq!(mended("E-a I-a", false).1.len(), 2, "what has ended does not go on");
    }

    #[test]
    fn in_iob1_entities_begin_inside_and_neighbours_of_one_type_with_b() {
        let (tags, faults) = mended("I-a I-a B-a I-b O I-b", true);
        assert_eq!((tags.as_str(), faults.len()), ("B-a I-a B-a B-b O B-b", 0));
    }

    #[test]
    fn what_is_no_tag_is_named() {
        for wrong in ["PER", "B-", "X-PER", "", "b-PER", "B_PER", "o"] {
            let mut tags = vec![OUTSIDE.to_owned(), wrong.to_owned()];
            assert_eq!(to_iob2(&mut tags, false), Err(format!("token 2: `{wrong}` is no tag")));
        }
    }
}
