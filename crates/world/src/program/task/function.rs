//! One function and its tests, in the manner of HumanEval (Chen et al., "Evaluating Large Language
//! Models Trained on Code", 2021): a signature and a docstring are given, the body is wanted.
//!
//! Each function is a line or two of [`functions`]: name, parameters, docstring in several wordings,
//! bodies that do the same, and what kind of arguments it takes.

use stdx::Rng;

use super::{Draft, Head, names, quoted, some};
use crate::lexicon::{DISHES, TREASURES};
use crate::village::Village;
use crate::wording::say;

/// What an argument is drawn from.
#[derive(Debug, Clone, Copy)]
enum Argument {
    /// Names of people, some of them twice.
    Names,
    /// Different names.
    Guests,
    /// A name.
    Name,
    /// A letter.
    Letter,
    /// A word.
    Word,
    /// Numbers up to thirty.
    Numbers,
    /// Names with numbers.
    Counts,
    /// A number in a range.
    Number(i64, i64),
}
use Argument::{Counts, Guests, Letter, Name, Names, Number, Numbers, Word};

struct Function {
    name: &'static str,
    /// Each with what it is drawn from.
    parameters: &'static [(&'static str, Argument)],
    doc: &'static str,
    bodies: &'static [&'static str],
}

const fn function(
    name: &'static str,
    parameters: &'static [(&'static str, Argument)],
    doc: &'static str,
    bodies: &'static [&'static str],
) -> Function {
    Function { name, parameters, doc, bodies }
}

pub(super) fn draft(village: &Village, rng: &mut Rng) -> Draft {
    let all = [COUNTING, CHOOSING, TEXTS];
    let which = rng.index(all.iter().map(|f| f.len()).sum());
    let function = { all.into_iter().flatten() }.nth(which).unwrap_or(&COUNTING[0]);
    let parameters: Vec<&str> = function.parameters.iter().map(|p| p.0).collect();
    let signature = format!("{}({})", function.name, parameters.join(", "));
    let doc = say(function.doc, &[], rng);
    let mut call = || {
        let values: Vec<String> =
            function.parameters.iter().map(|(_, kind)| argument(village, *kind, rng)).collect();
        format!("{}({})", function.name, values.join(", "))
    };
    let mut calls = [call(), call(), call(), call()];
    calls[1..].sort();
    let [shown, tests @ ..] = calls;
    let mut calls = tests.to_vec();
    calls.dedup();
    let body = (*rng.choose(function.bodies)).to_string();
    let task =
        say("[Write|Please write] a function {s}. {doc}", &[("s", &signature), ("doc", &doc)], rng);
    let head = Some(Head { signature, doc, example: rng.one_in(2) });
    let main = format!("print({shown})\n");
    Draft { task, head, body: unpacked(&body), main, calls }
}

/// A body as it stands in this file: lines parted by `;`, one `>` a block deeper.
fn unpacked(body: &str) -> String {
    let line = |line: &str| {
        let text = line.trim_start_matches('>');
        format!("{}{text}\n", "    ".repeat(1 + line.len() - text.len()))
    };
    body.split("; ").map(line).collect()
}

fn argument(village: &Village, kind: Argument, rng: &mut Rng) -> String {
    let array = |items: &[String]| {
        let items: Vec<String> = items.iter().map(|item| quoted(item)).collect();
        format!("[{}]", items.join(", "))
    };
    match kind {
        Names => {
            let few = names(village, 3, rng);
            let n = rng.between(3, 6);
            array(&(0..n).map(|_| rng.choose(&few).clone()).collect::<Vec<_>>())
        }
        Guests => {
            let n = rng.between(2, 5) as usize;
            array(&names(village, n, rng))
        }
        Name => quoted(&names(village, 1, rng)[0]),
        Letter => quoted(rng.choose::<&str>(&["a", "e", "i", "o", "l", "n", "r", "t"])),
        Word => match rng.index(4) {
            0 => quoted(rng.choose::<&str>(&["level", "noon", "anna", "kayak", "radar", "otto"])),
            1 => quoted(rng.choose::<&str>(&DISHES)),
            2 => quoted(&names(village, 1, rng)[0].to_lowercase()),
            _ => quoted(rng.choose(&TREASURES).1),
        },
        Numbers => {
            let n = rng.between(2, 6);
            format!("{:?}", (0..n).map(|_| rng.between(0, 30)).collect::<Vec<_>>())
        }
        Counts => {
            let things = some(&["apples", "plums", "pears", "nuts", "eggs", "buns"], 3, rng);
            let n = rng.between(1, 3) as usize;
            let pairs = { things[..n].iter() }
                .map(|thing| format!("{}: {}", quoted(thing), rng.between(1, 12)));
            format!("{{{}}}", pairs.collect::<Vec<_>>().join(", "))
        }
        Number(low, high) => rng.between(low, high).to_string(),
    }
}

