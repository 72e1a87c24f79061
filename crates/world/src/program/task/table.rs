//! Questions to a table: whom it holds, which of them count, and what is wanted of those.
//!
//! A table is a dict from names to numbers, or a list of dicts with a color or a kind. Theme, filter,
//! goal, style of code, and whether it is a function, are drawn one by one; together they make some
//! thousand different programs before any name or number is drawn.

use stdx::Rng;

use super::{Draft, Head, indented, names, quoted, some};
use crate::lexicon::{GOODS, PET_KINDS, TREASURES};
use crate::village::{Age, Village};
use crate::wording::{list, number_word, say_one, with_article};

/// What a table is about, in words.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Theme {
    /// The variable.
    variable: &'static str,
    /// One and many of whom it holds.
    one: &'static str,
    many: &'static str,
    /// "who" or "that".
    who: &'static str,
    /// The number, in singular and plural.
    value: &'static str,
    values: &'static str,
    /// "are older than {n}", "are younger than {n}".
    more: &'static str,
    less: &'static str,
    /// The key of the word beside the name, if the table is a list of dicts.
    label: Option<&'static str>,
    /// The numbers, from and to.
    range: (i64, i64),
}

const THEMES: [Theme; 6] = [
    Theme {
        variable: "ages",
        one: "person",
        many: "people",
        who: "who",
        value: "age",
        values: "ages",
        more: "are older than {n}",
        less: "are younger than {n}",
        label: None,
        range: (4, 80),
    },
    Theme {
        variable: "prices",
        one: "thing",
        many: "things",
        who: "that",
        value: "price",
        values: "prices",
        more: "cost more than {n} coins",
        less: "cost less than {n} coins",
        label: None,
        range: (1, 20),
    },
    Theme {
        variable: "baskets",
        one: "child",
        many: "children",
        who: "who",
        value: "number of apples",
        values: "numbers of apples",
        more: "picked more than {n} apples",
        less: "picked fewer than {n} apples",
        label: None,
        range: (0, 30),
    },
    Theme {
        variable: "steps",
        one: "place",
        many: "places",
        who: "that",
        value: "distance",
        values: "distances",
        more: "are more than {n} steps away",
        less: "are less than {n} steps away",
        label: None,
        range: (20, 900),
    },
    Theme {
        variable: "stall",
        one: "thing",
        many: "things",
        who: "that",
        value: "price",
        values: "prices",
        more: "cost more than {n} coins",
        less: "cost less than {n} coins",
        label: Some("color"),
        range: (1, 20),
    },
    Theme {
        variable: "pets",
        one: "pet",
        many: "pets",
        who: "that",
        value: "age",
        values: "ages",
        more: "are older than {n}",
        less: "are younger than {n}",
        label: Some("kind"),
        range: (1, 14),
    },
];

const COLORS: [&str; 6] = ["red", "blue", "green", "yellow", "white", "brown"];

/// Which rows of a table count.
#[derive(Debug, Clone, PartialEq)]
enum Filter {
    All,
    More(i64),
    Less(i64),
    Even,
    LongName(i64),
    Is(String),
    IsNot(String),
}

/// What is wanted of the rows that count.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Goal {
    Sum,
    Count,
    Names,
    Sorted,
    Highest,
    Lowest,
    Best,
    Average,
    Any,
}

const GOALS: [Goal; 9] = [
    Goal::Sum,
    Goal::Count,
    Goal::Names,
    Goal::Sorted,
    Goal::Highest,
    Goal::Lowest,
    Goal::Best,
    Goal::Average,
    Goal::Any,
];

/// A name, the word beside it, and a number.
#[derive(Debug, Clone)]
struct Line {
    name: String,
    label: String,
    value: i64,
}

/// How the program walks through the table.
struct Walk {
    /// `for name, age in ages.items()`, without the `for`.
    header: String,
    name: String,
    value: String,
    condition: Option<String>,
}

