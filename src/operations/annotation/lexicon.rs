//! The phrases of all concepts, made ready to be found.
//!
//! For: what is looked for, and the words that it is made of. Not for: reading lists ([`super::lists`]), or looking
//! ([`super::matcher`]). The one decision: a tree of stems, not an automaton. Each place of a text is walked from the root,
//! as far as phrases go; that is one step for most words, since few begin a phrase, and an automaton's step for every word
//! was measured slower (docs/annotate.md). What the tree finds is a candidate: words are compared after that.

use std::collections::{HashMap, HashSet};

use foldhash::fast::RandomState;

use super::inflection::{Form, Stems, TONGUES, Tongue};
use super::options::Language;
use crate::core::text::words::{Word, normalised, words};

/// No stem of any phrase.
pub(super) const NONE: u32 = u32::MAX;

/// A concept and the phrases that stand for it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Concept {
    /// What it is called, folders parted by `/`.
    pub name: String,
    /// The phrases.
    pub phrases: Vec<String>,
}

/// A phrase that must not match.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ban {
    /// For the concepts of this folder and below; `None`: for all.
    pub folder: Option<String>,
    /// The phrase.
    pub phrase: String,
}

/// What a phrase is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Role {
    /// It stands for a concept.
    Names(u32),
    /// It hides what lies in it from the concepts of a scope.
    Hides(u32),
}

/// Words of a phrase, which are words of the lexicon, and whether a stop is in front of each.
type Spelling = Box<[(u32, bool)]>;

/// A phrase of the lexicon.
#[derive(Debug)]
pub(super) struct Phrase {
    pub(super) role: Role,
    /// As it was written.
    pub(super) text: Box<str>,
    pub(super) words: Spelling,
}

/// What is known of a word, of the lexicon or of a text.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    /// The normalised word.
    pub(super) text: Box<str>,
    /// Its letters.
    pub(super) letters: usize,
    /// Its place among the words of phrases, if it is one.
    pub(super) word: u32,
    /// Stems of phrases' words that are its stem too, by language.
    pub(super) stems: [u32; TONGUES.len()],
    /// The language that it is a sign of.
    pub(super) tells: Option<Tongue>,
}

type Map<K, V> = HashMap<K, V, RandomState>;

/// Phrases, by concept, in a form in which they are found.
#[derive(Debug)]
pub struct Lexicon {
    pub(super) concepts: Vec<String>,
    /// For each scope of bans: whether it covers a concept.
    scopes: Vec<Vec<bool>>,
    pub(super) phrases: Vec<Phrase>,
    /// Which concepts' lists have which words.
    listed: HashSet<(u32, u32), RandomState>,
    /// Words of phrases.
    pub(super) entries: Vec<Entry>,
    by_text: Map<Box<str>, u32>,
    stems: [Map<Box<str>, u32>; TONGUES.len()],
    /// Words of phrases, by language and stem.
    words: [Vec<Vec<u32>>; TONGUES.len()],
    pub(super) tongues: &'static [Tongue],
    tree: Tree,
}

impl Lexicon {
    /// Makes one. Phrases without a word are passed over; the same phrase twice in a concept is one.
    pub fn new(concepts: &[Concept], bans: &[Ban], language: Language) -> Self {
        let mut building = Building::new(language);
        for concept in concepts {
            building.concept(concept);
        }
        for ban in bans {
            building.ban(ban);
        }
        building.lexicon
    }

    /// Names of the concepts, in the order in which they were given.
    pub fn concepts(&self) -> &[String] {
        &self.concepts
    }

    /// How many phrases stand for concepts.
    pub fn phrase_count(&self) -> usize {
        self.phrases.iter().filter(|phrase| matches!(phrase.role, Role::Names(_))).count()
    }

    /// What a concept is called.
    pub(super) fn concept_name(&self, concept: u32) -> &str {
        &self.concepts[concept as usize]
    }

    /// A phrase as it was written.
    pub(super) fn phrase_text(&self, phrase: u32) -> &str {
        &self.phrases[phrase as usize].text
    }

