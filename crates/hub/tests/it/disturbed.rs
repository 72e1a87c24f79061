//! Networks that break, stall and are busy, hubs that change, and somebody who presses Ctrl-C.

use std::time::{Duration, Instant};

use hub::{Choice, Error, Event};

use crate::Pulling;
use crate::repository::{MODEL, Repository, ranged};
use crate::server::{End, Reply, Request, Server};

const WEIGHTS: &str = "/model.safetensors";

/// A hub whose answers for the weights are changed by `disturb`.
fn disturbed(
    repository: &Repository,
    disturb: impl Fn(&Request, Reply) -> Reply + Send + Sync + 'static,
) -> Server {
    let repository = repository.clone();
    Server::start(move |request| {
        let reply = repository.answer(request);
        if request.path.ends_with(WEIGHTS) { disturb(request, reply) } else { reply }
    })
}

/// Pulls, and checks that the weights came as they are.
fn check_comes(server: &Server, repository: &Repository) -> Pulling {
    let mut pulling = Pulling::from(server);
    pulling.pull(MODEL).unwrap();
    assert_eq!(pulling.read("model.safetensors"), repository.content("model.safetensors"));
    pulling
}

fn ranges(server: &Server) -> Vec<Option<String>> {
    let asked = server.asked(WEIGHTS);
    asked.iter().map(|request| request.header("range").map(str::to_string)).collect()
}

#[test]
fn a_connection_that_breaks_is_gone_on_with() {
    let repository = Repository::new();
    let server = disturbed(&repository, |request, reply| match request.nth {
        0 => reply.ending(End::Broken(1000)),
        1 => reply.ending(End::Broken(2000)),
        _ => reply,
    });
    let pulling = check_comes(&server, &repository);
    let expected = [None, Some("bytes=1000-".to_string()), Some("bytes=3000-".to_string())];
    assert_eq!(ranges(&server), expected);
    let again = |event: &&Event| matches!(event, Event::Again { .. });
    assert_eq!(pulling.events.iter().filter(again).count(), 2);
    let asked = server.asked(WEIGHTS);
    let version = asked[1].header("if-range").unwrap();
    assert!(version.starts_with('"') && version.len() == 66, "{version}");
}

#[test]
fn a_later_pull_goes_on_too() {
    let repository = Repository::new();
    let broken = repository.clone();
    let server = disturbed(&repository, |_, reply| {
        if reply.body.len() > 100_000 {
            reply.ending(End::Broken(60_000))
        } else {
            Reply::new(503, "")
        }
    });
    let mut pulling = Pulling::from(&server);
    let error = pulling.pull(MODEL).unwrap_err();
    assert!(matches!(error, Error::GaveUp { .. }), "{error}");
    assert!(error.to_string().contains("goes on from what has come"), "{error}");
    pulling.check_empty();
    assert_eq!(pulling.store.unfinished().unwrap()[0].0.to_string(), MODEL);
    let whole = broken.start();
    pulling.options.endpoint = whole.url();
    let pull = pulling.pull(MODEL).unwrap();
    assert_eq!(pulling.read("model.safetensors"), repository.content("model.safetensors"));
    assert_eq!(ranges(&whole), [Some("bytes=60000-".to_string())]);
    assert_eq!(whole.seen().len(), 3, "the list, the weights, and the tokenizer behind them");
    assert!(pull.received_bytes < 100_000);
    assert!(pulling.store.unfinished().unwrap().is_empty());
}

#[test]
fn a_server_without_ranges_gives_all_of_it_again() {
    let repository = Repository::new();
    let content = repository.content("model.safetensors");
    let server = disturbed(&repository, move |request, _| {
        let whole = Reply::new(200, content.clone());
        if request.nth == 0 { whole.ending(End::Broken(5000)) } else { whole }
    });
    check_comes(&server, &repository);
    assert_eq!(ranges(&server), [None, Some("bytes=5000-".to_string())]);
    assert_eq!(server.asked(WEIGHTS)[1].header("if-range"), None, "no version was said");
}

