//! What holds for thousands of pictures: what is said is read back from the text, and compared
//! with the scene and with the pixels themselves.

use std::collections::{HashMap, HashSet};

use stdx::Rng;

use super::motif::MOTIFS;
use super::paint::{Canvas, paint};
use super::palette::{lit, of};
use super::scene::{Color, Column, Light, Object, Row, Size};
use super::*;

const COLORS: [Color; 11] = [
    Color::Red,
    Color::Orange,
    Color::Yellow,
    Color::Green,
    Color::Blue,
    Color::Purple,
    Color::Pink,
    Color::White,
    Color::Gray,
    Color::Brown,
    Color::Black,
];

fn album(seed: u64, n: u64) -> impl Iterator<Item = Picture> {
    (0..n).map(move |i| Pictures::new(seed).picture(i))
}

/// Scenes with their canvases.
fn canvases(n: u64) -> impl Iterator<Item = (Scene, Canvas)> {
    (0..n).map(|i| {
        let mut rng = numbered(9, "picture", i);
        let scene = Scene::new(&mut rng);
        let canvas = paint(&scene, &mut rng);
        (scene, canvas)
    })
}

/// The pixels of an object, as x and y.
fn pixels_of(canvas: &Canvas, index: usize) -> Vec<(usize, usize)> {
    let owned = (0..SIDE * SIDE).filter(|&p| canvas.owners[p] == Some(index as u8));
    owned.map(|p| (p % SIDE, p / SIDE)).collect()
}

#[test]
fn any_picture_is_the_same_in_any_order() {
    let forward: Vec<Picture> = album(4, 50).collect();
    let mut backward: Vec<Picture> = (0..50).rev().map(|i| Pictures::new(4).picture(i)).collect();
    backward.reverse();
    assert_eq!(forward, backward);
    assert_ne!(Pictures::new(5).picture(0), forward[0]);
}

#[test]
fn different_scenes_look_different() {
    let mut seen: HashMap<Vec<u8>, Scene> = HashMap::new();
    for picture in album(1, 3000) {
        let before = seen.insert(picture.pixels.to_vec(), picture.scene.clone());
        assert!(before.is_none_or(|scene| scene == picture.scene), "{:?}", picture.scene);
    }
    assert!(seen.len() > 2990, "{}", seen.len());
    // The same chance, one color changed.
    let mut scene = Scene::new(&mut Rng::new(3));
    let one = paint(&scene, &mut Rng::new(1)).pixels;
    let house = Object {
        motif: Motif::House,
        color: Color::Red,
        size: Size::Big,
        column: Column::Left,
        row: Row::Back,
    };
    scene.objects = vec![house];
    let red = paint(&scene, &mut Rng::new(1)).pixels;
    scene.objects[0].color = Color::Blue;
    let blue = paint(&scene, &mut Rng::new(1)).pixels;
    assert!(one != red && red != blue);
}

#[test]
fn everything_occurs() {
    let mut motifs: HashMap<Motif, usize> = HashMap::new();
    let mut kinds = HashSet::new();
    let mut lights: HashMap<(Light, bool), usize> = HashMap::new();
    for picture in album(1, 4000) {
        *lights.entry((picture.scene.light, picture.scene.snow)).or_default() += 1;
        for object in &picture.scene.objects {
            *motifs.entry(object.motif).or_default() += 1;
            kinds.insert((object.motif, object.color));
        }
    }
    assert_eq!(lights.len(), 6);
    assert!(lights.values().all(|&n| n >= 150), "{lights:?}");
    for motif in MOTIFS {
        assert!(motifs[&motif] >= 100, "{motif:?} {:?}", motifs.get(&motif));
        for &color in motif.colors() {
            assert!(kinds.contains(&(motif, color)), "{motif:?} {color:?}");
        }
    }
}

