//! Hubs that lie: about names, lengths, sums, and where to go on.

use std::fs;

use hub::Error;
use serde_json::json;

use crate::repository::{MODEL, Repository, ranged};
use crate::server::{End, Reply, Request, Server};
use crate::{Pulling, files, include};

/// What a pull says of a hub whose answers for the weights are `lie`.
fn lied(lie: impl Fn(&Request, Reply) -> Reply + Send + Sync + 'static) -> (Pulling, Error) {
    let repository = Repository::new();
    let server = Server::start(move |request| {
        let reply = repository.answer(request);
        if request.path.ends_with("/model.safetensors") { lie(request, reply) } else { reply }
    });
    let mut pulling = Pulling::from(&server);
    let error = pulling.pull(MODEL).unwrap_err();
    pulling.check_empty();
    (pulling, error)
}

/// Bytes that lie hidden, on their way.
fn bytes_kept(pulling: &Pulling) -> u64 {
    let folder = pulling.home.path().join("models/owner/.name.pull");
    let parts = files(&folder).into_iter().filter(|name| name.ends_with(".part"));
    parts.map(|name| fs::metadata(folder.join(name)).unwrap().len()).sum()
}

#[test]
fn bytes_with_another_sum_are_removed() {
    let (mut pulling, error) = lied(|_, mut reply| {
        reply.body[77] ^= 1;
        reply
    });
    assert!(matches!(error, Error::Checksum { .. }), "{error}");
    let words = error.to_string();
    assert!(words.contains("model.safetensors") && words.contains("removed"), "{words}");
    assert_eq!(bytes_kept(&pulling), 0);
    let honest = Repository::new().start();
    pulling.options.endpoint = honest.url();
    pulling.pull(MODEL).unwrap();
    assert_eq!(honest.asked("/model.safetensors")[0].header("range"), None);
}

#[test]
fn a_small_file_is_checked_by_the_name_that_git_gives_it() {
    let repository = Repository::new();
    let server = Server::start(move |request| {
        let reply = repository.answer(request);
        let is_config = request.path.ends_with("/config.json");
        if is_config { Reply::new(200, vec![b'x'; reply.body.len()]) } else { reply }
    });
    let mut pulling = Pulling::from(&server);
    let error = pulling.pull(MODEL).unwrap_err();
    assert!(matches!(&error, Error::Checksum { path, .. } if path == "config.json"), "{error}");
    pulling.check_empty();
}

#[test]
fn more_than_was_promised_is_cut_off_and_refused() {
    for end in [End::Whole, End::Chunked, End::Closed] {
        let (pulling, error) = lied(move |_, mut reply| {
            reply.body.extend([0; 1_000_000]);
            reply.ending(end)
        });
        assert!(matches!(error, Error::Promise { .. }), "{end:?}: {error}");
        assert!(error.to_string().contains("150000 bytes"), "{end:?}: {error}");
        assert_eq!(bytes_kept(&pulling), 0, "{end:?}");
    }
}

#[test]
fn less_than_was_promised_is_refused() {
    let (_, error) = lied(|_, reply| Reply::new(200, &reply.body[..100]));
    assert!(error.to_string().contains("announces 100"), "{error}");
    let (_, error) = lied(|_, reply| Reply::new(200, &reply.body[..100]).ending(End::Closed));
    assert!(matches!(error, Error::GaveUp { .. }), "{error}");
    // What comes again after a start anew is nothing new, else this would go on for ever.
    let short = Repository::new().content("model.safetensors")[..100].to_vec();
    let (_, error) = lied(move |request, _| ranged(&short, request).ending(End::Closed));
    assert!(matches!(error, Error::GaveUp { tries: 3, .. }), "{error}");
}

#[test]
fn what_is_said_with_a_file_must_agree_with_the_list() {
    let lies = [("x-repo-commit", "0"), ("x-linked-size", "7"), ("x-linked-etag", &"a".repeat(64))];
    for (name, value) in lies {
        let value = value.to_string();
        let (_, error) = lied(move |_, mut reply| {
            reply.headers.retain(|(header, _)| header != name);
            reply.with(name, &value)
        });
        assert!(matches!(error, Error::Promise { .. }), "{name}: {error}");
    }
}

#[test]
fn names_that_lead_out_of_the_store_are_refused() {
    for path in
        ["../../../evil", "/tmp/evil", "a/../../../../evil", "..\\evil", "a//evil", "evil/."]
    {
        let repository = Repository::new();
        let server = Server::start(move |_| {
            let mut listing = repository.listing(0);
            let evil = json!({"rfilename": path, "size": 4, "blobId": "0".repeat(40)});
            listing["siblings"].as_array_mut().unwrap().push(evil);
            Reply::new(200, listing.to_string())
        });
        let mut pulling = Pulling::from(&server);
        for choice in [include("*"), include("config.json")] {
            let error = pulling.pull_chosen(MODEL, &choice).unwrap_err();
            assert!(matches!(error, Error::FileName { .. }), "{path}: {error}");
        }
        assert_eq!(files(pulling.home.path()), [""; 0]);
    }
}

#[test]
fn a_file_cannot_take_the_place_of_our_record() {
    let repository = Repository::new();
    repository.change("pulled.json", b"{}");
    let server = repository.start();
    let mut pulling = Pulling::from(&server);
    pulling.pull_chosen(MODEL, &include("*")).unwrap();
    assert!(pulling.store.model(&MODEL.parse().unwrap()).unwrap().pulled.is_some());
    assert!(server.asked("/pulled.json").is_empty());
}

#[test]
fn redirects_end() {
    let (_, error) = lied(|request, _| Reply::new(302, "").with("location", &request.path));
    assert!(error.to_string().contains("at most 5"), "{error}");
    for location in ["ftp://127.0.0.1/x", "file:///etc/passwd", "x", ""] {
        let (_, error) = lied(move |_, _| Reply::new(302, "").with("location", location));
        assert!(matches!(error, Error::Redirect { .. }), "{location}: {error}");
    }
}

#[test]
fn a_page_is_no_list() {
    let page = "<!doctype html><h1>Please log in to the network</h1>";
    let server = Server::start(move |_| Reply::new(200, page));
    let error = Pulling::from(&server).pull(MODEL).unwrap_err();
    assert!(matches!(error, Error::Listing { .. }), "{error}");
    let server = Server::start(|_| Reply::new(200, vec![b' '; (32 << 20) + 2]));
    let error = Pulling::from(&server).pull(MODEL).unwrap_err().to_string();
    assert!(error.contains("longer than 33554432 bytes"), "{error}");
}

#[test]
fn refusals_say_what_to_do() {
    let check = |token: Option<&str>, status: u16, code: &'static str, expected: &str| {
        let server = Server::start(move |_| Reply::new(status, "").with("x-error-code", code));
        let mut pulling = Pulling::from(&server);
        pulling.options.token = token.map(str::to_string);
        let error = pulling.pull(MODEL).unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
        pulling.check_empty();
    };
    check(None, 401, "GatedRepo", "accept its terms");
    check(Some("t"), 403, "GatedRepo", "account of your token");
    check(None, 401, "RepoNotFound", "see that the name is right");
    check(Some("t"), 403, "", "does not let this token");
    check(None, 404, "RevisionNotFound", "no revision \"main\"");
}
