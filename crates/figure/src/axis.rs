//! Which range an axis shows, where its ticks stand, and what they say.
//!
//! Linear ticks step by 1, 2 or 5 times a power of ten. Logarithmic ones stand at powers of ten,
//! thinned when there are many; with less than two decades also at 2 and 5.

/// Beyond this a span could overflow; such values are not drawn.
pub(crate) const LARGEST: f64 = 1e150;

/// One axis: a range of values on a stretch of the picture.
#[derive(Debug, Clone)]
pub(crate) struct Axis {
    low: f64,
    high: f64,
    log: bool,
    n_ticks: usize,
}

/// Whether a value has a place on such an axis.
pub(crate) fn drawable(value: f64, log: bool) -> bool {
    let floor = if log { 1.0 / LARGEST } else { -LARGEST };
    value.is_finite() && (floor..=LARGEST).contains(&value)
}

impl Axis {
    /// An axis for these values, all of them drawable, with about `n_ticks` ticks.
    pub(crate) fn new(values: impl Iterator<Item = f64>, log: bool, n_ticks: usize) -> Self {
        let values = values.map(|value| if log { value.log10() } else { value });
        let (mut low, mut high) =
            values.fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), v| (l.min(v), h.max(v)));
        if low > high {
            (low, high) = (0.0, 1.0);
        }
        // A range too small to be told apart from a point is shown as a point with some room.
        let scale = low.abs().max(high.abs());
        if high - low <= scale * 1e-9 || high - low < 1e-140 {
            let room = if scale < 1e-140 { 1.0 } else { scale * 0.1 };
            (low, high) = (low - room, high + room);
        }
        Self { low, high, log, n_ticks }
    }

    /// Widens a linear axis to whole steps, a logarithmic one by a little.
    pub(crate) fn rounded(mut self) -> Self {
        if self.log {
            let room = (self.high - self.low) * 0.04;
            (self.low, self.high) = (self.low - room, self.high + room);
        } else {
            let step = self.step();
            self.low = (self.low / step + 1e-9).floor() * step;
            self.high = (self.high / step - 1e-9).ceil() * step;
        }
        self
    }

    /// The value's place from 0 at the low end to 1 at the high end.
    pub(crate) fn place(&self, value: f64) -> f64 {
        let value = if self.log { value.log10() } else { value };
        (value - self.low) / (self.high - self.low)
    }

    /// Places and words of the ticks, in rising order.
    pub(crate) fn ticks(&self) -> Vec<(f64, String)> {
        let values = if self.log { self.log_ticks() } else { self.linear_ticks() };
        values.into_iter().map(|value| (self.place(value), words(value))).collect()
    }

    fn linear_ticks(&self) -> Vec<f64> {
        let step = self.step();
        let first = (self.low / step - 1e-9).ceil();
        let n = ((self.high / step + 1e-9).floor() - first).clamp(0.0, 50.0) as usize;
        (0..=n).map(|i| (first + i as f64) * step).collect()
    }

    fn log_ticks(&self) -> Vec<f64> {
        let (first, last) = (self.low.floor() as i32, self.high.ceil() as i32);
        let stride = ((last - first) / self.n_ticks as i32).max(1);
        let factors: &[f64] = if self.high - self.low < 2.0 { &[1.0, 2.0, 5.0] } else { &[1.0] };
        let mut ticks = Vec::new();
        for decade in (first..=last).filter(|decade| decade.rem_euclid(stride) == 0) {
            ticks.extend(factors.iter().map(|factor| factor * 10f64.powi(decade)));
        }
        ticks.retain(|tick| (-1e-9..=1.0 + 1e-9).contains(&self.place(*tick)));
        if ticks.len() >= 2 {
            return ticks;
        }
        // Less than a decade between two such ticks: even steps, unevenly placed.
        let (low, high) = (10f64.powf(self.low), 10f64.powf(self.high));
        Axis { low, high, log: false, n_ticks: self.n_ticks }.linear_ticks()
    }

    fn step(&self) -> f64 {
        let rough = (self.high - self.low) / self.n_ticks as f64;
        let power = 10f64.powf(rough.log10().floor());
        let factor = [1.0, 2.0, 5.0].into_iter().find(|f| f * power >= rough * 0.999);
        factor.unwrap_or(10.0) * power
    }
}

/// A number as briefly as it can be said: `0`, `2.5`, `20k`, `1.5M`, `3e-4`.
pub(crate) fn words(value: f64) -> String {
    let magnitude = value.abs();
    let text = match magnitude {
        m if m < 1e-140 => "0".to_string(),
        1e15.. | ..1e-3 => shortest(&format!("{value:.3e}")),
        1e9.. => shortest(&format!("{:.3}", value / 1e9)) + "G",
        1e6.. => shortest(&format!("{:.3}", value / 1e6)) + "M",
        1e4.. => shortest(&format!("{:.3}", value / 1e3)) + "k",
        _ => shortest(&format!("{value:.4}")),
    };
    text.replace('-', "\u{2212}")
}

/// Without zeros that say nothing.
fn shortest(number: &str) -> String {
    let (mantissa, exponent) = match number.split_once('e') {
        Some((mantissa, exponent)) => (mantissa, format!("e{exponent}")),
        None => (number, String::new()),
    };
    match mantissa.contains('.') {
        true => mantissa.trim_end_matches('0').trim_end_matches('.').to_string() + &exponent,
        false => mantissa.to_string() + &exponent,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(values: &[f64], log: bool, expected: &str) {
        let axis = Axis::new(values.iter().copied(), log, 5).rounded();
        let ticks: Vec<String> = axis.ticks().into_iter().map(|(_, words)| words).collect();
        assert_eq!(ticks.join(" "), expected, "{values:?}");
    }

    #[test]
    fn ticks_are_round() {
        check(&[0.0, 1.0], false, "0 0.2 0.4 0.6 0.8 1");
        check(&[1.13, 5.6], false, "1 2 3 4 5 6");
        check(&[0.0, 20_000.0], false, "0 5000 10k 15k 20k");
        check(&[-1.0, 1.0], false, "−1 −0.5 0 0.5 1");
        check(&[0.0, 3e-4], false, "0 1e−4 2e−4 3e−4");
        check(&[1.0, 1e6], true, "1 10 100 1000 10k 100k 1M");
        check(&[1.2, 6.0], true, "2 5");
        check(&[3.0, 4.0], true, "3 3.5 4");
        check(&[], false, "0 0.2 0.4 0.6 0.8 1");
    }

    #[test]
    fn a_single_value_stands_in_the_middle() {
        for value in [0.0, 1.0, -7.5, 1e-300, 1e150, 1e16] {
            let axis = Axis::new([value, value].into_iter(), false, 5);
            assert!((axis.place(value) - 0.5).abs() < 1e-6, "{value}");
            assert!(!axis.ticks().is_empty(), "{value}");
        }
    }
}
