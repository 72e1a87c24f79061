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
