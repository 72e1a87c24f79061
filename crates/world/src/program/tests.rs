//! The interpreter against what Python 3.11 prints, and against texts that mean harm.

use std::collections::HashSet;

use super::*;

/// `source` prints what Python prints; the lines of `want` are joined by `|`.
fn check(source: &str, want: &str) {
    let got = run(source).map(|out| out.trim_end().replace('\n', "|"));
    assert_eq!(got.as_deref(), Ok(want), "{source}");
}

#[test]
fn arithmetic_is_pythons() {
    check("print(7 // 2, -7 // 2, 7 // -2, -7 // -2)", "3 -4 -4 3");
    check("print(7 % 3, -7 % 3, 7 % -3, -7 % -3)", "1 2 -2 -1");
    check("print(2 + 3 * 4 - 10 // 3, -(2 + 3) * 2, 1 - 2 - 3)", "11 -10 -4");
    check("print(True + True, 3 == 3, not 1 > 2, 1 < 2 and 3 or 4)", "2 True True 3");
    check(
        "print(1 == True, \"1\" == 1, None == 0, [1, 2] == [1, True + 1])",
        "True False False True",
    );
    check("print(3 if 0 else 4, 0 or [], 0 and 1)", "4 [] 0");
}

#[test]
fn values_are_written_as_python_writes_them() {
    check(
        "print([\"a\", 1, True, None], {\"x\": [1], 2: \"y\"})",
        "['a', 1, True, None] {'x': [1], 2: 'y'}",
    );
    check("print([\"it's\", 'say \"hi\"', \"a\\nb\"])", "[\"it's\", 'say \"hi\"', 'a\\nb']");
    check("print((1, 2), [(\"a\", 3)], \"plain\", \"\")", "(1, 2) [('a', 3)] plain");
    check("print()\nprint(\"x\")", "|x");
}

#[test]
fn lists_are_shared_and_slices_copied() {
    check(
        "a = [1, 2]\nb = a\nb.append(3)\nc = a[:]\nc.append(4)\nprint(a, c)",
        "[1, 2, 3] [1, 2, 3, 4]",
    );
    check("a = [1]\nb = a\nb += [2]\nb = b + [3]\nprint(a, b)", "[1, 2] [1, 2, 3]");
    check(
        "a = [0, 1, 2, 3, 4]\nprint(a[1:3], a[::-1], a[-2:], a[::2], a[3:1], a[9:], a[3:0:-1])",
        "[1, 2] [4, 3, 2, 1, 0] [3, 4] [0, 2, 4] [] [] [3, 2, 1]",
    );
    check("print(\"kite\"[::-1], \"kite\"[1], \"kite\"[-1], \"kite\"[:2])", "etik i e ki");
    check("a = [1, 2, 3]\na[-1] = 9\nprint(a)", "[1, 2, 9]");
    check(
        "a = [3, 1]\na.insert(0, 2)\na.remove(3)\na.sort()\nprint(a, a.index(2), a.count(1), a.pop(0), a)",
        "[2] 1 1 1 [2]",
    );
}

#[test]
fn names_have_their_scopes() {
    check("x = 1\ndef f(a):\n    x = a + 1\n    return x\nprint(f(5), x)", "6 1");
    check("n = 3\nprint([n * 2 for n in [1, 2]], n)", "[2, 4] 3");
    check(
        "def f(n):\n    out = [n for n in [7, 8] if n > 7]\n    return out, n\nprint(f(1))",
        "([8], 1)",
    );
    check("t = 2\ndef f(xs):\n    return [x for x in xs if x > t]\nprint(f([1, 2, 3]))", "[3]");
    assert!(matches!(run("t = 0\ndef f():\n    t += 1\n    return t\nf()"), Err(Error::Name(_))));
    check(
        "def fact(n):\n    if n < 2:\n        return 1\n    return n * fact(n - 1)\nprint(fact(10))",
        "3628800",
    );
}

