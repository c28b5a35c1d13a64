//! The bounds of connections, as far as an operator decides them: how many, from where, how fast, how much of each waits.

use std::net::IpAddr;
use std::time::Duration;

use ipnet::IpNet;

use super::config::Config;
use super::outbox::{InboxLimit, OutboxLimits};
use super::pace::PaceLimits;
use crate::chat::settings::Settings;

/// The bounds of one connection.
#[derive(Clone, Copy, Debug, Default)]
pub struct ConnectionLimits {
    /// How much may wait for it.
    pub outbox: OutboxLimits,
    /// How many bytes of its lines may wait to be handled.
    pub inbox: InboxLimit,
    /// How fast its lines are taken in.
    pub pace: PaceLimits,
}

impl ConnectionLimits {
    /// The same, and lines as fast as one likes.
    pub fn without_pace(self) -> Self {
        Self { pace: PaceLimits::NONE, ..self }
    }
}

/// What an operator decides about who comes in. Counts for connections that come from then on.
#[derive(Clone, Debug)]
pub struct EntranceSettings {
    /// How many connections are served at once. Beyond: turned away.
    pub connections_max: usize,
    /// How many of them from one address; 0: as many as there are.
    pub connections_per_address_max: usize,
    /// From where balancers connect, which say for whom.
    pub proxy_networks: Vec<IpNet>,
    /// How long a TLS handshake may take, and a balancer to say for whom it connects. What they hold meanwhile is bounded by
    /// the number of connections.
    pub handshake_timeout: Duration,
    /// The bounds of each connection.
    pub connection: ConnectionLimits,
    /// The rules' settings: for whom the bounds by address hold.
    pub rules: Settings,
}

impl EntranceSettings {
    /// Those of a configuration.
    pub fn of(config: &Config) -> Self {
        Self {
            connections_max: config.connections_max,
            connections_per_address_max: config.connections_per_address_max,
            proxy_networks: config.proxy_networks.clone(),
            handshake_timeout: config.handshake_timeout,
            connection: ConnectionLimits { outbox: config.outbox, inbox: config.inbox, pace: config.pace },
            rules: config.rules.clone(),
        }
    }

    /// Whether a balancer connects from an address.
    pub fn is_balancer(&self, address: IpAddr) -> bool {
        self.proxy_networks.iter().any(|network| network.contains(&address))
    }
}
