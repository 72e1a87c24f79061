"""The side of bench/parity/templates that runs transformers: `write` makes cases and renders them,
`compare` holds what we rendered against that, `golden` writes the crate's own cases."""

import json
import os
import pathlib
import sys

import transformers
from tokenizers import Tokenizer, models

OWN = pathlib.Path("testdata/templates")
TOKENS = {"bos_token": "<s>", "eos_token": "</s>", "unk_token": "<unk>", "pad_token": "<pad>"}


def tool(name, description, properties, required, **more):
    parameters = dict(type="object", properties=properties, required=required, **more)
    return {"type": "function",
            "function": dict(name=name, description=description, parameters=parameters)}


WEATHER = tool("get_weather", "The weather at a place, \"now\" & <soon>.", {
    "place": {"type": "string", "description": "Where, as `Zürich`\nor 日本"},
    "days": {"type": "integer", "description": "How many days", "minimum": 1, "default": 3},
    "unit": {"type": ["string", "null"], "enum": ["C", "F", None], "description": "In which unit "},
}, ["place"], additionalProperties=False)
NOW = tool("now", "The time.", {}, [])
DEEP = tool("find", "Finds.", {
    "what": {"type": "array", "items": {"type": "number"}, "description": "Numbers"},
    "how": {"type": "object", "additionalProperties": {"type": "boolean"}, "description": "Ways"},
    "any": {"description": "Anything"},
    "number": {"type": "number", "maximum": 1e22, "minimum": -0.00001, "multipleOf": 0.5, "description": ""},
}, ["what", "how"])
PLAIN = tool("get_weather", "The weather.", {
    "place": {"type": "string", "description": " Where "}, "days": {"type": "integer", "description": "n"},
    "units": {"type": "array", "items": {"type": "string"}, "description": "Units"},
    "more": {"type": "object", "additionalProperties": {"type": "boolean"}, "description": ""},
}, ["place"])
TOOLS = {"no tools": None, "one tool": [PLAIN], "three tools": [WEATHER, NOW, DEEP]}


def turns(*pairs):
    return [dict(role=role, content=content) for role, content in pairs]


def call(name, arguments, id="abcdef123"):
    call = {"id": id, "type": "function", "function": {"name": name, "arguments": arguments}}
    return {key: value for key, value in call.items() if value is not None}


def calling(*calls, **more):
    return dict(role="assistant", tool_calls=list(calls), **more)


def answer(content, id="abcdef123", **more):
    return dict(role="tool", tool_call_id=id, content=content, **more)


