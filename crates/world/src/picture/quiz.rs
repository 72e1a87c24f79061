//! Questions about a picture, each with the one answer that its scene allows.
//!
//! A question is asked only where it has a single answer: "the house" needs one house. The wording
//! of answers is fixed, so that an answer can be compared word for word.

use stdx::Rng;

use super::caption::{column_words, phrase, place_word};
use super::motif::{MOTIFS, Motif};
use super::scene::{Color, Light, Object, Row, Scene, Size, one_of};
use crate::wording::{capitals, list, number_word, say_one, with_article};

/// A question and its answer.
pub(super) type Pair = (String, String);

/// Where one object may be from another.
const PLACES: [&str; 5] = ["to the left of", "to the right of", "in front of", "behind", "above"];

/// How many questions a picture has at most.
const AT_MOST: usize = 6;

/// Up to six questions about a scene, of kinds as different as the scene allows.
pub(super) fn questions(scene: &Scene, rng: &mut Rng) -> Vec<Pair> {
    let mut pairs = vec![hour(scene, rng), count(scene, rng), presence(scene, rng)];
    let object = *rng.choose(&scene.objects);
    pairs.extend(color(scene, &object, rng));
    pairs.extend(beside(scene, rng));
    let more = [
        place(scene, rng.choose(&scene.objects)),
        colored(scene, rng),
        size(scene, rng),
        sky(scene, rng),
        Some(season(scene)),
    ];
    let mut more: Vec<Pair> = more.into_iter().flatten().collect();
    rng.shuffle(&mut more);
    pairs.extend(more);
    pairs.truncate(AT_MOST);
    rng.shuffle(&mut pairs);
    pairs
}

fn hour(scene: &Scene, rng: &mut Rng) -> Pair {
    let (question, answer) = match scene.light {
        Light::Day => ("[Is it day or night?|What time of day is it?]", "It is day."),
        Light::Dusk => ("What time of day is it?", "It is evening."),
        Light::Night => ("[Is it day or night?|What time of day is it?]", "It is night."),
    };
    (say_one(&[question], &[], rng), answer.to_string())
}

fn season(scene: &Scene) -> Pair {
    let answer = if scene.snow { "Yes, there is snow." } else { "No, there is no snow." };
    ("Is there snow on the ground?".to_string(), answer.to_string())
}

/// How many there are of something that is there, or now and then of something that is not.
fn count(scene: &Scene, rng: &mut Rng) -> Pair {
    let mut counts = [0; MOTIFS.len()];
    scene.objects.iter().for_each(|o| counts[o.motif as usize] += 1);
    let of = |least: usize| {
        let counts = &counts;
        let countable = |m: &Motif| !m.is_definite() && !m.is_plural();
        MOTIFS.into_iter().filter(countable).filter(move |&m| counts[m as usize] >= least)
    };
    let found = match rng.index(5) {
        0 => None,
        1 | 2 => one_of(of(2), rng).or_else(|| one_of(of(1), rng)),
        _ => one_of(of(1), rng),
    };
    let motif = found.or_else(|| one_of(of(0), rng)).unwrap_or(MOTIFS[0]);
    let (n, noun, plural) = (counts[motif as usize], motif.noun(), motif.plural());
    let question = say_one(
        &["How many {plural} are there?", "How many {plural} [do you see|can you see]?"],
        &[("plural", plural)],
        rng,
    );
    let answer = match n {
        1 => ["There is one ", noun, "."].concat(),
        n => ["There are ", &number_word(n), " ", plural, "."].concat(),
    };
    (question, answer)
}

/// Whether there is a thing of some kind.
fn presence(scene: &Scene, rng: &mut Rng) -> Pair {
    let motif = if rng.one_in(2) { rng.choose(&scene.objects).motif } else { *rng.choose(&MOTIFS) };
    let there = scene.count(motif) > 0;
    let (is, what) = match (motif.is_plural(), motif.is_definite()) {
        (true, _) => ("are", motif.plural().to_string()),
        (_, true) => ("is", ["the ", motif.noun()].concat()),
        _ => ("is", with_article(motif.noun())),
    };
    if motif.is_definite() {
        let answer = if there { "Yes, you can." } else { "No, you cannot." };
        return (["Can you see ", &what, "?"].concat(), answer.to_string());
    }
    let answer = match there {
        true => ["Yes, there ", is, "."].concat(),
        false => ["No, there ", is, " not."].concat(),
    };
    (capitals(&[is, " there ", &what, "?"].concat()), answer)
}

