//! Moments, as `server-time` writes them.
//!
//! Specification: IRCv3 `server-time`: `YYYY-MM-DDThh:mm:ss.sssZ`, always UTC, always three digits of a second. The clock
//! itself is read elsewhere; here a moment is a number.

use std::fmt;

use chrono::{DateTime, Utc};

const MILLIS_PER_DAY: i64 = 24 * 60 * 60 * 1_000;
/// How many bytes a moment takes on the wire.
pub const WIRE_BYTES: usize = 24;

/// A moment in UTC, to the millisecond, within the years 0000 to 9999 that four digits can write.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
pub struct Timestamp(i64);

impl Timestamp {
    /// 1970-01-01T00:00:00.000Z.
    pub const EPOCH: Self = Self(0);
    /// The first moment that can be written.
    pub const MIN: Self = Self(-62_167_219_200_000);
    /// The last moment that can be written.
    pub const MAX: Self = Self(253_402_300_799_999);

    /// The moment this many milliseconds after the start of 1970; what lies beyond [`Timestamp::MIN`] or
    /// [`Timestamp::MAX`] becomes the bound.
    pub const fn from_millis(millis: i64) -> Self {
        if millis < Self::MIN.0 {
            Self::MIN
        } else if millis > Self::MAX.0 {
            Self::MAX
        } else {
            Self(millis)
        }
    }

    /// Milliseconds since the start of 1970, negative before it.
    pub const fn as_millis(self) -> i64 {
        self.0
    }

    /// Whole seconds since the start of 1970, as numerics like 317, 329 and 333 write moments.
    pub const fn as_seconds(self) -> i64 {
        self.0.div_euclid(1_000)
    }

    /// This moment and so many milliseconds more (or fewer), within the bounds.
    #[must_use]
    pub const fn plus_millis(self, millis: i64) -> Self {
        Self::from_millis(self.0.saturating_add(millis))
    }

    /// Milliseconds from `earlier` to this moment; negative when it is later.
    pub const fn millis_since(self, earlier: Self) -> i64 {
        self.0 - earlier.0
    }

    /// The calendar's view of it.
    pub fn to_utc(self) -> DateTime<Utc> {
        // Every moment within our bounds is within the calendar's.
        DateTime::from_timestamp_millis(self.0).unwrap_or_default()
    }

    /// Reads `2026-11-22T10:00:00.000Z` and nothing else. Second 60, a leap second, is the next minute's first one.
    pub fn parse(text: &str) -> Option<Self> {
        let bytes: &[u8; WIRE_BYTES] = text.as_bytes().try_into().ok()?;
        let marks = [(4, b'-'), (7, b'-'), (10, b'T'), (13, b':'), (16, b':'), (19, b'.'), (23, b'Z')];
        if marks.iter().any(|(at, mark)| bytes[*at] != *mark) {
            return None;
        }
        let number = |from: usize, to: usize| {
            bytes[from..to]
                .iter()
                .try_fold(0i64, |number, byte| byte.is_ascii_digit().then(|| number * 10 + i64::from(byte - b'0')))
        };
        let (year, month, day) = (number(0, 4)?, number(5, 7)?, number(8, 10)?);
        let (hour, minute, second, millis) = (number(11, 13)?, number(14, 16)?, number(17, 19)?, number(20, 23)?);
        let is_date = (1..=12).contains(&month) && (1..=days_of_month(year, month)).contains(&day);
        if !is_date || hour > 23 || minute > 59 || second > 60 {
            return None;
        }
        let seconds = (hour * 60 + minute) * 60 + second;
        Some(Self::from_millis(days_from_civil(year, month, day) * MILLIS_PER_DAY + seconds * 1_000 + millis))
    }
}

/// As `server-time` writes it: `2026-11-22T10:00:00.000Z`.
impl fmt::Display for Timestamp {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = civil_from_days(self.0.div_euclid(MILLIS_PER_DAY));
        let millis = self.0.rem_euclid(MILLIS_PER_DAY);
        let seconds = millis / 1_000;
        let (hour, minute, second) = (seconds / 3_600, seconds / 60 % 60, seconds % 60);
        // Every message bears one or two of them: digit by digit is several times as fast as the formatter.
        let mut text = *b"0000-00-00T00:00:00.000Z";
        let numbers = [
            (0..4, year),
            (5..7, month),
            (8..10, day),
            (11..13, hour),
            (14..16, minute),
            (17..19, second),
            (20..23, millis % 1_000),
        ];
        for (digits, mut number) in numbers {
            for digit in text[digits].iter_mut().rev() {
                *digit = b'0' + (number % 10) as u8;
                number /= 10;
            }
        }
        formatter.write_str(str::from_utf8(&text).unwrap_or_default())
    }
}

