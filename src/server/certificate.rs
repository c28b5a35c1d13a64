//! The certificate that the settings name, or the server's own.

use super::config::Config;
use crate::ground::tls::server::{CertificateError, ServerCertificate};

/// Reads the certificate; makes a self-signed one when none is named and there is none yet.
pub fn certificate(config: &Config) -> Result<ServerCertificate, CertificateError> {
    let certificate = match &config.certificate {
        Some((certificate, key)) => ServerCertificate::from_pem_files(certificate, key)?,
        None => {
            let names = [config.rules.server_name.clone(), "localhost".to_owned()];
            ServerCertificate::self_signed(&config.data_dir, &names)?
        }
    };
    tracing::info!(fingerprint = %certificate.fingerprint(), "the certificate");
    Ok(certificate)
}
