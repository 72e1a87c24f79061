//! How deep in the model a parameter lies, by its path, and learning rates that fall with the depth
//! (Clark et al., "ELECTRA", 2020; Bao et al., "BEiT", 2021): below the output each block's is the one
//! above times a factor.
//!
//! Of n blocks `blocks.0.` to `blocks.{n-1}.`, block i has `factor^(n - i)`, the embedding
//! `factor^(n + 1)`, and what comes after the blocks 1. A table that is the output matrix too lies
//! where the embedding does.

/// What the learning rate of a parameter is multiplied by in a model of `n_blocks`.
pub fn rate(path: &str, n_blocks: usize, factor: f64) -> f64 {
    let below = match (block(path), is_table(path)) {
        (Some(block), _) => n_blocks.saturating_sub(block),
        (None, true) => n_blocks + 1,
        (None, false) => 0,
    };
    factor.powi(i32::try_from(below).unwrap_or(i32::MAX))
}

/// The number of a parameter's block, if it is in one.
pub fn block(path: &str) -> Option<usize> {
    path.strip_prefix("blocks.")?.split('.').next()?.parse().ok()
}

/// Whether it is of the embedding: a table whose rows are looked up.
pub fn is_table(path: &str) -> bool {
    path.starts_with("embedding.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_fall_from_the_head_to_the_embedding() {
        let rates = ["head", "final_norm.gain", "blocks.11.attention.out.weight", "blocks.0.x"]
            .map(|path| rate(path, 12, 0.5));
        assert_eq!(rates, [1.0, 1.0, 0.5, 0.5_f64.powi(12)]);
        assert_eq!(rate("embedding.tokens", 12, 0.5), 0.5_f64.powi(13));
        assert_eq!(block("blocks.x.y"), None);
    }
}
