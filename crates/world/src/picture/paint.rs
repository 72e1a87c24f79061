//! Scene to pixels: a background by light and season, then every object, the farthest first.
//!
//! Each pixel remembers whose it is, so that a test can see that nobody is hidden.

use std::sync::LazyLock;

use stdx::Rng;

use super::motif::Motif;
use super::palette::{self, Rgb, lit, mix, shade};
use super::scene::{Column, Light, Object, Row, Scene};
use super::sprite;

/// Pixels on a side.
pub const SIDE: usize = 32;

/// The first row of ground.
const HORIZON: usize = 17;

const SNOW: Rgb = [240, 244, 250];

type Pixels = [u8; SIDE * SIDE * 3];

/// Sky and ground of each light, without snow and with it; the same in all pictures, so painted once.
static BACKGROUNDS: LazyLock<[[Pixels; 2]; 3]> = LazyLock::new(|| {
    let lights = [Light::Day, Light::Dusk, Light::Night];
    lights.map(|light| [false, true].map(|snow| background(light, snow)))
});

/// A painted scene.
pub(super) struct Canvas {
    pub(super) pixels: Pixels,
    /// For each pixel, which object it shows.
    pub(super) owners: [Option<u8>; SIDE * SIDE],
}

/// Paints a scene; the generator decides stars, tufts and where in its cell an object stands.
pub(super) fn paint(scene: &Scene, rng: &mut Rng) -> Canvas {
    let background = &BACKGROUNDS[scene.light as usize][usize::from(scene.snow)];
    let mut canvas = Canvas { pixels: *background, owners: [None; SIDE * SIDE] };
    if scene.light == Light::Night {
        canvas.stars(rng);
    }
    canvas.ridge_and_tufts(scene, rng);
    for (index, object) in scene.objects.iter().enumerate() {
        canvas.object(scene, index, object, rng);
    }
    if scene.snow {
        canvas.snowfall(rng);
    }
    canvas
}

impl Canvas {
    /// The stars of a night.
    fn stars(&mut self, rng: &mut Rng) {
        for _ in 0..14 {
            let (x, y) = (rng.index(SIDE), rng.index(HORIZON - 4));
            self.set(x, y, [232, 230, 200]);
        }
    }

    /// A line of far hills, and tufts of grass or snow.
    fn ridge_and_tufts(&mut self, scene: &Scene, rng: &mut Rng) {
        let (_, far) = ground_paints(scene.light, scene.snow);
        let start = rng.index(8);
        for x in 0..SIDE {
            let ridge = [2, 2, 1, 1, 0, 0, 1, 1][(x + start) / 2 % 8];
            (0..ridge).for_each(|up| self.set(x, HORIZON - 1 - up, mix(far, self.at(x, 12), 6)));
        }
        for _ in 0..24 {
            let (x, y) = (rng.index(SIDE), HORIZON + 1 + rng.index(SIDE - HORIZON - 1));
            self.set(x, y, shade(self.at(x, y), if scene.snow { 94 } else { 88 }));
        }
    }

    fn object(&mut self, scene: &Scene, index: usize, object: &Object, rng: &mut Rng) {
        let art = sprite::of(object);
        let width = art.iter().map(|line| line.len()).max().unwrap_or(0) as i64;
        let (left, top) = corner(object, width, art.len() as i64, rng);
        if object.row != Row::Sky && object.motif != Motif::Pond && object.motif != Motif::Hill {
            self.shadow(left, top + art.len() as i64, art[art.len() - 1]);
        }
        // Letters come in runs.
        let mut last = (b'.', SNOW);
        let (x, skipped) = (left.max(0) as usize, (-left).max(0) as usize);
        for (line, y) in art.iter().zip(top as usize..) {
            let letters = line.as_bytes().get(skipped..).unwrap_or_default();
            let row = y * SIDE + x..(y + 1) * SIDE;
            let pixels = self.pixels[row.start * 3..row.end * 3].chunks_exact_mut(3);
            let places = pixels.zip(&mut self.owners[row]);
            for (&letter, (pixel, owner)) in letters.iter().zip(places) {
                if letter == b'.' {
                    continue;
                }
                if letter != last.0 {
                    last = (letter, ink(scene, object, letter));
                }
                pixel.copy_from_slice(&last.1);
                *owner = Some(index as u8);
            }
        }
    }

    /// Darker ground below the feet.
    fn shadow(&mut self, left: i64, y: i64, feet: &str) {
        for (dx, letter) in feet.bytes().enumerate() {
            let x = left + dx as i64;
            if letter != b'.' && (0..SIDE as i64).contains(&x) && y < SIDE as i64 {
                let (x, y) = (x as usize, y as usize);
                self.set(x, y, shade(self.at(x, y), 76));
            }
        }
    }

