//! Finds phrases in a text, by their words.
//!
//! For: the exact phrase, its inflected forms, and those with slips of the pen. Not for: meanings. The one decision: what is
//! known of a word is found out once and remembered, since the words of a language repeat; a text costs a look-up a word.

use std::collections::HashMap;

use foldhash::fast::RandomState;

use super::annotator::Found;
use super::inflection::{Form, TONGUES, Tongue};
use super::lexicon::{Entry, Lexicon, NONE, Role, Stemmers};
use super::mention::{How, Mention};
use super::typo::{Correction, Spelling};
use crate::core::text::words::{Word, normalise_into, words_into};

/// Words that are remembered before all are forgotten: some 20 MB.
const MEMORY: usize = 1 << 17;

/// Looks for the phrases of a lexicon; one for each thread.
pub(super) struct Matcher<'a> {
    lexicon: &'a Lexicon,
    spelling: Option<&'a Spelling>,
    stemmers: Stemmers,
    memory: HashMap<Box<str>, u32, RandomState>,
    remembered: Vec<Remembered>,
    /// Whether a remembered word is a form of a word of the lexicon, by language: found out once.
    forms: HashMap<(u32, u32, usize), Form, RandomState>,
    buffer: String,
    text: Text,
    /// Words of the lexicon that stand for those of the text on the way at hand; [`NONE`]: the text's own.
    way: Vec<Step>,
    found: Vec<Mention>,
    hidden: Vec<Hidden>,
}

/// A text in words.
#[derive(Default)]
struct Text {
    words: Vec<Word>,
    /// What is remembered of each.
    places: Vec<u32>,
    tongues: Vec<Tongue>,
}

/// What is known of a word of a text.
struct Remembered {
    entry: Entry,
    corrections: Box<[Correction]>,
}

#[derive(Clone, Copy)]
struct Step {
    word: u32,
    edits: u8,
}

const AS_IT_IS: Step = Step { word: NONE, edits: 0 };

/// A place at which a banned phrase stands.
struct Hidden {
    scope: u32,
    words: std::ops::Range<usize>,
}

impl<'a> Matcher<'a> {
    pub(super) fn new(lexicon: &'a Lexicon, spelling: Option<&'a Spelling>) -> Self {
        Self {
            lexicon,
            spelling,
            stemmers: Stemmers::new(),
            memory: HashMap::default(),
            remembered: Vec::new(),
            forms: HashMap::default(),
            buffer: String::new(),
            text: Text::default(),
            way: Vec::new(),
            found: Vec::new(),
            hidden: Vec::new(),
        }
    }

    /// The words of a text and all mentions in it, overlapping ones too, by their first words.
    pub(super) fn read(&mut self, text: &str) -> Found {
        let mentions = self.find(text);
        Found { words: self.text.words.clone(), mentions }
    }

    fn find(&mut self, text: &str) -> Vec<Mention> {
        self.look_at(text);
        for start in 0..self.text.places.len() {
            for turn in 0..self.text.tongues.len() {
                let tongue = self.text.tongues[turn];
                self.begin(tongue, start);
            }
        }
        if self.found.is_empty() {
            self.hidden.clear();
            return Vec::new();
        }
        let mut found = std::mem::take(&mut self.found);
        let hidden = std::mem::take(&mut self.hidden);
        found.retain(|mention| !hidden.iter().any(|ban| self.hides(ban, mention)));
        best_of_each_place(&mut found);
        found
    }

    fn hides(&self, ban: &Hidden, mention: &Mention) -> bool {
        ban.words.start <= mention.words.start
            && mention.words.end <= ban.words.end
            && self.lexicon.covers(ban.scope, mention.concept)
    }

    fn look_at(&mut self, text: &str) {
        if self.remembered.len() > MEMORY {
            self.memory.clear();
            self.remembered.clear();
            self.forms.clear();
        }
        let mut words = std::mem::take(&mut self.text.words);
        words_into(text, &mut words);
        self.text.places.clear();
        let mut signs = [0_usize; TONGUES.len()];
        for word in &words {
            let place = self.remember(text.get(word.bytes.clone()).unwrap_or_default());
            if let Some(tongue) = self.remembered[place as usize].entry.tells {
                signs[tongue.place()] += 1;
            }
            self.text.places.push(place);
        }
        self.text.words = words;
        let most = signs.iter().copied().max().unwrap_or_default();
        self.text.tongues.clear();
        let spoken = self.lexicon.tongues.iter().copied();
        let is_alone = self.lexicon.tongues.len() == 1;
        self.text.tongues.extend(spoken.filter(|tongue| is_alone || signs[tongue.place()] == most));
    }

    fn remember(&mut self, word: &str) -> u32 {
        normalise_into(word, &mut self.buffer);
        if let Some(known) = self.memory.get(self.buffer.as_str()) {
            return *known;
        }
        let entry = self.lexicon.describe(&self.buffer, &self.stemmers);
        let spelling = self.spelling.filter(|_| !self.lexicon.has_form(&entry));
        let corrections = spelling.map(|spelling| spelling.corrections(&self.buffer)).unwrap_or_default();
        let place = u32::try_from(self.remembered.len()).unwrap_or(NONE);
        self.remembered.push(Remembered { entry, corrections });
        self.memory.insert(self.buffer.as_str().into(), place);
        place
    }

    /// Looks for phrases that begin at a word.
    fn begin(&mut self, tongue: Tongue, start: usize) {
        self.each_step(tongue, start, |this, step, stem| {
            if let Some(node) = this.lexicon.tree().root(tongue.place(), stem) {
                this.way.push(step);
                this.walk(tongue, node, start);
                this.way.pop();
            }
        });
    }

