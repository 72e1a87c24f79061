//! Where a hub is asked, and the addresses that are asked for there.
//!
//! An [`Origin`] is a scheme, a host and a port (RFC 6454): what a token may be sent to. Parts of an
//! address are percent-encoded (RFC 3986), so that no name can change which address is asked for.

use ureq::http::Uri;

use crate::{Error, ModelId, Reference};

/// The hub where no other is named.
pub const DEFAULT_ENDPOINT: &str = "https://huggingface.co";

/// A hub's address.
#[derive(Clone, Debug)]
pub(crate) struct Endpoint {
    /// Without a slash at its end.
    address: String,
    origin: Origin,
}

/// Whom a request goes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Origin {
    is_https: bool,
    host: String,
    port: u16,
}

impl Endpoint {
    /// An address such as `https://huggingface.co`; there may be a path behind the host.
    pub(crate) fn parse(text: &str) -> Result<Self, Error> {
        let wrong = || Error::Endpoint { endpoint: text.chars().take(200).collect() };
        let address = text.trim_end_matches('/');
        if address.contains(['@', '?', '#']) {
            return Err(wrong());
        }
        let uri: Uri = address.parse().map_err(|_| wrong())?;
        let origin = Origin::of(&uri).ok_or_else(wrong)?;
        Ok(Self { address: address.to_string(), origin })
    }

    pub(crate) fn address(&self) -> &str {
        &self.address
    }

    pub(crate) fn origin(&self) -> &Origin {
        &self.origin
    }

    /// What a revision holds, with sizes and checksums.
    pub(crate) fn listing_url(&self, reference: &Reference) -> String {
        let revision = encoded(&reference.revision, false);
        format!("{}/api/models/{}/revision/{revision}?blobs=true", self.address, reference.id)
    }

    /// A file of a commit.
    pub(crate) fn file_url(&self, id: &ModelId, commit: &str, path: &str) -> String {
        format!("{}/{id}/resolve/{commit}/{}", self.address, encoded(path, true))
    }
}

impl Origin {
    /// Whom an absolute address belongs to, if it is one of HTTP.
    pub(crate) fn of(uri: &Uri) -> Option<Self> {
        let (is_https, usual) = match uri.scheme_str()? {
            "https" => (true, 443),
            "http" => (false, 80),
            _ => return None,
        };
        let host = uri.host().filter(|host| !host.is_empty())?.to_ascii_lowercase();
        Some(Self { is_https, host, port: uri.port_u16().unwrap_or(usual) })
    }
}

/// Where an answer from `from` sends one on to; nothing where that is no address of HTTP, or where
/// what was asked for in secret would be asked for in the open.
pub(crate) fn redirect(from: &Uri, location: &str) -> Option<Uri> {
    let (scheme, authority) = (from.scheme_str()?, from.authority()?);
    let absolute = match location {
        full if full.starts_with("https://") || full.starts_with("http://") => full.to_string(),
        other_host if other_host.starts_with("//") => format!("{scheme}:{other_host}"),
        path if path.starts_with('/') => format!("{scheme}://{authority}{path}"),
        _ => return None,
    };
    let uri: Uri = absolute.parse().ok()?;
    let (old, new) = (Origin::of(from)?, Origin::of(&uri)?);
    (new.is_https || !old.is_https).then_some(uri)
}

/// The text with every byte but letters, digits and `-._~` encoded, and slashes unless they are kept.
fn encoded(text: &str, keeps_slashes: bool) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'/' if keeps_slashes => out.push('/'),
            b'-' | b'.' | b'_' | b'~' => out.push(char::from(byte)),
            plain if plain.is_ascii_alphanumeric() => out.push(char::from(plain)),
            other => out += &format!("%{other:02X}"),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_those_of_the_hub() {
        let endpoint = Endpoint::parse("https://huggingface.co/").unwrap();
        let reference: Reference = "a/b@refs/pr/1".parse().unwrap();
        assert_eq!(
            endpoint.listing_url(&reference),
            "https://huggingface.co/api/models/a/b/revision/refs%2Fpr%2F1?blobs=true"
        );
        assert_eq!(
            endpoint.file_url(&reference.id, "c0ffee", "sub/é ?#%.bin"),
            "https://huggingface.co/a/b/resolve/c0ffee/sub/%C3%A9%20%3F%23%25.bin"
        );
        let mirror = Endpoint::parse("http://10.0.0.1:8080/hub").unwrap();
        assert!(
            mirror.file_url(&reference.id, "c", "d").starts_with("http://10.0.0.1:8080/hub/a/b/")
        );
    }

    #[test]
    fn what_is_no_endpoint_is_refused() {
        for text in
            ["", "huggingface.co", "ftp://a", "https://", "https://me@a", "http://a?b", "/a"]
        {
            let error = Endpoint::parse(text).unwrap_err().to_string();
            assert!(error.contains("https://"), "{text:?}: {error}");
        }
    }

    #[test]
    fn redirects_go_on_but_never_from_secret_to_open() {
        let from: Uri = "https://hub.org/a/resolve/c/d".parse().unwrap();
        let check = |location: &str, expected: Option<&str>| {
            let uri = redirect(&from, location).map(|uri| uri.to_string());
            assert_eq!(uri.as_deref(), expected, "{location}");
        };
        check("/b/c?d=e", Some("https://hub.org/b/c?d=e"));
        check("https://cdn.org/x", Some("https://cdn.org/x"));
        check("//cdn.org/x", Some("https://cdn.org/x"));
        check("http://cdn.org/x", None);
        check("http://hub.org/x", None);
        check("ftp://cdn.org/x", None);
        check("x/y", None);
        check("", None);
        check("https://", None);
    }

    #[test]
    fn an_origin_is_scheme_host_and_port() {
        let origin = |text: &str| Origin::of(&text.parse().unwrap()).unwrap();
        assert_eq!(origin("https://A.org/x"), origin("https://a.org:443/y"));
        assert_ne!(origin("https://a.org"), origin("http://a.org"));
        assert_ne!(origin("https://a.org"), origin("https://a.org:8443"));
        assert_ne!(origin("https://a.org"), origin("https://b.a.org"));
    }
}
