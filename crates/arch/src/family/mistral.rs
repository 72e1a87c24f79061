//! Mistral (Jiang et al., "Mistral 7B", 2023): Llama's form with a window that slides in every block,
//! unless its config says null.

use serde_json::{Value, json};

use super::Family;
use super::keys::Keys;
use super::llama;
use super::rope_keys::Defaults;
use crate::Error;
use crate::piece::Piece;
use crate::slot::Slot;
use crate::spec::{Attending, Layers, Spec};

/// The family.
pub struct Mistral;

/// The window where a config has no word on it.
const WINDOW: usize = 4096;

impl Family for Mistral {
    fn name(&self) -> &'static str {
        "mistral"
    }

    fn spec(&self, config: Keys<'_>) -> Result<Spec, Error> {
        let absent = config.0.get("sliding_window").is_none();
        let attention = window(config, absent.then_some(WINDOW))?;
        Ok(Spec { attention, ..llama::spec(self.name(), config, Defaults::default())? })
    }

    fn config(&self, spec: &Spec) -> Value {
        let mut config = llama::config("MistralForCausalLM", spec, Defaults::default());
        config["sliding_window"] = json!(spec.attention.window);
        config
    }

    fn form(&self, base: Spec) -> Spec {
        let (window, sliding) = (Some(WINDOW), Layers::All);
        Spec { attention: Attending { window, sliding, ..base.attention }, ..base }
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

/// A window over every block, if the config has one.
pub(super) fn window(config: Keys<'_>, default: Option<usize>) -> Result<Attending, Error> {
    let window = match config.has("sliding_window") {
        true => Some(config.size("sliding_window")?),
        false => default,
    };
    let sliding = if window.is_some() { Layers::All } else { Layers::None };
    Ok(Attending { window, sliding, ..Attending::default() })
}
