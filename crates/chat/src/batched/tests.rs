//! A batched model beside the same model that answers one at a time.

use std::sync::atomic::AtomicBool;
use std::sync::mpsc::Receiver;
use std::time::Duration;

use arch::{Spec, Untaught};
use generate::Sampling;

use super::*;
use crate::local::tests::bytes_tokenizer;
use crate::{Finish, Grammar, LocalModel, Message, Role, Tools};

fn spec(context: usize) -> Spec {
    let vocab_size = bytes_tokenizer().vocab_size() + 3;
    Spec { context, ..Spec::llama(vocab_size, 32, 2, 2) }
}

fn runtime(context: usize) -> Runtime {
    Runtime::new(&spec(context), &Untaught { seed: 3 }).unwrap()
}

fn batched(context: usize, options: BatchedOptions) -> BatchedModel {
    let clock = Arc::new(|| 0.0);
    let names = LocalOptions::default();
    BatchedModel::new(runtime(context), bytes_tokenizer(), names, options, clock, None).unwrap()
}

fn request(i: u64) -> Request {
    let text = format!("Tell me of number {i}. {}", "And so on. ".repeat(i as usize % 4));
    Request {
        messages: vec![Message::new(Role::User, text)],
        sampling: Sampling { seed: i, ..Sampling::default() },
        max_tokens: Some(8 + i as usize),
        logprobs: Some(1),
        ..Request::default()
    }
}

#[derive(Clone)]
struct Ear {
    heard: Sender<Heard>,
    listens: Arc<AtomicBool>,
}

impl Listener for Ear {
    fn hear(&mut self, heard: Heard) {
        drop(self.heard.send(heard));
    }

    fn is_listening(&self) -> bool {
        self.listens.load(Ordering::SeqCst)
    }
}

fn ear() -> (Ear, Receiver<Heard>) {
    let (heard, hears) = mpsc::channel();
    (Ear { heard, listens: Arc::new(true.into()) }, hears)
}

/// What a text is to a model.
fn embedding(model: &BatchedModel, text: Prompt) -> Result<Vec<f32>, Error> {
    let (ear, hears) = ear();
    model.ask(Ask::embedding(text), Box::new(ear))?;
    let mut found = None;
    for heard in hears {
        match heard {
            Heard::Embedding(embedding) => found = Some(embedding),
            Heard::Done(done) => return done.map(|_| found.unwrap()),
            _ => {}
        }
    }
    panic!("there was no end");
}

fn wait(until: impl Fn() -> bool) {
    let end = std::time::Instant::now() + Duration::from_secs(20);
    while !until() {
        assert!(std::time::Instant::now() < end, "waited in vain");
        std::thread::sleep(Duration::from_millis(2));
    }
}

fn endless() -> Ask {
    let sampling = Sampling { temperature: 0.5, ..Sampling::default() };
    Ask { ignore_end: true, sampling, ..Ask::new(Prompt::Text("on".into())) }
}

