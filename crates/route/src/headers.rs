//! Which header fields go on: those of the message, not those of the connection (RFC 9110 §7.6.1),
//! and what a proxy adds.
//!
//! A client's own `X-Forwarded-*` are worth nothing, and dropped, unless a proxy of ours stands in
//! front and wrote them.

use std::net::IpAddr;

use hyper::HeaderMap;
use hyper::header::{self, HeaderName, HeaderValue};
use stdx::Rng;

/// Said between two neighbours only, whether `Connection` names them or not.
const HOP_BY_HOP: [HeaderName; 9] = [
    header::CONNECTION,
    HeaderName::from_static("keep-alive"),
    HeaderName::from_static("proxy-connection"),
    header::PROXY_AUTHENTICATE,
    header::PROXY_AUTHORIZATION,
    header::TE,
    header::TRAILER,
    header::TRANSFER_ENCODING,
    header::UPGRADE,
];

const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");
/// Say the same as those two in other ways; nobody here writes them.
const OTHER_FORWARDED: [HeaderName; 4] = [
    header::FORWARDED,
    HeaderName::from_static("x-real-ip"),
    HeaderName::from_static("x-forwarded-host"),
    HeaderName::from_static("x-forwarded-port"),
];
/// Names a request in the logs of all who handle it.
pub(crate) const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const LONGEST_ID: usize = 128;

/// Removes what is between neighbours, and what `Connection` calls that.
pub(crate) fn strip(headers: &mut HeaderMap) {
    let named: Vec<HeaderName> = headers
        .get_all(header::CONNECTION)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .filter_map(|name| HeaderName::from_bytes(name.trim().as_bytes()).ok())
        .collect();
    for name in named.iter().chain(&HOP_BY_HOP) {
        headers.remove(name);
    }
}

/// Who asks: the last address that a proxy of ours wrote, else the connection's.
pub(crate) fn client(headers: &HeaderMap, peer: IpAddr, behind_proxy: bool) -> IpAddr {
    let told = headers.get_all(FORWARDED_FOR).iter().next_back().filter(|_| behind_proxy);
    let last = told.and_then(|value| value.to_str().ok()?.rsplit(',').next());
    last.and_then(|text| text.trim().parse().ok()).unwrap_or(peer)
}

/// The head of a request as a replica gets it.
pub(crate) fn for_replica(
    headers: &mut HeaderMap,
    peer: IpAddr,
    behind_proxy: bool,
    id: &HeaderValue,
) {
    strip(headers);
    // The body is whole by now, and its length is said anew.
    for name in [header::HOST, header::CONTENT_LENGTH, header::EXPECT] {
        headers.remove(name);
    }
    if !behind_proxy {
        for name in OTHER_FORWARDED.iter().chain([&FORWARDED_FOR, &FORWARDED_PROTO]) {
            headers.remove(name);
        }
    }
    let before = headers.get_all(FORWARDED_FOR).iter().filter_map(|value| value.to_str().ok());
    let mut chain: Vec<String> = before.map(str::to_string).collect();
    chain.push(peer.to_string());
    if let Ok(chain) = HeaderValue::try_from(chain.join(", ")) {
        headers.insert(FORWARDED_FOR, chain);
    }
    headers.entry(FORWARDED_PROTO).or_insert(HeaderValue::from_static("http"));
    headers.insert(REQUEST_ID, id.clone());
}

/// The client's name for the request, if it is one that can stand in a log; else a fresh one.
pub(crate) fn request_id(headers: &HeaderMap, rng: &mut Rng) -> HeaderValue {
    let is_plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"-._:".contains(byte);
    let is_sound = |id: &&HeaderValue| {
        (1..=LONGEST_ID).contains(&id.len()) && id.as_bytes().iter().all(is_plain)
    };
    headers.get(REQUEST_ID).filter(is_sound).cloned().unwrap_or_else(|| {
        let id = format!("{:016x}{:016x}", rng.next_u64(), rng.next_u64());
        HeaderValue::try_from(id).unwrap_or(HeaderValue::from_static("none"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.append(*name, HeaderValue::from_static(value));
        }
        headers
    }

    const PEER: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 7));

    #[test]
    fn what_is_between_neighbours_stays_there() {
        let mut map = headers(&[
            ("connection", "close, X-Secret"),
            ("connection", "te"),
            ("x-secret", "1"),
            ("te", "trailers"),
            ("keep-alive", "timeout=5"),
            ("transfer-encoding", "chunked"),
            ("upgrade", "websocket"),
            ("proxy-authorization", "Basic x"),
            ("authorization", "Bearer k"),
            ("accept", "*/*"),
        ]);
        strip(&mut map);
        let mut left: Vec<&str> = map.keys().map(HeaderName::as_str).collect();
        left.sort_unstable();
        assert_eq!(left, ["accept", "authorization"]);
    }

    #[test]
    fn only_a_proxy_of_ours_is_believed() {
        let told = headers(&[
            ("host", "evil"),
            ("x-forwarded-for", "1.1.1.1"),
            ("x-forwarded-for", "2.2.2.2, 3.3.3.3"),
            ("x-forwarded-proto", "https"),
            ("x-real-ip", "1.1.1.1"),
        ]);
        assert_eq!(client(&told, PEER, false), PEER);
        assert_eq!(client(&told, PEER, true).to_string(), "3.3.3.3");
        let id = HeaderValue::from_static("a");
        let mut map = told.clone();
        for_replica(&mut map, PEER, false, &id);
        assert_eq!(map["x-forwarded-for"], "192.0.2.7");
        assert_eq!(map["x-forwarded-proto"], "http");
        assert!(!map.contains_key("x-real-ip") && !map.contains_key("host"));
        let mut map = told;
        for_replica(&mut map, PEER, true, &id);
        assert_eq!(map["x-forwarded-for"], "1.1.1.1, 2.2.2.2, 3.3.3.3, 192.0.2.7");
        assert_eq!(map["x-forwarded-proto"], "https");
        assert_eq!(map["x-request-id"], "a");
    }

    #[test]
    fn a_request_keeps_a_sound_name_only() {
        let mut rng = Rng::new(1);
        assert_eq!(request_id(&headers(&[("x-request-id", "abc-1.2")]), &mut rng), "abc-1.2");
        for odd in ["", "a b", "a\"b", "{}"] {
            let id = request_id(&headers(&[("x-request-id", odd)]), &mut rng);
            assert_eq!(id.len(), 32, "{odd:?}");
        }
    }
}
