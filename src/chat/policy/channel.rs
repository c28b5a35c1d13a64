//! Who may do what in a channel. Ranks are compared here and nowhere else.
//!
//! Specification: Modern IRC, "Channel Modes" and "Channel Membership Prefixes". The founder may always come back, and an
//! operator of the server may do everything that the founder may.

use crate::chat::apply::Channel;
use crate::chat::event::{AccountId, Rank};
use crate::chat::refusal::{Handled, Refusal};
use crate::proto::mask::fold_mask;
use crate::proto::names::Folded;
use crate::proto::numerics::{
    ERR_BADCHANNELKEY, ERR_BANNEDFROMCHAN, ERR_CANNOTSENDTOCHAN, ERR_CHANNELISFULL, ERR_CHANOPRIVSNEEDED,
    ERR_INVITEONLYCHAN, ERR_NEEDREGGEDNICK, ERR_NOTONCHANNEL,
};
use crate::proto::text::Ctcp;

/// Somebody who wants something of a channel.
#[derive(Debug)]
pub(crate) struct Asker {
    /// `nick!user@host`, as masks see it.
    pub source: String,
    /// The account.
    pub account: Option<AccountId>,
    /// The account's name.
    pub account_name: Option<Folded>,
    /// The rank in the channel; nothing for those who are no members.
    pub rank: Option<Rank>,
    /// Whether an operator of the server asks.
    pub is_operator: bool,
    /// Whether an invitation is open. It matters to joining only, and is looked up for that only.
    pub is_invited: bool,
    /// Whether an operator of the channel has invited: nothing bars the way then.
    pub is_invited_by_operator: bool,
}

impl Asker {
    /// What the asker may do is what this rank may.
    fn power(&self) -> Rank {
        if self.is_operator { Rank::FOUNDER } else { self.rank.unwrap_or(Rank::MEMBER) }
    }

    fn is_founder(&self, channel: &Channel) -> bool {
        self.is_operator || (channel.founder.is_some() && channel.founder == self.account)
    }

    /// Whether an entry of a list means the asker.
    fn is_in_list(&self, channel: &Channel, letter: char) -> bool {
        let mut masks = channel
            .masks
            .iter()
            .filter(|entry| entry.state.letter == letter)
            .filter_map(|entry| entry.mask.as_ref())
            .peekable();
        if masks.peek().is_none() {
            return false;
        }
        let source = fold_mask(&self.source);
        masks.any(|mask| mask.matches(self.account_name.as_ref(), &[&source]))
    }

    fn is_banned(&self, channel: &Channel) -> bool {
        self.is_in_list(channel, 'b') && !self.is_in_list(channel, 'e')
    }
}

fn refusal(numeric: &'static str, channel: &Channel, text: &'static str) -> Refusal {
    Refusal::numeric(numeric, &[channel.name.as_str()], text)
}

fn needs_rank(channel: &Channel) -> Refusal {
    refusal(ERR_CHANOPRIVSNEEDED, channel, "You're not channel operator")
}

/// The rank with which somebody joins.
pub(crate) fn rank_at_join(channel: &Channel, asker: &Asker) -> Rank {
    match (channel.founder, asker.account) {
        (Some(founder), Some(account)) if founder == account => Rank::FOUNDER.with(Rank::OPERATOR),
        _ => Rank::MEMBER,
    }
}

/// Whether somebody who is no member may become one. `members` is how many there are.
pub(crate) fn may_join(channel: &Channel, asker: &Asker, key: Option<&str>, members: usize) -> Handled {
    if asker.is_founder(channel) || asker.is_invited_by_operator {
        return Ok(());
    }
    if asker.is_banned(channel) {
        return Err(refusal(ERR_BANNEDFROMCHAN, channel, "Cannot join channel (+b)"));
    }
    if channel.has_flag('R') && asker.account.is_none() && !asker.is_invited {
        return Err(refusal(ERR_NEEDREGGEDNICK, channel, "Cannot join channel (+R): you need to be logged in"));
    }
    if channel.has_flag('i') && !asker.is_invited && !asker.is_in_list(channel, 'I') {
        return Err(refusal(ERR_INVITEONLYCHAN, channel, "Cannot join channel (+i)"));
    }
    if channel.modes.key.is_some() && channel.modes.key.as_deref() != key {
        return Err(refusal(ERR_BADCHANNELKEY, channel, "Cannot join channel (+k)"));
    }
    if channel.modes.limit.is_some_and(|limit| members >= limit as usize) {
        return Err(refusal(ERR_CHANNELISFULL, channel, "Cannot join channel (+l)"));
    }
    Ok(())
}

/// Whether somebody may see who and what is in the channel.
pub(crate) fn may_see(channel: &Channel, asker: &Asker) -> bool {
    !channel.has_flag('s') || asker.rank.is_some() || asker.is_operator
}

