//! Small pictures of village scenes, each with a caption, questions and its whole truth.
//!
//! A picture is 32×32 pixels, painted from a [`Scene`] by art of a few pixels an object. The caption
//! and the answers are read off the scene, never off the pixels, and every object can be seen.
//! Left out on purpose: file formats, and any picture that is not of this village.
//!
//! Reading order: [`scene`] (what stands where), [`motif`] (what there is, and its words), `sprite`
//! (the art), `palette` (the paints), `paint` (scene to pixels), `caption`, `quiz`.
//!
//! ```
//! let picture = world::Pictures::new(1).picture(7);
//! assert_eq!(picture.pixels.len(), 32 * 32 * 3);
//! println!("{}", picture.caption);
//! for (question, answer) in &picture.questions {
//!     println!("{question} {answer}");
//! }
//! ```

mod caption;
pub mod motif;
mod paint;
mod palette;
mod quiz;
pub mod scene;
mod sprite;

use crate::corpus::numbered;
pub use motif::Motif;
pub use paint::SIDE;
pub use scene::Scene;

/// A picture and what is true of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    /// What it shows.
    pub scene: Scene,
    /// Red, green and blue of each pixel, row by row from the top left.
    pub pixels: [u8; SIDE * SIDE * 3],
    /// A sentence or two about it.
    pub caption: String,
    /// Questions about it with their answers.
    pub questions: Vec<(String, String)>,
}

/// An endless album, each picture addressable by its number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pictures {
    seed: u64,
}

impl Pictures {
    /// The album of a seed.
    pub fn new(seed: u64) -> Self {
        Self { seed }
    }

    /// The `i`-th picture; independent of all others.
    pub fn picture(&self, i: u64) -> Picture {
        let mut rng = numbered(self.seed, "picture", i);
        let scene = Scene::new(&mut rng);
        let pixels = paint::paint(&scene, &mut rng).pixels;
        let caption = caption::caption(&scene, &mut rng);
        let questions = quiz::questions(&scene, &mut rng);
        Picture { scene, pixels, caption, questions }
    }
}

#[cfg(test)]
mod tests;
