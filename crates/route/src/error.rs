//! What can be wrong with a configuration.

/// Why a router cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Not an address of a replica.
    #[error("{text:?} is no replica's address: {reason}; write http://host:port")]
    Address {
        /// What was given.
        text: String,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// The file cannot be read.
    #[error("the configuration {path} cannot be read: {source}")]
    Read {
        /// The file.
        path: String,
        /// What the system says.
        source: std::io::Error,
    },
    /// The file is no TOML, or has a key that is not known.
    #[error("the configuration is not understood: {0}")]
    Syntax(#[from] toml::de::Error),
    /// A value that cannot be.
    #[error("{field} is {found}; give {expected}")]
    Value {
        /// Its key.
        field: &'static str,
        /// What was given.
        found: String,
        /// What would do.
        expected: &'static str,
    },
    /// A policy that does not exist.
    #[error("no policy is called {name:?}; there are {known}")]
    Policy {
        /// What was given.
        name: String,
        /// All names.
        known: String,
    },
    /// Nothing to route to.
    #[error("there is no replica; give --replica http://host:port, or [[replica]] in --config")]
    NoReplica,
    /// Replicas that cannot be told apart.
    #[error("two replicas are called {0:?}; give each its own name and address")]
    Twice(String),
}
