//! The SASL side of a log-in: which mechanism, and its steps.
//!
//! Specification: IRCv3 `sasl-3.2`; RFC 4616 (PLAIN), RFC 7677 (SCRAM-SHA-256), RFC 4422 (EXTERNAL).

use super::fact::LoginFailureKind;
use crate::client::connection::{Credentials, Proof};
use crate::proto::sasl::{
    ABORT, Assembler, EMPTY_CHUNK, Mechanism, PAYLOAD_BYTES_MAX, PlainCredentials, payload_chunks,
};
use crate::proto::scram::{ScramClient, ScramClientProof, ScramError, nonce};
use crate::proto::secret::Secret;

/// What has to be done next.
#[derive(Debug)]
pub enum Next {
    /// Send these parameters, each in an AUTHENTICATE line.
    Send(Vec<String>),
    /// Compute a proof aside.
    Prove(ScramClient, Vec<u8>),
    /// Wait for more.
    Wait,
    /// Give up.
    Fail(LoginFailureKind),
}

/// Where the exchange stands.
enum State {
    /// The mechanism was named; the server has to say that it may begin.
    Named,
    /// SCRAM: the first message is out.
    First(ScramClient),
    /// SCRAM: the proof is being computed.
    Proving,
    /// SCRAM: the proof is out.
    Final(ScramClientProof),
    /// Everything of ours is out.
    Sent,
}

/// One SASL exchange.
pub struct Exchange {
    mechanism: Mechanism,
    account: String,
    secret: Option<Secret>,
    nonce: String,
    state: State,
    incoming: Assembler,
    /// The server has proved that it knows the password, or the mechanism asks for no such proof.
    is_proven: bool,
}

impl std::fmt::Debug for Exchange {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "Exchange({})", self.mechanism)
    }
}

impl Exchange {
    /// The best mechanism among those that the server `offers` (nothing when it does not say) and that fit the proof, except those
    /// that were `tried` in vain; nothing when there is none.
    pub fn choose(credentials: &Credentials, offers: Option<&str>, tried: &[Mechanism]) -> Option<Mechanism> {
        let fitting: &[Mechanism] = match credentials.proof {
            Proof::Password(_) => &[Mechanism::ScramSha256, Mechanism::Plain],
            Proof::Token(_) => &[Mechanism::Plain],
            Proof::PeerUid => &[Mechanism::External],
            Proof::Guest => &[],
        };
        let is_offered = |mechanism: &Mechanism| match offers {
            Some(list) => list.split(',').any(|name| Mechanism::find(name) == Some(*mechanism)),
            None => *mechanism != Mechanism::ScramSha256,
        };
        fitting.iter().copied().find(|mechanism| is_offered(mechanism) && !tried.contains(mechanism))
    }

    /// Begins: the parameter of the first AUTHENTICATE line is the mechanism's name. `random` becomes the nonce.
    pub fn new(mechanism: Mechanism, credentials: &Credentials, random: &[u8]) -> Self {
        let secret = match &credentials.proof {
            Proof::Password(secret) | Proof::Token(secret) => Some(secret.clone()),
            Proof::PeerUid | Proof::Guest => None,
        };
        Self {
            mechanism,
            account: credentials.account.clone(),
            secret,
            nonce: nonce(random),
            state: State::Named,
            incoming: Assembler::new(PAYLOAD_BYTES_MAX),
            is_proven: mechanism != Mechanism::ScramSha256,
        }
    }

    /// The mechanism.
    pub fn mechanism(&self) -> Mechanism {
        self.mechanism
    }

    /// Whether a success of the server's can be believed.
    pub fn is_proven(&self) -> bool {
        self.is_proven
    }

    /// The parameter of an AUTHENTICATE line from the server.
    pub fn receive(&mut self, chunk: &str) -> Next {
        let payload = match self.incoming.push(chunk) {
            Ok(Some(payload)) => payload,
            Ok(None) => return Next::Wait,
            Err(_) => return Next::Fail(LoginFailureKind::Other),
        };
        match std::mem::replace(&mut self.state, State::Sent) {
            State::Named => self.begin(),
            State::First(client) => {
                self.state = State::Proving;
                Next::Prove(client, payload)
            }
            State::Proving => {
                self.state = State::Proving;
                Next::Wait
            }
            State::Final(proof) => match proof.verify(&payload) {
                Ok(()) => {
                    self.is_proven = true;
                    Next::Send(vec![EMPTY_CHUNK.to_owned()])
                }
                Err(ScramError::Refused) => Next::Wait,
                Err(_) => Next::Fail(LoginFailureKind::ServerUnproven),
            },
            State::Sent => Next::Wait,
        }
    }

    /// The proof has been computed.
    pub fn proved(&mut self, result: Result<(ScramClientProof, Vec<u8>), ScramError>) -> Next {
        if !matches!(self.state, State::Proving) {
            return Next::Wait;
        }
        match result {
            Ok((proof, message)) => {
                self.state = State::Final(proof);
                Next::Send(payload_chunks(&message))
            }
            Err(_) => {
                self.state = State::Sent;
                Next::Send(vec![ABORT.to_owned()])
            }
        }
    }

    fn begin(&mut self) -> Next {
        let secret = self.secret.take();
        match (self.mechanism, secret) {
            (Mechanism::Plain, Some(secret)) => match PlainCredentials::new(&self.account, secret).encode() {
                Ok(payload) => Next::Send(payload_chunks(&payload)),
                Err(_) => Next::Fail(LoginFailureKind::BadCredentials),
            },
            (Mechanism::ScramSha256, Some(secret)) => {
                let (client, message) = ScramClient::start(&self.account, secret, &self.nonce);
                self.state = State::First(client);
                Next::Send(payload_chunks(&message))
            }
            (Mechanism::External, _) => Next::Send(payload_chunks(self.account.as_bytes())),
            (_, None) => Next::Fail(LoginFailureKind::BadCredentials),
        }
    }
}
