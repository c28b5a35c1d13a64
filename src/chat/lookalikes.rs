//! Names that look like each other: `paypal` written with a Cyrillic `а` must not pass for somebody else.
//!
//! Specification: Unicode Technical Standard 39, "Confusable Detection", by skeletons. Two names of ASCII letters alone are never
//! taken for lookalikes of each other, although the standard has `modern` look like `modem`: everybody can tell what they
//! type themselves.

use std::collections::HashMap;

use smallvec::SmallVec;
use unicode_security::confusable_detection::skeleton;

use crate::proto::names::Folded;

/// Names by what they look like.
#[derive(Debug, Default)]
pub(crate) struct Lookalikes {
    by_skeleton: HashMap<Box<str>, SmallVec<[Folded; 1]>>,
}

impl Lookalikes {
    /// Adds a name; once more changes nothing.
    pub fn add(&mut self, name: &Folded) {
        let names = self.by_skeleton.entry(skeleton_of(name)).or_default();
        if !names.contains(name) {
            names.push(name.clone());
        }
    }

    /// Takes a name out.
    pub fn remove(&mut self, name: &Folded) {
        let skeleton = skeleton_of(name);
        if let Some(names) = self.by_skeleton.get_mut(&skeleton) {
            names.retain(|known| known != name);
            if names.is_empty() {
                self.by_skeleton.remove(&skeleton);
            }
        }
    }

    /// The other names that this one looks like.
    pub fn of(&self, name: &Folded) -> impl Iterator<Item = &Folded> {
        let is_ascii = name.as_str().is_ascii();
        let alike = self.by_skeleton.get(&skeleton_of(name)).map_or(&[][..], SmallVec::as_slice);
        alike.iter().filter(move |known| *known != name && !(is_ascii && known.as_str().is_ascii()))
    }
}

/// Whether one name is not the other and looks like it, which is seldom worth a look.
pub(crate) fn is_alike(one: &Folded, other: &Folded) -> bool {
    if one.as_str().is_ascii() && other.as_str().is_ascii() {
        return false;
    }
    let mut names = Lookalikes::default();
    names.add(other);
    names.of(one).next().is_some()
}

fn skeleton_of(name: &Folded) -> Box<str> {
    skeleton(name.as_str()).collect::<String>().into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proto::names::Nick;

    fn folded(name: &str) -> Folded {
        Nick::new(name).unwrap().folded().clone()
    }

    fn looks_like(one: &str, other: &str) -> bool {
        let mut names = Lookalikes::default();
        names.add(&folded(other));
        names.of(&folded(one)).next().is_some()
    }

    #[test]
    fn letters_of_other_scripts_deceive() {
        assert!(looks_like("p\u{430}ypal", "paypal") && looks_like("Paypal", "p\u{430}ypal"));
        assert!(looks_like("\u{3bf}livier", "olivier") && looks_like("r\u{43e}main", "Romain"));
    }

    #[test]
    fn accents_and_plain_letters_do_not() {
        for (one, other) in
            [("élodie", "elodie"), ("romain", "romaïn"), ("modern", "modem"), ("ann", "Ann"), ("l0", "lo")]
        {
            assert!(!looks_like(one, other) && !looks_like(other, one), "{one} {other}");
        }
    }

    #[test]
    fn a_name_that_was_taken_out_deceives_nobody() {
        let mut names = Lookalikes::default();
        let (one, other) = (folded("olivier"), folded("\u{3bf}livier"));
        names.add(&one);
        names.add(&one);
        assert_eq!(names.of(&other).collect::<Vec<_>>(), [&one]);
        names.remove(&one);
        assert!(names.of(&other).next().is_none() && names.by_skeleton.is_empty());
    }
}
