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
        let mut words: Vec<Placed> = Vec::with_capacity(32);
        place(self, &mut words);
        let mut order: Vec<usize> = vec![0; words.len()];
        words.iter().enumerate().for_each(|(i, w)| order[w.key] = i + 1);
        let mut tokens = Vec::with_capacity(words.len());
        let mut words = words.into_iter().peekable();
        while let Some(Placed { word, deprel, head, .. }) = words.next() {
            let next = words.peek().map(|placed| &placed.word);
            tokens.push(Token {
                form: spelled(word.form, tokens.is_empty(), next),
                lemma: word.lemma,
                upos: word.upos.into(),
                xpos: word.xpos.into(),
                feats: word.feats.into(),
                head: head.map_or(0, |key| order[key]),
                deprel: deprel.into(),
                space_after: !next.is_some_and(|next| next.glued),
            });
        }
        tokens
    }
}

fn punctuation(mark: &'static str) -> Node {
    let xpos = if mark == "," { "," } else { "." };
    Word::plain(mark, ["PUNCT", xpos, ""]).glued().node("punct")
}

/// A word in its place; `key` and `head` count words in the order in which they were met.
struct Placed {
    word: Word,
    deprel: &'static str,
    key: usize,
    head: Option<usize>,
}

/// Writes a tree to the end of `words`.
fn place(root: Node, words: &mut Vec<Placed>) {
    fn walk(node: Node, head: Option<usize>, keys: &mut usize, words: &mut Vec<Placed>) {
        let key = *keys;
        *keys += 1;
        node.left.into_iter().for_each(|n| walk(n, Some(key), keys, words));
        words.push(Placed { word: node.word, deprel: node.deprel, key, head });
        node.right.into_iter().for_each(|n| walk(n, Some(key), keys, words));
    }
    walk(root, None, &mut 0, words);
}

/// "a" before a vowel is "an"; the first word has a capital.
fn spelled(form: Text, first: bool, next: Option<&Word>) -> Text {
    let vowel = |next: &Word| next.form.starts_with(['a', 'e', 'i', 'o', 'u']);
    let form = if form == "a" && next.is_some_and(vowel) { "an".into() } else { form };
    let mut chars = form.chars();
    match chars.next().filter(|letter| first && !letter.is_uppercase()) {
        Some(letter) => letter.to_uppercase().chain(chars).collect::<String>().into(),
        None => form,
    }
}
