//! One request, for the record: who asked, who answered, how it ended. It is told once, when the
//! answer is over; dropped before that, the client has left.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Instant;

use hyper::http::request::Parts;

use crate::event::{Answered, Ending, Event};
use crate::replica::Replica;
use crate::router::Router;

/// What nginx logs where the client left before there was a status.
const LEFT: u16 = 499;

pub(crate) struct Call {
    router: Router,
    start: Instant,
    replica: Option<Arc<Replica>>,
    /// None once it is told.
    answered: Option<Answered>,
}

impl Call {
    pub(crate) fn new(router: &Router, parts: &Parts, id: &str, client: IpAddr) -> Self {
        let answered = Answered {
            id: id.to_string(),
            client,
            method: parts.method.to_string(),
            path: parts.uri.path().to_string(),
            status: LEFT,
            replica: None,
            attempts: 0,
            seconds: 0.0,
            ending: Ending::Left,
        };
        let (router, start) = (router.clone(), Instant::now());
        Self { router, start, replica: None, answered: Some(answered) }
    }

    /// When it began.
    pub(crate) fn start(&self) -> Instant {
        self.start
    }

    /// One more replica has it.
    pub(crate) fn sent(&mut self) {
        if let Some(answered) = &mut self.answered {
            answered.attempts += 1;
        }
    }

    /// Its answer begins with `status`: of `replica`, or the router's own.
    pub(crate) fn begins(&mut self, status: u16, replica: Option<Arc<Replica>>) {
        if let Some(replica) = &replica {
            replica.counts.first_byte.observe(self.start.elapsed());
        }
        if let Some(answered) = &mut self.answered {
            answered.status = status;
            answered.replica = replica.as_ref().map(|replica| replica.name().to_string());
        }
        self.replica = replica;
    }

    /// It is over.
    pub(crate) fn end(&mut self, ending: Ending) {
        let Some(mut answered) = self.answered.take() else { return };
        let time = self.start.elapsed();
        answered.seconds = time.as_secs_f64();
        answered.ending = ending;
        match &self.replica {
            Some(replica) => {
                replica.counts.requests.add(answered.status);
                replica.counts.response.observe(time);
            }
            None => self.router.metrics().refused.add(answered.status),
        }
        if ending == Ending::Left {
            self.router.metrics().left.add();
        }
        self.router.tell(&Event::Answered(answered));
    }
}

impl Drop for Call {
    fn drop(&mut self) {
        self.end(Ending::Left);
    }
}
