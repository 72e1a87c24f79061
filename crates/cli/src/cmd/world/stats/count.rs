//! Texts made, timed and counted: each genre for itself, and all together.

use std::time::Instant;

use anyhow::Result;
use figure::quantity;
use world::Genre;
use world::survey::{Found, Survey};

use super::super::which::Which;
use crate::host::Host;

/// What is read from end to end. The other genres are short or made of parts that return, as facts
/// and questions do.
const PROSE: [Genre; 4] = [Genre::Story, Genre::Diary, Genre::Letter, Genre::Tale];
/// Texts that are timed together.
const STRETCH: usize = 16;

/// What was counted.
pub(super) struct Counted {
    pub(super) genres: Vec<(Genre, Row)>,
    /// Stories, diaries, letters and tales together, if there are any beside other genres.
    pub(super) prose: Option<Row>,
    pub(super) all: Row,
    /// Those of prose, or of all if there is none.
    pub(super) shapes: Shapes,
}

/// What is known of one genre, or of all.
pub(super) struct Row {
    pub(super) found: Found,
    /// In which one core makes the texts.
    pub(super) seconds: f64,
    /// How many shapes there were after so many sentences.
    pub(super) shape_curve: Vec<(u64, u64)>,
}

/// The sentences that brought a new shape.
#[derive(Default)]
pub(super) struct Shapes {
    survey: Survey,
    n_shapes: u64,
    /// Those at round numbers of shapes.
    news: Vec<New>,
    last: Option<New>,
}

/// A sentence of a shape that none before it had.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct New {
    /// Which shape it is in the order of their coming.
    pub(super) shape: u64,
    /// How many sentences there were up to this one.
    pub(super) sentences: u64,
    pub(super) sentence: String,
}

/// A row in the making.
#[derive(Default)]
struct Count {
    survey: Survey,
    shape_curve: Vec<(u64, u64)>,
}

/// `n` texts of each genre.
pub(super) fn counted(which: &Which, n: u64, host: &Host) -> Result<Counted> {
    let total = n.saturating_mul(which.genres.len() as u64);
    let mut progress = host.progress("stats", total);
    let mut genres: Vec<(Genre, Count, Clock)> =
        which.genres.iter().map(|&genre| (genre, Count::default(), Clock::default())).collect();
    let is_prose = |genre: &Genre| PROSE.contains(genre);
    let (some, only) = (which.genres.iter().any(is_prose), which.genres.iter().all(is_prose));
    let (mut prose, mut all, mut shapes) = (Count::default(), Count::default(), Shapes::default());
    let mut n_bytes = 0;
    // In turn, so that the curves of all are those of a mix.
    for i in 0..n {
        host.go_on("nothing was written")?;
        for (genre, count, clock) in &mut genres {
            let start = Instant::now();
            let text = which.sampler.text(*genre, i);
            clock.add(text.len(), start.elapsed().as_secs_f64());
            count.add(&text);
            all.add(&text);
            if is_prose(genre) {
                prose.add(&text);
            }
            if is_prose(genre) || !some {
                shapes.add(&text);
            }
            n_bytes += text.len() as u64;
        }
        if i % 16 == 0 {
            progress.set(i * genres.len() as u64, quantity::bytes(n_bytes));
        }
    }
    progress.finish(format!("{total} texts, {}", quantity::bytes(n_bytes)));
    let rows = genres.into_iter().map(|(genre, count, clock)| (genre, count.row(clock.seconds())));
    let genres: Vec<(Genre, Row)> = rows.collect();
    let seconds = |only: bool| {
        let these = genres.iter().filter(|(genre, _)| !only || is_prose(genre));
        these.map(|(_, row)| row.seconds).sum()
    };
    let (all, prose) = (all.row(seconds(false)), prose.row(seconds(true)));
    let prose = (some && !only).then_some(prose);
    Ok(Counted { genres, prose, all, shapes })
}

/// How long texts take. On a machine that does other things too, now and then one takes a hundred
/// times as long as it would alone: the time is the median of short stretches, by the byte.
#[derive(Default)]
struct Clock {
    n_bytes: usize,
    n_texts: usize,
    stretch: (usize, f64),
    seconds_a_byte: Vec<f64>,
}