PLACE = '{"place": "Zürich", "days": 2}'
ASKED = turns(("user", "How warm is it?"))
CONVERSATIONS = {
    "a question": ASKED,
    "rules": turns(("system", "Be brief."), ("user", "Hi")),
    "several turns": turns(("user", "a"), ("assistant", "b"), ("user", "c"), ("assistant", "d"), ("user", "e")),
    "rules and turns": turns(("system", " s \n"), ("user", " a "), ("assistant", "\n b\n"), ("user", "c")),
    "an answer at the end": turns(("user", "a"), ("assistant", "b")),
    "unicode": turns(("system", "日本語"), ("user", "é \u2028 👍🏽 \u00a0"), ("assistant", "‏א\t"), ("user", "<b>&\"'")),
    "white space": turns(("user", "\x1c \u00a0a\u3000\x85"), ("assistant", "\u200b b \x1f"), ("user", "\n")),
    "empty": turns(("user", "")),
    "empty everywhere": turns(("system", ""), ("user", ""), ("assistant", ""), ("user", "")),
    "two users": turns(("user", "a"), ("user", "b")),
    "two answers": turns(("user", "a"), ("assistant", "b"), ("assistant", "c")),
    "an answer first": turns(("assistant", "a"), ("user", "b")),
    "rules in the middle": turns(("user", "a"), ("system", "b"), ("user", "c")),
    "two rules": turns(("system", "a"), ("system", "b"), ("user", "c")),
    "only rules": turns(("system", "a")),
    "thoughts in words": turns(("user", "a"), ("assistant", "<think>\nhm\n</think>\n\nb"), ("user", "c")),
    "a thought at the end": turns(("user", "a"), ("assistant", "<think>hm</think>b")),
    "a thought apart": ASKED + [dict(role="assistant", content="b", reasoning_content="hm\n")],
    "modes in the rules": turns(("system", "Go /no_think now "), ("user", "/think a")),
    "a mode": turns(("system", "Do /think"), ("user", "a")),
    "a call": ASKED + [calling(call("get_weather", PLACE))],
    "a call and words": ASKED + [calling(call("get_weather", PLACE), content="I look.")],
    "a call, no words": ASKED + [calling(call("get_weather", PLACE), content="")],
    "a call, null": ASKED + [calling(call("get_weather", PLACE), content=None)],
    "a call, answered": ASKED + [calling(call("get_weather", PLACE), content=""), answer("12 °C")],
    "answered, told": ASKED + [calling(call("get_weather", PLACE), content=""), answer('{"t": 12}'),
                               *turns(("assistant", "Twelve."), ("user", "And now?"))],
    "answered with a name": ASKED + [calling(call("now", "{}"), content=""), answer("12", name="now")],
    "two calls": ASKED + [calling(call("get_weather", PLACE), call("now", "{}", "xyzxyz789"), content=""),
                          answer("12"), answer("noon", "xyzxyz789")],
    "two calls, told": ASKED + [calling(call("now", "{}"), call("now", "{}", "xyzxyz789"), content="Both."),
                                answer("1"), answer("2", "xyzxyz789"), *turns(("assistant", "So."))],
    "calls in turn": ASKED + [calling(call("now", "{}"), content=""), answer("1"),
                              calling(call("now", "{}"), content="", reasoning_content="once more"),
                              answer("2"), *turns(("assistant", "Fine."), ("user", "Thanks"))],
    "a call with a thought": ASKED + [calling(call("now", "{}"), content="", reasoning_content="hm")],
    "an odd id": ASKED + [calling(call("now", "{}", "call_1"), content=""), answer("1", "call_1")],
    "no id": ASKED + [calling(call("now", "{}", None), content=""), dict(role="tool", content="1")],
    "odd arguments": ASKED + [calling(call("find", json.dumps({
        "what": [1.0, -0.5, 1e22, 1e-7, 123456789012345678, 0.1, 1e16, 1e15, 5e-324],
        "how": {"é\n\"\\": True, "": None, "\x7f\x01/": [[], {}]}}, ensure_ascii=False)), content="")],
    "no JSON": ASKED + [calling(call("now", "now!"), content="")],
    "a list for arguments": ASKED + [calling(call("now", "[1]"), content="")],
    "a tool speaks first": [answer("1"), *ASKED],
    "a user's name": [dict(role="user", content="a", name="Ada"), *turns(("assistant", "b"))],
}
VARIABLES = {"": {}, "thinking": {"enable_thinking": True}, "not thinking": {"enable_thinking": False}}
MORE_VARIABLES = {
    "tools in the system": {"tools_in_user_message": False, "date_string": "1 Jan 2020"},
    "built-in tools": {"builtin_tools": ["brave_search", "code_interpreter", "now"]},
    "other tokens": {"bos_token": "<b>", "eos_token": "<e>"},
    "documents": {"documents": [{"title": "t", "text": "x"}]},
}

# All that a template is given.
EVERYTHING = ("{{ [messages, tools, documents, bos_token, eos_token, add_generation_prompt, enable_thinking is defined] "
              "| tojson(sort_keys=true, indent=1) }}")