const COUNTING: &[Function] = &[
    function(
        "shares_fairly",
        &[("apples", Number(1, 40)), ("children", Number(1, 6))],
        "[Tell|Say] whether the apples can be shared so that each child gets the same and none is left.",
        &[
            "return apples % children == 0",
            "if apples % children == 0:; >return True; return False",
        ],
    ),
    function(
        "change",
        &[("price", Number(1, 20)), ("coins", Number(1, 30))],
        "Return how many coins the shopkeeper gives back, or 0 if the coins do not [pay the price|suffice].",
        &["if coins < price:; >return 0; return coins - price", "return max(0, coins - price)"],
    ),
    function(
        "trips",
        &[("sacks", Number(0, 60)), ("cart", Number(3, 12))],
        "Return how many trips a cart takes to bring all sacks to the mill.",
        &[
            "return (sacks + cart - 1) // cart",
            "count = 0; while sacks > 0:; >sacks -= cart; >count += 1; return count",
        ],
    ),
    function(
        "ways_up",
        &[("steps", Number(1, 12))],
        "Return in how many ways one can climb the steps, taking one or two at a time.",
        &[
            "a, b = 1, 1; for step in range(steps):; >a, b = b, a + b; return a",
            "if steps < 2:; >return 1; return ways_up(steps - 1) + ways_up(steps - 2)",
        ],
    ),
    function(
        "add_baskets",
        &[("first", Counts), ("second", Counts)],
        "Put two baskets together: return a dict with all that is in either, and how much. Each basket is a dict from things to numbers.",
        &[
            "both = {}; for basket in [first, second]:; >for thing in basket:; >>both[thing] = both.get(thing, 0) + basket[thing]; return both",
        ],
    ),
    function(
        "running_total",
        &[("coins", Numbers)],
        "Return a list with the sum of all coins up to each day.",
        &[
            "total = 0; totals = []; for n in coins:; >total += n; >totals.append(total); return totals",
        ],
    ),
    function(
        "second_highest",
        &[("numbers", Numbers)],
        "Return the second highest number, which may be as high as the highest.",
        &["return sorted(numbers)[-2]", "return sorted(numbers, reverse=True)[1]"],
    ),
    function(
        "most_of",
        &[("basket", Counts)],
        "Return the name of the thing of which the basket holds most, the first if there are several. The basket is a dict from things to numbers.",
        &[
            "best = \"\"; for thing in basket:; >if best == \"\" or basket[thing] > basket[best]:; >>best = thing; return best",
        ],
    ),
    function(
        "is_rising",
        &[("numbers", Numbers)],
        "[Tell|Say] whether each number is higher than the one before it.",
        &[
            "for i in range(1, len(numbers)):; >if numbers[i] <= numbers[i - 1]:; >>return False; return True",
            "return all([a < b for a, b in zip(numbers, numbers[1:])])",
        ],
    ),
    function(
        "longest_walk",
        &[("steps", Numbers), ("limit", Number(10, 70))],
        "Return how many of the ways, from the first on, can be walked before the steps add up to more than limit.",
        &[
            "total = 0; count = 0; for n in steps:; >total += n; >if total > limit:; >>break; >count += 1; return count",
        ],
    ),
];

