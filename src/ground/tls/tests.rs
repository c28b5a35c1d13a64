//! Handshakes between the two sides over a pipe in memory, and fingerprints.

use super::*;

#[test]
fn a_fingerprint_is_written_as_openssl_does_and_read_again() {
    let fingerprint = Fingerprint::of(b"abc");
    let text = fingerprint.to_string();
    assert_eq!(text, "BA:78:16:BF:8F:01:CF:EA:41:41:40:DE:5D:AE:22:23:B0:03:61:A3:96:17:7A:9C:B4:10:FF:61:F2:00:15:AD");
    assert_eq!(text.parse(), Ok(fingerprint));
    assert_eq!(text.replace(':', "").to_lowercase().parse(), Ok(fingerprint));
    for bad in
        ["", "BA:78", &text[..text.len() - 1], &text.replace("AD", "XY"), &text.replace(':', "::"), &"é".repeat(32)]
    {
        assert_eq!(bad.parse::<Fingerprint>(), Err(BadFingerprint), "{bad}");
    }
    // As long as one with colons, the colons at the wrong places.
    let shifted = format!("{}:{}", &text[..1], text[1..].replacen(':', "", 1));
    assert_eq!(shifted.len(), text.len());
    assert_eq!(shifted.parse::<Fingerprint>(), Err(BadFingerprint));
}

#[cfg(feature = "server")]
mod handshake {
    use std::os::unix::fs::PermissionsExt;
    use std::path::Path;

    use rustls::RootCertStore;
    use rustls::pki_types::CertificateDer;
    use rustls::pki_types::pem::PemObject;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::super::client::{Connector, Distrust, Doubt, Secured, TlsError, Trust};
    use super::super::server::{CertificateError, SELF_SIGNED_FILE, ServerCertificate};
    use super::*;
    use crate::ground::paths::{self, PRIVATE_FILE_MODE};
    use crate::ground::texts::{Language, Texts};

    const PIPE_BYTES: usize = 16 * 1024;

    fn certificate_for(directory: &Path, name: &str) -> ServerCertificate {
        ServerCertificate::self_signed(directory, &[name.to_owned()]).unwrap()
    }

