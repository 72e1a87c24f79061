//! One request's way: read whole, given a key, sent to replicas until one answers, its answer
//! relayed.
//!
//! A request goes to another replica only while nothing of an answer has been sent, and:
//! - where no connection could be made: as long as there are others;
//! - where a connection broke before an answer began, or a replica answered 429, 502, 503 or 504:
//!   if it does no harm twice, and the budget has a retry for it. The first broken connection is
//!   not paid for: what a dead replica had to do is not done twice. The second is, so that a
//!   request that kills replicas does not kill them all;
//! - where health checks find the replica down while it is waited for: as before, paid for.
//!
//! A replica that is too slow is not helped by asking another, which would be as slow.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::header::{
    CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, HOST, HeaderMap, HeaderValue, RETRY_AFTER,
};
use hyper::http::request::Parts;
use hyper::{Method, Request, Response, StatusCode, Uri};
use tokio::sync::Notify;

use crate::answer::{Body, Patience, Relay, Upstream};
use crate::call::Call;
use crate::config::Config;
use crate::event::{Ending, Event};
use crate::fleet::{Claim, Nobody};
use crate::refusal::Refusal;
use crate::replica::Replica;
use crate::router::Router;
use crate::upload::{self, Upload};
use crate::upstream::{self, Connection, Failure};
use crate::{headers, key};

/// Addresses whose POST computes and changes nothing: it does no harm twice. Some are known with and without
/// `/v1`.
const COMPUTING: [&str; 12] = [
    "/chat/completions",
    "/completions",
    "/responses",
    "/responses/input_tokens",
    "/embeddings",
    "/rerank",
    "/reranking",
    "/messages",
    "/messages/count_tokens",
    "/tokenize",
    "/detokenize",
    "/apply-template",
];

/// Answers a request with a replica's answer, or says why there is none. `closing` ends the
/// client's connection.
pub(crate) async fn forward(
    router: &Router,
    request: Request<Incoming>,
    peer: IpAddr,
    closing: Arc<Notify>,
) -> Response<Body> {
    let config = router.config();
    let (mut parts, body) = request.into_parts();
    let id = router.request_id(&parts.headers);
    let client = headers::client(&parts.headers, peer, config.behind_proxy);
    let mut call = Call::new(router, &parts, id.to_str().unwrap_or(""), client);
    let upload = read(router, &config, &parts, body).await;
    let reply = match upload {
        Ok(upload) => {
            let key = key::of(&parts.headers, &upload.bytes, client, config.prefix.bytes);
            headers::for_replica(&mut parts.headers, peer, config.behind_proxy, &id);
            let sending = Sending::new(router, &config, &parts, upload, &mut call);
            sending.run(key).await
        }
        Err(refusal) => Err(refusal),
    };
    let mut response = match reply {
        Ok(reply) => reply.relay(call, &config, closing),
        Err(refusal) => {
            call.begins(refusal.status.as_u16(), None);
            call.end(Ending::Whole);
            refusal.response()
        }
    };
    response.headers_mut().insert(headers::REQUEST_ID, id);
    response
}

async fn read(
    router: &Router,
    config: &Config,
    parts: &Parts,
    body: Incoming,
) -> Result<Upload, Refusal> {
    if parts.method == Method::CONNECT {
        return Err(Refusal::no_tunnels());
    }
    upload::read(body, config.limits.body_bytes, config.timeouts.body, router.room()).await
}

/// A request on its way to one replica after the other.
struct Sending<'a> {
    router: &'a Router,
    config: &'a Config,
    parts: &'a Parts,
    upload: Upload,
    call: &'a mut Call,
    uri: Uri,
    is_repeatable: bool,
    tried: Vec<Arc<Replica>>,
    /// Connections that broke.
    broken: u32,
}

/// A replica's answer, as far as its head.
struct Reply {
    response: Response<Incoming>,
    connection: Connection,
    claim: Claim,
}

