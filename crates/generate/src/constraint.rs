//! Who may forbid tokens: a grammar, a list of choices, a ban. Knows ids only; whoever knows text
//! (a grammar over strings) implements this trait further up.

/// Decides which tokens may come next.
pub trait Constraint {
    /// Sets to `false` what may not come next. `allowed` has one entry for each token of the
    /// vocabulary, all `true` on entry.
    fn mask(&mut self, allowed: &mut [bool]);

    /// Tells which token came. Called once a token, stop tokens included.
    fn commit(&mut self, token: u32);

    /// Whether nothing may come any more but the end: then the answer ends, stop token or none.
    fn is_finished(&self) -> bool {
        false
    }

    /// Why the last mask allows nothing, where that is a failure and not what was wanted.
    fn failure(&self) -> Option<String> {
        None
    }
}

/// Forbids ids that only pad a model's output matrix and are no token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Known {
    n_tokens: usize,
}

impl Known {
    /// What a model of `n_rows` needs whose tokenizer has `n_tokens`: nothing, if all rows are tokens.
    pub fn of(n_tokens: usize, n_rows: usize) -> Option<Self> {
        (n_rows > n_tokens).then_some(Self { n_tokens })
    }
}

impl Constraint for Known {
    fn mask(&mut self, allowed: &mut [bool]) {
        allowed[self.n_tokens..].fill(false);
    }

    fn commit(&mut self, _: u32) {}
}
