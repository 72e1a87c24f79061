//! Which files of a model are taken, and which names can be taken at all.
//!
//! Without a wish: config, tokenizer, chat template, card and licence, and one form of the weights,
//! the first of [`WEIGHTS`] that there is. Folders within a model hold it in other forms (ONNX,
//! Core ML, the layout it was trained in), so only what lies at its top is taken. With a wish, as with
//! the hub's own tools, what matches it and nothing else.
//!
//! A pattern is matched against the whole path: `*` is any run of characters, slashes too, `?` is one
//! character, and a slash at the end means all below. Left out: sets in brackets.

use crate::pulled::RECORD;

/// What is taken beside the weights.
const WORDS: &[&str] = &[
    "config.json",
    "generation_config.json",
    "tokenizer.json",
    "tokenizer_config.json",
    "tokenizer.model",
    "special_tokens_map.json",
    "added_tokens.json",
    "vocab.json",
    "merges.txt",
    "vocab.txt",
    "spiece.model",
    "*.bpe.model",
    "*.tiktoken",
    "chat_template.json",
    "chat_template.jinja",
    "adapter_config.json",
    "README.md",
    "LICENSE*",
];

/// Forms of the weights, the best first: as transformers looks for them, one file before its pieces,
/// safetensors before pickles. A form is there if a file matches its first pattern.
const WEIGHTS: &[&[&str]] = &[
    &["model.safetensors"],
    &["model.safetensors.index.json", "model-*-of-*.safetensors"],
    &["*.safetensors", "*.safetensors.index.json"],
    &["pytorch_model.bin"],
    &["pytorch_model.bin.index.json", "pytorch_model-*-of-*.bin"],
    &["*.bin"],
];

/// A longer path is refused.
const MAX_PATH_BYTES: usize = 400;
/// What file systems commonly allow for one name.
const MAX_PART_BYTES: usize = 200;

/// A wish for files.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Choice {
    /// Patterns of what to take; none for the usual files.
    pub include: Vec<String>,
    /// Patterns of what to leave, whatever else says to take it.
    pub exclude: Vec<String>,
}

impl Choice {
    /// Those of `paths` that are wished for, in their order.
    pub fn of<'a>(&self, paths: &[&'a str]) -> Vec<&'a str> {
        let usual = if self.include.is_empty() { usual(paths) } else { Vec::new() };
        let any = |patterns: &[String], path: &str| patterns.iter().any(|p| matches(p, path));
        let is_wished = |path: &str| usual.contains(&path) || any(&self.include, path);
        let wished = paths.iter().copied().filter(|path| is_wished(path));
        // Our own record of where a model came from has this name.
        wished.filter(|path| !any(&self.exclude, path) && *path != RECORD).collect()
    }
}

/// What is taken where nothing is wished for.
fn usual<'a>(paths: &[&'a str]) -> Vec<&'a str> {
    let top: Vec<&str> = paths.iter().copied().filter(|path| !path.contains('/')).collect();
    let is_there = |form: &&&[&str]| top.iter().any(|path| matches(form[0], path));
    let weights = WEIGHTS.iter().find(is_there).copied().unwrap_or_default();
    let is_usual = |path: &&str| WORDS.iter().chain(weights).any(|pattern| matches(pattern, path));
    top.into_iter().filter(is_usual).collect()
}

/// What makes a path hostile: it would lead out of the folder that it is put into, or is written so
/// that one cannot see where it leads. No hub has such a name.
pub(crate) fn hostility(path: &str) -> Option<&'static str> {
    let mut parts = path.split('/');
    if path.contains('\\') || path.chars().any(char::is_control) {
        return Some("has a character that no path has");
    }
    parts.any(|part| matches!(part, "" | "." | "..")).then_some("would lie outside of the model")
}

/// What keeps a path that is not hostile from being a file on every system.
pub(crate) fn oddity(path: &str) -> Option<&'static str> {
    if path.len() > MAX_PATH_BYTES {
        return Some("is longer than 400 bytes");
    }
    let is_plain = |c: char| c.is_alphanumeric() || c == ' ' || c.is_ascii_graphic();
    if !path.chars().all(|c| is_plain(c) && !r#":*?"<>|"#.contains(c)) {
        return Some("has a character that some systems do not allow");
    }
    path.split('/').find_map(|part| match part {
        part if part.len() > MAX_PART_BYTES => Some("has a part that is longer than 200 bytes"),
        part if part.ends_with(['.', ' ']) => Some("has a part that ends in a dot or a space"),
        part if part.eq_ignore_ascii_case(".git") => Some("would be taken for a repository"),
        part if stdx::file_name::is_device(part) => Some("is a device's name on some systems"),
        _ => None,
    })
}

