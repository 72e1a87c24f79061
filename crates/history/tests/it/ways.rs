//! What can be done with conversations that are there.

use std::thread;

use history::conversation::{MAX_PARAMETERS_BYTES, UNTITLED};
use history::exchange::markdown;
use history::{Archive, Change, Draft, Error, NewMessage, Role, Said, Token};

use crate::Kept;

#[test]
fn siblings_stand_side_by_side() {
    let kept = Kept::new();
    let chat = kept.chat("a", 1);
    let question = kept.ask(chat, None, "q");
    let first = kept.answer(chat, question, "one");
    let second = kept.answer(chat, question, "two");
    kept.ask(chat, Some(second), "more");
    assert_eq!(kept.shown(chat), ["q", "two", "more"]);
    kept.history.change(chat, &Change { leaf: Some(first), ..Change::default() }).unwrap();
    assert_eq!(kept.shown(chat), ["q", "one"]);
    kept.ask(chat, None, "q in other words");
    assert_eq!(kept.shown(chat), ["q in other words"]);
    assert_eq!(kept.history.whole(chat).unwrap().messages.len(), 5);
}

#[test]
fn a_message_is_of_its_own_conversation() {
    let kept = Kept::new();
    let (here, there) = (kept.chat("a", 1), kept.chat("b", 2));
    let stray = kept.ask(there, None, "elsewhere");
    let below = NewMessage::new(Some(stray), Role::Assistant, "x");
    assert!(matches!(kept.history.say(here, &below, 3), Err(Error::NoMessage { .. })));
    let change = Change { leaf: Some(stray), ..Change::default() };
    assert!(matches!(kept.history.change(here, &change), Err(Error::NoMessage { .. })));
    assert!(matches!(kept.history.tokens(here, stray), Err(Error::NoMessage { .. })));
    let lost = NewMessage::new(None, Role::User, "x");
    assert!(matches!(kept.history.say(77, &lost, 3), Err(Error::NoConversation { id: 77 })));
    assert!(matches!(kept.history.whole(77), Err(Error::NoConversation { id: 77 })));
}

#[test]
fn an_answer_is_written_on_and_a_question_is_not() {
    let kept = Kept::new();
    let chat = kept.chat("a", 1);
    let question = kept.ask(chat, None, "q");
    let answer = kept.answer(chat, question, "o");
    let unfinished = kept.history.whole(chat).unwrap();
    assert_eq!(
        (unfinished.messages[1].finish.as_deref(), unfinished.messages[1].has_tokens),
        (None, false)
    );
    let tokens = vec![Token("on".into(), -0.5, vec![("on".into(), -0.5), ("off".into(), -1.0)])];
    let more = Said {
        text: Some("one".into()),
        finish: Some("stop".into()),
        completion_tokens: Some(1),
        tokens: Some(tokens.clone()),
        ..Said::default()
    };
    kept.history.amend(chat, answer, &more, 9).unwrap();
    let kept_tokens = kept.history.tokens(chat, answer).unwrap();
    let whole = kept.history.whole(chat).unwrap();
    let last = &whole.messages[1];
    assert_eq!(
        (last.text.as_str(), last.finish.as_deref(), last.has_tokens),
        ("one", Some("stop"), true)
    );
    assert_eq!((kept_tokens, whole.summary.updated_ms), (tokens, 9));
    assert!(kept.history.amend(chat, question, &more, 9).is_err(), "a person's words stay");
}

#[test]
fn the_newest_stands_first() {
    let kept = Kept::new();
    let (old, new) = (kept.chat("old", 1), kept.chat("new", 2));
    let ids = |skip, count| -> Vec<i64> {
        kept.history.list(skip, count).unwrap().iter().map(|one| one.id).collect()
    };
    assert_eq!((ids(0, 10), ids(1, 10), ids(0, 1)), (vec![new, old], vec![old], vec![new]));
    kept.history.say(old, &NewMessage::new(None, Role::User, "x"), 3).unwrap();
    assert_eq!(ids(0, 10), [old, new]);
    kept.history.change(new, &Change { title: Some("b".into()), ..Change::default() }).unwrap();
    assert_eq!(ids(0, 10), [old, new], "a new name is not news");
    kept.history.remove(old).unwrap();
    assert_eq!(ids(0, 10), [new]);
    assert!(kept.chat("next", 4) > new, "a number is never given again");
    assert_eq!(kept.history.remove_all().unwrap(), 2);
    assert_eq!(ids(0, 10), [0; 0]);
}

#[test]
fn what_is_too_large_is_refused_and_titles_are_cut() {
    let kept = Kept::new();
    let title = |words: &str| {
        kept.history.create(&Draft { title: words.into(), ..Draft::default() }, 1).unwrap().title
    };
    assert_eq!(title(" a\n b\u{1b}[31m\t c "), "a b [31m c");
    assert_eq!(
        (title(" \n"), title(&"é".repeat(500)).chars().count()),
        (UNTITLED.to_string(), 120)
    );
    let mut draft = Draft::default();
    draft.parameters.insert("x".into(), "y".repeat(MAX_PARAMETERS_BYTES).into());
    let refused = kept.history.create(&draft, 1).unwrap_err().to_string();
    assert!(refused.contains("parameters has") && refused.contains("at most"), "{refused}");
    let chat = kept.chat("a", 1);
    let refuse = |said: Said| {
        let message = NewMessage { parent: None, role: Role::User, said };
        assert!(matches!(kept.history.say(chat, &message, 1), Err(Error::Invalid { .. })));
    };
    refuse(Said { text: Some("x".repeat((2 << 20) + 1)), ..Said::default() });
    refuse(Said { finish: Some("x".repeat(33)), ..Said::default() });
    refuse(Said { seconds: Some(f64::NAN), ..Said::default() });
    let many = vec![("x".to_string(), -1.0); 21];
    refuse(Said { tokens: Some(vec![Token("x".into(), -1.0, many)]), ..Said::default() });
    assert_eq!(kept.history.whole(chat).unwrap().messages.len(), 0);
}