const CHOOSING: &[Function] = &[
    function(
        "without_doubles",
        &[("names", Names)],
        "Return the names in their order, each of them once.",
        &["seen = []; for name in names:; >if name not in seen:; >>seen.append(name); return seen"],
    ),
    function(
        "how_often",
        &[("names", Names)],
        "Return a dict that says how often each name is in the list.",
        &[
            "counts = {}; for name in names:; >counts[name] = counts.get(name, 0) + 1; return counts",
            "counts = {}; for name in names:; >counts[name] = names.count(name); return counts",
        ],
    ),
    function(
        "with_letter",
        &[("names", Guests), ("letter", Letter)],
        "Return the names that contain the letter, in upper case or lower case.",
        &[
            "return [name for name in names if letter in name.lower()]",
            "found = []; for name in names:; >if letter in name.lower():; >>found.append(name); return found",
        ],
    ),
    function(
        "longest_name",
        &[("names", Guests)],
        "Return the longest name, the first if several are as long.",
        &[
            "best = \"\"; for name in names:; >if len(name) > len(best):; >>best = name; return best",
        ],
    ),
    function(
        "every_second",
        &[("names", Guests)],
        "Return every second name, beginning with the first.",
        &[
            "return names[::2]",
            "found = []; for i in range(0, len(names), 2):; >found.append(names[i]); return found",
        ],
    ),
    function(
        "next_in_turn",
        &[("names", Guests), ("turn", Number(0, 12))],
        "The names take turns, again and again. Return whose turn it is; turn 0 is the first.",
        &["return names[turn % len(names)]"],
    ),
    function(
        "place_in_line",
        &[("names", Guests), ("name", Name)],
        "Return at which place the name stands in the line, counted from 1, or 0 if it does not.",
        &[
            "for i in range(len(names)):; >if names[i] == name:; >>return i + 1; return 0",
            "if name in names:; >return names.index(name) + 1; return 0",
        ],
    ),
    function(
        "between",
        &[("numbers", Numbers), ("low", Number(0, 12)), ("high", Number(12, 30))],
        "Return the numbers from low to high, both included, in order of size.",
        &["return sorted([n for n in numbers if n >= low and n <= high])"],
    ),
    function(
        "pairs_up",
        &[("names", Guests), ("dances", Number(1, 4))],
        "Return how many pairs can dance at once, but not more than there is room for dances.",
        &[
            "return min(len(names) // 2, dances)",
            "pairs = len(names) // 2; if pairs > dances:; >return dances; return pairs",
        ],
    ),
];

const TEXTS: &[Function] = &[
    function(
        "reads_both_ways",
        &[("word", Word)],
        "[Tell|Say] whether the word reads the same from the end.",
        &["return word == word[::-1]", "return list(word) == list(reversed(word))"],
    ),
    function(
        "count_vowels",
        &[("word", Word)],
        "Count the vowels a, e, i, o and u in the word.",
        &[
            "count = 0; for letter in word:; >if letter in \"aeiou\":; >>count += 1; return count",
            "return len([letter for letter in word if letter in \"aeiou\"])",
        ],
    ),
    function(
        "greet",
        &[("name", Name), ("hour", Number(0, 23))],
        "Return \"Good morning\" before 12, \"Good afternoon\" before 18 and \"Good evening\" later, with a comma and the name.",
        &[
            "if hour < 12:; >words = \"Good morning\"; elif hour < 18:; >words = \"Good afternoon\"; else:; >words = \"Good evening\"; return words + \", \" + name",
        ],
    ),
    function(
        "initials",
        &[("names", Guests)],
        "Return the first letters of all names as one string.",
        &[
            "return \"\".join([name[0] for name in names])",
            "letters = \"\"; for name in names:; >letters += name[0]; return letters",
        ],
    ),
    function(
        "invitation",
        &[("names", Guests)],
        "Join the names to a text with commas between them, but \" and \" before the last.",
        &[
            "return \", \".join(names[:-1]) + \" and \" + names[-1]",
            "text = names[0]; for name in names[1:-1]:; >text += \", \" + name; return text + \" and \" + names[-1]",
        ],
    ),
    function(
        "fence",
        &[("fields", Number(1, 6))],
        "Draw a fence: return a text of posts | with two boards -- in each of the fields between them.",
        &[
            "return \"|\" + \"--|\" * fields",
            "line = \"|\"; for field in range(fields):; >line += \"--|\"; return line",
        ],
    ),
    function(
        "double_letters",
        &[("word", Word)],
        "Return the letters that stand twice in a row in the word, in their order.",
        &[
            "found = []; for i in range(1, len(word)):; >if word[i] == word[i - 1]:; >>found.append(word[i]); return found",
        ],
    ),
    function(
        "secret",
        &[("word", Word), ("sign", Letter)],
        "Write the word with a star in place of each letter that is equal to sign.",
        &[
            "return word.replace(sign, \"*\")",
            "text = \"\"; for letter in word:; >text += \"*\" if letter == sign else letter; return text",
        ],
    ),
];
