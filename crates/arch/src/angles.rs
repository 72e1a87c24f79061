//! The angles that heads are turned by, made for as many positions as a pass has: a model of 131,072
//! positions that reads a hundred keeps a table of a hundred and some.
//!
//! Where a model stretches its positions with the length of what it reads (dynamic NTK, LongRoPE), the
//! table is that of the pass's last position.

use std::sync::{Arc, Mutex};

use kernels::rope::{Layout, RopeTable};

use crate::spec::rope::Scaling;
use crate::{Rope, Spec};

/// The angles of one way to turn heads.
#[derive(Debug)]
pub struct Angles {
    rope: Rope,
    head_dim: usize,
    /// Positions at most.
    context: usize,
    held: Mutex<Option<Held>>,
}

/// A table, and for which lengths it holds.
#[derive(Clone, Debug)]
struct Held {
    table: Arc<RopeTable>,
    from: usize,
    to: usize,
}

impl Angles {
    /// Angles for heads of `head_dim` in a model of `context` positions.
    pub fn new(rope: Rope, head_dim: usize, context: usize) -> Self {
        Self { rope, head_dim, context, held: Mutex::new(None) }
    }

    /// The table for a pass whose last position is `length − 1`.
    pub fn table(&self, length: usize) -> Arc<RopeTable> {
        let mut held = self.held.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if let Some(Held { table, from, to }) = &*held
            && (*from..=*to).contains(&length)
        {
            return table.clone();
        }
        let made = self.make(length);
        let table = made.table.clone();
        *held = Some(made);
        table
    }

    fn make(&self, length: usize) -> Held {
        let doubled = length.next_power_of_two().min(self.context).max(length);
        let (from, to) = match self.rope.changes_after() {
            None => (0, doubled),
            Some(original) if length <= original => (0, doubled.min(original)),
            // Dynamic scaling has other angles at each length; LongRoPE has one list for all of them.
            Some(original) if self.is_long() => (original + 1, doubled),
            Some(_) => (length, length),
        };
        let layout = Layout {
            head_dim: self.head_dim,
            turned: self.rope.n_turned(self.head_dim),
            interleaved: self.rope.interleaved,
        };
        let frequencies = self.rope.frequencies(self.head_dim, length);
        let each: Vec<f64> = frequencies.each.iter().map(|&w| f64::from(w)).collect();
        let table = RopeTable::new(layout, &each, f64::from(frequencies.magnitude), to);
        Held { table: Arc::new(table), from, to }
    }

    fn is_long(&self) -> bool {
        matches!(self.rope.scaling, Scaling::Long(_))
    }
}

/// The angles of a model's blocks: blocks that turn alike share theirs.
#[derive(Debug)]
pub struct OfBlocks<'a> {
    spec: &'a Spec,
    made: Vec<(&'a Rope, Arc<Angles>)>,
}

impl<'a> OfBlocks<'a> {
    /// None made yet.
    pub fn new(spec: &'a Spec) -> Self {
        Self { spec, made: Vec::new() }
    }

    /// Those of a block whose heads turn.
    pub fn of(&mut self, block: usize) -> Option<Arc<Angles>> {
        let rope = self.spec.rope(block)?;
        if let Some((_, angles)) = self.made.iter().find(|(made, _)| *made == rope) {
            return Some(angles.clone());
        }
        let angles = Arc::new(Angles::new(rope.clone(), self.spec.head_dim, self.spec.context));
        self.made.push((rope, angles.clone()));
        Some(angles)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::rope::Long;

    fn cosines(angles: &Angles, length: usize, position: u32) -> Vec<f32> {
        angles.table(length).angles(&[position]).0
    }

    #[test]
    fn a_table_grows_with_what_is_read() {
        let angles = Angles::new(Rope::plain(10_000.0), 4, 1 << 20);
        let short = cosines(&angles, 3, 2);
        assert!((short[0] - 2.0_f32.cos()).abs() < 1e-6);
        let long = cosines(&angles, 100, 2);
        assert_eq!(short, long);
        assert_eq!(cosines(&angles, 5, 2), long);
    }

    #[test]
    fn stretched_angles_are_those_of_the_length() {
        let scaling = Scaling::DynamicNtk { factor: 2.0, original: 10 };
        let rope = Rope { scaling, ..Rope::plain(10_000.0) };
        let angles = Angles::new(rope, 4, 20);
        let within = cosines(&angles, 10, 9);
        assert_ne!(cosines(&angles, 15, 9), within);
        assert_ne!(cosines(&angles, 16, 9), cosines(&angles, 15, 9));
        assert_eq!(cosines(&angles, 4, 3), cosines(&angles, 9, 3));
        let (short, long) = (vec![1.0, 2.0], vec![3.0, 4.0]);
        let scaling = Scaling::Long(Long { short, long, original: 10, magnitude: 1.0 });
        let angles = Angles::new(Rope { scaling, ..Rope::plain(10_000.0) }, 4, 20);
        assert!((cosines(&angles, 10, 6)[0] - 6.0_f32.cos()).abs() < 1e-6);
        assert!((cosines(&angles, 11, 6)[0] - 2.0_f32.cos()).abs() < 1e-6);
    }
}