/// The color of an object that is the only one of its motif.
fn color(scene: &Scene, object: &Object, rng: &mut Rng) -> Option<Pair> {
    let choices: Vec<&Object> = { scene.objects.iter() }
        .filter(|o| scene.only(o.motif).is_some() && o.motif.colors().len() > 1)
        .collect();
    let asked = if choices.contains(&object) { object } else { *choices.first()? };
    let (noun, color) = (asked.motif.noun(), asked.color.word());
    let is = if asked.motif.is_plural() { "are" } else { "is" };
    let whole = match asked.motif.wears() {
        Some((_, garment)) => ["the ", noun, "'s ", garment].concat(),
        None => ["the ", noun].concat(),
    };
    let slots = [("whole", whole.as_str()), ("is", is)];
    let question =
        say_one(&["What color {is} {whole}?", "What is the color of {whole}?"], &slots, rng);
    Some((question, capitals(&[&whole, " ", is, " ", color, "."].concat())))
}

/// Whether there is a thing of a kind in a color: a true one, or the right kind in a wrong color.
fn colored(scene: &Scene, rng: &mut Rng) -> Option<Pair> {
    let plain = |m: Motif| m.colors().len() > 1 && m.wears().is_none() && !m.is_plural();
    let choices: Vec<&Object> = { scene.objects.iter() }
        .filter(|o| plain(o.motif) && scene.only(o.motif).is_some())
        .collect();
    let object = *choices.get(rng.index(choices.len()))?;
    let wrong = |c: &&Color| **c != object.color;
    let colors = object.motif.colors().iter().filter(wrong);
    let noun = object.motif.noun();
    if rng.one_in(2) {
        let what = with_article(object.color.word());
        let question = ["Is there ", &what, " ", noun, "?"].concat();
        return Some((question, "Yes, there is.".to_string()));
    }
    let what = with_article(one_of(colors, rng)?.word());
    let answer = ["No, the ", noun, " is ", object.color.word(), "."].concat();
    Some((["Is there ", &what, " ", noun, "?"].concat(), answer))
}

/// What is left of, right of, behind, in front of or above the only object of a motif, where just
/// one object is.
fn beside(scene: &Scene, rng: &mut Rng) -> Option<Pair> {
    let mut pairs = Vec::with_capacity(PLACES.len() * scene.objects.len());
    for b in scene.objects.iter().filter(|o| scene.only(o.motif).is_some()) {
        let mut there = [(0, b); PLACES.len()];
        for a in &scene.objects {
            let Some(word) = place_word(a, b) else { continue };
            if let Some(which) = PLACES.iter().position(|place| *place == word) {
                there[which] = (there[which].0 + 1, a);
            }
        }
        let alone = PLACES.into_iter().zip(there).filter(|(_, (n, _))| *n == 1);
        pairs.extend(alone.map(|(word, (_, a))| (word, a, b)));
    }
    let &(word, a, b) = pairs.get(rng.index(pairs.len()))?;
    let noun = b.motif.noun();
    Some((["What is ", word, " the ", noun, "?"].concat(), capitals(&[&phrase(a), "."].concat())))
}

/// Where the only object of a motif is.
fn place(scene: &Scene, object: &Object) -> Option<Pair> {
    let object = scene.only(object.motif)?;
    let (noun, whereabouts) = (object.motif.noun(), column_words(object));
    let is = if object.motif.is_plural() { "are" } else { "is" };
    let answer = match object.row {
        Row::Sky => ["The ", noun, " ", is, " in the sky, ", whereabouts, "."].concat(),
        _ => ["The ", noun, " ", is, " ", whereabouts, "."].concat(),
    };
    Some((["Where ", is, " the ", noun, "?"].concat(), answer))
}

/// Which of its two sizes an object has.
fn size(scene: &Scene, rng: &mut Rng) -> Option<Pair> {
    let choices: Vec<&Object> = { scene.objects.iter() }
        .filter(|o| o.size != Size::Plain && scene.only(o.motif).is_some())
        .collect();
    let object = *choices.get(rng.index(choices.len()))?;
    let [small, big] = object.motif.sizes()?;
    let word = if object.size == Size::Small { small } else { big };
    let noun = object.motif.noun();
    let question = ["Is the ", noun, " ", small, " or ", big, "?"].concat();
    Some((question, ["The ", noun, " is ", word, "."].concat()))
}

/// Everything in the sky.
fn sky(scene: &Scene, rng: &mut Rng) -> Option<Pair> {
    let up: Vec<&Object> = scene.objects.iter().filter(|o| o.row == Row::Sky).collect();
    let stars = (scene.light == Light::Night).then(|| "the stars".to_string());
    let items: Vec<String> = up.iter().map(|o| phrase(o)).chain(stars).collect();
    let question = say_one(&["What is in the sky?", "What do you see in the sky?"], &[], rng);
    let answer = if items.is_empty() { "Only the sky.".to_string() } else { list(&items) + "." };
    Some((question, capitals(&answer)))
}