#[test]
fn nobody_is_hidden_and_everybody_is_in_place() {
    for (scene, canvas) in canvases(3000) {
        for (index, object) in scene.objects.iter().enumerate() {
            let pixels = pixels_of(&canvas, index);
            let art: usize = { sprite::of(object).iter() }
                .map(|line| line.bytes().filter(|&b| b != b'.').count())
                .sum();
            let least = if object.motif == Motif::Hill { art / 5 } else { art };
            assert!(pixels.len() >= least.max(7), "{object:?} {} of {art}", pixels.len());
            if object.motif != Motif::Hill {
                let columns = pixels.iter().map(|p| p.0 / 11);
                assert!({ columns }.all(|c| c == object.column as usize), "{object:?}");
            }
            let feet = pixels.iter().map(|p| p.1).max().unwrap();
            let row =
                [Row::Sky, Row::Back, Row::Front][[8, 21, 32].partition_point(|&e| e <= feet)];
            assert_eq!(row, object.row, "{object:?}");
        }
    }
}

#[test]
fn colors_said_are_colors_seen() {
    for (scene, canvas) in canvases(3000) {
        for (index, object) in scene.objects.iter().enumerate() {
            if object.motif.colors().len() == 1 {
                continue;
            }
            let pixels: Vec<&[u8]> = pixels_of(&canvas, index)
                .iter()
                .map(|(x, y)| &canvas.pixels[(y * SIDE + x) * 3..(y * SIDE + x) * 3 + 3])
                .collect();
            let own = lit(of(object.color), scene.light);
            let n = pixels.iter().filter(|p| **p == own).count();
            assert!(n >= 6, "{object:?}: {n} of {}", pixels.len());
        }
    }
}

#[test]
fn colors_can_be_told_apart_in_any_light() {
    for light in [Light::Day, Light::Dusk, Light::Night] {
        for (i, &a) in COLORS.iter().enumerate() {
            for &b in &COLORS[..i] {
                let (x, y) = (lit(of(a), light), lit(of(b), light));
                let apart: u32 = (0..3).map(|c| u32::from(x[c].abs_diff(y[c]))).sum();
                assert!(apart >= 60, "{a:?} {b:?} {light:?}: {apart}");
            }
        }
    }
}

#[test]
fn the_art_is_whole() {
    for motif in MOTIFS {
        for size in [Size::Small, Size::Plain, Size::Big] {
            let object =
                Object { motif, color: Color::Red, size, column: Column::Left, row: Row::Back };
            let art = sprite::of(&object);
            let widest = if motif == Motif::Hill { 20 } else { 10 };
            let highest = [8, 13, 11][motif.rows()[motif.rows().len() - 1] as usize];
            assert!(art.len() <= highest || size == Size::Big, "{motif:?}");
            for line in art {
                assert!(line.len() == art[0].len() && line.len() <= widest, "{motif:?} {line}");
                let known = |b: u8| b".cdlfy".contains(&b) || palette::fixed(b).is_some();
                assert!(line.bytes().all(known), "{motif:?} {line}");
            }
        }
    }
}

/// What a noun phrase in a text says of an object.
#[derive(Debug, Clone)]
struct Mention {
    motif: Motif,
    color: Option<Color>,
    size: Option<String>,
    at_least: usize,
    /// From the first word to behind the last.
    words: (usize, usize),
}

impl Mention {
    fn fits(&self, o: &Object) -> bool {
        let size = self.size.as_deref();
        o.motif == self.motif
            && self.color.is_none_or(|c| c == o.color)
            && size.is_none_or(|s| o.motif.size_word(o.size) == Some(s))
    }
}

fn words(text: &str) -> Vec<String> {
    text.to_lowercase()
        .replace(['.', '?'], " .")
        .replace(',', " ,")
        .split_whitespace()
        .map(str::to_string)
        .collect()
}

/// The noun phrases of a text, read from its words alone.
fn mentions(words: &[String]) -> Vec<Mention> {
    let color = |w: &str| COLORS.into_iter().find(|c| c.word() == w);
    let size = |w: &str| ["small", "tall", "low", "high", "little", "big", "wide"].contains(&w);
    let mut found = Vec::new();
    for (i, word) in words.iter().enumerate() {
        let Some(motif) = MOTIFS.into_iter().find(|m| word == m.noun() || word == m.plural())
        else {
            continue;
        };
        let mut m = Mention { motif, color: None, size: None, at_least: 1, words: (i, i + 1) };
        while m.words.0 > 0 {
            let before = words[m.words.0 - 1].as_str();
            let n = ["two", "three", "four", "five"].iter().position(|w| *w == before);
            match (color(before), size(before), n) {
                (Some(c), ..) => m.color = Some(c),
                (_, true, _) => m.size = Some(before.to_string()),
                (.., Some(n)) => m.at_least = n + 2,
                _ => break,
            }
            m.words.0 -= 1;
        }
        if motif.wears().is_some() && words.get(i + 1).is_some_and(|w| w == "in" || w == "with") {
            m.color = color(&words[i + 3]).or(m.color);
            m.words.1 = i + 5;
        }
        found.push(m);
    }
    found
}

