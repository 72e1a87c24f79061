//! Which pages of other origins may ask (Fetch standard, "HTTP CORS protocol"). No cookie is involved: whoever
//! asks brings a key, so that a page gets nothing with its visitor's rights. What the server keeps for its own
//! pages stays theirs.

use axum::http::request::Parts;
use axum::http::{HeaderValue, Method};
use tower_http::cors::{AllowHeaders, AllowOrigin, CorsLayer, ExposeHeaders};

/// How the addresses of the server's own pages' data begin.
const OWN: &str = "/api/";

/// Any origin.
const ANY: &str = "*";

/// What answers browsers that ask whether a page may ask.
pub(crate) fn layer(origins: &[HeaderValue]) -> CorsLayer {
    let origins = origins.to_vec();
    let may = move |origin: &HeaderValue, request: &Parts| {
        let is_known = origins.iter().any(|own| own == ANY || own == origin);
        is_known && !request.uri.path().starts_with(OWN)
    };
    CorsLayer::new()
        .allow_origin(AllowOrigin::predicate(may))
        .allow_methods([Method::GET, Method::POST])
        .allow_headers(AllowHeaders::mirror_request())
        .expose_headers(ExposeHeaders::any())
        .max_age(std::time::Duration::from_secs(600))
}
