//! Models of llama2.c: the sizes of a `.bin` as a [`Spec`] of Llama's family, and its tensors under
//! Llama's published names. The heads of such a file turn by neighbouring pairs; its query and key rows
//! are put in the order of halves, so that the model is any other Llama from then on.

use std::path::Path;

use arch::piece::{Layout, Piece};
use arch::spec::differences;
use arch::{Error as Arch, Slot, Spec, Tensor as Weights, WeightSource};
use formats::Tensors;
use formats::llama2c::{Llama2c, Sizes, write};

use crate::folder::Error;

/// A file as a source of a Llama's tensors.
#[derive(Debug)]
pub struct Source {
    file: Llama2c,
}

impl Source {
    /// Opens a `.bin`.
    ///
    /// # Errors
    /// [`Error::Weights`].
    pub fn open(path: &Path) -> Result<Self, Error> {
        Ok(Self { file: Llama2c::open(path)? })
    }

    /// The model that the sizes describe. The format has no place for ε and for the base of RoPE, which
    /// its runtime has as 1e-5 and 10,000.
    ///
    /// # Errors
    /// [`Error::Arch`] for sizes that make no model.
    pub fn spec(&self) -> Result<Spec, Error> {
        let sizes = self.file.sizes();
        let llama = Spec::llama(sizes.vocab_size, sizes.dim, sizes.n_layers, sizes.n_heads);
        let spec = Spec {
            n_kv_heads: sizes.n_kv_heads,
            d_ff: sizes.hidden_dim,
            context: sizes.seq_len,
            tied: sizes.tied,
            ..llama
        };
        spec.check()?;
        Ok(spec)
    }

    fn piece(&self, name: &str) -> Option<Piece> {
        let (own, layout) = own_name(name, &self.file.sizes())?;
        let rows = *self.file.shape(&own).ok()?.first()?;
        Some(Piece { name: own, rows, layout })
    }
}

impl WeightSource for Source {
    fn tensor(&self, name: &str) -> Result<Weights, Arch> {
        let missing = || Arch::MissingTensor { name: name.to_string() };
        let piece = self.piece(name).ok_or_else(missing)?;
        let read = |e: formats::Error| Arch::Read { name: name.to_string(), reason: e.to_string() };
        let shape = self.file.shape(&piece.name).map_err(read)?.to_vec();
        Ok(piece.ours(Weights::new(shape, self.file.f32(&piece.name).map_err(read)?)?))
    }

    fn shape(&self, name: &str) -> Option<Vec<usize>> {
        Some(self.file.shape(&self.piece(name)?.name).ok()?.to_vec())
    }

    fn names(&self) -> Vec<String> {
        self.file.names().filter_map(llamas_name).collect()
    }
}

/// Pairs of names, Llama's and llama2.c's; those of blocks stand behind the block's number.
const NAMES: [(&str, &str); 3] =
    [("model.embed_tokens", "tok_embeddings"), ("model.norm", "norm"), ("lm_head", "output")];
const NAMES_IN_BLOCKS: [(&str, &str); 9] = [
    ("input_layernorm", "attention_norm"),
    ("self_attn.q_proj", "attention.wq"),
    ("self_attn.k_proj", "attention.wk"),
    ("self_attn.v_proj", "attention.wv"),
    ("self_attn.o_proj", "attention.wo"),
    ("post_attention_layernorm", "ffn_norm"),
    ("mlp.gate_proj", "feed_forward.w1"),
    ("mlp.down_proj", "feed_forward.w2"),
    ("mlp.up_proj", "feed_forward.w3"),
];

/// Llama's name for a tensor of the file.
fn llamas_name(own: &str) -> Option<String> {
    let own = own.strip_suffix(".weight")?;
    if let Some((block, part)) = own.strip_prefix("layers.").and_then(|rest| rest.split_once('.')) {
        let (name, _) = NAMES_IN_BLOCKS.iter().find(|(_, own)| *own == part)?;
        return Some(format!("model.layers.{block}.{name}.weight"));
    }
    let (name, _) = NAMES.iter().find(|(_, known)| *known == own)?;
    Some(format!("{name}.weight"))
}

/// The file's name for a tensor of a Llama, and how its rows lie there.
fn own_name(name: &str, sizes: &Sizes) -> Option<(String, Layout)> {
    let name = name.strip_suffix(".weight")?;
    let Some(rest) = name.strip_prefix("model.layers.") else {
        let (_, own) = NAMES.iter().find(|(known, _)| *known == name)?;
        return Some((format!("{own}.weight"), Layout::Rows));
    };
    let (block, part) = rest.split_once('.')?;
    let (_, own) = NAMES_IN_BLOCKS.iter().find(|(known, _)| *known == part)?;
    let layout = match *own {
        "attention.wq" => Layout::Neighbours { heads: sizes.n_heads },
        "attention.wk" => Layout::Neighbours { heads: sizes.n_kv_heads },
        _ => Layout::Rows,
    };
    Some((format!("layers.{block}.{own}.weight"), layout))
}

/// Writes a model's slots as a `.bin`, whole or not at all.
///
/// # Errors
/// [`Error::Llama2c`] with what the format has no place for; [`Error::Weights`].
pub fn save(
    spec: &Spec,
    slots: impl IntoIterator<Item = (Slot, Weights)>,
    path: &Path,
) -> Result<(), Error> {
    let sizes = sizes(spec)?;
    let llama = Spec { family: "llama".into(), ..spec.clone() };
    let tensors = arch::family::publish(&llama, slots)?;
    write(path, &sizes, |own| {
        let missing = || Arch::MissingTensor { name: own.to_string() };
        let name = llamas_name(own).ok_or_else(missing)?;
        let (_, tensor) = tensors.iter().find(|(other, _)| *other == name).ok_or_else(missing)?;
        let layout = own_name(&name, &sizes).map_or(Layout::Rows, |(_, layout)| layout);
        let piece = Piece { name, rows: tensor.shape[0], layout };
        Ok::<_, Error>(piece.published(tensor.clone()).values)
    })
}

/// The sizes of a spec, if it has nothing that they leave out.
fn sizes(spec: &Spec) -> Result<Sizes, Error> {
    let sizes = Sizes {
        dim: spec.d_model,
        hidden_dim: spec.d_ff,
        n_layers: spec.n_layers,
        n_heads: spec.n_heads,
        n_kv_heads: spec.n_kv_heads,
        vocab_size: spec.vocab_size,
        seq_len: spec.context,
        tied: spec.tied,
    };
    let plain = Spec {
        family: spec.family.clone(),
        n_kv_heads: spec.n_kv_heads,
        d_ff: spec.d_ff,
        context: spec.context,
        tied: spec.tied,
        ..Spec::llama(spec.vocab_size, spec.d_model, spec.n_layers, spec.n_heads)
    };
    let more = differences(spec, &plain).into_iter();
    let more: Vec<String> = more.map(|d| format!("{}: {}", d.field, d.first)).collect();
    if more.is_empty() { Ok(sizes) } else { Err(Error::Llama2c(more.join("; "))) }
}
