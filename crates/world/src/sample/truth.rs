//! What is true behind a text, as JSON that names people, things and places as the text does.

use serde_json::{Value, json};

use crate::event::Event;
use crate::language::Parallel;
use crate::picture::Picture;
use crate::preference::Preference;
use crate::program::Program;
use crate::render::date::Date;
use crate::tale::{Moment, Tale};
use crate::village::Village;

/// What happened, in order.
pub(super) fn events(village: &Village, events: &[Event]) -> Value {
    events.iter().map(|event| self::event(village, event)).collect()
}

/// A day by its names.
pub(super) fn date(date: Date) -> Value {
    let (month, day) = date.month_and_day();
    json!({"weekday": date.weekday(), "month": month, "day": day})
}

fn event(village: &Village, e: &Event) -> Value {
    let name = |id: usize| village.people[id].name.as_str();
    let place = |id: usize| village.places[id].name.as_str();
    json!({
        "kind": e.kind,
        "actor": name(e.actor),
        "other": e.other.map(name),
        "thing": e.thing.map(|id| village.things[id].name.as_str()),
        "pet": e.pet.map(|id| village.pets[id].name),
        "place": place(e.place),
        "about": e.about.map(place),
        "cause": e.cause,
    })
}

/// Who takes part in a tale, what happens, how it ends and what can be asked.
pub(super) fn tale(tale: &Tale) -> Value {
    let first = |who: usize| tale.cast.people[who].first();
    let questions = tale.questions();
    let asked = questions.iter().map(|asked| {
        json!({"kind": asked.kind, "question": asked.question, "answer": asked.answer, "key": asked.key})
    });
    let moments = tale.moments.iter().zip(&tale.clauses).map(|(moment, clause)| {
        let (when, why) = match *moment {
            Moment::Go { when, why, .. } => (when, why),
            _ => (None, None),
        };
        json!({
            "who": first(moment.who()),
            "what": clause,
            "when": when.map(|when| crate::tale::words::TIMES[when]),
            "why": why.map(|why| crate::tale::words::REASONS[why]),
        })
    });
    let people: Vec<String> = tale.cast.people.iter().map(|p| p.full()).collect();
    json!({
        "village": tale.cast.village,
        "people": people,
        "moments": moments.collect::<Vec<_>>(),
        "questions": asked.collect::<Vec<_>>(),
    })
}

/// Both answers and what tells them apart.
pub(super) fn preference(pair: &Preference) -> Value {
    json!({
        "prompt": pair.prompt,
        "chosen": pair.chosen,
        "rejected": pair.rejected,
        "reason": pair.reason,
        "flipped": pair.flipped,
    })
}

/// What stands where, and what can be asked.
pub(super) fn picture(picture: &Picture) -> Value {
    let asked = picture.questions.iter();
    let questions: Vec<Value> =
        asked.map(|(question, answer)| json!({"question": question, "answer": answer})).collect();
    json!({"scene": picture.scene, "questions": questions})
}

/// What it prints, and what a right one passes.
pub(super) fn program(program: &Program) -> Value {
    json!({
        "task": program.task,
        "head": program.head,
        "source": program.source,
        "output": program.output,
        "tests": program.tests,
    })
}

/// Both sentences.
pub(super) fn parallel(pair: &Parallel) -> Value {
    json!({"english": pair.english, "melori": pair.other})
}
