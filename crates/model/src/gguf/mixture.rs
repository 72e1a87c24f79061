//! Which type each matrix of a file has: one for all, or llama.cpp's mixtures, which give more bits to what
//! costs most when it is rounded (`llama_tensor_get_type` in its `llama-quant.cpp`): the output matrix, values,
//! what leads out of a block, the first blocks and the last.
//!
//! Left out: its rules for i-quants of fewer than four bits, for Falcon, and for models of 70 billion parameters.

use arch::Spec;
use formats::ggml::Kind;

/// A way to round a model.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mixture {
    name: &'static str,
    /// What most matrices are.
    base: &'static str,
    /// `general.file_type`.
    file_type: u32,
    /// Whether it is known how much columns count.
    weighed: bool,
}

const fn mixture(name: &'static str, base: &'static str, file_type: u32) -> Mixture {
    Mixture { name, base, file_type, weighed: false }
}

impl Mixture {
    /// Every mixture.
    pub const ALL: &'static [Self] = &[
        mixture("F32", "F32", 0),
        mixture("F16", "F16", 1),
        mixture("BF16", "BF16", 32),
        mixture("Q4_0", "Q4_0", 2),
        mixture("Q4_1", "Q4_1", 3),
        mixture("Q5_0", "Q5_0", 8),
        mixture("Q5_1", "Q5_1", 9),
        mixture("Q8_0", "Q8_0", 7),
        mixture("Q2_K", "Q2_K", 10),
        mixture("Q3_K_S", "Q3_K", 11),
        mixture("Q3_K_M", "Q3_K", 12),
        mixture("Q3_K_L", "Q3_K", 13),
        mixture("Q4_K_S", "Q4_K", 14),
        mixture("Q4_K_M", "Q4_K", 15),
        mixture("Q5_K_S", "Q5_K", 16),
        mixture("Q5_K_M", "Q5_K", 17),
        mixture("Q6_K", "Q6_K", 18),
        mixture("IQ4_NL", "IQ4_NL", 25),
        mixture("IQ4_XS", "IQ4_XS", 30),
    ];

    /// The mixture of this name, in any case of letters; `Q4_K` is `Q4_K_M`.
    ///
    /// # Errors
    /// The names that would have worked.
    pub fn named(name: &str) -> Result<Self, String> {
        let with_default = format!("{name}_M");
        let is_it = |own: &&Self| {
            [name, with_default.as_str()].iter().any(|name| own.name.eq_ignore_ascii_case(name))
        };
        Self::ALL.iter().find(is_it).copied().ok_or_else(|| {
            let names: Vec<&str> = Self::ALL.iter().map(|own| own.name).collect();
            format!(
                "{name:?} is no type of numbers that is written; these are: {}",
                names.join(", ")
            )
        })
    }

    /// Its name.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// What `general.file_type` says of it.
    pub fn file_type(&self) -> u32 {
        self.file_type
    }

    /// The same for a model of which it is known how much columns count: some types are then chosen otherwise.
    pub fn weighed(self) -> Self {
        Self { weighed: true, ..self }
    }

    /// The type of the matrix called `name` whose rows have `row` numbers. Where they fill no whole blocks of
    /// it, that of the next larger one which they fill.
    ///
    /// # Errors
    /// A type that is not written.
    pub fn kind(&self, spec: &Spec, name: &str, row: usize) -> Result<Kind, String> {
        let mut wanted = Kind::to_write(self.wanted(spec, name))?;
        while !row.is_multiple_of(wanted.numbers) {
            wanted = Kind::to_write(match wanted.name {
                "Q2_K" | "Q3_K" => "Q4_0",
                "Q4_K" => "Q5_0",
                "Q5_K" => "Q5_1",
                "Q6_K" => "Q8_0",
                "IQ4_XS" => "IQ4_NL",
                _ => "F16",
            })?;
        }
        Ok(wanted)
    }

    fn wanted(&self, spec: &Spec, name: &str) -> &'static str {
        let is_plain = ["F32", "F16", "BF16"].contains(&self.base);
        let is_output = name == "output.weight" || spec.tied && name == "token_embd.weight";
        if is_plain || self.name == "Q8_0" {
            return self.base;
        }
        if is_output {
            return "Q6_K";
        }
        let block = name.strip_prefix("blk.").and_then(|rest| rest.split('.').next()?.parse().ok());
        let block: usize = block.unwrap_or(0);
        let many = spec.experts.as_ref().is_some_and(|experts| experts.n == 8);
        let more = match name.rsplit('.').nth(1).unwrap_or_default() {
            "attn_v" | "attn_k" | "attn_qkv" | "attn_kv_b" if many => Some("Q8_0"),
            "attn_v" | "attn_qkv" | "attn_kv_b" => self.values(spec, block),
            "ffn_down" | "ffn_down_exps" => self.down(spec.n_layers, block),
            "attn_output" if many => self.out_of_eight(),
            "attn_output" => self.out(),
            _ => None,
        };
        more.unwrap_or(self.base)
    }

    /// What values are made with, alone or together with others.
    fn values(&self, spec: &Spec, block: usize) -> Option<&'static str> {
        let shared = spec.n_heads / spec.n_kv_heads.max(1) >= 4;
        match self.name {
            "Q2_K" => Some(if shared { "Q4_K" } else { "Q3_K" }),
            "Q3_K_M" => Some(if block < 2 { "Q5_K" } else { "Q4_K" }),
            "Q3_K_L" => Some("Q5_K"),
            "IQ4_NL" | "IQ4_XS" if shared => Some("Q5_K"),
            "Q4_K_S" if block < 4 => Some("Q5_K"),
            "Q4_K_M" | "Q5_K_M" if gets_more(spec.n_layers, block) => Some("Q6_K"),
            _ => None,
        }
    }

    /// What leads out of a feed-forward part.
    fn down(&self, n: usize, block: usize) -> Option<&'static str> {
        match self.name {
            "Q2_K" => Some("Q3_K"),
            "Q3_K_M" => Some(if block < n / 16 { "Q5_K" } else { "Q4_K" }),
            "Q3_K_L" => Some("Q5_K"),
            "Q4_K_M" | "Q5_K_M" if gets_more(n, block) => Some("Q6_K"),
            "Q4_K_S" if block < n / 8 => Some("Q5_K"),
            "IQ4_NL" | "IQ4_XS" if block < n / 8 && !self.weighed => Some("Q5_K"),
            // Columns that count very much can make a scale without an offset poor in the first blocks.
            "Q4_0" if block < n / 8 && self.weighed => Some("Q4_1"),
            "Q5_0" if block < n / 8 && self.weighed => Some("Q5_1"),
            _ => None,
        }
    }

    /// What leads out of attention.
    fn out(&self) -> Option<&'static str> {
        match self.name {
            "Q2_K" => Some("Q3_K"),
            "Q3_K_M" => Some("Q4_K"),
            "Q3_K_L" => Some("Q5_K"),
            _ => None,
        }
    }

    /// The same beside eight experts, which are most of a model.
    fn out_of_eight(&self) -> Option<&'static str> {
        let finer = ["Q2_K", "Q3_K_S", "Q3_K_M", "Q4_K_S", "Q4_K_M", "IQ4_NL", "IQ4_XS"];
        finer.contains(&self.name).then_some("Q5_K")
    }
}

