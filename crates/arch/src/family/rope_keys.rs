//! Rotary positions as configs have them, both ways.
//!
//! Transformers 5 keeps all of it in `rope_parameters`; earlier ones keep θ and the share of each head
//! that turns at the top and the rest in `rope_scaling`, which is what we write, since 5 reads it too.

use serde_json::{Value, json};

use super::keys::{Keys, short};
use crate::Error;
use crate::spec::rope::{Long, Rope, Scaling, Yarn};

/// What a family assumes where its config says nothing.
#[derive(Clone, Copy, Debug)]
pub struct Defaults {
    /// θ.
    pub theta: f64,
    /// The share of each head that turns.
    pub share: f64,
    /// The name of θ at the top of the config.
    pub theta_key: &'static str,
    /// The name of the share.
    pub share_key: &'static str,
}

impl Default for Defaults {
    fn default() -> Self {
        Self {
            theta: 10_000.0,
            share: 1.0,
            theta_key: "rope_theta",
            share_key: "partial_rotary_factor",
        }
    }
}

/// Reads how heads of `head_dim` are turned, and the positions that the model has.
///
/// # Errors
/// [`Error::Config`].
pub fn read(
    config: Keys<'_>,
    head_dim: usize,
    context: usize,
    defaults: Defaults,
) -> Result<(Rope, usize), Error> {
    let home = if config.has("rope_scaling") { "rope_scaling" } else { "rope_parameters" };
    let rope = config.below(home);
    read_one(config, rope, head_dim, context, defaults)
}

/// The same, of one of several dictionaries.
///
/// # Errors
/// [`Error::Config`].
pub fn read_one(
    config: Keys<'_>,
    rope: Keys<'_>,
    head_dim: usize,
    context: usize,
    defaults: Defaults,
) -> Result<(Rope, usize), Error> {
    let either = |inner: &str, outer: &str, default: f64| match rope.number_if(inner)? {
        Some(number) => Ok(number),
        None => config.number_or(outer, default),
    };
    let theta = either("rope_theta", defaults.theta_key, defaults.theta)? as f32;
    let share = either("partial_rotary_factor", defaults.share_key, defaults.share)?;
    let turned = (head_dim as f64 * share) as usize;
    let kind = if rope.has("rope_type") { "rope_type" } else { "type" };
    let (scaling, context) = match rope.text_or(kind, "default")? {
        "default" => (Scaling::None, context),
        "linear" => (Scaling::Linear { factor: rope.number("factor")? as f32 }, context),
        "dynamic" => {
            let factor = rope.number("factor")? as f32;
            let longest = (f64::from(factor) * context as f64) as usize;
            (Scaling::DynamicNtk { factor, original: context }, longest.max(context))
        }
        "yarn" => (Scaling::Yarn(yarn(config, rope, context)?), context),
        "llama3" => (llama3(config, rope, context)?, context),
        "longrope" | "su" => (Scaling::Long(long(config, rope, context)?), context),
        _ => {
            let known = "default, linear, dynamic, yarn, llama3 or longrope";
            return Err(rope.wrong(kind, known));
        }
    };
    let turned = (turned != head_dim).then_some(turned);
    Ok((Rope { theta, turned, interleaved: false, scaling }, context))
}

fn original(config: Keys<'_>, rope: Keys<'_>, context: usize) -> Result<usize, Error> {
    let key = "original_max_position_embeddings";
    if config.has(key) { config.size(key) } else { rope.size_or(key, context) }
}

