//! Sums of one to three digits and word problems, with worked steps.
//!
//! Steps go from the ones to the hundreds, as on paper: "347 + 285: 7+5=12, 4+8+1=13, 3+2+1=6. So
//! 632." A product counts up: "3 * 4: 1*4=4, 2*4=8, 3*4=12. So 12." A tenth of all pairs of operands belongs to
//! the exam and is never practised, in either order.

use stdx::Rng;

use crate::conversation::Turn;
use crate::exercise::{Check, Exercise, Task};
use crate::split::Split;
use crate::tale::cast::Name;
use crate::tale::words::GOODS;

/// What is done with two numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    /// a + b.
    Add,
    /// a - b, with a ≥ b.
    Subtract,
    /// a × b, of one digit each.
    Multiply,
}

/// A sum.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sum {
    /// What is done.
    pub operation: Operation,
    /// The first number.
    pub a: u32,
    /// The second number.
    pub b: u32,
}

impl Sum {
    /// A sum of this split.
    pub fn draw(split: Split, rng: &mut Rng) -> Self {
        loop {
            let operation = [Operation::Add, Operation::Subtract, Operation::Multiply]
                [rng.weighted(&[45, 40, 15])];
            let digits = |rng: &mut Rng| match rng.weighted(&[2, 3, 5]) {
                0 => rng.index(10) as u32,
                1 => 10 + rng.index(90) as u32,
                _ => 100 + rng.index(900) as u32,
            };
            let (a, b) = match operation {
                Operation::Multiply => (rng.index(10) as u32, rng.index(10) as u32),
                _ => (digits(rng), digits(rng)),
            };
            let (a, b) =
                if operation == Operation::Subtract { (a.max(b), a.min(b)) } else { (a, b) };
            let sum = Self { operation, a, b };
            if sum.split() == split {
                return sum;
            }
        }
    }

    /// The split of these operands, in either order.
    pub fn split(self) -> Split {
        let (low, high) = (self.a.min(self.b) as usize, self.a.max(self.b) as usize);
        Split::of(20_000 * (self.operation as usize + 1) + low, high)
    }

    /// The result.
    pub fn value(self) -> u32 {
        match self.operation {
            Operation::Add => self.a + self.b,
            Operation::Subtract => self.a - self.b,
            Operation::Multiply => self.a * self.b,
        }
    }

    /// "347 + 285".
    pub fn written(self) -> String {
        let sign = match self.operation {
            Operation::Add => '+',
            Operation::Subtract => '-',
            Operation::Multiply => '*',
        };
        format!("{} {sign} {}", self.a, self.b)
    }

    /// "347 plus 285".
    pub fn spoken(self) -> String {
        let word = match self.operation {
            Operation::Add => "plus",
            Operation::Subtract => "minus",
            Operation::Multiply => "times",
        };
        format!("{} {word} {}", self.a, self.b)
    }

    /// The way to the result, and the result.
    pub fn worked(self) -> String {
        let steps = match self.operation {
            Operation::Add => self.columns(),
            Operation::Subtract => self.columns(),
            Operation::Multiply => {
                let multiples: Vec<String> =
                    (1..=self.a).map(|i| format!("{i}*{}={}", self.b, i * self.b)).collect();
                multiples.join(", ")
            }
        };
        let between = if steps.is_empty() { "" } else { " " };
        format!("{}:{between}{steps}. So {}.", self.written(), self.value())
    }

    /// Column by column from the ones, with what is carried or borrowed.
    fn columns(self) -> String {
        let columns = self.a.max(self.b).max(1).ilog10() + 1;
        let (mut steps, mut carry) = (Vec::new(), 0);
        for column in 0..columns {
            let digit = |x: u32| x / 10_u32.pow(column) % 10;
            let (x, y) = (digit(self.a), digit(self.b));
            let carried = if carry == 1 { 1 } else { 0 };
            if self.operation == Operation::Add {
                let sum = x + y + carried;
                carry = sum / 10;
                let plus = if carried == 1 { "+1" } else { "" };
                steps.push(format!("{x}+{y}{plus}={sum}"));
            } else {
                let lent = if x < y + carried { 10 } else { 0 };
                let minus = if carried == 1 { "-1" } else { "" };
                steps.push(format!("{}-{y}{minus}={}", x + lent, x + lent - y - carried));
                carry = lent / 10;
            }
        }
        steps.join(", ")
    }

