//! The input box of one conversation: its draft, and what was sent from it before.

use super::completion::Completion;
use super::edit::TextEdit;

/// The most bytes of a draft; a longer paste is cut there, and the status line says so.
pub const DRAFT_BYTES_MAX: usize = 64 * 1024;
/// How many sent texts can be brought back with the arrows; the oldest is forgotten.
const HISTORY_MAX: usize = 100;

/// A draft with its history. Each conversation has its own.
#[derive(Clone, Debug)]
pub struct Composer {
    /// The text being written.
    pub edit: TextEdit,
    /// What was sent, oldest first.
    history: Vec<String>,
    /// Which earlier text is shown, with the draft that it hides.
    recalled: Option<(usize, String)>,
    /// What the word at the caret could become, while the list of it is shown.
    pub completion: Option<Completion>,
}

impl Default for Composer {
    fn default() -> Self {
        Self { edit: TextEdit::multi_line(DRAFT_BYTES_MAX), history: Vec::new(), recalled: None, completion: None }
    }
}

impl Composer {
    /// What is being written: behind an earlier text that is shown, the draft that it hides.
    pub fn draft(&self) -> &str {
        self.recalled.as_ref().map_or(self.edit.text(), |(_, draft)| draft)
    }

    /// Takes the text out to be sent. `record` is false for what must not be kept (passwords written to a service).
    pub fn take(&mut self, record: bool) -> String {
        self.recalled = None;
        self.completion = None;
        let text = self.edit.take();
        if record && !text.trim().is_empty() && self.history.last() != Some(&text) {
            if self.history.len() == HISTORY_MAX {
                self.history.remove(0);
            }
            self.history.push(text.clone());
        }
        text
    }

    /// Shows what the word at the caret could become, and puts the first of it there; the only one without a list.
    pub fn complete(&mut self, completion: Completion) {
        let is_only = completion.candidates().len() == 1;
        self.edit.replace(completion.range(), completion.chosen());
        self.completion = (!is_only).then_some(completion);
    }

    /// Puts the next one, or the one before, there.
    pub fn complete_next(&mut self, step: isize) {
        if let Some(completion) = &mut self.completion {
            // Going through them is one step of undo.
            self.edit.undo();
            completion.choose(step);
            self.edit.replace(completion.range(), completion.chosen());
        }
    }

    /// Takes back what was put there.
    pub fn cancel_completion(&mut self) {
        if self.completion.take().is_some() {
            self.edit.undo();
        }
    }

    /// One line up; on the first line, the text sent before.
    pub fn up(&mut self) {
        if self.edit.up() {
            return;
        }
        let index = match &self.recalled {
            Some((index, _)) => *index,
            None => self.history.len(),
        };
        let Some(earlier) = index.checked_sub(1) else { return };
        let draft = match self.recalled.take() {
            Some((_, draft)) => draft,
            None => self.edit.text().to_owned(),
        };
        self.recalled = Some((earlier, draft));
        self.edit.set(&self.history[earlier].clone());
    }

    /// One line down; on the last line, the text sent after the one shown, and the draft at last.
    pub fn down(&mut self) {
        if self.edit.down() {
            return;
        }
        let Some((index, draft)) = self.recalled.take() else { return };
        match self.history.get(index + 1) {
            Some(later) => {
                self.edit.set(&later.clone());
                self.recalled = Some((index + 1, draft));
            }
            None => self.edit.set(&draft),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn send(composer: &mut Composer, text: &str) {
        composer.edit.paste(text);
        composer.take(true);
    }

    #[test]
    fn the_draft_survives_a_walk_through_history() {
        let mut composer = Composer::default();
        send(&mut composer, "one");
        send(&mut composer, "two");
        send(&mut composer, "two");
        composer.edit.paste("draft");
        composer.up();
        assert_eq!(composer.edit.text(), "two");
        composer.up();
        composer.up();
        assert_eq!(composer.edit.text(), "one");
        composer.down();
        composer.down();
        assert_eq!(composer.edit.text(), "draft");
        composer.down();
        assert_eq!(composer.edit.text(), "draft");
    }

    #[test]
    fn what_is_secret_is_not_recorded() {
        let mut composer = Composer::default();
        composer.edit.paste("/msg NickServ identify x");
        composer.take(false);
        composer.up();
        assert!(composer.edit.is_empty());
    }

    #[test]
    fn history_is_bounded() {
        let mut composer = Composer::default();
        for number in 0..HISTORY_MAX + 10 {
            send(&mut composer, &number.to_string());
        }
        assert_eq!(composer.history.len(), HISTORY_MAX);
        assert_eq!(composer.history[0], "10");
    }
}
