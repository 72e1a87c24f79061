//! What happens step by step: saving, sharing, carrying, giving away, counting, drawing fences.
//!
//! Each family is a function from a village and chance to a draft; one more is one line in [`DAYS`].

use stdx::Rng;

use super::{Draft, indented, names, quoted, some};
use crate::lexicon::TREASURES;
use crate::village::Village;
use crate::wording::{list, number_word, say};

const DAYS: [fn(&Village, &mut Rng) -> Draft; 12] = [
    saving, trips, sharing, giving, lanterns, doubling, baskets, queue, greeting, tally, fence,
    ladder,
];

pub(super) fn draft(village: &Village, rng: &mut Rng) -> Draft {
    let day = *rng.choose(&DAYS);
    day(village, rng)
}

/// A whole program from its task, a phrase with slots, and its lines.
fn whole(task: &str, slots: &[(&str, &str)], lines: &[String], rng: &mut Rng) -> Draft {
    Draft { task: say(task, slots, rng), body: indented(lines, 0), ..Draft::default() }
}

/// `x += n` in one of its two ways.
fn add(name: &str, sign: &str, what: &str, rng: &mut Rng) -> String {
    match rng.one_in(2) {
        true => format!("{name} {sign}= {what}"),
        false => format!("{name} = {name} {sign} {what}"),
    }
}

fn saving(village: &Village, rng: &mut Rng) -> Draft {
    let name = &names(village, 1, rng)[0];
    let (start, earn, days) = (rng.between(0, 12), rng.between(2, 6), rng.between(4, 9));
    let (every, spend) = (rng.between(2, 4), rng.between(1, 5));
    let ordinal = ["second", "third", "fourth"][every as usize - 2];
    let gain = add("coins", "+", &earn.to_string(), rng);
    let loss = add("coins", "-", &spend.to_string(), rng);
    let daily = rng.one_in(3);
    let mut lines = vec![
        format!("coins = {start}"),
        format!("for day in range(1, {}):", days + 1),
        format!("    {gain}"),
        format!("    if day % {every} == 0:"),
        format!("        {loss}"),
    ];
    lines.push(if daily { "    print(day, coins)".into() } else { "print(coins)".into() });
    let ask = match daily {
        true => "Print each day and the coins in the evening.",
        false => "[How many coins are there at the end?|Print how many coins are left at the end.]",
    };
    let (start, earn, days) = (start.to_string(), earn.to_string(), number_word(days as usize));
    let spend = spend.to_string();
    let slots = [
        ("name", name.as_str()),
        ("start", &start),
        ("earn", &earn),
        ("days", &days),
        ("ordinal", ordinal),
        ("spend", &spend),
    ];
    let story = "{name} [has|begins with] {start} coins. For {days} days {name} [earns|saves] {earn} coins a day, and on every {ordinal} day [spends|gives away] {spend}. ";
    whole(&format!("{story}{ask}"), &slots, &lines, rng)
}

fn trips(village: &Village, rng: &mut Rng) -> Draft {
    let name = &names(village, 1, rng)[0];
    let (load, holds) = (rng.between(15, 90), rng.between(4, 12));
    let what = *rng.choose(&["sacks", "logs", "stones", "jugs", "pumpkins"]);
    let lines: Vec<String> = match rng.index(2) {
        0 => vec![
            format!("{what} = {load}"),
            "trips = 0".into(),
            format!("while {what} > 0:"),
            format!("    {}", add(what, "-", &holds.to_string(), rng)),
            "    trips += 1".into(),
            "print(trips)".into(),
        ],
        _ => vec![
            format!("{what} = {load}"),
            format!("trips = {what} // {holds}"),
            format!("if {what} % {holds} != 0:"),
            "    trips += 1".into(),
            "print(trips)".into(),
        ],
    };
    let (load, holds) = (load.to_string(), holds.to_string());
    let slots = [("name", name.as_str()), ("load", &load), ("holds", &holds), ("what", what)];
    whole(
        "{name} has {load} {what} to carry, and the cart holds {holds}. [How many trips does it take?|Find out how many times the cart must go.]",
        &slots,
        &lines,
        rng,
    )
}