#[test]
fn a_version_that_changes_between_two_tries_is_not_mixed() {
    let repository = Repository::new();
    let content = repository.content("model.safetensors");
    // As it should be: a range only if the version is the one that is asked for.
    let (good, twice) = (content.clone(), content.clone());
    let server = disturbed(&repository, move |request, _| match request.nth {
        0 => Reply::new(200, vec![0; 150_000]).with("etag", "\"v1\"").ending(End::Broken(700)),
        _ if request.header("if-range") == Some("\"v2\"") => ranged(&good, request),
        _ => Reply::new(200, good.clone()).with("etag", "\"v2\""),
    });
    check_comes(&server, &repository);
    assert_eq!(server.asked(WEIGHTS)[1].header("if-range"), Some("\"v1\""));
    // As it should not be: a range whatever is asked for.
    let server = disturbed(&repository, move |request, _| match request.nth {
        0 => Reply::new(200, vec![0; 150_000]).with("etag", "\"v1\"").ending(End::Broken(700)),
        _ => ranged(&twice, request).with("etag", "\"v2\""),
    });
    check_comes(&server, &repository);
    assert_eq!(ranges(&server), [None, Some("bytes=700-".to_string()), None]);
}

#[test]
fn a_range_that_was_not_asked_for_is_not_taken() {
    let repository = Repository::new();
    let content = repository.content("model.safetensors");
    let server = disturbed(&repository, move |request, reply| match request.nth {
        0 => reply.ending(End::Broken(700)),
        1 => Reply::new(206, &content[600..]).with("content-range", "bytes 600-149999/150000"),
        2 => Reply::new(416, ""),
        _ => reply,
    });
    let mut pulling = Pulling::from(&server);
    pulling.options.patience.tries = 4;
    pulling.pull(MODEL).unwrap();
    assert_eq!(pulling.read("model.safetensors"), repository.content("model.safetensors"));
    assert_eq!(ranges(&server), [None, Some("bytes=700-".to_string()), None, None]);
}

#[test]
fn bodies_without_a_length_come_too() {
    let repository = Repository::new();
    for end in [End::Chunked, End::Closed] {
        let server = disturbed(&repository, move |_, reply| reply.ending(end));
        check_comes(&server, &repository);
    }
}

#[test]
fn what_passes_is_waited_for() {
    let repository = Repository::new();
    let server = disturbed(&repository, |request, reply| match request.nth {
        0 => Reply::new(429, "").with("retry-after", 1),
        1 => Reply::new(500, ""),
        _ => reply,
    });
    let pulling = check_comes(&server, &repository);
    let waits = pulling.events.iter().filter_map(|event| match event {
        Event::Again { wait, reason } => Some((reason.contains("429"), *wait)),
        _ => None,
    });
    let expected = [(true, Duration::from_secs(1)), (false, Duration::from_millis(2))];
    assert_eq!(waits.collect::<Vec<_>>(), expected);
}

#[test]
fn what_does_not_pass_ends() {
    let always = |status: u16, seconds: u32| {
        let server = Server::start(move |_| Reply::new(status, "").with("retry-after", seconds));
        let error = Pulling::from(&server).pull(MODEL).unwrap_err();
        (server.seen().len(), error)
    };
    let (tries, error) = always(503, 0);
    assert!(matches!(error, Error::GaveUp { tries: 3, .. }), "{error}");
    assert_eq!(tries, 3);
    let (tries, error) = always(429, 3600);
    assert!(error.to_string().contains("wait 3600 s") && tries == 1, "{error}");
    let (tries, error) = always(401, 0);
    assert!(matches!(error, Error::Refused(_)) && tries == 1, "{error}");
}

#[test]
fn a_hub_that_is_not_there_is_named() {
    let server = Repository::new().start();
    let mut pulling = Pulling::from(&server);
    drop(server);
    let error = pulling.pull(MODEL).unwrap_err().to_string();
    assert!(error.contains("127.0.0.1 did not answer") && error.contains("3 times"), "{error}");
}

