//! How many ids are worth proposing, from measured seconds alone; it has no clock and decides no text.
//!
//! A round asks about `k` proposals and the id before them in one pass. If each comes true with probability
//! `a`, it gives `1 + a + … + aᵏ` tokens (Leviathan et al. 2023, equation 1) for the seconds of a pass of
//! `k + 1` rows and of `k` proposals. The `k` with the most tokens a second is taken, 0 among them, which is
//! speculation switched off. So the length grows while proposals come true and shrinks when they do not.
//!
//! What is not known is tried on credit: a share of all time, [`SHARE`], and [`GRANT`] of a pass for each
//! answer. A round that takes longer than its tokens would have taken one by one is paid from it, what a
//! round wins fills it up, and without credit there is no round; hence speculation that never pays costs that
//! share, and no more. A free draft need not be tried: what it would have proposed is held against the text
//! anyway.
//!
//! In simulated time (tests) an answer of 100 tokens to which no proposal ever comes true takes 2.3 % longer
//! at most, one of 10,000 1.5 %; and where proposals come true equally often throughout, an answer takes at
//! most 2 % longer than with the length that is best for it.

use super::draft::CLASSES;

/// Rows of a pass at most.
pub const ROWS: usize = 16;
/// Of all time what may be lost by trying.
const SHARE: f64 = 0.015;
/// Of the seconds of one pass what may be lost beside that, in each answer.
const GRANT: f64 = 0.5;
/// Passes whose seconds may be lost of those that were won.
const WON: f64 = 8.0;
/// Of the seconds of one pass what a further row is guessed to take, as long as nobody has measured it.
const ROW: f64 = 0.125;
/// Passes with proposals after which one without is made, to measure it.
const IN_A_ROW: usize = 64;
/// What one proposal weighs less than the next in what is remembered of them.
const FADING: f64 = 0.95;

/// What was measured, and what follows from it.
#[derive(Clone, Debug)]
pub struct Controller {
    is_free: bool,
    /// Of passes of one row, two, …
    passes: [Seconds; ROWS],
    /// Of one proposal.
    proposal: Seconds,
    classes: [Acceptance; CLASSES],
    /// Seconds.
    credit: f64,
    in_a_row: usize,
}

impl Controller {
    /// Nothing measured. `is_free` as [`super::Draft::is_free`].
    pub fn new(is_free: bool) -> Self {
        Self {
            is_free,
            passes: [Seconds::default(); ROWS],
            proposal: Seconds::default(),
            classes: [Acceptance::default(); CLASSES],
            credit: 0.0,
            in_a_row: 0,
        }
    }

    /// Another text begins: what was seen of the last one counts less.
    pub fn begin(&mut self) {
        if let Some(one) = self.one() {
            self.credit = GRANT * one;
        }
        for class in &mut self.classes {
            class.fade(0.25);
        }
    }

    /// Whether proposals pay, as far as one knows. Of the most trusted class.
    pub fn pays(&self) -> bool {
        let pays = |class| self.best(ROWS - 1, class) > 0;
        self.one().is_none() || (0..CLASSES).any(pays)
    }

    /// Whether the draft may be asked at all.
    pub fn may_ask(&self) -> bool {
        self.is_measured() && self.credit >= 0.0
    }

    /// How many proposals of a class to look at, of `most`.
    pub fn length(&self, most: usize, class: usize) -> usize {
        let most = most.min(ROWS - 1);
        if most == 0 || !self.may_ask() || self.in_a_row >= IN_A_ROW {
            return 0;
        }
        let best = self.best(most, class);
        if best > 0 {
            return best;
        }
        let (Some(one), rate) = (self.one(), self.rate(class)) else { return 0 };
        // Where it is known how often they come true, only passes can turn out better than was measured.
        let may_pay = !self.is_free || rate > ROW;
        usize::from(may_pay && self.credit >= self.pass(2) + self.proposal.or(0.0) - one)
    }

