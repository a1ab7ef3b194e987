//! Which page each bookmark names.
//!
//! For: the first bookmark of each page, in the outline's order. Not for: the tree of bookmarks. The one decision: the
//! outline and the page tree are each walked once, with every object visited at most once, because the parser's own
//! walk follows a loop for ever and searches all pages for each bookmark.

use std::collections::{HashMap, HashSet};

use pdf_oxide::PdfDocument;
use pdf_oxide::object::{Object, ObjectRef};

use super::objects::{Dictionary, Objects};

/// Bookmarks, nodes of the page tree and named places looked at, each at most.
const MAX_NODES: usize = 100_000;

/// The title of the first bookmark of each page, by page from 0. Bookmarks that name no page are passed over.
pub(super) fn headings(document: &PdfDocument) -> HashMap<usize, String> {
    let mut headings = HashMap::new();
    let Ok(Object::Dictionary(catalog)) = document.catalog() else { return headings };
    let walk = Walk(Objects(document));
    let Some(outline) = walk.0.dictionary(catalog.get("Outlines")) else { return headings };
    let bookmarks = walk.bookmarks(&outline);
    if bookmarks.is_empty() {
        return headings;
    }
    let pages = walk.pages(&catalog);
    let named = walk.named_places(&catalog);
    for (title, place) in bookmarks {
        if let Some(page) = walk.page_of(&place, &named, &pages) {
            headings.entry(page).or_insert(title);
        }
    }
    headings
}

/// Walks through the trees of a document.
#[derive(Clone, Copy)]
struct Walk<'a>(Objects<'a>);

impl Walk<'_> {
    /// Titles and the places that they name, in the order of the outline.
    fn bookmarks(self, outline: &Dictionary) -> Vec<(String, Object)> {
        let mut bookmarks = Vec::new();
        let mut seen = HashSet::new();
        // What comes next lies on top: children, then siblings.
        let mut open = vec![outline.get("First").cloned()];
        while let Some(next) = open.pop() {
            let Some(Object::Reference(reference)) = next else { continue };
            if seen.len() == MAX_NODES || !seen.insert(reference) {
                continue;
            }
            let Some(item) = self.0.dictionary(Some(&Object::Reference(reference))) else { continue };
            open.push(item.get("Next").cloned());
            open.push(item.get("First").cloned());
            bookmarks.extend(self.title(&item).zip(self.place(&item)));
        }
        bookmarks
    }

    fn title(self, item: &Dictionary) -> Option<String> {
        let title = self.0.text(item.get("Title"))?;
        let words: Vec<_> = title.split(|c: char| c.is_whitespace() || c.is_control()).collect();
        let line = words.into_iter().filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ");
        (!line.is_empty()).then_some(line)
    }

    fn place(self, item: &Dictionary) -> Option<Object> {
        if let Some(place) = item.get("Dest") {
            return self.0.resolve(place);
        }
        let action = self.0.dictionary(item.get("A"))?;
        self.0.resolve(action.get("D")?)
    }

    /// The number of each page, from 0, by its object.
    fn pages(self, catalog: &Dictionary) -> HashMap<ObjectRef, usize> {
        let (mut pages, mut seen) = (HashMap::new(), HashSet::new());
        let mut open: Vec<_> = catalog.get("Pages").and_then(Object::as_reference).into_iter().collect();
        while let Some(reference) = open.pop() {
            if seen.len() == MAX_NODES || !seen.insert(reference) {
                continue;
            }
            let Some(node) = self.0.dictionary(Some(&Object::Reference(reference))) else { continue };
            match node.get("Kids").and_then(|kids| self.0.resolve(kids)) {
                Some(Object::Array(kids)) => open.extend(kids.iter().rev().filter_map(Object::as_reference)),
                _ => {
                    pages.insert(reference, pages.len());
                }
            }
        }
        pages
    }

    /// Places by name: the old dictionary in the catalog, and the tree of names.
    fn named_places(self, catalog: &Dictionary) -> HashMap<Vec<u8>, Object> {
        let old = self.0.dictionary(catalog.get("Dests")).unwrap_or_default();
        let mut places: HashMap<_, _> = old.into_iter().map(|(name, place)| (name.into_bytes(), place)).collect();
        let names = self.0.dictionary(catalog.get("Names"));
        let mut open: Vec<_> = names.and_then(|names| names.get("Dests").cloned()).into_iter().collect();
        let mut seen = HashSet::new();
        while let Some(node) = open.pop() {
            if let Object::Reference(reference) = node
                && !seen.insert(reference)
            {
                continue;
            }
            let Some(node) = self.0.dictionary(Some(&node)) else { continue };
            open.extend(self.0.array(node.get("Kids")).into_iter().filter(|kid| kid.as_reference().is_some()));
            let pairs = self.0.array(node.get("Names"));
            let pairs = pairs.as_chunks::<2>().0.iter();
            places.extend(pairs.filter_map(|[name, place]| Some((name.as_string()?.to_vec(), place.clone()))));
            if seen.len() > MAX_NODES || places.len() > MAX_NODES {
                break;
            }
        }
        places
    }

    /// The page of a place: `[page …]`, `<< /D [page …] >>`, or a name for one of them.
    fn page_of(
        self,
        place: &Object,
        named: &HashMap<Vec<u8>, Object>,
        pages: &HashMap<ObjectRef, usize>,
    ) -> Option<usize> {
        let found = match place {
            Object::String(name) => self.0.resolve(named.get(name)?)?,
            Object::Name(name) => self.0.resolve(named.get(name.as_bytes())?)?,
            direct => direct.clone(),
        };
        let array = match found {
            Object::Dictionary(place) => self.0.resolve(place.get("D")?)?,
            array => array,
        };
        match array.as_array()?.first()? {
            Object::Reference(page) => pages.get(page).copied(),
            // Of another file by the standard; some producers number pages of their own this way.
            Object::Integer(page) => usize::try_from(*page).ok().filter(|page| *page < pages.len()),
            _ => None,
        }
    }
}