#[test]
fn a_link_that_ran_out_is_asked_for_anew() {
    let repository = Repository::new();
    let bytes = repository.clone();
    let cdn = Server::start(move |request| match request.nth {
        0 => Reply::new(403, "expired"),
        _ => bytes.bytes_of("model.safetensors", request),
    });
    let (place, told) = (cdn.url(), repository.clone());
    let server = disturbed(&repository, move |_, _| {
        told.told("model.safetensors", 302).with("location", format!("{place}/x"))
    });
    check_comes(&server, &repository);
    assert_eq!(server.asked(WEIGHTS).len(), 2);
}

#[test]
fn a_stall_is_a_break() {
    let repository = Repository::new();
    let server = disturbed(&repository, |request, reply| {
        if request.nth == 0 { reply.ending(End::Stalled(4000)) } else { reply }
    });
    let mut pulling = Pulling::from(&server);
    pulling.options.patience.stall = Duration::from_millis(1500);
    pulling.pull(MODEL).unwrap();
    assert_eq!(ranges(&server), [None, Some("bytes=4000-".to_string())]);
}

#[test]
fn ctrl_c_keeps_what_has_come_and_is_heard_while_nothing_comes() {
    let repository = Repository::new();
    let server = disturbed(&repository, |request, reply| {
        if request.nth == 0 { reply.ending(End::Stalled(90_000)) } else { reply }
    });
    let mut pulling = Pulling::from(&server);
    let begun = Instant::now();
    // The two files before it have 33 bytes.
    let error = pulling.pull_until(|event| *event == Event::There(90_033));
    assert!(matches!(error, Error::Interrupted), "{error}");
    assert!(begun.elapsed() < Duration::from_secs(8), "before the stall is over");
    pulling.check_empty();
    pulling.pull(MODEL).unwrap();
    assert_eq!(ranges(&server), [None, Some("bytes=90000-".to_string())]);
}

#[test]
fn what_came_of_an_older_commit_does_not_stay() {
    let repository = Repository::new();
    let server = disturbed(&repository, |request, reply| match request.nth {
        0 => reply.ending(End::Broken(80_000)),
        _ => Reply::new(503, ""),
    });
    let mut pulling = Pulling::from(&server);
    pulling.pull(MODEL).unwrap_err();
    let kept = |pulling: &Pulling| pulling.store.unfinished().unwrap()[0].1;
    assert!(kept(&pulling) > 80_000);
    repository.change("model.safetensors", b"a smaller one");
    pulling.pull(MODEL).unwrap_err();
    assert!(kept(&pulling) < 100, "{}", kept(&pulling));
}

#[test]
fn ctrl_c_is_heard_during_a_wait() {
    let repository = Repository::new();
    let server = disturbed(&repository, |request, reply| match request.nth {
        0 => Reply::new(429, "").with("retry-after", 60),
        _ => reply,
    });
    let mut pulling = Pulling::from(&server);
    pulling.options.patience.longest_wait = Duration::from_secs(100);
    let begun = Instant::now();
    let error = pulling.pull_until(|event| matches!(event, Event::Again { .. }));
    assert!(matches!(error, Error::Interrupted), "{error}");
    assert!(begun.elapsed() < Duration::from_secs(20));
    pulling.pull(MODEL).unwrap();
}

#[test]
fn what_cannot_fit_is_not_begun() {
    let repository = Repository::new();
    let huge = repository.clone();
    let server = Server::start(move |request| {
        let mut listing = huge.listing(0);
        let weights = &mut listing["siblings"][3];
        assert_eq!(weights["rfilename"], "model.safetensors");
        weights["lfs"]["size"] = u64::MAX.into();
        if request.path.starts_with("/api/") {
            Reply::new(200, listing.to_string())
        } else {
            huge.answer(request)
        }
    });
    let mut pulling = Pulling::from(&server);
    let plan = pulling.plan(MODEL, &Choice::default()).unwrap();
    assert_eq!(plan.size_bytes(), u64::MAX);
    let error = pulling.pull(MODEL).unwrap_err();
    // A system that does not tell its room finds out that the hub does not keep its word.
    let expected = if cfg!(unix) { "make room" } else { "announces 150000" };
    assert!(error.to_string().contains(expected), "{error}");
    pulling.check_empty();
}