/// The first eighth of all blocks, the last, and every third between.
fn gets_more(n: usize, block: usize) -> bool {
    block < n / 8 || block >= 7 * n / 8 || (block - n / 8) % 3 == 2
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(mixture: &str, spec: &Spec, name: &str, row: usize) -> Vec<&'static str> {
        let mixture = Mixture::named(mixture).unwrap();
        let of = |i| mixture.kind(spec, &format!("blk.{i}.{name}.weight"), row).unwrap().name;
        (0..spec.n_layers).map(of).collect()
    }

    #[test]
    fn mixtures_give_more_to_the_first_and_the_last() {
        let spec = Spec { tied: false, ..Spec::llama(512, 256, 16, 4) };
        let down = kinds("Q4_K_M", &spec, "ffn_down", 1024);
        let more: Vec<usize> = (0..16).filter(|&i| down[i] == "Q6_K").collect();
        assert_eq!(more, [0, 1, 4, 7, 10, 13, 14, 15]);
        assert!(kinds("Q4_K_M", &spec, "attn_q", 256).iter().all(|kind| *kind == "Q4_K"));
        assert_eq!(kinds("q3_k_m", &spec, "attn_v", 256)[..3], ["Q5_K", "Q5_K", "Q4_K"]);
        let q5 = Mixture::named("Q5_K_S").unwrap();
        assert_eq!(q5.kind(&spec, "output.weight", 256).unwrap().name, "Q6_K");
        assert_eq!(q5.kind(&spec, "token_embd.weight", 256).unwrap().name, "Q5_K");
        let tied = Spec { tied: true, ..spec };
        assert_eq!(q5.kind(&tied, "token_embd.weight", 256).unwrap().name, "Q6_K");
    }

    #[test]
    fn rows_that_fill_no_blocks_have_the_next_type() {
        let spec = Spec::llama(512, 896, 8, 14);
        assert_eq!(kinds("Q4_K_M", &spec, "ffn_down", 896)[3..5], ["Q8_0", "Q5_0"]);
        assert_eq!(kinds("Q5_K_S", &spec, "ffn_up", 896)[0], "Q5_1");
        assert_eq!(kinds("Q4_0", &spec, "ffn_up", 24)[0], "F16");
        assert!(Mixture::named("Q4_K").unwrap().name() == "Q4_K_M");
        assert!(Mixture::named("q9").unwrap_err().contains("Q4_K_M"));
    }

    #[test]
    fn what_is_known_of_columns_changes_the_first_down_matrices() {
        let spec = Spec { n_kv_heads: 4, ..Spec::llama(512, 256, 16, 16) };
        let of = |name: &str, block: usize, weighed: bool| {
            let mixture = Mixture::named(name).unwrap();
            let mixture = if weighed { mixture.weighed() } else { mixture };
            mixture.kind(&spec, &format!("blk.{block}.ffn_down.weight"), 1024).unwrap().name
        };
        assert_eq!([of("Q4_0", 1, true), of("Q4_0", 2, true)], ["Q4_1", "Q4_0"]);
        assert_eq!([of("Q5_0", 0, true), of("Q5_0", 0, false)], ["Q5_1", "Q5_0"]);
        assert_eq!([of("IQ4_XS", 0, true), of("IQ4_XS", 0, false)], ["IQ4_XS", "Q5_K"]);
        assert_eq!(kinds("Q2_K", &spec, "attn_v", 256)[5], "Q4_K");
        assert_eq!(kinds("IQ4_XS", &spec, "attn_q", 96)[5], "IQ4_NL");
    }
}
