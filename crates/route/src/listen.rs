//! Clients' connections: accepted within a number, read within limits, and at the end given time
//! to finish.
//!
//! hyper parses what comes, strictly: two lengths that differ, a length beside chunks that don't
//! end in chunks, spaces before a colon and bare line ends within a field are errors there; a length
//! beside chunks counts for nothing, and nothing behind such a request is read.

use std::convert::Infallible;
use std::future::Future;
use std::io;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore, watch};
use tokio::task::JoinSet;

use crate::answer::Body;
use crate::config::Config;
use crate::router::Router;
use crate::steady::Steady;
use crate::{forward, health, own};

/// Out of file descriptors, or the like: it does not get better at once.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

impl Router {
    /// Answers on `listener` until `shutdown` is done; then answers under way have
    /// [`drain`](crate::config::Timeouts::drain) to finish. Health checks run meanwhile.
    ///
    /// # Errors
    /// What the operating system says of the listener.
    pub async fn serve(
        self,
        listener: TcpListener,
        shutdown: impl Future<Output = ()>,
    ) -> io::Result<()> {
        let config = self.config();
        let mut checks = JoinSet::new();
        checks.spawn(health::watch(self.clone()));
        let places = Arc::new(Semaphore::new(config.limits.connections));
        let (ending, ended) = watch::channel(false);
        let mut connections = JoinSet::new();
        tokio::pin!(shutdown);
        loop {
            let accepted = tokio::select! {
                () = &mut shutdown => break,
                accepted = accept(&listener, &places) => accepted,
                Some(_) = connections.join_next(), if !connections.is_empty() => continue,
            };
            match accepted {
                Ok((socket, peer, place)) => {
                    let (router, config, ended) = (self.clone(), config.clone(), ended.clone());
                    connections.spawn(async move {
                        router.metrics().opened.add();
                        connection(&router, &config, socket, peer, ended).await;
                        router.metrics().closed.add();
                        drop(place);
                    });
                }
                Err(_) => tokio::time::sleep(ACCEPT_PAUSE).await,
            }
        }
        self.end();
        drop(listener);
        ending.send_replace(true);
        let finish = async { while connections.join_next().await.is_some() {} };
        // Who is not done by then is cut off as `connections` is dropped.
        let _ = tokio::time::timeout(self.config().timeouts.drain, finish).await;
        Ok(())
    }
}

async fn accept(
    listener: &TcpListener,
    places: &Arc<Semaphore>,
) -> io::Result<(TcpStream, IpAddr, OwnedSemaphorePermit)> {
    // Who finds no place waits in the system's queue.
    let place = places.clone().acquire_owned().await.map_err(io::Error::other)?;
    let (socket, peer) = listener.accept().await?;
    socket.set_nodelay(true)?;
    Ok((socket, peer.ip().to_canonical(), place))
}

/// One client's connection, until it or the router ends.
async fn connection(
    router: &Router,
    config: &Config,
    socket: TcpStream,
    peer: IpAddr,
    mut ended: watch::Receiver<bool>,
) {
    let closing = Arc::new(Notify::new());
    let service = service_fn(|request| answer(router, request, peer, closing.clone()));
    let mut builder = http1::Builder::new();
    builder
        .timer(TokioTimer::new())
        .header_read_timeout(config.timeouts.headers)
        .max_headers(config.limits.headers)
        .max_buf_size(config.limits.head_bytes);
    let io = TokioIo::new(Steady::new(socket, config.timeouts.stalled));
    let served = builder.serve_connection(io, service);
    tokio::pin!(served);
    let end = async {
        tokio::select! {
            _ = ended.wait_for(|ended| *ended) => {}
            () = closing.notified() => {}
        }
    };
    tokio::select! {
        // What is wrong with a client is the client's to see.
        _ = served.as_mut() => return,
        () = end => served.as_mut().graceful_shutdown(),
    }
    let _ = served.await;
}

async fn answer(
    router: &Router,
    request: Request<Incoming>,
    peer: IpAddr,
    closing: Arc<Notify>,
) -> Result<Response<Body>, Infallible> {
    let (parts, body) = request.into_parts();
    Ok(match own::answer(router, &parts) {
        Some(response) => response,
        None => {
            let request = Request::from_parts(parts, body);
            forward::forward(router, request, peer, closing).await
        }
    })
}
