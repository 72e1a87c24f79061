//! Who may begin, and who steps back.

use arch::{Cache as _, Decoder};
use kernels::attention::paged::PAGE;

use super::job::{Batching, Event, Ticket};
use super::plan::{Need, Rows, plan};
use super::sequence::Sequence;
use super::{Batch, Place};
use crate::{Flow, Runtime};

impl Batch {
    /// Lets those begin whose turn it is.
    pub(super) fn admit(
        &mut self,
        runtime: &Runtime,
        now: f64,
        on: &mut dyn FnMut(Ticket, Event) -> Flow,
    ) {
        if !self.may_begin(now) {
            return;
        }
        let places: Vec<Place> = self.waiting.keys().copied().collect();
        for place in places {
            if self.running.len() >= self.limits.sequences && !self.give_way(runtime, place) {
                break;
            }
            if self.is_about_to_be_read(&self.waiting[&place]) {
                continue;
            }
            if !self.has_room(&self.waiting[&place]) {
                break;
            }
            let Some(mut sequence) = self.waiting.remove(&place) else { continue };
            let cached = match sequence.takes_over() {
                true => sequence.take_over(self.prefixes.longest(runtime, &sequence.ids)),
                false => 0,
            };
            if on(sequence.ticket, Event::Began { cached }) == Flow::Continue {
                self.running.push(sequence);
            }
        }
    }

    /// Whether anybody may begin at this moment.
    fn may_begin(&mut self, now: f64) -> bool {
        let Batching::Whole { wait } = self.limits.batching else { return true };
        if self.waiting.is_empty() || !self.running.is_empty() {
            return false;
        }
        let since = *self.waits_since.get_or_insert(now);
        let begins = self.waiting.len() >= self.limits.sequences || now - since >= wait;
        if begins {
            self.waits_since = None;
        }
        begins
    }

    /// Whether somebody's prompt is being read that begins as this one: then it is worth to wait, unless as
    /// much is kept already.
    fn is_about_to_be_read(&self, sequence: &Sequence) -> bool {
        if self.limits.batching != Batching::Continuous || !sequence.takes_over() {
            return false;
        }
        let shared = self.running.iter().map(|other| sequence.shared_unread(other)).max();
        let shared = shared.unwrap_or(0);
        shared >= PAGE && shared >= self.prefixes.held(&sequence.ids) + PAGE
    }

    /// Whether keys and values of one more sequence have room. One alone always has.
    fn has_room(&self, sequence: &Sequence) -> bool {
        let needed = sequence.cache.bytes_with(sequence.ids.len() - sequence.cache.len() + 1);
        self.running.is_empty() || self.cache_bytes() + needed <= self.limits.cache_bytes
    }

    /// Makes the least urgent step back for somebody more urgent, if there is one less urgent.
    fn give_way(&mut self, runtime: &Runtime, to: Place) -> bool {
        match self.least_urgent() {
            Some(at) if self.running[at].place().0 > to.0 => {
                self.step_back(runtime, at);
                true
            }
            _ => false,
        }
    }

    fn least_urgent(&self) -> Option<usize> {
        (0..self.running.len()).max_by_key(|&at| self.running[at].place())
    }

    fn step_back(&mut self, runtime: &Runtime, at: usize) {
        let mut sequence = self.running.remove(at);
        sequence.leave_to(&mut self.prefixes);
        sequence.step_back(runtime.new_cache());
        self.waiting.insert(sequence.place(), sequence);
        self.preempted += 1;
    }

    /// Bytes of keys and values of those on their way; what they share is counted for each.
    pub(super) fn cache_bytes(&self) -> usize {
        self.running.iter().map(|sequence| sequence.cache.len_bytes()).sum()
    }

    /// The rows of the next pass, for whose keys and values there is room.
    pub(super) fn make_room(&mut self, runtime: &Runtime) -> Vec<Rows> {
        loop {
            let needs: Vec<Need> = self.running.iter().map(Sequence::need).collect();
            let rows = plan(&needs, &self.limits);
            let grown: usize = rows
                .iter()
                .map(|Rows { at, rows }| {
                    let cache = &self.running[*at].cache;
                    cache.bytes_with(*rows) - cache.len_bytes()
                })
                .sum();
            let fits = self.cache_bytes() + grown <= self.limits.cache_bytes;
            match self.least_urgent() {
                Some(at) if !fits && self.running.len() > 1 => self.step_back(runtime, at),
                _ => return rows,
            }
        }
    }
}
