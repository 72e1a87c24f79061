//! llama.cpp's grammars (GBNF, as its `grammars/README.md` has it), said in Lark's words for llguidance.
//!
//! `name ::= "text" [a-z] other ( … ) | …`, with `*`, `+`, `?` or `{2,3}` behind an item; `root` is what the
//! answer must be. A lexer takes the longest text that it can, and such a grammar knows no lexer. So whatever
//! of it is regular becomes one regular expression, within which nothing is taken too early; only where a rule
//! contains itself are there borders between expressions, and there less may be let through than the grammar
//! says. More never is.
//!
//! Left out: tokens by their names or numbers (`<…>`).

mod read;

use std::collections::HashSet;

use self::read::{Alternatives, Item, Node, Sequence};

/// Bytes of a regular expression; a longer one stays a rule.
const MOST_EXPRESSION: usize = 16 << 10;
/// Bytes of what is written.
const MOST_WRITTEN: usize = 1 << 20;

/// Whether a grammar is written in this way; Lark's knows no `::=`.
pub(super) fn is(text: &str) -> bool {
    read::begins_with_rule(text)
}

/// The grammar in Lark's words.
pub(super) fn to_lark(text: &str) -> Result<String, String> {
    let (rules, root) = read::rules(text)?;
    let known = rules.iter().map(|_| Known::Unasked).collect();
    Writer { rules: &rules, root, known }.write()
}

/// What is known of a rule's expression.
#[derive(Clone)]
enum Known {
    Unasked,
    /// It is being made: whoever asks meanwhile is part of the rule.
    Asked,
    Is(Option<String>),
}

struct Writer<'a> {
    rules: &'a [Alternatives],
    root: usize,
    known: Vec<Known>,
}

impl Writer<'_> {
    fn write(mut self) -> Result<String, String> {
        let mut out = String::new();
        let (mut waiting, mut seen) = (vec![self.root], HashSet::from([self.root]));
        while let Some(rule) = waiting.pop() {
            out += &format!("{}: ", self.name(rule));
            match self.expression(rule) {
                Some(expression) => out += &slashed(&expression),
                None => {
                    let of = self.rules;
                    self.alternatives(&of[rule], &mut out, &mut |next| {
                        if seen.insert(next) {
                            waiting.push(next);
                        }
                    })?;
                }
            }
            out.push('\n');
        }
        Ok(out)
    }

    fn name(&self, rule: usize) -> String {
        if rule == self.root { "start".to_string() } else { format!("r{rule}") }
    }

    /// The rule as one regular expression, if it is regular and not too long.
    fn expression(&mut self, rule: usize) -> Option<String> {
        match &self.known[rule] {
            Known::Is(expression) => return expression.clone(),
            Known::Asked => return None,
            Known::Unasked => {}
        }
        self.known[rule] = Known::Asked;
        let of = self.rules;
        let expression = self.of_alternatives(&of[rule]);
        self.known[rule] = Known::Is(expression.clone());
        expression
    }

    fn of_alternatives(&mut self, alternatives: &[Sequence]) -> Option<String> {
        let mut out = String::from("(?:");
        for (i, sequence) in alternatives.iter().enumerate() {
            if i > 0 {
                out.push('|');
            }
            for item in sequence {
                out += &self.of_item(item)?;
                if out.len() > MOST_EXPRESSION {
                    return None;
                }
            }
        }
        out.push(')');
        Some(out)
    }

    fn of_item(&mut self, item: &Item) -> Option<String> {
        let inner = match &item.node {
            Node::Text(text) => format!("(?:{})", text.chars().map(escaped).collect::<String>()),
            Node::Any => "(?s:.)".to_string(),
            Node::Class { negated, ranges } => {
                let ranges = ranges.iter().map(|&(a, b)| format!("{}-{}", escaped(a), escaped(b)));
                let not = if *negated { "^" } else { "" };
                format!("[{not}{}]", ranges.collect::<String>())
            }
            Node::Rule(rule) => self.expression(*rule)?,
            Node::Group(alternatives) => self.of_alternatives(alternatives)?,
        };
        Some(match item.times {
            (1, Some(1)) => inner,
            (least, None) => format!("{inner}{{{least},}}"),
            (least, Some(most)) => format!("{inner}{{{least},{most}}}"),
        })
    }

    /// What is not regular, with the regular parts of each sequence as one expression each.
    fn alternatives(
        &mut self,
        alternatives: &[Sequence],
        out: &mut String,
        refer: &mut dyn FnMut(usize),
    ) -> Result<(), String> {
        for (i, sequence) in alternatives.iter().enumerate() {
            if i > 0 {
                out.push_str(" | ");
            }
            let mut run = String::new();
            for item in sequence {
                match self.of_item(item) {
                    Some(expression) if run.len() + expression.len() <= MOST_EXPRESSION => {
                        run += &expression;
                    }
                    Some(expression) => *out += &slashed(&std::mem::replace(&mut run, expression)),
                    None => {
                        *out += &slashed(&std::mem::take(&mut run));
                        self.item(item, out, refer)?;
                    }
                }
                if out.len() > MOST_WRITTEN {
                    return Err(format!("it takes over {MOST_WRITTEN} bytes to say it"));
                }
            }
            *out += &slashed(&run);
            if sequence.is_empty() {
                out.push_str("\"\"");
            }
        }
        Ok(())
    }

    fn item(
        &mut self,
        item: &Item,
        out: &mut String,
        refer: &mut dyn FnMut(usize),
    ) -> Result<(), String> {
        let mut inner = String::new();
        match &item.node {
            Node::Group(alternatives) => {
                inner.push('(');
                self.alternatives(alternatives, &mut inner, refer)?;
                inner.push(')');
            }
            Node::Rule(rule) => {
                refer(*rule);
                inner = self.name(*rule);
            }
            // Regular ones are expressions.
            _ => {}
        }
        *out += &match item.times {
            (1, Some(1)) => format!("{inner} "),
            (0, None) => format!("{inner}* "),
            (least, None) => format!("{inner}{{{least},{least}}} {inner}* "),
            (least, Some(most)) => format!("{inner}{{{least},{most}}} "),
        };
        Ok(())
    }
}