#[test]
fn control_flows() {
    check(
        "for i in range(5):\n    if i == 1:\n        continue\n    elif i == 4:\n        break\n    else:\n        print(i)",
        "0|2|3",
    );
    check("n = 20\nk = 0\nwhile n > 1:\n    n //= 2\n    k += 1\nprint(k, n)", "4 1");
    check(
        "d = {\"a\": 1}\nd[\"b\"] = d.get(\"b\", 0) + 2\nfor k, v in d.items():\n    print(k, v)",
        "a 1|b 2",
    );
    check("a, b = 1, 2\na, b = b, a\nprint(a, b)", "2 1");
    check("for i, x in enumerate([\"p\"]):\n    print(i, x)", "0 p");
    check(
        "def f():\n    \"\"\"Says\n    nothing.\"\"\"\n\n    # no\n    pass\n\n\nprint(f())",
        "None",
    );
    check("x = [\n    1,\n    2,\n]\nprint(sum(x))", "3");
}

#[test]
fn functions_and_methods_are_pythons() {
    check(
        "print(sorted([3, 1, 2]), sorted([\"b\", \"a\"], reverse=True), sorted({\"z\": 1, \"y\": 2}))",
        "[1, 2, 3] ['b', 'a'] ['y', 'z']",
    );
    check(
        "print(max(3, 9, 4), min([\"b\", \"a\"]), max([[1, 2], [1, 3]]), sum([]), abs(-4))",
        "9 a [1, 3] 0 4",
    );
    check(
        "print(sum(n for n in range(1, 10, 3)), any([0, 1]), all([]), list(range(3, 0, -1)))",
        "12 True True [3, 2, 1]",
    );
    check(
        "print(list(zip([1, 2], \"ab\")), list(reversed([1, 2])), str(5) + \"x\", int(\"12\") + 1)",
        "[(1, 'a'), (2, 'b')] [2, 1] 5x 13",
    );
    check(
        "print(\"A b\".lower(), \"a-b\".split(\"-\"), \" x \".strip(), \", \".join([\"p\", \"q\"]), \"aab\".count(\"a\"))",
        "a b ['a', 'b'] x p, q 2",
    );
    check(
        "print(\"a\" in \"cat\", 3 not in [1, 2], \"k\" in {\"k\": 0}, \"ab\" * 2, [0] * 3, \"a\" < \"b\")",
        "True True True abab [0, 0, 0] True",
    );
}

#[test]
fn wrong_programs_say_why() {
    for (source, start) in [
        ("print(1", "line 2: expected"),
        ("x = 1\n  y = 2", "line 2: expected a value"),
        ("1 < 2 < 3", "line 1: comparisons are not chained"),
        ("import os", "line 1: expected a name"),
        ("print(x)", "name \"x\" is not defined"),
        ("print([1][2])", "index 2 is out of range"),
        ("print({}[1])", "there is no key 1"),
        ("print(1 + \"a\")", "int and str do not go together"),
        ("print(1 // 0)", "division by zero"),
        ("x = 1\nassert x == 2", "line 2: the assertion"),
        ("print(0.5)", "line 1: numbers are whole"),
        ("return 1", "line 1: only a function"),
        ("print(max([]))", "max of nothing"),
    ] {
        let error = run(source).map_err(|e| e.to_string());
        assert!(error.as_ref().is_err_and(|e| e.starts_with(start)), "{source}: {error:?}");
    }
}

