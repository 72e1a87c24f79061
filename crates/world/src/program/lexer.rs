//! Text to tokens; the depth of a line becomes [`Token::Indent`] and [`Token::Dedent`].
//!
//! Inside of brackets line breaks are space. Left out on purpose: tabs, floats, escapes other than
//! `\n`, `\"`, `\'` and `\\`, and strings with a prefix.

use std::borrow::Cow;

use super::error::{Error, Result};

/// The smallest piece of a program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Token<'s> {
    Name(&'s str),
    Int(i64),
    Str(Cow<'s, str>),
    /// An operator or a bracket.
    Sign(&'static str),
    Newline,
    Indent,
    Dedent,
    End,
}

/// The signs that begin with a byte, longer ones before their beginnings.
fn signs(first: u8) -> &'static [&'static str] {
    match first {
        b'/' => &["//=", "//", "/"],
        b'=' => &["==", "="],
        b'!' => &["!="],
        b'<' => &["<=", "<"],
        b'>' => &[">=", ">"],
        b'+' => &["+=", "+"],
        b'-' => &["-=", "-"],
        b'*' => &["*=", "*"],
        b'%' => &["%=", "%"],
        b'(' => &["("],
        b')' => &[")"],
        b'[' => &["["],
        b']' => &["]"],
        b'{' => &["{"],
        b'}' => &["}"],
        b',' => &[","],
        b':' => &[":"],
        b'.' => &["."],
        b';' => &[";"],
        _ => &[],
    }
}

/// Whether a word has a meaning of its own in Python, so that nothing can be called that.
pub(super) fn is_keyword(word: &str) -> bool {
    matches!(
        word,
        "False"
            | "None"
            | "True"
            | "and"
            | "as"
            | "assert"
            | "async"
            | "await"
            | "break"
            | "class"
            | "continue"
            | "def"
            | "del"
            | "elif"
            | "else"
            | "except"
            | "finally"
            | "for"
            | "from"
            | "if"
            | "import"
            | "in"
            | "lambda"
            | "not"
            | "or"
            | "pass"
            | "raise"
            | "return"
            | "while"
            | "global"
            | "is"
            | "nonlocal"
            | "try"
            | "with"
            | "yield"
    )
}

/// Each token with its line, counted from one.
pub(super) fn tokens(source: &str) -> Result<Vec<(Token<'_>, usize)>> {
    let out = Vec::with_capacity(source.len() / 3 + 4);
    let mut lexer = Lexer { out, line: 1, brackets: 0, depths: vec![0] };
    let mut rest = source;
    let mut fresh = true;
    while !rest.is_empty() {
        if fresh && lexer.brackets == 0 {
            rest = lexer.indentation(rest)?;
        }
        fresh = false;
        let Some(c) = rest.chars().next() else { break };
        rest = match c {
            '\n' => {
                lexer.newline();
                fresh = true;
                &rest[1..]
            }
            ' ' | '\r' => &rest[1..],
            '#' => &rest[rest.find('\n').unwrap_or(rest.len())..],
            '"' | '\'' => lexer.string(rest)?,
            '0'..='9' => lexer.number(rest)?,
            c if c.is_alphabetic() || c == '_' => lexer.name(rest),
            _ => lexer.sign(rest)?,
        };
    }
    lexer.newline();
    while lexer.depths.pop().is_some_and(|depth| depth > 0) {
        lexer.push(Token::Dedent);
    }
    lexer.push(Token::End);
    Ok(lexer.out)
}

struct Lexer<'s> {
    out: Vec<(Token<'s>, usize)>,
    line: usize,
    brackets: usize,
    depths: Vec<usize>,
}

impl<'s> Lexer<'s> {
    fn push(&mut self, token: Token<'s>) {
        self.out.push((token, self.line));
    }

    fn error<T>(&self, what: impl Into<String>) -> Result<T> {
        Err(Error::Syntax { line: self.line, what: what.into() })
    }

    fn newline(&mut self) {
        let says_something = !matches!(
            self.out.last(),
            None | Some((Token::Newline | Token::Indent | Token::Dedent, _))
        );
        if self.brackets == 0 && says_something {
            self.push(Token::Newline);
        }
        self.line += 1;
    }

    /// Compares a line's depth with that of the lines before; empty lines have none.
    fn indentation<'t>(&mut self, text: &'t str) -> Result<&'t str> {
        let rest = text.trim_start_matches(' ');
        let depth = text.len() - rest.len();
        if rest.is_empty() || rest.starts_with(['\n', '#', '\r']) {
            return Ok(rest);
        }
        let now = self.depths.last().copied().unwrap_or(0);
        if depth > now {
            self.depths.push(depth);
            self.push(Token::Indent);
        }
        while self.depths.last().is_some_and(|&d| d > depth) {
            self.depths.pop();
            self.push(Token::Dedent);
        }
        if self.depths.last() != Some(&depth) {
            return self.error("the line is not as deep as any block around it");
        }
        Ok(rest)
    }

    fn string(&mut self, text: &'s str) -> Result<&'s str> {
        let triple = text.starts_with("\"\"\"") || text.starts_with("'''");
        let (end, rest) = text.split_at(if triple { 3 } else { 1 });
        let found = if triple { rest.find(end) } else { rest.find(char::from(end.as_bytes()[0])) };
        let Some(at) = found else { return self.escaped_string(rest, end) };
        let value = &rest[..at];
        let lines = value.bytes().filter(|&byte| byte == b'\n').count();
        if value.contains('\\') || (lines > 0 && !triple) {
            return self.escaped_string(rest, end);
        }
        self.push(Token::Str(value.into()));
        self.line += lines;
        Ok(&rest[at + end.len()..])
    }

    /// A string up to its `end` whose text may not stand as it is.
    fn escaped_string(&mut self, text: &'s str, end: &str) -> Result<&'s str> {
        let mut value = String::new();
        let mut rest = text;
        while !rest.starts_with(end) {
            let Some(c) = rest.chars().next().filter(|&c| c != '\n' || end.len() == 3) else {
                return self.error("the string is not closed");
            };
            rest = &rest[c.len_utf8()..];
            let escaped = rest.chars().next().filter(|_| c == '\\');
            match (c, escaped) {
                ('\\', Some('n')) => value.push('\n'),
                ('\\', Some(e @ ('"' | '\'' | '\\'))) => value.push(e),
                ('\\', _) => return self.error("this escape is not part of the subset"),
                _ => value.push(c),
            }
            rest = &rest[escaped.map_or(0, char::len_utf8)..];
        }
        let lines = value.matches('\n').count() * usize::from(end.len() == 3);
        self.push(Token::Str(value.into()));
        self.line += lines;
        Ok(&rest[end.len()..])
    }

    fn number<'t>(&mut self, text: &'t str) -> Result<&'t str> {
        let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
        let follows = text[end..].chars().next();
        if follows.is_some_and(|c| c.is_alphabetic() || c == '_' || c == '.') {
            return self.error("numbers are whole and decimal here");
        }
        match text[..end].parse() {
            Ok(value) => self.push(Token::Int(value)),
            Err(_) => return self.error("the number is too large"),
        }
        Ok(&text[end..])
    }

    fn name(&mut self, text: &'s str) -> &'s str {
        let ascii = text.bytes().position(|b| !b.is_ascii_alphanumeric() && b != b'_');
        let end = match ascii {
            Some(end) if text.as_bytes()[end].is_ascii() => end,
            _ => text.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(text.len()),
        };
        let (name, rest) = text.split_at(end);
        self.push(Token::Name(name));
        rest
    }

    fn sign<'t>(&mut self, text: &'t str) -> Result<&'t str> {
        let signs = signs(text.as_bytes()[0]);
        let Some(sign) = signs.iter().copied().find(|sign| text.starts_with(sign)) else {
            return self.error(format!("{:?} has no meaning here", text.chars().next()));
        };
        match sign {
            "(" | "[" | "{" => self.brackets += 1,
            ")" | "]" | "}" => self.brackets = self.brackets.saturating_sub(1),
            _ => {}
        }
        self.push(Token::Sign(sign));
        Ok(&text[sign.len()..])
    }
}
