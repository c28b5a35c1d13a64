//! What is asked for a playback, and how what was said is written for clients that know no times.
//!
//! Specification: ZNC's module `playback` (capability `znc.in/playback`), as its wiki page describes it: buffers are named in a
//! list separated by commas, with `*` and `?`, times are seconds since 1970 with a fraction.

use super::ports::Bound;
use crate::proto::mask::{fold_mask, glob};
use crate::proto::time::Timestamp;

/// Why something is played back.
#[derive(Debug)]
pub(crate) enum PlaybackAsked {
    /// The account has been away.
    Missed,
    /// By `PLAY`.
    Play {
        /// Which conversations.
        names: Names,
        /// Whether what was read already is left out, because no beginning was given.
        is_unread_only: bool,
        /// Between which bounds, both excluded.
        between: (Bound, Bound),
    },
    /// By `LIST`.
    List(Names),
    /// By `CLEAR`.
    Clear(Names),
}

/// Names of conversations: masks.
#[derive(Debug)]
pub(crate) struct Names(Vec<String>);

impl Names {
    /// Reads a list separated by commas.
    pub fn parse(list: &str) -> Self {
        Self(list.split(',').filter(|name| !name.is_empty()).map(fold_mask).collect())
    }

    /// Whether a conversation is meant.
    pub fn mean(&self, name: &str) -> bool {
        let name = fold_mask(name);
        self.0.iter().any(|mask| glob(mask, &name))
    }

    /// The names that are none of channels, as far as no mask stands for them.
    pub fn may_mean_people(&self) -> bool {
        self.0.iter().any(|mask| !mask.starts_with('#'))
    }
}

/// A moment as ZNC writes it.
pub(crate) fn seconds(time: Timestamp) -> String {
    let millis = time.as_millis();
    format!("{}.{:03}", millis.div_euclid(1_000), millis.rem_euclid(1_000))
}

/// Reads such a moment.
pub(crate) fn parse_seconds(text: &str) -> Option<Timestamp> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let whole: i64 = whole.parse().ok().filter(|whole| *whole >= 0)?;
    if !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let millis: i64 = format!("{fraction:0<3}")[..3].parse().ok()?;
    Some(Timestamp::from_millis(whole.saturating_mul(1_000).saturating_add(millis)))
}

/// A text with the time at which it was said, in UTC: the date too unless it is today's. The text of an action stays one.
pub(crate) fn stamped(text: &str, time: Timestamp, now: Timestamp) -> String {
    const ACTION: &str = "\u{1}ACTION ";
    let written = time.to_string();
    let (date, clock) = (&written[..10], &written[11..19]);
    let stamp = if now.to_string()[..10] == *date { format!("[{clock}]") } else { format!("[{date} {clock}]") };
    match text.strip_prefix(ACTION) {
        Some(action) => format!("{ACTION}{stamp} {action}"),
        None => format!("{stamp} {text}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        Timestamp::parse(text).unwrap()
    }

    #[test]
    fn times_are_stamped_with_their_date_when_it_is_another_one() {
        let (then, now) = (at("2026-11-22T13:49:43.999Z"), at("2026-11-22T23:00:00.000Z"));
        assert_eq!(stamped("salut", then, now), "[13:49:43] salut");
        assert_eq!(stamped("salut", then, at("2026-11-23T00:00:00.000Z")), "[2026-11-22 13:49:43] salut");
        assert_eq!(stamped("\u{1}ACTION rit\u{1}", then, now), "\u{1}ACTION [13:49:43] rit\u{1}");
    }

    #[test]
    fn moments_are_seconds_with_a_fraction() {
        assert_eq!(seconds(Timestamp::from_millis(1_420_604_714_026)), "1420604714.026");
        for (text, millis) in [("0", 0), ("12.5", 12_500), ("12.", 12_000), ("12.345678", 12_345)] {
            assert_eq!(parse_seconds(text), Some(Timestamp::from_millis(millis)), "{text}");
        }
        assert_eq!(parse_seconds("99999999999999999999"), None);
        for text in ["", "-1", "x", "1.x", "1.é", ".5"] {
            assert_eq!(parse_seconds(text), None, "{text}");
        }
    }

    #[test]
    fn names_are_masks_in_any_case() {
        let names = Names::parse("#TEA,,bo?");
        assert!(names.mean("#tea") && names.mean("Bob") && !names.mean("#teapot") && names.may_mean_people());
        assert!(!Names::parse("#*").may_mean_people());
        assert!(Names::parse("*").mean("#anything"));
    }
}