    fn kind(self) -> &'static str {
        match self.operation {
            Operation::Add => "addition",
            Operation::Subtract => "subtraction",
            Operation::Multiply => "product",
        }
    }
}

const ASK: [&str; 7] = [
    "What is {}?",
    "How much is {}?",
    "Please work out {}.",
    "Calculate {}.",
    "{} = ?",
    "{}",
    "Can you tell me what {} is?",
];

/// A few sums, some of them told as problems, and now and then one that is too much.
pub fn lesson(rng: &mut Rng) -> Vec<Turn> {
    let n = 3 + rng.index(4);
    let one = |_| match rng.one_in(10) {
        true => beyond(rng),
        false => ask(Split::Train, rng).1.into(),
    };
    (0..n).flat_map(one).collect()
}

/// A sum that is beyond what is practised here, and saying so.
fn beyond(rng: &mut Rng) -> Vec<Turn> {
    let long = |rng: &mut Rng| {
        let most = *rng.choose(&[9000, 999_000]);
        1000 + rng.index(most)
    };
    let short = |rng: &mut Rng| 1 + rng.index(999);
    let (terms, answer) = match rng.index(4) {
        0 => {
            let (a, b) = (long(rng), if rng.one_in(2) { long(rng) } else { short(rng) });
            let (a, b) = if rng.one_in(2) { (a, b) } else { (b, a) };
            let sign = *rng.choose(&["+", "-", "plus", "minus", "*", "times"]);
            (
                format!("{a} {sign} {b}"),
                "Those numbers are too long for me: I take three digits at most.",
            )
        }
        1 => {
            let sign = *rng.choose(&["/", "divided by", ":"]);
            (
                format!("{} {sign} {}", short(rng), short(rng)),
                "I add, take away and multiply, but I cannot divide.",
            )
        }
        2 => {
            let sign = *rng.choose(&["*", "times", "x"]);
            let (a, b) = (10 + rng.index(90), 2 + rng.index(98));
            let (a, b) = if rng.one_in(2) { (a, b) } else { (b, a) };
            (format!("{a} {sign} {b}"), "That is a large product: I multiply single digits only.")
        }
        _ => {
            let (a, b) = (short(rng), short(rng));
            let (low, high) = (a.min(b), a.max(b) + 1);
            let sign = *rng.choose(&["-", "minus"]);
            (
                format!("{low} {sign} {high}"),
                "That would be less than nothing, and I know no numbers there.",
            )
        }
    };
    let in_signs = !terms.contains(char::is_alphabetic);
    let terms = if in_signs && rng.one_in(3) { terms.replace(' ', "") } else { terms };
    vec![Turn::user(rng.choose(&ASK).replace("{}", &terms)), Turn::assistant(answer)]
}

/// One sum of held-out operands.
pub fn exam(split: Split, rng: &mut Rng) -> Exercise {
    let (sum, turns) = ask(split, rng);
    let check = Check::Number(i64::from(sum.value()));
    Exercise { task: Task::Sums, kind: sum.kind().to_string(), turns: turns.into(), check }
}

fn ask(split: Split, rng: &mut Rng) -> (Sum, [Turn; 2]) {
    let sum = Sum::draw(split, rng);
    let question = if rng.one_in(3) {
        problem(sum, split, rng)
    } else {
        let terms = match rng.index(8) {
            0 | 1 => sum.spoken(),
            2 if split == Split::Train => sum.written().replace(' ', ""),
            _ => sum.written(),
        };
        rng.choose(&ASK).replace("{}", &terms)
    };
    (sum, [Turn::user(question), Turn::assistant(sum.worked())])
}

