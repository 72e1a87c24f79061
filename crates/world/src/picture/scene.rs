//! What stands where in a picture: the truth that it is painted from and asked about.
//!
//! A scene is a time of day, snow or grass, and objects in a grid of three columns and three rows:
//! sky, back and front. No two objects share a cell. Left out on purpose: perspective, and objects
//! that hold or hide one another.

use serde::{Deserialize, Serialize};
use stdx::Rng;

use super::motif::{MOTIFS, Motif};

/// The light a scene is seen in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Light {
    /// A blue sky.
    Day,
    /// The sun is low, the sky orange and violet, lamps are lit.
    Dusk,
    /// A dark sky with stars, lamps are lit.
    Night,
}

/// A color that a word names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[expect(missing_docs, reason = "each name is the color")]
pub enum Color {
    Red,
    Orange,
    Yellow,
    Green,
    Blue,
    Purple,
    Pink,
    White,
    Gray,
    Brown,
    Black,
}

impl Color {
    /// The word for it.
    pub fn word(self) -> &'static str {
        [
            "red", "orange", "yellow", "green", "blue", "purple", "pink", "white", "gray", "brown",
            "black",
        ][self as usize]
    }
}

/// How large an object is among those of its motif.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Size {
    /// The smaller of two.
    Small,
    /// The motif has one size only, which nobody mentions.
    Plain,
    /// The larger of two.
    Big,
}

/// Left, middle or right.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[expect(missing_docs, reason = "each name says where")]
pub enum Column {
    Left,
    Middle,
    Right,
}

/// How high in the picture, which is how far away.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Row {
    /// In the air.
    Sky,
    /// On the ground, at the horizon.
    Back,
    /// On the ground, close by.
    Front,
}

/// One thing in a scene.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Object {
    /// What it is.
    pub motif: Motif,
    /// Its color, or that of what it wears.
    pub color: Color,
    /// How large it is.
    pub size: Size,
    /// Where it is from left to right.
    pub column: Column,
    /// Where it is from far to near.
    pub row: Row,
}

/// What a picture shows.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Scene {
    /// Day, dusk or night.
    pub light: Light,
    /// Whether snow lies on the ground.
    pub snow: bool,
    /// Everything in it, the farthest first.
    pub objects: Vec<Object>,
}

const COLUMNS: [Column; 3] = [Column::Left, Column::Middle, Column::Right];

impl Scene {
    /// Draws a scene: up to two objects in the sky, two to five on the ground.
    pub fn new(rng: &mut Rng) -> Self {
        let light = [Light::Day, Light::Dusk, Light::Night][rng.weighted(&[4, 2, 3])];
        let mut scene = Self { light, snow: rng.one_in(4), objects: Vec::with_capacity(8) };
        let (sky, ground) = MOTIFS.split_at(Motif::Hill as usize);
        let lamp = if light == Light::Night { Motif::Moon } else { Motif::Sun };
        if rng.chance(0.6) {
            scene.place(lamp, rng);
        }
        if rng.chance(0.5) {
            let other = one_of(sky.iter().filter(|&&m| m != lamp), rng);
            other.into_iter().for_each(|&motif| scene.place(motif, rng));
        }
        let wanted = rng.between(2, 5) as usize;
        while scene.ground().count() < wanted {
            let seen = scene.ground().count();
            if seen == 0 || rng.chance(0.75) {
                scene.place(*rng.choose(ground), rng);
                continue;
            }
            let again = scene.ground().nth(rng.index(seen)).map(|o| o.motif);
            again.into_iter().for_each(|motif| scene.place(motif, rng));
        }
        scene.objects.sort_by_key(|o| (o.row, o.motif != Motif::Hill, o.column));
        scene
    }

    /// The objects that are not in the sky.
    pub fn ground(&self) -> impl Iterator<Item = &Object> {
        self.objects.iter().filter(|o| o.row != Row::Sky)
    }

    /// How many objects of a motif there are.
    pub fn count(&self, motif: Motif) -> usize {
        self.objects.iter().filter(|o| o.motif == motif).count()
    }

    /// The only object of a motif, if there is exactly one.
    pub fn only(&self, motif: Motif) -> Option<&Object> {
        self.objects.iter().find(|o| o.motif == motif).filter(|_| self.count(motif) == 1)
    }

    /// Adds an object where there is room for it; adds nothing if there is none, or if it does not
    /// belong here.
    fn place(&mut self, motif: Motif, rng: &mut Rng) {
        let lone = motif.is_lone() && self.count(motif) > 0;
        if lone || !motif.belongs(self.light, self.snow) {
            return;
        }
        let Some((row, column)) = self.free_cell(motif, rng) else { return };
        let size = match (motif.sizes(), row) {
            (None, _) => Size::Plain,
            (Some(_), Row::Front) => Size::Small,
            (Some(_), _) => *rng.choose(&[Size::Small, Size::Big]),
        };
        let colors = motif.colors().iter().copied().filter(|&c| self.shows(motif, c));
        let color = one_of(colors, rng).unwrap_or(motif.colors()[0]);
        self.objects.push(Object { motif, color, size, column, row });
    }

    /// A cell that the motif may be in and that nothing is in yet.
    fn free_cell(&self, motif: Motif, rng: &mut Rng) -> Option<(Row, Column)> {
        let mut is_free = [[true; COLUMNS.len()]; 3];
        self.objects.iter().for_each(|o| is_free[o.row as usize][o.column as usize] = false);
        let mut cells = [(Row::Sky, Column::Left); 9];
        let mut n = 0;
        for &row in motif.rows() {
            for column in COLUMNS.into_iter().filter(|&c| is_free[row as usize][c as usize]) {
                cells[n] = (row, column);
                n += 1;
            }
        }
        if n == 0 { None } else { Some(cells[rng.index(n)]) }
    }

    /// Whether a color can be told from what is behind it.
    fn shows(&self, motif: Motif, color: Color) -> bool {
        let hidden = match color {
            Color::Black => self.light == Light::Night,
            Color::White => self.snow && motif.colors().len() > 1,
            Color::Blue => motif.rows() == [Row::Sky] && self.light != Light::Dusk,
            Color::Orange => motif.rows() == [Row::Sky] && self.light == Light::Dusk,
            _ => false,
        };
        !hidden || motif.colors() == [color]
    }
}

/// One of the items, each equally likely; none of none, for which nothing is drawn.
pub(super) fn one_of<T>(items: impl Iterator<Item = T> + Clone, rng: &mut Rng) -> Option<T> {
    let n = items.clone().count();
    if n == 0 { None } else { items.into_iter().nth(rng.index(n)) }
}
