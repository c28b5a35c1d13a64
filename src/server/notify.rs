//! What the service manager is told: that the server is ready, that it lives, that it stops.
//!
//! Only a hub that answers counts as alive: a process whose hub hangs is started again by the manager's watchdog. Without a
//! manager nothing happens.
//!
//! Specification: sd_notify(3), sd_watchdog_enabled(3).

use std::time::Duration;

use sd_notify::NotifyState;
use tokio::sync::watch;

use super::http::Observer;
use super::hub::stopped;

/// How often the manager is told how the server is when it does not ask for signs of life.
const STATUS_INTERVAL: Duration = Duration::from_secs(30);

/// Clients can connect.
pub fn ready() {
    tell(&[NotifyState::Ready, NotifyState::Status("listening")]);
}

/// The server stops.
pub fn stopping() {
    tell(&[NotifyState::Stopping, NotifyState::Status("stopping")]);
}

fn tell(states: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(states) {
        tracing::debug!(%error, "the service manager cannot be told");
    }
}

/// Gives the manager signs of life, twice as often as it wants them, until the server stops.
pub async fn live(observer: Observer, mut stop: watch::Receiver<bool>) {
    // Both variables come from the manager. Who started us without one wants no signs.
    if std::env::var_os("NOTIFY_SOCKET").is_none() {
        return;
    }
    let interval = sd_notify::watchdog_enabled().map_or(STATUS_INTERVAL, |timeout| timeout / 2);
    let mut moments = tokio::time::interval(interval.max(Duration::from_millis(10)));
    loop {
        tokio::select! {
            () = stopped(&mut stop) => return,
            _ = moments.tick() => {}
        }
        match observer.inspect().await {
            Some(inspection) => {
                let how = if inspection.is_ready() { "ready" } else { "the database is away" };
                let status = format!("{how}, {} connections", inspection.connections);
                tell(&[NotifyState::Watchdog, NotifyState::Status(&status)]);
            }
            None => tracing::error!("the hub does not answer: the service manager gets no sign of life"),
        }
    }
}
