//! TLS by rustls with ring: a chain of certificates and a key, as PEM files have them.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::ServerConfig;
use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

/// What a server proves itself with.
#[derive(Clone)]
pub struct Tls(TlsAcceptor);

/// Certificates or a key that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}: {reason}", path.display())]
pub struct BadTls {
    /// The file.
    pub path: PathBuf,
    /// What is wrong with it.
    pub reason: String,
}

impl Tls {
    /// From a file with the server's certificate and those above it, and one with its key.
    ///
    /// # Errors
    /// [`BadTls`].
    pub fn read(certificates: &Path, key: &Path) -> Result<Self, BadTls> {
        let of = |path: &Path, reason: &dyn std::fmt::Display| {
            let (path, reason) = (path.to_path_buf(), reason.to_string());
            BadTls { path, reason }
        };
        let read = |path: &Path| std::fs::read(path).map_err(|error| of(path, &error));
        let chain: Vec<CertificateDer<'static>> =
            CertificateDer::pem_slice_iter(&read(certificates)?)
                .collect::<Result<_, _>>()
                .map_err(|error| of(certificates, &error))?;
        if chain.is_empty() {
            return Err(of(certificates, &"there is no certificate in it; expected PEM"));
        }
        let secret = PrivateKeyDer::from_pem_slice(&read(key)?).map_err(|error| of(key, &error))?;
        let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(|error| of(key, &error))?
            .with_no_client_auth()
            .with_single_cert(chain, secret)
            .map_err(|error| of(key, &error))?;
        let mut config = config;
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Self(TlsAcceptor::from(Arc::new(config))))
    }

    pub(crate) async fn accept(&self, stream: TcpStream) -> io::Result<TlsStream<TcpStream>> {
        self.0.accept(stream).await
    }
}

impl std::fmt::Debug for Tls {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Tls")
    }
}