impl<'a> Sending<'a> {
    fn new(
        router: &'a Router,
        config: &'a Config,
        parts: &'a Parts,
        upload: Upload,
        call: &'a mut Call,
    ) -> Self {
        // Of what was asked for the path counts; whose it was said to be does not.
        let path = parts.uri.path_and_query().cloned();
        let uri = path.map_or(Uri::from_static("/"), Uri::from);
        let path = parts.uri.path();
        let path = path.strip_prefix("/v1").unwrap_or(path);
        let is_computing = parts.method == Method::POST && COMPUTING.contains(&path);
        let is_repeatable = parts.method.is_idempotent() || is_computing;
        let (tried, broken) = (Vec::new(), 0);
        Self { router, config, parts, upload, call, uri, is_repeatable, tried, broken }
    }

    /// Asks until somebody answers.
    async fn run(mut self, key: u64) -> Result<Reply, Refusal> {
        self.router.deposit();
        let mut last = None;
        loop {
            let claimed = self.router.fleet().claim(key, &self.tried, Instant::now());
            let mut claim = match claimed {
                Ok(claim) => claim,
                Err(nobody) => return Err(last.unwrap_or_else(|| Refusal::nobody(nobody))),
            };
            self.tried.push(claim.replica.clone());
            self.call.sent();
            let failure = match self.ask(&claim.replica).await {
                Ok((response, connection)) => {
                    let unwell = judge(&mut claim, &response);
                    match unwell.filter(|failure| self.may_retry(failure)) {
                        Some(failure) => failure,
                        None => return Ok(Reply { response, connection, claim }),
                    }
                }
                Err(failure) => {
                    claim.failed(Instant::now());
                    claim.replica.counts.failures.add();
                    if !self.may_retry(&failure) {
                        return Err(refusal(&failure));
                    }
                    failure
                }
            };
            claim.replica.counts.retries.add();
            self.tell(&claim.replica, &failure);
            last = Some(refusal(&failure));
        }
    }

    /// Asks one replica, as long as anything may take.
    async fn ask(&self, replica: &Replica) -> Result<(Response<Incoming>, Connection), Failure> {
        let request = || self.request(replica);
        let exchange = upstream::exchange(replica, self.config, request, self.is_repeatable);
        let times = &self.config.timeouts;
        let left = times.total.saturating_sub(self.call.start().elapsed());
        let (limit, late) = match left < times.first_byte {
            true => (left, Failure::TooLong),
            false => (times.first_byte, Failure::Silent),
        };
        let (response, connection) = tokio::select! {
            exchanged = exchange => exchanged?,
            () = self.is_lost_and_paid(replica) => return Err(Failure::Lost),
            () = tokio::time::sleep(limit) => return Err(late),
        };
        if response.status().is_informational() {
            return Err(Failure::Malformed(response.status().to_string()));
        }
        Ok((response, connection))
    }

    /// Done once the replica is down and the request may go elsewhere; who may not goes on waiting.
    async fn is_lost_and_paid(&self, replica: &Replica) {
        replica.is_lost().await;
        if !(self.is_repeatable && self.has_attempts() && self.has_other() && self.router.pay()) {
            std::future::pending::<()>().await;
        }
    }

    fn request(&self, replica: &Replica) -> Request<Full<Bytes>> {
        let mut request = Request::new(Full::new(self.upload.bytes.clone()));
        *request.method_mut() = self.parts.method.clone();
        *request.uri_mut() = self.uri.clone();
        *request.headers_mut() = self.parts.headers.clone();
        if let Ok(host) = HeaderValue::try_from(replica.address().to_string()) {
            request.headers_mut().insert(HOST, host);
        }
        if !self.upload.bytes.is_empty() || self.parts.method == Method::POST {
            request.headers_mut().insert(CONTENT_LENGTH, self.upload.bytes.len().into());
        }
        request
    }

