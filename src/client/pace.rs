//! When messages may leave: not too many at once where the server punishes haste, and not while it cannot take any.

/// On servers that punish haste: how many messages may leave at once …
const BURST: u64 = 5;
/// … and how much time each one takes up.
const MESSAGE_MILLIS: u64 = 2_000;
/// How long to wait after the server could not take a message, at first and at most.
const RETRY_FIRST_MILLIS: u64 = 2_000;
const RETRY_MAX_MILLIS: u64 = 60_000;

/// The pace of one connection. All moments are of `Moment::elapsed_millis`.
#[derive(Debug, Default)]
pub struct Pace {
    /// When everything sent so far has taken up its time.
    used_until_millis: u64,
    /// The server could not take a message: nothing leaves before this moment.
    blocked_until_millis: Option<u64>,
    retry_millis: u64,
}

impl Pace {
    /// Whether a message may leave; `is_patient` when the server does not punish haste.
    pub fn allows(&self, now_millis: u64, is_patient: bool) -> bool {
        let is_blocked = self.blocked_until_millis.is_some_and(|until| until > now_millis);
        !is_blocked && (is_patient || self.used_until_millis <= now_millis + (BURST - 1) * MESSAGE_MILLIS)
    }

    /// When the next message may leave.
    pub fn next_millis(&self, is_patient: bool) -> u64 {
        let free = if is_patient { 0 } else { self.used_until_millis.saturating_sub((BURST - 1) * MESSAGE_MILLIS) };
        self.blocked_until_millis.unwrap_or(0).max(free)
    }

    /// A message has left.
    pub fn sent(&mut self, now_millis: u64) {
        self.used_until_millis = self.used_until_millis.max(now_millis) + MESSAGE_MILLIS;
    }

    /// The server could not take a message: nothing leaves for a while, longer each time.
    pub fn block(&mut self, now_millis: u64) {
        if self.blocked_until_millis.is_none_or(|until| until <= now_millis) {
            self.retry_millis = (self.retry_millis * 2).clamp(RETRY_FIRST_MILLIS, RETRY_MAX_MILLIS);
            self.blocked_until_millis = Some(now_millis + self.retry_millis);
        }
    }

    /// The server took a message.
    pub fn succeeded(&mut self) {
        self.retry_millis = 0;
        self.blocked_until_millis = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_leaves_at_once_and_the_rest_in_step() {
        let mut pace = Pace::default();
        let mut sent = 0;
        while pace.allows(1_000, false) {
            pace.sent(1_000);
            sent += 1;
        }
        assert_eq!(sent, BURST);
        assert!(pace.allows(1_000, true));
        assert!(!pace.allows(pace.next_millis(false) - 1, false));
        assert!(pace.allows(pace.next_millis(false), false));
    }

    #[test]
    fn the_server_is_given_longer_and_longer_pauses() {
        let mut pace = Pace::default();
        pace.block(0);
        pace.block(100);
        assert!(!pace.allows(RETRY_FIRST_MILLIS - 1, true));
        assert!(pace.allows(RETRY_FIRST_MILLIS, true));
        pace.block(RETRY_FIRST_MILLIS);
        assert_eq!(pace.next_millis(true), 3 * RETRY_FIRST_MILLIS);
        pace.succeeded();
        assert!(pace.allows(0, true));
    }
}