    /// Shakes hands as `connector` would with a server of this certificate, and lets a line through.
    async fn connect(
        certificate: &ServerCertificate,
        connector: Connector,
        name: &str,
        pinned: Option<Fingerprint>,
    ) -> Result<Trust, TlsError> {
        let (near, far) = tokio::io::duplex(PIPE_BYTES);
        let acceptor = certificate.acceptor();
        let server = tokio::spawn(async move {
            let mut stream = acceptor.accept(far).await?;
            let mut line = [0; 6];
            stream.read_exact(&mut line).await?;
            stream.write_all(&line).await?;
            stream.shutdown().await
        });
        let Secured { mut stream, trust } = connector.connect(near, name, pinned).await?;
        stream.write_all(b"PING\r\n").await.unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).await.unwrap();
        assert_eq!(answer, b"PING\r\n");
        server.await.unwrap().unwrap();
        Ok(trust)
    }

    fn authority_of(directory: &Path) -> Connector {
        let pem = CertificateDer::from_pem_file(directory.join(SELF_SIGNED_FILE)).unwrap();
        let mut authorities = RootCertStore::empty();
        authorities.add(pem).unwrap();
        Connector::with_authorities(authorities)
    }

    #[tokio::test]
    async fn an_unknown_certificate_is_shown_and_then_pinned() {
        let directory = tempfile::tempdir().unwrap();
        let certificate = certificate_for(directory.path(), "localhost");
        let error = connect(&certificate, Connector::new(), "localhost", None).await.unwrap_err();
        let TlsError::Distrust(Distrust::Unknown { fingerprint, doubt }) = error else { panic!("{error}") };
        assert_eq!((fingerprint, doubt), (certificate.fingerprint(), Doubt::UnknownIssuer));
        for language in Language::ALL {
            assert!(error.explain(&Texts::new(*language)).contains(&fingerprint.to_string()));
        }
        // The pin counts for whatever name or address the server is reached by.
        for name in ["localhost", "chat.example.org", "127.0.0.1", "::1"] {
            let trust = connect(&certificate, Connector::new(), name, Some(fingerprint)).await.unwrap();
            assert_eq!(trust, Trust::Pinned);
        }
    }

    #[tokio::test]
    async fn a_changed_certificate_is_refused_even_if_an_authority_vouches_for_it() {
        let (old, new) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let pinned = certificate_for(old.path(), "localhost").fingerprint();
        let certificate = certificate_for(new.path(), "localhost");
        for connector in [Connector::new(), authority_of(new.path())] {
            let error = connect(&certificate, connector, "localhost", Some(pinned)).await.unwrap_err();
            let TlsError::Distrust(distrust) = error else { panic!("{error}") };
            assert_eq!(distrust, Distrust::Changed { pinned, presented: certificate.fingerprint() });
        }
    }

    #[tokio::test]
    async fn an_authority_vouches_for_a_name() {
        let directory = tempfile::tempdir().unwrap();
        let certificate = certificate_for(directory.path(), "chat.example.org");
        let connector = authority_of(directory.path());
        let trust = connect(&certificate, connector.clone(), "chat.example.org", None).await.unwrap();
        assert_eq!(trust, Trust::Authority);
        let error = connect(&certificate, connector, "other.example.org", None).await.unwrap_err();
        let TlsError::Distrust(Distrust::Unknown { doubt, .. }) = error else { panic!("{error}") };
        assert_eq!(doubt, Doubt::OtherName);
    }

    #[tokio::test]
    async fn a_copy_of_a_pinned_certificate_without_its_key_does_not_help() {
        let (honest, thief) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let certificate = certificate_for(honest.path(), "localhost");
        certificate_for(thief.path(), "localhost");
        // rustls does not serve a key that is not the certificate's, so the thief needs a resolver of its own.
        let own = CertificateDer::from_pem_file(honest.path().join(SELF_SIGNED_FILE)).unwrap();
        let key = rustls::pki_types::PrivateKeyDer::from_pem_file(thief.path().join(SELF_SIGNED_FILE)).unwrap();
        let key = rustls::crypto::ring::sign::any_supported_type(&key).unwrap();
        let stolen = Arc::new(rustls::sign::CertifiedKey::new(vec![own], key));
        let config = rustls::ServerConfig::builder_with_provider(provider())
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_cert_resolver(Arc::new(rustls::sign::SingleCertAndKey::from(stolen)));
        let (near, far) = tokio::io::duplex(PIPE_BYTES);
        let server = tokio::spawn(tokio_rustls::TlsAcceptor::from(Arc::new(config)).accept(far).into_fallible());
        let error = Connector::new().connect(near, "localhost", Some(certificate.fingerprint())).await.unwrap_err();
        assert!(matches!(error, TlsError::Handshake(_)), "{error}");
        let _ = server.await;
    }

    #[tokio::test]
    async fn what_is_not_tls_is_told_apart() {
        let (near, mut far) = tokio::io::duplex(PIPE_BYTES);
        far.write_all(b":irc.example.org NOTICE * :*** Looking up your hostname\r\n").await.unwrap();
        let error = Connector::new().connect(near, "localhost", None).await.unwrap_err();
        assert!(matches!(error, TlsError::NoTls), "{error}");
        let (near, _far) = tokio::io::duplex(PIPE_BYTES);
        let error = Connector::new().connect(near, "not a name", None).await.unwrap_err();
        assert!(matches!(error, TlsError::BadServerName(_)), "{error}");
    }

    #[test]
    fn the_self_signed_certificate_is_made_once_and_kept_private() {
        let directory = tempfile::tempdir().unwrap();
        let first = certificate_for(directory.path(), "localhost");
        let path = directory.path().join(SELF_SIGNED_FILE);
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(certificate_for(directory.path(), "localhost").fingerprint(), first.fingerprint());
        let debug = format!("{first:?}");
        assert!(debug.contains(&first.fingerprint().to_string()) && !debug.contains("key"), "{debug}");
    }

    #[test]
    fn files_that_do_not_serve_are_named() {
        let (one, two) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        certificate_for(one.path(), "localhost");
        certificate_for(two.path(), "localhost");
        let (one, two) = (one.path().join(SELF_SIGNED_FILE), two.path().join(SELF_SIGNED_FILE));
        let error = ServerCertificate::from_pem_files(&one, &two).unwrap_err();
        assert!(matches!(error, CertificateError::Unfit { .. }), "{error}");
        let garbage = one.with_file_name("garbage.pem");
        paths::replace_file(&garbage, b"garbage", PRIVATE_FILE_MODE).unwrap();
        for (certificate, key) in [(&garbage, &one), (&one, &garbage)] {
            let error = ServerCertificate::from_pem_files(certificate, key).unwrap_err();
            assert!(matches!(error, CertificateError::Unreadable { .. }), "{error}");
            assert!(error.to_string().contains("garbage.pem"), "{error}");
        }
        let missing = one.with_file_name("missing.pem");
        let error = ServerCertificate::from_pem_files(&missing, &one).unwrap_err();
        assert!(matches!(error, CertificateError::Path(_)), "{error}");
    }
}
