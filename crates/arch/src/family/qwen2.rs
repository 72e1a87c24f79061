//! Qwen 2 and 2.5 (Yang et al., "Qwen2 Technical Report", 2024): Llama's form with biases on queries, keys
//! and values, and a window that slides in the upper blocks where a config asks for it.

use serde_json::{Value, json};

use super::Family;
use super::keys::Keys;
use super::llama;
use super::rope_keys::Defaults;
use crate::Error;
use crate::piece::Piece;
use crate::slot::Slot;
use crate::spec::{Attending, Biases, Layers, Spec};

/// The family.
pub struct Qwen2;

impl Family for Qwen2 {
    fn name(&self) -> &'static str {
        "qwen2"
    }

    fn spec(&self, config: Keys<'_>) -> Result<Spec, Error> {
        let spec = llama::spec(self.name(), config, Defaults::default())?;
        Ok(Spec { attention: windows(config, spec.n_layers)?, biases: Biases::QKV, ..spec })
    }

    fn config(&self, spec: &Spec) -> Value {
        let mut config = llama::config("Qwen2ForCausalLM", spec, Defaults::default());
        write_windows(&mut config, spec);
        config
    }

    fn form(&self, base: Spec) -> Spec {
        Spec { biases: Biases::QKV, ..base }
    }

    fn pieces(&self, spec: &Spec, slot: Slot) -> Vec<Piece> {
        llama::pieces(spec, slot)
    }

    fn other_names(&self, name: &str) -> Vec<String> {
        llama::bare(name)
    }

    fn is_idle(&self, name: &str) -> bool {
        llama::is_table(name)
    }
}

/// The windows of a config that switches them on apart from their width.
pub(super) fn windows(config: Keys<'_>, n_layers: usize) -> Result<Attending, Error> {
    let on = config.flag_or("use_sliding_window", false)?;
    let window = if on { Some(config.size_or("sliding_window", 4096)?) } else { None };
    let sliding = match (window, config.has("layer_types")) {
        (None, _) => Layers::None,
        (_, true) => sliding(config, n_layers)?,
        (_, false) => {
            let first = config.size_or("max_window_layers", 28)?;
            Layers::of(n_layers, |i| i >= first)
        }
    };
    let window = window.filter(|_| !sliding.is_none());
    Ok(Attending { window, sliding, ..Attending::default() })
}

/// The blocks that a config's `layer_types` says to slide.
pub(super) fn sliding(config: Keys<'_>, n_layers: usize) -> Result<Layers, Error> {
    let (key, kinds) = ("layer_types", ["full_attention", "sliding_attention"]);
    let types = config.texts(key)?;
    if types.len() != n_layers || types.iter().any(|kind| !kinds.contains(kind)) {
        let expected = format!("{n_layers} times \"{}\" or \"{}\"", kinds[0], kinds[1]);
        return Err(config.wrong(key, &expected));
    }
    Ok(Layers::of(n_layers, |i| types[i] == kinds[1]))
}

/// Block by block, in the words of [`sliding`].
pub(super) fn layer_types(spec: &Spec) -> Value {
    let kind =
        |i| if spec.attention.sliding.has(i) { "sliding_attention" } else { "full_attention" };
    json!((0..spec.n_layers).map(kind).collect::<Vec<_>>())
}

/// Writes what [`windows`] reads.
pub(super) fn write_windows(config: &mut Value, spec: &Spec) {
    let window = spec.attention.window;
    config["use_sliding_window"] = json!(window.is_some());
    if window.is_some() {
        config["sliding_window"] = json!(window);
        config["max_window_layers"] = json!(0);
        config["layer_types"] = layer_types(spec);
    }
}
