//! Who may forbid tokens: a grammar, a list of choices, a ban. Knows ids only; whoever knows text
//! (a grammar over strings) implements this trait further up.

/// Decides which tokens may come next.
pub trait Constraint {
    /// Sets to `false` what may not come next. `allowed` has one entry for each token of the
    /// vocabulary, all `true` on entry.
    fn mask(&mut self, allowed: &mut [bool]);

    /// Tells which token came. Called once a token, stop tokens included.
    fn commit(&mut self, token: u32);
}

/// Forbids ids from this one on, which only pad a model's output matrix and are no tokens.
#[derive(Clone, Copy, Debug)]
pub struct Below(pub usize);

impl Constraint for Below {
    fn mask(&mut self, allowed: &mut [bool]) {
        if let Some(padding) = allowed.get_mut(self.0..) {
            padding.fill(false);
        }
    }

    fn commit(&mut self, _: u32) {}
}
