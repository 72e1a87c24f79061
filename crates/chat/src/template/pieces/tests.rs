//! Pieces of our own form and of forms like the published ones.

use super::*;
use crate::{COMPLETION_TEMPLATE, DEFAULT_TEMPLATE, PLAIN_TEMPLATE, TokenizerConfig};

const CHATML: &str = "{% for m in messages %}\
    {{ '<|im_start|>' + m.role + '\\n' + m.content | trim + '<|im_end|>\\n' }}{% endfor %}\
    {% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}";
/// Llama 2's and Mistral's: the prompt opens nothing, and a space and a token end the turn.
const INST: &str = "{{ bos_token }}{% for m in messages %}{% if m.role == 'user' %}\
    {{ '[INST] ' + m.content + ' [/INST]' }}{% else %}{{ ' ' + m.content + eos_token + ' ' }}\
    {% endif %}{% endfor %}";
/// No mark ends a turn but a line break.
const LINES: &str = "{% for m in messages %}{{ m.role + ': ' + m.content + '\\n' }}{% endfor %}\
    {% if add_generation_prompt %}{{ 'assistant: ' }}{% endif %}";
/// Earlier answers are shortened, as by templates that drop earlier thoughts.
const FORGETS: &str = "{% for m in messages %}{{ m.role }}:\
    {% if loop.last %}{{ m.content }}{% else %}{{ m.content[:1] }}{% endif %};{% endfor %}\
    {% if add_generation_prompt %}{{ 'assistant:' }}{% endif %}";
/// As the last one, but it says what is learnt.
const MARKED: &str = "{% for m in messages %}\n  {{- m.role }}:\n\
    {%- if m.role == 'assistant' %}\n  {% generation %}\n  \
    {% if loop.last %}{{ m.content }}{% else %}{{ m.content[:1] }}{% endif %};\
    {%- endgeneration %}\n{% else %}{{ m.content }};{% endif %}\n{% endfor %}";

fn talk(turns: &[&str]) -> Vec<Message> {
    let role = |i| if i % 2 == 0 { Role::User } else { Role::Assistant };
    turns.iter().enumerate().map(|(i, text)| Message::new(role(i), *text)).collect()
}

fn pieces(source: &str, messages: &[Message]) -> Result<Vec<Piece>, Error> {
    let template = Template::new(source)?;
    let conversation = Conversation {
        bos_token: Some("<s>"),
        eos_token: Some("</s>"),
        ..Conversation::whole(messages)
    };
    let pieces = template.pieces(&conversation)?;
    let together: String = pieces.iter().map(|piece| piece.text.as_str()).collect();
    assert_eq!(together, template.render(&conversation)?, "{source}");
    Ok(pieces)
}

/// The pieces with what is learnt in ⟦ ⟧.
fn check(source: &str, turns: &[&str], expected: &str) {
    let pieces = pieces(source, &talk(turns)).unwrap();
    let shown = pieces.iter().map(|piece| match piece.learn {
        true => format!("⟦{}⟧", piece.text),
        false => piece.text.clone(),
    });
    assert_eq!(shown.collect::<String>(), expected, "{source}");
}

#[test]
fn the_words_and_the_end_of_the_turn_are_learnt() {
    check(
        DEFAULT_TEMPLATE,
        &["q", "a", "r", " b\n"],
        "<|user|>\nq<|end|>\n<|assistant|>\n⟦a<|end|>⟧\n\
         <|user|>\nr<|end|>\n<|assistant|>\n⟦ b\n<|end|>⟧\n",
    );
    check(
        CHATML,
        &["q", " a ", "r", "b"],
        "<|im_start|>user\nq<|im_end|>\n<|im_start|>assistant\n⟦a<|im_end|>⟧\n\
         <|im_start|>user\nr<|im_end|>\n<|im_start|>assistant\n⟦b<|im_end|>⟧\n",
    );
    check(INST, &["q", "a", "r", "b"], "<s>[INST] q [/INST]⟦ a</s>⟧ [INST] r [/INST]⟦ b</s>⟧ ");
    check(
        PLAIN_TEMPLATE,
        &[" q", "a", "r", " b\n"],
        "User: q\n\nAssistant:\n⟦a</s>⟧\n\nUser: r\n\nAssistant:\n⟦b</s>⟧\n\n",
    );
    check(LINES, &["q", "a"], "user: q\nassistant: ⟦a\n⟧");
    check(COMPLETION_TEMPLATE, &["q", "a ", "r", "b"], "q⟦a ⟧r⟦b⟧");
    check(DEFAULT_TEMPLATE, &["q"], "<|user|>\nq<|end|>\n");
    check(DEFAULT_TEMPLATE, &["q", ""], "<|user|>\nq<|end|>\n<|assistant|>\n⟦<|end|>⟧\n");
}