# What templates may write in Jinja, apart from any conversation: each must come out the same.
EXPRESSIONS = [
    "{{ none }}|{{ true }}|{{ [1, 'a', none, true, 2.0] }}|{{ {'a': 'b', 'c': [1.5]} }}|{{ \"it's\" }}|{{ [\"it's\"] }}",
    "{{ 1.0 }} {{ 0.1 }} {{ 10 / 4 }} {{ 10 // 4 }} {{ 7 % 3 }} {{ 2 ** 3 }} {{ 1 + 1.0 }} {{ -7 // 2 }} {{ 'a' * 3 }}",
    "{{ undefined_name }}|{{ undefined_name | trim }}|{{ none | trim }}|{{ undefined_name | length }}|{{ 3 | string }}",
    "{{ undefined_name.more }}",
    "{{ 'a' + undefined_name }}",
    "{{ 'a' + 1 }}",
    "{{ 'a' ~ 1 ~ none ~ true ~ undefined_name }}",
    "{{ 'a' in undefined_name }} {{ 'a' in 'abc' }} {{ 'b' in ['a'] }} {{ 'a' in {'a': 1} }} {{ 1 in [1.0] }}",
    "{{ 'a' in none }}",
    "{% for x in undefined_name %}{{ x }}{% else %}none{% endfor %}{% for x in 'abc' %}{{ x }}-{% endfor %}",
    "{% for x in none %}{{ x }}{% endfor %}",
    *["{% for v in ['a', 1, 1.5, true, none, [], {}, range(2), undefined_name] %}{{ v is " + test + " }} {% endfor %}"
      for test in ["string", "number", "integer", "float", "boolean", "none", "defined", "iterable", "sequence",
                   "mapping", "true", "false", "callable"]],
    "{% for v in ['', 'a', 0, 1, [], [0], {}, {'a': 1}, none, undefined_name] %}{{ 'y' if v else 'n' }}{% endfor %}",
    "{{ messages[0]['role'] }} {{ messages[-1].role }} {{ messages[::-1][0].role }} {{ 'abc'[0] }} {{ 'abc'[-1] }} "
    "{{ 'abcd'[1:3] }} {{ 'abcd'[::-1] }} {{ 'abcd'[:-1] }}",
    "{{ messages[7] is defined }} {{ messages[7] }}",
    "{{ messages[0].nothing is defined }} {{ messages[0]['nothing'] is none }} {{ messages[0].get('x') is none }}",
    "{{ ' ab '.strip() }}|{{ 'xaxb'.strip('x') }}|{{ 'a b c'.split() }}|{{ 'a,b,c'.split(',', 1) }}|{{ 'a,b,c'.rsplit(',', 1) }}",
    "{{ 'aXbXc'.replace('X', '-', 1) }} {{ 'ab'.startswith('a') }} {{ 'ab'.endswith(('b', 'c')) }} {{ 'abc'.find('c') }}",
    "{{ 'a b'.title() }} {{ 'aB'.swapcase() }} {{ 'abc'.index('b') }} {{ 'aba'.count('a') }} {{ 'it\\'s me'.title() }}",
    "{{ ', '.join(['a', 'b']) }} {{ '1'.isdigit() }} {{ 'a1'.isalnum() }} {{ 'a'.isalpha() }} {{ ' '.isspace() }} {{ 'A'.isupper() }}",
    "{{ 'a\\nb'.splitlines() }} {{ 'abc'.removeprefix('a') }} {{ 'abc'.removesuffix('c') }} {{ '7'.zfill(3) }} {{ 'a'.rjust(3) }}|",
    "{{ '{} and {}'.format('a', 1) }} {{ '%s' | format('x') }}",
    "{{ 'a\\r\\nb' | length }} {{ 'é' | upper }} {{ 'ß'.upper() }} {{ 'aB c' | capitalize }} {{ 'a b' | title }}",
    "{{ [3, 1, 2] | sort }} {{ ['b', 'A'] | sort }} {{ [1, 2] | first }} {{ [1, 2] | last }} {{ [1, 2] | join('-') }} {{ [1, 2] | sum }}",
    "{{ messages | map(attribute='role') | list }} {{ messages | selectattr('role', 'equalto', 'user') | list | length }}",
    "{{ messages | rejectattr('role', 'in', ['user']) | list | length }} {{ [1, 2, 3] | select('gt', 1) | list }}",
    "{{ {'b': 1, 'a': 2} | dictsort }} {{ {'b': 1} | items | list }} {{ {'a': 1}.items() | list }} {{ {'a': 1}.keys() | list }}",
    "{{ undefined_name | items | list }}",
    "{{ 'a' | items | list }}",
    "{{ undefined_name | default('d') }} {{ none | default('d') }} {{ '' | default('d', true) }} {{ 'a' | replace('a', 'b') }}",
    "{{ 'a\nb' | indent(2) }}|{{ 'a\nb' | indent(2, true) }}|{{ 'a\nb' | indent }}|{{ ' a ' | trim }}|{{ 'xax' | trim('x') }}|",
    "{{ '3' | int }} {{ 'x' | int }} {{ 3.7 | int }} {{ '2.5' | float }} {{ 2.567 | round(1) }} {{ -3 | abs }} {{ 'a b c' | wordcount }}",
    "{{ [1, 1, 2] | unique | list }} {{ [[1, 2], [3]] | map('first') | list }} {{ 'abc' | reverse }} {{ [1, 2] | reverse | list }}",
    "{{ range(3) | list }} {{ range(1, 6, 2) | list }} {{ dict(a=1) }} {{ dict(a=1).a }}",
    "{% set ns = namespace(n=0, s='') %}{% for i in range(3) %}{% set ns.n = ns.n + i %}{% endfor %}{{ ns.n }}{{ ns.s }}",
    "{% for i in range(5) %}{% if i == 1 %}{% continue %}{% endif %}{% if i == 3 %}{% break %}{% endif %}{{ i }}{% endfor %}",
    "{% for m in messages %}{{ loop.index }}{{ loop.index0 }}{{ loop.first }}{{ loop.last }}{{ loop.length }}{{ loop.revindex }}"
    "{{ loop.previtem is defined }}{{ loop.nextitem is defined }}{{ loop.cycle('a', 'b') }};{% endfor %}",
    "{% for i in [1, 2, 3, 4] if i is even %}{{ i }}{% endfor %}{% for a, b in [[1, 2], [3, 4]] %}{{ a }}{{ b }}{% endfor %}",
    "{% macro f(a, b='x') %}<{{ a }}{{ b }}>{% endmacro %}{{ f(1) }}{{ f(1, 2) }}{{ f(b=3, a=4) }}",
    "{% macro f() %}({{ caller() }}){% endmacro %}{% call f() %}inside{% endcall %}",
    "{% set x %} a\n b {% endset %}[{{ x }}]{% filter upper %}abc{% endfilter %}{% set a, b = 1, 2 %}{{ a }}{{ b }}",
    "{% if a is not defined %}u{% elif true %}t{% endif %}{{ 1 if false }}|{{ 'x' if 1 == 1.0 else 'y' }}|{{ not none }}",
    "{{ 1 < 2 < 3 }} {{ 'a' < 'b' }} {{ 1 == true }} {{ 'a' == 'a' and 2 }} {{ 0 or 'x' }} {{ none == undefined_name }}",
    "{{ {'a': 1, 'b': [1, {'c': none}], 'é': 'ü<&>\\'\"\\n\\t\x7f'} | tojson }}",
    "{{ {'b': 1, 'a': [1, {}], 'c': []} | tojson(indent=2) }}|{{ {'b': 1, 'a': 2} | tojson(sort_keys=true) }}",
    "{{ {'b': 'é\x7f👍', 'a': 2} | tojson(ensure_ascii=true) }}|{{ [1, {'a': 2}] | tojson(separators=(',', ':')) }}",
    "{{ [1, [2]] | tojson(indent=4, separators=(', ', ' : ')) }}|{{ {1: 2, true: 3, none: 4} | tojson }}|{{ [] | tojson(indent=2) }}",
    "{{ [1.0, 1e16, 1e-5, 0.0001, 123456.789, 1e15, -0.0, 1e300] | tojson }}|{{ 'a/b' | tojson }}|{{ none | tojson }}",
    "{{ undefined_name | tojson }}",
    "{{ {'a': undefined_name} | tojson }}",
    "{{ messages | tojson }}|{{ tools | tojson }}|{{ documents | tojson }}",
    "{{ bos_token }}{{ eos_token }}{{ unk_token }}{{ pad_token }}{{ sep_token is defined }}{{ add_generation_prompt }}",
    "{{ tools is defined }}{{ tools is none }}{{ documents is defined }}{{ documents is none }}{{ enable_thinking is defined }}",
    "{{ raise_exception('no') }}",
    "{{ 'a'.nothing() }}",
    "  {% if true %}  \n  a\n  {%- endif %}\n  {#- note -#}  b  {{- ' c' -}}\n\n d {%+ if true %} e{% endif +%}\n f\n\n",
    "a\r\nb\rc\n{% if true %}\r\nd\r\n{% endif %}\r\n",
    "{% raw %}{{ x }}{% endraw %}{{ '{{' }}{{ \"\\u00e9\\x41\\n\" }}|",
    "{% generation %}a{% endgeneration %}\n{%- generation -%} b {%- endgeneration -%}\n",
    "{{ messages == messages[:] }} {{ messages[0] == messages[-1] }} {{ 'content' in messages[0] }} {{ messages[0] | length }}",
    "{{ ['a', 'b'] + ['c'] }} {{ ('a', 1) }} {{ 'a=b=c'.partition('=') }} {{ 'a=b=c'.rpartition('=') }} {{ 'ab'.center(5) }}|{{ 'abc'.center(6) }}|{{ '-7'.zfill(4) }} {{ [1, 2, 3][1:] }} {{ [1, 2].index(2) }} {{ [1, 1].count(1) }} {{ (1,) | tojson }}",
    "{% set l = [] %}{{ l.append(1) }}{{ l }}",
    "{% set d = {} %}{{ d.update({'a': 1}) }}{{ d }}",
    "{{ messages[0].content.__class__ }}",
    "{{ 'x' | nothing }}",
    "{{ messages | selectattr('content') | map('upper') | list }}",
    "{{ messages | map(attribute='content') | map('upper') | join(';') }} {{ messages | last | length }} {{ (messages | first).role }}",
    "{% for k in {'a': 1, 'b': 2} %}{{ k }}{% endfor %}{% for k, v in {'a': 1} | dictsort %}{{ k }}{{ v }}{% endfor %}",
    "{% set x = 1 %}{% for i in [1, 2] %}{% set x = i %}{{ x }}{% endfor %}{{ x }}{% if true %}{% set x = 5 %}{% endif %}{{ x }}",
    "{% for i in [[1, [2]], [3]] recursive %}{{ loop.depth }}{% if i is iterable and i is not string %}({{ loop(i) }}){% else %}{{ i }}{% endif %}{% endfor %}",
    "{% for i in none if false %}{% endfor %}",
    "{% for i in {'a': none}.a %}{% endfor %}",
    "{% for i in (none or [1]) -%} {{ i }} {%- endfor %}{% for i in [3] if i in [3] %}{{ i }}{% else %}e{% endfor %}",
    "{% for i in 3 %}{{ i }}{% endfor %}",
    "{{ none | length }}",
    "{{ [1, none] | join(',') }} {{ 'ab' | join('-') }} {{ 'é日' | length }} {{ 'abc' | list }} {{ 'a' is string and 'b' }}",
    "{{ 'x' if undefined_name else 'y' }} {{ undefined_name is none }} {{ undefined_name == '' }} {{ undefined_name or 'z' }} {{ not undefined_name }}",
    "{{ 'a' == none }} {{ 'A' | lower == 'a' }} {{ 3 in (1, 2, 3) }} {{ 'x' not in 'abc' and true }} {{ 5 is not none }}",
    "{{ '\t\\ \' \" \u65e5' }}|{{ \"a'b\" }}|{{ 'a' 'b' }}|{{ 1_000 }}|{{ 1e3 }}|{{ -2 ** 2 }}|{{ 7 / 2 }}|{{ 6 / 2 }}",
    "{{ true + 1 }} {{ true | int }} {{ '1f' | int(0, 16) }} {{ ' 12 ' | int }} {{ none | int }} {{ 1.9 | int }} {{ 'x' | float }} {{ 5 | float }}",
    "{{ [true, 1, 'a'] | tojson }} {{ [] }} {{ {} }} {{ '' }} {{ [[]] }} {{ {'a': {}} }}",
    "{{ 'abc' is in ['abc'] }} {{ 3 is divisibleby 3 }} {{ 'a' is lower }} {{ 1 is sameas 1 }} {{ 'a' is eq 'a' }}",
]


