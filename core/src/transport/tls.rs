//! TLS towards services (RFC 8446), by rustls.

use std::io;
use std::sync::{Arc, LazyLock};

use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use tokio_rustls::rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use tokio_rustls::rustls::{
    ClientConfig, ConfigBuilder, DigitallySignedStruct, Error, RootCertStore, SignatureScheme, WantsVerifier,
    crypto,
};

use super::socket::Stream;

/// Whose certificates are accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Trust {
    /// Those that the web's authorities vouch for.
    Authorities,
    /// Anybody's: the connection is secret, but with whom nobody knows.
    Anybody,
}

/// Starts TLS with `host`.
pub(super) async fn wrap(stream: Box<dyn Stream>, host: &str, trust: Trust) -> io::Result<Box<dyn Stream>> {
    static AUTHORITIES: LazyLock<Arc<ClientConfig>> = LazyLock::new(|| Arc::new(authorities()));
    static ANYBODY: LazyLock<Arc<ClientConfig>> = LazyLock::new(|| Arc::new(anybody()));
    let config = match trust {
        Trust::Authorities => AUTHORITIES.clone(),
        Trust::Anybody => ANYBODY.clone(),
    };
    let name = ServerName::try_from(host.to_owned())
        .map_err(|error| io::Error::new(io::ErrorKind::InvalidInput, error))?;
    Ok(Box::new(TlsConnector::from(config).connect(name, stream).await?))
}

fn authorities() -> ClientConfig {
    let roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    builder().with_root_certificates(roots).with_no_client_auth()
}

fn anybody() -> ClientConfig {
    let verifier = Arc::new(NoQuestions(crypto::ring::default_provider()));
    builder().dangerous().with_custom_certificate_verifier(verifier).with_no_client_auth()
}

/// With our own choice of cryptography, whatever else the process has.
fn builder() -> ConfigBuilder<ClientConfig, WantsVerifier> {
    ClientConfig::builder_with_provider(Arc::new(crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("ring knows the versions rustls speaks")
}

/// Accepts every certificate, but not every signature: whoever answers has at least that certificate's key.
#[derive(Debug)]
struct NoQuestions(CryptoProvider);

impl ServerCertVerifier for NoQuestions {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.0.signature_verification_algorithms;
        verify_tls12_signature(message, certificate, signature, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.0.signature_verification_algorithms;
        verify_tls13_signature(message, certificate, signature, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