#[test]
fn a_template_knows_the_tokens_of_the_tokenizer_that_it_stands_beside() {
    let [bos_token, eos_token] = ["<s>", "</s>"].map(|token| Some(token.to_string()));
    let config = TokenizerConfig { bos_token, eos_token, ..TokenizerConfig::default() };
    let template = Template::new(INST).unwrap().beside(&config);
    let messages = talk(&["q", "a"]);
    let whole = Conversation::whole(&messages);
    assert_eq!(template.render(&whole).unwrap(), "<s>[INST] q [/INST] a</s> ");
    let said = Conversation { eos_token: Some("<end>"), ..whole };
    assert_eq!(template.render(&said).unwrap(), "<s>[INST] q [/INST] a<end> ");
    let alone = Template::new(PLAIN_TEMPLATE).unwrap();
    assert!(alone.render(&whole).is_err(), "an answer without an end is not written");
}

#[test]
fn an_opened_answer_is_not_learnt() {
    let messages = talk(&["q", "a", "r"]);
    let pieces = Template::default().pieces(&Conversation::ask(&messages)).unwrap();
    assert_eq!(pieces.iter().map(|p| p.learn).collect::<Vec<_>>(), [false, true, false]);
    assert_eq!(pieces[2].text, "\n<|user|>\nr<|end|>\n<|assistant|>\n");
}

#[test]
fn a_template_that_takes_back_its_words_is_refused_unless_it_marks_them() {
    check(FORGETS, &["q", "a"], "user:q;assistant:⟦a;⟧");
    let message = pieces(FORGETS, &talk(&["q", "abc", "r", "b"])).unwrap_err().to_string();
    assert!(message.contains("at turn 2") && message.contains("{% generation %}"), "{message}");
    check(MARKED, &["q", "abc", "r", "b"], "user:q;assistant:⟦a;⟧user:r;assistant:⟦b;⟧");
    let prompt = "{% if add_generation_prompt %}?{% endif %}{{ messages | length }}";
    let message = pieces(prompt, &talk(&["q", "a"])).unwrap_err().to_string();
    assert!(message.contains("does not begin with its prompt"), "{message}");
}

#[test]
fn marks_change_nothing_around_them() {
    let check = |source: &str, expected: &str| check(source, &["q", "a"], expected);
    check("x {% generation %}\ny{% endgeneration %}\nz", "x ⟦y⟧z");
    check("x\n  {% generation %}\n  y\n  {% endgeneration %}\n  z", "x\n⟦  y\n⟧  z");
    check("x {%- generation -%} y {%- endgeneration -%} z", "x⟦y⟧z");
    check("{% generation %}{% endgeneration %}x", "⟦⟧x".replace("⟦⟧", "").as_str());
    let nested = "{% generation %}{% generation %}x{% endgeneration %}{% endgeneration %}";
    assert!(matches!(pieces(nested, &talk(&["q"])), Err(Error::Pieces { .. })));
    let copied = "{% generation %}x{% endgeneration %}{{ messages[0].content }}";
    let hostile = [&format!("{OPEN}"), &format!("{CLOSE}"), &format!("{OPEN}{CLOSE}")];
    for text in hostile {
        assert!(matches!(pieces(copied, &talk(&[text])), Err(Error::Pieces { .. })));
        check_ours(&talk(&[text, text]));
    }
    let counted = "{% set x %}{% generation %}y{% endgeneration %}{% endset %}{{ x | length }}";
    assert!(matches!(pieces(counted, &talk(&["q"])), Err(Error::Pieces { .. })));
}

/// Our own form: every answer is learnt with the token that ends it, and nothing else is.
fn check_ours(messages: &[Message]) {
    let mut expected = Vec::new();
    let mut before = String::new();
    for message in messages {
        before.push_str(&format!("<|{}|>\n", message.role.name()));
        let said = message.text().unwrap() + "<|end|>";
        if message.role == Role::Assistant {
            expected.push(Piece { text: std::mem::take(&mut before), learn: false });
            expected.push(Piece { text: said, learn: true });
        } else {
            before.push_str(&said);
        }
        before.push('\n');
    }
    expected.push(Piece { text: before, learn: false });
    assert_eq!(pieces(DEFAULT_TEMPLATE, messages).unwrap(), expected);
}

#[test]
fn whatever_is_said_the_pieces_are_the_text() {
    let words =
        ["a", " ", "\n", "<|end|>", "<|assistant|>\n", "ä", "</s>", "", "{{ x }}", "\u{a0}"];
    let mut rng = stdx::Rng::new(3);
    for _ in 0..400 {
        let mut messages = Vec::new();
        for i in 0..1 + rng.index(7) {
            let n = rng.index(5);
            let text: String = (0..n).map(|_| *rng.choose(&words)).collect();
            let role = if i % 2 == 0 { Role::User } else { Role::Assistant };
            messages.push(Message::new(role, text));
        }
        if rng.one_in(3) {
            messages.insert(0, Message::new(Role::System, "s"));
        }
        check_ours(&messages);
        let answers = messages.iter().filter(|m| m.role == Role::Assistant);
        let answers: Vec<String> = answers.map(|m| m.text().unwrap()).collect();
        for source in [CHATML, INST, LINES, COMPLETION_TEMPLATE] {
            let pieces = pieces(source, &messages).unwrap();
            let learnt: String =
                pieces.iter().filter(|p| p.learn).map(|p| p.text.as_str()).collect();
            assert!(answers.iter().all(|answer| learnt.contains(answer.trim())), "{source}");
        }
    }
}