#[test]
fn words_are_found_wherever_they_stand() {
    let kept = Kept::new();
    let fox = kept.chat("Animals", 1);
    let question = kept.ask(fox, None, "Was there an ÜBERGANG for the fox, 100% sure?");
    let answer = kept.answer(fox, question, "東京の朝は静かでした。");
    let mill = kept.chat("The old mill", 2);
    kept.ask(mill, None, "Who grinds the \"corn\"? fo_o");
    let check = |words: &str, found: &[i64]| assert_eq!(kept.found(words), found, "{words}");
    check("fox", &[fox]);
    check("FOX sure", &[fox]);
    check("übergang", &[fox]);
    check("の朝", &[fox]);
    check("100%", &[fox]);
    check("%", &[fox]);
    check("o_o", &[mill]);
    check("\"corn\"?", &[mill]);
    check("mill", &[mill]);
    check("the", &[mill, fox]);
    check("fox mill", &[]);
    check("", &[]);
    check("\" OR x NEAR(", &[]);
    kept.history
        .amend(fox, answer, &Said { text: Some("Quiet.".into()), ..Said::default() }, 5)
        .unwrap();
    check("の朝", &[]);
    check("quiet", &[fox]);
    let hit = &kept.history.search("sure", 5).unwrap()[0];
    assert!(hit.excerpt.starts_with('…') && hit.excerpt.contains("100% sure"), "{}", hit.excerpt);
    kept.history.remove(fox).unwrap();
    check("fox", &[]);
}

#[test]
fn an_archive_comes_back_as_it_went() {
    let kept = Kept::new();
    let draft = Draft {
        title: "a".into(),
        system: "Be brief.".into(),
        model: Some("m".into()),
        ..Draft::default()
    };
    let chat = kept.history.create(&draft, 5).unwrap().id;
    let question = kept.ask(chat, None, "q");
    let one = kept.answer(chat, question, "one");
    kept.answer(chat, question, "two");
    let tokens = vec![Token("one".into(), -0.25, vec![])];
    let said = Said { tokens: Some(tokens), finish: Some("stop".into()), ..Said::default() };
    kept.history.amend(chat, one, &said, 7).unwrap();
    kept.history.change(chat, &Change { leaf: Some(one), ..Change::default() }).unwrap();
    let json = serde_json::to_string(&kept.history.export_all().unwrap()).unwrap();
    let other = Kept::new();
    other.chat("was here", 1);
    let ids = other.history.import(&serde_json::from_str(&json).unwrap()).unwrap();
    assert_eq!(other.history.export(ids[0]).unwrap(), kept.history.export(chat).unwrap());
    assert_eq!(other.shown(ids[0]), ["q", "one"]);
    let text = markdown(&other.history.whole(ids[0]).unwrap());
    assert_eq!(text, "# a\n\n## System\n\nBe brief.\n\n## You\n\nq\n\n## m\n\none\n");
}

#[test]
fn an_archive_is_taken_whole_or_not_at_all() {
    let kept = Kept::new();
    let good = r#"{"created_ms": 1, "updated_ms": 1, "messages": [{"role": "user", "text": "x"}]}"#;
    let check = |conversations: &str, word: &str| {
        let json = format!(
            r#"{{"format": "lyceum-conversations", "version": 1, "conversations": [{good}, {conversations}]}}"#
        );
        let archive: Archive = serde_json::from_str(&json).unwrap();
        let fault = kept.history.import(&archive).unwrap_err().to_string();
        assert!(fault.contains(word), "{fault}");
        assert_eq!(kept.history.list(0, 9).unwrap().len(), 0, "{conversations}");
    };
    let with = |more: &str| format!(r#"{{"created_ms": 1, "updated_ms": 1, {more}}}"#);
    check(&with(r#""messages": [{"parent": 0, "role": "user"}]"#), "before its parent");
    check(&with(r#""messages": [], "leaf": 0"#), "does not have");
    let long = "x".repeat(40);
    check(&with(&format!(r#""messages": [{{"role": "user", "finish": "{long}"}}]"#)), "finish");
    let of = |format: &str, version: u32| {
        let archive = Archive { format: format.into(), version, conversations: vec![] };
        kept.history.import(&archive).unwrap_err().to_string()
    };
    assert!(of("other", 1).contains("\"other\""));
    assert!(of("lyceum-conversations", 2).contains("newer"));
}

#[test]
fn a_conversation_may_be_long() {
    let kept = Kept::new();
    let messages = (0..5000).map(|i: usize| {
        let parent = i.checked_sub(1).map_or("null".to_string(), |p| p.to_string());
        format!(r#"{{"parent": {parent}, "role": "user", "text": "{i}"}}"#)
    });
    let json = format!(
        r#"{{"format": "lyceum-conversations", "version": 1, "conversations": [
            {{"created_ms": 1, "updated_ms": 1, "messages": [{}]}}]}}"#,
        messages.collect::<Vec<_>>().join(",")
    );
    let id = kept.history.import(&serde_json::from_str(&json).unwrap()).unwrap()[0];
    assert_eq!(kept.shown(id).len(), 5000);
    kept.history.remove(id).unwrap(); // As deep as it is, it goes at once.
}

#[test]
fn many_threads_write_at_once() {
    let kept = Kept::new();
    let chat = kept.chat("a", 1);
    thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| (0..10).for_each(|_| assert!(kept.ask(chat, None, "x") > 0)));
        }
    });
    assert_eq!(kept.history.whole(chat).unwrap().messages.len(), 80);
}