fn yarn(config: Keys<'_>, rope: Keys<'_>, context: usize) -> Result<Yarn, Error> {
    let original = original(config, rope, context)?;
    let factor = rope.number_or("factor", context as f64 / original.max(1) as f64)?;
    let strength = |key| rope.number_or(key, 0.0);
    let magnitude = match rope.number_if("attention_factor")? {
        Some(magnitude) => magnitude,
        None => match (strength("mscale")?, strength("mscale_all_dim")?) {
            (one, all) if one != 0.0 && all != 0.0 => {
                Yarn::magnitude_of(factor, one) / Yarn::magnitude_of(factor, all)
            }
            _ => Yarn::magnitude_of(factor, 1.0),
        },
    };
    Ok(Yarn {
        factor: factor as f32,
        original,
        beta_fast: rope.number_or("beta_fast", 32.0)? as f32,
        beta_slow: rope.number_or("beta_slow", 1.0)? as f32,
        magnitude: magnitude as f32,
        whole: rope.flag_or("truncate", true)?,
    })
}

fn llama3(config: Keys<'_>, rope: Keys<'_>, context: usize) -> Result<Scaling, Error> {
    Ok(Scaling::Llama3 {
        factor: rope.number("factor")? as f32,
        low: rope.number("low_freq_factor")? as f32,
        high: rope.number("high_freq_factor")? as f32,
        original: original(config, rope, context)?,
    })
}

fn long(config: Keys<'_>, rope: Keys<'_>, context: usize) -> Result<Long, Error> {
    let original = original(config, rope, context)?;
    let factor = rope.number_or("factor", context as f64 / original.max(1) as f64)?;
    let magnitude = match rope.number_if("attention_factor")? {
        Some(magnitude) => magnitude,
        None if factor <= 1.0 => 1.0,
        None => (1.0 + factor.ln() / (original as f64).ln()).sqrt(),
    };
    Ok(Long {
        short: rope.numbers("short_factor")?,
        long: rope.numbers("long_factor")?,
        original,
        magnitude: magnitude as f32,
    })
}

/// Writes θ, the share and the scaling into a config. What the field has no word for (NTK with one
/// factor, neighbouring pairs) is not written; [`to_config`](super::to_config) notices.
pub fn write(rope: &Rope, head_dim: usize, config: &mut Value, defaults: Defaults) {
    config[defaults.theta_key] = json!(short(rope.theta));
    let (turned, head_dim) = (rope.n_turned(head_dim) as f64, head_dim as f64);
    // A reader rounds the product down.
    let exact = (turned / head_dim * head_dim).floor() == turned;
    let share = if exact { turned } else { turned + 0.5 } / head_dim;
    if share != defaults.share {
        config[defaults.share_key] = json!(share);
    }
    if let Scaling::DynamicNtk { original, .. } = rope.scaling {
        config["max_position_embeddings"] = json!(original);
    }
    if let Some(scaling) = scaling(&rope.scaling) {
        config["rope_scaling"] = scaling;
    }
}

/// The dictionary of a scaling, without θ.
fn scaling(scaling: &Scaling) -> Option<Value> {
    let list = |list: &[f32]| list.iter().map(|&x| short(x)).collect::<Vec<_>>();
    Some(match scaling {
        Scaling::None | Scaling::Ntk { .. } => return None,
        Scaling::Linear { factor } => json!({"rope_type": "linear", "factor": short(*factor)}),
        Scaling::DynamicNtk { factor, .. } => {
            json!({"rope_type": "dynamic", "factor": short(*factor)})
        }
        Scaling::Yarn(yarn) => json!({
            "rope_type": "yarn",
            "factor": short(yarn.factor),
            "original_max_position_embeddings": yarn.original,
            "beta_fast": short(yarn.beta_fast),
            "beta_slow": short(yarn.beta_slow),
            "attention_factor": short(yarn.magnitude),
            "truncate": yarn.whole,
        }),
        Scaling::Llama3 { factor, low, high, original } => json!({
            "rope_type": "llama3",
            "factor": short(*factor),
            "low_freq_factor": short(*low),
            "high_freq_factor": short(*high),
            "original_max_position_embeddings": original,
        }),
        Scaling::Long(long) => json!({
            "rope_type": "longrope",
            "short_factor": list(&long.short),
            "long_factor": list(&long.long),
            "original_max_position_embeddings": long.original,
            "attention_factor": short(long.magnitude),
        }),
    })
}
