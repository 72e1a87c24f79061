//! What can be wrong with a wish for an optimizer, or with what it is given back to remember.

/// The crate's only error.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum Error {
    /// A number that cannot be.
    #[error("{name} is {got}; expected {expected}")]
    Option {
        /// Which.
        name: &'static str,
        /// What was given.
        got: String,
        /// What would have worked.
        expected: &'static str,
    },
    /// A choice that a rule does not have.
    #[error("--{knob} is no choice of {rule}; it goes with --optimizer {rules}")]
    Knob {
        /// The option of the command line.
        knob: &'static str,
        /// The rule that was chosen.
        rule: &'static str,
        /// Those that have it.
        rules: String,
    },
    /// A group that cannot be read.
    #[error(
        "the group {text:?} cannot be read: {reason}; write PATTERN:lr=0.1,weight-decay=0 or PATTERN:frozen"
    )]
    Group {
        /// What was given.
        text: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A pattern without a parameter.
    #[error("the pattern {pattern:?} fits no parameter; this model's are:\n{known}")]
    NoMatch {
        /// The pattern.
        pattern: String,
        /// All paths, a line each.
        known: String,
    },
    /// All is frozen.
    #[error("every parameter is frozen, so that there is nothing to learn; freeze fewer of them")]
    NothingLearns,
    /// Memory that is not this optimizer's.
    #[error("{name}: {reason}")]
    Memory {
        /// Its name.
        name: String,
        /// What is wrong with it.
        reason: String,
    },
}
