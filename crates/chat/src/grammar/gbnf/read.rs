//! A grammar's text to its rules. A name with `::=` behind it begins the next rule, so that line ends mean nothing.

use std::collections::HashMap;

/// Rules of one grammar.
const MOST_RULES: usize = 10_000;

/// What a rule may be, one of them.
pub(super) type Alternatives = Vec<Sequence>;
/// What stands one behind the other.
pub(super) type Sequence = Vec<Item>;

/// A part of a sequence.
pub(super) struct Item {
    pub(super) node: Node,
    /// How often at least, and at most.
    pub(super) times: (u32, Option<u32>),
}

/// What a part is.
pub(super) enum Node {
    Text(String),
    /// Any character.
    Any,
    /// A character of these, or of no other.
    Class {
        negated: bool,
        ranges: Vec<(char, char)>,
    },
    /// By its number.
    Rule(usize),
    Group(Alternatives),
}

/// Whether a text begins with a rule, behind comments.
pub(super) fn begins_with_rule(text: &str) -> bool {
    let mut reader = Reader { text, rest: text, numbers: HashMap::new() };
    reader.space();
    reader.next_rule().is_some()
}

/// All rules, and the number of `root`.
pub(super) fn rules(text: &str) -> Result<(Vec<Alternatives>, usize), String> {
    let mut reader = Reader { text, rest: text, numbers: HashMap::new() };
    let mut rules: HashMap<usize, Alternatives> = HashMap::new();
    reader.space();
    while !reader.rest.is_empty() {
        let Some((name, behind)) = reader.next_rule() else {
            return Err(reader.wrong("expected a rule, as name ::= …"));
        };
        let number = reader.number(name)?;
        if rules.contains_key(&number) {
            return Err(reader.wrong(&format!("there is a rule {name:?} already")));
        }
        reader.rest = behind;
        rules.insert(number, reader.alternatives(false)?);
    }
    let mut names: Vec<(&str, usize)> = reader.numbers.into_iter().collect();
    names.sort_by_key(|(_, number)| *number);
    let root = names.iter().find(|(name, _)| *name == "root");
    let (_, root) = *root.ok_or("it has no rule root, with which an answer begins")?;
    let all = names.into_iter().map(|(name, number)| {
        rules.remove(&number).ok_or_else(|| format!("there is no rule {:?}", short(name)))
    });
    Ok((all.collect::<Result<_, String>>()?, root))
}

fn short(name: &str) -> &str {
    &name[..name.len().min(80)] // Names are ASCII.
}

struct Reader<'a> {
    text: &'a str,
    rest: &'a str,
    /// Of names, as they come.
    numbers: HashMap<&'a str, usize>,
}

impl<'a> Reader<'a> {
    fn wrong(&self, reason: &str) -> String {
        let read = &self.text[..self.text.len() - self.rest.len()];
        format!("line {}: {reason}", 1 + read.matches('\n').count())
    }

    /// Passes over white space and comments.
    fn space(&mut self) {
        self.rest = after_space(self.rest);
    }

    /// The name of the rule that begins here, and what stands behind its `::=`.
    fn next_rule(&self) -> Option<(&'a str, &'a str)> {
        let (name, rest) = name(self.rest)?;
        Some((name, after_space(rest).strip_prefix("::=")?))
    }

    fn number(&mut self, name: &'a str) -> Result<usize, String> {
        let next = self.numbers.len();
        if next >= MOST_RULES {
            return Err(format!("it has more than {MOST_RULES} rules"));
        }
        Ok(*self.numbers.entry(name).or_insert(next))
    }

    fn take(&mut self, c: char) -> bool {
        let rest = self.rest.strip_prefix(c);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }

    fn alternatives(&mut self, in_group: bool) -> Result<Alternatives, String> {
        let mut alternatives = vec![Sequence::new()];
        loop {
            self.space();
            if self.rest.is_empty() || self.next_rule().is_some() || self.rest.starts_with(')') {
                break;
            }
            if self.take('|') {
                alternatives.push(Sequence::new());
                continue;
            }
            let node = self.node()?;
            let item = self.times(node)?;
            if let Some(last) = alternatives.last_mut() {
                last.push(item);
            }
        }
        match (in_group, self.take(')')) {
            (true, true) | (false, false) => Ok(alternatives),
            (true, false) => Err(self.wrong("a group is not closed; expected )")),
            (false, true) => Err(self.wrong("expected no ) here, where no group is open")),
        }
    }

    fn node(&mut self) -> Result<Node, String> {
        if let Some((name, rest)) = name(self.rest) {
            self.rest = rest;
            return Ok(Node::Rule(self.number(name)?));
        }
        let first = self.rest.chars().next().unwrap_or_default();
        self.rest = &self.rest[first.len_utf8().min(self.rest.len())..];
        match first {
            '"' => self.text(),
            '[' => self.class(),
            '(' => Ok(Node::Group(self.alternatives(true)?)),
            '.' => Ok(Node::Any),
            '<' | '!' => Err(self.wrong("tokens cannot be asked for, only text")),
            other => {
                Err(self.wrong(&format!("expected a text, a class, a name or (, found {other:?}")))
            }
        }
    }

