//! A word at the caret that could become several things: the list of them and the one that is chosen.

use std::ops::Range;

/// One possibility.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// What takes the word's place.
    pub text: String,
    /// What is shown in the list.
    pub label: String,
    /// What is said beside it; often empty.
    pub detail: String,
}

impl Candidate {
    /// One that needs no explanation.
    pub fn plain(label: &str, text: String) -> Self {
        Self { text, label: label.to_owned(), detail: String::new() }
    }
}

/// The possibilities for one word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Completion {
    candidates: Vec<Candidate>,
    chosen: usize,
    range: Range<usize>,
}

impl Completion {
    /// The possibilities for the word in `range`; nothing when there are none.
    pub fn new(candidates: Vec<Candidate>, range: Range<usize>) -> Option<Self> {
        (!candidates.is_empty()).then_some(Self { candidates, chosen: 0, range })
    }

    /// The possibilities.
    pub fn candidates(&self) -> &[Candidate] {
        &self.candidates
    }

    /// Which of them is chosen.
    pub fn chosen_index(&self) -> usize {
        self.chosen
    }

    /// What the chosen one puts into the text.
    pub fn chosen(&self) -> &str {
        &self.candidates[self.chosen].text
    }

    /// The word.
    pub fn range(&self) -> Range<usize> {
        self.range.clone()
    }

    /// Chooses the next one, around the ends.
    pub fn choose(&mut self, step: isize) {
        // There is at least one.
        self.chosen = (self.chosen as isize + step).rem_euclid(self.candidates.len() as isize) as usize;
    }
}
