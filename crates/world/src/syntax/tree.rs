//! A dependency tree while it grows, and the tokens it is read off as.
//!
//! A [`Node`] has its dependents to its left and right in the order of the sentence, so whatever
//! is built of nodes has one root, no cycles and no crossing arcs.

use super::Token;

/// A word without its place.
#[derive(Debug, Clone)]
pub(crate) struct Word {
    pub(crate) form: String,
    pub(crate) lemma: String,
    pub(crate) upos: &'static str,
    pub(crate) xpos: &'static str,
    pub(crate) feats: String,
    /// Whether it is written without a space before it.
    pub(crate) glued: bool,
}

impl Word {
    pub(crate) fn new(
        form: impl Into<String>,
        lemma: &str,
        [upos, xpos, feats]: [&'static str; 3],
    ) -> Self {
        let feats = feats.to_string();
        Self { form: form.into(), lemma: lemma.to_string(), upos, xpos, feats, glued: false }
    }

    /// A word whose form is its lemma.
    pub(crate) fn plain(form: &str, tags: [&'static str; 3]) -> Self {
        Self::new(form, form, tags)
    }

    pub(crate) fn with_feats(mut self, feats: String) -> Self {
        self.feats = feats;
        self
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
    pub(crate) fn close(&mut self, mark: &str) {
        self.right.push(punctuation(mark));
    }

    /// A comma below this node, before all others.
    pub(crate) fn comma_before(&mut self) {
        self.open(punctuation(","));
    }

    /// The tokens in order, with capitals, articles and spaces in place.
    pub(crate) fn tokens(self) -> Vec<Token> {
        let mut words: Vec<Placed> = Vec::new();
        place(self, &mut words);
        let mut order: Vec<usize> = vec![0; words.len()];
        words.iter().enumerate().for_each(|(i, w)| order[w.key] = i + 1);
        let glued: Vec<bool> = words.iter().map(|w| w.word.glued).collect();
        let starts: Vec<String> = words.iter().map(|w| w.word.form.clone()).collect();
        let token = |(i, placed): (usize, Placed)| {
            let next = starts.get(i + 1);
            Token {
                form: spelled(placed.word.form, i == 0, next),
                lemma: placed.word.lemma,
                upos: placed.word.upos.to_string(),
                xpos: placed.word.xpos.to_string(),
                feats: placed.word.feats,
                head: placed.head.map_or(0, |key| order[key]),
                deprel: placed.deprel.to_string(),
                space_after: !glued.get(i + 1).copied().unwrap_or(false),
            }
        };
        words.into_iter().enumerate().map(token).collect()
    }
}

fn punctuation(mark: &str) -> Node {
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
fn spelled(form: String, first: bool, next: Option<&String>) -> String {
    let vowel = next.is_some_and(|n| n.starts_with(['a', 'e', 'i', 'o', 'u']));
    let form = if form == "a" && vowel { "an".to_string() } else { form };
    let mut chars = form.chars();
    match chars.next().filter(|_| first) {
        Some(letter) => letter.to_uppercase().chain(chars).collect(),
        None => form,
    }
}