#[test]
fn many_at_once_get_the_answers_that_each_would_get_alone() {
    let model = batched(400, BatchedOptions::default());
    let one = LocalModel::new(runtime(400), bytes_tokenizer(), LocalOptions::default()).unwrap();
    let answers: Vec<(Reply, String)> = std::thread::scope(|scope| {
        let ask = |i| {
            let model = &model;
            scope.spawn(move || {
                let mut text = String::new();
                let reply = model.respond(&request(i), &mut |piece| {
                    text.push_str(piece);
                    Flow::Continue
                });
                (reply.unwrap(), text)
            })
        };
        let threads: Vec<_> = (0..12).map(ask).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    for (i, (reply, text)) in answers.iter().enumerate() {
        assert_eq!(reply.text, *text);
        let alone = one.respond(&request(i as u64), &mut |_| Flow::Continue).unwrap();
        assert_eq!((&reply.text, reply.finish), (&alone.text, alone.finish), "answer {i}");
        assert_eq!(reply.prompt_tokens, alone.prompt_tokens);
        assert_eq!(reply.completion_tokens, alone.completion_tokens);
        assert_eq!(reply.logprobs.len(), reply.completion_tokens);
    }
    // What was read is known.
    let again = model.respond(&request(3), &mut |_| Flow::Continue).unwrap();
    assert!(again.cached_tokens > 0 && again.text == answers[3].0.text);
    assert!(model.load().passes > 0);
}

#[test]
fn too_many_are_refused_at_once_and_places_are_given_back() {
    let limits = Limits { sequences: 1, ..Limits::default() };
    let model = batched(4000, BatchedOptions { limits, queue: 1, ..BatchedOptions::default() });
    let (first, hears) = ear();
    model.ask(endless(), Box::new(first.clone())).unwrap();
    model.ask(endless(), Box::new(ear().0)).unwrap();
    let refused = model.ask(endless(), Box::new(ear().0)).unwrap_err();
    assert!(matches!(refused, Error::Busy { waiting: 2 }), "{refused}");
    let embedded = embedding(&model, Prompt::Ids(vec![1]));
    assert!(matches!(embedded, Err(Error::Busy { waiting: 2 })), "{embedded:?}");
    assert!(matches!(hears.recv().unwrap(), Heard::Began { .. }));
    // Whoever leaves makes room, heard or not.
    first.listens.store(false, Ordering::SeqCst);
    let until = std::time::Instant::now() + Duration::from_secs(20);
    while model.load().taken > 1 {
        assert!(std::time::Instant::now() < until);
        std::thread::sleep(Duration::from_millis(1));
    }
    model.ask(endless(), Box::new(ear().0)).unwrap();
}

#[test]
fn an_answer_ends_at_the_limits_of_the_server() {
    let options = BatchedOptions { max_tokens: Some(5), ..BatchedOptions::default() };
    let reply = batched(400, options).respond(&request(9), &mut |_| Flow::Continue).unwrap();
    assert_eq!((reply.completion_tokens, reply.finish), (5, Finish::Length));
    // Every look at this clock is a second later.
    let seconds = Arc::new(AtomicUsize::new(0));
    let clock: Clock = Arc::new(move || seconds.fetch_add(1, Ordering::SeqCst) as f64);
    let options = BatchedOptions { seconds: Some(50.0), ..BatchedOptions::default() };
    let names = LocalOptions::default();
    let model =
        BatchedModel::new(runtime(4000), bytes_tokenizer(), names, options, clock, None).unwrap();
    let (ear, hears) = ear();
    model.ask(endless(), Box::new(ear)).unwrap();
    let done = hears.into_iter().find_map(|heard| match heard {
        Heard::Done(reply) => Some(reply.unwrap()),
        _ => None,
    });
    let reply = done.unwrap();
    assert_eq!(reply.finish, Finish::Length);
    assert!((5..50).contains(&reply.completion_tokens), "{}", reply.completion_tokens);
}

#[test]
fn prompts_that_do_not_fit_are_refused_or_forget() {
    let model = batched(100, BatchedOptions::default());
    let long = Prompt::Text("x".repeat(101));
    let refused = model.ask(Ask::new(long), Box::new(ear().0)).unwrap_err();
    assert!(refused.is_of_request() && refused.to_string().contains("101"), "{refused}");
    // A prompt that fills the context may still be told of, or get its one token.
    for max_tokens in [Some(0), None] {
        let (ear, hears) = ear();
        let full = Prompt::Text("x".repeat(100));
        let ask = Ask { max_tokens, prompt_logprobs: Some(0), ..Ask::new(full) };
        model.ask(ask, Box::new(ear)).unwrap();
        let (mut told, mut tokens) = (0, None);
        for heard in hears {
            match heard {
                Heard::Prompt(prompt) => told += prompt.len(),
                Heard::Done(reply) => tokens = Some(reply.unwrap().completion_tokens),
                _ => {}
            }
        }
        assert_eq!((told, tokens), (99, Some(usize::from(max_tokens.is_none()))));
    }
    let turns: Vec<Message> =
        (0..30).map(|i| Message::new(Role::User, format!("turn {i}"))).collect();
    let talk = Ask::new(Prompt::from(turns));
    let (strict, (lax, hears)) = (model.ask(talk.clone(), Box::new(ear().0)), ear());
    assert!(matches!(strict, Err(Error::TooLong { .. })));
    model.ask(Ask { may_forget: true, max_tokens: Some(3), ..talk }, Box::new(lax)).unwrap();
    assert!(hears.into_iter().any(|heard| matches!(heard, Heard::Done(Ok(_)))));
}

#[test]
fn forms_are_held_to_side_by_side() {
    let model = batched(400, BatchedOptions::default());
    std::thread::scope(|scope| {
        for i in 0..6 {
            let model = &model;
            scope.spawn(move || {
                let words = [format!("yes {i}"), format!("no {i}")];
                let grammar = Some(Grammar::choices(words.clone()));
                let asked = Request { grammar, max_tokens: Some(30), ..request(i) };
                let said = model.respond(&asked, &mut |_| Flow::Continue).unwrap().text;
                assert!(words.contains(&said), "{said}");
            });
        }
    });
}

#[test]
fn a_text_is_embedded_by_what_it_says() {
    let model = batched(400, BatchedOptions::default());
    let embed = |text: &str| embedding(&model, Prompt::Text(text.into())).unwrap();
    let (a, b, c) = (embed("a tree"), embed("a tree"), embed("Quite another!"));
    assert_eq!((a.len(), &a), (32, &b));
    assert_ne!(a, c);
    let length: f32 = a.iter().map(|x| x * x).sum();
    assert!((length - 1.0).abs() < 1e-5, "{length}");
    // By hand: the mean of the last states.
    let runtime = runtime(400);
    let ids = model.encode(&Prompt::Text("a tree".into())).unwrap();
    let states = runtime.hidden(&ids, &mut runtime.new_cache()).unwrap();
    let sum = |i: usize| states.chunks_exact(32).map(|state| state[i]).sum::<f32>();
    let ratio = a[0] / sum(0);
    assert!((0..32).all(|i| (sum(i) * ratio - a[i]).abs() < 1e-4));
    for wrong in [vec![], vec![1; 401], vec![1_000_000]] {
        let refused = embedding(&model, Prompt::Ids(wrong)).unwrap_err();
        assert!(refused.is_of_request(), "{refused}");
    }
}

#[test]
fn answers_go_on_while_a_long_text_is_embedded() {
    let limits = Limits { rows_beside: 16, ..Limits::default() };
    let model = batched(4000, BatchedOptions { limits, ..BatchedOptions::default() });
    let (ear, hears) = ear();
    model.ask(endless(), Box::new(ear.clone())).unwrap();
    let is_token = |heard: &Heard| matches!(heard, Heard::Piece { .. } | Heard::Token);
    assert!(hears.iter().any(|heard| is_token(&heard)));
    // One ear for both, so that it is known what came after what.
    let text = Prompt::Ids(vec![7; 200]);
    model.ask(Ask::embedding(text), Box::new(ear.clone())).unwrap();
    let begun = |heard: Heard| matches!(heard, Heard::Began { prompt_tokens: 200, .. });
    assert!(hears.iter().any(begun));
    let meanwhile = hears.iter().take_while(|heard| !matches!(heard, Heard::Embedding(_)));
    let tokens = meanwhile.filter(is_token).count();
    // A step of its own for each sixteen.
    assert_eq!(tokens, 13);
    ear.listens.store(false, Ordering::SeqCst);
}

#[test]
fn a_text_that_nobody_waits_for_is_not_embedded() {
    let limits = Limits { sequences: 1, ..Limits::default() };
    let model = batched(100_000, BatchedOptions { limits, ..BatchedOptions::default() });
    model.ask(endless(), Box::new(ear().0)).unwrap();
    let (other, hears) = ear();
    model.ask(Ask::embedding(Prompt::Ids(vec![7; 200])), Box::new(other.clone())).unwrap();
    assert_eq!(model.load().taken, 2);
    other.listens.store(false, Ordering::SeqCst);
    wait(|| model.load().taken == 1);
    drop(other);
    assert_eq!(hears.into_iter().count(), 0);
}

#[test]
fn who_waits_when_it_ends_is_told() {
    let limits = Limits { sequences: 1, ..Limits::default() };
    let model = batched(100_000, BatchedOptions { limits, ..BatchedOptions::default() });
    let (ear, hears) = ear();
    model.ask(endless(), Box::new(ear)).unwrap();
    assert!(matches!(hears.recv().unwrap(), Heard::Began { .. }));
    let (embeds, hears_embedding) = self::ear();
    model.ask(Ask::embedding(Prompt::Ids(vec![7; 200])), Box::new(embeds)).unwrap();
    drop(model);
    for hears in [hears, hears_embedding] {
        let last = hears.into_iter().last().unwrap();
        assert!(matches!(last, Heard::Done(Err(Error::Gone))), "{last:?}");
    }
}

#[test]
fn tools_are_called_with_arguments_that_are_valid() {
    let model = batched(3000, BatchedOptions::default());
    let tools = serde_json::json!([
        {"type": "function", "function": {"name": "add", "parameters": {"type": "object",
            "properties": {"a": {"type": "integer", "minimum": 0, "maximum": 9},
                "b": {"enum": [1, 2]}}, "required": ["a", "b"], "additionalProperties": false}}},
        {"type": "function", "function": {"name": "stop"}}]);
    for (choice, seed) in ["required", "auto", "none"].into_iter().flat_map(|c| [(c, 1), (c, 2)]) {
        let given = Tools::from_json(Some(&tools), Some(&choice.into()), Some(false)).unwrap();
        let messages = vec![Message::new(Role::User, "one and two")];
        let chat = Chat { messages, tools: given, ..Chat::default() };
        let sampling = Sampling { seed, ..Sampling::default() };
        let asked =
            Ask { sampling, max_tokens: Some(300), ..Ask::new(Prompt::Chat(Box::new(chat))) };
        let (ear, hears) = ear();
        model.ask(asked, Box::new(ear)).unwrap();
        let (mut told, mut done) = (Vec::new(), None);
        for heard in hears {
            match heard {
                Heard::Call { index, id, name } => told.push((index, id, name, String::new())),
                Heard::Arguments { index, piece } => told[index].3.push_str(&piece),
                Heard::Done(reply) => done = Some(reply.unwrap()),
                _ => {}
            }
        }
        let reply = done.unwrap();
        if choice == "required" {
            assert_eq!((reply.calls.len(), reply.finish), (1, Finish::Calls), "{reply:?}");
        }
        assert!(choice != "none" || reply.calls.is_empty());
        for (call, (_, id, name, arguments)) in reply.calls.iter().zip(&told) {
            let same = (call.id.as_ref(), &call.name, &call.arguments);
            assert_eq!(same, (Some(id), name, arguments));
            assert!(!id.is_empty());
            let value: serde_json::Value = serde_json::from_str(arguments).unwrap();
            match name.as_str() {
                "add" => {
                    assert!((0..=9).contains(&value["a"].as_i64().unwrap()), "{arguments}");
                    assert!([1, 2].contains(&value["b"].as_i64().unwrap()));
                }
                other => assert_eq!((other, value), ("stop", serde_json::json!({}))),
            }
        }
    }
}
