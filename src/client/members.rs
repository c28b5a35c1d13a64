//! The members of a channel, those of higher rank first.

/// How many members of one channel are listed; further ones are counted only.
pub const MEMBERS_MAX: usize = 20_000;

/// A member of a channel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// The nick.
    pub nick: String,
    /// The nick as it is compared.
    pub folded: String,
    /// Signs of rank, highest first: `@+`, or nothing.
    pub prefixes: String,
    /// Marked as away (where the server tells).
    pub is_away: bool,
}

/// The members of a channel, those of higher rank first, then by name.
#[derive(Clone, Debug, Default)]
pub struct Members {
    list: Vec<Member>,
    /// How many there are beyond [`MEMBERS_MAX`].
    unlisted: usize,
}

impl Members {
    /// The members in the order in which they are shown.
    pub fn list(&self) -> &[Member] {
        &self.list
    }

    /// How many there are, those beyond the bound included.
    pub fn count(&self) -> usize {
        self.list.len() + self.unlisted
    }

    /// The member of this folded nick.
    pub fn get(&self, folded: &str) -> Option<&Member> {
        self.list.iter().find(|member| member.folded == folded)
    }

    /// Replaces everybody, as the end of a NAMES reply does.
    pub fn replace(&mut self, mut list: Vec<Member>, ranks: &str) {
        list.sort_by(|one, other| order(one, ranks).cmp(&order(other, ranks)));
        list.dedup_by(|one, other| one.folded == other.folded);
        self.unlisted = list.len().saturating_sub(MEMBERS_MAX);
        list.truncate(MEMBERS_MAX);
        self.list = list;
    }

    /// Adds or replaces a member. `ranks` are the signs of rank, highest first.
    pub fn insert(&mut self, member: Member, ranks: &str) {
        self.list.retain(|other| other.folded != member.folded);
        if self.list.len() >= MEMBERS_MAX {
            self.unlisted += 1;
            return;
        }
        let place = self.list.partition_point(|other| order(other, ranks) < order(&member, ranks));
        self.list.insert(place, member);
    }

    /// Removes a member. Returns whether there was one.
    pub fn remove(&mut self, folded: &str) -> Option<Member> {
        let place = self.list.iter().position(|member| member.folded == folded)?;
        Some(self.list.remove(place))
    }

    /// Changes a member and puts it where it belongs then. Returns whether there was one.
    pub fn change(&mut self, folded: &str, ranks: &str, change: impl FnOnce(&mut Member)) -> bool {
        let Some(mut member) = self.remove(folded) else { return false };
        change(&mut member);
        self.insert(member, ranks);
        true
    }

    /// Forgets everybody.
    pub fn clear(&mut self) {
        self.list.clear();
        self.unlisted = 0;
    }
}

fn order<'a>(member: &'a Member, ranks: &str) -> (usize, &'a str) {
    let rank = member.prefixes.chars().next().and_then(|sign| ranks.find(sign)).unwrap_or(usize::MAX);
    (rank, &member.folded)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn member(nick: &str, prefixes: &str) -> Member {
        Member { nick: nick.into(), folded: nick.to_lowercase(), prefixes: prefixes.into(), is_away: false }
    }

    #[test]
    fn members_stand_by_rank_then_by_name() {
        let mut members = Members::default();
        members.replace(vec![member("zoe", ""), member("Ann", ""), member("bob", "+"), member("ann", "")], "@+");
        members.insert(member("mia", "@+"), "@+");
        let nicks: Vec<_> = members.list().iter().map(|member| member.nick.as_str()).collect();
        assert_eq!(nicks, ["mia", "bob", "Ann", "zoe"]);
        assert!(members.change("zoe", "@+", |member| member.prefixes = "@".into()));
        assert_eq!(members.list()[1].nick, "zoe");
        assert!(!members.change("nobody", "@+", |_| ()));
    }
}