/// The sum as something that happens to people.
fn problem(sum: Sum, split: Split, rng: &mut Rng) -> String {
    let Sum { operation, a, b } = sum;
    let (one, two) = (Name::draw(split, rng), Name::draw(split, rng));
    let goods = rng.choose(&GOODS);
    let (p, q) = (one.first(), two.first());
    let forms: [String; 2] = match operation {
        Operation::Add => [
            format!(
                "{p} has {a} {goods} and gets {b} more from {q}. How many {goods} does {p} have now?"
            ),
            format!(
                "There are {a} {goods} in one box and {b} in another. How many {goods} are there?"
            ),
        ],
        Operation::Subtract => [
            format!(
                "{p} has {a} {goods} and gives {b} of them to {q}. How many {goods} does {p} have left?"
            ),
            format!("{p} had {a} {goods} and sold {b}. How many {goods} are left?"),
        ],
        Operation::Multiply => [
            format!("{p} has {a} bags with {b} {goods} in each. How many {goods} does {p} have?"),
            format!("There are {a} tables with {b} {goods} on each. How many {goods} are there?"),
        ],
    };
    let [first, second] = forms;
    if rng.one_in(2) { first } else { second }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_are_those_on_paper() {
        let check = |operation, a, b, expected: &str| {
            assert_eq!(Sum { operation, a, b }.worked(), expected);
        };
        check(Operation::Add, 347, 285, "347 + 285: 7+5=12, 4+8+1=13, 3+2+1=6. So 632.");
        check(Operation::Add, 95, 7, "95 + 7: 5+7=12, 9+0+1=10. So 102.");
        check(Operation::Subtract, 502, 87, "502 - 87: 12-7=5, 10-8-1=1, 5-0-1=4. So 415.");
        check(Operation::Subtract, 0, 0, "0 - 0: 0-0=0. So 0.");
        check(Operation::Multiply, 3, 4, "3 * 4: 1*4=4, 2*4=8, 3*4=12. So 12.");
        check(Operation::Multiply, 0, 4, "0 * 4:. So 0.");
    }

    #[test]
    fn steps_lead_to_the_value() {
        let mut rng = Rng::new(1);
        for _ in 0..5000 {
            let sum = Sum::draw(Split::Test, &mut rng);
            if sum.operation == Operation::Multiply {
                continue;
            }
            // The digits that the columns write down, with the last column whole.
            let worked = sum.worked();
            let steps = worked.split(": ").nth(1).unwrap().split(". So").next().unwrap();
            let results: Vec<u32> =
                steps.split(", ").map(|s| s.split('=').nth(1).unwrap().parse().unwrap()).collect();
            let value = results.iter().rev().enumerate().fold(0, |value, (i, result)| {
                value * 10 + if i == 0 { *result } else { result % 10 }
            });
            assert_eq!(value, sum.value(), "{worked}");
        }
    }

    #[test]
    fn nothing_that_is_practised_is_called_beyond() {
        let mut rng = Rng::new(1);
        for _ in 0..2000 {
            let turns = beyond(&mut rng);
            let asked = &turns[0].text;
            let numbers: Vec<u32> = asked
                .split(|c: char| !c.is_ascii_digit())
                .filter_map(|word| word.parse().ok())
                .collect();
            let [a, b] = numbers[..] else { panic!("{asked}") };
            let divides = ["/", "divided", ":"].iter().any(|sign| asked.contains(sign));
            let below = (asked.contains('-') || asked.contains("minus")) && a < b;
            let product =
                ["*", "times", " x "].iter().any(|sign| asked.contains(sign)) && a.max(b) > 9;
            assert!(a.max(b) > 999 || divides || below || product, "{turns:?}");
        }
    }

    #[test]
    fn held_out_operands_are_held_out_in_either_order() {
        let sum = |a, b| Sum { operation: Operation::Add, a, b };
        for a in 0..200 {
            for b in 0..200 {
                assert_eq!(sum(a, b).split(), sum(b, a).split());
            }
        }
        let products = (0..10).flat_map(|a| (0..10).map(move |b| (a, b)));
        let n = products
            .filter(|&(a, b)| Sum { operation: Operation::Multiply, a, b }.split() == Split::Test);
        assert!(n.count() >= 4, "some products are examined");
    }
}
