//! The ids so far, and how often each stands in the window that penalties look at.

use std::collections::HashMap;

/// What was said, prompt first.
#[derive(Clone, Debug, Default)]
pub(super) struct History {
    ids: Vec<u32>,
    /// Ids of the prompt.
    prompt: usize,
    /// Ids that are counted: the newest so many.
    window: Option<usize>,
    counts: HashMap<u32, Count>,
}

/// How often an id stands in the window.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Count {
    /// In prompt and answer.
    pub(super) text: u32,
    /// In the answer alone.
    pub(super) answer: u32,
}

impl History {
    /// Nothing yet; `window`: how many of the newest ids are counted.
    pub(super) fn new(window: Option<usize>) -> Self {
        Self { window, ..Self::default() }
    }

    /// Forgets everything and begins with a prompt.
    pub(super) fn begin(&mut self, prompt: &[u32]) {
        self.ids.clear();
        self.counts.clear();
        self.prompt = prompt.len();
        prompt.iter().for_each(|&id| self.push(id));
    }

    /// Adds an id. Beyond the prompt it is one of the answer.
    pub(super) fn push(&mut self, id: u32) {
        self.count(self.ids.len(), id, 1);
        self.ids.push(id);
        if let Some(leaving) = self.window.and_then(|window| self.ids.len().checked_sub(window + 1))
        {
            self.count(leaving, self.ids[leaving], -1);
        }
    }

    fn count(&mut self, at: usize, id: u32, by: i32) {
        let count = self.counts.entry(id).or_default();
        count.text = count.text.wrapping_add_signed(by);
        if at >= self.prompt {
            count.answer = count.answer.wrapping_add_signed(by);
        }
        if count.text == 0 {
            self.counts.remove(&id);
        }
    }

    /// The newest `n` ids, or all.
    pub(super) fn newest(&self, n: Option<usize>) -> &[u32] {
        &self.ids[self.ids.len().saturating_sub(n.unwrap_or(usize::MAX))..]
    }

    /// The ids in the window and how often they stand there, in no order.
    pub(super) fn counts(&self) -> impl Iterator<Item = (u32, Count)> + '_ {
        self.counts.iter().map(|(&id, &count)| (id, count))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_window_counts_what_a_look_at_it_would() {
        let ids: Vec<u32> = (0..60_u32).map(|i| i * i % 7).collect();
        for window in [None, Some(1), Some(5), Some(200)] {
            let mut history = History::new(window);
            history.begin(&[9, 9]); // Must leave nothing behind.
            history.begin(&ids[..20]);
            for n in 20..=ids.len() {
                let first = n.saturating_sub(window.unwrap_or(usize::MAX));
                for id in 0..10 {
                    let times = |first: usize| {
                        ids[first.min(n)..n].iter().filter(|&&other| other == id).count() as u32
                    };
                    let got =
                        history.counts().find(|c| c.0 == id).map_or(Count::default(), |c| c.1);
                    let expected = Count { text: times(first), answer: times(first.max(20)) };
                    assert_eq!(got, expected, "{id} of {n}, window {window:?}");
                }
                assert_eq!(history.newest(window), &ids[first..n]);
                if n < ids.len() {
                    history.push(ids[n]);
                }
            }
        }
    }
}