impl fmt::Debug for Timestamp {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

fn is_leap_year(year: i64) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

fn days_of_month(year: i64, month: i64) -> i64 {
    match month {
        2 if is_leap_year(year) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Days from 1970-01-01 to this date of the Gregorian calendar. Years are counted from March, so that the leap day is the
/// last of its year, and in eras of 400 years, which all have the same number of days.
fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * DAYS_PER_ERA + day_of_era - DAYS_TO_EPOCH
}

/// The inverse of [`days_from_civil`]: year, month, day.
fn civil_from_days(days: i64) -> (i64, i64, i64) {
    let days = days + DAYS_TO_EPOCH;
    let era = days.div_euclid(DAYS_PER_ERA);
    let day_of_era = days.rem_euclid(DAYS_PER_ERA);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    let year = era * 400 + year_of_era + i64::from(month <= 2);
    (year, month, day)
}

/// Days of 400 Gregorian years.
const DAYS_PER_ERA: i64 = 146_097;
/// Days from 0000-03-01 to 1970-01-01.
const DAYS_TO_EPOCH: i64 = 719_468;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn moments_read_and_write_as_server_time() {
        for (text, millis) in [
            ("1970-01-01T00:00:00.000Z", 0),
            ("1969-12-31T23:59:59.999Z", -1),
            ("2000-02-29T12:34:56.789Z", 951_827_696_789),
            ("2026-11-22T10:00:00.000Z", 1_795_341_600_000),
            ("0000-01-01T00:00:00.000Z", Timestamp::MIN.as_millis()),
            ("9999-12-31T23:59:59.999Z", Timestamp::MAX.as_millis()),
        ] {
            assert_eq!(Timestamp::parse(text), Some(Timestamp::from_millis(millis)), "{text}");
            assert_eq!(Timestamp::from_millis(millis).to_string(), text);
        }
    }

    #[test]
    fn a_leap_second_is_the_next_one() {
        assert_eq!(Timestamp::parse("2012-06-30T23:59:60.419Z"), Timestamp::parse("2012-07-01T00:00:00.419Z"),);
        assert_eq!(Timestamp::parse("9999-12-31T23:59:60.000Z"), Some(Timestamp::MAX));
    }

    #[test]
    fn nothing_else_is_a_moment() {
        for text in [
            "",
            "2026-11-22",
            "2026-11-22T10:00:00Z",
            "2026-11-22T10:00:00.00Z",
            "2026-11-22T10:00:00.0000Z",
            "2026-11-22t10:00:00.000z",
            "2026-11-22 10:00:00.000Z",
            "2026-11-22T10:00:00.000+",
            "2026-13-01T10:00:00.000Z",
            "2026-00-01T10:00:00.000Z",
            "2026-02-29T10:00:00.000Z",
            "1900-02-29T10:00:00.000Z",
            "2026-04-31T10:00:00.000Z",
            "2026-11-00T10:00:00.000Z",
            "2026-11-22T24:00:00.000Z",
            "2026-11-22T10:60:00.000Z",
            "2026-11-22T10:00:61.000Z",
            "2026-11-22T10:00:00.00éZ",
            "+026-11-22T10:00:00.000Z",
            "2026-11-22T10:00: 1.000Z",
        ] {
            assert_eq!(Timestamp::parse(text), None, "{text:?}");
        }
    }

    #[test]
    fn arithmetic_stays_within_the_bounds() {
        assert_eq!(Timestamp::from_millis(i64::MIN), Timestamp::MIN);
        assert_eq!(Timestamp::MAX.plus_millis(i64::MAX), Timestamp::MAX);
        assert_eq!(Timestamp::MIN.plus_millis(i64::MIN), Timestamp::MIN);
        assert_eq!(Timestamp::from_millis(-1).as_seconds(), -1);
        assert_eq!(Timestamp::from_millis(5).millis_since(Timestamp::from_millis(2)), 3);
        assert_eq!(Timestamp::EPOCH.millis_since(Timestamp::from_millis(7)), -7);
        assert_eq!(Timestamp::MAX.to_utc().timestamp_millis(), Timestamp::MAX.as_millis());
        assert_eq!(Timestamp::MIN.to_utc().timestamp_millis(), Timestamp::MIN.as_millis());
    }

    proptest! {
        #[test]
        fn every_moment_round_trips_and_sorts_as_text(
            one in Timestamp::MIN.as_millis()..=Timestamp::MAX.as_millis(),
            other in Timestamp::MIN.as_millis()..=Timestamp::MAX.as_millis(),
        ) {
            let (one, other) = (Timestamp::from_millis(one), Timestamp::from_millis(other));
            prop_assert_eq!(Timestamp::parse(&one.to_string()), Some(one));
            prop_assert_eq!(one.cmp(&other), one.to_string().cmp(&other.to_string()));
        }

        #[test]
        fn no_text_panics(text in "\\PC{0,30}|[0-9TZ:.-]{24}") {
            let _ = Timestamp::parse(&text);
        }
    }
}
