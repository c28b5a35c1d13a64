//! The throttles of the rules: what is tried too often under an address, or an account at an address.

use std::net::IpAddr;

use super::allowance::{Allowance, Throttle};
use super::policy;
use super::settings::Settings;
use super::slow::Speaker;
use crate::proto::time::Timestamp;

/// All throttles of the rules.
#[derive(Debug, Default)]
pub(crate) struct Throttles {
    /// Failed log-ins, by address.
    pub logins: Throttle<String>,
    /// Failed log-ins, by account name and address.
    pub account_logins: Throttle<(String, String)>,
    /// Registrations, failed ones included, by address.
    pub registrations: Throttle<String>,
    /// Reports of messages.
    pub reports: Throttle<Speaker>,
}

impl Throttles {
    /// Forgets what has no effect any more.
    pub fn forget_old(&mut self, now: Timestamp) {
        self.logins.forget_old(now);
        self.account_logins.forget_old(now);
        self.registrations.forget_old(now);
        self.reports.forget_old(now);
    }

    /// Uses one failed log-in, which is given back when it succeeds.
    ///
    /// # Errors
    /// After how many milliseconds one may try again.
    pub fn take_login(&mut self, settings: &Settings, name: &str, address: &str, now: Timestamp) -> Result<(), i64> {
        let window = settings.failed_login_window;
        let by_address = Allowance { count: settings.failed_logins_per_address_max, window };
        let by_account = Allowance { count: settings.failed_logins_per_account_max, window };
        let address = address.to_owned();
        let key = (name.to_owned(), address.clone());
        self.account_logins.take(&key, by_account, now)?;
        self.logins.take(&address, by_address, now).inspect_err(|_| self.account_logins.give_back(&key, by_account))
    }

    /// The log-in succeeded, or nobody could judge it: it does not count as a failed one.
    pub fn give_login_back(&mut self, settings: &Settings, name: &str, address: &str, has_succeeded: bool) {
        let window = settings.failed_login_window;
        let by_account = Allowance { count: settings.failed_logins_per_account_max, window };
        let address = address.to_owned();
        self.logins.give_back(&address, Allowance { count: settings.failed_logins_per_address_max, window });
        let key = (name.to_owned(), address);
        match has_succeeded {
            true => self.account_logins.forgive(&key),
            false => self.account_logins.give_back(&key, by_account),
        }
    }
}

/// Whether the bounds by address hold for an address: not for trusted networks, and not for this machine itself unless
/// the operator says so, because behind a proxy on it everybody has its address.
pub(crate) fn is_bounded(settings: &Settings, address: IpAddr) -> bool {
    let address = address.to_canonical();
    let is_own = policy::address_key(address) == policy::address_key(IpAddr::V4(std::net::Ipv4Addr::LOCALHOST));
    (settings.limit_loopback || !is_own) && !settings.trusts(address)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_machine_and_trusted_networks_have_no_bounds() {
        let mut settings = Settings { trusted_networks: vec!["10.0.0.0/8".parse().unwrap()], ..Settings::default() };
        let bounded = |settings: &Settings, text: &str| is_bounded(settings, text.parse().unwrap());
        for exempt in ["127.0.0.1", "::1", "::ffff:127.0.0.1", "10.1.2.3", "::ffff:10.1.2.3"] {
            assert!(!bounded(&settings, exempt), "{exempt}");
        }
        assert!(
            bounded(&settings, "127.0.0.2") && bounded(&settings, "192.0.2.1") && bounded(&settings, "2001:db8::1")
        );
        settings.limit_loopback = true;
        assert!(bounded(&settings, "127.0.0.1") && bounded(&settings, "::1") && !bounded(&settings, "10.1.2.3"));
    }
}