    /// Whether another may be asked; counts it.
    fn may_retry(&mut self, failure: &Failure) -> bool {
        match failure {
            Failure::Silent | Failure::TooLong | Failure::Malformed(_) => false,
            Failure::Lost => true, // It was paid for.
            Failure::Refused(_) => self.has_other(),
            Failure::Broken(_) | Failure::Status(..) => {
                let is_broken = matches!(failure, Failure::Broken(_));
                self.broken += u32::from(is_broken);
                let is_free = is_broken && self.broken == 1;
                self.is_repeatable
                    && self.has_attempts()
                    && self.has_other()
                    && (is_free || self.router.pay())
            }
        }
    }

    fn has_attempts(&self) -> bool {
        self.tried.len() < self.config.retry.attempts as usize
    }

    fn has_other(&self) -> bool {
        self.router.fleet().has_other(&self.tried, Instant::now())
    }

    fn tell(&self, replica: &Replica, failure: &Failure) {
        let id = self.parts.headers.get(headers::REQUEST_ID);
        let id = id.and_then(|id| id.to_str().ok()).unwrap_or("").to_string();
        let (replica, reason) = (replica.name().to_string(), failure.to_string());
        self.router.tell(&Event::Retried { id, replica, reason });
    }
}

/// What an answer's status says of its replica, and whether it is none.
fn judge(claim: &mut Claim, response: &Response<Incoming>) -> Option<Failure> {
    let (status, now) = (response.status(), Instant::now());
    let pause = retry_after(response.headers());
    match status {
        // Its client's limit perhaps: others may ask it.
        StatusCode::TOO_MANY_REQUESTS => claim.began(),
        StatusCode::SERVICE_UNAVAILABLE => match pause {
            Some(pause) => claim.replica.rest(now, pause),
            None => claim.failed(now),
        },
        StatusCode::BAD_GATEWAY | StatusCode::GATEWAY_TIMEOUT => claim.failed(now),
        _ => {
            claim.began();
            return None;
        }
    }
    Some(Failure::Status(status, pause))
}

/// The seconds of `Retry-After`; a date is as good as nothing.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    headers.get(RETRY_AFTER)?.to_str().ok()?.trim().parse().ok().map(Duration::from_secs)
}

fn refusal(failure: &Failure) -> Refusal {
    match failure {
        Failure::Refused(_) | Failure::Lost => Refusal::nobody(Nobody::Left),
        Failure::Broken(_) | Failure::Malformed(_) => Refusal::broken(),
        Failure::Silent => Refusal::silent(),
        Failure::TooLong => Refusal::too_long(),
        Failure::Status(status, pause) => Refusal::as_replica(*status, *pause),
    }
}

impl Reply {
    fn relay(self, mut call: Call, config: &Config, closing: Arc<Notify>) -> Response<Body> {
        let Self { response, connection, claim } = self;
        let (mut parts, incoming) = response.into_parts();
        call.begins(parts.status.as_u16(), Some(claim.replica.clone()));
        headers::strip(&mut parts.headers);
        let deadline = call.start() + config.timeouts.total;
        let patience = Patience { idle: config.timeouts.idle, deadline };
        let is_events = is_events(&parts.headers);
        let mut relay =
            Relay::new(incoming, Upstream { connection, claim }, call, patience, closing);
        if is_events {
            // An error may come behind what was announced.
            parts.headers.remove(CONTENT_LENGTH);
            relay = relay.with_events();
        }
        Response::from_parts(parts, Body::Relay(Box::new(relay)))
    }
}

/// Whether an answer is a stream of events that can be read here.
fn is_events(headers: &HeaderMap) -> bool {
    let kind = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or("");
    let kind = kind.split(';').next().unwrap_or("").trim();
    kind.eq_ignore_ascii_case("text/event-stream") && !headers.contains_key(CONTENT_ENCODING)
}