pub(super) fn draft(village: &Village, rng: &mut Rng) -> Draft {
    let theme = *rng.choose(&THEMES);
    let goal = *rng.choose(&GOALS);
    let n = rng.between(4, 7) as usize;
    let lines = lines(village, &theme, n, rng);
    let filter = filter(&theme, &lines, goal, rng);
    let is_function = rng.chance(0.4);
    // A function may get the limit as an argument.
    let limited =
        is_function && matches!(filter, Filter::More(_) | Filter::Less(_)) && rng.one_in(2);
    let walk = walk(&theme, &filter, limited, rng);
    let (mut body, result) = code(goal, &walk, rng);
    let wish = wish(&theme, &filter, goal, limited, rng);
    let data = format!("{} = {}", theme.variable, literal(&theme, &lines));
    if !is_function {
        body.insert(0, data);
        body.push(format!("print({result})"));
        let task = format!("{} {wish} Print the result.", told(&theme, &lines, rng));
        return Draft { task, body: indented(&body, 0), ..Draft::default() };
    }
    body.push(format!("return {result}"));
    let name = function_name(&theme, goal);
    let limit = if limited { ", limit" } else { "" };
    let signature = format!("{name}({}{limit})", theme.variable);
    let arguments = |table: &str, rng: &mut Rng| match limited {
        true => format!("{name}({table}, {})", rng.between(theme.range.0, theme.range.1 / 2)),
        false => format!("{name}({table})"),
    };
    let mut calls = Vec::new();
    for _ in 0..3 {
        let n = rng.between(2, 4) as usize;
        let table = literal(&theme, &self::lines(village, &theme, n, rng));
        calls.push(arguments(&table, rng));
    }
    let main = format!("{data}\nprint({})\n", arguments(theme.variable, rng));
    let doc = format!("{wish} {}", form(&theme));
    let task = format!("Write a function {signature}. {doc}");
    let head = Some(Head { signature, doc, example: rng.one_in(2) });
    Draft { task, head, body: indented(&body, 1), main, calls }
}

fn lines(village: &Village, theme: &Theme, n: usize, rng: &mut Rng) -> Vec<Line> {
    let names: Vec<String> = match theme.variable {
        "ages" => names(village, n, rng),
        "baskets" => {
            let children = village.of_age(Age::Child);
            some(&children, n, rng).iter().map(|&c| village.people[c].name.clone()).collect()
        }
        "pets" => {
            let pets: Vec<&str> = village.pets.iter().map(|p| p.name).collect();
            some(&pets, n, rng).into_iter().map(str::to_string).collect()
        }
        "steps" => {
            let open = village.places.iter().filter(|p| !p.is_home);
            let open: Vec<String> = open.map(|p| p.name.replacen("the ", "", 1)).collect();
            some(&open, n, rng)
        }
        _ => {
            let goods = GOODS.iter().map(|g| g.1).filter(|_| theme.label.is_none());
            let things: Vec<&str> = TREASURES.iter().map(|t| t.1).chain(goods).collect();
            some(&things, n, rng).into_iter().map(str::to_string).collect()
        }
    };
    let label = |name: &str, rng: &mut Rng| match theme.label {
        None => String::new(),
        Some("kind") => {
            let pet = village.pets.iter().find(|p| p.name == name);
            pet.map_or(PET_KINDS[0].0, |p| p.kind).to_string()
        }
        Some(_) => (*rng.choose(&COLORS[..4])).to_string(),
    };
    let mut line = |name: String| {
        let label = label(&name, rng);
        let range = match (theme.variable, village.people.iter().find(|p| p.name == name)) {
            ("ages", Some(person)) => match person.age {
                Age::Child => (4, 12),
                Age::Adult => (27, 48),
                Age::Elder => (64, 88),
            },
            _ => theme.range,
        };
        Line { name, label, value: rng.between(range.0, range.1) }
    };
    names.into_iter().map(&mut line).collect()
}

/// Draws a filter that some lines pass and, mostly, some do not.
fn filter(theme: &Theme, lines: &[Line], goal: Goal, rng: &mut Rng) -> Filter {
    let line = rng.choose(lines).clone();
    let filter = match rng.index(8) {
        0 => Filter::All,
        1 | 2 => Filter::More(line.value.saturating_sub(rng.between(0, 3)).max(0)),
        3 | 4 => Filter::Less(line.value + rng.between(0, 3)),
        5 => Filter::Even,
        6 if theme.label.is_some() => Filter::IsNot(line.label.clone()),
        6 => Filter::LongName(rng.between(3, 5)),
        _ if theme.label.is_some() => Filter::Is(line.label.clone()),
        _ => Filter::More(line.value - 1),
    };
    match filter {
        Filter::All if goal == Goal::Any || goal == Goal::Count => Filter::Even,
        filter => filter,
    }
}

/// What a function is given, in words.
fn form(theme: &Theme) -> String {
    let Theme { variable, value, values, .. } = theme;
    match theme.label {
        None => format!("{variable} is a dict from names to {values}."),
        Some(label) => {
            format!("{variable} is a list of dicts with the keys name, {label} and {value}.")
        }
    }
}

