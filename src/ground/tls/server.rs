//! The server's side: its certificate and key, given as PEM files or made by itself.
//!
//! A self-signed certificate is made once and kept: clients pin it, so a new one would look like an attack to them. For
//! that reason it does not expire either.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::client::danger::HandshakeSignatureValid;
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, UnixTime};
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::{DigitallySignedStruct, DistinguishedName, Error as RustlsError, ServerConfig, SignatureScheme};
use tokio_rustls::TlsAcceptor;

use super::{Fingerprint, provider};
use crate::ground::paths::{self, PRIVATE_FILE_MODE, PathError};

/// The file in the data directory that holds the self-signed certificate and its key.
pub const SELF_SIGNED_FILE: &str = "self-signed.pem";

/// Why there is no certificate to serve with.
#[derive(Debug, thiserror::Error)]
pub enum CertificateError {
    /// A file or directory cannot be used.
    #[error(transparent)]
    Path(#[from] PathError),
    /// A file holds no certificate or no key that can be read.
    #[error("{}: no {what} can be read in it: {reason}", .path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// `certificate` or `private key`.
        what: &'static str,
        /// What is wrong with it.
        reason: String,
    },
    /// The key is not the certificate's, or of a kind that is not supported.
    #[error("{}: the key does not serve for the certificate {}: {reason}", .key.display(), .certificate.display())]
    Unfit {
        /// The certificate's file.
        certificate: PathBuf,
        /// The key's file.
        key: PathBuf,
        /// What is wrong with them.
        reason: String,
    },
    /// A self-signed certificate cannot be made.
    #[error("no self-signed certificate can be made for {names:?}: {reason}")]
    NotMade {
        /// The names that it was to stand for.
        names: Vec<String>,
        /// What was wrong.
        reason: String,
    },
}

/// Takes whatever certificate a client shows, when it shows one and proves to hold its key: accounts are bound to the certificate
/// itself, not to what an authority says of it.
#[derive(Debug)]
struct AnyCertificate(Arc<CryptoProvider>);

impl AnyCertificate {
    fn new(provider: Arc<CryptoProvider>) -> Self {
        Self(provider)
    }
}

impl ClientCertVerifier for AnyCertificate {
    fn client_auth_mandatory(&self) -> bool {
        false
    }

    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &[]
    }

    fn verify_client_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: UnixTime,
    ) -> Result<ClientCertVerified, RustlsError> {
        Ok(ClientCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, RustlsError> {
        verify_tls12_signature(message, certificate, signature, &self.0.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, RustlsError> {
        verify_tls13_signature(message, certificate, signature, &self.0.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}

/// The digest (SHA-256) of the certificate that the client has shown; nothing when it has shown none.
pub fn client_certificate(connection: &rustls::ServerConnection) -> Option<[u8; 32]> {
    let own = connection.peer_certificates()?.first()?;
    let digest = ring::digest::digest(&ring::digest::SHA256, own);
    digest.as_ref().try_into().ok()
}

/// A certificate with its key, ready to accept connections with.
#[derive(Clone)]
pub struct ServerCertificate {
    config: Arc<ServerConfig>,
    fingerprint: Fingerprint,
}

impl ServerCertificate {
    /// Reads a certificate with its chain, the server's own first, and the key that belongs to it.
    pub fn from_pem_files(certificate: &Path, key: &Path) -> Result<Self, CertificateError> {
        let chain = read_file(certificate)?;
        let chain: Vec<CertificateDer<'static>> = CertificateDer::pem_slice_iter(&chain)
            .collect::<Result<_, _>>()
            .map_err(|error| unreadable(certificate, "certificate", error))?;
        let Some(own) = chain.first() else {
            return Err(unreadable(certificate, "certificate", rustls::pki_types::pem::Error::NoItemsFound));
        };
        let fingerprint = Fingerprint::of(own);
        let private_key = PrivateKeyDer::from_pem_slice(&paths::read_secret_file(key)?)
            .map_err(|error| unreadable(key, "private key", error))?;
        let unfit = |error: rustls::Error| CertificateError::Unfit {
            certificate: certificate.to_owned(),
            key: key.to_owned(),
            reason: error.to_string(),
        };
        let config = ServerConfig::builder_with_provider(provider())
            .with_safe_default_protocol_versions()
            .map_err(unfit)?
            .with_client_cert_verifier(Arc::new(AnyCertificate::new(provider())))
            .with_single_cert(chain, private_key)
            .map_err(unfit)?;
        Ok(Self { config: Arc::new(config), fingerprint })
    }

    /// The self-signed certificate of a data directory; made for these names when there is none yet.
    ///
    /// The caller holds the directory's lock. The file has mode 0600: the key stands in it.
    pub fn self_signed(data_directory: &Path, names: &[String]) -> Result<Self, CertificateError> {
        let path = data_directory.join(SELF_SIGNED_FILE);
        if !path.exists() {
            let pem = make_self_signed(names)
                .map_err(|error| CertificateError::NotMade { names: names.to_vec(), reason: error.to_string() })?;
            paths::replace_file(&path, pem.as_bytes(), PRIVATE_FILE_MODE)?;
        }
        Self::from_pem_files(&path, &path)
    }

    /// What accepts connections with this certificate.
    pub fn acceptor(&self) -> TlsAcceptor {
        TlsAcceptor::from(Arc::clone(&self.config))
    }

    /// What clients see of it, for the operator to tell them.
    pub fn fingerprint(&self) -> Fingerprint {
        self.fingerprint
    }
}

impl std::fmt::Debug for ServerCertificate {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("ServerCertificate").field("fingerprint", &self.fingerprint).finish_non_exhaustive()
    }
}

/// A certificate and its key in one PEM text: replaced at once, so that no crash leaves one without the other.
fn make_self_signed(names: &[String]) -> Result<String, rcgen::Error> {
    let key = rcgen::KeyPair::generate()?;
    let mut parameters = rcgen::CertificateParams::new(names)?;
    parameters.distinguished_name = rcgen::DistinguishedName::new();
    if let Some(name) = names.first() {
        parameters.distinguished_name.push(rcgen::DnType::CommonName, name.as_str());
    }
    Ok(parameters.self_signed(&key)?.pem() + &key.serialize_pem())
}

fn read_file(path: &Path) -> Result<Vec<u8>, PathError> {
    std::fs::read(path).map_err(|source| PathError::Refused {
        action: paths::Action::Open,
        path: path.to_owned(),
        source,
    })
}

fn unreadable(path: &Path, what: &'static str, error: rustls::pki_types::pem::Error) -> CertificateError {
    CertificateError::Unreadable { path: path.to_owned(), what, reason: error.to_string() }
}