def tokenizer():
    words = Tokenizer(models.WordLevel({"<unk>": 0}, unk_token="<unk>"))
    return transformers.PreTrainedTokenizerFast(tokenizer_object=words, **TOKENS)


def theirs(tokenizer, case):
    """What transformers makes of a case. It takes the arguments of a call as an object."""
    messages = json.loads(json.dumps(case["messages"]))
    for call in [call for message in messages for call in message.get("tool_calls", [])]:
        try:
            arguments = json.loads(call["function"]["arguments"])
        except ValueError:
            continue
        if isinstance(arguments, dict):
            call["function"]["arguments"] = arguments
    # It checks documents itself; ours are variables.
    try:
        text = tokenizer.apply_chat_template(
            messages, tools=case["tools"], chat_template=case["template"], tokenize=False,
            add_generation_prompt=case["add_generation_prompt"], **case["variables"])
        return {"text": text}
    except Exception as error:
        return {"error": f"{type(error).__name__}: {error}"[:200]}


def case(name, template, messages, tools, prompt, variables):
    return dict(name=name, template=template, messages=messages, tools=tools, tokens=TOKENS,
                add_generation_prompt=prompt, variables=variables)


def templates():
    data = os.environ.get("LYCEUM_TEST_DATA")
    published = pathlib.Path(data, "llamacpp-chat-templates").glob("*.jinja") if data else []
    if not data:
        print("LYCEUM_TEST_DATA names no folder of public data: our own templates only")
    files = sorted(published) + sorted(OWN.glob("*.jinja")) + sorted(pathlib.Path("crates/chat/src/template").glob("*.jinja"))
    return {"everything": EVERYTHING, **{file.stem: file.read_text() for file in files}}


