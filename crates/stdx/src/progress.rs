//! Progress of long work: a bar on a terminal, a line every few seconds in a log, silence in tests.
//!
//! Everything goes to standard error, so that standard output stays the result.

use std::borrow::Cow;
use std::io::IsTerminal;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// In a log, one line this often at most.
const LINE_EVERY: Duration = Duration::from_secs(5);

/// Where the progress goes.
enum Shown {
    Bar(ProgressBar),
    Lines { name: String, total: u64, started: Instant, last: Option<Instant> },
    Nothing,
}

/// The progress of one piece of work of known length.
pub struct Progress(Shown);

impl Progress {
    /// A bar if standard error is a terminal, else occasional lines.
    pub fn new(name: &str, total: u64) -> Self {
        if !std::io::stderr().is_terminal() {
            let (name, started) = (name.to_string(), Instant::now());
            return Self(Shown::Lines { name, total, started, last: None });
        }
        let bar = ProgressBar::with_draw_target(Some(total), ProgressDrawTarget::stderr_with_hz(8));
        let style = "{prefix:>10} {bar:18.cyan/black.dim} {percent:>3}% {msg} · {eta} left";
        bar.set_style(
            ProgressStyle::with_template(style)
                .expect("the template is a constant that its test parses")
                .progress_chars("━━─"),
        );
        bar.set_prefix(name.to_string());
        Self(Shown::Bar(bar))
    }

    /// Shows nothing: for tests and `--quiet`.
    pub fn silent() -> Self {
        Self(Shown::Nothing)
    }

    /// Says that `done` of the total is done, with a short message beside it.
    pub fn set(&mut self, done: u64, message: impl Into<Cow<'static, str>>) {
        match &mut self.0 {
            Shown::Bar(bar) => {
                bar.set_message(message);
                bar.set_position(done);
            }
            Shown::Lines { name, total, started, last } => {
                if last.is_none_or(|t| t.elapsed() >= LINE_EVERY) {
                    *last = Some(Instant::now());
                    let (percent, seconds) =
                        (100 * done / (*total).max(1), started.elapsed().as_secs());
                    eprintln!("{name:>10} {percent:>3}% {} · {seconds} s", message.into());
                }
            }
            Shown::Nothing => {}
        }
    }

    /// Prints a line above the bar.
    pub fn note(&self, line: &str) {
        match &self.0 {
            Shown::Bar(bar) => bar.suspend(|| eprintln!("{line}")),
            Shown::Lines { .. } => eprintln!("{line}"),
            Shown::Nothing => {}
        }
    }

    /// Ends the work; the last message stays on the screen.
    pub fn finish(&mut self, message: impl Into<Cow<'static, str>>) {
        match &mut self.0 {
            Shown::Bar(bar) => {
                bar.set_style(
                    ProgressStyle::with_template("{prefix:>10} {msg} · {elapsed}")
                        .expect("the template is a constant that its test parses"),
                );
                bar.finish_with_message(message);
            }
            Shown::Lines { name, started, .. } => {
                eprintln!("{name:>10} {} · {} s", message.into(), started.elapsed().as_secs());
            }
            Shown::Nothing => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_templates_parse_and_silence_is_silent() {
        ProgressStyle::with_template(
            "{prefix:>10} {bar:18.cyan/black.dim} {percent:>3}% {msg} · {eta} left",
        )
        .unwrap();
        ProgressStyle::with_template("{prefix:>10} {msg} · {elapsed}").unwrap();
        let mut progress = Progress::silent();
        progress.set(1, "half");
        progress.finish("whole");
    }
}
