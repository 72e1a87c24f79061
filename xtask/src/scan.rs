//! Rust source as text, with everything that is not code blanked out.
//!
//! A scanner, not a parser: it knows line and nested block comments, strings (escaped, raw, byte
//! and C), characters and lifetimes, and nothing of macros. [`code`] keeps each line break and each
//! column, so that positions in its answer are positions in the source. Left out on purpose: braces
//! inside a function's signature (a const generic block) would be taken for its body.

/// The source with comments and the insides of literals replaced by spaces.
pub(crate) fn code(source: &str) -> String {
    let chars: Vec<char> = source.chars().collect();
    let mut out = String::with_capacity(source.len());
    let mut at = 0;
    while at < chars.len() {
        let end = skip(&chars, at);
        if end == at {
            out.push(chars[at]);
            at += 1;
        } else {
            out.extend(chars[at..end].iter().map(|&c| if c == '\n' { '\n' } else { ' ' }));
            at = end;
        }
    }
    out
}

/// Where the comment or literal that begins at `at` ends; `at` itself where none begins.
fn skip(chars: &[char], at: usize) -> usize {
    let next = chars.get(at + 1);
    let after_word = at > 0 && is_word(chars[at - 1]);
    match chars[at] {
        '/' if next == Some(&'/') => find(chars, at, &['\n']),
        '/' if next == Some(&'*') => block_comment(chars, at),
        '"' => quoted(chars, at),
        'r' if !after_word || matches!(chars[at - 1], 'b' | 'c') => raw_string(chars, at),
        '\'' if next == Some(&'\\') => quoted(chars, at),
        '\'' if chars.get(at + 2) == Some(&'\'') => at + 3,
        _ => at,
    }
}

fn find(chars: &[char], from: usize, what: &[char]) -> usize {
    let found = chars[from..].windows(what.len()).position(|w| w == what);
    found.map_or(chars.len(), |n| from + n)
}

fn block_comment(chars: &[char], start: usize) -> usize {
    let (mut at, mut depth) = (start, 0);
    while at < chars.len() {
        match (chars[at], chars.get(at + 1)) {
            ('/', Some('*')) => (depth, at) = (depth + 1, at + 2),
            ('*', Some('/')) => (depth, at) = (depth - 1, at + 2),
            _ => at += 1,
        }
        if depth == 0 {
            return at;
        }
    }
    at
}

/// A string or character, from its opening quote to behind its closing one.
fn quoted(chars: &[char], start: usize) -> usize {
    let mut at = start + 1;
    while at < chars.len() && chars[at] != chars[start] {
        at += if chars[at] == '\\' { 2 } else { 1 };
    }
    (at + 1).min(chars.len())
}

/// `r"…"` or `r#"…"#`; a raw identifier such as `r#fn` is none.
fn raw_string(chars: &[char], start: usize) -> usize {
    let hashes = chars[start + 1..].iter().take_while(|&&c| c == '#').count();
    let open = start + 1 + hashes;
    if chars.get(open) != Some(&'"') {
        return start;
    }
    let mut close = vec!['"'];
    close.extend(std::iter::repeat_n('#', hashes));
    (find(chars, open + 1, &close) + close.len()).min(chars.len())
}

/// Whether a character can stand inside an identifier.
pub(crate) fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// Byte offsets at which `word` stands in `code` as a whole identifier.
pub(crate) fn words<'a>(code: &'a str, word: &'a str) -> impl Iterator<Item = usize> + 'a {
    code.match_indices(word).map(|(at, _)| at).filter(move |&at| {
        !code[..at].ends_with(is_word) && !code[at + word.len()..].starts_with(is_word)
    })
}

/// The line, counted from one, of a byte offset.
pub(crate) fn line_of(code: &str, at: usize) -> usize {
    code[..at].matches('\n').count() + 1
}

/// A function and where it stands.
#[derive(Debug, PartialEq)]
pub(crate) struct Function {
    /// Its name.
    pub name: String,
    /// The line of its `fn`.
    pub line: usize,
    /// Lines from its `fn` to its closing brace, both counted.
    pub length: usize,
}

/// All functions with a body in blanked code, nested ones too.
pub(crate) fn functions(code: &str) -> Vec<Function> {
    let mut found = Vec::new();
    for at in words(code, "fn") {
        let rest = code[at + 2..].trim_start();
        let name: String = rest.chars().take_while(|&c| is_word(c) || "$#".contains(c)).collect();
        let Some(open) = body(code, at) else { continue };
        if !name.is_empty() {
            let (line, last) = (line_of(code, at), line_of(code, closing(code, open)));
            found.push(Function { name, line, length: last - line + 1 });
        }
    }
    found
}

/// The brace that opens the body of the item at `from`; a semicolon outside brackets means none.
fn body(code: &str, from: usize) -> Option<usize> {
    let mut depth = 0;
    for (n, c) in code[from..].char_indices() {
        match c {
            '(' | '[' => depth += 1,
            ')' | ']' => depth -= 1,
            '{' if depth == 0 => return Some(from + n),
            ';' if depth == 0 => return None,
            _ => {}
        }
        if depth < 0 {
            return None; // `fn` stood in a type or in a macro's pattern
        }
    }
    None
}

/// The brace that closes the one at `open`; the end of the text where it is missing.
fn closing(code: &str, open: usize) -> usize {
    let mut depth = 0;
    for (n, c) in code[open..].char_indices() {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return open + n;
        }
    }
    code.len()
}

/// Blanked code without the bodies of `#[cfg(test)] mod … { }`.
pub(crate) fn without_tests(code: &str) -> String {
    let mut kept = String::with_capacity(code.len());
    let mut at = 0;
    for (found, _) in code.match_indices("#[cfg(test)]") {
        let Some(open) = body(code, found + "#[cfg(test)]".len()) else { continue };
        let is_module = words(&code[found..open], "mod").next().is_some();
        if is_module && found >= at {
            kept.push_str(&code[at..found]);
            at = (closing(code, open) + 1).min(code.len());
        }
    }
    kept.push_str(&code[at..]);
    kept
}

/// Names in `#[cfg(test)] mod name;`: modules that lie in files of their own.
pub(crate) fn test_modules(code: &str) -> Vec<String> {
    let mut names = Vec::new();
    for (found, marker) in code.match_indices("#[cfg(test)]") {
        let item = &code[found + marker.len()..];
        let head = item.split([';', '{']).next().unwrap_or("");
        let mut tokens = head.split_whitespace().skip_while(|&token| token != "mod");
        if item[head.len()..].starts_with(';')
            && let (Some(_), Some(name)) = (tokens.next(), tokens.next())
        {
            names.push(name.to_owned());
        }
    }
    names
}

#[cfg(test)]
mod tests;
