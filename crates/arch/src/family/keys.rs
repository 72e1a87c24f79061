//! The keys of a `config.json`, read with an error that says what should have stood there.

use serde_json::Value;

use crate::{Activation, Error};

/// A JSON object whose keys are asked for by type.
#[derive(Clone, Copy, Debug)]
pub struct Keys<'a>(pub &'a Value);

impl<'a> Keys<'a> {
    /// Whether the key is there and not null.
    pub fn has(self, key: &str) -> bool {
        !self.0[key].is_null()
    }

    /// The object below a key; without one all its keys are absent.
    pub fn below(self, key: &str) -> Self {
        Self(&self.0[key])
    }

    /// A whole number.
    ///
    /// # Errors
    /// [`Error::Config`], as of all that follow.
    pub fn size(self, key: &str) -> Result<usize, Error> {
        let number = self.0[key].as_u64().and_then(|n| usize::try_from(n).ok());
        number.ok_or_else(|| self.wrong(key, "a whole number"))
    }

    /// A whole number, or `default` where there is none.
    pub fn size_or(self, key: &str, default: usize) -> Result<usize, Error> {
        if self.has(key) { self.size(key) } else { Ok(default) }
    }

    /// A number.
    pub fn number(self, key: &str) -> Result<f64, Error> {
        self.0[key].as_f64().ok_or_else(|| self.wrong(key, "a number"))
    }

    /// A number, or `default` where there is none.
    pub fn number_or(self, key: &str, default: f64) -> Result<f64, Error> {
        if self.has(key) { self.number(key) } else { Ok(default) }
    }

    /// A number where there is one.
    pub fn number_if(self, key: &str) -> Result<Option<f64>, Error> {
        if self.has(key) { self.number(key).map(Some) } else { Ok(None) }
    }

    /// True or false, or `default` where there is nothing.
    pub fn flag_or(self, key: &str, default: bool) -> Result<bool, Error> {
        if !self.has(key) {
            return Ok(default);
        }
        self.0[key].as_bool().ok_or_else(|| self.wrong(key, "true or false"))
    }

    /// A string.
    pub fn text(self, key: &str) -> Result<&'a str, Error> {
        self.0[key].as_str().ok_or_else(|| self.wrong(key, "a string"))
    }

    /// A string, or `default` where there is none.
    pub fn text_or(self, key: &str, default: &'a str) -> Result<&'a str, Error> {
        if self.has(key) { self.text(key) } else { Ok(default) }
    }

    /// A list of numbers.
    pub fn numbers(self, key: &str) -> Result<Vec<f32>, Error> {
        let wrong = || self.wrong(key, "a list of numbers");
        let list = self.0[key].as_array().ok_or_else(wrong)?;
        list.iter().map(|v| v.as_f64().map(|v| v as f32).ok_or_else(wrong)).collect()
    }

    /// A list of strings.
    pub fn texts(self, key: &str) -> Result<Vec<&'a str>, Error> {
        let wrong = || self.wrong(key, "a list of strings");
        let list = self.0[key].as_array().ok_or_else(wrong)?;
        list.iter().map(|v| v.as_str().ok_or_else(wrong)).collect()
    }

    /// The key must be absent or have this value.
    pub fn only(self, key: &str, value: &Value, why: &str) -> Result<(), Error> {
        let fine = !self.has(key) || self.0[key] == *value;
        if fine { Ok(()) } else { Err(self.wrong(key, &format!("{value} ({why})"))) }
    }

    /// Width of a head where a config does not say it.
    pub fn head_dim(self, width_key: &str, heads_key: &str) -> Result<usize, Error> {
        let (width, heads) = (self.size(width_key)?, self.size(heads_key)?);
        if heads == 0 || !width.is_multiple_of(heads) {
            return Err(self.wrong(heads_key, &format!("a divisor of {width_key} ({width})")));
        }
        Ok(width / heads)
    }

    /// The non-linearity that a key names in the field's words; of the gate where blocks are gated.
    pub fn activation(self, key: &str, default: &'a str, gated: bool) -> Result<Activation, Error> {
        use Activation::{
            GeGlu, GeGluTanh, Gelu, GeluTanh, QuickGelu, ReGlu, Relu, ReluSquared, Silu, SwiGlu,
        };
        let known: [(&[&str], Activation, Option<Activation>); 6] = [
            (&["silu", "swish"], Silu, Some(SwiGlu)),
            (&["gelu", "gelu_python"], Gelu, Some(GeGlu)),
            (&["gelu_new", "gelu_pytorch_tanh", "gelu_fast"], GeluTanh, Some(GeGluTanh)),
            (&["relu"], Relu, Some(ReGlu)),
            (&["relu2"], ReluSquared, None),
            (&["quick_gelu"], QuickGelu, None),
        ];
        let name = self.text_or(key, default)?;
        let found = known.iter().find(|(names, ..)| names.contains(&name));
        let found = found.and_then(|&(_, plain, gate)| if gated { gate } else { Some(plain) });
        found.ok_or_else(|| {
            let fits = known.iter().filter(|(.., gate)| !gated || gate.is_some());
            let names: Vec<&str> = fits.flat_map(|(names, ..)| *names).copied().collect();
            self.wrong(key, &format!("one of {}", names.join(", ")))
        })
    }

    /// The error for a key.
    pub fn wrong(self, key: &str, expected: &str) -> Error {
        let got = match &self.0[key] {
            Value::Null => "nothing".to_string(),
            value => value.to_string().chars().take(60).collect(),
        };
        Error::Config { key: key.to_string(), expected: expected.to_string(), got }
    }
}

/// The field's word for a non-linearity, or for that of a gate.
pub fn activation_name(activation: Activation) -> &'static str {
    use Activation::{
        GeGlu, GeGluTanh, Gelu, GeluTanh, QuickGelu, ReGlu, Relu, ReluSquared, Silu, SwiGlu,
        SwiGluClamped,
    };
    match activation {
        Silu | SwiGlu | SwiGluClamped => "silu",
        Gelu | GeGlu => "gelu",
        GeluTanh | GeGluTanh => "gelu_pytorch_tanh",
        Relu | ReGlu => "relu",
        ReluSquared => "relu2",
        QuickGelu => "quick_gelu",
    }
}

/// The shortest decimal that reads back as this `f32`, so that 1e-5 is written as 1e-5.
pub fn short(value: f32) -> f64 {
    value.to_string().parse().unwrap_or_else(|_| f64::from(value))
}