    /// Flakes in the air, which never fall on an object.
    fn snowfall(&mut self, rng: &mut Rng) {
        for _ in 0..16 {
            let (x, y) = (rng.index(SIDE), rng.index(HORIZON));
            if self.owners[y * SIDE + x].is_none() {
                self.set(x, y, SNOW);
            }
        }
    }

    fn at(&self, x: usize, y: usize) -> Rgb {
        let start = (y * SIDE + x) * 3;
        [self.pixels[start], self.pixels[start + 1], self.pixels[start + 2]]
    }

    fn set(&mut self, x: usize, y: usize, paint: Rgb) {
        let start = (y * SIDE + x) * 3;
        self.pixels[start..start + 3].copy_from_slice(&paint);
    }
}

/// The sky over the ground, a paint a row.
fn background(light: Light, snow: bool) -> Pixels {
    let (top, bottom): (Rgb, Rgb) = match (light, snow) {
        (Light::Day, false) => ([92, 164, 232], [190, 224, 246]),
        (Light::Day, true) => ([150, 182, 214], [216, 226, 236]),
        (Light::Dusk, _) => ([96, 78, 140], [248, 168, 112]),
        (Light::Night, _) => ([14, 18, 52], [44, 54, 104]),
    };
    let (near, far) = ground_paints(light, snow);
    let mut pixels = [0; SIDE * SIDE * 3];
    for (y, row) in pixels.chunks_exact_mut(SIDE * 3).enumerate() {
        let paint = match y.checked_sub(HORIZON) {
            None => mix(top, bottom, (y * 16 / HORIZON) as u32),
            Some(below) => mix(far, near, (below * 16 / (SIDE - HORIZON)) as u32),
        };
        row.chunks_exact_mut(3).for_each(|pixel| pixel.copy_from_slice(&paint));
    }
    pixels
}

/// Grass or snow, close by and far away.
fn ground_paints(light: Light, snow: bool) -> (Rgb, Rgb) {
    let (near, far): (Rgb, Rgb) =
        if snow { (SNOW, [206, 216, 232]) } else { ([112, 178, 76], [142, 194, 104]) };
    match light {
        Light::Day => (near, far),
        Light::Dusk => (shade(lit(near, light), 84), shade(lit(far, light), 88)),
        Light::Night => {
            let dim = if snow { 78 } else { 54 };
            (shade(lit(near, light), dim), shade(lit(far, light), dim - 6))
        }
    }
}

/// Where the art's top left corner goes: inside the object's cell, not always at the same place.
fn corner(object: &Object, width: i64, height: i64, rng: &mut Rng) -> (i64, i64) {
    let cell = match object.column {
        Column::Left => 0,
        Column::Middle => 11,
        Column::Right => 22,
    };
    let room = 10 - width;
    let left = if room > 0 { cell + rng.between(0, room) } else { cell + room / 2 };
    let top = match object.row {
        Row::Sky => rng.between(0, 8 - height),
        Row::Back if object.motif == Motif::Hill => HORIZON as i64 + 1 - height,
        Row::Back => 21 - height - i64::from(height < 13 && rng.one_in(2)),
        Row::Front => {
            let lowest = SIDE as i64 - height;
            rng.between((lowest - 2).max(21), lowest)
        }
    };
    (left, top)
}

/// What a letter of the art becomes.
fn ink(scene: &Scene, object: &Object, letter: u8) -> Rgb {
    let light = scene.light;
    let color = palette::of(object.color);
    let paint = match letter {
        b'y' => return palette::window(light),
        _ if matches!(object.motif, Motif::Sun | Motif::Moon) => {
            return glow(object, light, letter);
        }
        b'f' if scene.snow => SNOW,
        b'f' if matches!(object.motif, Motif::House | Motif::Well) => [128, 80, 72],
        b'c' | b'l' | b'd' | b'f' if object.motif == Motif::Pond && scene.snow => {
            if letter == b'l' { [226, 240, 250] } else { [160, 200, 232] }
        }
        b'c' | b'f' if object.motif == Motif::Hill => hill(scene),
        b'l' if object.motif == Motif::Hill => shade(hill(scene), 110),
        b'd' if object.motif == Motif::Hill => shade(hill(scene), 86),
        b'c' | b'f' => color,
        b'l' => mix(color, [255, 255, 255], 5),
        b'd' => shade(color, 76),
        _ => palette::fixed(letter).unwrap_or([255, 0, 255]),
    };
    lit(paint, light)
}

fn hill(scene: &Scene) -> Rgb {
    if scene.snow { [178, 196, 224] } else { [80, 142, 82] }
}

/// The sun and the moon are as bright as they are.
fn glow(object: &Object, light: Light, letter: u8) -> Rgb {
    match (object.motif, light, letter) {
        (Motif::Moon, ..) => [246, 240, 208],
        (_, Light::Dusk, b'c') => [255, 120, 64],
        (_, Light::Dusk, _) => [255, 170, 96],
        (_, _, b'c') => [255, 222, 64],
        _ => [255, 240, 150],
    }
}
