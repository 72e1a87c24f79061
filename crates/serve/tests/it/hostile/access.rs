//! Those without a key: of all routes that the server has, only its health is told to everybody.

use std::collections::BTreeSet;

use chat::BatchedOptions;
use serve::keys::Keys;
use serve::{Models, Settings};

use super::super::{Server, parse, real};
use super::{Came, send};

const KEY: &str = "open sesame";
/// Whom everybody may ask, by all names.
const OPEN: [&str; 2] = ["/health", "/v1/health"];
/// Routes that the document leaves out beside those that are listed behind `/v1`: other names, and itself.
const UNLISTED: [&str; 4] = ["/openapi.json", "/v1/health", "/reranking", "/v1/reranking"];

fn locked() -> (Server, BTreeSet<String>) {
    let mut keys = Keys::default();
    keys.add("tom", KEY);
    let settings = Settings { keys, ..Settings::default() };
    // The same routes as those that are served, which have no list but what they print.
    let printed = serve::router(&serve::Server::new(Models::default(), Settings::default()));
    let printed = format!("{printed:?}");
    // `/` is where nothing matches.
    let routes = printed.split('"').filter(|text| text.len() > 1 && text.starts_with('/'));
    let routes = routes.filter(|path| !path.contains("__private")).map(str::to_string).collect();
    (real::with(BatchedOptions::default(), settings), routes)
}

fn ask(server: &Server, method: &str, path: &str, lines: &[u8]) -> Came {
    let head = format!("{method} {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n");
    let json = "content-type: application/json\r\ncontent-length: 2\r\n";
    send(server.address, &[head.as_bytes(), lines, json.as_bytes(), b"\r\n{}"].concat())
}

/// A path that the route matches.
fn example(route: &str) -> String {
    route.replace("{*id}", "tiny/one").replace("{id}", "tiny/one")
}

#[test]
fn no_route_but_health_answers_without_a_key() {
    let (server, routes) = locked();
    assert!(routes.len() > 15, "{routes:?}");
    let bearer = format!("authorization: Bearer {KEY}\r\n");
    for route in &routes {
        let path = example(route);
        for method in ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "FOO"] {
            let came = ask(&server, method, &path, b"");
            came.judge(route);
            let is_refused = came.status() == 401;
            assert_eq!(is_refused, !OPEN.contains(&path.as_str()), "{method} {path}: {came:?}");
            // Each is there, so that it is the key which is lacking.
            let status = ask(&server, method, &path, bearer.as_bytes()).status();
            assert!(![401, 403, 404].contains(&status), "{method} {path}: {status}");
        }
    }
    let Came::Answer { status, body, .. } = ask(&server, "GET", "/health", b"") else { panic!() };
    assert_eq!((status, body.as_str()), (200, r#"{"status":"ok"}"#));
}

#[test]
fn the_document_lists_every_route_and_what_needs_a_key() {
    let (server, routes) = locked();
    let key = format!("authorization: Bearer {KEY}");
    let document = parse(&server.send_with("GET /openapi.json", &[&key], "").1);
    let paths = document["paths"].as_object().unwrap();
    let listed: BTreeSet<String> = paths.keys().map(|path| example(path)).collect();
    let routes: BTreeSet<String> = routes.iter().map(|route| example(route)).collect();
    assert_eq!(listed.difference(&routes).count(), 0, "{listed:?} {routes:?}");
    for other in routes.difference(&listed) {
        let is_known =
            UNLISTED.contains(&other.as_str()) || listed.contains(&format!("/v1{other}"));
        assert!(is_known, "{other} is in no document");
    }
    let demanded = document["security"][0].as_object().unwrap();
    let scheme = demanded.keys().next().unwrap();
    assert_eq!(document["components"]["securitySchemes"][scheme]["scheme"], "bearer");
    for (path, methods) in paths {
        for (method, operation) in methods.as_object().unwrap() {
            let is_open = operation["security"].as_array().is_some_and(Vec::is_empty);
            assert_eq!(is_open, path == "/health", "{method} {path}");
        }
    }
    let open = real::with(BatchedOptions::default(), Settings::default());
    assert!(parse(&open.send("GET /openapi.json", "").1)["security"].is_null());
}

#[test]
fn nearly_a_key_is_none() {
    let (server, _) = locked();
    let long = format!("authorization: Bearer {}", "a".repeat(50_000));
    let lines: [&[u8]; 16] = [
        b"authorization: Bearer",
        b"authorization: Bearer ",
        b"authorization: bearer open sesam",
        b"authorization: Bearer OPEN SESAME",
        b"authorization: Token open sesame",
        b"authorization: open sesame",
        b"authorization: Bearer open sesame\0",
        b"authorization: ",
        b"authorization: Bearer \xff\xfe",
        b"authorization: Basic !!!!",
        b"authorization: Basic b3Blbg==",
        b"authorization: Bearer x\r\nauthorization: Bearer open sesame",
        b"x-api-key: ",
        b"x-api-key: open  sesame",
        b"cookie: authorization=Bearer open sesame",
        long.as_bytes(),
    ];
    for line in lines {
        let came = ask(&server, "GET", "/v1/models", &[line, b"\r\n"].concat());
        came.judge(&String::from_utf8_lossy(line));
        assert!([400, 401].contains(&came.status()), "{came:?}");
    }
    for path in [
        "/v1/models?api_key=open%20sesame",
        "/v1/models?key=open%20sesame",
        "/health/..",
        "/HEALTH",
        "/health%2f..%2fmetrics",
        "/health?/../metrics/x",
        "/health/",
        "http://x/metrics",
        "//health",
    ] {
        let came = ask(&server, "GET", path, b"");
        let is_health = path.starts_with("/health?");
        assert_eq!(came.status(), if is_health { 200 } else { 401 }, "{path}");
    }
    for line in [
        "authorization: Bearer open sesame",
        "authorization: bEaReR open sesame",
        "x-api-key: open sesame",
    ] {
        assert_eq!(
            ask(&server, "GET", "/v1/models", format!("{line}\r\n").as_bytes()).status(),
            200
        );
    }
}