/// Whether somebody may read what is kept about the channel: not from outside of one to which only the invited come.
pub(crate) fn may_read_about(channel: &Channel, asker: &Asker) -> bool {
    may_see(channel, asker) && (!channel.has_flag('i') || asker.rank.is_some() || asker.is_operator)
}

/// Whether somebody may say this text in the channel (an empty one stands for tags alone).
pub(crate) fn may_speak(channel: &Channel, asker: &Asker, text: &str) -> Handled {
    let refused = |text| Err(refusal(ERR_CANNOTSENDTOCHAN, channel, text));
    if channel.has_flag('C') && Ctcp::parse(text).is_some_and(|ctcp| !ctcp.is_action()) {
        return refused("Cannot send to channel (+C)");
    }
    if asker.power().at_least('v') {
        return Ok(());
    }
    if channel.has_flag('n') && asker.rank.is_none() {
        return refused("Cannot send to channel (+n)");
    }
    if channel.has_flag('m') {
        return refused("Cannot send to channel (+m)");
    }
    if channel.has_flag('M') && asker.account.is_none() {
        return refused("Cannot send to channel (+M)");
    }
    if asker.is_banned(channel) {
        return refused("Cannot send to channel (+b)");
    }
    Ok(())
}

/// How many seconds somebody has to leave between two messages (`W`); nothing for those with voice or more.
pub(crate) fn slow_seconds(channel: &Channel, asker: &Asker) -> Option<u32> {
    channel.modes.slow_seconds.filter(|_| !asker.power().at_least('v'))
}

/// Whether somebody is in the channel, or stands above it.
pub(crate) fn must_be_member(channel: &Channel, asker: &Asker) -> Handled {
    if asker.rank.is_some() || asker.is_operator {
        return Ok(());
    }
    Err(refusal(ERR_NOTONCHANNEL, channel, "You're not on that channel"))
}

/// Whether somebody may set the topic.
pub(crate) fn may_set_topic(channel: &Channel, asker: &Asker) -> Handled {
    must_be_member(channel, asker)?;
    if channel.has_flag('t') && !asker.power().at_least('h') { Err(needs_rank(channel)) } else { Ok(()) }
}

/// Whether somebody operates the channel.
pub(crate) fn is_channel_operator(asker: &Asker) -> bool {
    asker.power().at_least('o')
}

/// Whether somebody may call the channel otherwise.
pub(crate) fn may_rename(channel: &Channel, asker: &Asker) -> Handled {
    must_be_member(channel, asker)?;
    if is_channel_operator(asker) { Ok(()) } else { Err(needs_rank(channel)) }
}

/// Whether somebody may invite.
pub(crate) fn may_invite(channel: &Channel, asker: &Asker) -> Handled {
    must_be_member(channel, asker)?;
    if channel.has_flag('i') && !asker.power().at_least('h') { Err(needs_rank(channel)) } else { Ok(()) }
}

/// Whether somebody may remove a member of this rank: half operators those below them, operators and above also their equals.
pub(crate) fn may_kick(channel: &Channel, asker: &Asker, target: Rank) -> Handled {
    must_be_member(channel, asker)?;
    let power = asker.power();
    let outranks = power.height() > target.height() || power.at_least('o') && power.height() == target.height();
    if power.at_least('h') && outranks { Ok(()) } else { Err(needs_rank(channel)) }
}

/// Whether somebody may change flags, key, limit and lists.
pub(crate) fn may_change(channel: &Channel, asker: &Asker) -> Handled {
    must_be_member(channel, asker)?;
    if asker.power().at_least('h') { Ok(()) } else { Err(needs_rank(channel)) }
}