/// Whether `a` is where the word says, seen from `b`, by the pixels.
fn holds(word: &str, a: usize, b: usize, scene: &Scene, canvas: &Canvas) -> bool {
    let feet = |i: usize| pixels_of(canvas, i).iter().map(|p| p.1).max().unwrap();
    let (one, other) = (scene.objects[a], scene.objects[b]);
    let same_column = one.column == other.column;
    match word {
        "left" => one.column < other.column,
        "right" => one.column > other.column,
        "front" => same_column && feet(a) > feet(b),
        "behind" => same_column && feet(a) < feet(b),
        "above" => same_column && feet(a) < feet(b),
        _ => false,
    }
}

fn check_places(text: &str, scene: &Scene, canvas: &Canvas) -> usize {
    let words = words(text);
    let mentions = mentions(&words);
    let mut relations = 0;
    for (i, word) in words.iter().enumerate() {
        let relates = ["left", "right", "front"].contains(&word.as_str())
            && words.get(i + 1).is_some_and(|w| w == "of");
        if !relates && word != "behind" && word != "above" {
            continue;
        }
        let Some(a) = mentions.iter().rev().find(|m| m.words.1 <= i) else { continue };
        // "with a cat in front of it": it is what was named before the cat.
        let b = match words.get(i + 2).map(String::as_str) {
            Some("it") => mentions.iter().rev().find(|m| m.words.1 < a.words.0).unwrap(),
            _ => mentions.iter().find(|m| m.words.0 > i).unwrap(),
        };
        let n = scene.objects.len();
        let true_of = |(x, y): (usize, usize)| {
            x != y
                && a.fits(&scene.objects[x])
                && b.fits(&scene.objects[y])
                && holds(word, x, y, scene, canvas)
        };
        assert!((0..n * n).map(|p| (p / n, p % n)).any(true_of), "{word} in {text}: {scene:?}");
        relations += 1;
    }
    relations
}

fn check_columns(text: &str, scene: &Scene) {
    let words = words(text);
    let mentions = mentions(&words);
    for (i, word) in words.iter().enumerate() {
        let Some(column) = ["left", "middle", "right"].iter().position(|w| w == word) else {
            continue;
        };
        if words.get(i + 1).is_some_and(|w| w == "of") {
            continue;
        }
        let opens = i < 3 || [".", ",", "and"].contains(&words[i - 3].as_str());
        let said = match opens {
            true => mentions.iter().find(|m| m.words.0 > i).unwrap(),
            false => mentions.iter().rev().find(|m| m.words.1 < i).unwrap(),
        };
        let fits = |o: &&Object| said.fits(o) && o.column as usize == column;
        assert!(scene.objects.iter().any(|o| fits(&o)), "{text}: {scene:?}");
    }
}

#[test]
fn captions_are_true() {
    let mut relations = 0;
    for i in 0..4000 {
        let picture = Pictures::new(2).picture(i);
        let (text, scene) = (&picture.caption, &picture.scene);
        let mut rng = numbered(2, "picture", i);
        let canvas = paint(&Scene::new(&mut rng), &mut rng);
        let words = words(text);
        let has = |all: &[&str]| words.iter().any(|w| all.contains(&w.as_str()));
        let light = match () {
            () if has(&["evening", "dusk", "down"]) => Light::Dusk,
            () if has(&["night", "moon", "moonlight", "stars"]) => Light::Night,
            () => Light::Day,
        };
        assert_eq!(light, scene.light, "{text}");
        assert_eq!(has(&["snow", "snowy", "winter"]), scene.snow, "{text}");
        for m in mentions(&words) {
            let n = scene.objects.iter().filter(|o| m.fits(o)).count();
            assert!(n >= m.at_least, "{m:?} in {text}: {scene:?}");
        }
        relations += check_places(text, scene, &canvas);
        check_columns(text, scene);
    }
    assert!(relations > 2000, "{relations}");
}

