//! Which red, green and blue each paint has, and what the hour makes of it.

use super::scene::{Color, Light};

/// Red, green, blue.
pub(super) type Rgb = [u8; 3];

/// The pure paint of a color's name.
pub(super) fn of(color: Color) -> Rgb {
    match color {
        Color::Red => [208, 48, 44],
        Color::Orange => [238, 132, 36],
        Color::Yellow => [246, 206, 60],
        Color::Green => [58, 148, 62],
        Color::Blue => [54, 108, 206],
        Color::Purple => [136, 66, 172],
        Color::Pink => [242, 146, 178],
        Color::White => [244, 242, 236],
        Color::Gray => [142, 146, 152],
        Color::Brown => [134, 88, 52],
        Color::Black => [44, 42, 48],
    }
}

/// The paint of a letter of the art that is the same for every object; `None` for the letters that
/// depend on the object.
pub(super) fn fixed(letter: u8) -> Option<Rgb> {
    Some(match letter {
        b'w' => [244, 242, 236],
        b'v' => [200, 206, 216],
        b'W' => [226, 214, 190],
        b'k' => [36, 32, 38],
        b'G' => [78, 76, 86],
        b'R' => [104, 62, 58],
        b'b' => [122, 80, 46],
        b'B' => [88, 56, 36],
        b's' => [240, 196, 158],
        b'h' => [106, 66, 36],
        b'o' => [240, 140, 40],
        b'r' => [208, 48, 44],
        b'Y' => [240, 206, 96],
        b'n' => [40, 112, 48],
        _ => return None,
    })
}

/// The paint, darker or lighter by `percent` of itself.
pub(super) fn shade(paint: Rgb, percent: u32) -> Rgb {
    paint.map(|c| (u32::from(c) * percent / 100).min(255) as u8)
}

/// A mix of two paints: `part` of 16 parts are the second.
pub(super) fn mix(a: Rgb, b: Rgb, part: u32) -> Rgb {
    std::array::from_fn(|i| ((u32::from(a[i]) * (16 - part) + u32::from(b[i]) * part) / 16) as u8)
}

/// The paint as it looks in this light: warm at dusk, bluish at night, and still its own color.
pub(super) fn lit(paint: Rgb, light: Light) -> Rgb {
    let [r, g, b] = match light {
        Light::Day => [100, 100, 100],
        Light::Dusk => [98, 86, 84],
        Light::Night => [80, 82, 94],
    };
    [shade(paint, r)[0], shade(paint, g)[1], shade(paint, b)[2]]
}

/// A window pane: the sky by day, a lamp by night.
pub(super) fn window(light: Light) -> Rgb {
    if light == Light::Day { [176, 216, 238] } else { [255, 224, 120] }
}
