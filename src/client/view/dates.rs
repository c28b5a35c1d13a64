//! Moments as people read them: `hh:mm` beside a message, the day above the first message of a day.

use chrono::{DateTime, Datelike as _, FixedOffset, Local, NaiveDate};

use crate::ground::texts::Texts;
use crate::proto::time::Timestamp;

/// In all time zones a day begins on a quarter of an hour of UTC.
const QUARTER_MILLIS: i64 = 15 * 60 * 1_000;

/// Whose clock is shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Zone {
    /// This machine's time zone.
    #[default]
    Local,
    /// Coordinated universal time: for pictures that must not depend on the machine.
    Utc,
}

impl Zone {
    fn of(self, time: Timestamp) -> DateTime<FixedOffset> {
        match self {
            Self::Local => time.to_utc().with_timezone(&Local).fixed_offset(),
            Self::Utc => time.to_utc().fixed_offset(),
        }
    }

    /// The day of a moment.
    pub fn day(self, time: Timestamp) -> NaiveDate {
        self.of(time).date_naive()
    }

    /// Whether two moments are of the same day. Most that are compared lie near each other: then no calendar is asked.
    pub fn is_same_day(self, one: Timestamp, other: Timestamp) -> bool {
        let quarter = |time: Timestamp| time.as_millis().div_euclid(QUARTER_MILLIS);
        quarter(one) == quarter(other) || self.day(one) == self.day(other)
    }

    /// `hh:mm`.
    pub fn clock(self, time: Timestamp) -> String {
        self.of(time).format("%H:%M").to_string()
    }

    /// `dd/mm/yyyy hh:mm:ss`, as the line mode has it in every language.
    pub fn date_and_clock(self, time: Timestamp) -> String {
        self.of(time).format("%d/%m/%Y %H:%M:%S").to_string()
    }
}

/// A day with its name: `Friday 22 November 2024`.
pub fn day_name(day: NaiveDate, texts: &Texts) -> String {
    let name = |id: &str, number: u32| texts.format(id, &[("number", number.into())]);
    texts.format(
        "date-day",
        &[
            ("weekday", name("date-weekday", day.weekday().number_from_monday()).into()),
            ("day", day.day().to_string().into()),
            ("month", name("date-month", day.month()).into()),
            ("year", day.year().to_string().into()),
        ],
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ground::texts::Language;

    #[test]
    fn a_day_ends_at_midnight() {
        let at = |text: &str| Timestamp::parse(text).unwrap();
        let evening = at("2022-09-18T23:59:59.999Z");
        assert!(Zone::Utc.is_same_day(evening, at("2022-09-18T23:46:00.000Z")));
        assert!(Zone::Utc.is_same_day(evening, at("2022-09-18T00:00:00.000Z")));
        assert!(!Zone::Utc.is_same_day(evening, at("2022-09-19T00:00:00.000Z")));
        assert!(!Zone::Utc.is_same_day(evening, at("2022-09-17T23:59:59.999Z")));
    }

    #[test]
    fn days_and_clocks() {
        let time = Timestamp::parse("2022-09-18T11:49:43.000Z").unwrap();
        assert_eq!(Zone::Utc.clock(time), "11:49");
        assert_eq!(Zone::Utc.date_and_clock(time), "18/09/2022 11:49:43");
        let day = Zone::Utc.day(time);
        assert_eq!(day_name(day, &Texts::new(Language::English)), "Sunday 18 September 2022");
        assert_eq!(day_name(day, &Texts::new(Language::French)), "dimanche 18 septembre 2022");
    }
}
