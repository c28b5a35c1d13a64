//! NAMES and LIST: what may be seen of channels.
//!
//! Specification: Modern IRC, "NAMES message", "LIST message"; `ELIST=CMNTU`: a mask, a mask that must not match (`!mask`), how
//! many are there (`>n`, `<n`), how many minutes ago the channel was founded (`C>n`, `C<n`) and its topic set (`T>n`, `T<n`). Secret channels show themselves to their members only.

use crate::chat::call::Call;
use crate::chat::event::ChannelId;
use crate::chat::policy::channel as policy;
use crate::chat::refusal::Handled;
use crate::chat::world::World;
use crate::proto::mask::{fold_mask, glob};
use crate::proto::names::ChannelName;
use crate::proto::numerics::{RPL_ENDOFNAMES, RPL_LIST, RPL_LISTEND, RPL_LISTSTART};

/// `NAMES [<channel>{,<channel>}]`. Without a channel nobody is listed, as on most servers.
pub(crate) fn names(world: &mut World, call: &Call<'_>) -> Handled {
    let list = if call.param(0).is_empty() { "*" } else { call.param(0) };
    for name in list.split(',').filter(|name| !name.is_empty()).take(world.settings.limits.targets_max) {
        if let Some(id) = world.find_channel(name).ok().filter(|id| sees(world, call, *id)) {
            world.list_names(call.conn, id);
        }
        world.reply_end(call.conn, RPL_ENDOFNAMES, name, "End of /NAMES list");
    }
    Ok(())
}

/// `LIST [<channel or condition>{,<channel or condition>}]`.
pub(crate) fn list(world: &mut World, call: &Call<'_>) -> Handled {
    let wanted = Wanted::parse(call.param(0), call.param(1), world.settings.limits.targets_max);
    let start = world.numeric(call.conn, RPL_LISTSTART).param("Channel").trailing("Users  Name");
    world.reply(call.conn, start);
    let channels: Vec<ChannelId> = match &wanted.names {
        Some(names) => {
            names.iter().filter_map(|name| world.state.channel_named(name.folded())).map(|channel| channel.id).collect()
        }
        None => world.state.channels().map(|channel| channel.id).collect(),
    };
    let mut left = world.settings.limits.list_replies_max;
    for id in channels {
        let Some(channel) = world.state.channel(id).filter(|_| sees(world, call, id)) else { continue };
        let there = world.present_members(channel).len();
        let minutes_since = |time| world.now.millis_since(time) / 60_000;
        let topic_age = channel.topic.as_ref().map(|topic| minutes_since(topic.set_at));
        if !wanted.fits(&channel.name, there) || !wanted.fits_in_age(minutes_since(channel.founded), topic_age) {
            continue;
        }
        let Some(less) = left.checked_sub(1) else { break };
        left = less;
        let topic = channel.topic.as_ref().map_or("", |topic| topic.text.as_str());
        let line = world.numeric(call.conn, RPL_LIST).param(channel.name.as_str());
        let line = line.param(&there.to_string()).trailing(topic);
        world.shows(id);
        world.reply(call.conn, line);
    }
    let end = world.numeric(call.conn, RPL_LISTEND).trailing("End of /LIST");
    world.reply(call.conn, end);
    Ok(())
}

fn sees(world: &World, call: &Call<'_>, id: ChannelId) -> bool {
    !world.is_abandoned(id)
        && world.state.channel(id).is_some_and(|channel| policy::may_see(channel, &world.asker(call.conn, id)))
}

/// What a LIST asks for.
#[derive(Debug, Default)]
struct Wanted {
    /// These channels only.
    names: Option<Vec<ChannelName>>,
    masks: Vec<String>,
    refused_masks: Vec<String>,
    more_than: Option<usize>,
    less_than: Option<usize>,
    /// Founded so many minutes ago.
    founded: Age,
    /// The topic was set so many minutes ago.
    topic_set: Age,
}

/// Bounds of an age in minutes.
#[derive(Debug, Default)]
struct Age {
    more_than: Option<i64>,
    less_than: Option<i64>,
}

impl Age {
    /// Reads `>n` or `<n`. Whether it was one.
    fn read(&mut self, bound: &str) -> bool {
        let (place, number) = match bound.split_at_checked(1) {
            Some((">", number)) => (&mut self.more_than, number),
            Some(("<", number)) => (&mut self.less_than, number),
            _ => return false,
        };
        *place = number.parse().ok();
        true
    }

    /// Whether an age lies within; what has none lies within only when nothing is asked.
    fn fits(&self, minutes: Option<i64>) -> bool {
        self.more_than.is_none_or(|bound| minutes.is_some_and(|minutes| minutes >= bound))
            && self.less_than.is_none_or(|bound| minutes.is_some_and(|minutes| minutes < bound))
    }
}

impl Wanted {
    fn parse(first: &str, second: &str, conditions_max: usize) -> Self {
        let mut wanted = Self::default();
        let conditions = first.split(',').chain(second.split(',')).filter(|condition| !condition.is_empty());
        for condition in conditions.take(conditions_max) {
            let read = match condition.split_at_checked(1) {
                Some(("C" | "c", bound)) => wanted.founded.read(bound),
                Some(("T" | "t", bound)) => wanted.topic_set.read(bound),
                _ => false,
            };
            if read {
                continue;
            }
            if let Some(number) = condition.strip_prefix('>') {
                wanted.more_than = number.parse().ok();
            } else if let Some(number) = condition.strip_prefix('<') {
                wanted.less_than = number.parse().ok();
            } else if let Some(mask) = condition.strip_prefix('!') {
                wanted.refused_masks.push(fold_mask(mask));
            } else if condition.contains(['*', '?']) {
                wanted.masks.push(fold_mask(condition));
            } else {
                wanted.names.get_or_insert_default().extend(ChannelName::new(condition));
            }
        }
        wanted
    }

    fn fits_in_age(&self, founded: i64, topic_set: Option<i64>) -> bool {
        self.founded.fits(Some(founded)) && self.topic_set.fits(topic_set)
    }

    fn fits(&self, name: &ChannelName, there: usize) -> bool {
        let name = name.folded().as_str();
        (self.masks.is_empty() || self.masks.iter().any(|mask| glob(mask, name)))
            && !self.refused_masks.iter().any(|mask| glob(mask, name))
            && self.more_than.is_none_or(|number| there > number)
            && self.less_than.is_none_or(|number| there < number)
    }
}