    /// Whether what is hidden in a scope is hidden from a concept.
    pub(super) fn covers(&self, scope: u32, concept: u32) -> bool {
        self.scopes[scope as usize][concept as usize]
    }

    /// Whether a concept's own list has a bare word, in whichever of its phrases.
    pub(super) fn lists(&self, role: Role, bare: &str) -> bool {
        let Role::Names(concept) = role else { return false };
        let is_listed = |word: String| self.known(&word).is_some_and(|word| self.listed.contains(&(concept, word)));
        Tongue::singulars(bare).any(is_listed)
    }

    /// A word of phrases, by its normalised text.
    pub(super) fn known(&self, text: &str) -> Option<u32> {
        self.by_text.get(text).copied()
    }

    /// What can be said of any normalised word.
    pub(super) fn describe(&self, text: &str, stemmers: &Stemmers) -> Entry {
        let mut stems = [NONE; TONGUES.len()];
        for tongue in self.tongues {
            let stem = stemmers.of(*tongue).stem(text);
            let known = self.stems[tongue.place()].get(stem.as_ref());
            stems[tongue.place()] = known.copied().unwrap_or(NONE);
        }
        let letters = text.chars().count();
        Entry {
            text: text.into(),
            letters,
            word: self.known(text).unwrap_or(NONE),
            stems,
            tells: Tongue::told_by(text),
        }
    }

    /// Whether a word is a form of one in a phrase, and so no slip of the pen.
    pub(super) fn has_form(&self, entry: &Entry) -> bool {
        self.tongues.iter().any(|tongue| {
            let words = self.words[tongue.place()].get(entry.stems[tongue.place()] as usize);
            let is_form = |word: &u32| tongue.form(&self.entries[*word as usize].text, &entry.text) != Form::Other;
            words.is_some_and(|words| words.iter().any(is_form))
        })
    }

    pub(super) fn tree(&self) -> &Tree {
        &self.tree
    }
}

/// Stems of each language.
pub(super) struct Stemmers([Stems; TONGUES.len()]);

impl Stemmers {
    pub(super) fn new() -> Self {
        Self(TONGUES.map(Tongue::stems))
    }

    pub(super) fn of(&self, tongue: Tongue) -> &Stems {
        &self.0[tongue.place()]
    }
}

struct Building {
    lexicon: Lexicon,
    stemmers: Stemmers,
    scopes: HashMap<Option<String>, u32>,
    seen: HashSet<(Role, Spelling)>,
}

impl Building {
    fn new(language: Language) -> Self {
        let lexicon = Lexicon {
            concepts: Vec::new(),
            scopes: Vec::new(),
            phrases: Vec::new(),
            listed: HashSet::default(),
            entries: Vec::new(),
            by_text: Map::default(),
            stems: std::array::from_fn(|_| Map::default()),
            words: std::array::from_fn(|_| Vec::new()),
            tongues: language.tongues(),
            tree: Tree::default(),
        };
        Self { lexicon, stemmers: Stemmers::new(), scopes: HashMap::new(), seen: HashSet::new() }
    }

    fn concept(&mut self, concept: &Concept) {
        let place = number(self.lexicon.concepts.len());
        self.lexicon.concepts.push(concept.name.clone());
        for phrase in &concept.phrases {
            self.phrase(Role::Names(place), phrase);
        }
    }

    fn ban(&mut self, ban: &Ban) {
        let scope = match self.scopes.get(&ban.folder) {
            Some(scope) => *scope,
            None => self.scope(ban.folder.as_deref()),
        };
        self.scopes.insert(ban.folder.clone(), scope);
        self.phrase(Role::Hides(scope), &ban.phrase);
    }

    fn scope(&mut self, folder: Option<&str>) -> u32 {
        let covers = |name: &String| folder.is_none_or(|folder| is_below(name, folder));
        self.lexicon.scopes.push(self.lexicon.concepts.iter().map(covers).collect());
        number(self.lexicon.scopes.len() - 1)
    }

