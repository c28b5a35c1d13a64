//! What goes into a statement and what comes out of it, alike for both databases.
//!
//! Dates travel as text, `2026-11-22 10:00:00.000` in UTC: SQLite keeps them so, MariaDB and MySQL read and write them so.

use chrono::NaiveDateTime;

use super::StoreError;
use crate::chat::event::{AccountId, ChannelId, DeviceId, Seq};
use crate::proto::time::{Timestamp, WIRE_BYTES};

/// One value of a statement or of a row. Databases may hand out texts as [`Value::Bytes`]; [`Row`] does not mind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// Nothing.
    Null,
    /// A number.
    Integer(i64),
    /// A text or a date.
    Text(String),
    /// Bytes, or a text.
    Bytes(Vec<u8>),
}

impl Value {
    /// About how many bytes it takes on its way to the database.
    pub fn weight(&self) -> usize {
        match self {
            Self::Null => 1,
            Self::Integer(_) => 8,
            Self::Text(text) => text.len(),
            Self::Bytes(bytes) => bytes.len(),
        }
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self::Integer(number)
    }
}

/// Numbers beyond `i64` do not occur among stored ones; in a question they mean "behind everything".
impl From<u64> for Value {
    fn from(number: u64) -> Self {
        Self::Integer(i64::try_from(number).unwrap_or(i64::MAX))
    }
}

impl From<u32> for Value {
    fn from(number: u32) -> Self {
        Self::Integer(number.into())
    }
}