#[test]
fn no_text_runs_for_ever_or_falls() {
    let deep =
        |open: &str, close: &str| format!("x = {}1{}", open.repeat(5000), close.repeat(5000));
    for source in [
        "while True:\n    pass".to_string(),
        "def f():\n    return f()\nf()".to_string(),
        "x = \"a\"\nwhile True:\n    x += x".to_string(),
        "x = [1]\nwhile True:\n    x += x".to_string(),
        "x = [1]\nfor y in x:\n    x.append(y)".to_string(),
        "x = []\nx.append(x)\nprint(x)".to_string(),
        "x = [1]\ny = [1]\nx.append(y)\ny.append(x)\nprint(x == y)".to_string(),
        "x = []\nwhile True:\n    x = [x]".to_string(),
        "x = 1\nwhile True:\n    x = {1: (x, 2)}".to_string(),
        "x = 1\nfor i in range(30):\n    x = [x, x, x, x, x, x]\nprint(x)".to_string(),
        "x = 1\ny = 1\nfor i in range(19):\n    x = [x, x, x]\n    y = [y, y, y]\nprint(x == y)"
            .to_string(),
        "x = 9\nwhile True:\n    x = x * x".to_string(),
        "x = \"ab\" * 1000000000000".to_string(),
        "x = range(1000000000000)".to_string(),
        "x = -9223372036854775807 - 1\nprint(x // -1)".to_string(),
        deep("(", ")"),
        deep("[", "]"),
        deep("-", ""),
        deep("not ", ""),
        format!("x = 1{}", " + 1".repeat(100_000)),
        format!("x = y{}", "[0]".repeat(100_000)),
        (0..500).map(|n| format!("{}if 1:\n", " ".repeat(n))).collect(),
    ] {
        assert!(run(&source).is_err(), "{}", &source[..source.len().min(60)]);
    }
}

#[test]
fn any_program_is_the_same_in_any_order() {
    let programs = Programs::new(4);
    let forward: Vec<Program> = (0..40).map(|i| programs.program(i)).collect();
    let mut backward: Vec<Program> = (0..40).rev().map(|i| Programs::new(4).program(i)).collect();
    backward.reverse();
    assert_eq!(forward, backward);
    assert_ne!(Programs::new(5).program(0), forward[0]);
}

#[test]
fn every_program_does_what_it_says() {
    let programs = Programs::new(1);
    let mut sources = HashSet::new();
    let mut shapes = HashSet::new();
    for i in 0..3000 {
        let program = programs.program(i);
        assert_eq!(run(&program.source).as_ref(), Ok(&program.output), "{}", program.source);
        assert!(!program.output.trim().is_empty() && program.output.len() < 400, "{program:?}");
        assert!(program.source.starts_with(&program.head));
        assert_eq!(program.head.is_empty(), program.tests.is_empty());
        assert_eq!(passes(&program.source, &program.tests), Ok(()), "{}", program.source);
        assert!(program.task.ends_with(['.', '?', '!']), "{}", program.task);
        for wrong in ["  ", "{", "}", "[", "]", " .", "..", " a a", " a e", " a o"] {
            assert!(!program.task.contains(wrong), "{wrong:?} in {}", program.task);
        }
        let letters = |c: &char| c.is_ascii_alphabetic() || ">%=/".contains(*c);
        shapes.insert(program.source.chars().filter(letters).collect::<String>());
        sources.insert(program.source);
    }
    assert!(sources.len() > 2900, "{} different programs of 3000", sources.len());
    assert!(shapes.len() > 2000, "{} different programs but for numbers", shapes.len());
    assert!(!sources.contains("print(1)\n"));
}

/// No body that always says the same passes, be it even the right answer to one of the tests.
#[test]
fn tests_catch_a_wrong_body() {
    let programs = Programs::new(2);
    let mut functions = 0;
    for program in (0..1000).map(|i| programs.program(i)).filter(|p| !p.head.is_empty()) {
        for test in &program.tests {
            let (_, value) = test.split_once(" == ").unwrap();
            let wrong = format!("{}    return {value}\n", program.head);
            let result = passes(&wrong, &program.tests);
            assert!(matches!(result, Err(Error::Assertion { .. })), "{wrong}{:?}", program.tests);
        }
        functions += 1;
    }
    assert!(functions > 300, "{functions}");
}