    /// The way has led to a node.
    fn walk(&mut self, tongue: Tongue, node: u32, start: usize) {
        let lexicon = self.lexicon;
        let (ends, goes_on) = lexicon.tree().at(node);
        for phrase in ends {
            self.compare(tongue, *phrase, start);
        }
        let next = start + self.way.len();
        if !goes_on || next >= self.text.places.len() {
            return;
        }
        self.each_step(tongue, next, |this, step, stem| {
            if let Some(node) = lexicon.tree().step(node, stem) {
                this.way.push(step);
                this.walk(tongue, node, start);
                this.way.pop();
            }
        });
    }

    /// What a word of the text may be: itself, or what was meant.
    #[inline]
    fn each_step(&mut self, tongue: Tongue, at: usize, mut then: impl FnMut(&mut Self, Step, u32)) {
        let place = self.text.places[at] as usize;
        let known = &self.remembered[place];
        let stem = known.entry.stems[tongue.place()];
        if stem != NONE {
            then(self, AS_IT_IS, stem);
        }
        let Some(spelling) = self.spelling else { return };
        for turn in 0..self.remembered[place].corrections.len() {
            let correction = self.remembered[place].corrections[turn];
            let entry = spelling.form(correction.form);
            let stem = entry.stems[tongue.place()];
            if stem != NONE {
                then(self, Step { word: correction.form, edits: correction.edits }, stem);
            }
        }
    }

    /// Compares a phrase whose stems are those on the way with the words that are there.
    fn compare(&mut self, tongue: Tongue, place: u32, start: usize) {
        let lexicon = self.lexicon;
        let phrase = &lexicon.phrases[place as usize];
        let mut likeness = Likeness::default();
        for (offset, (wanted, with_stop)) in phrase.words.iter().enumerate() {
            let step = self.way[offset];
            if offset > 0 && self.text.words[start + offset].follows_stop && !with_stop {
                return;
            }
            let wanted = &lexicon.entries[*wanted as usize];
            let form = self.form(tongue, wanted, start + offset, step);
            let found = self.entry(start + offset, step);
            let is_last = offset + 1 == phrase.words.len();
            let is_same = match form {
                Form::Same => true,
                Form::Other => false,
                Form::IfVerb => !is_last || self.is_verb(start + offset) || lexicon.lists(phrase.role, &found.text),
            };
            if !is_same {
                return;
            }
            likeness.add(wanted, found, step.edits);
        }
        let words = start..start + phrase.words.len();
        match phrase.role {
            Role::Names(concept) => {
                let (how, score) = (likeness.how(), likeness.score());
                self.found.push(Mention { concept, phrase: place, words, how, score });
            }
            Role::Hides(scope) if likeness.edits == 0 => self.hidden.push(Hidden { scope, words }),
            Role::Hides(_) => {}
        }
    }

    /// Whether a word of the text, or what it was meant to be, is a form of a word of the lexicon.
    fn form(&mut self, tongue: Tongue, wanted: &Entry, at: usize, step: Step) -> Form {
        let found = self.entry(at, step);
        if wanted.word == found.word {
            return Form::Same;
        }
        if step.word != NONE {
            return tongue.form(&wanted.text, &found.text);
        }
        let key = (wanted.word, self.text.places[at], tongue.place());
        if let Some(known) = self.forms.get(&key) {
            return *known;
        }
        let form = tongue.form(&wanted.text, &found.text);
        self.forms.insert(key, form);
        form
    }

    fn is_verb(&self, at: usize) -> bool {
        let before = at.checked_sub(1).filter(|_| !self.text.words[at].follows_stop);
        before.is_some_and(|before| Tongue::precedes_verb(&self.entry(before, AS_IT_IS).text))
    }

    fn entry(&self, at: usize, step: Step) -> &Entry {
        let own = || &self.remembered[self.text.places[at] as usize].entry;
        match self.spelling {
            Some(spelling) if step.word != NONE => spelling.form(step.word),
            _ => own(),
        }
    }
}

/// One mention for each concept and place: the one that is most like its phrase. They are sorted by their first words.
fn best_of_each_place(found: &mut Vec<Mention>) {
    found.sort_unstable_by(|a, b| {
        let place = |mention: &Mention| (mention.words.start, mention.words.end, mention.concept);
        let order = place(a).cmp(&place(b)).then(a.how.cmp(&b.how));
        order.then(b.score.total_cmp(&a.score)).then(a.phrase.cmp(&b.phrase))
    });
    found.dedup_by(|next, kept| next.words == kept.words && next.concept == kept.concept);
}

/// How like a phrase its mention is, in letters.
#[derive(Default)]
struct Likeness {
    letters: usize,
    changed: usize,
    edits: u8,
}

impl Likeness {
    fn add(&mut self, wanted: &Entry, found: &Entry, edits: u8) {
        let letters = wanted.letters.max(found.letters);
        self.letters += letters;
        self.changed += usize::from(edits);
        self.edits += edits;
        if wanted.word != found.word {
            let same = wanted.text.chars().zip(found.text.chars()).take_while(|(a, b)| a == b).count();
            self.changed += letters - same;
        }
    }

    fn how(&self) -> How {
        match (self.edits, self.changed) {
            (0, 0) => How::Exact,
            (0, _) => How::Inflected,
            _ => How::Typo,
        }
    }

    #[expect(clippy::cast_precision_loss, reason = "letters of a phrase")]
    fn score(&self) -> f32 {
        1.0 - self.changed.min(self.letters) as f32 / self.letters.max(1) as f32
    }
}