    fn phrase(&mut self, role: Role, text: &str) {
        let found = words(text);
        let with_stop =
            |word: &Word| (self.word(&normalised(text.get(word.bytes.clone()).unwrap_or_default())), word.follows_stop);
        let found: Box<[_]> = found.iter().map(with_stop).collect();
        if found.is_empty() || !self.seen.insert((role, found.clone())) {
            return;
        }
        let lexicon = &mut self.lexicon;
        let place = number(lexicon.phrases.len());
        for tongue in lexicon.tongues {
            let stems = found.iter().map(|(word, _)| lexicon.entries[*word as usize].stems[tongue.place()]);
            lexicon.tree.add(tongue.place(), stems, place);
        }
        if let Role::Names(concept) = role {
            lexicon.listed.extend(found.iter().map(|(word, _)| (concept, *word)));
        }
        lexicon.phrases.push(Phrase { role, text: text.into(), words: found });
    }

    /// The place of a word, which is a new one or not.
    fn word(&mut self, text: &str) -> u32 {
        let lexicon = &mut self.lexicon;
        if let Some(known) = lexicon.known(text) {
            return known;
        }
        let place = number(lexicon.entries.len());
        for tongue in lexicon.tongues {
            let stem = self.stemmers.of(*tongue).stem(text);
            let (stems, words) = (&mut lexicon.stems[tongue.place()], &mut lexicon.words[tongue.place()]);
            let next = number(stems.len());
            let stem = *stems.entry(stem.into()).or_insert(next);
            words.resize_with(stems.len(), Vec::new);
            words[stem as usize].push(place);
        }
        lexicon.by_text.insert(text.into(), place);
        let entry = lexicon.describe(text, &self.stemmers);
        lexicon.entries.push(entry);
        place
    }
}

/// Whether a concept's name is that of a folder or of something in it.
fn is_below(name: &str, folder: &str) -> bool {
    folder.is_empty() || name.strip_prefix(folder).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// Places are counted in 32 bits: four billion words are more than fit into memory.
fn number(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(NONE)
}

/// Phrases by the stems of their words, a tree for each language.
#[derive(Debug, Default)]
pub(super) struct Tree {
    nodes: Vec<Node>,
    /// By language and first stem.
    roots: [Vec<u32>; TONGUES.len()],
    /// By node and stem.
    next: Map<(u32, u32), u32>,
}

#[derive(Debug, Default)]
struct Node {
    /// Phrases that end here.
    ends: Vec<u32>,
    /// Whether any goes on.
    goes_on: bool,
}

impl Tree {
    fn add(&mut self, tongue: usize, stems: impl Iterator<Item = u32>, phrase: u32) {
        let mut at = None;
        for stem in stems {
            at = Some(match at {
                None => self.first(tongue, stem),
                Some(node) => self.then(node, stem),
            });
        }
        if let Some(node) = at {
            self.nodes[node as usize].ends.push(phrase);
        }
    }

    fn first(&mut self, tongue: usize, stem: u32) -> u32 {
        let roots = &mut self.roots[tongue];
        let place = stem as usize;
        if roots.len() <= place {
            roots.resize(place + 1, NONE);
        }
        if roots[place] == NONE {
            roots[place] = number(self.nodes.len());
            self.nodes.push(Node::default());
        }
        roots[place]
    }

    fn then(&mut self, node: u32, stem: u32) -> u32 {
        let new = number(self.nodes.len());
        let next = *self.next.entry((node, stem)).or_insert(new);
        if next == new {
            self.nodes.push(Node::default());
            self.nodes[node as usize].goes_on = true;
        }
        next
    }

    /// The node of phrases that begin with a stem.
    #[inline]
    pub(super) fn root(&self, tongue: usize, stem: u32) -> Option<u32> {
        self.roots[tongue].get(stem as usize).copied().filter(|node| *node != NONE)
    }

    /// The node of phrases that go on with a stem.
    #[inline]
    pub(super) fn step(&self, node: u32, stem: u32) -> Option<u32> {
        self.next.get(&(node, stem)).copied()
    }

    /// Phrases that end at a node, and whether others go on.
    #[inline]
    pub(super) fn at(&self, node: u32) -> (&[u32], bool) {
        let node = &self.nodes[node as usize];
        (&node.ends, node.goes_on)
    }
}
