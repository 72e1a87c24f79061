//! Connections: taken on, given so much time, and ended in peace.
//!
//! HTTP/1.1 alone, whose parser refuses what is ambiguous. A head that does not come, a body that trickles and a
//! reader that does not read end their connection ([`crate::patience`]); beyond so many connections the next ones
//! wait in the system's queue. Left out: HTTP/2, which a proxy in front may speak.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, watch};
use tower_service::Service as _;

use crate::Server;
use crate::patience::{Patience, Patient};
use crate::tls::Tls;

/// Bytes of a head.
const HEAD_BYTES: usize = 64 << 10;
/// For a TLS handshake.
const HANDSHAKE: Duration = Duration::from_secs(10);
/// Connections at once.
const CONNECTIONS: usize = 10_000;
/// Between an error of the listener and the next try: there may be no more files to open.
const PAUSE: Duration = Duration::from_millis(100);

/// Serves `routes` until `shutdown` is done; then takes nobody on, and finishes what is under way, within `grace`.
pub(crate) async fn serve(
    server: &Server,
    routes: Router,
    listener: TcpListener,
    tls: Option<Tls>,
    shutdown: impl Future<Output = ()>,
    grace: Duration,
) -> io::Result<()> {
    let (ends, ended) = watch::channel(());
    let places = Arc::new(Semaphore::new(CONNECTIONS));
    let (mut shutdown, patience) = (pin!(shutdown), server.settings.patience);
    loop {
        let place = places.clone().acquire_owned().await.map_err(io::Error::other)?;
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = &mut shutdown => break,
        };
        let (stream, peer) = match accepted {
            Ok(accepted) => accepted,
            Err(_) => {
                tokio::time::sleep(PAUSE).await;
                continue;
            }
        };
        // Small pieces of a stream are not to wait for one another.
        drop(stream.set_nodelay(true));
        let (routes, tls, ended) = (routes.clone(), tls.clone(), ended.clone());
        tokio::spawn(async move {
            match tls {
                None => converse(stream, peer, routes, ended, patience).await,
                Some(tls) => {
                    if let Ok(Ok(stream)) =
                        tokio::time::timeout(HANDSHAKE, tls.accept(stream)).await
                    {
                        converse(stream, peer, routes, ended, patience).await;
                    }
                }
            }
            drop(place);
        });
    }
    server.drain();
    drop((listener, ended));
    ends.send_replace(());
    // Every connection holds an end of the channel.
    drop(tokio::time::timeout(grace, ends.closed()).await);
    Ok(())
}

/// Answers all requests of a connection.
async fn converse<S: AsyncRead + AsyncWrite + Unpin + Send + 'static>(
    stream: S,
    peer: SocketAddr,
    routes: Router,
    mut ended: watch::Receiver<()>,
    patience: Patience,
) {
    let answer = hyper::service::service_fn(move |request: hyper::Request<Incoming>| {
        let mut request = request.map(Body::new);
        request.extensions_mut().insert(ConnectInfo(peer));
        // A router is always ready.
        routes.clone().call(request)
    });
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(patience.head).max_header_size(HEAD_BYTES);
    let stream = TokioIo::new(Patient::new(stream, patience.reader));
    let mut connection = pin!(http.serve_connection(stream, answer));
    tokio::select! {
        _ = connection.as_mut() => return,
        _ = ended.changed() => connection.as_mut().graceful_shutdown(),
    }
    // What a client did wrong is its own business.
    drop(connection.await);
}