/// A regular expression as Lark has it.
fn slashed(expression: &str) -> String {
    if expression.is_empty() { String::new() } else { format!("/{expression}/ ") }
}

/// A character of an expression that means nothing else.
fn escaped(c: char) -> String {
    if c.is_ascii_alphanumeric() { c.to_string() } else { format!("\\x{{{:x}}}", u32::from(c)) }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{accepts, bytes};
    use crate::Grammar;

    fn check(text: &str, accepted: &[&str], rejected: &[&str]) {
        let constraint = Grammar::lark(text).constraint(&bytes()).unwrap();
        for (texts, expected) in [(accepted, true), (rejected, false)] {
            for answer in texts {
                assert_eq!(accepts(&constraint, answer), expected, "{text}: {answer:?}");
            }
        }
    }

    #[test]
    fn what_is_regular_is_held_to_letter_by_letter() {
        check(r#"root ::= "a"{5,5}"#, &["aaaaa"], &["aaaa", "aaaaaa", ""]);
        check("root ::= [a-z]* \"z\"", &["z", "abz", "zz"], &["", "ab"]);
        check("root ::= \"ab\" | \"a\" \"bc\"", &["ab", "abc"], &["a", "bc"]);
        check(
            "root ::= word (\", \" word)* # a list\n\n# and words\nword ::= [^, \\n]+ |\n  \"\\x2C\\u00e9\"\n",
            &["a", "a, bc", ",é, ü"],
            &["a,b", "a, ", "a b"],
        );
        check("root ::= ( \"a\"\n \"b\" )? .{2,}", &["ab\n/", "abc", "/*"], &["a", "é"]);
        check("root ::= x{3} | \"-\"\nx ::= [\\]\\-\"a-]", &["]-\"", "-", "a--"], &["--", "b"]);
    }

    #[test]
    fn rules_that_contain_themselves_are_grammars() {
        let json = r##"
root ::= object
value ::= object | array | string | number | ("true" | "false" | "null") ws
object ::= "{" ws ( string ":" ws value ("," ws string ":" ws value)* )? "}" ws
array ::= "[" ws ( value ("," ws value)* )? "]" ws
string ::= "\"" ( [^"\\\x7F\x00-\x1F] | "\\" (["\\bfnrt] | "u" [0-9a-fA-F]{4}) )* "\"" ws
number ::= ("-"? ([0-9] | [1-9] [0-9]{0,15})) ("." [0-9]+)? ([eE] [-+]? [0-9] [1-9]{0,15})? ws
ws ::= | " " | "\n" [ \t]{0,20}
"##;
        check(
            json,
            &["{}", "{\"a\": [1.5e-7, {\"\\u00e9é\":null}, []]}", "{ \"a\":true }"],
            &["", "[]", "{\"a\":}", "{\"a\": 01}", "{\"a\": [1}", "{'a': 1}"],
        );
        check(
            "root ::= expr\nexpr ::= term ([-+*/] term)*\nterm ::= [0-9]+ | \"(\" expr \")\"",
            &["1", "1+22*(3-(4))"],
            &["1+", "(1", "()"],
        );
        check(
            "root ::= ws x ws\nx ::= \"[\" ws x? ws \"]\"\nws ::= \" \"*",
            &["[]", " [ [] ] ", "[[[]]]"],
            &["[", " ", "[] []"],
        );
        check("root ::= \"(\" root{2,} \")\" | \"x\"", &["x", "(xx)", "(x(xx)x)"], &["(x)", "()"]);
    }

    #[test]
    fn what_is_no_grammar_is_refused_with_its_place() {
        let check = |text: &str, word: &str| {
            let error = Grammar::lark(text).constraint(&bytes()).expect_err(text);
            assert!(error.is_of_request() && error.to_string().contains(word), "{text}: {error}");
        };
        check("root ::= this is (not valid GBNF", "line 1");
        check("root ::= \"a\"\nother ::= missing", "missing");
        check("other ::= \"a\"", "root");
        check("root ::= \"a", "line 1");
        check("root ::= [a", "line 1");
        check("root ::= []", "line 1");
        check("root ::= [z-a]", "line 1");
        check("root ::= \"a\"\n\nroot ::= \"b\"", "line 3");
        check("root ::= \"a\"{3,2}", "line 1");
        check("root ::= * \"a\"", "line 1");
        check("root ::= <think>", "tokens");
        check("root ::= \"\\q\"", "line 1");
        check("root ::= \"a\" )", "line 1");
        check("root ::= \"a\"{99999999999}", "line 1");
        // Each rule twice the one before: it must not be written out.
        let doubled: String =
            (0..60).map(|i| format!("a{i} ::= a{} a{}\n", i + 1, i + 1)).collect();
        let text = format!("root ::= a0\n{doubled}a60 ::= \"x\"");
        assert!(super::to_lark(&text).unwrap().len() < super::MOST_WRITTEN);
    }
}
