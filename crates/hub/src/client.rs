//! One request to a hub, and the patience that a network needs.
//!
//! Redirects are followed by hand: what the hub says of a file (`X-Repo-Commit`, `X-Linked-Size`,
//! `X-Linked-Etag`) stands in the first answers, the bytes come with the last, often from another
//! host, and the token goes to the hub alone. Statuses that pass (408, 429, 5xx), broken connections and
//! stalls are tried again, each time after twice the wait or what `Retry-After` asks for; as often as
//! [`Patience::tries`] says without a new byte. Ctrl-C closes what is open at once.

use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use stdx::interrupt::Interrupt;
use ureq::http::header::{ACCEPT_ENCODING, AUTHORIZATION, ETAG, LOCATION, RETRY_AFTER};
use ureq::http::{HeaderMap, Response, Uri};
use ureq::{Agent, Body, Proxy};

use crate::endpoint::{DEFAULT_ENDPOINT, Endpoint, Origin, redirect};
use crate::refusal::{About, refusal};
use crate::{Error, Result};

const MAX_REDIRECTS: usize = 5;
/// Somebody who presses Ctrl-C waits this long at most.
const GLANCE: Duration = Duration::from_millis(50);

/// How a hub is asked.
#[derive(Clone, Debug)]
pub struct Options {
    /// Its address.
    pub endpoint: String,
    /// Who asks.
    pub token: Option<String>,
    /// The address of an HTTP proxy to go through.
    pub proxy: Option<String>,
    /// When to give up.
    pub patience: Patience,
    /// Somebody's wish to stop. A hub that was stopped once asks no more.
    pub interrupt: Interrupt,
}

/// When to give up.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// How often a request is made that brings nothing new.
    pub tries: u32,
    /// The wait after the first failure; after each further one it is twice as long.
    pub first_wait: Duration,
    /// A hub that asks for a longer wait is left.
    pub longest_wait: Duration,
    /// A connection on which nothing comes for so long is broken.
    pub stall: Duration,
}

/// What happens while a model comes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// The next file.
    File(String),
    /// So many bytes of the plan are on disk by now, what had come before among them.
    There(u64),
    /// A request failed and is made again.
    Again {
        /// Why it failed.
        reason: String,
        /// When it is made again.
        wait: Duration,
    },
}

/// Who is told.
pub type Watch<'a> = &'a mut dyn FnMut(Event);

/// Why a request brought nothing.
pub(crate) enum Trouble {
    /// It may go well the next time.
    Passing {
        reason: String,
        /// What the hub asks for.
        wait: Option<Duration>,
        /// Whether something new had come before.
        has_moved: bool,
    },
    /// It will not.
    Final(Error),
}

/// What came back.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Body,
    pub(crate) told: Told,
}

/// What the hub itself, not the host of the bytes, says of a file.
#[derive(Debug, Default)]
pub(crate) struct Told {
    pub(crate) commit: Option<String>,
    pub(crate) size: Option<String>,
    /// Without the quotes.
    pub(crate) etag: Option<String>,
}

/// Whoever asks a hub.
#[derive(Debug)]
pub(crate) struct Client {
    pub(crate) endpoint: Endpoint,
    pub(crate) interrupt: Interrupt,
    agent: Agent,
    token: Option<String>,
    patience: Patience,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            endpoint: DEFAULT_ENDPOINT.to_string(),
            token: None,
            proxy: None,
            patience: Patience::default(),
            interrupt: Interrupt::default(),
        }
    }
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            tries: 6,
            first_wait: Duration::from_secs(1),
            longest_wait: Duration::from_secs(300),
            stall: Duration::from_secs(30),
        }
    }
}

impl Client {
    pub(crate) fn new(options: &Options) -> Result<Self> {
        let is_sendable = |token: &String| token.bytes().all(|byte| byte.is_ascii_graphic());
        if !options.token.as_ref().is_none_or(is_sendable) {
            return Err(Error::Unsendable { what: "token" });
        }
        let proxy = options.proxy.as_deref().map(Proxy::new).transpose();
        let proxy = proxy.map_err(|_| Error::Unsendable { what: "proxy's address" })?;
        let stall = Some(options.patience.stall);
        let config = Agent::config_builder()
            .proxy(proxy) // Said here, since the library would ask the environment.
            .max_redirects(0)
            .http_status_as_error(false)
            .user_agent(concat!("lyceum/", env!("CARGO_PKG_VERSION")))
            .timeout_resolve(stall)
            .timeout_connect(stall)
            .timeout_per_read(stall)
            .timeout_per_write(stall)
            .build();
        Ok(Self {
            endpoint: Endpoint::parse(&options.endpoint)?,
            interrupt: options.interrupt.clone(),
            agent: Agent::new_with_config(config),
            token: options.token.clone(),
            patience: options.patience,
        })
    }

