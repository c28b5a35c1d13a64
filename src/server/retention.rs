//! Has the store let go, now and then, of what the rules no longer keep.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, watch};

use super::clock::now;
use super::hub::stopped;
use super::mailbox::Mail;
use crate::chat::event::OperatorAct;
use crate::store::audit::Audit;
use crate::store::audit::retain::{Retained, Rule};

/// How often the rules are carried out. Each time goes along what they are about.
const INTERVAL: Duration = Duration::from_secs(6 * 60 * 60);

/// Carries the rules out until the server stops. One that fails is tried again the next time.
pub async fn keep(audit: Arc<dyn Audit>, rules: Vec<Rule>, hub: mpsc::Sender<Mail>, mut stop: watch::Receiver<bool>) {
    let mut moments = tokio::time::interval(INTERVAL);
    loop {
        tokio::select! {
            () = stopped(&mut stop) => break,
            _ = moments.tick() => {}
        }
        match audit.retain(&rules, now(), false).await {
            Ok(retained) if retained.is_nothing() => {}
            Ok(retained) => {
                let text = describe(&rules, &retained);
                tracing::info!(text, "the rules of retention let go of what is old");
                let _ = hub.send(Mail::Note { act: OperatorAct::Retained, text }).await;
            }
            Err(error) => tracing::warn!(%error, "the rules of retention could not be carried out"),
        }
    }
    audit.close().await;
}

/// What was let go of, in a line: it names the rules and no more.
pub fn describe(rules: &[Rule], retained: &Retained) -> String {
    let each = rules
        .iter()
        .zip(&retained.erased)
        .map(|(rule, count)| format!("{} ({} days): {count} erased", rule.scope, rule.days));
    std::iter::once(format!("{} removed", retained.removed)).chain(each).collect::<Vec<_>>().join(", ")
}