/// Whether somebody may give (`on`) or take a rank's letter to or from a member who has the rank `target`. One's own letters may
/// always be laid down.
pub(crate) fn may_rank(
    channel: &Channel,
    asker: &Asker,
    letter: char,
    on: bool,
    target: Rank,
    is_own: bool,
) -> Handled {
    must_be_member(channel, asker)?;
    if is_own && !on {
        return Ok(());
    }
    let needed = match letter {
        'v' => 'h',
        'h' => 'o',
        letter => letter,
    };
    // `a` is given by founders, like `q`.
    let needed = if needed == 'a' { 'q' } else { needed };
    let power = asker.power();
    let is_enough = power.at_least(needed) && (on || power.height() >= target.height());
    if is_enough { Ok(()) } else { Err(needs_rank(channel)) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chat::apply::Entry;
    use crate::chat::event::{ChannelId, ChannelModes, ListEntry, Seq};
    use crate::proto::names::ChannelName;
    use crate::proto::time::Timestamp;

    fn channel(flags: &str) -> Channel {
        Channel {
            id: ChannelId(1),
            name: ChannelName::new("#tea").unwrap(),
            founded: Timestamp::default(),
            founder: Some(AccountId(1)),
            topic: None,
            modes: ChannelModes { flags: flags.to_owned(), key: None, limit: None, slow_seconds: None },
            members: Default::default(),
            masks: Vec::new(),
            last_seq: Seq(0),
        }
    }

    fn asker(account: u64, rank: Option<&str>) -> Asker {
        Asker {
            source: "ann!ann@x.cloak".to_owned(),
            account: Some(AccountId(account)),
            account_name: None,
            rank: rank.map(Rank::from_letters),
            is_operator: false,
            is_invited: false,
            is_invited_by_operator: false,
        }
    }

    fn entry(letter: char, mask: &str) -> Entry {
        let (mask, set_by) = (mask.to_owned(), "ann".to_owned());
        Entry::new(ListEntry { letter, mask, set_by, set_at: Timestamp::default() })
    }

    fn rank(letters: &str) -> Rank {
        Rank::from_letters(letters)
    }

    fn speaks(flags: &str, asker: &Asker) -> bool {
        may_speak(&channel(flags), asker, "hi").is_ok()
    }

    #[test]
    fn the_founder_always_comes_in() {
        let mut channel = channel("i");
        channel.modes.key = Some("k".to_owned());
        assert!(may_join(&channel, &asker(1, None), None, 9).is_ok());
        assert!(may_join(&channel, &asker(2, None), Some("k"), 9).is_err());
        assert_eq!(rank_at_join(&channel, &asker(1, None)), rank("qo"));
        channel.founder = None;
        assert_eq!(rank_at_join(&channel, &Asker { account: None, ..asker(1, None) }), Rank::MEMBER);
    }

    #[test]
    fn each_bar_has_its_numeric() {
        let numeric = |channel: &Channel, asker: &Asker, key| match may_join(channel, asker, key, 5) {
            Err(Refusal::Numeric { numeric, .. }) => numeric,
            other => panic!("{other:?}"),
        };
        let mut barred = channel("i");
        assert_eq!(numeric(&barred, &asker(2, None), None), "473");
        assert!(may_join(&barred, &Asker { is_invited: true, ..asker(2, None) }, None, 5).is_ok());
        barred = channel("");
        barred.modes.key = Some("k".to_owned());
        assert_eq!(numeric(&barred, &asker(2, None), None), "475");
        assert_eq!(numeric(&barred, &asker(2, None), Some("x")), "475");
        barred.modes.limit = Some(5);
        assert_eq!(numeric(&barred, &asker(2, None), Some("k")), "471");
        barred.masks = vec![entry('b', "*!*@x.*")];
        assert_eq!(numeric(&barred, &asker(2, None), Some("k")), "474");
        assert!(may_speak(&barred, &asker(2, Some("")), "hi").is_err());
        assert!(may_speak(&barred, &asker(2, Some("v")), "hi").is_ok());
        barred.masks.push(entry('e', "ann"));
        assert!(may_speak(&barred, &asker(2, Some("")), "hi").is_ok());
    }

    #[test]
    fn speaking_follows_n_and_m() {
        assert!(!speaks("n", &asker(2, None)) && speaks("", &asker(2, None)));
        assert!(!speaks("m", &asker(2, Some(""))) && speaks("mn", &asker(2, Some("v"))));
        assert!(speaks("mn", &Asker { is_operator: true, ..asker(2, None) }));
        let guest = Asker { account: None, ..asker(2, Some("")) };
        assert!(!speaks("M", &guest) && speaks("M", &asker(2, Some(""))));
        let says = |text| may_speak(&channel("C"), &asker(2, Some("v")), text).is_ok();
        assert!(says("hi") && says("\u{1}ACTION waves\u{1}") && !says("\u{1}VERSION\u{1}"));
    }

    #[test]
    fn ranks_are_compared_by_their_highest_letter() {
        let channel = channel("");
        let kicks = |by: &str, whom: &str| may_kick(&channel, &asker(2, Some(by)), rank(whom)).is_ok();
        assert!(kicks("o", "") && kicks("o", "o") && kicks("o", "hv") && kicks("qo", "q") && kicks("h", "v"));
        assert!(!kicks("h", "h") && !kicks("o", "a") && !kicks("ao", "q") && !kicks("v", "") && !kicks("", ""));
        let gives =
            |by: &str, letter| may_rank(&channel, &asker(2, Some(by)), letter, true, Rank::MEMBER, false).is_ok();
        assert!(gives("o", 'o') && gives("o", 'h') && gives("h", 'v') && gives("q", 'a') && gives("q", 'q'));
        assert!(!gives("o", 'a') && !gives("h", 'h') && !gives("h", 'o') && !gives("v", 'v') && !gives("a", 'q'));
        let takes = |by: &str, of: &str| may_rank(&channel, &asker(2, Some(by)), 'o', false, rank(of), false).is_ok();
        assert!(takes("o", "o") && !takes("o", "qo") && takes("qo", "ao"));
        assert!(may_rank(&channel, &asker(2, Some("v")), 'v', false, rank("v"), true).is_ok());
    }
}
