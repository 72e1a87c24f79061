//! What an operator sets: several models, pages of other origins, who is refused in which form.

use std::sync::Arc;

use chat::{BatchedOptions, Turns};
use serde_json::json;
use serve::keys::Keys;
use serve::{Models, Settings};

use super::{Script, Server, parse, real};

fn with_origins(origins: &[&'static str]) -> Settings {
    let origins = origins.iter().map(|&origin| origin.parse().unwrap()).collect();
    let mut keys = Keys::default();
    keys.add("tom", "sesame");
    Settings { origins, keys, ..Settings::default() }
}

/// The head of what a browser is answered that asks for a page of this origin.
fn asked_by(server: &Server, head: &str, origin: &str) -> String {
    let origin = format!("origin: {origin}");
    let method = "access-control-request-method: POST";
    let headers = "access-control-request-headers: authorization,content-type";
    let (status, head, _) = server.whole(head, &[&origin, method, headers], "");
    format!("{status} {}", head.to_ascii_lowercase())
}

#[test]
fn pages_of_other_origins_may_ask_where_they_are_named_alone() {
    const ALLOWED: &str = "access-control-allow-origin";
    let ask = "OPTIONS /v1/chat/completions";
    let closed = Server::with(with_origins(&[]));
    assert!(!asked_by(&closed, ask, "https://a.example").contains(ALLOWED));

    let server = Server::with(with_origins(&["https://a.example"]));
    let yes = asked_by(&server, ask, "https://a.example");
    assert!(yes.starts_with("200") && yes.contains(&format!("{ALLOWED}: https://a.example")));
    assert!(yes.contains("access-control-allow-headers: authorization,content-type"), "{yes}");
    assert!(!yes.contains("allow-credentials"), "{yes}");
    assert!(!asked_by(&server, ask, "https://b.example").contains(ALLOWED));
    // What the server's own pages keep stays theirs.
    let own = asked_by(&server, "OPTIONS /api/conversations", "https://a.example");
    assert!(!own.contains(ALLOWED), "{own}");
    // Being allowed to ask is no key.
    let refused = asked_by(&server, "GET /v1/models", "https://a.example");
    assert!(refused.starts_with("401") && refused.contains(ALLOWED), "{refused}");

    let any = Server::with(with_origins(&["*"]));
    assert!(asked_by(&any, ask, "https://b.example").contains(ALLOWED));
}

#[test]
fn who_brings_no_key_is_refused_in_the_form_of_what_was_asked() {
    let server = Server::with(with_origins(&[]));
    let (status, body) = server.send("POST /v1/messages", "{}");
    let body = parse(&body);
    assert_eq!((status, &body["type"]), (401, &json!("error")));
    assert_eq!(body["error"]["type"], "authentication_error");
    let (status, body) = server.send("POST /v1/chat/completions", "{}");
    assert_eq!((status, &parse(&body)["error"]["code"]), (401, &json!("invalid_api_key")));
}

#[test]
fn a_model_comes_when_it_is_asked_for() {
    let script = Arc::new(Script::default());
    let mut models = Models::one(Arc::new(Turns::new(script.clone(), 1000, 4)));
    let loader = || Ok(real::model(BatchedOptions::default()) as Arc<dyn chat::Service>);
    models.add_loaded_on_demand("tiny/one", Box::new(loader));
    models.add_loaded_on_demand("broken", Box::new(|| Err("its file is gone".to_string())));
    models.alias("gpt-4o", "tiny/one").unwrap();
    let served = serve::Server::new(models, Settings::default());
    let router = serve::router(&served);
    let server = Server::of(script, served, router);
    let status = |name: &str| {
        let (status, body) = server.send(&format!("GET /v1/models/{name}"), "");
        assert_eq!(status, 200, "{body}");
        parse(&body)
    };
    assert_eq!(status("script")["status"]["value"], "loaded");
    let before = status("gpt-4o");
    assert_eq!(
        (&before["id"], &before["status"]["value"]),
        (&json!("tiny/one"), &json!("unloaded"))
    );
    assert!(before.get("max_model_len").is_none() && before["aliases"] == json!(["gpt-4o"]));
    let (code, answer) = server.ask("hello", json!({"model": "gpt-4o", "max_tokens": 2}));
    assert_eq!((code, &parse(&answer)["model"]), (200, &json!("tiny/one")), "{answer}");
    assert_eq!(status("tiny/one")["status"]["value"], "loaded");
    assert!(status("tiny/one")["max_model_len"].is_number());
    let (code, answer) = server.ask("hello", json!({"model": "broken"}));
    assert_eq!((code, &parse(&answer)["error"]["code"]), (503, &json!("model_load_failed")));
    assert!(answer.contains("its file is gone"), "{answer}");
    assert_eq!(status("broken")["status"]["value"], "failed");
    let (_, counts) = server.send("GET /metrics", "");
    assert!(counts.contains("lyceum:model_loads_total{model_name=\"tiny/one\"} 1"), "{counts}");
    // Who names none gets the first.
    assert_eq!(parse(&server.ask("hello", json!({})).1)["model"], "script");
}
