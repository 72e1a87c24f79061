//! The scanner on the corners of Rust's lexical grammar.

use super::*;

fn check_blank(source: &str, expected: &str) {
    let got = code(source);
    let squeezed: Vec<&str> = got.split_whitespace().collect();
    assert_eq!(squeezed.join(" "), expected, "{source}");
    assert_eq!(got.chars().count(), source.chars().count(), "columns moved: {source}");
}

#[test]
fn blanks_what_is_not_code() {
    check_blank("a // b {\nc", "a c");
    check_blank("a /* b /* c */ d */ e", "a e");
    check_blank(r#"f("{ \" }", g)"#, "f( , g)");
    check_blank(r###"f(r#"a " b"#, br"\", g)"###, "f( , b , g)");
    check_blank("r#fn + for_r\"x\"", "r#fn + for_r");
    check_blank(
        r"match c { '{' => 1, '\'' => 2, '\u{7d}' => 3, b'}' => 4 }",
        "match c { => 1, => 2, => 3, b => 4 }",
    );
    check_blank("fn f<'a>(x: &'a str) -> &'a str { x }", "fn f<'a>(x: &'a str) -> &'a str { x }");
    check_blank("'ö' 'outer: loop {}", "'outer: loop {}");
    check_blank("\"never closed {", "");
}

fn check_functions(source: &str, expected: &[(&str, usize, usize)]) {
    let found = functions(&code(source));
    let got: Vec<_> = found.iter().map(|f| (f.name.as_str(), f.line, f.length)).collect();
    assert_eq!(got, expected, "{source}");
}

#[test]
fn measures_functions() {
    check_functions("fn f() {}", &[("f", 1, 1)]);
    check_functions("\nfn f(\n  x: u8,\n) {\n  let s = \"}\";\n}\n", &[("f", 2, 5)]);
    check_functions("trait T { fn a(&self) -> [u8; 4]; fn b() {\n} }", &[("b", 1, 2)]);
    check_functions("struct S { f: fn(u8) -> u8, g: Box<dyn Fn()> }", &[]);
    check_functions("fn a() {\n fn b() {\n }\n}", &[("a", 1, 4), ("b", 2, 2)]);
    check_functions("fn a<F: Fn() -> [f32; 2]>(f: F) where F: Copy {\n}", &[("a", 1, 2)]);
    check_functions("// fn a() {\nlet fnord = 1;", &[]);
}

#[test]
fn cuts_test_modules_and_only_those() {
    let source = "fn a() {}\n#[cfg(test)]\nmod tests {\n fn b() {}\n}\nfn c() {}";
    assert_eq!(without_tests(source), "fn a() {}\n\nfn c() {}");
    let import = "#[cfg(test)]\nuse x::{y};\nmod z { fn a() {} }";
    assert_eq!(without_tests(import), import);
    let elsewhere = "#[cfg(test)]\nmod tests;\nfn a() {}";
    assert_eq!(without_tests(elsewhere), elsewhere);
}

#[test]
fn names_test_modules_in_other_files() {
    assert_eq!(test_modules("#[cfg(test)]\npub(crate) mod planted;\nmod real;"), ["planted"]);
    assert!(test_modules("#[cfg(test)]\nmod tests { }\n").is_empty());
    assert!(test_modules("#[cfg(test)]\nuse a::b;\nmod real;").is_empty());
}
