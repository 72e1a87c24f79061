//! A dependency tree as text: a line a word, from the first to the last, with its branches to the
//! left. Left out on purpose: crossing branches, which the village's sentences have none of.

use serde_json::Value;

use super::{Look, word};

/// The lines of a subtree, and which of them is its head.
struct Block {
    lines: Vec<(String, usize)>,
    head: usize,
}

/// The tree of these tokens, with part of speech and relation.
pub(super) fn drawn(tokens: &Value, look: Look) -> String {
    let tokens = tokens.as_array().map_or(&[][..], Vec::as_slice);
    let head = |token: &Value| token["head"].as_u64().unwrap_or_default() as usize;
    let heads: Vec<usize> = tokens.iter().map(head).collect();
    let mut lines = Vec::new();
    for root in (1..=heads.len()).filter(|&number| heads[number - 1] == 0) {
        lines.extend(block(&heads, root, heads.len()).lines);
    }
    let form = |(branch, number): &(String, usize)| {
        format!("{branch}{}", word(&tokens[number - 1], "form"))
    };
    let width = lines.iter().map(|line| form(line).chars().count()).max().unwrap_or(0);
    let line = |line: &(String, usize)| {
        let token = &tokens[line.1 - 1];
        let (upos, deprel) = (word(token, "upos"), word(token, "deprel"));
        format!("  {:width$}  {}\n", form(line), look.faint(&format!("{upos:5} {deprel}")))
    };
    lines.iter().map(line).collect()
}

/// The subtree of a word. `depth` ends what would never end in a damaged tree.
fn block(heads: &[usize], number: usize, depth: usize) -> Block {
    let children = (1..=heads.len()).filter(|&n| heads[n - 1] == number && depth > 0);
    let (left, right): (Vec<usize>, Vec<usize>) = children.partition(|&child| child < number);
    let mut lines = Vec::new();
    for (i, &child) in left.iter().enumerate() {
        let marks = if i == 0 { ["  ", "╭─", "│ "] } else { ["│ ", "├─", "│ "] };
        lines.extend(branch(block(heads, child, depth - 1), marks));
    }
    let head = lines.len();
    lines.push((String::new(), number));
    for (i, &child) in right.iter().enumerate() {
        let is_last = i + 1 == right.len();
        let marks = if is_last { ["│ ", "╰─", "  "] } else { ["│ ", "├─", "│ "] };
        lines.extend(branch(block(heads, child, depth - 1), marks));
    }
    Block { lines, head }
}

/// A subtree on its branch: what stands before lines above its head, at it, and below it.
fn branch(block: Block, [above, at, below]: [&str; 3]) -> Vec<(String, usize)> {
    let Block { lines, head } = block;
    let marked = lines.into_iter().enumerate().map(|(i, (line, number))| {
        let mark = match i.cmp(&head) {
            std::cmp::Ordering::Less => above,
            std::cmp::Ordering::Equal => at,
            std::cmp::Ordering::Greater => below,
        };
        (format!("{mark}{line}"), number)
    });
    marked.collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn tree(words: &[(&str, usize)]) -> String {
        let token = |(form, head): &(&str, usize)| json!({"form": form, "head": head});
        let tokens: Value = words.iter().map(token).collect();
        let text = drawn(&tokens, Look::Plain);
        text.lines().map(|line| line.trim_end().to_string() + "\n").collect()
    }

    #[test]
    fn branches_lead_from_each_word_to_its_head() {
        let words = [("The", 3), ("old", 3), ("cat", 4), ("sat", 0), ("on", 7), ("the", 7)];
        let words = [&words[..], &[("mat", 4), (".", 4)]].concat();
        let expected = "  \u{20} ╭─The
  \u{20} ├─old
  ╭─cat
  sat
  │ ╭─on
  │ ├─the
  ├─mat
  ╰─.
";
        assert_eq!(tree(&words), expected);
    }

    #[test]
    fn a_damaged_tree_ends() {
        assert_eq!(tree(&[("a", 2), ("b", 1)]), "");
        assert_eq!(tree(&[("a", 0), ("b", 9)]), "  a\n");
        assert_eq!(drawn(&Value::Null, Look::Plain), "");
    }
}