fn sharing(village: &Village, rng: &mut Rng) -> Draft {
    let k = rng.between(2, 6) as usize;
    let people = names(village, k, rng);
    let what = *rng.choose(&["apples", "plums", "nuts", "buns", "berries"]);
    let n = rng.between(7, 60).to_string();
    let array = people.iter().map(|p| quoted(p)).collect::<Vec<_>>().join(", ");
    let lines = [
        format!("{what} = {n}"),
        format!("children = [{array}]"),
        format!("each = {what} // len(children)"),
        format!("rest = {what} % len(children)"),
        "for child in children:".to_string(),
        "    print(child, each)".to_string(),
        "print(\"rest\", rest)".to_string(),
    ];
    let people = list(&people);
    let slots = [("people", people.as_str()), ("n", &n), ("what", what)];
    whole(
        "{people} share {n} {what}, and everyone gets the same. Print how many each of them gets, and then how many are left over.",
        &slots,
        &lines,
        rng,
    )
}

fn giving(village: &Village, rng: &mut Rng) -> Draft {
    let people = names(village, 3, rng);
    let things: Vec<&str> = some(&TREASURES, 2, rng).iter().map(|t| t.1).collect();
    let mut holders = vec![people[0].clone(), people[1].clone()];
    let first: Vec<String> =
        things.iter().zip(&holders).map(|(t, p)| format!("{}: {}", quoted(t), quoted(p))).collect();
    let mut lines = vec![format!("holder = {{{}}}", first.join(", "))];
    let mut story =
        format!("{} has the {}, and {} has the {}.", people[0], things[0], people[1], things[1]);
    for _ in 0..rng.between(2, 4) {
        let thing = rng.index(2);
        let others: Vec<&String> = people.iter().filter(|p| **p != holders[thing]).collect();
        let to = (*rng.choose(&others)).clone();
        story += &format!(" {} gives the {} to {to}.", holders[thing], things[thing]);
        lines.push(format!("holder[{}] = {}", quoted(things[thing]), quoted(&to)));
        holders[thing] = to;
    }
    if rng.one_in(2) {
        lines.push(format!("print(holder[{}])", quoted(things[0])));
        story += &format!(" Who has the {} now?", things[0]);
    } else {
        lines.push("for thing in holder:".into());
        lines.push("    print(thing, holder[thing])".into());
        story += " Print each thing and who has it now.";
    }
    Draft { task: story, body: indented(&lines, 0), ..Draft::default() }
}

fn lanterns(_: &Village, rng: &mut Rng) -> Draft {
    let pairs = [
        ("lantern", "bench"),
        ("oak", "well"),
        ("gate", "stile"),
        ("bell", "flag"),
        ("rose", "lily"),
        ("hen", "duck"),
        ("kite", "ball"),
    ];
    let (a, b) = *rng.choose(&pairs);
    let (m, n) = *rng.choose(&[(2, 3), (3, 5), (2, 5), (3, 4), (4, 6)]);
    let last = rng.between(6, 20);
    let lines = [
        format!("for step in range(1, {}):", last + 1),
        format!("    if step % {m} == 0 and step % {n} == 0:"),
        format!("        print(\"{a} and {b}\")"),
        format!("    elif step % {m} == 0:"),
        format!("        print(\"{a}\")"),
        format!("    elif step % {n} == 0:"),
        format!("        print(\"{b}\")"),
        "    else:".to_string(),
        "        print(step)".to_string(),
    ];
    let (m, n, last) = (m.to_string(), n.to_string(), last.to_string());
    let slots = [("a", a), ("b", b), ("m", &m), ("n", &n), ("last", &last)];
    whole(
        "[A path has {last} steps.|Walk a path of {last} steps.] At every step whose number {m} divides, print {a}; where {n} divides it, print {b}; where both do, print {a} and {b}; else print the number of the step.",
        &slots,
        &lines,
        rng,
    )
}

fn doubling(village: &Village, rng: &mut Rng) -> Draft {
    let name = &names(village, 1, rng)[0];
    let (start, wanted) = (rng.between(1, 6), rng.between(30, 200));
    let more = rng.between(0, 4);
    let what = *rng.choose(&["bees", "beans", "hens", "roses", "ducks"]);
    let unit = *rng.choose(&["week", "month", "year"]);
    let growth = match more {
        0 => add(what, "*", "2", rng),
        more => format!("{what} = {what} * 2 + {more}"),
    };
    let lines = [
        format!("{what} = {start}"),
        format!("{unit}s = 0"),
        format!("while {what} < {wanted}:"),
        format!("    {growth}"),
        format!("    {unit}s += 1"),
        format!("print({unit}s, {what})"),
    ];
    let (start, wanted, more) = (start.to_string(), wanted.to_string(), more.to_string());
    let slots = [
        ("name", name.as_str()),
        ("start", &start),
        ("wanted", &wanted),
        ("more", &more),
        ("what", what),
        ("unit", unit),
    ];
    let story = match more.as_str() {
        "0" => "{name} has {start} {what}, and every {unit} there are twice as many. ",
        _ => "{name} has {start} {what}. Every {unit} there are twice as many and {more} more. ",
    };
    let ask =
        "Print after how many {unit}s there are at least {wanted}, and how many there are then.";
    whole(&format!("{story}{ask}"), &slots, &lines, rng)
}