/// The table as it stands in the program.
fn literal(theme: &Theme, lines: &[Line]) -> String {
    let Some(label) = theme.label else {
        let pairs: Vec<String> =
            lines.iter().map(|l| format!("{}: {}", quoted(&l.name), l.value)).collect();
        return format!("{{{}}}", pairs.join(", "));
    };
    let rows = lines.iter().map(|l| {
        let (name, word) = (quoted(&l.name), quoted(&l.label));
        format!("{{\"name\": {name}, \"{label}\": {word}, \"{}\": {}}}", theme.value, l.value)
    });
    format!("[{}]", rows.collect::<Vec<_>>().join(", "))
}

/// The table in words.
fn told(theme: &Theme, lines: &[Line], rng: &mut Rng) -> String {
    let items: Vec<String> = { lines.iter() }
        .map(|l| match theme.variable {
            "stall" => {
                format!("{} ({})", with_article(&format!("{} {}", l.label, l.name)), l.value)
            }
            "pets" => format!("{} the {} ({})", l.name, l.label, l.value),
            "steps" => format!("the {} ({})", l.name, l.value),
            _ => format!("{} ({})", l.name, l.value),
        })
        .collect();
    let n = number_word(lines.len());
    let items = list(&items);
    let slots = [
        ("values", theme.values),
        ("n", n.as_str()),
        ("many", theme.many),
        ("items", items.as_str()),
    ];
    say_one(
        &[
            "Here are the {values} of {n} {many}: {items}.",
            "The {values} of {n} {many} are these: {items}.",
        ],
        &slots,
        rng,
    )
}

/// The rows that count, in words: " who are older than 9".
fn clause(theme: &Theme, filter: &Filter, limited: bool) -> String {
    let who = theme.who;
    let compared = |phrase: &str, n: &i64| {
        let number = if limited { "limit".to_string() } else { n.to_string() };
        let phrase = phrase.replace("{n}", &number);
        // "more than 1 coin"
        let one = phrase.contains(" than 1 ") && phrase.ends_with('s');
        format!(" {who} {}", if one { &phrase[..phrase.len() - 1] } else { &phrase })
    };
    match filter {
        Filter::All => String::new(),
        Filter::More(n) => compared(theme.more, n),
        Filter::Less(n) => compared(theme.less, n),
        Filter::Even => format!(" whose {} is even", theme.value),
        Filter::LongName(n) => format!(" whose name has more than {n} letters"),
        Filter::Is(word) if theme.label == Some("color") => format!(" that are {word}"),
        Filter::IsNot(word) if theme.label == Some("color") => format!(" that are not {word}"),
        Filter::Is(word) => format!(" whose kind is {word}"),
        Filter::IsNot(word) => format!(" whose kind is not {word}"),
    }
}

fn wish(theme: &Theme, filter: &Filter, goal: Goal, limited: bool, rng: &mut Rng) -> String {
    let clause = clause(theme, filter, limited);
    let slots = [
        ("one", theme.one),
        ("many", theme.many),
        ("value", theme.value),
        ("values", theme.values),
        ("high", extremes(theme)[0]),
        ("low", extremes(theme)[1]),
        ("c", clause.as_str()),
    ];
    let phrases: &[&str] = match goal {
        Goal::Sum => &[
            "Add up the {values} of all {many}{c}.",
            "Find the sum of the {values} of all {many}{c}.",
        ],
        Goal::Count => &["Count the {many}{c}.", "Find out how many {many} there are{c}."],
        Goal::Names => &["[List|Make a list of] the names of all {many}{c}."],
        Goal::Sorted => {
            &["[List|Make a list of] the names of all {many}{c}, in alphabetical order."]
        }
        Goal::Highest => &["Find the {high} {value} among the {many}{c}."],
        Goal::Lowest => &["Find the {low} {value} among the {many}{c}."],
        Goal::Best => {
            &["Among the {many}{c}, find the name of the first one with the {high} {value}."]
        }
        Goal::Average => &["Find the average {value} of the {many}{c}, rounded down."],
        Goal::Any => &["Find out whether there are any {many}{c}."],
    };
    say_one(phrases, &slots, rng)
}

/// What the largest and the smallest number are called.
fn extremes(theme: &Theme) -> [&'static str; 2] {
    if theme.variable == "steps" { ["longest", "shortest"] } else { ["highest", "lowest"] }
}

