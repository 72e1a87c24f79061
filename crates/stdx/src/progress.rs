//! Progress of long work: a bar on a terminal, a line every few seconds in a log, silence in tests.
//!
//! Everything goes to standard error, so that standard output stays the result.

use std::borrow::Cow;
use std::io::IsTerminal;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// In a log, one line this often at most.
const LINE_EVERY: Duration = Duration::from_secs(5);

const KNOWN: &str = "{prefix:>10} {bar:18.cyan/black.dim} {percent:>3}% {msg} · {eta} left";

/// Of work whose length nobody knows.
const UNKNOWN: &str = "{prefix:>10} {spinner:.cyan} {msg} · {elapsed}";

const ENDED: &str = "{prefix:>10} {msg} · {elapsed}";

/// Where the progress goes.
enum Shown {
    Bar(ProgressBar),
    Lines { name: String, total: u64, started: Instant, last: Option<Instant> },
    Nothing,
}

/// The progress of one piece of work.
pub struct Progress(Shown);

impl Progress {
    /// A bar if standard error is a terminal, else occasional lines. A total of 0 is one that nobody
    /// knows: then no share is shown.
    pub fn new(name: &str, total: u64) -> Self {
        if !std::io::stderr().is_terminal() {
            let (name, started) = (name.to_string(), Instant::now());
            return Self(Shown::Lines { name, total, started, last: None });
        }
        let bar = ProgressBar::with_draw_target(Some(total), ProgressDrawTarget::stderr_with_hz(8));
        if total == 0 {
            bar.unset_length();
        }
        bar.set_style(style(if total == 0 { UNKNOWN } else { KNOWN }).progress_chars("━━─"));
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
                bar.tick();
            }
            Shown::Lines { name, total, started, last } => {
                if last.is_none_or(|t| t.elapsed() >= LINE_EVERY) {
                    *last = Some(Instant::now());
                    let (message, seconds) = (message.into(), started.elapsed().as_secs());
                    match (100 * done).checked_div(*total) {
                        Some(percent) => {
                            eprintln!("{name:>10} {percent:>3}% {message} · {seconds} s");
                        }
                        None => eprintln!("{name:>10} {message} · {seconds} s"),
                    }
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
                bar.set_style(style(ENDED));
                bar.finish_with_message(message);
            }
            Shown::Lines { name, started, .. } => {
                eprintln!("{name:>10} {} · {} s", message.into(), started.elapsed().as_secs());
            }
            Shown::Nothing => {}
        }
    }
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).expect("the templates are constants that a test parses")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_templates_parse_and_silence_is_silent() {
        for template in [KNOWN, UNKNOWN, ENDED] {
            style(template);
        }
        let mut progress = Progress::silent();
        progress.set(1, "half");
        progress.finish("whole");
    }
}
