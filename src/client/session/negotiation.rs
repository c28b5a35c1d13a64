//! From the open connection to the log-in: CAP, REGISTER, AUTHENTICATE.

use super::fact::{Fact, LoginFailureKind, Refusal};
use super::login::{Exchange, Next};
use super::{Output, Phase, Session, WANTED};
use crate::client::connection::{LoginStep, Proof};
use crate::client::event::{Moment, Security};
use crate::proto::caps::{Cap, CapChange, CapSet, items, pack_words};
use crate::proto::message::{Line, Message};
use crate::proto::sasl::Mechanism;

/// What the value of `draft/account-registration` holds where an invitation's code stands in the place of the email address.
const INVITATION: &str = "chat-tui/invitation";
/// The most bytes of the list in one CAP REQ line.
const REQUEST_BYTES_MAX: usize = 400;

impl Session {
    pub(super) fn capabilities(&mut self, message: &Message<'_>, out: &mut Output) {
        let params = message.params();
        let subcommand = params.get(1).copied().unwrap_or_default().to_ascii_uppercase();
        let list = params.last().copied().unwrap_or_default();
        match subcommand.as_str() {
            "LS" => {
                self.offer.add(list);
                let more_follows = params.len() > 3 && params.get(2) == Some(&"*");
                if !more_follows && self.phase == Phase::Negotiating && self.requests == 0 {
                    self.request(self.offer.set().intersection(WANTED), out);
                    self.negotiated(out);
                }
            }
            "NEW" => {
                let named = self.offer.add(list);
                self.request(named.intersection(WANTED).difference(self.enabled), out);
            }
            "DEL" => {
                let gone = self.offer.remove(list);
                self.enabled = self.enabled.difference(gone);
            }
            "ACK" => {
                if let Some(change) = CapChange::parse(list) {
                    self.enabled = change.apply(self.enabled);
                }
                self.answered(out);
            }
            "NAK" => {
                // One of several was not liked: ask for each alone.
                let refused: CapSet = items(list).filter_map(|item| item.cap()).collect();
                if refused.len() > 1 {
                    for cap in refused.iter() {
                        self.requests += 1;
                        out.lines.push(Line::new("CAP").param("REQ").trailing(cap.name()));
                    }
                }
                self.answered(out);
            }
            _ => {}
        }
    }

    fn request(&mut self, caps: CapSet, out: &mut Output) {
        for list in pack_words(caps.iter().map(Cap::name), REQUEST_BYTES_MAX) {
            self.requests += 1;
            out.lines.push(Line::new("CAP").param("REQ").trailing(&list));
        }
    }

    fn answered(&mut self, out: &mut Output) {
        self.requests = self.requests.saturating_sub(1);
        self.negotiated(out);
    }

    /// Goes on to the log-in once no request is open.
    fn negotiated(&mut self, out: &mut Output) {
        if self.phase != Phase::Negotiating || self.requests > 0 {
            return;
        }
        let Some(opening) = &self.opening else { return };
        if self.has(Cap::Languages) && self.offer.value_has(Cap::Languages, opening.language) {
            out.lines.push(Line::new("LANGUAGE").param(opening.language));
        }
        if opening.is_guest() {
            return self.finish_negotiation(out);
        }
        if !opening.credentials.register {
            return self.authenticate_anew(out);
        }
        if !self.offer.set().has(Cap::AccountRegistration) {
            return self.fail_login(LoginFailureKind::NoRegistration, "", out);
        }
        if self.offer.value_has(Cap::AccountRegistration, "before-connect") {
            self.register(out);
        } else {
            self.finish_negotiation(out);
        }
    }

    pub(super) fn register(&mut self, out: &mut Output) {
        let Some(opening) = &self.opening else { return };
        // Elsewhere an email address stands in this place: nobody else is told the code.
        let asks_for_code = self.offer.value_has(Cap::AccountRegistration, INVITATION);
        let code = opening.credentials.invitation.as_ref().filter(|_| asks_for_code);
        if asks_for_code && code.is_none() {
            return self.fail_login(LoginFailureKind::InvitationRequired, "", out);
        }
        if let Proof::Password(password) = &opening.credentials.proof {
            let code = code.map_or("*", |code| code.expose());
            let line = Line::new("REGISTER").param(&opening.credentials.account).param(code);
            out.lines.push(line.trailing(password.expose()));
            self.enter(Phase::Registering, LoginStep::Registering, out);
        }
    }

    /// `REGISTER SUCCESS <account> :…` or `REGISTER VERIFICATION_REQUIRED <account> :…`
    pub(super) fn registered(&mut self, message: &Message<'_>, now: Moment, out: &mut Output) {
        let description = message.params().last().copied().unwrap_or_default();
        if self.phase != Phase::Registering {
            return;
        }
        match message.param(0) {
            Some("SUCCESS") => {
                self.account = message.param(1).map(str::to_owned);
                if let Some(opening) = &mut self.opening {
                    opening.credentials.register = false;
                }
                out.facts.push(Fact::Registered);
                if self.has_ended_negotiation {
                    self.enter(Phase::Welcoming, LoginStep::Welcoming, out);
                } else {
                    self.finish_negotiation(out);
                }
                if self.is_welcomed {
                    self.ready(now, out);
                }
            }
            Some("VERIFICATION_REQUIRED") => self.fail_login(LoginFailureKind::NeedsVerification, description, out),
            _ => {}
        }
    }

