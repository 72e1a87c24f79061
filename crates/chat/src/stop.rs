//! Strings that end an answer, over a stream: text that might be the beginning of one is held
//! back until it is known to be not.

/// Watches a stream for stop strings.
#[derive(Clone, Debug)]
pub struct StopStrings {
    strings: Vec<String>,
    held: String,
    stopped: Option<String>,
}

impl StopStrings {
    /// A watch for `strings`; empty ones are ignored.
    pub fn new(strings: &[String]) -> Self {
        let strings = strings.iter().filter(|s| !s.is_empty()).cloned().collect();
        Self { strings, held: String::new(), stopped: None }
    }

    /// Takes the next piece and returns what is safe to show. After a stop string nothing is.
    pub fn push(&mut self, piece: &str) -> String {
        if self.stopped() {
            return String::new();
        }
        self.held.push_str(piece);
        let found = self.strings.iter().filter_map(|s| Some((self.held.find(s.as_str())?, s)));
        if let Some((at, stop)) = found.min_by_key(|(at, _)| *at) {
            self.stopped = Some(stop.clone());
            self.held.truncate(at);
            return std::mem::take(&mut self.held);
        }
        let rest = self.held.split_off(self.held.len() - self.beginning());
        std::mem::replace(&mut self.held, rest)
    }

    /// Whether a stop string came.
    pub fn stopped(&self) -> bool {
        self.stopped.is_some()
    }

    /// The stop string that came.
    pub fn stopped_by(&self) -> Option<&str> {
        self.stopped.as_deref()
    }

    /// What was held back, at the end of the stream.
    pub fn finish(&mut self) -> String {
        std::mem::take(&mut self.held)
    }

    /// Bytes at the end of the held text that begin a stop string.
    fn beginning(&self) -> usize {
        let held = self.held.as_bytes();
        let longest = |stop: &String| {
            let stop = stop.as_bytes();
            (1..stop.len().min(held.len() + 1)).rev().find(|&n| held.ends_with(&stop[..n]))
        };
        // Such an end begins where a character begins, as the stop string does.
        self.strings.iter().filter_map(longest).max().unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(stops: &[&str], pieces: &[&str]) -> (Vec<String>, bool) {
        let stops: Vec<String> = stops.iter().map(|s| s.to_string()).collect();
        let mut watch = StopStrings::new(&stops);
        let mut shown: Vec<String> = pieces.iter().map(|p| watch.push(p)).collect();
        shown.push(watch.finish());
        (shown, watch.stopped())
    }

    fn check(stops: &[&str], pieces: &[&str], shown: &[&str], stopped: bool) {
        let expected = (shown.iter().map(|s| s.to_string()).collect(), stopped);
        assert_eq!(run(stops, pieces), expected, "{stops:?} {pieces:?}");
    }

    #[test]
    fn a_beginning_is_held_until_it_is_known() {
        check(&["END"], &["aE", "N", "D b", "c"], &["a", "", "", "", ""], true);
        check(&["END"], &["aE", "N", "x"], &["a", "", "ENx", ""], false);
        check(&["END"], &["aEN"], &["a", "EN"], false);
        check(&["aab"], &["aa", "ab"], &["", "a", ""], true);
        check(&["\n\n"], &["a\n", "b\n", "\nc"], &["a", "\nb", "", ""], true);
        check(&[], &["a", "b"], &["a", "b", ""], false);
        check(&[""], &["a"], &["a", ""], false);
    }

    #[test]
    fn the_first_of_several_ends_it() {
        check(&["two", "one"], &["a one two"], &["a ", ""], true);
        check(&["Ünd", "é"], &["aÜ", "né"], &["a", "Ün", ""], true);
    }

    #[test]
    fn however_it_is_cut_the_text_is_the_same() {
        let text = "abcabdabcabcabd!";
        let whole = run(&["abcabd!"], &[text]).0.concat();
        for cut in 1..text.len() {
            let (shown, stopped) = run(&["abcabd!"], &[&text[..cut], &text[cut..]]);
            assert_eq!((shown.concat(), stopped), (whole.clone(), true));
        }
        assert_eq!(whole, "abcabdabc");
    }
}
