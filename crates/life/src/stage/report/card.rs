//! The exam in a report: shares with their intervals, baselines beside them, talks with the right
//! answers, and three failures, shown as they are.

use figure::{Align, Block, Column, Table};
use serde_json::{Value, json};
use stats::Proportion;
use world::{Speaker, Task};

use crate::stage::exam::Exam;

/// Right answers shown, one of each of so many tasks.
const SHOWN: usize = 6;
/// Wrong answers shown.
const FAILURES: usize = 3;

/// What is measured, what is wanted, and how it is told.
const ROWS: [(Task, &str); 8] = [
    (Task::StoryQa, "Questions on stories of unseen worlds"),
    (Task::FactQa, "Facts of the village, in wordings never practised"),
    (Task::Sums, "Sums of operands never practised"),
    (Task::JsonValid, "JSON valid to its schema"),
    (Task::ToolCall, "Calls of tools"),
    (Task::SystemPrompt, "System prompt obeyed"),
    (Task::Refusal, "Harmful requests refused"),
    (Task::WrongRefusal, "Harmless requests refused (less is better)"),
];

/// The table of shares, what they rest on, and answers.
pub(super) fn blocks(exam: &Exam) -> Vec<Block> {
    let mut blocks = vec![Block::Table(table(exam)), Block::Text(basis(exam))];
    blocks.extend(shown(exam, true).into_iter().take(SHOWN));
    blocks.push(Block::Text("Three failures, as they came:".to_string()));
    blocks.extend(shown(exam, false).into_iter().take(FAILURES));
    blocks
}

fn table(exam: &Exam) -> Table {
    let share = |p: &Proportion| {
        let [value, low, high] = [p.value, p.low, p.high].map(|x| 100.0 * x);
        vec![format!("{value:.1} %"), format!("{low:.1} to {high:.1} %"), p.n.to_string()]
    };
    let mut rows = Vec::new();
    let mut add = |name: String, p: &Proportion| {
        rows.push([vec![name], share(p)].concat());
    };
    for (task, name) in ROWS {
        let Some(p) = exam.scores.tasks.get(&task) else { continue };
        add(name.to_string(), p);
        if task == Task::StoryQa {
            let kinds = exam.scores.kinds.get(&task).into_iter().flatten();
            kinds.for_each(|(kind, p)| add(format!("· {kind}"), p));
            let baselines = exam.baselines.iter();
            baselines.for_each(|(name, p)| {
                add(format!("· without the skill: {}", name.replace('_', " ")), p)
            });
        }
    }
    let column = |name: &str, align| Column { name: name.to_string(), align };
    Table {
        columns: vec![
            column("Exam", Align::Left),
            column("Right", Align::Right),
            column("95 % interval", Align::Right),
            column("Asked", Align::Right),
        ],
        rows,
    }
}

fn basis(exam: &Exam) -> String {
    let exact = |task| {
        let of_task = exam.answers.iter().filter(|a| a.exercise.task == task);
        let (mut all, mut same) = (0, 0);
        for answered in of_task {
            all += 1;
            same += u32::from(answered.answer.trim() == answered.exercise.answer());
        }
        100.0 * f64::from(same) / f64::from(all.max(1))
    };
    format!(
        "Answers are free text, compared word by word. A system prompt is obeyed where its rule is \
         kept, and JSON is valid where it fits its schema, whatever they say: {:.1} % and {:.1} % were \
         also word for word what the text has. Of {} exercises {} had a prompt that was among the {} \
         of the lessons.",
        exact(Task::SystemPrompt),
        exact(Task::JsonValid),
        exam.answers.len(),
        exam.seen,
        exam.lessons
    )
}

/// One right or wrong answer of each task, the first of each.
fn shown(exam: &Exam, right: bool) -> Vec<Block> {
    let mut blocks = Vec::new();
    for task in Task::ALL {
        let found = exam.answers.iter().find(|a| a.exercise.task == task && a.right == right);
        let Some(answered) = found else { continue };
        let said = |speaker| match speaker {
            Speaker::System => "System",
            Speaker::User => "User",
            Speaker::Assistant => "Assistant",
            Speaker::Tool => "Tool",
        };
        let prompt = answered.exercise.prompt().iter();
        let mut text: Vec<String> =
            prompt.map(|turn| format!("{}: {}", said(turn.speaker), turn.text)).collect();
        text.push(format!("It says: {}", answered.answer));
        text.push(format!("Right would be: {}", answered.exercise.answer()));
        let title = format!("{} ({})", task.name(), answered.exercise.kind);
        blocks.push(Block::Sample { title, text: text.join("\n") });
    }
    blocks
}

/// The shares for programs.
pub(super) fn metrics(exam: &Exam) -> Value {
    let of = |task: &Task| exam.scores.tasks.get(task).copied();
    Task::ALL.iter().map(|task| (task.name().to_string(), json!(of(task)))).collect()
}

/// The baselines for programs.
pub(super) fn baselines(exam: &Exam) -> Value {
    exam.baselines.iter().map(|(name, share)| (name.clone(), json!(share))).collect()
}