fn baskets(village: &Village, rng: &mut Rng) -> Draft {
    let name = &names(village, 1, rng)[0];
    let what = *rng.choose(&["apples", "eggs", "pears", "nuts"]);
    let rows: Vec<Vec<i64>> = (0..rng.between(2, 4))
        .map(|_| (0..rng.between(1, 4)).map(|_| rng.between(1, 9)).collect())
        .collect();
    let total = rng.one_in(2);
    let print = if total { "print(total)" } else { "    print(total)" };
    let mut lines = vec![format!("baskets = {rows:?}")];
    lines.extend(total.then(|| "total = 0".to_string()));
    lines.push("for basket in baskets:".into());
    lines.extend((!total).then(|| "    total = 0".to_string()));
    lines.push("    for bag in basket:".into());
    lines.push(format!("        {}", add("total", "+", "bag", rng)));
    lines.push(print.into());
    let told: Vec<String> = { rows.iter() }
        .map(|row| list(&row.iter().map(i64::to_string).collect::<Vec<_>>()))
        .collect();
    let (n, told) = (number_word(rows.len()), told.join("; "));
    let slots = [("name", name.as_str()), ("what", what), ("n", &n), ("told", &told)];
    let ask = match total {
        true => "Print how many {what} there are in all.",
        false => "For each basket, print how many {what} are in it.",
    };
    let story = "{name} has {n} baskets with bags of {what}: {told}. ";
    whole(&format!("{story}{ask}"), &slots, &lines, rng)
}

fn queue(village: &Village, rng: &mut Rng) -> Draft {
    let people = names(village, 6, rng);
    let place = *rng.choose(&["bakery", "well", "mill", "shop"]);
    let first = &people[..3];
    let array = first.iter().map(|p| quoted(p)).collect::<Vec<_>>().join(", ");
    let mut lines = vec![format!("queue = [{array}]")];
    let mut story = format!("{} wait at the {place}, in this order.", list(first));
    let (mut next, mut waiting) = (3, 3);
    for _ in 0..rng.between(3, 5) {
        if next < people.len() && (waiting < 2 || rng.one_in(2)) {
            story += &format!(" {} comes and stands at the end.", people[next]);
            lines.push(format!("queue.append({})", quoted(&people[next])));
            (next, waiting) = (next + 1, waiting + 1);
        } else if waiting > 1 {
            story += " The first one is served and goes home.";
            lines.push("queue.pop(0)".into());
            waiting -= 1;
        }
    }
    let (ask, print) = *rng.choose(&[
        (" Who is first now?", "print(queue[0])"),
        (" Who is last now?", "print(queue[-1])"),
        (" How many are waiting?", "print(len(queue))"),
        (" Print the queue.", "print(queue)"),
    ]);
    lines.push(print.into());
    Draft { task: story + ask, body: indented(&lines, 0), ..Draft::default() }
}

fn greeting(village: &Village, rng: &mut Rng) -> Draft {
    let n = rng.between(3, 5) as usize;
    let people = names(village, n, rng);
    let words = *rng.choose(&["Good morning", "Good evening", "Welcome", "Hello", "Well done"]);
    let friend = rng.choose(&people).clone();
    let extra = *rng.choose(&["Come in", "Sit down", "How nice", "Have a bun"]);
    let array = people.iter().map(|p| quoted(p)).collect::<Vec<_>>().join(", ");
    let lines = [
        format!("guests = [{array}]"),
        "for guest in guests:".to_string(),
        format!("    line = \"{words}, \" + guest + \"!\""),
        format!("    if guest == {}:", quoted(&friend)),
        format!("        line = line + \" {extra}!\""),
        "    print(line)".to_string(),
    ];
    let people = list(&people);
    let task = format!(
        "{people} come to the party. Greet each of them with \"{words}\" and the name, and say \"{extra}!\" to {friend} as well."
    );
    Draft { task, body: indented(&lines, 0), ..Draft::default() }
}

