//! How many people are here. Counted as they come and go, because LUSERS is told to everybody at the log-in, and ten
//! thousand who come back at once must not each count ten thousand.

/// The welcomed sessions, by what LUSERS tells apart.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Headcount {
    /// All of them.
    pub welcome: usize,
    /// Those with the user mode `i`.
    pub invisible: usize,
    /// Those with the user mode `o`.
    pub operators: usize,
    /// The most at one time.
    pub most: usize,
}

impl Headcount {
    /// A session with these user modes was welcomed.
    pub fn enter(&mut self, modes: &str) {
        self.welcome += 1;
        self.most = self.most.max(self.welcome);
        self.invisible += usize::from(modes.contains('i'));
        self.operators += usize::from(modes.contains('o'));
    }

    /// One that was welcomed is gone.
    pub fn leave(&mut self, modes: &str) {
        self.welcome = self.welcome.saturating_sub(1);
        self.invisible = self.invisible.saturating_sub(usize::from(modes.contains('i')));
        self.operators = self.operators.saturating_sub(usize::from(modes.contains('o')));
    }

    /// One that was welcomed has other user modes.
    pub fn change(&mut self, before: &str, after: &str) {
        self.leave(before);
        self.enter(after);
    }

    /// Nobody is here any more.
    pub fn clear(&mut self) {
        *self = Self { most: self.most, ..Self::default() };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_are_counted_as_they_come_change_and_go() {
        let mut headcount = Headcount::default();
        ["", "i", "io"].into_iter().for_each(|modes| headcount.enter(modes));
        assert_eq!(headcount, Headcount { welcome: 3, invisible: 2, operators: 1, most: 3 });
        headcount.change("i", "w");
        headcount.leave("io");
        assert_eq!(headcount, Headcount { welcome: 2, invisible: 0, operators: 0, most: 3 });
        headcount.clear();
        assert_eq!(headcount, Headcount { most: 3, ..Headcount::default() });
    }
}
