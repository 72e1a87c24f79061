//! What a picture shows, said in a sentence or two.
//!
//! Every noun phrase names an object of the scene, and every "left of" holds in its grid. A caption
//! of a crowded scene leaves some objects unsaid, but never the time of day.

use stdx::Rng;

use super::motif::Motif;
use super::scene::{Light, Object, Row, Scene};
use crate::wording::{capitals, list, say_one, with_article};

/// A caption; several wordings are possible.
pub(super) fn caption(scene: &Scene, rng: &mut Rng) -> String {
    match rng.index(4) {
        0 => inventory(scene, rng),
        1 => by_columns(scene, rng),
        2 => format!("{} {}", hour(scene, rng), relation(scene, "", rng)),
        _ => {
            let setting = setting(scene, rng);
            relation(scene, &[" ", setting].concat(), rng)
        }
    }
}

/// "a big red house", "the sun", "a woman in a blue dress".
pub(super) fn phrase(object: &Object) -> String {
    let motif = object.motif;
    if motif.is_definite() {
        return ["the ", motif.noun()].concat();
    }
    let bare = bare(object);
    if motif.is_plural() { bare } else { with_article(&bare) }
}

/// [`phrase`] without its article.
pub(super) fn bare(object: &Object) -> String {
    let motif = object.motif;
    let color = (motif.colors().len() > 1).then(|| object.color.word());
    let size = motif.size_word(object.size);
    let mut out = String::with_capacity(40);
    let worn = motif.wears();
    for word in [size, color.filter(|_| worn.is_none())].into_iter().flatten() {
        out.extend([word, " "]);
    }
    out.push_str(motif.noun());
    if let Some((how, what)) = worn {
        out.extend([" ", how, " ", &with_article(object.color.word()), " ", what]);
    }
    out
}

/// [`phrase`], or "another red house" after one that is called the same.
fn again(object: &Object, said: &[&Object]) -> String {
    let what = phrase(object);
    match said.iter().any(|o| o.motif == object.motif && phrase(o) == what) {
        true => ["another ", &bare(object)].concat(),
        false => what,
    }
}

/// How `a` stands to `b`, if there is a plain word for it.
pub(super) fn place_word(a: &Object, b: &Object) -> Option<&'static str> {
    match (a.row, b.row) {
        (Row::Sky, Row::Sky) => None,
        (Row::Sky, _) => (a.column == b.column).then_some("above"),
        (_, Row::Sky) => None,
        _ if a.column < b.column => Some("to the left of"),
        _ if a.column > b.column => Some("to the right of"),
        (Row::Front, Row::Back) => Some("in front of"),
        (Row::Back, Row::Front) => Some("behind"),
        _ => None,
    }
}

/// "A red house stands to the left of a tall tree under the moon."
fn relation(scene: &Scene, setting: &str, rng: &mut Rng) -> String {
    let mut pairs = Vec::with_capacity(scene.objects.len().pow(2));
    for a in &scene.objects {
        for b in &scene.objects {
            let told = a.motif.is_definite() && !setting.is_empty();
            if let Some(word) = place_word(a, b).filter(|_| a != b && !told) {
                pairs.push((a, word, b));
            }
        }
    }
    if pairs.is_empty() {
        return inventory(scene, rng);
    }
    let (a, word, b) = *rng.choose(&pairs);
    let other = again(b, &[a]);
    let (subject, verb) = (phrase(a), a.motif.verb());
    let mut text = [&subject, " ", verb, " ", word, " ", &other, setting, "."].concat();
    let rest: Vec<&Object> =
        { scene.objects.iter() }.filter(|o| *o != a && *o != b && !o.motif.is_definite()).collect();
    if !rest.is_empty() && rng.chance(0.6) {
        let object = rest[rng.index(rest.len())];
        text.extend([" ", &aside(object, &again(object, &[a, b]), rng), "."]);
    }
    capitals(&text)
}

/// "There is also a black cat", "a red kite flies in the sky".
fn aside(object: &Object, what: &str, rng: &mut Rng) -> String {
    let verb = object.motif.verb();
    let is = if object.motif.is_plural() { "are" } else { "is" };
    let slots = [("what", what), ("verb", verb), ("is", is)];
    if object.row == Row::Sky {
        return say_one(
            &["{what} {verb} in the sky", "{what} {verb} [high up|in the air]"],
            &slots,
            rng,
        );
    }
    let whereabouts = column_words(object);
    let slots = [slots[0], slots[1], slots[2], ("where", whereabouts)];
    say_one(
        &["There {is} also {what}", "{what} {verb} {where}", "{where} {verb} {what}"],
        &slots,
        rng,
    )
}

