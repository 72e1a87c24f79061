//! Where a replica listens: `http://host:port`, and nothing else.
//!
//! Left out on purpose: TLS to a replica (routers stand beside their replicas, or a mesh does it),
//! and paths in front of `/v1`.

use std::fmt;
use std::str::FromStr;

use hyper::Uri;

use crate::Error;

/// A host by name or number, and a port.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Address {
    host: String,
    port: u16,
}

impl Address {
    /// A host and a port.
    pub fn new(host: impl Into<String>, port: u16) -> Self {
        Self { host: host.into(), port }
    }

    /// The host, without the brackets of a number of IPv6.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The port.
    pub fn port(&self) -> u16 {
        self.port
    }
}

impl FromStr for Address {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let wrong = |reason| Error::Address { text: text.to_string(), reason };
        let uri: Uri = text.parse().map_err(|_| wrong("it is no URL"))?;
        match uri.scheme_str() {
            Some("http") => {}
            Some("https") => return Err(wrong("TLS to replicas is not supported")),
            _ => return Err(wrong("it does not begin with http://")),
        }
        let authority = uri.authority().ok_or_else(|| wrong("it has no host"))?;
        if authority.as_str().contains('@') {
            return Err(wrong("it has a user; keys are the clients' to send"));
        }
        if uri.path() != "/" || uri.query().is_some() {
            return Err(wrong("it has a path"));
        }
        let port = match uri.port() {
            Some(port) => port.as_str().parse().map_err(|_| wrong("its port is no port"))?,
            // What stands behind the host is then no number that a port may have.
            None if authority.as_str() != authority.host() => {
                return Err(wrong("its port is no port"));
            }
            None => 80,
        };
        let host = authority.host().trim_start_matches('[').trim_end_matches(']');
        if host.is_empty() || port == 0 {
            return Err(wrong("it has no host or no port"));
        }
        Ok(Self::new(host, port))
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { host, port } = self;
        if host.contains(':') { write!(f, "[{host}]:{port}") } else { write!(f, "{host}:{port}") }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: Result<&str, &str>) {
        match (text.parse::<Address>(), expected) {
            (Ok(address), Ok(expected)) => assert_eq!(address.to_string(), expected),
            (Err(error), Err(part)) => assert!(error.to_string().contains(part), "{error}"),
            (found, _) => panic!("{text}: {found:?}, not {expected:?}"),
        }
    }

    #[test]
    fn an_address_is_a_scheme_a_host_and_a_port() {
        check("http://a.example:8000", Ok("a.example:8000"));
        check("http://10.0.0.1/", Ok("10.0.0.1:80"));
        check("http://[::1]:9", Ok("[::1]:9"));
        check("https://a:1", Err("TLS"));
        check("a.example:8000", Err("http://"));
        check("http://key@a:1", Err("a user"));
        check("http://a:1/v1", Err("a path"));
        check("http://a:1/?x", Err("a path"));
        check("http://a:70000", Err("port"));
        check("http://a:0", Err("no port"));
        check("/etc/passwd", Err("http://"));
        check("", Err("no URL"));
    }
}
