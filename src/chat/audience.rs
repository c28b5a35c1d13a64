//! Who hears a channel, by what their lines carry: worked out once and kept until somebody comes, goes or asks for other tags.
//!
//! A busy channel has the same audience from one message to the next. The lists are shared with the effects that name them,
//! so that whoever performs these sees that it is the same many.

use std::sync::Arc;

use super::event::ChannelId;
use super::numbers::NumberMap;
use super::ports::ConnId;
use crate::proto::caps::CapSet;

/// The most channels whose audience is kept. Beyond it all are forgotten and worked out again when they are needed.
const KEPT_MAX: usize = 1_024;

/// Sessions, by those of their capabilities that decide on the tags of a line; each list by rising number.
pub(crate) type Audience = Vec<(CapSet, Arc<[ConnId]>)>;

/// What is kept.
#[derive(Debug, Default)]
pub(crate) struct Audiences {
    /// Raised whenever any audience may have changed.
    version: u64,
    kept: NumberMap<ChannelId, (u64, Audience)>,
}

impl Audiences {
    /// Somebody has come or gone, or wants other tags.
    pub fn change(&mut self) {
        self.version += 1;
    }

    /// Who hears a channel, when it is known.
    pub fn of(&self, channel: ChannelId) -> Option<Audience> {
        let (version, audience) = self.kept.get(&channel)?;
        (*version == self.version).then(|| audience.clone())
    }

    /// Keeps who hears a channel.
    pub fn keep(&mut self, channel: ChannelId, audience: Audience) {
        if self.kept.len() >= KEPT_MAX {
            self.kept.clear();
        }
        self.kept.insert(channel, (self.version, audience));
    }
}