    /// Begins a SASL exchange with the best mechanism that was not tried yet.
    pub(super) fn authenticate_anew(&mut self, out: &mut Output) {
        let Some(opening) = &self.opening else { return };
        if !self.has(Cap::Sasl) {
            return self.fail_login(LoginFailureKind::NoLogin, "", out);
        }
        let offers = self.offer.value(Cap::Sasl);
        let Some(mechanism) = Exchange::choose(&opening.credentials, offers, &self.tried) else {
            return self.fail_login(LoginFailureKind::NoLogin, "", out);
        };
        self.exchange = Some(Exchange::new(mechanism, &opening.credentials, &opening.random));
        out.lines.push(Line::new("AUTHENTICATE").param(mechanism.name()));
        self.enter(Phase::Authenticating, LoginStep::Authenticating, out);
    }

    /// `AUTHENTICATE <chunk>`
    pub(super) fn authenticate(&mut self, chunk: &str, out: &mut Output) {
        if let Some(exchange) = &mut self.exchange {
            let next = exchange.receive(chunk);
            self.go_on(next, out);
        }
    }

    pub(super) fn go_on(&mut self, next: Next, out: &mut Output) {
        match next {
            Next::Send(chunks) => {
                out.lines.extend(chunks.iter().map(|chunk| Line::new("AUTHENTICATE").param(chunk)));
            }
            Next::Prove(client, challenge) => out.facts.push(Fact::Prove(client, challenge)),
            Next::Wait => {}
            Next::Fail(kind) => self.fail_login(kind, "", out),
        }
    }

    /// 903: the server accepts the log-in.
    pub(super) fn authenticated(&mut self, out: &mut Output) {
        let Some(exchange) = self.exchange.take() else { return };
        if !exchange.is_proven() {
            return self.fail_login(LoginFailureKind::ServerUnproven, "", out);
        }
        self.finish_negotiation(out);
    }

    /// 902, 904, 905, 907: the server refuses the log-in.
    pub(super) fn not_authenticated(&mut self, description: &str, out: &mut Output) {
        let Some(exchange) = self.exchange.take() else { return };
        let failure = self.failure.take();
        let kind = failure.as_ref().map_or(LoginFailureKind::BadCredentials, |refusal| failure_kind(&refusal.code));
        self.tried.push(exchange.mechanism());
        let is_safe = self.opening.as_ref().is_some_and(|opening| opening.security != Security::Plain);
        // Elsewhere an account may have no SCRAM keys; here every one has. PLAIN shows the password to the server, so it is
        // used where nobody else can read along.
        let other_may_fit = exchange.mechanism() == Mechanism::ScramSha256 && !self.is_own_kind() && is_safe;
        let was_unknown = std::mem::take(&mut self.is_mechanism_unknown);
        if kind == LoginFailureKind::BadCredentials && (other_may_fit || was_unknown) {
            let offers = self.offer.value(Cap::Sasl);
            let next =
                self.opening.as_ref().and_then(|opening| Exchange::choose(&opening.credentials, offers, &self.tried));
            if next.is_some() {
                return self.authenticate_anew(out);
            }
        }
        let description = failure.map_or(description.to_owned(), |refusal| refusal.description);
        self.fail_login(kind, &description, out);
    }

    /// A FAIL before the conversations: what it says about REGISTER is final, what it says about AUTHENTICATE precedes 904.
    pub(super) fn login_refused(&mut self, refusal: Refusal, out: &mut Output) {
        match (refusal.command.as_str(), self.phase) {
            ("REGISTER", Phase::Registering) => {
                self.fail_login(failure_kind(&refusal.code), &refusal.description, out);
            }
            ("AUTHENTICATE", _) => self.failure = Some(refusal),
            ("LANGUAGE", _) => {}
            // ACCOUNT_REQUIRED and whatever else keeps us out.
            ("*", _) => self.fail_login(failure_kind(&refusal.code), &refusal.description, out),
            _ => {}
        }
    }

    pub(super) fn finish_negotiation(&mut self, out: &mut Output) {
        self.has_ended_negotiation = true;
        out.lines.push(Line::new("CAP").param("END"));
        self.enter(Phase::Welcoming, LoginStep::Welcoming, out);
    }
}

/// What a code of a FAIL line means for the person.
fn failure_kind(code: &str) -> LoginFailureKind {
    match code {
        "ACCOUNT_EXISTS" | "USERNAME_EXISTS" | "NAME_IN_USE" | "ACCOUNT_NAME_IN_USE" => LoginFailureKind::NameInUse,
        "BAD_ACCOUNT_NAME" | "ACCOUNT_NAME_MUST_BE_NICK" | "CONFUSABLE_USERNAME" => LoginFailureKind::BadName,
        "WEAK_PASSWORD" | "UNACCEPTABLE_PASSWORD" => LoginFailureKind::WeakPassword,
        "INVITATION_REQUIRED" => LoginFailureKind::InvitationRequired,
        "INVALID_INVITATION" => LoginFailureKind::InvitationInvalid,
        "TEMPORARILY_UNAVAILABLE" => LoginFailureKind::TemporarilyUnavailable,
        "ACCOUNT_SUSPENDED" => LoginFailureKind::Suspended,
        "SECURE_CONNECTION_REQUIRED" => LoginFailureKind::NeedsSecureConnection,
        "DISALLOWED" | "NOT_ALLOWED" => LoginFailureKind::NoRegistration,
        "INVALID_CREDENTIALS" => LoginFailureKind::BadCredentials,
        "ACCOUNT_REQUIRED" => LoginFailureKind::AccountRequired,
        _ => LoginFailureKind::Other,
    }
}
