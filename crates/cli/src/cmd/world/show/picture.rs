//! A picture in characters: two pixels one above the other in a half block where any colour can be
//! shown, else the lightness of each pixel as two of a few characters, which are about a square.

use world::picture::SIDE;

use super::Look;

/// From dark to light.
const SHADES: &[u8] = b" .:-=+*#%@";

/// The picture, 32 characters wide in blocks, 64 in shades.
pub(super) fn drawn(pixels: &[u8], look: Look) -> String {
    let pixel = |row: usize, column: usize| {
        let at = 3 * (row * SIDE + column);
        [pixels[at], pixels[at + 1], pixels[at + 2]]
    };
    let mut out = String::new();
    if look == Look::TrueColour {
        for row in (0..SIDE).step_by(2) {
            blocks(&mut out, (0..SIDE).map(|column| [row, row + 1].map(|row| pixel(row, column))));
            out.push('\n');
        }
        return out;
    }
    for row in 0..SIDE {
        out.extend((0..SIDE).flat_map(|column| [shade(pixel(row, column)); 2]));
        out.push('\n');
    }
    out
}

/// The upper pixel is the ink, the lower one the paper; codes are not repeated along a line.
fn blocks(out: &mut String, pairs: impl Iterator<Item = [[u8; 3]; 2]>) {
    let mut last = None;
    for [ink, paper] in pairs {
        if last != Some([ink, paper]) {
            let [[r, g, b], [x, y, z]] = [ink, paper];
            *out += &format!("\u{1b}[38;2;{r};{g};{b};48;2;{x};{y};{z}m");
            last = Some([ink, paper]);
        }
        out.push('▀');
    }
    *out += "\u{1b}[0m";
}

fn shade([r, g, b]: [u8; 3]) -> char {
    // Rec. 601, in thousandths.
    let light = (299 * u32::from(r) + 587 * u32::from(g) + 114 * u32::from(b)) / 1_000;
    char::from(SHADES[light as usize * (SHADES.len() - 1) / 255])
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The left half white, the right half black.
    fn halves() -> Vec<u8> {
        let pixel = |i: usize| if i % SIDE < SIDE / 2 { [255; 3] } else { [0; 3] };
        (0..SIDE * SIDE).flat_map(pixel).collect()
    }

    #[test]
    fn light_and_dark_are_told_apart() {
        let text = drawn(&halves(), Look::Plain);
        let line = "@".repeat(SIDE) + &" ".repeat(SIDE);
        assert_eq!(text, format!("{line}\n").repeat(SIDE));
    }

    #[test]
    fn colours_are_named_where_they_change() {
        let text = drawn(&halves(), Look::TrueColour);
        let first = text.lines().next().unwrap_or_default();
        assert_eq!(first.matches("\u{1b}[38;2;255;255;255;48;2;255;255;255m").count(), 1);
        assert_eq!(first.matches("\u{1b}[38;2;0;0;0;48;2;0;0;0m").count(), 1);
        assert_eq!(first.matches('▀').count(), SIDE);
        assert!(first.ends_with("\u{1b}[0m"));
    }
}