/// The answer to a question, found from its words and the scene; `None` for what is checked
/// elsewhere.
fn expected(question: &str, scene: &Scene) -> Option<String> {
    let words = words(question);
    let mentions = mentions(&words);
    let m = mentions.first();
    let matching: Vec<&Object> =
        scene.objects.iter().filter(|o| m.is_some_and(|m| m.fits(o))).collect();
    let there = !matching.is_empty();
    Some(match question {
        q if q.contains("day") => match scene.light {
            Light::Day => "It is day.".into(),
            Light::Dusk => "It is evening.".into(),
            Light::Night => "It is night.".into(),
        },
        q if q.contains("snow ") && scene.snow => "Yes, there is snow.".into(),
        q if q.contains("snow ") => "No, there is no snow.".into(),
        q if q.starts_with("How many") => match matching.len() {
            0 => format!("There are no {}.", m?.motif.plural()),
            1 => format!("There is one {}.", m?.motif.noun()),
            n => format!("There are {} {}.", ["two", "three", "four", "five"][n - 2], words[2]),
        },
        q if q.starts_with("Can") && there => "Yes, you can.".into(),
        q if q.starts_with("Can") => "No, you cannot.".into(),
        q if q.starts_with("Is there") && there => "Yes, there is.".into(),
        q if q.starts_with("Are there") && there => "Yes, there are.".into(),
        q if q.starts_with("Is there") && m?.color.is_some() => {
            let same = scene.objects.iter().find(|o| o.motif == m.unwrap().motif)?;
            format!("No, the {} is {}.", m?.motif.noun(), same.color.word())
        }
        q if q.starts_with("Is there") => "No, there is not.".into(),
        q if q.starts_with("Are there") => "No, there are not.".into(),
        _ => return None,
    })
}

#[test]
fn answers_are_true() {
    let mut kinds: HashMap<&str, usize> = HashMap::new();
    for i in 0..4000 {
        let picture = Pictures::new(3).picture(i);
        let scene = &picture.scene;
        let mut rng = numbered(3, "picture", i);
        let canvas = paint(&Scene::new(&mut rng), &mut rng);
        let distinct: HashSet<&String> = picture.questions.iter().map(|(q, _)| q).collect();
        assert!(picture.questions.len() >= 3 && distinct.len() == picture.questions.len());
        for (question, answer) in &picture.questions {
            let read = format!("{question} {answer}");
            let asked = mentions(&words(&question.replace("'s", "")));
            let one = || scene.objects.iter().find(|o| asked[0].fits(o)).unwrap();
            let kind = match expected(question, scene) {
                Some(truth) => {
                    assert_eq!(*answer, truth, "{question} {scene:?}");
                    "exact"
                }
                None if question.contains("color") => {
                    assert!(answer.ends_with(&format!(" {}.", one().color.word())), "{read}");
                    "color"
                }
                None if question.starts_with("Where") => {
                    let whereabouts = ["left.", "middle.", "right."][one().column as usize];
                    assert!(answer.ends_with(whereabouts), "{read}");
                    assert_eq!(answer.contains("sky"), one().row == Row::Sky);
                    "where"
                }
                None if question.contains(" or ") => {
                    let word = one().motif.size_word(one().size).unwrap();
                    assert!(answer.ends_with(&format!(" {word}.")), "{read}");
                    "size"
                }
                None if question.ends_with("the sky?") => {
                    let up = scene.objects.iter().filter(|o| o.row == Row::Sky).count();
                    assert_eq!(mentions(&words(answer)).len(), up, "{read}");
                    "sky"
                }
                None => {
                    let statement = question.replace("What is", answer.trim_end_matches('.'));
                    assert_eq!(check_places(&statement, scene, &canvas), 1, "{statement}");
                    "relation"
                }
            };
            *kinds.entry(kind).or_default() += 1;
        }
    }
    assert_eq!(kinds.len(), 6, "{kinds:?}");
    assert!(kinds.values().all(|&n| n >= 300), "{kinds:?}");
}

#[test]
fn motifs_of_the_sky_come_first() {
    let (sky, ground) = MOTIFS.split_at(Motif::Hill as usize);
    assert!(sky.iter().all(|m| m.rows() == [Row::Sky]));
    assert!(ground.iter().all(|m| !m.rows().contains(&Row::Sky)));
}