/// "On the left stands a big red house, and on the right grow red flowers, at dusk."
fn by_columns(scene: &Scene, rng: &mut Rng) -> String {
    let mut ground: Vec<&Object> = scene.ground().collect();
    ground.sort_by_key(|o| (o.column, o.row));
    let mut clauses: Vec<String> = Vec::new();
    let mut column = None;
    for (i, &object) in ground.iter().enumerate() {
        let what = again(object, &ground[..i]);
        if column == Some(object.column) {
            let before = clauses.pop().unwrap_or_default();
            clauses.push(format!("{before} with {what} in front of it"));
        } else {
            clauses.push(format!("{} {} {what}", column_words(object), object.motif.verb()));
        }
        column = Some(object.column);
    }
    format!("{} {}.", hour(scene, rng), capitals(&list(&clauses)))
}

/// "A picture of a big red house and a black cat at night."
fn inventory(scene: &Scene, rng: &mut Rng) -> String {
    let mut items: Vec<&Object> = scene.objects.iter().filter(|o| !o.motif.is_definite()).collect();
    rng.shuffle(&mut items);
    let items = list(&grouped(&items));
    let setting = setting(scene, rng);
    let slots = [("items", items.as_str()), ("setting", setting)];
    say_one(
        &[
            "[A picture of|This is a picture of|The picture shows|Here you see|We see] {items} {setting}.",
            "{items} {setting}.",
        ],
        &slots,
        rng,
    )
}

/// Phrases for objects; those that are alike are counted.
fn grouped(items: &[&Object]) -> Vec<String> {
    let mut groups: Vec<(String, &Object, usize)> = Vec::new();
    for item in items {
        let what = phrase(item);
        match groups.iter_mut().find(|(seen, o, _)| o.motif == item.motif && *seen == what) {
            Some((.., n)) => *n += 1,
            None => groups.push((what, item, 1)),
        }
    }
    let say = |(what, item, n): (String, &Object, usize)| match n {
        1 => what,
        n => {
            let noun = item.motif.noun();
            let words = bare(item).replacen(noun, item.motif.plural(), 1);
            format!("{} {words}", crate::wording::number_word(n))
        }
    };
    groups.into_iter().map(say).collect()
}

pub(super) fn column_words(object: &Object) -> &'static str {
    ["on the left", "in the middle", "on the right"][object.column as usize]
}

/// "at night", "under the moon", "on a snowy evening".
fn setting(scene: &Scene, rng: &mut Rng) -> &'static str {
    let shines = scene.objects.iter().any(|o| matches!(o.motif, Motif::Sun | Motif::Moon));
    let choices: &[&'static str] = match (scene.light, scene.snow, shines) {
        (Light::Day, false, true) => &["under the sun", "in the sunshine", "on a sunny day"],
        (Light::Day, false, false) => &["by day", "on a bright day", "under a blue sky"],
        (Light::Day, true, true) => &["on a sunny winter day", "in the snow under the sun"],
        (Light::Day, true, false) => &["on a snowy day", "on a winter day"],
        (Light::Dusk, false, true) => &["under the evening sun", "as the sun goes down"],
        (Light::Dusk, false, false) => &["in the evening", "at dusk", "under an evening sky"],
        (Light::Dusk, true, _) => &["on a snowy evening", "on a winter evening"],
        (Light::Night, false, true) => {
            &["under the moon", "in the moonlight", "on a moonlit night"]
        }
        (Light::Night, false, false) => &["at night", "under the stars", "on a dark night"],
        (Light::Night, true, true) => &["in the snow under the moon", "on a moonlit winter night"],
        (Light::Night, true, false) => &["on a snowy night", "on a winter night"],
    };
    choices[rng.index(choices.len())]
}

/// "It is night." as a sentence of its own.
fn hour(scene: &Scene, rng: &mut Rng) -> String {
    let season = if scene.snow { "winter" } else { "summer" };
    let hour = match scene.light {
        Light::Day => "day",
        Light::Dusk => "evening",
        Light::Night => "night",
    };
    let phrases: &[&str] = match (scene.light, scene.snow) {
        (Light::Day, false) => &["It is day.", "It is a bright day.", "It is a {season} day."],
        (_, false) => {
            &["It is {hour}.", "It is {hour} in the village.", "It is a {season} {hour}."]
        }
        (_, true) => &[
            "It is a snowy {hour}.",
            "It is a {season} {hour}.",
            "Snow lies on the ground, and it is {hour}.",
        ],
    };
    say_one(phrases, &[("season", season), ("hour", hour)], rng)
}