fn function_name(theme: &Theme, goal: Goal) -> String {
    let value = if theme.variable == "baskets" { "apples" } else { theme.value };
    match goal {
        Goal::Sum => format!("total_{value}"),
        Goal::Count => format!("count_{}", theme.many),
        Goal::Names => format!("pick_{}", theme.many),
        Goal::Sorted => format!("sorted_{}", theme.many),
        Goal::Highest => format!("{}_{value}", extremes(theme)[0]),
        Goal::Lowest => format!("{}_{value}", extremes(theme)[1]),
        Goal::Best => format!("{}_with_{}_{value}", theme.one, extremes(theme)[0]),
        Goal::Average => format!("average_{value}"),
        Goal::Any => format!("any_{}", theme.many),
    }
}

fn walk(theme: &Theme, filter: &Filter, limited: bool, rng: &mut Rng) -> Walk {
    let table = theme.variable;
    let key = match theme.variable {
        "prices" => "thing",
        "steps" => "place",
        _ => "name",
    };
    let number = match theme.variable {
        "baskets" => "apples",
        "steps" => "distance",
        _ => theme.value,
    };
    let (header, name, value) = match (theme.label, rng.one_in(2)) {
        (Some(_), _) => {
            let row = theme.one;
            let value = format!("{row}[\"{}\"]", theme.value);
            (format!("{row} in {table}"), format!("{row}[\"name\"]"), value)
        }
        (None, true) => (format!("{key} in {table}"), key.to_string(), format!("{table}[{key}]")),
        (None, false) => {
            (format!("{key}, {number} in {table}.items()"), key.to_string(), number.to_string())
        }
    };
    let limit = |n: &i64| if limited { "limit".to_string() } else { n.to_string() };
    let label = theme.label.map_or(String::new(), |l| format!("{}[\"{l}\"]", theme.one));
    let condition = match filter {
        Filter::All => None,
        Filter::More(n) => Some(format!("{value} > {}", limit(n))),
        Filter::Less(n) => Some(format!("{value} < {}", limit(n))),
        Filter::Even => Some(format!("{value} % 2 == 0")),
        Filter::LongName(n) => Some(format!("len({name}) > {n}")),
        Filter::Is(word) => Some(format!("{label} == {}", quoted(word))),
        Filter::IsNot(word) => Some(format!("{label} != {}", quoted(word))),
    };
    Walk { header, name, value, condition }
}

/// The lines that compute a goal, and the expression for the result.
fn code(goal: Goal, walk: &Walk, rng: &mut Rng) -> (Vec<String>, String) {
    let Walk { name, value, condition, .. } = walk;
    let picked = |what: &str| match condition {
        Some(condition) => format!("[{what} for {} if {condition}]", walk.header),
        None => format!("[{what} for {}]", walk.header),
    };
    let plus = *rng.choose(&["total += ", "total = total + "]);
    let short = rng.one_in(2);
    match goal {
        Goal::Sum if short => (vec![], format!("sum({})", picked(value))),
        Goal::Sum => looped(&["total = 0"], walk, &[format!("{plus}{value}")], "total"),
        Goal::Count if short => (vec![], format!("len({})", picked(name))),
        Goal::Count => looped(&["count = 0"], walk, &["count += 1".into()], "count"),
        Goal::Names if short => (vec![], picked(name)),
        Goal::Names => looped(&["found = []"], walk, &[format!("found.append({name})")], "found"),
        Goal::Sorted if short => (vec![], format!("sorted({})", picked(name))),
        Goal::Sorted => {
            looped(&["found = []"], walk, &[format!("found.append({name})")], "sorted(found)")
        }
        Goal::Highest => (vec![], format!("max({})", picked(value))),
        Goal::Lowest => (vec![], format!("min({})", picked(value))),
        Goal::Best => {
            let better = format!("if best == \"\" or {value} > highest:");
            let inner = [better, format!("    best = {name}"), format!("    highest = {value}")];
            looped(&["best = \"\"", "highest = 0"], walk, &inner, "best")
        }
        Goal::Average => {
            (vec![format!("found = {}", picked(value))], "sum(found) // len(found)".to_string())
        }
        Goal::Any if short => (vec![], format!("len({}) > 0", picked(name))),
        Goal::Any => looped(&["found = False"], walk, &["found = True".into()], "found"),
    }
}

/// A loop over the table around `inner`.
fn looped(before: &[&str], walk: &Walk, inner: &[String], result: &str) -> (Vec<String>, String) {
    let mut lines: Vec<String> = before.iter().map(|l| (*l).to_string()).collect();
    lines.push(format!("for {}:", walk.header));
    let depth = 1 + usize::from(walk.condition.is_some());
    lines.extend(walk.condition.iter().map(|condition| format!("    if {condition}:")));
    lines.extend(inner.iter().map(|line| format!("{}{line}", "    ".repeat(depth))));
    (lines, result.to_string())
}
