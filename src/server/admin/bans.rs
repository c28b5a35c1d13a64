//! The operator's commands for bans: what is asked, and what comes back.

use super::order::{Order, is_word};
use crate::proto::message::Line;

/// What an operator wants to do with bans.
#[derive(Clone, Debug)]
pub enum BanCommand {
    /// All that are in force.
    List,
    /// Keeps somebody out, or quiet.
    Set {
        /// An account (`account:ann`), an address, a network or a mask.
        target: String,
        /// Quiet instead of out.
        mute: bool,
        /// How long: `30m`, `12h`, `7d`; `0` is for ever.
        duration: String,
        /// Why; may be empty.
        reason: String,
    },
    /// Ends a ban and a mute.
    Lift {
        /// Whose.
        target: String,
    },
}

impl Order for BanCommand {
    fn line(&self) -> Line {
        let line = Line::new("BAN");
        match self {
            Self::List => line.param("LIST"),
            Self::Set { target, mute, duration, reason } => {
                let line = line.param(if *mute { "MUTE" } else { "ADD" }).param(target).param(duration);
                if reason.is_empty() { line } else { line.trailing(reason) }
            }
            Self::Lift { target } => line.param("LIFT").param(target),
        }
    }

    fn fault(&self) -> Option<&'static str> {
        match self {
            Self::List => None,
            Self::Set { reason, .. } if reason.contains(['\r', '\n', '\0']) => Some("a reason is one line"),
            Self::Set { target, duration, .. } if !is_word(target) || !is_word(duration) => {
                Some("a target and a duration are one word each")
            }
            Self::Lift { target } if !is_word(target) => Some("a target is one word"),
            Self::Set { .. } | Self::Lift { .. } => None,
        }
    }
}

/// A ban as the operator sees it.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct BanEntry {
    /// Whom it means.
    pub target: String,
    /// `ban` or `mute`.
    pub effect: String,
    /// Since when.
    pub since: String,
    /// Until when; none: for ever.
    pub until: Option<String>,
    /// Who set it.
    pub by: String,
    /// Why.
    pub reason: String,
}