    /// Hears of `ids` proposals that took so long.
    pub fn proposed(&mut self, ids: usize, seconds: f64) {
        if ids > 0 {
            self.proposal.measure(seconds / ids as f64);
        }
        self.earn(-seconds);
    }

    /// Hears of a pass of so many rows, of which all but the first were proposed.
    pub fn passed(&mut self, rows: usize, seconds: f64) {
        let is_first = self.one().is_none();
        if let Some(of) = self.passes.get_mut(rows.wrapping_sub(1)) {
            of.measure(seconds);
        }
        let one = self.one().unwrap_or(seconds);
        self.in_a_row = if rows > 1 { self.in_a_row + 1 } else { 0 };
        self.credit += SHARE * seconds;
        if is_first {
            self.credit += GRANT * one;
        }
        // One row takes what it takes: nothing is lost by that.
        if rows > 1 {
            self.earn(one - seconds);
        }
    }

    /// Hears whether a proposal came true. `looked_at` if that saved a pass.
    pub fn judged(&mut self, class: usize, came_true: bool, looked_at: bool) {
        self.classes[class.min(CLASSES - 1)].judge(came_true);
        if came_true && looked_at {
            self.earn(self.one().unwrap_or(0.0));
        }
    }

    /// What is won fills the credit up, no further; what is lost empties it.
    fn earn(&mut self, seconds: f64) {
        let full = WON * self.one().unwrap_or(0.0);
        self.credit = (self.credit + seconds).min(self.credit.max(full));
    }

    fn one(&self) -> Option<f64> {
        self.passes[0].mean
    }

    fn rate(&self, class: usize) -> f64 {
        self.classes[class.min(CLASSES - 1)].rate()
    }

    /// The first pass of all wakes threads and takes memory.
    fn is_measured(&self) -> bool {
        self.passes[0].times >= 2
    }

    /// The length with the most tokens a second.
    fn best(&self, most: usize, class: usize) -> usize {
        let rate = self.rate(class);
        let speed = |k: usize| {
            let tokens: f64 = (0..=k).map(|i| rate.powi(i as i32)).sum();
            tokens / (self.pass(k + 1) + k as f64 * self.proposal.or(0.0))
        };
        (0..=most).max_by(|&a, &b| speed(a).total_cmp(&speed(b)).then(b.cmp(&a))).unwrap_or(0)
    }

    /// Seconds of a pass of so many rows.
    fn pass(&self, rows: usize) -> f64 {
        let known = (1..=rows.min(ROWS)).rev().find_map(|r| Some((r, self.passes[r - 1].mean?)));
        let Some((known, seconds)) = known else { return 0.0 };
        seconds + (rows - known) as f64 * ROW * self.one().unwrap_or(seconds)
    }
}

/// A mean of what was measured. Others at work make a time longer, never shorter: so it falls fast, rises
/// slowly, and no outlier counts in full.
#[derive(Clone, Copy, Debug, Default)]
struct Seconds {
    mean: Option<f64>,
    times: usize,
}

impl Seconds {
    fn measure(&mut self, seconds: f64) {
        self.times += 1;
        self.mean = Some(match self.mean {
            None => seconds,
            Some(mean) if seconds < mean => f64::midpoint(mean, seconds),
            Some(mean) => mean + 0.125 * (seconds.min(2.0 * mean) - mean),
        });
    }

    fn or(self, otherwise: f64) -> f64 {
        self.mean.unwrap_or(otherwise)
    }
}

/// How often proposals came true, the newest counting most.
#[derive(Clone, Copy, Debug, Default)]
struct Acceptance {
    came_true: f64,
    judged: f64,
}

impl Acceptance {
    fn judge(&mut self, came_true: bool) {
        self.fade(FADING);
        self.judged += 1.0;
        self.came_true += f64::from(u8::from(came_true));
    }

    fn fade(&mut self, by: f64) {
        self.judged *= by;
        self.came_true *= by;
    }

    /// As if one had come true by half before.
    fn rate(self) -> f64 {
        (self.came_true + 0.5) / (self.judged + 1.0)
    }
}

#[cfg(test)]
mod tests;