impl Clock {
    fn add(&mut self, n_bytes: usize, seconds: f64) {
        (self.n_texts, self.n_bytes) = (self.n_texts + 1, self.n_bytes + n_bytes);
        self.stretch = (self.stretch.0 + n_bytes, self.stretch.1 + seconds);
        if self.n_texts.is_multiple_of(STRETCH) {
            self.end();
        }
    }

    fn end(&mut self) {
        let (n_bytes, seconds) = std::mem::take(&mut self.stretch);
        if n_bytes > 0 {
            self.seconds_a_byte.push(seconds / n_bytes as f64);
        }
    }

    /// For all texts.
    fn seconds(mut self) -> f64 {
        self.end();
        self.seconds_a_byte.sort_by(f64::total_cmp);
        let middle = self.seconds_a_byte.get(self.seconds_a_byte.len() / 2);
        self.n_bytes as f64 * middle.copied().unwrap_or(0.0)
    }
}

impl Count {
    fn add(&mut self, text: &str) {
        self.survey.add(text);
        let found = self.survey.found();
        let last = self.shape_curve.last().map_or(0, |(sentences, _)| *sentences);
        // Points a tenth apart are enough for a curve.
        if found.sentences * 10 >= last * 11 + 10 {
            self.shape_curve.push((found.sentences, found.shapes));
        }
    }

    fn row(mut self, seconds: f64) -> Row {
        let found = self.survey.found();
        let end = (found.sentences, found.shapes);
        if self.shape_curve.last() != Some(&end) {
            self.shape_curve.push(end);
        }
        Row { found, seconds, shape_curve: self.shape_curve }
    }
}

impl Row {
    /// Millions of bytes of text that one core makes in a second.
    pub(super) fn megabytes_a_second(&self) -> f64 {
        self.found.bytes as f64 / 1e6 / self.seconds.max(1e-9)
    }
}

impl Shapes {
    fn add(&mut self, text: &str) {
        // As the survey has it.
        let sentences = text.split_inclusive(['.', '!', '?', '\n']);
        for sentence in sentences.filter(|piece| piece.contains(char::is_alphanumeric)) {
            self.survey.add(sentence);
            let Found { shapes: shape, sentences, .. } = self.survey.found();
            if shape == self.n_shapes {
                continue;
            }
            self.n_shapes = shape;
            let new = New { shape, sentences, sentence: sentence.trim().to_string() };
            if is_round(shape) {
                self.news.push(new.clone());
            }
            self.last = Some(new);
        }
    }

    /// Some of them in the order of their coming, the last among them.
    pub(super) fn news(&self) -> impl Iterator<Item = &New> {
        let last = self.last.iter().filter(|last| self.news.last() != Some(last));
        self.news.iter().chain(last)
    }
}

/// 1, 3, 10, 30 and so on.
fn is_round(n: u64) -> bool {
    let power = 10_u64.pow(n.max(1).ilog10());
    n == power || n == 3 * power
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn new_shapes_are_told_with_their_sentence() {
        let mut shapes = Shapes::default();
        shapes.add("It rained. She took it. He took it.");
        shapes.add("It rained! It was late. ... Who came?");
        let told: Vec<(u64, u64, &str)> =
            shapes.news().map(|new| (new.shape, new.sentences, new.sentence.as_str())).collect();
        assert_eq!(told, [(1, 1, "It rained."), (3, 4, "It rained!"), (5, 6, "Who came?")]);
    }

    #[test]
    fn a_curve_ends_where_the_texts_do() {
        let mut count = Count::default();
        (0..100).for_each(|i| count.add(&"It rained. ".repeat(i % 3 + 1)));
        let row = count.row(50.0);
        assert_eq!(row.shape_curve.first(), Some(&(1, 1)));
        assert_eq!(row.shape_curve.last(), Some(&(199, 1)));
        assert!(row.shape_curve.len() < 60, "{:?}", row.shape_curve);
        assert!((row.megabytes_a_second() - row.found.bytes as f64 / 5e7).abs() < 1e-12);
    }

    #[test]
    fn a_pause_does_not_count_as_work() {
        let mut clock = Clock::default();
        (0..100).for_each(|i| clock.add(1_000, if i == 50 { 9.0 } else { 1e-4 }));
        assert!((clock.seconds() - 1e-2).abs() < 1e-9);
        assert_eq!(Clock::default().seconds(), 0.0);
    }
}