def cases():
    for stem, template in templates().items():
        for talk, messages in CONVERSATIONS.items():
            for told, tools in TOOLS.items():
                for prompt in [True, False]:
                    for said, variables in {**VARIABLES, **MORE_VARIABLES}.items():
                        if said in MORE_VARIABLES and (told == "three tools" or not prompt):
                            continue
                        name = f"{stem}: {talk}, {told}, prompt {prompt}, {said}"
                        yield case(name, template, messages, tools, prompt, variables)
    for i, template in enumerate(EXPRESSIONS):
        yield case(f"expression {i}", template, CONVERSATIONS["rules and turns"], [NOW], True, {})


def write(cases_path, theirs_path):
    model = tokenizer()
    with open(cases_path, "w") as out, open(theirs_path, "w") as texts:
        for one in cases():
            print(json.dumps(one), file=out)
            print(json.dumps(theirs(model, one)), file=texts)


def compare(cases_path, theirs_path, ours_path):
    read = lambda path: [json.loads(line) for line in open(path)]
    all_cases, wanted, got = read(cases_path), read(theirs_path), read(ours_path)
    assert len(all_cases) == len(wanted) == len(got), "an answer is missing"
    counts = {}
    differ = []
    for one, theirs, ours in zip(all_cases, wanted, got):
        count = counts.setdefault(one["name"].split(":")[0].split(" ")[0], [0, 0, 0])
        if "text" in theirs and theirs.get("text") == ours.get("text"):
            count[0] += 1
        elif "error" in theirs and "error" in ours:
            count[1] += 1
        else:
            count[2] += 1
            differ.append((one, theirs, ours))
    print(f"transformers {transformers.__version__}")
    for name, (same, refused, other) in counts.items():
        print(f"  {name}: {same} texts equal, {refused} refused by both, {other} differ")
    seen = set()
    for one, theirs, ours in differ:
        key = one["name"].split(",")[0]
        if key in seen:
            continue
        seen.add(key)
        print(f"\n{one['name']}\n  template {one['template'][:160]!r}" if "expression" in one["name"] else f"\n{one['name']}")
        a, b = theirs.get("text"), ours.get("text")
        if a is None or b is None:
            print(f"  theirs {theirs if a is None else a[-200:]!r}\n  ours   {ours if b is None else b[-200:]!r}")
            continue
        at = next((i for i, (x, y) in enumerate(zip(a, b)) if x != y), min(len(a), len(b)))
        print(f"  at {at}: theirs {a[max(0, at - 40):at + 60]!r}\n  {' ' * len(str(at))}    ours   {b[max(0, at - 40):at + 60]!r}")
        if len(seen) >= int(os.environ.get("SHOWN", 8)):
            break
    sys.exit(1 if differ else 0)


