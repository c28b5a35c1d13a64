//! The client's side: is this the server that we mean?
//!
//! A certificate is good when a public authority vouches for it and for the server's name, or when it is the one that was
//! pinned earlier. Anything else ends the handshake before a byte of ours is sent, with an error that says which
//! certificate was shown, so that a person can look at it and pin it (trust on first use). A pin is exact: a server
//! that shows another certificate is refused, also when an authority vouches for that one.

use std::io;
use std::sync::Arc;

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, Error as RustlsError, InvalidMessage, OtherError,
    RootCertStore, SignatureScheme,
};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::{Fingerprint, provider};
use crate::ground::texts::Texts;

/// Why no authority's word was accepted for a certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Doubt {
    /// No known authority signed it: it is self-signed, or of a private authority.
    UnknownIssuer,
    /// It was made for another name.
    OtherName,
    /// Its time is over, or has not begun.
    Expired,
    /// It does not fit in another way.
    Unfit,
}

impl Doubt {
    fn of(error: &CertificateError) -> Self {
        match error {
            CertificateError::UnknownIssuer => Self::UnknownIssuer,
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => Self::OtherName,
            CertificateError::Expired
            | CertificateError::ExpiredContext { .. }
            | CertificateError::NotValidYet
            | CertificateError::NotValidYetContext { .. } => Self::Expired,
            _ => Self::Unfit,
        }
    }

    /// The word by which the texts choose their sentence.
    fn word(self) -> &'static str {
        match self {
            Self::UnknownIssuer => "issuer",
            Self::OtherName => "name",
            Self::Expired => "expired",
            Self::Unfit => "unfit",
        }
    }
}

/// A certificate that was not accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Distrust {
    /// Nothing is pinned and no authority vouches for it: a person may look at it and pin it.
    #[error("unknown certificate with the fingerprint {fingerprint}")]
    Unknown {
        /// The certificate that the server showed.
        fingerprint: Fingerprint,
        /// What the authorities' word lacks.
        doubt: Doubt,
    },
    /// It is not the one that was pinned: somebody may stand in between.
    #[error("the certificate has changed: pinned {pinned}, got {presented}")]
    Changed {
        /// The certificate that was pinned.
        pinned: Fingerprint,
        /// The certificate that the server showed.
        presented: Fingerprint,
    },
}

/// Why a connection was not secured.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// The certificate was not accepted.
    #[error(transparent)]
    Distrust(#[from] Distrust),
    /// The server's name can stand in no certificate.
    #[error("{0:?} is neither a host's name nor an address")]
    BadServerName(String),
    /// What answers there speaks no TLS.
    #[error("no TLS is spoken there")]
    NoTls,
    /// The handshake failed otherwise.
    #[error("the TLS handshake failed: {0}")]
    Handshake(#[source] io::Error),
}

impl TlsError {
    fn from_handshake(error: io::Error) -> Self {
        let rustls_error = error.get_ref().and_then(|inner| inner.downcast_ref::<RustlsError>());
        if let Some(RustlsError::InvalidCertificate(CertificateError::Other(OtherError(inner)))) = rustls_error
            && let Some(distrust) = inner.downcast_ref::<Distrust>()
        {
            return Self::Distrust(*distrust);
        }
        if let Some(RustlsError::InvalidMessage(InvalidMessage::InvalidContentType)) = rustls_error {
            return Self::NoTls;
        }
        Self::Handshake(error)
    }

    /// The error in a person's language.
    pub fn explain(&self, texts: &Texts) -> String {
        match self {
            Self::Distrust(Distrust::Unknown { fingerprint, doubt }) => texts.format(
                "ground-certificate-unknown",
                &[("doubt", doubt.word().into()), ("fingerprint", fingerprint.to_string().into())],
            ),
            Self::Distrust(Distrust::Changed { pinned, presented }) => texts.format(
                "ground-certificate-changed",
                &[("pinned", pinned.to_string().into()), ("presented", presented.to_string().into())],
            ),
            Self::BadServerName(name) => texts.format("ground-bad-server-name", &[("name", name.as_str().into())]),
            Self::NoTls => texts.get("ground-no-tls").into_owned(),
            Self::Handshake(error) => texts.format("ground-handshake-failed", &[("reason", error.to_string().into())]),
        }
    }
}

/// What a secured connection rests on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trust {
    /// A public authority vouches for the server's name.
    Authority,
    /// The certificate is the pinned one.
    Pinned,
}

