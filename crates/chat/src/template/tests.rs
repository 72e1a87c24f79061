//! Templates as published models write them, and templates that mean harm.

use super::*;
use crate::Role;

fn talk() -> Vec<Message> {
    vec![
        Message::new(Role::System, "Be brief."),
        Message::new(Role::User, "Hi <b>"),
        Message::new(Role::Assistant, " Hello & bye "),
    ]
}

fn render(source: &str) -> Result<String, Error> {
    let messages = talk();
    let conversation = Conversation {
        bos_token: Some("<s>"),
        eos_token: Some("</s>"),
        ..Conversation::ask(&messages)
    };
    Template::new(source)?.render(&conversation)
}

fn check(source: &str, expected: &str) {
    assert_eq!(render(source).unwrap(), expected, "{source}");
}

#[test]
fn our_own_forms() {
    check(
        DEFAULT_TEMPLATE,
        "<|system|>\nBe brief.<|end|>\n<|user|>\nHi <b><|end|>\n<|assistant|>\n Hello & bye \
         <|end|>\n<|assistant|>\n",
    );
    check(COMPLETION_TEMPLATE, "Be brief.Hi <b> Hello & bye ");
    let messages = talk();
    let whole = Template::default().render(&Conversation::whole(&messages)).unwrap();
    assert!(whole.ends_with(" Hello & bye <|end|>\n"));
    for token in special::ALL {
        assert!(token.starts_with("<|") && token.ends_with("|>"));
    }
}

#[test]
fn a_role_that_the_template_refuses_is_named() {
    let messages = [Message::new(Role::Tool, "4")];
    let source = "{% for m in messages %}{{ raise_exception('not ' + m.role) }}{% endfor %}";
    let template = Template::new(source).unwrap();
    let error = template.render(&Conversation::ask(&messages)).unwrap_err();
    assert!(error.to_string().contains("not tool"), "{error}");
    assert!(error.is_of_request());
}

#[test]
fn what_a_tool_returned_is_told_by_the_user() {
    let messages = [Message::new(Role::Tool, "4")];
    let text = Template::default().render(&Conversation::ask(&messages)).unwrap();
    assert_eq!(text, "<|user|>\n<tool_response>4</tool_response><|end|>\n<|assistant|>\n");
}

#[test]
fn the_common_published_shapes() {
    // In the manner of ChatML.
    check(
        "{% for message in messages %}{{'<|im_start|>' + message['role'] + '\n' + \
         message['content'] + '<|im_end|>' + '\n'}}{% endfor %}{% if add_generation_prompt %}\
         {{ '<|im_start|>assistant\n' }}{% endif %}",
        "<|im_start|>system\nBe brief.<|im_end|>\n<|im_start|>user\nHi <b><|im_end|>\n\
         <|im_start|>assistant\n Hello & bye <|im_end|>\n<|im_start|>assistant\n",
    );
    // In the manner of Llama 2: bos and eos, slices, strip, namespaces.
    check(
        "{% set ns = namespace(n=0) %}{% if messages[0].role == 'system' %}\
         {% set system = messages[0]['content'] %}{% set messages = messages[1:] %}{% endif %}\
         {% for m in messages %}{% set ns.n = ns.n + 1 %}{% if m.role == 'user' %}\
         {{ bos_token + '[INST] ' + system + ' ' + m['content'].strip() + ' [/INST]' }}{% else %}\
         {{ ' ' + m.content | trim + ' ' + eos_token }}{% endif %}{% endfor %}{{ ns.n }}",
        "<s>[INST] Be brief. Hi <b> [/INST] Hello & bye </s>2",
    );
}

#[test]
fn blocks_are_trimmed_as_transformers_does() {
    check("{% if true %}\n  a\n  {% if true %}\n  b\n  {% endif %}\n{% endif %}\n", "  a\n  b\n");
    check("a{# note #}\nb", "ab");
    check("{% generation %}x{% endgeneration %}\n{%- generation -%} y {%- endgeneration -%}", "xy");
}

#[test]
fn python_methods() {
    check("{{ ' ab '.strip() }}|{{ 'xaxb'.strip('x') }}|{{ 'a '.rstrip() }}", "ab|axb|a");
    check("{{ 'abc'.startswith('ab') }} {{ 'abc'.endswith('x') }}", "True False");
    check("{{ 'a</t>b</t>c'.split('</t>')[-1] }} {{ 'a b  c'.split() | length }}", "c 3");
    check("{{ 'aXbX'.replace('X', '-') }}{{ 'aB'.upper() }}{{ 'aB'.lower() }}", "a-b-ABab");
    check("{{ 'two words'.title() }} {{ 'oNE'.capitalize() }}", "Two Words One");
    check("{{ messages[0].get('name', 'nobody') }} {{ messages[0].get('role') }}", "nobody system");
    check("{% for k, v in {'a': 1}.items() %}{{ k }}={{ v }}{% endfor %}", "a=1");
    let error = render("{{ 'a'.encode() }}").unwrap_err().to_string();
    assert!(error.contains("encode"), "{error}");
}

#[test]
fn json_is_pythons() {
    check("{{ {'b': [1, 'ü<'], 'a': none} | tojson }}", "{\"b\": [1, \"ü<\"], \"a\": null}");
    check("{{ [1] | tojson(indent=2) }}", "[\n  1\n]");
}

#[test]
fn what_is_not_there_is_undefined_or_refused() {
    check("{{ strftime_now is defined }}{{ unk_token is defined }}", "FalseFalse");
    let error = render("{{ raise_exception('roles must alternate') }}").unwrap_err().to_string();
    assert!(error.contains("roles must alternate"), "{error}");
    assert!(matches!(render("{% if %}"), Err(Error::TemplateSource { .. })));
    assert!(render("{% include '/etc/passwd' %}").is_err());
}

#[test]
fn hostile_templates_end() {
    let long = "a".repeat(MAX_SOURCE_BYTES + 1);
    assert!(matches!(Template::new(&long), Err(Error::TemplateSource { .. })));
    for source in [
        "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}",
        "{% for a in range(99999) %}{{ 'a' * 1000 }}{% endfor %}",
        "{{ 'a' * 100000000000 }}",
        "{% set ns = namespace(x='a') %}{% for i in range(60) %}\
         {% set ns.x = ns.x.replace('a', 'aaaaaaaa') %}{% endfor %}{{ ns.x }}",
        "{% set ns = namespace(x='a') %}{% for i in range(60) %}{% set ns.x = ns.x + ns.x %}\
         {% endfor %}{{ ns.x }}",
        "{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}",
    ] {
        let error = render(source).unwrap_err();
        assert!(matches!(error, Error::TemplateRun { .. }), "{source}: {error}");
    }
}