fn tally(_: &Village, rng: &mut Rng) -> Draft {
    let (what, kinds) = *rng.choose(&[
        ("kites", ["red", "blue", "green", "yellow"]),
        ("birds", ["robin", "finch", "owl", "crow"]),
        ("hats", ["straw", "wool", "felt", "paper"]),
        ("boats", ["white", "brown", "blue", "black"]),
    ]);
    let seen: Vec<&str> = (0..rng.between(5, 9)).map(|_| *rng.choose(&kinds)).collect();
    let array = seen.iter().map(|s| quoted(s)).collect::<Vec<_>>().join(", ");
    let mut lines =
        vec![format!("{what} = [{array}]"), "counts = {}".into(), format!("for item in {what}:")];
    if rng.one_in(2) {
        lines.push("    counts[item] = counts.get(item, 0) + 1".into());
    } else {
        lines.push("    if item in counts:".into());
        lines.push("        counts[item] += 1".into());
        lines.push("    else:".into());
        lines.push("        counts[item] = 1".into());
    }
    let (print, ask) = *rng.choose(&[
        ("print(counts)", "Print the counts as a dict."),
        ("print(max(counts.values()))", "Print the highest count."),
        ("print(len(counts))", "Print how many different ones there are."),
        ("print(sorted(counts))", "Print the different ones in alphabetical order."),
    ]);
    lines.push(print.into());
    let seen = list(&seen.iter().map(|s| (*s).to_string()).collect::<Vec<_>>());
    let slots = [("what", what), ("seen", seen.as_str())];
    whole(
        &format!("These {{what}} were seen: {{seen}}. Count how often each was seen. {ask}"),
        &slots,
        &lines,
        rng,
    )
}

fn fence(village: &Village, rng: &mut Rng) -> Draft {
    let name = &names(village, 1, rng)[0];
    let (fields, boards, rows) = (rng.between(2, 7), rng.between(1, 6), rng.between(1, 4));
    let (post, board) = *rng.choose(&[("|", "-"), ("#", "="), ("I", "_"), ("H", "~")]);
    let lines = [
        format!("line = \"{post}\""),
        format!("for field in range({fields}):"),
        format!("    line = line + \"{board}\" * {boards} + \"{post}\""),
        format!("for row in range({rows}):"),
        "    print(line)".to_string(),
    ];
    let (fields, boards, rows) =
        (number_word(fields as usize), boards.to_string(), number_word(rows as usize));
    let slots = [
        ("name", name.as_str()),
        ("fields", &fields),
        ("boards", &boards),
        ("rows", &rows),
        ("post", post),
        ("board", board),
    ];
    whole(
        "{name} draws a fence of {fields} fields. A post is {post}, and between two posts there are {boards} of {board}. Print the fence in {rows} [equal rows|rows that are all the same].",
        &slots,
        &lines,
        rng,
    )
}

fn ladder(village: &Village, rng: &mut Rng) -> Draft {
    let name = &names(village, 1, rng)[0];
    let stones: Vec<i64> = (0..rng.between(5, 8)).map(|_| rng.between(1, 30)).collect();
    let (task, inner, before) = *rng.choose(&[
        ("higher than the one before it", "if height > last:", "last = 0"),
        ("lower than the one before it", "if height < last:", "last = 100"),
        ("more than 5 higher than the one before it", "if height - last > 5:", "last = 0"),
    ]);
    let counts = rng.one_in(2);
    let act = if counts { "found += 1" } else { "found.append(height)" };
    let lines = [
        format!("stones = {stones:?}"),
        format!("found = {}", if counts { "0" } else { "[]" }),
        before.to_string(),
        "for height in stones:".to_string(),
        format!("    {inner}"),
        format!("        {act}"),
        "    last = height".to_string(),
        "print(found)".to_string(),
    ];
    let told = list(&stones.iter().map(i64::to_string).collect::<Vec<_>>());
    let before = if before.ends_with("100") { "100" } else { "0" };
    let slots = [("name", name.as_str()), ("told", &told), ("rule", task), ("before", before)];
    let ask = if counts {
        "Count the stones that are {rule}"
    } else {
        "List the heights of the stones that are {rule}"
    };
    whole(
        &format!(
            "{{name}} has a row of stones with these heights: {{told}}. {ask}; before the first one, take {{before}}."
        ),
        &slots,
        &lines,
        rng,
    )
}