/// A connection after its handshake.
#[derive(Debug)]
pub struct Secured<S> {
    /// What is read and written from now on.
    pub stream: TlsStream<S>,
    /// Why the other side is believed.
    pub trust: Trust,
}

/// Secures connections. Make one and keep it: it holds the list of authorities.
#[derive(Clone, Debug)]
pub struct Connector {
    authorities: Arc<RootCertStore>,
}

impl Default for Connector {
    fn default() -> Self {
        Self::new()
    }
}

impl Connector {
    /// Trusts the public certificate authorities, as Mozilla lists them.
    pub fn new() -> Self {
        Self::with_authorities(RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() })
    }

    /// Trusts these authorities only; there must be one at least.
    pub fn with_authorities(authorities: RootCertStore) -> Self {
        Self { authorities: Arc::new(authorities) }
    }

    /// Shakes hands over a connected stream. `server_name` is the host's name or address as the person gave it;
    /// `pinned` is the certificate that was accepted for it earlier. The caller bounds the time.
    pub async fn connect<S>(
        &self,
        stream: S,
        server_name: &str,
        pinned: Option<Fingerprint>,
    ) -> Result<Secured<S>, TlsError>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        let name = ServerName::try_from(server_name.to_owned())
            .map_err(|_| TlsError::BadServerName(server_name.to_owned()))?;
        let setup = |error: RustlsError| TlsError::Handshake(io::Error::other(error));
        let provider = provider();
        let by_authorities =
            WebPkiServerVerifier::builder_with_provider(Arc::clone(&self.authorities), Arc::clone(&provider))
                .build()
                .map_err(|error| TlsError::Handshake(io::Error::other(error)))?;
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(setup)?
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(Verifier { by_authorities, pinned }))
            .with_no_client_auth();
        let stream =
            TlsConnector::from(Arc::new(config)).connect(name, stream).await.map_err(TlsError::from_handshake)?;
        let trust = if pinned.is_some() { Trust::Pinned } else { Trust::Authority };
        Ok(Secured { stream, trust })
    }
}

/// Accepts the pinned certificate alone or, when none is pinned, what the authorities vouch for.
#[derive(Debug)]
struct Verifier {
    by_authorities: Arc<WebPkiServerVerifier>,
    pinned: Option<Fingerprint>,
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, RustlsError> {
        let presented = Fingerprint::of(end_entity);
        let distrust = match self.pinned {
            Some(pinned) if pinned == presented => return Ok(ServerCertVerified::assertion()),
            Some(pinned) => Distrust::Changed { pinned, presented },
            None => {
                match self.by_authorities.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now)
                {
                    Err(RustlsError::InvalidCertificate(error)) => {
                        Distrust::Unknown { fingerprint: presented, doubt: Doubt::of(&error) }
                    }
                    other => return other,
                }
            }
        };
        Err(RustlsError::InvalidCertificate(CertificateError::Other(OtherError(Arc::new(distrust)))))
    }

    // That the server holds the certificate's key is proved by these signatures. Without them anybody could show a copy of
    // a pinned certificate.

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, RustlsError> {
        self.by_authorities.verify_tls12_signature(message, certificate, signed)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, RustlsError> {
        self.by_authorities.verify_tls13_signature(message, certificate, signed)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.by_authorities.supported_verify_schemes()
    }
}
