//! A dependency tree while it grows, and the tokens it is read off as.
//!
//! A [`Node`] has its dependents to its left and right in the order of the sentence, so whatever
//! is built of nodes has one root, no cycles and no crossing arcs.

use super::Token;
use super::forms::Text;

/// A word without its place.
#[derive(Debug, Clone)]
pub(crate) struct Word {
    pub(crate) form: Text,
    pub(crate) lemma: Text,
    pub(crate) upos: &'static str,
    pub(crate) xpos: &'static str,
    pub(crate) feats: &'static str,
    /// Whether it is written without a space before it.
    pub(crate) glued: bool,
}

impl Word {
    pub(crate) fn new(
        form: impl Into<Text>,
        lemma: impl Into<Text>,
        [upos, xpos, feats]: [&'static str; 3],
    ) -> Self {
        Self { form: form.into(), lemma: lemma.into(), upos, xpos, feats, glued: false }
    }

    /// A word whose form is its lemma.
    pub(crate) fn plain(form: impl Into<Text>, tags: [&'static str; 3]) -> Self {
        let form = form.into();
        Self::new(form.clone(), form, tags)
    }

    pub(crate) fn glued(mut self) -> Self {
        self.glued = true;
        self
    }

    /// Hangs below another word as `deprel`.
    pub(crate) fn node(self, deprel: &'static str) -> Node {
        Node { word: self, deprel, left: vec![], right: vec![] }
    }
}

/// A word with its dependents.
#[derive(Debug, Clone)]
pub(crate) struct Node {
    pub(crate) word: Word,
    pub(crate) deprel: &'static str,
    pub(crate) left: Vec<Node>,
    pub(crate) right: Vec<Node>,
}

impl Node {
    /// Puts a dependent before all others.
    pub(crate) fn open(&mut self, node: Node) {
        self.left.insert(0, node);
    }

    /// A punctuation mark below this node, after all others.
    pub(crate) fn close(&mut self, mark: &'static str) {
        self.right.push(punctuation(mark));
    }

    /// A comma below this node, before all others.
    pub(crate) fn comma_before(&mut self) {
        self.open(punctuation(","));
    }

    /// The tokens in order, with capitals, articles and spaces in place.
    pub(crate) fn tokens(self) -> Vec<Token> {
        let mut line = Line { tokens: Vec::with_capacity(24), numbers: Vec::with_capacity(24) };
        line.place(self, None);
        let Line { mut tokens, numbers } = line;
        for token in tokens.iter_mut().filter(|token| token.head > 0) {
            token.head = numbers[token.head - 1];
        }
        if let Some(first) = tokens.first_mut() {
            capitalize(&mut first.form);
        }
        tokens
    }
}

fn punctuation(mark: &'static str) -> Node {
    let xpos = if mark == "," { "," } else { "." };
    Word::plain(mark, ["PUNCT", xpos, ""]).glued().node("punct")
}

/// The tokens so far.
struct Line {
    /// Each has as its head, for the time being, one more than how many words were met before that.
    tokens: Vec<Token>,
    /// The number of each word in the sentence, in the order in which they are met: heads before
    /// what hangs from them.
    numbers: Vec<usize>,
}

impl Line {
    /// Writes a tree to the end of the line.
    fn place(&mut self, node: Node, head: Option<usize>) {
        let key = self.numbers.len();
        self.numbers.push(0);
        let Node { word, deprel, left, right } = node;
        left.into_iter().for_each(|n| self.place(n, Some(key)));
        self.push(word, deprel, head);
        self.numbers[key] = self.tokens.len();
        right.into_iter().for_each(|n| self.place(n, Some(key)));
    }

    /// A word; "a" before a vowel becomes "an".
    fn push(&mut self, word: Word, deprel: &'static str, head: Option<usize>) {
        if let Some(before) = self.tokens.last_mut() {
            before.space_after = !word.glued;
            if before.form == "a" && word.form.starts_with(['a', 'e', 'i', 'o', 'u']) {
                before.form = "an".into();
            }
        }
        self.tokens.push(Token {
            form: word.form,
            lemma: word.lemma,
            upos: word.upos.into(),
            xpos: word.xpos.into(),
            feats: word.feats.into(),
            head: head.map_or(0, |key| key + 1),
            deprel: deprel.into(),
            space_after: true,
        });
    }
}

/// Gives a word a capital.
fn capitalize(form: &mut Text) {
    let mut chars = form.chars();
    if let Some(letter) = chars.next().filter(|letter| !letter.is_uppercase()) {
        *form = letter.to_uppercase().chain(chars).collect::<String>().into();
    }
}
