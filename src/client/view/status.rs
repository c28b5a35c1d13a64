//! How far the connection has got, in a sentence: for the status line and for the form.

use ratatui::style::Style;

use super::look::Look;
use crate::client::config::ServerChoice;
use crate::client::connection::{LoginStep, Status};
use crate::client::event::{ConnectStep, Security};
use crate::client::model::Model;

/// A sign of one column, a sentence, and the style of both.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sentence {
    /// Says at a glance what the sentence says.
    pub mark: &'static str,
    /// The sentence.
    pub text: String,
    /// How both look.
    pub style: Style,
}

/// The state of the connection; nothing when none is wanted.
pub fn sentence(model: &Model, look: &Look<'_>) -> Option<Sentence> {
    let connection = &model.server.connection;
    let server = server_name(&model.server.choice, look);
    let progress = |id: &str| {
        let text = look.texts.format(id, &[("server", server.as_str().into())]);
        Some(Sentence { mark: "◌", text, style: look.theme.dim() })
    };
    match &connection.status {
        Status::Off => None,
        Status::AskingKeyring => progress("status-asking-keyring"),
        Status::StartingServer => progress("status-starting-server"),
        Status::Connecting(ConnectStep::Resolving) => progress("status-resolving"),
        Status::Connecting(ConnectStep::Opening) => progress("status-opening"),
        Status::Connecting(ConnectStep::Securing) => progress("status-securing"),
        Status::LoggingIn(LoginStep::Negotiating) => progress("status-negotiating"),
        Status::LoggingIn(LoginStep::Registering) => progress("status-registering"),
        Status::LoggingIn(LoginStep::Authenticating) => progress("status-authenticating"),
        Status::LoggingIn(LoginStep::Welcoming) => progress("status-welcoming"),
        Status::Online => Some(match connection.security {
            Some(Security::Plain) => Sentence {
                mark: "!",
                text: look.texts.format("status-online-plain", &[("server", server.into())]),
                style: look.theme.warning(),
            },
            Some(Security::Tls) => Sentence {
                mark: "●",
                text: look.texts.format("status-online-tls", &[("server", server.into())]),
                style: look.theme.good(),
            },
            Some(Security::Local) | None => Sentence { mark: "●", text: server, style: look.theme.good() },
        }),
        Status::Waiting { until_millis, reason } => {
            let millis = until_millis.saturating_sub(model.now.elapsed_millis);
            let seconds = ("seconds", millis.div_ceil(1_000).into());
            let text = match reason.as_str() {
                "" => look.texts.format("status-lost", &[seconds]),
                reason => look.texts.format("status-lost-because", &[seconds, ("reason", reason.into())]),
            };
            Some(Sentence { mark: "○", text, style: look.theme.warning() })
        }
        Status::Refused { reason } => Some(Sentence { mark: "✗", text: reason.clone(), style: look.theme.error() }),
    }
}

/// The server as a person knows it.
fn server_name(server: &ServerChoice, look: &Look<'_>) -> String {
    match server {
        ServerChoice::Local => look.texts.get("status-local-server").into_owned(),
        ServerChoice::At(endpoint) => endpoint.to_string(),
    }
}
