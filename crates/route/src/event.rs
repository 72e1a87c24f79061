//! What happens, for whoever writes a log: the crate itself prints nothing.
//!
//! No words of a request or an answer stand in an event, nor what follows a `?`.

use std::fmt;
use std::sync::Arc;

use serde::Serialize;

/// Told of everything that happens; must not wait.
pub type Watch = Arc<dyn Fn(&Event) + Send + Sync>;

/// Something that happened.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Event {
    /// A replica is well.
    Up {
        /// Its name.
        replica: String,
    },
    /// A replica is not well any more.
    Down {
        /// Its name.
        replica: String,
    },
    /// A replica failed so often that it is left alone for a while.
    Opened {
        /// Its name.
        replica: String,
    },
    /// A request goes to another replica.
    Retried {
        /// The request's id.
        id: String,
        /// Who failed.
        replica: String,
        /// How.
        reason: String,
    },
    /// A request is over.
    Answered(Answered),
    /// New members or another configuration.
    Renewed {
        /// How many replicas there are.
        replicas: usize,
    },
}

/// A request that is over.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Answered {
    /// Its id.
    pub id: String,
    /// Who asked.
    pub client: std::net::IpAddr,
    /// The method.
    pub method: String,
    /// The path, without a query.
    pub path: String,
    /// The status that was sent; 499 where the client left before.
    pub status: u16,
    /// Who answered; none if the router did.
    pub replica: Option<String>,
    /// Replicas that it was sent to.
    pub attempts: u32,
    /// From its head to the end of its answer.
    pub seconds: f64,
    /// How its answer ended.
    pub ending: Ending,
}

/// How an answer ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Ending {
    /// It is whole.
    Whole,
    /// The client left.
    Left,
    /// The replica broke off.
    Broken,
}

impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Up { replica } => write!(f, "{replica} is up"),
            Self::Down { replica } => write!(f, "{replica} is down"),
            Self::Opened { replica } => write!(f, "{replica} keeps failing and is left alone"),
            Self::Retried { id, replica, reason } => {
                write!(f, "{id} goes to another than {replica}: {reason}")
            }
            Self::Renewed { replicas } => write!(f, "{replicas} replicas"),
            Self::Answered(answered) => {
                let Answered { id, client, method, path, status, attempts, seconds, .. } = answered;
                let replica = answered.replica.as_deref().unwrap_or("-");
                let ending = match answered.ending {
                    Ending::Whole => "",
                    Ending::Left => ", client left",
                    Ending::Broken => ", broken off",
                };
                write!(
                    f,
                    "{id} {client} {method} {path} {status} {replica} {attempts} {seconds:.3}{ending}"
                )
            }
        }
    }
}