/// Whether a pattern matches the whole of a path. It goes on from the last `*` where it fails, so that
/// its time is at most the product of both lengths.
fn matches(pattern: &str, path: &str) -> bool {
    let whole = if pattern.ends_with('/') { format!("{pattern}*") } else { pattern.to_string() };
    let (pattern, path): (Vec<char>, Vec<char>) = (whole.chars().collect(), path.chars().collect());
    let (mut p, mut at) = (0, 0);
    let mut star = None; // where the last one stands, and where what it takes ends
    while at < path.len() {
        match pattern.get(p) {
            Some('*') => {
                star = Some((p, at));
                p += 1;
            }
            Some(&c) if c == '?' || c == path[at] => (p, at) = (p + 1, at + 1),
            _ => {
                let Some((stands, end)) = star else { return false };
                star = Some((stands, end + 1));
                (p, at) = (stands + 1, end + 1);
            }
        }
    }
    pattern[p..].iter().all(|&c| c == '*')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(include: &[&str], exclude: &[&str], paths: &[&str], expected: &[&str]) {
        let owned = |texts: &[&str]| texts.iter().map(ToString::to_string).collect();
        let choice = Choice { include: owned(include), exclude: owned(exclude) };
        assert_eq!(choice.of(paths), expected, "{choice:?}");
    }

    #[test]
    fn one_form_of_the_weights_is_taken() {
        let words = [".gitattributes", "README.md", "config.json", "tokenizer.json"];
        let with = |more: &[&'static str]| [&words[..], more].concat();
        let taken = |more: &[&'static str]| [&words[1..], more].concat();
        let whole = ["model.safetensors", "pytorch_model.bin", "tf_model.h5", "model.gguf"];
        check(&[], &[], &with(&whole), &taken(&whole[..1]));
        let both = ["consolidated.safetensors", "model-00001-of-00002.safetensors"];
        let index = ["model.safetensors.index.json"];
        check(&[], &[], &with(&[&both[..], &index].concat()), &taken(&[both[1], index[0]]));
        check(&[], &[], &with(&["weights.safetensors"]), &taken(&["weights.safetensors"]));
        let pickles = ["pytorch_model-00001-of-00002.bin", "pytorch_model.bin.index.json"];
        check(&[], &[], &with(&pickles), &taken(&pickles));
        check(&[], &[], &with(&["onnx/model.safetensors", "a.gguf"]), &taken(&[]));
    }

    #[test]
    fn a_wish_is_all_that_is_taken() {
        let paths = ["config.json", "a.Q4.gguf", "a.Q8.gguf", "onnx/model.onnx", "pulled.json"];
        check(&["*.Q4.gguf"], &[], &paths, &["a.Q4.gguf"]);
        check(&["*"], &["*.gguf", "onnx/"], &paths, &["config.json"]);
        check(&["onnx/"], &[], &paths, &["onnx/model.onnx"]);
        check(&[], &["config.*"], &paths, &[]);
    }

    #[test]
    fn patterns_match_the_whole_path() {
        let yes = [
            ("*", ""),
            ("a*c", "abbc"),
            ("a*c", "a/c"),
            ("?.b", "x.b"),
            ("*a*a", "aaba"),
            ("x/", "x/y"),
        ];
        let no = [("a", "ab"), ("b", "ab"), ("?", ""), ("a*c", "ab"), ("*.b", "a.bc"), ("A", "a")];
        yes.iter().for_each(|(pattern, path)| assert!(matches(pattern, path), "{pattern} {path}"));
        no.iter().for_each(|(pattern, path)| assert!(!matches(pattern, path), "{pattern} {path}"));
        let (many, long) = ("*a".repeat(60), "a".repeat(3000) + "b");
        assert!(!matches(&many, &long), "in time");
    }

    #[test]
    fn hostile_and_odd_names_are_known() {
        for path in [
            "../a", "a/../b", "/a", "a//b", "a/", "./a", "..", "", "a\\b", "a\0", "a\nb", "a\u{9b}",
        ] {
            assert!(hostility(path).is_some(), "{path:?}");
        }
        let long = format!("{}/{}", "a".repeat(199), "b".repeat(201));
        for path in [
            "C:a",
            "a/nul",
            "COM1.txt",
            "a.",
            "a /b",
            ".git/config",
            "a/.GIT/b",
            "a\u{202e}b",
            &long,
            "a|b",
        ] {
            assert_eq!(hostility(path), None, "{path:?}");
            assert!(oddity(path).is_some(), "{path:?}");
        }
        for path in ["a", "1_Pooling/config.json", "é.txt", ".gitattributes", "a b(c)@d+e=f,g.bin"]
        {
            assert_eq!((hostility(path), oddity(path)), (None, None), "{path:?}");
        }
    }
}
