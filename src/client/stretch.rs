//! Places in a log of this device. A log grows at its end, in the order in which things arrived, whatever their times say; so a place
//! in it is a number of bytes, and what is here of it or missing is a stretch.

/// A stretch of a log, in bytes: of a line with its end, of a page, or of what is missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stretch {
    /// Where it begins.
    pub from: u64,
    /// Where it ends; [`Stretch::END`] for wherever the log ends.
    pub to: u64,
}

impl Stretch {
    /// The end of the log, wherever it is.
    pub const END: u64 = u64::MAX;
    /// The whole log.
    pub const ALL: Self = Self { from: 0, to: Self::END };

    /// Whether there is nothing in it.
    pub fn is_empty(self) -> bool {
        self.from >= self.to
    }

    /// Whether it leads to the end of the log, wherever that is.
    pub fn is_open(self) -> bool {
        self.to == Self::END
    }

    /// Both, with what lies between them.
    pub fn joined(self, other: Self) -> Self {
        Self { from: self.from.min(other.from), to: self.to.max(other.to) }
    }

    /// What is left when the other is taken from one of its ends; nothing when it reaches neither.
    pub fn without(self, other: Self) -> Option<Self> {
        let (is_at_first, is_at_last) = (other.from <= self.from, other.to >= self.to);
        match () {
            () if other.to <= self.from || other.from >= self.to => None,
            () if is_at_last => Some(Self { from: self.from, to: self.from.max(other.from) }),
            () if is_at_first => Some(Self { from: other.to, to: self.to }),
            () => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_reaches_an_end_is_taken_from_a_stretch() {
        let stretch = |from, to| Stretch { from, to };
        assert_eq!(stretch(10, 20).without(stretch(10, 14)), Some(stretch(14, 20)));
        assert_eq!(stretch(10, 20).without(stretch(14, 20)), Some(stretch(10, 14)));
        assert_eq!(stretch(10, 20).without(stretch(5, 12)), Some(stretch(12, 20)));
        assert_eq!(stretch(10, 20).without(stretch(12, 14)), None);
        assert_eq!(stretch(10, 20).without(stretch(20, 30)), None);
        assert_eq!(stretch(10, 20).without(stretch(3, 10)), None);
        // What is added at the end later on is not missing: nothing leads there.
        assert_eq!(Stretch::ALL.without(Stretch::ALL), Some(stretch(0, 0)));
        assert_eq!(Stretch::ALL.without(stretch(30, Stretch::END)), Some(stretch(0, 30)));
        // The end was elsewhere when it was asked for.
        assert_eq!(stretch(0, 20).without(stretch(15, Stretch::END)), Some(stretch(0, 15)));
    }
}
