//! A replica's connections: made, kept for the next request, and given up at once when nobody
//! wants their answer any more.

use std::fmt;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::client::conn::http1::{self, SendRequest};
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::task::AbortHandle;
use tokio::time::timeout;

use crate::Address;
use crate::config::Config;
use crate::replica::Replica;

/// So many unused connections are kept.
const MOST_KEPT: usize = 64;
/// A kept connection is ready at once, or its replica is closing it.
const READY: Duration = Duration::from_millis(50);

/// Why a replica did not answer.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Failure {
    /// There was no connection: it knows nothing of the request.
    Refused(String),
    /// The connection ended before an answer began.
    Broken(String),
    /// What came is no HTTP.
    Malformed(String),
    /// Nothing came in time.
    Silent,
    /// Health checks found it down while it was waited for.
    Lost,
    /// The request's own time is over.
    TooLong,
    /// It answered that it can't answer, and perhaps from when on it can.
    Status(StatusCode, Option<Duration>),
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused(why) => write!(f, "no connection ({why})"),
            Self::Broken(why) => write!(f, "the connection broke ({why})"),
            Self::Malformed(why) => write!(f, "it does not speak HTTP/1.1 ({why})"),
            Self::Silent => f.write_str("no answer in time"),
            Self::Lost => f.write_str("it went down"),
            Self::TooLong => f.write_str("the request's time is over"),
            Self::Status(status, _) => write!(f, "{status}"),
        }
    }
}

/// A connection to a replica; dropped, it is closed at once.
pub(crate) struct Connection {
    sender: SendRequest<Full<Bytes>>,
    task: AbortHandle,
    unused_since: Instant,
}

impl Connection {
    /// Asks, and waits for the head of the answer.
    pub(crate) async fn send(
        &mut self,
        request: Request<Full<Bytes>>,
    ) -> hyper::Result<Response<Incoming>> {
        self.sender.send_request(request).await
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Connections that wait for the next request.
#[derive(Default)]
pub(crate) struct Pool {
    unused: Mutex<Vec<Connection>>,
}

impl Pool {
    /// Keeps a connection whose answer is read to its end.
    pub(crate) fn put(&self, mut connection: Connection) {
        connection.unused_since = Instant::now();
        let mut unused = self.unused.lock().unwrap_or_else(PoisonError::into_inner);
        if unused.len() < MOST_KEPT {
            unused.push(connection);
        }
    }

    /// The one that was used last, if it still can be.
    async fn take(&self, keep: Duration) -> Option<Connection> {
        loop {
            let mut connection = {
                let mut unused = self.unused.lock().unwrap_or_else(PoisonError::into_inner);
                unused.retain(|c| !c.sender.is_closed() && c.unused_since.elapsed() < keep);
                unused.pop()?
            };
            if let Ok(Ok(())) = timeout(READY, connection.sender.ready()).await {
                return Some(connection);
            }
        }
    }
}

/// A new connection.
pub(crate) async fn connect(address: &Address, config: &Config) -> Result<Connection, Failure> {
    let tcp = TcpStream::connect((address.host(), address.port()));
    let tcp = timeout(config.timeouts.connect, tcp).await;
    let tcp = tcp.map_err(|_| Failure::Refused("no answer in time".to_string()))?;
    let refused = |error: &dyn fmt::Display| Failure::Refused(error.to_string());
    let tcp = tcp.map_err(|error| refused(&error))?;
    tcp.set_nodelay(true).map_err(|error| refused(&error))?;
    let mut builder = http1::Builder::new();
    builder.max_headers(config.limits.headers).max_buf_size(config.limits.head_bytes);
    let made = builder.handshake(TokioIo::new(tcp)).await;
    let (sender, connection) = made.map_err(|error| refused(&error))?;
    // How it ends is told to whoever waits for an answer on it.
    let task = tokio::spawn(async move { drop(connection.await) }).abort_handle();
    Ok(Connection { sender, task, unused_since: Instant::now() })
}

/// Asks a replica. A kept connection may be at its end without our knowing: a request that does no
/// harm twice (`is_repeatable`) is tried on one, and again on a new one; any other is sent on a
/// new one only.
pub(crate) async fn exchange(
    replica: &Replica,
    config: &Config,
    request: impl Fn() -> Request<Full<Bytes>>,
    is_repeatable: bool,
) -> Result<(Response<Incoming>, Connection), Failure> {
    let mut was_sent = None;
    if is_repeatable && let Some(mut kept) = replica.pool.take(config.timeouts.keep).await {
        match kept.send(request()).await {
            Ok(response) => return Ok((response, kept)),
            Err(error) if error.is_canceled() => {}
            Err(error) if error.is_parse() => return Err(Failure::Malformed(error.to_string())),
            Err(error) => was_sent = Some(error.to_string()),
        }
    }
    replica.counts.connections.add();
    let mut made = match (connect(replica.address(), config).await, was_sent) {
        (Err(Failure::Refused(_)), Some(why)) => return Err(Failure::Broken(why)),
        (made, _) => made?,
    };
    match made.send(request()).await {
        Ok(response) => Ok((response, made)),
        Err(error) if error.is_parse() => Err(Failure::Malformed(error.to_string())),
        Err(error) => Err(Failure::Broken(error.to_string())),
    }
}