impl From<u16> for Value {
    fn from(number: u16) -> Self {
        Self::Integer(number.into())
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<Vec<u8>> for Value {
    fn from(bytes: Vec<u8>) -> Self {
        Self::Bytes(bytes)
    }
}

impl From<&[u8]> for Value {
    fn from(bytes: &[u8]) -> Self {
        Self::Bytes(bytes.to_vec())
    }
}

impl From<Timestamp> for Value {
    fn from(time: Timestamp) -> Self {
        Self::Text(date_of(time))
    }
}

impl From<Seq> for Value {
    fn from(seq: Seq) -> Self {
        seq.0.into()
    }
}

impl From<AccountId> for Value {
    fn from(account: AccountId) -> Self {
        account.0.into()
    }
}

impl From<ChannelId> for Value {
    fn from(channel: ChannelId) -> Self {
        channel.0.into()
    }
}

impl From<DeviceId> for Value {
    fn from(device: DeviceId) -> Self {
        device.0.into()
    }
}

impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

/// The values of a statement, in the order of its `?`.
macro_rules! values {
    ($($value:expr),* $(,)?) => {
        vec![$($crate::store::value::Value::from($value)),*]
    };
}
pub(super) use values;

/// What both databases can hold as a date.
const DATE_MIN: Timestamp = Timestamp::from_millis(-30_610_224_000_000); // 1000-01-01
const DATE_MAX: Timestamp = Timestamp::from_millis(253_402_300_799_999); // 9999-12-31

/// A moment as the databases hold it; moments that they cannot hold become the nearest that they can.
pub fn date_of(time: Timestamp) -> String {
    // As on the wire, but for a blank between day and hour, and without the letter of the time zone.
    let mut date = time.clamp(DATE_MIN, DATE_MAX).to_string().replace('T', " ");
    date.pop();
    date
}

/// The moment of a date.
pub fn moment_of(date: &str) -> Option<Timestamp> {
    written_by_us(date).or_else(|| written_otherwise(date))
}

/// The moment of a date as [`date_of`] writes it, which nearly all are.
fn written_by_us(date: &str) -> Option<Timestamp> {
    let (day, hour) = date.split_once(' ')?;
    let mut wire = [0; WIRE_BYTES];
    let mut rest = wire.as_mut_slice();
    for part in [day, "T", hour, "Z"] {
        let (place, behind) = rest.split_at_mut_checked(part.len())?;
        place.copy_from_slice(part.as_bytes());
        rest = behind;
    }
    Timestamp::parse(std::str::from_utf8(&wire).ok()?)
}

/// The moment of a date with more or fewer digits of a second.
fn written_otherwise(date: &str) -> Option<Timestamp> {
    let parsed = NaiveDateTime::parse_from_str(date, "%Y-%m-%d %H:%M:%S%.f").ok()?;
    Some(Timestamp::from_millis(parsed.and_utc().timestamp_millis()))
}

/// One row of an answer, read column by column from the left.
#[derive(Debug)]
pub struct Row {
    values: std::vec::IntoIter<Value>,
}

/// The database holds something that we did not write, or a query and its reader disagree.
fn odd(expected: &str) -> StoreError {
    StoreError::Rejected(format!("the database gave something else where {expected} was expected"))
}

impl Row {
    /// A row of these columns.
    pub fn new(values: Vec<Value>) -> Self {
        Self { values: values.into_iter() }
    }

    /// The next column, whatever it holds.
    pub fn value(&mut self) -> Value {
        self.values.next().unwrap_or(Value::Null)
    }

    /// The next column as bytes, or nothing.
    pub fn optional_bytes(&mut self) -> Result<Option<Vec<u8>>, StoreError> {
        match self.value() {
            Value::Null => Ok(None),
            Value::Text(text) => Ok(Some(text.into_bytes())),
            Value::Bytes(bytes) => Ok(Some(bytes)),
            Value::Integer(_) => Err(odd("bytes")),
        }
    }

    /// The next column as so many bytes, or nothing.
    pub fn optional_array<const N: usize>(&mut self) -> Result<Option<[u8; N]>, StoreError> {
        let bytes = self.optional_bytes()?;
        bytes.map(|bytes| bytes.try_into().map_err(|_| odd("a digest"))).transpose()
    }

    /// The next column as so many bytes.
    pub fn array<const N: usize>(&mut self) -> Result<[u8; N], StoreError> {
        self.optional_array()?.ok_or_else(|| odd("a digest"))
    }

    /// The next column as text, or nothing.
    pub fn optional_text(&mut self) -> Result<Option<String>, StoreError> {
        match self.value() {
            Value::Null => Ok(None),
            Value::Text(text) => Ok(Some(text)),
            Value::Bytes(bytes) => String::from_utf8(bytes).map(Some).map_err(|_| odd("a text")),
            Value::Integer(_) => Err(odd("a text")),
        }
    }

    /// The next column as text.
    pub fn text(&mut self) -> Result<String, StoreError> {
        self.optional_text()?.ok_or_else(|| odd("a text"))
    }

    /// The next column as a number that is not negative, or nothing.
    pub fn optional_number(&mut self) -> Result<Option<u64>, StoreError> {
        match self.value() {
            Value::Null => Ok(None),
            Value::Integer(number) => u64::try_from(number).map(Some).map_err(|_| odd("a number")),
            Value::Text(_) | Value::Bytes(_) => Err(odd("a number")),
        }
    }

    /// The next column as a number that is not negative.
    pub fn number(&mut self) -> Result<u64, StoreError> {
        self.optional_number()?.ok_or_else(|| odd("a number"))
    }

    /// The next column as a smaller number.
    pub fn optional_small<N: TryFrom<u64>>(&mut self) -> Result<Option<N>, StoreError> {
        let number = self.optional_number()?;
        number.map(|number| N::try_from(number).map_err(|_| odd("a smaller number"))).transpose()
    }

    /// The next column as a date, or nothing.
    pub fn optional_time(&mut self) -> Result<Option<Timestamp>, StoreError> {
        let date = self.optional_text()?;
        date.map(|date| moment_of(&date).ok_or_else(|| odd("a date"))).transpose()
    }

    /// The next column as a date.
    pub fn time(&mut self) -> Result<Timestamp, StoreError> {
        self.optional_time()?.ok_or_else(|| odd("a date"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_keep_milliseconds_and_stay_within_what_databases_hold() {
        for (millis, date) in [
            (0, "1970-01-01 00:00:00.000"),
            (1_795_341_600_007, "2026-11-22 10:00:00.007"),
            (-1, "1969-12-31 23:59:59.999"),
            (DATE_MIN.as_millis(), "1000-01-01 00:00:00.000"),
            (DATE_MAX.as_millis(), "9999-12-31 23:59:59.999"),
        ] {
            let time = Timestamp::from_millis(millis);
            assert_eq!(date_of(time), date);
            assert_eq!(moment_of(date), Some(time));
        }
        for date in ["2026-11-22 10:00:00", "2026-11-22 10:00:00.0", "2026-11-22 10:00:00.000000"] {
            assert_eq!(moment_of(date), moment_of("2026-11-22 10:00:00.000"), "{date}");
        }
        for date in
            ["", " ", "2026-11-22", "2026-11-22T10:00:00.000", "2026-11-22 10:00:00.000 ", "2026-13-22 10:00:00.000"]
        {
            assert_eq!(moment_of(date), None, "{date}");
        }
        assert_eq!(date_of(Timestamp::from_millis(i64::MAX)), date_of(DATE_MAX));
        assert_eq!(date_of(Timestamp::from_millis(i64::MIN)), date_of(DATE_MIN));
    }

    #[test]
    fn rows_refuse_what_is_not_there() {
        let mut row = Row::new(values![7_u64, "ann", vec![0xff_u8], None::<u64>, -1_i64, "no date"]);
        assert_eq!(row.number().unwrap(), 7);
        assert_eq!(row.text().unwrap(), "ann");
        assert!(row.text().is_err());
        assert_eq!(row.optional_number().unwrap(), None);
        assert!(row.number().is_err());
        assert!(row.time().is_err());
        assert!(row.number().is_err(), "behind the last column");
    }
}
