//! Which of several servers answers: a reverse proxy over replicas of `lyceum serve`, or of any
//! server with OpenAI's API.
//!
//! Stage of the life: the model at work, on more than one machine. Reading order: [`config`] (what
//! it is told), [`policy`] with [`key`] (which replica), [`breaker`], [`budget`] and [`health`]
//! (which not, and how often), `replica` and `fleet` (how all stand), `forward` (one request's
//! way), `answer` with `sse` (an answer's way back), `upstream` (connections to replicas),
//! `listen` (connections of clients), `own` (what the router says itself), `metrics`.
//!
//! A request is kept whole until its answer begins, so that it can go to another replica; an
//! answer is passed on as it comes. What is promised: a request that no answer had begun to is not
//! lost with its replica; an answer that breaks off says so; nobody but the configured replicas is
//! ever asked, whatever a request or an answer says (redirects are passed on).
//!
//! ```no_run
//! # use std::sync::Arc;
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! let replica = "http://127.0.0.1:8001".parse()?;
//! let config = route::Config {
//!     replicas: vec![route::config::Replica::new(replica)],
//!     ..route::Config::default()
//! };
//! let router = route::Router::new(config, 1, Arc::new(|event: &route::Event| drop(event)))?;
//! let listener = tokio::net::TcpListener::bind("127.0.0.1:8000").await?;
//! router.serve(listener, async { drop(tokio::signal::ctrl_c().await) }).await?;
//! # Ok(())
//! # }
//! ```
//!
//! Left out on purpose: TLS (a proxy in front has it, see `deploy/`), HTTP/2, WebSockets and other
//! upgrades, trailers, caching of answers, state shared between routers.
//!
//! Must never know: models, conversations.
#![forbid(unsafe_code)]

mod address;
mod answer;
pub mod breaker;
pub mod budget;
mod call;
pub mod config;
mod discover;
mod error;
mod event;
mod fleet;
mod forward;
mod headers;
pub mod health;
pub mod key;
mod listen;
mod metrics;
mod own;
pub mod policy;
mod refusal;
mod replica;
mod router;
mod sse;
mod steady;
mod upload;
mod upstream;

pub use address::Address;
pub use config::Config;
pub use error::Error;
pub use event::{Answered, Ending, Event, Watch};
pub use router::Router;