    pub(crate) fn has_token(&self) -> bool {
        self.token.is_some()
    }

    /// Runs `work`; somebody's wish to stop ends what it waits for, and is its error.
    pub(crate) fn interruptible<T>(&self, work: impl FnOnce() -> Result<T>) -> Result<T> {
        thread::scope(|scope| {
            // Closed when the work is done, also where it panics.
            let (_end, ended) = mpsc::channel::<()>();
            scope.spawn(move || {
                while ended.recv_timeout(GLANCE) == Err(RecvTimeoutError::Timeout) {
                    if self.interrupt.requested() {
                        return self.agent.clone().shutdown();
                    }
                }
            });
            match work() {
                Err(_) if self.interrupt.requested() => Err(Error::Interrupted),
                result => result,
            }
        })
    }

    /// Makes attempts until one goes well, or patience ends.
    pub(crate) fn patiently<T>(
        &self,
        watch: Watch<'_>,
        mut attempt: impl FnMut(Watch<'_>) -> Result<T, Trouble>,
    ) -> Result<T> {
        let mut failures = 0;
        loop {
            let (reason, asked) = match attempt(watch) {
                Ok(done) => return Ok(done),
                Err(Trouble::Final(error)) => return Err(error),
                Err(Trouble::Passing { reason, wait, has_moved }) => {
                    failures = if has_moved { 1 } else { failures + 1 };
                    (reason, wait)
                }
            };
            let usual = self.patience.first_wait.saturating_mul(1 << (failures - 1).min(5));
            let wait = asked.unwrap_or(usual);
            if wait > self.patience.longest_wait {
                return Err(Error::Wait { wait });
            }
            if failures >= self.patience.tries {
                let host = self.endpoint.address().to_string();
                return Err(Error::GaveUp { reason, tries: failures, host });
            }
            watch(Event::Again { reason, wait });
            self.pause(wait)?;
        }
    }

    /// Makes one request, with the redirects that it leads to.
    pub(crate) fn get(
        &self,
        about: &About<'_>,
        url: &str,
        headers: &[(&str, String)],
    ) -> Result<Answer, Trouble> {
        let lost = |location: &str| {
            Trouble::Final(Error::Redirect { location: location.chars().take(200).collect() })
        };
        let mut uri: Uri = url.parse().map_err(|_| lost(url))?;
        let mut told = Told::default();
        for _ in 0..=MAX_REDIRECTS {
            let is_hub = Origin::of(&uri).as_ref() == Some(self.endpoint.origin());
            let response = self.send(&uri, headers, is_hub)?;
            if is_hub {
                told.hear(&response);
            }
            if !response.status().is_redirection() {
                return judged(about, is_hub, response, told);
            }
            let location = text(response.headers(), LOCATION.as_str()).unwrap_or_default();
            uri = redirect(&uri, location).ok_or_else(|| lost(location))?;
        }
        Err(lost(&uri.to_string()))
    }

    fn send(
        &self,
        uri: &Uri,
        headers: &[(&str, String)],
        is_hub: bool,
    ) -> Result<Response<Body>, Trouble> {
        if self.interrupt.requested() {
            return Err(Trouble::Final(Error::Interrupted));
        }
        // What is packed on the way has neither the length nor the sum of the file.
        let mut request = self.agent.get(uri).header(ACCEPT_ENCODING, "identity");
        for (name, value) in headers {
            request = request.header(*name, value);
        }
        if let (Some(token), true) = (&self.token, is_hub) {
            request = request.header(AUTHORIZATION, format!("Bearer {token}"));
        }
        request.call().map_err(|error| trouble_with(uri, &error))
    }

    /// Waits; somebody's wish to stop ends it.
    fn pause(&self, wait: Duration) -> Result<()> {
        let mut left = wait;
        while !self.interrupt.requested() {
            let step = left.min(GLANCE);
            if step.is_zero() {
                return Ok(());
            }
            thread::sleep(step);
            left -= step;
        }
        Err(Error::Interrupted)
    }
}

impl Told {
    /// Of several answers on the way the first one to say a thing counts.
    fn hear(&mut self, response: &Response<Body>) {
        let say = |name: &str| text(response.headers(), name).map(str::to_string);
        // That of a redirect is not of the file.
        let own = if response.status().is_redirection() { None } else { say(ETAG.as_str()) };
        let etag = say("x-linked-etag").or(own);
        self.commit = self.commit.take().or_else(|| say("x-repo-commit"));
        self.size = self.size.take().or_else(|| say("x-linked-size"));
        let bare = |etag: String| etag.trim_start_matches("W/").trim_matches('"').to_string();
        self.etag = self.etag.take().or_else(|| etag.map(bare));
    }
}

impl Trouble {
    /// Something that may pass, after which nothing new had come.
    pub(crate) fn passing(reason: impl Into<String>) -> Self {
        Self::Passing { reason: reason.into(), wait: None, has_moved: false }
    }
}

impl From<Error> for Trouble {
    fn from(error: Error) -> Self {
        Self::Final(error)
    }
}

/// A header as text.
pub(crate) fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

/// An answer that can be read, or the trouble that its status is.
fn judged(
    about: &About<'_>,
    is_hub: bool,
    response: Response<Body>,
    told: Told,
) -> Result<Answer, Trouble> {
    let (parts, body) = response.into_parts();
    let status = parts.status.as_u16();
    match status {
        200..300 | 416 => Ok(Answer { status, headers: parts.headers, body, told }),
        408 | 429 | 500.. => {
            // A date instead of seconds is rare, and left out.
            let seconds = text(&parts.headers, RETRY_AFTER.as_str()).and_then(|s| s.parse().ok());
            let wait = seconds.map(Duration::from_secs);
            let reason = format!("the hub answered {status}");
            Err(Trouble::Passing { reason, wait, has_moved: false })
        }
        // An address that the hub gave a moment ago; the next one may be good.
        _ if !is_hub => Err(Trouble::passing(format!("the host of the file answered {status}"))),
        _ => Err(Trouble::Final(refusal(about, status, &parts.headers))),
    }
}

/// What kept a request from being answered.
fn trouble_with(uri: &Uri, error: &ureq::Error) -> Trouble {
    let host = uri.host().unwrap_or_default();
    match error {
        // How a handshake ends that finds no trust.
        ureq::Error::Io(io) if io.kind() == std::io::ErrorKind::InvalidData => {}
        ureq::Error::Timeout(_) => {
            return Trouble::passing(format!("{host} did not answer in time"));
        }
        ureq::Error::HostNotFound => return Trouble::passing(format!("{host} was not found")),
        ureq::Error::Io(_) | ureq::Error::ConnectionFailed | ureq::Error::Protocol(_) => {
            return Trouble::passing(format!("{host} did not answer ({error})"));
        }
        _ => {}
    }
    Trouble::Final(Error::Refused(format!("{host} cannot be asked: {error}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(patience: Patience) -> Client {
        Client::new(&Options { patience, ..Options::default() }).unwrap()
    }

    #[test]
    fn waits_double_until_patience_ends_and_a_new_byte_renews_it() {
        let client = client(Patience {
            first_wait: Duration::from_millis(1),
            tries: 4,
            ..Patience::default()
        });
        let (mut waits, mut n) = (Vec::new(), 0);
        let mut watch = |event| match event {
            Event::Again { wait, .. } => waits.push(wait.as_millis()),
            other => panic!("{other:?}"),
        };
        let result = client.patiently(&mut watch, |_| {
            n += 1;
            Err::<(), _>(Trouble::Passing { reason: "no".into(), wait: None, has_moved: n == 3 })
        });
        assert_eq!(waits, [1, 2, 1, 2, 4]);
        assert!(matches!(result, Err(Error::GaveUp { tries: 4, .. })), "{result:?}");
    }

    #[test]
    fn a_hub_is_waited_for_as_it_asks_but_not_for_ever() {
        let client =
            client(Patience { longest_wait: Duration::from_secs(9), ..Patience::default() });
        let mut asked = [Duration::ZERO, Duration::from_secs(10)].into_iter();
        let mut waits = Vec::new();
        let result = client.patiently(&mut |event| waits.push(event), |_| {
            Err::<(), _>(Trouble::Passing {
                reason: "busy".into(),
                wait: asked.next(),
                has_moved: false,
            })
        });
        assert_eq!(waits, [Event::Again { reason: "busy".into(), wait: Duration::ZERO }]);
        assert!(matches!(result, Err(Error::Wait { .. })), "{result:?}");
    }

    #[test]
    fn a_token_that_would_break_a_request_is_not_sent() {
        let options = Options { token: Some("a\r\nb: c".into()), ..Options::default() };
        assert!(matches!(Client::new(&options), Err(Error::Unsendable { .. })));
    }
}
