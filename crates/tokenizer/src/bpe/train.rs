//! Where merges come from: count words, then merge the most frequent neighbouring pair, again and
//! again. Of pairs equally frequent the one with the smaller ids goes first, so that a corpus
//! always gives the same merges. Memory grows with distinct words, not with the corpus.

use std::cmp::Reverse;
use std::collections::{BTreeSet, BinaryHeap};

use rustc_hash::FxHashMap;

use crate::pretokenize::Pattern;
use crate::{Error, Tokenizer};

/// Which single bytes get a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Alphabet {
    /// All 256: any text can be encoded.
    AllBytes,
    /// Those that the corpus has: nanoGPT's character setting, for text in ASCII.
    Seen,
}

/// The choices of a training.
#[derive(Clone, Debug)]
pub struct TrainOptions {
    /// All tokens: bytes, merges and special ones.
    pub vocab_size: usize,
    /// Special tokens; their ids follow all others.
    pub specials: Vec<String>,
    /// Which single bytes get a token.
    pub alphabet: Alphabet,
    /// Pairs rarer than this are not merged.
    pub min_frequency: u64,
}

impl Default for TrainOptions {
    fn default() -> Self {
        Self {
            vocab_size: 4096,
            specials: Vec::new(),
            alphabet: Alphabet::AllBytes,
            min_frequency: 2,
        }
    }
}

impl Tokenizer {
    /// Learns merges from texts, cut by GPT-4's pattern.
    ///
    /// # Errors
    /// [`Error::EmptyCorpus`], [`Error::VocabularyTooSmall`], [`Error::VocabularyTooLarge`].
    pub fn train(
        texts: impl IntoIterator<Item = impl AsRef<str>>,
        options: &TrainOptions,
    ) -> Result<Self, Error> {
        let mut counts: FxHashMap<String, u64> = FxHashMap::default();
        for text in texts {
            for word in Pattern::Gpt4.split(text.as_ref()) {
                match counts.get_mut(word) {
                    Some(count) => *count += 1,
                    None => drop(counts.insert(word.to_string(), 1)),
                }
            }
        }
        if counts.is_empty() {
            return Err(Error::EmptyCorpus);
        }
        let alphabet: Vec<u8> = match options.alphabet {
            Alphabet::AllBytes => (0..=255).collect(),
            Alphabet::Seen => {
                let seen: BTreeSet<u8> = counts.keys().flat_map(|w| w.bytes()).collect();
                seen.into_iter().collect()
            }
        };
        let (wanted, needed) = (options.vocab_size, alphabet.len() + options.specials.len());
        let n_merges =
            wanted.checked_sub(needed).ok_or(Error::VocabularyTooSmall { wanted, needed })?;
        let mut learner = Learner::new(&alphabet, counts);
        let merges = learner.learn(n_merges, options.min_frequency.max(1));
        if merges.len() < n_merges {
            let possible = needed + merges.len();
            return Err(Error::VocabularyTooLarge { wanted, possible });
        }
        let mut tokens: Vec<Vec<u8>> = alphabet.into_iter().map(|b| vec![b]).collect();
        for &(a, b) in &merges {
            tokens.push([tokens[a as usize].as_slice(), &tokens[b as usize]].concat());
        }
        let first = tokens.len() as u32;
        let specials: Vec<(String, u32)> = options.specials.iter().cloned().zip(first..).collect();
        tokens.extend(options.specials.iter().map(|s| s.clone().into_bytes()));
        Self::assemble(tokens, merges, specials, Pattern::Gpt4)
    }
}

type Pair = (u32, u32);

struct Word {
    ids: Vec<u32>,
    count: u64,
}

/// The words as they are merged so far, and what is known of their pairs.
struct Learner {
    words: Vec<Word>,
    counts: FxHashMap<Pair, u64>,
    /// Words that a pair was seen in; some may have lost it since.
    places: FxHashMap<Pair, Vec<u32>>,
    /// Counts as they once were; a stale entry is put back with its present count.
    queue: BinaryHeap<(u64, Reverse<Pair>)>,
    next: u32,
}

impl Learner {
    fn new(alphabet: &[u8], counts: FxHashMap<String, u64>) -> Self {
        let mut sorted: Vec<(String, u64)> = counts.into_iter().collect();
        sorted.sort_unstable();
        let id =
            |byte: u8| alphabet.binary_search(&byte).expect("the alphabet has every byte seen");
        let word = |(text, count): (String, u64)| Word {
            ids: text.bytes().map(|b| id(b) as u32).collect(),
            count,
        };
        let words: Vec<Word> = sorted.into_iter().map(word).collect();
        let (mut counts, mut places) = (FxHashMap::default(), FxHashMap::default());
        for (i, word) in (0..).zip(&words) {
            for pair in word.ids.windows(2).map(|w| (w[0], w[1])) {
                *counts.entry(pair).or_insert(0) += word.count;
                places.entry(pair).or_insert_with(Vec::new).push(i);
            }
        }
        let queue = counts.iter().map(|(&pair, &count)| (count, Reverse(pair))).collect();
        Self { words, counts, places, queue, next: alphabet.len() as u32 }
    }

