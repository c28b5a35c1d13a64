//! The one place of the server where the clock is read.

use crate::proto::time::Timestamp;

/// What the clock says. That it may step back is the rules' concern.
pub fn now() -> Timestamp {
    let since_epoch = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_millis(i64::try_from(since_epoch.as_millis()).unwrap_or(i64::MAX))
}

/// A clock that can be another one than the system's: simulated time, for whoever has to see years pass.
pub type Clock = Box<dyn Fn() -> Timestamp + Send + Sync>;

/// The system's clock.
pub fn system() -> Clock {
    Box::new(now)
}
