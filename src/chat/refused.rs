//! Which refused addresses were told to their accounts: each once in a while.

use std::collections::VecDeque;

use super::event::AccountId;
use super::limits;
use crate::proto::time::Timestamp;

/// Which refused addresses were told to their accounts, the oldest first.
#[derive(Debug, Default)]
pub(crate) struct RefusedAddresses {
    told: VecDeque<(AccountId, String, Timestamp)>,
}

impl RefusedAddresses {
    /// Whether an address is to be told now: not again within a while.
    pub fn is_due(&mut self, account: AccountId, address: &str, now: Timestamp) -> bool {
        self.forget_old(now);
        if self.told.iter().any(|(known, text, _)| *known == account && text == address) {
            return false;
        }
        if self.told.len() >= limits::REFUSED_ADDRESSES_MAX {
            self.told.pop_front();
        }
        self.told.push_back((account, address.to_owned(), now));
        true
    }

    /// Forgets what may be told again.
    pub fn forget_old(&mut self, now: Timestamp) {
        while let Some((_, _, told)) = self.told.front()
            && now.millis_since(*told) >= limits::REFUSED_ADDRESS_TOLD_AGAIN_AFTER_MILLIS
        {
            self.told.pop_front();
        }
    }
}