    /// The node with what stands behind it of repetition.
    fn times(&mut self, node: Node) -> Result<Item, String> {
        let mut item = Item { node, times: (1, Some(1)) };
        loop {
            self.space();
            let times = match self.rest.chars().next() {
                Some('*') => (0, None),
                Some('+') => (1, None),
                Some('?') => (0, Some(1)),
                Some('{') => {
                    self.rest = &self.rest[1..];
                    self.bounds()?
                }
                _ => return Ok(item),
            };
            // The sign itself; of bounds it is the bracket that closes them.
            self.rest = &self.rest[1..];
            if item.times != (1, Some(1)) {
                item = Item { node: Node::Group(vec![vec![item]]), times };
            }
            item.times = times;
        }
    }

    /// `2`, `2,` or `2,3`, up to the bracket behind.
    fn bounds(&mut self) -> Result<(u32, Option<u32>), String> {
        let (inner, _) = self.rest.split_once('}').ok_or_else(|| self.wrong("expected }"))?;
        let number = |text: &str| {
            let wrong =
                |_| self.wrong(&format!("expected bounds as {{2,3}}, found {:?}", short_of(inner)));
            text.trim().parse::<u32>().map_err(wrong)
        };
        let bounds = match inner.split_once(',') {
            None => (number(inner)?, Some(number(inner)?)),
            Some((least, most)) if most.trim().is_empty() => (number(least)?, None),
            Some((least, most)) => (number(least)?, Some(number(most)?)),
        };
        if bounds.1.is_some_and(|most| most < bounds.0) {
            return Err(self.wrong("the second bound is below the first"));
        }
        self.rest = &self.rest[inner.len()..];
        Ok(bounds)
    }

    fn text(&mut self) -> Result<Node, String> {
        let mut text = String::new();
        while !self.take('"') {
            text.push(self.character()?);
        }
        Ok(Node::Text(text))
    }

    fn class(&mut self) -> Result<Node, String> {
        let (negated, mut ranges) = (self.take('^'), Vec::new());
        while !self.take(']') {
            let first = self.character()?;
            let is_range = self.rest.starts_with('-') && !self.rest.starts_with("-]");
            let last = match is_range && self.take('-') {
                true => self.character()?,
                false => first,
            };
            if last < first {
                return Err(self.wrong("a range of characters ends before it begins"));
            }
            ranges.push((first, last));
        }
        match ranges.is_empty() {
            true => Err(self.wrong("a class has no characters")),
            false => Ok(Node::Class { negated, ranges }),
        }
    }

    /// A character, perhaps by an escape.
    fn character(&mut self) -> Result<char, String> {
        let mut chars = self.rest.chars();
        let first = chars.next().ok_or_else(|| self.wrong("a text or a class is not closed"))?;
        self.rest = chars.as_str();
        if first != '\\' {
            return Ok(first);
        }
        let kind = chars.next();
        self.rest = chars.as_str();
        match kind {
            Some('n') => Ok('\n'),
            Some('r') => Ok('\r'),
            Some('t') => Ok('\t'),
            Some('x') => self.by_number(2),
            Some('u') => self.by_number(4),
            Some('U') => self.by_number(8),
            Some(plain @ ('\\' | '"' | '[' | ']' | '-' | '^' | '/')) => Ok(plain),
            _ => Err(self.wrong(
                "an escape is not known; there are \\n \\r \\t \\\\ \\\" \\[ \\] \\x \\u \\U",
            )),
        }
    }

    fn by_number(&mut self, digits: usize) -> Result<char, String> {
        let hex = self.rest.get(..digits).filter(|hex| hex.bytes().all(|b| b.is_ascii_hexdigit()));
        let c = hex.and_then(|hex| char::from_u32(u32::from_str_radix(hex, 16).ok()?));
        let c = c.ok_or_else(|| self.wrong(&format!("expected {digits} digits of a character")))?;
        self.rest = &self.rest[digits..];
        Ok(c)
    }
}

fn short_of(text: &str) -> String {
    text.chars().take(40).collect()
}

fn after_space(mut text: &str) -> &str {
    loop {
        text = text.trim_start();
        match text.strip_prefix('#') {
            Some(comment) => text = comment.split_once('\n').map_or("", |(_, rest)| rest),
            None => return text,
        }
    }
}

/// The name that stands here, and what is behind it.
fn name(text: &str) -> Option<(&str, &str)> {
    let is_of_name = |c: char| c.is_ascii_alphanumeric() || "-_".contains(c);
    let end = text.find(|c| !is_of_name(c)).unwrap_or(text.len());
    (end > 0).then(|| text.split_at(end))
}