    /// At most `n` merges, each of a pair seen at least `least` times.
    fn learn(&mut self, n: usize, least: u64) -> Vec<Pair> {
        let mut merges = Vec::with_capacity(n);
        while merges.len() < n {
            let Some((count, Reverse(pair))) = self.queue.pop() else { break };
            let now = self.counts.get(&pair).copied().unwrap_or(0);
            if now != count {
                if now > 0 {
                    self.queue.push((now, Reverse(pair)));
                }
                continue;
            }
            if count < least {
                break;
            }
            self.merge(pair);
            merges.push(pair);
        }
        merges
    }

    fn merge(&mut self, pair: Pair) {
        let new = self.next;
        self.next += 1;
        let mut places = self.places.remove(&pair).unwrap_or_default();
        places.dedup();
        let mut grown = BTreeSet::new();
        for place in places {
            let word = &mut self.words[place as usize];
            for old in word.ids.windows(2).map(|w| (w[0], w[1])) {
                if let Some(count) = self.counts.get_mut(&old) {
                    *count -= word.count;
                }
            }
            join(&mut word.ids, pair, new);
            for made in word.ids.windows(2).map(|w| (w[0], w[1])) {
                *self.counts.entry(made).or_insert(0) += word.count;
                if made.0 == new || made.1 == new {
                    self.places.entry(made).or_default().push(place);
                    grown.insert(made);
                }
            }
        }
        self.counts.remove(&pair);
        self.queue.extend(grown.into_iter().map(|p| (self.counts[&p], Reverse(p))));
    }
}

/// Replaces each `pair` in `ids`, left to right, by `new`.
fn join(ids: &mut Vec<u32>, pair: Pair, new: u32) {
    let (mut from, mut to) = (0, 0);
    while from < ids.len() {
        let found = from + 1 < ids.len() && (ids[from], ids[from + 1]) == pair;
        ids[to] = if found { new } else { ids[from] };
        from += if found { 2 } else { 1 };
        to += 1;
    }
    ids.truncate(to);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(tokenizer: &Tokenizer, from: usize) -> Vec<String> {
        tokenizer.tokens[from..].iter().map(|t| String::from_utf8_lossy(t).into_owned()).collect()
    }

    #[test]
    fn merges_are_those_of_the_naive_count() {
        let text = "low low low low low lower lower newest newest newest newest newest newest widest widest widest";
        let options = TrainOptions { vocab_size: 268, ..TrainOptions::default() };
        let learned = Tokenizer::train([text], &options).unwrap();
        // The naive way: recount every pair after every merge.
        let mut parts: Vec<Vec<Vec<u8>>> =
            Pattern::Gpt4.split(text).map(|w| w.bytes().map(|b| vec![b]).collect()).collect();
        let id = |t: &Vec<u8>| learned.tokens.iter().position(|x| x == t).unwrap();
        let mut expected = Vec::new();
        for _ in 0..12 {
            let mut counts = std::collections::BTreeMap::new();
            for word in &parts {
                for pair in word.windows(2) {
                    *counts.entry((id(&pair[0]), id(&pair[1]))).or_insert(0_u64) += 1;
                }
            }
            let best = counts.into_iter().max_by_key(|(pair, n)| (*n, Reverse(*pair))).unwrap().0;
            let (a, b) = (learned.tokens[best.0].clone(), learned.tokens[best.1].clone());
            let joined = [a.clone(), b.clone()].concat();
            for word in &mut parts {
                let mut i = 0;
                while i + 1 < word.len() {
                    if word[i] == a && word[i + 1] == b {
                        word[i] = joined.clone();
                        word.remove(i + 1);
                    }
                    i += 1;
                }
            }
            expected.push(String::from_utf8_lossy(&joined).into_owned());
        }
        assert_eq!(words(&learned, 256), expected);
    }

    #[test]
    fn a_seen_alphabet_alone_makes_a_character_tokenizer() {
        let options =
            TrainOptions { vocab_size: 4, alphabet: Alphabet::Seen, ..TrainOptions::default() };
        let t = Tokenizer::train(["abba cab"], &options).unwrap();
        assert_eq!(t.encode("cab a").unwrap(), [3, 1, 2, 0, 1]);
        assert!(matches!(t.encode("d"), Err(Error::UnknownByte { byte: b'd', .. })));
    }

    #[test]
    fn impossible_sizes_say_what_is_possible() {
        let train = |vocab_size, texts: &[&str]| {
            Tokenizer::train(texts, &TrainOptions { vocab_size, ..TrainOptions::default() })
        };
        assert!(matches!(train(300, &[]), Err(Error::EmptyCorpus)));
        assert!(matches!(train(300, &[""]), Err(Error::EmptyCorpus)));
        let small = train(10, &["a"]);
        assert!(matches!(small, Err(Error::VocabularyTooSmall { needed: 256, .. })));
        // "abab" has one pair seen twice, and then none.
        let large = train(300, &["abab"]);
        assert!(matches!(large, Err(Error::VocabularyTooLarge { possible: 257, .. })));
    }
}