def golden(path):
    """Our own templates with the conversations that tell them apart, and all expressions."""
    model = tokenizer()
    chosen = ["rules and turns", "a call and words", "answered, told", "two calls, told", "odd arguments",
              "an odd id", "a call, null", "a thought apart", "unicode"]
    list_of = []
    for file in sorted(OWN.glob("*.jinja")):
        for talk in chosen:
            list_of.append((f"{file.stem}: {talk}", file.name, file.read_text(), CONVERSATIONS[talk], [WEATHER, NOW]))
    for talk in ["a call with a thought", "two calls, told", "a call, null", "odd arguments", "no JSON"]:
        list_of.append((f"everything: {talk}", None, EVERYTHING, CONVERSATIONS[talk], [WEATHER]))
    for i, template in enumerate(EXPRESSIONS):
        list_of.append((f"expression {i}", None, template, CONVERSATIONS["rules and turns"], [NOW]))
    written = []
    for name, file, template, messages, tools in list_of:
        one = case(name, template, messages, tools, True, {})
        text = theirs(model, one).get("text")
        one = dict(name=name, template=file or template, messages=messages, tools=tools, text=text)
        written.append(json.dumps(one, ensure_ascii=False))
    head = json.dumps(f"transformers {transformers.__version__}, bench/parity/templates --golden")
    body = ",\n".join(written)
    pathlib.Path(path).write_text(f'{{"made_by": {head}, "tokens": {json.dumps(TOKENS)}, "cases": [\n{body}\n]}}\n')


if __name__ == "__main__":
    {"write": write, "compare": compare, "golden": golden}[sys.argv[1]](*sys.argv[2:])
